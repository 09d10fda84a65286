"""Reversed gradients against gradients taken apart, schedules against closed forms, and what hiding looks like."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from adapt.unlabelled.reversal import DomainClassifier, domain_accuracy, domain_loss, reversed_gradient
from adapt.unlabelled.schedules import consistency_weight, reversal_strength


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tests share the machine."""
    torch.set_num_threads(1)


def test_features_learn_against_the_classifier_and_it_learns_in_earnest() -> None:
    torch.manual_seed(0)
    extractor, last, classifier = nn.Linear(5, 4), nn.Linear(4, 2), DomainClassifier(4, 3)
    pictures, truth, strength = torch.randn(7, 5), torch.randn(3, 2), 0.3
    features = extractor(pictures)  # three rendered, four real
    task_loss = functional.l1_loss(last(features[:3]), truth)
    realness = classifier(features)
    sides = domain_loss(realness[:3], realness[3:])
    weights = [*extractor.parameters()]
    of_task = torch.autograd.grad(task_loss, weights, retain_graph=True)
    of_sides = torch.autograd.grad(sides, [*weights, *classifier.parameters()])

    features = extractor(pictures)
    realness = classifier(reversed_gradient(features, strength))
    (functional.l1_loss(last(features[:3]), truth) + domain_loss(realness[:3], realness[3:])).backward()  # type: ignore[no-untyped-call]
    for weight, task, side in zip(weights, of_task, of_sides, strict=False):
        assert weight.grad is not None
        torch.testing.assert_close(weight.grad, task - strength * side)  # eq. 13 of Ganin et al. 2016
    for weight, side in zip(classifier.parameters(), of_sides[2:], strict=True):
        torch.testing.assert_close(weight.grad, side)  # eq. 15


def test_the_classifiers_loss_is_its_cross_entropy_with_both_sides_the_same_weight() -> None:
    rendered, real = torch.tensor([0.5, -1.0, 2.0]), torch.tensor([3.0])
    chance = [1 / (1 + math.exp(-x)) for x in (0.5, -1.0, 2.0, 3.0)]
    by_hand = (-sum(math.log(1 - p) for p in chance[:3]) / 3 - math.log(chance[3])) / 2
    assert float(domain_loss(rendered, real)) == pytest.approx(by_hand, rel=1e-6)
    assert float(domain_accuracy(rendered, real)) == pytest.approx((1 / 3 + 1) / 2)
    assert float(domain_loss(torch.zeros(9), torch.zeros(2))) == pytest.approx(math.log(2))


def test_both_schedules_rise_as_published() -> None:
    for progress in (0.0, 0.1, 0.5, 1.0):
        # 2 / (1 + exp(-x)) - 1 is tanh(x / 2)
        assert reversal_strength(progress, 10) == pytest.approx(math.tanh(5 * progress))
    assert consistency_weight(0.0, 0.4) == pytest.approx(math.exp(-5))
    assert consistency_weight(0.2, 0.4) == pytest.approx(math.exp(-5 / 4))
    assert consistency_weight(0.4, 0.4) == consistency_weight(0.9, 0.4) == consistency_weight(0.0, 0.0) == 1


@pytest.mark.parametrize(("strength", "low", "high"), [(0.0, 0.95, 1.05), (3.0, -0.5, 0.5)])
def test_features_hide_what_tells_the_sides_apart(strength: float, low: float, high: float) -> None:
    """The truth is told by both numbers, the side by the second alone, which a feature had therefore better not use.

    Left alone it weighs both the same, as the truth does.
    """
    torch.manual_seed(0)
    x = torch.randn(80, 2) * torch.tensor([1.0, 0.3])
    x[40:, 1] += 1.5
    truth = x.sum(dim=1, keepdim=True)[:40]
    extractor, last, classifier = nn.Linear(2, 1, bias=False), nn.Linear(1, 1), DomainClassifier(1, 8)
    with torch.no_grad():
        extractor.weight.copy_(torch.tensor([[0.3, 2.0]]))
    optimizer = torch.optim.Adam([*extractor.parameters(), *last.parameters(), *classifier.parameters()], lr=0.03)
    for _ in range(120):
        features = extractor(x)
        realness = classifier(reversed_gradient(features, strength))
        told = functional.l1_loss(last(features[:40]), truth)
        optimizer.zero_grad()
        (told + domain_loss(realness[:40], realness[40:])).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    of_first, of_second = extractor.weight.detach()[0].tolist()
    assert low <= of_second / of_first <= high
