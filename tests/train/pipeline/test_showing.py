"""Frames from files and videos, what is drawn on them, where it is written, and the keys of the live view."""

from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.errors import ConfigError, DataError
from synth.report.overlay import FACE_COLOURS
from tests.train.pipeline.doubles import box_of, looker, painted
from train.pipeline import live, run
from train.pipeline.drawing import EYE, draw, draw_eyes, ends_px, write_lines
from train.pipeline.faces import Face, Sight
from train.pipeline.frames import Frame, Source, source_of
from train.pipeline.lens import Lens, guessed
from train.pipeline.live import View, said_of, shown
from train.pipeline.look import Clock
from train.pipeline.run import Wanted, run_through
from train.pipeline.video import VideoWriter, open_video

CAMERA = guessed(320, 320)


def told(*faces: tuple[int, int, int]) -> tuple[np.ndarray, tuple[Face, ...]]:
    picture, look = painted(*faces), looker()
    return picture, look.look(picture, look.find(picture, Clock()), CAMERA, Clock())


def test_a_folder_is_gone_through_by_name_and_what_is_damaged_is_counted(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "c.tif"):
        Image.fromarray(painted((40, 40, 80))).save(tmp_path / name)
    (tmp_path / "d.png").write_bytes(b"nothing")
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    source = source_of(str(tmp_path))
    frames = list(source.frames)
    assert source.rate is None
    assert [(frame.name, frame.cause) for frame in frames] == [
        ("a.JPG", ""),
        ("b.png", ""),
        ("c.tif", ""),
        ("d.png", "no picture"),
    ]
    (one,) = source_of(str(tmp_path / "b.png")).frames
    assert one.picture is not None
    np.testing.assert_array_equal(one.picture, painted((40, 40, 80)))


@pytest.mark.parametrize(
    ("name", "message"),
    [("none", "no such file or folder"), ("notes.txt", "neither a picture"), ("empty", "holds no pictures")],
)
def test_sources_that_are_none(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        source_of(str(tmp_path / name))


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_a_video_comes_back_as_it_was_written(tmp_path: Path, ending: str) -> None:
    rate = Fraction(25, 2)
    path = tmp_path / "new" / f"film{ending}"
    frames = [painted((20 + 30 * step, 30, 80))[:241, :303] for step in range(4)]  # odd sides
    with VideoWriter(path, rate) as writer:
        for frame in [*frames, frames[0][:100]]:  # one of another size
            writer.write(frame)
    source = source_of(str(path))
    found = list(source.frames)
    assert source.rate == rate and [frame.name for frame in found] == [f"{i:08d}" for i in range(5)]
    for frame, true in zip(found, frames, strict=False):
        assert frame.picture is not None and frame.picture.shape == (242, 304, 3)
        assert np.abs(frame.picture[:241, :303].astype(int) - true).mean() < 6


@pytest.mark.parametrize("ending", [".mp4", ".webm"])
def test_an_interrupted_video_is_no_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"film{ending}"
    frame = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    with pytest.raises(RuntimeError, match="the encoder's user fell over"), VideoWriter(path, Fraction(10)) as writer:
        writer.write(frame)
        assert not path.exists()
        raise RuntimeError("the encoder's user fell over")
    assert not list(tmp_path.iterdir())
    # A file that was there stays as it was until another is whole.
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), VideoWriter(path, Fraction(10)) as writer:
        writer.write(frame)
        raise KeyboardInterrupt
    assert path.read_bytes() == b"before"
    with VideoWriter(path, Fraction(10)) as writer:
        writer.write(frame)
    assert len(list(open_video(path).moments())) == 1 and [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_damaged_video_goes_on_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "film.webm"
    with VideoWriter(path, Fraction(10)) as writer:
        for step in range(12):
            writer.write(painted((20 + 10 * step, 30, 80)))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert 0 < len(list(source_of(str(path)).frames)) < 12
    path.write_bytes(b"\x00" * 1000)
    with pytest.raises(DataError, match=r"film\.webm: cannot be opened as a video"):
        source_of(str(path))
    with pytest.raises(ConfigError, match=r"\.mp4 or \.webm"):
        VideoWriter(tmp_path / "film.gif", Fraction(10))


def test_a_camera_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="camera 99: cannot be opened"):
        source_of("99")
    monkeypatch.setattr("sys.platform", "plan9")
    with pytest.raises(ConfigError, match="cameras of plan9 are not known"):
        source_of("0")


