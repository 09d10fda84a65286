"""Data sets in a folder or behind a URL: the same bytes, whole files only, continued from what is there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth.errors import ConfigError, DataError, ProjectError
from synth.shards import ShardPlan, finish, open_output, place, placed, write_shard
from synth.shards.place import Folder, Place, is_url
from synth.shards.plan import shard_name
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import CONFIG, PLAN, make

URL = "memory://eyes/few"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A store of objects in memory, empty before and after."""
    monkeypatch.setattr(place, "PAUSES_S", (0.0, 0.0))
    memory = fsspec.filesystem("memory")
    memory.rm("/", recursive=True) if memory.ls("/") else None
    yield memory
    memory.rm("/", recursive=True) if memory.ls("/") else None


def produce(url: str, shards: list[int] | None = None) -> list[int]:
    """Make missing shards as `canthus render` does, of made-up samples; return those that were made."""
    with placed(url) as there, open_output(there.folder, CONFIG, {"canthus": "0"}, ("workers",)) as output:
        there.bring("config.json")
        todo = [shard for shard in PLAN.absent(there.names()) if shards is None or shard in shards]
        for shard in todo:
            facts = write_shard(there.folder, PLAN, shard, (fake_sample(3, i, 60, 36) for i in PLAN.indices(shard)))
            there.bring(facts.name)
        there.settle()
        if not PLAN.absent(there.names()):
            finish(output, PLAN, 3, place=there)
            assert [path.name for path in there.folder.iterdir()] == ["config.json"], "nothing is left behind"
    return todo


def held(store: Any) -> dict[str, bytes]:
    return {path.rpartition("/")[2]: store.cat_file(path) for path in store.ls("/eyes/few", detail=False)}


@pytest.mark.parametrize("objects", [True, False], ids=["a store of objects", "a store that renames"])
def test_behind_a_url_lie_the_bytes_of_a_folder(
    tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch, objects: bool
) -> None:
    if not objects:
        monkeypatch.setattr(place, "OBJECT_STORES", set())
    make(tmp_path / "eyes")
    (tmp_path / "eyes" / "timings.jsonl").unlink()
    assert produce(URL, [1]) == [1] and set(held(store)) == {"config.json", "shard-000001.tar"}
    assert produce(URL) == [0, 2]
    assert held(store) == {path.name: path.read_bytes() for path in (tmp_path / "eyes").iterdir()}
    assert produce(URL) == []
    with pytest.raises(ConfigError, match="was made with seed=3, now it is 4"), placed(URL) as there:
        open_output(there.folder, {**CONFIG, "seed": 4}, {"canthus": "0"}, ("workers",))


def test_what_does_not_arrive_is_tried_again_and_then_told(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put, failing = type(store).put_file, [2]

    def unsure(self: Any, local: str, remote: str, **more: Any) -> None:
        if remote.endswith("tar") and failing[0] > 0:
            failing[0] -= 1
            raise RuntimeError("the line is busy")
        put(self, local, remote, **more)

    monkeypatch.setattr(type(store), "put_file", unsure)
    assert produce(URL, [0]) == [0] and "shard-000000.tar" in held(store)
    failing[0] = 3
    with pytest.raises(ProjectError, match=r"few/shard-000001\.tar: RuntimeError: the line is busy; mend it and run"):
        produce(URL, [1])
    assert set(held(store)) == {"config.json", "shard-000000.tar"}
    assert produce(URL) == [1, 2]


def test_many_files_under_way_hold_up_whoever_brings_another(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "AT_ONCE", 1)
    monkeypatch.setattr(place, "WAITING", 2)
    with placed(URL) as there:
        waiting = []
        for number in range(9):
            (there.folder / f"{number}").write_bytes(b"x" * number)
            there.bring(str(number))
            waiting.append(len(there.under_way))  # type: ignore[attr-defined]
        there.settle()
        assert max(waiting) <= 2 and there.names() == set(map(str, range(9)))
        with there.at("7") as path:
            assert path.read_bytes() == b"xxxxxxx"
        assert not path.exists()
        with pytest.raises(DataError, match="few/9: absent"), there.at("9"):
            pass


@pytest.mark.parametrize(
    ("out", "said"), [("gopher://x/y", "out=gopher://x/y: .*not known"), ("dropbox://x", "out=dropbox://x: .*nstall")]
)
def test_a_place_that_cannot_be_reached_is_told_in_one_line(out: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said), placed(out):
        pass


def test_a_folder_is_a_place_as_it_is(tmp_path: Path) -> None:
    assert is_url("s3://b/eyes") and not is_url("data/eyes") and not is_url("file:///data/eyes")
    for out in (str(tmp_path), f"file://{tmp_path}"):
        with placed(out) as there:
            assert isinstance(there, Folder) and there.folder == tmp_path
    there = Folder(tmp_path)
    as_place: Place = there
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").mkdir()
    as_place.bring("a")
    as_place.settle()
    assert as_place.names() == {"a"}


@pytest.mark.parametrize(
    ("text", "shards"),
    [("all", [0, 1, 2, 3]), ("0:2", [0, 1]), ("1:", [1, 2, 3]), (":1", [0]), ("3:9", [3]), ("2:3", [2])],
)
def test_a_range_of_shards(text: str, shards: list[int]) -> None:
    assert list(ShardPlan(10, 3).chosen(text)) == shards


@pytest.mark.parametrize("text", ["4:9", "2:2", "3:1", "", "1", "-1:2", "a:b", "1:2:3", "0x1:2"])
def test_a_range_of_no_shards_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"shard_range={text}: "):
        ShardPlan(10, 3).chosen(text)


def test_runs_share_a_folder_only_if_all_do(tmp_path: Path) -> None:
    (tmp_path / "eyes").mkdir()
    with open_output(tmp_path / "eyes", CONFIG, shared=True):
        (tmp_path / "eyes" / ".shard-000000.tar.far.7.part").write_bytes(b"somebody's, on another machine")
        second = open_output(tmp_path / "eyes", CONFIG, shared=True)
        with second, pytest.raises(ConfigError, match="another run is writing here"):
            open_output(tmp_path / "eyes", CONFIG)
        assert (tmp_path / "eyes" / ".shard-000000.tar.far.7.part").exists()
    with open_output(tmp_path / "eyes", CONFIG):
        assert [path.name for path in (tmp_path / "eyes").iterdir()] == ["config.json"]
        with pytest.raises(ConfigError, match="another run is writing here"):
            open_output(tmp_path / "eyes", CONFIG, shared=True)


def test_of_two_that_write_config_json_at_once_the_first_is_kept(tmp_path: Path) -> None:
    """Else the lock of the first would be on a file that is no more."""
    from synth.shards.atomic import write_whole

    write_whole(tmp_path / "config.json", b"first", first=True)
    number = (tmp_path / "config.json").stat().st_ino
    write_whole(tmp_path / "config.json", b"second", first=True)
    assert (tmp_path / "config.json").read_bytes() == b"first" and (tmp_path / "config.json").stat().st_ino == number
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_manifest_behind_a_url_lists_what_is_there(store: Any) -> None:
    produce(URL)
    manifest = json.loads(held(store)["manifest.json"])
    assert [facts["name"] for facts in manifest["shards"]] == [shard_name(shard) for shard in range(3)]
