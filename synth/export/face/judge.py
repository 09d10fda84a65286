"""Pictures and one gt.json, for a bench that runs other people's models over a folder.

    KEY.png, gt.json     {"KEY.png": {"box", "landmarks68", "iris", "R", "gaze", "id", "K"}}

    box          left, top, right, bottom from forehead to chin, continuous px
    landmarks68  iBUG's order, the jaw on the bone
    iris         centres of the two irises [the one on the left of an upright picture, the one on the right]
    R            rotation of the head: x right, y down, z away; identity faces the lens
    gaze         {"left", "right"}: visual axis of the subject's eyes, unit; (0, 0, -1) looks into the lens
    id           the person
    K            camera matrix, with pose=camera

Points and K count from the centre of the first pixel.  With pose=sight R and gaze are against the line of sight to the
face (synth/export/face/pose.py): the pictures are pieces of larger ones, and a model that is shown a piece takes it for
the whole of a camera that is turned to it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from synth.export.face.faces import face_of, matrix_by_centres
from synth.export.face.pose import POSES, HeadPose, rotation_of
from synth.sample import Sample
from synth.shards.encode import Encoding, encode_picture

IRISES = [468, 473]
SIDES = ("left", "right")
README = """\
Faces for a bench of models: KEY.png and gt.json, which says of each: box, landmarks68, iris, R, gaze, id{k}.
Gaze: visual axes of the subject's left and right eye, unit vectors (x right, y down, z away), not normalised.
R:    rotation of the head, identity when it faces the lens.
Both: {pose}
Pixels: points and K count from the centre of the first pixel (continuous px minus 0.5); the box is left, top,
      right, bottom in continuous px and may reach outside of the picture.
{samples} pictures.
"""


def write_judge(samples: Iterable[Sample], folder: Path, pose: HeadPose = HeadPose.sight) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Args:
        samples: Faces.
        folder: Empty.
        pose: Against what head and gaze are written.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    truths = {}
    for sample in samples:
        name = f"{sample.key}.png"
        truths[name] = truth(sample, pose)
        (folder / name).write_bytes(encode_picture(sample.picture, Encoding()))
    (folder / "gt.json").write_text(json.dumps(truths), encoding="ascii")
    k = ", K" if pose is HeadPose.camera else ""
    return README.format(samples=len(truths), pose=POSES[pose], k=k)


def truth(sample: Sample, pose: HeadPose) -> dict[str, Any]:
    """Return what gt.json says of a picture."""
    face = face_of(sample)
    rotation = rotation_of(face, pose)
    turn = rotation @ face.cam_from_head[:3, :3].T
    k = matrix_by_centres(sample.array("camera_matrix", 3, 3))
    return {
        "box": np.round(face.box, 4).tolist(),
        "landmarks68": np.round(face.ibug68, 4).tolist(),
        "iris": np.round(face.dense478[IRISES], 4).tolist(),
        "R": rotation.tolist(),
        "gaze": {side: (turn @ sample.array(f"eyes.{side}.visual_axis_cam", 3)).tolist() for side in SIDES},
        "id": int(sample.labels.get("attributes", {}).get("identity", sample.index)),
    } | ({"K": k.tolist()} if pose is HeadPose.camera else {})
