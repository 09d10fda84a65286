import numpy as np
import pytest
from scipy.spatial import cKDTree

from assets.head import load_head
from assets.part import ID
from assets.sweep import signed_volume
from assets.wear.anchors import fan
from assets.wear.coverings import MASK_COLUMNS, MASK_ROWS, SLEEVE_COLUMNS
from assets.wear.fabric import grid_faces
from assets.wear.skull import FACE_AZIMUTH
from assets.wear.spec import CLOTHES, COVERINGS, HAND_POSES, HEADWEAR
from synth.labels import HIDING_MATERIALS
from tests.assets.test_glasses import assert_closed
from tests.assets.wear.dressing import (
    clothing,
    covering,
    dressed,
    first_hits,
    heads,
    headwear,
    size,
    triangles,
    wardrobe,
)

MASKED = 48
MASKS = ["surgical_mask", "cloth_mask"]


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_covers_lips_and_nose_of_every_head(kind):
    base, head = wardrobe().vertices_head, load_head()
    tip = head.base_head[head.landmarks["nose_tip"]]
    middle = [0.0, 0.067, -0.03]
    near = (np.linalg.norm(base - tip, axis=1) < 0.008) | (
        (np.abs(base - middle) < [0.026, 0.012, 0.02]).all(1) & (base[:, 2] < -0.02)
    )
    points = np.flatnonzero(near)[::15]
    for skin in heads():
        worn, _ = dressed(skin, covering(kind))
        ahead = np.tile([0.0, 0.0, -1.0], (len(points), 1))
        # A point on the skin: what is before it, from a hair's breadth inside.
        assert np.isfinite(first_hits(skin[points] + [0, 0, 1e-4], ahead, triangles(worn[0].mesh))).all()


