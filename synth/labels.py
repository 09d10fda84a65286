"""Labels: everything that is true of a scene, by geometry alone, never read off a picture.

Those of each eye are in synth/label/eye.py, those of the face in synth/label/face.py.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from assets.eyeball import Side
from assets.placement import SIDES, canthi_head
from assets.subject import SubjectGeometry, build
from synth.errors import LabelError
from synth.geometry.camera import camera_matrix
from synth.geometry.eye_pose import eye_rotations, target_head
from synth.geometry.frames import apply, inverse, transform
from synth.geometry.gaze import angle_between
from synth.geometry.normalisation import face_triangle
from synth.geometry.visibility import EYE_MATERIALS, Body, Occluders
from synth.label.eye import EyeLabels, eye_labels, iris_colour
from synth.label.face import FaceLabels, face_labels
from synth.sight import View
from synth.spec import PersonSpec, SceneSpec

FORMAT = 1
HIDING_MATERIALS = (
    *("skin", "caruncle", "conjunctiva", "glasses_frame", "mouth", "teeth", "tongue"),
    *(
        "cloth",
        "cloth_under",
        "cloth_trim",
        "trousers",
        "shoes",
        "sleeve",
        "hat",
        "hat_under",
        "scarf",
        "headphones",
        "face_mask",
        "hand",
        "phone",
    ),
    *EYE_MATERIALS,
)


@dataclass(frozen=True)
class Labels:
    """Labels of one picture."""

    format: int
    seed: int
    index: int
    attempt: int
    moment: dict[str, int] | None
    """Number of the sequence and of the frame in it; None of a picture that belongs to none."""
    image: dict[str, int]
    camera_matrix: Float[np.ndarray, "3 3"]
    world_from_cam: Float[np.ndarray, "4 4"]
    cam_from_head: Float[np.ndarray, "4 4"]
    face_triangle_head: Float[np.ndarray, "3 3"]
    subject_eye: str
    target_cam: Float[np.ndarray, "3"]
    vergence_rad: float
    attributes: dict[str, Any]
    eyes: dict[Side, EyeLabels]
    face: FaceLabels | None
    """None where the picture does not hold the face: an eye's."""
    others: tuple[Labels, ...]
    """The same of everybody but the first person, in the order of `SceneSpec.people`."""

    def to_json(self) -> dict[str, Any]:
        """Return plain dicts, lists, numbers and strings."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value


def geometry(spec: SceneSpec) -> SubjectGeometry:
    """Build the first person with the eyes on the target: what labels and both renderers start from.

    Raises:
        LabelError: A part of the person is nowhere, which no renderer would tell.
    """
    subject = build(spec.subject, eye_rotations(spec.subject, target_head(spec)))
    nowhere = {part.name for part in subject.parts if not np.isfinite(part.vertices_head).all()}
    nowhere |= {hairs.name for hairs in subject.strands if not np.isfinite(hairs.points_head).all()}
    if nowhere:
        raise LabelError(f"seed {spec.seed}, index {spec.index}: {', '.join(sorted(nowhere))}: a place is no number")
    return subject


def everybody(spec: SceneSpec) -> tuple[SubjectGeometry, ...]:
    """Build all people of a scene."""
    return tuple(geometry(spec.alone(number)) for number in range(len(spec.people)))


def label(spec: SceneSpec, *people: SubjectGeometry) -> Labels:
    """Return the labels of a scene.

    Args:
        spec: The scene.
        people: `everybody(spec)`, when the caller has it already.

    Raises:
        LabelError: The labels contradict each other.
    """
    people = people or everybody(spec)
    bodies = [_body(person, subject) for person, subject in zip(spec.people, people, strict=True)]
    occluders = Occluders(bodies, camera_matrix(spec.camera), (spec.camera.width, spec.camera.height))
    first, *others = (_label(spec, number, subject, occluders) for number, subject in enumerate(people))
    return dataclasses.replace(first, others=tuple(others))


def _body(person: PersonSpec, subject: SubjectGeometry) -> Body:
    pose = transform(np.array(person.cam_from_head_rotation), np.array(person.cam_from_head_translation_m))
    return Body([part for part in subject.parts if part.material in HIDING_MATERIALS], pose)


def _label(scene: SceneSpec, number: int, subject: SubjectGeometry, occluders: Occluders) -> Labels:
    """Return the labels of one person among all."""
    spec = scene.alone(number)
    k, size, cam_from_head = camera_matrix(spec.camera), (spec.camera.width, spec.camera.height), occluders.pose(number)
    camera_head = apply(inverse(cam_from_head), np.zeros(3))
    view = View(size, k, cam_from_head, camera_head, subject.lenses, occluders, number)
    canthi = canthi_head(spec.subject)
    eyes = {side: eye_labels(spec, view, subject.eyes[side], canthi[i]) for i, side in enumerate(SIDES)}
    middles = canthi.mean(axis=1)
    left, right = (eyes[side].visual_axis_cam for side in SIDES)
    labels = Labels(
        format=FORMAT,
        seed=spec.seed,
        index=spec.index,
        attempt=spec.attempt,
        moment=None if spec.moment is None else dataclasses.asdict(spec.moment),
        image={"width": spec.camera.width, "height": spec.camera.height},
        camera_matrix=k,
        world_from_cam=transform(np.array(spec.world_from_cam_rotation), np.zeros(3)),
        cam_from_head=cam_from_head,
        face_triangle_head=face_triangle(middles[1], middles[0], subject.mouth_corners_head.mean(axis=0)),
        subject_eye=spec.subject_eye,
        target_cam=np.array(spec.person.target_cam_m),
        vergence_rad=float(angle_between(left, right)),
        attributes=_attributes(spec),
        eyes=eyes,
        face=face_labels(spec, view, subject, eyes),
        others=(),
    )
    _check(labels)
    return labels


def _attributes(spec: SceneSpec) -> dict[str, Any]:
    subject = spec.subject
    own = getattr(subject, spec.subject_eye)
    glasses = subject.glasses
    return {
        "identity": subject.identity,
        "age_years": subject.age_years,
        "gender_female": subject.gender_female,
        "ancestry": {"african": subject.african, "asian": subject.asian, "caucasian": subject.caucasian},
        "skin_melanin": subject.skin.melanin,
        "iris_colour": iris_colour(own.iris.melanin, own.iris.warmth),
        "glasses": "none" if glasses is None else glasses.frame,
        "glasses_tinted": glasses is not None and glasses.tint > 0.1,
        "hair": subject.scalp_hair.style,
        "beard": subject.beard.style,
        "clothing": "none" if subject.clothing is None else subject.clothing.kind,
        "headwear": "none" if subject.headwear is None else subject.headwear.kind,
        "covering": "none" if subject.covering is None else subject.covering.kind,
        "makeup": max(subject.skin.eyeshadow, subject.skin.eyeliner, own.lashes.mascara) > 0.2,
        "light": "nir" if spec.light.infrared else "visible",
        "sky": spec.light.sky,
    }


def _check(labels: Labels) -> None:
    """Stop the run if a label contradicts itself."""
    where = f"seed {labels.seed} index {labels.index}"
    for side, eye in labels.eyes.items():
        to_target = labels.target_cam - eye.centre_cam
        miss = float(angle_between(to_target, eye.visual_axis_cam))
        if not miss < 1e-6:
            raise LabelError(f"{where}: the {side} eye's visual axis misses the target by {miss} rad")
        for name, points in eye.points.items():
            if not np.isfinite(points.px).all():
                raise LabelError(f"{where}: {side} {name} has a point behind the lens")
