"""A corpus is a function of its configuration: not of the number of processes, nor of how often it was stopped."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

from synth.shards import iterate

ROOT = Path(__file__).parents[2]
RENDER = [sys.executable, "-m", "synth.commands.cli", "render", "experiment=mpiigaze", "seed=5", "n=6", "shard_size=3"]
TINY = ["camera.width=20", "camera.height=12", "engine.samples=1", "engine.denoise=false", "rasters.mask=true"]
RELIT = ["relight=2", "views=[scene,left_patch]", "n=8", "shard_size=4"]


def command(folder, *more):
    return [*RENDER, *TINY, f"out={folder}", "workers=1", *more]


def start(folder, *more):
    return subprocess.Popen(
        command(folder, *more),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a shell's & ignores it
    )


def digests(folder):
    """The sha256 of every file that must not depend on the run."""
    names = (path for path in sorted(folder.iterdir()) if path.name != "timings.jsonl")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in names}


def until_it_renders(run, folder):
    """Wait until a worker is at a shard; return the process numbers of the workers."""
    parts = ".shard-*.part"
    end = time.monotonic() + 300
    while not list(folder.glob(parts)):
        assert run.poll() is None, run.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.02)
    return [int(path.name.split(".")[-2]) for path in folder.glob(parts)]


def alive(number):
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture(scope="module")
def corpus(blender, tmp_path_factory):
    """Six samples in two shards, made by one process in one go."""
    folder = tmp_path_factory.mktemp("corpus") / "once"
    done = subprocess.run(command(folder), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def relit(blender, tmp_path_factory):
    """Two scenes in two lights and two views each, a shard a scene, made by one process in one go."""
    folder = tmp_path_factory.mktemp("corpus") / "relit"
    done = subprocess.run(command(folder, *RELIT), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_sample_alone_is_the_sample_of_the_corpus(corpus):
    program = (
        "import hashlib, json, sys\n"
        "from synth.blender.session import Session\n"
        "from synth.commands.render import CONFIG, job\n"
        "from synth.config import compose\n"
        "from synth.corpus import make_sample\n"
        "from synth.shards.encode import encode_sample\n"
        "from synth.stopwatch import Stopwatch\n"
        "work = job(compose('synth.conf', 'render', CONFIG, sys.argv[1:]))\n"
        "files = encode_sample(make_sample(work, Session(work.engine), 4, Stopwatch()), work.encoding)\n"
        "print(json.dumps({name: hashlib.sha256(data).hexdigest() for name, data in files.items()}))\n"
        "print('torch' in sys.modules)\n"
    )
    words = [word for word in command("unused") if "=" in word]
    done = subprocess.run([sys.executable, "-c", program, *words], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *_, alone, torch = done.stdout.splitlines()
    with tarfile.open(corpus / "shard-000001.tar") as tar:
        files = {name.name: tar.extractfile(name).read() for name in tar if name.name.startswith("00000004.")}
    together = {name.partition(".")[2]: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert json.loads(alone) == together and len(together) == 3
    assert torch == "False", "a render process imports no torch"


def test_two_processes_make_the_same_bytes(corpus, tmp_path):
    done = subprocess.run(command(tmp_path / "eyes", "workers=2"), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "eyes") == digests(corpus)


def test_however_often_it_is_stopped_it_ends_with_the_same_bytes(corpus, tmp_path):
    folder = tmp_path / "eyes"
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        run = start(folder)
        workers = until_it_renders(run, folder)
        os.kill(run.pid, number)  # the parent alone is told
        assert "finishing the shards in hand" in run.stderr.readline()
        os.kill(run.pid, number)
        sent = time.monotonic()
        said = run.communicate(timeout=120)[1]
        assert run.returncode == status and time.monotonic() - sent < 30
        assert "Traceback" not in said
        assert workers and not any(map(alive, workers))
        assert not list(folder.glob(".*.part")), "nothing half written"

    run = start(folder)
    workers = until_it_renders(run, folder)
    os.kill(run.pid, signal.SIGKILL)  # the parent cannot even end its workers
    run.communicate()
    end = time.monotonic() + 60
    while any(map(alive, workers)):
        assert time.monotonic() < end, "a worker outlives its parent"
        time.sleep(0.05)

    run = start(folder)
    until_it_renders(run, folder)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert len(list(iterate(corpus))) == 6
    done = subprocess.run(command(folder), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert digests(folder) == digests(corpus)


def test_a_damaged_corpus_is_mended_by_rendering_what_is_damaged(relit, tmp_path):
    """The last picture of a scene: a view, in a light of its own."""
    folder = tmp_path / "eyes"
    shutil.copytree(relit, folder)
    path = folder / "shard-000001.tar"
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT", data.index(b"00000007.png")) + 9] ^= 4
    path.write_bytes(bytes(data))
    (folder / "manifest.json").write_text("{}")
    verify = [sys.executable, "-m", "synth.commands.cli", "verify", f"data={folder}", "workers=1", "repair=true"]
    done = subprocess.run(verify, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith(f"{folder}/")]
    damages = [line.partition(": ")[0].rpartition("/")[2] for line in said]
    assert damages == ["shard-000001.tar", "manifest.json"], "true labels and masks contradict nothing"
    assert "mended; 1 samples were rendered again" in done.stdout
    assert digests(folder) == digests(relit)


DYING = """
import os, signal, sys
import synth.corpus
made = synth.corpus.make_samples
def make_samples(job, renderer, scene, watch):
    if scene == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return made(job, renderer, scene, watch)
