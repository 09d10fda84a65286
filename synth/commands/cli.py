"""The command `canthus VERB key=value ...`: one table of verbs, each a module imported only when it is asked for.

A verb module holds

    HELP          one line, the same as in the table here (a test compares them)
    CONFIG        the schema dataclass of its configuration (not frozen)
    CONFIG_NAME   the YAML file in `conf/` of its own package, without the ending
    EXAMPLES      command lines for --help, each beginning with `canthus VERB`
    run(config)   does the work; raises `ProjectError` for what the user can mend

A first word without `=` is the key `what` of those verbs that have one: `canthus bench memory n=1000` is
`canthus bench what=memory n=1000`.

Exit status: 0 done; 1 a fault the user can mend, told in one line; 130 interrupted.  A bug shows its traceback.
"""

import difflib
import errno
import importlib
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, cast, runtime_checkable

from synth.errors import ConfigError, ProjectError


@dataclass(frozen=True)
class Verb:
    """One word of the command line.

    Attributes:
        module: The dotted name of the module that does it.
        help: What it does, in one line.
    """

    module: str
    help: str

    @property
    def conf(self) -> str:
        """The package that holds the YAML files of this verb."""
        return f"{self.module.partition('.')[0]}.conf"


@runtime_checkable
class VerbModule(Protocol):
    """What a verb module holds (see above)."""

    HELP: str
    CONFIG: type[Any]
    CONFIG_NAME: str
    EXAMPLES: tuple[str, ...]

    def run(self, config: Any) -> None:
        """Do the work of the verb."""


VERBS = {
    "render": Verb("synth.commands.render", "render pictures of eyes with their labels into shards"),
    "preview": Verb(
        "synth.commands.preview",
        "show a page in the browser to choose ranges by their pictures, and to look through data sets",
    ),
    "sheet": Verb(
        "train.commands.sheet",
        "draw a contact sheet of a corpus with its labels, or one of refined and real pictures to tell apart",
    ),
    "inspect": Verb(
        "synth.commands.inspect", "write report.html about a corpus: sheets, distributions, rejections, rates"
    ),
    "verify": Verb("synth.commands.verify", "check every byte and label of a corpus, and render again what is damaged"),
    "export": Verb("synth.commands.export", "write a corpus in a format that other people's code reads"),
    "fit": Verb("train.commands.fit", "train a network on a corpus"),
    "evaluate": Verb("train.commands.evaluate", "measure a network on rendered or real eyes or faces and report it"),
    "predict": Verb(
        "train.commands.predict", "tell what a network says of pictures, one of yours or one that is ready"
    ),
    "serve": Verb(
        "train.commands.serve",
        "show a page in the browser that tells what networks say of a dropped picture or of the camera",
    ),
    "track": Verb(
        "train.commands.track",
        "measure following faces from frame to frame against finding them anew, on rendered sequences",
    ),
    "protocol": Verb("train.commands.protocol", "train and measure gaze networks person by person"),
    "ablate": Verb("train.commands.ablate", "vary one thing at a time and write a table of what it costs"),
    "curve": Verb(
        "train.commands.curve", "draw the error against the number of real samples, with and without pretraining"
    ),
    "refine": Verb(
        "train.commands.refine",
        "make rendered pictures look like photographs: learn it, refine a corpus, measure what it did",
    ),
    "export-model": Verb("train.commands.export_model", "write a trained network as ONNX and check it"),
    "bench": Verb("synth.commands.bench", "time every stage of the work and its memory"),
    "doctor": Verb("synth.commands.doctor", "check this machine and print the fix of every fault"),
    "demo": Verb("synth.commands.demo", "run everything once, small: render, inspect, fit, evaluate, report"),
}

# Packages of an extra that a verb may miss, by the name they are imported under.
EXTRAS = {
    "bpy": "render",
    "trimesh": "render",
    "torch": "train",
    "kornia": "train",
    "lightning": "train",
    "fsspec": "scale",
    "ray": "scale",
    "webdataset": "train",
    "h5py": "train",
    "tensorboard": "train",
    "onnx": "train",
    "onnxruntime": "train",
    "onnxscript": "train",
    "av": "video",
    "pyrender": "render",
    "OpenGL": "render",
}

# What the machine refuses rather than the program: a full disk, a folder that may not be written.
MACHINE_FAULTS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EISDIR}


def available() -> dict[str, Verb]:
    """Return the verbs whose module is there."""
    return {name: verb for name, verb in VERBS.items() if _exists(verb.module)}


