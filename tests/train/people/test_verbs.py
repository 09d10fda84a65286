"""`fit`, `evaluate`, `predict`, `ablate` of attributes and identity, and what they refuse in one line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from synth.commands.cli import main
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.train.pages import without_pictures
from train.ablations.grids import GRIDS, Grid
from train.checkpoint import load_network
from train.models.people.attributes import AttributeNetwork
from train.models.people.identity import IdentityNetwork

QUICK = ["trainer.epochs=1", "trainer.batch_size=4", "trainer.progress=false", "trainer.accelerator=cpu"]
TINY = "model.width=0.34"


def face(index: int) -> Sample:
    """A face whose attributes vary, but for the first, which is true of nobody."""
    made = fake_face(3, index, pitch_yaw_roll_rad=(0.0, 0.1 * index - 0.4, 0.02 * index))
    known = {name: bool((index // 2 + place) % 3 == 0) for place, name in enumerate(made.labels["face"]["celeba"])}
    known["5_o_Clock_Shadow"] = False
    return replace(made, labels={**made.labels, "face": {**made.labels["face"], "celeba": known}})


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    write_shard(folder, ShardPlan(12), 0, [face(i) for i in range(12)])
    return folder


def fitted(name: str, shards: Path, out: Path, *words: str) -> Path:
    given = ["fit", f"experiment={name}", f"data={shards}", f"out={out}", "trainer.validation=0.3", TINY]
    assert main([*given, *QUICK, *words]) == 0
    return out


@pytest.fixture(scope="module")
def study(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ablation of weights, with one of its rows and two seeds: runs, a report on both of them, a table."""
    grid, out = GRIDS["attribute_weights"], tmp_path_factory.mktemp("study")
    assert list(grid.rows) == ["equal", "moon", "adaptive"]
    words = ["ablate", "what=attribute_weights", f"data={shards}", f"test={shards}", f"out={out}", "seeds=[0,1]"]
    quick = ",".join([*QUICK, TINY, "trainer.validation=0.3", "model.every=1"])
    with pytest.MonkeyPatch.context() as patch:
        row = {"adaptive": grid.rows["adaptive"]}
        patch.setitem(GRIDS, "attribute_weights", Grid(grid.title, row, (1,), grid.measures))
        assert main([*words, f"overrides=[{quick}]"]) == 0
    return out


@pytest.fixture(scope="module")
def attributes(study: Path) -> Path:
    return study / "adaptive/seed-0"