synth.corpus.make_samples = make_samples
if __name__ == "__main__":
    from synth.commands.cli import main
    sys.exit(main())
"""


def test_a_sample_that_crashes_blender_costs_its_shard_alone(corpus, tmp_path):
    """Processes start with the script, and so with a sample at which they crash."""
    (tmp_path / "script.py").write_text(DYING)
    words = [sys.executable, str(tmp_path / "script.py"), *command(tmp_path / "eyes")[3:]]
    paths = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=ROOT, env=paths, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "seed 5: two render processes died or hung at each of: index 1 (was killed by signal 11)" in done.stderr
    assert "shard-000000.tar is left out, all else is written; the same command tries again" in done.stderr
    there = {path.name for path in (tmp_path / "eyes").iterdir()}
    assert there == {"config.json", "shard-000001.tar", "timings.jsonl"}


def test_an_error_in_a_worker_is_one_line(blender, tmp_path):
    """No scene is useful where nobody opens their eyes."""
    shut = [f"subject.state.{name}=1" for name in ("closing_probability", "closing.low", "closing.high")]
    done = subprocess.run(command(tmp_path / "eyes", *shut), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("canthus render: ")]
    assert len(lines) == 1 and "Traceback" not in done.stderr
    assert "seed 5, index 0: 40 scenes were rejected, 40 of them for eye_closed; widen the ranges" in lines[0]


def test_calls_of_a_job_array_make_the_same_bytes(relit, tmp_path):
    """Both share the folder at once; whoever is last writes the manifest."""
    folder = tmp_path / "eyes"
    runs = [start(folder, *RELIT, f"shard_range={part}") for part in ("0:1", "1:2")]
    said = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert sum("8 samples in" in out for out, _ in said) == 1
    assert digests(folder) == digests(relit)


def test_a_cluster_makes_the_same_bytes_also_when_a_task_is_killed(relit, tmp_path):
    pytest.importorskip("ray")
    folder = tmp_path / "eyes"
    run = start(folder, *RELIT, "executor=ray")
    renderer = until_it_renders(run, folder)[0]
    task = int(Path(f"/proc/{renderer}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(task, signal.SIGKILL)
    said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert digests(folder) == digests(relit)
