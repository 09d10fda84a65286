"""Measuring networks of head pose: figures of known rotations, the report, predictions, and what is refused."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from synth.commands.cli import main
from synth.export.face.pose import HeadPose
from synth.geometry.rotation import geodesic_angle, rotation_from_pitch_yaw_roll
from tests.train.pages import without_pictures
from tests.train.test_pose_data import REAL, write_mat_pair
from train.checkpoint import Trained, load_network, save_network
from train.commands import evaluate
from train.data.pose.gather import FAR
from train.data.pose.read import read_faces
from train.data.read import Reader
from train.measure.cost import blank, cost_of
from train.measure.pose_evaluation import PoseEvaluation, rotation_file, rotations_of
from train.measure.pose_metrics import mean_rotation
from train.models.build import build, build_pose
from train.models.pose import PoseNetwork

TURNS_DEG = [(0, 0, 0), (20, -50, 10), (-30, 85, -20), (8, 97, 5), (0, 0, 80), (-5, 40, 3), (12, 31, -33)]
TRUE = np.stack([rotation_from_pitch_yaw_roll(np.radians(turn)) for turn in TURNS_DEG])
STEP = 30
"""Grey levels between the pictures of two faces."""


class Known(PoseNetwork):
    """Tells a face by its grey level, and says what it was told of it."""

    def __init__(self, rotations: np.ndarray, side: int = 64) -> None:
        super().__init__()
        self.size = (side, side)
        self.known = nn.Parameter(torch.from_numpy(rotations), requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        assert images.shape[1:] == (3, *self.size)
        middle = images[:, 0, self.size[0] // 2, self.size[1] // 2] * 255
        return (middle / STEP).round().long().clamp(max=len(self.known) - 1)

    def rotation(self, outputs: Tensor) -> Tensor:
        return self.known[outputs]

    def loss(self, outputs: Tensor, rotation: Tensor) -> Tensor:
        raise NotImplementedError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """AFLW2000's format: the faces of TURNS_DEG, each of its own grey, and one that is turned too far."""
    folder = tmp_path_factory.mktemp("faces")
    for i, turn in enumerate([*TURNS_DEG, (0, 120, 0)]):
        write_mat_pair(folder, f"image{i:05d}", turn)
        buffer = io.BytesIO()
        Image.new("RGB", (120, 90), (STEP * i,) * 3).save(buffer, "JPEG", quality=95)
        (folder / f"image{i:05d}.jpg").write_bytes(buffer.getvalue())
    return folder


def evaluation_of(*predicted: np.ndarray, folder: Path) -> PoseEvaluation:
    found = read_faces(folder, Reader.auto, 64, HeadPose.sight)
    names = tuple(f"n{i}" for i in range(len(predicted)))
    return PoseEvaluation(names, np.stack(predicted), found.pictures, found.left_out, found.damaged)


def told(monkeypatch: pytest.MonkeyPatch, **networks: nn.Module) -> str:
    """Let names stand for networks; return the argument that names them all."""
    kinds = {name: "fsanet" if isinstance(network, PoseNetwork) else "lenet" for name, network in networks.items()}
    loaded = {name: Trained(network, kinds[name], {"seed": 3}) for name, network in networks.items()}
    monkeypatch.setattr(evaluate, "load_network", lambda path: loaded[path.parent.name])
    return f"checkpoint=[{','.join(f'runs/{name}/network.pt' for name in networks)}]"


def test_a_perfect_network_is_never_wrong(folder: Path) -> None:
    found = read_faces(folder, Reader.auto, 64, HeadPose.sight)
    predicted = rotations_of(Known(TRUE), found.pictures, batch_size=3)
    assert predicted.shape == (7, 3, 3) and predicted.dtype == np.float64
    np.testing.assert_allclose(predicted, TRUE, atol=1e-12)
    figures = evaluation_of(predicted, folder=folder).to_json()
    assert figures["faces"] == 7 and figures["left_out"] == {FAR: 1} and figures["damaged"] == []
    for kind in ("raw", "offset_free"):
        assert max(figures["ensemble"][kind][key] for key in ("yaw", "pitch", "roll", "mae", "geodesic")) < 1e-4
    for name, bins in figures["by"].items():
        assert sum(one["n"] for one in bins) == 7, name
        assert max(abs(one[key]) for one in bins for key in ("mae", "geodesic", "offset_free", "bias")) < 1e-4


