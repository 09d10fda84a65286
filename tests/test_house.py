"""The rules of the house: who imports whom, how long a file may be, what it may be called, how tests are tiered."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("assets", "synth", "adapt", "train")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "base", "helpers", "helper", "misc"}


def test_who_imports_whom():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_folder_is_a_package_for_import_linter_sees_no_other():
    assert not [str(folder) for folder in {path.parent for path in SOURCES} if not (folder / "__init__.py").is_file()]


def test_every_file_is_short_and_its_name_says_something():
    files = [*SOURCES, *TESTS]
    long = {str(path): n for path in files if (n := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES}
    assert not long
    parts = {path: {part.removesuffix(".py") for part in path.relative_to(ROOT).parts} for path in files}
    assert not [path for path, words in parts.items() if words & NAMES_THAT_SAY_NOTHING]


def test_reading_shards_imports_neither_blender_nor_torch_nor_hydra():
    code = (
        "import sys, synth.shards, synth.errors;"
        "print([m for m in ('bpy', 'torch', 'hydra', 'omegaconf', 'pyrender') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_test_file_decides_for_itself_whether_blender_is_there():
    # The markers do, so that REQUIRE_BLENDER=1 turns a skip into a failure; an import on top would break collection.
    heavy = ("bpy", "pyrender", "mathutils", "OpenGL")
    for path in TESTS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [name for name in _skipped_without(tree) if name.startswith(heavy)], path
        on_top = [name for node in tree.body for name in _imported(node)]
        assert not [name for name in on_top if name.startswith((*heavy, "synth.blender", "synth.raster"))], path


def _skipped_without(tree: ast.Module) -> list[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "importorskip"]
    return [str(ast.literal_eval(call.args[0])) for call in named]


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_every_version_is_pinned_and_none_points_at_a_place():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    assert not [name for name, version in pins.items() if "+" in version or "/" in version or "@" in name]
    assert "torchvision" not in pins and pins["numpy"].startswith("1.")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *(need for name in ("render", "train", "scale", "video", "dev") for need in extras[name]),
    ]
    known = {name.lower().replace("_", "-") for name in pins}
    assert not {_distribution(need) for need in wanted} - known


def test_all_is_the_sum_of_the_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras["all"] == [f"canthus[{','.join(name for name in extras if name != 'all')}]"]


def _distribution(requirement: str) -> str:
    cut = min((requirement.find(mark) for mark in "=<>[;" if mark in requirement), default=len(requirement))
    return requirement[:cut].strip().lower()


@pytest.mark.parametrize(("required", "ending"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_tier_that_does_not_work_is_a_skip_and_where_required_a_failure(monkeypatch, request, required, ending):
    conftest = sys.modules["tests.conftest"]
    monkeypatch.setattr(conftest, "fault", lambda tier: f"{tier}: not here")
    monkeypatch.setattr(conftest, "_needs", lambda item, tier: tier == "blender")
    monkeypatch.setenv("REQUIRE_BLENDER", required)
    with pytest.raises(ending, match="blender: not here"):
        conftest.pytest_runtest_setup(request.node)
