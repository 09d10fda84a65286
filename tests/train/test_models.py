"""Every network: shapes, the head pose as an input, options that are refused, and learning eight eyes by heart."""

from collections.abc import Callable

import pytest
import torch

from adapt.batch import Batch
from adapt.equalise import to_network
from synth.errors import ConfigError
from train.measure.gaze_metrics import errors_deg
from train.models.build import GAZE_NETWORKS, build


@pytest.mark.parametrize("name", GAZE_NETWORKS)
@pytest.mark.parametrize("head_pose", [True, False])
def test_shapes_and_the_head_pose(name: str, head_pose: bool) -> None:
    torch.manual_seed(0)
    network = build(name, {"head_pose": head_pose}).eval()
    images = torch.rand(3, 1, 36, 60)
    found = network(images, torch.zeros(3, 2))
    assert found.shape == (3, 2)
    assert found.abs().max() < 1  # an untrained network looks about straight ahead
    turned = network(images, torch.ones(3, 2))
    assert torch.equal(found, turned) is not head_pose


def test_the_published_width_of_resnet_preact() -> None:
    network = build("resnet_preact", {})
    maps = network.stages(network.stem(torch.zeros(1, 1, 36, 60)))
    assert maps.shape == (1, 64, 9, 15)
    assert network.gaze.linear.in_features == 64 + 2


@pytest.mark.parametrize("options", [{"stem_stride": 2, "pool_rows": 3, "pool_columns": 5, "channels": 8}])
def test_a_coarse_grid_of_averages(options: dict[str, int]) -> None:
    network = build("resnet_preact", options).eval()
    assert network(torch.rand(2, 1, 36, 60), torch.zeros(2, 2)).shape == (2, 2)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lenett", {}, "model.name=lenett"),
        ("lenet", {"dropot": 0.1}, "did you mean dropout"),
        ("lenet", {"dropout": "much"}, "model.dropout=much: expected float"),
        ("gazenet", {"channels": -3}, "model.channels=-3"),
        ("gazenet", {"head_pose": 1}, "model.head_pose=1: expected bool"),
        ("gazenet_v2", {"batch_norm": False}, "model.batch_norm"),
    ],
)
def test_unknown_networks_and_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)


@pytest.mark.parametrize("name", ["lenet", "gazenet_v2", "resnet_preact"])
def test_eight_eyes_are_learnt_by_heart(name: str, draw_eyes: Callable[..., Batch]) -> None:
    torch.manual_seed(0)
    eyes = draw_eyes(8)
    options = {"stem_stride": 2, "pool_rows": 3, "pool_columns": 5} if name == "resnet_preact" else {"dropout": 0.0}
    network = build(name, options).train()
    steps = 150
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    images = to_network(eyes.images_u8)
    for _ in range(steps):
        optimizer.zero_grad()
        predicted = network(images, eyes.head_pitch_yaw_rad)
        torch.autograd.backward((predicted - eyes.gaze_pitch_yaw_rad).abs().mean())
        optimizer.step()
        schedule.step()
    assert errors_deg(predicted.detach().numpy(), eyes.gaze_pitch_yaw_rad.numpy()).mean() < 1.0
