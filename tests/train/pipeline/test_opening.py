"""Pictures of every kind that people have come out as the same levels, upright; what is none has its cause."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms

from train.pipeline import opening
from train.pipeline.opening import UnreadableError, open_picture


def colours(height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def data_of(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP"])
def test_colours_stay_as_they_are(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = data_of(Image.fromarray(colours()), kind, **options)
    np.testing.assert_array_equal(open_picture(data, "here"), colours())


def test_grey_black_and_white_and_palettes() -> None:
    grey = colours()[..., 0]
    spread = np.repeat(grey[..., None], 3, axis=2)
    np.testing.assert_array_equal(open_picture(data_of(Image.fromarray(grey), "PNG"), ""), spread)
    ink = open_picture(data_of(Image.fromarray(grey > 99), "PNG"), "")
    np.testing.assert_array_equal(ink, 255 * (spread > 99).astype(np.uint8))
    few = np.array([[10, 20, 30], [200, 100, 0]], np.uint8)[(grey > 99).astype(int)]
    palette = Image.fromarray(few).quantize(2)
    for kind in ("PNG", "GIF"):
        np.testing.assert_array_equal(open_picture(data_of(palette, kind), ""), few)


def test_sixteen_bits_and_floating_point() -> None:
    levels = colours()[..., 0]
    for deep in (levels.astype(np.uint16) * 257, levels.astype(np.uint16) * 257 + 100):  # 100 of 257: rounded down
        for kind in ("PNG", "TIFF"):
            found = open_picture(data_of(Image.fromarray(deep), kind), "")
            np.testing.assert_array_equal(found, np.repeat(levels[..., None], 3, axis=2))
    for scale in (1.0, 1 / 255):
        found = open_picture(data_of(Image.fromarray((levels * scale).astype(np.float32)), "TIFF"), "")
        np.testing.assert_array_equal(found[..., 0], levels)


def test_four_inks() -> None:
    inks = np.zeros((4, 4, 4), np.uint8)
    inks[:2, :, 0] = 255  # cyan, then nothing: white
    for kind in ("TIFF", "JPEG"):
        found = open_picture(data_of(Image.fromarray(inks, "CMYK"), kind), "").astype(int)
        assert np.abs(found[0, 0] - [0, 255, 255]).max() < 4 and found[3, 3].min() > 251


def test_transparency_is_laid_over_white() -> None:
    seen = np.dstack([colours(), np.full((6, 8), 255, np.uint8)])
    seen[:3, :, 3] = 0
    seen[3, :, 3] = 128
    found = open_picture(data_of(Image.fromarray(seen), "PNG"), "")
    assert (found[:3] == 255).all()
    np.testing.assert_array_equal(found[4:], colours()[4:])
    expected = (colours()[3] * 128.0 + 255 * 127) / 255
    np.testing.assert_allclose(found[3], expected, atol=1)
    grey = Image.fromarray(seen[..., [0, 3]], "LA")
    assert (open_picture(data_of(grey, "PNG"), "")[:3] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_up_is_up(orientation: int) -> None:
    upright = colours()
    # What a camera stores that is to be turned so: EXIF's own table, undone by hand.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = data_of(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    np.testing.assert_array_equal(open_picture(data, ""), upright)


def test_a_colour_profile_does_no_harm() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data_of(Image.fromarray(colours()), "PNG", icc_profile=profile)
    np.testing.assert_array_equal(open_picture(data, ""), colours())


def test_what_cannot_be_read_has_a_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = data_of(Image.fromarray(colours(64, 64)), "JPEG")
    for data, cause in (
        (b"", "no picture"),
        (b"GIF and then nothing", "no picture"),
        (whole[: len(whole) // 2], "damaged or cut short"),
        (data_of(Image.fromarray(colours(64, 64)), "PNG")[:500], "damaged or cut short"),
    ):
        with pytest.raises(UnreadableError, match="cellar") as caught:
            open_picture(data, "cellar")
        assert caught.value.cause == cause
    monkeypatch.setattr(opening, "MOST_PIXELS", 64 * 64 - 1)
    with pytest.raises(UnreadableError) as caught:
        open_picture(whole, "")
    assert caught.value.cause == "too large"


def test_every_single_damaged_byte_of_a_file_is_survived() -> None:
    rng = np.random.default_rng(0)
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"):
        whole = bytearray(data_of(Image.fromarray(colours()), kind))
        for at in rng.integers(0, len(whole), 40):
            hurt = whole.copy()
            hurt[at] ^= int(rng.integers(1, 256))
            try:
                found = open_picture(bytes(hurt), "")
            except UnreadableError:
                continue
            assert found.dtype == np.uint8 and found.shape[2:] == (3,)
