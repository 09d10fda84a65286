"""Figures of attributes and of identity against hand computations and slow loops."""

import numpy as np
import pytest

from synth.label.celeba import ATTRIBUTES
from synth.seeds import rng
from train.measure.attribute_metrics import attribute_score
from train.measure.identity_metrics import (
    Pairs,
    area,
    best_threshold,
    by_folds,
    identity_score,
    rank1,
    roc,
    similarities,
    tar_at,
    whole_people,
)


def test_attributes_by_hand() -> None:
    truth = np.zeros((5, 40), dtype=np.int8)
    told = np.full((5, 40), 0.1)
    learnt = np.zeros(40, dtype=bool)
    learnt[[0, 1, 2, 3]] = True
    truth[:, 0], told[:, 0] = [1, 1, 1, 1, 0], [0.9, 0.8, 0.6, 0.2, 0.7]  # 3 of 4, 0 of 1
    truth[:, 1], told[:, 1] = [1, -1, 0, 0, -1], [0.9, 0.0, 0.1, 0.6, 0.0]  # 1 of 1, 1 of 2
    truth[:, 2] = [0, 0, 0, -1, -1]  # the same of everybody who is known
    truth[:, 3] = -1
    truth[0, 4] = 1  # varies, and was never learnt
    found = attribute_score(told, truth, learnt)
    assert list(found.attributes) == list(ATTRIBUTES[:2])
    first, second = found.attributes.values()
    assert (first.n, first.true, first.accuracy, first.balanced, first.majority) == (5, 80.0, 60.0, 37.5, 80.0)
    assert (second.n, second.accuracy, second.balanced) == (3, pytest.approx(200 / 3), 75.0)
    assert found.constant == list(ATTRIBUTES[2:4]) and found.not_learnt == list(ATTRIBUTES[4:])
    plain = found.to_json()
    assert plain["accuracy"] == pytest.approx((60 + 200 / 3) / 2) and plain["majority"] == pytest.approx(
        (80 + 200 / 3) / 2
    )
    assert attribute_score(told, truth, ~learnt & False).to_json()["accuracy"] is None


def test_a_guess_that_never_looks_is_the_majority_and_half() -> None:
    draw = np.random.default_rng(0)
    truth = (draw.random((300, 40)) < draw.random(40)).astype(np.int8)
    guess = np.repeat(truth.mean(axis=0, keepdims=True), 300, axis=0)
    found = attribute_score(guess, truth, np.ones(40, dtype=bool))
    assert found.mean("accuracy") == pytest.approx(found.mean("majority"))
    assert found.mean("balanced") == pytest.approx(50)


