"""Detectors: published sizes and names, shapes, losses by hand, what they refuse."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from synth.errors import ConfigError
from tests.train.detection.scenery import faces_of, tiny
from train.models.build import DETECTION_NETWORKS, build
from train.models.detection import DetectionNetwork
from train.models.detection.anchors import Level
from train.models.detection.box_coding import encode
from train.models.detection.dense import Dense, Learning, dense_losses
from train.models.detection.faster_rcnn import Chosen, FasterRCNN, box_losses
from train.models.detection.mask_rcnn import cells_with, points_in
from train.models.detection.mtcnn import MTCNN, moved_edges, squares
from train.models.detection.mtcnn_learning import Windows, learnt_windows, window_loss
from train.models.detection.mtcnn_networks import Told
from train.models.detection.rpn import drawn
from train.models.mobilenet_v1 import MobileNetQuarter
from train.models.mobilenet_v2 import MobileNetV2
from train.models.published import load_imagenet


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_sizes_are_those_that_are_published() -> None:
    # torchvision's num_params of MobileNetV2, of which the classifier of 1000 classes is not built here.
    assert parameters(MobileNetV2()) + 1280 * 1000 + 1000 == 3_504_872
    # RetinaFace-MobileNet0.25 "is only 1.7M": megabytes of its weights, running means and variances among them.
    retinaface = build("retinaface", {})
    stored = [value for name, value in retinaface.state_dict().items() if "num_batches" not in name]
    assert round(sum(4 * value.numel() for value in stored) / 1e6, 1) == 1.7
    assert sum(value.numel() for value in stored) == pytest.approx(0.44e6, rel=0.02)
    mtcnn = build("mtcnn", {})
    assert isinstance(mtcnn, MTCNN)
    assert [parameters(one) for one in (mtcnn.pnet, mtcnn.rnet, mtcnn.onet)] == [6632, 100_178, 389_040]


def blaze(before: int, after: int) -> int:
    """Return the parameters of a separable 5x5 convolution: 25 and a bias a channel, 1x1, normalisation."""
    return 26 * before + before * after + 2 * after


def test_blazeface_has_the_layers_of_its_paper() -> None:
    single = 2 * blaze(24, 24) + blaze(24, 48) + 2 * blaze(48, 48)
    double = blaze(48, 24) + 5 * blaze(96, 24) + 6 * blaze(24, 96)
    heads = 8 * (96 + 1) * (1 + 4 + 10)
    network = build("blazeface", {})
    assert parameters(network) == 24 * 3 * 25 + 48 + single + double + heads
    assert round(parameters(network) / 1e6, 1) == 0.1
    assert isinstance(network, DetectionNetwork)
    scores, boxes, points = network.eval()(torch.rand(1, 3, 128, 128))
    assert scores.shape == (1, 896) and boxes.shape == (1, 896, 4) and points.shape == (1, 896, 5, 2)


def test_names_of_backbones_are_those_of_published_weights() -> None:
    two = {name: tuple(value.shape) for name, value in MobileNetV2().state_dict().items()}
    assert len(two) == 314 - 2  # torchvision's, less classifier.1.weight and .bias
    assert two["features.0.0.weight"] == (32, 3, 3, 3) and two["features.1.conv.1.weight"] == (16, 32, 1, 1)
    assert two["features.2.conv.0.0.weight"] == (96, 16, 1, 1) and two["features.2.conv.3.running_mean"] == (24,)
    assert two["features.18.0.weight"] == (1280, 320, 1, 1)
    one = {name: tuple(value.shape) for name, value in build("retinaface", {}).state_dict().items()}
    assert one["body.stage1.0.0.weight"] == (8, 3, 3, 3) and one["body.stage2.0.3.weight"] == (128, 64, 1, 1)
    assert one["fpn.output1.0.weight"] == (64, 64, 1, 1) and one["fpn.merge2.1.bias"] == (64,)
    assert one["ssh2.conv7x7_3.0.weight"] == (16, 16, 3, 3) and one["ClassHead.1.conv1x1.weight"] == (4, 64, 1, 1)
    assert one["LandmarkHead.2.conv1x1.bias"] == (20,) and one["BboxHead.0.conv1x1.weight"] == (8, 64, 1, 1)


def test_weights_in_a_tar_of_data_parallel_load(tmp_path) -> None:
    torch.manual_seed(0)
    published = {f"module.{name}": value for name, value in MobileNetQuarter().state_dict().items()}
    published |= {"module.fc.weight": torch.zeros(1000, 256), "module.fc.bias": torch.zeros(1000)}
    torch.save({"state_dict": published, "epoch": 3}, tmp_path / "quarter.tar")
    network = MobileNetQuarter()
    load_imagenet(network, tmp_path / "quarter.tar")
    assert all(torch.equal(value, published[f"module.{name}"]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("name", DETECTION_NETWORKS)
def test_shapes_order_and_seeds(name: str) -> None:
    network = tiny(name).eval()
    images = torch.rand((2, 3, 64, 64), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        found = network.detect(images)
        again = tiny(name).eval().detect(images)
    k = found.scores.shape[1]
    assert found.boxes_px.shape == (2, k, 4) and found.points_px.shape == (2, k, 5, 2)
    assert (found.scores.diff(dim=1) <= 0).all() and (found.scores >= 0).all() and (found.scores <= 1).all()
    assert torch.equal(found.scores, again.scores)
    told = torch.isfinite(found.points_px[found.scores > 0]).all()
    assert bool(told) or not network.tells_points


@pytest.mark.parametrize(("name", "option"), [("ssd", {"side": 100}), ("retinaface", {"test_side": 16})])
def test_a_side_that_does_not_fit_is_refused(name: str, option: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="a multiple of 32 px"):
        build(name, option)


def test_losses_of_dense_detectors_by_hand() -> None:
    at = torch.tensor([[10.0, 10, 20, 20], [40, 40, 20, 20], [70, 70, 20, 20]])
    faces = faces_of([[0.0, 0, 20, 20]], [True], [False])
    boxes = torch.zeros(1, 3, 4)
    boxes[0, 0] = torch.tensor([0.5, -2.0, 0.0, 1.0])  # smooth L1: 0.125, 1.5, 0, 0.5
    points = torch.zeros(1, 3, 5, 2)
    points[0, 0, 3] = torch.tensor([3.0, 0.2])  # 2.5, 0.02
    told = Dense(torch.tensor([[math.log(3.0), 0.0, math.log(4.0)]]), boxes, points)
    assert torch.allclose(encode(faces.boxes_px[0], at[:1]), torch.zeros(1, 4))
    mined = dense_losses(told, at, faces, Learning(0.5, 0.4, "mined", ratio=1.0))
    # Both negatives: of each picture at least 16 are learnt from, and there are two.
    assert float(mined["class"]) == pytest.approx(math.log(4 / 3) + math.log(2) + math.log(5), rel=1e-5)
    assert float(mined["box"]) == pytest.approx(0.125 + 1.5 + 0.5)
    assert float(mined["points"]) == pytest.approx(2.5 + 0.02, rel=1e-5)
    focal = dense_losses(told, at, faces, Learning(0.5, 0.4, "focal"))
    wanted = -0.25 / 16 * math.log(0.75) + 0.75 * (0.25 * math.log(2) + 0.64 * math.log(5))
    assert float(focal["class"]) == pytest.approx(wanted, rel=1e-5)


def test_losses_of_proposals_and_boxes_by_hand() -> None:
    faces = faces_of([[0.0, 0, 20, 20]], [True], [False])
    chosen = Chosen(
        boxes=torch.tensor([[[0.0, 0, 20, 20], [50, 50, 60, 60], [0, 0, 1, 1]]]),
        face=torch.zeros(1, 3, dtype=torch.long),
        positive=torch.tensor([[True, False, False]]),
        learnt=torch.tensor([[True, True, False]]),
    )
    told = torch.zeros(1, 3, 4)
    told[0, 0, 1] = 3.0
    classes, boxes = box_losses(torch.tensor([[0.0, math.log(3.0), 9.0]]), told, chosen, faces)
    assert float(classes) == pytest.approx((math.log(2) + math.log(4)) / 2) and float(boxes) == pytest.approx(2.5 / 2)


def test_as_many_are_drawn_as_were_asked_for() -> None:
    generator = torch.Generator().manual_seed(0)
    chosen = torch.rand((3, 50), generator=generator) < 0.5
    found = drawn(chosen, torch.tensor([4, 0, 99]), generator)
    assert found.sum(1).tolist() == [4, 0, int(chosen[2].sum())] and not (found & ~chosen).any()
    assert drawn(chosen, 7, generator).sum(1).tolist() == [7, 7, 7]


def test_points_go_to_cells_and_back() -> None:
    box = torch.tensor([[[10.0, 20, 66, 76]]])  # 56 px: a cell a pixel
    points = torch.tensor([[[[10.2, 20.9], [65.5, 75.5], [30.0, 20.0], [9.0, 30.0], [torch.nan, 0.0]]]])
    cells, inside = cells_with(points, box)
    assert cells[0, 0, :3].tolist() == [0, 56 * 56 - 1, 20] and inside[0, 0].tolist() == [
        True,
        True,
        True,
        False,
        False,
    ]
    logits = torch.nn.functional.one_hot(cells, 56 * 56).float().reshape(1, 1, 5, 56, 56)
    assert points_in(logits, box)[0, 0, :3].tolist() == [[10.5, 20.5], [65.5, 75.5], [30.5, 20.5]]


def test_windows_follow_the_sampling_rule() -> None:
    faces = faces_of([[20.0, 20, 60, 60], [80, 80, 120, 120]], [True, False], [False, True])
    given = torch.tensor(
        [[[20.0, 20, 60, 60], [20, 20, 60, 85], [20, 20, 60, 130], [0, 0, 15, 15], [90, 90, 100, 100]]]
    )
    generator = torch.Generator().manual_seed(0)
    windows = learnt_windows(faces, 128, 12, (given, torch.tensor([[True, True, True, True, True]])), generator)
    # IoU 1; 40/65 = 0.62; 40/110 = 0.36: unused; 0; within an ignored box: unused.
    assert torch.equal(windows.boxes[0, :3], given[0, [0, 1, 3]])
    assert windows.positive[0, :3].tolist() == [True, False, False]
    assert windows.part[0, :3].tolist() == [False, True, False]
    assert windows.negative[0, :3].tolist() == [False, False, True]
    positives = int(windows.positive.sum())
    assert 0 < int(windows.negative.sum()) <= max(3 * positives, 4) and int(windows.part.sum()) <= positives
    nobody = learnt_windows(faces_of([[0, 0, 0, 0]], [False], [False]), 128, 12, None, generator)
    assert not (nobody.positive | nobody.part).any() and int(nobody.negative.sum()) == 4


def test_loss_of_windows_by_hand() -> None:
    boxes = torch.tensor([[[0.0, 0, 10, 10], [0, 0, 20, 20], [50, 50, 60, 60]]])
    truth = torch.tensor([[[0.0, 0, 10, 10], [2, 0, 20, 20], [0, 0, 10, 10]]])
    flags = [torch.tensor([[i == row for i in range(3)]]) for row in (2, 1, 0)]
    windows = Windows(boxes, truth, truth[..., None, :2].repeat(1, 1, 5, 1), *flags)
    offsets = torch.zeros(3, 4)
    offsets[0, 3] = 0.5
    points = torch.full((3, 5, 2), 0.1)
    told = Told(torch.tensor([math.log(3.0), 0.0, math.log(9.0)]), offsets, points)
    # Of two examples 70 % is one: the negative that is taken for a face, -log 0.1.  Boxes: 0.25, and 0.1^2 of the part.
    wanted = math.log(10) + 0.5 * (0.25 + 0.01) / 2 + 2 * 0.5 * 10 * 0.01
    assert float(window_loss(told, windows, 2.0)) == pytest.approx(wanted, rel=1e-5)


def test_squares_and_edges() -> None:
    assert squares(torch.tensor([[[0.0, 0, 10, 20]]])).tolist() == [[[-5, 0, 15, 20]]]
    window, told = torch.tensor([[[10.0, 10, 30, 30]]]), torch.tensor([[[0.1, 0.0, -0.1, 0.5]]])
    assert moved_edges(window, told).tolist() == [[[12, 10, 28, 40]]]


def test_the_last_1x1_of_a_pyramids_backbone_is_not_trained() -> None:
    network = FasterRCNN(width=0.1, channels=8, dense=8, proposals=4, side=64)
    images, faces = torch.rand(1, 3, 64, 64), faces_of([[10.0, 10, 40, 40]], [True], [False])
    torch.autograd.backward(network.loss(images, faces, torch.Generator().manual_seed(0)))
    assert all(value.grad is not None for value in network.parameters() if value.requires_grad)


def test_anchors_of_ssd_double_with_their_map() -> None:
    network = build("ssd", {"width": 0.1})
    assert isinstance(network, DetectionNetwork)
    levels = network.levels
    assert isinstance(levels, tuple) and all(isinstance(one, Level) for one in levels)
    assert np.allclose([one.sides_px[0] for one in levels], [16, 32, 64, 128, 256])
