"""`canthus export`: a rendered data set in a format that other people's code reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from synth.export.coco import write_coco
from synth.export.folder import new_folder, write_readme
from synth.export.mpiigaze import write_mpiigaze
from synth.export.mpiigaze_h5 import write_mpiigaze_h5
from synth.export.unityeyes import write_unityeyes
from synth.sample import Sample
from synth.shards import count, iterate

HELP = "write a corpus in a format that other people's code reads"
CONFIG_NAME = "export"
EXAMPLES = (
    "canthus export data=data/eyes format=unityeyes out=data/eyes_unityeyes",
    "canthus export data=data/eyes format=mpiigaze out=data/MPIIGaze persons=1",
    "canthus export data=data/eyes format=mpiigaze_h5 out=data/eyes_h5",
    "canthus export data=data/eyes format=coco out=data/eyes_coco verify=true",
)


class Format(Enum):
    """What to write; see synth/export."""

    unityeyes = "unityeyes"
    mpiigaze = "mpiigaze"
    mpiigaze_h5 = "mpiigaze_h5"
    coco = "coco"


@dataclass
class ExportConfig:
    """What is read, and what is written where."""

    data: str = MISSING
    out: str = MISSING
    format: Format = MISSING
    persons: int = 15
    quality: int = 98
    verify: bool = False

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        if not 1 <= self.persons <= 100:
            raise ConfigError(f"persons={self.persons}: give 1 to 100")
        if not 1 <= self.quality <= 100:
            raise ConfigError(f"quality={self.quality}: a jpg quality lies between 1 and 100")


CONFIG = ExportConfig


def run(config: ExportConfig) -> None:
    """Write the export and say what was written.

    Raises:
        ProjectError: The data set is damaged, the folder is taken, or the disk is full.
    """
    writers: dict[Format, Callable[[Iterable[Sample], Path], str]] = {
        Format.unityeyes: partial(write_unityeyes, quality=config.quality),
        Format.mpiigaze: partial(write_mpiigaze, persons=config.persons),
        Format.mpiigaze_h5: partial(write_mpiigaze_h5, persons=config.persons),
        Format.coco: write_coco,
    }
    data, out = Path(config.data), Path(config.out)
    total = count(data)
    with new_folder(out) as folder:
        text = writers[config.format](iterate(data, verify=config.verify), folder)
        write_readme(folder, text, data)
    print(f"{total} samples of {data} written to {out} as {config.format.value}; its README.txt says how to read them")