def _exists(module: str) -> bool:
    """Say whether a module can be found, without importing it (its parents are imported)."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def load(name: str) -> VerbModule:
    """Import the module of a verb.

    Raises:
        ConfigError: There is no such verb.
    """
    verbs = available()
    if name not in verbs:
        near = difflib.get_close_matches(name, verbs, n=1)
        hint = f"did you mean {near[0]}?" if near else "canthus --help lists them"
        raise ConfigError(f"no such verb {name!r}; {hint}")
    return cast(VerbModule, importlib.import_module(verbs[name].module))


def call(name: str, overrides: Sequence[str] = ()) -> None:
    """Run a verb as `canthus NAME OVERRIDES` does, but let its errors pass.

    Raises:
        ProjectError: Anything that the user can mend.
    """
    from synth.config import compose

    module = load(name)
    module.run(compose(VERBS[name].conf, module.CONFIG_NAME, module.CONFIG, overrides))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"canthus {version('canthus')}")
        return 0
    # Before numpy is imported, here and in render processes: threads of BLAS would wait for each other over every 6x6
    # matrix of the labels.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    name = words[0]
    try:
        _dispatch(name, words[1:])
        return 0
    except ProjectError as error:
        return _fail(name, str(error))
    except ImportError as error:
        if (line := _missing(error)) is None:
            raise
        return _fail(name, line)
    except OSError as error:
        if error.errno not in MACHINE_FAULTS:
            raise
        return _fail(
            name, f"{error.strerror}: {error.filename or 'the output'}; mend it and run the same command again"
        )
    except KeyboardInterrupt:
        print(f"canthus {name}: interrupted", file=sys.stderr)
        return 130


def _fail(name: str, message: str) -> int:
    """Print one line and return the status of a fault that the user can mend."""
    print(f"canthus {name}: {' '.join(message.split())}", file=sys.stderr)
    return 1


def _missing(error: ImportError) -> str | None:
    """Say in one line what to install; None if the import that failed is no affair of the user."""
    package = (error.name or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package in EXTRAS:
        return f"needs the package {package}, which is not installed: pip install 'canthus[{EXTRAS[package]}]'"
    if "cannot open shared object file" in str(error):
        return f"{error}: a library of the system is missing; canthus doctor prints the command that installs it"
    return None


def _dispatch(name: str, words: Sequence[str]) -> None:
    """Run one verb, or show its help or its configuration."""
    flags = [word for word in words if word.startswith("-")]
    overrides = [word for word in words if not word.startswith("-")]
    if unknown := [flag for flag in flags if flag not in ("-h", "--help", "--cfg")]:
        raise ConfigError(f"no such option {unknown[0]}; there are --help and --cfg, all else is key=value")
    overrides = with_what(name, overrides)
    if "-h" in flags or "--help" in flags:
        print(describe(name, overrides))
    elif "--cfg" in flags:
        print(configuration(name, overrides), end="")
    else:
        call(name, overrides)


def with_what(name: str, words: Sequence[str]) -> list[str]:
    """Return the words of a verb with a first bare one written as `what=`.

    Raises:
        ConfigError: The verb has no key `what`, or it is given twice.
    """
    if not words or "=" in words[0]:
        return list(words)
    bare, *rest = words
    if "what" not in load(name).CONFIG.__dataclass_fields__:
        raise ConfigError(f"cannot read {bare!r}: {name} takes key=value alone; canthus {name} --help lists the keys")
    if twice := [word for word in rest if word.startswith("what=")]:
        raise ConfigError(f"{bare} and {twice[0]}: say once what to do")
    return [f"what={bare}", *rest]


def overview() -> str:
    """Return the text of `canthus --help`."""
    verbs = available()
    width = max(map(len, VERBS))
    return "\n".join(
        [
            "canthus: rendered eyes with exact labels, and gaze networks trained on them.",
            "",
            "    canthus VERB [key=value ...]     run it; a first word alone is what=WORD",
            "    canthus VERB --help              its configuration, its choices and examples",
            "    canthus VERB [key=value ...] --cfg    the configuration it would run with",
            "",
            *(f"  {name:<{width}}  {verb.help}" for name, verb in verbs.items()),
        ]
    )


def configuration(name: str, overrides: Sequence[str] = ()) -> str:
    """Return the composed configuration of a verb as YAML."""
    from omegaconf import OmegaConf

    from synth.config import compose_tree

    module = load(name)
    text = OmegaConf.to_yaml(compose_tree(VERBS[name].conf, module.CONFIG_NAME, module.CONFIG, overrides))
    return re.sub(r"^( *)'(\w)':", r"\1\2:", text, flags=re.MULTILINE)  # n needs quotes in no YAML that we read


def describe(name: str, overrides: Sequence[str] = ()) -> str:
    """Return the text of `canthus VERB --help`."""
    from synth.config import choices, comments

    module = load(name)
    said = comments(VERBS[name].conf, module.CONFIG_NAME)
    text = [f"canthus {name}: {module.HELP}", "", "Configuration (??? must be given):", ""]
    for line in configuration(name, overrides).splitlines():
        remark = said.get(line.partition(":")[0])
        text.append(f"  {line:<30}  # {remark}" if remark else f"  {line}")
    if found := choices(VERBS[name].conf, module.CONFIG_NAME):
        text += ["", "Choices:", ""]
        text += [f"  {group}={' | '.join(options)}" for group, options in found.items()]
    text += ["", "Examples:", "", *(f"  {line}" for line in module.EXAMPLES)]
    return "\n".join(text)


if __name__ == "__main__":
    sys.exit(main())
