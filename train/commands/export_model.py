"""`canthus export-model`: a trained network as ONNX, written once it agrees with torch (train/onnx_file.py)."""

from dataclasses import dataclass
from pathlib import Path

import torch
from omegaconf import MISSING

from synth.errors import ConfigError
from synth.shards.atomic import write_whole
from train.checkpoint import load_network
from train.kinds.known import kind_of
from train.onnx_file import onnx_bytes

HELP = "write a trained network as ONNX and check it"
CONFIG_NAME = "export-model"
EXAMPLES = ("canthus export-model checkpoint=runs/eyes out=eyes.onnx",)


@dataclass
class ExportModelConfig:
    """Configuration of `canthus export-model`.

    Attributes:
        checkpoint: Folder of a run or its network.pt.
        out: The file.
        seed: Of the random pictures that it is checked on.
    """

    checkpoint: str = MISSING
    out: str = MISSING
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a seed that there cannot be, and a file of another ending."""
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: at least 0")
        if Path(self.out).suffix != ".onnx":
            raise ConfigError(f"out={self.out}: name a file that ends in .onnx")


CONFIG = ExportModelConfig


def run(config: ExportModelConfig) -> None:
    """Export, check, write."""
    trained = load_network(Path(config.checkpoint))
    kind = kind_of(trained.name)
    generator = torch.Generator().manual_seed(config.seed)
    content, apart = onnx_bytes(lambda n: kind.exported(trained.network, n, generator), trained.name)
    path = Path(config.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    print(f"wrote {path}: {trained.name}, {len(content) / 1e6:.1f} MB; onnxruntime differs from torch by {apart:.1g}")
