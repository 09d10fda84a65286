"""`fit` and `evaluate` of eye landmarks from end to end, their figures by hand, and what they refuse."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from synth.commands.cli import main
from synth.export.unityeyes import write_unityeyes
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from tests.train.pages import without_pictures
from tests.train.test_eye_networks import draw
from train.checkpoint import load_network
from train.data.marks.points import Marks
from train.measure.eye_evaluation import EyeEvaluation, Told, prediction_file
from train.measure.eye_metrics import landmark_score
from train.models.eye import LandmarkNetwork

TINY = ["model.modules=1", "model.channels=4", "trainer.epochs=1", "trainer.batch_size=4", "trainer.progress=false"]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("eyes")
    write_shard(folder, ShardPlan(8), 0, [fake_sample(3, i, 120, 72) for i in range(8)])
    return folder


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "elg"
    words = ["fit", "experiment=elg", f"data={shards}", f"out={out}", "trainer.validation=0.25"]
    assert main([*words, *TINY, "trainer.accelerator=cpu"]) == 0
    return out


def test_fit_leaves_a_network_of_landmarks(run: Path) -> None:
    about = json.loads((run / "fit.json").read_text())
    assert about["training_pictures"] == 6 and about["validation"]["landmarks"]["n"] == 2
    assert about["validation"]["fit"]["n"] == about["validation"]["regressor"]["n"] == 2
    assert isinstance(load_network(run).network, LandmarkNetwork)
    assert "validation/landmarks_px" in (run / "metrics.csv").read_text().splitlines()[0]


def test_evaluate_writes_report_and_predictions(
    run: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", f"checkpoint=[{run},{run}]", f"data={shards}", f"out={tmp_path}"]
    assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
    said = capsys.readouterr().out
    assert "gaze by regressor" in said and "gaze by fit" in said and "% of the eye's width" in said
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["eyes"] == 8 and report["fit_to_true_points"]["raw"] < 12  # kappa, as the visual axis is asked for
    page = without_pictures((tmp_path / "report.html").read_text())
    for word in ("fit to the true landmarks", "eyeball centre", "ensemble", "Worst and best eyes"):
        assert word in page
    told = json.loads((tmp_path / "told.json").read_text())
    assert set(told) == {f"{i:08d}" for i in range(8)}
    one = told["00000000"]
    assert np.shape(one["landmarks_px"]) == (18, 2) and np.shape(one["gaze_pitch_yaw_rad"]) == (2,)
    assert np.isfinite(one["radius_px"]) and np.shape(one["fitted_pitch_yaw_rad"]) == (2,)


def test_unityeyes_and_sets_without_landmarks_are_measured(run: Path, tmp_path: Path) -> None:
    unity = tmp_path / "unity"
    unity.mkdir()
    write_unityeyes((fake_sample(3, i, 120, 72) for i in range(2)), unity)
    assert main(["evaluate", f"checkpoint={run}", f"data={unity}", f"out={tmp_path / 'a'}"]) == 0
    assert json.loads((tmp_path / "a/report.json").read_text())["networks"]["elg"]["landmarks"]["n"] == 2
    crops = tmp_path / "crops"
    crops.mkdir()
    for name in ("l.png", "r.png"):
        Image.fromarray(np.full((36, 60), 100, np.uint8)).save(crops / name)
    gaze = {"gaze_pitch_yaw_rad": [0.1, 0.2]}
    (crops / "labels.json").write_text(json.dumps({"l.png": gaze, "r.png": {**gaze, "side": "right"}}))
    assert main(["evaluate", f"checkpoint={run}", f"data={crops}", f"out={tmp_path / 'b'}"]) == 0
    report = json.loads((tmp_path / "b/report.json").read_text())
    assert report["networks"]["elg"]["landmarks"] is None and report["networks"]["elg"]["regressor"]["n"] == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "experiment=elg", "augment=webcam"], "take augment=eye_landmarks or none"),
        (["fit", "experiment=pupilnet", "augment=faces"], "mirror"),
        (["fit", "experiment=elg", "model.modules=0"], "model.modules=0, model.channels=64: at least 1 and 2"),
        (["evaluate", "beside=x"], "have nothing to show beside"),
    ],
)
def test_what_does_not_fit_is_one_line(
    run: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    more = [f"checkpoint={run}"] if words[0] == "evaluate" else []
    assert main([*words, *more, f"data={shards}", f"out={tmp_path / 'new'}"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_scores_by_hand() -> None:
    eyes = replace(draw(2, (90, 150), Marks.eye), eye_width_px=torch.tensor([100.0, 50.0]))
    seen = torch.zeros(2, 18, dtype=torch.bool)
    seen[0, :9] = True
    eyes = replace(eyes, visible=seen, radius_px=torch.tensor([50.0, 40.0]))
    found = eyes.landmarks_px.double().numpy().copy()
    found[0, 0] += [3.0, 4.0]  # 5 px of the lids, 5 % of the eye
    found[1, 17] += [0.0, 2.0]  # 2 px of the eyeball's centre, 4 %
    score = landmark_score(found, np.array([55.0, 40.0]), eyes, Marks.eye)
    assert score is not None
    assert score.px == pytest.approx(7 / 36) and score.percent == pytest.approx(9 / 36)
    assert score.visible_percent == pytest.approx(5 / 9) and score.radius_percent == pytest.approx(5.0)
    expected = {"lids": 5 / 16, "iris": 0.0, "iris centre": 0.0, "eyeball centre": 4 / 2}
    assert score.by_group_percent == pytest.approx(expected)
    assert landmark_score(found, None, replace(eyes, landmarks_px=eyes.landmarks_px * torch.nan), Marks.eye) is None


def test_predictions_of_mirrored_eyes_are_turned_back() -> None:
    eyes = draw(2, (90, 150), Marks.eye)
    told = Told(eyes.landmarks_px.double().numpy(), np.array([48.0, 49.0]), np.full((2, 2), 0.1), np.full((2, 2), 0.2))
    file = prediction_file(EyeEvaluation({"a": told}, eyes, Marks.eye, (90, 150)).mean(), eyes)
    assert file["0"]["gaze_pitch_yaw_rad"] == [0.1, 0.1] and file["1"]["gaze_pitch_yaw_rad"] == [0.1, -0.1]
    assert file["1"]["fitted_pitch_yaw_rad"] == [0.2, -0.2] and file["1"]["radius_px"] == 49.0
    np.testing.assert_allclose(file["0"]["landmarks_px"], told.landmarks_px[0], atol=1e-4)
    np.testing.assert_allclose(file["1"]["landmarks_px"], [150, 0] + told.landmarks_px[1] * [-1, 1], atol=1e-4)
