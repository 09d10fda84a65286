"""`canthus fit adaptation=...` from end to end, what a run says of its pictures, and what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.equalise import to_network
from synth.commands.cli import main
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from tests.train.test_pose_data import write_mat_pair
from train.checkpoint import load_network
from train.data.unlabelled import digest, fitted_pictures
from train.models.build import build

TINY = ["model.channels=4", "trainer.epochs=1", "trainer.batch_size=8", "trainer.threads=1"]
QUIET = ["trainer.progress=false", "trainer.accelerator=cpu"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    write_shard(folder, ShardPlan(20), 0, (fake_sample(0, i, 60, 36) for i in range(20)))
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs of all sizes."""
    folder = tmp_path_factory.mktemp("real")
    draw = np.random.default_rng(0)
    for i, shape in enumerate([(35, 55), (36, 60, 3), (72, 120), (35, 55), (50, 50)]):
        Image.fromarray(draw.integers(0, 256, shape, np.uint8)).save(folder / f"{i}.png")
    return folder


def test_runs_say_what_they_were_adapted_to(corpus: Path, real: Path, tmp_path: Path) -> None:
    plain = tmp_path / "none"
    assert main(["fit", f"data={corpus}", f"out={plain}", *TINY, *QUIET]) == 0
    assert "adaptation" not in load_network(plain).about
    for method, logged in (("mean_teacher", "train/consistency"), ("dann", "train/domain_accuracy")):
        out = tmp_path / method
        words = [f"adaptation={method}", f"adaptation.real={real}", "adaptation.images=3", "adaptation.batch_size=4"]
        assert main(["fit", f"data={corpus}", f"out={out}", *words, *TINY, *QUIET]) == 0
        about = json.loads((out / "fit.json").read_text())["adaptation"]
        assert about == load_network(out).about["adaptation"]
        assert (about["method"], about["real"], about["images"], about["of"]) == (method, str(real), 3, 5)
        shown = fitted_pictures(real, np.zeros((36, 60), np.uint8))
        assert about["sha256"] == digest([shown[0], shown[2], shown[4]])
        with (out / "metrics.csv").open() as file:
            (row,) = csv.DictReader(file)
        assert np.isfinite(float(row[logged]))
        ours, theirs = load_network(out).network.state_dict(), load_network(plain).network.state_dict()
        assert list(ours) == list(theirs)  # what was learnt beside is not kept
        assert not torch.equal(ours["stem.weight"], theirs["stem.weight"])


def test_adabn_changes_statistics_alone_also_of_a_network_that_is_trained(
    corpus: Path, real: Path, tmp_path: Path
) -> None:
    trained, after, later = tmp_path / "trained", tmp_path / "after", tmp_path / "later"
    adabn = ["adaptation=adabn", f"adaptation.real={real}"]
    common = ["fit", f"data={corpus}", *TINY, *QUIET]
    assert main([*common, f"out={trained}"]) == 0
    assert main([*common, f"out={after}", *adabn]) == 0
    assert main([*common, f"out={later}", *adabn, f"init={trained}", "samples=0"]) == 0
    states = [load_network(out).network.state_dict() for out in (trained, after, later)]
    for name in states[0]:
        if "running" in name or "tracked" in name:
            continue
        assert torch.equal(states[0][name], states[1][name]) and torch.equal(states[0][name], states[2][name]), name
    for name in ("norm.running_mean", "norm.running_var"):
        assert torch.equal(states[1][name], states[2][name]) and not torch.equal(states[0][name], states[1][name])
    eyes = torch.from_numpy(np.stack(fitted_pictures(real, np.zeros((36, 60), np.uint8))))
    network = build("resnet_preact", load_network(trained).options)
    network.load_state_dict(states[0])
    with torch.no_grad():  # the first layer's, by hand
        maps = network.stem((to_network(eyes) - 0.5) * 12**0.5)  # type: ignore[operator]
    np.testing.assert_allclose(states[1]["stages.0.norm1.running_mean"], maps.mean(dim=(0, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(states[1]["stages.0.norm1.running_var"], maps.var(dim=(0, 2, 3)), rtol=1e-4)


def test_networks_of_head_pose_are_adapted_to_faces(tmp_path: Path) -> None:
    data, real = tmp_path / "data", tmp_path / "real"
    data.mkdir(), real.mkdir()
    for i in range(4):
        write_mat_pair(data, f"image{i:05d}", (2.0 * i, 5.0 * i - 20, -i))
        Image.fromarray(np.full((80, 70 + i, 3), 50 * i, np.uint8)).save(real / f"{i}.jpg")
    for method in ("mean_teacher", "adabn"):
        words = [f"adaptation={method}", f"adaptation.real={real}", "experiment=ssrnet_md", "trainer.validation=0"]
        words += ["adaptation.batch_size=2"] * (method == "mean_teacher")
        fit = ["fit", f"data={data}", f"out={tmp_path / method}", "trainer.epochs=1", "trainer.batch_size=4"]
        assert main([*fit, *words, *QUIET]) == 0
        assert load_network(tmp_path / method).about["adaptation"]["images"] == 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["adaptation=dann"], "adaptation: real=None: adaptation=dann needs adaptation.real=..."),
        (["adaptation.real=x"], "adaptation: real=x: adaptation=none takes no adaptation.real=..."),
        (["adaptation=adabn", "adaptation.real=x", "adaptation.weight=1"], "weight=1.0: adaptation=adabn takes no"),
        (["adaptation=dann", "adaptation.real=x", "adaptation.images=1"], "images=1: at least 2"),
        (["adaptation=mean_teacher", "adaptation.real=x", "adaptation.ramp=2"], "ramp=2.0: from 0 to 1"),
        (["adaptation=adabn", "adaptation.real=nowhere"], "nowhere: there is no such folder"),
        (["adaptation=adabn", "adaptation.real={real}", "adaptation.images=6"], "holds 5 pictures, of which 6"),
        (["adaptation=adabn", "adaptation.real={real}", "model=lenet"], "lenet has no batch normalisation"),
        (["adaptation=dann", "adaptation.real={real}", "experiment=ssrnet_md"], "ssrnet_md has no one layer of"),
        (["adaptation=dann", "adaptation.real={real}", "trainer.devices=2"], "trains in one process"),
        (["adaptation=dann", "adaptation.real={real}", "samples=0", "init=x"], "samples=0: takes no step"),
    ],
)
def test_what_cannot_be_adapted_is_one_line(
    words: list[str], message: str, corpus: Path, real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [word.format(real=real) for word in words]
    assert main(["fit", f"data={corpus}", f"out={tmp_path / 'x'}", *QUIET, *given]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
    assert not (tmp_path / "x/network.pt").exists()


def test_a_kind_that_reads_no_unlabelled_pictures_says_so(
    real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["experiment=pupilnet", "adaptation=adabn", f"adaptation.real={real}"]
    folder = tmp_path / "large"
    folder.mkdir()
    write_shard(folder, ShardPlan(4), 0, (fake_sample(0, i, 120, 80) for i in range(4)))
    assert main(["fit", f"data={folder}", f"out={tmp_path / 'x'}", *words, *QUIET]) == 1
    assert "is for networks of an eye's gaze and of head pose" in capsys.readouterr().err