def test_a_constant_offset_is_found(folder: Path) -> None:
    frame = rotation_from_pitch_yaw_roll(np.radians([6.0, -3.0, 2.0]))
    evaluation = evaluation_of(TRUE @ frame, folder=folder)
    (score,) = evaluation.scores()
    angle = np.degrees(geodesic_angle(frame, np.eye(3)))
    assert score.raw.geodesic == pytest.approx(score.offset_deg) == pytest.approx(angle, abs=1e-4)
    assert score.offset_free.geodesic < 1e-4
    for bins in evaluation.to_json()["by"].values():
        assert sum(one["n"] * one["geodesic"] for one in bins) / 7 == pytest.approx(score.raw.geodesic)
        assert max(one["offset_free"] for one in bins) < 1e-4


def test_bins_are_of_the_true_angle_and_bias_has_a_sign(folder: Path) -> None:
    turned = np.stack([rotation_from_pitch_yaw_roll(np.radians(np.add(t, [1, -2, 3]))) for t in TURNS_DEG])
    by = evaluation_of(turned, folder=folder).to_json()["by"]
    lows = [(one["low"], one["high"], one["n"]) for one in by["yaw_deg"]]
    assert lows == [(-60, -45, 1), (0, 15, 2), (30, 45, 2), (75, 90, 1), (90, 105, 1)]
    for name, bias in (("yaw", -2), ("pitch", 1), ("roll", 3)):
        assert [one["bias"] for one in by[f"{name}_deg"]] == pytest.approx([bias] * len(by[f"{name}_deg"]), abs=1e-4)
        assert [one["mae"] for one in by[f"{name}_deg"]] == pytest.approx([2] * len(by[f"{name}_deg"]), abs=1e-4)


def test_an_ensemble_is_the_mean_rotation_of_each_face(folder: Path) -> None:
    small = rotation_from_pitch_yaw_roll(np.radians([0.0, 8.0, 0.0]))
    evaluation = evaluation_of(TRUE @ small, TRUE @ small.T, folder=folder)
    np.testing.assert_allclose(evaluation.ensemble, TRUE, atol=1e-6)
    each = [mean_rotation(evaluation.predicted[:, row]) for row in range(7)]
    np.testing.assert_allclose(evaluation.ensemble, each, atol=1e-12)
    figures = evaluation.to_json()
    assert figures["mean_of_networks"]["raw"]["geodesic"] == pytest.approx(8)
    assert figures["deviation_of_networks"]["raw"]["geodesic"] == pytest.approx(0, abs=1e-4)
    assert figures["ensemble"]["raw"]["geodesic"] < 1e-4


def test_a_network_costs_what_can_be_counted() -> None:
    class Plain(Known):
        def __init__(self) -> None:
            super().__init__(np.eye(3)[None])
            self.conv = nn.Conv2d(3, 5, 3, padding=1, bias=False)
            self.norm = nn.BatchNorm2d(5)

        def forward(self, images: Tensor) -> Tensor:
            self.norm(self.conv(images))
            return super().forward(images)

    plain = Plain()
    cost = cost_of(plain, [blank(plain.size)], plain.rotation)
    assert cost.parameters == 9 + 3 * 5 * 9 + 2 * 5
    assert cost.megabytes == pytest.approx(4 * (9 + 135 + 4 * 5) / 1e6)
    assert cost.million_multiply_adds == pytest.approx(135 * 64 * 64 / 1e6)
    assert cost.ms_per_image > 0 and cost.threads == 1


