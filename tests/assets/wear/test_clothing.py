import numpy as np
import pytest

from assets.wear.spec import CLOTHES
from assets.wear.torso import AZIMUTH
from tests.assets.wear.dressing import clothing, dressed, first_hits, heads, triangles, wardrobe


def bust(skin):
    """Numbers of the vertices of the bust well below any neckline, every tenth."""
    base = wardrobe().vertices_head
    low = np.flatnonzero((base[:, 1] > 0.205) | ((np.abs(base[:, 0]) > 0.15) & (base[:, 1] > 0.155)))
    return low[::90]


@pytest.mark.parametrize("kind", CLOTHES)
def test_no_skin_shows_through_or_below_a_garment(kind):
    shown = 0
    for skin in heads()[:2]:
        worn, pressed = dressed(skin, clothing(kind, looseness=0.0, neckline_m=0.0))
        corners = np.concatenate([triangles(item.mesh) for item in worn])
        points = pressed[bust(skin)]
        # From before, aside and behind, somewhat from above.
        for view in ((0.0, -0.25, -1.0), (0.9, -0.2, -0.5), (-0.9, -0.2, -0.5), (1.0, -0.1, 0.1), (0.0, -0.3, 1.0)):
            way = np.array(view) / np.linalg.norm(view)
            # Only what lies on the view's own side: the rest is hidden by the body, which is not asked here.
            near = points[(points * [1.0, 0.0, 1.0] - [0.0, 0.0, 0.1]) @ way > -0.02]
            shown += int((~np.isfinite(first_hits(near, np.tile(way, (len(near), 1)), corners))).sum())
    assert shown == 0


@pytest.mark.parametrize("kind", CLOTHES)
def test_a_garment_reaches_out_of_any_portrait(kind):
    for skin in heads():
        chin = skin[np.argmin(np.abs(wardrobe().vertices_head - [0.0, 0.096, -0.025]).sum(1))]
        cloth = dressed(skin, clothing(kind))[0][0].mesh.vertices_head
        assert cloth[:, 1].max() > chin[1] + 0.30
        assert np.abs(cloth[:, 0]).max() > 1.0 * np.abs(skin[:, 0]).max()


@pytest.mark.parametrize("kind", CLOTHES)
def test_cloth_looks_outwards_and_is_whole(kind):
    for skin in heads()[:2]:
        for item in dressed(skin, clothing(kind))[0]:
            assert np.isfinite(item.mesh.vertices_head).all() and np.isfinite(item.mesh.weave).all()
            assert len(item.mesh.weave) == len(item.mesh.vertices_head)
            assert item.mesh.faces.max() < len(item.mesh.vertices_head)
        cloth = dressed(skin, clothing(kind))[0][0].mesh
        count = 96 * 36
        faces = cloth.faces[96 * 4 : count]  # the body's rows, without its hem
        a, b, _, d = (cloth.vertices_head[faces[:, k]] for k in range(4))
        normal = np.cross(b - a, d - a)
        middle = cloth.vertices_head[faces].mean(1)
        aside = middle * [1.0, 0.0, 1.0] - [0.0, 0.0, 0.5 * (skin[:, 2].max() + 0.02)]
        up = np.array([0.0, -1.0, 0.0])
        # Outwards, or upwards on the shoulders.
        good = np.sum(normal * aside, 1) + 0.1 * (normal @ up) > 0
        assert good.mean() > 0.97


def test_the_skin_yields_only_under_the_cloth():
    skin = heads()[0]
    _, pressed = dressed(skin, clothing("t_shirt"))
    moved = np.linalg.norm(pressed - skin, axis=1)
    assert (moved[wardrobe().vertices_head[:, 1] < 0.116] == 0).all()
    assert moved.max() > 0.004


def test_the_same_spec_gives_the_same_cloth_and_another_seed_other_folds():
    skin = heads()[0]
    one, again, other = (dressed(skin, clothing("hoodie", seed=s))[0][0].mesh.vertices_head for s in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_necklines_are_where_the_neck_is():
    base = wardrobe().torso.places.fan.base_head
    assert base.shape[1] == len(AZIMUTH)
    assert np.ptp(base[0, :, 1]) < 0.02  # the uppermost row is level
    assert (np.diff(base[:, 48, 1]) > 0).all()  # and columns run down the chest
