"""BIWI's head poses: videos by the rules of the format, its two protocols, damaged files named."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.spatial.transform import Rotation

from synth.errors import DataError
from train.data.pose.biwi import SIDE_M, TEST, Part, head_square, read_biwi
from train.data.pose.gather import FAR
from train.data.sift import OnError


def matrix(pitch_deg: float, yaw_deg: float, roll_deg: float) -> np.ndarray:
    """Return Rx(-pitch) Ry(yaw) Rz(roll), x right, y down, z away, by another library."""
    return Rotation.from_euler("XYZ", [-pitch_deg, yaw_deg, roll_deg], degrees=True).as_matrix()


BIWI_CAL = """517.679 0 320
0 517.679 240.5
0 0 1

0 0 0 0

1 0 0
0 1 0
0 0 1

-20 5 10

640 480
"""


def write_biwi(root: Path, video: str, frames: list[tuple[int, np.ndarray]], centre_mm: str = "20 -5 990") -> None:
    folder = root / video
    folder.mkdir(parents=True)
    (folder / "rgb.cal").write_text(BIWI_CAL)
    for number, rotation in frames:
        # A bright spot where the head is: with the shift of rgb.cal that is the middle of the picture, 1 m away.
        picture = np.zeros((480, 640, 3), np.uint8)
        picture[230:251, 310:331] = [250, 10, 10]
        Image.fromarray(picture).save(folder / f"frame_{number:05d}_rgb.png")
        lines = "\n".join(" ".join(f"{value:.6f}" for value in row) + " " for row in rotation)
        (folder / f"frame_{number:05d}_pose.txt").write_text(f"{lines}\n\n{centre_mm}\n")


def test_biwi_by_its_rules(tmp_path: Path) -> None:
    write_biwi(tmp_path, "02", [(3, matrix(10, 20, -30)), (4, matrix(0, 100, 0))])
    write_biwi(tmp_path, "01", [(7, np.eye(3))])
    found = read_biwi(tmp_path, 64)
    assert found.pictures.keys == ("01/frame_00007", "02/frame_00003") and found.left_out == {FAR: 1}
    r = found.pictures.rotation[1].double().numpy().T
    # The evaluators' formulas, of the transpose.
    roll = -np.degrees(np.arctan2(r[1, 0], r[0, 0]))
    yaw = -np.degrees(np.arctan2(-r[2, 0], np.hypot(r[2, 1], r[2, 2])))
    pitch = np.degrees(np.arctan2(r[2, 1], r[2, 2]))
    np.testing.assert_allclose([pitch, yaw, roll], [10, 20, -30], atol=1e-3)
    spot = found.pictures.images_u8[0, :, :, 0].numpy() > 128
    y, x = np.nonzero(spot)
    np.testing.assert_allclose([x.mean() + 0.5, y.mean() + 0.5], [32, 32], atol=1)
    # 21 px of 517.679 * 0.26 px, in 64.
    assert np.sqrt(spot.sum()) == pytest.approx(21 * 64 / (517.679 * 0.26), abs=1)
    assert (found.pictures.images_u8[0, 32, 32] == torch.tensor([250, 10, 10], dtype=torch.uint8)).all(), "red first"


def test_the_head_s_centre_goes_from_the_depth_camera_to_the_picture(tmp_path: Path) -> None:
    turn = matrix(3, -8, 5)
    k = np.array([[500.0, 0, 300], [0, 510, 200], [0, 0, 1]])
    calibration = [*k, np.zeros(4), *turn, np.array([30.0, -20, 10]), np.array([640.0, 480])]
    found = head_square(calibration, np.array([0.1, 0.05, 0.9]), tmp_path)
    cam = turn @ [0.1, 0.05, 0.9] + [0.03, -0.02, 0.01]
    x, y = 500 * cam[0] / cam[2] + 300.5, 510 * cam[1] / cam[2] + 200.5
    half = 500 * SIDE_M / cam[2] / 2
    np.testing.assert_allclose(found, [x - half, y - half, x + half, y + half])


def test_protocol_2_of_biwi_parts_people(tmp_path: Path) -> None:
    for number in range(1, 25):
        write_biwi(tmp_path, f"{number:02d}", [(1, np.eye(3))])
    parts = {part: {key[:2] for key in read_biwi(tmp_path, 8, part).pictures.keys} for part in Part}
    assert len(parts[Part.all]) == 24 and len(parts[Part.train]) == 16 and parts[Part.test] == set(TEST)
    assert not parts[Part.train] & parts[Part.test]
    for twice in ({"02", "21"}, {"03", "15"}, {"05", "18"}, {"07", "22"}):
        assert twice <= parts[Part.train] or twice <= parts[Part.test]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("rgb.cal", None, "no such file"),
        ("rgb.cal", "1 2 3\n", "has lines of"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n", "has lines of"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n0 0 x\n\n0 0 900\n", "not a text of numbers"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n0 0 nan\n\n0 0 900\n", "not a finite"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n0 0 2\n\n0 0 900\n", "its rotation is none"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n0 0 -1\n\n0 0 900\n", "its rotation is none"),
        ("frame_00001_pose.txt", "1 0 0\n0 1 0\n0 0 1\n\n0 0 -900\n", "behind the camera"),
        ("frame_00001_rgb.png", "", "damaged picture"),
    ],
)
def test_damaged_biwi_is_named(tmp_path: Path, name: str, text: str | None, fault: str) -> None:
    write_biwi(tmp_path, "01", [(1, np.eye(3))])
    write_biwi(tmp_path, "03", [(2, np.eye(3))])
    path = tmp_path / "01" / name
    path.unlink()
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=f"01.*{fault}"):
        read_biwi(tmp_path, 8)
    found = read_biwi(tmp_path, 8, on_error=OnError.skip)
    assert found.pictures.keys == ("03/frame_00002",) and len(found.damaged) == 1
