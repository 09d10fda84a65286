"""Classes of a face's pixels, and places on the map of the head, against the labels and the projected skin."""

import dataclasses

import numpy as np
import pytest

from assets.regions import HAIRY, REGION, globe_uv
from synth.geometry.camera import camera_matrix, project
from synth.geometry.frames import apply
from synth.labels import geometry, label
from synth.parsing import CLASSES
from tests.agreement.scenes import drawn, enlarged, wearing, with_camera, with_person
from tests.assets.people import adult
from tests.synth.test_label_face import portrait

BARE = {"glasses": None, "headwear": None, "covering": None}
NEARER_M = 1.5e-3
CLEAR_M = 1.5e-3
"""So far from a border a vertex is in its region beyond doubt."""
EXPECTED = {
    range(17, 22): ("l_brow",),
    range(22, 27): ("r_brow",),
    range(27, 31): ("nose",),
    range(31, 36): ("nose", "skin"),
    range(36, 42): ("l_eye",),
    range(42, 48): ("r_eye",),
    range(49, 54): ("u_lip",),
    range(55, 60): ("l_lip",),
    range(61, 64): ("u_lip",),
    range(65, 68): ("l_lip",),
    range(3, 14): ("skin", "neck"),
}
"""Classes on the 3x3 pixels about points of ibug68; the first six of a side are the subject's right."""


@pytest.fixture(scope="module")
def rendered(session):
    """Two faces without hair or anything worn, and what Blender shows of them."""
    found = []
    for index in (1, 2):
        spec = enlarged(drawn(index, experiment="portrait"), 2)
        spec = with_person(spec, subject=dataclasses.replace(spec.subject, **BARE))
        subject = geometry(spec)
        out = session.rasters(spec, subject, hair=False, normal=False, uv=True)
        found.append((spec, subject, label(spec, subject), out))
    return found


def test_landmarks_lie_on_their_classes(rendered, below):
    wrong, seen = [], set()
    for _, _, labels, out in rendered:
        height, width = out.parsing.shape
        points, places = labels.face.points["ibug68"], labels.face.apparent["ibug68"]
        for numbers, classes in EXPECTED.items():
            for number in numbers:
                u, v = places[number]
                if points.visible[number] and 1 <= u < width - 1 and 1 <= v < height - 1:
                    around = out.parsing[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
                    wrong.append(not any((around == CLASSES.index(name)).any() for name in classes))
                    seen |= {CLASSES[value] for value in np.unique(around)}
    assert len(wrong) > 80 and seen >= {"nose", "l_eye", "r_eye", "l_brow", "r_brow", "u_lip", "l_lip", "skin"}
    below("landmarks on another class than theirs, share", np.mean(wrong), 0.01)


def in_sight(spec, labels, skin, depth_m):
    """The skin's vertices that the depth shows, and the pixels where it does."""
    cam = apply(labels.cam_from_head, skin.vertices_head)
    px = project(camera_matrix(spec.camera), cam)
    height, width = depth_m.shape
    inside = ((px >= 0) & (px < [width, height])).all(axis=1)
    u, v = np.where(inside[:, None], px, 0).astype(int).T
    seen = inside & (np.abs(depth_m[v, u] - cam[:, 2]) < NEARER_M)
    return np.flatnonzero(seen), v[seen], u[seen]


def regions_of(skin, chosen):
    """Names of the regions of vertices, None within CLEAR_M of a border: a second reading of the skin's attributes."""
    value = {name: np.asarray(values)[chosen] for name, values in skin.attributes.items()}
    (nose, neck, ear), (over, half, upper) = value["borders"].T, value["brows"].T
    clear = np.minimum.reduce([np.abs(nose), np.abs(neck), np.abs(half - np.abs(over))]) > CLEAR_M
    clear &= (np.abs(upper) > CLEAR_M) & (np.abs(ear) > 0.2) & (np.abs(value["scalp"] - HAIRY) > 0.2)
    clear &= value["lid_u"] > CLEAR_M
    clear &= (np.abs(value["lips"] - 0.5) > 0.3) & (np.abs(value["mouth_inside"] - 0.5) > 0.3)
    names = []
    for i in range(len(chosen)):
        holds = {"neck": neck[i] > 0, "ear": ear[i] > 0, "nose": nose[i] > 0, "scalp": value["scalp"][i] > HAIRY}
        holds |= {"brow": abs(over[i]) < half[i], "mouth": value["mouth_inside"][i] > 0.5}
        holds |= {"upper_lip": value["lips"][i] > 0.5 and upper[i] > 0, "lower_lip": value["lips"][i] > 0.5}
        inside = [name for name, here in holds.items() if here]
        names.append(max(inside, key=REGION.__getitem__, default="skin") if clear[i] else None)
    return names


def test_vertices_of_the_skin_show_their_regions(rendered, below):
    classes = {"scalp": "hair", "lower_lip": "l_lip", "upper_lip": "u_lip"}
    wrong, met = [], set()
    for spec, subject, labels, out in rendered:
        skin = next(part for part in subject.parts if part.name == "skin")
        chosen, v, u = in_sight(spec, labels, skin, out.depth_m)
        x = skin.attributes["untouched"][chosen, 0]
        for name, aside, value in zip(regions_of(skin, chosen), x, out.parsing[v, u], strict=True):
            if name is not None and abs(aside) > CLEAR_M:
                expected = classes.get(name, name)
                if name in ("ear", "brow"):
                    expected = f"{'r' if aside > 0 else 'l'}_{name}"
                wrong.append(CLASSES[value] != expected)
                met.add(expected)
    assert len(wrong) > 4000 and met >= {"skin", "nose", "neck", "hair", "l_brow", "r_brow", "u_lip", "l_lip"}
    below("vertices of the skin on another class than theirs, share", np.mean(wrong), 0.005)


def test_pixels_of_the_skin_say_where_on_the_head_they_are(rendered, below):
    for spec, subject, labels, out in rendered:
        skin = next(part for part in subject.parts if part.name == "skin")
        chosen, v, u = in_sight(spec, labels, skin, out.depth_m)
        away = np.abs(out.uv[v, u] - globe_uv(skin.attributes["untouched"][chosen]))
        below("UV at the skin's vertices, median", np.median(away), 2e-3)
        assert (out.uv[out.mask != 1] == 0).all() and (out.uv[out.mask == 1, 1] > 0).all()


def test_the_sky_behind_a_lens_is_no_part_of_anybody(session):
    """A lens that stands beside the face of a turned head: the mask shows the sky, the parsing shows glasses."""
    spec = with_camera(wearing(portrait((0.0, 55.0, 0.0), subject=adult()), -3.0), supersample=1)
    subject = geometry(spec)
    out = session.rasters(spec, subject, normal=False)
    glassy = (out.mask == 0) & (out.parsing == CLASSES.index("eye_g"))
    assert glassy.sum() > 10 and (out.person[glassy] == 0).all() and np.isinf(out.depth_m[glassy]).all()
    assert out.normal_cam is None and out.uv is None
