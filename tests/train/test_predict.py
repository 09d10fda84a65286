"""`canthus predict` on folders of pictures: names, what is read and how, what is skipped, and the ready networks."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.batch import Batch
from synth.commands.cli import main
from synth.errors import DataError
from synth.export.face.pose import HeadPose
from tests.train.conftest import DrawEyes
from tests.train.test_pose_data import write_mat_pair
from train import ready
from train.checkpoint import load_network, save_network
from train.commands import predict as command
from train.data.pose.crop import cut_out
from train.data.pose.images import read_images
from train.data.pose.read import read_faces
from train.data.read import Reader
from train.data.sift import OnError
from train.kinds.known import kind_of
from train.measure.gaze_evaluation import predictions_of
from train.measure.pose_evaluation import rotations_of
from train.models.build import build
from train.models.pose import PoseNetwork
from train.ready import MOST_BYTES, WEIGHTS, ready_network

EYE = {"channels": 4, "stem_stride": 2}


def save(path: Path, name: str, options: dict[str, object]) -> torch.nn.Module:
    torch.manual_seed(1)
    network = build(name, options).train()
    if isinstance(network, PoseNetwork):
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0  # one look, and outputs depend on what is seen
        network(torch.rand(8, 3, *network.size))
    save_network(path, network, name, options, {})
    return network


def write_faces(folder: Path) -> dict[str, np.ndarray]:
    folder.mkdir()
    rng = np.random.default_rng(0)
    pictures = {
        "wide.png": rng.integers(0, 256, (40, 90, 3), dtype=np.uint8),
        "grey.PNG": rng.integers(0, 256, (80, 80), dtype=np.uint8),
        "a b.png": rng.integers(0, 256, (64, 64, 3), dtype=np.uint8),
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / name, "PNG")
    (folder / "notes.txt").write_text("no picture")
    (folder / "deeper").mkdir()
    Image.fromarray(pictures["a b.png"]).save(folder / "deeper" / "not read.png")
    return pictures


def test_the_whole_picture_is_the_cut(tmp_path: Path) -> None:
    pictures = write_faces(tmp_path / "faces")
    found = read_images(tmp_path / "faces", 64)
    assert found.pictures.keys == tuple(sorted(pictures)) and bool(torch.isnan(found.pictures.rotation).all())
    shown = dict(zip(found.pictures.keys, found.pictures.images_u8.numpy(), strict=True))
    np.testing.assert_array_equal(shown["a b.png"], pictures["a b.png"])  # of the network's own size: untouched
    # 90 wide and 40 high: 25 rows of edge above and below make it square.
    padded = np.pad(pictures["wide.png"], ((25, 25), (0, 0), (0, 0)), mode="edge")
    np.testing.assert_array_equal(shown["wide.png"], cut_out(padded, np.array([0.0, 0.0, 90.0, 90.0]), 64))
    assert np.ptp(shown["grey.PNG"], axis=2).max() == 0


def test_head_poses_of_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_faces(tmp_path / "faces")
    network = save(tmp_path / "pose.pt", "ssrnet_md", {})
    words = ["predict", "task=pose", f"weights={tmp_path / 'pose.pt'}", f"input={tmp_path / 'faces'}"]
    assert main([*words, f"predictions={tmp_path / 'out/pose.json'}"]) == 0
    told = json.loads((tmp_path / "out/pose.json").read_text())
    assert set(told) == {"wide.png", "grey.PNG", "a b.png"}
    expected = rotations_of(network, read_images(tmp_path / "faces", 64).pictures)  # type: ignore[arg-type]
    np.testing.assert_allclose([one["R"] for one in told.values()], expected, atol=1e-5)
    assert np.ptp(expected, axis=0).max() > 1e-3
    yaw = [one["yaw_pitch_roll_deg"][0] for one in told.values()]
    np.testing.assert_allclose(np.sin(np.radians(yaw)), expected[:, 0, 2], atol=1e-5)  # yaw = asin(R02)
    assert "3 pictures told; ssrnet_md" in capsys.readouterr().out


def test_damaged_pictures_stop_or_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "pose.pt", "ssrnet_md", {})
    save(tmp_path / "gaze.pt", "resnet_preact", EYE)
    write_faces(tmp_path / "faces")
    (tmp_path / "faces" / "cut.jpg").write_bytes(b"\xff\xd8\xff no jpg")
    for task in ("pose", "gaze"):
        words = ["predict", f"task={task}", f"weights={tmp_path / task}.pt", f"input={tmp_path / 'faces'}"]
        words.append(f"predictions={tmp_path / task}.json")
        assert main(words) == 1
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1 and "cut.jpg: damaged picture" in lines[0]
        assert not (tmp_path / f"{task}.json").exists()
        assert main([*words, "on_error=skip"]) == 0
        said = capsys.readouterr().out
        assert "skipped: " in said and "cut.jpg: damaged" in said and "3 pictures told, 1 skipped" in said
        assert "cut.jpg" not in json.loads((tmp_path / f"{task}.json").read_text())


def test_every_picture_of_aflw2000_is_answered_whichever_way_it_looks(tmp_path: Path) -> None:
    folder = tmp_path / "AFLW2000"
    folder.mkdir()
    for name, yaw in (("image1", 10.0), ("image2", 120.0)):  # the second is in no protocol
        write_mat_pair(folder, name, (1.0, yaw, 3.0))
    Image.fromarray(np.full((50, 70, 3), 9, np.uint8)).save(folder / "image3.png")  # without a .mat
    save(tmp_path / "pose.pt", "ssrnet_md", {})
    words = ["predict", "task=pose", f"weights={tmp_path / 'pose.pt'}", f"input={folder}"]
    assert main([*words, f"predictions={tmp_path / 'pose.json'}"]) == 0
    assert set(json.loads((tmp_path / "pose.json").read_text())) == {"image1.jpg", "image2.jpg", "image3.png"}
    # What is kept by the protocol is cut as it cuts.
    kept = read_faces(folder, Reader.aflw2000, 64, HeadPose.sight, OnError.skip).pictures
    shown = read_images(folder, 64).pictures
    assert kept.keys == ("image1",) and torch.equal(kept.images_u8[0], shown.images_u8[0])
    (folder / "image1.mat").write_bytes(b"no mat")
    with pytest.raises(DataError, match=r"image1\.mat: not a readable \.mat file"):
        read_images(folder, 64)


def test_folders_of_300w_lp_are_answered_by_their_paths(tmp_path: Path) -> None:
    (tmp_path / "W" / "AFW").mkdir(parents=True)
    write_mat_pair(tmp_path / "W" / "AFW", "one", (0.0, 110.0, 0.0))
    save(tmp_path / "pose.pt", "ssrnet_md", {})
    words = ["predict", "task=pose", f"weights={tmp_path / 'pose.pt'}", f"input={tmp_path / 'W'}"]
    assert main([*words, f"predictions={tmp_path / 'pose.json'}"]) == 0
    assert set(json.loads((tmp_path / "pose.json").read_text())) == {"AFW/one.jpg"}


def test_gazes_of_normalised_faces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, options = tmp_path / "faces", {"depth": 18, "side": 64}
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    for name, picture in zip(("a.png", "b.png"), noise, strict=True):
        Image.fromarray(picture).save(folder / name)
    network = build("resgaze", options).eval()
    save_network(tmp_path / "gaze.pt", network, "resgaze", options, {})
    words = ["predict", "task=face_gaze", f"weights={tmp_path / 'gaze.pt'}", f"input={folder}"]
    assert main([*words, f"predictions={tmp_path / 'gaze.json'}"]) == 0
    told = json.loads((tmp_path / "gaze.json").read_text())
    with torch.inference_mode():
        expected = network(torch.from_numpy(noise).permute(0, 3, 1, 2).float() / 255)
    np.testing.assert_allclose([told[name]["gaze_pitch_yaw_rad"] for name in ("a.png", "b.png")], expected, atol=1e-5)
    Image.fromarray(noise[0][:40]).save(folder / "c.png")
    assert main([*words, f"predictions={tmp_path / 'gaze.json'}"]) == 1
    assert "c.png: is 64x40; a normalised face is a square" in capsys.readouterr().err
    points = {"side": 64}
    save_network(tmp_path / "points.pt", build("itracker", points), "itracker", points, {})
    words[2] = f"weights={tmp_path / 'points.pt'}"
    assert main([*words, f"predictions={tmp_path / 'points.json'}"]) == 1
    assert "needs whole frames: our shards" in capsys.readouterr().err


def test_landmarks_of_a_folder_of_eyes(tmp_path: Path, draw_eyes: DrawEyes) -> None:
    options = {"modules": 1, "channels": 2}
    write_eyes(tmp_path / "eyes", draw_eyes(2), {"1.png": {"side": "right"}})
    save_network(tmp_path / "elg.pt", build("elg", options), "elg", options, {})
    words = ["predict", "task=eye_landmarks", f"weights={tmp_path / 'elg.pt'}", f"input={tmp_path / 'eyes'}"]
    assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    assert {key: np.shape(one["landmarks_px"]) for key, one in told.items()} == dict.fromkeys(told, (18, 2))
    assert list(told) == ["0.png", "1.png"] and "fitted_pitch_yaw_rad" in told["0.png"]


def write_eyes(folder: Path, eyes: Batch, labels: dict[str, object] | None) -> list[str]:
    folder.mkdir()
    names = [f"{i}.png" for i in range(len(eyes))]
    for name, image in zip(names, eyes.images_u8.numpy(), strict=True):
        Image.fromarray(image).save(folder / name)
    if labels is not None:
        (folder / "labels.json").write_text(json.dumps(labels))
    return names


def test_gazes_of_a_folder(tmp_path: Path, draw_eyes: DrawEyes, capsys: pytest.CaptureFixture[str]) -> None:
    eyes = draw_eyes(3)
    network = save(tmp_path / "gaze.pt", "resnet_preact", EYE)
    labels = {"0.png": {"head_pitch_yaw_rad": [0.2, -0.3]}, "2.png": {"side": "right", "head_pitch_yaw_rad": [0, 0.4]}}
    names = write_eyes(tmp_path / "eyes", eyes, labels)
    words = ["predict", "task=gaze", f"weights={tmp_path / 'gaze.pt'}", f"input={tmp_path / 'eyes'}"]
    assert main([*words, f"predictions={tmp_path / 'gaze.json'}"]) == 0
    told = json.loads((tmp_path / "gaze.json").read_text())
    assert list(told) == names
    said = capsys.readouterr().out
    assert said.count("\n") == 3 and "1 of 3 eyes come without a head pose" in said
    # By hand: the right eye is mirrored, its head with it, and its gaze mirrored back.
    images = eyes.images_u8.clone()
    images[2] = images[2].flip(-1)
    shown = Batch(
        images_u8=images,
        head_pitch_yaw_rad=torch.tensor([[0.2, -0.3], [0.0, 0.0], [0.0, -0.4]]),
        gaze_pitch_yaw_rad=torch.zeros(3, 2),
        right=torch.zeros(3, dtype=torch.bool),
        mirrored=torch.zeros(3, dtype=torch.bool),
        keys=tuple(names),
    )
    expected = predictions_of(network, shown) * [[1, 1], [1, 1], [1, -1]]
    np.testing.assert_allclose([one["gaze_pitch_yaw_rad"] for one in told.values()], expected, atol=1e-6)


def test_a_network_without_the_head_pose_misses_none(
    tmp_path: Path, draw_eyes: DrawEyes, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "gaze.pt", "resnet_preact", {**EYE, "head_pose": False})
    write_eyes(tmp_path / "eyes", draw_eyes(2), None)
    words = ["predict", "task=gaze", f"weights={tmp_path / 'gaze.pt'}", f"input={tmp_path / 'eyes'}"]
    assert main([*words, f"predictions={tmp_path / 'gaze.json'}"]) == 0
    assert "head pose" not in capsys.readouterr().out


def test_ready_networks_are_found_by_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "pose.pt", "ssrnet_md", {})
    assert ready_network("pose", tmp_path) == tmp_path / "pose.pt"
    with pytest.raises(DataError, match=r"gaze\.pt: no network for task=gaze"):
        ready_network("gaze", tmp_path)
    monkeypatch.setattr(command, "ready_network", lambda task: ready.ready_network(task, tmp_path))
    write_faces(tmp_path / "faces")
    words = [f"input={tmp_path / 'faces'}", f"predictions={tmp_path / 'pose.json'}"]
    assert main(["predict", "task=pose", *words]) == 0
    assert (tmp_path / "pose.json").exists()
    capsys.readouterr()
    assert main(["predict", "task=gaze", *words]) == 1
    assert "no network for task=gaze" in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(WEIGHTS.glob("*.pt")), ids=lambda path: path.name)
def test_what_comes_with_the_package_is_small_and_whole(path: Path) -> None:
    assert path.stat().st_size < MOST_BYTES
    assert kind_of(load_network(path).name).task_name == path.stem
    assert path.name in (WEIGHTS / "README.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["task=gaze", "weights={tmp}/pose.pt", "input={tmp}"], "ssrnet_md tells the head pose; task=gaze"),
        (["task=pose", "weights={tmp}/pose.pt", "input={tmp}/nowhere"], "nowhere: there is no such file or folder"),
        (["task=pose", "weights={tmp}/pose.pt", "input={tmp}/empty"], "holds nothing that is known here"),
        (["task=pose", "weights={tmp}/pose.pt", "input={tmp}/empty", "reader=images"], "holds no faces"),
        (["task=pose", "weights={tmp}/none", "input={tmp}"], "none: there is no such file"),
        (["task=pose", "threads=-1", "input={tmp}"], "threads=-1"),
        (["weights={tmp}/pose.pt", "input={tmp}/pose.pt"], "neither a picture"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "pose.pt", "ssrnet_md", {})
    (tmp_path / "empty").mkdir()
    given = [word.format(tmp=tmp_path) for word in words]
    assert main(["predict", *given, f"predictions={tmp_path / 'x.json'}"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


@pytest.mark.parametrize("reader", [Reader.aflw2000, Reader.wlp300, Reader.images])
def test_on_error_reaches_the_reader_of_faces(tmp_path: Path, reader: Reader) -> None:
    for name in ("image1", "image2"):
        pt2d = {"pt2d": np.random.default_rng(0).uniform(20, 70, (2, 68))} if reader is Reader.wlp300 else {}
        write_mat_pair(tmp_path, name, (1.0, 2.0, 3.0), **pt2d)
    (tmp_path / "image2.jpg").write_bytes(b"no jpg")
    with pytest.raises(DataError, match=r"image2\.jpg"):
        read_faces(tmp_path, reader, 32, HeadPose.sight)
    found = read_faces(tmp_path, reader, 32, HeadPose.sight, OnError.skip)
    assert len(found.pictures) == 1 and len(found.damaged) == 1 and "image2.jpg" in found.damaged[0]
