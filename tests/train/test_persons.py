"""Persons: who is chosen, each one's error and their mean, and the protocols over a file of three persons."""

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from adapt.batch import Batch
from synth.commands.cli import main
from synth.errors import ConfigError
from synth.geometry.normalisation import GazeMode
from tests.train.pages import without_pictures
from train.commands.protocol import Name, ProtocolConfig, cell_of
from train.data.persons import Part, PersonsConfig, chosen, persons_of
from train.data.read import Reader, read_eyes
from train.data.shards import Axis
from train.measure.gaze_evaluation import Evaluation
from train.measure.gaze_metrics import errors_deg

DrawEyes = Callable[..., Batch]
PERSONS = ("p00", "p01", "p02")
EACH = 8


@pytest.fixture
def file(tmp_path: Path, draw_eyes: DrawEyes) -> Path:
    """Three persons of eight eyes, the first four of each left ones."""
    path = tmp_path / "three.h5"
    with h5py.File(path, "w") as target:
        for number, person in enumerate(PERSONS):
            eyes = draw_eyes(EACH, number)
            target[f"{person}/image"] = eyes.images_u8.numpy()
            target[f"{person}/pose"] = eyes.head_pitch_yaw_rad.numpy()
            target[f"{person}/gaze"] = eyes.gaze_pitch_yaw_rad.numpy()
    return path


def read(path: Path) -> Batch:
    return read_eyes(path, Reader.auto, GazeMode.mpiigaze_2015, Axis.visual).pictures


def keys(eyes: Batch, **words: object) -> list[str]:
    return list(chosen(eyes, PersonsConfig(**words), "set").keys)  # type: ignore[arg-type]


def test_who_is_chosen(file: Path) -> None:
    eyes = read(file)
    assert keys(eyes) == list(eyes.keys) and len(eyes) == 24
    p01 = [f"p01/{row:06d}" for row in range(EACH)]
    assert keys(eyes, only="p01") == p01
    assert keys(eyes, leave_out="p01") == [key for key in eyes.keys if key not in p01]
    # Three quarters of each side: rows 0 to 2 of the left eyes 0 to 3, 4 to 6 of the right ones 4 to 7.
    first, last = keys(eyes, only="p01", part=Part.first), keys(eyes, only="p01", part=Part.last)
    assert last == ["p01/000003", "p01/000007"] and sorted(first + last) == p01
    assert len(keys(eyes, part=Part.first)) == 18


def test_who_cannot_be_chosen(file: Path, draw_eyes: DrawEyes) -> None:
    with pytest.raises(ConfigError, match="holds no p07; it has p00, p01, p02"):
        keys(read(file), only="p07")
    with pytest.raises(ConfigError, match="does not tell persons apart"):
        keys(draw_eyes(4), leave_out="p00")
    with pytest.raises(ConfigError, match="nobody"):
        PersonsConfig(only="p00", leave_out="p00")
    assert persons_of(("p00/1", "p11/day01/0001.jpg left")) == ("p00", "p11")
    assert persons_of(("p00/1", "00000001")) is None


def test_errors_of_persons_by_hand(file: Path) -> None:
    eyes = read(file)
    true = eyes.gaze_pitch_yaw_rad.double().numpy()
    # Each person's predictions miss in pitch by as many degrees as their number, plus one: that is their error.
    predicted = true + np.radians(np.repeat([1.0, 2.0, 3.0], EACH))[:, None] * [1.0, 0.0]
    found = Evaluation(("a", "b"), np.stack([predicted, true]), eyes).over_persons()
    assert list(found) == ["a", "b"] and list(found["a"]["persons"]) == list(PERSONS)
    assert [of["raw"] for of in found["a"]["persons"].values()] == pytest.approx([1, 2, 3], abs=1e-9)
    assert [of["offset_free"] for of in found["a"]["persons"].values()] == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["a"]["mean"]["raw"] == pytest.approx(2) and found["a"]["deviation"]["raw"] == pytest.approx(
        np.sqrt(2 / 3)
    )
    assert found["b"]["mean"]["raw"] == pytest.approx(0, abs=1e-6)
    assert errors_deg(predicted, true)[-1] == pytest.approx(3)


QUICK = "overrides=[model.channels=4,trainer=quick,trainer.epochs=1,trainer.batch_size=4,trainer.progress=false,"
QUICK += "trainer.accelerator=cpu,trainer.validation=0]"


def test_within_a_person_training_and_measuring_share_no_eye(file: Path) -> None:
    cell = cell_of(ProtocolConfig(Name.within_person, str(file), "out", overrides=["model=lenet"]), "p02")
    assert cell.fit == (f"data={file}", "persons.only=p02", "persons.part=first", "model=lenet")
    assert cell.evaluations == {"report": (f"data={file}", "persons.only=p02", "persons.part=last")}


def test_a_set_without_persons_has_no_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("L", (60, 36)).save(tmp_path / "a.png")
    (tmp_path / "labels.json").write_text(json.dumps({"a.png": {"gaze_pitch_yaw_rad": [0.1, 0.2]}}))
    assert main(["protocol", "name=leave_one_out", f"data={tmp_path}", f"out={tmp_path / 'out'}"]) == 1
    assert "tells 0 persons apart; leave_one_out needs 2 or more" in capsys.readouterr().err


def test_each_of_three_persons_is_left_out_once(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ["protocol", "name=leave_one_out", f"data={file}", f"out={out}", QUICK]
    assert main(words) == 0
    figures = json.loads((out / "figures.json").read_text())
    persons = figures["persons"]
    assert list(persons) == list(PERSONS)
    for person, of in persons.items():
        about = json.loads((out / person / "seed-0/fit.json").read_text())
        report = json.loads((out / person / "report/report.json").read_text())
        assert about["training_pictures"] == 16 and of["pictures"] == report["eyes"] == 8
        assert list(report["over_persons"]["seed-0"]["persons"]) == [person]
        assert of["raw"] == report["networks"]["seed-0"]["raw"]
        assert "By person" in without_pictures((out / person / "report/report.html").read_text())
    assert figures["mean"]["raw"] == pytest.approx(np.mean([of["raw"] for of in persons.values()]))
    table = (out / "table.md").read_text()
    assert (
        f"| mean over persons | {figures['mean']['raw']:.2f} |" in table
        and "canthus protocol name=leave_one_out" in table
    )
    capsys.readouterr()
    assert main(words) == 0  # what is there is not done again
    said = capsys.readouterr().out
    assert "canthus fit" not in said and "canthus evaluate" not in said
    assert json.loads((out / "figures.json").read_text())["persons"] == persons
