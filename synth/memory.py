"""How much memory a process holds."""

import os
from pathlib import Path

from synth.errors import ProjectError

MEMORY = Path("/proc/self/statm")


def resident_mb() -> float:
    """Return the memory that this process holds, MB.

    Raises:
        ProjectError: The system does not tell.
    """
    try:
        pages = int(MEMORY.read_text().split()[1])
    except OSError as error:
        raise ProjectError(f"{MEMORY}: not there; the memory of a process is read from Linux's /proc") from error
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
