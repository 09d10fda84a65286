"""`canthus sheet`: pictures of a data set side by side.

what=corpus    a contact sheet of a data set, with or without its labels; with augment=PRESET each picture is followed
               by some draws of what that does to it, their labels moved along
what=turing    refined and real pictures, shuffled; answers in a file beside it (train/gap/turing.py)

What draws no changes needs no torch: it is imported where it is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from omegaconf import MISSING
from PIL import Image

from adapt.augment.strengths import Strengths
from synth.errors import ConfigError
from synth.report.sheet import Layout, automatic_scale, draw_sheet
from synth.sample import Sample
from synth.seeds import rng
from synth.shards import count, pick
from synth.shards.atomic import replacing

HELP = "draw a contact sheet of a corpus with its labels, or one of refined and real pictures to tell apart"
CONFIG_NAME = "sheet"
EXAMPLES = (
    "canthus sheet data=data/eyes out=sheet.png",
    "canthus sheet data=data/eyes out=sheet.png n=60 columns=10 labels=false scale=2",
    "canthus sheet data=data/eyes out=sheet.png n=4 augment=strong draws=5",
    "canthus sheet turing real=photographs refined=data/refined out=turing.png",
)
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


class What(Enum):
    """What is drawn."""

    corpus = "corpus"
    turing = "turing"


NEEDED = {What.corpus: ("data",), What.turing: ("real", "refined")}


@dataclass
class SheetConfig:
    """What is drawn where."""

    what: What = What.corpus
    data: str | None = None
    real: str | None = None
    refined: str | None = None
    seed: int = 0
    out: str = MISSING
    n: int = 24
    columns: int = 6
    labels: bool = True
    scale: str = "auto"
    augment: Strengths = field(default_factory=Strengths)
    draws: int = 5

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn, and what would be left unread."""
        for what, names in NEEDED.items():
            for name in names:
                if (self.what is what) is (getattr(self, name) is None):
                    needs = "needs" if self.what is what else "takes no"
                    raise ConfigError(f"{name}={getattr(self, name)}: sheet {self.what.name} {needs} {name}=...")
        if self.what is What.turing and self.augment != Strengths():
            raise ConfigError("augment: sheet turing shows pictures as they are; give augment=none")
        if self.draws < 1:
            raise ConfigError(f"draws={self.draws}: at least one of each picture; augment=none shows it alone")
        if self.seed < 0:
            raise ConfigError(f"seed={self.seed}: at least 0")
        if self.what is What.turing and self.n < 2:
            raise ConfigError(f"n={self.n}: of two kinds of pictures at least two are shown")
        if self.n < 1:
            raise ConfigError(f"n={self.n}: a sheet shows at least one picture")
        if Path(self.out).suffix.lower() not in PICTURES:
            raise ConfigError(f"out={self.out}: a sheet is a picture; end its name in {', '.join(PICTURES)}")
        if self.scale != "auto":
            try:
                Layout(self.columns, float(self.scale))
            except ValueError as error:
                raise ConfigError(f"scale={self.scale}: give a number or auto") from error


CONFIG = SheetConfig


def run(config: SheetConfig) -> None:
    """Draw the sheet.

    Raises:
        ProjectError: There is no data set, it is damaged, or the sheet cannot be written.
    """
    {What.corpus: _corpus, What.turing: _turing}[config.what](config)


def _corpus(config: SheetConfig) -> None:
    assert config.data is not None
    data, out = Path(config.data), Path(config.out)
    picked = pick(data, config.n)
    samples = picked if config.augment == Strengths() else list(_augmented(picked, config))
    height, width = samples[0].picture.shape[:2]
    scale = automatic_scale(width) if config.scale == "auto" else float(config.scale)
    title = f"{data.resolve().name}   {len(picked)} of {count(data)}   {width} x {height} px"
    sheet = draw_sheet(samples, Layout(config.columns, scale), title, config.labels)
    _save(sheet, out)
    print(f"{out}: {len(picked)} of {count(data)} samples, {sheet.width} x {sheet.height} px")


def _augmented(samples: Sequence[Sample], config: SheetConfig) -> Iterator[Sample]:
    """Yield each sample and then some draws of it, changed; what a draw gives depends on no other."""
    import torch

    from adapt.augment.samples import augmented

    for sample in samples:
        yield sample
        for draw in range(config.draws):
            seed = int(rng(config.seed, sample.index, f"draw {draw}").integers(2**62))
            yield augmented(torch.Generator().manual_seed(seed), sample, config.augment)


def _turing(config: SheetConfig) -> None:
    from train.gap.turing import answers_path, draw_turing

    assert config.real is not None and config.refined is not None
    out, scale = Path(config.out), None if config.scale == "auto" else float(config.scale)
    answers = answers_path(out)
    sheet = draw_turing(Path(config.real), Path(config.refined), answers, config.n, config.columns, scale, config.seed)
    _save(sheet, out)
    print(f"{out}: {config.n} pictures, {sheet.width} x {sheet.height} px; answers in {answers}")


def _save(sheet: Image.Image, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as file:
        sheet.save(file, PICTURES[out.suffix.lower()])
