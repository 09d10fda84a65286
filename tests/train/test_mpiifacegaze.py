"""MPIIFaceGaze in both forms: files written here by the rules that are published, damage, persons and protocols."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from scipy.io import savemat
from torch import Tensor

from adapt.face_gaze_batch import FaceGazeBatch
from synth.commands.cli import main
from synth.errors import DataError
from synth.geometry.normalisation import GazeMode
from tests.train.pages import without_pictures
from tests.train.test_face_gaze_data import write_xgaze
from train.checkpoint import Trained
from train.commands import evaluate
from train.data.face_gaze.mpiifacegaze import read_mpiifacegaze
from train.data.face_gaze.read import read_face_gaze
from train.data.persons import Part, PersonsConfig, chosen, persons_of
from train.data.read import Reader, read_eyes, recognise
from train.data.shards import Axis
from train.data.sift import OnError
from train.models.face_gaze import FaceGazeNetwork

PERSONS = ("p00", "p01", "p02")
N, SIDE = 4, 16


def faces(person: int, n: int = N, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Return RGB pictures as one looks at them, and the sixteen columns of their labels."""
    rng = np.random.default_rng(person)
    pictures = rng.integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    return pictures, np.concatenate([rng.uniform(-0.4, 0.4, (n, 4)), rng.uniform(0, 448, (n, 12))], axis=1)


def as_matlab_keeps(pictures: np.ndarray) -> np.ndarray:
    """Return pictures as the set's page says they were saved, in the axes in which HDF5 has MATLAB's arrays.

    new = original(:, :, [3 2 1]); new = flip(new, 2); new = imrotate(new, 90), which is counter-clockwise.
    """
    turned = [np.rot90(picture[:, :, [2, 1, 0]][:, ::-1]) for picture in pictures]
    return np.stack(turned, axis=3).T


def write_person(path: Path, person: int = 0, kind: str = "uint8", **changed: object) -> Path:
    pictures, labels = faces(person)
    arrays: dict[str, object] = {"data": as_matlab_keeps(pictures).astype(kind), "label": labels}
    with h5py.File(path, "w", userblock_size=512) as file:  # where MATLAB says what the file is
        for name, value in (arrays | changed).items():
            if value is not None:
                file[f"Data/{name}"] = value
    return path


def write_benchmark(path: Path, side: int = SIDE, persons: tuple[str, ...] = PERSONS) -> Path:
    with h5py.File(path, "w") as file:
        for number, person in enumerate(persons):
            pictures, labels = faces(number, side=side)
            for row in range(N):
                file[f"{person}/image/{row:04}"] = pictures[row, :, :, ::-1]
                file[f"{person}/pose/{row:04}"] = labels[row, 2:4]
                file[f"{person}/gaze/{row:04}"] = labels[row, :2]
    return path


def read(path: Path, side: int = SIDE) -> FaceGazeBatch:
    return read_face_gaze(path, Reader.auto, side).pictures


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_the_authors_files_are_upright_and_red_first(tmp_path: Path, kind: str) -> None:
    write_person(tmp_path / "p07.mat", 3, kind)
    pictures, labels = faces(3)
    found = read(tmp_path)
    assert found.keys == tuple(f"p07/{row:06d}" for row in range(N)) and found.screen is None
    assert np.array_equal(found.images_u8, pictures)
    np.testing.assert_allclose(found.gaze_pitch_yaw_rad, labels[:, :2], atol=1e-7)
    np.testing.assert_allclose(found.head_pitch_yaw_rad, labels[:, 2:4], atol=1e-7)
    assert read(tmp_path, 8).images_u8.shape == (N, 8, 8, 3)


def test_both_forms_are_one_set(tmp_path: Path) -> None:
    for number, person in enumerate(PERSONS):
        write_person(tmp_path / f"{person}.mat", number)
    authors, benchmark = read(tmp_path), read(write_benchmark(tmp_path / "MPIIFaceGaze.h5"))
    assert authors.keys == benchmark.keys and len(authors) == 3 * N
    for name in ("images_u8", "gaze_pitch_yaw_rad", "head_pitch_yaw_rad"):
        assert torch.equal(getattr(authors, name), getattr(benchmark, name)), name
    assert persons_of(authors.keys) == tuple(person for person in PERSONS for _ in range(N))
    only = chosen(authors, PersonsConfig(only="p01"), "set")
    assert np.array_equal(only.images_u8, faces(1)[0])
    last = chosen(authors, PersonsConfig(leave_out="p01", part=Part.last), "set")
    assert last.keys == ("p00/000003", "p02/000003")


