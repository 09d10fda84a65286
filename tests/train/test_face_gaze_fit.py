"""Training and measuring the gaze of faces: the verbs from end to end, figures that are known, and what is refused."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from adapt.augment.strengths import Strengths
from adapt.face_gaze_batch import FaceGazeBatch
from synth.commands.cli import main
from tests.adapt.test_face_gaze import looking
from tests.train.pages import without_pictures
from tests.train.test_face_gaze_data import FACES, looking_at, write_shards, write_xgaze
from train.checkpoint import Trained, load_network, save_network
from train.commands import evaluate
from train.data.face_gaze.xgaze import read_xgaze
from train.fitting import fit
from train.measure.face_gaze_evaluation import FaceGazeEvaluation, prediction_file, predictions_of, screen_score
from train.measure.face_gaze_report import summary
from train.models.build import build
from train.models.face_gaze import FaceGazeNetwork
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.face_gaze import FaceGazeTask

QUICK = ["trainer.epochs=2", "trainer.batch_size=3", "trainer.progress=false", "trainer.accelerator=cpu"]
SMALL = ["model.stacks=1", "model.channels=16", "model.side=64"]


class Knows(FaceGazeNetwork):
    """Says the mean grey of a picture's first row as its pitch, thousandths, and a yaw of its own."""

    side = 64

    def __init__(self, yaw: float = 0.0) -> None:
        super().__init__()
        self.yaw = torch.nn.Parameter(torch.tensor(yaw))

    def forward(self, faces: Tensor) -> Tensor:  # type: ignore[override]
        pitch = faces[:, :, 0].mean(dim=(1, 2)) * 255 / 1000
        return torch.stack([pitch, self.yaw.expand_as(pitch)], dim=1)

    def gaze(self, outputs: Tensor, batch: FaceGazeBatch) -> Tensor:
        return outputs

    def loss(self, outputs: Tensor, batch: FaceGazeBatch) -> Tensor:
        raise NotImplementedError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of eight faces that look at points of a screen."""
    rng = np.random.default_rng(0)
    faces = [looking_at(FACES[i % 4], (*rng.uniform(-0.1, 0.1, 2), 0.0)) for i in range(8)]
    return write_shards(tmp_path_factory.mktemp("faces"), faces)


def task(steps: int) -> FaceGazeTask:
    torch.manual_seed(0)
    network = build("spanet", {"stacks": 1, "channels": 16, "side": 64})
    assert isinstance(network, FaceGazeNetwork)
    recipe = Recipe(Loss.l1, 1e-3, 1e-2, Schedule.one_cycle, steps, 0.9, 0)
    return FaceGazeTask(network, recipe, Strengths(shift_px=1.0, rotation_deg=10.0, read_noise=0.02, mirror=0.5))


def test_a_continued_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    training, validation = looking(8), looking(4, 1)

    class StoppedError(Exception):
        pass

    class Interrupted(FaceGazeTask):
        def on_train_epoch_start(self) -> None:
            if self.current_epoch == 1:
                raise StoppedError

    whole, cut, continued = task(4), task(4), task(4)
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    fit(whole, training, validation, tmp_path / "whole", epochs=2, batch_size=4)
    cut.__class__ = Interrupted
    with pytest.raises(StoppedError):
        fit(cut, training, validation, tmp_path / "cut", epochs=2, batch_size=4)
    fit(continued, training, validation, tmp_path / "cut", epochs=2, batch_size=4)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "cut/metrics.csv").read_text()


def test_fit_and_evaluate_from_end_to_end(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out, predictions = tmp_path / "run", tmp_path / "report", tmp_path / "gaze.json"
    words = ["fit", "experiment=spanet", f"data={folder}", f"out={run}", "trainer.validation=0.25", *QUICK, *SMALL]
    assert main(words) == 0
    assert "6 pictures to train on, 2 to validate" in capsys.readouterr().out
    trained = load_network(run)
    assert isinstance(trained.network, FaceGazeNetwork) and trained.name == "spanet"
    assert json.loads((run / "fit.json").read_text())["validation"]["n"] == 2
    words = ["evaluate", f"checkpoint={run}", f"data={folder}", f"out={out}", f"predictions={predictions}"]
    assert main([*words, "threads=1"]) == 0
    assert "8 faces, degrees; mean predictor" in capsys.readouterr().out
    report = json.loads((out / "report.json").read_text())
    told = json.loads(predictions.read_text())
    assert report["faces"] == 8 and list(told) == [f"{i:08d}" for i in range(8)]
    assert all(
        np.isfinite(one["gaze_pitch_yaw_rad"]).all() and len(one["gaze_pitch_yaw_rad"]) == 2 for one in told.values()
    )
    cost = report["networks"]["run"]["cost"]
    assert (
        cost["parameters"] == sum(p.numel() for p in trained.network.parameters())
        and "screen" not in report["networks"]["run"]
    )
    for bins in report["by"].values():
        assert sum(one["n"] for one in bins) == 8
    page = without_pictures((out / "report.html").read_text())
    assert (
        "Gaze of faces error" in page and "What each costs" in page and "<li>none</li>" in page and "http" not in page
    )


def test_itracker_from_end_to_end(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = tmp_path / "run", tmp_path / "report"
    words = ["fit", "experiment=itracker", "model.side=64", f"data={folder}", f"out={run}", *QUICK]
    assert main([*words, "trainer.epochs=1", "trainer.validation=0.25"]) == 0
    assert main(["evaluate", f"checkpoint={run}", f"data={folder}", f"out={out}", "threads=1"]) == 0
    assert "cm from the point; 0 gazes meet no screen" in capsys.readouterr().out
    screen = json.loads((out / "report.json").read_text())["networks"]["run"]["screen"]
    assert 0 < screen["cm"] < 40 and screen["nowhere"] == 0
    assert "On the screen" in (out / "report.html").read_text()
    # Another network, of normalised faces, cannot be measured beside it.
    options = {"stacks": 1, "channels": 16, "side": 64}
    other = tmp_path / "other/network.pt"
    other.parent.mkdir()
    save_network(other, build("spanet", options), "spanet", options, {})
    assert main(["evaluate", f"checkpoint=[{run},{other}]", f"data={folder}", f"out={out}"]) == 1
    assert "run tell points of a screen" in capsys.readouterr().err


def test_known_errors(tmp_path: Path) -> None:
    pictures = np.zeros((3, 64, 64, 3), np.uint8)
    pictures[:, 0] = np.array([10, 50, 200])[:, None, None]
    gaze = np.array([[0.010, 0.0], [0.050, 0.0], [0.200, 0.0]], dtype=np.float32)
    faces = read_xgaze(write_xgaze(tmp_path / "x.h5", face_patch=pictures, face_gaze=gaze), 64).pictures
    predicted = np.stack([predictions_of(Knows(yaw), faces) for yaw in (0.1, -0.1)])
    evaluation = FaceGazeEvaluation(("a", "b"), predicted, faces, {}, ())
    report = evaluation.to_json()
    # The yaws of 0.1 are taken off by the offset; the pitches are right; the mean of both networks is right.
    a = report["networks"]["a"]
    expected = [np.degrees(np.arccos(np.sin(p) ** 2 + np.cos(p) ** 2 * np.cos(0.1))) for p in gaze[:, 0]]
    assert a["raw"] == pytest.approx(np.mean(expected), abs=1e-4) and a["offset_free"] < 1e-4
    assert a["offset_yaw"] == pytest.approx(np.degrees(0.1), abs=1e-4) and a["left"] is None and a["right"] is None
    assert report["ensemble"]["raw"] < 1e-4
    assert [(one["low"], one["n"]) for one in report["by"]["gaze_pitch_deg"]] == [(0, 2), (10, 1)]
    told = prediction_file(evaluation.ensemble_rad, faces.keys)
    np.testing.assert_allclose([told[f"x/{i:06d}"]["gaze_pitch_yaw_rad"] for i in range(3)], gaze, atol=1e-6)


def test_centimetres_by_hand() -> None:
    faces = looking(2, on_screen=True)
    assert faces.screen is not None
    screen = dataclasses.replace(
        faces.screen,
        centre_cam_m=torch.tensor([[0.0, 0.0, 0.5]] * 2),
        norm_from_cam=torch.eye(3).expand(2, 3, 3),
        point_cm=torch.tensor([[3.0, 4.0], [0.0, 0.0]]),
    )
    faces = dataclasses.replace(faces, screen=screen)
    # The first looks into the lens, 5 cm from its point; the second away from everything.
    found = screen_score(np.array([[0.0, 0.0], [0.0, np.pi]]), faces)
    assert found.cm == pytest.approx(5, abs=1e-4) and found.nowhere == 1
    nobody = FaceGazeEvaluation(("n",), np.array([[[0.0, np.pi]] * 2]), faces, {"hidden": 3}, ())
    lines = summary(nobody)
    assert "left out: 3 hidden" in lines[0] and "no gaze meets the screen; 2" in lines[-1]


def test_predictions_do_not_depend_on_the_batch() -> None:
    network = build("spanet", {"stacks": 1, "channels": 16, "side": 64})
    assert isinstance(network, FaceGazeNetwork)
    faces = looking(5)
    np.testing.assert_allclose(predictions_of(network, faces, 2), predictions_of(network, faces, 5), atol=1e-6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=resgaze"], "faces take augment=faces or none"),
        (["model=itracker", "augment=faces"], "augment.rotation_deg=25: a point of the screen does not turn"),
        (["experiment=itracker", "data=XGAZE"], "needs whole frames: our shards"),
        (["experiment=l2cs", "data=TEST"], "holds faces without a gaze"),
        (["experiment=fsanet", "data=XGAZE"], "a network of head pose needs faces"),
        (["model=lenet", "data=XGAZE"], "a gaze network needs eyes"),
        (["experiment=resgaze", "model.depth=19"], "expected one of 18, 34, 50"),
    ],
)
def test_what_does_not_fit_is_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    paths = {
        "data=XGAZE": f"data={write_xgaze(tmp_path / 'x.h5')}",
        "data=TEST": f"data={write_xgaze(tmp_path / 'test.h5', face_gaze=None)}",
    }
    given = [paths.get(word, word) for word in words]
    assert main(["fit", f"data={folder}", *given, f"out={tmp_path / 'run'}", "trainer.progress=false"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_labels_that_are_kept_back_leave_predictions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = write_xgaze(tmp_path / "test.h5", face_gaze=None)
    monkeypatch.setattr(evaluate, "load_network", lambda path: Trained(Knows(), "resgaze", {}))
    words = ["evaluate", "checkpoint=r/network.pt", f"data={data}", f"predictions={tmp_path / 'gaze.json'}"]
    assert main(words) == 0 and len(json.loads((tmp_path / "gaze.json").read_text())) == 3
    assert main([*words, f"out={tmp_path / 'report'}"]) == 1
