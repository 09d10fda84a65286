"""Networks of a face's gaze: shapes, sizes, losses and outputs by hand, eight faces by heart, gradients, refusals."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from adapt.face_gaze_batch import FaceGazeBatch
from adapt.gaze import angle_between
from adapt.screen import gaze_of_point
from synth.errors import ConfigError
from tests.adapt.test_face_gaze import screen_of
from train.models.build import FACE_GAZE_NETWORKS, GAZE_NETWORKS, POSE_NETWORKS, build
from train.models.face_gaze import FaceGazeNetwork
from train.models.face_gaze.itracker import ITracker, Tower
from train.models.face_gaze.l2cs import classes
from train.models.face_gaze.spanet import Stack
from train.models.hourglass import Hourglass
from train.tasks.face_gaze import predict

EVERY = [
    ("resgaze", {"depth": 18, "side": 64}),
    ("l2cs", {"depth": 18, "side": 64}),
    ("itracker", {"side": 64}),
    ("spanet", {"stacks": 2, "channels": 16, "side": 64}),
]


def made(name: str, options: dict[str, object]) -> FaceGazeNetwork:
    torch.manual_seed(0)
    network = build(name, options)
    assert isinstance(network, FaceGazeNetwork)
    return network


def faces(n: int, side: int = 64) -> FaceGazeBatch:
    """Return pictures of noise that look somewhere, nothing but something to remember; no head is known."""
    rng = np.random.default_rng(0)
    screen = screen_of(n, rng)
    return FaceGazeBatch(
        images_u8=torch.from_numpy(rng.integers(0, 256, (n, side, side, 3), dtype=np.uint8)),
        head_pitch_yaw_rad=torch.full((n, 2), math.nan),
        gaze_pitch_yaw_rad=gaze_of_point(screen.point_cm, screen),
        keys=tuple(map(str, range(n))),
        screen=screen,
    )


def looking(*gazes_deg: tuple[float, float]) -> FaceGazeBatch:
    gaze = torch.deg2rad(torch.tensor(gazes_deg))
    return FaceGazeBatch(torch.zeros((len(gaze), 64, 64, 3), dtype=torch.uint8), gaze, gaze, ("",) * len(gaze))


def test_every_network_is_here_and_no_name_means_two() -> None:
    assert {name for name, _ in EVERY} == FACE_GAZE_NETWORKS.keys()
    assert not FACE_GAZE_NETWORKS.keys() & (GAZE_NETWORKS.keys() | POSE_NETWORKS.keys())


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_shapes_and_gazes(name: str, options: dict[str, object]) -> None:
    batch = faces(2)
    network = made(name, options).eval()
    outputs = network(*network.inputs(batch))
    assert network.side == 64 and outputs.shape[0] == 2
    assert network.gaze(outputs, batch).shape == (2, 2) and network.loss(outputs, batch).shape == ()
    again = made(name, options).eval()
    assert torch.equal(again(*again.inputs(batch)), outputs)  # the seed decides
    # What is predicted depends on no label.
    assert torch.equal(predict(network, looking_nowhere(batch)), network.gaze(outputs, batch))
    assert network.on_screen is (name == "itracker")


def looking_nowhere(batch: FaceGazeBatch) -> FaceGazeBatch:
    assert batch.screen is not None
    kept = vars(batch.screen) | {"point_cm": torch.full_like(batch.screen.point_cm, math.nan)}
    nowhere = torch.full_like(batch.gaze_pitch_yaw_rad, math.nan)
    return FaceGazeBatch(batch.images_u8, nowhere, nowhere, batch.keys, type(batch.screen)(**kept))


def linear(before: int, after: int) -> int:
    return (before + 1) * after


def convolution(before: int, after: int, side: int, groups: int = 1) -> int:
    return before // groups * after * side**2 + after


TOWER = convolution(3, 96, 11) + convolution(96, 256, 5, 2) + convolution(256, 384, 3) + convolution(384, 64, 1)
DENSE = (linear(2 * 9216, 128), linear(9216, 128), linear(128, 64), linear(625, 256), linear(256, 128))


def residual(before: int, after: int) -> int:
    """Return the parameters of a pre-activated bottleneck: three normalisations, 1x1, 3x3, 1x1, and the way past."""
    half = after // 2
    normalisations = 2 * before + 2 * half + 2 * half
    inside = normalisations + convolution(before, half, 1) + convolution(half, half, 3) + convolution(half, after, 1)
    return inside + (0 if before == after else convolution(before, after, 1))


def stack(c: int) -> int:
    """Return the parameters of one stack: an hourglass of three levels, features, weights, regressor."""
    hourglass = 10 * residual(c, c)
    features = residual(c, c) + convolution(c, c, 1) + 2 * c
    weights = 2 * convolution(c, c, 1) + convolution(c, 1, 1)
    return hourglass + features + weights + linear(49 * c, 256) + linear(256, 2)


STEM = convolution(3, 32, 7) + 2 * 32 + residual(32, 64) + residual(64, 64)


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        # ResNet-50 as torchvision counts it, without its 1000 classes.
        ("resgaze", {}, 25_557_032 - 1000 * 2049 + 2 * 2049),
        ("resgaze", {"depth": 34}, 21_797_672 - 1000 * 513 + 2 * 513),
        ("l2cs", {}, 25_557_032 - 1000 * 2049 + 2 * 90 * 2049),
        # Figure 5's layers: towers of eyes and face, the dense layers, and the two that join them.
        ("itracker", {}, 2 * TOWER + sum(DENSE) + linear(320, 128) + linear(128, 2)),
        ("spanet", {}, STEM + 2 * stack(64) + convolution(64, 64, 1)),
        ("spanet", {"stacks": 3}, STEM + 3 * stack(64) + 2 * convolution(64, 64, 1)),
    ],
)
def test_numbers_of_parameters(name: str, options: dict[str, object], wanted: int) -> None:
    assert sum(p.numel() for p in build(name, options).parameters()) == wanted


@pytest.mark.parametrize("side", [224, 112, 64])
def test_a_tower_knows_how_much_it_says(side: int) -> None:
    tower = Tower(side)
    assert tower(torch.zeros(1, 3, side, side)).shape == (1, tower.cells)
    assert side != 224 or tower.cells == 12 * 12 * 64


def test_both_eyes_go_through_one_tower() -> None:
    network, batch = made("itracker", {"side": 64}).eval(), faces(2)
    assert isinstance(network, ITracker)
    face, left, right, grid = network.inputs(batch)
    swapped = network(face, right, left, grid)
    first = network.fc_eyes[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():
        first.weight.copy_(torch.cat(first.weight.chunk(2, dim=1)[::-1], dim=1))
    torch.testing.assert_close(network(face, left, right, grid), swapped)


def test_loss_of_l2cs_by_hand() -> None:
    network = made("l2cs", {"depth": 18, "alpha": 0.5})
    logits = torch.zeros(1, 2, 90)
    logits[0, 1, 50] = math.log(5.0)  # yaw: 5 of 94 for class 50, 1 of 94 for every other
    # pitch -8 is class 43, yaw 21 class 50, which stands for 20; flat logits expect -180 + 4 * 44.5 = -2 degrees.
    yaw = (90 * -2 + 4 * 20) / 94
    entropy = math.log(90) + math.log(94 / 5)
    squared = (-8 + 2) ** 2 + (21 - yaw) ** 2
    found = network.loss(logits, looking((-7.999, 21.0)))
    assert float(found) == pytest.approx(entropy + 0.5 * squared, rel=1e-3)
    assert classes(torch.tensor([-181.0, -180.0, -176.1, -176.0, 0.0, 179.9, 180.0])).tolist() == [
        0,
        0,
        0,
        1,
        45,
        89,
        89,
    ]


def test_losses_of_radians_by_hand() -> None:
    batch = looking((10.0, -20.0), (0.0, 5.0))
    outputs = torch.deg2rad(torch.tensor([[11.0, -22.0], [0.0, 8.0]]))
    by_hand = math.radians((1 + 2 + 0 + 3) / 4)
    assert float(made("resgaze", {"depth": 18}).loss(outputs, batch)) == pytest.approx(by_hand, rel=1e-5)
    stacked = torch.stack([outputs, batch.gaze_pitch_yaw_rad], dim=1)  # the first stack is wrong, the second right
    network = made("spanet", {})
    assert float(network.loss(stacked, batch)) == pytest.approx(by_hand / 2, rel=1e-5)
    assert torch.equal(network.gaze(stacked, batch), batch.gaze_pitch_yaw_rad)


def test_loss_of_itracker_by_hand() -> None:
    network, batch = made("itracker", {"side": 64}), faces(2)
    assert batch.screen is not None
    off = batch.screen.point_cm + torch.tensor([[3.0, 4.0], [0.0, -2.0]])
    assert float(network.loss(off, batch)) == pytest.approx((25 + 4) / 2, rel=1e-4)
    torch.testing.assert_close(network.gaze(batch.screen.point_cm, batch), batch.gaze_pitch_yaw_rad)


@pytest.mark.parametrize("degrees", [(0.0, 0.0), (-32.0, 88.0), (16.0, -120.0)])
def test_ideal_classes_give_the_angles(degrees: tuple[float, float]) -> None:
    batch = looking(degrees)
    one_hot = nn.functional.one_hot(classes(torch.tensor([degrees]) + 0.01), 90).float()
    network = made("l2cs", {"depth": 18})
    assert torch.allclose(network.gaze(100 * one_hot, batch), batch.gaze_pitch_yaw_rad, atol=1e-5)


def test_an_hourglass_keeps_any_size() -> None:
    hourglass = Hourglass(16, 3).eval()
    for height, width in ((8, 8), (28, 28), (9, 15)):
        assert hourglass(torch.rand(1, 16, height, width)).shape == (1, 16, height, width)


def test_what_the_weights_hide_is_not_seen() -> None:
    torch.manual_seed(0)
    one = Stack(16).eval()
    last = one.weights[4]
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    x = torch.rand(2, 16, 16, 16)
    gaze, weights, weighted = one(x)
    assert weights.shape == (2, 1, 16, 16) and not torch.allclose(gaze[0], gaze[1], atol=1e-6)
    torch.testing.assert_close(weighted, weights * one.features(one.hourglass(x)))
    with torch.no_grad():
        nn.init.zeros_(last.weight)
        last.bias.fill_(-1.0)
    gaze, weights, weighted = one(x)
    assert weights.abs().max() == 0 and weighted.abs().max() == 0 and torch.equal(gaze[0], gaze[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "side", "steps", "rate"),
    [
        ("resgaze", {"depth": 18}, 32, 20, 3e-4),
        ("l2cs", {"depth": 18}, 32, 20, 1e-3),
        ("itracker", {"side": 64}, 64, 40, 2e-3),
        ("spanet", {"stacks": 1, "channels": 16}, 64, 40, 3e-3),
    ],
)
def test_eight_faces_are_learnt_by_heart(
    name: str, options: dict[str, object], side: int, steps: int, rate: float
) -> None:
    network, batch = made(name, options).train(), faces(8, side)
    optimizer = torch.optim.Adam(network.parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        outputs = network(*network.inputs(batch))
        torch.autograd.backward(network.loss(outputs, batch))
        optimizer.step()
        schedule.step()
    left = angle_between(network.gaze(outputs.detach(), batch), batch.gaze_pitch_yaw_rad).rad2deg().mean()
    of_the_mean = batch.gaze_pitch_yaw_rad.mean(0).expand(8, 2)
    assert left < 3.0 < angle_between(of_the_mean, batch.gaze_pitch_yaw_rad).rad2deg().mean() / 3


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_gradients_reach_every_weight(name: str, options: dict[str, object]) -> None:
    network, batch = made(name, options), faces(2)
    torch.autograd.backward(network.loss(network(*network.inputs(batch)), batch))
    gradients = {key: value.grad for key, value in network.named_parameters()}
    assert not [key for key, value in gradients.items() if value is None or not value.isfinite().all()]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("resgaze", {"depth": 20}, "model.depth=20: expected one of 18, 34, 50"),
        ("l2cs", {"alpha": -1.0}, "model.alpha=-1.0: expected float of at least 0"),
        ("itracker", {"side": 100}, "model.side=100: expected one of 224, 112, 64"),
        ("itracker", {"depth": 18}, "itracker has no such option"),
        ("spanet", {"channels": 7}, "model.channels=7: expected one of 16"),
        ("spanet", {"stacks": 0}, "model.stacks=0: expected one of 1"),
    ],
)
def test_unknown_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)
