"""What is told of faces whose truth is known: heads, cameras and gazes by formulas of their own."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from adapt.photographs import SIX
from synth.errors import DataError
from synth.geometry.gaze import pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.normalisation import MPIIGAZE_EYE, GazeMode, face_triangle, normalise
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from synth.label.celeba import ATTRIBUTES
from tests.train.pipeline.doubles import FOUR_STAGES, GAZE, ROTATION, Finder, Gazer, box_of, looker, painted
from train.data.face_marks.square import face_box
from train.data.pose.crop import cut_out
from train.models.people.attributes import AttributeNetwork
from train.pipeline.bench import bench_look
from train.pipeline.faces import KEYS, Face, Place
from train.pipeline.lens import Lens, guessed, read_lens, shifted
from train.pipeline.look import Clock
from train.pipeline.place import place_of, plane_of
from train.pipeline.sight import Eyes, eyes_of, sights_of
from train.pnp import mean_head_m

WIDTH, HEIGHT = 640, 480
K = np.array([[800.0, 0.0, 310.0], [0.0, 820.0, 250.0], [0.0, 0.0, 1.0]])
"""By the centres of pixels, as OpenCV has it."""
BENDS = [-0.2, 0.05, 0.001, -0.002, 0.0]
POSE_RAD, PLACE_M = (0.15, -0.3, 0.2), np.array([0.08, -0.05, 0.7])


def calibrated(folder: Path, **more: object) -> Lens:
    path = folder / "camera.json"
    path.write_text(json.dumps({"matrix": K.tolist(), "distortion": BENDS, "width": WIDTH, "height": HEIGHT, **more}))
    return read_lens(path)


def seen_at(points_cam: np.ndarray) -> np.ndarray:
    """Where OpenCV's camera sees points: its own formula, then from pixel centres to corners."""
    x, y = (points_cam[:, :2] / points_cam[:, 2:]).T
    k1, k2, p1, p2, k3 = BENDS
    r2 = x * x + y * y
    a = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    bent = [a * x + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), a * y + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y]
    return np.stack([K[0, 0] * bent[0] + K[0, 2], K[1, 1] * bent[1] + K[1, 2]], axis=1) + 0.5


def head() -> tuple[np.ndarray, np.ndarray]:
    """The rotation of a head, and its points in `cam`."""
    rotation = rotation_from_pitch_yaw_roll(np.array(POSE_RAD))
    return rotation, mean_head_m() @ rotation.T + PLACE_M


