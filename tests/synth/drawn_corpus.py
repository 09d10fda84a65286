"""A data set with true specs and labels made without Blender: pictures are noise, masks are painted from the labels."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from skimage.draw import polygon

from assets.part import ID
from synth.commands.render import RenderConfig, job
from synth.config import compose
from synth.corpus import draw_useful
from synth.sample import Sample
from synth.shards import Encoding, ShardPlan, finish, open_output, write_shard
from synth.shards.output import record_timing
from synth.spec import to_json
from synth.stopwatch import Stopwatch

SEED, PLAN = 5, ShardPlan(5, 2)
VERSIONS = {"canthus source": "of the tests", "numpy": "1", "scipy": "1"}
CONFIG: dict[str, Any] = {"n": PLAN.n, "seed": SEED, "shard_size": PLAN.shard_size}


@cache
def sample(index: int) -> Sample:
    """Return a sample of the data set."""
    words = ["experiment=mpiigaze", f"seed={SEED}", "out=unused"]
    spec, _, labels, rejected = draw_useful(
        job(compose("synth.conf", "render", RenderConfig, words)).ranges, SEED, index, Stopwatch()
    )
    rng = np.random.default_rng(index)
    size = (spec.camera.height, spec.camera.width)
    plain = labels.to_json()
    mask = painted(plain, size)
    return Sample(
        seed=SEED,
        index=index,
        picture=rng.integers(0, 256, size, np.uint8),
        labels=plain,
        spec=to_json(spec),
        rejected=rejected,
        mask=mask,
        depth_m=rng.random(size, np.float32),
    )


def painted(labels: dict[str, Any], size: tuple[int, int]) -> np.ndarray:
    """Return an id mask with the outlines of both eyes filled."""
    mask = np.full(size, ID["skin"], np.uint8)
    for eye in labels["eyes"].values():
        seen = eye["apparent"]
        opening = np.zeros(size, bool)
        opening[polygon(*np.array(seen["lid_margin_px"]).T[::-1] - 0.5, size)] = True
        for name, id in (("lid_margin", "sclera"), ("iris", "iris"), ("pupil", "pupil")):
            inside = np.zeros(size, bool)
            inside[polygon(*np.array(seen[f"{name}_px"]).T[::-1] - 0.5, size)] = True
            mask[inside & opening] = ID[id]
    return mask


def make(folder: Path, encoding: Encoding | None = None) -> Path:
    """Write the data set and return its folder."""
    with open_output(folder, CONFIG, VERSIONS) as output:
        for shard in PLAN.missing(folder):
            write_shard(folder, PLAN, shard, map(sample, PLAN.indices(shard)), encoding)
            record_timing(folder, shard, len(PLAN.indices(shard)), 0.5, render=0.4)
        finish(output, PLAN, SEED)
    return folder
