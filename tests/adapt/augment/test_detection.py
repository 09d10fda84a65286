"""Windows and collages: labels go where marks in pictures go, faces are kept by their centres, mirrors swap names."""

from dataclasses import replace

import pytest
import torch

from adapt.augment.detection import (
    LEAST_PX,
    Windows,
    augment_pictures,
    composed,
    draw_detection_changes,
    draw_windows,
    seen,
)
from adapt.augment.strengths import Strengths
from adapt.detection_batch import FILL, DetectionBatch, Faces, at_side, mirrored, padded


def dotted(places: list[tuple[int, int]], side: int = 96, box: float = 20.0) -> DetectionBatch:
    """Return one black picture for each place with a white square of 3 px about it, where the face's nose is."""
    images = torch.zeros(len(places), side, side, 3, dtype=torch.uint8)
    boxes, points = torch.zeros(len(places), 1, 4), torch.zeros(len(places), 1, 5, 2)
    for row, (x, y) in enumerate(places):
        images[row, y - 1 : y + 2, x - 1 : x + 2] = 255
        middle = torch.tensor([x + 0.5, y + 0.5])
        boxes[row, 0] = torch.cat([middle - box / 2, middle + box / 2])
        points[row, 0] = middle + torch.tensor([[-5.0, -5], [5, -5], [0, 0], [-4, 6], [4, 6]])
    told = torch.ones(len(places), 1, dtype=torch.bool)
    return DetectionBatch(
        images_u8=images,
        faces=Faces(boxes, points, told, ~told, torch.full((len(places), 1), 3, dtype=torch.uint8)),
        size_px=torch.full((len(places), 2), float(side)),
        scale=torch.full((len(places),), 0.5),
        keys=tuple(map(str, range(len(places)))),
    )


def centre_of(image: torch.Tensor) -> torch.Tensor:
    """Return the middle of what is bright, px."""
    light = (image[..., 0].float() - FILL).clamp(min=0)
    rows, columns = (torch.arange(n) + 0.5 for n in light.shape)
    return torch.stack([(light.sum(0) * columns).sum(), (light.sum(1) * rows).sum()]) / light.sum()


@pytest.mark.parametrize("zoom", [(0.8, 0.0), (0.0, 0.8), (0.7, 0.4)])
def test_labels_go_where_the_picture_goes(zoom: tuple[float, float]) -> None:
    batch = dotted([(30, 40), (60, 50), (48, 48), (20, 70)])
    strengths, generator = Strengths(zoom_in=zoom[0], zoom_out=zoom[1]), torch.Generator().manual_seed(0)
    seen_some = 0
    for _ in range(6):
        found = augment_pictures(batch, draw_detection_changes(generator, strengths, batch, 64), 64)
        assert found.images_u8.shape == (4, 64, 64, 3) and found.size_px.eq(64).all()
        for row in torch.nonzero(found.faces.wanted[:, 0]).flatten().tolist():
            nose = found.faces.points_px[row, 0, 2]
            if ((nose > 3) & (nose < 61)).all():
                assert (centre_of(found.images_u8[row]) - nose).abs().max() < 0.4
                seen_some += 1
    assert seen_some > 8


def test_without_windows_the_picture_is_whole() -> None:
    batch = replace(dotted([(30, 40), (60, 20)]), size_px=torch.tensor([[96.0, 48], [96, 96]]))
    generator = torch.Generator().manual_seed(0)
    found = augment_pictures(batch, draw_detection_changes(generator, Strengths(), batch, 48), 48)
    assert torch.equal(found.images_u8, at_side(batch, 48).images_u8)
    assert torch.allclose(found.faces.boxes_px, at_side(batch, 48).faces.boxes_px)
    assert torch.allclose(at_side(batch, 48).scale, torch.tensor([0.25, 0.25]))
    assert at_side(batch, 96) is batch


def test_windows_lie_inside_the_picture_and_have_the_sizes_that_were_asked_for() -> None:
    size = torch.tensor([[96.0, 60]]).repeat(200, 1)
    windows = draw_windows(torch.Generator().manual_seed(0), Strengths(zoom_in=1.0), size)
    assert windows.grid.eq(1).all() and windows.width_px.max() <= 60 and 22 <= windows.width_px.min() < 30
    assert (windows.corner_px >= 0).all() and (windows.corner_px + windows.width_px[..., None] <= size[:, None]).all()
    assert torch.equal(windows.source[:, 0], torch.arange(200))
    larger = draw_windows(torch.Generator().manual_seed(0), Strengths(zoom_out=0.7, collage=0.5), size)
    assert larger.width_px.min() >= 60 and larger.width_px.max() > 100 and set(larger.grid.tolist()) == {1, 2, 3}


