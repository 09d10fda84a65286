"""Landmarks: where their names say, the same on both sides, and carried along by whatever moves the skin."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from assets import bake_landmarks, catalog
from assets.bake_landmarks import FLIP
from assets.eyeball import limbus_eye
from assets.landmarks import (
    IBUG_FROM_DENSE,
    brow_points,
    jaw_outline,
    landmarks_head,
    load_table,
    read_table,
    skin_of,
)
from assets.person import ExpressionSpec
from assets.subject import build
from synth.errors import AssetError
from tests.assets.people import adult, eye

AHEAD = {"left": np.eye(3), "right": np.eye(3)}
IBUG_MIRROR = np.array(
    [
        *(*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)),
        *(*range(45, 41, -1), 47, 46, *range(39, 35, -1), 41, 40),
        *(*range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1)),
    ]
)
IRIS_MIRROR = {468: 473, 469: 476, 470: 475, 471: 474, 472: 477}
FRONT = np.array([0.0, 0.03, -1.0])


def face(*shape: tuple[str, float], left=None, right=None, **fields):
    """Face units of `shape` are what the face does, other targets who it is."""
    eyes = {"left": left or eye(), "right": right or left or eye()}
    units = tuple((name.removeprefix("faceunits/"), w) for name, w in shape if name.startswith("faceunits/"))
    own = tuple(pair for pair in shape if not pair[0].startswith("faceunits/"))
    expression = ExpressionSpec("test", units)
    return build(adult(eyes["left"], eyes["right"], shape=own, expression=expression, **fields), AHEAD)


@pytest.fixture(scope="module")
def plain():
    return bake_landmarks.adult()


@pytest.fixture(scope="module")
def points(plain):
    return landmarks_head(plain)


def test_a_symmetric_face_has_symmetric_landmarks(plain, points):
    ibug, dense, five = points["ibug68"], points["dense478"], points["five"]
    np.testing.assert_allclose(ibug[IBUG_MIRROR] * FLIP, ibug, atol=1e-9)
    np.testing.assert_allclose(five[[1, 0, 2, 4, 3]] * FLIP, five, atol=1e-9)
    for right, left in IRIS_MIRROR.items():
        np.testing.assert_allclose(dense[left] * FLIP, dense[right], atol=1e-9)
    gaps = np.linalg.norm(dense[:468, None] * FLIP - dense[None, :468], axis=-1)
    other = gaps.argmin(axis=1)
    assert gaps.min(axis=1).max() < 1e-9
    np.testing.assert_array_equal(other[other], np.arange(468))
    assert (other == np.arange(468)).sum() == 28  # those on the midline
    for right, left in ((33, 263), (133, 362), (61, 291), (234, 454), (105, 334), (98, 327), (159, 386), (82, 312)):
        assert other[right] == left
    outline = jaw_outline(plain, FRONT)
    np.testing.assert_allclose(outline[::-1] * FLIP, outline, atol=1e-9)


def test_right_is_the_subjects_and_lies_left_in_the_picture(points):
    ibug, dense = points["ibug68"], points["dense478"]
    # x of `head` points to the subject's left, which a picture of a face that looks at the camera shows right.
    assert (np.diff(ibug[1:16, 0]) > 0).all() and (np.diff(ibug[17:27, 0]) > 0).all()
    assert (np.diff(ibug[31:36, 0]) > 0).all()
    assert ibug[36, 0] < ibug[39, 0] < ibug[42, 0] < ibug[45, 0]
    assert dense[33, 0] < dense[133, 0] < 0 < dense[362, 0] < dense[263, 0]
    assert dense[468, 0] < 0 < dense[473, 0]
    assert (np.diff(points["five"][[0, 2, 1], 0]) > 0).all() and points["five"][3, 0] < points["five"][4, 0]
    for first, last, step in ((48, 54, 1), (60, 64, 1), (55, 59, -1)):
        assert (np.diff(ibug[np.arange(first, last + step, step) if step > 0 else np.arange(59, 54, -1), 0]) > 0).all()


def test_places_of_the_68(points):
    ibug = points["ibug68"]
    down, depth = ibug[:, 1], ibug[:, 2]
    assert down.argmax() == 8 and depth.argmin() == 30
    assert (np.diff(down[:9]) > 0).all() and (np.diff(down[8:17]) < 0).all()
    assert abs(down[0] - down[36]) < 3e-3 and depth[0] > 0.05  # at the height of the eyes, before the ear
    assert (np.diff(down[27:31]) > 0).all() and (np.diff(depth[27:31]) < 0).all()
    steps = np.linalg.norm(np.diff(ibug[27:31], axis=0), axis=1)
    assert steps.max() / steps.min() < 1.2
    assert down[17:27].max() < down[36:48].min() and (down[[37, 38]] < down[[41, 40]]).all()
    assert (down[49:54] < down[61:64].mean()).all() and (down[55:60] > down[65:68].mean()).all()
    lips = np.linalg.norm(ibug[[61, 62, 63]] - ibug[[67, 66, 65]], axis=1)
    assert lips.max() < 2e-3  # a shut mouth
    outer = np.linalg.norm(ibug[36] - ibug[45])
    assert 0.28 < np.linalg.norm(ibug[48] - ibug[54]) / outer < 0.65
    assert 1.3 < np.linalg.norm(ibug[0] - ibug[16]) / outer < 1.7


def test_the_68_and_the_478_agree_where_they_mean_the_same(points):
    ibug, dense = points["ibug68"], points["dense478"]
    for number, other in ((36, 33), (45, 263), (48, 61), (54, 291), (8, 152)):
        assert np.linalg.norm(ibug[number] - dense[other]) < 1e-3
    assert 0.5e-3 < ibug[33, 1] - dense[2, 1] < 2e-3
    tips = np.linalg.norm(ibug[30] - dense[[1, 4]], axis=1)
    assert tips.min() < 1e-3 and tips.max() < 7e-3
    assert set(IBUG_FROM_DENSE) == set(range(31, 68))
    for first, other in ((17, 70), (21, 107), (22, 336), (26, 300)):
        assert np.linalg.norm(ibug[first] - dense[other]) < 6e-3


def test_inner_corners_of_the_68_are_where_300w_marks_them(points):
    # 300-W's annotators mark the end of the opening that is seen, not the corner behind the caruncle: over the distance
    # of the outer corners, theirs of 52 frontal photographs of Helen and AFW are 0.417 apart, corners of adults 0.36.
    ibug, dense = points["ibug68"], points["dense478"]
    for number, canthus, outer in ((39, 133, 33), (42, 362, 263)):
        toward = (dense[outer] - dense[canthus]) / np.linalg.norm(dense[outer] - dense[canthus])
        assert 2e-3 < (ibug[number] - dense[canthus]) @ toward < 3.5e-3
        assert abs((ibug[number] - dense[canthus])[1]) < 1e-3
    assert 0.38 < np.linalg.norm(ibug[39] - ibug[42]) / np.linalg.norm(ibug[36] - ibug[45]) < 0.43


@pytest.mark.parametrize(("blink", "squint"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.7), (1.0, 0.0)])
def test_points_of_the_eyes_lie_on_the_lid_margins(blink: float, squint: float):
    subject = face(left=eye(blink=blink, squint=squint), right=eye(blink=0.1))
    found = landmarks_head(subject)
    for side, numbers, corners in (
        ("left", [362, 398, 384, 385, 386, 387, 388, 466, 263, 249, 390, 373, 374, 380, 381, 382], (362, 263)),
        ("right", [133, 173, 157, 158, 159, 160, 161, 246, 33, 7, 163, 144, 145, 153, 154, 155], (133, 33)),
    ):
        held = subject.eyes[side]
        margin = held.from_orbit(held.orbit.skin[0])
        ends = np.roll(margin, -1, axis=0)
        for point in found["dense478"][numbers]:
            along = np.clip(((point - margin) * (ends - margin)).sum(1) / ((ends - margin) ** 2).sum(1), 0, 1)[:, None]
            assert np.linalg.norm(margin + along * (ends - margin) - point, axis=1).min() < 1e-7
        inner, outer = (found["dense478"][number] for number in corners)
        np.testing.assert_allclose(inner, margin[0], atol=1e-7)
        np.testing.assert_allclose(outer, margin[56], atol=1e-7)
    right, left = np.linalg.norm(found["ibug68"][[37, 43]] - found["ibug68"][[41, 47]], axis=1)
    assert (left < right) == (blink > 0.1 or squint > 0.0)


def test_irises_stay_with_the_eyeballs():
    cos, sin = np.cos(0.35), np.sin(0.35)
    turn = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]])
    subject = build(adult(), {"left": turn, "right": np.eye(3)})
    dense = landmarks_head(subject)["dense478"]
    for side, first in (("right", 468), ("left", 473)):
        held = subject.eyes[side]
        limbus = held.to_head(limbus_eye(held.ball, 4))
        gaps = np.linalg.norm(dense[first + 1 : first + 5, None] - limbus, axis=-1)
        assert gaps.min(axis=1).max() < 1e-12
        away = dense[first + 1 : first + 5] - dense[first]
        assert away[0, 0] > 4e-3 > -4e-3 > away[2, 0] and away[3, 1] > 4e-3 > -4e-3 > away[1, 1]
        axis = held.head_from_eye[:, 2]
        np.testing.assert_allclose((dense[first] - held.centre_head) @ axis, -held.ball.iris_axial_m, atol=1e-12)


def test_lips_part_as_the_mesh_does():
    opened = {share: landmarks_head(face(("faceunits/jawOpen", share)))["ibug68"] for share in (0.0, 0.3, 0.6)}
    gap = {share: points[[67, 66, 65], 1] - points[[61, 62, 63], 1] for share, points in opened.items()}
    assert (np.abs(gap[0.0]) < 2e-3).all()
    moved = skin_of(face(("faceunits/jawOpen", 0.6))).vertices_head - skin_of(face()).vertices_head
    table = load_table().dense
    for number, lips in enumerate(((67, 61), (66, 62), (65, 63))):
        parts = [list(IBUG_FROM_DENSE[lip]) for lip in lips]
        drop = [np.einsum("pk,pki->i", table.weights[part], moved[table.corners[part]]) / len(part) for part in parts]
        assert gap[0.6][number] - gap[0.0][number] == pytest.approx(drop[0][1] - drop[1][1], abs=1e-9)
        assert gap[0.6][number] > 1.9 * gap[0.3][number] - 2e-3 > 5e-3
    # The corners hold together, the lips keep their height, the chin goes down with the lower lip.
    still, wide = opened[0.0], opened[0.6]
    for points in (still, wide):
        assert np.linalg.norm(points[[48, 54]] - points[[60, 64]], axis=1).max() < 5e-3
    assert np.linalg.norm(wide[57] - wide[66]) == pytest.approx(np.linalg.norm(still[57] - still[66]), rel=0.35)
    assert wide[8, 1] - still[8, 1] > 8e-3


def test_lip_points_lie_on_the_vermilion(points, plain):
    skin, table = skin_of(plain), load_table().dense
    red = np.einsum("pk,pk->p", table.weights, skin.attributes["lips"][table.corners])
    inside = np.einsum("pk,pk->p", table.weights, skin.attributes["mouth_inside"][table.corners])
    outer = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
    inner = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
    assert (np.abs(red[outer] - 0.5) < 0.2).all() and (inside[outer] < 0.05).all()
    assert (red[inner] > 0.7).all() and (inside[inner] < 0.35).all()
    on_skin = np.setdiff1d(np.arange(468), [*outer, *inner])
    assert (inside[on_skin] < 0.35).all()


def test_points_follow_what_shapes_the_skin():
    for target in ("faceunits/mouthSmileLeft", "faceunits/browInnerUp", "nose/nose-scale-horiz-incr"):
        before, after = face(), face((target, 1.0))
        table = load_table()
        moved = skin_of(after).vertices_head - skin_of(before).vertices_head
        expected = table.ridge.on(moved)
        change = landmarks_head(after)["ibug68"] - landmarks_head(before)["ibug68"]
        np.testing.assert_allclose(change[27:31], expected, atol=1e-12)
    smile = landmarks_head(face(("faceunits/mouthSmileLeft", 1.0)))["ibug68"] - landmarks_head(face())["ibug68"]
    assert smile[54, 1] < -3e-3 < -1e-3 < smile[48, 1]  # the left corner rises, the right one stays
    frown = landmarks_head(face(("faceunits/browInnerUp", 1.0)))["ibug68"] - landmarks_head(face())["ibug68"]
    assert frown[21, 1] < -2e-3 and frown[22, 1] < -2e-3


def test_brow_points_lie_where_the_hairs_grow():
    subject = face()
    found = landmarks_head(subject)
    for side, numbers in (("right", range(17, 22)), ("left", range(22, 27))):
        roots = next(s for s in subject.strands if s.name == f"brow_{side}").points_head[:, 0]
        for number in numbers:
            near = roots[np.argsort(np.linalg.norm(roots - found["ibug68"][number], axis=1))[:5]]
            assert np.linalg.norm(near - found["ibug68"][number], axis=1).max() < 4e-3
        middle = roots[np.abs(np.abs(roots[:, 0]) - 0.032) < 6e-3, 1]
        borders = brow_points(subject, side)
        upper, lower = (borders[k][1] for k in ((105, 52) if side == "right" else (334, 282)))
        assert upper < np.quantile(middle, 0.25) and lower > np.quantile(middle, 0.75)


@pytest.mark.parametrize("yaw_deg", [-45, -30, 0, 30, 45])
def test_the_outline_is_where_the_face_ends(plain, yaw_deg: float):
    yaw = np.radians(yaw_deg)
    camera = np.array([np.sin(yaw), 0.0, -np.cos(yaw)]) * 0.8 + [0.0, 0.05, 0.0]
    outline, fixed = jaw_outline(plain, camera), landmarks_head(plain)["ibug68"][:17]
    # Ground truth: the far side's silhouette, the skin's outermost point near each height, seen from the camera.
    forward = -camera / np.linalg.norm(camera)
    side = np.cross([0.0, 1.0, 0.0], forward)
    side /= np.linalg.norm(side)

    def across(points):
        rays = points - camera
        return rays @ side / (rays @ forward)

    skin = skin_of(plain).vertices_head
    cheek = skin[(skin[:, 2] < fixed[:, 2].max()) & (np.abs(skin[:, 0]) > 0.02) & (skin[:, 1] < 0.1)]
    for number in (2, 3, 4, 12, 13, 14):
        far = (number < 8) == (yaw_deg > 0)
        if yaw_deg == 0 or not far:
            if yaw_deg != 0:
                np.testing.assert_allclose(outline[number], fixed[number], atol=4e-3)
            continue
        sign = -1.0 if number < 8 else 1.0
        rows = cheek[np.abs(cheek[:, 1] - outline[number, 1]) < 2e-3]
        edge = (sign * across(rows)).max()
        assert sign * across(outline[number][None])[0] == pytest.approx(edge, abs=3e-3 / 0.8)
        assert np.linalg.norm(outline[number] - fixed[number]) > 5e-3
    assert np.linalg.norm(outline[8] - fixed[8]) < 6e-3


def test_the_table_knows_its_skin(plain):
    table = load_table()
    assert table.skin_vertices == len(skin_of(plain).vertices_head)
    for place in (table.dense, table.ridge, table.jaw):
        assert place.weights.min() >= 0.0 and np.abs(place.weights.sum(-1) - 1.0).max() < 1e-12
        used = {tuple(sorted(set(corners))) for corners in place.corners.reshape(-1, 3).tolist()}
        quads = {frozenset(quad) for quad in skin_of(plain).faces.tolist()}
        of_vertex: dict[int, list[frozenset[int]]] = {}
        for quad in quads:
            for vertex in quad:
                of_vertex.setdefault(vertex, []).append(quad)
        assert all(any(set(corners) <= quad for quad in of_vertex[corners[0]]) for corners in used)


def test_the_file_is_the_one_its_sources_name():
    folder = catalog.verified("landmarks").parent
    entry = json.loads((folder / "landmarks.sources.json").read_text())["files"]["landmarks.npz"]
    assert entry["sha256"] == catalog.CATALOG["landmarks"].sha256
    assert (folder / "landmarks.npz").stat().st_size < 50_000


def test_a_damaged_or_missing_table_is_an_asset_error(tmp_path: Path):
    path = tmp_path / "landmarks.npz"
    with pytest.raises(AssetError, match="missing"):
        read_table(path)
    path.write_bytes(catalog.verified("landmarks").read_bytes()[:500])
    with pytest.raises(AssetError, match="damaged"):
        read_table(path)


def test_another_task_is_refused(tmp_path: Path):
    task = tmp_path / "face_landmarker.task"
    with pytest.raises(AssetError, match="no face_landmarker"):
        bake_landmarks.main(task, tmp_path)
    task.write_bytes(b"PK")
    with pytest.raises(AssetError, match="no face_landmarker"):
        bake_landmarks.main(task, tmp_path)


@pytest.fixture(scope="module")
def task() -> Path:
    path = os.environ.get("CANTHUS_FACE_LANDMARKER")
    if not path:
        pytest.skip("CANTHUS_FACE_LANDMARKER does not name MediaPipe's face_landmarker.task")
    return Path(path)


def test_the_task_gives_the_vendored_bytes(task: Path, tmp_path: Path):
    bake_landmarks.main(task, tmp_path)
    for name in ("landmarks.npz", "landmarks.sources.json"):
        assert (tmp_path / name).read_bytes() == (catalog.verified("landmarks").parent / name).read_bytes(), name


def test_the_canonical_model_fits(task: Path, points):
    import zipfile

    with zipfile.ZipFile(task) as archive:
        model = bake_landmarks.read_model(archive.read(bake_landmarks.MODEL))
    assert model.shape == (468, 3)
    ours = points["dense478"][:468]
    away = np.linalg.norm(bake_landmarks.similarity(model, ours)(model) - ours, axis=1)
    between = np.linalg.norm(ours[33] - ours[263])
    assert np.median(away) < 0.06 * between and away.max() < 0.25 * between
