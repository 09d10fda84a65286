"""`canthus verify`: one flipped bit anywhere is found and named, and repair brings every byte back."""

import dataclasses
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.commands import cli
from synth.commands.render import RUN_ONLY, RenderConfig, job, made_with, plain
from synth.config import compose
from synth.corpus import Job, make_samples, make_shard
from synth.errors import ConfigError, DataError
from synth.sample import Sample
from synth.shards import Encoding, PictureFormat, ShardPlan, finish, open_output, write_shard
from synth.shards.encode import encode_sample
from synth.stopwatch import Stopwatch
from synth.verify.files import Verified, verify
from synth.verify.repair import repair
from synth.verify.sample import label_fault, mask_fault
from synth.verify.scene import SceneCheck, Scenes
from tests.synth.drawn_corpus import CONFIG, PLAN, SEED, VERSIONS, make, sample
from tests.synth.plain_renderer import PlainRenderer

JPG = Encoding(PictureFormat.jpg)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same samples with pictures whose bytes check themselves (png), and with others (jpg)."""
    folder = tmp_path_factory.mktemp("whole")
    return {"png": make(folder / "png"), "jpg": make(folder / "jpg", JPG)}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def samples(indices: Sequence[int]) -> Iterator[Sample]:
    return map(sample, indices)


def quick(folder: Path) -> Verified:
    return verify(folder, VERSIONS, labels=False)


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(bytes(data))


def test_what_is_whole_is_found_whole(corpora: dict[str, Path]) -> None:
    for kind, folder in corpora.items():
        found = verify(folder, VERSIONS, labels=kind == "png")
        assert found.damages == () and (found.plan, found.seed) == (PLAN, SEED)
        assert found.labels == (kind == "png")


def test_two_processes_find_what_one_finds(corpora: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "eyes"
    shutil.copytree(corpora["png"], folder)
    flip(folder / "shard-000001.tar", 8 * 700)
    assert verify(folder, VERSIONS, labels=False, workers=2) == quick(folder)


@settings(max_examples=10)
@given(data=st.data())
def test_a_flipped_bit_is_found_named_and_mended(
    corpora: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(corpora)))
    whole = contents(corpora[kind])
    name = data.draw(st.sampled_from(sorted(whole)))
    bit = data.draw(st.integers(0, 8 * len(whole[name]) - 1))
    folder = tmp_path_factory.mktemp("flipped") / "eyes"
    shutil.copytree(corpora[kind], folder)
    flip(folder / name, bit)

    found = quick(folder)
    assert found.damaged_files == [name]
    repair(found, VERSIONS, samples, JPG if kind == "jpg" else Encoding())
    mended = contents(folder)
    if name == "timings.jsonl":  # a line that cannot be believed is left out
        assert set(mended.pop(name).splitlines()) < set(whole.pop(name).splitlines())
    assert mended == whole
    assert quick(folder).damages == ()
    shutil.rmtree(folder)


@settings(max_examples=3)
@given(data=st.data())
def test_bits_flipped_in_several_files_are_found_and_mended(
    corpora: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """But for two that tell of each other: with manifest.json and SHA256SUMS one of them must be left."""
    whole = contents(corpora["png"])
    tells = data.draw(st.sampled_from(["manifest.json", "SHA256SUMS"]))
    names = [name for name in whole if name.startswith("shard") or name == "index.parquet"] + [tells]
    hit = data.draw(st.lists(st.sampled_from(names), min_size=2, unique=True))
    folder = tmp_path_factory.mktemp("flipped") / "eyes"
    shutil.copytree(corpora["png"], folder)
    for name in hit:
        flip(folder / name, data.draw(st.integers(0, 8 * len(whole[name]) - 1)))
    found = quick(folder)
    assert {name for name in hit if name != tells} <= set(found.damaged_files)
    repair(found, VERSIONS, samples, Encoding())
    assert contents(folder) == whole
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name", ["config.json", "SHA256SUMS", "manifest.json", "index.parquet", "shard-000000.tar", "shard-000002.tar"]
)
def test_a_file_that_is_gone_or_cut_short_is_found_and_mended(
    corpora: dict[str, Path], tmp_path: Path, name: str
) -> None:
    whole = contents(corpora["png"])
    for number, data in enumerate(
        (None, b"", whole[name][:-1], whole[name] + b"\0", whole[name][: len(whole[name]) // 2])
    ):
        folder = tmp_path / str(number)
        shutil.copytree(corpora["png"], folder)
        (folder / name).unlink()
        if data is not None:
            (folder / name).write_bytes(data)
        found = quick(folder)
        assert found.damaged_files == [name]
        assert (data is None) == (found.damages[0].said == "absent")
        repair(found, VERSIONS, samples, Encoding())
        assert contents(folder) == whole


def test_only_damaged_samples_are_rendered_again(corpora: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "eyes"
    shutil.copytree(corpora["png"], folder)
    path = folder / "shard-000001.tar"
    flip(path, 8 * (path.read_bytes().index(b"IDAT") + 9))
    asked = []

    def render(indices: Sequence[int]) -> Iterator[Sample]:
        asked.extend(indices)
        return samples(indices)

    found = quick(folder)
    assert [damage.said.split(":")[0] for damage in found.damages] == ["00000002.png"]
    assert repair(found, VERSIONS, render, Encoding()) == 1 and asked == [2]
    # An array shows no damage: its shard's samples are all made again.
    flip(path, 8 * (path.read_bytes().index(b"NUMPY") + 2000))
    found = quick(folder)
    assert [damage.said for damage in found.damages] == ["its sha256 is not the one that was written"]
    assert repair(found, VERSIONS, render, Encoding()) == 2 and asked == [2, 2, 3]
    assert contents(folder) == contents(corpora["png"])


def test_what_cannot_be_made_as_it_was_is_left_alone(corpora: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "eyes"
    shutil.copytree(corpora["png"], folder)
    flip(folder / "shard-000001.tar", 8 * 700)
    damaged = contents(folder)
    with pytest.raises(ConfigError, match=r"was made with numpy 1, here is 2, .* repair it with what made it"):
        repair(quick(folder), {**VERSIONS, "numpy": "2"}, samples, Encoding())
    with pytest.raises(DataError, match=r"shard-000001\.tar: made again it has another sha256"):
        repair(quick(folder), VERSIONS, samples, JPG)
    assert contents(folder) == damaged


def test_a_shard_that_belongs_nowhere_is_found_and_removed(corpora: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "eyes"
    shutil.copytree(corpora["png"], folder)
    shutil.copy(folder / "shard-000000.tar", folder / "shard-000007.tar")
    (folder / "notes.txt").write_text("mine")
    found = quick(folder)
    assert found.damaged_files == ["shard-000007.tar"]
    repair(found, VERSIONS, samples, Encoding())
    assert not (folder / "shard-000007.tar").exists() and (folder / "notes.txt").exists()


def written(folder: Path, *samples: Sample) -> Path:
    """Write a data set with good checksums of these samples in place of the first."""
    with open_output(folder, CONFIG, VERSIONS) as output:
        for shard in range(PLAN.shards):
            indices = PLAN.indices(shard)
            write_shard(folder, PLAN, shard, (samples[i] if i < len(samples) else sample(i) for i in indices))
        finish(output, PLAN, SEED)
    return folder


def test_labels_and_masks_that_contradict_the_spec_are_named_though_every_checksum_fits(tmp_path: Path) -> None:
    labels = json.loads(json.dumps(sample(0).labels))
    labels["eyes"]["left"]["openness"] += 0.01
    of_another = dataclasses.replace(sample(1), mask=sample(2).mask)
    folder = written(tmp_path / "eyes", dataclasses.replace(sample(0), labels=labels), of_another)
    found = verify(folder, VERSIONS)
    assert found.damaged_files == ["shard-000000.tar"]
    said = [damage.said for damage in found.damages]
    assert said[0].startswith("00000000.json: labels.eyes.left.openness is 0.") and "the spec gives 0." in said[0]
    assert said[1].startswith("00000001.mask.png: shows ") and said[1].endswith("that are labelled visible")
    assert found.good[0] == frozenset() and len(said) == 2


def test_labels_of_another_version_are_not_derived(tmp_path: Path) -> None:
    labels = {**sample(0).labels, "vergence_rad": 3.0}
    folder = written(tmp_path / "eyes", dataclasses.replace(sample(0), labels=labels))
    found = verify(folder, {**VERSIONS, "canthus source": "newer"})
    assert found.damages == () and not found.labels


def test_what_a_spec_no_longer_says_is_a_finding_and_no_traceback() -> None:
    for spoil in ({"people": []}, {"camera": None}, {"unheard": 1}, {"people": [{"subject": 3}]}):
        fault = label_fault(dataclasses.replace(sample(0), spec={**sample(0).spec, **spoil}))
        assert fault is not None and fault.startswith("no labels follow from the spec (")
    stored = json.loads(encode_sample(sample(0), Encoding())["json"])["labels"]
    assert label_fault(dataclasses.replace(sample(0), labels=stored)) is None


def test_masks_are_compared_with_every_eye() -> None:
    mask, labels = sample(0).mask, sample(0).labels
    assert mask is not None and mask_fault(mask, labels) is None
    assert mask_fault(np.full_like(mask, 99), labels) == "holds 99, the id of nothing"
    assert "the picture" not in (mask_fault(mask[:-1], labels) or "") and mask_fault(mask[:-1], labels)
    moved = np.roll(mask, 12, axis=1)
    assert (mask_fault(moved, labels) or "").startswith("shows ")
    small = json.loads(json.dumps(labels))
    for eye in small["eyes"].values():
        middle = np.array(eye["apparent"]["iris_px"]).mean(axis=0)
        for name in ("pupil", "iris", "lid_margin", "caruncle"):
            shrunk = (np.array(eye["apparent"][f"{name}_px"]) - middle) * 0.1 + middle
            eye["apparent"][f"{name}_px"] = shrunk.tolist()
    assert mask_fault(moved, small) is None, "eyes of a pixel fall between the pixels"
    assert (mask_fault(mask, {**labels, "eyes": {"left": {}}}) or "").startswith("the labels hold no outlines")


def test_an_unfinished_data_set_is_not_verified(tmp_path: Path) -> None:
    with open_output(tmp_path, CONFIG, VERSIONS):
        write_shard(tmp_path, PLAN, 0, map(sample, PLAN.indices(0)))
    with pytest.raises(DataError, match="not finished"):
        verify(tmp_path, VERSIONS)
    with pytest.raises(DataError, match="no such folder"):
        verify(tmp_path / "nowhere", VERSIONS)


def test_the_command_says_what_is_damaged_and_ends_with_one(
    corpora: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "eyes"
    shutil.copytree(corpora["png"], folder)
    words = ["verify", f"data={folder}", "workers=1"]
    assert cli.main(words) == 0
    assert "5 samples in 3 shards, every byte as it was written; labels were not derived" in capsys.readouterr().out
    flip(folder / "index.parquet", 8 * 100)
    assert cli.main(words) == 1
    said = capsys.readouterr()
    assert f"{folder / 'index.parquet'}: its sha256 is not the one that was written" in said.out
    assert (
        said.err == f"canthus verify: data={folder}: damaged: index.parquet; repair=true makes again what is damaged\n"
    )
    assert cli.main([*words, "repair=true"]) == 1, "the tests' version made it"
    assert "was made with" in capsys.readouterr().err
    assert cli.main([*words, "workers=0"]) == 1


RELIT = ["experiment=mpiigaze", "relight=2", "views=[scene,left_patch]", "n=8", "shard_size=4"]
FILMED = ["experiment=sequence", "camera.width=48", "camera.height=36", "camera.motion.frames=2", "n=4", "shard_size=2"]


@pytest.mark.parametrize("words", [RELIT, FILMED], ids=["relit views", "sequences"])
def test_pictures_of_one_scene_are_verified_and_made_again_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    """Labels follow from each stored spec: in the light truly used, through the camera of its view, of its moment."""
    folder = tmp_path / "eyes"
    config = compose("synth.conf", "render", RenderConfig, [*words, f"out={folder}"])
    work = job(config)
    with open_output(folder, plain(config), made_with(), RUN_ONLY) as output:
        for shard in range(work.plan.shards):
            make_shard(work, PlainRenderer(), shard, lambda index: None)
        finish(output, work.plan, config.seed)
    whole, asked = contents(folder), PlainRenderer()
    assert cli.main(["verify", f"data={folder}", "workers=1"]) == 0
    assert "every label as its spec gives it" in capsys.readouterr().out

    path = folder / "shard-000001.tar"
    flip(path, 8 * (path.read_bytes().rindex(b"IDAT") + 9))
    monkeypatch.setattr("synth.commands.verify.open_renderer", lambda engine: asked)
    assert cli.main(["verify", f"data={folder}", "workers=1", "repair=true"]) == 0
    said = capsys.readouterr().out
    assert f"{work.plan.n - 1:08d}.png: damaged picture" in said and "1 samples were rendered again" in said
    assert len(asked.rendered) == 1 and contents(folder) == whole


@pytest.fixture(scope="module")
def relit() -> tuple[Job, list[Sample]]:
    """The pictures of two scenes, each in two lights through two cameras."""
    work = job(compose("synth.conf", "render", RenderConfig, [*RELIT, "out=unused"]))
    return work, [one for scene in range(2) for one in make_samples(work, PlainRenderer(), scene, Stopwatch())]


def scene_faults(scenes: Scenes, samples: Sequence[Sample]) -> list[list[str]]:
    check = SceneCheck(scenes)
    return [list(check.faults(sample)) for sample in samples]


def altered(sample: Sample, *way: str | int, to: Any) -> Sample:
    """Return a sample with another value at this way into its scene, its spec or its causes of rejection."""
    document = {"scene": sample.scene, "spec": sample.spec, "rejected": list(sample.rejected)}
    document = json.loads(json.dumps(document))
    inner: Any = document
    for key in way[:-1]:
        inner = inner[key]
    if to is None:
        del inner[way[-1]]
    else:
        inner[way[-1]] = to
    return dataclasses.replace(
        sample, scene=document.get("scene"), spec=document["spec"], rejected=tuple(document["rejected"])
    )


HOSTILE: list[tuple[int, tuple[str | int, ...], Any, str]] = [
    (1, ("scene", "index"), 1, "scene.index is 1, its place gives 0"),
    (4, ("scene", "index"), 0, "scene.index is 0, its place gives 1"),
    (2, ("scene", "view"), "scene", 'scene.view is "scene", its place gives "left_patch"'),
    (1, ("scene", "mix"), 0, "scene.mix is 0, its place gives 1"),
    (1, ("scene", "mix"), True, "scene.mix is true, its place gives 1"),
    (3, ("scene", "mood"), "calm", "scene.mood is told, its place gives none"),
    (3, ("scene", "factors"), None, "scene.factors is absent"),
    (3, ("scene",), None, "scene is absent, 4 pictures make a scene"),
    (0, ("scene", "factors", "sky", "red"), 1.5, "scene.factors.sky.red is 1.5, mix 0 gives 1.0"),
    (1, ("scene", "factors", "sky", "red"), 1.5, "scene.factors do not make the spec's light: spec.light."),
    (3, ("scene", "factors", "moon"), {"red": 0.0, "green": 0.0, "blue": 0.0}, "scene.factors are of "),
    (5, ("scene", "factors", "sky"), 3, "scene does not go with the spec (TypeError: "),
    (5, ("spec", "light", "sky_strength"), 0.123, "scene.factors do not make the spec's light: spec.light.sky_"),
    (2, ("spec", "camera", "cx_px"), 29.0, "scene.view is left_patch, the spec has another camera"),
    (3, ("spec", "subject_eye"), "right", "scene.view is left_patch, the spec has another camera"),
    (6, ("spec", "index"), 2, "spec.index is 2, the key 6"),
    (7, ("rejected",), ["eye_closed"], "rejected tells 1 scenes before this one, the spec 0"),
    (4, ("spec", "attempt"), 39, "rejected tells "),
]
"""Of which picture what is altered to what, None for gone, and what is said of it."""


@pytest.mark.parametrize(("which", "way", "to", "said"), HOSTILE)
def test_what_a_picture_tells_of_its_scene_follows_from_its_place_and_its_spec(
    relit: tuple[Job, list[Sample]], which: int, way: tuple[str | int, ...], to: Any, said: str
) -> None:
    work, pictures = relit
    scenes = Scenes(work.relight, work.views)
    assert scene_faults(scenes, pictures) == [[]] * 8
    pictures = [*pictures[:which], altered(pictures[which], *way, to=to), *pictures[which + 1 :]]
    found = scene_faults(scenes, pictures)
    assert len(found[which]) == 1 and found[which][0].startswith(f"json: {said}")
    assert [one for i, one in enumerate(found) if i != which] == [[]] * 7, "no other is blamed"


def test_a_picture_alone_in_its_scene_tells_of_none() -> None:
    assert scene_faults(Scenes(), [sample(0), sample(1)]) == [[], []]
    told = dataclasses.replace(sample(0), scene={"index": 0, "view": "scene", "mix": 0})
    (found,) = scene_faults(Scenes(), [told])
    assert len(found) == 1 and found[0].endswith(", 1 pictures make a scene")


def test_a_scene_that_contradicts_its_spec_is_named_though_every_checksum_fits(
    tmp_path: Path, relit: tuple[Job, list[Sample]]
) -> None:
    pictures = relit[1][:4]
    assert pictures[1].scene is not None
    brighter = pictures[1].scene["factors"]["sky"]["green"] * 2
    pictures[1] = altered(pictures[1], "scene", "factors", "sky", "green", to=brighter)

    def corpus(name: str, relight: Any) -> Path:
        config = {"n": 4, "seed": 0, "shard_size": 4, "relight": relight, "views": ["scene", "left_patch"]}
        with open_output(tmp_path / name, config, VERSIONS) as output:
            write_shard(tmp_path / name, ShardPlan(4, 4, 4), 0, pictures)
            finish(output, ShardPlan(4, 4, 4), 0)
        return tmp_path / name

    eyes = corpus("eyes", 2)
    assert quick(eyes).damages == ()
    (damage,) = verify(eyes, VERSIONS).damages
    assert damage.name == "shard-000000.tar"
    assert damage.said.startswith("00000001.json: scene.factors do not make the spec's light: spec.light.")
    with pytest.raises(DataError, match=r'config\.json: relight is "many" and views '):
        verify(corpus("nonsense", "many"), VERSIONS)
