"""Readers of faces with their gaze: files by the rules of each format, our own export as a round trip, damage named."""

import dataclasses
import io
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from adapt.screen import gaze_of_point
from synth.errors import DataError
from synth.export.face.gazehub import face_patch, write_gazehub
from synth.geometry.gaze import angle_between, pitch_yaw_from_vector, vector_from_pitch_yaw
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, XGAZE_FACE, GazeMode, NormCamera, normalise
from synth.geometry.rotation import rotation_z
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from train.data.face_gaze.gazehub import read_gazehub
from train.data.face_gaze.read import read_face_gaze
from train.data.face_gaze.screen import face_grid, point_on_screen
from train.data.face_gaze.shards import read_shards
from train.data.face_gaze.xgaze import read_xgaze
from train.data.pose.gather import FAR
from train.data.read import Reader, recognise
from train.data.sift import OnError

FACES = [fake_face(6, index, (320, 320)) for index in range(4)]


def write_shards(folder: Path, samples: list[Sample]) -> Path:
    folder.mkdir(exist_ok=True)
    numbered = [
        dataclasses.replace(sample, index=i, labels={**sample.labels, "index": i}) for i, sample in enumerate(samples)
    ]
    write_shard(folder, ShardPlan(len(samples)), 0, numbered)
    return folder


def centre_of(sample: Sample) -> np.ndarray:
    corners = [sample.array(f"eyes.{side}.canthi_cam", 2, 3) for side in ("left", "right")]
    return np.concatenate([*corners, sample.array("face.points.ibug68.cam", 68, 3)[[48, 54]]]).mean(axis=0)


def looking_at(sample: Sample, target_cam: tuple[float, float, float]) -> Sample:
    return dataclasses.replace(sample, labels={**sample.labels, "target_cam": list(target_cam)})


@pytest.fixture(scope="module")
def gazehub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gazehub")
    write_gazehub(iter(FACES), folder, persons=2)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards"), FACES)


def test_our_shards_are_what_gazehub_is_given(gazehub: Path, shards: Path) -> None:
    ours, theirs = read_shards(shards, 224).pictures, read_gazehub(gazehub, 224).pictures
    assert ours.keys == tuple(sample.key for sample in FACES) and ours.screen is None
    # Person by person: who is written where is the export's choice, its Origin tells.
    lines = [line.split() for path in sorted((gazehub / "Label").iterdir()) for line in path.read_text().splitlines()]
    origin = {words[0]: words[3] for words in lines}
    rows = [ours.keys.index(origin[key]) for key in theirs.keys]
    assert sorted(rows) == [0, 1, 2, 3]
    for name in ("gaze_pitch_yaw_rad", "head_pitch_yaw_rad"):
        torch.testing.assert_close(getattr(theirs, name), getattr(ours, name)[rows], atol=1e-6, rtol=0)
    apart = (theirs.images_u8.double() - ours.images_u8[rows].double()).abs()
    assert apart.mean() < 2  # jpg
    patch = face_patch(FACES[0])
    assert np.array_equal(ours.images_u8[0], patch.image)
    np.testing.assert_allclose(ours.gaze_pitch_yaw_rad[0], pitch_yaw_from_vector(patch.gaze_norm), atol=1e-6)


