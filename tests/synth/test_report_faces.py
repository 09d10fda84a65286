"""Sheets and reports of faces: labels are drawn where they are, captions and charts speak of the head."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from synth.commands.cli import main
from synth.report.columns import read_columns
from synth.report.overlay import COLOURS, FACE_COLOURS, draw_sample
from synth.report.page import make_report
from synth.report.sheet import Layout, caption, draw_sheet, legend_of, picture_u8
from synth.shards import iterate
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from tests.synth.test_report_sheet import near_colour
from tests.synth.test_shards import make

SCALE = 4.0


def drawn(sample) -> np.ndarray:
    black = dataclasses.replace(sample, picture=np.zeros_like(sample.picture))
    return picture_u8(draw_sample(black, SCALE)).astype(float)


def test_points_are_drawn_where_they_are_seen() -> None:
    for index in range(3):
        sample = fake_face(2, index)
        points = sample.array("face.apparent.ibug68", 68, 2)
        ink = drawn(sample)
        for colour, part in (("brows", slice(17, 27)), ("lips", slice(48, 60))):
            v, u = np.nonzero(near_colour(ink, FACE_COLOURS[colour]) > 0.5)
            at = np.stack([u + 0.5, v + 0.5], axis=1) / SCALE
            assert len(at) > 20
            low, high = points[part].min(axis=0), points[part].max(axis=0)
            # Where strokes cross, their mixture can have the hue of a third.
            assert ((at > low - 1) & (at < high + 1)).all(axis=1).mean() > 0.9
        jaw = sample.array("face.apparent.jaw_outline", 17, 2)
        seen = sample.array("face.points.jaw_outline.visible", 17) > 0
        where = np.floor(jaw[seen] * SCALE).astype(int)
        inside = ((where >= 0) & (where < [ink.shape[1], ink.shape[0]])).all(axis=1)
        assert (ink[where[inside, 1], where[inside, 0]].max(axis=1) > 60).all()


@pytest.mark.parametrize(("name", "axis"), [("left", [1, 0, 0]), ("down", [0, 1, 0]), ("forward", [0, 0, -1])])
def test_arrows_point_along_the_axes_of_the_head(name: str, axis: list[float]) -> None:
    sample = fake_face(2, 0, pitch_yaw_roll_rad=(0.3, 0.5, 0.2))
    v, u = np.nonzero(near_colour(drawn(sample), FACE_COLOURS[name]) > 0.7)
    start = sample.array("face.apparent.ibug68", 68, 2)[27]
    along = np.array([u + 0.5, v + 0.5]).mean(axis=1) / SCALE - start
    expected = (sample.array("cam_from_head", 4, 4)[:3, :3] @ axis)[:2]
    assert along @ expected / np.linalg.norm(along) / np.linalg.norm(expected) > 0.97


def test_captions_and_legend_are_those_of_what_is_shown() -> None:
    face, eye = fake_face(2, 0, pitch_yaw_roll_rad=tuple(np.radians([10, -20.5, 3]))), fake_sample(2, 1)
    assert caption(face) == ("0", "+10.0\N{DEGREE SIGN}  -20.5\N{DEGREE SIGN}  +3.0\N{DEGREE SIGN}")
    names = [name for name, _ in legend_of([face])]
    assert "jaw" in names and "caruncle" not in names and any("roll" in name for name in names)
    assert [name for name, colour in legend_of([eye]) if colour] == list(COLOURS)
    assert {"jaw", "caruncle"} <= {name for name, _ in legend_of([face, eye])}
    draw_sheet([face, eye], Layout(columns=2, scale=1.0), "both")


def test_a_report_on_faces_tells_of_their_heads(tmp_path: Path) -> None:
    make(tmp_path / "faces", sample=fake_face)
    columns = read_columns(tmp_path / "faces")
    for i, sample in enumerate(iterate(tmp_path / "faces")):
        angles = np.degrees(sample.array("face.pitch_yaw_roll_rad", 3))
        np.testing.assert_allclose(columns.head_pose_deg()[i], angles, atol=1e-5)
        found = [columns[f"face.{name}_rad"][i] for name in ("pitch", "yaw", "roll")]
        np.testing.assert_allclose(np.degrees(found), angles, atol=1e-6)
    report = make_report(tmp_path / "faces", 4)
    assert 'id="faces"' in report.page
    for text in ("Head in the camera", "Width of the face", "smile_teeth", "CelebA"):
        assert text in report.page
    assert main(["sheet", f"data={tmp_path / 'faces'}", f"out={tmp_path / 'sheet.png'}", "n=3"]) == 0


def test_a_report_on_a_mixture_counts_only_its_faces(tmp_path: Path) -> None:
    make(tmp_path / "both", sample=lambda seed, index: (fake_face if index % 2 else fake_sample)(seed, index))
    faces = read_columns(tmp_path / "both").faces
    assert faces is not None and len(faces) == 3
    assert 'id="faces"' in make_report(tmp_path / "both", 4).page


def test_a_report_on_eyes_has_no_section_of_faces(tmp_path: Path) -> None:
    make(tmp_path / "eyes")
    assert read_columns(tmp_path / "eyes").faces is None
    assert 'id="faces"' not in make_report(tmp_path / "eyes", 2).page
