"""A page whose pictures are drawn in this process, plainly: what is tested is the page, not who draws."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

import numpy as np

from synth.browse.corpus import Corpus
from synth.browse.routes import Browser
from synth.commands.preview import MOST_BYTES, PAGE, PreviewConfig, begin, composer
from synth.corpus import Job, draw_useful
from synth.preview.process import Studio
from synth.preview.tune import Tuner
from synth.sample import Sample
from synth.spec import to_json
from synth.stopwatch import Stopwatch
from synth.web.server import PageServer
from tests.serving import serving


class Painter(Studio):
    """Paints the irises of a scene in white on grey."""

    def __init__(self, grey: int, scenes: dict[Any, Any]) -> None:
        """`scenes` keeps what was drawn, for other painters too."""
        super().__init__("painter")
        self.grey, self.scenes, self.drawn = grey, scenes, 0

    def draw(self, job: Job, index: int) -> Sample:
        key = (repr(job.ranges), job.seed, index)
        with ONE_AT_A_TIME:
            if key not in self.scenes:
                self.scenes[key] = draw_useful(job.ranges, job.seed, index, Stopwatch())
            spec, _, labels, rejected = self.scenes[key]
            self.drawn += 1
        picture = np.full((spec.camera.height, spec.camera.width), self.grey, np.uint8)
        for eye in labels.eyes.values():
            x, y = eye.points["iris"].px.mean(axis=0)
            picture[max(0, int(y) - 2) : max(0, int(y) + 2), max(0, int(x) - 2) : max(0, int(x) + 2)] = 255
        return Sample(job.seed, index, picture, labels.to_json(), to_json(spec), rejected)


ONE_AT_A_TIME = Lock()


@contextmanager
def served(config: PreviewConfig, corpora: Mapping[str, Corpus]) -> Iterator[tuple[PageServer, Tuner]]:
    """Serve a page of this configuration."""
    composing = composer()
    tuner = Tuner(composing, begin(config, composing))
    scenes: dict[Any, Any] = {}
    tuner.studios = {"raster": Painter(100, scenes), "engine": Painter(50, scenes)}
    routes = tuner.routes() | Browser(corpora).routes()
    with serving(PageServer("127.0.0.1", 0, "synth.preview", PAGE, routes, MOST_BYTES)) as server:
        yield server, tuner
