"""No file that is read may run code: a pickle is never opened, wherever a data set or a checkpoint could hide one."""

import ast
import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import DataError
from tests.test_house import SOURCES

LOADERS = {"np.load": "allow_pickle", "torch.load": "weights_only", "trainer.fit": "weights_only"}
"""Calls that open pickles, and the argument by which they do not."""
SAFE = {"allow_pickle": False, "weights_only": True}
OPENERS = {
    "pickle.load",
    "pickle.loads",
    "pickle.Unpickler",
    "joblib.load",
    "pd.read_pickle",
    "dill.load",
    "marshal.load",
}
RUN = "the pickle ran"


def test_no_call_opens_a_pickle() -> None:
    seen = 0
    for path in SOURCES:
        for call in (
            node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
        ):
            name = ast.unparse(call.func)
            assert name not in OPENERS, path
            if (argument := LOADERS.get(name)) and (
                name != "trainer.fit" or "ckpt_path" in {k.arg for k in call.keywords}
            ):
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
                assert given.get(argument) == str(SAFE[argument]), f"{path}:{call.lineno}"
                seen += 1
    assert seen >= 9


class Hostile:
    """Writes a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.write_text, (self.trace, RUN)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """The file that a pickle would write, which one opened here does."""
    path = tmp_path / "trace"
    pickle.loads(pickle.dumps(Hostile(path)))
    assert path.read_text() == RUN
    path.unlink()
    return path


def array_of(hostile: Hostile) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array([hostile], dtype=object), allow_pickle=True)
    return buffer.getvalue()


def npz(path: Path, hostile: Hostile, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(f"{name}.npy", array_of(hostile))
    return path


def h5(path: Path, hostile: Hostile) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name in ("image", "gaze", "pose"):
            file[f"p00/{name}"] = np.array([np.void(pickle.dumps(hostile))])
    return path


def test_arrays_of_data_sets_run_nothing(tmp_path: Path, trace: Path) -> None:
    from synth.report.real_eyes import read_real_eyes
    from synth.shards.encode import _decode_array
    from train.ablations.heads import Heads, read_heads
    from train.data.pose.fsanet_npz import read_arrays

    hostile = Hostile(trace)
    names = ("image", "pose", "gaze_pitch_yaw", "head_pitch_yaw", *Heads.__dataclass_fields__)
    archive = npz(tmp_path / "set.npz", hostile, *names)
    for read in (
        lambda: _decode_array(array_of(hostile), "00000000.depth.npy"),
        lambda: _decode_array(pickle.dumps(hostile), "00000000.depth.npy"),
        lambda: read_arrays(archive),
        lambda: read_heads(archive),
        lambda: read_real_eyes(archive, 2),
        lambda: read_real_eyes(h5(tmp_path / "set.h5", hostile), 2),
    ):
        with pytest.raises(DataError):
            read()
    assert not trace.exists()


def test_assets_run_nothing(tmp_path: Path, trace: Path) -> None:
    from assets.head import read_head
    from synth.errors import AssetError

    for path in (npz(tmp_path / "head.npz", Hostile(trace), "vertices", "names"), tmp_path / "plain.npz"):
        if not path.exists():
            path.write_bytes(pickle.dumps(Hostile(trace)))
        with pytest.raises(AssetError):
            read_head(path)
    assert not trace.exists()


def test_checkpoints_run_nothing(tmp_path: Path, trace: Path) -> None:
    torch = pytest.importorskip("torch")
    from train.checkpoint import load_network
    from train.models.mobilenet_v1 import MobileNetQuarter
    from train.models.published import load_imagenet

    network = MobileNetQuarter()
    for number, content in enumerate(({"state": Hostile(trace)}, Hostile(trace))):
        path = tmp_path / f"{number}.pt"
        torch.save(content, path)
        with pytest.raises(DataError):
            load_network(path)
        with pytest.raises(DataError):
            load_imagenet(network, path)
    assert not trace.exists()