@pytest.mark.parametrize(("side", "camera"), [(112, MPIIFACEGAZE_FACE), (224, XGAZE_FACE)])
def test_a_mark_lands_where_either_normalised_camera_sees_it(tmp_path: Path, side: int, camera: NormCamera) -> None:
    marked = []
    for sample in FACES[:2]:
        at = sample.array("face.points.five.px", 5, 2)[2]
        v, u = np.indices(sample.picture.shape[:2]) + 0.5
        dot = np.rint(255 * np.exp(-((u - at[0]) ** 2 + (v - at[1]) ** 2) / 72)).astype(np.uint8)
        marked.append(dataclasses.replace(sample, picture=dot))
    found = read_shards(write_shards(tmp_path, marked), side).pictures
    for image, sample in zip(found.images_u8.double().numpy(), marked, strict=True):
        assert np.array_equal(image[..., 0], image[..., 2])  # a grey picture, as infrared ones are
        v, u = np.indices((side, side)) + 0.5
        centroid = np.array([(u * image[..., 0]).sum(), (v * image[..., 0]).sum()]) / image[..., 0].sum()
        view = face_patch(sample).view
        centre = np.linalg.norm(centre_of(sample))
        seen = view.norm_from_cam @ sample.array("face.points.five.cam", 5, 3)[2] * [1, 1, camera.distance_m / centre]
        expected = (camera.focal_px * seen[:2] / seen[2] + 112) * side / 224
        np.testing.assert_allclose(centroid, expected, atol=0.3)


def test_who_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    hidden = dataclasses.replace(
        FACES[1], labels={**FACES[1].labels, "face": {**FACES[1].labels["face"], "visible_fraction": 0.2}}
    )
    away = fake_face(6, 7, pitch_yaw_roll_rad=(0, np.radians(120), 0))
    found = read_shards(write_shards(tmp_path, [FACES[0], hidden, away]), 64)
    assert found.pictures.keys == (FACES[0].key,) and found.left_out == {"hidden": 1, FAR: 1}


def test_a_point_of_the_screen_by_hand() -> None:
    # From half a metre before the lens, 10 cm below its axis, at a point 2 below it and 4 to the picture's left.
    start, target = np.array([0.0, 0.1, 0.5]), np.array([-0.04, 0.02, 0.0])
    np.testing.assert_allclose(point_on_screen(start, target - start), [4, -2], atol=1e-12)
    np.testing.assert_allclose(point_on_screen(start, 0.3 * (target - start)), [4, -2], atol=1e-12)
    assert np.isnan(point_on_screen(start, np.array([0.0, 1.0, 0.0]))).all()


def test_the_grid_by_hand() -> None:
    grid = face_grid(np.array([10.0, -5.0, 30.0, 12.0]), 250, 100)  # cells of 10 x 4 px
    assert np.array_equal(np.argwhere(grid.any(axis=1)).ravel(), [0, 1, 2])
    assert np.array_equal(np.argwhere(grid.any(axis=0)).ravel(), [1, 2]) and grid.sum() == 6


def test_faces_before_a_screen(tmp_path: Path) -> None:
    seen = [looking_at(FACES[0], (0.05, 0.03, 0.0)), looking_at(FACES[1], (-0.02, -0.01, 0.1))]
    past = looking_at(FACES[2], tuple(np.add(centre_of(FACES[2]), [0.5, 0.0, -0.1])))
    behind = looking_at(FACES[3], (0.0, 0.0, 3.0))
    found = read_shards(write_shards(tmp_path, [*seen, past, behind]), 64, on_screen=True)
    assert found.pictures.keys == (FACES[0].key, FACES[1].key)
    assert found.left_out == {"looks at no point within 100 cm of the lens": 2}
    screen = found.pictures.screen
    assert screen is not None and screen.left_u8.shape == screen.right_u8.shape == (2, 64, 64, 3)
    np.testing.assert_allclose(screen.point_cm[0].numpy(), [-5, -3], atol=1e-4)
    # The point and the gaze of the normalised face are two tellings of one look.
    torch.testing.assert_close(
        gaze_of_point(screen.point_cm, screen), found.pictures.gaze_pitch_yaw_rad, atol=1e-5, rtol=0
    )
    np.testing.assert_allclose(screen.centre_cam_m[1].numpy(), centre_of(FACES[1]), atol=1e-6)
    assert screen.grid.any(dim=(1, 2)).all() and not screen.grid.all()


