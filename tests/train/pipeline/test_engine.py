"""Networks computed by ONNX Runtime: they tell what torch tells, their files are kept, and made anew when they lie."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.train.pipeline.doubles import painted
from train.checkpoint import Trained, save_network
from train.models.build import build
from train.models.detection.blazeface import BlazeFace
from train.pipeline.bench import mean_points_px
from train.pipeline.engine import Engine, cache_folder, fingerprint, hand_over
from train.pipeline.faces import Face
from train.pipeline.lens import guessed
from train.pipeline.look import Clock, Looker
from train.pipeline.networks import SPARE, TASKS, load_networks

ROOT = Path(__file__).parents[3]
NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "detection": ("blazeface", {"side": 96, "near_side": 32}),
    "landmarks": ("mobilenet68", {"side": 64, "width": 0.25}),
    "pose": ("ssrnet_md", {}),
    "gaze": ("lenet", {}),
    "attributes": ("attributes", {"width": 0.25}),
}


def fresh(name: str, options: dict[str, Any]) -> torch.nn.Module:
    torch.manual_seed(0)
    network = build(name, options)
    if isinstance(network, BlazeFace):
        for head in network.classifiers:
            assert isinstance(head, torch.nn.Conv2d) and head.bias is not None
            torch.nn.init.normal_(head.weight, std=0.3)
            torch.nn.init.zeros_(head.bias)
    return network


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    before = torch.get_num_threads()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


MAKING = """
import sys
from pathlib import Path
from train.pipeline.engine import Engine
from train.pipeline.networks import SPARE, TASKS, load_networks
load_networks(dict.fromkeys((*TASKS, SPARE)), Path(sys.argv[1]), Engine.onnx)
"""
"""In a process of its own: checks of types, as tests have them, fix the number of pictures of an exported detector."""


@pytest.mark.usefixtures("one_thread")
def test_both_engines_see_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for task, (name, options) in NETWORKS.items():
        save_network(tmp_path / f"{task}.pt", fresh(name, options), name, options, {})
    made = subprocess.run(
        [sys.executable, "-c", MAKING, str(tmp_path)], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert made.stdout.count("made ready for ONNX Runtime") == 6  # a detector looks twice
    nobody = dict.fromkeys((*TASKS, SPARE))
    lookers = {engine: Looker(load_networks(nobody, tmp_path, engine)[0], 0.0, 20) for engine in Engine}
    assert capsys.readouterr().out == ""
    assert "forward" in vars(lookers[Engine.onnx].networks.pose)
    picture = painted((60, 40, 150))
    picture[::7] += 20
    found = {engine: one.find(picture, Clock()) for engine, one in lookers.items()}
    assert len(found[Engine.onnx]) == len(found[Engine.torch]) > 3
    for one, same in zip(*found.values(), strict=True):
        np.testing.assert_allclose(one.box_px, same.box_px, atol=1e-3)
    # Of one box the landmarks; and, as what follows needs points of a head, of such points the rest.
    box, exact = np.array([60.0, 40, 210, 240]), mean_points_px() - (200, 100)
    told = []
    for looker in lookers.values():
        (marked,) = looker.mark(picture, [Face(box, 1.0)], Clock())
        (seen,) = looker.tell(picture, [Face(box, 1.0, exact)], guessed(320, 320), Clock())
        assert marked.points_px is not None and seen.rotation is not None and seen.sight is not None
        assert seen.attributes is not None and len(seen.attributes) == 40
        told.append((marked.points_px, seen.rotation, seen.sight.gaze_cam, [*seen.attributes.values()]))
    for mine, other in zip(*told, strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-3)


@pytest.mark.usefixtures("one_thread")
def test_files_are_kept_and_made_anew_when_they_are_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images, head = torch.rand(2, 1, 36, 60), torch.zeros(2, 2)

    def handed_over(seed: int) -> Path:
        torch.manual_seed(seed)
        trained = Trained(build("lenet", {}).eval(), "lenet", {}, {})
        with torch.inference_mode():
            wanted = trained.network(images, head)
        hand_over(trained, 1, tmp_path)
        key = fingerprint(trained, {"images": images, "head_pitch_yaw": head})
        assert (trained.network(images, head) - wanted).abs().max() < 1e-5
        return tmp_path / f"{key}.onnx"

    first = handed_over(0)
    assert list(tmp_path.glob("*.onnx")) == [first] and "made ready" in capsys.readouterr().out
    handed_over(0)
    assert capsys.readouterr().out == ""
    other, right = handed_over(1), first.read_bytes()
    assert other != first and "made ready" in capsys.readouterr().out
    for wrong in (other.read_bytes(), right[:1000]):
        first.write_bytes(wrong)
        handed_over(0)
        assert "made ready" in capsys.readouterr().out
        assert first.read_bytes() not in (wrong, other.read_bytes())


def test_detectors_that_ask_more_than_forward_stay_with_torch(tmp_path: Path) -> None:
    network = build("mtcnn", {"side": 64})
    hand_over(Trained(network, "mtcnn", {}, {}), 1, tmp_path)
    assert "forward" not in vars(network) and not list(tmp_path.iterdir())


def test_the_cache_is_where_the_system_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "canthus"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "canthus"
