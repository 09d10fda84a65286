import numpy as np
import pytest

from assets.wear.spec import HEADWEAR
from tests.assets.wear.dressing import dressed, first_hits, heads, headwear, size, triangles, wardrobe

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


def test_ears_lie_under_a_hijab():
    ears = np.flatnonzero(wardrobe().ears)[::80]
    for skin in heads()[:4]:
        worn, _ = dressed(skin, headwear("hijab"))
        side = np.sign(skin[ears, 0])[:, None] * np.array([[1.0, 0.0, 0.0]])
        assert np.isfinite(first_hits(skin[ears], side, triangles(worn[0].mesh))).mean() > 0.995
