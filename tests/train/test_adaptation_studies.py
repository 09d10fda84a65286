"""Studies of adaptation: rows and their words, figures by hand, and both from end to end on a few drawn eyes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.commands.cli import main
from synth.shards import ShardPlan, finish, open_output, write_shard
from synth.shards.encode import Encoding, encode_picture
from tests.synth.fake_samples import fake_sample
from train.ablations import adaptation
from train.ablations.adaptation import METHODS, Study, adaptation_rows, adaptation_table, unlabelled_rows
from train.ablations.cells import Cell
from train.ablations.measures import MEASURES, Spread, change_percent, spreads
from train.checkpoint import load_network
from train.commands.ablate import AblateConfig, What

QUIET = "model.channels=2,trainer.epochs=1,trainer.batch_size=6,trainer.validation=0,trainer.progress=false"
QUIET += ",trainer.accelerator=cpu"
TINY = "refiner.maps=2,refiner.blocks=1,refiner.patch_maps=3,refiner.batch_size=2,refiner.history=0,refiner.steps=2"
TINY += ",refiner.warm_refiner=0,refiner.warm_discriminator=0,refiner.check_every=2,accelerator=cpu,progress=false"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A finished corpus, and real pictures."""
    root = tmp_path_factory.mktemp("folders")
    data, real, plan = root / "data", root / "real", ShardPlan(6)
    with open_output(data, {"n": 6, "picture": "png"}, {}) as output:
        write_shard(data, plan, 0, (fake_sample(0, i, 60, 36) for i in range(6)))
        finish(output, plan, 0)
    real.mkdir()
    for i in range(4):
        noise = np.random.default_rng(i).integers(0, 256, (35, 55), np.uint8)
        (real / f"{i}.png").write_bytes(encode_picture(noise, Encoding()))
    return {"data": data, "real": real}


def study(**given: Any) -> Study:
    common: dict[str, Any] = {
        **{"folder": Path("out"), "data": "d", "refined": "r", "real": "p", "test": "t", "seeds": [0, 1]},
        **{"augment": ("augment=strong",), "overrides": ("model=lenet",), "methods": METHODS, "strengths": ()},
    }
    return Study(**{**common, **given})


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> dict[str, Cell]:
    """The cells that a study asks for, by name."""
    asked: dict[str, Cell] = {}

    def run(folder: Path, cell: Cell, seeds: list[int]) -> dict[str, Any]:
        asked[cell.name] = cell
        return {"test": {"networks": {str(seed): {"raw": float(len(asked))} for seed in seeds}}}

    monkeypatch.setattr(adaptation, "run_cell", run)
    return asked


def test_rows_differ_in_what_they_are_named_after(cells: dict[str, Cell]) -> None:
    adaptation_rows(study(strengths=("dann.weight=0.5",)))
    words = {name: set(cell.fit) for name, cell in cells.items()}
    assert len(words) == 4 + 2 * 3 and all(cell.evaluations == {"test": ("data=t",)} for cell in cells.values())
    for name, of in words.items():
        assert "model=lenet" in of
        assert ("augment=strong" in of) is ("augmentation" in name) and ("augment=none" in of) is not (
            "augmentation" in name
        )
        assert ("data=r" in of) is name.startswith("refiner") and ("data=d" in of) is not name.startswith("refiner")
    assert {"adaptation=dann", "adaptation.real=p", "adaptation.weight=0.5"} <= words["DANN + augmentation"]
    assert "adaptation.weight=0.5" not in words["mean teacher"] and "samples=0" not in words["mean teacher"]
    assert {"samples=0", "init=out/none/seed-{seed}"} <= words["AdaBN"]
    assert "init=out/augmentation/seed-{seed}" in words["AdaBN + augmentation"]


def test_rows_are_those_that_the_material_allows(cells: dict[str, Cell]) -> None:
    adaptation_rows(study(real=None, refined=None))
    assert list(cells) == ["none", "augmentation"]
    adaptation_rows(study(refined=None, methods=("dann", "refiner")))
    assert list(cells) == ["none", "augmentation", "DANN", "DANN + augmentation"]


def test_without_pictures_every_method_is_the_row_without(cells: dict[str, Cell]) -> None:
    found = unlabelled_rows(study(methods=("adabn", "dann")), [0, 3], ())
    assert list(cells) == ["augmentation", "AdaBN, 3", "DANN, 3"]
    assert found["adabn"][0] is found["dann"][0] and set(found["dann"]) == {0, 3}
    assert "adaptation.images=3" in cells["AdaBN, 3"].fit


