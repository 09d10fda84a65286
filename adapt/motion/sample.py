"""A sample of our shards moved: its picture is given, all its labels (docs/labels.md) and rasters follow.

By a homography every label becomes that of the scene seen by the moved camera, of the mirrored scene where it mirrors:

    px          by the map; contours and landmarks are counted as in swaps.py
    `_cam`      turned (homography.Turn); world_from_cam, cam_from_head and K with them; left and right change places
    angles      from the turned axes and the turned head
    boxes       drawn anew about the moved points; box_head_px, whose points the labels have not, about its corners
    visible     what was visible and appears inside the picture; what comes in from outside was never looked at: hidden

By a bend of the lens or the shutter only px, boxes and visibility move: the scene stays, K holds before the lens.

Three labels keep what they said of the picture before, for they are areas of a surface that the labels have not:
`inside_fraction`, `visible_fraction` (exact under flips), and the spec, which is dropped, told a scene that is gone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, Shaped

from adapt.motion.bend import Bend
from adapt.motion.homography import Homography, Turn
from adapt.motion.swaps import PARSING, swap_of
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.rotation import pitch_yaw_roll_upright
from synth.sample import Sample

Move = Callable[[Float[np.ndarray, "n 2"]], Float[np.ndarray, "n 2"]]
MIRROR = np.diag([-1.0, 1.0, 1.0])


@dataclass(frozen=True)
class _Motion:
    """What moves the labels of one picture.

    Attributes:
        px: Points of the old picture to the new one.
        box: Boxes whose points nobody knows, likewise.
        turn: R F: old `cam` to new.
        mirrored: Whether F is in it.
        size: Width and height of the new picture.
    """

    px: Move
    box: Callable[[Float[np.ndarray, "4"]], Float[np.ndarray, "4"]]
    turn: Float[np.ndarray, "3 3"]
    mirrored: bool
    size: tuple[int, int]

    @property
    def head(self) -> Float[np.ndarray, "3 3"]:
        """What the mirror does to the head's own frame."""
        return MIRROR if self.mirrored else np.eye(3)

    def swap(self, name: str) -> Int[np.ndarray, " n"] | slice:
        """Return the new numbers of points, all in order where nothing is mirrored or they keep theirs."""
        order = swap_of(name) if self.mirrored else None
        return slice(None) if order is None else order

    def inside(self, at_px: Float[np.ndarray, "n 2"]) -> Shaped[np.ndarray, " n"]:
        return ((at_px >= 0) & (at_px <= np.array(self.size))).all(-1)


def moved(sample: Sample, picture: np.ndarray, homography: Homography, size: tuple[int, int] | None = None) -> Sample:
    """Return a sample with all labels and rasters moved by a map of px, one row, and this picture.

    Args:
        sample: With its labels.
        picture: What the map makes of its picture.
        homography: The map.
        size: Width and height of the new picture; None keeps them.
    """
    height, width = sample.picture.shape[:2]
    size = size or (width, height)
    k, turn = homography.camera(torch.tensor(sample.array("camera_matrix", 3, 3))[None])
    motion = _Motion(
        px=lambda at: homography.points(torch.tensor(at)[None])[0].numpy(),
        box=lambda box: homography.boxes(torch.tensor(box)[None])[0].numpy(),
        turn=turn.rotation[0].numpy() @ (MIRROR if bool(turn.mirrored) else np.eye(3)),
        mirrored=bool(turn.mirrored),
        size=size,
    )
    labels = {**_labels(sample.labels, motion), "camera_matrix": k[0].numpy()}

    def raster(mask: np.ndarray | None) -> np.ndarray | None:
        return None if mask is None else _nearest(homography, mask, *size)

    parsing, uv = raster(sample.parsing), raster(sample.uv)
    if motion.mirrored and parsing is not None:
        parsing = PARSING[parsing]
    if motion.mirrored and uv is not None:
        uv = np.where(uv == 0, uv, [1, 0] + uv * np.array([-1, 1])).astype(uv.dtype)
    normal = raster(sample.normal_cam)
    return replace(
        sample,
        picture=picture,
        labels=labels,
        spec={},
        mask=raster(sample.mask),
        parsing=parsing,
        person=raster(sample.person),
        depth_m=raster(_turned_depth(sample, turn)),
        normal_cam=None if normal is None else (normal @ motion.turn.T).astype(normal.dtype),
        uv=uv,
    )


