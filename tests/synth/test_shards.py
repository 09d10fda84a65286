"""Shards: equal bytes whoever writes them, whole or absent, continued where they stopped, readable by WebDataset."""

import dataclasses
import gc
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from synth.errors import ConfigError, LabelError
from synth.sample import Sample
from synth.shards import ShardPlan, count, finish, iterate, open_output, read_index, read_manifest, write_shard
from synth.shards.encode import Encoding, PictureFormat, canonical_json, decode_picture, encode_picture
from synth.shards.output import record_timing
from synth.shards.plan import usual_shard_size
from tests.synth.fake_samples import fake_sample

CONFIG: dict[str, Any] = {"n": 7, "seed": 3, "camera": {"width": 60, "focal_px": [500.0, 900.0]}, "workers": 1}
PLAN = ShardPlan(n=7, shard_size=3)


def make(
    folder: Path,
    shards: list[int] | None = None,
    config: dict[str, Any] = CONFIG,
    rasters: bool = False,
    sample: Callable[..., Sample] | None = None,
) -> None:
    """Write the missing shards of a data set (of eyes by default), in the order given; finish it when all are there."""
    with open_output(folder, config, versions={"canthus": "0"}, run_only=("workers",)) as output:
        for shard in shards if shards is not None else PLAN.missing(folder):
            draw = sample or (lambda seed, index: fake_sample(seed, index, 60, 36, rasters))
            write_shard(folder, PLAN, shard, (draw(3, index) for index in PLAN.indices(shard)))
            record_timing(folder, shard, 3, 0.5, render=0.4)
        if not PLAN.missing(folder):
            finish(output, PLAN, seed=3)


