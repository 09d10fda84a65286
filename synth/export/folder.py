"""The folder of an export: whole or absent, and never on top of something else."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import ConfigError
from synth.shards.atomic import naming_full_disk, sync_folder
from synth.shards.read import read_config


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Open a folder aside that becomes `out` when the block ends well, and vanishes when it does not.

    Raises:
        ConfigError: `out` exists and holds something, or cannot be written.
        ProjectError: The disk is full.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise ConfigError(f"out={out}: exists already and is kept as it is; name a new folder")
    part = out.with_name(f".{out.name}.part")
    with naming_full_disk(out):
        shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
        part.mkdir(parents=True)
        try:
            yield part
            if out.is_dir():
                out.rmdir()
            part.rename(out)
            sync_folder(out.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def write_readme(folder: Path, text: str, data: Path) -> None:
    """Write README.txt of an export: what it is, then the configuration it was rendered with."""
    made_with = json.dumps(read_config(data), indent=1, sort_keys=True)
    (folder / "README.txt").write_text(f"{text.strip()}\n\nRendered by canthus with\n\n{made_with}\n", encoding="utf-8")
