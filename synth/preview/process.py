"""A renderer kept warm in a process of its own: what crashes or hangs there is one picture, not the page.

    studio = Studio("cycles")
    sample = studio.draw(job, index)      # the same sample that `canthus render` would write
    studio.close()

The process is started for the first picture, and anew for the first one after it died.  It ends with its parent.
"""

import multiprocessing
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from threading import Lock
from types import TracebackType
from typing import Any

from synth.corpus import Job, make_sample
from synth.errors import ProjectError, RenderError
from synth.renderer import Renderer, open_renderer
from synth.sample import Sample
from synth.stopwatch import Stopwatch

PATIENCE_S = 600.0
"""For one picture; a process that takes longer is given up."""


class Studio:
    """One process, which draws one picture at a time."""

    def __init__(self, name: str, patience_s: float = PATIENCE_S) -> None:
        """Start nothing yet.

        Args:
            name: Of the process.
            patience_s: For one picture.
        """
        self.name, self.patience_s, self.lock = name, patience_s, Lock()
        self.process: Any = None
        self.connection: Connection | None = None

    def __enter__(self) -> "Studio":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.close()

    def draw(self, job: Job, index: int) -> Sample:
        """Return sample `index` of a corpus; who comes meanwhile waits.

        Raises:
            ProjectError: It cannot be made; the process stays.
            RenderError: The process died or hung; it is started anew for the next picture.
        """
        with self.lock:
            connection = self._warm()
            try:
                connection.send((job, index))
                if not connection.poll(self.patience_s):
                    raise RenderError(self._ended(job, index, f"took longer than {self.patience_s:g} s"))
                told = connection.recv()
            except (EOFError, ConnectionError) as error:
                raise RenderError(self._ended(job, index, "died")) from error
        if isinstance(told, ProjectError):
            raise told
        assert isinstance(told, Sample)
        return told

    def close(self) -> None:
        """End the process."""
        with self.lock:
            self._end()

    def _warm(self) -> Connection:
        """Return the way to the process, started if there is none."""
        if self.connection is None or not self.process.is_alive():
            self._end()
            context = multiprocessing.get_context("spawn")
            self.connection, theirs = context.Pipe()
            self.process = context.Process(target=work, args=(theirs,), name=self.name, daemon=True)
            self.process.start()
            theirs.close()
        return self.connection

    def _end(self) -> None:
        if self.connection is None:
            return
        self.connection.close()
        self.process.kill()
        self.process.join()
        self.connection = self.process = None

    def _ended(self, job: Job, index: int, how: str) -> str:
        """End the process, and say how it came."""
        self.process.join(1.0)
        code = self.process.exitcode
        self._end()
        status = "" if code is None else f" (status {code})"
        return f"seed {job.seed}, index {index}: the process of {self.name} {how}{status}; it is started anew"


def work(connection: Connection) -> None:
    """Draw what is asked for until nobody is there to ask; in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the parent ends this one
    opened: tuple[Any, Renderer] | None = None
    while True:
        try:
            job, index = connection.recv()
        except EOFError:
            break
        told: Sample | ProjectError
        try:
            if opened is None or opened[0] != job.engine:
                if opened is not None:
                    opened[1].close()
                opened = None
                opened = (job.engine, open_renderer(job.engine))
            told = make_sample(job, opened[1], index, Stopwatch())
        except ProjectError as error:
            told = error
        except ImportError as error:
            told = RenderError(f"{error}; canthus doctor says what to install")
        except Exception as error:  # a bug: its traceback is for the terminal, the page goes on
            traceback.print_exc()
            told = RenderError(f"seed {job.seed}, index {index}: a bug: {type(error).__name__}: {error}")
        connection.send(told)
    if opened is not None:
        opened[1].close()
    sys.stderr.flush()
    os._exit(0)  # without Blender's destructors, which wait for threads that have gone
