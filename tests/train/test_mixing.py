"""Real pictures that a task mixes its own with: read at its first step, of its own size and colours."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from synth.errors import ConfigError, DataError
from tests.train.detection.scenery import draw_pictures
from train.data.bank import read_bank
from train.kinds.refusals import refuse_augment
from train.models.build import build
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.detection import DetectionTask
from train.tasks.gaze import GazeTask

RECIPE = Recipe(Loss.l1, 1e-3, 0.0, Schedule.constant, 2, 0.9, 0)


def photographs(folder: Path, level: int) -> Path:
    folder.mkdir()
    for i in range(2):
        Image.fromarray(np.full((72, 120, 3), level, np.uint8)).save(folder / f"{i}.png")
    return folder


def eyes(n: int = 32) -> Batch:
    levels = torch.randint(0, 60, (n, 36, 60), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    none = torch.zeros(n, dtype=torch.bool)
    return Batch(levels, torch.zeros(n, 2), torch.zeros(n, 2), none, none, tuple(map(str, range(n))))


def test_the_bank_has_the_size_and_the_colours_that_are_asked_for(tmp_path: Path) -> None:
    folder = photographs(tmp_path / "real", 204)
    assert read_bank(folder, 36, 60, colour=False).shape == (2, 1, 36, 60)
    colour = read_bank(folder, 30, 50, colour=True)
    assert colour.shape == (2, 3, 30, 50) and torch.all((colour - 0.8).abs() < 1e-6)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        read_bank(tmp_path / "empty", 36, 60, colour=False)


def test_a_task_takes_over_the_levels_of_real_pictures(tmp_path: Path) -> None:
    folder = photographs(tmp_path / "real", 204)
    strengths = Strengths(mixing=1.0, mixing_from=str(folder))
    batch = eyes()
    changed = GazeTask(build("lenet", {}), RECIPE, strengths).changed(batch, 0)
    # Flat real pictures: histograms and means are drawn towards 204, from below 60; a spectrum lends its mean.
    lighter = changed.images_u8.double().mean((1, 2)) - batch.images_u8.double().mean((1, 2))
    assert (lighter > -0.5).all() and bool((lighter > 20).double().mean() > 0.7)
    assert changed.images_u8.max() <= 230
    again = GazeTask(build("lenet", {}), RECIPE, strengths).changed(batch, 0)
    assert torch.equal(changed.images_u8, again.images_u8)
    assert torch.equal(changed.gaze_pitch_yaw_rad, batch.gaze_pitch_yaw_rad)


def test_whole_pictures_are_mixed_at_the_side_that_a_detector_learns_from(tmp_path: Path) -> None:
    network, batch = build("blazeface", {"side": 32}), draw_pictures(16)
    plain = DetectionTask(network, RECIPE, Strengths()).changed(batch, 0)
    strengths = Strengths(mixing=1.0, mixing_from=str(photographs(tmp_path / "real", 250)))
    changed = DetectionTask(network, RECIPE, strengths).changed(batch, 0)
    assert changed.images_u8.shape == plain.images_u8.shape == (16, 32, 32, 3)
    lighter = changed.images_u8.double().mean((1, 2, 3)) - plain.images_u8.double().mean((1, 2, 3))
    assert (lighter > -0.5).all() and bool((lighter > 20).double().mean() > 0.6)
    assert torch.equal(changed.faces.boxes_px, plain.faces.boxes_px)


@pytest.mark.parametrize("name", ["perspective_deg", "elastic_px", "zoom_in", "zoom_out", "collage"])
def test_what_cuts_cannot_follow_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=f"augment: {name}: not for these pictures"):
        refuse_augment(Strengths(**{name: 1.0}), (), "give others")


def test_whole_pictures_take_windows_and_no_rubber() -> None:
    refuse_augment(Strengths(zoom_in=1.0, zoom_out=1.0, collage=1.0), (), "give others", whole=True)
    with pytest.raises(ConfigError, match="augment: elastic_px: not for these pictures"):
        refuse_augment(Strengths(elastic_px=1.0), (), "give others", whole=True)
