"""Write one shard: the same samples give the same bytes, whoever writes them and when.

A tar in the USTAR form with everything that could differ fixed: time 0, owner 0, mode 0644, samples by index, files of
a sample in one order.  The shard appears under its name only when it is whole.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from synth.errors import LabelError
from synth.sample import Sample
from synth.shards.atomic import replacing
from synth.shards.encode import Encoding, encode_sample
from synth.shards.plan import ShardPlan, shard_name


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
    path = folder / shard_name(shard)
    expected = plan.indices(shard)
    written = 0
    with replacing(path) as file:
        digest = _Digest(file)
        with tarfile.open(fileobj=cast(BinaryIO, digest), mode="w|", format=tarfile.USTAR_FORMAT) as tar:
            for sample in samples:
                if written == len(expected) or sample.index != expected[written]:
                    raise LabelError(f"{path.name}: sample {sample.index} does not belong at place {written}")
                for extension, data in encode_sample(sample, encoding or Encoding()).items():
                    tar.addfile(_member(f"{sample.key}.{extension}", len(data)), io.BytesIO(data))
                written += 1
        if written != len(expected):
            raise LabelError(f"{path.name}: {written} samples came, expected {len(expected)}")
    return ShardFacts(path.name, written, digest.size_bytes, digest.sha256.hexdigest())


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o644
    return info


class _Digest:
    """A file that counts and hashes what passes through it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.sha256 = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        self.size_bytes += len(data)
        return self.file.write(data)
