"""Pictures of many: everybody where their labels say, hidden by whoever stands before them."""

import dataclasses

import numpy as np
import pytest

from assets.landmarks import face_triangles
from synth.errors import RejectedSceneError
from synth.geometry.camera import camera_matrix, project
from synth.geometry.frames import apply
from synth.labels import everybody, geometry, label
from tests.agreement.scenes import drawn, enlarged, part, with_person

SMALL = ("camera.width=320", "camera.height=240", "light.backdrop.probability=0", "subject.glasses.probability=0")
NEARER_M = 5e-3
FACE, LIFT_M = 10, 4e-3
WIDE = ("camera.crop_width_m.low=0.6", "camera.crop_width_m.high=0.7")
BEHIND_M = np.array([0.11, -0.03, 0.5])


@pytest.fixture(scope="module")
def crowd():
    """Two people of a crowd, the second moved to stand behind the first, half hidden."""
    spec = enlarged(drawn(1, *SMALL, "camera.crowd.count_log.high=2", experiment="crowd"), 2)
    first, second = spec.people
    near = np.array([0.0, 0.0, 1.1])
    people = []
    for person, place in ((first, near), (second, near + BEHIND_M)):
        shift = place - np.array(person.cam_from_head_translation_m)
        target = tuple(float(x) for x in np.array(person.target_cam_m) + shift)
        place_m = tuple(float(x) for x in place)
        people.append(dataclasses.replace(person, cam_from_head_translation_m=place_m, target_cam_m=target))
    spec = dataclasses.replace(spec, people=tuple(people))
    return spec, everybody(spec)


def test_a_scene_of_many_is_the_scene_of_each(crowd):
    spec, people = crowd
    labels = label(spec, *people)
    assert len(labels.others) == 1
    for number, found in enumerate((labels, *labels.others)):
        alone = label(spec.alone(number), people[number])
        np.testing.assert_array_equal(found.cam_from_head, alone.cam_from_head)
        for name, points in found.face.points.items():
            np.testing.assert_array_equal(points.px, alone.face.points[name].px)
            assert not (points.visible & ~alone.face.points[name].visible).any()
        np.testing.assert_array_equal(found.face.box_face_px, alone.face.box_face_px)
    behind, alone = labels.others[0].face, label(spec.alone(1), people[1]).face
    lost = alone.points["dense478"].visible & ~behind.points["dense478"].visible
    assert 30 < lost.sum() < alone.points["dense478"].visible.sum() - 30


