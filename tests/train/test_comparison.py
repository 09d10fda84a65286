"""Networks side by side: sizes from their files, figures from the reports that measured them, and no others."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from synth.commands.cli import main
from synth.errors import ConfigError, DataError
from train import comparison
from train.checkpoint import load_network, save_network
from train.comparison import WARM_UP, Compared, Measured, interleaved, looks_of, measured_by, picture, read_report
from train.models.build import build
from train.models.detection import Detections

GAZE = ("resnet_preact", {"channels": 2, "stem_stride": 2})
POSE = ("ssrnet_md", {})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Networks of gaze that differ in their seed, and one of head pose; reports of the first and the last."""
    folder = tmp_path_factory.mktemp("runs")
    for label, (name, options), seed in (("a", GAZE, 0), ("b", GAZE, 1), ("c", POSE, 0)):
        (folder / label).mkdir()
        save_network(folder / label / "network.pt", build(name, options), name, options, {"seed": seed, "at": (1, 2)})
    write_report(folder / "gaze", {"x": (GAZE[0], 0, {"raw": 4.5})}, "MPIIGaze")
    write_report(folder / "pose", {"y": (POSE[0], 0, {"raw": {"mae": 7.25}})}, "sets/AFLW2000")
    return folder


def write_report(folder, networks, data):
    about = {
        "data": data,
        "networks": {label: name for label, (name, _, _) in networks.items()},
        "trained": {label: {"seed": seed, "at": [1, 2]} for label, (_, seed, _) in networks.items()},
    }
    folder.mkdir()
    told = {"about": about, "networks": {label: figures for label, (_, _, figures) in networks.items()}}
    (folder / "report.json").write_text(json.dumps(told))


def width_of(png):
    return Image.open(io.BytesIO(png)).width


def test_the_verb_puts_size_latency_and_figure_together(runs, tmp_path, capsys):
    out = tmp_path / "new" / "bench.json"
    words = [f"networks=[{runs}/a/network.pt]", f"reports=[{runs}/gaze/report.json]", "threads=1"]
    assert main(["bench", "networks", *words, "n=2", f"out={out}"]) == 0
    told = json.loads(out.read_text())
    (found,) = told["networks"]
    assert (found["name"], found["task"], told["threads"]) == (GAZE[0], "gaze", 1)
    assert found["bytes"] == (runs / "a" / "network.pt").stat().st_size
    assert found["parameters"] == sum(p.numel() for p in build(*GAZE).parameters())
    assert found["torch_ms"] > 0 and found["onnx_ms"] > 0
    assert found["measured"] == [{"data": "MPIIGaze", "figure": 4.5, "unit": "deg"}]
    assert width_of(out.with_suffix(".png").read_bytes()) > 300
    assert "4.50 deg" in capsys.readouterr().out


def test_detectors_in_stages_are_timed_whole_by_torch_alone(tmp_path):
    save_network(tmp_path / "mtcnn.pt", build("mtcnn", {"side": 64}), "mtcnn", {"side": 64}, {})
    (look,) = looks_of(load_network(tmp_path / "mtcnn.pt"), 1)
    assert isinstance(look(), Detections)
    row = Compared("a", "mtcnn", "detection", 10, 20, 3.0, None, ())
    assert row.ms == 3.0 and row.to_json()["onnx_ms"] is None


def test_figures_are_found_where_each_kind_has_them(runs):
    trained = {label: load_network(runs / label) for label in "abc"}
    found = measured_by(trained, [read_report(runs / "gaze"), read_report(runs / "pose")])
    # b is of a's kind, and was trained with another seed.
    assert found["a"] == (Measured("MPIIGaze", 4.5, "deg"),) and found["b"] == ()
    assert found["c"] == (Measured("sets/AFLW2000", 7.25, "deg"),)


def test_looks_take_turns_and_the_median_counts(monkeypatch):
    ticks = iter(range(10_000))
    monkeypatch.setattr(comparison, "perf_counter", lambda: float(next(ticks)))
    taken = []
    looks = {label: [lambda label=label, way=way: taken.append((label, way)) for way in "to"] for label in "ab"}
    assert interleaved(looks, 3) == {"a": [1e3, 1e3], "b": [1e3, 1e3]}
    assert taken == [("a", "t"), ("a", "o"), ("b", "t"), ("b", "o")] * (WARM_UP + 3)


def test_the_picture_has_a_part_for_each_kind_and_data():
    def row(task, name, *measured):
        return Compared(name, name, task, 10, 2_000_000, 3.0, 2.0, measured)

    rows = [
        row("gaze", "lenet", Measured("p00", 4.0, "deg"), Measured("p01", 5.0, "deg")),
        row("gaze", "gazenet", Measured("p00", 3.0, "deg")),
        row("pose", "fsanet", Measured("p00", 7.0, "deg")),
        row("pose", "hopenet"),
    ]
    two, three, one = (width_of(picture(some)) for some in (rows[:2], rows, rows[1:2]))
    assert two == pytest.approx(2 * one, abs=2) and three == pytest.approx(3 * one, abs=3)
    assert picture(rows[3:]) is None


def test_what_is_no_report_of_theirs_is_one_line(runs, tmp_path):
    trained = {"b": load_network(runs / "b")}
    with pytest.raises(ConfigError, match=r"report.json: measured none of these networks"):
        measured_by(trained, [read_report(runs / "gaze")])
    write_report(tmp_path / "odd", {"x": (GAZE[0], 1, {"raw": {"mae": 1.0}})}, "d")
    with pytest.raises(DataError, match=r"report.json: networks.x has no raw"):
        measured_by(trained, [read_report(tmp_path / "odd")])
    with pytest.raises(DataError, match="there is no such file"):
        read_report(Path("nowhere"))
    for text in ("{", "{}", "[]", '{"about": {}}'):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(DataError, match="no report of `canthus evaluate`"):
            read_report(tmp_path)


def test_words_of_networks_are_for_networks(capsys):
    assert main(["bench", "train", "threads=2"]) == 1
    assert "are for what=networks" in capsys.readouterr().err
