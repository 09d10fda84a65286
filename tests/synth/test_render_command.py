"""Mistakes and misfortunes of `canthus render`: one clear line, status 1, nothing lost.

What a damaged shard, a full disk while writing and another folder's configuration do in detail is tested with the
shards (test_shards_damage.py); here they go through the command.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import assets.head
from assets import catalog
from synth.commands import cli, render
from synth.commands.verify import mend
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.errors import AssetError, ConfigError, RejectedSceneError, RenderError
from synth.shards import ShardPlan, open_output, read_config
from synth.verify.files import Verified

ROOT = Path(__file__).parents[2]
TINY = ["camera.width=20", "camera.height=12", "engine.samples=1", "engine.denoise=false", "workers=1", "n=1"]


def line(capsys, *words):
    """Run the command, which must fail in one line; return the line."""
    assert cli.main(["render", *words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("canthus render: ") and said.count("\n") == 1, said
    return said


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("nn=3", "unknown key 'nn'"),
        ("subject.glases.probability=0", "unknown key 'subject.glases'; did you mean subject.glasses"),
        ("n=0", "n=0: at least 1"),
        ("seed=-1", "seed=-1: at least 0"),
        ("shard_size=0", "shard_size=0: at least 1"),
        ("relight=0", "relight=0: at least 1"),
        (
            "relight=8 shard_size=100",
            "shard_size=100: a shard holds whole scenes, each of 8 samples; use a multiple, such",
        ),
        ("views=[]", "views=[]: name at least one"),
        ("views=[scene,scene]", "views=[scene,scene]: name at least one, each once"),
        ("views=[nose]", "nose"),
        ("light.relight.factor_log={low: 0, high: 1}", "factor_log.low=0"),
        ("shard_range=3", "shard_range=3: write A:B"),
        ("shard_range=17:19", "shard_range=17:19: none of the shards 0 to 9, 10 samples each"),
        ("patience_s=0", "patience_s=0.0: at least 1"),
        ("executor=slurm", "slurm"),
        ("workers=0", "workers=0: auto, or at least 1"),
        ("workers=all", "workers=all: auto, or at least 1"),
        ("n=many", "n=many"),
        ("engine.samples=0", "samples=0: must be at least 1"),
        ("engine.detail=2", "detail=2.0: lies between 0 and 1"),
        ("engine.device=abacus", "abacus"),
        ("camera.width=2", "2x36"),
        ("camera.supersample=0", "supersample=0"),
        ("camera.place.distance_m={low: 2, high: 1}", "low must not be above high"),
        ("camera.place.distance_m.low=nan", "finite"),
        ("quality=0", "quality=0"),
        ("picture=gif", "gif"),
        ("experiment=mpigaze", "mpigaze"),
        ("subject=head", "head"),
    ],
)
def test_a_value_that_cannot_be_is_named_before_any_work(capsys, tmp_path, override, said):
    folder = tmp_path / "eyes"
    experiment = [] if override.startswith("exp") else ["experiment=mpiigaze"]
    words = re.split(r" (?=\w+=)", override)
    assert said in line(capsys, *experiment, *words, f"out={folder}")
    assert not folder.exists()


def test_no_folder_is_asked_for(capsys):
    assert "out" in line(capsys, "experiment=mpiigaze")


def test_a_folder_of_another_configuration_is_left_alone(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(render, "make_corpus", lambda *given: [])
    monkeypatch.setattr(render, "finish", lambda *given, place: None)
    words = ["experiment=mpiigaze", *TINY, f"out={tmp_path / 'eyes'}"]
    assert cli.main(["render", *words]) == 0
    before = (tmp_path / "eyes" / "config.json").read_bytes()
    capsys.readouterr()
    assert "was made with seed=0, now it is 9" in line(capsys, *words, "seed=9")
    assert "camera.width=20, now it is 24" in line(capsys, *words, "camera.width=24")
    assert (tmp_path / "eyes" / "config.json").read_bytes() == before
    assert cli.main(["render", *words, "workers=2"]) == 0, "the number of processes is no part of a data set"


def test_a_folder_goes_on_with_the_shards_that_it_was_begun_with(capsys, tmp_path, monkeypatch):
    """Where nobody says how large a shard is it hangs on `n` alone, and the folder tells it."""
    monkeypatch.setattr(render, "make_corpus", lambda *given: [])
    monkeypatch.setattr(render, "finish", lambda *given, place: None)
    words = ["experiment=mpiigaze", *TINY, "n=1000", f"out={tmp_path / 'eyes'}"]
    assert cli.main(["render", *words]) == 0
    stored = read_config(tmp_path / "eyes")["config"]
    assert stored["shard_size"] == 15 and render.again(tmp_path / "eyes", stored).plan == ShardPlan(1000, 15)
    for same in ("workers=7", "shard_size=15"):
        assert cli.main(["render", *words, same]) == 0
    capsys.readouterr()
    assert "was made with shard_size=15, now it is 100; use the same value" in line(capsys, *words, "shard_size=100")
    assert "was made with n=1000, now it is 2000; use the same value" in line(capsys, *words, "n=2000")
    old = render.again(tmp_path / "eyes", stored | {"n": 100, "shard_size": 100})
    assert old.plan == ShardPlan(100, 100), "what was begun when shards were larger"


def test_who_draws_the_pictures_is_among_the_versions_that_decide(capsys, tmp_path, monkeypatch):
    """pyrender where it draws, and nowhere else: what Cycles drew goes on with any."""
    monkeypatch.setattr(render, "make_corpus", lambda *given: [])
    monkeypatch.setattr(render, "finish", lambda *given, place: None)
    here = render.versions() | {"pyrender": "0.1.45"}
    for engine, decides in (("raster", True), ("tiny", False)):
        words = ["experiment=mpiigaze", *TINY, f"engine={engine}", f"out={tmp_path / engine}"]
        monkeypatch.setattr(render, "versions", lambda: here)
        assert cli.main(["render", *words]) == 0
        stored = read_config(tmp_path / engine)["versions"]
        assert ("pyrender" in stored) == decides and stored.keys() - {"pyrender"} == render.made_with().keys()
        monkeypatch.setattr(render, "versions", lambda: here | {"pyrender": "0.2"})
        if not decides:
            assert cli.main(["render", *words]) == 0
            continue
        capsys.readouterr()
        assert "was made with versions.pyrender=0.1.45, now it is 0.2; use the same" in line(capsys, *words)
        broken = Verified(tmp_path / engine, read_config(tmp_path / engine), ShardPlan(1), 0, (), {}, {}, True)
        with pytest.raises(ConfigError, match=r"was made with pyrender 0\.1\.45, here is 0\.2, .* repair it with"):
            mend(broken)


@pytest.mark.parametrize("experiment", ["mpiigaze", "portrait", "crowd", "nir"])
def test_what_lies_in_the_folder_draws_what_was_drawn(tmp_path, experiment):
    """The order of shapes and shares decides what is drawn: it must survive config.json."""
    config = compose("synth.conf", "render", render.CONFIG, [f"experiment={experiment}", f"out={tmp_path}"])
    with open_output(tmp_path, render.plain(config), {}, render.RUN_ONLY):
        stored = read_config(tmp_path)["config"]
    first, second = render.job(config), render.again(tmp_path, stored)
    assert first == second
    assert drawn(first, 3) == drawn(second, 3)


def drawn(job, index):
    for attempt in range(40):
        try:
            return draw_spec(job.ranges, 0, index, attempt)
        except RejectedSceneError:
            continue


def test_a_folder_of_other_things_is_left_alone(capsys, tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    assert "holds other files" in line(capsys, "experiment=mpiigaze", f"out={tmp_path}")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    assert "is a file" in line(capsys, "experiment=mpiigaze", f"out={tmp_path / 'thesis.tex'}")


@pytest.mark.parametrize("error", [RenderError("seed 0, index 3: Blender failed"), AssetError("the head is missing")])
def test_what_stops_a_worker_is_the_commands_line(capsys, tmp_path, monkeypatch, error):
    def fail(*given):
        raise error

    monkeypatch.setattr(render, "make_corpus", fail)
    assert str(error) in line(capsys, "experiment=mpiigaze", *TINY, f"out={tmp_path / 'eyes'}")


@pytest.fixture
def fresh_head():
    """Forget the head that other tests have read, before and after."""
    forget = (assets.head.load_head, catalog.verified)
    for cached in forget:
        cached.cache_clear()
    yield
    for cached in forget:
        cached.cache_clear()


@pytest.mark.parametrize("fate", ["missing", "damaged", "another"])
def test_a_missing_or_damaged_head_is_named(tmp_path, monkeypatch, fresh_head, fate):
    truth = catalog.located(catalog.CATALOG["head"])
    path = tmp_path / truth.name
    if fate != "missing":
        data = truth.read_bytes()
        path.write_bytes(data[:-1000] if fate == "damaged" else data.replace(data[5000:5004], b"abcd"))
    monkeypatch.setattr(catalog, "located", lambda asset: path)
    with pytest.raises(AssetError) as caught:
        assets.head.load_head()
    said = str(caught.value)
    assert str(path) in said and "reinstall canthus" in said and "\n" not in said


def test_a_head_that_is_no_archive_is_named(tmp_path):
    (tmp_path / "head.npz").write_bytes(b"PK no archive at all")
    with pytest.raises(AssetError, match=r"head\.npz is damaged"):
        assets.head.read_head(tmp_path / "head.npz")


def run(folder, *more, before="", **environment):
    """The command in a process of its own, `before` it a line of Python."""
    program = (
        f"{before}\nimport sys\nfrom synth.commands.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    script = folder / "canthus.py"
    script.write_text(program)
    words = [sys.executable, str(script), "render", "experiment=mpiigaze", *TINY, f"out={folder / 'eyes'}", *more]
    paths = os.pathsep.join([*(environment.pop("paths", [])), str(ROOT)])
    return subprocess.run(
        words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths} | environment, cwd=folder
    )


def only_line(done):
    assert done.returncode == 1, done.stderr
    lines = [said for said in done.stderr.splitlines() if said.strip()]
    assert len(lines) == 1 and lines[0].startswith("canthus render: "), done.stderr
    return lines[0]


def test_without_blender_the_line_says_what_to_install(tmp_path):
    stub = tmp_path / "stub" / "bpy"
    stub.mkdir(parents=True)
    (stub / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'bpy'\", name='bpy')\n")
    said = only_line(run(tmp_path, paths=[str(stub.parent)]))
    assert "bpy" in said and "pip install 'canthus[render]'" in said
    assert not list((tmp_path / "eyes").glob("*shard*"))


@pytest.mark.blender
def test_a_full_disk_is_one_line_and_the_same_command_continues(tmp_path):
    limit = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))"
    )
    said = only_line(run(tmp_path, "n=2", before=limit))
    assert "shard-000000.tar" in said or "disk" in said or "file size" in said
    assert [path.name for path in (tmp_path / "eyes").iterdir()] == ["config.json"]
    assert run(tmp_path, "n=2").returncode == 0
    assert (tmp_path / "eyes" / "manifest.json").exists()
