"""`canthus export`: a rendered data set in a format that other people's code reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from synth.export.coco import write_coco
from synth.export.face.aflw2000 import write_aflw2000
from synth.export.face.celeba import write_celeba
from synth.export.face.fsanet import write_fsanet
from synth.export.face.gazehub import write_gazehub
from synth.export.face.judge import write_judge
from synth.export.face.pose import HeadPose
from synth.export.face.pts import write_pts
from synth.export.face.retinaface import write_retinaface
from synth.export.face.widerface import write_widerface
from synth.export.face.wlp300 import write_300wlp
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
    "canthus export data=data/faces format=300wlp out=data/faces_300wlp",
    "canthus export data=data/faces format=retinaface out=data/faces_retinaface",
    "canthus export data=data/faces format=gazehub out=data/faces_gazehub persons=5",
    "canthus export data=data/faces format=judge out=data/faces_judge",
)

# A name cannot begin with a digit in a class body.
Format = Enum(
    "Format",
    {
        "unityeyes": "unityeyes",
        "mpiigaze": "mpiigaze",
        "mpiigaze_h5": "mpiigaze_h5",
        "coco": "coco",
        "300wlp": "300wlp",
        "aflw2000": "aflw2000",
        "pts": "pts",
        "widerface": "widerface",
        "retinaface": "retinaface",
        "fsanet": "fsanet",
        "gazehub": "gazehub",
        "celeba": "celeba",
        "judge": "judge",
    },
)
"""What to write; see synth/export."""


@dataclass
class ExportConfig:
    """What is read, and what is written where."""

    data: str = MISSING
    out: str = MISSING
    format: Format = MISSING
    pose: HeadPose = HeadPose.sight
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
    persons, quality, pose = config.persons, config.quality, config.pose
    writers: dict[str, Callable[[Iterable[Sample], Path], str]] = {
        "unityeyes": partial(write_unityeyes, quality=quality),
        "mpiigaze": partial(write_mpiigaze, persons=persons),
        "mpiigaze_h5": partial(write_mpiigaze_h5, persons=persons),
        "coco": write_coco,
        "300wlp": partial(write_300wlp, quality=quality, pose=pose),
        "aflw2000": partial(write_aflw2000, quality=quality, pose=pose),
        "pts": write_pts,
        "widerface": partial(write_widerface, quality=quality),
        "retinaface": partial(write_retinaface, quality=quality),
        "fsanet": partial(write_fsanet, pose=pose),
        "gazehub": partial(write_gazehub, quality=quality, persons=persons),
        "celeba": partial(write_celeba, quality=quality),
        "judge": partial(write_judge, pose=pose),
    }
    data, out = Path(config.data), Path(config.out)
    total = count(data)
    with new_folder(out) as folder:
        text = writers[config.format.value](iterate(data, verify=config.verify), folder)
        write_readme(folder, text, data)
    print(f"{total} samples of {data} written to {out} as {config.format.value}; its README.txt says how to read them")