def test_forms_are_told_apart(tmp_path: Path) -> None:
    benchmark, eyes = write_benchmark(tmp_path / "MPIIFaceGaze.h5"), tmp_path / "MPIIGaze.h5"
    with h5py.File(eyes, "w") as file:
        file["p00/image"] = np.zeros((2, 36, 60), np.uint8)
    assert recognise(benchmark) is Reader.mpiifacegaze and recognise(eyes) is Reader.mpiigaze_h5
    assert recognise(write_xgaze(tmp_path / "x.h5")) is Reader.xgaze
    (tmp_path / "mat").mkdir()
    savemat(tmp_path / "mat/p1.mat", {"Pose_Para": np.zeros((1, 7))})
    assert recognise(tmp_path / "mat") is Reader.wlp300
    write_person(tmp_path / "mat/p00.mat")
    assert recognise(tmp_path / "mat") is Reader.mpiifacegaze
    with pytest.raises(DataError, match="a gaze network needs eyes"):
        read_eyes(benchmark, Reader.auto, GazeMode.direction, Axis.visual)
    with pytest.raises(DataError, match="needs whole frames"):
        read_face_gaze(benchmark, Reader.auto, 8, on_screen=True)


LABELS = faces(0)[1]


def with_label(column: int, value: float) -> np.ndarray:
    labels = LABELS.copy()
    labels[1, column] = value
    return labels


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"data": None}, "holds no Data/data; expected number"),
        ({"label": None}, r"holds no Data/label; expected floating \(4, 16\)"),
        ({"data": np.zeros((4, 16, 16, 3))}, r"Data/data is float64 \(4, 16, 16, 3\)"),
        ({"label": LABELS.T}, r"Data/label is float64 \(16, 4\)"),
        ({"label": LABELS.astype(int)}, "Data/label is int64"),
        ({"label": with_label(1, np.nan)}, r"row 1: its gaze is \[.*nan\]; expected"),
        ({"label": with_label(2, 57.3)}, r"row 1: its pose is \[57.3, .*radians"),
        ({"data": np.full((4, 3, 16, 16), 256.0)}, r"row 0: its picture holds what is not in 0\.\.255"),
        ({"data": np.full((4, 3, 16, 16), np.nan)}, "row 0: its picture holds"),
        ({"data": np.full((4, 3, 16, 16), -1)}, "row 0: its picture holds"),
        ({"data": np.zeros((4, 3, 16, 20), np.uint8)}, "row 0: is 20x16; a normalised face is a square"),
    ],
)
def test_damaged_persons_are_named(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    write_person(tmp_path / "p00.mat", **changed)
    with pytest.raises(DataError, match=rf"p00\.mat: {fault}"):
        read(tmp_path)


def test_damaged_rows_are_counted(tmp_path: Path) -> None:
    path, pictures = write_person(tmp_path / "p00.mat", data=None, label=with_label(0, np.inf)), faces(0)[0]
    with h5py.File(path, "a") as file:
        kept = as_matlab_keeps(pictures)
        data = file.create_dataset("Data/data", data=kept, chunks=(1, *kept.shape[1:]), compression="gzip")
        place = data.id.get_chunk_info(2).byte_offset
    content = bytearray(path.read_bytes())
    content[512 + place : 512 + place + 40] = b"\xff" * 40
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"p00\.mat: row 1: its gaze"):
        read_mpiifacegaze(tmp_path, SIDE)
    found = read_mpiifacegaze(tmp_path, SIDE, OnError.skip)
    assert found.pictures.keys == ("p00/000000", "p00/000003") and len(found.damaged) == 2
    assert "p00.mat: row 2: Data/data cannot be read" in found.damaged[1]
    assert np.array_equal(found.pictures.images_u8, pictures[[0, 3]])


def test_damaged_faces_of_the_benchmark(tmp_path: Path) -> None:
    path = write_benchmark(tmp_path / "MPIIFaceGaze.h5")
    with h5py.File(path, "a") as file:
        del file["p00/gaze/0001"], file["p01/image/0000"], file["p02/pose/0002"]
        file["p02/pose/0002"] = np.zeros(3)
    with pytest.raises(DataError, match=r"MPIIFaceGaze\.h5: holds no p00/gaze/0001; expected floating \(2\)"):
        read(path)
    found = read_mpiifacegaze(path, SIDE, OnError.skip)
    assert len(found.pictures) == 9 and len(found.damaged) == 3
    assert "holds no p01/image/0000" in found.damaged[1] and "p02/pose/0002 is float64 (3,)" in found.damaged[2]
    with h5py.File(path, "a") as file:
        del file["p01/pose"]
    with pytest.raises(DataError, match=r"MPIIFaceGaze\.h5: holds no group p01/pose"):
        read_mpiifacegaze(path, SIDE, OnError.skip)


