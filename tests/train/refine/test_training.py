"""Training of refiners: a stopped run that continues as if it had not, stages, what is learnt, alarms, the result."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from adapt.refine.adversarial import Adversary
from adapt.refine.alarms import Limits
from adapt.refine.build import build_parts
from adapt.refine.discriminator import PatchDiscriminator
from adapt.refine.history import History
from adapt.refine.keeping import Keep
from adapt.refine.recipe import Network, Optimizer, Refining
from adapt.refine.space import Pictures, Space, to_float
from synth.errors import DataError, TrainingError
from synth.seeds import rng
from train.fitting import Precision
from train.refine.fit import fit_refiner, load_refiner, save_refiner
from train.refine.sides import Sides
from train.refine.task import Chance, RefineTask

TINY = Refining(maps=4, blocks=1, skip=True, patch_maps=6, batch_size=8, history=16, steps=12, check_every=3)
STABLE = replace(TINY, adversary=Adversary.hinge, spectral=True, r1=1.0, average_decay=0.9, k_g=2, mirror=True)
PUBLISHED = replace(
    TINY,
    skip=False,
    optimizer=Optimizer.sgd,
    learning_rate=0.1,
    discriminator_learning_rate=0.1,
    warm_refiner=3,
    warm_discriminator=3,
    steps=6,
)
CUT = replace(
    TINY,
    network=Network.translator,
    skip=False,
    keep=Keep.contrast,
    adversary=Adversary.least_squares,
    history=0,
    steps=9,
)
PATIENT = Limits(checks=100)


def sides(n: int = 20, light: int = 60) -> Sides:
    """Return dark discs at random places, and the same about `light` levels brighter: what is real is easy to learn."""
    draw = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(20), np.arange(12))
    middle = draw.uniform([6, 4], [14, 8], (2 * n, 2))
    discs = 40 + 70 * (np.hypot(x - middle[:, 0, None, None], y - middle[:, 1, None, None]) > 3)
    images = torch.from_numpy((discs + draw.integers(0, 20, discs.shape)).astype(np.uint8)).unsqueeze(1)
    return Sides(Pictures(images[:n]), Pictures(images[n:] + light), Space.plain, "")


def run(out: Path, recipe: Refining, limits: Limits = PATIENT, seed: int = 0, **options: object) -> RefineTask:
    out.mkdir(exist_ok=True)
    return fit_refiner(sides(), recipe, limits, seed, out, **options)  # type: ignore[arg-type]


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "metrics.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class StoppedError(Exception):
    """A run that was stopped."""


@pytest.mark.parametrize(
    ("recipe", "epoch"),
    [(STABLE, 2), (PUBLISHED, 1), (PUBLISHED, 2), (CUT, 2)],
    ids=["stable", "published, first stage", "published, second stage", "cut"],
)
def test_a_stopped_run_continues_as_if_it_had_not_stopped(
    recipe: Refining, epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(tmp_path / "whole", recipe)
    with monkeypatch.context() as patch:

        def stop(self: RefineTask, batch: object, index: int) -> None:
            if self.current_epoch == epoch and index == 1:
                raise StoppedError

        patch.setattr(RefineTask, "on_train_batch_start", stop)
        with pytest.raises(StoppedError):
            run(tmp_path / "cut", recipe)
    assert len(rows(tmp_path / "cut")) == epoch
    continued = run(tmp_path / "cut", recipe)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name
    assert (tmp_path / "whole/metrics.csv").read_text() == (tmp_path / "cut/metrics.csv").read_text()
    assert list((tmp_path / "cut/tensorboard").glob("events*"))


def test_the_seed_decides(tmp_path: Path) -> None:
    one, other = run(tmp_path / "one", STABLE), run(tmp_path / "other", STABLE, seed=1)
    assert len(one.history) == 16 and not torch.equal(one.history.pictures, other.history.pictures)
    assert rows(tmp_path / "one") != rows(tmp_path / "other")


def test_each_stage_teaches_its_own_and_tells_its_own_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: list[set[str]] = []
    state: dict[str, torch.Tensor] = {}

    def watch(self: RefineTask) -> None:
        now = {name: value.clone() for name, value in self.state_dict().items() if name != "running"}
        learnt.append({name.partition(".")[0] for name in state if not torch.equal(now[name], state[name])})
        state.update(now)

    monkeypatch.setattr(RefineTask, "on_train_epoch_end", watch)
    monkeypatch.setattr(RefineTask, "on_fit_start", watch)
    run(tmp_path / "run", PUBLISHED)
    both = {"refiner", "average", "discriminator", "history"}
    assert learnt == [set(), {"refiner", "average"}, {"discriminator", "history"}, both, both]
    told = ("refiner/keep", "refiner/deceive", "discriminator/loss", "discriminator/accuracy", "check/spread")
    stages = [(True, False, False, False, True), (False, False, True, True, True), (True,) * 5, (True,) * 5]
    assert [tuple(row[name] != "" for name in told) for row in rows(tmp_path / "run")] == stages


def test_the_discriminator_is_shown_what_the_history_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def look(self: PatchDiscriminator, pictures: torch.Tensor) -> torch.Tensor:
        if len(pictures) == 2 * TINY.batch_size:  # real ones, new ones, those of the history
            seen.append((held[0].pictures[: len(held[0])].clone(), pictures.detach().clone()))
        return forward(self, pictures)

    held: list[History] = []
    forward = PatchDiscriminator.forward
    monkeypatch.setattr(RefineTask, "on_fit_start", lambda self: held.append(self.history))
    monkeypatch.setattr(PatchDiscriminator, "forward", look)
    run(tmp_path / "run", TINY)
    assert [len(before) for before, _ in seen] == [0, 4, 8, 12, *[16] * 8]
    for before, pictures in seen[1:]:
        new, old = pictures[8:12], pictures[12:]
        assert all((one == before).flatten(1).all(1).any() for one in old)
        assert not any((one == before).flatten(1).all(1).any() for one in new)


def test_batches_have_no_picture_twice_and_half_of_them_mirrored() -> None:
    task = RefineTask(build_parts(STABLE, 1, 12, 20), sides(), STABLE, PATIENT, 0)
    plain = to_float(task.sides.real.images_u8)
    turned = plain.flip(3)
    mirrored = 0
    for number in range(20):
        drawn = task.drawn(task.sides.real, Chance(rng(0, number, "rows"), torch.Generator()))
        which = [[bool((one == other).all()) for other in plain] for one in drawn]
        flipped = [[bool((one == other).all()) for other in turned] for one in drawn]
        mirrored += np.sum(flipped)
        assert np.sum(np.logical_or(which, flipped), axis=0).max() == 1 and np.sum(which) + np.sum(flipped) == 8
    assert 0.35 < mirrored / 160 < 0.65


def test_what_is_real_is_approached_and_what_is_rendered_is_kept(tmp_path: Path) -> None:
    both = sides()
    rendered, real = to_float(both.rendered.images_u8), to_float(both.real.images_u8)
    recipe = replace(STABLE, k_g=1, mirror=False, patch_maps=12, r1=0.1, lambda_keep=0.3, steps=100, check_every=50)
    task = run(tmp_path / "run", replace(recipe, learning_rate=5e-3, discriminator_learning_rate=5e-3))
    with torch.no_grad():
        refined = task(rendered)
    before, after = (float((one.mean() - real.mean()).abs()) for one in (rendered, refined))
    assert before > 0.4 and after < 0.3 * before
    assert np.corrcoef(refined.flatten().numpy(), rendered.flatten().numpy())[0, 1] > 0.9


def test_a_refiner_that_only_keeps_learns_to_change_nothing(tmp_path: Path) -> None:
    recipe = replace(PUBLISHED, optimizer=Optimizer.adam, learning_rate=1e-2, warm_refiner=120, warm_discriminator=0)
    task = run(tmp_path / "run", replace(recipe, steps=60, check_every=60, lambda_keep=100.0))
    kept = [float(row["refiner/keep"]) for row in rows(tmp_path / "run")]
    assert kept[2] < kept[1] < kept[0] and kept[2] < 0.05
    with torch.no_grad():
        rendered = to_float(sides().rendered.images_u8)
        assert (task(rendered) - rendered).abs().mean() < 0.05


def test_the_average_is_of_the_weights_that_were(tmp_path: Path) -> None:
    last = run(tmp_path / "none", replace(TINY, average_decay=0.0))
    for name, value in last.average.state_dict().items():
        assert torch.equal(value, last.refiner.state_dict()[name])
    behind = run(tmp_path / "some", replace(TINY, average_decay=0.9))
    assert torch.equal(behind.refiner.last.weight, last.refiner.last.weight)
    assert 0 < behind.average.last.weight.norm() < behind.refiner.last.weight.norm()  # from a start at zero


def test_half_the_precision_ends_near_the_whole(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", replace(STABLE, steps=3))
    half = run(tmp_path / "half", replace(STABLE, steps=3), precision=Precision.bf16)
    rendered = to_float(sides().rendered.images_u8)
    with torch.no_grad():
        assert (whole(rendered) - half(rendered)).abs().max() < 0.02
    assert half.refiner.last.weight.dtype == torch.float32
    assert not torch.equal(whole.discriminator.layers[0].weight, half.discriminator.layers[0].weight)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(accuracy=0.0, checks=2), r"step 6 of 12: no contest: .*, 2 checks running"),
        (Limits(spread=1.0, checks=3), r"step 9 of 12: collapse: "),
    ],
)
def test_an_alarm_stops_and_can_be_overruled(limits: Limits, message: str, tmp_path: Path) -> None:
    recipe = replace(TINY, learning_rate=5e-3, lambda_keep=0.0)
    if limits.spread == 1.0:
        recipe = replace(recipe, skip=False)  # a fresh one of few maps shows little of its pictures
    with pytest.raises(TrainingError, match=message):
        run(tmp_path / "run", recipe, limits)
    assert len(rows(tmp_path / "run")) == limits.checks  # the figures of the last check are there
    with pytest.raises(TrainingError, match=f"step {3 * limits.checks + 3} of 12"):  # a continued run goes on counting
        run(tmp_path / "run", recipe, replace(limits, checks=limits.checks + 1))
    task = run(tmp_path / "run", recipe)
    assert len(rows(tmp_path / "run")) == 4 and task.found is not None


def test_alarms_that_pass_are_forgotten_and_those_of_a_start_do_not_count(tmp_path: Path) -> None:
    # Before the quarrel the discriminator is right about half of all, which is above no limit of these.
    task = run(tmp_path / "run", PUBLISHED, Limits(spread=1.0, accuracy=1.0, checks=3))
    assert task.running.tolist() == [2, 0, 0, 0]  # of four checks, the last two are of the quarrel


def test_levels_that_are_not_finite_stop_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RefineTask, "forward", lambda self, pictures: pictures / 0 * 0)
    with pytest.raises(TrainingError, match=r"step 3 of 12: refined pictures are not finite"):
        run(tmp_path / "run", TINY)


def test_what_is_saved_is_the_average_and_what_it_is_for(tmp_path: Path) -> None:
    task = run(tmp_path / "run", STABLE)
    save_refiner(tmp_path / "run/refiner.pt", task, {"seed": 3})
    found = load_refiner(tmp_path / "run")
    assert found.name == "residual" and found.options == {"channels": 1, "maps": 4, "blocks": 1, "skip": True}
    assert dict(found.about) == {"space": "plain", "height": 12, "width": 20, "seed": 3}
    rendered = to_float(sides().rendered.images_u8)
    with torch.no_grad():
        assert torch.equal(found.network(rendered), task(rendered))
    (tmp_path / "run/refiner.pt").write_bytes(b"PK\x03\x04 no refiner")
    with pytest.raises(DataError, match=r"refiner\.pt: not a network of ours"):
        load_refiner(tmp_path / "run")
    with pytest.raises(DataError, match=r"name the folder that `canthus refine fit out=...` finished"):
        load_refiner(tmp_path)
