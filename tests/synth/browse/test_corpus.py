"""A data set looked through: samples from the middle of shards, and hostile tables and folders that lead nowhere."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synth.browse.corpus import Corpus
from synth.browse.routes import Browser
from synth.errors import DataError
from synth.report.overlay import draw_sample
from synth.shards import iterate, read_index
from synth.shards.seek import members
from synth.web.server import PageServer
from tests.serving import ask, serving
from tests.synth.test_shards import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("corpora") / "eyes"
    make(made)
    return made


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "eyes"))


def renamed(folder: Path, column: str, values: list[Any]) -> None:
    """Write another column into the table."""
    table = pq.read_table(folder / "index.parquet")
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), folder / "index.parquet")


def test_samples_and_labels_are_those_of_a_whole_reading(folder: Path) -> None:
    corpus, table = Corpus(folder), read_index(folder)
    assert len(corpus) == 7 and set(corpus.kinds) == set(table.column_names)
    for row, whole in enumerate(iterate(folder)):
        found = corpus.sample(whole.key)
        np.testing.assert_array_equal(found.picture, whole.picture)
        assert (found.labels, found.spec, found.rejected) == (whole.labels, whole.spec, whole.rejected)
        told = {name: value for name, value in table.slice(row, 1).to_pylist()[0].items() if value is not None}
        assert corpus.labels(whole.key) == told


def test_rows_meet_the_condition_and_a_column_is_read_once(folder: Path) -> None:
    corpus = Corpus(folder)
    ages = np.array(read_index(folder)["attributes.age_years"])
    middle = float(np.median(ages))
    np.testing.assert_array_equal(corpus.rows(f"attributes.age_years < {middle}"), np.flatnonzero(ages < middle))
    assert list(corpus.rows("")) == list(range(7))
    before = corpus.column.cache_info().misses
    corpus.rows(f"attributes.age_years >= {middle}")
    assert corpus.column.cache_info().misses == before


def test_only_headers_of_a_shard_are_read_and_once(folder: Path) -> None:
    where = members(folder / "shard-000001.tar")
    assert list(where) == ["00000003", "00000004", "00000005"]
    data = (folder / "shard-000001.tar").read_bytes()
    for key, files in where.items():
        offset, size = files["json"]
        assert json.loads(data[offset : offset + size])["labels"]["index"] == int(key)


@pytest.mark.parametrize(
    "shard",
    [
        "../eyes/shard-000000.tar",
        "/etc/passwd",
        "shard-000000.tar/../x",
        "shard-0.tar",
        "",
        "..",
        "shard-000000.tar\n",
        None,
    ],
)
def test_a_table_that_names_another_file_is_refused(copied: Path, shard: str | None) -> None:
    renamed(copied, "shard", [shard] * 7)
    with pytest.raises(DataError, match="which is no shard"):
        Corpus(copied).sample("00000000")


@pytest.mark.parametrize(
    "keys", [["../passwd"] * 7, list("abcdefg"), ["00000001"] * 7, ["1", *["00000002"] * 6], [None] * 7]
)
def test_a_table_with_other_keys_is_refused(copied: Path, keys: list[str]) -> None:
    renamed(copied, "key", keys)
    with pytest.raises(DataError, match=r"index\.parquet: (a key is not|its keys are not)"):
        Corpus(copied)


def test_links_that_lead_out_are_refused(copied: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.tar"
    shutil.copy(copied / "shard-000000.tar", secret)
    (copied / "shard-000000.tar").unlink()
    (copied / "shard-000000.tar").symlink_to(secret)
    corpus = Corpus(copied)
    with pytest.raises(DataError, match="leads out of the data set"):
        corpus.sample("00000000")
    assert corpus.sample("00000004").index == 4
    (copied / "index.parquet").rename(tmp_path / "index.parquet")
    (copied / "index.parquet").symlink_to(tmp_path / "index.parquet")
    with pytest.raises(DataError, match="leads out of the data set"):
        Corpus(copied)


@pytest.mark.parametrize("name", ["../00000000.json", "/00000000.json", "00000000.exe", "00000000.json/x"])
def test_members_of_other_names_are_refused(copied: Path, name: str) -> None:
    with tarfile.open(copied / "shard-000000.tar", "w") as tar:
        info = tarfile.TarInfo(name)
        info.size = 2
        tar.addfile(info, io.BytesIO(b"{}"))
    with pytest.raises(DataError, match="is no file of a sample"):
        Corpus(copied).sample("00000000")


def test_links_cut_shards_and_twins_are_refused(copied: Path) -> None:
    path = copied / "shard-000000.tar"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(DataError, match=r"shard-000000\.tar"):
        Corpus(copied).sample("00000000")
    for kind, size in ((tarfile.SYMTYPE, 0), (tarfile.LNKTYPE, 0), (tarfile.CHRTYPE, 0)):
        info = tarfile.TarInfo("00000000.json")
        info.type, info.linkname, info.size = kind, "/etc/passwd", size
        with tarfile.open(path, "w") as tar:
            tar.addfile(info)
        with pytest.raises(DataError, match="is no file of a sample"):
            Corpus(copied).sample("00000000")
    with tarfile.open(path, "w") as tar:
        for _ in range(2):
            info = tarfile.TarInfo("00000000.json")
            info.size = 2
            tar.addfile(info, io.BytesIO(b"{}"))
    with pytest.raises(DataError, match="is there twice"):
        Corpus(copied).sample("00000000")
    path.unlink()
    with pytest.raises(DataError, match="no such shard"):
        Corpus(copied).sample("00000000")


def test_what_is_no_finished_data_set_is_one_line(copied: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the data set is not finished"):
        Corpus(tmp_path)
    (copied / "index.parquet").write_bytes(b"PAR1 damaged")
    with pytest.raises(DataError, match="damaged"):
        Corpus(copied)


@pytest.fixture(scope="module")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    other = tmp_path_factory.mktemp("other") / "fewer"
    make(other)
    renamed(other, "attributes.sky", ["night"] * 7)
    routes = Browser({"data": Corpus(folder), "beside": Corpus(other)}).routes()
    with serving(PageServer("127.0.0.1", 0, "synth.preview", ["page.html"], routes, 1000)) as served:
        yield served


def asked(server: PageServer, path: str, **values: object) -> tuple[int, str, bytes]:
    answer, data = ask(server, "GET", f"/browse/{path}?{urlencode(values)}" if values else f"/browse/{path}")
    return answer.status, answer.getheader("Content-Type") or "", data


def told(server: PageServer, path: str, **values: object) -> dict[str, Any]:
    status, _, data = asked(server, path, **values)
    assert status == 200, data
    return dict(json.loads(data))


def test_pages_of_both(server: PageServer, folder: Path) -> None:
    corpora = told(server, "start")["corpora"]
    assert {of: (one["name"], one["samples"]) for of, one in corpora.items()} == {
        "data": ("eyes", 7),
        "beside": ("fewer", 7),
    }
    page = told(server, "page", **{"filter": "attributes.sky = night", "count": 2, "from": 2})
    nights = [row for row, sky in enumerate(read_index(folder)["attributes.sky"].to_pylist()) if sky == "night"]
    assert page["data"]["total"] == len(nights) and page["beside"] == {"total": 7, "keys": ["00000002", "00000003"]}
    paired = told(server, "page", filter="index > 4", pair=1)
    assert paired["data"]["keys"] == paired["beside"]["keys"] == ["00000005", "00000006"]


def test_pictures_are_those_with_labels(server: PageServer, folder: Path) -> None:
    [sample] = [one for one in iterate(folder) if one.index == 4]
    for labels in (0, 1):
        status, kind, data = asked(server, "picture", of="data", key="00000004", labels=labels)
        assert status == 200 and kind == "image/png"
        expected = draw_sample(sample, 5.0, bool(labels))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), np.asarray(expected))


def test_charts_of_numbers_and_names(server: PageServer) -> None:
    assert len(told(server, "chart", column="attributes.age_years")["charts"]) == 1  # both over one axis
    assert len(told(server, "chart", column="attributes.sky")["charts"]) == 2
    assert len(told(server, "chart", column="attributes.sky", filter="index < 0")["charts"]) == 0
    for chart in told(server, "chart", column="attributes.glasses_tinted")["charts"]:
        assert chart.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(
    ("path", "values", "status"),
    [
        ("picture", {"of": "data", "key": "../../etc/passwd"}, 422),
        ("picture", {"of": "data", "key": "/etc/passwd"}, 422),
        ("picture", {"of": "data", "key": "%2e%2e"}, 422),
        ("picture", {"of": "data", "key": "00000099"}, 422),
        ("picture", {"of": "data", "key": "99999999999"}, 422),
        ("picture", {"of": "data", "key": "\N{ARABIC-INDIC DIGIT ONE}" * 8}, 422),
        ("picture", {"of": "../other", "key": "00000000"}, 404),
        ("picture", {"of": "/etc", "key": "00000000"}, 404),
        ("picture", {"key": "00000000"}, 400),
        ("picture", {"of": "data"}, 400),
        ("labels", {"of": "data", "key": "x"}, 422),
        ("chart", {"column": "../x"}, 422),
        ("chart", {"column": "index", "filter": "index >"}, 422),
        ("page", {"filter": "nothing = 1"}, 422),
        ("page", {"count": 0}, 400),
        ("page", {"count": 1000}, 400),
        ("page", {"from": -1}, 400),
        ("../page.js", {}, 404),
        ("%2e%2e/secret", {}, 404),
    ],
)
def test_what_is_not_there_is_one_line(server: PageServer, path: str, values: dict[str, object], status: int) -> None:
    found, kind, data = asked(server, path, **values)
    assert (found, kind) == (status, "application/json")
    assert set(json.loads(data)) == {"error"} and "\n" not in json.loads(data)["error"]
