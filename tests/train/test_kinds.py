"""Every network through its kind: noise to train on, what is exported, and the figure that it is compared by."""

import pytest
import torch

from adapt.strengths import Strengths
from train.commands.predict import Task
from train.kinds import Kind
from train.kinds.known import KINDS, kind_of
from train.models.build import NETWORKS, build
from train.tasks.averaged import Loss, Recipe, Schedule

SMALL = {
    "resnet_preact": {"channels": 2, "stem_stride": 2},
    "hopenet": {"depth": 18},
    "sixdrep": {"depth": 18},
    "elg": {"modules": 1, "channels": 2},
    "pupilnet": {"modules": 1, "channels": 2},
    "resgaze": {"depth": 18, "side": 64},
    "l2cs": {"depth": 18, "side": 64},
    "itracker": {"side": 64},
    "spanet": {"stacks": 1, "channels": 16, "side": 64},
}
"""Options that make a network cheap, of those that have some."""
SHAPES = {"gaze_pitch_yaw": (2,), "cam_from_head": (3, 3), "point_cm": (2,), "radius_px": ()}
MARKS = {"elg": 18, "pupilnet": 8}


def figure(score: dict[str, object], keys: tuple[str, ...]) -> float:
    value: object = score
    for key in keys:
        assert isinstance(value, dict)
        value = value[key]
    assert isinstance(value, float)
    return value


def test_every_network_is_of_one_kind() -> None:
    assert sorted(name for kind in KINDS for name in kind.networks) == sorted(NETWORKS)
    assert {kind.task_name for kind in KINDS} == {task.name for task in Task}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_exported_has_the_names_and_shapes_that_are_said(name: str) -> None:
    kind, generator = kind_of(name), torch.Generator().manual_seed(0)
    example = kind.exported(build(name, SMALL.get(name, {})).eval(), 2, generator)
    with torch.inference_mode():
        told = example.network.eval()(*example.inputs.values())
    outputs = (told,) if isinstance(told, torch.Tensor) else told
    wanted = [(2, *SHAPES[one]) if one in SHAPES else (2, MARKS[name], 2) for one in example.outputs]
    assert [tuple(one.shape) for one in outputs] == wanted
    assert all(f"{key}" in example.said for key in (*example.inputs, *example.outputs) if key != "radius_px")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task_name)
def test_noise_is_trained_on_and_scored(kind: Kind) -> None:
    name = next(one for one in ("resnet_preact", "elg", "itracker", "ssrnet_md") if one in kind.networks)
    network, generator = build(name, SMALL.get(name, {})), torch.Generator().manual_seed(0)
    pictures = kind.noise(network, 4, generator)
    assert len(pictures) == len(pictures.keys) == 4
    task = kind.task(network, Recipe(Loss.l1, 1e-3, 1e-2, Schedule.constant, 1, 0.9, 0), Strengths())
    task.log = lambda *_, **__: None  # type: ignore[method-assign]
    loss = task.training_step(pictures, 0)
    assert isinstance(loss, torch.Tensor) and loss.isfinite() and loss.requires_grad
    score, said = kind.validated(network, pictures)
    assert figure(score, kind.headline) > 0 and figure(score, kind.chance) > 0 and kind.unit in said
