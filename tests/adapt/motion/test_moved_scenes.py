"""Labels moved by a matrix equal the labels of the moved scene, whole trees of them, for every motion of a picture."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from adapt.motion.homography import Homography, camera_turn, crop, flip, small_turns
from adapt.motion.sample import moved
from adapt.motion.similarity import Similarity
from synth.geometry.camera import camera_matrix
from synth.labels import label
from synth.sample import Sample
from synth.spec import SceneSpec
from tests.agreement.scenes import matrix, near_eye, with_camera, with_person

EYE = near_eye((12.0, -20.0), (5.0, 8.0), width=120, height=80, fx_px=1400.0, fy_px=1400.0, cx_px=57.0, cy_px=43.0)
FACE = near_eye((-8.0, 25.0), (4.0, -6.0), width=200, height=180, fx_px=420.0, fy_px=420.0, cx_px=112.0, cy_px=80.0)
MIRROR = np.diag([-1.0, 1.0, 1.0])
AREAS = ("inside_fraction", "visible_fraction")


def similarity(shift: tuple[float, float], scale: float, degrees: float, scene: SceneSpec) -> Homography:
    amounts = torch.tensor([shift]), torch.tensor([scale]), torch.tensor([degrees]).deg2rad()
    return Similarity(*amounts).homography(scene.camera.width, scene.camera.height)


def aimed(scene: SceneSpec, before: Homography | None = None) -> Homography:
    k = torch.tensor(camera_matrix(scene.camera))[None]
    k = k if before is None else before.camera(k)[0]
    return camera_turn(k, small_turns(torch.tensor([[0.03, -0.05, 0.02]])))


def everything(scene: SceneSpec) -> Homography:
    before = similarity((3.0, 5.0), 0.9, -20.0, scene)
    return before.then(aimed(scene, before))


MOTIONS = {
    "shift": lambda scene: similarity((7.0, -4.0), 1.0, 0.0, scene),
    "scale": lambda scene: similarity((0.0, 0.0), 1.2, 0.0, scene),
    "turn": lambda scene: similarity((0.0, 0.0), 1.0, 15.0, scene),
    "crop": lambda scene: crop(
        torch.tensor([[8.0, 5.0, scene.camera.width - 4.0, scene.camera.height - 3.0]]), 140, 90
    ),
    "aim": aimed,
    "all": everything,
}
SIZES = {"crop": (140, 90)}


def seen(scene: SceneSpec, k: np.ndarray, turn: np.ndarray, size: tuple[int, int], mirrored: bool) -> SceneSpec:
    """The scene, or its mirror image, in the frame of a camera K that was turned."""
    head = MIRROR if mirrored else np.eye(3)

    def place(vector: Any) -> Any:
        return tuple(float(x) for x in turn @ np.array(vector))

    lamps = tuple(
        dataclasses.replace(lamp, position_cam_m=place(lamp.position_cam_m), direction_cam=place(lamp.direction_cam))
        for lamp in scene.light.lamps
    )
    scene = with_camera(
        scene, width=size[0], height=size[1], fx_px=k[0, 0], fy_px=k[1, 1], cx_px=k[0, 2], cy_px=k[1, 2]
    )
    world = head @ np.array(scene.world_from_cam_rotation) @ turn.T
    sides = {"left": "right", "right": "left"} if mirrored else {"left": "left", "right": "right"}
    return with_person(
        dataclasses.replace(
            scene,
            light=dataclasses.replace(scene.light, lamps=lamps),
            world_from_cam_rotation=matrix(world),
            subject_eye=sides[scene.subject_eye],
        ),
        cam_from_head_rotation=matrix(turn @ np.array(scene.person.cam_from_head_rotation) @ head),
        cam_from_head_translation_m=place(scene.person.cam_from_head_translation_m),
        target_cam_m=place(scene.person.target_cam_m),
    )


def leaves(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from leaves(branch, f"{name}.{key}" if name else key)
    else:
        yield name, tree


def inside(at_px: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return ((np.asarray(at_px) >= 0) & (np.asarray(at_px) <= size)).all(-1)


def compare(scene: SceneSpec, motion: Homography, size: tuple[int, int]) -> None:
    camera = scene.camera
    old = Sample(0, 0, np.zeros((camera.height, camera.width, 3), np.uint8), label(scene).to_json())
    found = dict(leaves(moved(old, np.zeros((size[1], size[0], 3), np.uint8), motion, size).labels))
    k, turn = motion.camera(torch.tensor(camera_matrix(camera))[None])
    mirrored = bool(turn.mirrored)
    assert abs(float(k[0, 0, 1])) < 1e-9
    rotation = turn.rotation[0].numpy() @ (MIRROR if mirrored else np.eye(3))
    wanted = dict(leaves(label(seen(scene, k[0].numpy(), rotation, size, mirrored)).to_json()))
    assert found.keys() == wanted.keys()
    unmoved = dict(leaves(old.labels))
    numbers = 0
    for name, value in wanted.items():
        if name.endswith("visible"):
            where = name.replace(".points.", ".apparent.").removesuffix(".visible")
            where = name.replace("_visible", "_px") if "glints" in name else where
            at = found.get(f"{where}_px", found.get(where))
            known = inside(at, size)
            if not mirrored:
                known &= inside(unmoved.get(f"{where}_px", unmoved.get(where)), (camera.width, camera.height))
            np.testing.assert_array_equal(np.asarray(found[name])[known], np.asarray(value)[known], err_msg=name)
            assert not np.asarray(found[name])[~inside(at, size)].any(), name
        elif name.endswith("box_head_px"):
            slack = np.array([1, 1, -1, -1]) * (np.array(value) - found[name])
            assert (slack > -1e-6).all(), "it holds the whole head"
            assert motion.matrix[0, 1, 0] != 0 or np.abs(slack).max() < 1e-6
        elif not name.endswith(AREAS):
            if isinstance(value, str | bool) or value is None:
                assert found[name] == value, name
            else:
                np.testing.assert_allclose(found[name], value, atol=2e-6, rtol=1e-9, err_msg=name)
                numbers += np.size(value)
    assert numbers > 500


@pytest.mark.parametrize("scene", [EYE, FACE], ids=["eye", "face"])
@pytest.mark.parametrize("name", MOTIONS)
def test_labels_are_those_of_the_moved_scene(name: str, scene: SceneSpec) -> None:
    compare(scene, MOTIONS[name](scene), SIZES.get(name, (scene.camera.width, scene.camera.height)))


@pytest.mark.parametrize("scene", [EYE, FACE], ids=["eye", "face"])
def test_labels_are_those_of_the_mirrored_scene(scene: SceneSpec) -> None:
    """The adult is symmetric, so that the mirror image is a scene, too: of another camera and the same person."""
    size = (scene.camera.width, scene.camera.height)
    compare(scene, flip(1, size[0]), size)
    compare(scene, flip(1, size[0]).then(similarity((2.0, 1.0), 1.1, 10.0, scene)), size)


def test_what_comes_in_from_outside_is_not_called_visible() -> None:
    scene = with_camera(EYE, cx_px=0.0)
    old = Sample(0, 0, np.zeros((80, 120, 3), np.uint8), label(scene).to_json())
    before = old.eye_bools("points.iris.visible", 32)
    after = moved(old, old.picture, similarity((60.0, 0.0), 1.0, 0.0, scene)).eye_bools("points.iris.visible", 32)
    assert before.any() and not before.all()
    np.testing.assert_array_equal(before, after)
