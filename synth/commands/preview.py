"""`canthus preview`: a page in the browser that draws one scene at a time, and looks through finished data sets.

One verb for both: whoever changes a range wants to see what a corpus of it looks like, and the page is one.  It listens
on this machine alone unless `host` names another of its addresses; synth/web/server.py says who may ask what.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import lru_cache
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from synth.browse.corpus import Corpus
from synth.browse.routes import Browser
from synth.commands.render import RenderConfig, job
from synth.config import choices, compose_tree, instantiate, with_values
from synth.corpus import Job
from synth.errors import ConfigError
from synth.preview.controls import Group, group
from synth.preview.tune import Asked, Composer, Tuner
from synth.web.server import PageServer

HELP = "show a page in the browser to choose ranges by their pictures, and to look through data sets"
CONFIG_NAME = "preview"
EXAMPLES = (
    "canthus preview overrides=[experiment=portrait]",
    "canthus preview overrides=[experiment=mpiigaze,subject.glasses.probability=1,engine=draft] seed=3",
    "canthus preview data=data/mpiigaze beside=data/refined",
)
CONF, RENDER = "synth.conf", "render"
PAGE = ("page.html", "page.css", "page.js", "tune.js", "browse.js")
MOST_BYTES = 200_000
"""Of what the page sends: every control changed."""
TREES_KEPT = 16


@dataclass
class PreviewConfig:
    """Configuration of `canthus preview`.

    Attributes:
        overrides: Words of `canthus render` to begin with.
        seed: Of the corpus that is shown.
        index: Of the sample.
        data: Finished data set to look through.
        beside: Another one to compare with it.
        host: The IPv4 address to listen on.
        port: 0 takes a free one.
    """

    overrides: list[str] = field(default_factory=list)
    seed: int = 0
    index: int = 0
    data: str | None = None
    beside: str | None = None
    host: str = "127.0.0.1"
    port: int = 8322

    def __post_init__(self) -> None:
        """Refuse what there cannot be."""
        for name in ("seed", "index"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}={getattr(self, name)}: at least 0")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"port={self.port}: from 0 to 65535")
        if self.beside is not None and self.data is None:
            raise ConfigError(f"beside={self.beside}: beside what? give data=... too")


CONFIG = PreviewConfig


@lru_cache(TREES_KEPT)
def composed(*groups: str) -> DictConfig:
    """Return the tree of `canthus render` with chosen groups; reading its files takes most of the time of composing.

    Raises:
        ConfigError: There is no such choice.
    """
    return compose_tree(CONF, RENDER, RenderConfig, [*groups, "out=unused"])


def configured(groups: Sequence[str], values: Sequence[str], index: int = 0) -> RenderConfig:
    """Return the configuration of chosen groups with other values, of as few pictures as hold sample `index`.

    Raises:
        ConfigError: A key is unknown, or a value impossible.
    """
    tree = with_values(composed(*groups), values)
    frames = max(1, OmegaConf.select(tree, "camera.motion.frames") or 1)  # whole sequences alone are rendered
    tree.n = -(-(index + 1) // frames) * frames
    return instantiate(tree, RenderConfig)


def composer() -> Composer:
    """Return what composes configurations for the page."""
    offered = choices(CONF, RENDER)
    options = {"experiment": offered["experiment"], **offered}

    @lru_cache(TREES_KEPT)
    def controls(groups: tuple[str, ...], values: tuple[str, ...]) -> Group:
        config = configured(groups, values)
        shown = [f.name for f in fields(config) if f.name in options and is_dataclass(getattr(config, f.name))]
        return Group((), "", tuple(group(getattr(config, name), (name,)) for name in shown))

    def work(groups: Sequence[str], values: Sequence[str], seed: int, index: int) -> Job:
        return job(configured(groups, [*values, f"seed={seed}"], index))

    return Composer(options, lambda groups, values: controls(tuple(groups), tuple(values)), work)


def begin(config: PreviewConfig, composing: Composer) -> Asked:
    """Return what the page begins with.

    Raises:
        ConfigError: A word cannot be one of `canthus render`, or has no control on the page.
    """
    given = {key: value for key, _, value in (word.partition("=") for word in config.overrides)}
    groups = {name: given[name] for name in composing.options if name in given}
    chosen = [f"{key}={value}" for key, value in groups.items()]
    values = [word for word in config.overrides if word.partition("=")[0] not in groups]
    wanted = composing.job(chosen, values, config.seed, config.index)
    before, after = (
        {control.key: control.value for control in composing.controls(chosen, chosen_values).controls()}
        for chosen_values in ([], values)
    )
    changes = {key: value for key, value in after.items() if before.get(key) != value}
    if after.keys() != before.keys() or wanted != composing.job(
        chosen, composing.words(chosen, changes), config.seed, config.index
    ):
        raise ConfigError("overrides: one of them changes what the page has no control for; leave it out")
    return Asked(groups, changes, config.seed, config.index)


def run(config: PreviewConfig) -> None:
    """Serve until interrupted."""
    composing = composer()
    corpora = {name: Corpus(Path(folder)) for name in ("data", "beside") if (folder := getattr(config, name))}
    tuner = Tuner(composing, begin(config, composing))
    routes = tuner.routes() | Browser(corpora).routes()
    try:
        with PageServer(config.host, config.port, "synth.preview", PAGE, routes, MOST_BYTES) as server:
            print(f"{server.url} until Ctrl-C", flush=True)
            server.serve_forever()
    finally:
        tuner.close()
