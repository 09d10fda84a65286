"""Everything that a person wears, in place: from the skin and three specs to meshes.

What depends on the untouched mesh alone is found when a first person needs it, and kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from assets.wear.chart import Places
from assets.wear.clothing import CUTS, Hem, build_clothing
from assets.wear.coverings import LONG, SHORT, Face, Sleeve, build_hand, build_mask, build_phone
from assets.wear.fabric import Sheet
from assets.wear.headwear import HATS, Headwear
from assets.wear.hijab import build_hijab
from assets.wear.rolls import scarf
from assets.wear.skull import SKULL_AZIMUTH, face_places, skull_places, veil_places
from assets.wear.spec import ClothingSpec, CoveringSpec, HeadwearSpec
from assets.wear.torso import Torso, TorsoPlaces

_YIELD_M = 0.005
"""How far the scalp gives way under a hat, beyond its rim."""

_SHOULDER = (0.80, 1.45, -1.45)
"""`down` of the torso's chart where an arm begins, and the azimuths of both."""
_SHOULDER_DEEP_M = 0.045


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
    def veil(self) -> Places:
        """The whole head down to the throat."""
        return veil_places(self.vertices_head, self.faces)

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
        turn: Callable[[np.ndarray], np.ndarray],
    ) -> Dressed:
        """Return what a person wears, and their skin as it gives way under it.

        Args:
            skin_head: The vertices of `vertices_head` on the person.
            clothing: About shoulders and chest.
            headwear: On head or neck.
            covering: Before the face.
            turn: Takes places of the shoulders to where they turn to against the head.
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
                hat = self.hat(skin_head, headwear, torso, [item.mesh for item in worn])
                pressed = self.under_hat(pressed, skin_head, hat)
                mask_id = "headphones" if headwear.kind == "headphones" else "hat"
                worn += [Worn(mesh, material, mask_id) for material, mesh in hat.pieces.items()]
        if covering is not None:
            worn += self.covering(skin_head, covering, clothing, turn)
        return Dressed(worn, pressed, hat, hem)

    def hat(
        self,
        skin_head: Float[np.ndarray, "n 3"],
        spec: HeadwearSpec,
        torso: Torso | None,
        under: Sequence[Sheet] = (),
    ) -> Headwear:
        """Return what is worn on the head; `under` is what a hijab falls on, which needs a torso."""
        if spec.kind == "hijab" and torso is not None:
            return build_hijab(spec, self.veil.over(skin_head, self.veil.on(skin_head)), torso, under)
        eared = self.eared_skull.over(skin_head, self.eared_skull.on(skin_head))
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

    def covering(
        self,
        skin_head: Float[np.ndarray, "n 3"],
        spec: CoveringSpec,
        clothing: ClothingSpec | None,
        turn: Callable[[np.ndarray], np.ndarray],
    ) -> list[Worn]:
        """Return what is held or worn before the face, the arm's sleeve included."""
        size = float(np.ptp(skin_head[self.ears, 0]) / np.ptp(self.vertices_head[self.ears, 0]))
        near = skin_head[skin_head[:, 1] < 0.16]
        chart = self.face.on(skin_head)
        if spec.kind.endswith("mask"):
            return [
                Worn(
                    build_mask(spec, self.face.over(skin_head, chart), self.skull.on(skin_head)),
                    "face_mask",
                    "face_mask",
                )
            ]
        skin, outward = self.torso.on(skin_head).chart.at(np.full((1, 2), _SHOULDER[0]), np.array([_SHOULDER[1:]]))
        shoulders = turn((skin - _SHOULDER_DEEP_M * size * outward)[0])
        sleeve = None
        if clothing is not None:
            start = SHORT if clothing.kind in ("t_shirt", "dress") else LONG
            sleeve = Sleeve(start, CUTS[clothing.kind].thick_m + 0.006 * clothing.looseness, clothing.seed)
        face = Face(chart, self.skull.on(skin_head), near, size, shoulders, sleeve)
        pieces = build_hand(spec, face) if spec.kind == "hand" else build_phone(spec, face)
        return [Worn(mesh, name, "cloth" if name == "sleeve" else name) for name, mesh in pieces.items()]


def _on_shoulders(headwear: HeadwearSpec | None) -> bool:
    return headwear is not None and headwear.kind in ("scarf", "hijab")
