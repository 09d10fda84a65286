"""Features: what a network's last layer is given, histograms by their sums, and a scale without units."""

import numpy as np
import pytest
import torch

from adapt.equalise import to_network
from tests.train.conftest import DrawEyes
from train.gap.features import Scale, hog_features, network_features, texture_features
from train.models.build import GAZE_NETWORKS


@pytest.mark.parametrize("name", ["lenet", "resnet_preact", "gazenet"])
def test_network_features_are_what_the_last_layer_makes_gaze_of(name: str, draw_eyes: DrawEyes) -> None:
    torch.manual_seed(0)
    network, eyes = GAZE_NETWORKS[name]().eval(), draw_eyes(3)
    features = torch.from_numpy(network_features(network, eyes.images_u8)).float()
    with torch.no_grad():
        again = network.gaze.linear(torch.cat([features, eyes.head_pitch_yaw_rad], 1))
        told = network(to_network(eyes.images_u8), eyes.head_pitch_yaw_rad)
    assert torch.allclose(again, told, atol=1e-5)
    assert not network.gaze.features._forward_hooks, "nobody listens on"


def test_histograms_count_what_there_is(draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(2).images_u8
    hog, texture = hog_features(eyes), texture_features(eyes)
    assert hog.shape == (2, 1620) and texture.shape == (2, 150)
    assert (texture**2).reshape(2, 15, 10).sum(axis=2) == pytest.approx(np.ones((2, 15)))
    # Light and contrast are no features: both are equalised first.
    assert texture_features((eyes // 2) + 40) == pytest.approx(texture, abs=0.2)
    flipped = hog_features(eyes.flip(2))
    assert not np.allclose(flipped, hog, atol=0.1) and flipped.sum(axis=1) == pytest.approx(hog.sum(axis=1), rel=0.01)


def test_a_scale_has_no_unit_and_counts_sets_alike() -> None:
    rng = np.random.default_rng(0)
    few, many = rng.normal([1, 5, 0], [1, 3, 0], (10, 3)), rng.normal([3, 5, 0], [1, 3, 0], (1000, 3))
    scale = Scale.of(few, many)
    assert scale.mean == pytest.approx((few.mean(0) + many.mean(0)) / 2)
    assert np.mean([(scale(one) ** 2).mean() for one in (few, many)]) == pytest.approx(1)
    assert Scale.of(7 * few, 7 * many)(7 * few) == pytest.approx(scale(few))