def test_points_are_hidden_by_whoever_stands_before_them(session, below, crowd):
    spec, people = crowd
    depth_m = session.rasters(spec, *people, hair=False, normal=False).depth_m
    height, width = depth_m.shape
    labels = label(spec, *people)
    wrong = []
    for person in (labels, *labels.others):
        points = person.face.points["dense478"]
        for (u, v), (_, _, z), visible in zip(points.px, points.cam, points.visible, strict=True):
            if 1 <= u < width - 1 and 1 <= v < height - 1:
                around = depth_m[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
                wrong.append(not ((around > z - NEARER_M).any() if visible else (around < z).any()))
    assert len(wrong) > 700
    below("landmarks of a crowd against the depth, share wrong", np.mean(wrong), 0.01)


def test_pixels_belong_to_whose_skin_they_show(session, below, crowd):
    """Where the depth is that of a vertex of somebody's skin, the pixel is theirs; nobody else's are."""
    spec, people = crowd
    out = session.rasters(spec, *people, normal=False)
    height, width = out.person.shape
    labels = label(spec, *people)
    wrong, met = [], []
    for number, (found, geometry_) in enumerate(zip((labels, *labels.others), people, strict=True), start=1):
        skin = next(piece for piece in geometry_.parts if piece.name == "skin")
        cam = apply(found.cam_from_head, skin.vertices_head)
        px = project(camera_matrix(spec.camera), cam)
        inside = ((px >= 0) & (px < [width, height])).all(axis=1)
        u, v = px[inside].astype(int).T
        seen = np.abs(out.depth_m[v, u] - cam[inside, 2]) < 1.5e-3
        wrong.append(out.person[v, u][seen] != number)
        met.append(seen.sum())
    assert min(met) > 500
    below("pixels that show one and are said to be another's, share", np.concatenate(wrong).mean(), 0.01)
    assert set(np.unique(out.person)) == {0, 1, 2}
    np.testing.assert_array_equal(out.person == 0, out.mask == 0)


def test_the_box_of_a_hidden_head_is_that_of_the_head_alone(session, below, crowd):
    """Of the skin, which the labels do not box: the mask of the person alone, and the same vertices projected."""
    spec, people = crowd
    skin = next(piece for piece in people[1].parts if piece.name == "skin")
    alone = spec.alone(1)
    shape = part("mouth", skin.vertices_head, skin.faces, 10)
    mask = session.rasters(alone, dataclasses.replace(people[1], parts=(shape,), strands=()), normal=False).mask == 10
    v, u = np.nonzero(mask)
    person = alone.person
    cam = skin.vertices_head @ np.array(person.cam_from_head_rotation).T + person.cam_from_head_translation_m
    camera = spec.camera
    px = np.stack(
        [camera.fx_px * cam[:, 0] / cam[:, 2] + camera.cx_px, camera.fy_px * cam[:, 1] / cam[:, 2] + camera.cy_px], 1
    )
    limits = [camera.width, camera.height]
    low, high = np.clip(px.min(axis=0), 0, limits), np.clip(px.max(axis=0), 0, limits)
    away = np.abs([u.min() - low[0], v.min() - low[1], u.max() + 1 - high[0], v.max() + 1 - high[1]])
    below("box of a head against its mask, px", away.max(), 1.0)


def test_a_crowd_leaves_no_trace_in_the_next_picture(session, crowd):
    spec = drawn(3, *SMALL, experiment="portrait")
    subject = geometry(spec)
    before = session.render(spec, subject).linear_rgb
    many = session.render(crowd[0], *crowd[1]).linear_rgb
    np.testing.assert_array_equal(session.render(spec, subject).linear_rgb, before)
    np.testing.assert_array_equal(session.render(crowd[0], *crowd[1]).linear_rgb, many)


def test_people_keep_apart_and_each_is_who_they_were_among_fewer():
    spec = drawn(5, *SMALL, "camera.crowd.count_log.low=6", "camera.crowd.count_log.high=6", experiment="crowd")
    one = drawn(5, *SMALL, "camera.crowd.count_log.low=1", "camera.crowd.count_log.high=1", experiment="crowd")
    assert len(spec.people) == 6 and len(one.people) == 1
    for name in ("identity", "age_years", "shape", "skin", "scalp_hair", "clothing"):
        assert getattr(spec.subject, name) == getattr(one.subject, name)
    heads = np.array([person.cam_from_head_translation_m for person in spec.people])
    ground = (heads @ np.array(spec.world_from_cam_rotation).T)[:, :2]
    apart = np.linalg.norm(ground[:, None] - ground[None], axis=-1)[~np.eye(6, dtype=bool)]
    assert apart.min() >= 0.5
    assert len({person.subject.identity for person in spec.people}) == 6
    assert len({person.subject.age_years for person in spec.people}) == 6
    assert with_person(spec, subject=spec.people[1].subject).people[1:] == spec.people[1:]


def test_what_is_seen_of_a_half_hidden_face_is_what_the_masks_show(session, below, crowd):
    """The face's own triangles as a shape of another id: counted alone before the camera, and behind the other."""
    spec, people = crowd
    labels = label(spec, *people)
    for number, of in enumerate((labels, *labels.others)):
        face = of.face
        counts = []
        for scene, others in ((spec, list(people)), (spec.alone(number), [people[number]])):
            at = number if len(others) > 1 else 0
            others[at] = dataclasses.replace(others[at], parts=(*others[at].parts, surface(face, scene.people[at])))
            counts.append((session.rasters(scene, *others, hair=False, normal=False).mask == FACE).sum())
        assert counts[1] > 2000
        below("visible part of a face against the masks", abs(face.visible_fraction - counts[0] / counts[1]), 0.03)
    assert 0.15 < labels.others[0].face.visible_fraction < 0.85 and labels.face.visible_fraction > 0.9


def surface(face, person):
    """The face that the labels measure, lifted off the skin towards the camera, as a part that the mask tells apart."""
    cam = face.points["dense478"].cam[:468]
    cam = cam * (1 - LIFT_M / np.linalg.norm(cam, axis=1, keepdims=True))
    head = (cam - np.array(person.cam_from_head_translation_m)) @ np.array(person.cam_from_head_rotation)
    triangles = face_triangles()
    return part("mouth_face", head, np.column_stack([triangles, triangles[:, 2]]), FACE)


def haired(style):
    """A portrait of somebody with this hair, without beard or hat."""
    for index in range(200):
        try:
            spec = enlarged(drawn(index, *SMALL, *WIDE, experiment="portrait"), 2)
        except RejectedSceneError:
            continue
        subject = spec.subject
        if subject.scalp_hair.style == style and subject.headwear is None and subject.beard.style == "none":
            return spec
    raise AssertionError(f"nobody with hair {style}")


@pytest.mark.parametrize("style", ["short", "afro"])
def test_the_box_of_a_head_is_that_of_its_mask(session, below, style):
    """Skin above the neck with its ears, and hair that ends above it too: the mask of them alone."""
    spec = haired(style)
    subject = geometry(spec)
    face = label(spec, subject).face
    skin = next(piece for piece in subject.parts if piece.name == "skin")
    whole = {tuple(point) for point in np.round(subject.outline_head, 9)}
    head = np.array([tuple(point) in whole for point in np.round(skin.vertices_head, 9)])[skin.faces]
    (hair,) = (strands for strands in subject.strands if strands.name == "hair")
    # Hairs are cut off where they come below nape and throat, as the box does.
    above = np.isin(np.round(hair.points_head[..., 1], 9), np.round(subject.outline_head[:, 1], 9))
    last = np.cumprod(above, axis=1).sum(axis=1) - 1
    kept = np.minimum(np.arange(above.shape[1]), last[:, None])[last >= 0]
    points = np.take_along_axis(hair.points_head[last >= 0], kept[..., None], axis=1)
    # A single hair may slip between the centres of pixels: all are as broad as most of a pixel.
    broad = 0.4 * spec.person.cam_from_head_translation_m[2] / spec.camera.fx_px
    radius = np.maximum(np.take_along_axis(hair.radius_m[last >= 0], kept, axis=1), broad)
    cut = dataclasses.replace(hair, points_head=points, radius_m=radius)
    bounds = []
    # At nape and throat the head ends within faces of the mesh: they are left out, and then taken in.
    for faces in (head.all(axis=1), head.any(axis=1)):
        shape = part("mouth", skin.vertices_head, skin.faces[faces], FACE)
        v, u = np.nonzero(
            session.rasters(spec, dataclasses.replace(subject, parts=(shape,), strands=(cut,)), normal=False).mask
        )
        bounds.append((u.min(), v.min(), u.max() + 1, v.max() + 1))
    box = face.box_head_px
    inside = (box[:2] > 0).all() and box[2] < spec.camera.width and box[3] < spec.camera.height
    assert inside, "the head is whole in the picture"
    away = np.append(np.abs(box - bounds[0])[:3], np.max([bounds[0][3] - box[3], box[3] - bounds[1][3], 0]))
    below("box of a head with its hair against its mask, px", away.max(), 1.0)
