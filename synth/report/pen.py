"""What labels are drawn with: contours, arrows and crosses on an enlarged picture, in px of the sample."""

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]


class Pen:
    """Draws on a picture in px of the sample; translucent strokes go through a mask of their own."""

    def __init__(self, picture: Image.Image, scale: float, line_px: float) -> None:
        self.picture, self.scale, self.line_px = picture, scale, line_px

    def contour(
        self,
        points_px: Float[np.ndarray, "n 2"],
        seen: Bool[np.ndarray, "n"],
        colour: Colour,
        dots: bool,
        closed: bool = True,
    ) -> None:
        """Draw a contour, or a line that stays open: bright where both ends are seen, faint elsewhere.

        One with a point that is nowhere (NaN) is not drawn.
        """
        if not np.isfinite(points_px).all():  # no place in this picture
            return
        pad = 3 * self.line_px
        corner = np.maximum(np.floor((points_px * self.scale).min(axis=0) - pad), 0).astype(int)
        end = np.minimum(np.ceil((points_px * self.scale).max(axis=0) + pad), self.picture.size).astype(int)
        if (end <= corner).any():
            return
        at = points_px * self.scale - corner
        both = seen & np.roll(seen, -1)
        ends = list(zip(at, np.roll(at, -1, axis=0), both, strict=True))[: None if closed else -1]
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

    def arrow(self, start_px: Float[np.ndarray, "2"], end_px: Float[np.ndarray, "2"], colour: Colour) -> None:
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

    def dot(self, at_px: Float[np.ndarray, "2"], colour: Colour) -> None:
        """Draw a small disc."""
        _disc(ImageDraw.Draw(self.picture), at_px * self.scale, self.line_px * 1.1, colour)

    def cross(self, at_px: Float[np.ndarray, "2"], colour: Colour) -> None:
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
