"""Files of pictures as people have them, made into what networks take: u8, RGB, upright.

    grey, palettes, black and white     spread to three channels
    16 bits a level                     divided by 257
    floating point                      of 0 to 1, or of 0 to 255 where any is above 1
    CMYK, YCbCr, Lab                    converted by Pillow, without colour profiles
    transparency                        laid over white
    EXIF orientation                    applied: up is up

Of several frames in a file (GIF, TIFF, a phone's MPO) the first is taken.
"""

import io
import warnings

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from synth.errors import DataError

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
"""Of Pillow, whose JPEG has MPO in it: the others are rare, and some of them run programs."""
MOST_PIXELS = 100_000_000
DEEP = 257
"""Levels of 16 bits in one of 8: 65535 is 255."""
WHITE = (255, 255, 255, 255)

Rgb = UInt8[np.ndarray, "h w 3"]


class UnreadableError(DataError):
    """A picture that cannot be read.

    Attributes:
        cause: A few words, under which it is counted.
    """

    def __init__(self, cause: str, message: str) -> None:
        """Keep the cause apart from the sentence."""
        super().__init__(message)
        self.cause = cause


def open_picture(data: bytes, where: str) -> Rgb:
    """Return the picture of a file.

    Raises:
        UnreadableError: It is none, or damaged or cut short, or too large; the message names `where`.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is large, of odd EXIF and of files that go on after their picture.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if (pixels := image.width * image.height) > MOST_PIXELS:
                    raise UnreadableError("too large", f"{where}: {pixels} pixels; at most {MOST_PIXELS}")
                return _rgb(_upright(image))
    except Image.DecompressionBombError as error:
        raise UnreadableError("too large", f"{where}: {error}") from error
    except UnidentifiedImageError as error:
        raise UnreadableError("no picture", f"{where}: no picture of a kind known here") from error
    except UnreadableError:
        raise
    except Exception as error:  # damaged files make decoders raise almost anything
        raise UnreadableError("damaged or cut short", f"{where}: damaged picture ({error})") from error


def _upright(image: Image.Image) -> Image.Image:
    """Return the picture turned as its EXIF says; one whose EXIF is damaged as it is."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # as above, and here the picture itself is whole
        return image


def _rgb(image: Image.Image) -> Rgb:
    """Return the levels of a picture of any of Pillow's modes."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return np.repeat(_levels(np.asarray(image).astype(np.float64))[..., None], 3, axis=2)
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", seen.size, WHITE), seen)
    return np.array(image.convert("RGB"))  # of its own: torch takes no memory that may not be written


def _levels(values: Float[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    """Return levels of more than 8 bits, or of floating point, as u8."""
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    most = values.max(initial=0.0)
    if most > 255:
        values = values / DEEP
    elif most <= 1 and (values % 1 != 0).any():
        values = values * 255
    return np.rint(values.clip(0, 255)).astype(np.uint8)
