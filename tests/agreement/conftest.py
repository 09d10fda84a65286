"""One Blender for all of these tests, and what they met, kept for the table at the end (tests/conftest.py)."""

import pytest


@pytest.fixture(scope="session")
def session(blender):
    """One session of Blender for all of these tests: its data is global, as in production."""
    from synth.blender.engine import EngineSpec
    from synth.blender.session import Session

    with Session(EngineSpec(samples=4, bounces=4, denoise=False)) as session:
        yield session


@pytest.fixture
def below(record_property):
    """`below(what, value, limit)`: assert it, and keep the value for the table at the end of the run."""

    def check(what, value, limit):
        record_property(what, (float(value), limit))
        assert value < limit, what

    return check