def test_a_head_is_placed_where_it_stands_through_a_lens(tmp_path: Path) -> None:
    rotation, cam = head()
    camera = calibrated(tmp_path).of(WIDTH, HEIGHT)
    place = place_of(plane_of(seen_at(cam), camera))
    assert place is not None and place.misfit < 1e-6
    np.testing.assert_allclose(place.cam_from_head, rotation, atol=1e-6)
    np.testing.assert_allclose(place.origin_cam_m, PLACE_M, atol=1e-6)
    # Half as large a picture of the same camera shows the same head at half the places.
    half = calibrated(tmp_path).of(WIDTH // 2, HEIGHT // 2)
    again = place_of(plane_of(seen_at(cam) / 2, half))
    assert again is not None
    np.testing.assert_allclose(again.origin_cam_m, PLACE_M, atol=1e-6)


def test_points_of_no_head_have_no_place() -> None:
    for points in (np.zeros((68, 2)), np.full((68, 2), np.nan), np.repeat(np.linspace(0, 1, 68)[:, None], 2, axis=1)):
        place = place_of(points)
        assert place is None or place.misfit > 0.15


def test_both_eyes_are_cut_out_where_they_are_and_their_gazes_come_back(tmp_path: Path) -> None:
    rotation, cam = head()
    points = seen_at(cam)
    camera = calibrated(tmp_path).of(WIDTH, HEIGHT)
    plane = plane_of(points, camera)
    place = place_of(plane)
    assert place is not None
    # A bright dot at the middle of each eye's corners, in px.
    middles = points[list(SIX)].reshape(3, 2, 2).mean(axis=1)[:2]
    v, u = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    dots = np.exp(-((u - middles[:, 0, None, None]) ** 2 + (v - middles[:, 1, None, None]) ** 2) / 18).sum(axis=0)
    picture = np.repeat(np.rint(255 * dots).astype(np.uint8)[..., None], 3, axis=2)
    eyes = eyes_of(picture, points, plane, place, camera)
    assert isinstance(eyes, Eyes)
    gazer = Gazer()
    (sight,) = sights_of(gazer, [eyes])
    model = mean_head_m()[list(SIX)].reshape(3, 2, 3).mean(axis=1)
    head_frame = rotation @ face_triangle(*model)
    for row, (eye, sign) in enumerate(zip(model, (-1, 1), strict=False)):  # the right one is shown mirrored
        view = sight.eyes_u8[row].astype(float)
        at = np.array([(view * grid).sum() / view.sum() for grid in np.mgrid[:36, :60] + 0.5])
        np.testing.assert_allclose(at, [18, 30], atol=0.15)
        # The same through the normalisation of labels: centre by the head itself, not by px.
        centre = rotation @ eye + PLACE_M
        np.testing.assert_allclose(sight.centre_cam_m[row], centre, atol=3e-4)
        virtual = normalise(sight.centre_cam_m[row], head_frame, np.eye(3), MPIIGAZE_EYE)
        told = vector_from_pitch_yaw(np.array([GAZE[0], sign * GAZE[1]]))
        np.testing.assert_allclose(sight.gaze_cam[row], virtual.gaze_to_cam(told, GazeMode.direction), atol=1e-6)
        faced = pitch_yaw_from_vector(-virtual.head(head_frame)[:, 2]) * [1, sign]
        np.testing.assert_allclose(gazer.heads[0][row], faced, atol=1e-5)


def test_a_gaze_along_the_axis_of_the_view_goes_into_the_lens() -> None:
    camera = guessed(WIDTH, HEIGHT)
    _, cam = head()
    points = camera.project(torch.from_numpy(cam)[None])[0].numpy()
    plane = plane_of(points, camera)
    place = place_of(plane)
    assert place is not None
    picture = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    eyes = eyes_of(picture, points, plane, place, camera)
    assert isinstance(eyes, Eyes)
    (sight,) = sights_of(Gazer((0.0, 0.0)), [eyes])
    away = sight.centre_cam_m / np.linalg.norm(sight.centre_cam_m, axis=1, keepdims=True)
    np.testing.assert_allclose(sight.gaze_cam, -away, atol=1e-7)
    np.testing.assert_allclose(sight.mean_cam, -away.sum(axis=0) / np.linalg.norm(away.sum(axis=0)), atol=1e-7)
    # Moved out of the picture there is no eye to be shown, and behind the lens no view.
    aside = eyes_of(picture, points + np.array([2000.0, 0.0]), plane, place, camera)
    assert aside == "eyes outside of the picture"
    edge = eyes_of(picture[:, : int(points[45, 0]) - 10], points, plane, place, camera)
    assert edge == "eyes outside of the picture"
    behind = Place(place.cam_from_head, -place.origin_cam_m, place.misfit)
    assert eyes_of(picture, points, plane, behind, camera) == "no view of the eyes"


def test_a_piece_of_a_frame_has_its_camera(tmp_path: Path) -> None:
    camera = calibrated(tmp_path).of(WIDTH, HEIGHT)
    points = torch.tensor([[[0.1, -0.2, 1.3], [-0.3, 0.1, 0.9]]], dtype=torch.float64)
    apart = camera.project(points) - shifted(camera, np.array([30.0, 50.0])).project(points)
    np.testing.assert_allclose(apart[0], [[30, 50]] * 2, atol=1e-9)


def test_a_painted_frame_is_told_from_box_to_gaze() -> None:
    picture = painted((40, 30, 80), (180, 150, 100))
    look, clock = looker(), Clock()
    found = look.find(picture, clock)
    np.testing.assert_allclose([face.box_px for face in found], [box_of(40, 30, 80), box_of(180, 150, 100)])
    faces = look.look(picture, found, guessed(320, 320), clock)
    for face in faces:
        assert face.points_px is not None and face.place is not None and face.sight is not None and not face.causes
        np.testing.assert_allclose(face_box(face.points_px), face.box_px, atol=2.5)  # a px of the cut is 1.4 to 1.8
        assert face.place.misfit < 0.02
        told = face.to_json()
        assert tuple(told) == KEYS and told["attributes"] is None and told["landmarks478"] is None
        np.testing.assert_allclose(told["landmarks68"], face.points_px - 0.5, atol=1e-3)  # by centres of pixels
        np.testing.assert_allclose(told["R"], ROTATION, atol=1e-6)
        np.testing.assert_allclose(np.abs(told["yaw_pitch_roll_deg"]), [90, 0, 0], atol=1e-3)
        pitch, yaw = told["gaze_pitch_yaw_rad"]
        np.testing.assert_allclose(vector_from_pitch_yaw(np.array([pitch, yaw])), face.sight.mean_cam, atol=1e-5)
    assert json.loads(json.dumps([face.to_json() for face in faces]))
    # The nearer face is the larger one, and each stands on its side of the lens.
    near, far = faces[1].place, faces[0].place
    assert near is not None and far is not None and near.origin_cam_m[2] < far.origin_cam_m[2]
    assert far.origin_cam_m[0] < 0 < near.origin_cam_m[0]
    assert set(clock.medians_ms()) == FOUR_STAGES


def test_attributes_are_those_of_the_cut_about_the_landmarks() -> None:
    torch.manual_seed(0)
    network = AttributeNetwork(width=0.25).eval()
    network.told.learnt[3:] = False
    picture, clock = painted((40, 30, 80)), Clock()
    look = looker(attributes=network)
    (face,) = look.look(picture, look.find(picture, clock), guessed(320, 320), clock)
    assert face.points_px is not None and set(clock.medians_ms()) == {*FOUR_STAGES, "attributes"}
    low, high = face.points_px.min(axis=0), face.points_px.max(axis=0)
    low[1] -= 0.15 * (high[1] - low[1])  # up to the forehead
    middle, half = (low + high) / 2, 0.75 * (high - low).max()
    cut = cut_out(picture, np.concatenate([middle - half, middle + half]), 64)
    with torch.inference_mode():
        told = network.probability(network(torch.from_numpy(cut).permute(2, 0, 1)[None].float() / 255))[0]
    found = face.to_json()["attributes"]
    assert list(found) == list(ATTRIBUTES[:3])
    np.testing.assert_allclose(list(found.values()), told[:3], atol=1e-3)
    (bad,) = look.look(picture, [Face(np.full(4, 900.0), 0.9)], guessed(320, 320), clock)
    assert bad.attributes is None


def test_scores_and_numbers_are_kept_within_bounds() -> None:
    picture, clock = painted((10, 10, 60), (120, 10, 60), (200, 150, 60)), Clock()
    assert [face.score for face in looker().find(picture, clock)] == pytest.approx([0.9, 0.8, 0.7])
    assert len(looker(least_score=0.75).find(picture, clock)) == 2
    assert len(looker(most=1).find(picture, clock)) == 1
    assert looker(least_score=0.0).find(painted(), clock) == ()  # a score of 0 is no face


def test_frames_of_any_size_are_told_in_their_own_px() -> None:
    small = painted((40, 30, 80))
    large = np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)[:600]
    found = looker().find(large, Clock())
    np.testing.assert_allclose(found[0].box_px, 2 * box_of(40, 30, 80), atol=2)


