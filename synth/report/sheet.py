"""Contact sheets: pictures side by side, with or without their labels (overlay.py), and what each is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from synth.errors import ConfigError
from synth.export.face.faces import face_of, holds_face, people
from synth.report.overlay import COLOURS, CROWD_COLOURS, FACE_COLOURS, draw_sample, is_crowd
from synth.report.pen import Colour
from synth.sample import Sample

TILE_PX = 320
PAPER, INK_LIGHT, INK_DIM = (23, 24, 27), (232, 233, 236), (142, 146, 154)
SWATCH_PX, LEGEND_LINE_PX = 20, 22
NOTES = ("faint: occluded", "captions: optical pitch (up +), yaw (image left +)")
FACE_NOTES = ("faint: hidden", "captions: the head's pitch (up +), yaw (image left +), roll (clockwise +)")

Legend = Sequence[tuple[str, Colour | None]]


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out; lengths are its px.

    Attributes:
        columns: Pictures in a row.
        scale: How much a picture is enlarged (0.1 to 32).
        margin_px: Around the sheet.
        gap_px: Between the pictures.
        caption_px: Height of the line below each picture; 0 for none.
    """

    columns: int
    scale: float
    margin_px: int = 28
    gap_px: int = 12
    caption_px: int = 22

    def __post_init__(self) -> None:
        """Refuse a sheet that cannot be drawn."""
        if self.columns < 1:
            raise ConfigError(f"columns={self.columns}: a sheet has at least one column")
        if not 0.1 <= self.scale <= 32:
            raise ConfigError(f"scale={self.scale}: a picture is enlarged 0.1 to 32 times")


def automatic_scale(width: int) -> float:
    """Return the scale that makes a picture about 320 px wide; a whole number when it enlarges."""
    scale = TILE_PX / width
    return float(max(1, round(scale))) if scale > 0.75 else scale


def draw_sheet(samples: Sequence[Sample], layout: Layout, title: str, labels: bool = True) -> Image.Image:
    """Return a contact sheet as an RGB picture: a title, the pictures with their captions, and a legend if labelled."""
    tiles = [draw_sample(sample, layout.scale, labels) for sample in samples]
    captions = [caption(sample) for sample in samples]
    return arrange(tiles, captions, layout, title, legend_of(samples) if labels else ())


def legend_of(samples: Sequence[Sample]) -> Legend:
    """Return what the colours over these pictures mean, of eyes, faces or crowds, and notes without a colour."""
    colours: dict[str, Colour] = {}
    notes: tuple[str, ...] = ()
    for kind in sorted({_kind(sample) for sample in samples}):
        colours |= (COLOURS, FACE_COLOURS, CROWD_COLOURS)[kind]
        notes += (NOTES, FACE_NOTES, ())[kind]
    return [*colours.items(), *((note, None) for note in notes)]


def _kind(sample: Sample) -> int:
    """Return what is drawn over a picture: 0 an eye, 1 a face, 2 a crowd."""
    return 2 if is_crowd(sample) else int(holds_face(sample))


def caption(sample: Sample) -> tuple[str, str]:
    """Return what stands below a picture: on the left its index, on the right angles in degrees.

    Of an eye: which it is, and its optical pitch and yaw.  Of a face: the head's pitch, yaw and roll.  Of a crowd: its
    faces to be found, and the heads that show none.
    """
    if is_crowd(sample):
        heads = [face_of(person) for person in people(sample) if holds_face(person)]
        faces = sum(head.to_be_found for head in heads)
        return f"{sample.index}", f"faces: {faces}, other heads: {len(heads) - faces}"
    if holds_face(sample):
        angles = np.degrees(sample.array("face.pitch_yaw_roll_rad", 3))
        return f"{sample.index}", "  ".join(_signed(angle) for angle in angles)
    pitch, yaw = np.degrees(sample.eye_array("optical_pitch_yaw_rad", 2))
    return f"{sample.index}  {sample.subject_eye}", f"{_signed(pitch)}  {_signed(yaw)}"


def _signed(angle_deg: float) -> str:
    return f"{'-' if angle_deg < 0 else '+'}{abs(angle_deg):.1f}\N{DEGREE SIGN}"


def arrange(
    tiles: Sequence[Image.Image],
    captions: Sequence[tuple[str, str]],
    layout: Layout,
    title: str,
    legend: Legend = (),
) -> Image.Image:
    """Return the tiles in rows under a title, with a caption below each and a legend at the foot."""
    if not tiles:
        raise ConfigError("n=0: a sheet shows at least one picture")
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    columns = min(layout.columns, len(tiles))
    rows = -(-len(tiles) // columns)
    step_x, step_y = width + layout.gap_px, height + layout.caption_px + layout.gap_px
    inner_px = columns * step_x - layout.gap_px
    lines = _legend_lines(legend, inner_px) if legend else []
    head_px, foot_px = 34, LEGEND_LINE_PX * len(lines) + (8 if legend else 0)
    sheet = Image.new(
        "RGB",
        (
            2 * layout.margin_px + inner_px,
            2 * layout.margin_px + head_px + rows * step_y - layout.gap_px + foot_px,
        ),
        PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    draw.text((layout.margin_px, layout.margin_px - 4), title, INK_LIGHT, _font(18), anchor="lt")
    for place, (tile, (left, right)) in enumerate(zip(tiles, captions, strict=True)):
        x = layout.margin_px + place % columns * step_x
        y = layout.margin_px + head_px + place // columns * step_y
        sheet.paste(tile, (x, y))
        if layout.caption_px:
            size = min(13, max(8, round(width / 17)))
            draw.text((x, y + height + 16), left, INK_LIGHT, _font(size), anchor="ls")
            draw.text((x + tile.width, y + height + 16), right, INK_DIM, _font(size), anchor="rs")
    for place, line in enumerate(lines):
        _draw_legend(
            draw,
            line,
            layout.margin_px,
            sheet.height - layout.margin_px - 8 - LEGEND_LINE_PX * (len(lines) - 1 - place),
        )
    return sheet


def _legend_lines(legend: Legend, width_px: float) -> list[list[tuple[str, Colour | None]]]:
    """Return the entries of a legend, broken into lines that fit."""
    lines: list[list[tuple[str, Colour | None]]] = [[]]
    used_px = 0.0
    for name, colour in legend:
        length_px = _legend_px(name, colour)
        if lines[-1] and used_px + length_px > width_px:
            lines.append([])
            used_px = 0.0
        lines[-1].append((name, colour))
        used_px += length_px
    return lines


def _legend_px(name: str, colour: Colour | None) -> float:
    return (SWATCH_PX if colour else 0) + float(_font(13).getlength(name)) + 22


def _draw_legend(draw: ImageDraw.ImageDraw, entries: Legend, x: float, y: float) -> None:
    """Draw a line of the legend: a swatch and a name for each colour, notes without one."""
    for name, colour in entries:
        if colour:
            draw.rounded_rectangle([x, y - 5, x + 14, y + 3], 2, fill=colour)
        draw.text((x + (SWATCH_PX if colour else 0), y), name, INK_LIGHT if colour else INK_DIM, _font(13), anchor="lm")
        x += _legend_px(name, colour)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def picture_u8(image: Image.Image) -> UInt8[np.ndarray, "h w 3"]:
    """Return an RGB picture as an array."""
    return np.asarray(image.convert("RGB"))
