"""Readers of boxes: files by the rules of each format, our own exports as a round trip, damage named, real files."""

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from adapt.detection_batch import FILL
from synth.errors import DataError
from synth.export.coco import write_coco
from synth.export.face.retinaface import write_retinaface
from synth.export.face.widerface import write_widerface
from synth.sample import Sample
from synth.shards import ShardPlan, write_shard
from tests.synth.fake_faces import fake_face
from tests.synth.fake_samples import fake_sample
from train.data.detection import shards as shards_module
from train.data.detection.coco import read_coco
from train.data.detection.gather import letterboxed
from train.data.detection.level import counted_in, level_by_height
from train.data.detection.read import read_pictures
from train.data.detection.retinaface import read_retinaface
from train.data.detection.shards import Box, read_shards
from train.data.detection.widerface import read_widerface
from train.data.read import Reader, recognise
from train.data.sift import OnError

REAL = Path(__file__).parents[4] / "shared" / "real" / "detection"
FACES = [fake_face(8, index, (200, 150)) for index in range(3)]


def jpg(width: int = 100, height: int = 50) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 60)).save(buffer, "JPEG")
    return buffer.getvalue()


def write_wider(folder: Path, text: str, names: tuple[str, ...] = ("0--a/one.jpg", "1--b/two.jpg")) -> Path:
    for name in names:
        path = folder / "WIDER_val" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpg())
    (folder / "wider_face_split").mkdir(exist_ok=True)
    (folder / "wider_face_split" / "wider_face_val_bbx_gt.txt").write_text(text)
    return folder


WIDER = """0--a/one.jpg
4
10 5 40 60 0 0 0 0 0 0
60 5 9 30 2 0 0 0 0 0
20 20 30 30 0 0 0 1 0 0
1 1 0 0 0 0 0 0 0 0
1--b/two.jpg
0
0 0 0 0 0 0 0 0 0 0
"""


def test_a_picture_lies_in_the_corner_of_its_square() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 80, 3), dtype=np.uint8)
    same, scale = letterboxed(picture, 80)
    assert scale == 1 and np.array_equal(same[:40].numpy(), picture) and (same[40:] == FILL).all()
    small, scale = letterboxed(picture[..., 0], 20)
    assert scale == 0.25 and small.shape == (20, 20, 3) and torch.equal(small[..., 0], small[..., 2])
    # Far from the edges a pixel is about the mean of the 4 x 4 that it covers.
    means = picture[:, :, 0].reshape(10, 4, 20, 4).mean(axis=(1, 3))
    assert np.abs(small[2:8, 2:18, 0].numpy() - means[2:8, 2:18]).mean() < 12


def test_levels_by_height() -> None:
    heights = np.array([200.0, 50, 49, 30, 29, 10, 9])
    boxes = np.stack([0 * heights, 0 * heights, 0 * heights + 20, heights], axis=1)
    assert level_by_height(boxes, np.full(7, True)).tolist() == [3, 3, 2, 2, 1, 1, 0]
    assert level_by_height(boxes, np.arange(7) != 1).tolist() == [3, 0, 2, 2, 1, 1, 0]
    level = np.array([3, 2, 1, 0], np.uint8)
    assert [counted_in(level, name).sum() for name in ("easy", "medium", "hard")] == [1, 2, 3]


def test_wider_face_by_its_rules(tmp_path: Path) -> None:
    found = read_widerface(write_wider(tmp_path, WIDER), 50)
    pictures, faces = found.pictures, found.pictures.faces
    assert pictures.keys == ("0--a/one.jpg", "1--b/two.jpg") and pictures.scale.tolist() == [0.5, 0.5]
    assert pictures.size_px.tolist() == [[50, 25], [50, 25]]
    assert faces.boxes_px[0].tolist() == [[5, 2.5, 25, 32.5], [30, 2.5, 34.5, 17.5], [10, 10, 25, 25]]
    assert faces.wanted.tolist() == [[True, False, False], [False] * 3], "one is 9 px wide, one invalid, one nothing"
    assert faces.ignored.tolist() == [[False, True, True], [False] * 3]
    assert faces.level[0].tolist() == [3, 0, 0] and torch.isnan(faces.points_px).all()
    named = read_widerface(tmp_path / "wider_face_split" / "wider_face_val_bbx_gt.txt", 50)
    assert named.pictures.keys == pictures.keys