def digests(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file that must not depend on the run."""
    names = (path for path in sorted(folder.iterdir()) if path.name != "timings.jsonl")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in names}


def test_plan_cuts_into_whole_shards_and_a_rest() -> None:
    assert PLAN.shards == 3
    assert [list(PLAN.indices(shard)) for shard in range(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    with pytest.raises(ConfigError, match="shard_size=0"):
        ShardPlan(n=3, shard_size=0)


@pytest.mark.parametrize(
    ("n", "scene_size", "size", "shards"),
    [
        *[(1, 1, 10, 1), (100, 1, 10, 10), (703, 1, 10, 71), (704, 1, 11, 64), (1000, 1, 15, 67), (6399, 1, 99, 65)],
        *[(6400, 1, 100, 64), (100_000, 1, 100, 1000), (800, 8, 8, 100), (300, 3, 9, 34), (100, 192, 192, 1)],
    ],
)
def test_a_small_data_set_too_has_shards_for_many(n: int, scene_size: int, size: int, shards: int) -> None:
    assert usual_shard_size(n, scene_size) == size
    assert ShardPlan(n, size, scene_size).shards == shards


def test_round_trip_keeps_pixels_rasters_and_labels(tmp_path: Path) -> None:
    make(tmp_path / "eyes", rasters=True)
    samples = list(iterate(tmp_path / "eyes", verify=True))
    assert [sample.index for sample in samples] == list(range(7)) and count(tmp_path / "eyes") == 7
    for sample in samples:
        truth = fake_sample(3, sample.index, 60, 36, rasters=True)
        np.testing.assert_array_equal(sample.picture, truth.picture)
        for name in ("mask", "parsing", "person", "depth_m", "normal_cam", "uv"):
            ours, theirs = getattr(sample, name), getattr(truth, name)
            assert ours is not None and theirs is not None and ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        iris_cam = "points.iris.cam"
        np.testing.assert_allclose(sample.eye_array(iris_cam, 32, 3), truth.eye_array(iris_cam, 32, 3), rtol=1e-8)
        assert sample.rejected == truth.rejected
        assert sample.spec == truth.spec, "the spec keeps every digit"


def test_pictures_of_one_scene_say_so(tmp_path: Path) -> None:
    """Three pictures a scene: each tells its light, the scene is counted once."""

    def relit(seed: int, index: int) -> Sample:
        factors = {"sky": {"red": 1.0, "green": 0.5, "blue": 0.25 * index}}
        if index < 3:  # the first scene has a lamp
            factors["window0"] = {"red": 0.0, "green": 0.0, "blue": 0.0}
        scene, mix = divmod(index, 3)
        drawn = fake_sample(seed, index, 60, 36)
        told = {"index": scene, "view": "scene", "mix": mix, "factors": factors}
        return dataclasses.replace(drawn, scene=told, rejected=("iris_hidden",) * (mix == 0))

    make(tmp_path / "eyes", sample=relit)
    assert [sample.scene for sample in iterate(tmp_path / "eyes")] == [relit(3, i).scene for i in range(7)]
    manifest = read_manifest(tmp_path / "eyes")
    assert manifest["samples"] == 7 and manifest["scenes_drawn"] == 3 + 3 == 2 * sum(manifest["rejections"].values())
    table = read_index(tmp_path / "eyes")
    assert table["scene.index"].to_pylist() == [0, 0, 0, 1, 1, 1, 2]
    assert table["scene.factors.sky.blue"].to_pylist() == [0.25 * i for i in range(7)]
    assert table["scene.factors.window0.red"].to_pylist() == [0.0] * 3 + [None] * 4


def test_a_picture_of_a_scene_of_its_own_says_nothing(tmp_path: Path) -> None:
    make(tmp_path / "eyes")
    assert all(sample.scene is None for sample in iterate(tmp_path / "eyes"))
    assert not [name for name in read_index(tmp_path / "eyes").column_names if name.startswith("scene")]


def test_bytes_do_not_depend_on_order_run_or_restart(tmp_path: Path) -> None:
    make(tmp_path / "once")
    make(tmp_path / "twice", shards=[2])
    make(tmp_path / "twice", shards=[1])
    (tmp_path / "twice" / ".shard-000000.tar.77.part").write_bytes(b"what a killed run left")
    make(tmp_path / "twice", config={**CONFIG, "workers": 9})
    make(tmp_path / "twice")
    assert digests(tmp_path / "once") == digests(tmp_path / "twice")


def test_manifest_counts_samples_rejections_and_bytes(tmp_path: Path) -> None:
    make(tmp_path)
    manifest = read_manifest(tmp_path)
    causes = [cause for index in range(7) for cause in fake_sample(3, index, 60, 36).rejected]
    assert manifest["samples"] == 7 and manifest["scenes_drawn"] == 7 + len(causes)
    assert manifest["rejections"] == {cause: causes.count(cause) for cause in set(causes)}
    assert manifest["config"] == {name: value for name, value in CONFIG.items() if name != "workers"}
    for facts in [*manifest["shards"], manifest["index"]]:
        data = (tmp_path / facts["name"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (facts["bytes"], facts["sha256"])


def test_index_has_every_scalar_label_in_a_column(tmp_path: Path) -> None:
    make(tmp_path)
    table = read_index(tmp_path)
    assert table.num_rows == 7 and pq.ParquetFile(tmp_path / "index.parquet").num_row_groups == 3
    for row, sample in zip(table.to_pylist(), iterate(tmp_path), strict=True):
        assert row["key"] == sample.key and row["index"] == sample.index
        for side in ("left", "right"):
            pitch, yaw = sample.array(f"eyes.{side}.optical_pitch_yaw_rad", 2)
            assert (row[f"eyes.{side}.optical_pitch_rad"], row[f"eyes.{side}.optical_yaw_rad"]) == (pitch, yaw)
            assert row[f"eyes.{side}.box_px_x1"] == sample.array(f"eyes.{side}.box_px", 4)[2]
            seen = sum(sample.labels["eyes"][side]["points"]["iris"]["visible"])
            assert row[f"eyes.{side}.points.iris.visible"] == seen
        assert row["target_cam_z"] == sample.array("target_cam", 3)[2]
        assert row["camera_matrix_02"] == 30.0
        assert row["attributes.ancestry.asian"] == sample.array("attributes.ancestry.asian")
        assert row["attributes.glasses"] == sample.text("attributes.glasses")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # it leaves its last file open
def test_webdataset_reads_the_shards_as_they_are(tmp_path: Path) -> None:
    wds = pytest.importorskip("webdataset")
    make(tmp_path, rasters=True)
    dataset = wds.WebDataset(sorted(str(path) for path in tmp_path.glob("*.tar")), shardshuffle=False).decode("rgb8")
    items = list(dataset)
    del dataset
    gc.collect()
    assert [item["__key__"] for item in items] == [f"{index:08d}" for index in range(7)]
    assert items[0]["png"].shape == (36, 60, 3)
    assert items[4]["json"]["labels"]["index"] == 4
    np.testing.assert_array_equal(items[0]["depth.npy"], np.full((36, 60), 0.6, np.float32))


def test_json_has_one_spelling() -> None:
    a = {"b": np.float64(1 / 3), "a": [np.int64(2), True, None, -0.0], "c": np.array([0.1 + 0.2, 6e-17])}
    assert canonical_json(a, digits=9) == b'{"a":[2,true,null,0.0],"b":0.333333333,"c":[0.3,6e-17]}'
    assert json.loads(canonical_json({"x": 1 / 3}))["x"] == 1 / 3


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("nan"), {1, 2}])
def test_a_label_without_a_value_stops_the_run(bad: object) -> None:
    with pytest.raises(LabelError, match=r"eyes\.left\.openness"):
        canonical_json({"left": {"openness": bad}}, where="eyes")


def test_a_sample_that_contradicts_itself_stops_the_run(tmp_path: Path) -> None:
    good = [fake_sample(3, index, 60, 36) for index in range(3)]
    bad_seed = dataclasses.replace(good[1], seed=4)
    bad_size = dataclasses.replace(good[1], picture=np.zeros((36, 61), np.uint8))
    for samples, message in [
        ([good[0], bad_seed, good[2]], "labels.seed is 3, the sample has 4"),
        ([good[0], bad_size, good[2]], "labels.image"),
        ([good[1], good[0], good[2]], "does not belong"),
        (good[:2], "2 samples came"),
        ([*good, fake_sample(3, 3, 60, 36)], "does not belong"),
    ]:
        with pytest.raises(LabelError, match=message):
            write_shard(tmp_path, PLAN, 0, samples)
        assert list(tmp_path.iterdir()) == []


def test_jpg_is_near_and_png_is_exact() -> None:
    picture = fake_sample(0, 0, 160, 96).picture
    np.testing.assert_array_equal(decode_picture(encode_picture(picture, Encoding()), "p"), picture)
    near = decode_picture(encode_picture(picture, Encoding(PictureFormat.jpg, 95)), "p")
    assert near.shape == picture.shape and np.abs(near.astype(int) - picture).mean() < 3
    with pytest.raises(ConfigError, match="quality=0"):
        Encoding(quality=0)


def test_timings_stay_outside_of_the_bytes(tmp_path: Path) -> None:
    make(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "timings.jsonl").read_text().splitlines()]
    assert [line["shard"] for line in lines] == [0, 1, 2]
    assert lines[0]["samples"] == 3 and lines[0]["parts_s"] == {"render": 0.4}