def bent(sample: Sample, picture: np.ndarray, bend: Bend) -> Sample:
    """Return a sample with what a lens and a shutter, one row, move of its labels and rasters, and this picture."""
    height, width = sample.picture.shape[:2]

    def px(at: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        return bend.points(torch.tensor(at, dtype=torch.float32)[None], width, height)[0].double().numpy()

    def box(edges: Float[np.ndarray, "4"]) -> Float[np.ndarray, "4"]:
        corners = px(edges[[[0, 1], [2, 1], [2, 3], [0, 3]]])
        return np.concatenate([corners.min(0), corners.max(0)])

    def raster(mask: np.ndarray | None) -> np.ndarray | None:
        return None if mask is None else _nearest(bend, mask)

    labels = _labels(sample.labels, _Motion(px, box, np.eye(3), False, (width, height)))
    return replace(
        sample,
        picture=picture,
        labels=labels,
        spec={},
        mask=raster(sample.mask),
        parsing=raster(sample.parsing),
        person=raster(sample.person),
        depth_m=raster(sample.depth_m),
        normal_cam=raster(sample.normal_cam),
        uv=raster(sample.uv),
    )


def veiled(sample: Sample, hides: Callable[[Float[np.ndarray, "n 2"]], Bool[np.ndarray, " n"]]) -> Sample:
    """Return a sample in which something hides all points that appear where it says, px."""

    def seen(points: Mapping[str, Any], apparent: Mapping[str, Any], ending: str) -> dict[str, Any]:
        return {
            name: {**one, "visible": (_array(one["visible"]) > 0) & ~hides(_array(apparent[name + ending]))}
            for name, one in points.items()
        }

    def person(labels: Mapping[str, Any]) -> dict[str, Any]:
        eyes = {}
        for side, eye in labels["eyes"].items():
            glints = (_array(eye["glints_visible"]) > 0) & ~hides(_array(eye["glints_px"]).reshape(-1, 2))
            eyes[side] = {**eye, "points": seen(eye["points"], eye["apparent"], "_px"), "glints_visible": glints}
        new = {**labels, "eyes": eyes}
        if labels.get("face") is not None:
            face = labels["face"]
            new["face"] = {**face, "points": seen(face["points"], face["apparent"], "")}
        if labels.get("others"):
            new["others"] = [person(other) for other in labels["others"]]
        return new

    return replace(sample, labels=person(sample.labels))


def _labels(labels: Mapping[str, Any], motion: _Motion) -> dict[str, Any]:
    """Return the labels of one person, and of all others in them."""
    pose, world = _array(labels["cam_from_head"]).copy(), _array(labels["world_from_cam"]).copy()
    pose[:3] = motion.turn @ pose[:3]
    pose[:3, :3] = pose[:3, :3] @ motion.head
    # The world is mirrored with the scene, about its upright plane x = 0: up stays up.
    world[:3, :3] = motion.head @ world[:3, :3] @ motion.turn.T
    triangle = motion.head @ _array(labels["face_triangle_head"]) @ motion.head
    sides = {"left": "right", "right": "left"} if motion.mirrored else {"left": "left", "right": "right"}
    eyes = {side: _eye(labels["eyes"][sides[side]], motion) for side in ("left", "right")}
    new = {
        **labels,
        "image": dict(zip(("width", "height"), motion.size, strict=True)),
        "world_from_cam": world,
        "cam_from_head": pose,
        "face_triangle_head": triangle,
        "subject_eye": sides[labels["subject_eye"]],
        "target_cam": motion.turn @ _array(labels["target_cam"]),
        "eyes": eyes,
    }
    if labels.get("face") is not None:
        new["face"] = _face(labels["face"], motion, pose)
    if labels.get("others"):
        new["others"] = [_labels(other, motion) for other in labels["others"]]
    return new


def _eye(eye: Mapping[str, Any], motion: _Motion) -> dict[str, Any]:
    new = dict(eye)
    for name, value in eye.items():
        if name.endswith("_cam"):
            new[name] = _array(value) @ motion.turn.T
        elif name.endswith("_axis_head"):
            new[name] = motion.head @ _array(value)
    new["rotation_head_from_eye"] = motion.head @ _array(eye["rotation_head_from_eye"]) @ motion.head
    for axis in ("optical", "visual"):
        new[f"{axis}_pitch_yaw_rad"] = pitch_yaw_from_vector(new[f"{axis}_axis_cam"])
    new["canthi_px"] = motion.px(_array(eye["canthi_px"]))
    apparent = {
        name: motion.px(np.atleast_2d(_array(at))[motion.swap(name.removesuffix("_px"))]).reshape(np.shape(at))
        for name, at in eye["apparent"].items()
    }
    new["apparent"] = apparent
    new["points"] = {
        name: _points(points, motion, name, apparent[f"{name}_px"]) for name, points in eye["points"].items()
    }
    glints = motion.px(_array(eye["glints_px"]).reshape(-1, 2))
    new["glints_px"], new["glints_visible"] = glints, (_array(eye["glints_visible"]) > 0) & motion.inside(glints)
    new["box_px"] = _about(apparent["lid_margin_px"])
    return new


def _face(face: Mapping[str, Any], motion: _Motion, pose: Float[np.ndarray, "4 4"]) -> dict[str, Any]:
    apparent = {name: motion.px(_array(at)[motion.swap(name)]) for name, at in face["apparent"].items()}
    points = {name: _points(one, motion, name, apparent[name]) for name, one in face["points"].items()}
    tight = np.concatenate([points["ibug68"]["px"], points["jaw_outline"]["px"]])
    ends = np.concatenate([points["five"]["px"][[0, 1]], points["five"]["px"][[3, 4]]])
    return {
        **face,
        "points": points,
        "apparent": apparent,
        "pitch_yaw_roll_rad": pitch_yaw_roll_upright(pose[:3, :3]),
        "box_tight_px": _about(tight),
        "box_face_px": _about(np.concatenate([tight, points["dense478"]["px"]])),
        "box_head_px": motion.box(_array(face["box_head_px"])),
        "whole": bool(motion.inside(ends).all()),
        **({name: _other_side(face[name]) for name in ("expression", "expression_weights")} if motion.mirrored else {}),
    }


def _points(
    points: Mapping[str, Any], motion: _Motion, name: str, apparent_px: Float[np.ndarray, "n 2"]
) -> dict[str, Any]:
    order = motion.swap(name)
    return {
        "cam": _array(points["cam"])[order] @ motion.turn.T,
        "px": motion.px(_array(points["px"])[order]),
        "visible": (_array(points["visible"])[order] > 0) & motion.inside(apparent_px),
    }


def _other_side(named: Any) -> Any:
    """Return the name of an expression, or the names of face units, with left and right exchanged."""
    if isinstance(named, Mapping):
        return {_other_side(name): weight for name, weight in named.items()}
    for one, other in (("left", "right"), ("Left", "Right")):
        if one in named or other in named:
            return named.replace(one, "\0").replace(other, one).replace("\0", other)
    return named


def _about(points_px: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "4"]:
    return np.concatenate([points_px.min(axis=0), points_px.max(axis=0)])


def _array(value: Any) -> np.ndarray:
    return np.asarray(value, dtype=np.float64)


def _nearest(motion: Homography | Bend, mask: np.ndarray, *size: int) -> np.ndarray:
    """Return a raster (h, w) or (h, w, c) moved."""
    planes = torch.from_numpy(np.atleast_3d(mask)).permute(2, 0, 1)
    each = motion.take([0] * len(planes)).masks(planes, *size)
    return each.permute(1, 2, 0).numpy().reshape(*each.shape[1:], *mask.shape[2:])


def _turned_depth(sample: Sample, turn: Turn) -> np.ndarray | None:
    """Return z in the new `cam` of what the old pixels show."""
    if sample.depth_m is None:
        return None
    height, width = sample.depth_m.shape
    v, u = np.mgrid[:height, :width] + 0.5
    k = sample.array("camera_matrix", 3, 3)
    rays = np.stack([u, v, np.ones_like(u)], -1).reshape(1, -1, 3) @ np.linalg.inv(k).T
    along = turn.vectors(torch.tensor(rays))[0, :, 2].numpy().reshape(height, width)
    return (sample.depth_m * along).astype(sample.depth_m.dtype)
