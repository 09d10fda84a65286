"""Readers of faces with landmarks: files by the rules of each format, our own exports as a round trip, damaged ones."""

import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from adapt.marked_faces import MarkedFaces, px_of_file
from adapt.motion.swaps import IBUG68, dense478
from assets.landmarks import IBUG_FROM_DENSE, load_table, rolled
from assets.subject import untouched_skin
from synth.errors import DataError
from synth.export.coco import write_coco
from synth.export.face.pts import write_pts
from synth.export.face.wlp300 import write_300wlp
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from train.data.face_marks.points import FaceMarks, ibug68_of_dense
from train.data.face_marks.read import read_marked_faces
from train.data.face_marks.shards import read_shards
from train.data.face_marks.square import face_box, square_about
from train.data.face_marks.traits import traits_of
from train.data.pose.gather import FAR
from train.data.read import Reader, recognise
from train.data.sift import Found, OnError

REAL = Path(__file__).parents[3].parent / "shared" / "real"
TURNS_DEG = [(0, 0, 0), (20, -50, 10), (0, 0, 80)]
FACES = [fake_face(3, i, pitch_yaw_roll_rad=tuple(np.radians(turn))) for i, turn in enumerate(TURNS_DEG)]


def read(path: Path, on_error: OnError = OnError.stop, marks: FaceMarks = FaceMarks.ibug68) -> Found[MarkedFaces]:
    return read_marked_faces(path, Reader.auto, 48, marks, on_error)


def in_file_px(faces: MarkedFaces) -> np.ndarray:
    return px_of_file(faces.points_px, faces.square_px, faces.images_u8.shape[1]).double().numpy()


def outline_px(sample: Sample) -> np.ndarray:
    """Return our labels' 68 points, the jaw on the visible outline."""
    jaw = sample.array("face.apparent.jaw_outline", 17, 2)
    return np.concatenate([jaw, sample.array("face.apparent.ibug68", 68, 2)[17:]])


