"""Training on streams of shards and in several processes: who sees what, what is damaged, whether the result is one."""

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from adapt.augment.strengths import Strengths
from adapt.batch import Batch
from adapt.rows import joined
from synth.commands.cli import main
from synth.errors import DataError
from synth.export.face.pose import HeadPose
from synth.geometry.normalisation import GazeMode
from synth.shards import ShardPlan, finish, open_output, write_shard
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from train.checkpoint import load_network
from train.data import loader as memory
from train.data.pose.shards import faces_in
from train.data.shards import Axis, eyes_in, read_shards
from train.data.stream import Stream, StreamLoader, find_shards
from train.fitting import fit
from train.models.build import build
from train.ranks import Rank, refuse_other_start
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.gaze import GazeTask

DrawEyes = Callable[..., Batch]
ROOT = Path(__file__).parents[2]
N, SHARD = 24, 5


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 eyes in five shards, the last of four."""
    folder = tmp_path_factory.mktemp("corpus")
    plan = ShardPlan(N, SHARD)
    with open_output(folder, {"n": N}) as output:
        for shard in range(5):
            write_shard(folder, plan, shard, (fake_sample(0, i, 60, 36) for i in plan.indices(shard)))
        finish(output, plan, 0)
    return folder


@pytest.fixture
def asked() -> list[str]:
    """Names of the files that were fetched from `url`."""
    return []


@pytest.fixture
def url(corpus: Path, asked: list[str]) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append(Path(self.path).name)
            super().do_GET()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=corpus))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def stream_of(source: str) -> Stream[Batch]:
    eyes = functools.partial(eyes_in, mode=GazeMode.mpiigaze_2015, axis=Axis.visual, where=source)
    return Stream(find_shards(source), eyes)


def epoch_of(loader: StreamLoader[Batch], epoch: int, ranks: int, workers: int) -> list[list[tuple[str, ...]]]:
    """Return the keys of the batches of each rank."""
    loader.set_epoch(epoch)
    return [
        [batch.keys for w in range(workers) for batch in loader.batches(Rank(r, ranks), Rank(w, workers))]
        for r in range(ranks)
    ]


@pytest.mark.parametrize(("ranks", "workers", "batch_size"), [(1, 1, 4), (2, 1, 4), (2, 2, 8), (3, 2, 6), (1, 4, 2)])
def test_ranks_and_workers_together_see_every_picture_once(
    corpus: Path, ranks: int, workers: int, batch_size: int
) -> None:
    loader = StreamLoader(stream_of(str(corpus)), batch_size, seed=3)
    epochs = [epoch_of(loader, epoch, ranks, workers) for epoch in (0, 1)]
    for epoch in epochs:
        assert [len(batches) for batches in epoch] == [N // batch_size] * ranks
        assert {len(batch) for batches in epoch for batch in batches} == {batch_size // ranks}
        assert Counter(key for batches in epoch for batch in batches for key in batch) == Counter(
            f"{i:08d}" for i in range(N)
        )
    assert epochs[0] != epochs[1] and epoch_of(loader, 0, ranks, workers) == epochs[0]


def test_worker_processes_and_memory_give_the_same_pictures(corpus: Path) -> None:
    alone = StreamLoader(stream_of(str(corpus)), 4, seed=3)
    alone.set_epoch(2)
    two = StreamLoader(stream_of(str(corpus)), 4, seed=3, workers=2)
    two.set_epoch(2)
    everything = read_shards(corpus, GazeMode.mpiigaze_2015, Axis.visual).pictures
    for loader in (alone, two):
        batches = list(loader)
        seen = joined(batches)
        assert [len(batch) for batch in batches] == [4] * len(loader) == [4] * 6
        same = seen.take([seen.keys.index(key) for key in everything.keys])
        assert same.keys == everything.keys and torch.equal(same.images_u8, everything.images_u8)
        assert torch.equal(same.gaze_pitch_yaw_rad, everything.gaze_pitch_yaw_rad)


def test_a_folder_a_file_and_a_server_are_one(corpus: Path, url: str) -> None:
    batches = []
    for source in (str(corpus), f"file://{corpus}", url):
        found = find_shards(source)
        assert [shard.samples for shard in found] == [5, 5, 5, 5, 4]
        batches.append(epoch_of(StreamLoader(stream_of(source), 8, seed=0), 0, 1, 1))
    assert batches[0] == batches[1] == batches[2]
    with pytest.raises(DataError, match=r"nowhere/manifest\.json: cannot be read"):
        find_shards(f"{url}/nowhere")


def test_whole_shards_are_held_for_validation(corpus: Path) -> None:
    training, validation = stream_of(str(corpus)).split(0.2)  # 5 of 24: the last shard has 4
    assert len(training) == 15 and validation is not None
    assert validation.keys == tuple(f"{i:08d}" for i in range(15, 24))
    assert stream_of(str(corpus)).split(0)[1] is None
    with pytest.raises(DataError, match="one shard too few"):
        stream_of(str(corpus)).split(0.9)


def test_a_damaged_shard_is_named(corpus: Path, tmp_path: Path) -> None:
    for path in corpus.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    whole = (tmp_path / "shard-000002.tar").read_bytes()
    loader = StreamLoader(stream_of(f"file://{tmp_path}"), 4, seed=0)
    content = len(whole.rstrip(b"\0"))
    for damaged in (whole[: content // 2], whole[: content - 100], whole[:700]):
        (tmp_path / "shard-000002.tar").write_bytes(damaged)
        with pytest.raises(DataError, match=r"shard-000002\.tar"):
            epoch_of(loader, 0, 1, 1)
    (tmp_path / "shard-000002.tar").unlink()
    with pytest.raises(DataError, match=r"shard-000002\.tar: cannot be read"):
        epoch_of(loader, 0, 1, 1)
    (tmp_path / "shard-000002.tar").write_bytes((tmp_path / "shard-000004.tar").read_bytes())
    with pytest.raises(DataError, match=r"shard-000002\.tar: holds fewer samples than the 5"):
        epoch_of(loader, 0, 1, 1)


def test_samples_that_show_nothing_do_not_shorten_an_epoch(tmp_path: Path) -> None:
    turned = [(0.0, 0.0, 0.0), (0.0, 2.2, 0.0)]  # the second is turned by 126 degrees
    samples = (fake_face(0, i, pitch_yaw_roll_rad=turned[i % 2]) for i in range(8))
    write_shard(tmp_path, ShardPlan(8, 8), 0, samples)
    faces = functools.partial(faces_in, pose=HeadPose.sight, where=tmp_path, size=16)
    loader = StreamLoader(Stream(find_shards(str(tmp_path)), faces), 4, seed=0)
    keys = [key for batch in loader for key in batch.keys]
    assert Counter(keys) == Counter({f"{i:08d}": 2 for i in range(0, 8, 2)})
    behind = (fake_face(0, i, pitch_yaw_roll_rad=turned[1]) for i in range(8))
    (tmp_path / "shard-000000.tar").unlink()
    write_shard(tmp_path, ShardPlan(8, 8), 0, behind)
    with pytest.raises(DataError, match="shows anything"):
        list(loader)


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_share_the_batches_of_a_set_in_memory(
    draw_eyes: DrawEyes, monkeypatch: pytest.MonkeyPatch, ranks: int
) -> None:
    eyes = draw_eyes(16)
    order = memory.Order(len(eyes), 8, seed=1)
    alone = list(order)
    shares = []
    for number in range(ranks):
        monkeypatch.setattr(memory, "rank", lambda number=number: Rank(number, ranks))
        shares.append(list(order))
        assert [row for rows in memory.Order(16, 8, None) for row in rows] == list(range(16))
    assert Counter(row for share in shares for rows in share for row in rows) == Counter(range(16))
    for step, rows in enumerate(alone):
        assert {row for share in shares for row in share[step]} == set(rows)
        assert {len(share[step]) for share in shares} == {8 // ranks}


def test_a_continued_run_streams_what_an_uninterrupted_one_does(corpus: Path, tmp_path: Path) -> None:
    stream = stream_of(str(corpus))

    class StoppedError(Exception):
        pass

    class Interrupted(GazeTask):
        def on_train_epoch_start(self) -> None:
            if self.current_epoch == 1:
                raise StoppedError

    def task() -> GazeTask:
        torch.manual_seed(0)
        network = build("resnet_preact", {"stem_stride": 2, "pool_rows": 3, "pool_columns": 5, "channels": 4})
        return GazeTask(network, Recipe(Loss.l1, 1e-3, 1e-2, Schedule.one_cycle, 9, 0.9, 0), Strengths())

    def run(one: GazeTask, name: str) -> GazeTask:
        (tmp_path / name).mkdir(exist_ok=True)
        fit(one, stream, None, tmp_path / name, epochs=3, batch_size=8)
        return one

    whole, cut = run(task(), "whole"), task()
    cut.__class__ = Interrupted
    with pytest.raises(StoppedError):
        run(cut, "cut")
    continued = run(task(), "cut")
    for name, value in whole.state_dict().items():
        assert torch.equal(value, continued.state_dict()[name]), name


FIT = ["model=lenet", "model.dropout=0", "augment=none", "trainer=quick", "trainer.epochs=2", "trainer.batch_size=8"]
FIT += ["trainer.progress=false", "trainer.accelerator=cpu", "trainer.threads=1"]


def assert_together_as_alone(
    corpus: str, tmp_path: Path, words: list[str], start: list[str], strays: float = 0
) -> None:
    """Train in this process and in two that `start` begins, and compare networks, figures and what is told.

    `strays` is the share of the weights that may differ: AdamW makes whole steps of a gradient that is all rounding.
    """
    one, two = tmp_path / "one", tmp_path / "two"
    assert main(["fit", f"data={corpus}", f"out={one}", *words]) == 0
    command = [*start, "-m", "synth.commands.cli", "fit", f"data={corpus}", f"out={two}", *words, "trainer.devices=2"]
    paths = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **paths}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("to train on") == done.stdout.count("wrote") == 1
    ours, theirs = (load_network(run).network.state_dict() for run in (one, two))
    close = [torch.isclose(theirs[name], value, atol=1e-5, rtol=1e-4).flatten() for name, value in ours.items()]
    assert 1 - torch.cat(close).double().mean() <= strays
    assert (one / "metrics.csv").read_text().count("\n") == (two / "metrics.csv").read_text().count("\n") == 3
    scores = [json.loads((run / "fit.json").read_text())["validation"]["raw"] for run in (one, two)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)


def test_two_processes_train_the_network_that_one_trains(corpus: Path, tmp_path: Path) -> None:
    """Without noise, batch statistics or dropout the mean of two half batches' gradients is the whole batch's."""
    assert_together_as_alone(str(corpus), tmp_path, FIT, [sys.executable])


def test_processes_of_torchrun_stream_shards_of_their_own_and_train_what_one_trains(
    tmp_path: Path, url: str, asked: list[str]
) -> None:
    """A step that is the whole epoch holds the same pictures whoever reads them, two shards in each process.

    Without the other's gradients a fifth of the weights would differ.
    """
    torchrun = [sys.executable, "-m", "torch.distributed.run"]
    torchrun += ["--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
    assert_together_as_alone(url, tmp_path, [*FIT, "trainer.batch_size=20", "stream=true"], torchrun, strays=1e-3)
    epochs, starts = 2, 2
    read = Counter(name for name in asked if name.endswith(".tar"))
    assert read.pop("shard-000004.tar") == 1 + 2, "what validates is held by each process"
    assert read == {f"shard-{shard:06d}.tar": epochs * starts for shard in range(4)}


@pytest.mark.parametrize(("here", "everywhere", "nodes"), [(2, 2, 1), (1, 2, 2), (4, 8, 2)])
def test_torchrun_is_to_start_as_many_processes_as_train_together(
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    here: int,
    everywhere: int,
    nodes: int,
) -> None:
    started = {"TORCHELASTIC_RUN_ID": "0", "LOCAL_WORLD_SIZE": str(here), "WORLD_SIZE": str(everywhere)}
    for name, value in started.items():
        monkeypatch.setenv(name, value)
    assert main(["fit", f"data={corpus}", f"out={tmp_path / 'run'}", *FIT]) == 1
    said = capsys.readouterr().err
    assert said.endswith(f"give trainer.devices={here} trainer.nodes={nodes}\n") and said.count("\n") == 1
    assert not (tmp_path / "run").exists()
    refuse_other_start(here, nodes)


def test_fit_streams_from_a_server(corpus: Path, tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*FIT, "trainer.epochs=1", "trainer.batch_size=5", "stream=true"]
    assert main(["fit", f"data={url}", f"out={tmp_path / 'run'}", *words]) == 0
    about = json.loads((tmp_path / "run/fit.json").read_text())
    assert about["training_pictures"] == 20 and about["validation_pictures"] == 4
    capsys.readouterr()
    for refused in ("on_error=skip", "persons.only=p00", "trainer.devices=2"):
        assert main(["fit", f"data={url}", f"out={tmp_path / 'other'}", *words, refused]) == 1
    said = capsys.readouterr().err
    assert "stops at what is damaged" in said and "persons are not told apart" in said
    assert "batch_size=5: no multiple of 2 devices" in said
