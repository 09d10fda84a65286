"""Contact sheets: a label is drawn where it is, to a fraction of a pixel, and a sheet has its pictures."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.commands.cli import main
from synth.errors import ConfigError
from synth.report.overlay import COLOURS, draw_sample
from synth.report.sheet import Layout, arrange, automatic_scale, draw_sheet, picture_u8
from synth.shards import iterate, pick
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import make


def near_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """Return how strongly each pixel has the hue of a colour, 0 to 1, on black."""
    wanted = np.array(colour, float) / np.linalg.norm(colour)
    length = np.linalg.norm(picture, axis=2)
    return np.where(picture @ wanted > 0.985 * length, length / np.linalg.norm(colour), 0)


@pytest.mark.parametrize(("size", "scale"), [((160, 96), 4.0), ((60, 36), 7.0), ((640, 384), 1.0)])
def test_contours_are_where_the_labels_are(size: tuple[int, int], scale: float) -> None:
    for index in range(4):
        sample = fake_sample(1, index, *size)
        black = dataclasses.replace(sample, picture=np.zeros_like(sample.picture))
        drawn = picture_u8(draw_sample(black, scale)).astype(float)
        assert drawn.shape[:2] == (size[1] * scale, size[0] * scale)
        for name, label, kind, n in (
            ("lid margin", "apparent.lid_margin_px", "lid_margin", 16),
            ("iris", "apparent.iris_px", "iris", 32),
        ):
            strength = near_colour(drawn, COLOURS[name])
            v, u = np.nonzero(strength > 0.3)
            assert len(u) > 20
            at_px = np.stack([u + 0.5, v + 0.5], axis=1)[::3] / scale
            contour_px = sample.eye_array(label, n, 2)
            following = np.roll(contour_px, -1, axis=0)
            t = np.linspace(0, 1, 40)[:, None, None]
            line_px = (contour_px * (1 - t) + following * t).reshape(-1, 2)
            away = np.linalg.norm(at_px[:, None] - line_px[None], axis=2).min(axis=1) * scale
            assert away.max() < 4, "no ink away from the contour (a dot has a radius of 2.25 px)"
            # Where the contour is seen there is ink on it, unless an arrow or another contour lies above.
            seen = sample.eye_bools(f"points.{kind}.visible", n)
            at = np.floor(contour_px[seen] * scale).astype(int)
            inside = ((at >= 0) & (at < [drawn.shape[1], drawn.shape[0]])).all(axis=1)
            ink = drawn[at[inside, 1], at[inside, 0]].max(axis=1)
            assert (ink > 60).mean() > 0.9


def test_an_occluded_contour_is_faint() -> None:
    sample = fake_sample(1, 0)
    black = dataclasses.replace(sample, picture=np.zeros_like(sample.picture))
    drawn = picture_u8(draw_sample(black, 6.0)).astype(float)
    seen = sample.eye_bools("points.iris.visible", 32)
    at = np.floor(sample.eye_array("apparent.iris_px", 32, 2) * 6).astype(int)
    assert seen.any() and not seen.all()
    assert np.median(near_colour(drawn, COLOURS["iris"])[at[seen, 1], at[seen, 0]]) > 0.8
    assert np.median(near_colour(drawn, COLOURS["iris"])[at[~seen, 1], at[~seen, 0]]) < 0.5


def test_the_arrow_points_along_the_axis() -> None:
    for index in range(8):
        sample = fake_sample(1, index, 80, 48)
        black = dataclasses.replace(sample, picture=np.zeros_like(sample.picture))
        strength = near_colour(picture_u8(draw_sample(black, 6.0)).astype(float), COLOURS["optical axis"])
        v, u = np.nonzero(strength > 0.5)
        tip_px = np.array([u + 0.5, v + 0.5]).mean(axis=1) / 6 - sample.eye_array("apparent.pupil_centre_px", 2)
        axis_px = sample.eye_array("optical_axis_cam", 3)[:2]
        if np.linalg.norm(axis_px) > 0.1:
            cosine = tip_px @ axis_px / np.linalg.norm(tip_px) / np.linalg.norm(axis_px)
            assert cosine > 0.97


def test_a_sheet_without_labels_holds_the_pictures_themselves() -> None:
    samples = [fake_sample(1, index, 60, 36) for index in range(5)]
    sheet = picture_u8(draw_sheet(samples, Layout(columns=3, scale=1.0, caption_px=0), "t", labels=False))
    layout = Layout(columns=3, scale=1.0, caption_px=0)
    for place, sample in enumerate(samples):
        x = layout.margin_px + place % 3 * (60 + layout.gap_px)
        y = layout.margin_px + 34 + place // 3 * (36 + layout.gap_px)
        np.testing.assert_array_equal(sheet[y : y + 36, x : x + 60, 0], sample.picture)


def test_scale_is_automatic_and_refused_when_impossible() -> None:
    assert (automatic_scale(60), automatic_scale(160), automatic_scale(320), automatic_scale(640)) == (5, 2, 1, 0.5)
    for columns, scale, message in [(0, 1.0, "columns=0"), (1, 0.0, "scale=0"), (1, 99.0, "scale=99")]:
        with pytest.raises(ConfigError, match=message):
            Layout(columns, scale)
    with pytest.raises(ConfigError, match="at least one picture"):
        arrange([], [], Layout(1, 1.0), "t")


def test_pick_spreads_over_the_data_set(tmp_path: Path) -> None:
    make(tmp_path)
    assert [sample.index for sample in pick(tmp_path, 3)] == [0, 3, 6]
    assert [sample.index for sample in pick(tmp_path, 99)] == [sample.index for sample in iterate(tmp_path)]
    (tmp_path / "manifest.json").unlink()
    assert [sample.index for sample in pick(tmp_path, 4)] == [0, 2, 4, 6], "unfinished data sets are counted"


def test_the_command_draws_a_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path / "eyes")
    out = tmp_path / "new" / "sheet.png"
    assert main(["sheet", f"data={tmp_path / 'eyes'}", f"out={out}", "n=6", "columns=3"]) == 0
    with Image.open(out) as sheet:
        assert sheet.mode == "RGB" and sheet.width == 2 * 28 + 3 * 300 + 2 * 12
    assert "6 of 7 samples" in capsys.readouterr().out
    for words, message in [
        (["n=0"], "n=0"),
        (["scale=big"], "scale=big"),
        ([f"out={tmp_path / 'sheet.tiff'}"], ".png"),
        ([f"data={tmp_path / 'none'}"], "no such folder"),
    ]:
        assert main(["sheet", f"data={tmp_path / 'eyes'}", f"out={out}", *words]) == 1
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
