"""CelebA's lists, read back as torchvision reads them, and aligned pictures with the eyes where CelebA has them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.errors import DataError
from synth.export.face.celeba import write_celeba
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample

FACES = [fake_face(9, index, (200, 240)) for index in range(5)]
NAMES = (
    "5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair "
    "Blond_Hair Blurry Brown_Hair Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair "
    "Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache Narrow_Eyes No_Beard Oval_Face "
    "Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair Wavy_Hair "
    "Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young"
)


def read_list(path: Path, head: bool) -> tuple[list[str], dict[str, list[int]]]:
    """Read a list as torchvision does: a count and names first where it has them."""
    lines = path.read_text().splitlines()
    names: list[str] = []
    if head:
        count, names = int(lines[0]), lines[1].split()
        lines = lines[2:]
        assert count == len(lines)
    return names, {line.split()[0]: [int(word) for word in line.split()[1:]] for line in lines}


@pytest.fixture(scope="module")
def celeba(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("celeba")
    assert "5 pictures of 3 people" in write_celeba(iter(FACES), folder)
    return folder


def test_attributes_are_ones_and_minus_ones_in_order(celeba: Path) -> None:
    names, rows = read_list(celeba / "list_attr_celeba.txt", head=True)
    assert " ".join(names) == NAMES and len(names) == 40
    for sample in FACES:
        row = rows[f"{sample.index + 1:06d}.jpg"]
        truth = sample.labels["face"]["celeba"]
        assert row == [1 if truth[name] else -1 for name in names]


def test_boxes_points_and_people(celeba: Path) -> None:
    names, boxes = read_list(celeba / "list_bbox_celeba.txt", head=True)
    assert names == ["image_id", "x_1", "y_1", "width", "height"]
    _, points = read_list(celeba / "list_landmarks_celeba.txt", head=True)
    _, people = read_list(celeba / "identity_CelebA.txt", head=False)
    _, split = read_list(celeba / "list_eval_partition.txt", head=False)
    for sample in FACES:
        name = f"{sample.index + 1:06d}.jpg"
        x, y, w, h = boxes[name]
        box = np.clip(sample.array("face.box_face_px", 4), 0, [200, 240, 200, 240])
        assert np.abs(np.array([x, y, x + w, y + h]) - box).max() <= 0.5
        five = np.array(points[name]).reshape(5, 2)
        assert np.abs(five + 0.5 - sample.array("face.apparent.five", 5, 2)).max() <= 0.5
        assert people[name] == [sample.labels["attributes"]["identity"] + 1] and split[name] == [0]


def test_aligned_pictures_have_the_eyes_in_their_places(tmp_path: Path) -> None:
    marked = []
    for sample in FACES:
        v, u = np.indices(sample.picture.shape[:2]) + 0.5
        eyes = sample.array("face.apparent.five", 5, 2)[:2]
        dots = sum(np.exp(-((u - x) ** 2 + (v - y) ** 2) / 8) for x, y in eyes)
        marked.append(dataclasses.replace(sample, picture=np.rint(255 * np.clip(dots, 0, 1)).astype(np.uint8)))
    write_celeba(iter(marked), tmp_path, quality=100)
    _, points = read_list(tmp_path / "list_landmarks_align_celeba.txt", head=True)
    for sample in FACES:
        name = f"{sample.index + 1:06d}.jpg"
        picture = np.asarray(Image.open(tmp_path / "img_align_celeba" / name)).astype(float)
        assert picture.shape == (218, 178)
        middle = 88
        for half, place in ((slice(None, middle), [69, 111]), (slice(middle, None), [108, 111])):
            weights = np.zeros_like(picture)
            weights[:, half] = np.where(picture[:, half] > 40, picture[:, half], 0)
            v, u = np.indices(picture.shape)
            centroid = np.array([(u * weights).sum(), (v * weights).sum()]) / weights.sum()
            np.testing.assert_allclose(centroid, place, atol=0.4)
        assert points[name][:4] == [69, 111, 108, 111]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="00000004: the picture holds no face"):
        write_celeba(iter([fake_sample(0, 4)]), tmp_path)
    face = {key: value for key, value in FACES[0].labels["face"].items() if key != "celeba"}
    old = dataclasses.replace(FACES[0], labels={**FACES[0].labels, "face": face})
    (tmp_path / "again").mkdir()
    with pytest.raises(DataError, match="5_o_Clock_Shadow is missing"):
        write_celeba(iter([old]), tmp_path / "again")
