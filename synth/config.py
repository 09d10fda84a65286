"""From a YAML file, a schema and overrides to one checked value: the border between configurations and the program.

Keys are written with dots (`trainer.max_epochs`), overrides as on the command line (`subject=eye`, `n=1000`).  Every
fault of a configuration is a `ConfigError` of one line that names the key and the value, raised before any work.
Past the command no function sees a configuration: `compose` returns a plain object of the schema dataclass.

A schema dataclass is not frozen (hydra refuses those) and holds no tuple (hydra gives a list of any length): a range
of values is a `Range`, a choice of names an `Enum`.  Its `__post_init__` raises `ConfigError` for impossible values.
"""

import copy
import difflib
import hashlib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from hydra import compose as hydra_compose
from hydra import initialize_config_module
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from synth.errors import ConfigError

Schema = TypeVar("Schema")

WORDS = re.compile(r"\[[\w./@]+=[^\[\]{}'\",]*(,[\w./@]+=[^\[\]{}'\",]*)*\]")
"""A list of key=value."""
RECORDED_PACKAGES = (
    "canthus",
    "numpy",
    "scipy",
    "pillow",
    "pyarrow",
    "bpy",
    "pyrender",
    "torch",
    "kornia",
    "hydra-core",
)


@dataclass
class Range:
    """A closed range of numbers to draw from; `low == high` is a constant.

    Attributes:
        low: Smallest value.
        high: Largest value, in the same unit.

    Raises:
        ConfigError: A bound is not finite, or low is above high.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a range that cannot be drawn from."""
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ConfigError(f"range from {self.low} to {self.high}: both bounds must be finite numbers")
        if self.low > self.high:
            raise ConfigError(f"range from {self.low} to {self.high}: low must not be above high")


