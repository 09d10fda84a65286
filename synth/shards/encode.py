"""How a sample becomes the files of one key of a shard, and back.

    KEY.png | KEY.jpg    picture, sRGB u8, (h, w, 3) or grey (h, w)
    KEY.json             {"labels": ..., "spec": ..., "rejected": [cause, ...]}, and "scene": ... (synth/pictures.py)
                         where one scene makes several pictures
    KEY.mask.png         id of what is seen in each pixel, u8 (h, w)                     (optional)
    KEY.parsing.png      its class of CelebAMask-HQ, u8 (h, w)                           (optional)
    KEY.person.png       who it belongs to, from 1; 0 where nobody is, u8 (h, w)         (optional)
    KEY.depth.npy        z in `cam` in metres, f4 (h, w); what is infinitely far is inf  (optional)
    KEY.normal.npy       unit normal in `cam`, f4 (h, w, 3); zero where nothing is       (optional)
    KEY.uv.npy           place on the map of the head, f4 (h, w, 2); zero off the skin   (optional)

KEY is the index of the sample, eight digits.  `rejected` lists why the scenes drawn for this index before this one were
thrown away, so that the count survives a restart.

Labels are rounded to nine significant digits (a micrometre in a kilometre, 1e-9 rad): the tenth digit differs between
processors, the ninth does not.  The spec keeps every digit, because the same spec must give the same picture again.
Keys are sorted, no spaces, no NaN and no infinity: equal samples are equal bytes.
"""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from tokenize import TokenError
from typing import Any

import numpy as np
from PIL import Image

from synth.errors import ConfigError, DataError, LabelError
from synth.sample import Sample

LABEL_DIGITS = 9
RASTERS = {
    **{"mask": "mask.png", "parsing": "parsing.png", "person": "person.png"},
    **{"depth_m": "depth.npy", "normal_cam": "normal.npy", "uv": "uv.npy"},
}
"""Fields of a sample, and the extensions of their files, in the order in which they are written."""
PICTURE_EXTENSIONS = ("png", "jpg")


class PictureFormat(Enum):
    """How the picture is stored: exactly (png), or smaller and slightly changed (jpg)."""

    png = "png"
    jpg = "jpg"


@dataclass(frozen=True)
class Encoding:
    """How the pictures of a data set are stored.

    Attributes:
        picture: png or jpg.
        quality: Of jpg, 1 to 100, chroma at full resolution; png does not use it.
    """

    picture: PictureFormat = PictureFormat.png
    quality: int = 95

    def __post_init__(self) -> None:
        """Refuse a quality that jpg does not have."""
        if not 1 <= self.quality <= 100:
            raise ConfigError(f"quality={self.quality}: a jpg quality lies between 1 and 100")


def canonical_json(value: Any, *, digits: int | None = None, where: str = "value") -> bytes:
    """Return the one spelling of a JSON value: keys sorted, no spaces, floats rounded to `digits` significant digits.

    Numpy scalars and arrays are written as numbers and lists; -0.0 is written as 0.0 when rounding.

    Raises:
        LabelError: A float is NaN or infinite, or a value has no JSON form; the message names it.
    """
    return _spell(_named(value, digits, where))


def ordered_json(value: Any, *, where: str = "value") -> bytes:
    """Return the spelling of a JSON value whose keys stand in an order that means something, as those of what is drawn.

    Raises:
        LabelError: As `canonical_json` does.
    """
    return json.dumps(_named(value, None, where), separators=(",", ":"), allow_nan=False).encode()


