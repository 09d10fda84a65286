"""The 40 attributes of CelebA (Liu, Luo, Wang & Tang 2015), as far as a scene decides them.

Annotators ticked these by eye; here each is a rule over the spec, with thresholds set by eye.  Of a part that a subject
does not have (a beard, a hat) nothing is true.  What no scene has yet, and what only a beholder can say, is never true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from synth.spec import SceneSpec


@dataclass(frozen=True)
class Looks:
    """What the rules ask for."""

    scene: SceneSpec

    def of(self, name: str, default: Any = 0.0) -> Any:
        """Return what the subject's spec has under this dotted name; the default where a part of it is absent."""
        value: Any = self.scene.subject
        for part in name.split("."):
            value = getattr(value, part, None)
            if value is None:
                return default
        return value

    @cached_property
    def units(self) -> Mapping[str, float]:
        """Face units that the expression moves, and how far."""
        return dict(self.scene.subject.expression.weights)

    def unit(self, stem: str) -> float:
        """Return how far a face unit is moved, the mean of left and right."""
        return self.units.get(stem, (self.units.get(f"{stem}Left", 0.0) + self.units.get(f"{stem}Right", 0.0)) / 2)

    def shape(self, *names: str) -> float:
        """Return the mean weight of local shapes of the head; sides are averaged too."""
        shapes = dict(self.scene.subject.shape)
        return sum(shapes.get(name, 0.0) for name in names) / len(names)

    @property
    def male(self) -> bool:
        """Whether the subject is a man rather than a woman."""
        return self.scene.subject.gender_female < 0.5

    @property
    def style(self) -> str:
        """How the hair of the head is cut."""
        return str(self.of("scalp_hair.style", "bald"))

    @property
    def hairy(self) -> bool:
        """Whether hair of the head can be seen, so that it has a colour."""
        return self.style != "bald" and self.of("scalp_hair.baldness") < 0.8

    @property
    def beard(self) -> str:
        """How the beard is cut."""
        return str(self.of("beard.style", "none"))

    @property
    def headwear(self) -> str:
        """What is worn on the head; nothing where there is none."""
        return str(self.of("headwear.kind", ""))


def _grey(looks: Looks) -> bool:
    return looks.hairy and looks.of("hair.grey") > 0.5


def _never(looks: Looks) -> bool:
    return False


def _coloured(looks: Looks, low: float, high: float) -> bool:
    """Whether the hair has a melanin between these, and is not grey."""
    return looks.hairy and not _grey(looks) and low <= looks.of("hair.melanin") < high


RULES: Mapping[str, Callable[[Looks], bool]] = MappingProxyType(
    {
        "5_o_Clock_Shadow": lambda a: a.beard == "stubble",
        "Arched_Eyebrows": lambda a: a.of("brow.arch") > 0.6 or a.unit("browOuterUp") > 0.5,
        "Attractive": _never,
        "Bags_Under_Eyes": lambda a: (a.of("left.lids.bag_m") + a.of("right.lids.bag_m")) / 2 > 0.0012,
        "Bald": lambda a: not a.hairy,
        "Bangs": lambda a: a.hairy and a.of("scalp_hair.fringe") > 0.3,
        "Big_Lips": lambda a: a.shape("mouth/mouth-lowerlip-volume-incr", "mouth/mouth-upperlip-volume-incr") > 0.25,
        "Big_Nose": lambda a: a.shape("nose/nose-volume-incr", "nose/nose-scale-horiz-incr") > 0.25,
        "Black_Hair": lambda a: _coloured(a, 0.75, 2.0),
        "Blond_Hair": lambda a: _coloured(a, -1.0, 0.25),
        "Blurry": lambda a: a.scene.camera.blur_px > 2.0,
        "Brown_Hair": lambda a: _coloured(a, 0.25, 0.75),
        "Bushy_Eyebrows": lambda a: a.of("brow.count") > 420 and a.of("brow.thickness_m") > 0.011,
        "Chubby": lambda a: a.of("weight") > 0.75,
        "Double_Chin": lambda a: a.shape("neck/neck-double-incr") > 0.25,
        "Eyeglasses": lambda a: a.of("glasses.frame", None) is not None,
        "Goatee": lambda a: a.beard == "goatee",
        "Gray_Hair": _grey,
        "Heavy_Makeup": lambda a: (
            max(a.of("skin.eyeshadow"), a.of("skin.eyeliner"), a.of("skin.lipstick"), a.of("skin.blush")) > 0.4
        ),
        "High_Cheekbones": lambda a: (
            a.unit("mouthSmile") > 0.4 or a.shape("cheek/l-cheek-bones-incr", "cheek/r-cheek-bones-incr") > 0.25
        ),
        "Male": lambda a: a.male,
        "Mouth_Slightly_Open": lambda a: (
            a.unit("jawOpen") > 0.08 or max(a.unit("mouthLowerDown"), a.unit("mouthUpperUp")) > 0.2
        ),
        "Mustache": lambda a: a.beard in ("moustache", "goatee", "short", "full"),
        "Narrow_Eyes": lambda a: max(a.unit("eyeSquint"), (a.of("left.squint") + a.of("right.squint")) / 2) > 0.5,
        "No_Beard": lambda a: a.beard in ("none", "moustache"),
        "Oval_Face": lambda a: a.shape("head/head-oval") > 0.15,
        "Pale_Skin": lambda a: a.of("skin.melanin") < 0.13,
        "Pointy_Nose": lambda a: a.shape("nose/nose-point-width-decr") > 0.25,
        "Receding_Hairline": lambda a: a.hairy and max(a.of("scalp_hair.recession"), a.of("scalp_hair.baldness")) > 0.4,
        "Rosy_Cheeks": lambda a: a.of("skin.blush") > 0.4,
        "Sideburns": lambda a: a.beard in ("short", "full"),
        "Smiling": lambda a: a.unit("mouthSmile") > 0.2,
        "Straight_Hair": lambda a: a.hairy and a.of("scalp_hair.length_m") > 0.02 and a.of("scalp_hair.curl") < 0.15,
        "Wavy_Hair": lambda a: a.hairy and 0.15 <= a.of("scalp_hair.curl") < 0.75,
        "Wearing_Earrings": _never,
        "Wearing_Hat": lambda a: a.headwear not in ("", "headphones", "scarf"),
        "Wearing_Lipstick": lambda a: a.of("skin.lipstick") > 0.3,
        "Wearing_Necklace": _never,
        "Wearing_Necktie": _never,
        "Young": lambda a: a.of("age_years") < 40,
    }
)
"""CelebA's attributes in its order: name -> whether a subject looks so."""
ATTRIBUTES = tuple(RULES)


def celeba_attributes(scene: SceneSpec) -> dict[str, bool]:
    """Return the 40 attributes of a scene, in CelebA's order."""
    looks = Looks(scene)
    return {name: bool(rule(looks)) for name, rule in RULES.items()}
