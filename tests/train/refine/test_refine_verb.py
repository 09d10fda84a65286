"""`canthus refine`: learn from drawn eyes, refine a corpus, and find all but its pictures as they were, to the byte."""

import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from adapt.equalise import equalise
from adapt.refine.residual import ResidualRefiner
from adapt.refine.space import Space
from synth.commands.cli import main
from synth.seeds import rng
from synth.shards import Encoding, PictureFormat, ShardPlan, finish, iterate, open_output, read_manifest, write_shard
from synth.shards.encode import decode_picture, encode_picture
from tests.synth.fake_samples import fake_sample
from train.refine.apply import refined_pictures
from train.refine.fit import load_refiner

TINY = ["refiner.maps=4", "refiner.blocks=1", "refiner.patch_maps=6", "refiner.batch_size=4", "refiner.history=8"]
TINY += ["refiner.steps=4", "refiner.warm_discriminator=2", "refiner.check_every=2", "refiner.learning_rate=0.01"]
QUIET = ["progress=false", "threads=1"]
FIT = ["refine", "fit", "accelerator=cpu", *QUIET]


def corpus(folder: Path, n: int, width: int, height: int, picture: str = "png", rasters: bool = False) -> Path:
    """Write a finished corpus as `canthus render` does."""
    encoding, plan = Encoding(PictureFormat(picture), 80), ShardPlan(n, 4)
    with open_output(folder, {"n": n, "picture": picture, "quality": 80}, {"bpy": "4.5"}) as output:
        for shard in range(plan.shards):
            samples = (fake_sample(5, i, width, height, rasters) for i in plan.indices(shard))
            write_shard(folder, plan, shard, samples, encoding)
        finish(output, plan, 5)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """Return all files of all shards."""
    found = {}
    for path in sorted(folder.glob("shard-*.tar")):
        with tarfile.open(path) as tar:
            found.update({member.name: tar.extractfile(member).read() for member in tar})  # type: ignore[union-attr]
    return found


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("corpora") / "eyes", 10, 60, 36)


