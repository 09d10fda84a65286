"""`fit`, `evaluate`, `predict` of a face's landmarks from end to end, and what they refuse in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.commands.cli import main
from synth.export.face.pts import write_pts
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.train.pages import without_pictures
from train.checkpoint import load_network
from train.models.face_landmarks import FaceLandmarkNetwork

FACES = [fake_face(3, i, pitch_yaw_roll_rad=tuple(np.radians([0, 20 * i - 30, 3 * i]))) for i in range(4)]
QUICK = ["trainer.epochs=1", "trainer.batch_size=3", "trainer.progress=false", "trainer.accelerator=cpu"]
SMALL = {"cascade68": ["model.width=0.25", "model.side=64"], "attention_mesh": ["model.channels=4", "model.side=64"]}


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    write_shard(folder, ShardPlan(4), 0, FACES)
    return folder


def fitted(name: str, shards: Path, out: Path) -> Path:
    words = ["fit", f"experiment={name}", f"data={shards}", f"out={out}", "trainer.validation=0.25"]
    assert main([*words, *SMALL[name], *QUICK]) == 0
    return out


@pytest.fixture(scope="module")
def cascade(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted("cascade68", shards, tmp_path_factory.mktemp("runs") / "cascade")


@pytest.fixture(scope="module")
def mesh(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted("attention_mesh", shards, tmp_path_factory.mktemp("runs") / "mesh")


def test_fit_leaves_a_network_and_its_figures(cascade: Path) -> None:
    about = json.loads((cascade / "fit.json").read_text())
    assert about["training_pictures"] == 3 and about["validation"]["inter_ocular"]["all"]["n"] == 1
    assert about["validation"]["mean_face"]["box"]["inner"]["nme"] > 0
    assert isinstance(load_network(cascade).network, FaceLandmarkNetwork)
    assert "validation/nme" in (cascade / "metrics.csv").read_text().splitlines()[0]


def test_evaluate_writes_report_and_predictions(
    cascade: Path, mesh: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", f"checkpoint=[{cascade},{mesh}]", f"data={shards}", f"out={tmp_path}"]
    assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
    said = capsys.readouterr().out
    assert "NME by outer corners" in said and "IOD-MAE" in said and "ensemble" in said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["faces"] == 4 and set(report["networks"]) == {"cascade", "mesh"}
    own = report["networks"]["mesh"]
    assert 0 < own["face"] < 1 and own["groups"]["iod_mae"] > 0 and own["cost"]["parameters"] > 0
    assert set(report["networks"]["cascade"]["inter_ocular"]["all"]["auc"]) == {"8", "10"}
    page = without_pictures((tmp_path / "report.html").read_text())
    for word in ("by groups of people", "mean face in every cut", "Worst and best faces", "Share of faces by error"):
        assert word in page
    told = json.loads((tmp_path / "told.json").read_text())
    assert set(told) == {f"{i:08d}" for i in range(4)} and np.shape(told["00000003"]["landmarks68"]) == (68, 2)


def test_sets_of_68_points_and_folders_of_pictures(mesh: Path, cascade: Path, tmp_path: Path) -> None:
    (tmp_path / "pts").mkdir()
    write_pts(iter(FACES[:2]), tmp_path / "pts")
    assert main(["evaluate", f"checkpoint={mesh}", f"data={tmp_path / 'pts'}", f"out={tmp_path / 'a'}"]) == 0
    report = json.loads((tmp_path / "a/report.json").read_text())["networks"]["mesh"]
    assert report["inter_ocular"]["inner"]["n"] == 2 and report["groups"] is None and report["inter_ocular_3d"] is None
    (tmp_path / "cuts").mkdir()
    Image.fromarray(np.full((50, 40, 3), 100, np.uint8)).save(tmp_path / "cuts" / "one.png")
    (tmp_path / "cuts" / "two.png").write_bytes(b"no picture")
    for run, keys in ((mesh, {"landmarks68", "landmarks478", "face"}), (cascade, {"landmarks68"})):
        words = ["predict", "task=landmarks", f"weights={run}", f"input={tmp_path / 'cuts'}", "on_error=skip"]
        assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
        told = json.loads((tmp_path / "told.json").read_text())
        assert set(told) == {"one.png"} and set(told["one.png"]) == keys


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "experiment=cascade68", "augment=webcam"], "take augment=faces or none"),
        (["fit", "experiment=cascade68", "persons.only=p00"], "sets of heads do not tell persons apart"),
        (["evaluate", "reduced=5"], "it is for networks of head pose"),
        (["evaluate", "reader=xgaze"], "holds no landmarks of faces"),
    ],
)
def test_what_does_not_fit_is_one_line(
    cascade: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    more = [f"checkpoint={cascade}"] if words[0] == "evaluate" else []
    assert main([*words, *more, f"data={shards}", f"out={tmp_path / 'new'}"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_nothing_is_learnt_from_faces_without_landmarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(np.full((50, 40, 3), 100, np.uint8)).save(tmp_path / "one.png")
    assert main(["fit", "experiment=cascade68", f"data={tmp_path}", f"out={tmp_path / 'run'}", *QUICK]) == 1
    assert "holds faces without all their landmarks" in capsys.readouterr().err
