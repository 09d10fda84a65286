"""`canthus inspect`: a report on a data set, one HTML file that holds everything it shows."""

import json
from dataclasses import dataclass
from pathlib import Path

from omegaconf import MISSING

from synth.errors import ConfigError
from synth.report.page import make_report
from synth.shards.atomic import naming_full_disk, replacing, write_whole

HELP = "write report.html about a corpus: sheets, distributions, rejections, rates"
CONFIG_NAME = "inspect"
EXAMPLES = (
    "canthus inspect data=data/eyes out=report.html",
    "canthus inspect data=data/eyes out=report real=../shared/real/gaze/mpiigaze_p00/MPIIGaze.h5",
)


@dataclass
class InspectConfig:
    """What is looked at, and where the report goes."""

    data: str = MISSING
    out: str = MISSING
    n: int = 24
    real: str | None = None

    def __post_init__(self) -> None:
        """Refuse a sheet without pictures."""
        if self.n < 1:
            raise ConfigError(f"n={self.n}: a sheet shows at least one picture")


CONFIG = InspectConfig


def run(config: InspectConfig) -> None:
    """Write the report; a folder also gets its sheets as pictures and its numbers as report.json.

    Raises:
        ProjectError: The data set is not finished or damaged, or the report cannot be written.
    """
    out = Path(config.out)
    report = make_report(Path(config.data), config.n, Path(config.real) if config.real else None)
    alone = out.suffix.lower() in (".html", ".htm")
    page = out if alone else out / "report.html"
    with naming_full_disk(page):
        page.parent.mkdir(parents=True, exist_ok=True)
    if not alone:
        for name, picture in (("sheet", report.sheet), ("beside_real", report.beside_real)):
            if picture is not None:
                with replacing(out / f"{name}.png") as file:
                    picture.save(file, "PNG")
        write_whole(out / "report.json", json.dumps(report.numbers, indent=1).encode() + b"\n")
    write_whole(page, report.page.encode())
    print(f"{page}: {report.numbers['samples']} samples, {report.numbers['rejected_percent']:.1f} % of scenes rejected")