def test_drawings_lie_where_their_faces_are() -> None:
    picture, faces = told((60, 80, 120))
    before = picture.copy()
    drawn = draw(picture, faces, CAMERA)
    np.testing.assert_array_equal(picture, before)
    changed = (drawn != picture).any(axis=2)
    left, top, right, bottom = box_of(60, 80, 120).astype(int)
    for y, x in ((top, right), (bottom, left), (bottom, right)):  # above the left one stands the score
        corner = drawn[y - 1 : y + 1, x - 1 : x + 1].reshape(-1, 3).astype(int)
        assert np.abs(corner - FACE_COLOURS["face box"]).sum(axis=1).min() < 60
    assert changed[top:bottom, left:right].mean() > 0.05 and not changed[:, right + 60 :].any()
    (face,) = faces
    assert face.points_px is not None and face.sight is not None
    for at in np.floor(face.points_px[[0, 8, 16]]).astype(int):
        assert changed[at[1] - 1 : at[1] + 2, at[0] - 1 : at[0] + 2].any()
    pink = (np.abs(drawn.astype(int) - FACE_COLOURS["visual axis"]).sum(axis=2) < 30).sum()
    without = draw(picture, faces, CAMERA, gazes=False)
    assert pink > (np.abs(without.astype(int) - FACE_COLOURS["visual axis"]).sum(axis=2) < 30).sum() + 10
    np.testing.assert_array_equal(draw(picture, (), CAMERA), picture)
    bare = draw(picture, [Face(face.box_px, 0.5)], CAMERA)
    assert (bare != picture).any()


def test_gazes_end_where_they_project() -> None:
    centres = np.array([[-0.03, 0.0, 0.5], [0.03, 0.0, 0.5]])
    gazes = np.array([[0.0, 0.0, -1.0], [0.6, 0.0, -0.8]])
    sight = Sight(centres, np.zeros((2, 2)), gazes, np.zeros((2, 36, 60), np.uint8))
    # 12 cm along: z is 0.38 and 0.404; f is 320 px, the middle 160.
    expected = [[160 - 320 * 0.03 / 0.38, 160], [160 + 320 * (0.03 + 0.072) / 0.404, 160]]
    np.testing.assert_allclose(ends_px(sight, CAMERA), expected)
    near = Sight(centres * [1, 1, 0.1], np.zeros((2, 2)), gazes, sight.eyes_u8)
    assert np.isnan(ends_px(near, CAMERA)).all()


