"""The page in a real browser: a picture dropped on it, one chosen, one that is none, and the camera."""

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from tests.browser import Browser, executable
from tests.train.pipeline.doubles import looker, painted
from train.pipeline.lens import Lens
from train.pipeline.server import LookServer

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
DROP = """
(() => {
  const bytes = Uint8Array.from(atob("%s"), (letter) => letter.charCodeAt(0));
  const dropped = new DataTransfer();
  dropped.items.add(new File([bytes], "picture.png", { type: "%s" }));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, cancelable: true }));
})()
"""
SAID = "document.getElementById('said').textContent"
CELLS = "[...document.querySelectorAll('#faces tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with LookServer("127.0.0.1", 0, looker(), Lens(), 1_000_000) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with Browser(executable(), tmp_path_factory.mktemp("profile"), CAMERA) as browser:
            browser.call("Page.navigate", url=server.url)
            browser.until("document.readyState === 'complete' && !!document.getElementById('drop')")
            yield browser
        server.shutdown()
        thread.join()


def png(picture: np.ndarray) -> bytes:
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def drop(page: Browser, data: bytes, kind: str = "image/png") -> str:
    page.run("document.getElementById('said').textContent = ''")
    page.run(DROP % (base64.b64encode(data).decode(), kind))
    said: str = page.until(f"(({SAID}) !== 'looking' && {SAID})")
    return said


def test_a_dropped_picture_is_looked_at(page: Browser) -> None:
    assert drop(page, png(painted((40, 40, 80), (180, 160, 80)))).startswith("2 faces, ")
    rows = page.run(CELLS)
    assert [row[:2] for row in rows] == [["1", "0.90"], ["2", "0.80"]] and all(len(row) == 7 for row in rows)
    assert abs(float(rows[0][2])) == 90  # the yaw that everybody is told here
    shown = page.until("(document.getElementById('drawn').complete && document.getElementById('drawn').naturalWidth)")
    assert shown == 320 and page.run("document.getElementById('drawn').hidden") is False
    assert drop(page, png(painted())).startswith("0 faces, ")
    assert page.run("document.getElementById('faces').hidden") is True


def test_a_chosen_file_is_looked_at(page: Browser, tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(png(painted((40, 40, 80))))
    node = page.call("DOM.getDocument")["root"]["nodeId"]
    found = page.call("DOM.querySelector", nodeId=node, selector="#file")["nodeId"]
    page.run("document.getElementById('said').textContent = ''")
    page.call("DOM.setFileInputFiles", nodeId=found, files=[str(tmp_path / "one.png")])
    assert page.until(f"({SAID}).startsWith('1 face,')")


def test_what_is_no_picture_is_told(page: Browser) -> None:
    assert "no picture of a kind known here" in drop(page, b"words")
    assert "send a picture" in drop(page, b"words", "text/plain")
    assert page.run("document.getElementById('drawn').hidden") is True


def test_the_camera_is_looked_at_until_it_is_stopped(page: Browser) -> None:
    click = "document.getElementById('camera').click()"
    page.run(f"document.getElementById('said').textContent = ''; {click}")
    page.until(f"/^\\d+ faces?, /.test({SAID})")
    assert page.run("document.getElementById('camera').textContent") == "Stop the camera"
    assert page.run("document.getElementById('drawn').naturalWidth") >= 320
    page.run(click)
    assert page.run("document.getElementById('camera').textContent") == "Use the camera"
    assert page.run("document.getElementById('video').srcObject.getTracks().every((one) => one.readyState === 'ended')")


def test_the_page_asks_nobody_else(page: Browser) -> None:
    told = page.run("fetch('https://example.org/').then(() => 'reached', (error) => error.name)")
    assert told == "TypeError"
    inline = "(() => { const one = document.createElement('script'); one.textContent = 'window.ran = 1'; "
    assert page.run(f"{inline} document.body.append(one); return window.ran ?? 0; }})()") == 0
