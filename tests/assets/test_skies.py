import sys

import pytest

from assets import skies
from synth.errors import AssetError


def test_an_unknown_sky_is_refused_by_name():
    with pytest.raises(AssetError, match="'mars': choose one of city"):
        skies.path("mars")


def test_a_missing_bpy_is_one_line_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AssetError, match="pip install"):
        skies.path("city")


def test_a_missing_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(skies, "folder", lambda: tmp_path)
    with pytest.raises(AssetError, match=r"city\.exr"):
        skies.path("city")


@pytest.mark.blender
def test_all_eight_are_there_without_importing_bpy():
    before = "bpy" in sys.modules
    assert all(skies.path(name).stat().st_size > 10_000 for name in skies.SKIES)
    assert ("bpy" in sys.modules) == before