@pytest.mark.parametrize("kind", MASKS)
def test_no_nose_lip_or_chin_comes_through_a_mask(kind):
    # The skin's vertices by where they lie on the chart of the face: nose below its bridge, lips, cheeks, chin.
    places = wardrobe().face
    row, azimuth = places.rows[places.nearest // len(FACE_AZIMUTH)], FACE_AZIMUTH[places.nearest % len(FACE_AZIMUTH)]
    lower = np.radians(141 - 26 * (np.abs(azimuth) / np.radians(76)) ** 1.3)
    within = (row > np.radians(75)) & (row < lower) & (np.abs(azimuth) < np.radians(36))
    # Without the mouth's cavity.
    deep = np.linalg.norm(wardrobe().vertices_head - places.fan.base_head.reshape(-1, 3)[places.nearest], axis=1)
    points = np.flatnonzero(within & (places.nearest >= 0) & (deep < 0.006))[::3]
    grid = grid_faces(MASK_ROWS, MASK_COLUMNS, closed=False)
    for i, skin in enumerate(heads(MASKED)):
        mesh = dressed(skin, covering(kind, seed=i))[0][0].mesh
        # A shell's second half of vertices is its inner side; a mask is seen whole from the chart's centre.
        inner = mesh.vertices_head[MASK_ROWS * MASK_COLUMNS : 2 * MASK_ROWS * MASK_COLUMNS]
        centre = places.on(skin).centre()
        out = skin[points] - centre
        own = np.linalg.norm(out, axis=1)
        met = fan(centre, (out / own[:, None])[None], inner, grid, outermost=False)
        room = np.linalg.norm(met.base_head[0] - centre, axis=1) - own
        assert met.hit.all() and room.min() > 0.0005, (i, room.min())


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_leaves_the_eyes(kind):
    for skin in heads():
        mesh = dressed(skin, covering(kind))[0][0].mesh.vertices_head
        # Lids end some 8 mm below the eye's centre, 16 mm from the middle of the face; a child's less.
        aside = (np.abs(mesh[:, 0]) > 0.016 * size(skin)) & (np.abs(mesh[:, 0]) < 0.04 * size(skin))
        assert not (aside & (mesh[:, 1] < 0.007 * size(skin)) & (mesh[:, 2] < 0.0)).any()


@pytest.mark.parametrize("kind", COVERINGS)
def test_every_piece_is_finite_and_keeps_to_its_spec(kind):
    skin = heads()[0]
    one, again = dressed(skin, covering(kind))[0], dressed(skin, covering(kind))[0]
    for item, other in zip(one, again, strict=True):
        assert np.isfinite(item.mesh.vertices_head).all()
        assert np.array_equal(item.mesh.vertices_head, other.mesh.vertices_head)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("pose", HAND_POSES)
def test_a_hand_is_closed_and_rests_on_the_face(pose, side):
    for skin in heads()[:4]:
        (hand,) = dressed(skin, covering("hand", pose=pose, side=side))[0]
        assert_closed(hand.mesh.vertices_head, hand.mesh.faces)
        assert 1e-4 < signed_volume(hand.mesh.vertices_head, hand.mesh.faces) < 5e-3
        gap = np.linalg.norm(skin[None, ::4] - hand.mesh.vertices_head[::4, None], axis=-1).min()
        assert gap < 0.012
        far = hand.mesh.vertices_head[np.argmax(hand.mesh.vertices_head[:, 1])]
        assert far[0] * (1 if side == "left" else -1) > 0


def with_arm(skin, one, garment):
    """A hand and its sleeve by material."""
    worn = wardrobe().dress(skin, clothing(garment), None, one, lambda points: points).worn
    return {item.material: item.mesh.vertices_head for item in worn}


@pytest.mark.parametrize("garment", ["shirt", "hoodie"])
@pytest.mark.parametrize("kind", ["hand", "phone_ear", "phone_face"])
def test_an_arm_stays_inside_its_sleeve_and_comes_from_a_shoulder(kind, garment):
    for i, skin in enumerate(heads()[:6]):
        one = covering(kind, pose=HAND_POSES[i % len(HAND_POSES)], side=["left", "right"][i % 2])
        worn = with_arm(skin, one, garment)
        rings = worn["sleeve"].reshape(-1, SLEEVE_COLUMNS, 3)[2:]
        middle = rings.mean(1)
        gap, ring = cKDTree(middle).query(worn["hand"])
        # Of the arm what lies well inside the sleeve's length: each place within its ring.
        inside = (ring > 3) & (ring < len(middle) - 1)
        room = np.linalg.norm(rings - middle[:, None], axis=-1).min(1)[ring]
        assert inside.sum() > 50 and (gap < room)[inside].mean() > 0.99
        assert np.linalg.norm(worn["cloth"] - middle[-1], axis=1).min() < 0.075
        assert np.sign(middle[-1, 0]) == (1 if one.side == "left" else -1)


def test_bare_forearms_go_with_short_sleeves():
    lengths = {
        garment: np.ptp(with_arm(heads()[0], covering("hand"), garment)["sleeve"], axis=0).max()
        for garment in ("t_shirt", "shirt")
    }
    assert lengths["shirt"] > 1.4 * lengths["t_shirt"]


def test_a_short_sleeve_is_whole_however_near_the_shoulder():
    # Heads whose upper arm ends before a short sleeve would begin are among them: one in twenty of all.
    for skin in heads():
        for pose in HAND_POSES:
            sleeve = with_arm(skin, covering("hand", pose=pose), "t_shirt")["sleeve"]
            assert np.isfinite(sleeve).all() and np.ptp(sleeve, axis=0).max() > 0.05


def test_all_that_is_worn_has_an_id_and_hides_what_lies_behind_it():
    worn, skin = [], heads()[0]
    for kind in CLOTHES:
        worn += wardrobe().dress(skin, clothing(kind), None, covering("hand"), lambda points: points).worn
    for kind in (*HEADWEAR, *["hijab"] * 8):
        worn += dressed(skin, headwear(kind, seed=len(worn)))[0]
    for kind in COVERINGS:
        worn += dressed(skin, covering(kind))[0]
    assert {item.material for item in worn} >= {"sleeve", "hat_under", "face_mask", "cloth_under", "phone"}
    for item in worn:
        assert item.id in ID and item.material in HIDING_MATERIALS
