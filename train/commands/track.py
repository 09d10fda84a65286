"""`canthus track`: what following faces from frame to frame costs in truth, on rendered sequences with exact labels.

train/pipeline/sequence.py reads the sequences, following.py says what the figures are.
"""

import json
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from omegaconf import MISSING
from rich.console import Console
from rich.table import Table

from synth.errors import ConfigError
from synth.shards import iterate
from synth.shards.atomic import write_whole
from train.fitting import use_threads
from train.pipeline.config import FacesConfig, NetworksConfig, looker_of
from train.pipeline.following import Figures, followed
from train.pipeline.sequence import sequences_of
from train.ready import READY

HELP = "measure following faces from frame to frame against finding them anew, on rendered sequences"
CONFIG_NAME = "track"
EXAMPLES = ("canthus track data=data/sequences out=out/track.json",)


@dataclass
class TrackConfig:
    """Configuration of `canthus track`.

    Attributes:
        data: A folder of shards of sequences, as `canthus render experiment=sequence` makes them.
        out: The JSON file of the figures.
        n: Sequences, the first.
        weights: `ready`, or a folder of detection.pt, landmarks.pt, pose.pt and gaze.pt.
        networks: Networks in place of those of `weights`.
        faces: How faces are found and followed.
        threads: CPU threads of torch; 0 leaves it to torch.
    """

    data: str = MISSING
    out: str = MISSING
    n: int = 20
    weights: str = READY
    networks: NetworksConfig = field(default_factory=NetworksConfig)
    faces: FacesConfig = field(default_factory=FacesConfig)
    threads: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that there cannot be, and what would compare a way with itself."""
        for name, least in {"n": 1, "threads": 0}.items():
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)}: at least {least}")
        if self.faces.every == 1:
            raise ConfigError("faces.every=1: follows nobody; at least 2")
        if self.faces.camera is not None:
            raise ConfigError("faces.camera: these frames come from no camera that was calibrated")


CONFIG = TrackConfig


def run(config: TrackConfig) -> None:
    """Measure, print a table and write the figures."""
    use_threads(config.threads)
    looker, names = looker_of(config.networks, config.weights, config.faces)
    sequences = islice(sequences_of(iterate(Path(config.data))), config.n)
    anew, kept = followed(looker, sequences, config.faces.every)
    Console().print(table_of(anew, kept))
    written = {"networks": names, "every": config.faces.every, "anew": anew.to_json(), "followed": kept.to_json()}
    Path(config.out).parent.mkdir(parents=True, exist_ok=True)
    write_whole(Path(config.out), json.dumps(written, indent=1).encode() + b"\n")
    print(f"wrote {config.out}")


def table_of(anew: Figures, kept: Figures) -> Table:
    """Return the figures of both ways."""
    table = Table(title=f"{anew.frames} frames, {anew.shown} of them with a face")
    for said in ("", "found anew", "followed"):
        table.add_column(said, justify="right" if said else "left")
    rows = {"detections": "frames with a detector", "nme": "NME, %", "jitter": "jitter, %", "missed": "missed"}
    rows |= {"ghosts": "ghosts", "late": "late, frames"}
    for name, said in rows.items():
        values = (getattr(anew, name), getattr(kept, name))
        table.add_row(said, *("-" if value is None else f"{value:.2f}".removesuffix(".00") for value in values))
    return table
