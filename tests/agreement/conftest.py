"""One Blender for all of these tests, and a table of the worst disagreement that each of them met."""

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


def pytest_terminal_summary(terminalreporter):
    worst = {}
    for report in terminalreporter.getreports("passed"):
        for what, pair in report.user_properties:
            if isinstance(pair, tuple | list) and len(pair) == 2:
                worst[what] = max(tuple(pair), worst.get(what, (float("-inf"), 0)))
    if worst:
        terminalreporter.section("worst disagreement met, and the most that is allowed")
    for what, (value, limit) in sorted(worst.items()):
        terminalreporter.write_line(f"{what:<64} {value:10.2g} {limit:10.2g}")
