"""Shards made without Blender, for processes that come to grief at will: what happens is written in a folder.

A shard is three samples, 3k to 3k + 2, and a file of their numbers.  At a sample `i` a file `I-DEED.TIMES` in the
folder `fates` makes the first TIMES processes that come there do the deed; each leaves its number in `pids`.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import RenderError
from synth.pool import Make
from synth.shards.atomic import write_whole

SIZE = 3
_hoard: list[bytearray] = []


def fate(folder: Path, index: int, deed: str, times: int = 1) -> None:
    """Let a deed be done so many times at a sample."""
    (folder / "fates").mkdir(exist_ok=True)
    (folder / "fates" / f"{index}-{deed}.{times}").touch()


def expected(shard: int) -> str:
    """Return what a shard holds."""
    return ",".join(str(shard * SIZE + i) for i in range(SIZE))


@contextmanager
def making(folder: Path, seat: int) -> Iterator[Make[str]]:
    """Prepare a process."""
    (folder / "pids").mkdir(exist_ok=True)
    (folder / "pids" / str(os.getpid())).write_text(str(seat))
    if (folder / "fates" / "start-die.1").exists():
        os._exit(3)

    def make(shard: int, at: Callable[[int], None]) -> str:
        done = []
        for index in range(shard * SIZE, (shard + 1) * SIZE):
            at(index)
            suffer(folder, index)
            done.append(str(index))
        write_whole(folder / f"{shard}.txt", ",".join(done).encode())
        return f"shard {shard}"

    yield make
    (folder / "pids" / str(os.getpid())).write_text("left")


def suffer(folder: Path, index: int) -> None:
    """Do what is to be done at a sample."""
    for path in (folder / "fates").glob(f"{index}-*"):
        deed, times = path.name.partition("-")[2].split(".")
        if int(times) > 1:
            path.rename(path.with_name(f"{index}-{deed}.{int(times) - 1}"))
        else:
            path.unlink()
        match deed:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(1000)
            case "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "mistake":
                raise RenderError(f"index {index}: cannot be made")
            case "bug":
                raise ZeroDivisionError(f"at {index}")
            case "grow":
                _hoard.append(bytearray(os.urandom(1) * 80_000_000))
            case "wait":
                (folder / "waiting").touch()
                while not (folder / "go on").exists():
                    time.sleep(0.01)
