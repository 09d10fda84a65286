"""Head-pose networks: shapes, published sizes, losses by hand, ideal outputs, eight heads by heart, gradients."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from synth.errors import ConfigError
from synth.geometry import rotation as numpy_rotation
from train.models.build import GAZE_NETWORKS, POSE_NETWORKS, build_pose
from train.models.pose import PoseNetwork
from train.models.pose.aggregation import squash
from train.models.pose.hopenet import classes
from train.models.pose.stagewise import Stage, soft_stagewise_deg
from train.rotations import geodesic_angle, rotation_from_pitch_yaw_roll

EVERY = [
    ("hopenet", {"depth": 18}),
    ("ssrnet_md", {}),
    ("sixdrep", {}),
    *(
        ("fsanet", {"scoring": scoring, "aggregation": aggregation})
        for scoring in ("1x1", "variance", "uniform")
        for aggregation in ("capsule", "netvlad", "none")
    ),
]
SMALL = {"hopenet": 32, "sixdrep": 32, "ssrnet_md": 64, "fsanet": 64}
"""Side of the smallest pictures that a network takes."""


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def megabytes(network: nn.Module) -> float:
    """Size of the file of weights: running means and variances are in it."""
    return sum(4 * v.numel() for name, v in network.state_dict().items() if "num_batches" not in name) / 1e6


def rotations_of(degrees: list[list[float]]) -> torch.Tensor:
    return rotation_from_pitch_yaw_roll(torch.deg2rad(torch.tensor(degrees)))


def heads(n: int, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures of noise and rotations of up to 40 degrees, nothing but something to remember."""
    generator = torch.Generator().manual_seed(0)
    degrees = torch.rand((n, 3), generator=generator) * 80 - 40
    return torch.rand((n, 3, side, side), generator=generator), rotation_from_pitch_yaw_roll(torch.deg2rad(degrees))


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_shapes_and_rotations(name: str, options: dict[str, object]) -> None:
    torch.manual_seed(0)
    network = build_pose(name, options).eval()
    images, truth = heads(2, SMALL[name])
    outputs = network(images)
    found = network.rotation(outputs)
    assert outputs.shape[0] == 2 and found.shape == (2, 3, 3)
    assert torch.allclose(found.mT @ found, torch.eye(3).expand(2, 3, 3), atol=1e-5)
    assert (torch.linalg.det(found) > 0).all()
    assert network.loss(outputs, truth).shape == ()
    assert network.size == ((64, 64) if SMALL[name] == 64 else (224, 224))
    torch.manual_seed(0)
    assert torch.equal(build_pose(name, options).eval()(images), outputs)  # the seed decides


@pytest.mark.parametrize("name", ["hopenet", "sixdrep"])
def test_another_side_is_another_picture_of_the_same_weights(name: str) -> None:
    small, large = (build_pose(name, {"depth": 18, "side": side}) for side in (64, 224))
    assert small.size == (64, 64) and large.size == (224, 224)
    assert small.state_dict().keys() == large.state_dict().keys()
    with pytest.raises(ConfigError, match="side=63: expected one of 224, 112, 64"):
        build_pose(name, {"side": 63})


def test_sizes_are_those_of_the_papers() -> None:
    # MB of the files of weights as FSA-Net's paper tabulates them, and others quote it: Hopenet 95.9, SSR-Net-MD 1.1,
    # FSA-Caps-Fusion 5.1.  Hopenet's file also holds an unused layer of 2051 x 3 weights; the two others were written
    # by Keras, with some tenths of MB for their groups and names.
    assert round(megabytes(build_pose("hopenet", {})) + 4 * 2052 * 3 / 1e6, 1) == 95.9
    assert 0.9 < megabytes(build_pose("ssrnet_md", {})) <= 1.1
    fusion = [build_pose("fsanet", {"scoring": scoring}) for scoring in ("1x1", "variance", "uniform")]
    assert 4.5 < sum(megabytes(network) for network in fusion) <= 5.1


def separable(before: int, after: int) -> int:
    """Return the parameters of a depthwise 3x3, a 1x1 and a batch normalisation."""
    return 9 * before + before * after + 2 * after


# Our own counts, layer by layer: no paper states those of SSR-Net-MD and FSA-Net.
PAIRS = [(3, 16), (16, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128)]
STREAMS = 2 * (sum(separable(*pair) for pair in PAIRS) + (128 + 64 + 32 + 3) * 64)
SSR_HEADS = sum(2 * (6 * (n + 1) + 3 * 7) + 9 * (n + 1) for n in (1024, 1024, 4096))
STRUCTURE = 65 * 5 * 192 + 193 * 7 * 5
FSA_HEADS = 3 * (2 * 3 * 5 + 9 * 9)