def test_each_eye_is_its_own(tmp_path: Path) -> None:
    sample = looking_at(fake_face(6, 0, (320, 320), pitch_yaw_roll_rad=(0.1, -0.2, 0.3)), (0.0, 0.0, 0.0))
    v, u = np.indices((320, 320)) + 0.5
    picture = np.zeros((320, 320, 3))
    for channel, side in ((0, "left"), (2, "right")):
        x, y = sample.array(f"eyes.{side}.apparent.canthi_px", 2, 2).mean(axis=0)
        picture[..., channel] = 255 * np.exp(-((u - x) ** 2 + (v - y) ** 2) / 8)
    painted = dataclasses.replace(sample, picture=np.rint(picture).astype(np.uint8))
    screen = read_shards(write_shards(tmp_path, [painted]), 64, on_screen=True).pictures.screen
    assert screen is not None
    for eye, channel in ((screen.left_u8[0], 0), (screen.right_u8[0], 2)):
        light = eye.double().numpy()[..., channel]
        at = np.arange(64) + 0.5
        centroid = np.array([(light.sum(0) * at).sum(), (light.sum(1) * at).sum()]) / light.sum()
        np.testing.assert_allclose(centroid, 32, atol=0.3)
        assert light.max() > 150


def test_a_tilted_camera_sees_the_same_normalised_face_look_elsewhere() -> None:
    """Why faces before a screen are cut out of the frame: of the tilt a normalised face shows nothing."""
    sample, turn = fake_face(6, 0, (320, 320)), np.eye(4)
    turn[:3, :3] = rotation_z(0.4)
    faces, points = [], []
    for pose in (np.eye(4), turn):
        labels = sample.labels | {"cam_from_head": pose @ sample.array("cam_from_head", 4, 4)}
        centre, target = pose[:3, :3] @ centre_of(sample), pose[:3, :3] @ [0.06, -0.02, 0.0]
        view = normalise(centre, labels["cam_from_head"][:3, :3], np.eye(3))
        faces.append(view.gaze(target - centre, GazeMode.direction))
        points.append(point_on_screen(centre, target - centre))
    np.testing.assert_allclose(*faces, atol=1e-12)
    np.testing.assert_allclose(points[1], turn[:2, :2] @ points[0], atol=1e-9)
    assert np.linalg.norm(points[1] - points[0]) > 2


def jpg(side: int = 224, seed: int = 0) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((side, side)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


HEADER = "Face Left Right Origin WhichEye 3DGaze 3DHead 2DGaze 2DHead Rmat Smat GazeOrigin"
LINE = "{face} a.jpg b.jpg day01/1.jpg {eye} 0,0,-1 0,0,0 {gaze} {head} 0,0,0 1,1,1 0,0,1000"


def write_labels(root: Path, *lines: str, header: str = HEADER) -> Path:
    (root / "Image/p00/face").mkdir(parents=True, exist_ok=True)
    (root / "Label").mkdir(exist_ok=True)
    for number in range(3):
        (root / f"Image/p00/face/{number}.jpg").write_bytes(jpg(seed=number))
    (root / "Label/p00.label").write_text("\n".join([header, *lines]) + "\n")
    return root


def line(number: int = 0, gaze: str = "0.1,-0.2", head: str = "0.3,0.4", eye: str = "left") -> str:
    return LINE.format(face=f"p00/face/{number}.jpg", gaze=gaze, head=head, eye=eye)


def test_gazehub_by_its_rules(tmp_path: Path) -> None:
    root = write_labels(tmp_path, line(2), "", line(0, gaze="-0.5,0.25", eye="right"))
    found = read_gazehub(root, 64).pictures
    assert found.keys == ("p00/face/2.jpg", "p00/face/0.jpg") and found.images_u8.shape == (2, 64, 64, 3)
    np.testing.assert_allclose(found.gaze_pitch_yaw_rad, [[-0.2, 0.1], [0.25, -0.5]], atol=1e-7)
    np.testing.assert_allclose(found.head_pitch_yaw_rad, [[0.4, 0.3]] * 2, atol=1e-7)
    with Image.open(io.BytesIO(jpg(seed=2))) as image:
        picture = np.asarray(image)
    assert np.array_equal(read_gazehub(root, 224).pictures.images_u8[0], picture)


def test_a_set_without_heads(tmp_path: Path) -> None:
    root = write_labels(tmp_path, "p00/face/1.jpg 0.1,0.2", header="Face 2DGaze")
    found = read_gazehub(root, 64).pictures
    assert torch.isnan(found.head_pitch_yaw_rad).all() and torch.isfinite(found.gaze_pitch_yaw_rad).all()


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (line(9), r"p00\.label: line 3: .*9\.jpg cannot be read"),
        (line(1, gaze="0.1"), r"line 3: 2DGaze is '0\.1'; expected yaw,pitch"),
        (line(1, head="0.1,nan"), "line 3: 2DHead is '0.1,nan'"),
        (line(1, gaze="100,2"), "line 3: 2DGaze is '100,2'"),
        (line(1) + " 1", "line 3: has 13 columns; the header has 12"),
    ],
)
def test_damaged_lines_are_named_or_counted(tmp_path: Path, bad: str, fault: str) -> None:
    root = write_labels(tmp_path, line(0), bad)
    with pytest.raises(DataError, match=fault):
        read_gazehub(root, 64)
    found = read_gazehub(root, 64, OnError.skip)
    assert found.pictures.keys == ("p00/face/0.jpg",) and len(found.damaged) == 1 and "line 3" in found.damaged[0]


