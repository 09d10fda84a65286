"""Training: batches by seed and epoch, resuming, learning drawn eyes, and the commands from end to end."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from synth.commands.cli import main
from synth.errors import DataError
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from tests.train.pages import without_pictures
from train.checkpoint import load_network, save_network
from train.data.loader import loader, split
from train.fitting import fit
from train.measure.gaze_evaluation import prediction_file, predictions_of
from train.measure.gaze_metrics import score
from train.models.build import build
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.gaze import GazeTask

DrawEyes = Callable[..., Batch]
SMALL = {"stem_stride": 2, "pool_rows": 3, "pool_columns": 5, "channels": 8}
MILD = Strengths(shift_px=1.0, rotation_deg=2.0, probability=0.3, blur_px=0.8, read_noise=0.02, head_noise_deg=1.0)


def task(steps: int, loss: Loss = Loss.l1, learning_rate: float = 4e-3, dropout: float = 0.1) -> GazeTask:
    torch.manual_seed(0)
    network = build("resnet_preact", {**SMALL, "dropout": dropout})
    return GazeTask(network, Recipe(loss, learning_rate, 1e-2, Schedule.one_cycle, steps, 0.9, 0), MILD)


def test_batches_depend_on_seed_and_epoch_alone(draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(10)

    def keys(seed: int | None, epoch: int) -> list[tuple[str, ...]]:
        batches = loader(eyes, 4, seed)
        batches.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        return [batch.keys for batch in batches]

    assert keys(0, 1) == keys(0, 1) != keys(0, 2) != keys(1, 2)
    assert [len(batch) for batch in keys(0, 0)] == [4, 4]
    assert [key for batch in keys(None, 0) for key in batch] == list(eyes.keys)


def test_the_split_is_a_block(draw_eyes: DrawEyes) -> None:
    training, validation = split(draw_eyes(10), 0.2)
    assert training.keys == tuple(f"{i:08d}" for i in range(8)) and validation.keys == ("00000008", "00000009")


@pytest.mark.parametrize("loss", [Loss.l1, Loss.angular])
def test_drawn_eyes_are_learnt(draw_eyes: DrawEyes, tmp_path: Path, loss: Loss) -> None:
    training, unseen = draw_eyes(256, 1), draw_eyes(64, 2)
    learner = task(8 * 10, loss)
    fit(learner, training, unseen, tmp_path, epochs=10, batch_size=32)
    found = score(predictions_of(learner.average, unseen), unseen.gaze_pitch_yaw_rad.numpy(), unseen.right.numpy())
    assert found.raw < 0.5 * found.mean_predictor
    with (tmp_path / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == list(range(10))
    assert float(rows[-1]["validation/error_deg"]) == pytest.approx(found.raw, abs=0.05)
    assert list((tmp_path / "tensorboard").glob("events*"))


def test_a_continued_run_equals_an_uninterrupted_one(draw_eyes: DrawEyes, tmp_path: Path) -> None:
    training, validation = draw_eyes(48), draw_eyes(8, 1)

    class StoppedError(Exception):
        pass

    class Interrupted(GazeTask):
        def on_train_epoch_start(self) -> None:
            if self.current_epoch == 2:
                raise StoppedError

    whole = task(12)
    (tmp_path / "whole").mkdir()
    fit(whole, training, validation, tmp_path / "whole", epochs=4, batch_size=16)
    cut = task(12)
    cut.__class__ = Interrupted
    (tmp_path / "cut").mkdir()
    with pytest.raises(StoppedError):
        fit(cut, training, validation, tmp_path / "cut", epochs=4, batch_size=16)
    continued = task(12)
    fit(continued, training, validation, tmp_path / "cut", epochs=4, batch_size=16)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "cut/metrics.csv").read_text()


def test_a_damaged_checkpoint_is_named(draw_eyes: DrawEyes, tmp_path: Path) -> None:
    (tmp_path / "last.ckpt").write_bytes(b"PK\x03\x04 no checkpoint")
    with pytest.raises(DataError, match=r"last\.ckpt: damaged"):
        fit(task(3), draw_eyes(16), draw_eyes(0 + 4), tmp_path, epochs=1, batch_size=8)


def test_networks_are_saved_and_loaded(draw_eyes: DrawEyes, tmp_path: Path) -> None:
    network = build("resnet_preact", SMALL).eval()
    save_network(tmp_path / "network.pt", network, "resnet_preact", SMALL, {"seed": 3})
    loaded = load_network(tmp_path)
    assert loaded.about["seed"] == 3
    eyes = draw_eyes(5)
    np.testing.assert_allclose(predictions_of(loaded.network, eyes), predictions_of(network, eyes), atol=1e-6)
    path = tmp_path / "network.pt"
    whole = path.read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"network\.pt"):
            load_network(tmp_path)
    torch.save({"format": 1, "name": "lenet", "options": {}, "state": {}, "about": {}}, path)
    with pytest.raises(DataError, match="do not fit"):
        load_network(path)
    with pytest.raises(DataError, match="no such file"):
        load_network(tmp_path / "nowhere")


def test_predictions_are_for_the_stored_picture(draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(2)  # the second was mirrored
    predicted = np.array([[0.1, 0.2], [0.1, 0.2]])
    stored = prediction_file(predicted, eyes)
    assert stored["00000000"]["gaze_pitch_yaw_rad"] == [0.1, 0.2]
    assert stored["00000001"]["gaze_pitch_yaw_rad"] == [0.1, -0.2]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_shard(folder, ShardPlan(40), 0, (fake_sample(0, i, 60, 36) for i in range(40)))
    return folder


FIT = ["model.channels=8", "trainer=quick", "trainer.epochs=2", "trainer.batch_size=8", "trainer.progress=false"]
FIT += ["trainer.accelerator=cpu", "trainer.threads=1"]


def test_the_commands_from_end_to_end(
    corpus: Path, tmp_path: Path, draw_eyes: DrawEyes, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [tmp_path / "a", tmp_path / "b"]
    for seed, out in enumerate(runs):
        assert main(["fit", f"data={corpus}", f"out={out}", f"seed={seed}", *FIT]) == 0
    about = json.loads((runs[0] / "fit.json").read_text())
    assert about["seed"] == 0 and about["training_pictures"] == 36 and about["versions"]["torch"]
    assert "channels: 8" in (runs[0] / "config.yaml").read_text()
    assert main(["fit", f"data={corpus}", f"out={runs[0]}", *FIT]) == 0
    assert "is trained already" in capsys.readouterr().out
    assert main(["fit", f"data={corpus}", f"out={runs[0]}", *FIT, "seed=5"]) == 1
    assert "was made with seed=0" in capsys.readouterr().err

    eyes = draw_eyes(12)
    real = tmp_path / "real.h5"
    with h5py.File(real, "w") as file:
        file["p00/image"], file["p00/pose"] = eyes.images_u8.numpy(), eyes.head_pitch_yaw_rad.numpy()
        file["p00/gaze"] = eyes.gaze_pitch_yaw_rad.numpy()
    report, predictions = tmp_path / "report", tmp_path / "out/gaze.json"
    networks = f"checkpoint=[{runs[0]},{runs[1]}]"
    arguments = [
        "evaluate",
        networks,
        f"data={real}",
        f"out={report}",
        f"beside={corpus}",
        f"predictions={predictions}",
    ]
    assert main([*arguments, "threads=1"]) == 0
    found = json.loads((report / "report.json").read_text())
    assert list(found["networks"]) == ["a", "b"] and found["eyes"] == 12
    raws = [one["raw"] for one in found["networks"].values()]
    assert found["mean_of_networks"]["raw"] == pytest.approx(np.mean(raws))
    for bins in found["by"].values():
        assert sum(one["n"] for one in bins) == 12
        weighted = sum(one["n"] * one["raw"] for one in bins) / 12
        assert weighted == pytest.approx(found["ensemble"]["raw"])
    assert {path.name for path in report.iterdir()} >= {"angles.png", "scatter.png", "worst_best.png", "beside.png"}
    page = (report / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 4 and "http" not in without_pictures(page)
    assert set(json.loads(predictions.read_text())) == {f"p00/{i:06d}" for i in range(12)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "data=nowhere", "out={tmp}/x"], "nowhere: there is no such file or folder"),
        (["fit", "data={corpus}", "out={tmp}/x", "trainer.epochs=0"], "epochs=0"),
        (["fit", "data={corpus}", "out={tmp}/x", "model.dropout=none"], "model.dropout=none"),
        (["fit", "data={corpus}", "out={tmp}/x", "modle=lenet"], "unknown key 'modle'"),
        (["fit", "data={corpus}", "out={tmp}/x", "augment.shift_px=-2"], "shift_px=-2"),
        (["evaluate", "checkpoint={tmp}", "data={corpus}", "out={tmp}/x"], "network.pt: there is no such file"),
        (["evaluate", "checkpoint={tmp}", "data={corpus}"], "out=null"),
    ],
)
def test_bad_input_is_one_clear_line(
    arguments: list[str], message: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.format(tmp=tmp_path, corpus=corpus) for word in arguments]
    assert main(words) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
