"""`predict`, `serve`, `track` and the bench from the command line, with small networks that learnt nothing."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from synth.commands.cli import main
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from train.checkpoint import save_network
from train.commands import serve
from train.models.build import build
from train.models.detection.blazeface import BlazeFace
from train.pipeline.config import FacesConfig, NetworksConfig, looker_of
from train.pipeline.engine import Engine
from train.pipeline.faces import KEYS
from train.pipeline.networks import TASKS
from train.pipeline.server import LookServer
from train.pipeline.video import VideoWriter

NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "detection": ("blazeface", {"side": 64}),
    "landmarks": ("mobilenet68", {"side": 64}),
    "pose": ("ssrnet_md", {}),
    "gaze": ("resnet_preact", {"channels": 4, "stem_stride": 2}),
}
ANY = ["networks.engine=torch", "faces.least_score=0.1", "faces.most=3", "threads=1"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    for task, (name, options) in NETWORKS.items():
        torch.manual_seed(0)
        network = build(name, options)
        if isinstance(network, BlazeFace):
            for head in network.classifiers:
                torch.nn.init.zeros_(head.bias)  # scores of a half: it starts by taking faces for rare
        save_network(folder / f"{task}.pt", network, name, options, {})
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    colours = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(colours).save(folder / "a.jpg")
    Image.fromarray(colours[..., 0]).save(folder / "b.png")
    Image.fromarray(colours[:1, :1]).save(folder / "c.png")  # one pixel
    (folder / "d.jpg").write_bytes((folder / "a.jpg").read_bytes()[:300])
    return folder


def test_a_folder_of_photographs(
    weights: Path, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = tmp_path / "new" / "told.json"
    words = [f"weights={weights}", f"input={photographs}", f"predictions={said}", f"drawn={tmp_path / 'drawn'}"]
    assert main(["predict", *words, *ANY]) == 0
    told = json.loads(said.read_text())
    assert list(told) == ["a.jpg", "b.png", "c.png"] and len(told["a.jpg"]) == 3
    for face in told["a.jpg"]:
        assert tuple(face) == KEYS and len(face["box"]) == 4
        assert np.shape(face["landmarks68"] or np.zeros((68, 2))) == (68, 2)
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {"a.jpg.jpg", "b.png.jpg", "c.png.jpg"}
    printed = capsys.readouterr().out
    assert "detection blazeface, landmarks mobilenet68, pose ssrnet_md, gaze resnet_preact" in printed
    assert "1 frames not read: damaged or cut short" in printed and "3 frames, " in printed
    # One picture alone is told as it is among others.
    words[1:] = [f"input={photographs / 'a.jpg'}", f"predictions={said}"]
    assert main(["predict", *words, *ANY]) == 0
    assert json.loads(said.read_text()) == {"a.jpg": told["a.jpg"]}
    assert main(["predict", *words[:1], f"input={photographs}", words[2], "on_error=stop", *ANY]) == 1
    assert "d.jpg: damaged or cut short" in capsys.readouterr().err


def test_a_video_with_a_calibrated_camera(weights: Path, tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "film.mp4", Fraction(5)) as writer:
        for step in range(4):
            writer.write(np.random.default_rng(step).integers(0, 256, (48, 64, 3), dtype=np.uint8))
    camera = {"matrix": [[60, 0, 32], [0, 60, 24], [0, 0, 1]], "width": 64, "height": 48}
    (tmp_path / "camera.json").write_text(json.dumps(camera))
    words = [f"weights={weights}", f"input={tmp_path / 'film.mp4'}", f"faces.camera={tmp_path / 'camera.json'}"]
    words += [f"predictions={tmp_path / 'told.json'}", f"drawn={tmp_path / 'drawn.webm'}", "frames=3"]
    assert main(["predict", *words, *ANY]) == 0
    assert list(json.loads((tmp_path / "told.json").read_text())) == ["00000000", "00000001", "00000002"]
    assert (tmp_path / "drawn.webm").stat().st_size > 0


def test_each_task_may_have_a_network_of_its_own(
    weights: Path, photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attributes = build("attributes", {"width": 0.25})
    save_network(tmp_path / "more.pt", attributes, "attributes", {"width": 0.25}, {})
    given = [f"networks.{task}={weights / task}.pt" for task in TASKS]
    words = ["predict", f"input={photographs / 'a.jpg'}", f"predictions={tmp_path / 'told.json'}", *ANY]
    assert main([*words, *given, f"networks.attributes={tmp_path / 'more.pt'}"]) == 0
    assert "gaze resnet_preact, attributes attributes" in capsys.readouterr().out
    for missing, others in (("pose", [given[0], given[1], given[3]]), ("gaze, detection", given[1:3])):
        assert main([*words, f"weights={tmp_path}", *others]) == 1
        line = capsys.readouterr().err
        assert all(f"networks.{task}=RUN" in line for task in missing.split(", ")) and line.count("=RUN") == len(
            missing.split(", ")
        )
    assert main([*words, *given[:3], f"networks.gaze={weights / 'pose.pt'}"]) == 1
    assert "ssrnet_md tells the head pose; task=gaze" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["input=x"], "predictions=null: give"),
        (["input=x", "task=pose"], "task=pose needs a file"),
        (["input=x", "predictions=y", "task=pose", "live=true"], "live: is for task=all"),
        (["input=x", "predictions=y", "task=gaze", "faces.most=2"], "faces: is for task=all"),
        (["input=x", "predictions=y", "task=gaze", "networks.gaze=z"], "networks: is for task=all"),
        (["input=x", "predictions=y", "frames=0"], "frames=0"),
        (["input=x", "predictions=y", "reader=images"], "reader=images: task=all"),
        (["input=x", "predictions=y", "faces.every=0"], "faces.every=0: at least 1"),
        (["input=x", "predictions=y", "faces.least_score=2"], "faces.least_score=2"),
        (["input={here}/a.jpg", "predictions=y", "weights={here}/none"], "ready, or a folder of detection.pt"),
        (["input={here}/a.jpg", "predictions=y", "faces.camera={here}/none.json"], "none.json: there is no such file"),
        (["input={here}/none", "predictions=y"], "no such file or folder"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: list[str], message: str, photographs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", *(word.format(here=photographs) for word in words)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and message in lines[0]


def test_serve_listens_and_says_where(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served = []
    monkeypatch.setattr(LookServer, "serve_forever", lambda server: served.append((server.url, server.most_bytes)))
    assert main(["serve", f"weights={weights}", "port=0", "most_mb=0.5", *ANY[:1], "threads=1"]) == 0
    ((url, most),) = served
    assert url in capsys.readouterr().out and url.startswith("http://127.0.0.1:") and most == 500_000
    for words, message in ((["port=70000"], "port=70000"), (["most_mb=0"], "most_mb=0"), (["host=0.0.0.0"], "host=")):
        assert main(["serve", f"weights={weights}", "port=0", *ANY[:1], *words]) == 1
        assert message in capsys.readouterr().err
    assert serve.CONFIG().host == "127.0.0.1"


def test_track_measures_both_ways(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = tmp_path / "shards"
    shards.mkdir()
    faces = [fake_face(0, index, (96, 96), (0.0, 0.0, 0.0)) for index in range(6)]
    moments = [{"moment": {"sequence": index // 4, "frame": index % 4}} for index in range(6)]
    frames = [replace(face, labels={**face.labels, **moment}) for face, moment in zip(faces, moments, strict=True)]
    write_shard(shards, ShardPlan(6), 0, frames)
    words = [f"weights={weights}", f"data={shards}", f"out={tmp_path / 'track.json'}", "n=1"]
    assert main(["track", *words, *ANY]) == 0
    told = json.loads((tmp_path / "track.json").read_text())
    assert told["every"] == 10 and told["anew"]["frames"] == told["followed"]["frames"] == 4
    assert told["anew"]["detections"] == 4 >= told["followed"]["detections"] > 0
    assert "found anew" in capsys.readouterr().out
    assert main(["track", *words, "faces.every=1"]) == 1
    assert "follows nobody" in capsys.readouterr().err
    (tmp_path / "stills").mkdir()
    write_shard(tmp_path / "stills", ShardPlan(6), 0, faces)
    assert main(["track", *words, f"data={tmp_path / 'stills'}", *ANY]) == 1
    assert "a picture of no sequence; render experiment=sequence" in capsys.readouterr().err


def test_the_bench_of_the_pipeline(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "bench.json"
    assert main(["bench", "pipeline", "n=2", f"overrides=[weights={weights},threads=1,{ANY[0]}]", f"out={out}"]) == 0
    told = json.loads(out.read_text())
    assert told["what"] == "pipeline" and told["threads"] == 1 and 0 < told["followed_ms"] < told["found_ms"]
    assert "all, face followed" in capsys.readouterr().out


def test_what_is_loaded_is_what_was_saved(weights: Path) -> None:
    look, names = looker_of(NetworksConfig(engine=Engine.torch), str(weights), FacesConfig(least_score=0.25, most=7))
    assert (look.least_score, look.most) == (0.25, 7) and names.startswith("detection blazeface")
    assert look.networks.detection.test_side == 64
