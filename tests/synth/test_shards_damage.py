"""Shards under bad luck and bad intent: every damage is one line that names file and key, and nothing whole is lost."""

import errno
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from synth.errors import ConfigError, DataError, ProjectError
from synth.shards import finish, iterate, open_output, read_index, read_manifest, write_shard
from synth.shards.atomic import MACHINE
from synth.shards.encode import Encoding, encode_sample
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import CONFIG, PLAN, digests, make


def shard_of(folder: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    """Write a shard of these members by hand."""
    path = folder / "shard-000000.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = (len(data) if kind == tarfile.REGTYPE else 0), kind
            info.linkname = "/etc/passwd"
            tar.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
    return folder


def files_of(index: int = 0) -> dict[str, bytes]:
    """Return the members of one good sample."""
    sample = fake_sample(0, index, 60, 36, rasters=True)
    return {f"{sample.key}.{extension}": data for extension, data in encode_sample(sample, Encoding()).items()}


@pytest.mark.parametrize(
    ("extension", "spoil", "message"),
    [
        ("png", lambda data: data[:200], r"00000000\.png: damaged picture"),
        ("png", lambda data: b"GIF89a" + data, r"00000000\.png: damaged picture"),
        ("json", lambda data: data[:-1], r"00000000\.json: not JSON"),
        ("json", lambda data: b"[1]", r"00000000\.json: holds no labels"),
        ("json", lambda data: b'{"labels":{},"spec":3}', r"00000000\.json: spec"),
        ("depth.npy", lambda data: data[:100], r"00000000\.depth\.npy: damaged array"),
        ("depth.npy", lambda data: b"\x80\x04K\x01.", r"00000000\.depth\.npy: damaged array"),
        ("mask.png", lambda data: b"", r"00000000\.mask\.png: damaged picture"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, extension: str, spoil: Callable[[bytes], bytes], message: str) -> None:
    files = files_of()
    files[f"00000000.{extension}"] = spoil(files[f"00000000.{extension}"])
    with pytest.raises(DataError, match=r"shard-000000\.tar: " + message):
        list(iterate(shard_of(tmp_path, files)))


def test_a_pickle_in_an_array_is_never_loaded(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="damaged array"):
        list(iterate(shard_of(tmp_path, {**files_of(), "00000000.depth.npy": buffer.getvalue()})))


@pytest.mark.parametrize(
    "name", ["../00000000.png", "/etc/passwd", "0000000a.png", "00000000.py", "a/00000000.png", "00000000.png/../../x"]
)
def test_a_member_of_another_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="no file of a sample"):
        list(iterate(shard_of(tmp_path, {**files_of(), name: b"x"})))


DEVICES_AND_LINKS = [
    *(tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE),
    *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.CONTTYPE),
]


@pytest.mark.parametrize("kind", DEVICES_AND_LINKS)
def test_a_member_that_is_no_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(DataError, match="no file of a sample"):
        list(iterate(shard_of(tmp_path, {"00000000.png": b""}, kind)))


def test_a_sample_without_picture_or_twice_is_refused(tmp_path: Path) -> None:
    files = files_of()
    with pytest.raises(DataError, match="expected one picture"):
        list(iterate(shard_of(tmp_path, {name: data for name, data in files.items() if not name.endswith("0.png")})))
    with tarfile.open(tmp_path / "shard-000000.tar", "w") as tar:
        for _ in range(2):
            tar.addfile(tarfile.TarInfo("00000000.png"), io.BytesIO())
    with pytest.raises(DataError, match="is there twice"):
        list(iterate(tmp_path))


def test_a_shard_cut_anywhere_says_so(tmp_path: Path) -> None:
    make(tmp_path / "eyes")
    (tmp_path / "eyes" / "manifest.json").unlink()
    path = tmp_path / "eyes" / "shard-000001.tar"
    whole = path.read_bytes()
    end = len(whole.rstrip(b"\0")) // 512 * 512 + 512
    for size in [0, 100, 512, 700, 5000, end - 512, end, end + 512, *range(512, end, 7 * 512)]:
        path.write_bytes(whole[:size])
        with pytest.raises(DataError, match=r"shard-000001\.tar"):
            list(iterate(tmp_path / "eyes"))
    spoilt = bytearray(whole)
    spoilt[512 * 2 : 512 * 40] = b"\xff" * (512 * 38)
    path.write_bytes(bytes(spoilt))
    with pytest.raises(DataError, match=r"shard-000001\.tar"):
        list(iterate(tmp_path / "eyes"))


def test_a_flipped_bit_is_found_by_the_checksum(tmp_path: Path) -> None:
    make(tmp_path)
    path = tmp_path / "shard-000002.tar"
    data = bytearray(path.read_bytes())
    data[data.index(b'"openness":0.') + 14] ^= 1
    path.write_bytes(bytes(data))
    assert len(list(iterate(tmp_path))) == 7, "still plausible"
    with pytest.raises(DataError, match=r"shard-000002\.tar: its sha256"):
        list(iterate(tmp_path, verify=True))


@pytest.mark.parametrize("name", ["../shard-000002.tar", "/etc/passwd"])
def test_a_manifest_that_names_another_file_is_refused(tmp_path: Path, name: str) -> None:
    make(tmp_path)
    path = tmp_path / "manifest.json"
    document = json.loads(path.read_bytes())
    document["shards"][2]["name"] = name
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=f"{name} is in the manifest but not in the folder"):
        list(iterate(tmp_path, verify=True))