@pytest.mark.parametrize(
    ("name", "options", "wanted"),
    [
        ("hopenet", {}, 25_557_032 - 1000 * 2049 + 3 * 66 * 2049),
        ("sixdrep", {}, 11_689_512 - 1000 * 513 + 6 * 513),
        ("sixdrep", {"depth": 50}, 25_557_032 - 1000 * 2049 + 6 * 2049),
        ("ssrnet_md", {}, STREAMS + SSR_HEADS),
        ("fsanet", {}, STREAMS + 65 + STRUCTURE + 3 * 21 * 16 * 64 + FSA_HEADS),
        ("fsanet", {"scoring": "variance"}, STREAMS + STRUCTURE + 3 * 21 * 16 * 64 + FSA_HEADS),
        ("fsanet", {"scoring": "uniform"}, STREAMS + 3 * 192 * 16 * 64 + FSA_HEADS),
        ("fsanet", {"aggregation": "netvlad"}, STREAMS + 65 + STRUCTURE + 3 * 65 + 3 * 64 + 192 * 48 + FSA_HEADS),
        ("fsanet", {"aggregation": "none"}, STREAMS + 65 + STRUCTURE + 64 * 16 + 21 * 3 + FSA_HEADS),
    ],
)
def test_numbers_of_parameters(name: str, options: dict[str, object], wanted: int) -> None:
    assert parameters(build_pose(name, options)) == wanted


def test_loss_of_hopenet_by_hand() -> None:
    network = build_pose("hopenet", {"depth": 18, "alpha": 0.5})
    logits = torch.zeros(1, 3, 66)
    logits[0, 1, 40] = math.log(5.0)  # yaw: 5 of 70 for class 40, 1 of 70 for every other
    # pitch 10 is class 36, yaw 21 class 40, roll -99 class 0; flat logits expect (-99 + 96) / 2 = -1.5 degrees.
    entropy = math.log(66) + math.log(70 / 5) + math.log(66)
    yaw = (66 * -1.5 + 4 * 21) / 70
    squared = (10 + 1.5) ** 2 + (21 - yaw) ** 2 + (-98.99 + 1.5) ** 2
    found = network.loss(logits, rotations_of([[10.0, 21.01, -98.99]]))
    assert float(found) == pytest.approx(entropy + 0.5 * squared, rel=1e-3)
    assert classes(torch.tensor([-120.0, -99.0, -96.1, -96.0, 0.0, 98.9, 99.0, 170.0])).tolist() == [
        *(0, 0, 0, 1, 33, 65, 65, 65)
    ]


@pytest.mark.parametrize("name", ["ssrnet_md", "fsanet"])
def test_loss_in_degrees_by_hand(name: str) -> None:
    outputs = torch.tensor([[1.0, 2.0, 3.0], [0.0, 90.0, 0.0]])
    truth = rotations_of([[2.0, -2.0, 3.0], [-10.0, 95.0, 6.0]])
    assert float(build_pose(name, {}).loss(outputs, truth)) == pytest.approx((1 + 4 + 0 + 10 + 5 + 6) / 6, abs=1e-4)


def test_loss_of_sixdrep_by_hand() -> None:
    network = build_pose("sixdrep", {})
    outputs = torch.tensor([[2.0, 0.0, 0.0, 1.0, 3.0, 0.0]]).expand(2, 6)  # the identity, not yet orthonormal
    truth = rotations_of([[0.0, 30.0, 0.0], [0.0, 0.0, -90.0]])
    assert float(network.loss(outputs, truth)) == pytest.approx(math.radians(60), abs=1e-6)


def test_soft_stagewise_regression_by_hand() -> None:
    def stage(weights: list[float], shift: float, width: float) -> Stage:
        return Stage(torch.tensor([[weights] * 3]), torch.full((1, 3), shift), torch.full((1, 3), width))

    sharp = stage([0.0, 0.0, 1.0], 0.0, 0.0)
    assert torch.allclose(soft_stagewise_deg([sharp]), torch.tensor(33.0))
    assert torch.allclose(soft_stagewise_deg([sharp] * 3), torch.tensor(33.0 + 11.0 + 99 / 27))
    # Bins half as wide again, shifted by a quarter: (0.2 (-1 + 1/4) + 0.8 (1 + 1/4)) 99 / (3 (1 + 0.9 / 2)).
    moved = stage([0.2, 0.0, 0.8], 0.25, 0.5)
    first = 0.85 * 99 / 4.35
    assert torch.allclose(soft_stagewise_deg([moved]), torch.tensor(first))
    assert torch.allclose(soft_stagewise_deg([moved, sharp]), torch.tensor(first + 99 / 4.35 / 3))


