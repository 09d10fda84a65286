"""What becomes of a corpus when everything goes wrong: a table of faults, and whether the bytes came out the same.

    python -m tests.bench.faults                              all of it: 30 moments a fault, 200 pictures
    python -m tests.bench.faults --n 20 --moments 3           a short one
    python -m tests.bench.faults --only worker,disk

First a corpus is made without any fault.  Then for each fault the same corpus is made under it, continued with the same
command as often as it takes, and compared: every file byte for byte (but timings.jsonl), no sample twice, none missing,
no file in the making left.  Moments are drawn evenly over the time that the undisturbed corpus took.

    parent      kill -9 of the process that the user started
    worker      kill -9 of one of its render processes
    node        kill -9 of a machine of a Ray cluster (two made-up ones here); another joins
    disk        a file system of a few hundred kB (as root), or a limit of the size of a file
    output      a folder that may not be written; a shard that may not be read (not for root) when the manifest is made
    clock       the time of day jumps to and fro by days at every look at it
    poison      a picture at which Blender crashes whenever it comes to it, and later no more
"""

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth.shards import iterate

ROOT = Path(__file__).parents[2]
TINY = ("experiment=mpiigaze", "camera.width=20", "camera.height=12", "engine.samples=1", "engine.denoise=false")
START = "import sys\nfrom synth.commands.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
JUMPING = """import time
_true, _looks = time.time, [0]
def _jumping():
    _looks[0] += 1
    return _true() + (-1) ** _looks[0] * 86400 * (_looks[0] % 7)
time.time = _jumping
"""
CRASHING = """import os, signal
import synth.corpus
_made = synth.corpus.make_samples
def _crashing(job, session, scene, watch):
    if scene == {index}:
        os.kill(os.getpid(), signal.SIGSEGV)
    return _made(job, session, scene, watch)
synth.corpus.make_samples = _crashing
"""


@dataclass(frozen=True)
class Row:
    """What came of one fault."""

    fault: str
    times: int
    runs: int
    said: str
    same: bool


class Bench:
    """The undisturbed corpus, and how others are made and compared with it."""

    def __init__(self, folder: Path, n: int, shard_size: int, workers: int, moments: int, seed: int) -> None:
        self.folder, self.n, self.moments = folder, n, moments
        self.words = [*TINY, f"n={n}", f"shard_size={shard_size}", "seed=5"]
        self.workers = workers
        self.rng = np.random.default_rng(seed)
        start = time.monotonic()
        done = self.run(self.command(folder / "undisturbed"))
        assert done.returncode == 0, done.stderr
        self.takes_s = time.monotonic() - start
        self.truth = digests(folder / "undisturbed")

    def command(self, out: Path, *more: str, before: str = "") -> list[str]:
        """A command line; `before` it are lines of Python, which render processes run too."""
        script = self.folder / f"canthus-{hashlib.sha256(before.encode()).hexdigest()[:8]}.py"
        script.write_text(before + START)
        return [sys.executable, str(script), "render", *self.words, f"workers={self.workers}", f"out={out}", *more]

    def start(self, words: Sequence[str], prepare: Callable[[], object] | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=prepare,
        )

    def run(
        self, words: Sequence[str], prepare: Callable[[], object] | None = None
    ) -> subprocess.CompletedProcess[str]:
        run = self.start(words, prepare)
        said = run.communicate()[1]
        return subprocess.CompletedProcess(words, run.returncode, "", said)

    def moment(self) -> float:
        return float(self.rng.uniform(0, self.takes_s))

    def continued(self, out: Path, *more: str) -> int:
        """Give the same command until it is content; return how often."""
        for times in range(1, 6):
            if self.run(self.command(out, *more)).returncode == 0:
                return times
        raise AssertionError(f"{out}: five runs were not enough")

    def same(self, out: Path) -> bool:
        """Whether a corpus is the undisturbed one."""
        indices = [sample.index for sample in iterate(out, verify=True)]
        return digests(out) == self.truth and indices == list(range(self.n)) and not list(out.glob(".*.part"))


def digests(folder: Path) -> dict[str, str]:
    names = (path for path in sorted(folder.iterdir()) if path.name != "timings.jsonl")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in names}


def whole(bench: Bench, out: Path) -> bool:
    """Whether every shard that is there in the middle of everything is one of the undisturbed corpus."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("shard-*.tar")}
    return all(bench.truth[name] == digest for name, digest in found.items())


def children(pid: int) -> list[int]:
    """Render processes of a run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == pid and b"spawn_main" in words:
            found.append(int(entry.name))
    return found


def killed(bench: Bench, fault: str, victim: Callable[[subprocess.Popen[str]], int | None]) -> Row:
    """Kill somebody at every moment, in as many corpora as it takes."""
    times = runs = jobs = 0
    same = True
    while times < bench.moments:
        out = bench.folder / f"{fault}-{jobs}"
        jobs += 1
        content = False
        while not content:
            run, runs = bench.start(bench.command(out)), runs + 1
            began = time.monotonic()
            while run.poll() is None and times < bench.moments:
                pause_s = bench.moment()
                while run.poll() is None and time.monotonic() - began < pause_s:
                    time.sleep(0.02)
                number = victim(run) if run.poll() is None else None
                if number is not None:
                    os.kill(number, signal.SIGKILL)
                    times, began = times + 1, time.monotonic()
            run.communicate()
            same = same and whole(bench, out)
            content = run.returncode == 0
        same = same and bench.same(out)
        shutil.rmtree(out)
    return Row(fault, times, runs, f"{jobs} corpora", same)


def parent(bench: Bench) -> Row:
    return killed(bench, "parent", lambda run: run.pid)


