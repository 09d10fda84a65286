"""How a network is adapted to unlabelled real pictures: the numbers of an `adaptation` configuration.

Not frozen, because hydra wants its schemas so; nothing changes one after it was checked.
"""

from dataclasses import dataclass
from enum import Enum

from synth.errors import ConfigError


class Method(Enum):
    """What is done: nothing, new batch statistics, consistency with an averaged teacher, or reversed gradients."""

    none = "none"
    adabn = "adabn"
    mean_teacher = "mean_teacher"
    dann = "dann"


READ: dict[Method, tuple[str, ...]] = {
    Method.none: (),
    Method.adabn: ("real",),
    Method.mean_teacher: ("real", "batch_size", "weight", "ramp"),
    Method.dann: ("real", "batch_size", "weight", "slope", "hidden"),
}
"""What each method needs; it takes no other key but `images`."""
STEPPING = (Method.mean_teacher, Method.dann)
"""Methods that take part in every step; the other one comes after the last."""
LEAST_IMAGES = 2
"""Of one picture there is no variance."""


@dataclass
class Adaptation:
    """A method and its strengths; null is for what a method does not read.

    Attributes:
        method: none, adabn, mean_teacher or dann.
        real: The real pictures: a folder of png or jpg, or of shards, whose labels are not looked at.
        images: How many of them, evenly spread (train/data/unlabelled.py); null is all.
        batch_size: Real pictures a step, beside the rendered ones.
        weight: Of mean_teacher: of the consistency, beside the loss of rendered pictures, in its unit.  Of dann: the
            reversal's last strength.
        ramp: Of mean_teacher: part of the training over which the weight rises; 0 has it from the first step.
        slope: Of dann: how early the reversal reaches its strength.
        hidden: Of dann: units of the classifier's hidden layer.
    """

    method: Method = Method.none
    real: str | None = None
    images: int | None = None
    batch_size: int | None = None
    weight: float | None = None
    ramp: float | None = None
    slope: float | None = None
    hidden: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is missing, what would be left unread, and impossible values."""
        name, read = self.method.name, READ[self.method]
        for key in dict.fromkeys(key for keys in READ.values() for key in keys):
            if (key in read) is (getattr(self, key) is None):
                needs = "needs" if key in read else "takes no"
                raise ConfigError(f"{key}={getattr(self, key)}: adaptation={name} {needs} adaptation.{key}=...")
        if self.images is not None and self.method is Method.none:
            raise ConfigError(f"images={self.images}: adaptation=none takes no adaptation.images=...")
        for key, low in (("images", LEAST_IMAGES), ("batch_size", 2), ("hidden", 1)):
            value = getattr(self, key)
            if value is not None and value < low:
                raise ConfigError(f"{key}={value}: at least {low}")
        for key, high in (("weight", 1000.0), ("ramp", 1.0), ("slope", 1000.0)):
            value = getattr(self, key)
            if value is not None and not 0 <= value <= high:
                raise ConfigError(f"{key}={value}: from 0 to {high:g}")

    @property
    def stepping(self) -> bool:
        """Whether it takes part in the steps of a training."""
        return self.method in STEPPING
