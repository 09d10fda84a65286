"""The chain over samples: labels go with pictures, what is covered is hidden, and the sheet shows all of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.augment.samples import augmented
from adapt.augment.strengths import Strengths
from adapt.motion.bend import Bend
from adapt.motion.homography import flip
from adapt.motion.sample import bent, moved, veiled
from synth.commands.cli import main
from synth.errors import ConfigError
from synth.sample import Sample
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import make


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def painted(sample: Sample) -> Sample:
    """The sample with a bright dot at its pupil on black."""
    height, width = sample.picture.shape[:2]
    u, v = sample.eye_array("apparent.pupil_centre_px", 2)
    y, x = np.mgrid[:height, :width] + 0.5
    dot = 255 * np.exp(-((x - u) ** 2 + (y - v) ** 2) / 8)
    return replace(sample, picture=np.repeat(dot[..., None], 3, 2).round().astype(np.uint8))


@pytest.mark.parametrize(
    "strengths",
    [
        {"rotation_deg": 12.0, "shift_px": 2.0, "scale": 0.1},
        {"perspective_deg": 1.0},
        {"distortion": 0.2, "shutter_px": 3.0},
        {"mirror": 1.0, "rotation_deg": 8.0},
    ],
)
def test_labels_go_where_the_picture_goes(strengths: dict[str, float]) -> None:
    for index in range(3):
        sample = painted(fake_sample(3, index))
        seen = augmented(generator(index), sample, Strengths(probability=1.0, **strengths))
        at = seen.eye_array("apparent.pupil_centre_px", 2)
        plane = seen.picture[..., 0].astype(float)
        y, x = np.mgrid[: plane.shape[0], : plane.shape[1]] + 0.5
        found = [(plane * x).sum() / plane.sum(), (plane * y).sum() / plane.sum()]
        np.testing.assert_allclose(found, at, atol=0.3)
        assert seen.subject_eye != sample.subject_eye or "mirror" not in strengths


def test_no_strength_changes_nothing() -> None:
    sample = fake_sample(1, 0)
    seen = augmented(generator(), sample, Strengths())
    np.testing.assert_array_equal(seen.picture, sample.picture)
    for name, shape in (("apparent.iris_px", (32, 2)), ("optical_axis_cam", (3,)), ("points.iris.visible", (32,))):
        np.testing.assert_allclose(seen.eye_array(name, *shape), sample.eye_array(name, *shape), atol=1e-9)


def test_rasters_go_along() -> None:
    sample = fake_sample(1, 0, rasters=True)
    columns = np.tile(np.arange(160, dtype=np.uint8), (96, 1))
    normal = np.tile(np.array([0.6, 0, -0.8], np.float32), (96, 160, 1))
    parsing = np.where(columns < 80, 4, 13).astype(np.uint8)
    sample = replace(sample, mask=columns, normal_cam=normal, parsing=parsing)
    seen = moved(sample, sample.picture, flip(1, 160))
    np.testing.assert_array_equal(seen.mask, columns[:, ::-1])
    np.testing.assert_allclose(seen.normal_cam, np.broadcast_to([-0.6, 0, -0.8], normal.shape), atol=1e-6)
    np.testing.assert_array_equal(seen.parsing, np.where(columns[:, ::-1] < 80, 5, 13))
    np.testing.assert_allclose(seen.depth_m, sample.depth_m, atol=1e-6)
    np.testing.assert_allclose(seen.uv, np.broadcast_to([0.75, 0.25], seen.uv.shape), atol=1e-6)
    sheared = bent(sample, sample.picture, Bend(torch.zeros(1), torch.tensor([20.0])))
    # Half a row above the last: shifted by 9.9 px; half a row below the first likewise to the other side.
    assert sheared.mask[-1, 80] == 70 and sheared.mask[0, 80] == 90 and sheared.depth_m.shape == (96, 160)


def test_what_is_covered_is_hidden_and_the_rest_is_not() -> None:
    sample = fake_sample(2, 1)
    middle = sample.eye_array("apparent.iris_px", 32, 2)[:, 0].mean()
    seen = veiled(sample, lambda at_px: at_px[:, 0] > middle)
    before, after = (one.eye_bools("points.iris.visible", 32) for one in (sample, seen))
    right = sample.eye_array("apparent.iris_px", 32, 2)[:, 0] > middle
    np.testing.assert_array_equal(after, before & ~right)
    assert before.any() and after.sum() < before.sum()


def test_rubber_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"augment\.elastic_px=2: .* no camera, gaze or pose"):
        augmented(generator(), fake_sample(), Strengths(elastic_px=2.0))


def test_a_sheet_shows_each_picture_and_its_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "data")
    for name, words in (("plain", []), ("again", ["augment=mild"]), ("same", ["augment=mild"])):
        out = tmp_path / f"{name}.png"
        assert main(["sheet", f"data={tmp_path / 'data'}", f"out={out}", "n=2", "draws=2", "columns=3", *words]) == 0
    plain, again, same = (np.asarray(Image.open(tmp_path / f"{name}.png")) for name in ("plain", "again", "same"))
    np.testing.assert_array_equal(again, same)
    assert again.shape[0] > plain.shape[0] and again.shape[1] > plain.shape[1]
    assert main(["sheet", f"data={tmp_path / 'data'}", "out=x.png", "augment=mild", "draws=0"]) == 1
    assert "draws=0: at least one" in capsys.readouterr().err
