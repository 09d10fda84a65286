"""FSA-Net's parts, and SSR-Net-MD's, against second readings of their formulas, in loops."""

import numpy as np
import torch

from train.models.build import build_pose
from train.models.pose.aggregation import Capsules, NetVLAD
from train.models.pose.fsanet import Structure
from train.models.pose.stagewise import TwoStreams


def features(groups: int) -> torch.Tensor:
    return torch.rand((2, groups, 64), generator=torch.Generator().manual_seed(0))


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def linear(layer: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    weights, bias = (p.detach().double().numpy() for p in layer.parameters())
    return weights.reshape(weights.shape[:2]) @ x + bias


def test_capsules_route_twice() -> None:
    torch.manual_seed(0)
    layer, u = Capsules(21), features(21)
    found = layer(u).detach().numpy()
    w = layer.transform.detach().double().numpy()
    for b in range(2):
        votes = [[w[j, i] @ u[b, i].double().numpy() for i in range(21)] for j in range(3)]
        agreement = np.zeros((3, 21))
        for _ in range(2):
            capsules = []
            for j in range(3):
                s = sum(softmax(agreement[:, i])[j] * votes[j][i] for i in range(21))
                length = np.linalg.norm(s)
                capsules.append(length**2 / (1 + length**2) * s / length)
            agreement += [[votes[j][i] @ capsules[j] for i in range(21)] for j in range(3)]
        assert np.abs(found[b] - capsules).max() < 1e-5


def test_netvlad_sums_residuals() -> None:
    torch.manual_seed(0)
    layer, x = NetVLAD(21), features(21)
    found = layer(x).detach().numpy()
    centres = layer.centres.detach().double().numpy()
    for b in range(2):
        sums = np.zeros((3, 64))
        for i in range(21):
            one = x[b, i].double().numpy()
            share = softmax(linear(layer.assign, one))
            for k in range(3):
                sums[k] += share[k] * (one - centres[k])
        sums /= np.linalg.norm(sums, axis=1, keepdims=True)
        descriptor = sums.ravel() / np.linalg.norm(sums)
        wanted = layer.reduce.weight.detach().double().numpy() @ descriptor
        assert np.abs(found[b] - wanted.reshape(3, 16)).max() < 1e-5


def test_representatives_are_weighted_means_of_places() -> None:
    torch.manual_seed(0)
    for scoring in ("1x1", "variance"):
        layer = Structure(scoring).double()
        maps = [torch.rand(1, 64, 8, 8, dtype=torch.float64) for _ in range(3)]
        found = layer(maps).detach().numpy()[0]
        flat = [stage[0].numpy().reshape(64, 64) for stage in maps]  # channels x places
        if layer.score is None:
            scores = [((stage - stage.mean(axis=0)) ** 2).mean(axis=0) for stage in flat]
        else:
            scores = [sigmoid(linear(layer.score, stage))[0] for stage in flat]
        c = sigmoid(linear(layer.columns, np.concatenate(scores))).reshape(7, 5)
        for k, score in enumerate(scores):
            structure = c @ sigmoid(linear(layer.rows, score)).reshape(5, 192)
            for r in range(7):
                weights = structure[r] / structure[r].sum()
                wanted = sum(weights[64 * t + i] * flat[t][:, i] for t in range(3) for i in range(64))
                assert np.abs(found[7 * k + r] - wanted).max() < 1e-12


def test_streams_hand_on_maps_of_three_depths() -> None:
    torch.manual_seed(0)
    maps = TwoStreams()(torch.rand(2, 3, 64, 64))
    assert [relu.shape[1:] for relu, _ in maps] == [(64, 8, 8), (64, 8, 8), (64, 16, 16)]
    for relu, tanh in maps:
        assert relu.shape == tanh.shape
        assert relu.min() == 0 and tanh.min() < 0 and tanh.abs().max() <= 1


def quarters(maps: torch.Tensor) -> torch.Tensor:
    """Return the two-by-two squares of maps, each in the last axis."""
    return maps.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)


def test_streams_meet_in_products() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 3, 64, 64)
    seen: list[torch.Tensor] = []
    ssrnet = build_pose("ssrnet_md", {}).eval()
    for i in range(3):
        ssrnet.get_submodule(f"heads.{i}").register_forward_hook(lambda module, given, result: seen.append(given[0]))
    ssrnet(images)
    # SSR-Net pools both streams, each in its own way, then multiplies.
    for given, (relu, tanh) in zip(seen, ssrnet.get_submodule("streams")(images), strict=True):
        assert torch.allclose(given, (quarters(relu).mean(-1) * quarters(tanh).amax(-1)).flatten(1), atol=1e-6)
    fsanet = build_pose("fsanet", {}).eval()
    fsanet.get_submodule("structure").register_forward_hook(lambda module, given, result: seen.extend(given[0]))
    fsanet(images)
    # FSA-Net multiplies, then brings the third to 8x8.
    products = [relu * tanh for relu, tanh in fsanet.get_submodule("streams")(images)]
    for given, wanted in zip(seen[3:], [*products[:2], quarters(products[2]).mean(-1)], strict=True):
        assert torch.allclose(given, wanted, atol=1e-6)


def test_without_scores_all_places_are_aggregated() -> None:
    network = build_pose("fsanet", {"scoring": "uniform"})
    assert network.get_submodule("aggregation").get_parameter("transform").shape == (3, 192, 16, 64)
    assert not [name for name in network.state_dict() if name.startswith("structure")]