def test_damaged_pictures_and_foreign_labels(tmp_path: Path) -> None:
    root = write_labels(tmp_path, line(0), line(1))
    picture = root / "Image/p00/face/1.jpg"
    Image.new("RGB", (224, 200)).save(picture)
    with pytest.raises(DataError, match=r"1\.jpg: is 224x200; a normalised face is a square"):
        read_gazehub(root, 64)
    picture.write_bytes(jpg()[:300])
    with pytest.raises(DataError, match=r"1\.jpg"):
        read_gazehub(root, 64)
    write_labels(tmp_path, line(0), header="Face 3DGaze")
    with pytest.raises(DataError, match=r"p00\.label: its first line has no 2DGaze"):
        read_gazehub(root, 64, OnError.skip)
    with pytest.raises(DataError, match="holds no Label"):
        read_gazehub(tmp_path / "absent", 64)


def write_xgaze(path: Path, **changed: object) -> Path:
    rng = np.random.default_rng(0)
    arrays: dict[str, object] = {
        "face_patch": rng.integers(0, 256, (3, 224, 224, 3), dtype=np.uint8),
        "face_gaze": np.array([[0.1, -0.2], [0.3, 1.2], [-1.0, 0.0]], dtype=np.float32),
        "face_head_pose": np.array([[0.2, -0.1], [0.0, 0.9], [-0.4, 0.5]], dtype=np.float32),
        "frame_index": np.zeros((3, 1)),
    }
    with h5py.File(path, "w") as file:
        for name, value in (arrays | changed).items():
            if value is not None:
                file[name] = value
    return path


