"""Readers of portraits: our shards and their export as CelebA agree, lists by their rules, people on one side only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from adapt.portraits import UNKNOWN
from synth.errors import DataError
from synth.export.face.celeba import write_celeba
from synth.label.celeba import ATTRIBUTES
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.train.people.drawn import drawn_portraits
from train.data.portraits.celeba import ATTRIBUTE_LIST, PARTITION, PEOPLE, PICTURES, read_attributes, read_celeba
from train.data.portraits.people import refuse_nameless, split_people
from train.data.portraits.read import Purpose, read_portraits
from train.data.portraits.shards import read_shards
from train.data.read import Reader, recognise

FACES = [fake_face(3, i, (120, 150), pitch_yaw_roll_rad=(0.05 * i, 0.1 * i, 0.02)) for i in range(5)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    write_shard(folder, ShardPlan(5), 0, FACES)
    return folder


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    folder = tmp_path / "celeba"
    folder.mkdir()
    write_celeba(iter(FACES), folder)
    return folder


def test_what_is_exported_is_read_back(shards: Path, celeba: Path) -> None:
    ours, theirs = read_shards(shards, 48).pictures, read_celeba(celeba, 48).pictures
    assert recognise(celeba) is Reader.celeba
    assert torch.equal(ours.attributes, theirs.attributes) and 0 < ours.attributes.sum() < ours.attributes.numel()
    truth = [[FACES[i].labels["face"]["celeba"][name] for name in ATTRIBUTES] for i in range(5)]
    assert ours.attributes.tolist() == np.array(truth, dtype=int).tolist()
    assert (theirs.person == ours.person + 1).all() and ours.person.tolist() == [0, 0, 1, 1, 2]
    assert ours.keys == tuple(f"{i:08d}" for i in range(5)) and theirs.keys == tuple(
        f"{i + 1:06d}.jpg" for i in range(5)
    )
    assert (theirs.part == 0).all() and (ours.part == UNKNOWN).all()
    # The frontal face is cut alike: seen as coarse greys the two are the same picture, more than any two faces are.
    coarse = [f.images_u8.float().mean(dim=3).reshape(5, 6, 8, 6, 8).mean(dim=(2, 4)) for f in (ours, theirs)]
    apart = (coarse[0][0] - coarse[1][0]).abs().mean()
    assert apart < 12 and ours.images_u8.shape == theirs.images_u8.shape == (5, 48, 48, 3)


def test_columns_are_found_by_their_names(celeba: Path) -> None:
    path = celeba / ATTRIBUTE_LIST
    before = read_attributes(path)
    count, names, *rows = path.read_text().splitlines()
    turned = [" ".join([row.split()[0], *reversed(row.split()[1:])]) for row in rows]
    path.write_text("\n".join([count, "  ".join(reversed(names.split())), *turned]) + "\n\n")
    after = read_attributes(path)
    assert before.keys() == after.keys() and all(np.array_equal(before[key], after[key]) for key in before)


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (ATTRIBUTE_LIST, lambda s: s.replace("5\n", "7\n", 1), "says 7 pictures and has 5"),
        (ATTRIBUTE_LIST, lambda s: s.replace("Smiling", "Smirking"), "has no Smiling"),
        (ATTRIBUTE_LIST, lambda s: s.replace(" -1", " 0", 1), r"000001.jpg: expected 1 or -1"),
        (ATTRIBUTE_LIST, lambda s: s[s.index("\n") + 1 :], "expected a number of pictures"),
        (ATTRIBUTE_LIST, lambda s: s.replace("000002", "000001"), "000001.jpg: expected one line"),
        (ATTRIBUTE_LIST, lambda s: s.replace("000002", "../../2"), "expected one line of a file name"),
        (PEOPLE, lambda s: s.replace("000003.jpg", "000009.jpg"), "has no line for 000003.jpg"),
        (
            PEOPLE,
            lambda s: s.replace("000003.jpg 2", "000003.jpg Ann"),
            "000003.jpg: expected whole numbers, found Ann",
        ),
        (PARTITION, lambda s: s.replace("000001.jpg 0", "000001.jpg 3"), r"000001.jpg has 3; expected \(0, 1, 2\)"),
        (PARTITION, lambda s: s.replace(" 0", " 2"), "all its 5 faces are in the part to test on"),
    ],
)
def test_what_is_damaged_is_named(celeba: Path, file: str, change, message: str) -> None:  # type: ignore[no-untyped-def]
    path = celeba / file
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    with pytest.raises(DataError, match=message) as error:
        read_portraits(celeba, Reader.auto, 32, Purpose.train)
    assert str(celeba) in str(error.value) and len(str(error.value).splitlines()) == 1


def test_pictures_must_be_there_and_aligned(celeba: Path) -> None:
    Image.new("RGB", (30, 40)).save(celeba / PICTURES / "000002.jpg")
    with pytest.raises(DataError, match=r"000002.jpg: 30x40; an aligned picture has 178x218"):
        read_celeba(celeba, 32)
    (celeba / PICTURES / "000002.jpg").unlink()
    with pytest.raises(DataError, match=r"000002.jpg: there is no such file, but list_attr_celeba.txt names it"):
        read_celeba(celeba, 32)


def test_parts_of_the_list_and_purposes(celeba: Path) -> None:
    lines = zip((f"{i:06d}.jpg" for i in range(1, 6)), (0, 0, 1, 2, 2), strict=True)
    (celeba / PARTITION).write_text("".join(f"{name} {part}\n" for name, part in lines))

    def read(purpose: Purpose) -> tuple[list[str], dict[str, int]]:
        found = read_portraits(celeba, Reader.celeba, 32, purpose)
        return [key[5] for key in found.pictures.keys], dict(found.left_out)

    assert read(Purpose.train) == (["1", "2", "3"], {"in the part to test on": 2})
    assert read(Purpose.measure) == (["4", "5"], {"in a part to train or validate on": 3})
    assert read(Purpose.predict) == (["1", "2", "3", "4", "5"], {})
    found = read_portraits(celeba, Reader.celeba, 32, Purpose.train).pictures
    training, validation = split_people(found, 0.9)  # the list's own parts, whatever is asked for
    assert [len(training), len(validation)] == [2, 1]
    (celeba / PARTITION).unlink()
    (celeba / PEOPLE).write_text("")
    with pytest.raises(DataError, match=r"identity_CelebA\.txt: has no line for 000001\.jpg"):
        read_celeba(celeba, 32)
    (celeba / PEOPLE).unlink()
    found = read_portraits(celeba, Reader.celeba, 32, Purpose.measure).pictures
    assert len(found) == 5 and (found.person == UNKNOWN).all() and (found.part == UNKNOWN).all()


def test_nobody_is_on_both_sides() -> None:
    faces = drawn_portraits(10, 3)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(0))
    for some in (faces, faces.take(order)):
        training, validation = split_people(some, 0.25)
        assert not set(training.person.tolist()) & set(validation.person.tolist())
        assert len(validation) == 9 and len(training) == 21
    assert split_people(faces, 0.25)[1].person.unique().tolist() == [7, 8, 9]
    assert len(split_people(faces, 0.0)[1]) == 0
    # Nobody is named: the last faces.
    unnamed = replace(faces, person=torch.full((30,), UNKNOWN))
    assert split_people(unnamed, 0.2)[1].keys == faces.keys[24:]


def test_who_cannot_be_told_apart_is_refused() -> None:
    faces = drawn_portraits(3, 2)
    refuse_nameless(faces, "here")
    with pytest.raises(DataError, match="here: does not tell whom its faces show"):
        refuse_nameless(replace(faces, person=torch.tensor([0, 0, 1, 1, 2, UNKNOWN])), "here")
    for rows, message in (([0, 2, 4], "3 people, nobody in more than 1"), ([0, 1], "1 people, nobody in more than 2")):
        with pytest.raises(DataError, match=message):
            refuse_nameless(faces.take(rows), "here")


def test_labels_of_people_are_numbers(shards: Path, tmp_path: Path) -> None:
    labels = {**FACES[0].labels, "attributes": {**FACES[0].labels["attributes"], "identity": "Ann"}}
    write_shard(tmp_path, ShardPlan(1), 0, [replace(FACES[0], labels=labels)])
    with pytest.raises(DataError, match="identity is 'Ann'; expected a number from 0"):
        read_shards(tmp_path, 32)


def test_pictures_without_labels(tmp_path: Path) -> None:
    Image.new("RGB", (40, 50), (9, 90, 200)).save(tmp_path / "a.png")
    found = read_portraits(tmp_path, Reader.auto, 32, Purpose.predict).pictures
    assert found.keys == ("a.png",) and (found.attributes == UNKNOWN).all() and found.person.tolist() == [UNKNOWN]
    with pytest.raises(DataError, match="holds no portraits"):
        read_portraits(tmp_path, Reader.pts, 32, Purpose.predict)