@pytest.mark.parametrize(
    "box", [[5.0, 5.0, 5.5, 5.5], [900.0, 900.0, 990.0, 990.0], [-5000.0, -5000.0, 9000.0, 9000.0]]
)
def test_what_cannot_be_cut_is_a_cause_and_no_harm_to_others(box: list[float]) -> None:
    picture, look, clock = painted((40, 30, 80)), looker(), Clock()
    faces = [Face(np.array(box), 0.9), *look.find(picture, clock)]
    bad, good = look.look(picture, faces, guessed(320, 320), clock)
    assert bad.points_px is None and bad.causes == ("too small or outside of the picture",) and good.sight is not None
    assert bad.to_json()["landmarks68"] is None and bad.to_json()["box"] == box
    (alone,) = look.look(picture, faces[:1], guessed(320, 320), clock)
    assert alone.causes == bad.causes


def test_a_box_without_a_face_has_landmarks_of_no_head() -> None:
    picture, look, clock = painted((40, 30, 80)), looker(), Clock()
    (face,) = look.look(picture, [Face(np.array([200.0, 200.0, 280.0, 290.0]), 0.6)], guessed(320, 320), clock)
    assert face.place is None and face.sight is None and face.causes == ("landmarks of no head",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrix": [[1, 2], [3, 4]]}, "3x3"),
        ({"width": 0}, "at least 1x1"),
        ({"height": "high"}, "expected"),
        ({"distortion": [1, 2]}, "k1, k2, p1, p2"),
        ({"matrix": np.zeros((3, 3)).tolist()}, "fx and fy above zero"),
    ],
)
def test_calibrations_that_are_none(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        calibrated(tmp_path, **change)
    assert "camera.json" in str(caught.value)
    with pytest.raises(DataError, match="no such file"):
        read_lens(tmp_path / "none.json")


def test_frames_of_another_shape_come_from_another_camera(tmp_path: Path) -> None:
    lens = calibrated(tmp_path)
    assert lens.of(1280, 960).matrix[0, 0, 0] == 2 * K[0, 0]
    with pytest.raises(DataError, match="640x480"):
        lens.of(640, 640)
    assert Lens().of(200, 300).matrix[0].tolist() == [[300, 0, 100], [0, 300, 150], [0, 0, 1]]


def test_the_bench_times_every_stage_as_often_as_it_is_asked() -> None:
    look = looker()
    cost = bench_look(look, 3)
    assert set(cost.medians_ms) == FOUR_STAGES and 0 < cost.followed_ms < cost.found_ms
    finder = look.networks.detection
    assert isinstance(finder, Finder) and finder.asked == 6 and cost.threads == torch.get_num_threads()


def test_a_meshs_points_are_told_too() -> None:
    mesh = np.arange(478 * 3, dtype=float).reshape(478, 3)
    face = replace(Face(np.zeros(4), 0.5), points_px=np.zeros((68, 2)), mesh_px=mesh, present=0.7)
    np.testing.assert_allclose(face.to_json()["landmarks478"], mesh - [0.5, 0.5, 0])
    assert set(face.to_json()) == set(KEYS)
