import pytest


@pytest.fixture(scope="session")
def session(blender):
    """One session of Blender for all of these tests: its data is global, as in production."""
    from synth.blender.engine import EngineSpec
    from synth.blender.session import Session

    with Session(EngineSpec(samples=4, bounces=4, denoise=False)) as session:
        yield session