def jpg(height: int = 90, width: int = 120) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def ring(low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    """Return 68 points whose box has these corners."""
    turn = np.linspace(0, 2 * np.pi, 69)[:68]
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    unit = (unit - unit.min(axis=0)) / np.ptp(unit, axis=0)
    return np.array(low) + unit * (np.array(high) - low)


def test_the_square_by_hand() -> None:
    """60 wide and 40 high: the forehead adds 6; 60 is the longer side, and half of it comes on either side of all."""
    points = ring((30.0, 20.0), (90.0, 60.0))
    np.testing.assert_allclose(face_box(points), [30, 14, 90, 60])
    np.testing.assert_allclose(square_about(face_box(points)), [15, 37 - 45, 105, 37 + 45])


def test_ibugs_points_of_mediapipes() -> None:
    weights = ibug68_of_dense()
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    for number, means in IBUG_FROM_DENSE.items():
        assert set(np.flatnonzero(weights[number])) == set(means)
    # What is on the left is on the right.
    np.testing.assert_allclose(weights[np.ix_(IBUG68, dense478())], weights, atol=1e-6)
    table, skin = load_table(), untouched_skin()
    told = rolled(weights[:, :468] @ table.dense.on(skin))
    np.testing.assert_allclose(told[27:31], rolled(table.ridge.on(skin)), atol=1e-4)
    # The mesh ends before the ears: there the jaw is nearly a centimetre away on the chart, at the chin 2 mm.
    apart = np.linalg.norm(told[:17] - rolled(table.jaw.on(skin)[:, 0]), axis=1)
    assert apart.max() < 1e-2 and apart[4:13].max() < 4e-3 and apart[6:11].max() < 2.1e-3
    assert (np.diff(told[17:27, 0]) > 0).all()  # brows from the right tail to the left one


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    folder.mkdir()
    write_shard(folder, ShardPlan(len(FACES)), 0, FACES)
    return folder


def test_our_shards(shards: Path) -> None:
    found = read(shards)
    assert recognise(shards) is Reader.shards and found.pictures.keys == tuple(f"{i:08d}" for i in range(3))
    faces = found.pictures
    assert faces.images_u8.shape == (3, 48, 48, 3) and faces.present.all()
    for row, sample in enumerate(FACES):
        np.testing.assert_allclose(in_file_px(faces)[row], outline_px(sample), atol=1e-3)
        seen = np.array(sample.labels["face"]["points"]["ibug68"]["visible"])[17:]
        assert faces.visible[row, 17:].tolist() == seen.tolist()
        # Depths in weak perspective: of two points, differences in the picture's px as those in x are.
        cam = sample.array("face.points.ibug68.cam", 68, 3)
        focal = sample.array("camera_matrix", 3, 3)[0, 0]
        side = float(faces.square_px[row, 2] - faces.square_px[row, 0])
        depth = faces.depth_px[row].double().numpy() * side / 48
        jaw = sample.array("face.points.jaw_outline.cam", 17, 3)
        mean = np.concatenate([jaw, cam[17:]])[:, 2].mean()
        np.testing.assert_allclose(depth[30] - depth[36], focal * (cam[30, 2] - cam[36, 2]) / mean, atol=1e-3)
    mesh = read(shards, marks=FaceMarks.dense478).pictures
    assert mesh.points_px.shape == (3, 478, 2) and torch.equal(mesh.images_u8, faces.images_u8)
    np.testing.assert_allclose(in_file_px(mesh)[1], FACES[1].array("face.apparent.dense478", 478, 2), atol=1e-3)


def test_who_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    far = fake_face(3, 1, pitch_yaw_roll_rad=tuple(np.radians([0, 120, 0])))
    write_shard(tmp_path, ShardPlan(2), 0, [FACES[0], far])
    assert read_shards(tmp_path, 48, FaceMarks.ibug68).left_out == {FAR: 1}


def test_groups_of_people() -> None:
    labels = {**FACES[0].labels, "attributes": {"skin_melanin": 0.2, "age_years": 17.9, "gender_female": 0.5}}
    other = {"attributes": {"skin_melanin": 0.61, "age_years": 60.0, "gender_female": 0.1}}
    lids = [{"crease_height_m": 0.0, "epicanthus": 0.0}, {"crease_height_m": 0.0, "epicanthus": 0.3}]
    people = [{"subject": {"left": {"lids": one}}} for one in lids]
    sample = replace(FACES[0], labels={**labels, "others": [other]}, spec={"people": people})
    assert traits_of(sample, 0) == {"skin tone": "medium", "age": "under 18", "gender": "female", "eye shape": "single"}
    assert traits_of(sample, 1) == {
        **{"skin tone": "dark", "age": "60 and over", "gender": "male", "eye shape": "epicanthus"}
    }
    assert "eye shape" not in traits_of(replace(sample, spec={}), 0)
    with pytest.raises(DataError, match="age_years is missing"):
        traits_of(replace(sample, labels={"attributes": {"skin_melanin": 0.1}}), 0)


@pytest.mark.parametrize("write", [write_pts, write_coco])
def test_our_exports_come_back(write: Callable[..., str], tmp_path: Path) -> None:
    write(iter(FACES), tmp_path)
    found = read(tmp_path)
    assert recognise(tmp_path) is (Reader.pts if write is write_pts else Reader.coco)
    # COCO has no place for points outside of the picture: a face with such is left out.
    inside = [((outline_px(s) >= 0) & (outline_px(s) < s.picture.shape[1::-1])).all() for s in FACES]
    kept = [s for s, whole in zip(FACES, inside, strict=True) if whole or write is write_pts]
    assert found.pictures.keys == tuple(f"{s.key}.png" for s in kept) and len(kept) >= 2
    for row, sample in enumerate(kept):
        np.testing.assert_allclose(in_file_px(found.pictures)[row], outline_px(sample), atol=0.01)
    assert torch.isnan(found.pictures.depth_px).all()


def test_300w_lp_comes_back(tmp_path: Path) -> None:
    write_300wlp(iter(FACES[:2]), tmp_path)
    faces = read(tmp_path).pictures
    # The export cuts its pictures: places are the same but for a shift and a factor.
    told, ours = (one - one.mean(axis=0) for one in (in_file_px(faces)[0], outline_px(FACES[0])))
    np.testing.assert_allclose(told / np.abs(told).max(), ours / np.abs(ours).max(), atol=2e-3)


def test_aflw2000_has_depths(tmp_path: Path) -> None:
    points = ring((30.0, 20.0), (90.0, 60.0))
    depth = np.linspace(-10, 30, 68)  # larger towards the viewer
    (tmp_path / "image00001.jpg").write_bytes(jpg())
    savemat(
        tmp_path / "image00001.mat",
        {"Pose_Para": np.zeros((1, 7)), "pt3d_68": np.vstack([points.T, depth]).astype(np.float32)},
    )
    faces = read(tmp_path).pictures
    np.testing.assert_allclose(in_file_px(faces)[0], points + 0.5, atol=1e-3)
    np.testing.assert_allclose(faces.depth_px[0] * 90 / 48, depth.mean() - depth, atol=1e-4)


def pts(points: np.ndarray, n: int = 68) -> str:
    return f"version: 1\nn_points:  {n}\n{{\n" + "".join(f"{x} {y}\n" for x, y in points) + "}\n"


def test_pts_count_pixels_from_one(tmp_path: Path) -> None:
    folder = tmp_path / "indoor"
    folder.mkdir()
    (folder / "a_1.pts").write_text(pts(ring((1.0, 1.0), (60.0, 50.0))))
    (folder / "a_1.jpg").write_bytes(jpg())
    faces = read(tmp_path).pictures
    assert faces.keys == ("indoor/a_1.jpg",)
    np.testing.assert_allclose(in_file_px(faces)[0].min(axis=0), [0.5, 0.5], atol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing", "not a readable .pts file"),
        ("\n".join(pts(ring((1, 1), (9, 9))).splitlines()[:20]), "17 points, n_points says 68"),
        (pts(ring((1, 1), (9, 9))[:5], 5), "expected 68 finite pairs"),
        (pts(np.full((68, 2), np.nan)), "expected 68 finite pairs"),
        (pts(ring((900, 900), (999, 999))), "the points are of another one"),
    ],
)
def test_damaged_pts_are_named_or_skipped(tmp_path: Path, text: str, message: str) -> None:
    for name in ("bad", "good"):
        (tmp_path / f"{name}.jpg").write_bytes(jpg())
        (tmp_path / f"{name}.pts").write_text(text if name == "bad" else pts(ring((30, 20), (90, 60))))
    with pytest.raises(DataError, match=message) as raised:
        read(tmp_path)
    assert "bad" in str(raised.value)
    found = read(tmp_path, OnError.skip)
    assert len(found.pictures) == 1 and len(found.damaged) == 1 and message in found.damaged[0]


