"""Fine-tuning: what a network starts from, what stays still, and which pictures it is given."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch
from torch import nn

from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from synth.commands.cli import main
from synth.errors import ConfigError, DataError
from train.checkpoint import load_network, save_network
from train.data.portion import Portion, drawn, first_rows, portion_of
from train.fitting import fit
from train.models.backbone import ResNet
from train.models.build import NETWORKS, build
from train.models.frozen import STAYS, freeze
from train.start import start_from
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.gaze import GazeTask

DrawEyes = Callable[..., Batch]
SMALL = {"channels": 4, "stem_stride": 2}
WORDS = ["model=resnet_preact", "model.channels=4", "model.stem_stride=2", "trainer=quick", "trainer.progress=false"]
WORDS += ["trainer.epochs=2", "trainer.batch_size=8", "trainer.accelerator=cpu", "trainer.threads=1", "augment=none"]


def named(eyes: Batch, keys: list[str]) -> Batch:
    return replace(eyes.take(range(len(keys))), keys=tuple(keys))


@pytest.mark.parametrize("name", STAYS)
def test_what_stays_is_not_trained_and_something_is(name: str) -> None:
    small: dict[str, dict[str, object]] = {
        **{one: {"depth": 18} for one in ("hopenet", "sixdrep", "resgaze", "l2cs")},
        "hrnet68": {"width": 4, "blocks": 1, "streams": "one_each"},
        "hourglass68": {"modules": 2, "channels": 8},
        "san": {"width": 0.0625},
    }
    network = build(name, small.get(name, {}))
    freeze(network, name)
    still = {key for key, value in network.named_parameters() if not value.requires_grad}
    parts = [part.replace("*", str(number)) for part in STAYS[name] for number in range(2)]
    assert all(network.get_submodule(part) for part in parts)  # none is misspelt
    assert still == {key for key, _ in network.named_parameters() if key.startswith(tuple(f"{one}." for one in parts))}
    left = sum(value.numel() for value in network.parameters() if value.requires_grad)
    assert left > 0 and still
    if name == "lenet":
        assert left == 50 * 6 * 12 * 500 + 500 + 2 * 502 + 2
    if name == "sixdrep":
        assert left == 6 * 512 + 6
    if name == "resgaze":
        assert left == 2 * 512 + 2


def test_of_every_network_it_is_said_what_stays() -> None:
    assert STAYS.keys() == NETWORKS.keys()


def test_a_network_that_is_not_known_is_not_frozen() -> None:
    with pytest.raises(ConfigError, match="not known for other; there are lenet"):
        freeze(nn.Linear(2, 2), "other")


def test_training_the_last_layer_leaves_the_rest_as_it_was(draw_eyes: DrawEyes, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build("resnet_preact", SMALL)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    freeze(network, "resnet_preact")
    task = GazeTask(network, Recipe(Loss.l1, 1e-2, 1e-2, Schedule.constant, 4, 0.5, 0), Strengths())
    fit(task, draw_eyes(16), draw_eyes(4, 1), tmp_path, epochs=2, batch_size=8)
    for state in (task.network.state_dict(), task.average.state_dict()):
        moved = {key for key, value in state.items() if not torch.equal(value, before[key])}
        assert moved == {"gaze.linear.weight", "gaze.linear.bias"}  # nor any running mean


def test_a_start_is_a_copy(tmp_path: Path) -> None:
    torch.manual_seed(0)
    taught = build("resnet_preact", SMALL)
    save_network(tmp_path / "network.pt", taught, "resnet_preact", SMALL, {"seed": 7})
    fresh = build("resnet_preact", {**SMALL, "dropout": 0.3})
    assert start_from(fresh, "resnet_preact", tmp_path)["seed"] == 7
    for key, value in fresh.state_dict().items():
        assert torch.equal(value, taught.state_dict()[key]), key
    with pytest.raises(ConfigError, match=r"holds resnet_preact, and model\.name=lenet"):
        start_from(build("lenet", {}), "lenet", tmp_path)
    with pytest.raises(ConfigError, match=r"its gaze\.linear\.weight is \(2, 18\), here \(2, 16\)"):
        start_from(build("resnet_preact", {**SMALL, "head_pose": False}), "resnet_preact", tmp_path)


def test_published_weights_go_into_the_backbone(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = ResNet(18).state_dict() | {"fc.weight": torch.zeros(1000, 512), "fc.bias": torch.zeros(1000)}
    torch.save(published, tmp_path / "resnet18.pth")
    network = build("sixdrep", {"depth": 18})
    before = network.get_submodule("columns").weight.clone()  # type: ignore[operator]
    start_from(network, "sixdrep", tmp_path / "resnet18.pth")
    for key, value in network.get_submodule("backbone").state_dict().items():
        assert torch.equal(value, published[key]), key
    assert torch.equal(network.get_submodule("columns").weight, before)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="lenet has no published backbone inside"):
        start_from(build("lenet", {}), "lenet", tmp_path / "resnet18.pth")
    with pytest.raises(DataError, match="no weights of a torchvision ResNet-34"):
        start_from(build("sixdrep", {"depth": 34}), "sixdrep", tmp_path / "resnet18.pth")


def test_portions_of_several_persons_share_none(draw_eyes: DrawEyes) -> None:
    eyes = named(draw_eyes(9), [f"p0{person}/{row:06d}" for person in (0, 1, 3) for row in range(3)])
    first, second = portion_of(eyes, Portion.first), portion_of(eyes, Portion.second)
    assert {key[:3] for key in first.keys} == {"p00"} and {key[:3] for key in second.keys} == {"p01", "p03"}
    assert portion_of(eyes, Portion.all) is eyes


def test_portions_of_one_person_share_no_moment(draw_eyes: DrawEyes) -> None:
    # As MPIIGaze's list has them: all left eyes, then the right ones.
    days = ["p00/day01/0003.jpg", "p00/day01/0001.jpg", "p00/day02/0001.jpg", "p00/day09/0002.jpg"]
    keys = [f"{day} {side}" for side in ("left", "right") for day in days]
    assert first_rows(named(draw_eyes(8), keys)) == [1, 5, 0, 4]
    # Of an odd number the moment in the middle is not cut.
    keys = ["p00/day01/0001.jpg left", "p00/day02/0001.jpg left", "p00/day02/0001.jpg right", "p00/day03/0001.jpg left"]
    assert first_rows(named(draw_eyes(4), keys)) == [0, 1, 2]


def test_portions_of_an_h5_have_both_sides(draw_eyes: DrawEyes) -> None:
    eyes = replace(named(draw_eyes(8), [f"p00/{row:06d}" for row in range(8)]), right=torch.arange(8) >= 4)
    assert first_rows(eyes) == [0, 1, 4, 5]
    assert sorted(portion_of(eyes, Portion.second).keys) == [f"p00/{row:06d}" for row in (2, 3, 6, 7)]


def test_fewer_samples_are_among_more(draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(20)
    few, more = set(drawn(eyes, 4, 3).keys), set(drawn(eyes, 11, 3).keys)
    assert len(few) == 4 and few < more and few != set(drawn(eyes, 4, 5).keys)
    assert drawn(eyes, 20, 3) is eyes is drawn(eyes, None, 3) and len(drawn(eyes, 0, 3)) == 0


@pytest.fixture
def real(tmp_path: Path, draw_eyes: DrawEyes) -> Path:
    eyes = draw_eyes(48)
    with h5py.File(tmp_path / "real.h5", "w") as file:
        file["p00/image"], file["p00/pose"] = eyes.images_u8.numpy(), eyes.head_pitch_yaw_rad.numpy()
        file["p00/gaze"] = eyes.gaze_pitch_yaw_rad.numpy()
    return tmp_path / "real.h5"


def test_a_run_starts_where_another_ended(real: Path, tmp_path: Path) -> None:
    assert main(["fit", *WORDS, f"data={real}", f"out={tmp_path / 'a'}"]) == 0
    tuned = ["fit", *WORDS, f"data={real}", f"init={tmp_path / 'a'}", "portion=first", "seed=4"]
    assert main([*tuned, "samples=0", f"out={tmp_path / 'none'}"]) == 0
    assert main([*tuned, "samples=10", "trainer.frozen=true", f"out={tmp_path / 'few'}"]) == 0
    assert main([*tuned, "samples=10", "init_share=0.25", f"out={tmp_path / 'mixed'}"]) == 0
    assert main([*tuned, "samples=10", f"out={tmp_path / 'learnt'}"]) == 0
    states = {
        name: load_network(tmp_path / name).network.state_dict() for name in ("a", "none", "few", "mixed", "learnt")
    }
    for key, value in states["mixed"].items():  # a quarter of where it started, three of what it learnt
        if value.is_floating_point():
            torch.testing.assert_close(value, 0.25 * states["a"][key] + 0.75 * states["learnt"][key])
    assert not torch.equal(states["mixed"]["gaze.linear.weight"], states["a"]["gaze.linear.weight"])
    assert all(torch.equal(value, states["a"][key]) for key, value in states["none"].items())
    moved = {key for key, value in states["few"].items() if not torch.equal(value, states["a"][key])}
    assert moved == {"gaze.linear.weight", "gaze.linear.bias"}
    told = {name: json.loads((tmp_path / name / "fit.json").read_text()) for name in states}
    assert "init" not in told["a"] and told["few"]["init"]["seed"] == 0 and told["few"]["frozen"] is True
    assert [told[name]["training_pictures"] for name in ("a", "none", "few")] == [43, 0, 10]
    assert told["none"]["validation_pictures"] == told["few"]["validation_pictures"] == round(24 * 0.1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["init={tmp}/none"], "none: there is no such file"),
        (["samples=0"], "samples=0: leaves a network as it is; give init=RUN"),
        (["samples=1"], "samples=1: at least 2"),
        (["init_share=0.5"], "init_share=0.5: of a whole network; give init=RUN"),
        (["init={tmp}/none", "init_share=1.0"], "init_share=1.0: at least 0 and below 1"),
        (["trainer.frozen=true"], "trainer.frozen=true: would keep random weights"),
        (["portion=third"], "portion"),
    ],
)
def test_what_cannot_be_started_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [word.format(tmp=tmp_path) for word in words]
    assert main(["fit", *WORDS, *given, "data=nowhere", f"out={tmp_path / 'x'}"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
