import dataclasses
import json
from pathlib import Path

import pytest

from assets import catalog
from synth.errors import AssetError


def test_own_files_are_the_ones_we_know_and_small():
    path = catalog.verified("head")
    assert sum(file.stat().st_size for file in path.parent.rglob("*") if file.is_file()) < 2_000_000


def test_sources_name_every_vendored_file_with_its_hash():
    folder = catalog.verified("head").parent
    sources = json.loads((folder / "sources.json").read_text())
    for name, entry in sources["files"].items():
        assert catalog.sha256_of(folder / name) == entry["sha256"]
        assert entry["licence"] == "CC0-1.0"
    assert sources["files"]["head.npz"]["sha256"] == catalog.CATALOG["head"].sha256
    assert {"head.npz", "LICENSE-CC0-1.0.md", "sources.json"} <= {file.name for file in folder.iterdir()}


def test_skies_of_the_bpy_wheel():
    asset = catalog.CATALOG["sky/city"]
    try:
        catalog.located(asset)
    except AssetError as error:
        pytest.skip(str(error))
    assert len(list(catalog.names("sky/"))) == 8
    for name in catalog.names("sky/"):
        assert catalog.verified(name).suffix == ".exr"


def one_line(error: pytest.ExceptionInfo[AssetError]) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_missing_file(tmp_path: Path):
    with pytest.raises(AssetError, match="missing") as error:
        catalog.check(catalog.CATALOG["head"], tmp_path / "head.npz")
    assert "reinstall canthus" in one_line(error)


def test_damaged_file(tmp_path: Path):
    whole = catalog.verified("head").read_bytes()
    damaged = tmp_path / "head.npz"
    damaged.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    with pytest.raises(AssetError, match="is not the file we know") as error:
        catalog.check(catalog.CATALOG["head"], damaged)
    assert str(damaged) in one_line(error)
    damaged.write_bytes(whole)
    assert catalog.check(catalog.CATALOG["head"], damaged) == damaged


def test_unknown_name_and_absent_package():
    with pytest.raises(AssetError, match="no asset is called 'haed'"):
        catalog.verified("haed")
    absent = dataclasses.replace(catalog.CATALOG["sky/city"], package="no_such_package_anywhere")
    with pytest.raises(AssetError, match="not installed"):
        catalog.located(absent)
