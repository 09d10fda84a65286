"""A headless Chromium, spoken to by its DevTools protocol over two pipes: nothing to install but the browser.

Messages are JSON, each ended by a zero byte; the browser reads them from its file descriptor 3 and writes to 4.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "chrome-headless-shell", "google-chrome")
PATIENCE_S = 60.0
"""For what a page is waited for; browsers start slowly on busy machines."""


def executable() -> str:
    """Where a browser is."""
    found = os.environ.get("BROWSER_FOR_TESTS") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise FileNotFoundError(f"none of {', '.join(NAMES)} is installed, and BROWSER_FOR_TESTS names none")
    return found


class Browser:
    """One page of one browser."""

    def __init__(self, program: str, profile: Path, flags: Sequence[str] = ()) -> None:
        theirs, self.out = os.pipe()
        self.into, answers = os.pipe()

        def wire() -> None:
            kept = os.dup(theirs), os.dup(answers)
            os.dup2(kept[0], 3)
            os.dup2(kept[1], 4)

        words = [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        words += ["--remote-debugging-pipe", f"--user-data-dir={profile}", *flags, "about:blank"]
        self.process = subprocess.Popen(words, preexec_fn=wire, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(answers)
        self.last, self.rest, self.session = 0, b"", None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(20)
        os.close(self.out)
        os.close(self.into)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask for something and wait for its answer."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.last:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def run(self, code: str) -> Any:
        """Run JavaScript in the page; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def until(self, code: str) -> Any:
        """Run JavaScript again and again until it is true."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := self.run(code):
                return found
            time.sleep(0.05)
        raise AssertionError(f"never true: {code}")

    def _next(self) -> dict[str, Any]:
        """The next message."""
        while b"\0" not in self.rest:
            part = os.read(self.into, 1 << 20)
            assert part, "the browser ended"
            self.rest += part
        message, _, self.rest = self.rest.partition(b"\0")
        return dict(json.loads(message))
