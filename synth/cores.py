"""One core for each render process, whoever started it.

Cycles and the denoiser start helpers that spin, and would do so on another process's core.  A process takes a core that
no other render process of this machine has, by locks that end with their owner.
"""

import fcntl
import os
import tempfile
from pathlib import Path

_held: list[int] = []


def keep_to_a_core(seat: int) -> None:
    """Stay on one core for good: the first that is free from number `seat` on, that one itself where none is."""
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = sorted(os.sched_getaffinity(0))
    wanted = [cores[(seat + step) % len(cores)] for step in range(len(cores))]
    os.sched_setaffinity(0, {next(filter(_taken, wanted), wanted[0])})


def _taken(core: int) -> bool:
    """Take a core; say whether it was free."""
    folder = Path(tempfile.gettempdir()) / f"canthus-cores-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder / str(core), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return False
    _held.append(handle)
    return True