def drawn(people: int, seed: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings about a middle for each of some people, who have one to five pictures."""
    draw = np.random.default_rng(seed)
    who = draw.permutation(np.repeat(np.arange(people) * 3 + 1, draw.integers(1, 6, people)))
    middles = draw.normal(size=(3 * people + 1, 6))
    return middles[who] + spread * draw.normal(size=(len(who), 6)), who


def test_roc_against_a_slow_loop() -> None:
    embeddings, who = drawn(14, 0, 0.9)
    pairs = similarities(embeddings, who)
    same, different = [], []
    for i in range(len(who)):
        for j in range(i + 1, len(who)):
            a, b = embeddings[i], embeddings[j]
            (same if who[i] == who[j] else different).append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    np.testing.assert_allclose(np.sort(pairs.same), np.sort(same))
    np.testing.assert_allclose(np.sort(pairs.different), np.sort(different))
    wins = np.mean([(s > d) + 0.5 * (s == d) for s in same for d in different])
    assert area(pairs) == pytest.approx(100 * wins)
    for far in (0.1, 0.01, 1 / len(different)):
        best = 0.0
        for threshold in [*different, max(different) + 1e-9]:
            if np.mean(np.array(different) > threshold) <= far:
                best = max(best, float(np.mean(np.array(same) > threshold)))
        assert tar_at(pairs, far) == pytest.approx(100 * best)
    assert tar_at(pairs, 0.9 / len(different)) is None
    fars, tars = roc(pairs)
    assert fars[-1] == 1 and tars[-1] == 1 and (np.diff(fars) > 0).all() and (np.diff(tars) >= 0).all()
    for place in (0, len(fars) // 2):
        assert 100 * tars[place] == pytest.approx(tar_at(pairs, fars[place]))


def test_thresholds_against_all_that_there_are() -> None:
    draw = np.random.default_rng(3)
    for _ in range(30):
        cosine, same = draw.integers(0, 6, 12) / 5, draw.random(12) < 0.5
        found = ((cosine > best_threshold(cosine, same)) == same).mean()
        assert found == max(((cosine > t) == same).mean() for t in (-1, *np.unique(cosine)))


def test_rank_1_against_a_slow_loop() -> None:
    embeddings, who = drawn(15, 1, 1.2)
    found = rank1(embeddings, who)
    assert list(found) == ["1", "10", "14"]
    # Among all others the order of distractors does not matter, only which picture of each is in the gallery.
    direction = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    names = np.unique(who)
    draw = rng(0, 0, "rank 1")
    gallery = {name: draw.choice(np.flatnonzero(who == name)) for name in names}
    order = draw.permutation(len(names))
    for n in (1, 10, 14):
        hits = []
        for row in range(len(who)):
            if row in gallery.values():
                continue
            own = direction[row] @ direction[gallery[who[row]]]
            others = [names[place] for place in order if names[place] != who[row]][:n]
            hits.append(all(own > direction[row] @ direction[gallery[other]] for other in others))
        assert found[str(n)] == pytest.approx(100 * np.mean(hits))
    assert found["1"] >= found["10"] >= found["14"]


def test_what_tells_nobody_apart_is_right_by_chance() -> None:
    _, who = drawn(40, 2, 0.0)
    found = identity_score(np.ones((len(who), 4)), who)
    assert found.auc == pytest.approx(50) and found.accuracy == pytest.approx(50) and not any(found.rank1.values())
    assert found.folds is not None and found.folds.folds == 10
    exact, who = drawn(40, 2, 1e-6)
    found = identity_score(exact, who)
    assert found.accuracy == 100 and found.auc == 100 and set(found.rank1.values()) == {100.0}
    assert set(found.tar.values()) == {100.0} and found.same + found.different == len(who) * (len(who) - 1) // 2


def test_folds_share_nobody_and_few_people_make_few_folds() -> None:
    embeddings, who = drawn(12, 4, 0.5)
    several = sum((who == name).sum() > 1 for name in np.unique(who))
    found = by_folds(embeddings, who)
    assert found.folds == several // 2 and 50 <= found.accuracy <= 100
    # Two people with two pictures each: one fold, two pairs of one person, two of the four of two.
    two = by_folds(np.eye(2)[[0, 0, 1, 1]], np.array([4, 4, 7, 7]))
    assert (two.folds, two.pairs, two.accuracy, two.deviation) == (1, 4, 100.0, 0.0)
    nobody = identity_score(np.eye(3), np.array([0, 1, 2]))
    assert nobody.accuracy is None and nobody.auc is None and not nobody.rank1 and nobody.different == 3


def test_people_are_taken_whole() -> None:
    who = np.repeat(np.arange(10), 4)
    rows = whole_people(who, 18)
    assert len(rows) == 16 and (np.unique(who[rows], return_counts=True)[1] == 4).all()
    assert len(whole_people(who, 3)) == 4 and len(whole_people(who, 40)) == 40


def test_a_pair_that_is_as_near_is_not_accepted() -> None:
    pairs = Pairs(np.array([0.9, 0.5, 0.5]), np.array([0.5, 0.5, 0.1, 0.0]))
    assert tar_at(pairs, 0.25) == pytest.approx(100 / 3)
    assert area(pairs) == pytest.approx(100 * (4 + 3 + 3) / 12)
