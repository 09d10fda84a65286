"""GazeHub's layout of MPIIFaceGaze (Cheng et al. 2021; L2CS-Net, GazeTR, PureGaze and others read it).

    Image/pXX/face/N.jpg     224x224, the face in the normalised camera: f 1600 px, 1000 mm
    Image/pXX/left/N.jpg, Image/pXX/right/N.jpg     60x36, grey, equalised: the eye on the left and on the right of it
    Label/pXX.label          a header, then a line for each picture, columns parted by blanks, numbers by commas:

        Face Left Right    paths below Image
        Origin             KEY of the sample
        WhichEye           left: nothing is mirrored
        3DGaze             unit, from the face's centre to the target, normalised
        3DHead             rotation vector of R R_h, in MPIIGaze's head frame
        2DGaze, 2DHead     yaw, pitch, radians
        Rmat, Smat         rotation vector of R; diagonal of S
        GazeOrigin         the face's centre in the normalised camera, mm

Gaze mode `direction` (g' = R g; synth/geometry/normalisation.py), so Rmat alone takes a gaze back.  The centre of a
face is the mean of the eyes' four corners and the mouth's two.  Px are continuous, (0, 0) the corner of the first
pixel, and the normalised camera has its principal point at (112, 112); code that warps with pixel centres at integers
puts a face half a pixel further right and down, 0.02 deg.  Persons are folds, as in MPIIGaze's export.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from synth.export.eye_patch import equalised, warp_grey
from synth.export.face.normalised import normalised_face
from synth.export.mpiigaze import person_of
from synth.export.warp import crop_warp, moved, warped
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import MPIIFACEGAZE_FACE, Normalisation, head_pitch_yaw
from synth.geometry.rotation import vector_from_rotation
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

HEADER = "Face Left Right Origin WhichEye 3DGaze 3DHead 2DGaze 2DHead Rmat Smat GazeOrigin"
EYE_WIDTH, EYE_HEIGHT = 60, 36
EYE_MARGIN = 1.5
"""Width of an eye's picture over the distance of its corners."""
README = """\
GazeHub's MPIIFaceGaze, rendered: Image and Label/pXX.label.
Gaze: from the face's centre (mean of four corners of eyes and two of the mouth) to the target, mode direction
      (g' = R g: to go back, use Rmat and not Smat); 2DGaze is yaw,pitch in radians, +yaw to the left of the image,
      +pitch up.  3DHead: rotation vector of R R_h, in MPIIGaze's head frame; 2DHead yaw,pitch of its third column.
Image: face 224x224, f 1600 px, 1000 mm; eyes 60x36, grey, equalised; Left is the eye on the left of the face's picture.
      Nothing is mirrored.  Pixels: continuous, (0, 0) the corner of the first, principal point (112, 112).
Persons are folds ({persons}, by subject: none is in two of them).
{samples} faces, {uncovered} of which reach outside the rendered picture (its edge is repeated there).
"""


@dataclass(frozen=True)
class FacePatch:
    """A normalised face; `eyes` are the one on the left and the one on the right of an upright picture."""

    image: UInt8[np.ndarray, "..."]
    eyes: tuple[UInt8[np.ndarray, "36 60"], UInt8[np.ndarray, "36 60"]]
    gaze_norm: Float[np.ndarray, "3"]
    norm_from_face: Float[np.ndarray, "3 3"]
    view: Normalisation
    centre_norm_mm: Float[np.ndarray, "3"]
    covered: float


def write_gazehub(samples: Iterable[Sample], folder: Path, quality: int = 98, persons: int = 15) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    encoding = Encoding(PictureFormat.jpg, quality)
    (folder / "Label").mkdir()
    names = [f"p{person:02d}" for person in range(persons)]
    counts = dict.fromkeys(names, 0)
    uncovered = 0
    for name in names:
        (folder / "Label" / f"{name}.label").write_text(f"{HEADER}\n", encoding="ascii")
        for part in ("face", "left", "right"):
            (folder / "Image" / name / part).mkdir(parents=True)
    for sample in samples:
        patch = face_patch(sample)
        name = names[person_of(sample, persons)]
        counts[name] += 1
        uncovered += patch.covered < 1
        paths = [f"{name}/{part}/{counts[name]}.jpg" for part in ("face", "left", "right")]
        for path, image in zip(paths, (patch.image, *patch.eyes), strict=True):
            (folder / "Image" / path).write_bytes(encode_picture(image, encoding))
        with (folder / "Label" / f"{name}.label").open("a", encoding="ascii") as file:
            file.write(" ".join([*paths, sample.key, "left", *columns(patch)]) + "\n")
    return README.format(persons=persons, samples=sum(counts.values()), uncovered=uncovered)


def face_patch(sample: Sample) -> FacePatch:
    """Return the face of a sample, normalised.

    Raises:
        DataError: Its picture holds no face, or a label is absent.
    """
    camera = MPIIFACEGAZE_FACE
    face = normalised_face(sample, camera)
    view = face.view
    image, covered = warped(sample.picture, view.warp, camera.width, camera.height)
    eyes = [
        eye_cut(sample.picture, view.warp, sample.array(f"eyes.{side}.apparent.canthi_px", 2, 2))
        for side in ("right", "left")
    ]
    return FacePatch(
        image=image,
        eyes=(eyes[0], eyes[1]),
        gaze_norm=face.gaze_norm,
        norm_from_face=face.norm_from_face,
        view=view,
        centre_norm_mm=1e3 * view.scale * (view.norm_from_cam @ face.centre_cam),
        covered=covered,
    )


def eye_cut(
    picture: UInt8[np.ndarray, "..."], warp: Float[np.ndarray, "3 3"], corners_px: Float[np.ndarray, "2 2"]
) -> UInt8[np.ndarray, "36 60"]:
    """Return an eye as a piece of the normalised face, about the middle of its corners."""
    inner, outer = moved(warp, corners_px)
    half = EYE_MARGIN * max(abs(inner[0] - outer[0]), 1.0) / 2 * np.array([1.0, EYE_HEIGHT / EYE_WIDTH])
    middle = (inner + outer) / 2
    box = np.concatenate([middle - half, middle + half])
    image, _ = warp_grey(picture, crop_warp(box, EYE_WIDTH, EYE_HEIGHT) @ warp, EYE_WIDTH, EYE_HEIGHT)
    return equalised(image)


def columns(patch: FacePatch) -> list[str]:
    """Return the numbers of a line, from 3DGaze on."""
    vectors = [
        patch.gaze_norm,
        vector_from_rotation(patch.norm_from_face),
        pitch_yaw_from_vector(patch.gaze_norm)[::-1],
        head_pitch_yaw(patch.norm_from_face)[::-1],
        vector_from_rotation(patch.view.norm_from_cam),
        patch.view.scale,
        patch.centre_norm_mm,
    ]
    return [",".join(f"{value:.9g}" for value in vector) for vector in vectors]
