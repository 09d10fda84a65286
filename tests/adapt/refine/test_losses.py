"""Losses of a refiner against hand computations and slow loops."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from adapt.refine.adversarial import Adversary, accuracy, discriminator_loss, r1_penalty, refiner_loss
from adapt.refine.discriminator import PatchDiscriminator
from adapt.refine.keeping import Keep, SelfRegularisation
from adapt.refine.patch_nce import PLACES, TEMPERATURE, PatchNCE, at, contrast
from adapt.refine.residual import ResidualRefiner

REAL = torch.tensor([[[2.0, -1.0]]])  # one picture of two patches
REFINED = torch.tensor([[[0.5, -3.0]], [[0.0, 0.0]]])


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_cross_entropy_is_that_of_a_softmax_of_two() -> None:
    # The published discriminator gives two numbers a patch; only their difference counts.
    logits = torch.tensor([[1.5, -0.5], [0.2, 1.2]])  # of real, of refined: realness 2 and -1
    by_softmax = -torch.log_softmax(logits, dim=1)[:, 0].mean() - torch.log_softmax(logits, dim=1)[:, 1].mean()
    assert float(discriminator_loss(REAL, REAL, Adversary.cross_entropy)) == pytest.approx(float(by_softmax))
    by_hand = np.mean([math.log(1 + math.exp(-s)) for s in (0.5, -3, 0, 0)])
    assert float(refiner_loss(REFINED, Adversary.cross_entropy)) == pytest.approx(by_hand)


def test_least_squares_and_hinge_by_hand() -> None:
    assert float(discriminator_loss(REAL, REFINED, Adversary.least_squares)) == pytest.approx(
        ((1 + 4) / 2 + (0.25 + 9) / 4) / 2
    )
    assert float(refiner_loss(REFINED, Adversary.least_squares)) == pytest.approx((0.25 + 16 + 1 + 1) / 4)
    assert float(discriminator_loss(REAL, REFINED, Adversary.hinge)) == pytest.approx((0 + 2) / 2 + (1.5 + 0 + 2) / 4)
    assert float(refiner_loss(REFINED, Adversary.hinge)) == pytest.approx(2.5 / 4)


@pytest.mark.parametrize("adversary", Adversary)
def test_both_learn_in_the_right_direction(adversary: Adversary) -> None:
    real, refined = torch.zeros(1, 1, 1, requires_grad=True), torch.zeros(1, 1, 1, requires_grad=True)
    discriminator_loss(real, refined, adversary).backward()
    assert float(real.grad) < 0 <= float(refined.grad)  # type: ignore[arg-type]
    assert float(refined.grad) > 0 or adversary is Adversary.least_squares  # whose label of refined is 0
    judged = torch.zeros(1, 1, 1, requires_grad=True)
    refiner_loss(judged, adversary).backward()
    assert float(judged.grad) < 0  # type: ignore[arg-type]


def test_who_is_right() -> None:
    assert float(accuracy(REAL, REFINED, Adversary.hinge)) == pytest.approx((1 / 2 + 3 / 4) / 2)
    assert float(accuracy(REAL, REFINED, Adversary.least_squares)) == pytest.approx((1 / 2 + 4 / 4) / 2)


def test_r1_of_a_discriminator_whose_gradient_is_known() -> None:
    # Patches of 2x2 pixels that do not overlap: s = 3 x_00 - 4 x_01, so every patch has a gradient of length 5.
    real = torch.rand(2, 1, 4, 6, requires_grad=True)
    realness = 3 * real[:, 0, ::2, ::2] - 4 * real[:, 0, ::2, 1::2]
    assert float(r1_penalty(realness, real)) == pytest.approx(25)
    # Quadratic: s = x_00^2, gradient 2 x_00, and its own gradient reaches the pictures.
    realness = real[:, 0, ::2, ::2].square()
    penalty = r1_penalty(realness, real)
    assert float(penalty.detach()) == pytest.approx(float(4 * realness.detach().mean()))
    (second,) = torch.autograd.grad(penalty, real)
    expected = torch.zeros_like(real)
    expected[:, :, ::2, ::2] = 8 * real[:, :, ::2, ::2] / realness.numel()
    torch.testing.assert_close(second, expected)


def test_r1_teaches_the_discriminator() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(1, 6, spectral=True)
    real = torch.rand(2, 1, 8, 12, requires_grad=True)
    r1_penalty(discriminator(real), real).backward()
    assert all(one.grad is not None for name, one in discriminator.named_parameters() if "original" in name)


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        # One picture of two channels, 1x3 px; differences (1, 0, 0) and (-1, 2, 0).
        (Keep.identity, 4 / 6),
        (Keep.channel_mean, (0 + 1 + 0) / 3),
        (Keep.gradient, (1 + 0 + 3 + 2) / 4),
        (Keep.shading, (1 + 0 + 9 + 4) / 4),
    ],
)
def test_self_regularisation_by_hand(keep: Keep, expected: float) -> None:
    rendered = torch.tensor([[[[0.0, 0.5, 1.0]], [[0.0, 0.0, 0.0]]]])
    refined = rendered + torch.tensor([[[[1.0, 0.0, 0.0]], [[-1.0, 2.0, 0.0]]]])
    loss = SelfRegularisation(keep)(ResidualRefiner(2, 2, 1), rendered, refined, rendered, generator())
    assert float(loss) == pytest.approx(expected)


@pytest.mark.parametrize(("keep", "power"), [(Keep.gradient, 1), (Keep.shading, 2)])
def test_self_regularisation_of_gradients_against_a_loop_and_an_even_shift(keep: Keep, power: int) -> None:
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, 2, 3, 5, 4)).astype(np.float32)
    keeping, refiner = SelfRegularisation(keep), ResidualRefiner(3, 2, 1)
    total, count = 0.0, 0
    for b, c, i, j in np.ndindex(before.shape):
        for di, dj in ((0, 1), (1, 0)):
            if i + di < 5 and j + dj < 4:
                slopes = [one[b, c, i + di, j + dj] - one[b, c, i, j] for one in (before, after)]
                total, count = total + abs(slopes[1] - slopes[0]) ** power, count + 1
    x, y = torch.from_numpy(before), torch.from_numpy(after)
    assert float(keeping(refiner, x, y, x, generator())) == pytest.approx(total / count, rel=1e-5)
    assert float(keeping(refiner, x, x + 0.5, x, generator())) == pytest.approx(0, abs=1e-6)


def test_contrast_against_a_loop() -> None:
    rng = np.random.default_rng(1)
    q, k = rng.normal(size=(2, 2, 5, 3))
    losses = []
    for b, s in np.ndindex(2, 5):
        by_place = [math.exp(q[b, s] @ k[b, t] / TEMPERATURE) for t in range(5)]
        losses.append(-math.log(by_place[s] / sum(by_place)))
    found = contrast(torch.from_numpy(q).float(), torch.from_numpy(k).float())
    assert float(found) == pytest.approx(np.mean(losses), rel=1e-4)


def test_contrast_of_places_that_cannot_be_told_apart_is_a_guess() -> None:
    same = torch.ones(3, 7, 4) / 2
    assert float(contrast(same, same)) == pytest.approx(math.log(7))
    apart = torch.eye(7).expand(3, 7, 7)
    assert float(contrast(apart, apart)) < 1e-4


def test_places_are_counted_row_by_row() -> None:
    features = torch.arange(12.0).reshape(1, 2, 2, 3)
    assert at(features, torch.tensor([4, 0])).tolist() == [[[4.0, 10.0], [0.0, 6.0]]]


def test_patch_nce_prefers_the_same_picture_and_trains_both() -> None:
    torch.manual_seed(0)
    refiner = ResidualRefiner(1, 4, 1)
    keeping = PatchNCE(refiner)
    assert PLACES < 12 * 20
    rendered, real = torch.rand(2, 2, 1, 12, 20) * 2 - 1
    mixed = rendered.flip(3)
    same = keeping.compared(refiner, rendered, rendered, generator())
    other = keeping.compared(refiner, rendered, mixed, generator())
    assert same < other
    keeping(refiner, rendered, refiner(rendered), real, generator()).backward()
    learnt = [*refiner.named_parameters(), *keeping.named_parameters()]
    assert not [name for name, one in learnt if one.grad is None or not (one.grad.any() or "bias" in name)]


def test_patch_nce_passes_no_gradient_through_what_was_before() -> None:
    torch.manual_seed(0)
    refiner = ResidualRefiner(1, 4, 1)
    keeping = PatchNCE(refiner)
    before = torch.rand(1, 1, 8, 8, requires_grad=True)
    after = nn.Parameter(torch.rand(1, 1, 8, 8))
    keeping.compared(refiner, before, after, generator()).backward()
    assert before.grad is None and after.grad is not None and bool(after.grad.any())
