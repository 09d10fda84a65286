"""Readers on tiny files written here in each format's own layout, and what they say of damaged ones."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from adapt.batch import Batch
from synth.errors import DataError
from synth.geometry.gaze import vector_from_pitch_yaw
from synth.geometry.normalisation import GazeMode
from synth.geometry.rotation import rotation_x, rotation_y, vector_from_rotation
from train.data.read import Reader, read_eyes, recognise
from train.data.shards import Axis
from train.data.sift import Found, OnError

DrawEyes = Callable[..., Batch]


def read(path: Path, reader: Reader = Reader.auto) -> Batch:
    return read_eyes(path, reader, GazeMode.mpiigaze_2015, Axis.visual).pictures


def write_mpiigaze(root: Path, eyes: Batch, lists: bool = True) -> Path:
    """Write left eyes (the first half) and right eyes, un-mirrored, of one person and one day."""
    n = len(eyes) // 2
    mirror = np.array([1.0, -1.0])
    names = [f"{i:04d}.jpg" for i in range(n)]
    sides = {}
    for side, rows, flip in (("left", slice(0, n), False), ("right", slice(n, 2 * n), True)):
        images = eyes.images_u8[rows].numpy()
        gaze = eyes.gaze_pitch_yaw_rad[rows].double().numpy() * (mirror if flip else 1)
        head = eyes.head_pitch_yaw_rad[rows].double().numpy() * (mirror if flip else 1)
        poses = [vector_from_rotation(rotation_y(yaw) @ rotation_x(-pitch)) for pitch, yaw in head]
        sides[side] = {
            "image": images[:, :, ::-1] if flip else images,
            "gaze": vector_from_pitch_yaw(gaze),
            "pose": np.array(poses),
        }
    folder = root / "Data" / "Normalized" / "p03"
    folder.mkdir(parents=True)
    savemat(folder / "day07.mat", {"data": sides, "filenames": np.array(names, dtype=object)[:, None]})
    if lists:
        target = root / "Evaluation Subset" / "sample list for eye image"
        target.mkdir(parents=True)
        lines = [f"day07/{name} {side}" for side in ("left", "right") for name in names]
        (target / "p03.txt").write_text("\n".join(lines) + "\n")
    return root


def write_h5(path: Path, eyes: Batch) -> Path:
    with h5py.File(path, "w") as file:
        file["p03/image"] = eyes.images_u8.numpy()
        file["p03/pose"] = eyes.head_pitch_yaw_rad.numpy()
        file["p03/gaze"] = eyes.gaze_pitch_yaw_rad.numpy()
    return path


@pytest.mark.parametrize("lists", [True, False])
def test_mat_and_h5_give_the_same_eyes(tmp_path: Path, draw_eyes: DrawEyes, lists: bool) -> None:
    eyes = draw_eyes(6)
    mat, h5 = read(write_mpiigaze(tmp_path / "set", eyes, lists)), read(write_h5(tmp_path / "set.h5", eyes))
    for found in (mat, h5):
        assert torch.equal(found.images_u8, eyes.images_u8)
        torch.testing.assert_close(found.gaze_pitch_yaw_rad, eyes.gaze_pitch_yaw_rad, atol=1e-6, rtol=0)
        torch.testing.assert_close(found.head_pitch_yaw_rad, eyes.head_pitch_yaw_rad, atol=1e-6, rtol=0)
        assert found.right.tolist() == [False] * 3 + [True] * 3
    assert mat.mirrored.tolist() == mat.right.tolist() and not h5.mirrored.any()
    assert mat.keys[4] == "p03/day07/0001.jpg right" and h5.keys[4] == "p03/000004"


def test_a_file_of_one_eye(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(2)
    assert torch.equal(read(write_mpiigaze(tmp_path, eyes)).images_u8, eyes.images_u8)


def test_the_list_chooses_and_orders(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    root = write_mpiigaze(tmp_path, draw_eyes(6))
    path = next((root / "Evaluation Subset").rglob("p03.txt"))
    path.write_text("day07/0002.jpg right\nday07/0000.jpg left\n")
    assert read(root).keys == ("p03/day07/0002.jpg right", "p03/day07/0000.jpg left")


def test_damaged_mat_files(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    root = write_mpiigaze(tmp_path, draw_eyes(4))
    path, lists = root / "Data/Normalized/p03/day07.mat", next((root / "Evaluation Subset").rglob("p03.txt"))
    whole = path.read_bytes()
    for damaged in (b"", b"nonsense", whole[: len(whole) // 2], whole[:200] + bytes(50) + whole[250:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"day07\.mat"):
            read(root)
    savemat(path, {"data": {"left": {"image": np.zeros((2, 36, 60))}}, "filenames": ["0000.jpg", "0001.jpg"]})
    with pytest.raises(DataError, match=r"day07\.mat: data\.left\.image is float64"):
        read(root)
    savemat(path, {"other": 1})
    with pytest.raises(DataError, match=r"day07\.mat: holds no filenames"):
        read(root)
    path.write_bytes(whole)
    lists.write_text("day07/9999.jpg left\n")
    with pytest.raises(DataError, match=r"holds no 9999\.jpg, which line 1"):
        read(root)
    lists.write_text("day08/0000.jpg left\n")
    with pytest.raises(DataError, match=r"day08\.mat: there is no such file"):
        read(root)
    lists.write_text("day07 0000 both\n")
    with pytest.raises(DataError, match="line 1 is"):
        read(root)


def test_damaged_h5_files(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    path = write_h5(tmp_path / "a.h5", draw_eyes(4))
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(DataError, match=r"a\.h5: not a readable HDF5"):
        read(path)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["p03/gaze"]
    with pytest.raises(DataError, match=r"a\.h5: holds no p03/gaze"):
        read(path)
    with h5py.File(path, "a") as file:
        file["p03/gaze"] = np.zeros((3, 2), np.float32)
    with pytest.raises(DataError, match=r"p03/gaze is float32 \(3, 2\)"):
        read(path)
    with h5py.File(path, "a") as file:
        del file["p03/gaze"]
        file["p03/gaze"] = np.full((4, 2), np.inf, np.float32)
    with pytest.raises(DataError, match="p03/000000: an angle"):
        read(path)


def skipping(path: Path) -> Found[Batch]:
    return read_eyes(path, Reader.auto, GazeMode.mpiigaze_2015, Axis.visual, OnError.skip)


def test_damaged_eyes_are_skipped_and_told_of(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(4)
    h5 = write_h5(tmp_path / "a.h5", eyes)
    with h5py.File(h5, "a") as file:
        file["p03/gaze"][1] = np.inf
    found = skipping(h5)
    assert found.pictures.keys == ("p03/000000", "p03/000002", "p03/000003")
    assert len(found.damaged) == 1 and "p03/000001: an angle" in found.damaged[0]

    root = write_mpiigaze(tmp_path / "mat", eyes)
    lists = next((root / "Evaluation Subset").rglob("p03.txt"))
    lists.write_text("day07/0001.jpg left\nday07/9999.jpg left\nday08/0000.jpg left\nday08/0001.jpg left\nnothing\n")
    found = skipping(root)
    assert found.pictures.keys == ("p03/day07/0001.jpg left",)
    assert [any(told in what for what in found.damaged) for told in ("9999.jpg", "day08.mat", "line 5")] == [True] * 3
    assert len(found.damaged) == 4
    lists.unlink()
    (root / "Data/Normalized/p03/day08.mat").write_bytes(b"nonsense")
    found = skipping(root)
    assert len(found.pictures) == 4 and len(found.damaged) == 1 and "day08.mat: not a readable" in found.damaged[0]

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for key, image in zip(("a.png", "b.png"), eyes.images_u8.numpy(), strict=False):
        Image.fromarray(image).save(pictures / key)
    (pictures / "c.png").write_bytes(b"no picture")
    (pictures / "labels.json").write_text(json.dumps({"b.png": {"side": "middle"}}))
    found = skipping(pictures)
    assert found.pictures.keys == ("a.png",) and len(found.damaged) == 2
    (pictures / "a.png").unlink()
    with pytest.raises(DataError, match="holds no eyes: 2 damaged"):
        skipping(pictures)


def test_a_folder_of_pictures(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(2)
    for key, image in zip(("a.png", "b.png"), eyes.images_u8.numpy(), strict=True):
        Image.fromarray(image).save(tmp_path / key)
    plain = read(tmp_path)
    assert plain.keys == ("a.png", "b.png") and torch.equal(plain.images_u8, eyes.images_u8)
    assert not plain.head_pitch_yaw_rad.any() and torch.isnan(plain.gaze_pitch_yaw_rad).all()
    known = {"b.png": {"side": "right", "head_pitch_yaw_rad": [0.1, 0.2], "gaze_pitch_yaw_rad": [0.3, 0.4]}}
    (tmp_path / "labels.json").write_text(json.dumps(known))
    mirrored = read(tmp_path)
    assert torch.equal(mirrored.images_u8[1], eyes.images_u8[1].flip(1))
    torch.testing.assert_close(mirrored.head_pitch_yaw_rad[1], torch.tensor([0.1, -0.2]))
    torch.testing.assert_close(mirrored.gaze_pitch_yaw_rad[1], torch.tensor([0.3, -0.4]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "expected a mapping"),
        ('{"c.png": {}}', "names c.png"),
        ('{"a.png": {"side": "both"}}', "side is 'both'"),
        ('{"a.png": {"head_pitch_yaw_rad": [1]}}', "head_pitch_yaw_rad is"),
    ],
)
def test_damaged_labels_of_a_folder(tmp_path: Path, text: str, message: str) -> None:
    Image.fromarray(np.zeros((36, 60), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG no")
    with pytest.raises(DataError, match=r"a\.png"):
        read(tmp_path)


def test_formats_are_told_by_what_is_there(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    assert recognise(write_mpiigaze(tmp_path / "mat", draw_eyes(2))) is Reader.mpiigaze
    assert recognise(write_h5(tmp_path / "a.h5", draw_eyes(2))) is Reader.mpiigaze_h5
    with pytest.raises(DataError, match="no such file or folder"):
        recognise(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds nothing that is known here"):
        recognise(tmp_path / "empty")


@pytest.mark.parametrize(
    ("file", "reader"),
    [
        ("image00002.mat", Reader.aflw2000),
        ("AFW/AFW_1_0.mat", Reader.wlp300),
        ("AFW_1_0.mat", Reader.wlp300),
        ("01/frame_00003_pose.txt", Reader.biwi),
    ],
)
def test_formats_of_faces_are_told_too_and_hold_no_eyes(tmp_path: Path, file: str, reader: Reader) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_bytes(b"")
    assert recognise(tmp_path) is reader
    with pytest.raises(DataError, match="a gaze network needs eyes"):
        read(tmp_path)