def test_the_lists_of_wider_face_say_what_counts(tmp_path: Path) -> None:
    write_wider(tmp_path, WIDER)

    def cells(values: list[object]) -> np.ndarray:
        column = np.empty((len(values), 1), dtype=object)
        for row, value in enumerate(values):
            column[row, 0] = value
        return column

    def numbers(*rows: int) -> np.ndarray:
        return np.array(rows, dtype=np.uint8).reshape(-1, 1)

    lists = {"easy": numbers(), "medium": numbers(1), "hard": numbers(1, 2)}
    for name, rows in lists.items():
        content = {
            "event_list": cells(["0--a", "1--b"]),
            "file_list": cells([cells(["one"]), cells(["two"])]),
            "gt_list": cells([cells([rows]), cells([numbers()])]),
        }
        savemat(tmp_path / "wider_face_split" / f"wider_{name}_val.mat", content)
    faces = read_widerface(tmp_path, 50).pictures.faces
    assert faces.level[0].tolist() == [2, 1, 0] and faces.wanted[0].tolist() == [True, True, False]
    (tmp_path / "wider_face_split" / "wider_easy_val.mat").unlink()
    with pytest.raises(DataError, match=r"wider_easy_val\.mat: there is no such file"):
        read_widerface(tmp_path, 50)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nonsense\n1\n", "line 1: expected a picture's path"),
        ("0--a/one.jpg\n2\n1 2 30 40 0 0 0 0 0 0\n", "says 2 faces and tells 1"),
        ("0--a/one.jpg\n1\n1 2 30 x 0 0 0 0 0 0\n", "line 3: '1 2 30 x"),
        ("0--a/one.jpg\n1\n1 2 30 40\n", "expected x y w h and six flags"),
        ("0--a/none.jpg\n0\n", r"none\.jpg: cannot be read"),
    ],
)
def test_damage_of_wider_face_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        read_widerface(write_wider(tmp_path, text), 50)


def test_a_damaged_picture_is_left_out_where_asked(tmp_path: Path) -> None:
    write_wider(tmp_path, WIDER)
    (tmp_path / "WIDER_val/images/1--b/two.jpg").write_bytes(jpg()[:100])
    found = read_pictures(tmp_path, Reader.auto, 50, on_error=OnError.skip)
    assert found.pictures.keys == ("0--a/one.jpg",) and len(found.damaged) == 1 and "two.jpg" in found.damaged[0]


def test_retinaface_by_its_rules(tmp_path: Path) -> None:
    for name in ("a/one.jpg", "a/two.jpg"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpg())
    points = "12 8 0.0 30 8 1.0 20 20 0.0 15 30 0.0 25 30 0.0"
    lines = ["# a/one.jpg", f"10 5 30 40 {points} 0.8", f"50 5 30 40 {'-1 -1 -1 ' * 5}0.3", "# a/two.jpg", "1 1 20 20"]
    (tmp_path / "label.txt").write_text("\n".join(lines) + "\n")
    found = read_retinaface(tmp_path, 100)
    faces = found.pictures.faces
    assert found.pictures.keys == ("a/one.jpg", "a/two.jpg") and recognise(tmp_path) is Reader.retinaface
    assert faces.boxes_px[0].tolist() == [[10, 5, 40, 45], [50, 5, 80, 45]]
    assert faces.points_px[0, 0].tolist() == [[12.5, 8.5], [30.5, 8.5], [20.5, 20.5], [15.5, 30.5], [25.5, 30.5]]
    assert torch.isnan(faces.points_px[0, 1]).all() and torch.isnan(faces.points_px[1]).all()
    assert faces.wanted.tolist() == [[True, True], [True, False]]
    (tmp_path / "label.txt").write_text("# a/one.jpg\n1 2 3\n")
    with pytest.raises(DataError, match="line 2: '1 2 3'"):
        read_retinaface(tmp_path, 100)
    (tmp_path / "label.txt").write_text("1 2 3 4\n")
    with pytest.raises(DataError, match="line 1: expected '# '"):
        read_retinaface(tmp_path, 100)


def coco(**changes: object) -> dict[str, object]:
    marks = [12, 8, 2, 30, 8, 1, 20, 20, 2, 15, 30, 0, 25, 30, 2]
    return {
        "images": [{"id": 7, "file_name": "one.jpg"}, {"id": 9, "file_name": "two.jpg"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 2, "bbox": [10, 5, 30, 40], "iscrowd": 0, "keypoints": marks},
            {"id": 2, "image_id": 7, "category_id": 2, "bbox": [50, 5, 30.5, 40], "iscrowd": 1},
            {"id": 3, "image_id": 7, "category_id": 1, "bbox": [0, 0, 50, 50], "iscrowd": 0},
        ],
        "categories": [{"id": 1, "name": "eye"}, {"id": 2, "name": "face"}],
        **changes,
    }


