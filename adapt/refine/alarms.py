"""What a training of a refiner may end in that is no refiner, and how that is noticed.

At every check the averaged refiner refines the same rendered pictures, and the discriminator's verdicts since the last
check are counted:

    spread      how much refined pictures differ from each other: standard deviation over pictures, mean over pixels,
                over that of the same pictures before.  Below `Limits.spread`: collapse
    ends        part of the grey levels within a hundredth of black or white.  Above `Limits.ends`: saturation
    drift       mean level of a channel, white being 1: how far it is outside what lies between the rendered and the
                real pictures' means, of the channel that is furthest.  Above `Limits.drift`: drift of colour or light
    accuracy    part of the patches that the discriminator is right about.  From `Limits.accuracy` on nothing deceives
                it, and the refiner is taught nothing

A training stops when one of them holds in `Limits.checks` checks running, for a fresh network may pass through any; a
level that is not finite stops it at once.
"""

from dataclasses import asdict, dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor

from synth.errors import ConfigError

NEAR = 0.01
"""Of black or white, white being 1."""
REMEDY = "raise refiner.lambda_keep, lower the learning rates or take another preset, in another folder; or go on with"


@dataclass
class Limits:
    """Where an alarm begins; see the module.

    Attributes:
        spread: Least, of that of the rendered pictures.
        ends: Most.
        drift: Most.
        accuracy: Most that is not yet perfect.
        checks: How many times running.
    """

    spread: float = 0.3
    ends: float = 0.5
    drift: float = 0.15
    accuracy: float = 0.999
    checks: int = 5

    def __post_init__(self) -> None:
        """Refuse what is no limit."""
        for name in ("spread", "ends", "drift", "accuracy"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)}: between 0 and 1")
        if self.checks < 1:
            raise ConfigError(f"checks={self.checks}: at least 1")


@dataclass(frozen=True)
class Signs:
    """What a check found; see the module."""

    spread: float
    ends: float
    drift: float
    accuracy: float


ALARMS = tuple(field.name for field in fields(Signs))
"""In the order in which `raised` counts them."""


def signs(
    refined: Float[Tensor, "b c h w"],
    rendered: Float[Tensor, "b c h w"],
    real_means: Float[Tensor, " c"],
    accuracy: float,
) -> Signs:
    """Return what a check found.

    Args:
        refined: At least two pictures, in [-1, 1].
        rendered: The same before.
        real_means: Mean level of each channel of the real pictures, in [-1, 1].
        accuracy: Of the discriminator since the last check.
    """
    before, after = rendered.mean(dim=(0, 2, 3)), refined.mean(dim=(0, 2, 3))
    outside = torch.maximum(torch.minimum(before, real_means) - after, after - torch.maximum(before, real_means))
    return Signs(
        spread=float(refined.std(dim=0).mean() / rendered.std(dim=0).mean().clamp(min=1e-6)),
        ends=float((refined.abs() > 1 - 2 * NEAR).float().mean()),
        drift=float(outside.max().clamp(min=0)) / 2,
        accuracy=accuracy,
    )


def raised(found: Signs, limits: Limits) -> tuple[bool, ...]:
    """Return which alarms a check raises, in the order of `ALARMS`."""
    return (
        found.spread < limits.spread,
        found.ends > limits.ends,
        found.drift > limits.drift,
        found.accuracy >= limits.accuracy,
    )


def told(alarm: str, found: Signs, limits: Limits) -> str:
    """Return what an alarm says after `limits.checks` checks."""
    value, limit = asdict(found)[alarm], asdict(limits)[alarm]
    said = {
        "spread": f"collapse: refined pictures differ by {value:.2f} of what they did before (limit {limit})",
        "ends": f"saturation: {100 * value:.0f} % of the levels are black or white (limit {100 * limit:.0f} %)",
        "drift": f"drift: the mean level is {value:.2f} of white beyond rendered and real pictures (limit {limit})",
        "accuracy": f"no contest: the discriminator is right about {100 * value:.1f} % (limit {100 * limit:.1f} %)",
    }
    return f"{said[alarm]}, {limits.checks} checks running; {REMEDY} another limits.{alarm}"
