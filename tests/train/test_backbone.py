"""ResNets: torchvision's numbers, names and shapes of parameters, and what a network with those names computes."""

from pathlib import Path

import pytest
import torch
from torch import nn

from synth.errors import DataError
from train.models.backbone import ResNet
from train.models.published import load_imagenet

LAYERS = [(1, 64), (2, 64), (3, 128), (4, 256)]
"""Each layer of ResNet-18 and the channels that come in."""


@pytest.mark.parametrize(("depth", "wanted"), [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032)])
def test_parameters_of_the_resnets_are_torchvisions(depth: int, wanted: int) -> None:
    # num_params of torchvision's documentation, of which the classifier of 1000 classes is not built here.
    network = ResNet(depth)
    assert sum(p.numel() for p in network.parameters()) + 1000 * network.channels + 1000 == wanted


def test_names_and_shapes_of_the_resnets_are_torchvisions() -> None:
    basic = {name: tuple(value.shape) for name, value in ResNet(18).state_dict().items()}
    deep = {name: tuple(value.shape) for name, value in ResNet(50).state_dict().items()}
    assert len(basic) == 122 - 2 and len(deep) == 320 - 2  # less fc.weight and fc.bias
    for names in (basic, deep):
        assert names["conv1.weight"] == (64, 3, 7, 7)
        assert names["bn1.running_var"] == (64,)
        assert "fc.weight" not in names and "conv1.bias" not in names
    assert basic["layer1.0.conv1.weight"] == (64, 64, 3, 3)
    assert "layer1.0.downsample.0.weight" not in basic
    assert basic["layer2.0.downsample.0.weight"] == (128, 64, 1, 1)
    assert basic["layer4.1.bn2.bias"] == (512,)
    assert deep["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert deep["layer3.5.conv2.weight"] == (256, 256, 3, 3)
    assert deep["layer4.0.downsample.1.running_mean"] == (2048,)
    assert ResNet(50).layer2[0].conv2.stride == (2, 2)  # not the first 1x1, as in torchvision's weights


def test_published_weights_load(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = ResNet(18).eval()
    weights = published.state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    # The older files have no counts of batches.
    torch.save({k: v for k, v in weights.items() if "num_batches" not in k}, tmp_path / "resnet18.pth")
    network = ResNet(18).eval()
    images = torch.rand(2, 3, 32, 32)
    assert not torch.equal(network(images), published(images))
    load_imagenet(network, tmp_path / "resnet18.pth")
    assert torch.equal(network(images), published(images))
    with pytest.raises(DataError, match=r"resnet18\.pth: no weights of a torchvision ResNet-34"):
        load_imagenet(ResNet(34), tmp_path / "resnet18.pth")
    with pytest.raises(DataError, match=r"absent\.pth"):
        load_imagenet(network, tmp_path / "absent.pth")
    (tmp_path / "damaged.pth").write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"damaged\.pth"):
        load_imagenet(network, tmp_path / "damaged.pth")


def test_maps_are_halved_five_times() -> None:
    network = ResNet(18).eval()
    assert network.maps(torch.rand(1, 3, 64, 96)).shape == (1, 512, 2, 3)
    sides = [network.get_submodule(f"layer{i}")(torch.rand(1, width, 8, 8)).shape for i, width in LAYERS]
    assert sides == [(1, 64, 8, 8), (1, 128, 4, 4), (1, 256, 4, 4), (1, 512, 4, 4)]


def walk(weights: dict[str, torch.Tensor], blocks: tuple[int, ...], x: torch.Tensor) -> torch.Tensor:
    """Return a ResNet's features, read off its weights by their names alone: what whoever published them computed."""

    def conv(name: str, norm: str, x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        kernel = weights[f"{name}.weight"]
        x = nn.functional.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
        mean, var, scale, shift = (
            weights[f"{norm}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")
        )
        return nn.functional.batch_norm(x, mean, var, scale, shift)

    x = nn.functional.max_pool2d(conv("conv1", "bn1", x, 2).relu(), 3, 2, 1)
    for i, count in enumerate(blocks):
        for j in range(count):
            at, stride = f"layer{i + 1}.{j}", 2 if i and not j else 1
            last = 3 if f"{at}.conv3.weight" in weights else 2
            inside = x
            for k in range(1, last + 1):
                inside = conv(f"{at}.conv{k}", f"{at}.bn{k}", inside, stride if k == last - 1 else 1)
                inside = inside.relu() if k < last else inside
            if f"{at}.downsample.0.weight" in weights:
                x = conv(f"{at}.downsample.0", f"{at}.downsample.1", x, stride)
            x = (inside + x).relu()
    return x.mean(dim=(2, 3))


@pytest.mark.parametrize(("depth", "blocks"), [(18, (2, 2, 2, 2)), (34, (3, 4, 6, 3)), (50, (3, 4, 6, 3))])
def test_the_weights_mean_what_their_names_say(depth: int, blocks: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    network = ResNet(depth)
    images = torch.rand(2, 3, 64, 64)
    network.train()(images)  # running means and variances that are not those of the start
    for name, value in network.named_parameters():
        if "bn" in name or "downsample.1" in name:
            nn.init.uniform_(value, 0.2, 0.8)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    standard = (images - mean[:, None, None]) / deviation[:, None, None]
    with torch.no_grad():
        wanted = walk(network.state_dict(), blocks, standard)
        assert wanted.std() > 0.01
        assert torch.allclose(network.eval()(images), wanted, rtol=1e-4, atol=1e-5)


def test_pictures_are_standardised_inside() -> None:
    network = ResNet(18).eval()
    grey = torch.tensor([0.485, 0.456, 0.406])[None, :, None, None].expand(1, 3, 32, 32)
    assert network(grey).abs().max() < 1e-4  # ImageNet's mean is zero to a network without biases
