"""Ablations: poses from points against closed forms, drawn heads kept in a file, grids of networks, tables."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from adapt.augment.faces import coarse
from adapt.face_batch import FaceBatch
from synth.commands.cli import main
from synth.commands.render import RenderConfig
from synth.config import compose
from synth.errors import DataError
from synth.geometry.camera import project
from synth.ranges import RenderRanges
from tests.train.test_pose_data import write_mat_pair
from train.ablations import heads as drawing
from train.ablations.cells import slug
from train.ablations.grids import GRIDS, Grid
from train.ablations.heads import Heads, draw_heads, read_heads
from train.ablations.measures import MEASURES, spreads
from train.ablations.pnp import FOURTEEN, SUBSETS, Condition, conditions, errors, kept
from train.ablations.table import Chapter, Table
from train.checkpoint import load_network
from train.config import FitConfig
from train.data.pose.aflw2000 import read_aflw2000
from train.kinds.pose import pose_network
from train.measure.pose_evaluation import rotations_of
from train.measure.pose_metrics import pose_errors
from train.models.build import build_pose
from train.models.pose.fsanet import Scoring
from train.pnp import mean_head_m

K = np.array([[900.0, 0, 320], [0, 900, 240], [0, 0, 1]])


def heads_like(shape_m: np.ndarray, n: int = 6) -> Heads:
    """Heads of one shape, turned in all ways, 0.8 m before a camera."""
    rng = np.random.default_rng(0)
    rotation = Rotation.from_euler("yxz", rng.uniform(-50, 50, (n, 3)) * [1, 0.5, 0.5], degrees=True).as_matrix()
    at = np.array([[0.02, -0.03, 0.8]] * n)
    cam = shape_m @ np.swapaxes(rotation, 1, 2) + at[:, None]
    px = np.stack([project(K, one) for one in cam])
    return Heads(px, np.stack([shape_m] * n), rotation, at, np.stack([K] * n))


@pytest.mark.parametrize(("width", "height"), [(1.0, 1.0), (0.9, 1.2)])
def test_a_model_of_the_heads_own_proportions_has_no_error(width: float, height: float) -> None:
    heads = heads_like(mean_head_m() * [width, height, 1])
    for points in SUBSETS.values():
        right = Condition("", "", 0, points, width=width, height=height)
        assert errors(heads, right, 0).every.geodesic < 1e-3
        assert errors(heads, replace(right, width=1.0, height=1.0, own_head=True), 0).every.geodesic < 1e-3
    wrong = errors(heads, Condition("", "", 0, width=width + 0.2, height=height), 0).every
    assert wrong.geodesic > 1


def test_noise_grows_in_proportion_while_it_is_small() -> None:
    heads = heads_like(mean_head_m())
    small, double = (errors(heads, Condition("", "", 0, noise=x), 3).every.geodesic for x in (0.001, 0.002))
    assert double == pytest.approx(2 * small, rel=0.02)
    assert small != pytest.approx(errors(heads, Condition("", "", 0, noise=0.001), 4).every.geodesic, rel=1e-3)
    few = errors(heads, Condition("", "", 0, SUBSETS["4: eyes, nose tip, chin"], noise=0.001), 3).every.geodesic
    assert few > 2 * small


def test_subsets_are_what_their_names_say() -> None:
    sizes = [int(name.partition(":")[0]) for name in SUBSETS]
    assert sizes == [len(points) for points in SUBSETS.values()] == [len(set(points)) for points in SUBSETS.values()]
    nested = [set(SUBSETS[name]) for name in SUBSETS]
    assert nested[0] < nested[1] and set(FOURTEEN) < nested[3] < nested[4]
    at = [condition.at for condition in conditions() if condition.study == "noise of 68 points"]
    assert at == [0, 1, 2, 3, 4, 5]


def test_heads_beyond_99_degrees_are_left_out() -> None:
    heads = heads_like(mean_head_m())
    turned = replace(
        heads, rotation=np.stack([Rotation.from_euler("y", 100 + i, degrees=True).as_matrix() for i in range(6)])
    )
    assert len(kept(heads)) == 6 and len(kept(turned)) == 0


def test_drawn_heads_are_exact_kept_and_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = compose("synth.conf", "render", RenderConfig, ["experiment=300wlp", "out=unused"])
    ranges = RenderRanges(config.subject, config.camera, config.light)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first = draw_heads(tmp_path / "one", ranges, 5, 1, lambda n: None)
    cam = first.points_head_m[0] @ first.rotation[0].T + first.at_cam_m[0]
    np.testing.assert_allclose(project(first.camera_matrix[0], cam), first.points_px[0], atol=1e-6)
    counts: list[int] = []
    both = draw_heads(tmp_path / "one", ranges, 5, 2, counts.append)
    assert counts == [2] and np.array_equal(both.points_px[0], first.points_px[0])
    monkeypatch.setattr(drawing, "head_of", lambda labels: pytest.fail("drawn again"))
    again = draw_heads(tmp_path / "one", ranges, 5, 1, counts.append)
    assert counts == [2] and np.array_equal(again.rotation, first.rotation)
    (tmp_path / "one/heads.npz").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r"heads\.npz: damaged"):
        read_heads(tmp_path / "one/heads.npz")


def test_the_keypoint_study_from_end_to_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [c for c in conditions() if c.study == "width of the model"]
    monkeypatch.setattr("train.ablations.pnp.conditions", lambda: iter(few))
    monkeypatch.setattr("train.ablations.heads.draw_heads", lambda *_: heads_like(mean_head_m() * [1.1, 1, 1]))
    assert main(["ablate", "what=pnp", f"out={tmp_path / 'out'}", "n=6"]) == 0
    figures = json.loads((tmp_path / "out/figures.json").read_text())
    assert figures["made"]["heads"].startswith("6 of 6")
    widths = {one["label"]: one["every"] for one in figures["conditions"] if one["study"] == "width of the model"}
    assert widths["1.1"]["geodesic"] < 1e-3 < widths["1.0"]["geodesic"] < widths["0.9"]["geodesic"]
    table = (tmp_path / "out/table.md").read_text()
    assert "### Width of the model" in table and "what=pnp n=6 seed=0 heads=300wlp" in table
    assert (tmp_path / "out/pnp.png").read_bytes().startswith(b"\x89PNG")


def test_a_grid_of_networks_from_end_to_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRIDS, "fsanet", Grid("Small", {"one, two": ("experiment=ssrnet_md",)}, (20,)))
    data = tmp_path / "data"
    data.mkdir()
    for i in range(6):
        write_mat_pair(data, f"image{i:05d}", (2.0 * i, 5.0 * i - 20, -i))
    out = tmp_path / "out"
    quick = "trainer.epochs=1,trainer.batch_size=3,trainer.validation=0,trainer.progress=false,trainer.accelerator=cpu"
    words = ["ablate", "what=fsanet", f"data={data}", f"test={data}", f"out={out}", f"overrides=[{quick}]"]
    assert main(words) == 0
    rows = json.loads((out / "figures.json").read_text())["rows"]["one, two"]
    report = json.loads((out / "one-two/reduced-20/report.json").read_text())
    mae = report["networks"]["seed-0"]["raw"]["mae"]
    faces = read_aflw2000(data, 64).pictures
    network = pose_network(load_network(out / "one-two/seed-0").network)
    found = rotations_of(network, coarse(faces, 11))  # of 224 px a twentieth
    assert mae == pytest.approx(pose_errors(found, faces.rotation.double().numpy()).mae, abs=1e-6)
    assert mae != pytest.approx(
        pose_errors(rotations_of(network, faces), faces.rotation.double().numpy()).mae, abs=1e-6
    )
    assert rows["reduced 20"]["mean_of_networks"]["raw"]["mae"] == mae and report["about"]["reduced"] == 20
    assert f" {mae:.2f} |" in (out / "table.md").read_text()
    capsys.readouterr()
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "canthus fit" not in said and "canthus evaluate" not in said
    assert main([*words[:-1], "seeds=[4]"]) == 1


@pytest.mark.parametrize("what", GRIDS)
def test_every_row_of_a_grid_is_a_network_of_its_own(what: str) -> None:
    models = []
    for words in list(GRIDS[what].rows.values())[::2]:
        config = compose("train.conf", "fit", FitConfig, [*words, "data=a", "out=b"])
        models.append({**config.model, "rows_min": config.augment.rows_min})
    assert len({json.dumps(model) for model in models}) == len(models)
    if what == "fsanet":
        assert len(GRIDS[what].rows) == 9 and {model["scoring"] for model in models} == set(get_args(Scoring))
        for model in models:
            build_pose(model["name"], {key: model[key] for key in ("scoring", "aggregation")})


def test_coarse_faces_have_so_few_different_rows() -> None:
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8))
    faces = FaceBatch(images, torch.eye(3).expand(2, 3, 3), ("a", "b"))
    assert torch.equal(coarse(faces, 64).images_u8, images)
    seen = coarse(faces, 1).images_u8.float()
    mean = images.float().mean(dim=(1, 2))
    assert (seen - mean[:, None, None]).abs().max() <= 0.51  # one row of one pixel is the mean


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["what=pnp", "data=x"], "takes no data"),
        (["what=fsanet", "data=x"], "needs test=..."),
        (["what=pnp", "overrides=[seed=1]"], "what=pnp trains none"),
        (["what=pnp", "heads=mpiigaze"], "shows one eye"),
        (["what=pnp", "n=0"], "n=0"),
        (["what=pnp", "seeds=[1,1]"], "different"),
    ],
)
def test_what_cannot_be_ablated_is_one_line(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ablate", *words, f"out={tmp_path / 'out'}"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said and len(said.splitlines()) == 1


def test_tables_and_cells_by_hand() -> None:
    angles = {"yaw": 1, "pitch": 2, "roll": 3, "geodesic": 4.5}
    networks = {name: {"raw": {**angles, "mae": mae}} for name, mae in (("a", 1.75), ("b", 2.25))}
    assert spreads({"networks": networks}, MEASURES["pose"])["MAE"].said() == "2.00 ± 0.25"
    assert spreads({"networks": {"a": networks["a"]}}, MEASURES["pose"])["MAE"].said() == 1.75
    assert slug("1x1, none") == "1x1-none" and slug("alpha 0.1") == "alpha-0.1"
    table = Table(("who", "error"), [("a", [1.234]), ("b", [None])])
    assert table.markdown().splitlines() == ["| who | error |", "|---|---|", "| a | 1.23 |", "| b | - |"]
    chapter = Chapter("T", {"command": "x"}, {"": table, "H": table}, "p.png").markdown()
    assert chapter.startswith("## T\n\ncommand `x`.\n\n| who") and "### H\n\n| who" in chapter
    assert chapter.endswith("![T](p.png)\n")
