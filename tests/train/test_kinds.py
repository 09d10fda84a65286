"""Every network through its kind: noise to train on, what is exported, and the figure that it is compared by."""

import copy
from dataclasses import is_dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from adapt.augment.strengths import Strengths
from adapt.rows import joined
from synth.config import compose
from synth.shards import ShardPlan, iterate, write_shard
from tests.synth.fake_samples import fake_sample
from tests.train.detection.scenery import TINY
from tests.train.test_face_gaze_data import FACES, looking_at
from train.commands.predict import Task
from train.config import FitConfig
from train.kinds import Kind
from train.kinds.known import KINDS, kind_of
from train.models.build import DETECTION_NETWORKS, NETWORKS, build
from train.tasks.averaged import Loss, Recipe, Schedule

SMALL = {
    "resnet_preact": {"channels": 2, "stem_stride": 2},
    "hopenet": {"depth": 18, "side": 64},
    "sixdrep": {"depth": 18, "side": 64},
    "elg": {"modules": 1, "channels": 2},
    "pupilnet": {"modules": 1, "channels": 2},
    "resgaze": {"depth": 18, "side": 64},
    "l2cs": {"depth": 18, "side": 64},
    "itracker": {"side": 64},
    "spanet": {"stacks": 1, "channels": 16, "side": 64},
    "mobilenet68": {"width": 0.25, "side": 64},
    "cascade68": {"width": 0.25, "side": 64},
    "hrnet68": {"width": 4, "blocks": 1, "streams": "one_each", "side": 64},
    "hourglass68": {"modules": 1, "channels": 4, "side": 64},
    "san": {"width": 0.0625, "side": 64},
    "attention_mesh": {"channels": 4, "side": 64},
    **TINY,
    "attributes": {"width": 0.34},
    "identity": {"width": 0.34, "features": 128, "attributes": 1.0},
}
"""Options that make a network cheap, of those that have some."""
SHAPES = {"gaze_pitch_yaw": (2,), "cam_from_head": (3, 3), "point_cm": (2,), "radius_px": ()}
SHAPES |= {"depth_px": (478,), "face_probability": (), "attributes": (40,), "embedding": (128,)}
MARKS = {"elg": 18, "pupilnet": 8, "attention_mesh": 478}


def figure(score: dict[str, object], keys: tuple[str, ...]) -> float:
    value: object = score
    for key in keys:
        assert isinstance(value, dict)
        value = value[key]
    assert isinstance(value, float)
    return value


def test_every_network_is_of_one_kind() -> None:
    assert sorted(name for kind in KINDS for name in kind.networks) == sorted(NETWORKS)
    assert {kind.task_name for kind in KINDS} == {task.name for task in Task if task is not Task.all}


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_exported_has_the_names_and_shapes_that_are_said(name: str) -> None:
    kind, generator = kind_of(name), torch.Generator().manual_seed(0)
    example = kind.exported(build(name, SMALL.get(name, {})).eval(), 2, generator)
    with torch.inference_mode():
        told = example.network.eval()(*example.inputs.values())
    outputs = (told,) if isinstance(told, torch.Tensor) else told
    if name in DETECTION_NETWORKS:  # as many rows as there are anchors or windows
        wanted = [(2, *one.shape[1:]) for one in outputs]
    else:
        wanted = [(2, *SHAPES[one]) if one in SHAPES else (2, MARKS.get(name, 68), 2) for one in example.outputs]
    assert [tuple(one.shape) for one in outputs] == wanted and len(outputs) == len(example.outputs)
    assert all(f"{key}" in example.said for key in (*example.inputs, *example.outputs) if key != "radius_px")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task_name)
def test_noise_is_trained_on_and_scored(kind: Kind) -> None:
    cheap = ("resnet_preact", "elg", "itracker", "ssrnet_md", "cascade68", "blazeface", "attributes", "identity")
    name = next(one for one in cheap if one in kind.networks)
    network, generator = build(name, SMALL.get(name, {})), torch.Generator().manual_seed(0)
    pictures = kind.noise(network, 4, generator)
    assert len(pictures) == len(pictures.keys) == 4
    losses = []
    for half in (False, True):
        recipe = Recipe(Loss.l1, 1e-3, 1e-2, Schedule.constant, 1, 0.9, 0)
        task = kind.task(copy.deepcopy(network), recipe, Strengths())
        task.log = lambda *_, **__: None  # type: ignore[method-assign]
        task.meet(pictures, pictures)
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = task.training_step(pictures, 0)
        assert isinstance(loss, torch.Tensor) and loss.requires_grad and loss.dtype == torch.float32
        losses.append(float(loss.detach()))
    assert np.isfinite(losses).all() and losses[1] == pytest.approx(losses[0], rel=0.05)
    score, said = kind.validated(network, pictures)
    assert figure(score, kind.headline) > 0 and figure(score, kind.chance) > 0 and kind.unit in said


def same(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        assert isinstance(other, torch.Tensor)
        return torch.equal(one, other) or torch.allclose(one, other, rtol=0, atol=0, equal_nan=True)
    if is_dataclass(one):
        return all(same(a, b) for a, b in zip(vars(one).values(), vars(other).values(), strict=True))
    return one == other


@pytest.mark.parametrize("name", ["elg", "itracker", "resgaze", "cascade68", "blazeface"])
def test_a_stream_makes_the_pictures_that_are_read_into_memory(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    faces = [looking_at(FACES[i], (*rng.uniform(-0.1, 0.1, 2), 0.0)) for i in range(3)]
    samples = [fake_sample(3, i, 120, 72) for i in range(3)] if name == "elg" else faces
    write_shard(tmp_path, ShardPlan(3), 0, samples)
    words = [f"data={tmp_path}", "out=unused", "augment=none"]
    config, kind = compose("train.conf", "fit", FitConfig, words), kind_of(name)
    network = build(name, SMALL[name])
    make = kind.pictures(config, network)
    found = [one for one in map(make, iterate(tmp_path)) if one is not None]
    assert same(joined(found), kind.read(config, network).pictures) and len(joined(found)) == 3
