"""Both sides of a refiner's training: what is read, how real pictures are brought to size, what is refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.equalise import equalise
from adapt.refine.space import Space
from synth.errors import DataError
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_samples import fake_sample
from train.data.unlabelled import cut, fitted
from train.refine.sides import read_sides

REAL = Path(__file__).parents[3].parent / "shared" / "real" / "gaze" / "mpiigaze_unlabelled"


def corpus(folder: Path, n: int = 3, width: int = 60, height: int = 36) -> Path:
    folder.mkdir()
    write_shard(folder, ShardPlan(n), 0, (fake_sample(0, i, width, height) for i in range(n)))
    return folder


def photographs(folder: Path, *shapes: tuple[int, ...]) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i, shape in enumerate(shapes):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(folder / f"{i}.png")
    return folder


def test_grey_eyes_are_equalised_on_both_sides(tmp_path: Path) -> None:
    data, real = corpus(tmp_path / "data"), photographs(tmp_path / "real", (35, 55), (36, 60, 3), (72, 120))
    sides = read_sides(data, real, Space.auto)
    assert sides.space is Space.equalised
    assert sides.rendered.images_u8.shape == sides.real.images_u8.shape == (3, 1, 36, 60)
    for side in (sides.rendered, sides.real):
        again = equalise(side.images_u8[:, 0])
        assert (again.int() - side.images_u8[:, 0].int()).abs().max() <= 1
    first = torch.from_numpy(fake_sample(0, 0, 60, 36).picture)
    assert torch.equal(sides.rendered.images_u8[0, 0], equalise(first[None])[0])
    plain = read_sides(data, real, Space.plain)
    assert torch.equal(plain.rendered.images_u8[0, 0], first)


def test_shards_do_as_photographs(tmp_path: Path) -> None:
    sides = read_sides(corpus(tmp_path / "a", 2, 80, 48), corpus(tmp_path / "b", 4, 160, 96), Space.auto)
    assert sides.space is Space.plain and sides.rendered.images_u8.shape == (2, 3, 48, 80)
    assert sides.real.images_u8.shape == (4, 3, 48, 80)
    smaller = Image.fromarray(fake_sample(0, 1, 160, 96).picture).resize((80, 48), Image.Resampling.BICUBIC)
    assert np.array_equal(sides.real.images_u8[1].permute(1, 2, 0).numpy(), np.asarray(smaller))


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((120, 72), (0, 0, 120, 72)),
        ((55, 35), (0, 0, 55, 35)),  # a shape within a tenth: whole
        ((100, 30), (25, 0, 75, 30)),  # wider than 60x36: cut left and right
        ((60, 96), (0, 30, 60, 66)),  # taller: cut above and below
    ],
)
def test_the_cut_has_the_shape_of_the_corpus(size: tuple[int, int], box: tuple[float, ...]) -> None:
    assert cut(size, (60, 36)) == pytest.approx(box)


def test_a_cut_keeps_the_middle_and_colours_become_grey() -> None:
    picture = np.zeros((36, 120, 3), np.uint8)
    picture[:, 30:90] = [10, 200, 90]
    found = fitted(picture, np.zeros((36, 60), np.uint8), "here")
    grey = round(0.299 * 10 + 0.587 * 200 + 0.114 * 90)
    assert found.shape == (36, 60) and set(np.unique(found[:, 2:-2])) == {grey}


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real eyes at {REAL}")
def test_the_144_eyes_are_near_what_equalisation_makes_of_them() -> None:
    eyes = torch.from_numpy(np.stack([np.asarray(Image.open(path)) for path in sorted(REAL.glob("*.png"))]))
    assert eyes.shape == (144, 35, 55)
    moved = (equalise(eyes).int() - eyes.int()).abs().float().mean()
    assert moved < 2.5


def test_what_does_not_go_together_is_named(tmp_path: Path) -> None:
    grey, colour = corpus(tmp_path / "grey"), corpus(tmp_path / "colour", 2, 80, 48)
    photos = photographs(tmp_path / "photos", (35, 55), (35, 55))
    with pytest.raises(DataError, match=r"0\.png: grey, and the corpus is in colour"):
        read_sides(colour, photos, Space.auto)
    with pytest.raises(DataError, match=r"in colour; space=equalised"):
        read_sides(colour, photos, Space.equalised)
    with pytest.raises(DataError, match=r"nowhere: there is no such folder"):
        read_sides(grey, tmp_path / "nowhere", Space.auto)
    with pytest.raises(DataError, match=r"one: 1 pictures; a refiner needs"):
        read_sides(grey, photographs(tmp_path / "one", (36, 60)), Space.auto)
    (photos / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1\.png: damaged picture"):
        read_sides(grey, photos, Space.auto)
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    write_shard(mixed, ShardPlan(2), 0, (fake_sample(0, i, 60 + 20 * i, 36 + 12 * i) for i in range(2)))
    with pytest.raises(DataError, match=r"00000001: has shape \(48, 80, 3\)"):
        read_sides(mixed, photos, Space.auto)
