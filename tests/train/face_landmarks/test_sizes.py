"""Networks of a face's landmarks: numbers of parameters as published or counted by hand, and whose weights go in."""

from pathlib import Path

import pytest
import torch
from torch import nn

from synth.errors import DataError
from train.models.build import build
from train.models.face_landmarks import FaceLandmarkNetwork
from train.models.face_landmarks.mobilenet import MobileNetLandmarks
from train.models.face_landmarks.san import SAN
from train.models.hrnet import HRNet
from train.models.published import load_imagenet
from train.models.vgg import VGG16


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def published(name: str, size: int, **options: object) -> FaceLandmarkNetwork:
    """Return a network of the published size, without the memory of its weights."""
    with torch.device("meta"):
        made = build(name, options)
    assert isinstance(made, FaceLandmarkNetwork)
    assert made.size == (size, size)
    return made


def test_size_of_mobilenet_v2() -> None:
    """3.5 million parameters less the classifier's 1.28: 2.22 (torchvision's count of the whole is 3,504,872)."""
    made = published("mobilenet68", 224)
    assert isinstance(made, MobileNetLandmarks)
    assert parameters(made.backbone) == 3_504_872 - 1000 * 1281 == 2_223_872
    assert parameters(made) == 2_223_872 + 136 * 1281
    grid = published("mobilenet68", 128, side=128, pooling="grid")
    assert parameters(grid) == 2_223_872 + 64 * 1280 + 2 * 64 + 136 * (64 * 16 + 1)


def test_size_of_hrnet_w18() -> None:
    """The README of the authors' code for faces says 9.3 million; what its configuration builds is counted here."""

    def conv(before: int, after: int, kernel: int) -> int:
        return kernel**2 * before * after + 2 * after  # no bias, but batch normalisation

    width = [18, 36, 72, 144]
    stem = conv(3, 64, 3) + conv(64, 64, 3)
    first = conv(64, 64, 1) + conv(64, 64, 3) + conv(64, 256, 1) + conv(64, 256, 1)
    layer1 = first + 3 * (conv(256, 64, 1) + conv(64, 64, 3) + conv(64, 256, 1))
    transitions = conv(256, 18, 3) + conv(256, 36, 3) + conv(36, 72, 3) + conv(72, 144, 3)

    def module(streams: int) -> int:
        blocks = sum(4 * 2 * conv(c, c, 3) for c in width[:streams])
        fine = sum(conv(width[j], width[i], 1) for i in range(streams) for j in range(i + 1, streams))
        coarse = sum(
            (i - j - 1) * conv(width[j], width[j], 3) + conv(width[j], width[i], 3)
            for i in range(streams)
            for j in range(i)
        )
        return blocks + fine + coarse

    head = (270 * 270 + 270) + 2 * 270 + (270 * 68 + 68)
    made = published("hrnet68", 256)
    wanted = stem + layer1 + transitions + module(2) + 4 * module(3) + 3 * module(4) + head
    assert parameters(made) == wanted == 9_654_398


def test_size_of_the_hourglasses() -> None:
    def block(i: int, o: int) -> int:
        half = o // 2
        layers = 2 * i + (i + 1) * half + 2 * half + (9 * half + 1) * half + 2 * half + (half + 1) * o
        return layers + (0 if i == o else (i + 1) * o)

    c, n, m = 256, 68, 4
    stem = (3 * 49 + 1) * c + 2 * c + block(c, 2 * c) + block(2 * c, c)
    stage = 13 * block(c, c) + block(c, c) + (c + 1) * c + 2 * c + (c + 1) * n
    assert (
        parameters(published("hourglass68", 256))
        == stem + m * stage + (m - 1) * ((c + 1) * c + (n + 1) * c)
        == 13_937_168
    )


def test_size_of_san() -> None:
    """VGG-16's first ten convolutions (torchvision's features have 14,714,688, its last three 2,359,808 each)."""
    made = published("san", 256)
    assert isinstance(made, SAN)
    assert parameters(made.backbone) == 14_714_688 - 3 * 2_359_808

    def conv(before: int, after: int, kernel: int) -> int:
        return kernel**2 * before * after + 2 * after

    def stage(before: int) -> int:
        return conv(before, 128, 7) + 2 * conv(128, 128, 7) + 4 * conv(128, 128, 3) + conv(128, 128, 1) + 129 * 68

    features = conv(512, 256, 3) + conv(256, 128, 3)
    first = 4 * conv(128, 128, 3) + conv(128, 512, 1) + 513 * 68
    assert parameters(made) - parameters(made.backbone) == features + first + stage(256 + 136) + stage(256 + 68)


def test_size_of_the_cascade() -> None:
    def whole(rows: int, points: int) -> int:
        places = {39: 2 * 2, 31: 1 * 2}[rows]
        convolutions = 16 * 20 + 20 + 20 * 9 * 40 + 40 + 40 * 9 * 60 + 60 + 60 * 4 * 80 + 80
        return convolutions + places * 80 * 120 + 120 + 121 * 2 * points

    patch = 16 * 20 + 20 + 20 * 9 * 40 + 40 + 4 * 40 * 60 + 60 + 61 * 2
    assert parameters(published("cascade68", 96)) == whole(39, 68) + whole(31, 31) + whole(31, 29) + 4 * 68 * patch


def test_published_weights_go_in_by_their_names(tmp_path: Path) -> None:
    """Names and shapes as timm's and torchvision's files have them, of every kind of layer, with what is left out."""
    small = HRNet(width=4, modules=(1, 1, 1), blocks=1)
    weights = {name: torch.rand_like(value.float()) for name, value in small.state_dict().items()}
    torch.save(
        {**weights, "final_layer.0.weight": torch.zeros(1), "classifier.bias": torch.zeros(1)}, tmp_path / "w.pth"
    )
    load_imagenet(small, tmp_path / "w.pth")
    torch.testing.assert_close(small.conv2.weight, weights["conv2.weight"])
    with torch.device("meta"):
        whole, vgg16 = HRNet().state_dict(), VGG16().state_dict()
    shapes = {
        "layer1.0.downsample.0.weight": (256, 64, 1, 1),
        "transition1.1.0.0.weight": (36, 256, 3, 3),
        "stage2.0.branches.1.3.conv2.weight": (36, 36, 3, 3),
        "transition3.3.0.1.running_mean": (144,),
        "stage3.3.fuse_layers.0.2.0.weight": (18, 72, 1, 1),
        "stage4.2.fuse_layers.3.0.1.0.weight": (18, 18, 3, 3),
        "stage4.2.fuse_layers.3.0.2.0.weight": (144, 18, 3, 3),
    }
    assert {name: tuple(whole[name].shape) for name in shapes} == shapes
    vgg = VGG16(0.0625)
    torch.save(
        {**vgg.state_dict(), "features.28.bias": torch.zeros(1), "classifier.6.bias": torch.zeros(1)},
        tmp_path / "v.pth",
    )
    load_imagenet(vgg, tmp_path / "v.pth")
    with pytest.raises(DataError, match="no weights of a VGG-16 of width"):
        load_imagenet(VGG16(0.125), tmp_path / "v.pth")
    shapes = {name: tuple(value.shape) for name, value in vgg16.items() if name.endswith("weight")}
    assert list(shapes) == [f"features.{i}.weight" for i in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21)]
