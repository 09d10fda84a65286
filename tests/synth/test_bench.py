"""The bench: what it counts, what it refuses, and that its stages are those of a corpus."""

import json
import mmap
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from rich.console import Console

from assets.hair import STYLES
from synth import memory
from synth.bench import STAGES, MemoryGrowth, RenderCost, cpu_seconds, machine, marks
from synth.bench_hair import CURLY, HairCost, hairs_of, with_hair
from synth.bench_relight import RelightCost
from synth.bench_scale import ShardTime, cost_of
from synth.commands import bench as command
from synth.commands.bench import CASES, SMALLEST, BenchConfig, pictures
from synth.commands.bench_tables import cost_table, hair_table, memory_table, relight_table, scale_table
from synth.config import compose
from synth.draw_spec import draw_spec
from synth.errors import ConfigError, ProjectError
from synth.labels import geometry
from synth.memory import resident_mb

SECONDS = dict.fromkeys(STAGES, 0.01) | {"paths": 0.7, "denoise": 0.2}


def test_shares_follow_from_the_seconds():
    cost = RenderCost(3, SECONDS, 1.0)
    rest = 0.01 * (len(STAGES) - 2)
    assert cost.total == pytest.approx(0.9 + rest)
    assert cost.overhead == pytest.approx(rest / (0.9 + rest))
    assert cost.over_paths == pytest.approx((0.9 + rest) / 0.7)
    assert list(cost.to_json()["cpu_s"]) == list(STAGES) and cost.to_json()["run_s"] == 1.0


def test_a_table_has_a_row_for_every_stage():
    table = cost_table({"60x36": RenderCost(3, SECONDS, 1.0), "160x96": RenderCost(3, SECONDS, 1.0)})
    assert (len(table.rows), len(table.columns)) == (len(STAGES) + 4, 3)
    assert len(memory_table(MemoryGrowth({1: 400.0, 2: 401.5})).rows) == 2


def test_many_pictures_of_a_scene_are_compared_with_one():
    cost = RelightCost(2, 8, {"render": 1.0, "labels": 0.25}, {"render": 1.0, "labels": 0.5, "denoise": 0.5})
    assert cost.ratio == 1.6 and cost.to_json()["ratio"] == 1.6
    shown = Console(width=80, record=True)
    shown.print(relight_table({"160x96": cost}))
    said = shown.export_text()
    assert "1.60" in said and "denoise" in said and "1250.0" in said and "2000.0" in said


def test_one_picture_a_scene_has_nothing_to_be_compared_with():
    with pytest.raises(ConfigError, match="relight=1"):
        command.run(BenchConfig(what=command.What.relight, overrides=["relight=1"]))


def test_work_is_counted_and_sleep_is_not():
    def work():
        end = time.process_time() + 0.05
        while time.process_time() < end:
            pass

    assert cpu_seconds(work) == pytest.approx(0.05, abs=0.03)
    assert cpu_seconds(lambda: time.sleep(0.1)) < 0.05


@pytest.mark.parametrize(("count", "expected"), [(1000, tuple(range(100, 1001, 100))), (3, (1, 2, 3)), (1, (1,))])
def test_memory_is_read_evenly_and_at_the_end(count, expected):
    assert marks(count) == expected


def test_memory_is_that_of_this_process():
    before = resident_mb()
    with mmap.mmap(-1, 60_000_000) as held:  # fresh pages, whatever this process has freed before
        held[:: mmap.PAGESIZE] = b"x" * len(range(0, len(held), mmap.PAGESIZE))
        assert resident_mb() - before == pytest.approx(60, abs=10)
    assert MemoryGrowth({100: 400.0, 1000: 412.5}).growth_mb == 12.5


def test_where_memory_cannot_be_read_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "none")
    with pytest.raises(ProjectError, match="none: not there"):
        resident_mb()


def test_the_machine_is_described_without_its_name():
    found = machine()
    assert found["cores"] >= 1 and found["processor"] and json.dumps(found)
    assert not {"host", "node"} & found.keys()


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_a_configuration_of_render_of_that_size(case):
    job = pictures(CASES[case], BenchConfig(seed=7), 5)
    assert f"{job.ranges.camera.width}x{job.ranges.camera.height}" == case
    assert (job.seed, job.plan.n) == (7, 5)
    assert job.engine.samples == {"60x36": 4, "128x128": 8}.get(case, 16)


def test_further_words_reach_render():
    assert pictures(SMALLEST, BenchConfig(overrides=["engine.samples=3"]), 5).engine.samples == 3


def test_what_is_not_traced_is_not_measured():
    with pytest.raises(ConfigError, match="renderer=raster: what is measured here is Cycles"):
        pictures(SMALLEST, BenchConfig(overrides=["engine.renderer=raster"]), 5)


@pytest.mark.parametrize(
    "words", [["n=0"], ["what=memory", "n=1"], ["what=train", "n=0"], ["cases=[9x9]"], ["seed=-1"]]
)
def test_the_impossible_is_refused(words):
    with pytest.raises(ConfigError):
        compose("synth.conf", "bench", BenchConfig, words)


def test_a_mistake_is_told_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(command, "bench_render", lambda job, count: pytest.fail("measured"))
    with pytest.raises(ConfigError, match=r"engine\.samples"):
        command.run(BenchConfig(overrides=["engine.samples=0"]))