def test_capsules_are_shorter_than_one() -> None:
    lengths = squash(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 100.0]])).norm(dim=1)
    assert torch.allclose(lengths, torch.tensor([0.0, 0.5, 1.0]), atol=1e-3)


@pytest.mark.parametrize("degrees", [[0.0, 0.0, 0.0], [12.0, -45.0, 33.0], [-60.0, 96.0, -3.0]])
def test_ideal_outputs_give_the_rotation(degrees: list[float]) -> None:
    wanted = torch.from_numpy(numpy_rotation.rotation_from_pitch_yaw_roll(np.radians(degrees))).float()[None]
    one_hot = nn.functional.one_hot(classes(torch.tensor([degrees])), 66).float()
    angles = torch.tensor([degrees])
    ideal = {
        "hopenet": one_hot * 100,
        "ssrnet_md": angles,
        "fsanet": angles,
        "sixdrep": wanted.mT[:, :2].flatten(1),
    }
    assert ideal.keys() == POSE_NETWORKS.keys()
    for name, outputs in ideal.items():
        network = build_pose(name, {})
        assert torch.allclose(network.rotation(outputs), wanted, atol=1e-5)
        if name != "hopenet" or degrees[0] == 0:
            assert float(network.loss(outputs, wanted)) < 1e-4


def test_an_untrained_sixdrep_sees_heads_facing_the_lens() -> None:
    torch.manual_seed(0)
    network = build_pose("sixdrep", {}).eval()
    images, _ = heads(4, 32)
    assert geodesic_angle(network.rotation(network(images)), torch.eye(3).expand(4, 3, 3)).max() < math.radians(30)


def learn(network: PoseNetwork, side: int, steps: int, rate: float) -> float:
    """Return the mean angle left on eight heads, degrees."""
    images, truth = heads(8, side)
    optimizer = torch.optim.Adam(network.train().parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        outputs = network(images)
        torch.autograd.backward(network.loss(outputs, truth))
        optimizer.step()
        schedule.step()
    return math.degrees(geodesic_angle(network.rotation(outputs.detach()), truth).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "steps", "rate"),
    [
        ("hopenet", {"depth": 18}, 25, 1e-3),
        ("sixdrep", {}, 25, 1e-3),
        ("ssrnet_md", {}, 60, 3e-3),
        ("fsanet", {}, 60, 1e-2),
        ("fsanet", {"scoring": "variance", "aggregation": "netvlad"}, 60, 1e-2),
        ("fsanet", {"scoring": "uniform", "aggregation": "none"}, 60, 1e-2),
    ],
)
def test_eight_heads_are_learnt_by_heart(name: str, options: dict[str, object], steps: int, rate: float) -> None:
    torch.manual_seed(0)
    assert learn(build_pose(name, options), SMALL[name], steps, rate) < 3.0


@pytest.mark.parametrize(("name", "options"), EVERY)
@pytest.mark.parametrize("degrees", [[0.0, 0.0, 0.0], [0.0, 0.0, 179.0], [179.0, 0.0, 0.0], [0.0, 179.0, 0.0]])
def test_gradients_are_finite(name: str, options: dict[str, object], degrees: list[float]) -> None:
    torch.manual_seed(0)
    network = build_pose(name, options)
    images, _ = heads(2, SMALL[name])
    torch.autograd.backward(network.loss(network(images), rotations_of([degrees] * 2)))
    gradients = {key: value.grad for key, value in network.named_parameters()}
    assert not [key for key, value in gradients.items() if value is None or not value.isfinite().all()]
    assert any(value.abs().max() > 0 for value in gradients.values() if value is not None)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("fsa_net", {}, "model.name=fsa_net: no such network; there are lenet"),
        ("lenet", {}, "model.name=lenet"),
        ("fsanet", {"scoring": "2x2"}, "model.scoring=2x2: expected one of 1x1, variance, uniform"),
        ("fsanet", {"aggregation": 3}, "model.aggregation=3: expected one of capsule, netvlad, none"),
        ("fsanet", {"scorings": "1x1"}, "did you mean scoring"),
        ("sixdrep", {"depth": 20}, "model.depth=20: expected one of 18, 34, 50"),
        ("sixdrep", {"depth": 18.0}, "model.depth=18.0: expected one of"),
        ("hopenet", {"alpha": -1.0}, "model.alpha=-1.0: expected float of at least 0"),
        ("ssrnet_md", {"depth": 18}, "ssrnet_md has no such option; there are none"),
    ],
)
def test_unknown_networks_and_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_pose(name, options)


def test_no_name_means_two_networks() -> None:
    assert not GAZE_NETWORKS.keys() & POSE_NETWORKS.keys()
