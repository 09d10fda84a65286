"""`canthus curve`: its points and folders, that nothing measured on was trained on, continuing, and its report."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from synth.commands.cli import main
from tests.train.conftest import DrawEyes
from tests.train.pages import without_pictures
from tests.train.test_pose_data import write_mat_pair
from train.checkpoint import save_network
from train.commands import fit as command
from train.curve import Curve, Point, summary, values_at
from train.models.build import build

SMALL = {"channels": 4, "stem_stride": 2}
CURVE = Curve((Point(10, False, (9.0,)), Point(0, True, (7.0,)), Point(10, True, (5.0, 7.0))), 8.0, "deg", 20)


def test_figures_of_a_curve_by_hand() -> None:
    assert values_at(CURVE, 0) == [7.0, 0.0, None, None]
    assert values_at(CURVE, 10) == [6.0, 1.0, 9.0, 0.0]
    assert list(summary(CURVE)) == [
        "20 pictures, deg; a guess that looks at none: 8.00",
        "0 samples: 7.00 with pretraining",
        "10 samples: 6.00 with pretraining, 9.00 without",
    ]
    found = CURVE.to_json()
    assert [(one["samples"], one["pretrained"]) for one in found["points"]] == [(0, True), (10, True), (10, False)]


def test_a_curve_from_end_to_end(
    tmp_path: Path, draw_eyes: DrawEyes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    eyes = draw_eyes(40)
    real = tmp_path / "real.h5"
    with h5py.File(real, "w") as file:
        file["p00/image"], file["p00/pose"] = eyes.images_u8.numpy(), eyes.head_pitch_yaw_rad.numpy()
        file["p00/gaze"] = eyes.gaze_pitch_yaw_rad.numpy()
    torch.manual_seed(0)
    save_network(tmp_path / "network.pt", build("resnet_preact", SMALL), "resnet_preact", SMALL, {"seed": 3})
    trained_on: dict[str, set[str]] = {}
    exact = command.fit

    def watched(task, training, validation, out, **words):
        trained_on[out.name] = set(training.keys)
        assert len(validation) == 0 and words["epochs"] * max(len(training) // words["batch_size"], 1) >= 3
        if out.name == "4-with-seed0":  # one is enough, training has tests of its own
            exact(task, training, validation, out, **words)

    monkeypatch.setattr(command, "fit", watched)
    out = tmp_path / "curve"
    words = ["curve", f"init={tmp_path / 'network.pt'}", f"data={real}", f"out={out}", "samples=[0,4,1000]"]
    words += ["seeds=[0,1]", "steps=3", "batch_size=8", "overrides=['augment=none','trainer.accelerator=cpu']"]
    assert main(words) == 0
    said = capsys.readouterr().out

    runs = {f"{n}-{way}-seed{seed}" for n in ("4", "all") for way in ("with", "without") for seed in (0, 1)}
    assert set(trained_on) == runs
    assert {path.name for path in out.iterdir() if path.is_dir()} == runs | {"0-with-seed0"}
    # Rows 0 to 19 are taken for left eyes, the others for right ones: the first half of each may be trained on.
    allowed = {f"p00/{row:06d}" for row in (*range(10), *range(20, 30))}
    assert all(keys <= allowed for keys in trained_on.values()) and trained_on["all-with-seed0"] == allowed
    assert trained_on["4-with-seed0"] == trained_on["4-without-seed0"] != trained_on["4-with-seed1"]

    report = json.loads((out / "report.json").read_text())
    assert report["tested"] == 20 and report["about"]["pretrained"]["seed"] == 3
    kinds = [(one["samples"], one["pretrained"], len(one["errors"])) for one in report["points"]]
    assert kinds == [(0, True, 1), (4, True, 2), (20, True, 2), (4, False, 2), (20, False, 2)]
    for one in report["points"]:
        assert one["mean"] == pytest.approx(np.mean(one["errors"])) and all(0 < error < 90 for error in one["errors"])
    scores = report["about"]["scores"]
    assert scores["4-with-seed0"]["raw"] != scores["0-with-seed0"]["raw"] == scores["4-with-seed1"]["raw"]
    assert report["points"][1]["errors"] == [scores[f"4-with-seed{seed}"]["raw"] for seed in (0, 1)]
    assert scores["0-with-seed0"]["n"] == 20 and report["chance"] == scores["0-with-seed0"]["mean_predictor"]
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")
    page = (out / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 1 and "http" not in without_pictures(page)
    assert "20 samples: " in said and "report.html" in said

    monkeypatch.setattr(command, "fit", lambda *_, **__: pytest.fail("trained again"))
    assert main(words) == 0
    assert json.loads((out / "report.json").read_text())["points"] == report["points"]


def test_a_curve_of_head_pose_on_another_set(tmp_path: Path) -> None:
    for name, n in (("train", 4), ("test", 3)):
        (tmp_path / name).mkdir()
        for i in range(n):
            write_mat_pair(tmp_path / name, f"image{i:05d}", (2.0 * i, 5.0 * i - 20, -i))
    torch.manual_seed(0)
    save_network(tmp_path / "network.pt", build("ssrnet_md", {}), "ssrnet_md", {}, {})
    words = ["curve", f"init={tmp_path / 'network.pt'}", f"data={tmp_path / 'train'}", f"test={tmp_path / 'test'}"]
    words += ["samples=[]", "steps=1", "overrides=['augment=none','trainer.accelerator=cpu']", "frozen=true"]
    assert main([*words, f"out={tmp_path / 'curve'}"]) == 0
    report = json.loads((tmp_path / "curve/report.json").read_text())
    assert [(one["samples"], one["pretrained"]) for one in report["points"]] == [(4, True), (4, False)]
    score = report["about"]["scores"]["all-with-seed0"]
    assert report["tested"] == 3 and report["points"][0]["errors"] == [score["raw"]["mae"]]
    assert report["chance"] == score["zeros"]["mae"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["samples=[1]"], "samples: 1: each 0, or at least 2"),
        (["seeds=[]"], "seeds=[]: at least one"),
        (["steps=0"], "steps=0"),
        ([], "nowhere: there is no such file"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["curve", "init=nowhere", "data=nowhere", f"out={tmp_path}", *words]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]