@pytest.fixture(scope="module")
def identity(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "who"
    return fitted("identity", shards, out, "model.features=8", "model.attributes=0.5", "model.head=local3")


def test_fit_leaves_networks_and_their_figures(attributes: Path, identity: Path) -> None:
    about = json.loads((attributes / "fit.json").read_text())
    # Two pictures of each person: the last two people, where 0.3 of twelve are asked for.
    assert (about["training_pictures"], about["validation_pictures"]) == (8, 4)
    assert "5_o_Clock_Shadow" in about["validation"]["not_learnt"] and about["validation"]["accuracy"] > 0
    network = load_network(attributes).network
    assert isinstance(network, AttributeNetwork) and not network.told.learnt[0] and network.told.learnt[1:].all()
    last = torch.load(attributes / "last.ckpt", weights_only=True)["state_dict"]
    learnt = network.told.learnt
    assert last["weights"][learnt].mean() == pytest.approx(1) and last["weights"].std() > 0.1
    assert "validation/accuracy" in (attributes / "metrics.csv").read_text().splitlines()[0]
    about = json.loads((identity / "fit.json").read_text())
    assert about["validation"]["people"] == 2 and about["validation"]["same"] == 2
    network = load_network(identity).network
    assert isinstance(network, IdentityNetwork) and network.told is not None and not network.told.learnt[0]
    heading, *rows = (identity / "metrics.csv").read_text().splitlines()
    assert "train/attributes" in heading and "validation/auc" in heading and len(rows) == 1


def test_attributes_are_measured_and_told(study: Path, attributes: Path, shards: Path, tmp_path: Path) -> None:
    folder = study / "adaptive/reduced-1"
    report = json.loads((folder / "report.json").read_text())
    own, other = (report["networks"][f"seed-{seed}"] for seed in (0, 1))
    assert report["faces"] == 12 and len(own["attributes"]) == 39 and own["not_learnt"] == ["5_o_Clock_Shadow"]
    assert own["accuracy"] == pytest.approx(np.mean([one["accuracy"] for one in own["attributes"].values()]))
    assert report["mean_of_networks"]["accuracy"] == pytest.approx((own["accuracy"] + other["accuracy"]) / 2)
    assert own["cost"]["parameters"] > 0 and report["ensemble"]["accuracy"] > 0
    page = without_pictures((folder / "report.html").read_text())
    for word in ("what most are", "never varied in training: 5_o_Clock_Shadow", "By attribute", "Smiling"):
        assert word in page
    words = ["predict", "task=attributes", f"weights={attributes}", f"input={shards}"]
    assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
    told = json.loads((tmp_path / "told.json").read_text())
    assert len(told) == 12 and len(told["00000003"]["attributes"]) == 39
    right = [
        (told[f"{i:08d}"]["attributes"]["Young"] > 0.5) == face(i).labels["face"]["celeba"]["Young"] for i in range(12)
    ]
    assert 100 * np.mean(right) == pytest.approx(own["attributes"]["Young"]["accuracy"])


def test_ways_to_weigh_are_compared(study: Path) -> None:
    heading, _, row = (study / "table.md").read_text().splitlines()[-3:]
    assert heading == "| network | accuracy (%) | balanced (%) | what most are (%) | million parameters |"
    figures = json.loads((study / "figures.json").read_text())["rows"]["adaptive"]["reduced 1"]
    mean, deviation = (figures[f"{what}_of_networks"]["accuracy"] for what in ("mean", "deviation"))
    assert row.startswith(f"| adaptive | {mean:.2f} ± {deviation:.2f} |")


def test_identity_is_measured_and_told(
    identity: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evaluate", f"checkpoint={identity}", f"data={shards}", f"out={tmp_path}"]
    assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
    assert "12 pictures of 6 people, 6 pairs of one, 60 of two" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text())
    own = report["networks"]["who"]
    assert own["folds"]["folds"] == 3 and set(own["rank1"]) == {"1", "5"} and set(own["tar"]) == {"0.1"}
    assert own["attributes"]["accuracy"] > 0
    page = without_pictures((tmp_path / "report.html").read_text())
    assert "found at rank 1" in page and "Pairs that mislead most" in page
    told = json.loads((tmp_path / "told.json").read_text())
    assert len(told["00000003"]["embedding"]) == 8 and len(told["00000003"]["attributes"]) == 39
    assert np.linalg.norm(told["00000003"]["embedding"]) == pytest.approx(1, abs=1e-4)


def test_predict_and_export(attributes: Path, identity: Path, tmp_path: Path) -> None:
    (tmp_path / "cuts").mkdir()
    Image.fromarray(np.full((50, 40, 3), 100, np.uint8)).save(tmp_path / "cuts" / "one.png")
    (tmp_path / "cuts" / "two.png").write_bytes(b"no picture")
    for task, run, keys in (
        ("attributes", attributes, {"attributes"}),
        ("identity", identity, {"embedding", "attributes"}),
    ):
        words = ["predict", f"task={task}", f"weights={run}", f"input={tmp_path / 'cuts'}", "on_error=skip"]
        assert main([*words, f"predictions={tmp_path / 'told.json'}"]) == 0
        told = json.loads((tmp_path / "told.json").read_text())
        assert set(told) == {"one.png"} and set(told["one.png"]) == keys


@pytest.mark.slow
def test_a_network_is_the_same_in_onnxruntime(identity: Path, tmp_path: Path) -> None:
    assert main(["export-model", f"checkpoint={identity}", f"out={tmp_path / 'model.onnx'}"]) == 0
    assert (tmp_path / "model.onnx").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "experiment=attributes", "augment=webcam"], "take augment=faces or none"),
        (["fit", "experiment=attributes", "stream=true"], "learns from pictures in memory"),
        (["fit", "experiment=identity", "samples=4"], "they would tear people apart"),
        (["fit", "experiment=identity", "trainer.devices=2"], "trains in one process"),
        (["evaluate", "reduced=5"], "it is for networks of head pose"),
        (["evaluate", "reader=pts"], "holds no portraits"),
    ],
)
def test_what_does_not_fit_is_one_line(
    identity: Path, shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    more = [f"checkpoint={identity}"] if words[0] == "evaluate" else []
    assert main([*words, *more, f"data={shards}", f"out={tmp_path / 'new'}"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_a_corpus_of_strangers_teaches_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attributes = [{**face(i).labels["attributes"], "identity": i} for i in range(3)]
    strangers = [replace(face(i), labels={**face(i).labels, "attributes": attributes[i]}) for i in range(3)]
    write_shard(tmp_path, ShardPlan(3), 0, strangers)
    words = ["fit", "experiment=identity", f"data={tmp_path}", f"out={tmp_path / 'run'}", TINY, *QUICK]
    assert main(words) == 1
    assert "render with subject.images_per_identity=2 or more" in capsys.readouterr().err
