"""Alarms of a refiner's training: each is raised by what it is for and by nothing else."""

import pytest
import torch
from torch import Tensor

from adapt.refine.alarms import ALARMS, Limits, Signs, raised, signs, told
from synth.errors import ConfigError

REAL_MEANS = torch.tensor([0.1, 0.1, 0.1])


def rendered() -> Tensor:
    return torch.rand(6, 3, 8, 10, generator=torch.Generator().manual_seed(0)) - 0.5


def found(refined: Tensor, accuracy: float = 0.7) -> Signs:
    return signs(refined, rendered(), REAL_MEANS, accuracy)


def test_a_refiner_that_changes_nothing_raises_none() -> None:
    same = found(rendered())
    assert same.spread == pytest.approx(1) and same.ends == 0 and same.drift == 0
    assert raised(same, Limits()) == (False,) * 4


@pytest.mark.parametrize(
    ("alarm", "one"),
    [
        ("spread", found(rendered()[:1].expand(6, -1, -1, -1) + 0.01 * rendered())),
        ("ends", found(torch.where(rendered() > 0, 0.99, -0.99))),
        ("drift", found(rendered() + torch.tensor([0.0, 0.5, 0.0])[:, None, None])),
        ("accuracy", found(rendered(), accuracy=1.0)),
    ],
)
def test_each_alarm_is_raised_by_its_own(alarm: str, one: Signs) -> None:
    assert [name for name, is_raised in zip(ALARMS, raised(one, Limits()), strict=True) if is_raised] == [alarm]
    assert f"{Limits().checks} checks running" in told(alarm, one, Limits())


def test_the_way_to_the_real_pictures_is_no_drift() -> None:
    before = rendered().mean(dim=(0, 2, 3))
    half_way = rendered() + (REAL_MEANS - before)[:, None, None] / 2
    assert found(half_way).drift == 0
    beyond = rendered() + (REAL_MEANS - before)[:, None, None] + 0.3
    assert found(beyond).drift == pytest.approx(0.15, abs=1e-6)
    darker = rendered() - 0.2
    assert found(darker).drift == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(("name", "value"), [("spread", -0.1), ("accuracy", 1.5), ("checks", 0)])
def test_what_is_no_limit_is_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{name}={value}"):
        Limits(**{name: value})  # type: ignore[arg-type]
