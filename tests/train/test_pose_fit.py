"""Training on head poses: resuming, the command from end to end, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from adapt.augment.strengths import Strengths
from adapt.face_batch import FaceBatch
from synth.commands.cli import main
from tests.train.test_pose_data import write_mat_pair
from train.checkpoint import load_network
from train.data.pose.aflw2000 import read_aflw2000
from train.fitting import Precision, fit
from train.measure.pose_evaluation import rotations_of
from train.models.build import build_pose
from train.models.pose import PoseNetwork
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.pose import PoseTask

MILD = Strengths(shift_px=1.0, rotation_deg=10.0, probability=0.5, read_noise=0.02, mirror=0.5, grey=0.2)


def heads(n: int, seed: int = 0) -> FaceBatch:
    rng = np.random.default_rng(seed)
    rotation = Rotation.from_rotvec(rng.uniform(-0.5, 0.5, (n, 3))).as_matrix().astype(np.float32)
    images = rng.integers(0, 256, (n, 64, 64, 3), dtype=np.uint8)
    return FaceBatch(torch.from_numpy(images), torch.from_numpy(rotation), tuple(map(str, range(n))))


def task(steps: int) -> PoseTask:
    torch.manual_seed(0)
    recipe = Recipe(Loss.l1, 1e-3, 1e-2, Schedule.one_cycle, steps, 0.9, 0)
    return PoseTask(build_pose("ssrnet_md", {}), recipe, MILD)


def test_labels_are_changed_in_single_precision_where_the_network_has_half() -> None:
    one, batch = task(1), heads(4)
    changed = one.changed(batch, 0).rotation
    with torch.autocast("cpu", torch.bfloat16):
        assert (batch.rotation @ batch.rotation).dtype == torch.bfloat16
        assert torch.equal(one.changed(batch, 0).rotation, changed) and not torch.equal(changed, batch.rotation)


def test_half_precision_trains_to_about_the_same(tmp_path: Path) -> None:
    training, averages = heads(8), []
    for precision in (Precision.single, Precision.bf16):
        (folder := tmp_path / precision.name).mkdir()
        fit(trained := task(4), training, None, folder, epochs=2, batch_size=4, precision=precision)
        averages.append(trained.average.state_dict())
    assert all(value.dtype != torch.bfloat16 for value in averages[1].values())
    weights = [torch.cat([value.float().flatten() for value in average.values()]) for average in averages]
    moved = torch.linalg.vector_norm(weights[0] - weights[1]) / torch.linalg.vector_norm(weights[0])
    assert 0 < moved < 0.05


def test_a_continued_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    training, validation = heads(12), heads(4, 1)

    class StoppedError(Exception):
        pass

    class Interrupted(PoseTask):
        def on_train_epoch_start(self) -> None:
            if self.current_epoch == 1:
                raise StoppedError

    whole = task(6)
    (tmp_path / "whole").mkdir()
    fit(whole, training, validation, tmp_path / "whole", epochs=2, batch_size=4)
    cut = task(6)
    cut.__class__ = Interrupted
    (tmp_path / "cut").mkdir()
    with pytest.raises(StoppedError):
        fit(cut, training, validation, tmp_path / "cut", epochs=2, batch_size=4)
    continued = task(6)
    fit(continued, training, validation, tmp_path / "cut", epochs=2, batch_size=4)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "cut/metrics.csv").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AFLW2000's layout, eight faces and one that is turned too far."""
    data = tmp_path_factory.mktemp("aflw2000")
    for i in range(8):
        write_mat_pair(data, f"image{i:05d}", (2.0 * i, 5.0 * i - 20, -i))
    write_mat_pair(data, "image00099", (0.0, 120.0, 0.0))
    return data


def test_fit_writes_a_network_of_head_pose(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", "experiment=ssrnet_md", f"data={folder}", f"out={tmp_path / 'run'}"]
    words += ["trainer.epochs=2", "trainer.batch_size=3", "trainer.validation=0.25", "trainer.progress=false"]
    assert main([*words, "trainer.accelerator=cpu"]) == 0
    said = capsys.readouterr().out
    assert "1 left out: turned by more than 99 degrees" in said and "6 pictures to train on, 2 to validate" in said
    about = json.loads((tmp_path / "run/fit.json").read_text())
    assert about["training_pictures"] == 6 and about["labels"]["pose"] == "sight"
    trained = load_network(tmp_path / "run")
    assert isinstance(trained.network, PoseNetwork) and trained.name == "ssrnet_md"
    faces = read_aflw2000(folder, 64).pictures
    rotation = rotations_of(trained.network, faces)
    assert rotation.shape == (8, 3, 3) and np.allclose(np.linalg.det(rotation), 1, atol=1e-5)
    assert about["validation"]["raw"]["n"] == 2


def test_damaged_faces_are_skipped_where_asked_and_told_of(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "image00003.mat").write_bytes(b"nonsense")
    words = ["fit", "experiment=ssrnet_md", f"data={tmp_path}", f"out={tmp_path / 'run'}", "trainer.epochs=1"]
    words += ["trainer.batch_size=3", "trainer.validation=0", "trainer.progress=false", "trainer.accelerator=cpu"]
    assert main(words) == 1
    assert "image00003.mat" in capsys.readouterr().err
    assert main([*words[:3], f"out={tmp_path / 'other'}", *words[4:], "on_error=skip"]) == 0
    about = json.loads((tmp_path / "other/fit.json").read_text())
    assert about["training_pictures"] == 7 and len(about["damaged"]) == 1 and "image00003.mat" in about["damaged"][0]
    assert about["left_out"] == {"turned by more than 99 degrees": 1}
    assert "1 damaged and left out, the first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=fsanet"], "heads take augment=faces or none"),
        (["model=lenet", "augment=faces"], "erase: not for these pictures; eyes take"),
        (["model=lenet"], "holds faces"),
        (["experiment=fsanet", "model.scoring=none"], "expected one of 1x1, variance, uniform"),
        (["experiment=fsa"], "experiment"),
    ],
)
def test_what_does_not_fit_is_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["fit", *words, f"data={folder}", f"out={tmp_path / 'run'}", "trainer.progress=false"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1
