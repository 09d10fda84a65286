"""What the page asks about a configuration.

    GET  /tune/start        {"groups": {name: options}, "asked": {"groups", "changes", "seed", "index"}}
    POST /tune/controls     {"groups": {name: option}} -> the tree of controls, with their present values
    POST /tune/picture      {"groups", "changes": {key: value}, "seed", "index", "renderer": "raster" | "engine"}
        -> {"words", "command", "renderer", "width", "height", "picture", "drawn": data URLs without and with labels,
            "caption", "legend", "rejected", "spec"}

`words` are the overrides that `canthus render` takes, `command` a whole line of it whose sample `index` is the one that
is seen.  `renderer=engine` draws as the words say, byte for byte; `raster` by OpenGL, at once, with the same labels.
"""

import base64
import dataclasses
import io
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any

from PIL import Image

from synth.blender.engine import EngineSpec
from synth.corpus import Job
from synth.errors import ConfigError
from synth.preview.controls import Control, Group, word
from synth.preview.process import Studio
from synth.report.overlay import draw_sample
from synth.report.sheet import caption, legend_of
from synth.sample import sample_key
from synth.web.request import Answer, FaultError, Request, Route

WIDTH_PX = 640
"""That a picture is enlarged to, by a whole number."""
MOST_PX = 4_000_000
"""Of a picture that is drawn for a page."""


@dataclass(frozen=True)
class Asked:
    """A configuration and a sample of it, as the page keeps them.

    Attributes:
        groups: The choice of each group that is chosen, `experiment` first.
        changes: Values by the keys of their controls.
        seed: Of the corpus.
        index: Of the sample.
    """

    groups: Mapping[str, str]
    changes: Mapping[str, Any]
    seed: int
    index: int


class Composer:
    """Configurations of `canthus render`, by its words; the command brings it, for it alone knows hydra."""

    def __init__(
        self,
        options: Mapping[str, Sequence[str]],
        controls: Callable[[Sequence[str], Sequence[str]], Group],
        job: Callable[[Sequence[str], Sequence[str], int, int], Job],
    ) -> None:
        """Take what the command offers.

        Args:
            options: The groups that can be chosen from.
            controls: Of the configuration of chosen groups and values.
            job: Of chosen groups, values, seed and index.
        """
        self.options, self.controls, self.job = options, controls, job

    def words(self, groups: Sequence[str], changes: Any) -> list[str]:
        """Return the words of the values that were changed, in the order of their controls.

        Raises:
            ConfigError: A key has no control, or a value is not of its kind.
        """
        if not isinstance(changes, dict):
            raise FaultError(HTTPStatus.BAD_REQUEST, "changes is no mapping")
        if not changes:
            return []
        controls = {control.key: control for control in self.controls(groups, []).controls()}
        if unknown := changes.keys() - controls.keys():
            raise ConfigError(f"{min(unknown)}: there is nothing of that name to change here")
        return [word(control, changes[key]) for key, control in controls.items() if key in changes]


class Tuner:
    """Answers with controls and pictures."""

    def __init__(self, composer: Composer, start: Asked) -> None:
        """Take the configuration that the page begins with; no process is started yet."""
        self.composer, self.begin, self.lock = composer, start, Lock()
        self.studios = {"raster": Studio("raster"), "engine": Studio("cycles")}

    def close(self) -> None:
        """End the processes that draw."""
        for studio in self.studios.values():
            studio.close()

    def routes(self) -> dict[str, Route]:
        """Return its routes by their paths."""
        return {
            "/tune/start": Route("GET", lambda request: Answer.json(self.start())),
            "/tune/controls": Route("POST", self._controls),
            "/tune/picture": Route("POST", self._picture),
        }

    def start(self) -> dict[str, Any]:
        """Return what can be chosen, and what is."""
        return {"groups": dict(self.composer.options), "asked": dataclasses.asdict(self.begin)}

    def _controls(self, request: Request) -> Answer:
        with self.lock:
            return Answer.json(tree(self.composer.controls(self.chosen(request.mapping()), [])))

    def _picture(self, request: Request) -> Answer:
        told = request.mapping()
        renderer = told.get("renderer")
        if renderer not in self.studios:
            raise FaultError(HTTPStatus.BAD_REQUEST, f"renderer: one of {', '.join(self.studios)}")
        seed, index = _whole(told, "seed"), _whole(told, "index")
        sample_key(index)
        with self.lock:
            groups = self.chosen(told)
            values = self.composer.words(groups, told.get("changes", {}))
            job = self.composer.job(groups, values, seed, index)
        return Answer.json(self.draw(job, index, renderer) | written([*groups, *values], job))

    def draw(self, job: Job, index: int, renderer: str) -> dict[str, Any]:
        """Return a picture with what is known of it.

        Raises:
            ProjectError: It cannot be made.
        """
        camera = job.ranges.camera
        if camera.width * camera.height * camera.supersample**2 > MOST_PX:
            raise ConfigError(
                f"camera.width={camera.width} camera.height={camera.height} camera.supersample={camera.supersample}: "
                f"more than {MOST_PX} pixels to draw, too many for a page"
            )
        if renderer == "raster":
            job = dataclasses.replace(job, engine=EngineSpec(renderer="raster"))
        sample = self.studios[renderer].draw(job, index)
        height, width = sample.picture.shape[:2]
        scale = float(max(1, round(WIDTH_PX / width)))
        return {
            "renderer": job.engine.renderer,
            "width": width,
            "height": height,
            "picture": _png_url(draw_sample(sample, scale, labels=False)),
            "drawn": _png_url(draw_sample(sample, scale)),
            "caption": caption(sample),
            "legend": [(name, None if colour is None else _hex(colour)) for name, colour in legend_of([sample])],
            "rejected": Counter(sample.rejected),
            "spec": sample.spec,
        }

    def chosen(self, told: Mapping[str, Any]) -> list[str]:
        """Return the words of the groups that were chosen.

        Raises:
            ConfigError: There is no such group or choice.
        """
        groups = told.get("groups", {})
        if not isinstance(groups, dict):
            raise FaultError(HTTPStatus.BAD_REQUEST, "groups is no mapping")
        for name, option in groups.items():
            if option not in self.composer.options.get(name, ()):
                raise ConfigError(f"{name}={option}: no such choice")
        return [f"{name}={option}" for name, option in groups.items()]


def written(words: Sequence[str], job: Job) -> dict[str, Any]:
    """Return the words of a configuration, and the line that renders as many samples as are asked of it."""
    line = ["canthus", "render", *words, f"seed={job.seed}", f"n={job.plan.n}", "out=data/tuned"]
    return {"words": [*words, f"seed={job.seed}"], "command": shlex.join(line)}


def tree(part: Group | Control) -> dict[str, Any]:
    """Return controls as JSON: groups have `parts`, controls a `key`."""
    if isinstance(part, Group):
        return {"name": part.path[-1] if part.path else "", "about": part.about, "parts": list(map(tree, part.parts))}
    values = dataclasses.asdict(part)
    del values["path"]
    return values | {"key": part.key, "name": part.path[-1]}


def _whole(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise FaultError(HTTPStatus.BAD_REQUEST, f"{name}: a whole number from 0")
    return value


def _png_url(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
