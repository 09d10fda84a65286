"""`canthus sheet turing`: the pictures stand where the answers say, shuffled by the seed alone."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.equalise import equalise
from synth.commands.cli import main
from synth.report.sheet import Layout
from synth.shards import ShardPlan, iterate, write_shard
from tests.synth.fake_samples import fake_sample


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with real/, five grey pictures, and refined/, seven rendered ones."""
    folder = tmp_path_factory.mktemp("sides")
    for name in ("real", "refined"):
        (folder / name).mkdir()
    for i in range(5):
        noise = np.random.default_rng(i).integers(0, 256, (36, 60), np.uint8)
        Image.fromarray(noise).save(folder / f"real/{i}.png")
    write_shard(folder / "refined", ShardPlan(7), 0, (fake_sample(4, i, 60, 36) for i in range(7)))
    return folder


def sheet(sides: Path, out: Path, *words: str) -> dict[str, dict[str, str]]:
    """Draw a sheet without enlarging it and return its answers."""
    places = [f"real={sides / 'real'}", f"refined={sides / 'refined'}", f"out={out}"]
    assert main(["sheet", "turing", *places, "scale=1", "columns=3", *words]) == 0
    told = json.loads(out.with_suffix(".answers.json").read_text())
    assert told["real"] == str(sides / "real") and told["refined"] == str(sides / "refined")
    return told["answers"]


def test_every_picture_is_where_the_answers_say(sides: Path, tmp_path: Path) -> None:
    answers = sheet(sides, tmp_path / "new/turing.png", "n=7", "seed=3")
    assert list(answers) == [str(i) for i in range(1, 8)]
    kinds = [one["is"] for one in answers.values()]
    assert kinds.count("real") == 3 and kinds.count("rendered") == 4 and kinds != sorted(kinds)
    sources = [one["from"] for one in answers.values()]
    assert len(set(sources)) == 7
    rendered = {sample.key: sample.picture for sample in iterate(sides / "refined")}
    drawn, layout = np.asarray(Image.open(tmp_path / "new/turing.png")), Layout(3, 1.0)
    for place, (kind, source) in enumerate(zip(kinds, sources, strict=True)):
        picture = np.asarray(Image.open(sides / "real" / source)) if kind == "real" else rendered[source]
        x = layout.margin_px + place % 3 * (60 + layout.gap_px)
        y = layout.margin_px + 34 + place // 3 * (36 + layout.caption_px + layout.gap_px)
        shown = drawn[y : y + 36, x : x + 60]
        assert np.array_equal(shown[..., 0], equalise(torch.from_numpy(picture.copy())[None])[0].numpy())


def test_the_seed_decides_what_is_shown(sides: Path, tmp_path: Path) -> None:
    first, again, other = (
        sheet(sides, tmp_path / f"{i}.png", "n=6", f"seed={seed}") for i, seed in enumerate((0, 0, 1))
    )
    assert first == again != other


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["turing", "real={real}"], "refined=None: sheet turing needs refined=..."),
        (["turing", "real={real}", "refined={refined}", "data=x"], "data=x: sheet turing takes no data=..."),
        (["real={real}", "data={refined}"], "takes no real=..."),
        (["turing", "real={real}", "refined={refined}", "n=1"], "n=1: of two kinds"),
        (["turing", "real={real}", "refined={refined}", "n=12"], "real: has 5 pictures and the sheet is to show 6"),
        (["turing", "real={real}", "refined={refined}", "n=20"], "refined: has 7 pictures and the sheet is to show 10"),
        (["turing", "real={real}", "refined={refined}", "seed=-1"], "seed=-1"),
    ],
)
def test_bad_input_is_one_clear_line(
    words: list[str], message: str, sides: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"real": sides / "real", "refined": sides / "refined"}
    assert main(["sheet", *(word.format(**places) for word in words), f"out={tmp_path / 'x.png'}"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not list(tmp_path.iterdir())
