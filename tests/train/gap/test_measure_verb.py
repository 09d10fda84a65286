"""`canthus refine measure`: from two corpora and real eyes to a report, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from synth.commands.cli import main
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from tests.train.pages import without_pictures
from train.checkpoint import save_network
from train.models.build import build

N = 26
LOG = """epoch,step,check/drift,check/ends,check/spread,discriminator/accuracy,discriminator/loss,refiner/keep
0,2,0.0,0.02,0.99,0.5,1.9,
1,4,0.01,0.02,0.97,0.6,1.8,0.01
"""
CONFIG = """config:
  refiner: {check_every: 2}
  limits: {spread: 0.3, ends: 0.5, drift: 0.15, accuracy: 0.999, checks: 5}
"""
FIGURES = {
    "none": {"raw": {"mean": 6.0, "deviation": 0.5, "values": []}, "change_percent": None},
    "refiner": {
        "raw": {"mean": 4.5, "deviation": 0.25, "values": []},
        "left": {"mean": None, "deviation": 0.0, "values": []},
        "change_percent": -25.0,
    },
}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Eyes, a copy whose pictures stand one px further right, real eyes, a run, a study, a network of landmarks."""
    folder = tmp_path_factory.mktemp("measured")
    found = {name: folder / name for name in ("eyes", "refined", "real", "run", "study", "odd", "marks", "few")}
    for path in found.values():
        path.mkdir()
    samples = [fake_sample(5, i, 60, 36) for i in range(N)]
    write_shard(found["eyes"], ShardPlan(N), 0, samples)
    write_shard(found["few"], ShardPlan(3), 0, samples[:3])
    moved = (replace(one, picture=np.roll(one.picture, 1, axis=1)) for one in samples)
    write_shard(found["refined"], ShardPlan(N), 0, moved)
    for i in range(N):
        picture = fake_sample(6, i, 60, 36).picture.astype(float) + np.random.default_rng(i).normal(0, 9, (36, 60))
        small = Image.fromarray(picture.clip(0, 255).astype(np.uint8)).resize((55, 35))
        small.save(found["real"] / f"{i}.png")
    (found["run"] / "metrics.csv").write_text(LOG)
    (found["run"] / "config.yaml").write_text(CONFIG)
    (found["study"] / "figures.json").write_text(json.dumps({"made": {}, "rows": FIGURES}))
    (found["odd"] / "figures.json").write_text(json.dumps({"made": {}, "conditions": []}))
    torch.manual_seed(0)
    options = {"modules": 1, "channels": 4}
    save_network(found["marks"] / "network.pt", build("pupilnet", options), "pupilnet", options, {"seed": 0})
    return found


def words(places: dict[str, Path], *more: str) -> list[str]:
    corpora = [f"{key}={places[name]}" for key, name in (("data", "eyes"), ("refined", "refined"), ("real", "real"))]
    return ["refine", "measure", *corpora, "progress=false", "threads=1", *more]


