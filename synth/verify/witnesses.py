"""What manifest.json, SHA256SUMS and config.json say of the files of a data set, and of each other.

A checksum that fits is no accident; one that does not may be damaged itself.  So every file has two that tell of it,
and is whole when either does:

    a shard, index.parquet    manifest.json and SHA256SUMS
    config.json               SHA256SUMS; and manifest.json, which holds the same
    manifest.json             SHA256SUMS; and itself, made anew from whole shards
    SHA256SUMS                itself, made anew

Data sets of manifest format 1 have no SHA256SUMS: what disagrees with their manifest counts as damaged.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import DataError, LabelError
from synth.shards import ShardPlan, read_manifest
from synth.shards.encode import ordered_json
from synth.shards.manifest import (
    CONFIG,
    INDEX,
    MANIFEST,
    SUMS,
    File,
    ShardContent,
    file_at,
    file_of,
    manifest_bytes,
    sums_bytes,
)
from synth.shards.output import FORMAT
from synth.shards.plan import shard_name
from synth.verify.difference import first_difference

SUM_LINE = re.compile(r"([0-9a-f]{64})  ([\w.-]+)")


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong: the file, and what of it."""

    name: str
    said: str


class Witnesses:
    """What manifest.json and SHA256SUMS tell, each as far as it can be read."""

    def __init__(self, folder: Path) -> None:
        """Read both.

        Raises:
            DataError: Neither is there: the data set is not finished.
        """
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder")
        if not any((folder / name).is_file() for name in (SUMS, MANIFEST)):
            read_manifest(folder)
        self.folder = folder
        self.manifest = _document(folder / MANIFEST)
        text = (folder / SUMS).read_text(encoding="utf-8", errors="replace") if (folder / SUMS).is_file() else ""
        self.sums = {name: digest for digest, name in filter(None, map(_sum_line, text.split("\n")))}
        self.manifest_told = self.sums.get(MANIFEST) == digest(folder / MANIFEST)

    @property
    def first_format(self) -> bool:
        """Whether the data set was made without SHA256SUMS."""
        return self.manifest is not None and self.manifest.get("format") == 1 and not (self.folder / SUMS).exists()

    def told(self) -> dict[str, frozenset[str]]:
        """Return every checksum that is told of a file."""
        found = {name: {digest} for name, digest in self.sums.items()}
        listed = (self.manifest or {}).get("shards")
        for facts in [*(listed if isinstance(listed, list) else []), (self.manifest or {}).get("index")]:
            if isinstance(facts, dict) and isinstance(facts.get("sha256"), str) and isinstance(facts.get("name"), str):
                found.setdefault(facts["name"], set()).add(facts["sha256"])
        return {name: frozenset(digests) for name, digests in found.items()}

    def true_document(self) -> Mapping[str, Any] | None:
        """Return what config.json holds or should hold; None if that cannot be told."""
        stored = _document(self.folder / CONFIG)
        copied = None
        if self.manifest is not None and {"config", "versions"} <= self.manifest.keys():
            copied = {"format": FORMAT, "config": self.manifest["config"], "versions": self.manifest["versions"]}
        for candidate in (stored, copied):
            if candidate is not None and CONFIG in self.sums and spelt(candidate).sha256 == self.sums[CONFIG]:
                return candidate
        if stored is not None and stored == copied:
            return stored
        return copied if self.manifest_told or self.first_format else None


def plan_of(witnesses: Witnesses, document: Mapping[str, Any] | None) -> tuple[ShardPlan, int]:
    """Return how the data set is cut, and its seed: by its manifest if that is whole, else by its configuration."""
    of_manifest = [(witnesses.manifest or {}).get(name) for name in ("samples", "shard_size", "seed")]
    of_config = [origin(document or {})["config"].get(name) for name in ("n", "shard_size", "seed")]
    for told in (of_manifest, of_config) if witnesses.manifest_told else (of_config, of_manifest):
        match told:
            case [int(n), int(shard_size), int(seed)]:
                return ShardPlan(n, shard_size), seed
    raise DataError(f"{witnesses.folder}: {CONFIG} and {MANIFEST} are both damaged: nothing tells what it holds")


def origin(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return configuration and versions of what was rendered: a refined copy keeps those of its corpus."""
    while "refined" in document.get("config", {}):
        document = document["config"]["refined"]
    return {"config": {}, "versions": {}, **document}


def witnesses_damage(
    witnesses: Witnesses,
    document: Mapping[str, Any] | None,
    plan: ShardPlan,
    seed: int,
    contents: Sequence[ShardContent],
    index: File | None,
) -> Iterator[Damage]:
    """Yield what is wrong with manifest.json and SHA256SUMS; `contents` and `index` are those that are whole."""
    if witnesses.first_format:
        return
    folder, files = witnesses.folder, [content.file for content in contents]
    if document is None or index is None or len(contents) < plan.shards:
        if not witnesses.manifest_told:
            said = f"its sha256 is not the one in {SUMS}"
            yield Damage(MANIFEST, absent(folder / MANIFEST) or said)
        names = [CONFIG, *map(shard_name, range(plan.shards)), INDEX, MANIFEST]
        wrong = [name for name in names if name not in witnesses.sums or len(witnesses.told().get(name, ())) > 1]
        if wrong:
            yield Damage(SUMS, absent(folder / SUMS) or f"does not tell the sha256 of {wrong[0]} that {MANIFEST} does")
        return
    manifest = manifest_bytes(document["config"], document["versions"], plan, seed, contents, index)
    if digest(folder / MANIFEST) != file_of(MANIFEST, manifest).sha256:
        told = witnesses.manifest
        where = first_difference(told, json.loads(manifest), "it", "what lies there") if told else None
        yield Damage(MANIFEST, absent(folder / MANIFEST) or where or "is not as it was written")
    sums = sums_bytes([spelt(document), *files, index, file_of(MANIFEST, manifest)])
    if digest(folder / SUMS) != file_of(SUMS, sums).sha256:
        yield Damage(SUMS, absent(folder / SUMS) or "is not as it was written")


def _sum_line(line: str) -> tuple[str, str] | None:
    match = SUM_LINE.fullmatch(line)
    return (match[1], match[2]) if match else None


def _document(path: Path) -> dict[str, Any] | None:
    """Return a JSON mapping, None where there is none."""
    try:
        document = json.loads(path.read_bytes())
        ordered_json(document)
    except (OSError, ValueError, LabelError):
        return None
    return document if isinstance(document, dict) else None


def spelt(document: Mapping[str, Any]) -> File:
    """Return what is told of config.json where it holds this document."""
    return file_of(CONFIG, ordered_json(document, where="config"))


def digest(path: Path) -> str | None:
    """Return the sha256 of a file, None where it is absent."""
    return file_at(path).sha256 if path.is_file() else None


def absent(path: Path) -> str | None:
    """Return the word for a file that is not there, None where it is."""
    return None if path.is_file() else "absent"
