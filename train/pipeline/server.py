"""A page for browsers that does what `predict` does: a picture dropped on it, or the browser's camera, is looked at.

    GET  /, /page.js, /page.css    the page
    POST /look                     a picture's bytes (Content-Type image/...) -> JSON
        {"width", "height", "faces": as faces.py has them, "causes": {cause: faces}, "ms": {stage: ms},
         "drawn": data URL of the picture with them drawn on it}

synth/web/server.py says who may ask.  Pictures are looked at one at a time, in memory, and not kept.
"""

import base64
from collections import Counter
from collections.abc import Mapping
from threading import Lock
from typing import Any

from synth.web.request import Answer, Request, Route
from synth.web.server import PageServer
from train.pipeline.drawing import draw
from train.pipeline.faces import json_of
from train.pipeline.lens import Lens
from train.pipeline.look import Clock, Looker
from train.pipeline.opening import open_picture
from train.pipeline.writing import jpeg


class LookServer(PageServer):
    """Serves the page on one address."""

    def __init__(self, host: str, port: int, looker: Looker, lens: Lens, most_bytes: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            ConfigError: The address is none of this machine's, or stands for all of them; or the port is taken.
        """
        self.looker, self.lens, self.lock = looker, lens, Lock()
        routes = {"/look": Route("POST", self._look, takes="image/", what="a picture")}
        super().__init__(host, port, "train.pipeline", ("page.html", "page.js", "page.css"), routes, most_bytes)

    def _look(self, request: Request) -> Answer:
        return Answer.json(self.look(request.body))

    def look(self, data: bytes) -> Mapping[str, Any]:
        """Return what is told of a picture.

        Raises:
            DataError: It cannot be read.
        """
        picture = open_picture(data, "the picture")
        clock = Clock()
        with self.lock:
            camera = self.lens.of(picture.shape[1], picture.shape[0])
            faces = self.looker.look(picture, self.looker.find(picture, clock), camera, clock)
        drawn = base64.b64encode(jpeg(draw(picture, faces, camera))).decode()
        return {
            "width": picture.shape[1],
            "height": picture.shape[0],
            "faces": json_of(faces),
            "causes": Counter(cause for face in faces for cause in face.causes),
            "ms": clock.medians_ms(),
            "drawn": f"data:image/jpeg;base64,{drawn}",
        }