def test_a_pts_without_its_picture_is_damage(tmp_path: Path) -> None:
    (tmp_path / "a.pts").write_text(pts(ring((30, 20), (90, 60))))
    with pytest.raises(DataError, match="no picture beside it"):
        read(tmp_path)


AFLW = {"LeftEyeLeftCorner": (40.0, 30.0), "RightEyeRightCorner": (80.0, 31.0), "NoseCenter": (60.0, 45.0)}


def write_aflw(root: Path, points: dict[str, tuple[float, float]] = AFLW) -> None:
    """Write two faces of one picture, the second without points."""
    (root / "data" / "flickr" / "0").mkdir(parents=True)
    (root / "data" / "flickr" / "0" / "image1.jpg").write_bytes(jpg())
    with sqlite3.connect(root / "data" / "aflw.sqlite") as database:
        database.executescript(
            "CREATE TABLE Faces (face_id INTEGER, file_id TEXT, db_id TEXT);"
            "CREATE TABLE FaceImages (image_id INTEGER, db_id TEXT, file_id TEXT, filepath TEXT, bw INTEGER);"
            "CREATE TABLE FaceRect (face_id INTEGER, x INTEGER, y INTEGER, w INTEGER, h INTEGER, annot_type_id TEXT);"
            "CREATE TABLE FeatureCoords (face_id INTEGER, feature_id INTEGER, x REAL, y REAL);"
            "CREATE TABLE FeatureCoordTypes (feature_id INTEGER, descr TEXT, code TEXT, x REAL, y REAL, z REAL);"
        )
        database.execute("INSERT INTO FaceImages VALUES (1, 'flickr', 'image1.jpg', '0/image1.jpg', 0)")
        names = ["LeftEyeCenter", *AFLW]
        rows = [(i + 1, name, name, 0, 0, 0) for i, name in enumerate(names)]
        database.executemany("INSERT INTO FeatureCoordTypes VALUES (?, ?, ?, ?, ?, ?)", rows)
        for face in (39341, 39342):
            database.execute("INSERT INTO Faces VALUES (?, 'image1.jpg', 'flickr')", (face,))
            database.execute("INSERT INTO FaceRect VALUES (?, 30, 10, 60, 60, 1)", (face,))
        marks = [(39341, names.index(name) + 1, x, y) for name, (x, y) in points.items()]
        database.executemany("INSERT INTO FeatureCoords VALUES (?, ?, ?, ?)", [*marks, (39341, 1, 50.0, 30.0)])


