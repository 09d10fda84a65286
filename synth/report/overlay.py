"""Labels drawn over a picture so exactly that an error of a fraction of a pixel can be seen.

The picture is enlarged to `INK` times the size that is asked for, drawn on, and reduced: lines are smooth and keep
their place.  A px of the result is `scale` times a px of the picture: both count from the corner.

    lid margin, caruncle, iris, pupil   contours; iris and pupil as seen through the cornea; faint where occluded
    optical axis, visual axis           arrows of 20 mm from the pupil's centre, projected: looking at the lens, a dot
    glints                              crosses, those that are seen
"""

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

from synth.sample import Sample

INK = 3
AXIS_M = 0.02
COLOURS = {
    "lid margin": (255, 200, 70),
    "caruncle": (255, 120, 170),
    "iris": (70, 215, 255),
    "pupil": (190, 150, 255),
    "optical axis": (110, 235, 120),
    "visual axis": (255, 105, 70),
    "glint": (255, 255, 255),
}
CONTOURS = (
    ("lid margin", "apparent.lid_margin_px", "lid_margin", 16),
    ("caruncle", "apparent.caruncle_px", "caruncle", 7),
    ("iris", "apparent.iris_px", "iris", 32),
    ("pupil", "apparent.pupil_px", "pupil", 32),
)


def draw_sample(sample: Sample, scale: float, labels: bool = True) -> Image.Image:
    """Return the enlarged picture of a sample, RGB, with its labels."""
    height, width = (max(1, round(scale * length)) for length in sample.picture.shape[:2])
    picture = Image.fromarray(sample.picture).convert("RGB")
    if not labels:
        return picture.resize((width, height), _filter(scale))
    big = picture.resize((width * INK, height * INK), _filter(scale * INK) if scale < 4 else Image.Resampling.NEAREST)
    pen = _Pen(big, scale * INK, line_px=1.5 * INK)
    for side in ("left", "right"):
        _draw_eye(pen, sample, f"eyes.{side}", sample.array("camera_matrix", 3, 3))
    return big.resize((width, height), Image.Resampling.BOX)


def _filter(scale: float) -> Image.Resampling:
    """Smooth what is enlarged a little or reduced, but show the pixels of a small picture as they are."""
    return Image.Resampling.NEAREST if scale >= 4 else Image.Resampling.LANCZOS


def _draw_eye(pen: "_Pen", sample: Sample, eye: str, camera_matrix: Float[np.ndarray, "3 3"]) -> None:
    for name, label, kind, n in CONTOURS:
        seen = sample.array(f"{eye}.points.{kind}.visible", n) > 0
        pen.contour(sample.array(f"{eye}.{label}", n, 2), seen, COLOURS[name], dots=n < 32)
    pupil_cam = sample.array(f"{eye}.pupil_centre_cam", 3)
    start_px = sample.array(f"{eye}.apparent.pupil_centre_px", 2)
    for axis in ("visual", "optical"):
        tip_cam = pupil_cam + AXIS_M * sample.array(f"{eye}.{axis}_axis_cam", 3)
        ends = np.stack([pupil_cam, tip_cam]) @ camera_matrix.T
        if (ends[:, 2] > 0).all():
            ends_px = ends[:, :2] / ends[:, 2:]
            pen.arrow(start_px, start_px + ends_px[1] - ends_px[0], COLOURS[f"{axis} axis"])
    glints_px = sample.array(f"{eye}.glints_px", None, 2)
    for at_px, visible in zip(glints_px, sample.array(f"{eye}.glints_visible", None), strict=True):
        if visible:
            pen.cross(at_px, COLOURS["glint"])


class _Pen:
    """Draws on a picture in px of the sample; translucent strokes go through a mask of their own."""

    def __init__(self, picture: Image.Image, scale: float, line_px: float) -> None:
        self.picture, self.scale, self.line_px = picture, scale, line_px

    def contour(
        self,
        points_px: Float[np.ndarray, "n 2"],
        seen: Bool[np.ndarray, "n"],
        colour: tuple[int, int, int],
        dots: bool,
    ) -> None:
        """Draw a closed contour: a bright line where both ends are seen, a faint one elsewhere."""
        pad = 3 * self.line_px
        corner = np.maximum(np.floor((points_px * self.scale).min(axis=0) - pad), 0).astype(int)
        end = np.minimum(np.ceil((points_px * self.scale).max(axis=0) + pad), self.picture.size).astype(int)
        if (end <= corner).any():
            return
        at = points_px * self.scale - corner
        both = seen & np.roll(seen, -1)
        ends = list(zip(at, np.roll(at, -1, axis=0), both, strict=True))
        for opacity, wanted in ((90, False), (235, True)):
            mask = Image.new("L", (int(end[0] - corner[0]), int(end[1] - corner[1])), 0)
            draw = ImageDraw.Draw(mask)
            for a, b, bright in ends:
                if bright == wanted:
                    draw.line([*a, *b], fill=opacity, width=round(self.line_px))
            for point, visible in zip(at, seen, strict=True):
                if visible == wanted:
                    radius = self.line_px * (1.5 if dots else 0.5)
                    _disc(draw, point, radius, opacity)
                    if dots and not visible:
                        _disc(draw, point, radius - self.line_px * 0.7, 0)
            self.picture.paste(colour, (int(corner[0]), int(corner[1])), mask)

    def arrow(
        self, start_px: Float[np.ndarray, "2"], end_px: Float[np.ndarray, "2"], colour: tuple[int, int, int]
    ) -> None:
        """Draw an arrow on a dark outline; a very short one is a dot."""
        start, end = start_px * self.scale, end_px * self.scale
        length = float(np.linalg.norm(end - start))
        head = min(self.line_px * 5, 0.6 * length)
        for grow, ink in ((self.line_px * 0.8, (0, 0, 0)), (0.0, colour)):
            draw = ImageDraw.Draw(self.picture)
            _disc(draw, start, self.line_px * 1.6 + grow, ink)
            if length < 2 * self.line_px:
                continue
            along = (end - start) / length
            across = np.array([-along[1], along[0]])
            draw.line([*start, *(end - along * head * 0.8)], fill=ink, width=round(self.line_px * 1.3 + 2 * grow))
            wings = end - along * (head + grow)
            corners = [end + along * grow, wings + across * (head * 0.5 + grow), wings - across * (head * 0.5 + grow)]
            draw.polygon([(float(x), float(y)) for x, y in corners], fill=ink)

    def cross(self, at_px: Float[np.ndarray, "2"], colour: tuple[int, int, int]) -> None:
        """Draw a small open cross, so that what it marks is seen in its middle."""
        x, y = at_px * self.scale
        near, far = self.line_px * 1.5, self.line_px * 4
        for grow, ink in ((self.line_px * 1.2, (0, 0, 0)), (0.0, colour)):
            draw = ImageDraw.Draw(self.picture)
            width = round(self.line_px * 0.8 + grow)
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                draw.line([x + dx * near, y + dy * near, x + dx * far, y + dy * far], fill=ink, width=width)


def _disc(draw: ImageDraw.ImageDraw, centre: Float[np.ndarray, "2"], radius: float, fill: object) -> None:
    x, y = centre
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=fill)  # type: ignore[arg-type]
