"""CelebAMask-HQ's classes from what pixels show: every part and region, whose left, what glasses and lashes do."""

import dataclasses

import numpy as np
import pytest

from assets.part import ID
from assets.regions import REGION
from synth.parsing import CLASSES, Shown, nearest, parsed
from tests.agreement.scenes import drawn, wearing

PARTS = {
    "background": "background", "skin": "skin", "sclera": "r_eye", "conjunctiva": "r_eye", "iris": "r_eye",
    "pupil": "r_eye", "caruncle": "r_eye", "brow": "r_brow", "glasses": "eye_g", "mouth": "mouth", "hair": "hair",
    "beard": "skin", "cloth": "cloth", "hat": "hat", "headphones": "background", "face_mask": "background",
    "hand": "background", "phone": "background",
}  # fmt: skip
REGIONS = {
    "skin": "skin", "neck": "neck", "ear": "r_ear", "nose": "nose", "scalp": "hair", "brow": "r_brow",
    "lower_lip": "l_lip", "upper_lip": "u_lip", "mouth": "mouth",
}  # fmt: skip


@pytest.fixture(scope="module")
def spec():
    return drawn(0)


def shown(mask, **changes):
    """Pixels in a row, on the subject's left."""
    mask = np.atleast_2d(np.array(mask, dtype=np.uint8))
    values = dict(
        mask=mask,
        person=(mask > 0).astype(np.uint8),
        left=np.ones(mask.shape, dtype=bool),
        region=np.zeros(mask.shape, dtype=np.uint8),
        behind_lens=np.zeros(mask.shape, dtype=bool),
    )
    return Shown(**values | changes)


def names(classes):
    return [CLASSES[number] for number in classes.ravel()]


def test_there_are_nineteen_classes_in_celebamask_hqs_order():
    assert (
        len(CLASSES) == 19 and CLASSES[3] == "eye_g" and CLASSES[12:14] == ("l_lip", "hair") and CLASSES[18] == "cloth"
    )


def test_every_part_and_region_has_its_class(spec):
    assert set(PARTS) == set(ID) - {"lash"} and set(REGIONS) == set(REGION)
    assert names(parsed(shown([ID[name] for name in PARTS]), spec)) == list(PARTS.values())
    regions = np.array([[REGION[name] for name in REGIONS]], dtype=np.uint8)
    assert names(parsed(shown(np.ones_like(regions), region=regions), spec)) == list(REGIONS.values())


def test_l_is_left_in_the_picture_of_an_upright_face(spec):
    """That is the subject's right, as in CelebA's own points."""
    left = np.array([[True, False, True, False, True, False]])
    mask = [ID["iris"], ID["iris"], ID["brow"], ID["brow"], ID["skin"], ID["skin"]]
    region = np.array([[0, 0, 0, 0, REGION["ear"], REGION["ear"]]], dtype=np.uint8)
    found = names(parsed(shown(mask, left=left, region=region), spec))
    assert found == ["r_eye", "l_eye", "r_brow", "l_brow", "r_ear", "l_ear"]


@pytest.mark.parametrize(
    ("tint", "eye", "brow"), [(None, "r_eye", "r_brow"), (0.1, "r_eye", "r_brow"), (0.6, "eye_g", "eye_g")]
)
def test_lenses_are_glasses_but_for_the_eyes_that_they_show(spec, tint, eye, brow):
    worn = spec if tint is None else wearing(spec, 0.0, tint=tint)
    pixels = shown([0, ID["skin"], ID["iris"], ID["brow"], ID["hair"]], behind_lens=np.ones((1, 5), dtype=bool))
    found = names(parsed(pixels, worn))
    assert found[:4] == ["eye_g", "eye_g", eye, brow]
    # The dark glasses of one hide nothing of somebody else.
    other = dataclasses.replace(pixels, person=np.full((1, 5), 2, dtype=np.uint8))
    assert names(parsed(other, worn))[2:] == ["r_eye", "r_brow", "hair"]


def test_lashes_are_not_seen(spec):
    row = [ID["skin"], ID["lash"], ID["skin"], ID["sclera"], ID["lash"], ID["iris"]]
    assert names(parsed(shown(row), spec)) == ["skin", "skin", "skin", "r_eye", "r_eye", "r_eye"]


def test_what_is_not_known_is_what_lies_nearest():
    values = np.array([[1, 0, 0, 0, 2], [1, 0, 0, 0, 2]])
    np.testing.assert_array_equal(nearest(values, values > 0)[:, [0, 1, 3, 4]], [[1, 1, 2, 2]] * 2)
    np.testing.assert_array_equal(nearest(values, np.zeros_like(values, dtype=bool)), values)
