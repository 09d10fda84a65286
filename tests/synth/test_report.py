"""The report: it holds everything it shows, and its numbers are those of the samples."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.commands.cli import main
from synth.errors import DataError
from synth.export.eye_patch import eye_patch
from synth.export.mpiigaze_h5 import write_mpiigaze_h5
from synth.geometry.rotation import rotation_from_pitch_yaw_roll
from synth.report import charts
from synth.report.columns import read_columns
from synth.report.page import Report, make_report, read_timings
from synth.report.real_eyes import read_real_eyes
from synth.shards import iterate, read_manifest
from tests.synth.fake_samples import fake_sample
from tests.synth.test_shards import make

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """Collects what a page fetches, its headings, and whether its elements are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "xlink:href", "href") and tag != "a":
                self.fetched.append(value or "")
            if tag == "h2" and name == "id":
                self.ids.append(value or "")
            if tag == "a" and name == "href":
                self.links.append(value or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished data set."""
    folder = tmp_path_factory.mktemp("data") / "eyes & <lids>"
    make(folder)
    return folder


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a set in the form of a real one."""
    pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("real")
    write_mpiigaze_h5((fake_sample(8, index) for index in range(9)), folder, persons=2)
    return folder / "MPIIGaze.h5"


def test_columns_are_those_of_the_eye_in_the_middle(eyes: Path) -> None:
    columns = read_columns(eyes)
    gaze_deg, head_deg = columns.normalised_deg()
    for i, sample in enumerate(iterate(eyes)):
        assert columns.eye("openness")[i] == sample.eye_array("openness")
        for axis in ("optical", "visual"):
            angles = np.degrees(sample.eye_array(f"{axis}_pitch_yaw_rad", 2))
            np.testing.assert_allclose(columns.axis_in_cam_deg(axis)[i], angles, atol=1e-9)
            gaze_head = sample.eye_array(f"{axis}_axis_head", 3)
            pitch = np.degrees(np.arcsin(-gaze_head[1] / np.linalg.norm(gaze_head)))
            assert columns.axis_in_head_deg(axis)[i, 0] == pytest.approx(pitch, abs=1e-6)
        rotation = rotation_from_pitch_yaw_roll(np.radians(columns.head_pose_deg()[i]))
        np.testing.assert_allclose(rotation, sample.array("cam_from_head", 4, 4)[:3, :3], atol=1e-7)
        patch = eye_patch(sample)
        patch = patch if patch.side == "left" else patch.mirrored()
        np.testing.assert_allclose(np.radians(gaze_deg[i]), patch.gaze_pitch_yaw_rad, atol=1e-6)
        np.testing.assert_allclose(np.radians(head_deg[i]), patch.head_pitch_yaw_rad, atol=1e-6)
    with pytest.raises(DataError, match="has no column nothing"):
        columns.numbers("nothing")


@pytest.fixture(scope="module")
def report(eyes: Path, real: Path) -> Report:
    """Return the report on them."""
    return make_report(eyes, 6, real)


def test_the_page_holds_everything_it_shows(eyes: Path, report: Report) -> None:
    page = Page(report.page)
    assert page.open == []
    assert all(source.startswith(("data:image/", "#")) for source in page.fetched)
    assert sum(source.startswith("data:image/") for source in page.fetched) >= 3
    assert "@import" not in report.page and "url(http" not in report.page and "<script" not in report.page
    assert page.links == [f"#{name}" for name in page.ids] and "beside-real-eyes" in page.ids
    assert "eyes &amp; &lt;lids&gt;" in report.page and "<lids>" not in report.page
    causes = [cause.replace("_", " ") for cause in read_manifest(eyes)["rejections"]]
    assert causes
    for text in (*causes, "mpiigaze_2015", "canthus", "shard-000002.tar", "&quot;focal_px&quot;"):
        assert text in report.page
    assert report.beside_real is not None


def test_the_numbers_are_those_of_the_samples(eyes: Path, report: Report) -> None:
    numbers = report.numbers
    rejected = sum(len(sample.rejected) for sample in iterate(eyes))
    assert numbers["samples"] == 7 and numbers["scenes_drawn"] == 7 + rejected and numbers["picture"] == "60 x 36"
    assert numbers["rejected_percent"] == pytest.approx(100 * rejected / (7 + rejected))
    assert numbers["seconds_per_sample"] == pytest.approx(0.5 / 3)
    pitch = np.mean([eye_patch(sample).gaze_pitch_yaw_rad[0] for sample in iterate(eyes)])
    assert numbers["normalised_gaze_pitch_mean_deg"] == pytest.approx(np.degrees(pitch), abs=1e-5)


def test_equal_data_give_equal_pages(eyes: Path, real: Path, report: Report) -> None:
    assert make_report(eyes, 6, real).page == report.page


def test_charts_bear_single_values_and_many(eyes: Path) -> None:
    rng = np.random.default_rng(0)
    many = rng.normal(0, 10, (4000, 2))
    for svg in (
        charts.histogram(np.full(5, 0.2), "constant", "m"),
        charts.histogram(np.array([3.0]), "one", ""),
        charts.histogram(rng.integers(0, 5, 200).astype(float), "few", ""),
        charts.histograms({"a": np.zeros(3), "b": np.ones(2)}, "two", ""),
        charts.bars({f"name {i}": i for i in range(60)}, "many"),
        charts.bars({"only": 1}, "one"),
        charts.angle_map(many, "dense", charts.reach_of(many), many[:5]),
        charts.angle_map(many[:3], "sparse", charts.reach_of(many)),
        charts.rate_over_shards([10], [2.5]),
    ):
        assert svg.startswith("<svg") and svg.rstrip().endswith("</svg>") and len(svg) < 400_000


def test_real_eyes_of_every_form_are_the_same(real: Path, tmp_path: Path) -> None:
    h5 = read_real_eyes(real, 32)
    assert h5.total == 9 and h5.images.shape == (9, 36, 60) and h5.gaze_rad.shape == (9, 2)
    np.savez(tmp_path / "eyes.npz", image=h5.images, gaze_pitch_yaw=h5.gaze_rad, head_pitch_yaw=h5.head_rad)
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    for i, image in enumerate(h5.images):
        Image.fromarray(image).save(tmp_path / "folder" / "inner" / f"{i}.png")
    for form in ("eyes.npz", "folder"):
        other = read_real_eyes(tmp_path / form, 32)
        assert other.total == 9
        # They are equalised already, and equalising again changes a level by rounding at most.
        assert np.abs(other.images.astype(int) - h5.images).max() <= 1
    assert len(read_real_eyes(real, 4).images) == 4


def test_real_eyes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.h5").write_text("no")
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "other.npz", picture=np.zeros(3))
    for name in ("nowhere", "empty", "text.h5", "text.npz", "other.npz"):
        with pytest.raises(DataError, match=f"real=.*{name}"):
            read_real_eyes(tmp_path / name, 8)


