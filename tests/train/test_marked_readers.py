"""Readers of eyes with landmarks: points against the warping camera's projection, sides, UnityEyes, other sets."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.batch import Batch
from adapt.marked_eyes import MarkedEyes
from synth.errors import DataError
from synth.export.unityeyes import write_unityeyes
from synth.geometry.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.normalisation import GazeMode, eye_camera, normalise
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from train.data.marks.points import EyePoints, Marks
from train.data.marks.read import read_marked_eyes
from train.data.marks.shards import limbus_distance_m, similarity
from train.data.read import Reader, read_eyes, recognise
from train.data.shards import Axis
from train.data.unityeyes import EYEBALL_RADIUS_M, eye_paths, read_eye
from train.eyeball_fit import fit_gaze

ELG, PUPILNET = (90, 150), (80, 120)
FIXTURE = Path(__file__).parents[3] / "shared/real/gaze/unityeyes_fixture/1.json"


def unbent(index: int) -> Sample:
    """Return a sample in which everything appears where it projects, and the iris' edge is the limbus."""
    sample = fake_sample(5, index, 240, 144)
    side = sample.subject_eye
    eye = sample.labels["eyes"][side]
    straight = {f"{name}_px": eye["points"][name]["px"] for name in ("lid_margin", "iris", "pupil")}
    apparent = {**eye["apparent"], **straight}
    labels = {**sample.labels, "eyes": {**sample.labels["eyes"], side: {**eye, "apparent": apparent}}}
    return replace(sample, labels=labels)


def read(folder: Path, size: tuple[int, int] = ELG, marks: Marks = Marks.eye) -> MarkedEyes:
    return read_marked_eyes(folder, Reader.auto, size, marks, GazeMode.direction, Axis.optical).pictures


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    return [unbent(i) for i in range(6)]


