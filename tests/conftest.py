"""What all tests share: types checked at every call, tiers that may be missing, quick tests first.

A test that needs Blender is marked `@pytest.mark.blender` (or takes the fixture `blender`, the module bpy), one that
needs a headless OpenGL `@pytest.mark.egl` (or the fixture `egl`).  Where the tier does not work the test is skipped
with the reason; with REQUIRE_BLENDER=1 or REQUIRE_EGL=1 it fails instead, as with REQUIRE_BROWSER=1 one marked
`@pytest.mark.browser`, which needs a headless Chromium.  Modules that need bpy are imported inside tests and fixtures,
never at the top of a test file.
"""

import importlib
import os
import sys
from functools import cache
from types import ModuleType

# Before numpy, OpenGL and the packages under test are imported.
os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
# As `canthus` does.  A plugin (jaxtyping's) imports numpy before this file is read, so that processes of tests get this
# from the one that starts them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from jaxtyping import install_import_hook

import tests.typecheck  # noqa: F401  (found by the hook as an attribute of tests)

install_import_hook(["assets", "synth", "adapt", "train"], "tests.typecheck.checked")

settings.register_profile(
    "canthus", deadline=None, max_examples=50, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("canthus")

STATUS = pytest.StashKey[int]()
TIERS = {"blender": "REQUIRE_BLENDER", "egl": "REQUIRE_EGL", "browser": "REQUIRE_BROWSER"}
ORDER = ("slow", "browser", "egl", "blender")


def _needs(item: pytest.Item, tier: str) -> bool:
    return item.get_closest_marker(tier) is not None or tier in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run quick tests first, Blender's last; otherwise keep the order."""
    items.sort(key=lambda item: max((ORDER.index(name) + 1 for name in ORDER if _needs(item, name)), default=0))


@cache
def fault(tier: str) -> str:
    """Return why a tier does not work here, "" if it does."""
    try:
        if tier == "blender":
            importlib.import_module("bpy")
        elif tier == "browser":
            importlib.import_module("tests.browser").executable()
        else:
            renderer = importlib.import_module("pyrender").OffscreenRenderer(8, 8)
            renderer.delete()
    except Exception as error:  # whatever a driver or a loader throws is the reason
        return f"{tier}: {type(error).__name__}: {error}"
    return ""


def pytest_runtest_setup(item: pytest.Item) -> None:
    for tier, variable in TIERS.items():
        if _needs(item, tier) and (reason := fault(tier)):
            if os.environ.get(variable) == "1":
                pytest.fail(f"{variable}=1, but {reason}", pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def blender() -> ModuleType:
    """Blender's Python module; the test is skipped or fails where there is none."""
    return importlib.import_module("bpy")


@pytest.fixture(scope="session")
def egl() -> ModuleType:
    """pyrender, with an OpenGL that works without a display."""
    return importlib.import_module("pyrender")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.config.stash[STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """End at once where torch and Blender share the process: at exit each waits for the other's threads."""
    if {"torch", "bpy"} <= sys.modules.keys() and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(STATUS, 1))


def pytest_terminal_summary(terminalreporter):
    """A table of the worst disagreement that each kind of agreement test met."""
    worst = {}
    for report in terminalreporter.getreports("passed"):
        for what, pair in report.user_properties:
            if isinstance(pair, tuple | list) and len(pair) == 2:
                worst[what] = max(tuple(pair), worst.get(what, (float("-inf"), 0)))
    if worst:
        terminalreporter.section("worst disagreement met, and the most that is allowed")
    for what, (value, limit) in sorted(worst.items()):
        terminalreporter.write_line(f"{what:<64} {value:10.2g} {limit:10.2g}")
