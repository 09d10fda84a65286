"""Processes that die, hang, grow or fail: who is replaced, what is made again, what is told, and what a signal does."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from synth.errors import RenderError
from synth.pool import Care, Poison, make_shards
from tests.synth.fake_shards import expected, fate, making

ROOT = Path(__file__).parents[2]
CARE = Care(patience_s=60)


def run(
    folder: Path, shards: list[int], workers: int = 1, care: Care = CARE
) -> tuple[list[Poison], list[int], list[int]]:
    """Make shards; return the poisons, the shards told as made, and the processes told as lost."""
    made, lost = [], []

    def take(shard: int, facts: str) -> None:
        assert facts == f"shard {shard}" and (folder / f"{shard}.txt").read_text() == expected(shard)
        made.append(shard)

    poisons = make_shards(partial(making, folder), shards, workers, care, made=take, lost=lost.append)
    return poisons, made, lost


def processes(folder: Path) -> dict[int, str]:
    return {int(path.name): path.read_text() for path in (folder / "pids").iterdir()}


def test_shards_are_made_once_by_few_processes_that_leave(tmp_path: Path) -> None:
    poisons, made, lost = run(tmp_path, [4, 2, 3], workers=2)
    assert (poisons, sorted(made), lost) == ([], [2, 3, 4], [])
    assert list(processes(tmp_path).values()) == ["left"] * 2


def test_one_that_dies_is_replaced_and_its_shard_made_again(tmp_path: Path) -> None:
    fate(tmp_path, 1, "die")
    fate(tmp_path, 8, "segfault")
    poisons, made, lost = run(tmp_path, [0, 1, 2])
    assert (poisons, sorted(made)) == ([], [0, 1, 2]) and len(lost) == 2
    assert len(processes(tmp_path)) == 3 and {processes(tmp_path)[pid] for pid in lost} == {"0"}, "the seat is kept"


@pytest.mark.parametrize("deed", ["hang", "stop"])
def test_one_that_hangs_is_replaced(tmp_path: Path, deed: str) -> None:
    fate(tmp_path, 4, deed)
    poisons, made, lost = run(tmp_path, [0, 1], care=Care(patience_s=1.5))
    assert (poisons, made) == ([], [0, 1]) and len(lost) == 1


def test_poison_is_told_and_everything_else_is_made(tmp_path: Path) -> None:
    fate(tmp_path, 4, "segfault", times=2)
    fate(tmp_path, 6, "die", times=1)
    poisons, made, lost = run(tmp_path, [0, 1, 2, 3], workers=2)
    assert poisons == [Poison(1, 4, "was killed by signal 11")]
    assert sorted(made) == [0, 2, 3] and len(lost) == 3
    assert run(tmp_path, [1])[:2] == ([], [1]), "that it died here twice is not written down: it is tried again"


def test_processes_that_never_begin_are_an_error_and_no_endless_loop(tmp_path: Path) -> None:
    fate(tmp_path, 0, "none")
    (tmp_path / "fates" / "start-die.1").touch()
    with pytest.raises(RenderError, match="end before they come to a sample"):
        run(tmp_path, [0, 1], workers=2)
    assert 5 <= len(processes(tmp_path)) <= 6


@pytest.mark.parametrize(("deed", "error"), [("mistake", RenderError), ("bug", ZeroDivisionError)])
def test_an_exception_ends_the_run(tmp_path: Path, deed: str, error: type[Exception]) -> None:
    fate(tmp_path, 1, deed)
    with pytest.raises(error) as caught:
        run(tmp_path, [0, 1, 2], workers=2)
    notes = "".join(getattr(caught.value, "__notes__", ()))
    assert ("in a render process" in notes and "fake_shards.py" in notes) == (deed == "bug")
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes(tmp_path))


def test_one_that_grows_makes_way_after_the_shard_in_hand(tmp_path: Path) -> None:
    fate(tmp_path, 5, "grow")
    poisons, made, lost = run(tmp_path, [0, 1, 2, 3], care=Care(growth_mb=40))
    assert (poisons, made, lost) == ([], [0, 1, 2, 3], [])
    assert list(processes(tmp_path).values()) == ["left"] * 2


def begun(folder: Path) -> subprocess.Popen[str]:
    """Start a run of four shards in a process of its own that waits at sample 1."""
    fate(folder, 1, "wait")
    program = (
        "import sys\nfrom functools import partial\nfrom pathlib import Path\n"
        "from synth.pool import Care, make_shards\nfrom tests.synth.fake_shards import making\n"
        "if __name__ == '__main__':\n"
        "    make_shards(partial(making, Path(sys.argv[1])), [0, 1, 2, 3], 1, Care())\n"
    )
    script = folder / "run.py"
    script.write_text(program)
    run = subprocess.Popen(
        [sys.executable, str(script), str(folder)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (folder / "waiting").exists():
        assert run.poll() is None
        time.sleep(0.02)
    return run


def heard(run: subprocess.Popen[str]) -> str:
    assert run.stderr is not None
    return run.stderr.readline()


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_a_first_signal_finishes_the_shard_in_hand_and_a_second_one_ends_at_once(
    tmp_path: Path, number: int, status: int
) -> None:
    for twice in (False, True):
        folder = tmp_path / str(twice)
        folder.mkdir()
        run = begun(folder)
        run.send_signal(number)
        assert "finishing the shards in hand" in heard(run)
        if twice:
            run.send_signal(number)
        else:
            (folder / "go on").touch()
        run.communicate(timeout=60)
        assert run.returncode == status
        assert sorted(path.name for path in folder.glob("*.txt")) == ([] if twice else ["0.txt"])
        assert not any(Path(f"/proc/{pid}").exists() for pid in processes(folder))


def test_processes_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    run = begun(tmp_path)
    run.kill()
    run.communicate()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in processes(tmp_path)):
        assert time.monotonic() < end
        time.sleep(0.05)
