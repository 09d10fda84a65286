"""What an adaptation adds to a step: labels there and back, features, the teacher's loss by hand, draws, resuming."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from adapt.face_batch import FaceBatch
from adapt.gaze import angle_between, roll
from adapt.unlabelled.recipe import Adaptation, Method
from adapt.unlabelled.schedules import consistency_weight
from train.fitting import fit
from train.models.build import GAZE_NETWORKS, build, build_pose
from train.models.features import Tap, features_of
from train.models.parts import HeadJoin
from train.rotations import geodesic_angle
from train.tasks.adaptable import View
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.gaze import GazeTask
from train.tasks.pose import PoseTask
from train.unlabelled.choose import prepare

DrawEyes = Callable[..., Batch]
SMALL = {"stem_stride": 2, "channels": 4}
MILD = Strengths(shift_px=1.0, rotation_deg=4.0, probability=0.3, read_noise=0.02, head_noise_deg=1.0)
TEACHER = Adaptation(Method.mean_teacher, real="here", batch_size=6, weight=0.5, ramp=0.4)
REVERSAL = Adaptation(Method.dann, real="here", batch_size=6, weight=0.5, slope=10.0, hidden=5)


def recipe(steps: int = 6, loss: Loss = Loss.l1) -> Recipe:
    return Recipe(loss, 4e-3, 1e-2, Schedule.one_cycle, steps, 0.9, 0)


def quiet(task: Any) -> Any:
    """Let a task take steps without a trainer."""
    task.told = {}
    task.log = lambda name, value, **_: task.told.update({name: float(torch.as_tensor(value).detach())})
    return task


def unlabelled(eyes: Batch) -> Batch:
    nothing = torch.full_like(eyes.gaze_pitch_yaw_rad, torch.nan)
    return replace(eyes, gaze_pitch_yaw_rad=nothing, head_pitch_yaw_rad=torch.zeros_like(nothing))


def faces(n: int, side: int = 64) -> FaceBatch:
    draw = np.random.default_rng(0)
    rotation = Rotation.from_rotvec(draw.uniform(-0.7, 0.7, (n, 3))).as_matrix().astype(np.float32)
    images = draw.integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    return FaceBatch(torch.from_numpy(images), torch.from_numpy(rotation), tuple(map(str, range(n))))


def test_what_is_said_of_one_view_is_moved_to_the_label_of_another(draw_eyes: DrawEyes) -> None:
    """Labels that are known are moved by both draws: the one's must become the other's."""
    turning = replace(MILD, rotation_deg=25.0, mirror=0.5)
    eyes, heads, generator = draw_eyes(8), faces(12), torch.Generator().manual_seed(1)
    gaze = GazeTask(build("lenet", {}), recipe(), replace(turning, mirror=0.0))
    one, other = (View(*gaze.altered(eyes, generator)) for _ in range(2))
    said, wanted = other.pictures.gaze_pitch_yaw_rad, one.pictures.gaze_pitch_yaw_rad
    labelled = gaze.labelled(View(unlabelled(one.pictures), one.changes), other, said)
    assert float(angle_between(said, wanted).max()) > 0.05
    torch.testing.assert_close(labelled.gaze_pitch_yaw_rad, wanted)
    assert torch.equal(labelled.images_u8, one.pictures.images_u8)

    pose = PoseTask(build_pose("sixdrep", {"side": 64}), recipe(), turning)
    first, second = (View(*pose.altered(heads, generator)) for _ in range(2))
    assert {(bool(a), bool(b)) for a, b in zip(first.changes.mirrored, second.changes.mirrored, strict=True)} == {
        *((a, b) for a in (False, True) for b in (False, True))
    }
    columns = second.pictures.rotation[:, :, :2].mT.flatten(1)  # what a 6D network would say of the second view
    assert float(pose.error_rad(columns, second.pictures).max()) < 1e-3
    nothing = replace(first.pictures, rotation=torch.full_like(heads.rotation, torch.nan))
    moved = pose.labelled(View(nothing, first.changes), second, columns)
    assert float(geodesic_angle(moved.rotation, first.pictures.rotation).max()) < 1e-3


@pytest.mark.parametrize("name", GAZE_NETWORKS)
def test_features_of_gaze_are_what_the_last_layer_joins_to_the_head(name: str, draw_eyes: DrawEyes) -> None:
    torch.manual_seed(0)
    eyes, network = draw_eyes(2), build(name, {}).eval()
    place, (last,) = features_of(network), [one for one in network.modules() if isinstance(one, HeadJoin)]
    assert place is not None
    tap = Tap(place)
    told = network(torch.rand(2, 1, 36, 60), eyes.head_pitch_yaw_rad)
    features = tap.take()
    assert features.shape == (2, place.width) and features.requires_grad
    torch.testing.assert_close(last.linear(torch.cat([features, eyes.head_pitch_yaw_rad], 1)), told)
    with pytest.raises(AssertionError, match="has not run"):
        tap.take()


def test_features_of_head_pose_are_where_they_are_marked() -> None:
    torch.manual_seed(0)
    for name, options, width in (("hopenet", {"depth": 18, "side": 64}, 512), ("fsanet", {}, 48)):
        network = build_pose(name, options).eval()
        place = features_of(network)
        assert place is not None and place.width == width
        tap = Tap(place)
        told = network(torch.rand(2, 3, 64, 64))
        features = tap.take()
        assert features.shape == (2, width)
        if name == "hopenet":
            torch.testing.assert_close(network.fc_yaw(features), told[:, 1])  # type: ignore[operator]
    assert features_of(build_pose("ssrnet_md", {})) is None


class Stubborn(nn.Module):
    """Says the same of every eye."""

    def __init__(self) -> None:
        super().__init__()
        self.said = nn.Parameter(torch.tensor([0.2, -0.4]))

    def forward(self, images: Tensor, head: Tensor) -> Tensor:
        return self.said.expand(len(images), 2)


def test_a_teacher_that_ignores_turns_disagrees_with_itself_by_the_turns_between(draw_eyes: DrawEyes) -> None:
    eyes, real = draw_eyes(5), unlabelled(draw_eyes(20, 1))
    task = quiet(GazeTask(Stubborn(), recipe(loss=Loss.angular), MILD))
    prepare(task, TEACHER, real)
    met = task.changed(eyes, 0)
    loss = task.training_step(met, 0)
    student, teacher = (view.changes.crop.turn_rad for view in met.views)
    said = torch.tensor([0.2, -0.4]).expand(6, 2)
    apart = float(angle_between(said, roll(said, student - teacher)).mean())
    assert apart > 0.005 and task.told["train/consistency"] == pytest.approx(apart, rel=1e-4)
    expected = task.told["train/loss"] + 0.5 * consistency_weight(0, 0.4) * apart
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-5)
    loss.backward()  # the student's share of both losses, none of the teacher's
    assert task.network.said.grad is not None and task.average.said.grad is None


def test_what_a_step_meets_depends_on_seed_and_step_alone(draw_eyes: DrawEyes) -> None:
    eyes, real = draw_eyes(5), unlabelled(draw_eyes(9, 1))
    task = quiet(GazeTask(Stubborn(), recipe(), MILD))
    alone = task.changed(eyes, 3)
    prepare(task, TEACHER, real)
    met = task.changed(eyes, 3)
    assert met.rendered == 5 and len(met.pictures) == 11 and len(met.views) == 2
    for name in ("images_u8", "gaze_pitch_yaw_rad", "head_pitch_yaw_rad"):  # as without real pictures, to the bit
        assert torch.equal(getattr(met.pictures, name)[:5], getattr(alone, name)), name
    assert torch.equal(met.pictures.images_u8[5:], met.views[0].pictures.images_u8)
    assert met.views[0].pictures.keys == met.views[1].pictures.keys == met.pictures.keys[5:]
    assert not torch.equal(met.views[0].pictures.images_u8, met.views[1].pictures.images_u8)
    assert len(set(met.pictures.keys[5:])) == 6  # none twice where there are enough
    assert torch.isnan(met.pictures.gaze_pitch_yaw_rad[5:]).all()
    again, later = task.changed(eyes, 3), task.changed(eyes, 4)
    assert torch.equal(again.pictures.images_u8, met.pictures.images_u8)
    assert later.pictures.keys[5:] != met.pictures.keys[5:]
    prepare(task, TEACHER, unlabelled(draw_eyes(2)))
    assert len(task.changed(eyes, 0).pictures) == 11


def test_real_eyes_are_told_the_head_angles_of_rendered_ones(draw_eyes: DrawEyes) -> None:
    eyes = draw_eyes(5)
    task = quiet(GazeTask(Stubborn(), recipe(), Strengths()))
    prepare(task, TEACHER, unlabelled(draw_eyes(20, 1)))
    told = task.changed(eyes, 0).pictures.head_pitch_yaw_rad[5:].tolist()
    assert {tuple(one) for one in told} <= {tuple(one) for one in eyes.head_pitch_yaw_rad.tolist()}
    assert told != task.changed(eyes, 1).pictures.head_pitch_yaw_rad[5:].tolist()


def test_the_adversary_pushes_features_against_its_own_gradient() -> None:
    torch.manual_seed(0)
    heads, real = faces(3), replace(faces(4), rotation=torch.full((4, 3, 3), torch.nan))
    task = quiet(PoseTask(build_pose("fsanet", {}), recipe(steps=10), Strengths()))
    prepare(task, replace(REVERSAL, batch_size=4), real)
    type(task).global_step = property(lambda self: 3)  # type: ignore[method-assign,assignment]
    try:
        gradients = []
        for weight in (0.0, 1.0, 2.0):
            task.adapting.weight = weight
            task.zero_grad()
            task.training_step(task.changed(heads, 0), 0).backward()
            weights = [*task.network.aggregation.parameters(), *task.adapting.classifier.parameters()]
            gradients.append([one.grad.clone() for one in weights])
            assert all(one.grad is not None and torch.isfinite(one.grad).all() for one in task.network.parameters())
    finally:
        del type(task).global_step
    (without, *of_classifier), (once, *same), (twice, *_) = gradients
    assert all(torch.equal(a, b) for a, b in zip(of_classifier, same, strict=True))
    against = once - without
    assert float(against.abs().max()) > 1e-6
    torch.testing.assert_close(twice - without, 2 * against, rtol=1e-2, atol=1e-5)
    assert task.told["train/domain_loss"] == pytest.approx(math.log(2), abs=0.1)


@pytest.mark.parametrize("adaptation", [TEACHER, REVERSAL], ids=lambda one: one.method.name)
def test_a_continued_run_equals_an_uninterrupted_one(
    adaptation: Adaptation, draw_eyes: DrawEyes, tmp_path: Path
) -> None:
    eyes, real = draw_eyes(16), unlabelled(draw_eyes(9, 1))

    class StoppedError(Exception):
        pass

    class Interrupted(GazeTask):
        def on_train_epoch_start(self) -> None:
            if self.current_epoch == 1:
                raise StoppedError

    def task() -> GazeTask:
        torch.manual_seed(0)
        one = GazeTask(build("resnet_preact", {**SMALL, "dropout": 0.1}), recipe(4), MILD)
        prepare(one, adaptation, real)
        return one

    whole, cut, continued = task(), task(), task()
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    fit(whole, eyes, None, tmp_path / "whole", epochs=2, batch_size=8)
    cut.__class__ = Interrupted
    with pytest.raises(StoppedError):
        fit(cut, eyes, None, tmp_path / "cut", epochs=2, batch_size=8)
    fit(continued, eyes, None, tmp_path / "cut", epochs=2, batch_size=8)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "cut/metrics.csv").read_text()
    fresh = task().state_dict()
    moved = {name.split(".")[0] for name, value in whole.state_dict().items() if not torch.equal(value, fresh[name])}
    assert moved == {"network", "average"} | ({"adapting"} if adaptation is REVERSAL else set())
