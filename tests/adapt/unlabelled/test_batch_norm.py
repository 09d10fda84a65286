"""New batch statistics against means and variances taken by hand, layer by layer."""

import numpy as np
import torch
from torch import nn

from adapt.unlabelled.batch_norm import normalisers, reestimate


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.BatchNorm2d(2),
        nn.Conv2d(2, 3, 3),
        nn.Dropout(0.5),
        nn.BatchNorm2d(3, momentum=0.3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(12, 4),
        nn.BatchNorm1d(4),
    )


def by_hand(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and unbiased variance of each channel, and x normalised by the mean and the biased variance."""
    axes = (0, *range(2, x.ndim))
    mean, shape = x.mean(axis=axes), (1, -1, *[1] * (x.ndim - 2))
    normalised = (x - mean.reshape(shape)) / np.sqrt(x.var(axis=axes).reshape(shape) + 1e-5)
    return mean, x.var(axis=axes, ddof=0) * x[:, 0].size / (x[:, 0].size - 1), normalised


def test_one_batch_gives_its_own_statistics_layer_by_layer() -> None:
    one, x = network(), torch.randn(6, 2, 4, 4) * 3 + 5
    reestimate(one, [x], one)
    first, second, third = normalisers(one)
    mean, variance, x1 = by_hand(x.numpy())
    np.testing.assert_allclose(first.running_mean.numpy(), mean, rtol=1e-5)  # type: ignore[union-attr]
    np.testing.assert_allclose(first.running_var.numpy(), variance, rtol=1e-5)  # type: ignore[union-attr]
    with torch.no_grad():
        x2 = one[1](torch.from_numpy(x1.astype(np.float32))).numpy()  # no dropout
        mean, variance, x3 = by_hand(x2)
        np.testing.assert_allclose(second.running_mean.numpy(), mean, atol=1e-6)  # type: ignore[union-attr]
        np.testing.assert_allclose(second.running_var.numpy(), variance, rtol=1e-4)  # type: ignore[union-attr]
        x4 = one[6](torch.from_numpy(np.maximum(x3, 0).reshape(6, 12).astype(np.float32))).numpy()
    np.testing.assert_allclose(third.running_var.numpy(), by_hand(x4)[1], rtol=1e-4)  # type: ignore[union-attr]
    assert [layer.momentum for layer in (first, second, third)] == [0.1, 0.3, 0.1]
    assert not any(module.training for module in one.modules())


def test_of_several_batches_every_one_counts_the_same_and_nothing_before_them() -> None:
    one, batches = network(), [torch.randn(4, 2, 4, 4) + i for i in range(3)]
    weights = {name: value.clone() for name, value in one.named_parameters()}
    one.train()(torch.randn(8, 2, 4, 4) * 100)
    reestimate(one, batches, one)
    means = [by_hand(batch.numpy())[0] for batch in batches]
    first = normalisers(one)[0]
    np.testing.assert_allclose(first.running_mean.numpy(), np.mean(means, axis=0), rtol=1e-5)  # type: ignore[union-attr]
    assert all(torch.equal(value, weights[name]) for name, value in one.named_parameters())
    again = network()
    reestimate(again, batches, again)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in one.state_dict().items())
