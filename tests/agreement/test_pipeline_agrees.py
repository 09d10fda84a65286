"""Photograph in, face out: the networks that come with the package on rendered people whose labels are exact.

Bounds are wide: they tell a pipeline that works from one with an axis, a frame or half a pixel turned round.
"""

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from synth.commands.cli import main
from synth.labels import everybody, label
from synth.picture import develop
from tests.agreement.scenes import drawn
from train.pipeline.config import FacesConfig, NetworksConfig, looker_of
from train.pipeline.engine import Engine
from train.pipeline.server import LookServer

pytestmark = [pytest.mark.blender, pytest.mark.slow]
CORNER = np.array([230, 120])
"""Where a portrait of 256x256 lies in its frame of 640x480."""
PEOPLE = (2, 5, 7)
TORCH = "networks.engine=torch"
"""tests/train/pipeline/test_engine.py has that ONNX Runtime tells the same; to make its files takes half a minute."""
OUTER, INNER = (36, 45), slice(17, 68)
"""Of iBUG's points the outer corners of the eyes, and those that are not the jaw's, which has two conventions."""


@pytest.fixture(scope="module")
def people(session):
    """Frames, with iBUG's points in px and the rotation of the head."""
    found = []
    for index in PEOPLE:
        spec = drawn(index, "camera.width=256", "camera.height=256", "camera.supersample=1", experiment="portrait")
        seen = everybody(spec)
        frame = np.full((480, 640, 3), 110, dtype=np.uint8)
        left, top = CORNER
        picture = develop(session.render(spec, *seen).linear_rgb, spec)
        frame[top : top + 256, left : left + 256] = np.atleast_3d(picture)
        points = label(spec, *seen).face.apparent["ibug68"] + CORNER
        found.append((frame, points, np.array(spec.person.cam_from_head_rotation)))
    return found


def png(frame):
    buffer = BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def test_predict_with_the_ready_networks_tells_of_people_what_is_true(people, tmp_path, capsys):
    for i, (frame, _, _) in enumerate(people):
        (tmp_path / f"{i}.png").write_bytes(png(frame))
    assert main(["predict", f"input={tmp_path}", f"predictions={tmp_path / 'faces.json'}", TORCH]) == 0
    told = json.loads((tmp_path / "faces.json").read_text())
    for i, (_, points, rotation) in enumerate(people):
        best = told[f"{i}.png"][0]
        # Files of predictions count from the centre of the first pixel.
        misses = np.linalg.norm(np.array(best["landmarks68"]) + 0.5 - points, axis=1)[INNER]
        assert misses.mean() < 0.12 * np.linalg.norm(points[OUTER[0]] - points[OUTER[1]])
        turn = np.array(best["R"]).reshape(3, 3) @ rotation.T
        assert np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1))) < 25
        assert np.isfinite(best["gaze_pitch_yaw_rad"]).all()


def test_the_page_tells_what_predict_tells(people, tmp_path, capsys):
    frame = png(people[0][0])
    (tmp_path / "one.png").write_bytes(frame)
    assert main(["predict", f"input={tmp_path}", f"predictions={tmp_path / 'faces.json'}", TORCH]) == 0
    looker, _ = looker_of(NetworksConfig(engine=Engine.torch), "ready", FacesConfig())
    with LookServer("127.0.0.1", 0, looker, FacesConfig().lens, 1_000_000) as server:
        assert (
            json.loads(json.dumps(server.look(frame)["faces"]))
            == json.loads((tmp_path / "faces.json").read_text())["one.png"]
        )