@pytest.fixture(scope="module")
def run(eyes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny refiner of grey eyes, fitted by the command."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "real").mkdir()
    for i in range(3):
        noise = np.random.default_rng(i).integers(0, 256, (35, 55), np.uint8)
        (folder / f"real/{i}.png").write_bytes(encode_picture(noise, Encoding()))
    words = [f"synthetic={eyes}", f"real={folder / 'real'}", f"out={folder / 'run'}"]
    assert main([*FIT, *words, *TINY]) == 0
    return folder / "run"


def test_a_run_leaves_what_it_says(run: Path, eyes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert {path.name for path in run.iterdir()} >= {
        *("config.json", "config.yaml", "last.ckpt", "metrics.csv", "tensorboard", "refiner.pt", "fit.json")
    }
    about = load_refiner(run).about
    assert about["space"] == "equalised" and (about["height"], about["width"]) == (36, 60)
    assert (about["rendered_pictures"], about["real_pictures"]) == (10, 3) and about["refiner"]["maps"] == 4
    assert json.loads((run / "fit.json").read_text()).items() <= dict(about).items()
    again = [f"synthetic={eyes}", f"real={run.parent / 'real'}", f"out={run}", *TINY]
    capsys.readouterr()
    assert main([*FIT, *again, "limits.checks=9"]) == 0  # limits may change, for they change no refiner
    assert "is trained already" in capsys.readouterr().out
    assert main([*FIT, *again, "seed=2"]) == 1
    assert "was made with seed=0" in capsys.readouterr().err


def test_a_refined_corpus_is_the_same_but_for_its_pictures(run: Path, eyes: Path, tmp_path: Path) -> None:
    out = tmp_path / "refined"
    assert main(["refine", "apply", f"data={eyes}", f"checkpoint={run}", f"out={out}", *QUIET]) == 0
    before, after = files(eyes), files(out)
    assert list(before) == list(after)
    assert all(before[name] == after[name] for name in before if name.endswith(".json"))
    trained = load_refiner(run)
    for old, new in zip(iterate(eyes), iterate(out, verify=True), strict=True):
        assert new.picture.shape == (36, 60) and not np.array_equal(new.picture, old.picture)
        (alone,) = refined_pictures([old.picture], trained.network, Space.equalised, torch.ones(1))  # type: ignore[arg-type]
        assert np.abs(alone.astype(int) - new.picture).max() <= 1  # sums in another order
    assert (eyes / "index.parquet").read_bytes() == (out / "index.parquet").read_bytes()

    made, source = read_manifest(out), read_manifest(eyes)
    refined_by, refined = made["config"]["refined_by"], made["config"]["refined"]
    assert refined_by["network"] == "residual" and refined_by["about"]["refiner"]["maps"] == 4
    assert refined_by["sha256"] == hashlib.sha256((run / "refiner.pt").read_bytes()).hexdigest()
    assert refined["manifest_sha256"] == hashlib.sha256((eyes / "manifest.json").read_bytes()).hexdigest()
    assert refined["config"] == source["config"] and refined["versions"] == {"bpy": "4.5"}
    assert {"canthus", "torch"} <= made["versions"].keys()
    for name in ("seed", "samples", "shard_size", "rejections"):
        assert made[name] == source[name]


def test_a_picture_may_take_a_part_of_its_change(run: Path, eyes: Path, tmp_path: Path) -> None:
    # Without the skip the refiner of a few steps is far from the identity: parts of its change can be told.
    words = [f"synthetic={eyes}", f"real={run.parent / 'real'}", f"out={tmp_path / 'run'}", *TINY]
    assert main([*FIT, *words, "refiner.skip=false", "space=plain"]) == 0
    found = {}
    for name, strength in (("whole", "[1,1]"), ("half", "[0.5,0.5]"), ("any", "[0,1]")):
        words = [
            f"data={eyes}",
            f"checkpoint={tmp_path / 'run'}",
            f"strength={strength}",
            f"out={tmp_path / name}",
            *QUIET,
        ]
        assert main(["refine", "apply", *words]) == 0
        found[name] = [sample.picture.astype(float) for sample in iterate(tmp_path / name)]
    before = [sample.picture.astype(float) for sample in iterate(eyes)]
    parts = []
    for rendered, whole, half, some in zip(before, found["whole"], found["half"], found["any"], strict=True):
        assert np.abs(half - (rendered + whole) / 2).max() <= 1
        change = whole - rendered
        parts.append(float((change * (some - rendered)).sum() / (change * change).sum()))
    seed = read_manifest(eyes)["seed"]
    drawn = [rng(seed, index, "refiner").uniform() for index in range(len(before))]
    np.testing.assert_allclose(parts, drawn, atol=0.02)
    assert max(drawn) - min(drawn) > 0.3
    assert read_manifest(tmp_path / "half")["config"]["refined_by"]["strength"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("what", "strength", "said"),
    [
        ("apply", "[0.5,0.2]", "two numbers from 0 to 1"),
        ("apply", "[0.5]", "two numbers"),
        ("fit", "[0,1]", "no strength"),
    ],
)
def test_a_strength_that_is_none_is_refused(what: str, strength: str, said: str, capsys) -> None:
    words = {"apply": ["data=a", "checkpoint=b"], "fit": ["synthetic=a", "real=b"]}[what]
    assert main(["refine", what, *words, f"strength={strength}", "out=c"]) == 1
    assert said in capsys.readouterr().err


def test_what_was_stopped_continues_with_what_is_missing(run: Path, eyes: Path, tmp_path: Path) -> None:
    out = tmp_path / "refined"
    words = ["refine", "apply", f"data={eyes}", f"checkpoint={run}", f"out={out}", *QUIET]
    assert main(words) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.name != "timings.jsonl"}
    kept = (out / "shard-000000.tar").stat().st_mtime_ns
    for name in ("shard-000001.tar", "manifest.json", "index.parquet"):
        (out / name).unlink()
    assert main(words) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.name != "timings.jsonl"} == before
    assert (out / "shard-000000.tar").stat().st_mtime_ns == kept