def test_coco_by_its_rules(tmp_path: Path) -> None:
    (tmp_path / "one.jpg").write_bytes(jpg())
    (tmp_path / "two.jpg").write_bytes(jpg())
    (tmp_path / "faces.json").write_text(json.dumps(coco()))
    found = read_coco(tmp_path / "faces.json", 100)
    faces = found.pictures.faces
    assert found.pictures.keys == ("one.jpg", "two.jpg") and recognise(tmp_path / "faces.json") is Reader.coco
    assert faces.boxes_px[0].tolist() == [[10, 5, 40, 45], [50, 5, 80.5, 45]]
    assert faces.wanted.tolist() == [[True, False], [False, False]] and faces.ignored[0].tolist() == [False, True]
    assert faces.points_px[0, 0, 0].tolist() == [12.5, 8.5] and torch.isnan(faces.points_px[0, 0, 3]).all()
    for changes, fault in (
        ({"categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]}, "none of its 2 categories"),
        ({"annotations": [{"image_id": 3, "category_id": 2, "bbox": [0, 0, 1, 1]}]}, "KeyError: 3"),
        ({"annotations": [{"image_id": 7, "category_id": 2, "bbox": [0, 0]}]}, "an annotation is damaged"),
    ):
        (tmp_path / "faces.json").write_text(json.dumps(coco(**changes)))
        with pytest.raises(DataError, match=fault):
            read_coco(tmp_path / "faces.json", 100)


def but(sample: Sample, **labels: object) -> Sample:
    return dataclasses.replace(sample, labels={**sample.labels, "face": {**sample.labels["face"], **labels}})


def write_shards(folder: Path, samples: list[Sample]) -> Path:
    folder.mkdir(exist_ok=True)
    numbered = [
        dataclasses.replace(sample, index=i, labels={**sample.labels, "index": i}) for i, sample in enumerate(samples)
    ]
    write_shard(folder, ShardPlan(len(samples)), 0, numbered)
    return folder


def test_our_shards_box_everybody_who_is_to_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = dataclasses.replace(FACES[0], labels={**FACES[0].labels, "others": [dict(FACES[1].labels), {"face": None}]})
    from_behind = but(FACES[1], facing=0.1)
    hardly = but(FACES[2], visible_fraction=0.05)
    folder = write_shards(tmp_path / "shards", [both, from_behind, hardly])
    found = read_shards(folder, 100)
    faces = found.pictures.faces
    assert found.pictures.keys == ("00000000", "00000001", "00000002") and faces.wanted.shape == (3, 64)
    assert faces.wanted.sum(1).tolist() == [2, 0, 0] and faces.ignored.sum(1).tolist() == [0, 0, 1]
    box = np.clip(FACES[0].array("face.box_face_px", 4), 0, [200, 150, 200, 150]) / 2
    assert np.allclose(faces.boxes_px[0, 0].numpy(), box, atol=1e-3)
    five = FACES[0].array("face.apparent.five", 5, 2) / 2
    assert np.allclose(faces.points_px[0, 0].numpy(), five, atol=1e-3)
    heads = read_shards(folder, 100, Box.head).pictures.faces
    assert heads.wanted.sum(1).tolist() == [2, 1, 0] and torch.isnan(heads.points_px[1, 0]).all()
    high = np.clip(FACES[1].array("face.box_head_px", 4), 0, [200, 150, 200, 150]) / 2
    assert np.allclose(heads.boxes_px[1, 0].numpy(), high, atol=1e-3)
    monkeypatch.setattr(shards_module, "MOST", 2)
    assert read_shards(folder, 100).left_out == {"more than 2 people": 1}


@pytest.mark.parametrize("name", ["widerface", "retinaface", "coco"])
def test_our_exports_come_back(tmp_path: Path, name: str) -> None:
    write = {"widerface": write_widerface, "retinaface": write_retinaface, "coco": write_coco}[name]
    write(iter(FACES), tmp_path)
    path = tmp_path / "train" if name == "retinaface" else tmp_path
    assert recognise(path) is Reader[name]
    ours = read_shards(write_shards(tmp_path / "shards", FACES), 200).pictures.faces
    theirs = read_pictures(path, Reader.auto, 200).pictures
    one = theirs.faces
    assert len(theirs) == 3 and one.wanted[:, 0].all() and one.wanted.sum() == 3
    allowed = 1e-2 if name == "coco" else 0.51  # whole px
    assert (one.boxes_px[:, 0] - ours.boxes_px[:, 0]).abs().max() <= allowed
    if name == "retinaface":
        assert (one.points_px[:, 0] - ours.points_px[:, 0]).abs().max() < 1e-2
    if name == "coco":  # the made-up five are these means, but for those outside of the picture
        told = torch.isfinite(one.points_px[:, 0])
        assert told.any() and (one.points_px[:, 0] - ours.points_px[:, 0])[told].abs().max() < 0.5


def test_what_holds_no_boxes_is_said(tmp_path: Path) -> None:
    folder = write_shards(tmp_path / "eyes", [fake_sample(3, 0, 120, 72)])
    assert not read_shards(folder, 64).pictures.faces.wanted.any()
    (tmp_path / "shots").mkdir()
    (tmp_path / "shots" / "one.jpg").write_bytes(jpg())
    shots = read_pictures(tmp_path / "shots", Reader.auto, 64).pictures
    assert shots.keys == ("one.jpg",) and not (shots.faces.wanted | shots.faces.ignored).any()
    with pytest.raises(DataError, match="holds no boxes of faces"):
        read_pictures(tmp_path / "shots", Reader.biwi, 64)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no real pictures at {REAL}")
def test_the_real_photographs_are_read_in_place() -> None:
    found = read_pictures(REAL, Reader.auto, 512)
    faces = found.pictures.faces
    assert len(found.pictures) == 9 and int(faces.wanted.sum()) == 43 and not faces.ignored.any()
    height = (faces.boxes_px[..., 3] - faces.boxes_px[..., 1]) / found.pictures.scale[:, None]
    assert round(float(height[faces.wanted].min())) in (36, 37)