def test_a_face_is_kept_by_its_centre_and_cut() -> None:
    faces = dotted([(20, 40)], box=24.0).faces  # 8.5 to 32.5 by 28.5 to 52.5
    inside = torch.tensor([0.0, 0, 64, 64])
    kept = seen(faces, torch.tensor([16.0, 20]), 32.0, 64, inside)
    assert kept.wanted[0, 0] and not kept.ignored[0, 0]
    assert kept.boxes_px[0, 0].tolist() == [0, 17, 33, 64] and kept.points_px[0, 0, 2].tolist() == [9, 41]
    beside = seen(faces, torch.tensor([24.0, 20]), 32.0, 64, inside)
    assert not beside.wanted[0, 0] and beside.ignored[0, 0] and beside.boxes_px[0, 0].tolist() == [0, 17, 17, 64]
    gone = seen(faces, torch.tensor([40.0, 20]), 32.0, 64, inside)
    assert not (gone.wanted | gone.ignored).any()
    small = seen(faces, torch.tensor([0.0, 0]), 24 * 64 / (LEAST_PX - 0.1), 64, inside)
    assert not small.wanted[0, 0] and small.ignored[0, 0]


def test_a_mosaic_shows_several_pictures_each_with_its_face() -> None:
    batch = dotted([(30, 40), (60, 50), (48, 48), (20, 70)], box=30.0)
    cells = [3, 0, 1, 2, 0, 0, 0, 0, 0]
    windows = Windows(
        grid=torch.tensor([2]),
        source=torch.tensor([cells]),
        corner_px=torch.zeros(1, 9, 2),
        width_px=torch.full((1, 9), 96.0),
    )
    found = composed(batch, for_each(windows, len(batch)), 64)
    assert found.faces.wanted.sum(1).tolist() == [4, 4, 4, 4]
    noses = {tuple(nose.tolist()) for nose in found.faces.points_px[0, :, 2]}
    wanted = set()
    for cell, source in enumerate(cells[:4]):
        x, y = [(30, 40), (60, 50), (48, 48), (20, 70)][source]
        wanted.add(((x + 0.5) / 3 + 32 * (cell % 2), (y + 0.5) / 3 + 32 * (cell // 2)))
    assert all(min(abs(a - c) + abs(b - d) for c, d in wanted) < 1e-3 for a, b in noses) and len(noses) == 4
    for left, top in ((0, 0), (32, 0), (0, 32), (32, 32)):
        assert found.images_u8[0, top : top + 32, left : left + 32].max() > 20


def for_each(windows: Windows, n: int) -> Windows:
    """Return the windows for each of n new pictures."""
    return Windows(*(value.repeat(n, *[1] * (value.ndim - 1)) for value in vars(windows).values()))


def test_a_mirror_swaps_what_is_named_left() -> None:
    batch = dotted([(30, 40), (60, 50)])
    found = mirrored(batch.faces, torch.tensor([True, False]), 96)
    assert found.boxes_px[0, 0].tolist() == [96 - 40.5, 30.5, 96 - 20.5, 50.5]
    assert found.points_px[0, 0].tolist() == [[60.5, 35.5], [70.5, 35.5], [65.5, 40.5], [61.5, 46.5], [69.5, 46.5]]
    assert torch.equal(found.points_px[1], batch.faces.points_px[1])
    again = mirrored(found, torch.tensor([True, False]), 96)
    assert torch.allclose(again.points_px, batch.faces.points_px)
    assert torch.allclose(again.boxes_px, batch.faces.boxes_px)
    strengths, generator = Strengths(mirror=1.0), torch.Generator().manual_seed(0)
    whole = augment_pictures(batch, draw_detection_changes(generator, strengths, batch, 96), 96)
    assert (centre_of(whole.images_u8[0]) - whole.faces.points_px[0, 0, 2]).abs().max() < 0.1


def test_the_same_seed_gives_the_same_pictures() -> None:
    batch, strengths = dotted([(30, 40), (60, 50)]), Strengths(zoom_in=0.5, collage=0.5, mirror=0.5, grey=0.3)
    found = [
        augment_pictures(batch, draw_detection_changes(torch.Generator().manual_seed(4), strengths, batch, 32), 32)
        for _ in range(2)
    ]
    assert torch.equal(found[0].images_u8, found[1].images_u8)
    assert torch.equal(found[0].faces.boxes_px, found[1].faces.boxes_px)


def test_rows_are_added_and_taken() -> None:
    faces = dotted([(30, 40)]).faces
    more = padded(faces, 3)
    assert more.wanted[0].tolist() == [True, False, False] and torch.isnan(more.points_px[0, 2]).all()
    assert torch.equal(padded(more, 1).boxes_px, faces.boxes_px)
