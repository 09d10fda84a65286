"""Where a data set belongs: a folder, or a URL of fsspec, to which whole files are brought from a scratch folder.

    a folder      files are made where they belong
    file://       the same
    s3://, gs://, az://, memory://    stores of objects, which are whole or not there
    others        (ssh://, hdfs://, ...) files are brought under another name and renamed

fsspec and the package of a protocol (s3fs, gcsfs, adlfs) are asked for only where a URL is given.  Nothing locks a URL:
who writes there with several runs gives each shards of its own.
"""

import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from synth.errors import ConfigError, DataError, ProjectError

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"}
AT_ONCE, WAITING = 4, 8
"""Files on their way at once; files that wait before whoever brings another has to wait too."""
PAUSES_S = (1.0, 4.0, 16.0)
"""Between attempts."""

Some = TypeVar("Some")


@runtime_checkable
class Place(Protocol):
    """See the module.

    Attributes:
        folder: Where files are made.
    """

    folder: Path

    def names(self) -> set[str]:
        """Return the names of the files that are there."""

    def bring(self, name: str) -> None:
        """Bring a whole file of `folder` to its place, now or soon."""

    def settle(self) -> None:
        """Wait until everything has come to its place.

        Raises:
            ProjectError: Something cannot be brought there.
        """

    def at(self, name: str) -> AbstractContextManager[Path]:
        """Return a file that is there, to read as long as the block lasts."""


class Folder:
    """A place that is a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        """Name it; it is made when it is opened."""
        self.folder = folder

    def names(self) -> set[str]:
        """Return the names of the files that are there."""
        return {path.name for path in self.folder.glob("*") if path.is_file()}

    def bring(self, name: str) -> None:
        """Do nothing: a file is made where it belongs."""

    def settle(self) -> None:
        """Do nothing."""

    def at(self, name: str) -> AbstractContextManager[Path]:
        """Return the file."""
        return nullcontext(self.folder / name)


class Remote:
    """A place behind a URL."""

    def __init__(self, url: str, scratch: Path) -> None:
        """Reach it.

        Raises:
            ConfigError: Its protocol is unknown, or the package for it is not installed.
        """
        self.url, self.folder = url.rstrip("/"), scratch
        self.store, self.root = reach(self.url)
        protocols = {self.store.protocol} if isinstance(self.store.protocol, str) else set(self.store.protocol)
        self.objects = bool(protocols & OBJECT_STORES)
        self.threads = ThreadPoolExecutor(AT_ONCE)
        self.under_way: deque[Future[None]] = deque()
        if "config.json" in self.names():
            self._try("config.json", lambda: self.store.get_file(self._of("config.json"), str(scratch / "config.json")))

    def names(self) -> set[str]:
        """Return the names of the files that are there."""

        def listed() -> set[str]:
            self.store.invalidate_cache()
            try:
                return {str(path).rstrip("/").rpartition("/")[2] for path in self.store.ls(self.root, detail=False)}
            except FileNotFoundError:
                return set()

        return self._try("", listed)

    def bring(self, name: str) -> None:
        """Bring a file to its place soon, and delete it here; wait if many are under way."""
        self.under_way.append(self.threads.submit(self._bring, name))
        while len(self.under_way) > WAITING or (self.under_way and self.under_way[0].done()):
            self.under_way.popleft().result()

    def settle(self) -> None:
        """Wait until everything has come to its place."""
        while self.under_way:
            self.under_way.popleft().result()

    def close(self) -> None:
        """Let what is under way arrive."""
        self.threads.shutdown(wait=True)

    @contextmanager
    def at(self, name: str) -> Iterator[Path]:
        """Fetch a file, and delete it here after the block."""
        path = self.folder / name
        self._try(name, lambda: self.store.get_file(self._of(name), str(path)))
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _of(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _bring(self, name: str) -> None:
        path = self.folder / name

        def put() -> None:
            if self.objects:
                self.store.put_file(str(path), self._of(name))
                return
            self.store.makedirs(self.root, exist_ok=True)
            self.store.put_file(str(path), self._of(f".{name}.part"))
            self.store.mv(self._of(f".{name}.part"), self._of(name))

        self._try(name, put)
        if name != "config.json":  # which is locked
            path.unlink()

    def _try(self, name: str, work: Callable[[], Some]) -> Some:
        """Do something with the store, a few times if it fails; what its packages raise is theirs to choose."""
        for pause_s in PAUSES_S:
            try:
                return work()
            except FileNotFoundError as error:
                raise DataError(f"{self.url}/{name}: absent") from error
            except Exception:
                time.sleep(pause_s)
        try:
            return work()
        except Exception as error:
            raise ProjectError(f"{self.url}/{name}: {type(error).__name__}: {error}; mend it and run again") from error


def reach(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it.

    Raises:
        ConfigError: Its protocol is unknown, or the package for it is not installed.
    """
    import fsspec

    try:
        store, root = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise ConfigError(f"out={url}: {error}") from error
    return store, str(root).rstrip("/")


def is_url(out: str) -> bool:
    """Say whether an output is named by a URL of something else than a folder of this machine."""
    return "://" in out and not out.startswith("file://")


@contextmanager
def placed(out: str) -> Iterator[Place]:
    """Open the place of a data set, and let what is under way to it arrive.

    Raises:
        ConfigError: It is a URL that cannot be reached.
    """
    if not is_url(out):
        yield Folder(Path(out.removeprefix("file://")))
        return
    with tempfile.TemporaryDirectory(prefix="canthus-") as scratch:
        remote = Remote(out, Path(scratch))
        try:
            yield remote
        finally:
            remote.close()