@pytest.fixture(scope="module")
def shards(samples: list[Sample], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    write_shard(folder, ShardPlan(len(samples)), 0, samples)
    return folder


@pytest.mark.parametrize(("size", "marks"), [(ELG, Marks.eye), (PUPILNET, Marks.pupil)])
def test_points_are_the_projection_of_the_warping_camera(
    shards: Path, samples: list[Sample], size: tuple[int, int], marks: Marks
) -> None:
    eyes = read(shards, size, marks)
    assert eyes.images_u8.shape == (6, *size) and 0 < int(eyes.right.sum()) < 6
    for row, sample in enumerate(samples):
        cam_from_face = sample.array("cam_from_head", 4, 4)[:3, :3] @ sample.array("face_triangle_head", 3, 3)
        camera = eye_camera(size[1], size[0])
        k = sample.array("camera_matrix", 3, 3)
        view = normalise(sample.eye_array("centre_of_canthi_cam", 3), cam_from_face, k, camera)
        optical = sample.eye_array("optical_axis_cam", 3)
        centre = sample.eye_array("centre_cam", 3)
        radius_m = limbus_distance_m(sample)
        kinds = {"lid_margin": 2, "iris": 4} if marks is Marks.eye else {"pupil": 4}
        picked = [sample.eye_array(f"points.{kind}.cam", 16 if step == 2 else 32, 3) for kind, step in kinds.items()]
        rows = [points[::step] for points, step in zip(picked, kinds.values(), strict=True)]
        seen = [sample.eye_bools(f"points.{kind}.visible", len(p)) for kind, p in zip(kinds, picked, strict=True)]
        if sample.subject_eye == "right":  # contours of a mirrored eye run from its other side, the other way round
            order = np.array([4, 3, 2, 1, 0, 7, 6, 5])
            rows[-1] = rows[-1][order]
            seen[-1] = seen[-1][::4][order].repeat(4)
        if marks is Marks.eye:
            rows += [centre + radius_m * optical[None], centre[None]]
            seen += [np.zeros(8, bool)]
        norm = (view.scale * (np.concatenate(rows) @ view.norm_from_cam.T)) @ camera.matrix.T
        expected = norm[:, :2] / norm[:, 2:]
        gaze = view.norm_from_cam @ optical
        if sample.subject_eye == "right":
            expected[:, 0] = size[1] - expected[:, 0]
            gaze = gaze * [-1, 1, 1]
        np.testing.assert_allclose(eyes.landmarks_px[row], expected, atol=2e-3)
        steps = [2, 4, 4] if marks is Marks.eye else [4]
        visible = np.concatenate([one[::step] for one, step in zip(seen, steps, strict=True)])
        assert eyes.visible[row].tolist() == visible.tolist()
        np.testing.assert_allclose(eyes.gaze_pitch_yaw_rad[row], pitch_yaw_from_vector(gaze), atol=1e-6)
        distance = (view.scale * (view.norm_from_cam @ centre))[2]
        assert float(eyes.radius_px[row]) == pytest.approx(camera.focal_px * radius_m / distance, rel=1e-5)


def test_the_picture_moves_with_the_points(shards: Path) -> None:
    """The pupil, painted nearly black, is where its points are."""
    eyes = read(shards, PUPILNET, Marks.pupil)
    for image, points, seen in zip(eyes.images_u8.numpy(), eyes.landmarks_px.numpy(), eyes.visible, strict=True):
        if not seen.all():
            continue
        x, y = points.mean(axis=0)
        assert image[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].mean() < 60 < image.mean()


def test_points_of_samples_are_those_of_an_eyeball(shards: Path) -> None:
    eyes = read(shards)
    gaze = fit_gaze(eyes.landmarks_px.double().numpy(), eyes.radius_px.double().numpy(), ELG)
    found, true = vector_from_pitch_yaw(gaze), vector_from_pitch_yaw(eyes.gaze_pitch_yaw_rad.double().numpy())
    # The samples' iris is not on their cornea's edge: its 0.7 mm are what is left.
    assert np.degrees(np.linalg.norm(found - true, axis=1)).max() < 2.0


def test_glasses_move_what_is_inside_with_the_lids() -> None:
    points = np.random.default_rng(0).uniform(0, 100, (16, 2))
    scale, shift = similarity(points, 0.92 * points + [3.0, -2.0])
    assert scale == pytest.approx(0.92) and np.allclose(shift, [3.0, -2.0])
    assert similarity(points, points)[0] == pytest.approx(1.0)


def test_mirroring_twice_changes_nothing_and_keeps_the_order_of_a_left_eye() -> None:
    around = np.arange(32) * np.pi / 16
    ring = 20 + np.stack([np.cos(around), np.sin(around)], axis=1)
    seen = np.arange(32) < 5
    lids = np.random.default_rng(0).uniform(0, 40, (16, 2))
    points = EyePoints(lids, ring, ring / 2, lids[0], lids[1], seen[:16], seen, ~seen)
    once = points.mirrored(40)
    np.testing.assert_allclose(once.iris_px, ring, atol=1e-12)  # a circle about the middle: right, down, left, up again
    assert once.iris_seen[16] and not once.iris_seen[0]
    for name, value in vars(once.mirrored(40)).items():
        np.testing.assert_allclose(value, getattr(points, name), atol=1e-12)


def test_an_export_to_unityeyes_reads_back(samples: list[Sample], shards: Path, tmp_path: Path) -> None:
    write_unityeyes(iter(samples), tmp_path)
    assert recognise(tmp_path) is Reader.unityeyes
    ours, theirs = read(shards), read(tmp_path)
    assert (
        theirs.keys == tuple(f"{i + 1}.jpg" for i in range(6)) and not theirs.right.any() and theirs.visible[:, 0].all()
    )
    # Their head frame is our head's, not the face triangle's: the turn about the lens' axis differs a little.
    turned = torch.linalg.vector_norm(theirs.landmarks_px - ours.landmarks_px, dim=-1)
    assert turned[:, :16].max() < 3.0 and turned[:, 16:].max() < 5.0
    pupil = read(tmp_path, PUPILNET, Marks.pupil).landmarks_px - read(shards, PUPILNET, Marks.pupil).landmarks_px
    assert torch.linalg.vector_norm(pupil, dim=-1).max() < 3.0
    assert (theirs.gaze_pitch_yaw_rad - ours.gaze_pitch_yaw_rad).abs().max() < np.radians(2.0)
    assert (theirs.images_u8.float() - ours.images_u8.float()).abs().mean() < 6
    small = read_eyes(tmp_path, Reader.auto, GazeMode.direction, Axis.optical).pictures
    np.testing.assert_allclose(small.gaze_pitch_yaw_rad, theirs.gaze_pitch_yaw_rad, atol=1e-6)


def unity_document(pitch_yaw_rad: tuple[float, float]) -> tuple[dict[str, object], np.ndarray]:
    """Return a file of UnityEyes' own kind, 800x600, f 689 px, eyeball 9 cm away on the lens' axis; and the gaze."""
    gaze = vector_from_pitch_yaw(np.array(pitch_yaw_rad))
    aside = np.cross(gaze, [0, 1, 0]) / np.linalg.norm(np.cross(gaze, [0, 1, 0]))
    down = np.cross(gaze, aside) * np.sign(np.cross(gaze, aside)[1])
    around, iris_m = np.arange(32) * np.pi / 16, 0.005886
    centre = np.array([0, 0, 0.09])
    # From the left of the picture over the top.
    ring = -np.cos(around)[:, None] * aside * np.sign(aside[0]) - np.sin(around)[:, None] * down
    iris = centre + np.sqrt(EYEBALL_RADIUS_M**2 - iris_m**2) * gaze + iris_m * ring
    turn = np.arange(16) * np.pi / 8
    lids = centre + np.stack([-0.014 * np.cos(turn), -0.005 * np.sin(turn), np.full(16, -0.010)], axis=1)

    def text(points: np.ndarray) -> list[str]:
        px = 689.0 * points[:, :2] / points[:, 2:] + [400, 300]
        return [f"({u:.4f}, {600 - v:.4f}, {100 * z:.4f})" for (u, v), z in zip(px, points[:, 2], strict=True)]

    look = f"({gaze[0]:.6f}, {-gaze[1]:.6f}, {gaze[2]:.6f}, 0.0000)"
    details = {"look_vec": look, "iris_size": "1.0", "pupil_size": "0.1"}
    document = {
        "interior_margin_2d": text(lids),
        "iris_2d": text(iris),
        "eye_details": details,
        "head_pose": "(0.0, 180.0, 0.0)",
    }
    return document, gaze


def test_the_camera_and_eyeball_of_a_file_of_unityeyes(tmp_path: Path) -> None:
    document, gaze = unity_document((0.2, -0.3))
    (tmp_path / "1.json").write_text(json.dumps(document))
    Image.fromarray(np.full((600, 800), 90, np.uint8)).save(tmp_path / "1.jpg")
    eyes = read(tmp_path)
    np.testing.assert_allclose(vector_from_pitch_yaw(eyes.gaze_pitch_yaw_rad[0].double().numpy()), gaze, atol=1e-5)
    fitted = fit_gaze(eyes.landmarks_px.double().numpy(), eyes.radius_px.double().numpy(), ELG)[0]
    # 9 cm before the lens is nearer than the fit's 60: what is left is its perspective.
    assert np.degrees(np.linalg.norm(vector_from_pitch_yaw(fitted) - gaze)) < 3.0
    np.testing.assert_allclose(eyes.landmarks_px[0, 17], [75, 45], atol=0.5)
    with pytest.raises(DataError, match=r"1\.jpg: has no landmarks of the pupil"):
        read(tmp_path, PUPILNET, Marks.pupil)


@pytest.mark.skipif(not FIXTURE.exists(), reason="no real development data beside the project")
def test_the_real_file_looks_where_its_iris_is(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_bytes(FIXTURE.read_bytes())
    Image.fromarray(np.full((600, 800), 90, np.uint8)).save(tmp_path / "1.jpg")
    eyes = read(tmp_path)
    fitted = fit_gaze(eyes.landmarks_px.double().numpy(), eyes.radius_px.double().numpy(), ELG)
    look = np.array([0.3404, -0.3879, -0.8566])
    turned = vector_from_pitch_yaw(eyes.gaze_pitch_yaw_rad[0].double().numpy())
    assert np.degrees(np.linalg.norm(vector_from_pitch_yaw(fitted[0]) - turned)) < 5.0
    assert abs(turned[2] - look[2]) < 0.2
    (path,) = eye_paths(tmp_path)
    eye = read_eye(path)
    np.testing.assert_allclose(eye.eyeball_centre_cam, [0, 0, 0.1], atol=1e-4)  # on the lens' axis, at 10 cm


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("iris_2d", ["(1, 2, 3)"] * 31, "iris_2d is no list of 32 points"),
        ("iris_2d", ["(1, 2)"] * 32, "iris_2d has '\\(1, 2\\)' where 3 numbers"),
        ("iris_2d", ["(1, 2, -3)"] * 32, "iris_2d is no circle of iris_size"),
        ("head_pose", None, "head_pose is missing"),
        ("eye_details", {"look_vec": "(0, 0, -3, 0)", "iris_size": "1"}, "look_vec has the length 3"),
    ],
)
def test_a_damaged_file_of_unityeyes_is_named(tmp_path: Path, name: str, value: object, message: str) -> None:
    document, _ = unity_document((0.0, 0.1))
    document[name] = value
    if value is None:
        del document[name]
    (tmp_path / "7.json").write_text(json.dumps(document))
    Image.fromarray(np.full((600, 800), 90, np.uint8)).save(tmp_path / "7.jpg")
    with pytest.raises(DataError, match=rf"7\.json: {message}"):
        read(tmp_path)
    (tmp_path / "8.json").write_text("{")
    (tmp_path / "7.json").unlink()
    with pytest.raises(DataError, match=r"picture 8\.jpg is missing"):
        read_marked_eyes(tmp_path, Reader.unityeyes, ELG, Marks.eye, GazeMode.direction, Axis.optical)


def test_sets_without_landmarks_are_enlarged(draw_eyes: Callable[..., Batch], tmp_path: Path) -> None:
    for i, image in enumerate(draw_eyes(2).images_u8.numpy()):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    large, wide = read(tmp_path), read(tmp_path, PUPILNET, Marks.pupil)
    assert torch.isnan(large.landmarks_px).all() and large.landmarks_px.shape == (2, 18, 2)
    small = read_eyes(tmp_path, Reader.images, GazeMode.direction, Axis.optical).pictures.images_u8
    assert (wide.images_u8[:, 4:76].reshape(2, 36, 2, 60, 2).float().mean((2, 4)) - small).abs().mean() < 3
    assert torch.equal(wide.images_u8[:, 0], wide.images_u8[:, 3])  # the edge, again
