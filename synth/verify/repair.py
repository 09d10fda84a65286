"""What is damaged made again, so that the data set is what it was, byte for byte.

Of a damaged shard the samples that look whole are kept and the others rendered.  If that does not give the bytes that
were written (a flipped bit in a jpg or in an array shows nothing), all of its samples are rendered.  No shard takes the
place of a damaged one unless its checksum is one that is told of it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from synth.errors import ConfigError, DataError
from synth.sample import Sample
from synth.shards import Encoding, ShardPlan, finish, open_output
from synth.shards.atomic import write_whole
from synth.shards.encode import encode_sample, ordered_json
from synth.shards.plan import shard_name
from synth.shards.read import iterate_files
from synth.shards.write import OtherBytesError, file_blocks, write_blocks
from synth.verify.files import TIMINGS, Verified, strangers, timing_lines, whole_timing

Make = Callable[[Sequence[int]], Iterator[Sample]]
"""Makes the samples of some indices, in their order, one at a time."""


def repair(found: Verified, versions: Mapping[str, str], make: Make, encoding: Encoding) -> int:
    """Make again what is damaged, and return how many samples were rendered.

    Args:
        found: What `verify` found.
        versions: Of what decides the bytes here.
        make: Makes samples again.
        encoding: How pictures are stored.

    Raises:
        ConfigError: Other versions made the data set, or another run is writing in it.
        DataError: What was made again is not what it was.
    """
    if found.document is None:
        raise DataError(f"{found.folder}: nothing tells its configuration any more; it cannot be made again")
    refuse_other_versions(found.folder, found.document["versions"], versions)
    folder, damaged = found.folder, found.damaged_files
    if "config.json" in damaged:
        write_whole(folder / "config.json", ordered_json(found.document, where="config"))
    if TIMINGS in damaged:
        lines = [line for line in timing_lines(folder) if whole_timing(line)]
        write_whole(folder / TIMINGS, b"".join(line + b"\n" for line in lines))
    rendered = 0
    with open_output(folder, found.document["config"], versions) as output:
        for name in strangers(folder, found.plan):
            (folder / name).unlink()
        for shard, good in found.good.items():
            told = found.told.get(shard_name(shard), frozenset())
            rendered += remake(folder, found.plan, shard, good, make, encoding, told)
        finish(output, found.plan, found.seed)
    return rendered


def refuse_other_versions(folder: Path, made_with: Mapping[str, str], ours: Mapping[str, str]) -> None:
    """Raise ConfigError, naming the first difference, where another version would make other bytes."""
    for name in sorted(made_with.keys() | ours.keys()):
        before, now = made_with.get(name, "none"), ours.get(name, "none")
        if before != now:
            raise ConfigError(
                f"data={folder}: was made with {name} {before}, here is {now}, which may make other bytes; "
                "repair it with what made it"
            )


def remake(
    folder: Path,
    plan: ShardPlan,
    shard: int,
    good: Collection[int],
    make: Make,
    encoding: Encoding,
    told: Collection[str],
) -> int:
    """Make a shard again and return how many samples were rendered for it.

    Args:
        folder: Of the data set.
        plan: Of the data set.
        shard: Its number.
        good: Indices of those samples of the damaged shard that look whole.
        make: Makes samples again.
        encoding: How pictures are stored.
        told: The checksums that are told of it; none if nothing tells any, and then no sample is believed.

    Raises:
        DataError: It is not what it was.
    """
    path, indices = folder / shard_name(shard), plan.indices(shard)
    kept = frozenset(good) if told and len(good) < len(indices) else frozenset()
    for believed in dict.fromkeys((kept, frozenset())):
        try:
            write_blocks(path, _blocks(path, indices, believed, make, encoding), told or None)
        except OtherBytesError:
            continue
        return len(indices) - len(believed) + (len(indices) - len(kept)) * (believed != kept)
    raise DataError(f"{path}: made again it has another sha256 than was written: by another processor, or by a GPU?")


def _blocks(path: Path, indices: range, kept: Collection[int], make: Make, encoding: Encoding) -> Iterator[bytes]:
    """Yield the blocks of each sample of a shard, of some as the shard that is there holds them."""
    there, made = iterate_files(path), make([index for index in indices if index not in kept])
    for index in indices:
        if index in kept:
            key, files = next(item for item in there if int(item[0]) == index)
            yield file_blocks(key, files)
        else:
            sample = next(made)
            yield file_blocks(sample.key, encode_sample(sample, encoding))
