"""Losses of attributes and of identity against hand computations, and the rule of adaptive weights."""

import math

import numpy as np
import pytest
import torch

from train.models.people.attribute_losses import adaptive_weights, domain_weights, losses_of, mean_losses
from train.models.people.identity_losses import ArcFace, Center, Contrastive, Softmax

LOG = math.log


def test_losses_of_attributes_by_hand() -> None:
    outputs = torch.tensor([[0.0, LOG(3.0), -2.0], [LOG(3.0), 5.0, 1.0]])
    truth = torch.tensor([[1, 1, 0], [0, -1, 1]], dtype=torch.int8)
    found = losses_of(outputs, truth, "equal")
    wanted = [LOG(2), LOG(4 / 3), LOG(1 + math.exp(-2))], [LOG(4), None, LOG(1 + math.exp(-1))]
    for row, values in zip(found.tolist(), wanted, strict=True):
        for value, by_hand in zip(row, values, strict=True):
            assert by_hand is None or value == pytest.approx(by_hand, rel=1e-5)
    assert torch.equal(found, losses_of(outputs, truth, "adaptive"))
    squares = losses_of(outputs, truth, "moon")
    assert squares[0].tolist() == pytest.approx([1.0, (LOG(3) - 1) ** 2, 1.0], rel=1e-5)
    assert squares[1, [0, 2]].tolist() == pytest.approx([(LOG(3) + 1) ** 2, 0.0], rel=1e-5)
    # The second attribute is known of one picture only, and that one counts whole.
    mean = mean_losses(squares, truth)
    assert mean.tolist() == pytest.approx([(1 + (LOG(3) + 1) ** 2) / 2, (LOG(3) - 1) ** 2, 0.5], rel=1e-5)
    weighed = mean_losses(squares, truth, torch.tensor([[0.5, 0.5, 0.5], [2.0, 2.0, 2.0]]))
    assert weighed[0] == pytest.approx((2 + 0.5 * (LOG(3) + 1) ** 2) / 2, rel=1e-5)
    assert mean_losses(squares[1:], truth[1:])[1] == 0  # known of nobody


def test_weights_of_a_domain_give_the_source_its_shares() -> None:
    true = torch.tensor([0.1, 0.5, 0.8, 0.3])
    for target in (0.5, 0.2):
        false_weighs, true_weighs = domain_weights(true, target)
        share = true * true_weighs / (true * true_weighs + (1 - true) * false_weighs)
        torch.testing.assert_close(share, torch.full((4,), target))
        assert torch.equal(torch.maximum(false_weighs, true_weighs), torch.ones(4))
    # Of an attribute that is true of a tenth, each picture without it weighs a ninth.
    assert domain_weights(true, 0.5)[0, 0] == pytest.approx(1 / 9)


def test_adaptive_weights_by_hand() -> None:
    before = torch.tensor([0.6, 0.5, 9.0, 0.2])
    now = torch.tensor([0.4, 0.5, 1.0, 0.25])
    learnt = torch.tensor([True, True, False, True])
    # Trends 0.5, 0, 0.2: over their mean 7/30. Losses 0.4, 0.5, 0.25: over their mean 23/60.
    raw = np.array([0.5 / (7 / 30) * 0.4 / (23 / 60), 0.0, 0.2 / (7 / 30) * 0.25 / (23 / 60)])
    found = adaptive_weights(before, now, learnt)
    np.testing.assert_allclose(found[learnt], raw / raw.mean(), rtol=1e-5)
    assert found[~learnt].tolist() == [0.0] and found[learnt].mean() == pytest.approx(1.0)
    still = adaptive_weights(now, now, learnt)
    assert still.tolist() == [1.0, 1.0, 0.0, 1.0]


def test_softmax_and_center_by_hand() -> None:
    embedding, person = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]), torch.tensor([0, 1, 0])
    plain, center = Softmax(2, 2), Center(2, 2, pull=0.1, pace=0.5)
    for made in (plain, center):
        with torch.no_grad():
            made.dense.weight.copy_(torch.eye(2))
            made.dense.bias.zero_()
    softmax = (LOG(1 + math.exp(-1)) + LOG(1 + math.exp(-2)) + LOG(1 + math.exp(-3))) / 3
    assert plain(embedding, person).item() == pytest.approx(softmax, rel=1e-5)
    # Centres begin at the origin: squared distances 1, 4, 9.
    assert center(embedding, person).item() == pytest.approx(softmax + 0.05 * 14 / 3, rel=1e-5)
    # Of person 0: half of (1 + 3) / (1 + 2); of person 1: half of 2 / (1 + 1).
    torch.testing.assert_close(center.centers, torch.tensor([[2 / 3, 0.0], [0.0, 0.5]]))
    again = center(embedding, person)
    squares = (1 / 3) ** 2 + 1.5**2 + (7 / 3) ** 2
    assert again.item() == pytest.approx(softmax + 0.05 * squares / 3, rel=1e-5)


def test_arcface_turns_the_true_angle() -> None:
    made = ArcFace(2, 2, scale=4.0, margin=0.3)
    with torch.no_grad():
        made.vectors.copy_(torch.tensor([[2.0, 0.0], [0.0, 5.0]]))  # lengths do not matter
    angles = torch.tensor([0.2, 1.0])
    embedding = 3 * torch.stack([angles.cos(), angles.sin()], dim=1)

    def slow(angle: float) -> float:
        true, other = 4 * math.cos(angle + 0.3), 4 * math.sin(angle)
        return LOG(math.exp(true) + math.exp(other)) - true

    wanted = (slow(0.2) + slow(1.0)) / 2
    assert made(embedding, torch.tensor([0, 0])).item() == pytest.approx(wanted, rel=1e-5)
    # Beyond pi - m the true cosine goes on falling; the other person's vector is at right angles to all of these.
    with torch.no_grad():
        aside = ArcFace(3, 2, scale=4.0, margin=0.3)
        aside.vectors.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    far = torch.tensor([math.pi - 0.4, math.pi - 0.31, math.pi - 0.29, math.pi - 0.1, math.pi])
    turned = torch.stack([far.cos(), far.sin(), torch.zeros(5)], dim=1)
    losses = [aside(one[None], torch.tensor([0])).item() for one in turned]
    assert losses == sorted(losses) and losses[0] == pytest.approx(LOG(1 + math.exp(-4 * math.cos(math.pi - 0.1))))
    at = torch.tensor([[1.0, 0.0]], requires_grad=True)
    made(at, torch.tensor([0])).backward()
    assert at.grad is not None and at.grad.isfinite().all()


def test_contrastive_by_a_slow_loop() -> None:
    generator = torch.Generator().manual_seed(0)
    embedding = torch.randn(6, 3, generator=generator)
    embedding[1] = 2 * embedding[0]  # the same direction: no distance, and no NaN behind the root
    embedding.requires_grad_()
    person = torch.tensor([0, 1, 0, 1, 2, 2])
    found = Contrastive(1.2)(embedding, person)
    direction = (embedding / embedding.norm(dim=1, keepdim=True)).detach()
    same, different = [], []
    for i in range(6):
        for j in range(i + 1, 6):
            distance = float((direction[i] - direction[j]).norm())
            if person[i] == person[j]:
                same.append(distance**2 / 2)
            else:
                different.append(max(0.0, 1.2 - distance) ** 2 / 2)
    assert found.item() == pytest.approx(np.mean(same) + np.mean(different), rel=1e-3)
    found.backward()
    assert embedding.grad is not None and embedding.grad.isfinite().all()
    alone = Contrastive(1.0)(embedding[:1], person[:1])
    assert alone.item() == 0
