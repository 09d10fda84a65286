import numpy as np
import pytest

from assets.head import load_head
from assets.sweep import signed_volume
from assets.wear.skull import FACE_AZIMUTH
from assets.wear.spec import COVERINGS, HAND_POSES
from tests.assets.test_glasses import assert_closed
from tests.assets.wear.dressing import covering, dressed, first_hits, heads, size, triangles, wardrobe

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
    within = (row > np.radians(75)) & (row < np.radians(138)) & (np.abs(azimuth) < np.radians(36))
    # Without the mouth's cavity.
    deep = np.linalg.norm(wardrobe().vertices_head - places.fan.base_head.reshape(-1, 3)[places.nearest], axis=1)
    points = np.flatnonzero(within & (places.nearest >= 0) & (deep < 0.006))[::3]
    for i, skin in enumerate(heads(MASKED)):
        mesh = dressed(skin, covering(kind, seed=i))[0][0].mesh
        centre = places.on(skin).centre()
        out = skin[points] - centre
        far = np.linalg.norm(out, axis=1)
        inside = first_hits(np.tile(centre, (len(points), 1)), out / far[:, None], triangles(mesh)) - far
        # From within, the first surface met is the mask's inner side: beyond every point of the skin.
        assert np.isfinite(inside).all() and inside.min() > 0, (i, inside.min())


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
