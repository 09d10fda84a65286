"""RetinaFace's marks for WIDER FACE (Deng et al. 2020): pictures, and label.txt with five points of each face.

    train/images/0--canthus/KEY.jpg
    train/label.txt      "# path", then for each face "x y w h", five times "x y hidden", and how sharp it is

Points in order: eye, eye, nose, corner, corner of the mouth, each pair first the one on the left of an upright picture.
hidden is 0 for what is seen and 1 for what is not; sharpness runs from 0 to 1.  Points are pixels by integer centres.
Faces are those of the export widerface; a picture without any has its "# path" alone.
"""

from collections.abc import Iterable
from pathlib import Path

from synth.export.face.faces import Face, faces_to_find
from synth.export.face.widerface import CLEAR, EVENT, blur, whole_box
from synth.sample import Sample
from synth.shards.encode import Encoding, PictureFormat, encode_picture

README = """\
RetinaFace's marks of WIDER FACE, rendered: train/images and train/label.txt.
Boxes: x y w h from forehead to chin, whole px, cut at the picture's edge.
Points: five times x y hidden, pixels by integer centres (continuous px minus 0.5): the subject's right eye, left eye,
      nose, right and left corner of the mouth; hidden 0 is seen, 1 is not.  The last number is how sharp the face is.
Gaze: none.
{samples} pictures, {faces} faces.
"""


def write_retinaface(samples: Iterable[Sample], folder: Path, quality: int = 98) -> str:
    """Write the samples into an empty folder and return the text of its README.

    Raises:
        DataError: A picture holds no face, or a label that the format needs is absent.
    """
    pictures = folder / "train" / "images" / EVENT
    pictures.mkdir(parents=True)
    count = found = 0
    with (folder / "train" / "label.txt").open("w", encoding="ascii") as file:
        for sample in samples:
            faces = faces_to_find(sample)
            name = f"{sample.key}.jpg"
            (pictures / name).write_bytes(encode_picture(sample.picture, Encoding(PictureFormat.jpg, quality)))
            file.write(f"# {EVENT}/{name}\n")
            file.writelines(_line(person, face) for person, face in faces)
            count, found = count + 1, found + len(faces)
    return README.format(samples=count, faces=found)


def _line(sample: Sample, face: Face) -> str:
    """Return the line of a face."""
    box = " ".join(map(str, whole_box(face)))
    points = " ".join(
        f"{x:.3f} {y:.3f} {float(not seen):.1f}" for (x, y), seen in zip(face.five, face.five_visible, strict=True)
    )
    sharpness = max(0.0, 1.0 - blur(sample, face) / (2 * CLEAR))
    return f"{box} {points} {sharpness:.2f}\n"
