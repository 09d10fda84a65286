"""Two looks of a detector: which box comes from which look, and that those of the second come back to their place."""

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from adapt.detection_batch import Faces
from synth.errors import ConfigError
from tests.train.detection.scenery import draw_pictures, tiny
from train.measure.detection_evaluation import found_by
from train.models.build import DETECTION_NETWORKS, build
from train.models.detection import DetectionNetwork, Detections, both_looks

SIDE, NEAR = 256, 64


class Bright(DetectionNetwork):
    """Tells the bright rectangle as one box, whose score is the side of the picture that it was shown over 1000."""

    outputs, said = ("boxes",), ""

    def __init__(self, near_side: int) -> None:
        super().__init__()
        self.use_sides(SIDE, SIDE, near_side)

    def loss(self, images: Float[Tensor, "b 3 s s"], faces: Faces, generator: torch.Generator) -> Float[Tensor, ""]:
        raise NotImplementedError

    def detect(self, images: Float[Tensor, "b 3 s s"]) -> Detections:
        boxes = []
        for image in images:
            rows, columns = torch.nonzero(image[0] > 0.5).unbind(1)
            corner = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            boxes.append(corner.float())
        told = torch.stack(boxes)[:, None]
        points = told[..., None, :2].repeat(1, 1, 5, 1)
        return Detections(told, torch.full((len(images), 1), images.shape[-1] / 1000), points)


def bright(box: tuple[int, int, int, int]) -> Tensor:
    left, top, right, bottom = box
    images = torch.zeros(1, 3, SIDE, SIDE)
    images[..., top:bottom, left:right] = 1.0
    return images


def told(*rows: tuple[float, list[float]]) -> Detections:
    """Return what was found in one picture: score and box of each row, the best first; points are the box's corner."""
    boxes = torch.tensor([[box for _, box in rows]], dtype=torch.float32)
    return Detections(boxes, torch.tensor([[score for score, _ in rows]]), boxes[..., None, :2].repeat(1, 1, 5, 1))


def test_sizes_decide_between_the_looks() -> None:
    # A picture of 100 px: the first look is believed below 20, the near one above 15.
    first = told(
        (0.9, [0, 0, 60, 60]),  # too large for a first look
        (0.8, [70, 70, 88, 88]),
        (0.6, [60, 0, 79, 19]),  # overlaps the near look's better one below
        (0.0, [0, 0, 10, 10]),  # holds nothing
    )
    near = told(
        (0.95, [70, 70, 84, 84]),  # 14 px: too small for a near look
        (0.7, [61, 0, 80, 19]),
        (0.5, [0, 10, 60, 70]),
        (0.1, [79, 70, 97, 88]),  # IoU 162 / 486 with the first look's, below 0.4
    )
    found = both_looks(first, near, 100)
    there = found.scores[0] > 0
    assert found.scores[0, there].tolist() == pytest.approx([0.8, 0.7, 0.5, 0.1])
    boxes = [[70, 70, 88, 88], [61, 0, 80, 19], [0, 10, 60, 70], [79, 70, 97, 88]]
    assert found.boxes_px[0, there].tolist() == boxes
    assert torch.equal(found.points_px[0, there, 0], found.boxes_px[0, there, :2])


@pytest.mark.parametrize(("box", "side"), [((40, 16, 200, 216), NEAR), ((40, 16, 72, 56), SIDE)])
def test_a_box_comes_back_from_the_look_of_its_size(box: tuple[int, int, int, int], side: int) -> None:
    found = Bright(NEAR).find(bright(box))
    (row,) = torch.nonzero(found.scores[0]).flatten().tolist()
    assert found.scores[0, row].item() == pytest.approx(side / 1000)
    assert found.boxes_px[0, row].tolist() == list(box)  # all edges lie on whole px of the small picture
    assert found.points_px[0, row].tolist() == [list(box[:2])] * 5


def test_without_a_second_look_all_is_what_one_look_tells() -> None:
    images = bright((40, 16, 200, 216))
    network = Bright(0)
    assert all(
        torch.equal(getattr(network.find(images), name), value) for name, value in vars(network.detect(images)).items()
    )


def test_evaluations_look_twice_too() -> None:
    pictures = draw_pictures(2, sizes=(0.6, 0.7))  # discs of 0.6 to 0.7 of 64 px, before what is darker
    found = found_by(Bright(NEAR), pictures, 2)
    wanted = pictures.faces.boxes_px[:, 0]
    assert found.scores.amax(1).tolist() == pytest.approx([NEAR / 1000] * 2)
    rows = found.scores.argmax(1)
    assert (found.boxes_px[torch.arange(2), rows] - wanted).abs().max() < 1.5


@pytest.mark.parametrize("name", DETECTION_NETWORKS)
def test_every_detector_takes_the_option(name: str) -> None:
    network = tiny(name, near_side=32).eval()
    images = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = network.find(images)
    assert (found.scores.diff(dim=1) <= 0).all() and network.near_side == 32


@pytest.mark.parametrize(("side", "message"), [(40, "a multiple of 32 px"), (128, "below the 128 px"), (160, "below")])
def test_a_second_look_that_is_none_is_refused(side: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build("blazeface", {"near_side": side})