def test_the_command_writes_report_and_predictions(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = rotation_from_pitch_yaw_roll(np.radians([0.0, 4.0, 0.0]))
    networks = told(monkeypatch, large=Known(TRUE @ frame, side=96), small=Known(TRUE @ frame.T, side=64))
    out, predictions = tmp_path / "report", tmp_path / "out/pose.json"
    assert main(["evaluate", networks, f"data={folder}", f"out={out}", f"predictions={predictions}"]) == 0
    printed = capsys.readouterr().out
    assert "7 faces" in printed and f"left out: 1 {FAR}" in printed and "after one rotation of 4.00" in printed

    report = json.loads((out / "report.json").read_text())
    assert list(report["networks"]) == ["large", "small"], "in the order they were named, whatever their size"
    for one in report["networks"].values():
        assert one["raw"]["geodesic"] == pytest.approx(4) and one["offset_deg"] == pytest.approx(4)
        assert one["cost"]["parameters"] == 63 and sum(b["n"] for b in one["by_yaw"]) == 7
    assert report["ensemble"]["raw"]["mae"] < 1e-4 and report["ensemble"]["zeros"]["mae"] > 10
    assert report["about"]["pose"] == "sight" and report["about"]["networks"] == {"large": "fsanet", "small": "fsanet"}
    assert {path.name for path in out.iterdir()} == {
        *("report.json", "report.html", "angles.png", "scatter.png", "worst_best.png")
    }
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3 and "http" not in without_pictures(page)
    for what in (f"1 {FAR}", "ensemble", "zeros", "30 to 60: 3 faces", "<td>4.00</td>"):
        assert what in page

    stored = json.loads(predictions.read_text())
    assert list(stored) == [f"image{i:05d}" for i in range(7)]
    for one, rotation, (pitch, yaw, roll) in zip(stored.values(), TRUE, TURNS_DEG, strict=True):
        np.testing.assert_allclose(one["R"], rotation, atol=1e-6)
        np.testing.assert_allclose(one["yaw_pitch_roll_deg"], [yaw, pitch, roll], atol=1e-4)


def test_predictions_hold_rotations_of_whatever_was_predicted() -> None:
    stored = rotation_file(TRUE, tuple("abcdefg"))
    for one, rotation in zip(stored.values(), TRUE, strict=True):
        yaw, pitch, roll = one["yaw_pitch_roll_deg"]
        np.testing.assert_allclose(one["R"], rotation, atol=1e-12)
        np.testing.assert_allclose(rotation_from_pitch_yaw_roll(np.radians([pitch, yaw, roll])), rotation, atol=1e-9)


@pytest.mark.parametrize(
    ("networks", "arguments", "message"),
    [
        (("head", "eye"), [], "head tell the head pose and eye tell the gaze; measure one kind at a time"),
        (("head",), ["beside=shards"], "beside=shards: it is for networks of an eye's gaze"),
        (("head",), ["reader=mpiigaze"], "a network of head pose needs faces"),
        (("head",), ["reader=images"], "holds faces without a rotation"),
        (("eye",), [], "a gaze network needs eyes"),
        (("head",), ["labels.pose=sideways"], "labels.pose"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(
    networks: tuple[str, ...],
    arguments: list[str],
    message: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there: dict[str, nn.Module] = {"head": Known(TRUE), "eye": build("lenet", {})}
    named = told(monkeypatch, **{name: there[name] for name in networks})
    assert main(["evaluate", named, f"data={folder}", f"out={tmp_path / 'x'}", *arguments]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("name", "options"), [("fsanet", {"aggregation": "netvlad"}), ("ssrnet_md", {}), ("sixdrep", {})]
)
def test_networks_are_saved_and_loaded(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    torch.manual_seed(0)
    network = build_pose(name, options)
    network.train()
    images = torch.rand(4, 3, 64, 64)
    network(images)  # running means and variances are no longer the first ones
    save_network(tmp_path / "network.pt", network.eval(), name, options, {"seed": 3})
    loaded = load_network(tmp_path)
    assert isinstance(loaded.network, PoseNetwork) and loaded.name == name and not loaded.network.training
    for (key, value), (also, kept) in zip(
        [*network.named_parameters(), *network.named_buffers()],
        [*loaded.network.named_parameters(), *loaded.network.named_buffers()],
        strict=True,
    ):
        assert key == also and torch.equal(value, kept), key
    with torch.inference_mode():
        expected, found = (one.rotation(one(images)) for one in (network, loaded.network))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real pictures at {REAL}")
def test_an_untrained_network_on_real_faces(tmp_path: Path) -> None:
    (tmp_path / "faces").mkdir()
    for picture in sorted(REAL.glob("*.jpg"))[:10]:
        for path in (picture, picture.with_suffix(".mat")):
            (tmp_path / "faces" / path.name).symlink_to(path)
    torch.manual_seed(0)
    (tmp_path / "fsa").mkdir()
    save_network(tmp_path / "fsa" / "network.pt", build_pose("fsanet", {}), "fsanet", {}, {})
    out = tmp_path / "report"
    assert main(["evaluate", f"checkpoint={tmp_path / 'fsa'}", f"data={tmp_path / 'faces'}", f"out={out}"]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["faces"] + sum(report["left_out"].values()) == 10
    assert 0 < report["networks"]["fsa"]["raw"]["geodesic"] < 180