def test_normalised_eyes_are_shown_as_the_network_saw_them() -> None:
    picture, faces = told((60, 80, 120))
    assert faces[0].sight is not None
    corner = draw_eyes(picture, faces)[: 36 * EYE, : 120 * EYE]
    np.testing.assert_array_equal(corner[EYE // 2 :: EYE, EYE // 2 :: EYE, 0][:, :60], faces[0].sight.eyes_u8[0])
    np.testing.assert_array_equal(draw_eyes(picture, ()), picture)


def test_lines_of_text_stand_in_the_lower_left_corner() -> None:
    picture = painted()
    changed = (write_lines(picture, ["one", "two"]) != picture).any(axis=2)
    assert changed[200:].any() and not changed[:200].any() and not changed[:, 200:].any()


def test_keys_switch_what_is_shown() -> None:
    view = View()
    for key, name in (("g", "gazes"), ("N", "eyes"), ("v", "verbose"), ("f", "rate"), ("q", "quit")):
        assert getattr(view.pressed(key), name) != getattr(view, name)
        assert view.pressed(key).pressed(key) == view
    assert view.pressed("x") == view == view.pressed("")


def test_the_live_view_shows_what_its_keys_say() -> None:
    picture, faces = told((60, 80, 120))
    looks = {key: shown(picture, faces, CAMERA, View().pressed(key), Clock(), 12.0) for key in "gnvfx"}
    np.testing.assert_array_equal(looks["x"], draw(picture, faces, CAMERA))
    np.testing.assert_array_equal(looks["g"], draw(picture, faces, CAMERA, gazes=False))
    np.testing.assert_array_equal(looks["n"], draw_eyes(looks["x"], faces))
    for key in "vf":
        assert (looks[key][250:] != looks["x"][250:]).any()
    (line,) = said_of(faces[0])
    assert line.startswith("score 0.90  yaw ") and " m" in line and "gaze" in line
    assert said_of(Face(np.zeros(4), 0.5, causes=("too small",))) == ["score 0.50", "  too small"]


class FakeWindow:
    """A window whose user presses n in the first frame and q in the third."""

    def __init__(self, title: str) -> None:
        self.frames: list[np.ndarray] = []
        self.closed = False
        FakeWindow.last = self

    last: "FakeWindow"

    def show(self, picture: np.ndarray) -> list[str]:
        self.frames.append(picture)
        return {1: ["n"], 3: ["q"]}.get(len(self.frames), [])

    def close(self) -> None:
        self.closed = True


def film(*lefts: int) -> Source:
    names = (f"{i:08d}" for i in range(len(lefts)))
    pictures = [painted((left, 60, 80)) if left >= 0 else None for left in lefts]
    frames = [
        Frame(name, picture, "" if picture is not None else "damaged or cut short")
        for name, picture in zip(names, pictures, strict=False)
    ]
    return Source(iter(frames), Fraction(30))


def test_the_live_view_ends_at_q(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "Window", FakeWindow)
    summary = run_through(looker(), film(20, 25, 30, 35, 40), Lens(), 10, Wanted(live=True))
    window = FakeWindow.last
    assert summary.frames == 3 == len(window.frames) and window.closed and summary.detections == 1
    assert (window.frames[1][: 36 * EYE, : 120 * EYE] != window.frames[0][: 36 * EYE, : 120 * EYE]).mean() > 0.5


def test_a_window_without_a_display_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(ConfigError, match=r"live=true: .*drawn="):
        live.Window("none")


def test_a_run_counts_what_it_could_not_read_and_stops_where_told() -> None:
    summary = run_through(looker(), film(20, -1, 26, -1, 200), Lens(), 10, Wanted())
    assert summary.frames == 3 and summary.unread == Counter({"damaged or cut short": 2}) and summary.lost == 1
    assert "2 frames not read: damaged or cut short" in summary.lines()
    assert run_through(looker(), film(20, 25, 30), Lens(), 10, Wanted(frames=2)).frames == 2
    with pytest.raises(DataError, match="no frame could be read: 2 damaged or cut short"):
        run_through(looker(), film(-1, -1), Lens(), 10, Wanted())
    with pytest.raises(DataError, match="00000001: damaged"):
        run_through(looker(), film(20, -1), Lens(), 10, Wanted(on_error=run.OnError.stop))


def test_an_interrupted_camera_keeps_what_was_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def endless(rate: Fraction | None) -> Source:
        def frames():  # type: ignore[no-untyped-def]
            yield next(film(20).frames)
            raise KeyboardInterrupt

        return Source(frames(), rate)

    wanted = Wanted(predictions=tmp_path / "told.json", drawn=str(tmp_path / "drawn"))
    assert run_through(looker(), endless(Fraction(30)), Lens(), 10, wanted).faces == 1
    assert "interrupted" in capsys.readouterr().out and (tmp_path / "told.json").is_file()
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["00000000.jpg"]
    with pytest.raises(KeyboardInterrupt):
        run_through(looker(), endless(None), Lens(), 10, wanted)


def test_pictures_make_no_video(tmp_path: Path) -> None:
    pictures = Source(film(20).frames)
    with pytest.raises(ConfigError, match="the input is no video"):
        run_through(looker(), pictures, Lens(), 10, Wanted(drawn=str(tmp_path / "film.mp4")))
