"""The command line: what it lists, what it passes on, and the exit status of every kind of ending."""

import errno
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from synth.commands import bench, cli, doctor
from synth.errors import DataError, ProjectError


@pytest.fixture
def verb(monkeypatch):
    """The doctor's configuration, with work of the test's own choosing: set `verb.run`."""
    module = ModuleType("verb")
    module.HELP, module.CONFIG, module.CONFIG_NAME = "a verb", doctor.DoctorConfig, "doctor"
    module.EXAMPLES = ("canthus doctor disk_gb=1",)
    module.seen = []
    module.run = module.seen.append
    monkeypatch.setattr(cli, "load", lambda name: module)
    return module


def ending(verb, monkeypatch, capsys, error: BaseException) -> tuple[int, str]:
    def run(config):
        raise error

    monkeypatch.setattr(verb, "run", run)
    status = cli.main(["doctor"])
    return status, capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_the_verbs_one_line_each(words, capsys):
    assert cli.main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, entry in cli.available().items():
        assert sum(line.split()[:1] == [name] and line.endswith(entry.help) for line in lines) == 1


def test_help_needs_no_heavy_package():
    code = (
        "import sys; from synth.commands.cli import main; main(['--help']);"
        "print(sorted({'bpy', 'torch', 'hydra', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", cli.VERBS)
def test_every_verb_is_there_and_says_what_the_table_says(name):
    module = importlib.import_module(cli.VERBS[name].module)
    assert isinstance(module, cli.VerbModule)
    assert cli.VERBS[name].help == module.HELP
    assert module.EXAMPLES and all(line.startswith(f"canthus {name}") for line in module.EXAMPLES)
    assert not module.CONFIG.__dataclass_params__.frozen


@pytest.mark.parametrize("name", sorted(cli.available()))
def test_the_help_of_a_verb_shows_every_key(name, capsys):
    assert cli.main([name, "--help"]) == 0
    text = capsys.readouterr().out
    for key in cli.load(name).CONFIG.__dataclass_fields__:
        assert f"  {key}:" in text


def test_overrides_reach_the_verb(verb):
    assert cli.main(["doctor", "disk_gb=7", "need=[]"]) == 0
    assert verb.seen == [doctor.DoctorConfig(disk_gb=7.0, need=[])]


def test_a_first_bare_word_is_what_to_do(monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(bench, "run", seen.append)
    assert cli.main(["bench", "memory", "n=5"]) == cli.main(["bench", "what=memory", "n=5"]) == 0
    assert seen[0] == seen[1] and seen[0].what is bench.What.memory
    assert cli.main(["bench", "train", "--cfg"]) == 0
    assert "what: train" in capsys.readouterr().out and len(seen) == 2


def test_the_configuration_is_shown_and_nothing_is_done(verb, capsys):
    assert cli.main(["doctor", "disk_gb=7", "--cfg"]) == 0
    assert "disk_gb: 7" in capsys.readouterr().out
    assert verb.seen == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["rendr"], "canthus rendr: no such verb 'rendr'; "),
        (["doctor", "disk=3"], "canthus doctor: unknown key 'disk'; did you mean disk_gb"),
        (["doctor", "--dry"], "canthus doctor: no such option --dry"),
        (["doctor", "disk_gb=much"], "canthus doctor: disk_gb=much: "),
        (["doctor", "quickly"], "canthus doctor: cannot read 'quickly': doctor takes key=value alone"),
        (["bench", "memory", "what=hair"], "canthus bench: memory and what=hair: say once what to do"),
        (["bench", "n=5", "memory"], "canthus bench: cannot read 'memory': write key=value"),
        (["bench", "memroy"], "canthus bench: what=memroy: "),
    ],
)
def test_a_mistake_is_one_line_and_status_1(words, expected, capsys):
    assert cli.main(words) == 1
    err = capsys.readouterr().err
    assert err.startswith(expected)
    assert err.count("\n") == 1


def test_a_fault_the_user_can_mend_is_one_line(verb, monkeypatch, capsys):
    status, err = ending(verb, monkeypatch, capsys, DataError("shard-000001.tar: cut short\nat byte 512"))
    assert (status, err) == (1, "canthus doctor: shard-000001.tar: cut short at byte 512\n")


@pytest.mark.parametrize(("package", "extra"), [("bpy", "render"), ("torch", "train"), ("pyrender", "render")])
def test_a_missing_package_names_its_extra(verb, monkeypatch, capsys, package, extra):
    error = ModuleNotFoundError(f"No module named {package!r}", name=package)
    status, err = ending(verb, monkeypatch, capsys, error)
    assert (status, err.count("\n")) == (1, 1)
    assert f"pip install 'canthus[{extra}]'" in err


def test_a_missing_library_sends_to_the_doctor(verb, monkeypatch, capsys):
    error = ImportError("libXi.so.6: cannot open shared object file: No such file or directory", name="bpy")
    status, err = ending(verb, monkeypatch, capsys, error)
    assert (status, err.count("\n")) == (1, 1)
    assert "libXi.so.6" in err and "canthus doctor" in err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_or_a_locked_folder_is_one_line(verb, monkeypatch, capsys, number):
    status, err = ending(verb, monkeypatch, capsys, OSError(number, "the reason", "out/shard-000000.tar"))
    assert (status, err.count("\n")) == (1, 1)
    assert "the reason: out/shard-000000.tar" in err


def test_interruption_is_status_130(verb, monkeypatch, capsys):
    assert ending(verb, monkeypatch, capsys, KeyboardInterrupt()) == (130, "canthus doctor: interrupted\n")


@pytest.mark.parametrize(
    "bug", [ValueError("a bug"), OSError(errno.EBADF, "a bug"), ModuleNotFoundError(name="synth.x")]
)
def test_a_bug_shows_itself(verb, monkeypatch, capsys, bug):
    with pytest.raises(type(bug)):
        ending(verb, monkeypatch, capsys, bug)


def test_call_lets_errors_pass(verb, monkeypatch):
    def run(config):
        raise ProjectError("told by the caller")

    monkeypatch.setattr(verb, "run", run)
    with pytest.raises(ProjectError, match="told by the caller"):
        cli.call("doctor", ["disk_gb=1"])


def test_the_command_is_installed():
    done = subprocess.run([Path(sys.executable).parent / "canthus", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("canthus 0.")
