"""Classes of CelebAMask-HQ for the pixels of a picture, from what each pixel shows.

The classes and their order are those of CelebAMask-HQ's own labels (Lee, Liu, Wu & Luo 2020; its face_parsing/README.md
and the order in which its g_mask.py lays one mask over the other).  `l_` is left as in CelebA, whose pictures they are:
on the left of the picture of an upright face, which is the subject's right; so FaRL's reader of the set takes it too.
docs/labels.md says what becomes of things that have no class there.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Shaped, UInt8
from scipy.ndimage import distance_transform_edt

from assets.part import ID
from assets.regions import REGION
from synth.spec import SceneSpec

CLASSES = (
    *("background", "skin", "nose", "eye_g", "l_eye", "r_eye", "l_brow", "r_brow", "l_ear", "r_ear"),
    *("mouth", "u_lip", "l_lip", "hair", "hat", "ear_r", "neck_l", "neck", "cloth"),
)
"""Names of the classes 0 to 18."""
OPAQUE_TINT = 0.5
"""Tint of glasses from which eyes and brows behind them count as hidden."""

_PARTS = {
    **dict.fromkeys(("sclera", "iris", "pupil", "caruncle"), "eye"),
    **{"brow": "brow", "glasses": "eye_g", "mouth": "mouth", "hair": "hair", "beard": "skin"},
    **{"cloth": "cloth", "hat": "hat"},
    **dict.fromkeys(("headphones", "face_mask", "hand", "phone"), "background"),
}
_REGIONS = {
    **{"neck": "neck", "ear": "ear", "nose": "nose", "scalp": "hair", "brow": "brow"},
    **{"lower_lip": "l_lip", "upper_lip": "u_lip", "mouth": "mouth"},
}


@dataclass(frozen=True)
class Shown:
    """What each pixel shows.

    Attributes:
        mask: Id of the part (assets.subject.ID).
        person: Whose it is, from 1; 0 is nobody.
        left: Whether it is on the subject's left, of skin and eyes.
        region: Of skin, its region (assets.regions.REGION).
        behind_lens: Whether it is seen through a lens of glasses.
    """

    mask: UInt8[np.ndarray, "h w"]
    person: UInt8[np.ndarray, "h w"]
    left: Bool[np.ndarray, "h w"]
    region: UInt8[np.ndarray, "h w"]
    behind_lens: Bool[np.ndarray, "h w"]


def parsed(shown: Shown, spec: SceneSpec) -> UInt8[np.ndarray, "h w"]:
    """Return the class of each pixel, a number of CLASSES."""
    side = shown.left.astype(int)
    found = np.where(shown.mask == ID["skin"], _OF_REGION[shown.region, side], _OF_PART[shown.mask, side])
    glazed = shown.behind_lens & np.isin(found, [CLASSES.index(name) for name in ("background", "skin", "nose")])
    for number, person in enumerate(spec.people, start=1):
        if person.subject.glasses is not None and person.subject.glasses.tint >= OPAQUE_TINT:
            glazed |= shown.behind_lens & (shown.person == number)
    found = np.where(glazed, CLASSES.index("eye_g"), found)
    # Lashes cross the eye and the skin, and those who draw masks do not see them.
    return nearest(found, shown.mask != ID["lash"]).astype(np.uint8)


def nearest(values: Shaped[np.ndarray, "h w"], known: Bool[np.ndarray, "h w"]) -> Shaped[np.ndarray, "h w"]:
    """Return the values, where they are not known those of the nearest pixel where they are."""
    if known.all() or not known.any():
        return values
    row, column = distance_transform_edt(~known, return_distances=False, return_indices=True)
    return np.asarray(values[row, column])


def _class(name: str, left: int) -> int:
    """Return the number of a class; of one that is there twice, that of the subject's left or right."""
    return CLASSES.index(name if name in CLASSES else ("l_", "r_")[left] + name)


def _table(numbers: dict[str, int], classes: dict[str, str], otherwise: str) -> UInt8[np.ndarray, "n 2"]:
    table = np.full((256, 2), CLASSES.index(otherwise), dtype=np.uint8)
    for name, number in numbers.items():
        table[number] = [_class(classes.get(name, otherwise), left) for left in (0, 1)]
    return table


_OF_PART = _table({name: ID[name] for name in _PARTS}, _PARTS, "background")
_OF_REGION = _table(REGION, _REGIONS, "skin")
