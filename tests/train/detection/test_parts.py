"""Parts of detectors against slow second implementations and sums by hand: overlaps, anchors, codes, matches, NMS."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.train.detection.scenery import faces_of
from train.models.detection.anchors import Level, anchors
from train.models.detection.box_coding import decode, decode_points, encode, encode_points
from train.models.detection.boxes import centred, clipped, corners, covered, iou
from train.models.detection.dense import flat
from train.models.detection.matching import match
from train.models.detection.mining import focal, hard_negatives, hardest
from train.models.detection.nms import blended, suppressed
from train.models.detection.roi_align import roi_align


def random_boxes(n: int, seed: int, side: float = 100.0) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    corner, size = rng.uniform(0, 0.7 * side, (n, 2)), rng.uniform(2, 0.4 * side, (n, 2))
    return torch.from_numpy(np.concatenate([corner, corner + size], axis=1)).float()


def slow_iou(a: list[float], b: list[float]) -> float:
    width = max(min(a[2], b[2]) - max(a[0], b[0]), 0)
    height = max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return width * height / (sum(areas) - width * height)


def slow_nms(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> list[list[int]]:
    """Return, of each box that stays, the boxes that it removes, itself first."""
    left, groups = [i for i in range(len(boxes)) if scores[i] > 0], []
    while left:
        groups.append(
            [i for i in left if i == left[0] or slow_iou(boxes[left[0]].tolist(), boxes[i].tolist()) > threshold]
        )
        left = [i for i in left if i not in groups[-1]]
    return groups


def test_overlaps_are_those_of_a_loop() -> None:
    first, second = random_boxes(7, 0), random_boxes(9, 1)
    found = iou(first, second)
    for i, j in itertools.product(range(7), range(9)):
        assert float(found[i, j]) == pytest.approx(slow_iou(first[i].tolist(), second[j].tolist()), abs=1e-6)
    nothing = torch.zeros(1, 4)
    assert torch.equal(iou(nothing, nothing), torch.zeros(1, 1))
    assert float(covered(torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([[1.0, 0, 9, 2]]))) == 6 / 16
    assert clipped(torch.tensor([[-3.0, 2, 9, 30]]), 8, 20).tolist() == [[0, 2, 8, 20]]
    assert torch.allclose(corners(centred(first)), first, atol=1e-5)


def test_anchors_lie_in_the_middle_of_cells_row_by_row() -> None:
    found = anchors([(2, 3), (1, 1)], [Level(8, (10.0, 20.0)), Level(16, (40.0,))])
    assert found.shape == (2 * 3 * 2 + 1, 4)
    assert found[:4].tolist() == [[4, 4, 10, 10], [4, 4, 20, 20], [12, 4, 10, 10], [12, 4, 20, 20]]
    assert found[6].tolist() == [4, 12, 10, 10] and found[-1].tolist() == [8, 8, 40, 40]


def test_codes_by_hand_and_back() -> None:
    anchor = torch.tensor([[50.0, 40, 20, 10]])
    box = torch.tensor([[46.0, 35, 66, 55]])  # middle 56, 45; 20 x 20
    told = encode(box, anchor)
    assert told[0].tolist() == pytest.approx([6 / 2, 5 / 1, 0.0, math.log(2) / 0.2], abs=1e-5)
    assert torch.allclose(decode(told, anchor), box, atol=1e-4)
    points = torch.tensor([[[52.0, 40], [50, 41], [48, 40], [50, 39], [60, 45]]])
    assert encode_points(points, anchor)[0, [0, 1, 4]].flatten().tolist() == pytest.approx([1, 0, 0, 1, 5, 5])
    assert torch.allclose(decode_points(encode_points(points, anchor), anchor), points)
    assert torch.isfinite(decode(torch.full((1, 4), 1e6), anchor)).all()


def test_matches_by_hand() -> None:
    faces = faces_of(
        [[0, 0, 10, 10], [20, 20, 24, 24], [40, 40, 60, 60], [0, 0, 0, 0]],
        [True, True, False, False],
        [False, False, True, False],
    )
    boxes = torch.tensor(
        [
            [0.0, 0, 10, 10],  # the first face
            [0, 0, 10, 18],  # IoU 10/18: positive too
            [0, 0, 10, 25],  # IoU 0.4: neither
            [15, 15, 35, 35],  # IoU 0.04 with the second face, whose best box it is
            [16, 16, 46, 46],  # nothing, a sixteenth under the ignored box
            [42, 42, 50, 50],  # within the ignored box
        ]
    )
    found = match(boxes[None], faces, 0.5, 0.35)
    assert found.positive[0].tolist() == [True, True, False, True, False, False]
    assert found.face[0, [0, 1, 3]].tolist() == [0, 0, 1]
    assert found.negative[0].tolist() == [False, False, False, False, True, False]
    unforced = match(boxes[None], faces, 0.5, 0.35, forced=False)
    assert unforced.positive[0].tolist() == [True, True, False, False, False, False]
    nobody = match(boxes[None], faces_of([[0, 0, 0, 0]], [False], [False]), 0.5, 0.35)
    assert not nobody.positive.any() and nobody.negative.all()


@pytest.mark.parametrize("seed", range(6))
def test_matches_are_those_of_a_loop(seed: int) -> None:
    truth, boxes = random_boxes(5, seed), random_boxes(60, seed + 100)
    wanted = [True, True, False, True, True]
    found = match(boxes[None], faces_of(truth.tolist(), wanted, [False] * 5), 0.4, 0.2)
    owners = {}
    for face in (0, 1, 3, 4):
        overlap = [slow_iou(box, truth[face].tolist()) for box in boxes.tolist()]
        owners[int(np.argmax(overlap))] = face
    for row, box in enumerate(boxes.tolist()):
        overlap = [slow_iou(box, one) if asked else -1.0 for one, asked in zip(truth.tolist(), wanted, strict=True)]
        face = owners.get(row, int(np.argmax(overlap)))
        positive = row in owners or max(overlap) >= 0.4
        assert bool(found.positive[0, row]) is positive and (not positive or int(found.face[0, row]) == face)
        assert bool(found.negative[0, row]) is (not positive and max(overlap) < 0.2)


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6])
def test_suppression_is_that_of_the_loop(threshold: float) -> None:
    boxes = torch.stack([random_boxes(80, seed) for seed in range(3)])
    scores = torch.rand((3, 80), generator=torch.Generator().manual_seed(0)).sort(descending=True).values
    scores[1, 50:], scores[2] = 0, 0
    found = suppressed(boxes, scores, threshold)
    mixed, points, of = blended(boxes, boxes[..., None, :2].repeat(1, 1, 5, 1), scores, threshold)
    assert torch.equal(of, found)
    for row in range(3):
        groups = slow_nms(boxes[row], scores[row], threshold)
        assert torch.nonzero(found[row]).flatten().tolist() == [group[0] for group in groups]
        for group in groups:
            weights = scores[row, group] / scores[row, group].sum()
            mean = (weights[:, None] * boxes[row, group]).sum(0)
            assert torch.allclose(mixed[row, group[0]], mean, atol=1e-4)
            assert torch.allclose(points[row, group[0], 3], mean[:2], atol=1e-4)


def test_a_chain_of_boxes_is_followed_to_its_end() -> None:
    """Each box overlaps the next: every second one stays, which takes as many rounds as there are boxes."""
    at = 4.0 * torch.arange(40)
    boxes = torch.stack([at, 0 * at, at + 10, 0 * at + 10], dim=1)
    scores = torch.linspace(1, 0.1, 40)
    assert suppressed(boxes[None], scores[None], 0.4)[0].gt(0).tolist() == [i % 2 == 0 for i in range(40)]


def test_the_hardest_negatives_of_each_picture() -> None:
    losses = torch.tensor([[0.9, 5.0, 0.2, 3.0, 1.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    positive = torch.tensor([[True, False, False, False, False, False], [False] * 6])
    negative = torch.tensor([[False, False, True, True, True, True], [True] * 6])
    found = hard_negatives(losses, positive, negative, ratio=3.0, least=2)
    assert found.tolist() == [[False, False, False, True, True, True], [False, False, False, False, True, True]]
    chosen = torch.tensor([True, True, True, False, True])
    assert hardest(torch.tensor([1.0, 3.0, 2.0, 9.0, 4.0]), chosen, 0.5).tolist() == [False, True, False, False, True]
    assert not hardest(torch.ones(2), torch.tensor([False, False]), 0.7).any()


def test_focal_loss_by_hand() -> None:
    logits = torch.tensor([[math.log(3.0), math.log(3.0), -2.0]])  # p = 3/4, 3/4, 0.1192
    found = focal(logits, torch.tensor([[True, False, False]]))
    p = 1 / (1 + math.exp(2))
    wanted = [-0.25 * 0.25**2 * math.log(0.75), -0.75 * 0.75**2 * math.log(0.25), -0.75 * p**2 * math.log(1 - p)]
    assert found[0].tolist() == pytest.approx(wanted, rel=1e-5)


class Exported(nn.Module):
    """What two-stage and dense detectors do to maps of a batch."""

    def forward(self, maps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        return flat(maps, 2), roi_align([maps], [4], boxes, 2)


def test_an_exported_program_takes_any_number_of_pictures() -> None:
    def given(n: int) -> tuple[Tensor, Tensor]:
        generator = torch.Generator().manual_seed(n)
        return torch.rand(n, 4, 5, 6, generator=generator), 20 * torch.rand(n, 3, 4, generator=generator).cumsum(2)

    any_number = torch.export.Dim("batch")
    program = torch.export.export(Exported(), given(2), dynamic_shapes=({0: any_number}, {0: any_number})).module()
    for found, wanted in zip(program(*given(5)), Exported()(*given(5)), strict=True):
        assert torch.equal(found, wanted)
