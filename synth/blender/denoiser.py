"""OpenImageDenoise outside of Cycles: the library that Blender brings along, set as the session sets Cycles'.

Cycles denoises the picture that it combines and nothing else; layers and mixes of them are made afterwards.  Called as
here the library gives Cycles' own result (tests/agreement/test_relight_agrees.py).  Two things decide that: pictures
go in bottom row first, as Cycles holds them (the network is not symmetric), and `cleanAux` is off, as with the
prefilter FAST.

The interface is the C one of OpenImageDenoise 2 (doc/api.md of RenderKit/oidn), by way of ctypes.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from jaxtyping import Float32

from synth.errors import RenderError

CPU, FLOAT3, BALANCED = 1, 3, 5
"""OIDN_DEVICE_TYPE_CPU, OIDN_FORMAT_FLOAT3, OIDN_QUALITY_BALANCED."""
_HANDLE, _TEXT, _SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
SIGNATURES: dict[str, tuple[Any, ...]] = {
    "NewDevice": (_HANDLE, ctypes.c_int),
    "SetDeviceInt": (None, _HANDLE, _TEXT, ctypes.c_int),
    "SetDeviceBool": (None, _HANDLE, _TEXT, ctypes.c_bool),
    "CommitDevice": (None, _HANDLE),
    "GetDeviceError": (ctypes.c_int, _HANDLE, ctypes.POINTER(_TEXT)),
    "NewFilter": (_HANDLE, _HANDLE, _TEXT),
    "SetSharedFilterImage": (None, _HANDLE, _TEXT, _HANDLE, ctypes.c_int, *(_SIZE,) * 5),
    "SetFilterInt": (None, _HANDLE, _TEXT, ctypes.c_int),
    "SetFilterBool": (None, _HANDLE, _TEXT, ctypes.c_bool),
    "CommitFilter": (None, _HANDLE),
    "ExecuteFilter": (None, _HANDLE),
}
"""Functions of the library without their prefix: what they return, then what they take."""


@cache
def _library() -> dict[str, Any]:
    """Return the library's functions.

    Raises:
        RenderError: Blender's module came without it.
    """
    folder = Path(bpy.utils.resource_path("LOCAL")).parent / "lib"
    found = sorted(folder.glob("libOpenImageDenoise.so*"))
    if not found:
        raise RenderError(f"{folder}: holds no libOpenImageDenoise.so; use relight=1 or engine.denoise=false")
    library, functions = ctypes.CDLL(str(found[0])), {}
    for name, (returned, *taken) in SIGNATURES.items():
        function = getattr(library, f"oidn{name}")
        function.restype, function.argtypes = returned, taken
        functions[name] = function
    return functions


class Denoiser:
    """One device and one filter, kept from picture to picture."""

    def __init__(self, threads: int) -> None:
        """Make them.

        Args:
            threads: CPU threads; 0 takes all cores.
        """
        self.oidn = _library()
        self.device = self.oidn["NewDevice"](CPU)
        self.oidn["SetDeviceInt"](self.device, b"numThreads", threads)
        # Render processes are kept to their cores by synth/corpus.py.
        self.oidn["SetDeviceBool"](self.device, b"setAffinity", False)
        self.oidn["CommitDevice"](self.device)
        self.filter = self.oidn["NewFilter"](self.device, b"RT")
        self.oidn["SetFilterBool"](self.filter, b"hdr", True)
        self.oidn["SetFilterBool"](self.filter, b"cleanAux", False)
        self.oidn["SetFilterInt"](self.filter, b"quality", BALANCED)
        self._check()

    def clean(
        self,
        linear_rgb: Float32[np.ndarray, "h w 3"],
        albedo: Float32[np.ndarray, "h w 3"],
        normal: Float32[np.ndarray, "h w 3"],
    ) -> Float32[np.ndarray, "h w 3"]:
        """Return the picture without noise; all are linear, first row at the top.

        Raises:
            RenderError: The library failed; says of what.
        """
        h, w, _ = linear_rgb.shape
        images = {"color": linear_rgb, "albedo": albedo, "normal": normal, "output": np.empty_like(linear_rgb)}
        held = {name: np.ascontiguousarray(image[::-1]) for name, image in images.items()}
        for name, image in held.items():
            place = image.ctypes.data
            self.oidn["SetSharedFilterImage"](self.filter, name.encode(), place, FLOAT3, w, h, 0, 0, 0)
        self.oidn["CommitFilter"](self.filter)
        self.oidn["ExecuteFilter"](self.filter)
        self._check()
        return np.ascontiguousarray(held["output"][::-1])

    def _check(self) -> None:
        said = ctypes.c_char_p()
        if self.oidn["GetDeviceError"](self.device, ctypes.byref(said)):
            raise RenderError(f"OpenImageDenoise: {(said.value or b'').decode()}")
