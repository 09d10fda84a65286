"""RoIAlign against a slow reading of Mask R-CNN's section 3, look by look, its gradient, and the choice of a level."""

import math

import pytest
import torch

from train.models.detection.roi_align import levels_of, roi_align


def slow_piece(maps: list[torch.Tensor], strides: list[int], box: list[float], size: int, samples: int) -> torch.Tensor:
    """Return (c, size, size) of one picture's maps (c, h, w)."""
    x0, y0, x1, y1 = box
    k = math.floor(4 + math.log2(math.sqrt((x1 - x0) * (y1 - y0)) / 224))
    level = min(max(k - int(math.log2(strides[0])), 0), len(maps) - 1)
    plane, stride = maps[level].double(), strides[level]
    height, width = plane.shape[1:]
    piece = torch.zeros(len(plane), size, size, dtype=torch.float64)
    for row in range(size):
        for column in range(size):
            for i in range(samples):
                for j in range(samples):
                    y = (y0 + (row + (i + 0.5) / samples) * (y1 - y0) / size) / stride - 0.5
                    x = (x0 + (column + (j + 0.5) / samples) * (x1 - x0) / size) / stride - 0.5
                    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
                    top, left = min(int(y), height - 2) if height > 1 else 0, min(int(x), width - 2)
                    v, u = y - top, x - left
                    low, high = min(top + 1, height - 1), min(left + 1, width - 1)
                    looked = (1 - v) * ((1 - u) * plane[:, top, left] + u * plane[:, top, high])
                    looked = looked + v * ((1 - u) * plane[:, low, left] + u * plane[:, low, high])
                    piece[:, row, column] += looked / samples**2
    return piece


@pytest.mark.parametrize(("size", "samples"), [(3, 2), (7, 1)])
def test_pieces_are_those_of_the_slow_reading(size: int, samples: int) -> None:
    generator = torch.Generator().manual_seed(0)
    strides = [4, 8, 16]
    maps = [torch.rand(2, 3, 96 // s, 128 // s, generator=generator) for s in strides]
    boxes = torch.tensor(
        [
            [[0.0, 0, 128, 96], [10.3, 20.7, 31.9, 50.2], [-9, -9, 5, 5]],
            [[60, 40, 128, 96], [1, 1, 3, 2], [0, 0, 90, 95]],
        ]
    )
    found = roi_align(maps, strides, boxes, size, samples)
    assert found.shape == (2, 3, 3, size, size)
    for picture in range(2):
        for number in range(3):
            own = [one[picture] for one in maps]
            wanted = slow_piece(own, strides, boxes[picture, number].tolist(), size, samples)
            assert torch.allclose(found[picture, number].double(), wanted, atol=1e-5)


def test_a_whole_number_of_pixels_is_a_mean_of_them() -> None:
    plane = torch.arange(36.0).reshape(1, 1, 6, 6)
    found = roi_align([plane], [1], torch.tensor([[[2.0, 0, 6, 4]]]), 2)
    assert found[0, 0, 0].tolist() == [[plane[0, 0, 0:2, 2:4].mean(), plane[0, 0, 0:2, 4:6].mean()],
                                       [plane[0, 0, 2:4, 2:4].mean(), plane[0, 0, 2:4, 4:6].mean()]]  # fmt: skip


def test_the_gradient_goes_back_to_the_pixels() -> None:
    plane = torch.rand(1, 2, 5, 4, dtype=torch.float32, generator=torch.Generator().manual_seed(1)).requires_grad_()
    box = torch.tensor([[[0.7, 1.1, 3.2, 4.6]]])
    weights = torch.rand(1, 1, 2, 3, 3, generator=torch.Generator().manual_seed(2))
    torch.autograd.backward((roi_align([plane], [1], box, 3) * weights).sum())
    # The operation is linear: the gradient of a pixel is what that pixel alone would give.
    for c, y, x in [(0, 1, 0), (1, 3, 2), (1, 4, 3), (0, 0, 0)]:
        one = torch.zeros(1, 2, 5, 4)
        one[0, c, y, x] = 1
        assert plane.grad is not None
        assert float(plane.grad[0, c, y, x]) == pytest.approx(
            float((roi_align([one], [1], box, 3) * weights).sum()), abs=1e-6
        )


def test_levels_are_those_of_the_equation() -> None:
    sides = torch.tensor([10.0, 111, 112, 223, 224, 447, 448, 5000])
    boxes = torch.stack([0 * sides, 0 * sides, sides, sides], dim=1)[None]
    assert levels_of(boxes, [4, 8, 16, 32])[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert levels_of(boxes, [1]).eq(0).all()
