"""Every file of a finished data set looked at: what is damaged, and what of it.

What tells whether a file is whole is in synth/verify/witnesses.py; timings.jsonl has a crc32 in each of its lines.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from synth.errors import DataError, ProjectError
from synth.sample import Sample
from synth.shards import ShardPlan
from synth.shards.encode import decode_sample
from synth.shards.manifest import CONFIG, INDEX, MANIFEST, SUMS, File, ShardContent, file_at, shard_content
from synth.shards.output import timing_crc32
from synth.shards.plan import shard_name
from synth.shards.read import iterate_files
from synth.verify.sample import faults
from synth.verify.scene import SceneCheck, Scenes, scenes_of
from synth.verify.witnesses import Damage, Witnesses, absent, digest, origin, plan_of, spelt, witnesses_damage

TIMINGS = "timings.jsonl"
DECIDING_LABELS = ("canthus source", "numpy", "scipy")


@dataclass(frozen=True)
class Verified:
    """What was found.

    Attributes:
        folder: Of the data set.
        document: What config.json holds, or held before it was damaged; None if nothing tells.
        plan: How the data set is cut.
        seed: Of the data set.
        damages: In the order of the files.
        good: Of each damaged shard that is there, by its number, the indices of the samples that look whole.
        told: The checksums that anything tells of a file, by its name.
        labels: Whether labels were derived from the specs; not where another version made them.
    """

    folder: Path
    document: Mapping[str, Any] | None
    plan: ShardPlan
    seed: int
    damages: tuple[Damage, ...]
    good: Mapping[int, frozenset[int]]
    told: Mapping[str, frozenset[str]]
    labels: bool

    @property
    def damaged_files(self) -> list[str]:
        """Names of the files with damage."""
        return list(dict.fromkeys(damage.name for damage in self.damages))


@dataclass(frozen=True)
class ShardVerdict:
    """What was found of one shard: its facts where it could be read, the samples that look whole, and what is wrong."""

    file: File | None
    content: ShardContent | None
    good: frozenset[int]
    faults: tuple[str, ...]


def verify(
    folder: Path,
    versions: Mapping[str, str],
    *,
    labels: bool = True,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, all: None,
) -> Verified:
    """Look at every byte of a finished data set.

    Args:
        folder: Of the data set.
        versions: Of what decides labels here; labels are derived only where the data set was made with the same.
        labels: Whether to compare labels and scenes with the specs.
        workers: Processes.
        progress: Told the number of samples looked at, and of all.

    Raises:
        DataError: The data set is not finished, or so damaged that its size is not told.
    """
    witnesses = Witnesses(folder)
    document, told = witnesses.true_document(), witnesses.told()
    plan, seed = plan_of(witnesses, document)
    derive = labels and document is not None and _same_labels(document, versions)
    damages: list[Damage] = []
    if document is None:
        damages.append(Damage(CONFIG, f"{MANIFEST} and {SUMS} do not tell what it should hold"))
    elif digest(folder / CONFIG) != spelt(document).sha256:
        damages.append(Damage(CONFIG, absent(folder / CONFIG) or f"is not what {MANIFEST} and {SUMS} tell"))
    good: dict[int, frozenset[int]] = {}
    contents: list[ShardContent] = []
    scenes = scenes_of(origin(document or {})["config"], str(folder / CONFIG)) if derive else None
    look = partial(check_shard, folder, plan, seed, scenes)
    for shard, verdict in enumerate(_each(look, range(plan.shards), workers)):
        name = shard_name(shard)
        fits = verdict.file is not None and verdict.file.sha256 in told.get(name, ())
        said = list(verdict.faults)
        if not fits and verdict.file is not None:
            said = said or ["its sha256 is not the one that was written"]
        if said:
            damages += [Damage(name, fault) for fault in said]
            good[shard] = verdict.good
        if fits and verdict.content is not None:
            contents.append(verdict.content)
        progress(plan.indices(shard).stop, plan.n)
    damages += [Damage(name, "belongs to no place of the data set") for name in strangers(folder, plan)]
    index = file_at(folder / INDEX) if (folder / INDEX).is_file() else None
    if index is None or index.sha256 not in told.get(INDEX, ()):
        damages.append(Damage(INDEX, absent(folder / INDEX) or "its sha256 is not the one that was written"))
        index = None
    damages += witnesses_damage(witnesses, document, plan, seed, contents, index)
    damages += _of_timings(folder, every=not witnesses.first_format)
    return Verified(folder, document, plan, seed, tuple(damages), good, told, derive)


def check_shard(folder: Path, plan: ShardPlan, seed: int, scenes: Scenes | None, shard: int) -> ShardVerdict:
    """Read a shard to its end or to where it is damaged, and look at each of its samples.

    Args:
        folder: Of the data set.
        plan: How it is cut.
        seed: Of the data set.
        scenes: How scenes make its pictures; None where neither labels nor scenes are compared with specs.
        shard: Its number.
    """
    path = folder / shard_name(shard)
    if not path.is_file():
        return ShardVerdict(None, None, frozenset(), ("absent",))
    found: list[str] = []
    good: set[int] = set()
    place = None if scenes is None else SceneCheck(scenes)

    def samples() -> Iterator[Sample]:
        for key, files in iterate_files(path):
            try:
                sample = decode_sample(key, files, "")
            except DataError as error:
                found.append(str(error).removeprefix(": "))
                continue
            said = [*faults(sample, labels=place is not None), *(place.faults(sample) if place else ())]
            wrong = [f"{key}.{fault}" for fault in said]
            found.extend(wrong)
            if not wrong:
                good.add(sample.index)
            yield sample

    content = None
    try:
        content = shard_content(path, samples(), plan, shard, seed)
    except ProjectError as error:
        if not found:
            found.append(str(error).removeprefix(f"{path}: "))
    good &= set(plan.indices(shard))
    return ShardVerdict(file_at(path), None if found else content, frozenset(good), tuple(found))


def _each(look: Callable[[int], ShardVerdict], shards: range, workers: int) -> Iterator[ShardVerdict]:
    with ExitStack() as stack:
        if min(workers, len(shards)) > 1:
            pool = stack.enter_context(ProcessPoolExecutor(min(workers, len(shards)), get_context("spawn")))
            yield from pool.map(look, shards)
        else:
            yield from map(look, shards)


def _same_labels(document: Mapping[str, Any], versions: Mapping[str, str]) -> bool:
    made_with = origin(document)["versions"]
    return all(made_with.get(name) == versions.get(name) for name in DECIDING_LABELS)


def _of_timings(folder: Path, every: bool) -> Iterator[Damage]:
    """Yield the damaged lines of timings.jsonl; `every` says whether each must have a checksum."""
    for number, line in enumerate(timing_lines(folder), 1):
        if not whole_timing(line, every):
            yield Damage(TIMINGS, f"line {number} is damaged")


def timing_lines(folder: Path) -> list[bytes]:
    """Return the lines of timings.jsonl."""
    path = folder / TIMINGS
    return path.read_bytes().removesuffix(b"\n").split(b"\n") if path.is_file() else []


def whole_timing(line: bytes, checked: bool = True) -> bool:
    """Say whether a line of timings.jsonl is as it was written; one without checksum is only where `checked` is not."""
    try:
        document = json.loads(line)
    except ValueError:
        return False
    if not isinstance(document, dict):
        return False
    # Spelt anew, because a flipped bit may hide in what JSON overlooks.
    same = json.dumps(document).encode() == line and document.get("crc32") == timing_crc32(document)
    return same or (not checked and "crc32" not in document)


def strangers(folder: Path, plan: ShardPlan) -> list[str]:
    """Return the shards that are in the folder, where readers would find them, and not in the data set."""
    known = set(map(shard_name, range(plan.shards)))
    return sorted(path.name for path in folder.glob("shard-??????.tar") if path.name not in known)
