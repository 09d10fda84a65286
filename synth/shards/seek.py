"""One sample from the middle of a shard: its members are looked up once, and then read where they lie.

As trusting as read.py: regular files named KEY.extension alone, inside the shard, each once.
"""

import tarfile
from collections.abc import Mapping
from pathlib import Path

from synth.errors import DataError
from synth.sample import Sample
from synth.shards.encode import decode_sample
from synth.shards.read import MEMBER_NAME, REMEDY

Members = Mapping[str, Mapping[str, tuple[int, int]]]
"""By key and extension, where a file begins in the shard and how many bytes it has."""


def members(path: Path) -> Members:
    """Return where the files of each sample of a shard lie; only headers are read.

    Raises:
        DataError: The shard is damaged, or holds what no shard of ours holds.
    """
    found: dict[str, dict[str, tuple[int, int]]] = {}
    try:
        size = path.stat().st_size
        with tarfile.open(path, mode="r:") as tar:
            for member in tar:
                match = MEMBER_NAME.fullmatch(member.name)
                ends = member.offset_data + member.size
                if match is None or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or ends > size:
                    raise DataError(f"{path}: {member.name[:80]!r} is no file of a sample")
                files = found.setdefault(match[1], {})
                if match[2] in files:
                    raise DataError(f"{path}: {member.name} is there twice")
                files[match[2]] = (member.offset_data, member.size)
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such shard") from error
    except tarfile.TarError as error:
        raise DataError(f"{path}: damaged shard ({error}); {REMEDY}") from error
    return found


def read_sample(path: Path, known: Members, key: str) -> Sample:
    """Return a sample of a shard whose `members` are known.

    Raises:
        DataError: It is not there, or damaged.
    """
    if key not in known:
        raise DataError(f"{path}: holds no {key}")
    files = {}
    with path.open("rb") as file:
        for extension, (offset, size) in known[key].items():
            file.seek(offset)
            files[extension] = file.read(size)
    return decode_sample(key, files, str(path))
