"""`canthus doctor`: look at this machine, and print the exact command that mends each fault.

A check is a function from what was found to a `Check`; what was found is given to it, so that every fault can be
shown to it in a test.  Blender, OpenGL and torch are tried in processes of their own (`probe`): a library that is
missing or a driver that crashes then ends there.
"""

import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from assets.catalog import names, verified
from synth.errors import AssetError, ProjectError

HELP = "check this machine and print the fix of every fault"
CONFIG_NAME = "doctor"
EXAMPLES = (
    "canthus doctor",
    "canthus doctor out=/data disk_gb=200    before a long run",
    "canthus doctor need=[]                  to read shards only",
)

# Libraries of the system that bpy and a headless OpenGL load, and the Debian package of each; .ci/run installs these.
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libEGL_mesa.so.0": "libegl-mesa0",
    "libGL.so.1": "libgl1",
    "libICE.so.6": "libice6",
    "libSM.so.6": "libsm6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
    "libXfixes.so.3": "libxfixes3",
    "libXi.so.6": "libxi6",
    "libXrender.so.1": "libxrender1",
    "libxkbcommon.so.0": "libxkbcommon0",
}
EGL_LIBRARIES = ("libEGL.so.1", "libEGL_mesa.so.0", "libGL.so.1")

BLENDER_PROBE = """
import json, bpy
cycles = bpy.context.preferences.addons["cycles"].preferences
kinds = [kind[0] for kind in cycles.get_device_types(bpy.context) if kind[0] != "NONE"]
devices = sorted({f"{d.name} ({kind})" for kind in kinds for d in cycles.get_devices_for_type(kind) if d.type == kind})
print("\\nfound " + json.dumps({"version": bpy.app.version_string, "devices": devices}))
"""
EGL_PROBE = """
import json, os, warnings
os.environ["PYOPENGL_PLATFORM"] = "egl"
warnings.simplefilter("ignore")
import pyrender
renderer = pyrender.OffscreenRenderer(8, 8)
renderer._platform.make_current()
from OpenGL.GL import GL_RENDERER, glGetString
print("\\nfound " + json.dumps({"renderer": glGetString(GL_RENDERER).decode()}))
"""
TORCH_PROBE = """
import json, torch
devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print("\\nfound " + json.dumps({"version": torch.__version__, "devices": devices}))
"""


class Status(Enum):
    """How a check ended."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found, and what mends it (empty when all is well)."""

    name: str
    status: Status
    detail: str
    fix: str = ""


@dataclass(frozen=True)
class Probe:
    """What a process of its own had to say: its facts, or the last line of its error."""

    facts: dict[str, object] = field(default_factory=dict)
    error: str = ""


@dataclass
class DoctorConfig:
    """What is looked at, and what is asked of it."""

    out: str = "."
    disk_gb: float = 5.0
    memory_gb: float = 4.0
    need: list[str] = field(default_factory=lambda: ["render", "train"])


def probe(code: str, timeout_s: float = 120.0) -> Probe:
    """Run Python code that prints `found {json}` in a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, errors="replace", timeout=timeout_s
        )
    except subprocess.TimeoutExpired:
        return Probe(error=f"no answer within {timeout_s:g} s")
    found = [line.removeprefix("found ") for line in done.stdout.splitlines() if line.startswith("found ")]
    if found:
        return Probe(facts=json.loads(found[-1]))
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    ending = f"killed by signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
    return Probe(error=lines[-1] if lines else ending)


def missing_libraries(error: str, among: Iterable[str], loads: Callable[[str], bool]) -> list[str]:
    """Return the Debian packages of the libraries that do not load.

    Args:
        error: The loader's complaint; it names the first missing library only.
        among: Names of shared objects to try.
        loads: Says whether one loads.
    """
    absent = {name for name in among if name in error or not loads(name)}
    return sorted(LIBRARIES[name] for name in absent)


def loads(name: str) -> bool:
    """Say whether the system's loader finds a shared object."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _install(packages: list[str]) -> str:
    return f"apt-get install -y {' '.join(packages)}" + ("" if os.geteuid() == 0 else "    (as root: sudo ...)")


def check_python(version: tuple[int, ...], executable: str) -> Check:
    """Python is 3.11, the one that bpy 4.5 is built for."""
    detail = f"{'.'.join(map(str, version[:3]))} at {executable}"
    if version[:2] == (3, 11):
        return Check("python", Status.OK, detail)
    return Check("python", Status.FAIL, f"{detail}; bpy 4.5 is built for 3.11", "make .venv PYTHON=/path/to/python3.11")


def check_numpy(version: str) -> Check:
    """Numpy is below 2, which bpy 4.5 asks for."""
    if int(version.partition(".")[0]) < 2:
        return Check("numpy", Status.OK, version)
    return Check("numpy", Status.FAIL, f"{version}, but bpy needs numpy below 2", "pip install 'numpy==1.26.4'")


def check_disk(folder: Path, free_gb: float, needed_gb: float) -> Check:
    """There is room for pictures."""
    detail = f"{free_gb:.1f} GB free at {folder}"
    if free_gb >= needed_gb:
        return Check("disk", Status.OK, detail)
    return Check(
        "disk", Status.FAIL, f"{detail}, {needed_gb:g} asked for", "free some space, or write elsewhere: out=..."
    )


def check_memory(free_gb: float | None, needed_gb: float) -> Check:
    """There is memory for a renderer on every core."""
    if free_gb is None:
        return Check("memory", Status.OK, "this system does not say how much is free")
    if free_gb >= needed_gb:
        return Check("memory", Status.OK, f"{free_gb:.1f} GB free")
    fix = "run fewer processes: canthus render workers=1"
    return Check("memory", Status.WARN, f"{free_gb:.1f} GB free, {needed_gb:g} asked for", fix)