def processes(workers: int | str, threads: int = 1) -> int:
    """Return how many processes `workers` asks for; auto is as many as keep every core busy with so many threads each.

    Raises:
        ConfigError: It is neither auto nor a number from 1 on.
    """
    if workers == "auto":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return max(1, cores // max(1, threads)) if threads else 1
    if isinstance(workers, str) or workers < 1:
        raise ConfigError(f"workers={workers}: auto, or at least 1")
    return workers


def compose(module: str, name: str, schema: type[Schema], overrides: Sequence[str] = ()) -> Schema:
    """Return the configuration `name` of a package as an object of its schema, checked.

    Args:
        module: The package that holds the YAML files, `synth.conf` or its like.
        name: The YAML file without its ending, `render`.
        schema: The dataclass of that file; no key outside it is accepted.
        overrides: `key=value` and `group=choice`, as typed.

    Raises:
        ConfigError: A key is unknown, or a value impossible.
    """
    return instantiate(compose_tree(module, name, schema, overrides), schema)


def compose_tree(module: str, name: str, schema: type[Any], overrides: Sequence[str] = ()) -> DictConfig:
    """Return the composed configuration as OmegaConf's tree, before its objects are made (for printing).

    Raises:
        ConfigError: A key is unknown, or a value is not of its type.
    """
    _check_spelling(overrides)
    try:
        return _compose(module, name, schema, [_quoted(override) for override in overrides])
    except (HydraException, OmegaConfBaseException) as error:
        if not overrides:
            raise
        offered = choices(module, name)
        names = list(dict.fromkeys([*_keys(_compose(module, name, schema, [])), *offered]))
        raise ConfigError(_explain(error, overrides, names, offered)) from error


def with_values(tree: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """Return a copy of a composed tree with these values too, as composing it with them gives it (hydra's own rule).

    No file is read, which is what takes long when composing; so groups cannot be chosen here.

    Args:
        tree: As `compose_tree` returned it.
        overrides: `key=value`, as typed.

    Raises:
        ConfigError: A key is unknown, or a value is not of its type.
    """
    _check_spelling(overrides)
    changed = copy.deepcopy(tree)
    for override in overrides:
        try:
            [parsed] = OverridesParser.create().parse_overrides([_quoted(override)])
            OmegaConf.update(changed, parsed.key_or_group, parsed.value(), merge=True)
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(_explain(error, overrides, _keys(tree), {})) from error
    return changed


def _check_spelling(overrides: Sequence[str]) -> None:
    """Refuse what is not key=value, and hydra's own settings."""
    for override in overrides:
        if not re.match(r"[A-Za-z_][\w./@\[\]-]*=", override):
            raise ConfigError(f"cannot read {override!r}: write key=value")
        if override.startswith("hydra"):
            raise ConfigError(f"unknown key {override.partition('=')[0]!r}: hydra's own settings are not used here")


def _quoted(override: str) -> str:
    """Quote a value that hydra's grammar cannot read, as a path with an accent or an equals sign.

    In a list of such words, `overrides=[model=lenet,seed=1]`, each is quoted.  Other lists, mappings and what is quoted
    already are left alone, so that a mistake in them is told.
    """
    key, _, value = override.partition("=")
    if WORDS.fullmatch(value):
        words = (f"'{word}'" for word in value[1:-1].split(","))
        return f"{key}=[{','.join(words)}]"
    if value.startswith(("[", "{", "'", '"')):
        return override
    try:
        OverridesParser.create().parse_override(override)
    except HydraException:
        return "{}='{}'".format(key, value.replace("'", "\\'"))
    return override


def _compose(module: str, name: str, schema: type[Any], overrides: list[str]) -> DictConfig:
    """Compose with hydra; its faults pass through."""
    ConfigStore.instance().store(name=f"{name}_schema", node=schema)
    GlobalHydra.instance().clear()
    with initialize_config_module(config_module=module, version_base="1.3"):
        tree = hydra_compose(config_name=name, overrides=overrides)
    assert OmegaConf.get_type(tree) is schema, f"{module}/{name}.yaml must begin its defaults with {name}_schema"
    return tree


def instantiate(tree: DictConfig, schema: type[Schema]) -> Schema:
    """Return the tree as objects of its dataclasses, which check their values as they are made.

    Raises:
        ConfigError: A value is missing or impossible; the message begins with its key.
    """
    try:
        missing = sorted(str(key) for key in OmegaConf.missing_keys(tree))
        if missing:
            raise ConfigError(f"{missing[0]} has no value: give {missing[0]}=...")
        value = OmegaConf.to_object(tree)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{error.full_key}: {_first_line(error)}") from error
    except ConfigError as error:
        raise ConfigError(f"{_culprit(tree)}{error}") from error
    assert isinstance(value, schema)
    return value


def _culprit(tree: DictConfig) -> str:
    """Name the innermost part whose own check fails, as a prefix of its message ("" for the whole)."""
    for key, node in _parts(tree):
        try:
            OmegaConf.to_object(node)
        except ConfigError:
            return f"{key}: "
    return ""


def _parts(tree: DictConfig | ListConfig, prefix: str = "") -> Iterator[tuple[str, DictConfig | ListConfig]]:
    """Yield every inner mapping and list with its dotted key, the innermost first."""
    keys: Sequence[Any] = list(tree.keys()) if isinstance(tree, DictConfig) else range(len(tree))
    for key in keys:
        node = tree._get_node(key)
        if isinstance(node, DictConfig | ListConfig) and not node._is_none():
            name = f"{prefix}[{key}]" if isinstance(tree, ListConfig) else f"{prefix}.{key}".lstrip(".")
            yield from _parts(node, name)
            yield name, node


def _keys(tree: DictConfig) -> list[str]:
    """Return every dotted key of a tree, inner ones included."""
    found = []
    for name, node in [("", tree), *((n, p) for n, p in _parts(tree) if isinstance(p, DictConfig))]:
        found += [f"{name}.{key!s}".lstrip(".") for key in node]
    return found


def groups(module: str) -> dict[str, list[str]]:
    """Return the groups of a package's configurations with their options, both sorted.

    A group is a folder of YAML files; groups inside groups are written `outer/inner`.
    """
    found: dict[str, list[str]] = {}

    def walk(folder: Traversable, prefix: str) -> None:
        for entry in sorted(folder.iterdir(), key=lambda e: e.name):
            if entry.is_dir():
                walk(entry, f"{prefix}/{entry.name}".lstrip("/"))
            elif prefix and entry.name.endswith(".yaml"):
                found.setdefault(prefix, []).append(entry.name.removesuffix(".yaml"))

    walk(files(module), "")
    return found


def choices(module: str, config_name: str) -> dict[str, list[str]]:
    """Return the groups that a configuration chooses from, with their options.

    They lie in its own package or in one that its file names in `hydra.searchpath` as `pkg://adapt.conf`.
    """
    tree = OmegaConf.create((files(module) / f"{config_name}.yaml").read_text(encoding="utf-8"))
    assert isinstance(tree, DictConfig)
    lists = (entry for entry in tree.get("defaults", []) if not isinstance(entry, str))
    chosen = {
        str(key).removeprefix("optional ").removeprefix("/").partition("@")[0] for entry in lists for key in entry
    }
    places = OmegaConf.select(tree, "hydra.searchpath", default=[])
    found = {}
    for package in [*(str(place).removeprefix("pkg://") for place in reversed(places)), module]:
        found.update(groups(package))
    return {
        group: options
        for group, options in sorted(found.items())
        if any(group == name or group.startswith(f"{name}/") for name in chosen)
    }


def comments(module: str, config_name: str) -> dict[str, str]:
    """Return what the YAML file says of its outermost keys, in the comment behind each."""
    text = (files(module) / f"{config_name}.yaml").read_text(encoding="utf-8")
    return {key: said for key, said in re.findall(r"^(\w+):.*?\s#\s*(.+?)\s*$", text, re.MULTILINE)}


def _explain(
    error: Exception, overrides: Sequence[str], names: Sequence[str], offered: Mapping[str, Sequence[str]]
) -> str:
    """Translate a fault of hydra or OmegaConf into one sentence that names the key, the value and near matches."""
    cause = error.__cause__ or error
    text = f"{error}\n{cause}"
    if isinstance(error, OverrideParseException):
        return f"cannot read {error.override!r}: {_first_line(error)}"
    if several := re.search(r"Ambiguous value for argument '(.+)'", text):
        return f"{several.group(1)}: give one value (a list is [1,2]; quote a name with a comma)"
    if group := re.search(r"Could not find '([^']+)'", text):
        folder, _, option = group.group(1).rpartition("/")
        options = offered.get(folder, [])
        return f"{folder}={option}: no such choice{_near(option, options)}; there are: {', '.join(options) or 'none'}"
    place = getattr(cause, "full_key", None)
    if unknown := re.search(r"Key '([^']+)' (?:is )?not in|Could not override '([^']+)'\. No match", text):
        wrong = str(place or unknown.group(1) or unknown.group(2))
        typed = any(o.partition("=")[0] == wrong for o in overrides)
        return f"unknown key {wrong!r}{'' if typed else _file(text)}{_near(wrong, names)}"
    given = next((o for o in overrides if place and o.partition("=")[0] == place), None)
    return f"{given or place or 'configuration'}: {_first_line(cause)}"


def _first_line(error: BaseException) -> str:
    """Return the first line of a message, without its full stop."""
    return next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _file(text: str) -> str:
    """Name the YAML file that hydra says it was reading."""
    found = re.match(r"In '([^']+)'", text)
    return f" in {found.group(1)}.yaml" if found else ""


def _near(key: str, names: Sequence[str]) -> str:
    """Return a question with the two names most like a misspelt one, or nothing."""
    near = difflib.get_close_matches(key, names, n=2, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def versions() -> dict[str, str]:
    """Return the versions of the packages that can change a result; absent ones are left out."""
    found = {}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def source_digest(*packages: str) -> str:
    """Return a short sha256 of packages' code and data: checkouts of one version number may differ."""
    digest = hashlib.sha256()
    for package in packages:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".npz"):
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def write_resolved(path: Path, config: Any) -> None:
    """Write a configuration with every value resolved, and the versions it ran with, as YAML.

    Args:
        path: The file to write; its folder exists.
        config: The object that `compose` returned.
    """
    tree = OmegaConf.create({"config": OmegaConf.structured(config), "versions": versions()})
    path.write_text(OmegaConf.to_yaml(tree, resolve=True), encoding="utf-8")