def test_figures_by_hand() -> None:
    def report(*raws: float) -> dict[str, Any]:
        side = {"raw": 1.0}
        return {"networks": {f"{r}": {"raw": r, "offset_free": r - 1, "left": side, "right": None} for r in raws}}

    found = {"none": report(10, 12), "other": report(7, 9)}
    figures = spreads(found["other"], MEASURES["gaze"])
    assert figures["raw"] == Spread((7.0, 9.0)) and figures["raw"].said() == "8.00 ± 1.00"
    assert figures["right"].mean is None and figures["right"].said() is None
    assert Spread((2.0,)).said() == 2.0
    assert change_percent(Spread((8.0,)), Spread((10.0,))) == pytest.approx(-20)
    assert change_percent(Spread(()), Spread((10.0,))) is None
    lines = adaptation_table(found, MEASURES["gaze"]).markdown().splitlines()
    assert lines[0] == "| row | raw | after one offset | left | right | raw against none |"
    assert lines[2] == "| none | 11.00 ± 1.00 | 10.00 ± 1.00 | 1.00 ± 0.00 | - | - |"
    assert lines[3].endswith("| - | -27.3 % |")


def test_both_studies_from_end_to_end(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for drawing in ("angles", "scatter", "worst_and_best"):  # of reports: most of the time, and tested elsewhere
        monkeypatch.setattr(f"train.measure.gaze_report.{drawing}", lambda *_: b"")
    data, real = folders["data"], folders["real"]
    common = [f"data={data}", f"test={data}", f"real={real}", f"overrides=[{QUIET}]"]
    out = tmp_path / "rows"
    assert main(["ablate", "what=adaptation", f"out={out}", *common, "methods=[adabn]"]) == 0
    rows = json.loads((out / "figures.json").read_text())["rows"]
    assert list(rows) == ["none", "augmentation", "AdaBN", "AdaBN + augmentation"]
    before, after = rows["none"]["raw"]["mean"], rows["AdaBN"]["raw"]["mean"]
    assert rows["AdaBN"]["change_percent"] == pytest.approx(100 * (after / before - 1))
    about = load_network(out / "AdaBN-augmentation/seed-0").about
    assert about["adaptation"]["images"] == 4 and about["init"]["file"].endswith("augmentation/seed-0")
    assert f"real={real} methods=[adabn]" in (out / "table.md").read_text()

    out = tmp_path / "curve"
    words = ["ablate", "what=unlabelled", f"out={out}", *common, f"refine=[{TINY}]"]
    assert main([*words, "methods=[refiner]", "images=[0,2]"]) == 0
    of = json.loads((out / "figures.json").read_text())["methods"]["refiner"]
    assert list(of) == ["0", "2"] and of["0"]["raw"]["mean"] > 0
    assert (out / "unlabelled.png").read_bytes().startswith(b"\x89PNG")
    refined_by = load_network(out / "refiner-2/seed-0").about["refined_by"]
    assert (refined_by["real"], refined_by["images"]) == (str(real), 2) and len(refined_by["real_sha256"]) == 64
    capsys.readouterr()
    # More may be asked of the same folder, and what is done already is not done again.
    assert main([*words, "methods=[refiner,adabn]", "images=[2]"]) == 0
    said = capsys.readouterr().out
    assert "== AdaBN, 2" in said and "== refiner, 2" not in said and "== augmentation" not in said
    assert "| real pictures | refiner | AdaBN |" in (out / "table.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["what=unlabelled", "data=x", "test=y"], "what=unlabelled needs real=..."),
        (["what=fsanet", "data=x", "test=y", "real=z"], "what=fsanet takes no real=..."),
        (["what=unlabelled", "data=x", "test=y", "real=z", "refined=w"], "takes no refined=..."),
        (["what=adaptation", "data=x", "test=y", "refine=[refiner.steps=1]"], "takes no refine=..."),
        (["what=adaptation", "data=x", "test=y", "methods=[cyclegan]"], "methods=['cyclegan']"),
        (["what=adaptation", "data=x", "test=y", "strengths=[refiner.steps=2]"], "write METHOD.KEY=VALUE"),
        (["what=adaptation", "data=x", "test=y", "overrides=[augment=none]"], "is what rows differ in"),
        (["what=adaptation", "data=x", "test=y", "overrides=[experiment=elg]"], "is for gaze and head pose"),
        (["what=unlabelled", "data=x", "test=y", "real=z", "images=[1]"], "images=[1]"),
    ],
)
def test_what_cannot_be_studied_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ablate", *words, f"out={tmp_path / 'out'}"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_methods_are_known_by_one_set_of_names() -> None:
    assert tuple(AblateConfig(what=What.pnp, out="x").methods) == METHODS