def test_colours_rasters_and_jpgs_stay_what_they_are(tmp_path: Path) -> None:
    data = corpus(tmp_path / "data", 5, 40, 24, "jpg", rasters=True)
    words = [f"synthetic={data}", f"real={data}", f"out={tmp_path / 'run'}", "refiner=cut", "refiner.k_g=2"]
    assert main([*FIT, *words, *TINY]) == 0
    out, twice = tmp_path / "refined", tmp_path / "twice"
    assert main(["refine", "apply", f"data={data}", f"checkpoint={tmp_path / 'run'}", f"out={out}", *QUIET]) == 0
    before, after = files(data), files(out)
    assert list(before) == list(after)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"{i:08d}.jpg" for i in range(5)}
    picture = next(iterate(data)).picture
    network = load_refiner(tmp_path / "run").network
    (expected,) = refined_pictures([picture], network, Space.plain, torch.ones(1))  # type: ignore[arg-type]
    stored = encode_picture(expected, Encoding(PictureFormat.jpg, 80))
    assert np.abs(decode_picture(stored, "").astype(int) - next(iterate(out)).picture).mean() < 1
    # A copy of a copy knows how its pictures are stored, and where it comes from.
    assert main(["refine", "apply", f"data={out}", f"checkpoint={tmp_path / 'run'}", f"out={twice}", *QUIET]) == 0
    assert read_manifest(twice)["config"]["refined"]["config"] == read_manifest(out)["config"]
    assert [name for name in files(twice) if name.endswith("jpg")] == [f"{i:08d}.jpg" for i in range(5)]


def test_a_refiner_that_starts_as_the_identity_leaves_eyes_as_they_are(eyes: Path) -> None:
    pictures = [sample.picture for sample in iterate(eyes)]
    found = refined_pictures(pictures, ResidualRefiner(1, 4, 1, skip=True), Space.equalised, torch.ones(len(pictures)))
    before, after = (equalise(torch.from_numpy(np.stack(of))).int() for of in (pictures, found))
    # Levels that equalisation makes one are written as one, which may move their rank.
    assert (before - after).abs().max() <= 1
    assert np.mean(np.stack(found) == np.stack(pictures)) > 0.9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "out=x", "synthetic=a"], "real=None: refine fit needs real=..."),
        (["fit", "out=x", "synthetic=a", "real=b", "data=c"], "data=c: refine fit takes no data=..."),
        (["apply", "out=x", "data=a"], "checkpoint=None: refine apply needs checkpoint=..."),
        (["out=x"], "what has no value"),
        (["fit", "out=x", "synthetic=a", "real=b", "refiner.lambda=2"], "unknown key 'refiner.lambda'"),
        (["fit", "out=x", "synthetic=a", "real=b", "refiner=simgun"], "refiner=simgun: no such choice"),
        (["fit", "out=x", "synthetic=a", "real=b", "refiner.steps=70"], "refiner: steps=70: no multiple"),
        (["fit", "out=x", "synthetic=a", "real=b", "precision=fp16"], "precision=fp16"),
        (["fit", "out={tmp}/x", "synthetic=nowhere", "real={tmp}"], "nowhere: no such folder"),
        (["apply", "out={tmp}/x", "data={eyes}", "checkpoint={tmp}"], "refiner.pt: there is no such file"),
        (["apply", "out={eyes}", "data={eyes}", "checkpoint={run}"], "was made with "),
        (["apply", "out={tmp}/x", "data={other}", "checkpoint={run}"], "00000000: has shape (24, 40, 3); the refiner"),
    ],
)
def test_bad_input_is_one_clear_line(
    words: list[str], message: str, run: Path, eyes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = corpus(tmp_path / "other", 2, 40, 24) if any("{other}" in word for word in words) else tmp_path
    places = {"tmp": tmp_path, "eyes": eyes, "run": run, "other": other}
    assert main(["refine", *(word.format(**places) for word in words), *QUIET]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "x/refiner.pt").exists() and not (tmp_path / "x/manifest.json").exists()