def test_aflw_has_some_of_the_points(tmp_path: Path) -> None:
    write_aflw(tmp_path)
    assert recognise(tmp_path) is Reader.aflw
    with pytest.raises(DataError, match="face 39342 has no points"):
        read(tmp_path)
    found = read(tmp_path, OnError.skip)
    faces = found.pictures
    assert faces.keys == ("39341",) and len(found.damaged) == 1
    assert torch.isfinite(faces.points_px[0, :, 0]).nonzero().flatten().tolist() == [30, 36, 45]
    np.testing.assert_allclose(in_file_px(faces)[0, [36, 45, 30]], np.array(list(AFLW.values())) + 0.5, atol=1e-4)
    np.testing.assert_allclose(faces.square_px[0], [15, -5, 105, 85])
    assert faces.visible[0].sum() == 3


def test_what_is_no_aflw_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "aflw.sqlite").write_bytes(b"nothing" * 200)
    with pytest.raises(DataError, match="not AFLW's database"):
        read(tmp_path)


def coco(keypoints: list[float], **more: object) -> dict[str, object]:
    return {
        "images": [{"id": 7, "file_name": "a.jpg"}],
        "categories": [
            {"id": 1, "name": "person", "keypoints": ["x"] * 17},
            {"id": 3, "name": "f", "keypoints": ["x"] * 68},
        ],
        "annotations": [
            {"image_id": 7, "category_id": 1, "keypoints": [0] * 51},
            {"image_id": 7, "category_id": 3, "keypoints": keypoints},
            {"image_id": 7, "category_id": 3, "keypoints": [1.0, 1.0, 0] * 68},
        ],
        **more,
    }


def test_coco_by_its_rules(tmp_path: Path) -> None:
    points = ring((30.0, 20.0), (90.0, 60.0))
    marks = np.concatenate([points, np.where(np.arange(68) < 5, 1, 2)[:, None]], axis=1)
    (tmp_path / "a.jpg").write_bytes(jpg())
    (tmp_path / "annotations.json").write_text(json.dumps(coco(marks.ravel().tolist())))
    found = read(tmp_path)
    assert found.pictures.keys == ("a.jpg",) and found.left_out == {"not all points marked": 1}
    np.testing.assert_allclose(in_file_px(found.pictures)[0], points + 0.5, atol=1e-4)
    assert found.pictures.visible[0].tolist() == [False] * 5 + [True] * 63
    assert len(read(tmp_path / "annotations.json").pictures) == 1


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (coco([1.0] * 200), "its keypoints are damaged"),
        (coco([float("nan")] * 204), "a keypoint is not finite"),
        ({"images": []}, "not COCO's annotations .KeyError"),
        (coco([0.0] * 204, images=[]), "not COCO's annotations"),
    ],
)
def test_damaged_coco_is_named(tmp_path: Path, document: dict[str, object], message: str) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg())
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_pictures_without_landmarks_and_landmarks_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpg(40, 60))
    faces = read(tmp_path, marks=FaceMarks.dense478).pictures
    assert faces.points_px.shape == (1, 478, 2) and torch.isnan(faces.points_px).all()
    np.testing.assert_allclose(faces.square_px[0], [0, -10, 60, 50])
    (tmp_path / "a.pts").write_text(pts(ring((10, 5), (40, 30))))
    with pytest.raises(DataError, match="has no 478 points"):
        read(tmp_path, marks=FaceMarks.dense478)
    with pytest.raises(DataError, match="holds no landmarks of faces"):
        read_marked_faces(tmp_path, Reader.xgaze, 48, FaceMarks.ibug68)


@pytest.mark.skipif(not REAL.exists(), reason="real development data is not here")
def test_real_sets_are_read() -> None:
    for name in ("afw", "helen_train"):
        faces = read(REAL / "landmarks" / name).pictures
        assert len(faces) == 60 and faces.keys[0].endswith(".jpg")
        # Everything lies in the cut, eyes above mouths, the right eye on the left.
        inside = ((faces.points_px > 0) & (faces.points_px < 48)).all(dim=-1).float().mean()
        assert inside > 0.999 and (faces.points_px[:, 36, 0] < faces.points_px[:, 45, 0]).all()
    found = read(REAL / "head_pose" / "AFLW2000")
    assert len(found.pictures) == 294 and sum(found.left_out.values()) == 6
    # Noses stand before the face.
    depth = found.pictures.depth_px
    assert (depth[:, 30] < depth[:, [0, 16]].mean(1)).float().mean() > 0.95