def worker(bench: Bench) -> Row:
    def one_of(run: subprocess.Popen[str]) -> int | None:
        found = children(run.pid)
        return int(bench.rng.choice(found)) if found else None

    return killed(bench, "worker", one_of)


def node(bench: Bench) -> Row:
    """Kill machines of a cluster that consists of a head without cores and two others of one core each."""
    try:
        from ray.cluster_utils import Cluster
    except ImportError:
        return Row("node", 0, 0, "skipped: Ray is not installed", True)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    small = {"num_cpus": 1, "object_store_memory": 100_000_000}
    nodes = [cluster.add_node(**small) for _ in range(2)]
    times = runs = jobs = 0
    same = True
    try:
        while times < bench.moments:
            out, jobs = bench.folder / f"node-{jobs}", jobs + 1
            content = False
            while not content:
                words = bench.command(out, "executor=ray", f"ray.address={cluster.address}")
                run, runs = bench.start(words), runs + 1
                began = time.monotonic()
                while run.poll() is None and times < bench.moments:
                    pause_s = bench.moment()
                    while run.poll() is None and time.monotonic() - began < pause_s:
                        time.sleep(0.05)
                    if run.poll() is None:
                        cluster.remove_node(nodes.pop(0), allow_graceful=False)
                        nodes.append(cluster.add_node(**small))
                        times, began = times + 1, time.monotonic()
                run.communicate()
                same = same and whole(bench, out)
                content = run.returncode == 0
            same = same and bench.same(out)
            shutil.rmtree(out)
    finally:
        cluster.shutdown()
    return Row("node", times, runs, f"{jobs} corpora", same)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """The line of a run that failed, of which there must be one."""
    lines = [line for line in done.stderr.splitlines() if line.startswith("canthus render: ")]
    assert done.returncode == 1 and len(lines) == 1 and "Traceback" not in done.stderr, done.stderr
    return lines[0].removeprefix("canthus render: ")


def disk(bench: Bench) -> Row:
    """Fill a small file system; then make room."""
    out = bench.folder / "disk"
    out.mkdir()
    size = sum(path.stat().st_size for path in (bench.folder / "undisturbed").iterdir())
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size // 2}", "tmpfs", str(out)], capture_output=True
        ).returncode
    )
    if mounted:
        said = told(bench.run(bench.command(out)))
        good = whole(bench, out)
        subprocess.run(["mount", "-o", f"remount,size={4 * size}", str(out)], check=True)
    else:
        largest = max(path.stat().st_size for path in (bench.folder / "undisturbed").glob("*.tar"))
        limit = (
            "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({largest // 2}, {largest // 2}))\n"
        )
        said = told(bench.run(bench.command(out, before=limit)))
        good = whole(bench, out)
    runs = 1 + bench.continued(out)
    good = good and bench.same(out)
    if mounted:
        subprocess.run(["umount", str(out)], check=True)
    return Row("disk", 1, runs, said.replace(str(out), "OUT"), good)


def output(bench: Bench) -> Row:
    """Let nobody write into the folder of a corpus that is begun; then let nobody read a shard of it; then mend both.

    Root, whom no rights stop, is stopped by a file system that is mounted to be read only, and reads what it likes.
    """
    out, root = bench.folder / "output", os.geteuid() == 0
    assert bench.run(bench.command(out, "shard_range=0:1")).returncode == 0
    if root:
        subprocess.run(["mount", "--bind", str(out), str(out)], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(out)], check=True)
    else:
        out.chmod(0o500)
    said = [told(bench.run(bench.command(out)))]
    if root:
        subprocess.run(["umount", str(out)], check=True)
    else:
        out.chmod(0o700)
        (out / "shard-000000.tar").chmod(0)
        said.append(told(bench.run(bench.command(out))))
        (out / "shard-000000.tar").chmod(0o644)
    done = bench.run(bench.command(out))
    text = " | ".join(line.replace(str(out), "OUT") for line in said)
    return Row("output", len(said), 2 + len(said), text, done.returncode == 0 and bench.same(out))


def clock(bench: Bench) -> Row:
    out = bench.folder / "clock"
    done = bench.run(bench.command(out, before=JUMPING))
    return Row("clock", 1, 1, f"status {done.returncode}", done.returncode == 0 and bench.same(out))


def poison(bench: Bench) -> Row:
    out = bench.folder / "poison"
    said = told(bench.run(bench.command(out, before=CRASHING.format(index=bench.n // 2))))
    good = whole(bench, out) and len(list(out.glob("shard-*.tar"))) == len(bench.truth) - 5
    return Row("poison", 2, 1 + bench.continued(out), said, good and bench.same(out))


FAULTS = {f.__name__: f for f in (parent, worker, node, disk, output, clock, poison)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--n", type=int, default=200)
    arguments.add_argument("--shard-size", type=int, default=5)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--moments", type=int, default=30)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--only", default=",".join(FAULTS))
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="canthus-faults-") as folder:
        bench = Bench(Path(folder), given.n, given.shard_size, given.workers, given.moments, given.seed)
        print(f"undisturbed: {given.n} pictures in {bench.takes_s:.0f} s", flush=True)
        for name in given.only.split(","):
            row = FAULTS[name](bench)
            rows.append(row)
            same = "the same bytes" if row.same else "OTHER BYTES"
            print(f"{row.fault:<8} {row.times:>3} times {row.runs:>3} runs  {same:<15} {row.said[:200]}", flush=True)
    if given.json:
        given.json.write_text(json.dumps([row.__dict__ for row in rows], indent=1) + "\n")
    sys.exit(not all(row.same for row in rows))


if __name__ == "__main__":
    main()