def test_a_file_that_says_more_than_it_holds_is_not_given_the_memory(tmp_path: Path) -> None:
    path = write_benchmark(tmp_path / "MPIIFaceGaze.h5")
    with h5py.File(path, "a") as file:
        del file["p00/image/0000"]
        file.create_dataset("p00/image/0000", (10**6, 10**6, 3), "u1", chunks=(64, 64, 3))
    with pytest.raises(DataError, match=r"p00/image/0000 is uint8 .*, more than the file can hold"):
        read(path)


def test_files_of_another_kind(tmp_path: Path) -> None:
    savemat(tmp_path / "p00.mat", {"Data": {"data": np.zeros((2, 3, 8, 8)), "label": np.zeros((2, 16))}})
    with pytest.raises(DataError, match=r"p00\.mat: not a readable HDF5 file"):  # MATLAB 5's
        read(tmp_path)
    (tmp_path / "empty").mkdir()
    for path, fault in ((tmp_path / "empty", r"holds no pXX\.mat"), (tmp_path / "p01.mat", "no such file")):
        with pytest.raises(DataError, match=fault):
            read_mpiifacegaze(path, SIDE)


@pytest.mark.parametrize("form", ["p00.mat", "MPIIFaceGaze.h5"])
def test_a_byte_that_is_wrong_never_shows_a_traceback(tmp_path: Path, form: str) -> None:
    path = tmp_path / form
    whole = (write_person(path) if form == "p00.mat" else write_benchmark(path, 8)).read_bytes()
    rng, refused = np.random.default_rng(0), 0
    for _ in range(60):
        content = bytearray(whole)
        for at in rng.integers(0, len(whole), 20):
            content[at] = rng.integers(256)
        path.write_bytes(content)
        for on_error in OnError:
            try:
                read_mpiifacegaze(path, 8, on_error)
            except DataError:
                refused += 1
    assert refused > 10


class Ahead(FaceGazeNetwork):
    """Says that everybody looks into the lens."""

    side = 8

    def forward(self, faces: Tensor) -> Tensor:  # type: ignore[override]
        return torch.zeros(len(faces), 2)

    def gaze(self, outputs: Tensor, batch: FaceGazeBatch) -> Tensor:
        return outputs

    def loss(self, outputs: Tensor, batch: FaceGazeBatch) -> Tensor:
        raise NotImplementedError


def test_evaluate_tells_of_persons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = write_benchmark(tmp_path / "MPIIFaceGaze.h5"), tmp_path / "report"
    monkeypatch.setattr(evaluate, "load_network", lambda path: Trained(Ahead(), "resgaze", {}))
    assert main(["evaluate", "checkpoint=ahead/network.pt", f"data={data}", f"out={out}", "threads=1"]) == 0
    told = json.loads((out / "report.json").read_text())["over_persons"]["ahead"]["persons"]
    for number, person in enumerate(PERSONS):
        pitch, yaw = faces(number)[1][:, :2].T
        expected = np.degrees(np.arccos(np.cos(pitch) * np.cos(yaw))).mean()
        assert told[person]["n"] == N and told[person]["raw"] == pytest.approx(expected, abs=1e-4)
    assert "ahead: 3 persons, mean" in capsys.readouterr().out
    page = without_pictures((out / "report.html").read_text())
    assert "By person" in page and "p02 (4 faces)" in page and "mean of persons" in page


QUICK = "trainer.epochs=1,trainer.batch_size=4,trainer.progress=false,trainer.accelerator=cpu,trainer.validation=0"
SMALL = "experiment=spanet,model.stacks=1,model.channels=16,model.side=64"


@pytest.mark.parametrize(
    ("name", "persons", "trained", "measured"), [("leave_one_out", 2, 4, 4), ("within_person", 1, 3, 1)]
)
def test_the_protocols(tmp_path: Path, name: str, persons: int, trained: int, measured: int) -> None:
    data, out = write_benchmark(tmp_path / "MPIIFaceGaze.h5", 64, PERSONS[:persons]), tmp_path / "out"
    assert main(["protocol", f"name={name}", f"data={data}", f"out={out}", f"overrides=[{SMALL},{QUICK}]"]) == 0
    figures = json.loads((out / "figures.json").read_text())["persons"]
    assert tuple(figures) == PERSONS[:persons]
    for person, of in figures.items():
        about = json.loads((out / person / "seed-0/fit.json").read_text())
        report = json.loads((out / person / "report/report.json").read_text())
        assert about["training_pictures"] == trained and of["pictures"] == report["faces"] == measured
        assert list(report["over_persons"]["seed-0"]["persons"]) == [person]
        assert report["over_persons"]["seed-0"]["persons"][person]["raw"] == of["raw"]
    assert f"| p00 ({measured}) |" in (out / "table.md").read_text()
