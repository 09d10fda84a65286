"""Write one shard: the same samples give the same bytes, whoever writes them and when.

A tar in the USTAR form with everything that could differ fixed: time 0, owner 0, mode 0644, samples by index, files of
a sample in one order.  The shard appears under its name only when it is whole.

    shard    the blocks of each sample, then zeros: two blocks of 512 at least, up to a multiple of 10240
    blocks   of each file of a sample: a header of 512 bytes, the content, zeros up to a multiple of 512
"""

import hashlib
import tarfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.errors import DataError, LabelError
from synth.sample import Sample
from synth.shards.atomic import replacing
from synth.shards.encode import Encoding, encode_sample
from synth.shards.plan import ShardPlan, shard_name


class OtherBytesError(DataError):
    """A shard came out with other bytes than it should have."""


@dataclass(frozen=True)
class ShardFacts:
    """What the manifest says of a shard."""

    name: str
    samples: int
    size_bytes: int
    sha256: str


def write_shard(
    folder: Path, plan: ShardPlan, shard: int, samples: Iterable[Sample], encoding: Encoding | None = None
) -> ShardFacts:
    """Write a shard from its samples, which come one at a time and in the order of `plan.indices(shard)`.

    Raises:
        LabelError: A sample is out of order or contradicts itself.
        ProjectError: The disk is full; nothing is left of this shard, the others stay.
    """
    expected = plan.indices(shard)

    def blocks() -> Iterator[bytes]:
        written = 0
        for sample in samples:
            if written == len(expected) or sample.index != expected[written]:
                raise LabelError(f"{shard_name(shard)}: sample {sample.index} does not belong at place {written}")
            yield file_blocks(sample.key, encode_sample(sample, encoding or Encoding()))
            written += 1
        if written != len(expected):
            raise LabelError(f"{shard_name(shard)}: {written} samples came, expected {len(expected)}")

    return write_blocks(folder / shard_name(shard), blocks())


def write_blocks(path: Path, blocks: Iterable[bytes], told: Collection[str] | None = None) -> ShardFacts:
    """Write a shard from the blocks of each of its samples.

    Args:
        path: Of the shard.
        blocks: Of each sample; see `file_blocks`.
        told: The sha256 that it may have; any where it is None.

    Raises:
        OtherBytesError: It has another sha256; what was at `path` stays.
        ProjectError: The disk is full; nothing is left of this shard, the others stay.
    """
    samples, size_bytes, digest = 0, 0, hashlib.sha256()
    with replacing(path) as file:
        for data in blocks:
            file.write(data)
            digest.update(data)
            samples, size_bytes = samples + 1, size_bytes + len(data)
        end = end_blocks(size_bytes)
        file.write(end)
        digest.update(end)
        if told is not None and digest.hexdigest() not in told:
            raise OtherBytesError(f"{path}: has another sha256 than is told of it")
    return ShardFacts(path.name, samples, size_bytes + len(end), digest.hexdigest())


def file_blocks(key: str, files: Mapping[str, bytes]) -> bytes:
    """Return what a shard holds of one sample, of its files by their extensions."""
    return b"".join(
        _header(f"{key}.{extension}", len(data)) + data + bytes(-len(data) % tarfile.BLOCKSIZE)
        for extension, data in files.items()
    )


def end_blocks(size_bytes: int) -> bytes:
    """Return what follows the samples of a shard, which take so many bytes together."""
    least = 2 * tarfile.BLOCKSIZE
    return bytes(least + -(size_bytes + least) % tarfile.RECORDSIZE)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    return info.tobuf(tarfile.USTAR_FORMAT)
