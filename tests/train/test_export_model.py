"""`canthus export-model`: one network of each kind through onnxruntime, by its own readers, and what is refused."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from synth.commands.cli import main
from synth.errors import ProjectError
from train import onnx_file
from train.checkpoint import load_network, save_network
from train.kinds import Exported
from train.kinds.known import kind_of
from train.models.build import build
from train.models.eye import Reading
from train.models.face_landmarks import FaceReading
from train.models.pose import PoseNetwork
from train.onnx_file import onnx_bytes


def save(path: Path, name: str, options: dict[str, object]) -> None:
    torch.manual_seed(2)
    network = build(name, options).train()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0  # one look, and outputs depend on what is seen
    network(*kind_of(name).exported(network, 8, torch.Generator().manual_seed(0)).inputs.values())
    save_network(path, network, name, options, {})


@pytest.mark.parametrize(
    ("name", "options", "shapes", "outputs"),
    [
        ("resnet_preact", {"channels": 4}, {"images": (1, 36, 60), "head_pitch_yaw": (2,)}, ["gaze_pitch_yaw"]),
        ("ssrnet_md", {}, {"images": (3, 64, 64)}, ["cam_from_head"]),
        (
            "elg",
            {"modules": 1, "channels": 2},
            {"images": (1, 90, 150)},
            ["gaze_pitch_yaw", "landmarks_px", "radius_px"],
        ),
        (
            "attention_mesh",
            {"channels": 4, "side": 64},
            {"images": (3, 64, 64)},
            ["landmarks_px", "depth_px", "face_probability"],
        ),
        (
            "itracker",
            {"side": 64},
            {"faces": (3, 64, 64), "left": (3, 64, 64), "right": (3, 64, 64), "grid": (25, 25)},
            ["point_cm"],
        ),
    ],
)
def test_onnxruntime_says_what_torch_says(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    options: dict[str, object],
    shapes: dict[str, tuple[int, ...]],
    outputs: list[str],
) -> None:
    save(tmp_path / "network.pt", name, options)
    assert main(["export-model", f"checkpoint={tmp_path}", f"out={tmp_path / 'new/model.onnx'}"]) == 0
    told = capsys.readouterr()
    assert told.err == "" and len(told.out.splitlines()) == 1 and "differs from torch by" in told.out
    path = tmp_path / "new" / "model.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model)
    assert model.doc_string.startswith(f"{name}. {next(iter(shapes))}")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {one.name: tuple(one.shape) for one in session.get_inputs()} == {
        key: ("batch", *shape) for key, shape in shapes.items()
    }
    network = load_network(tmp_path).network
    rng = np.random.default_rng(3)
    for n in (1, 3):
        given = {key: rng.uniform(0, 1, (n, *shape)).astype(np.float32) for key, shape in shapes.items()}
        found = session.run(outputs, given)
        with torch.inference_mode():
            told = network(*map(torch.from_numpy, given.values()))
        if isinstance(told, Reading):
            expected = [told.gaze_pitch_yaw_rad, told.landmarks_px, told.radius_px]
        elif isinstance(told, FaceReading):
            expected = [told.points_px, told.depth_px, told.face.sigmoid()]
        else:
            expected = [network.rotation(told) if isinstance(network, PoseNetwork) else told]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other.numpy(), rtol=1e-4, atol=1e-5)
        assert np.ptp(found[0], axis=0).max() > 1e-4 or n == 1  # it does look at the pictures


def test_what_differs_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Two(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

    def example(n: int) -> Exported:
        return Exported(Two(), {"x": torch.full((n, 3), 0.5)}, ("y",), "numbers")

    content, apart = onnx_bytes(example, "two")
    assert apart == 0 and content
    exact = onnx_file.torch_outputs
    monkeypatch.setattr(onnx_file, "torch_outputs", lambda one: [y + np.float32(2e-4) for y in exact(one)])
    with pytest.raises(ProjectError, match=r"two: onnxruntime is 0\.0002 away from torch"):
        onnx_bytes(example, "two")
    monkeypatch.setattr(onnx_file, "torch_outputs", lambda one: [y * np.float32(np.nan) for y in exact(one)])
    with pytest.raises(ProjectError, match="nan away"):
        onnx_bytes(example, "two")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["checkpoint={tmp}/none", "out={tmp}/a.onnx"], "none: there is no such file"),
        (["checkpoint={tmp}", "out={tmp}/a.pt"], "a.pt: name a file that ends in .onnx"),
        (["checkpoint={tmp}", "out={tmp}/a.onnx", "seed=-1"], "seed=-1: at least 0"),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export-model", *(word.format(tmp=tmp_path) for word in words)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
