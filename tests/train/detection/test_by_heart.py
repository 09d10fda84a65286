"""Detectors learn eight pictures by heart."""

import pytest
import torch
from torch import Tensor, nn

from adapt.face_batch import to_rgb
from tests.train.detection.scenery import draw_pictures, tiny
from train.measure.detection_evaluation import found_by, scenes_of, score_of
from train.models.detection import DetectionNetwork, faster_rcnn, mask_rcnn, mtcnn, mtcnn_learning


def learn(network: DetectionNetwork, steps: int, rate: float) -> DetectionNetwork:
    pictures, generator = draw_pictures(8), torch.Generator().manual_seed(0)
    images = to_rgb(pictures.images_u8)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.4  # running means keep up with so few steps
    optimizer = torch.optim.AdamW([p for p in network.train().parameters() if p.requires_grad], rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(network.loss(images, pictures.faces, generator))
        optimizer.step()
        schedule.step()
    return network


def score(network: DetectionNetwork) -> dict[str, object]:
    pictures = draw_pictures(8)
    return score_of(scenes_of(pictures, found_by(network, pictures, 8)))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two-stage networks and cascades learn from few pieces a picture: seconds instead of minutes."""
    for module, name, value in (
        *((faster_rcnn, "LEARNT", 16), (faster_rcnn, "FACES", 4), (mask_rcnn, "FACES", 4)),
        *((mtcnn_learning, "ABOUT", 8), (mtcnn_learning, "ELSEWHERE", 4), (mtcnn_learning, "MOST", 1)),
        (mtcnn, "LAST", 20),
    ):
        monkeypatch.setattr(module, name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("blazeface", 30),
        ("ssd", 36),
        ("retinaface", 30),
        ("faster_rcnn", 30),
        ("mask_rcnn", 30),
    ],
)
def test_eight_pictures_are_learnt_by_heart(name: str, steps: int) -> None:
    network = learn(tiny(name), steps, 1e-2)
    found = score(network)
    raw, points = found["raw"], found["point_error"]
    assert isinstance(raw, dict) and raw["ap50"] > 0.9
    assert (points is None) if not network.tells_points else isinstance(points, float) and points < 8


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_a_cascade_learns_eight_pictures_in_three_stages() -> None:
    before: dict[str, Tensor] = {}
    for stage, steps, rate in (("pnet", 50, 1e-2), ("rnet", 15, 5e-3), ("onet", 34, 1e-3)):
        network = tiny("mtcnn", stage=stage, least_px=16)
        if before:
            network.load_state_dict(before)
        learn(network, steps, rate)
        after = {key: value.clone() for key, value in network.state_dict().items()}
        moved = {key.split(".")[0] for key in after if before and not torch.equal(after[key], before[key])}
        assert not before or moved == {stage}
        before = after
    found = score(network)
    raw, points = found["raw"], found["point_error"]
    assert isinstance(raw, dict) and raw["ap50"] > 0.7 and isinstance(points, float) and points < 12