def test_a_timing_cut_by_a_kill_is_left_out(tmp_path: Path) -> None:
    assert read_timings(tmp_path) == []
    (tmp_path / "timings.jsonl").write_text('{"shard": 0, "samples": 3, "seconds": 1.5}\n{"shard": 1, "sam')
    assert [line["seconds"] for line in read_timings(tmp_path)] == [1.5]


def test_the_command_writes_a_page_or_a_folder(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "eyes")
    with monkeypatch.context() as patched:
        patched.setattr("synth.commands.inspect.make_report", lambda *_: report)
        assert main(["inspect", f"data={tmp_path / 'eyes'}", f"out={tmp_path / 'new' / 'report.html'}"]) == 0
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8") == report.page
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
    assert main(["inspect", f"data={tmp_path / 'eyes'}", f"out={tmp_path / 'folder'}", "n=2"]) == 0
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["report.html", "report.json", "sheet.png"]
    assert json.loads((tmp_path / "folder" / "report.json").read_text())["samples"] == 7
    capsys.readouterr()
    make(tmp_path / "half", shards=[0])
    for words, message in [
        ([f"data={tmp_path / 'half'}"], "not finished"),
        ([f"data={tmp_path / 'none'}"], "absent"),
        (["n=0"], "n=0"),
        ([f"real={tmp_path / 'none.h5'}"], "none.h5"),
    ]:
        out = tmp_path / "not_there"
        assert main(["inspect", f"data={tmp_path / 'eyes'}", f"out={out}", *words]) == 1
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1 and not out.exists()