def _absent(name: str, package: str, extra: str, needed: bool) -> Check:
    status = Status.FAIL if needed else Status.WARN
    return Check(name, status, f"the package {package} is not installed", f"pip install 'canthus[{extra}]'")


def check_blender(found: Probe, needed: bool, loads: Callable[[str], bool]) -> Check:
    """The package bpy imports."""
    if not found.error:
        return Check("blender", Status.OK, f"bpy {found.facts['version']}")
    if "No module named 'bpy'" in found.error:
        return _absent("blender", "bpy", "render", needed)
    if packages := missing_libraries(found.error, set(LIBRARIES) - set(EGL_LIBRARIES[:2]), loads):
        return Check("blender", Status.FAIL, found.error, _install(packages))
    return Check("blender", Status.FAIL, found.error, "pip install --force-reinstall 'bpy==4.5.*'")


def check_cycles(found: Probe, has_nvidia: bool) -> Check | None:
    """Say which device paints the pictures; None where there is no Blender to ask."""
    if found.error:
        return None
    devices = found.facts["devices"]
    if isinstance(devices, list) and devices:
        return Check("cycles", Status.OK, ", ".join(map(str, devices)))
    if has_nvidia:
        fix = "install the NVIDIA driver's CUDA and OptiX libraries (libcuda1, libnvoptix1), of the driver's version"
        return Check("cycles", Status.WARN, "CPU only, though there is an NVIDIA card", fix)
    return Check("cycles", Status.OK, f"CPU, {os.cpu_count()} cores; no GPU that Blender can use")


def check_egl(found: Probe, needed: bool, loads: Callable[[str], bool]) -> Check:
    """Pyrender draws without a display, for the agreement tests and engine=raster; EEVEE needs the same."""
    if not found.error:
        return Check("egl", Status.OK, str(found.facts["renderer"]))
    if "No module named" in found.error:
        return _absent("egl", "pyrender", "render", needed)
    status = Status.FAIL if needed else Status.WARN
    packages = missing_libraries(found.error, EGL_LIBRARIES, loads) or [LIBRARIES[name] for name in EGL_LIBRARIES]
    return Check("egl", status, found.error, _install(packages))


def check_torch(found: Probe, needed: bool, has_nvidia: bool) -> Check:
    """Torch imports, and sees the graphics card if there is one."""
    if "No module named 'torch'" in found.error:
        return _absent("torch", "torch", "train", needed)
    if found.error:
        fix = "pip install --force-reinstall torch==2.13.0"
        return Check("torch", Status.FAIL if needed else Status.WARN, found.error, fix)
    version, devices = found.facts["version"], found.facts["devices"]
    if isinstance(devices, list) and devices:
        return Check("torch", Status.OK, f"{version}, CUDA: {', '.join(map(str, devices))}")
    if has_nvidia:
        fix = (
            "pip install --force-reinstall torch==2.13.0 (its CUDA build: pytorch.org/get-started), or mend the driver"
        )
        return Check("torch", Status.WARN, f"{version} does not see the NVIDIA card: training on the CPU", fix)
    return Check("torch", Status.OK, f"{version}, no CUDA: training on the CPU")


def check_assets(name: str, assets: Iterable[str], verify: Callable[[str], Path], needed: bool) -> Check:
    """The files that pictures are made from are there, with the sha256 that we know."""
    count = 0
    for asset in assets:
        try:
            verify(asset)
        except AssetError as error:
            detail, _, fix = str(error).rpartition("; ")
            return Check(name, Status.FAIL if needed else Status.WARN, detail or str(error), fix)
        count += 1
    return Check(name, Status.OK, f"{count} file{'s' if count > 1 else ''}, sha256 as known")


def free_memory_gb() -> float | None:
    """Return the memory that processes can still have; None where the system does not tell."""
    status = Path("/proc/meminfo")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024 / 1e9
    return None


def existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())


def examine(config: DoctorConfig) -> list[Check]:
    """Look at everything on this machine."""
    import numpy as np

    render = "render" in config.need
    has_nvidia = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    folder = existing(Path(config.out))
    blender = probe(BLENDER_PROBE)
    checks = [
        check_python(tuple(sys.version_info[:3]), sys.executable),
        check_numpy(np.__version__),
        check_disk(folder, shutil.disk_usage(folder).free / 1e9, config.disk_gb),
        check_memory(free_memory_gb(), config.memory_gb),
        check_assets("head", names("head"), verified, needed=True),
        check_blender(blender, render, loads),
        check_cycles(blender, has_nvidia),
        check_assets("skies", names("sky/"), verified, render),
        check_egl(probe(EGL_PROBE), "dev" in config.need, loads),
        check_torch(probe(TORCH_PROBE), "train" in config.need, has_nvidia),
    ]
    return [check for check in checks if check is not None]


def report(checks: Iterable[Check]) -> str:
    """Return one line a check, and one more for each fix."""
    lines = []
    for check in checks:
        lines.append(f"{check.status.value:<5} {check.name:<8} {check.detail}")
        if check.fix:
            lines.append(f"{'':14} fix: {check.fix}")
    return "\n".join(lines)


def run(config: DoctorConfig) -> None:
    """Print what was found.

    Raises:
        ProjectError: Something must be mended before the rest works.
    """
    print(f"canthus on {platform.platform()}")
    checks = examine(config)
    print(report(checks))
    if failed := [check.name for check in checks if check.status is Status.FAIL]:
        raise ProjectError(f"{len(failed)} to mend: {', '.join(failed)}; the commands are above")


CONFIG = DoctorConfig
