"""Detectors through the verbs: fit, evaluate, predict from end to end on tiny shards, and what is refused."""

import dataclasses
import json
from pathlib import Path

import pytest

from synth.commands.cli import main
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from train.checkpoint import load_network
from train.models.detection import DetectionNetwork

QUIET = ["trainer.progress=false", "trainer.accelerator=cpu", "trainer.threads=1"]
SMALL = ["model=blazeface", "model.side=64", "trainer.epochs=1", "trainer.batch_size=2", "trainer.validation=0.25"]


def write(folder: Path, samples: list[Sample]) -> Path:
    folder.mkdir(exist_ok=True)
    write_shard(folder, ShardPlan(len(samples)), 0, samples)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("faces") / "shards", [fake_face(8, index, (96, 64)) for index in range(4)])


@pytest.fixture(scope="module")
def run(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "blaze"
    assert main(["fit", *SMALL, "augment=pictures", *QUIET, f"data={shards}", f"out={out}"]) == 0
    return out


def test_fit_writes_a_detector(run: Path) -> None:
    about = json.loads((run / "fit.json").read_text())
    assert about["training_pictures"] == 3 and about["labels"]["box"] == "face"
    assert 0 <= about["validation"]["raw"]["missed"] <= 100 and about["validation"]["faces"] == 1
    assert "validation/loss" in (run / "metrics.csv").read_text()
    trained = load_network(run)
    assert trained.name == "blazeface" and isinstance(trained.network, DetectionNetwork)


def test_evaluate_writes_report_and_predictions(
    run: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = tmp_path / "found.json"
    words = [f"checkpoint={run}", f"data={shards}", f"out={tmp_path / 'report'}", f"predictions={said}", "threads=1"]
    assert main(["evaluate", *words]) == 0
    printed = capsys.readouterr().out
    assert "4 pictures, 4 faces" in printed and "after one box map" in printed
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["networks"]["blaze"]["cost"]["parameters"] == 70560 and report["about"]["box"] == "face"
    found = json.loads(said.read_text())
    assert sorted(found) == [f"{index:08d}" for index in range(4)]
    for one in (one for of in found.values() for one in of):
        assert len(one["box"]) == 4 and 0 < one["score"] <= 1 and len(one["points5"]) == 5
    assert (
        main(["predict", "task=detection", f"weights={run}", f"input={shards}", f"predictions={tmp_path / 'p.json'}"])
        == 0
    )
    assert json.loads((tmp_path / "p.json").read_text()) == found


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["augment=faces"], "erase: not for these pictures; pictures take augment=pictures or none"),
        (["augment.distortion=0.1"], "distortion: not for these pictures"),
        (["persons.only=p00"], "persons: they are for gaze"),
        (["model.side=60"], "model.side=60: a multiple of 32 px"),
        (["reader=biwi"], "holds no boxes of faces"),
    ],
)
def test_what_does_not_fit_is_one_line(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    given = ["fit", *SMALL, "augment=none", *words, *QUIET, f"data={shards}", f"out={tmp_path / 'run'}"]
    assert main(given) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


def test_pictures_of_backs_of_heads_alone_teach_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    behind = []
    for index in range(2):
        face = fake_face(8, index, (96, 64))
        behind.append(dataclasses.replace(face, labels={**face.labels, "face": {**face.labels["face"], "facing": 0.0}}))
    folder = write(tmp_path / "behind", behind)
    assert main(["fit", *SMALL, "augment=none", *QUIET, f"data={folder}", f"out={tmp_path / 'run'}"]) == 1
    assert "holds no box of a face; nothing can be learnt" in capsys.readouterr().err


def test_several_detectors_have_no_mean(
    run: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", f"checkpoint=[{run},{run}]", f"data={shards}", f"predictions={tmp_path / 'p.json'}"]
    assert main(words) == 1 and "of one detector" in capsys.readouterr().err