@pytest.fixture(scope="module")
def report(places: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reports") / "refiner"
    more = [f"marks={places['marks']}", f"checkpoint={places['run']}", f"downstream={places['study']}", f"out={out}"]
    assert main(words(places, *more)) == 0
    return out


def test_the_report_has_every_measure(report: Path, places: dict[str, Path]) -> None:
    found = json.loads((report / "report.json").read_text())
    assert found["eyes"] == {"rendered": N, "real": N}
    refined, unmoved = (found["drift"][version] for version in ("refined", "augmented, unmoved"))
    whole = refined["gradients"]["whole picture"]
    assert whole["shift_px"]["median"] == pytest.approx(1, abs=0.1)
    assert whole["mean_px"] == pytest.approx([1, 0], abs=0.1)
    assert unmoved["gradients"]["whole picture"]["shift_px"]["median"] < 0.3
    pupil = refined["landmarks"]["marks"]["pupil's middle"]
    assert set(pupil) == {"shift_px", "mean_px", "error_before_px", "error_after_px"}
    assert refined["gaze"]["shift_deg"]["median"] > 0
    sets = ["rendered", "refined", "augmented", "refined, augmented", "rendered, as stored", "real, in halves"]
    assert {kind: list(of) for kind, of in found["distances"].items()} == dict.fromkeys(
        ("network", "hog", "texture"), sets
    )
    for of in found["distances"].values():
        nothing = of["real, in halves"]
        assert abs(nothing["kernel_distance"]["value"]) < 3 * nothing["kernel_distance"]["error"] + 0.05
        assert nothing["told_apart"]["rows"] == N // 2 and of["refined"]["told_apart"]["rows"] == N
    # The real ones have noise and were resized: texture tells.
    assert found["distances"]["texture"]["rendered"]["told_apart"]["accuracy"] > 0.9
    assert found["downstream"]["refiner"] == {
        "raw": {"mean": 4.5, "deviation": 0.25},
        "left": {"mean": None, "deviation": 0.0},
    }
    assert found["about"]["marks"]["marks"]["network"] == "pupilnet" and found["about"]["gaze"]["run"] == "ready"
    page = without_pictures((report / "report.html").read_text())
    for said in (
        "labels drift",
        "pupil's middle (marks)",
        "Against real eyes",
        "<td>4.50</td><td>0.25</td>",
        "What refining did to",
    ):
        assert said.replace("'", "&#x27;") in page or said in page
    assert {path.name for path in report.iterdir()} == {
        *("report.json", "report.html", "distances.png", "eyes.png", "curves.png")
    }


def test_without_augmentation_there_is_nothing_to_compare_with(places: dict[str, Path], tmp_path: Path) -> None:
    assert main(words(places, "augment=none", f"out={tmp_path / 'a'}", "seed=4")) == 0
    found = json.loads((tmp_path / "a/report.json").read_text())
    assert list(found["drift"]) == ["refined"] and "augmented" not in found["distances"]["hog"]
    assert found["drift"]["refined"]["landmarks"] == {}
    assert not (tmp_path / "a/curves.png").exists() and "downstream" not in found


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["synthetic=x"], "synthetic=x: refine measure takes no synthetic=..."),
        (["marks=7"], "marks=7: name a run's folder"),
        (["n=0"], "n=0"),
        (["augment=faces"], "mirror"),
        (["marks={run}"], "network.pt: there is no such file"),
        (["gaze={marks}"], "gaze={marks}: pupilnet tells the eye landmarks"),
        (["checkpoint={eyes}"], "config.yaml: no configuration of a run"),
        (["downstream={eyes}"], "figures.json: there is no such file"),
        (["downstream={odd}"], "figures.json: not the figures of a study of networks"),
        (["refined={few}"], "few: holds 3 of the samples looked at"),
        (["data={few}", "refined={few}"], "few: 3 eyes; at least 24"),
        (["refined={real}"], "real: holds no shard"),
        (["out={run}/metrics.csv"], "is a file; name a folder"),
    ],
)
def test_bad_input_is_one_clear_line(
    more: list[str], message: str, places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {word.partition("=")[0]: word.format(**places) for word in more}
    kept = [word for word in words(places) if word.partition("=")[0] not in given]
    assert main([*kept, *([] if "out" in given else [f"out={tmp_path / 'x'}"]), *given.values()]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message.format(**places) in lines[0]
    assert not (tmp_path / "x").exists()


def test_a_copy_of_other_labels_is_no_copy(
    places: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_shard(other, ShardPlan(N), 0, (fake_sample(9, i, 60, 36) for i in range(N)))
    assert (
        main([word for word in words(places, f"out={tmp_path / 'x'}") if "refined=" not in word] + [f"refined={other}"])
        == 1
    )
    assert "no refined copy" in capsys.readouterr().err