def test_xgaze_by_its_rules(tmp_path: Path) -> None:
    one, two = write_xgaze(tmp_path / "subject0000.h5"), write_xgaze(tmp_path / "subject0003.h5", face_gaze=None)
    found = read_xgaze(one, 224).pictures
    assert found.keys == ("subject0000/000000", "subject0000/000001", "subject0000/000002")
    with h5py.File(one) as file:
        assert np.array_equal(found.images_u8, file["face_patch"][()][..., ::-1]), "blue first"
        assert np.array_equal(found.gaze_pitch_yaw_rad, file["face_gaze"])
        assert np.array_equal(found.head_pitch_yaw_rad, file["face_head_pose"])
    both = read_xgaze(tmp_path, 64).pictures
    assert len(both) == 6 and both.keys[3] == "subject0003/000000" and both.images_u8.shape[1] == 64
    assert torch.isnan(both.gaze_pitch_yaw_rad[3:]).all() and torch.isfinite(both.gaze_pitch_yaw_rad[:3]).all()
    assert recognise(one) is recognise(two) is recognise(tmp_path) is Reader.xgaze


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"face_patch": np.zeros((3, 224, 224), np.uint8)}, "face_patch is uint8.*; expected uint8"),
        ({"face_patch": np.zeros((3, 8, 8, 3), np.float32)}, "face_patch is float32.*; expected uint8"),
        ({"face_gaze": np.zeros((2, 2))}, r"face_gaze is float64 \(2, 2\); expected floating \(3, 2\)"),
        ({"face_head_pose": None}, "holds no face_head_pose"),
        ({"face_gaze": np.full((3, 2), np.nan)}, r"row 0: face_gaze is \[nan, nan\]"),
        ({"face_head_pose": np.full((3, 2), np.inf)}, "row 0: face_head_pose is"),
        ({"face_patch": np.zeros((3, 20, 24, 3), np.uint8)}, "row 0: is 24x20; a normalised face is a square"),
    ],
)
def test_damaged_xgaze_is_named(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    with pytest.raises(DataError, match=rf"x\.h5: {fault}"):
        read_xgaze(write_xgaze(tmp_path / "x.h5", **changed), 64)


def test_a_damaged_row_of_xgaze_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    write_xgaze(path, face_patch=None, face_gaze=np.array([[0, 0], [np.nan, 0], [0, 0]]))
    pictures = np.random.default_rng(1).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    with h5py.File(path, "a") as file:
        patches = file.create_dataset("face_patch", data=pictures, chunks=(1, 16, 16, 3), compression="gzip")
        place = patches.id.get_chunk_info(2).byte_offset
    data = bytearray(path.read_bytes())
    data[place : place + 40] = b"\xff" * 40
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"x\.h5: row 1: face_gaze"):
        read_xgaze(path, 64)
    found = read_xgaze(path, 64, OnError.skip)
    assert found.pictures.keys == ("x/000000",) and len(found.damaged) == 2
    assert "row 2: face_patch cannot be read" in found.damaged[1]


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_bytes(b"no HDF5")
    for path, fault in ((tmp_path / "x.h5", "not a readable HDF5"), (tmp_path / "y.h5", "no such file")):
        with pytest.raises(DataError, match=fault):
            read_xgaze(path, 64)


def test_formats_are_told_apart(gazehub: Path, shards: Path, tmp_path: Path) -> None:
    assert recognise(gazehub) is Reader.gazehub
    assert len(read_face_gaze(gazehub, Reader.auto, 64).pictures) == 4
    assert len(read_face_gaze(shards, Reader.auto, 64).pictures) == 4
    xgaze = write_xgaze(tmp_path / "x.h5")
    assert len(read_face_gaze(xgaze, Reader.auto, 64).pictures) == 3
    for path in (gazehub, xgaze):
        with pytest.raises(DataError, match="needs whole frames: our shards"):
            read_face_gaze(path, Reader.auto, 64, on_screen=True)
    with pytest.raises(DataError, match=r"holds no faces with a gaze \(reader=fsanet\)"):
        read_face_gaze(tmp_path, Reader.fsanet, 64)


def test_eyes_are_no_faces(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no faces: 1 outside of the picture"):
        read_shards(write_shards(tmp_path, [fake_sample(0, 4)]), 64)


def test_a_gaze_goes_back_to_the_target(shards: Path) -> None:
    faces = read_shards(shards, 64).pictures
    for gaze_rad, sample in zip(faces.gaze_pitch_yaw_rad.double().numpy(), FACES, strict=True):
        back = face_patch(sample).view.norm_from_cam.T @ vector_from_pitch_yaw(gaze_rad)
        assert angle_between(back, sample.array("target_cam", 3) - centre_of(sample)) < 1e-6