def test_the_figures_are_written_with_the_machine(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "bench_render", lambda job, count: RenderCost(count, SECONDS, 1.0))
    command.run(BenchConfig(n=2, cases=["160x96"], out=str(tmp_path / "new" / "bench.json")))
    written = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert written["what"] == "render" and written["versions"]["numpy"] and written["machine"]["cores"]
    assert written["cases"]["160x96"]["pictures"] == 2
    assert "engine.samples=16" in written["cases"]["160x96"]["command"]
    assert "path tracing" in capsys.readouterr().out


def test_hair_is_measured_on_one_person_in_every_style():
    job = pictures(CASES["256x256"], BenchConfig(seed=3), 2)
    hairs = hairs_of(job.ranges.subject.scalp_hair)
    assert set(hairs) == {*STYLES, CURLY} and hairs[CURLY].curl > 0.6
    scene = draw_spec(job.ranges, 3, 0)
    bald, long = (with_hair(scene, hairs[name]) for name in ("bald", "long"))
    assert not {item.name for item in geometry(bald).strands} & {"hair"}
    assert {item.name for item in geometry(long).strands} & {"hair"}
    assert replace(long, people=bald.people) == bald  # nothing but the person's hair differs
    cost = HairCost(2, {"bald": 2.0, "long": 2.5})
    assert cost.over_bald == {"long": 1.25}
    shown = Console(width=80, record=True)
    shown.print(hair_table(cost))
    assert "1.25" in shown.export_text()


def test_what_many_processes_cost_is_told_from_their_times():
    """Two processes, four pictures: the first after 5 s, both warm at 6, the last at 9; 12 s at shards in all."""
    times = [
        ShardTime(0, 1, all_s=4.0, cycles_s=3.0, write_s=0.2, resident_mb=500.0),
        ShardTime(1, 1, all_s=4.0, cycles_s=3.0, write_s=0.1, resident_mb=510.0),
        ShardTime(0, 2, all_s=4.0, cycles_s=3.0, write_s=0.3, resident_mb=530.0),
    ]
    cost = cost_of(2, [(1, 5.0), (2, 6.0), (3, 8.0), (4, 9.0)], times, parent_s=0.18)
    assert (cost.pictures, cost.rate, cost.first_s) == (4, pytest.approx(2 / 3), 5.0)
    assert (cost.other_than_cycles, cost.writing, cost.parent) == pytest.approx((0.25, 0.05, 0.02))
    assert cost.memory_mb == {0: (500.0, 530.0), 1: (510.0, 510.0)} and cost.growth_mb == 30.0
    shown = Console(width=120, record=True)
    shown.print(scale_table({"60x36": {1: replace(cost, workers=1, rate=0.4), 2: cost}}))
    text = shown.export_text()
    assert "1.67" in text and "+30.0" in text and "25.0%" in text


@pytest.mark.blender
def test_a_picture_is_measured_in_parts_and_memory_on_the_way():
    """In a process of its own: a bench opens sessions, of which a process has one."""
    script = (
        "from synth import bench\n"
        "from synth.commands.bench import CASES, SMALLEST, BenchConfig, pictures\n"
        # Before this process has a Blender of its own: one that is spawned would look for it where this one has it.
        "from synth.bench_scale import bench_scale\n"
        "words = ['camera.width=20', 'camera.height=12', 'engine.samples=1']\n"
        "scale = bench_scale(pictures(SMALLEST, BenchConfig(overrides=words), 4), 1).to_json()\n"
        # So many samples that tracing is told from preparation, whatever else the machine does.
        "words = ['camera.width=20', 'camera.height=12', 'subject.glasses.probability=0', 'engine.samples=256']\n"
        "job = pictures(SMALLEST, BenchConfig(overrides=words), 3)\n"
        "cost, seen = bench.bench_render(job, 2), []\n"
        "growth = bench.bench_memory(job, 2, seen.append)\n"
        "from synth import bench_hair\n"
        "bench_hair.hairs_of = lambda ranges, all=bench_hair.hairs_of: {n: all(ranges)[n] for n in ('bald', 'crew')}\n"
        "words = ['camera.width=16', 'camera.height=16', 'engine.samples=1']\n"
        "hair = bench_hair.bench_hair(pictures(CASES['256x256'], BenchConfig(overrides=words), 1), 1)\n"
        "from synth.bench_relight import bench_relight\n"
        "words = ['camera.width=16', 'camera.height=12', 'engine.samples=1', 'relight=3', 'shard_size=3']\n"
        "lit = bench_relight(pictures(SMALLEST, BenchConfig(overrides=words), 1), 1).to_json()\n"
        "found = [lit, cost.seconds, cost.run, list(growth.resident_mb), growth.growth_mb, seen, dict(hair.seconds)]\n"
        "import json; print(json.dumps([*found, scale]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True)
    lit, seconds, run, marked, growth_mb, seen, hair, scale = json.loads(ended.stdout.splitlines()[-1])
    assert set(seconds) == set(STAGES) and run > 0
    assert lit["k"] == 3 and 0 < lit["ratio"] < 6 and "denoise" in lit["many_cpu_s"]
    assert all(seconds[name] > 0 for name in STAGES if name not in ("denoise", "write"))
    assert marked == seen == [1, 2] and abs(growth_mb) < 100
    assert 0 < hair["bald"] < hair["crew"] * 2 and set(hair) == {"bald", "crew"}
    assert scale["pictures"] == 4 and scale["pictures_a_second"] > 0 and scale["first_picture_s"] > 0
    assert 0 < scale["writing"] < scale["other_than_cycles"] < 1 and len(scale["resident_mb"]) == 1
