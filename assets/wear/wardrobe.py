"""Everything that a person wears, in place: from the skin and three specs to meshes.

What depends on the untouched mesh alone is found when a first person needs it, and kept.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from assets.wear.chart import Places
from assets.wear.clothing import Hem, build_clothing
from assets.wear.coverings import Face, build_hand, build_mask, build_phone
from assets.wear.fabric import Sheet
from assets.wear.headwear import HATS, Headwear
from assets.wear.hijab import build_hijab
from assets.wear.rolls import scarf
from assets.wear.skull import SKULL_AZIMUTH, face_places, skull_places
from assets.wear.spec import ClothingSpec, CoveringSpec, HeadwearSpec
from assets.wear.torso import Torso, TorsoPlaces

_YIELD_M = 0.005
"""How far the scalp gives way under a hat, beyond its rim."""


@dataclass(frozen=True)
class Worn:
    """One mesh: `material` is its name too, `id` that of the id mask (assets.subject.ID)."""

    mesh: Sheet
    material: str
    id: str


class Dressed(NamedTuple):
    """What a person wears, their skin under it, what hides their hair, and where the garment ends below."""

    worn: list[Worn]
    skin_head: Float[np.ndarray, "n 3"]
    hat: Headwear | None
    hem: Hem | None


@dataclass(frozen=True, eq=False)
class Wardrobe:
    """The untouched skin that garments are fitted on: vertices, quads, and which vertices are ears."""

    vertices_head: Float[np.ndarray, "n 3"]
    faces: Int[np.ndarray, "f 4"]
    ears: Bool[np.ndarray, " n"]

    @cached_property
    def torso(self) -> TorsoPlaces:
        """Neck, shoulders and chest."""
        return TorsoPlaces(self.vertices_head, self.faces)

    @cached_property
    def skull(self) -> Places:
        """The head without its ears."""
        return skull_places(self.vertices_head, self.faces, self.ears)

    @cached_property
    def eared_skull(self) -> Places:
        """The head, ears included."""
        return skull_places(self.vertices_head, self.faces, np.zeros_like(self.ears))

    @cached_property
    def face(self) -> Places:
        """The lower face."""
        return face_places(self.vertices_head, self.faces, self.ears)

    def dress(
        self,
        skin_head: Float[np.ndarray, "n 3"],
        clothing: ClothingSpec | None,
        headwear: HeadwearSpec | None,
        covering: CoveringSpec | None,
    ) -> Dressed:
        """Return what a person wears, and their skin as it gives way under it.

        Args:
            skin_head: The vertices of `vertices_head` on the person.
            clothing: About shoulders and chest.
            headwear: On head or neck.
            covering: Before the face.
        """
        worn, pressed, hat, hem = [], skin_head, None, None
        torso = self.torso.on(skin_head) if clothing is not None or _on_shoulders(headwear) else None
        if clothing is not None and torso is not None:
            garment = build_clothing(clothing, torso)
            worn += [Worn(mesh, material, "cloth") for material, mesh in garment.pieces.items()]
            pressed = self.torso.pressed(pressed, torso, garment.edge)
            hem = garment.hem
        if headwear is not None:
            if headwear.kind == "scarf" and torso is not None:
                worn.append(Worn(scarf(torso, headwear.seed), "scarf", "cloth"))
            else:
                hat = self.hat(skin_head, headwear, torso)
                pressed = self.under_hat(pressed, skin_head, hat)
                mask_id = "headphones" if headwear.kind == "headphones" else "hat"
                worn += [Worn(mesh, mask_id, mask_id) for mesh in hat.pieces.values()]
        if covering is not None:
            worn += self.covering(skin_head, covering)
        return Dressed(worn, pressed, hat, hem)

    def hat(self, skin_head: Float[np.ndarray, "n 3"], spec: HeadwearSpec, torso: Torso | None) -> Headwear:
        """Return what is worn on the head."""
        eared = self.eared_skull.over(skin_head, self.eared_skull.on(skin_head))
        if spec.kind == "hijab" and torso is not None:
            return build_hijab(spec, eared, torso)
        return HATS[spec.kind](spec, self.skull.on(skin_head), eared, self.skull)

    def under_hat(
        self, pressed_head: Float[np.ndarray, "n 3"], skin_head: Float[np.ndarray, "n 3"], hat: Headwear
    ) -> Float[np.ndarray, "n 3"]:
        """Return the skin, yielding where a hat covers it."""
        if hat.rim_row is None:
            return pressed_head
        rim = hat.rim_row

        def depth(row: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
            edge = np.interp(azimuth, SKULL_AZIMUTH, rim, period=2 * np.pi)
            return _YIELD_M * np.clip((edge - row) / 0.10, 0.0, 1.0)

        return self.skull.pressed(pressed_head, self.skull.on(skin_head), depth)

    def covering(self, skin_head: Float[np.ndarray, "n 3"], spec: CoveringSpec) -> list[Worn]:
        """Return what is held or worn before the face."""
        size = float(np.ptp(skin_head[self.ears, 0]) / np.ptp(self.vertices_head[self.ears, 0]))
        near = skin_head[skin_head[:, 1] < 0.16]
        face = Face(self.face.on(skin_head), self.skull.on(skin_head), near, size)
        if spec.kind == "hand":
            return [Worn(build_hand(spec, face), "hand", "hand")]
        if spec.kind.startswith("phone"):
            return [Worn(mesh, name, name) for name, mesh in build_phone(spec, face).items()]
        face = replace(face, chart=self.face.over(skin_head, face.chart))
        return [Worn(build_mask(spec, face), "face_mask", "face_mask")]


def _on_shoulders(headwear: HeadwearSpec | None) -> bool:
    return headwear is not None and headwear.kind in ("scarf", "hijab")
