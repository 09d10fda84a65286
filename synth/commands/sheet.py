"""`canthus sheet`: a contact sheet of a data set, with or without its labels."""

from dataclasses import dataclass
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from synth.report.sheet import Layout, automatic_scale, draw_sheet
from synth.shards import count, pick
from synth.shards.atomic import replacing

HELP = "draw a contact sheet of a corpus with its labels"
CONFIG_NAME = "sheet"
EXAMPLES = (
    "canthus sheet data=data/eyes out=sheet.png",
    "canthus sheet data=data/eyes out=sheet.png n=60 columns=10 labels=false scale=2",
)
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}


@dataclass
class SheetConfig:
    """What is drawn where."""

    data: str = MISSING
    out: str = MISSING
    n: int = 24
    columns: int = 6
    labels: bool = True
    scale: str = "auto"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
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
    data, out = Path(config.data), Path(config.out)
    samples = pick(data, config.n)
    height, width = samples[0].picture.shape[:2]
    scale = automatic_scale(width) if config.scale == "auto" else float(config.scale)
    title = f"{data.resolve().name}   {len(samples)} of {count(data)}   {width} x {height} px"
    sheet = draw_sheet(samples, Layout(config.columns, scale), title, config.labels)
    out.parent.mkdir(parents=True, exist_ok=True)
    with replacing(out) as file:
        sheet.save(file, PICTURES[out.suffix.lower()])
    print(f"{out}: {len(samples)} of {count(data)} samples, {sheet.width} x {sheet.height} px")
