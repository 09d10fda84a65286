"""Readers of head poses: files by the rules of each format, our own exports as a round trip, damaged ones named."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from adapt.face_batch import FaceBatch
from synth.errors import DataError
from synth.export.face.aflw2000 import write_aflw2000
from synth.export.face.fsanet import write_fsanet
from synth.export.face.pose import HeadPose
from synth.export.face.wlp300 import write_300wlp
from synth.export.warp import crop_warp, warped
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from train.data.pose.aflw2000 import read_aflw2000
from train.data.pose.crop import cut_out, face_square
from train.data.pose.fsanet_npz import read_fsanet
from train.data.pose.gather import FAR
from train.data.pose.shards import read_shards
from train.data.pose.wlp300 import read_300wlp
from train.data.sift import Found, OnError

REAL = Path(__file__).parents[2].parent / "shared" / "real" / "head_pose" / "AFLW2000"
TURNS_DEG = [(0, 0, 0), (20, -50, 10), (-30, 85, -20), (8, 97, 5), (0, 0, 80)]
FACES = [fake_face(3, i, pitch_yaw_roll_rad=tuple(np.radians(turn))) for i, turn in enumerate(TURNS_DEG)]
FAR_FACE = fake_face(3, 9, pitch_yaw_roll_rad=tuple(np.radians([0, 120, 0])))


def matrix(pitch_deg: float, yaw_deg: float, roll_deg: float) -> np.ndarray:
    """Return Rx(-pitch) Ry(yaw) Rz(roll), x right, y down, z away, by another library."""
    return Rotation.from_euler("XYZ", [-pitch_deg, yaw_deg, roll_deg], degrees=True).as_matrix()


def apart_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.degrees(np.linalg.norm(Rotation.from_matrix(a.T @ b).as_rotvec())))


def jpg(height: int = 90, width: int = 120, seed: int = 0) -> bytes:
    """Return a smooth picture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def write_mat_pair(folder: Path, name: str, angles_deg: tuple[float, float, float], **arrays: np.ndarray) -> None:
    """Write NAME.jpg and NAME.mat of 300W-LP or AFLW2000: a face from (30, 20) to (90, 70), integer centres."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.jpg").write_bytes(jpg())
    x, y = np.linspace(30, 90, 68), np.linspace(20, 70, 68)
    points = {"pt2d": np.stack([x, y]), "pt3d_68": np.stack([x, y, 0 * x]).astype(np.float32)}
    pose = np.array([[*np.radians(angles_deg), 200, 200, -60, 1e-3]], dtype=np.float32)
    savemat(folder / f"{name}.mat", {"Pose_Para": pose, "roi": np.ones((1, 4), np.int16)} | points | arrays)


def test_the_square_by_hand() -> None:
    """60 wide and 50 high: 24 aside, 20 above, 6 below; 108 by 76 becomes 108 by 108 about the same middle."""
    square = face_square(np.array([[30.0, 20.0], [90.0, 70.0], [50.0, 40.0]]))
    np.testing.assert_allclose(square, [6, 38 - 54, 114, 38 + 54])


@pytest.mark.parametrize("size", [64, 112, 224])
def test_a_cut_is_the_warp_of_its_square(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(4):
        height, width = rng.integers(20, 300, 2)
        picture = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        side = rng.uniform(10, 1.4 * max(height, width))
        corner = rng.uniform(-side / 2, np.array([width, height]) - side / 2)
        square = np.concatenate([corner, corner + side])
        expected, _ = warped(picture, crop_warp(square, size, size), size, size)
        assert np.abs(cut_out(picture, square, size).astype(int) - expected).max() <= 1
        grey = cut_out(picture[..., 0], square, size)
        assert grey.shape == (size, size, 3) and (grey[..., 0] == grey[..., 2]).all()


def test_a_whole_number_of_pixels_is_averaged() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (192, 256, 3), dtype=np.uint8)
    found = cut_out(picture, np.array([16.0, 0.0, 208.0, 192.0]), 64)
    blocks = picture[:, 16:208].reshape(64, 3, 64, 3, 3).mean(axis=(1, 3))
    assert np.abs(found - blocks).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("square", [[200, 0, 300, 100], [0, 0, 1, 1], [-1e4, -1e4, 1e4, 1e4], [np.nan, 0, 9, 9]])
def test_a_square_of_another_picture_is_refused(square: list[float]) -> None:
    with pytest.raises(DataError, match="picture of 120x90"):
        cut_out(np.zeros((90, 120, 3), np.uint8), np.array(square, float), 64)


def test_hand_written_300wlp(tmp_path: Path) -> None:
    write_mat_pair(tmp_path / "AFW", "one_0", (10, -20, 30))
    write_mat_pair(tmp_path / "HELEN", "two_0", (0, 100, 0))
    write_mat_pair(tmp_path / "HELEN", "two_1", (-5, 97, 2))
    (tmp_path / "landmarks").mkdir()
    savemat(tmp_path / "landmarks" / "one_0_pts.mat", {"pts_2d": np.zeros((68, 2))})
    found = read_300wlp(tmp_path, 64)
    assert found.pictures.keys == ("AFW/one_0", "HELEN/two_1")
    assert found.left_out == {FAR: 1} and found.damaged == ()
    assert apart_deg(found.pictures.rotation[0].double().numpy(), matrix(10, -20, 30)) < 1e-3
    assert apart_deg(found.pictures.rotation[1].double().numpy(), matrix(-5, 97, 2)) < 1e-3
    with Image.open(tmp_path / "AFW" / "one_0.jpg") as image:
        picture = np.asarray(image)
    square = np.array([6.5, -15.5, 114.5, 92.5])  # as by hand, a pixel's centre at one half
    assert np.array_equal(found.pictures.images_u8[0], cut_out(picture, square, 64))
    assert found.pictures.images_u8.dtype == torch.uint8 and found.pictures.images_u8.shape == (2, 64, 64, 3)


def test_aflw2000_is_cut_by_its_68_points(tmp_path: Path) -> None:
    write_mat_pair(tmp_path, "image00002", (-12, 34, 5), pt2d=np.full((2, 21), -1.0))
    found = read_aflw2000(tmp_path, 112)
    assert found.pictures.keys == ("image00002",) and found.pictures.images_u8.shape == (1, 112, 112, 3)
    assert apart_deg(found.pictures.rotation[0].double().numpy(), matrix(-12, 34, 5)) < 1e-3


def test_a_batch_is_taken_and_moved(tmp_path: Path) -> None:
    for number in range(3):
        write_mat_pair(tmp_path, f"image0000{number}", (0, 10 * number, 0))
    faces = read_aflw2000(tmp_path, 64).pictures
    some = faces.take([2, 0]).to("cpu")
    assert some.keys == ("image00002", "image00000") and len(some) == 2
    assert torch.equal(some.rotation, faces.rotation[[2, 0]]) and torch.equal(some.images_u8, faces.images_u8[[2, 0]])


def damage(folder: Path, fault: str) -> None:
    write_mat_pair(folder, "bad", (0, 0, 0))
    mat, picture = folder / "bad.mat", folder / "bad.jpg"
    x = np.linspace(30, 90, 68)
    match fault:
        case "no such file":
            mat.unlink()
        case "not a readable":
            mat.write_bytes(mat.read_bytes()[:300])
        case "holds no Pose_Para":
            savemat(mat, {"pt2d": np.stack([x, x])})
        case "expected numbers":
            write_mat_pair(folder, "bad", (0, 0, 0), pt2d=np.zeros((2, 21)))
        case "not a finite":
            write_mat_pair(folder, "bad", (0, np.nan, 0))
        case "damaged picture":
            picture.write_bytes(picture.read_bytes()[:200])
        case "points are of another":
            write_mat_pair(folder, "bad", (0, 0, 0), pt2d=np.stack([x + 1e4, x]))


@pytest.mark.parametrize(
    "fault",
    [
        *("no such file", "not a readable", "holds no Pose_Para", "expected numbers", "not a finite"),
        *("damaged picture", "points are of another"),
    ],
)
def test_damaged_pairs_are_named_or_counted(tmp_path: Path, fault: str) -> None:
    write_mat_pair(tmp_path, "good", (1, 2, 3))
    damage(tmp_path, fault)
    with pytest.raises(DataError, match=f"bad.*{fault}"):
        read_300wlp(tmp_path, 64)
    found = read_300wlp(tmp_path, 64, OnError.skip)
    assert found.pictures.keys == ("good",) and len(found.damaged) == 1 and "bad" in found.damaged[0]


def test_nothing_left_says_what_became_of_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_aflw2000(tmp_path / "absent", 64)
    with pytest.raises(DataError, match=r"holds no NAME\.jpg"):
        read_aflw2000(tmp_path, 64)
    write_mat_pair(tmp_path, "far", (0, 110, 0))
    with pytest.raises(DataError, match="holds no faces: 1 turned by more than 99"):
        read_aflw2000(tmp_path, 64)


def rotations(found: Found[FaceBatch]) -> np.ndarray:
    return found.pictures.rotation.double().numpy()


def true_rotation(sample: Sample) -> np.ndarray:
    return sample.array("cam_from_head", 4, 4)[:3, :3]


@pytest.mark.parametrize("name", ["300wlp", "aflw2000", "fsanet"])
def test_our_exports_come_back(tmp_path: Path, name: str) -> None:
    write = {"300wlp": write_300wlp, "aflw2000": write_aflw2000, "fsanet": write_fsanet}[name]
    write(iter([*FACES, FAR_FACE]), tmp_path)
    if name == "fsanet":
        found = read_fsanet(tmp_path / "faces.npz", 112)
        assert found.pictures.keys == tuple(f"{row:06d}" for row in range(len(FACES)))
    else:
        read = read_300wlp if name == "300wlp" else read_aflw2000
        found = read(tmp_path, 112)
        assert found.pictures.keys == tuple(sample.key for sample in FACES) and found.left_out == {FAR: 1}
    assert found.pictures.images_u8.shape == (len(FACES), 112, 112, 3)
    for rotation, sample in zip(rotations(found), FACES, strict=True):
        assert apart_deg(rotation, true_rotation(sample)) < 1e-3


def write_shards(folder: Path, samples: list[Sample]) -> Path:
    folder.mkdir(exist_ok=True)
    samples = [
        replace(sample, index=i, labels={**sample.labels, "index": i, "seed": sample.seed})
        for i, sample in enumerate(samples)
    ]
    write_shard(folder, ShardPlan(len(samples)), 0, samples)
    return folder


def test_shards_and_an_export_of_them_show_the_same(tmp_path: Path) -> None:
    shards = read_shards(write_shards(tmp_path / "shards", [*FACES, FAR_FACE]), 64, HeadPose.camera)
    (tmp_path / "mat").mkdir()
    write_300wlp(iter(FACES), tmp_path / "mat")
    mats = read_300wlp(tmp_path / "mat", 64)
    assert shards.pictures.keys == mats.pictures.keys and shards.left_out == {FAR: 1}
    torch.testing.assert_close(shards.pictures.rotation, mats.pictures.rotation, atol=1e-6, rtol=0)
    assert (shards.pictures.images_u8.int() - mats.pictures.images_u8.int()).abs().float().mean() < 2, (
        "only jpg lies between"
    )


def test_a_head_beside_the_axis_is_seen_turned(tmp_path: Path) -> None:
    """0.25 m aside it is parallel to the axis: seen from the lens its nose points further outwards than the lens."""
    aside = fake_face(1, 0, pitch_yaw_roll_rad=(0, 0, 0), aside_m=(0.25, 0.0))
    folder = write_shards(tmp_path / "shards", [aside])
    assert apart_deg(rotations(read_shards(folder, 64, HeadPose.camera))[0], np.eye(3)) < 1e-3
    found = read_shards(folder, 64)
    (seen,) = rotations(found)
    outline = aside.array("face.apparent.jaw_outline", 17, 2)
    points_px = np.concatenate([outline, aside.array("face.apparent.ibug68", 68, 2)[17:]])
    assert np.array_equal(found.pictures.images_u8[0], cut_out(aside.picture, face_square(points_px), 64))
    middle = aside.array("face.points.ibug68.cam", 68, 3).mean(axis=0)
    turned = np.degrees(np.arctan2(middle[0], middle[2]))
    assert turned > 10 and apart_deg(seen, matrix(0, -turned, 0)) < 0.5


def test_who_cannot_be_told_is_left_out(tmp_path: Path) -> None:
    def but(**labels: object) -> Sample:
        return replace(FACES[0], labels={**FACES[0].labels, "face": {**FACES[0].labels["face"], **labels}})

    eye = fake_sample(3, 5)
    small = fake_face(3, 0, size=(24, 30), pitch_yaw_roll_rad=(0, 0, 0))
    both = replace(FACES[0], labels={**FACES[0].labels, "others": [dict(FACES[1].labels), {"face": None}]})
    samples = [but(inside_fraction=0.7), but(visible_fraction=0.4), both, eye, small]
    found = read_shards(write_shards(tmp_path, samples), 64)
    assert found.pictures.keys == ("00000002", "00000002/1")
    expected = {"cut by the picture's edge": 1, "hidden": 1, "outside of the picture": 2, "small": 1}
    assert found.left_out == expected


def test_a_label_that_is_missing_names_shard_and_key(tmp_path: Path) -> None:
    face = {name: value for name, value in FACES[1].labels["face"].items() if name != "facing"}
    folder = write_shards(tmp_path, [FACES[0], replace(FACES[1], labels={**FACES[1].labels, "face": face})])
    with pytest.raises(DataError, match=r"00000001: labels\.face\.facing is missing"):
        read_shards(folder, 64)
    found = read_shards(folder, 64, on_error=OnError.skip)
    assert found.pictures.keys == ("00000000",) and len(found.damaged) == 1


def write_npz(path: Path, **changed: object) -> Path:
    rng = np.random.default_rng(0)
    arrays: dict[str, object] = {
        "image": rng.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8),
        "pose": np.array([[10.0, 20.0, 30.0], [0.0, 0.0, -100.0], [-98.0, 0.0, 0.0]]),
        "img_size": 64,
    }
    np.savez(path, **{name: value for name, value in (arrays | changed).items() if value is not None})
    return path


def test_fsanet_by_its_rules(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "BIWI_noTrack.npz")
    found = read_fsanet(path, 64)
    assert found.pictures.keys == ("000000", "000002") and found.left_out == {FAR: 1}
    assert apart_deg(rotations(found)[0], matrix(20, 10, 30)) < 1e-3, "yaw, pitch, roll"
    with np.load(path) as file:
        assert np.array_equal(found.pictures.images_u8[0], file["image"][0, :, :, ::-1]), "blue first"
    assert read_fsanet(path, 112).pictures.images_u8.shape == (2, 112, 112, 3)


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"image": None}, "holds no image"),
        ({"pose": None}, "holds no pose"),
        ({"image": np.zeros((3, 64, 64), np.uint8)}, r"image is uint8 \(3, 64, 64\)"),
        ({"pose": np.zeros((2, 3))}, r"pose is float64 \(2, 3\)"),
        ({"pose": np.full((3, 3), np.inf)}, "row 0: pose is"),
        ({"image": np.array([{}, {}, {}], dtype=object)}, "not a readable"),
    ],
)
def test_a_damaged_npz_is_named(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    path = write_npz(tmp_path / "x.npz", **changed)
    with pytest.raises(DataError, match=rf"x\.npz: {fault}"):
        read_fsanet(path, 64)


def test_an_npz_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match=r"x\.npz: not a readable"):
        read_fsanet(tmp_path / "x.npz", 64)
    np.save(tmp_path / "y.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"y\.npy"):
        read_fsanet(tmp_path / "y.npy", 64)
    with pytest.raises(DataError, match="no such file"):
        read_fsanet(tmp_path / "z.npz", 64)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real pictures at {REAL}")
def test_the_real_aflw2000_files_are_read_in_place() -> None:
    found = read_aflw2000(REAL, 64)
    assert len(found.pictures) == 294 and found.left_out == {FAR: 6} and not found.damaged
