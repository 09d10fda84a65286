"""A refined copy of a corpus: other pictures, all else as it was, to the byte.

Shard by shard through the writer of all corpora, so that a run which was stopped continues with the shards that are
missing.  What is refined is the picture; labels, spec and rasters of a sample are written again from what was read,
which gives the same bytes, and pictures are stored as the corpus stores its own (png, or jpg of its quality).  Of what
the manifest says, `config` is new:

    refined_by    {"network", "sha256" of its file, "strength", "about": what refiner.pt says of itself}
    refined       {"manifest_sha256", "config", "versions"} of the corpus before

A picture x may take a part s of its change alone, x + s (R(x) - x), s drawn for each: how far refining ought to go is
not known, and pictures at every distance teach a network that it does not matter.

The same refiner on another machine may move a grey level: floating-point sums depend on the processor.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from adapt.refine import Refiner
from adapt.refine.space import Space, as_stored, in_space, to_float, to_levels
from synth.errors import DataError
from synth.sample import Sample
from synth.seeds import rng
from synth.shards import (
    Encoding,
    PictureFormat,
    ShardPlan,
    finish,
    iterate_shard,
    open_output,
    read_manifest,
    shard_paths,
    write_shard,
)
from synth.shards.output import record_timing
from train.checkpoint import Trained
from train.refine.fit import REFINED, load_refiner

PIXELS_AT_ONCE = 16 * 60 * 36
"""What a CPU's caches hold: more at once are no faster."""


def refine_corpus(
    data: Path,
    checkpoint: Path,
    out: Path,
    versions: Mapping[str, str],
    progress: Callable[[int, int], None],
    strength: tuple[float, float] = (1.0, 1.0),
) -> int:
    """Write a refined copy of a corpus, or what is missing of it, and return the number of its pictures.

    Args:
        data: A finished corpus.
        checkpoint: Folder of a run of `canthus refine fit`, or its refiner.pt.
        out: Folder of the copy.
        versions: Of the packages that decide the bytes.
        progress: Told how many pictures are refined, and how many there are, after each shard.
        strength: Between which numbers the part of the change lies that a picture takes, 0 none and 1 all of it; it is
            drawn by the corpus's seed and the picture's number.

    Raises:
        ConfigError: `out` holds something else.
        DataError: The corpus or the refiner is damaged, or the one is not for the other.
    """
    trained = load_refiner(checkpoint)
    manifest = read_manifest(data)
    plan, seed = ShardPlan(manifest["samples"], manifest["shard_size"]), int(manifest["seed"])
    paths = shard_paths(data)
    check(next(iterate_shard(paths[0])), trained, paths[0])  # before anything is written
    with open_output(out, provenance(data, manifest, trained, checkpoint, strength), versions) as output:
        for shard in plan.missing(out):
            start = time.perf_counter()
            parts = (float(rng(seed, index, "refiner").uniform(*strength)) for index in plan.indices(shard))
            facts = write_shard(out, plan, shard, refined(paths[shard], trained, parts), encoding(manifest))
            record_timing(out, shard, facts.samples, time.perf_counter() - start)
            progress(plan.indices(shard).stop, plan.n)
        finish(output, plan, seed)
    return plan.n


def provenance(
    data: Path, manifest: dict[str, Any], trained: Trained, checkpoint: Path, strength: tuple[float, float]
) -> dict[str, Any]:
    """Return the configuration of the copy; see the module."""
    file = checkpoint / REFINED.file if checkpoint.is_dir() else checkpoint
    return {
        "refined_by": {
            "network": trained.name,
            "sha256": sha256(file),
            "strength": list(strength),
            "about": dict(trained.about),
        },
        "refined": {
            "manifest_sha256": sha256(data / "manifest.json"),
            "config": manifest["config"],
            "versions": manifest["versions"],
        },
    }


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def encoding(manifest: dict[str, Any]) -> Encoding:
    """Return how the pictures of a corpus are stored."""
    config = manifest["config"]
    while "refined" in config:  # a copy of a copy
        config = config["refined"]["config"]
    return Encoding(PictureFormat(config.get("picture", "png")), config.get("quality", Encoding.quality))


def refined(path: Path, trained: Trained, parts: Iterator[float]) -> Iterator[Sample]:
    """Yield the samples of a shard with refined pictures; `parts` has one for each of them.

    Raises:
        DataError: The shard is damaged, or its pictures are of another size or colour than the refiner's.
    """
    assert isinstance(trained.network, Refiner)
    about = trained.about
    at_once = max(PIXELS_AT_ONCE // (about["height"] * about["width"]), 1)
    samples = iterate_shard(path)
    while some := list(islice(samples, at_once)):
        for sample in some:
            check(sample, trained, path)
        of_these = torch.tensor(list(islice(parts, len(some))))
        pictures = refined_pictures(
            [sample.picture for sample in some], trained.network, Space[about["space"]], of_these
        )
        yield from (replace(sample, picture=picture) for sample, picture in zip(some, pictures, strict=True))


def check(sample: Sample, trained: Trained, path: Path) -> None:
    """Refuse a sample whose picture is of another size or colour than the refiner's.

    Raises:
        DataError: It is.
    """
    about, colours = trained.about, (3,) if trained.options["channels"] == 3 else ()
    wanted = (about["height"], about["width"], *colours)
    if sample.picture.shape != wanted:
        raise DataError(f"{path}: {sample.key}: has shape {sample.picture.shape}; the refiner was trained on {wanted}")


@torch.inference_mode()
def refined_pictures(
    pictures: list[np.ndarray], refiner: Refiner, space: Space, parts: Float[Tensor, " b"]
) -> list[np.ndarray]:
    """Return refined pictures, u8 and of the same shapes, of pictures of one size, each by its part of the change."""
    shown = in_space(pictures, space).images_u8
    before = to_float(shown)
    levels = to_levels(before.lerp(refiner(before), parts[:, None, None, None]))
    if pictures[0].ndim == 3:
        return list(levels.permute(0, 2, 3, 1).numpy())
    grey = levels[:, 0].numpy()
    if space is Space.plain:
        return list(grey)
    return [as_stored(*of_one) for of_one in zip(grey, shown[:, 0].numpy(), pictures, strict=True)]
