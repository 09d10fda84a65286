"""Who draws, and how hard the path tracer works: samples, bounces, denoiser, device, threads.

Nothing here changes what is true.

`DRAFT` is for corpora of small pictures, `FINAL` for pictures that people look at.
"""

from dataclasses import dataclass
from typing import Literal

from synth.errors import ConfigError

RendererName = Literal["cycles", "eevee", "raster"]
Device = Literal["cpu", "auto", "optix", "cuda", "hip", "metal", "oneapi"]
DEVICES: tuple[Device, ...] = ("cpu", "auto", "optix", "cuda", "hip", "metal", "oneapi")


@dataclass(frozen=True)
class EngineSpec:
    """Settings of the renderer.

    Attributes:
        renderer: `cycles`; `eevee`: the same scene by OpenGL, to which bounces, denoise, device and threads are nothing
            (synth/blender/eevee.py); or `raster`: OpenGL's plain preview (synth/raster/picture.py), to which all else
            is nothing.
        samples: Paths for each pixel that is traced (before the reduction by `supersample`); of EEVEE whole pictures,
            each a little aside, whose mean is taken.
        bounces: Longest path; diffuse and glossy paths are cut one earlier.
        denoise: Clean the picture with OpenImageDenoise.
        device: `cpu`, a backend by name, or `auto`: the first GPU that Blender offers, the CPU where there is none.
        threads: CPU threads; 0 takes all cores.
        detail: 0 leaves out what a small picture cannot show (pores, fine lines, bumps); 1 shows everything.
        random_walk: Let light travel under the skin, by random walk; costs two fifths more.  (Burley's profile would be
            cheaper, but chooses among its hits in the order of Cycles' search tree, so pictures would not repeat.)
    """

    renderer: RendererName = "cycles"
    samples: int = 8
    bounces: int = 4
    denoise: bool = True
    device: Device = "cpu"
    threads: int = 0
    detail: float = 0.0
    random_walk: bool = False

    def __post_init__(self) -> None:
        """Refuse what Cycles would silently clamp."""
        for name, low in (("samples", 1), ("bounces", 1), ("threads", 0)):
            if getattr(self, name) < low:
                raise ConfigError(f"engine.{name}={getattr(self, name)}: must be at least {low}")
        if not 0 <= self.detail <= 1:
            raise ConfigError(f"engine.detail={self.detail}: lies between 0 and 1")
        if self.device not in DEVICES:
            raise ConfigError(f"engine.device={self.device}: choose one of {', '.join(DEVICES)}")


DRAFT = EngineSpec()
FINAL = EngineSpec(samples=96, bounces=8, detail=1.0, random_walk=True)
