"""Read the uncompressed OpenEXR files that Blender writes: float32 scanlines, any channels.

Blender's module gives no direct access to the pixels of a render, and its viewer node stays empty without a window; an
uncompressed file in memory-backed storage costs a millisecond.  Format: OpenEXR file layout, ASWF.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import RenderError

MAGIC = 20000630
DTYPES: dict[int, np.dtype[Any]] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}


def read(path: Path) -> dict[str, np.ndarray]:
    """Return every channel by its name, float32 (h, w), first row at the top.

    Raises:
        RenderError: The file is not an uncompressed, single-part scanline EXR.
    """
    data = path.read_bytes()
    if len(data) < 8 or struct.unpack_from("<i", data)[0] != MAGIC or data[5] & 0b10010:
        raise RenderError(f"{path}: not a single-part scanline OpenEXR file")
    attributes, offset = _header(data)
    if attributes["compression"] != b"\x00":
        raise RenderError(f"{path}: compressed OpenEXR; Blender was told to write none")
    x0, y0, x1, y1 = struct.unpack("<4i", attributes["dataWindow"])
    width, height = x1 - x0 + 1, y1 - y0 + 1
    channels = _channels(attributes["channels"])
    line = np.dtype([("y", "<i4"), ("size", "<i4"), *((name, kind, (width,)) for name, kind in channels)])
    start = struct.unpack_from("<Q", data, offset)[0]
    if start != offset + 8 * height or len(data) < start + height * line.itemsize:
        raise RenderError(f"{path}: OpenEXR lines out of order or cut short")
    lines = np.frombuffer(data, line, height, start)
    return {name: np.asarray(lines[name], dtype=np.float32) for name, _ in channels}


def _header(data: bytes) -> tuple[dict[str, bytes], int]:
    """Return the attributes and the offset of the line table."""
    attributes, offset = {}, 8
    while data[offset]:
        name, offset = _text(data, offset)
        _, offset = _text(data, offset)
        (size,) = struct.unpack_from("<i", data, offset)
        attributes[name] = data[offset + 4 : offset + 4 + size]
        offset += 4 + size
    return attributes, offset + 1


def _channels(data: bytes) -> list[tuple[str, np.dtype[Any]]]:
    """Return names and types in the order of the file."""
    channels, offset = [], 0
    while data[offset]:
        name, offset = _text(data, offset)
        channels.append((name, DTYPES[struct.unpack_from("<i", data, offset)[0]]))
        offset += 16
    return channels


def _text(data: bytes, offset: int) -> tuple[str, int]:
    end = data.index(b"\0", offset)
    return data[offset:end].decode(), end + 1
