import numpy as np
import pytest

from assets.wear.spec import CLOTHES, HEADWEAR
from tests.assets.wear.dressing import clothing, dressed, first_hits, heads, headwear, size, triangles, wardrobe

ON_HEAD = [kind for kind in HEADWEAR if kind != "scarf"]
HATS = [kind for kind in ON_HEAD if kind != "headphones"]


def vertex(place):
    return int(np.argmin(np.linalg.norm(wardrobe().vertices_head - place, axis=1)))


@pytest.mark.parametrize("kind", HATS)
def test_the_top_of_the_head_is_covered(kind):
    base = wardrobe().vertices_head
    top = np.flatnonzero((base[:, 1] < -0.066) & (base[:, 2] > 0.0))[::60]
    for skin in heads()[:4]:
        worn, pressed = dressed(skin, headwear(kind))
        corners = np.concatenate([triangles(item.mesh) for item in worn])
        out = pressed[top] - pressed[base[:, 1] < 0.05].mean(0)
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        assert np.isfinite(first_hits(pressed[top], out, corners)).all()


@pytest.mark.parametrize("kind", HEADWEAR)
def test_eyes_and_brows_stay_free(kind):
    for skin in heads():
        mesh = np.concatenate([item.mesh.vertices_head for item in dressed(skin, headwear(kind))[0]])
        # Before the eyes' plane there may be a brim, but above the eyes.
        x, y, z = mesh.T / size(skin)
        near = (np.abs(x) < 0.045) & (z < 0.01) & (y > -0.014) & (y < 0.025)
        assert not near.any()


@pytest.mark.parametrize("kind", HEADWEAR)
def test_meshes_are_finite_and_alike(kind):
    skin = heads()[1]
    one, again = dressed(skin, headwear(kind))[0], dressed(skin, headwear(kind))[0]
    for item, other in zip(one, again, strict=True):
        assert np.isfinite(item.mesh.vertices_head).all()
        assert np.array_equal(item.mesh.vertices_head, other.mesh.vertices_head)
        assert item.id == {"headphones": "headphones", "scarf": "cloth"}.get(kind, "hat")


@pytest.mark.parametrize("kind", HATS)
def test_crowns_look_outwards(kind):
    skin = heads()[0]
    mesh = dressed(skin, headwear(kind))[0][0].mesh
    # Rows of the crown: a hijab's run from its opening, whose hem is turned in, to the shoulders.
    faces = mesh.faces[96 * 6 : 96 * 30] if kind == "hijab" else mesh.faces[72:720]
    a, b, c, d = (mesh.vertices_head[faces[:, k]] for k in range(4))
    normal = np.cross(c - a, d - b)
    middle = mesh.vertices_head[faces].mean(1)
    good = np.sum(normal * (middle - [0.0, 0.0, 0.07]), 1) > 0
    assert good[middle[:, 1] < 0.03].mean() > 0.97


@pytest.mark.parametrize("kind", ON_HEAD)
def test_hair_is_hidden_above_the_rim_only(kind):
    skin = heads()[0]
    hat = wardrobe().hat(skin, headwear(kind), wardrobe().torso.on(skin))
    crown, nape = skin[vertex([0.0, -0.12, 0.07])], skin[vertex([0.0, 0.075, 0.135])]
    covered = hat.covers_hair(np.stack([crown, nape]))
    wanted = {"headphones": [False, False], "hijab": [True, True]}.get(kind, [True, False])
    assert covered.tolist() == wanted


def test_a_face_is_free_from_brow_to_chin_in_a_hijab():
    x, y, z = wardrobe().vertices_head.T
    face = np.flatnonzero((np.abs(x) < 0.034) & (y > -0.024) & (y < 0.092) & (z < 0.0))[::30]
    for i, skin in enumerate(heads()):
        worn, _ = dressed(skin, headwear("hijab", seed=i))
        corners = np.concatenate([triangles(item.mesh) for item in worn])
        ahead = np.tile([[0.0, 0.0, -1.0]], (len(face), 1))
        assert not np.isfinite(first_hits(skin[face], ahead, corners)).any()


def test_throat_and_nape_lie_under_a_hijab():
    x, y, z = wardrobe().vertices_head.T
    neck = np.flatnonzero((y > 0.115) & (y < 0.150) & (np.abs(x) < 0.06) & (np.abs(z - 0.07) < 0.08))[::60]
    for i, skin in enumerate(heads()[:4]):
        worn, pressed = dressed(skin, headwear("hijab", seed=i))
        out = (pressed[neck] - pressed[neck].mean(0)) * [1.0, 0.0, 1.0]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        assert np.isfinite(first_hits(pressed[neck], out, triangles(worn[0].mesh))).all()


@pytest.mark.parametrize("kind", [kind for kind in CLOTHES if kind != "hoodie"])
def test_a_neckline_does_not_come_through_a_hijab(kind):
    for i, skin in enumerate(heads()[:4]):
        worn = wardrobe().dress(skin, clothing(kind), headwear("hijab", seed=i), None, lambda points: points).worn
        (hijab,) = [triangles(item.mesh) for item in worn if item.material == "hat"]
        # Rows 2 to 7 of the garment, where it lies on the shoulders beside the neck.
        cloth = worn[0].mesh.vertices_head[2 * 96 : 7 * 96 : 7]
        out = (cloth - cloth.mean(0)) * [1.0, 0.0, 1.0] - [0.0, 0.05, 0.0]
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        assert np.isfinite(first_hits(cloth, out, hijab)).mean() > 0.97


def test_ears_lie_under_a_hijab():
    ears = np.flatnonzero(wardrobe().ears)[::80]
    for skin in heads()[:4]:
        worn, _ = dressed(skin, headwear("hijab"))
        side = np.sign(skin[ears, 0])[:, None] * np.array([[1.0, 0.0, 0.0]])
        assert np.isfinite(first_hits(skin[ears], side, triangles(worn[0].mesh))).mean() > 0.995