def test_missing_parts_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        list(iterate(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="holds no shard"):
        list(iterate(tmp_path))
    make(tmp_path / "half", shards=[0, 1])
    assert len(list(iterate(tmp_path / "half"))) == 6
    for read in (read_manifest, read_index):
        with pytest.raises(DataError, match="not finished"):
            read(tmp_path / "half")
    output = open_output(tmp_path / "half", CONFIG, {"canthus": "0"}, ("workers",))
    with output, pytest.raises(DataError, match="1 shards are missing, the first is shard-000002"):
        finish(output, PLAN, seed=3)
    make(tmp_path / "half")
    (tmp_path / "half" / "shard-000001.tar").unlink()
    with pytest.raises(DataError, match=r"shard-000001\.tar is in the manifest but not in the folder"):
        list(iterate(tmp_path / "half"))
    make(tmp_path / "half")
    (tmp_path / "half" / "index.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"index\.parquet: damaged"):
        read_index(tmp_path / "half")


def test_another_configuration_is_refused_by_its_first_key(tmp_path: Path) -> None:
    make(tmp_path, shards=[0])
    before = digests(tmp_path)
    for change, message in [
        ({"seed": 4}, "was made with seed=3, now it is 4"),
        ({"camera": {"width": 60, "focal_px": [500.0, 901.0]}}, r"camera\.focal_px\[1\]=900\.0, now it is 901\.0"),
        ({"glasses": 0.2}, "glasses=not set, now it is 0.2"),
    ]:
        with pytest.raises(ConfigError, match=message):
            open_output(tmp_path, {**CONFIG, **change}, {"canthus": "0"}, ("workers",))
    with pytest.raises(ConfigError, match=r"versions\.canthus=0, now it is 1"):
        open_output(tmp_path, CONFIG, {"canthus": "1"}, ("workers",))
    assert digests(tmp_path) == before


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        open_output(tmp_path, CONFIG)
    with pytest.raises(ConfigError, match="is a file"):
        open_output(tmp_path / "notes.txt", CONFIG)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.json").write_text("{")
    with pytest.raises(DataError, match=r"config\.json: not JSON"):
        open_output(tmp_path / "b", CONFIG)


def test_two_runs_never_write_one_folder(tmp_path: Path) -> None:
    with open_output(tmp_path, CONFIG), pytest.raises(ConfigError, match="another run is writing here"):
        open_output(tmp_path, CONFIG)
    open_output(tmp_path, CONFIG).close()


@pytest.mark.parametrize("cause", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_loses_only_the_shard_in_the_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: int
) -> None:
    make(tmp_path / "once")
    make(tmp_path / "full", shards=[0])

    def no_space(handle: int) -> None:
        raise OSError(cause, os.strerror(cause))

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(ProjectError, match=r"shard-000001\.tar: the disk .*continue with the same command") as caught:
        make(tmp_path / "full", shards=[1])
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    assert sorted(path.name for path in (tmp_path / "full").glob("*shard*")) == ["shard-000000.tar"]
    make(tmp_path / "full")
    assert digests(tmp_path / "full") == digests(tmp_path / "once")


def test_a_killed_run_ends_with_the_same_bytes(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from synth.shards import open_output, write_shard\n"
        "from tests.synth.fake_samples import fake_sample\n"
        "from tests.synth.test_shards import CONFIG, PLAN\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "output = open_output(folder, CONFIG, {'canthus': '0'}, ('workers',))\n"
        "def samples(shard):\n"
        "    for index in PLAN.indices(shard):\n"
        "        if index == 4:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        yield fake_sample(3, index, 60, 36)\n"
        "for shard in range(3):\n"
        "    write_shard(folder, PLAN, shard, samples(shard))\n"
    )
    folder = tmp_path / "killed"
    done = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    assert PLAN.missing(folder) == [1, 2] and len(list(folder.glob(".*.part"))) == 1
    make(folder)
    make(tmp_path / "once")
    assert digests(folder) == digests(tmp_path / "once")


def test_a_real_write_that_fails_is_told_in_one_line(tmp_path: Path) -> None:
    """The kernel itself refuses the write: a process may not write files over 40 kB."""
    program = (
        "import resource, signal, pathlib, sys\n"
        "from tests.synth.test_shards import make\n"
        "from synth.errors import ProjectError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))\n"
        "try:\n    make(pathlib.Path(sys.argv[1]))\n"
        "except ProjectError as error:\n    print(error)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("is reached; make room, then continue with the same command"), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_dev_full_is_told_as_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f".shard-000000.tar.{MACHINE}.{os.getpid()}.part").symlink_to("/dev/full")
    with pytest.raises(ProjectError, match="the disk is full"):
        write_shard(tmp_path, PLAN, 0, (fake_sample(3, index, 60, 36) for index in range(3)))
    assert list(tmp_path.iterdir()) == []