def _spell(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


class _NoJsonError(Exception):
    """What is wrong with a value, and the way to it from the innermost out: a name is only made when it is needed."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.way: list[str] = []


def _named(value: Any, digits: int | None, where: str) -> Any:
    try:
        return _plain(value, digits)
    except _NoJsonError as error:
        raise LabelError(f"{where}{''.join(reversed(error.way))} {error}") from error


def _plain(value: Any, digits: int | None) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _NoJsonError(f"is {value}: a label must be a finite number")
        return value if digits is None else float(f"{value:.{digits}g}") + 0.0
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        listed: list[Any] = []
        try:
            for part in value:
                # Points are most of a sample: a call for each of their numbers would cost as much as all else.
                if type(part) is float and math.isfinite(part):
                    listed.append(part if digits is None else float(f"{part:.{digits}g}") + 0.0)
                else:
                    listed.append(_plain(part, digits))
        except _NoJsonError as error:
            error.way.append(f"[{len(listed)}]")
            raise
        return listed
    if isinstance(value, Mapping):
        named: dict[str, Any] = {}
        name: object = None
        try:
            for name, part in value.items():
                named[str(name)] = _plain(part, digits)
        except _NoJsonError as error:
            error.way.append(f".{name}")
            raise
        return named
    raise _NoJsonError(f"is a {type(value).__name__}: no label is written as that")


def encode_sample(sample: Sample, encoding: Encoding) -> dict[str, bytes]:
    """Return the files of a sample, extension to bytes, in the order in which they are written."""
    _check_picture(sample)
    document = {
        "labels": _named(sample.labels, LABEL_DIGITS, f"{sample.key}: labels"),
        "spec": _named(sample.spec, None, f"{sample.key}: spec"),
        "rejected": list(sample.rejected),
    }
    if sample.scene is not None:
        document["scene"] = _named(sample.scene, None, f"{sample.key}: scene")
    files = {
        encoding.picture.value: encode_picture(sample.picture, encoding),
        "json": _spell(document),
    }
    for name, extension in RASTERS.items():
        raster = getattr(sample, name)
        if raster is not None:
            is_png = extension.endswith("png")
            files[extension] = encode_picture(raster, Encoding()) if is_png else _encode_array(raster)
    return files


def decode_sample(key: str, files: Mapping[str, bytes], where: str) -> Sample:
    """Return the sample that these files hold; `where` is what an error names beside the key.

    Raises:
        DataError: A file is missing or damaged.
    """
    place = f"{where}: {key}"
    picture_names = [name for name in PICTURE_EXTENSIONS if name in files]
    if len(picture_names) != 1 or "json" not in files:
        raise DataError(f"{place}: expected one picture and one json, found {', '.join(sorted(files)) or 'nothing'}")
    labels, spec, rejected, scene = _decode_document(files["json"], place)
    if not isinstance(seed := labels.get("seed", 0), int):
        raise DataError(f"{place}.json: labels.seed is no whole number")
    rasters = {}
    for name, extension in RASTERS.items():
        if extension in files:
            decode = decode_picture if extension.endswith("png") else _decode_array
            rasters[name] = decode(files[extension], f"{place}.{extension}")
    picture = decode_picture(files[picture_names[0]], f"{place}.{picture_names[0]}")
    for name, raster in rasters.items():
        if raster.shape[:2] != picture.shape[:2]:
            raise DataError(f"{place}.{RASTERS[name]}: has shape {raster.shape}, the picture {picture.shape}")
    return Sample(
        seed=seed,
        index=int(key),
        picture=picture,
        labels=labels,
        spec=spec,
        rejected=rejected,
        scene=scene,
        **rasters,
    )


def _decode_document(
    data: bytes, place: str
) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...], dict[str, Any] | None]:
    try:
        document = json.loads(data)
    except ValueError as error:
        raise DataError(f"{place}.json: not JSON ({error})") from error
    if not isinstance(document, dict) or not isinstance(document.get("labels"), dict):
        raise DataError(f"{place}.json: holds no labels")
    spec, rejected, scene = document.get("spec", {}), document.get("rejected", []), document.get("scene")
    if not isinstance(spec, dict) or not isinstance(rejected, list) or not isinstance(scene, dict | None):
        raise DataError(f"{place}.json: spec, rejected or scene is of another type")
    return document["labels"], spec, tuple(str(cause) for cause in rejected), scene


def encode_picture(picture: np.ndarray, encoding: Encoding) -> bytes:
    """Return a u8 picture (h, w) or (h, w, 3) as png or jpg; the same picture gives the same bytes."""
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture))
    if encoding.picture is PictureFormat.png:
        image.save(buffer, "PNG", compress_level=6)
    else:
        image.save(buffer, "JPEG", quality=encoding.quality, subsampling=0)
    return buffer.getvalue()


def decode_picture(data: bytes, where: str) -> np.ndarray:
    """Return the u8 picture, (h, w) or (h, w, 3), or raise DataError that names `where`."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as image:
            picture = np.asarray(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{where}: damaged picture ({error})") from error
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
        raise DataError(f"{where}: a {picture.dtype} picture of shape {picture.shape}; expected 8-bit grey or RGB")
    return picture


def _encode_array(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array, dtype="<f4"), allow_pickle=False)
    return buffer.getvalue()


def _decode_array(data: bytes, where: str) -> np.ndarray:
    try:
        array = np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
    except (ValueError, EOFError, OSError, SyntaxError, TypeError, TokenError, MemoryError, OverflowError) as error:
        raise DataError(f"{where}: damaged array ({error})") from error
    if array.dtype != np.float32:
        raise DataError(f"{where}: an array of {array.dtype}; expected float32")
    return array


def _check_picture(sample: Sample) -> None:
    picture = sample.picture
    if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)):
        raise LabelError(
            f"{sample.key}: the picture is {picture.dtype} {picture.shape}; expected u8 (h, w) or (h, w, 3)"
        )
    for name, ours in (("seed", sample.seed), ("index", sample.index)):
        if sample.labels.get(name) != ours:
            raise LabelError(f"{sample.key}: labels.{name} is {sample.labels.get(name)}, the sample has {ours}")
    size = sample.labels.get("image")
    if isinstance(size, Mapping) and (size.get("height"), size.get("width")) != picture.shape[:2]:
        raise LabelError(f"{sample.key}: labels.image is {dict(size)}, the picture has shape {picture.shape}")
    for name in RASTERS:
        raster = getattr(sample, name)
        if raster is not None and raster.shape[:2] != picture.shape[:2]:
            raise LabelError(f"{sample.key}: {name} has shape {raster.shape}, the picture {picture.shape}")
