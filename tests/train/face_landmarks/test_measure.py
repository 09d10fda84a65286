"""Figures of landmarks by hand and against slow integrals; groups of people; what files of predictions say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.train.face_landmarks.drawn import drawn_faces
from train.data.face_marks.points import ibug68_of_dense
from train.measure.face_landmark_evaluation import (
    LandmarkEvaluation,
    Told,
    mean_faces_px,
    prediction_file,
    told_of,
    truth_of,
)
from train.measure.face_landmark_groups import groups_of
from train.measure.face_landmark_metrics import Truth, errors_percent, landmark_score, misses_px, nme_of
from train.models.build import build
from train.models.face_landmarks import FaceLandmarkNetwork
from train.models.face_landmarks.mean_face import mean_face


def truth(n: int = 2) -> Truth:
    """Return faces 100 px wide and 64 high, outer corners of eyes 60 apart in the picture and 80 in depth."""
    points = np.tile(np.linspace([10.0, 20.0], [110.0, 84.0], 68), (n, 1, 1))
    points[:, 36], points[:, 45] = [30.0, 50.0], [90.0, 50.0]
    depth = np.zeros((n, 68))
    depth[:, 45] = 80.0
    return Truth(points, depth, np.ones((n, 68), dtype=bool), np.tile([0.0, 0.0, 150.0, 150.0], (n, 1)))


def test_errors_by_hand() -> None:
    true = truth()
    told = true.points_px.copy()
    told[0] += [3.0, 4.0]  # 5 px everywhere
    told[1, :17] += [0.0, 6.0]  # the jaw alone
    np.testing.assert_allclose(errors_percent(told, true), [100 * 5 / 60, 100 * 17 / 68 * 6 / 60])
    np.testing.assert_allclose(errors_percent(told, true, part="inner"), [100 * 5 / 60, 0.0])
    np.testing.assert_allclose(errors_percent(told, true, "box"), [100 * 5 / 80, 100 * 17 / 68 * 6 / 80])
    np.testing.assert_allclose(errors_percent(told, true, "inter_ocular_3d"), [5.0, 1.5])
    score = landmark_score(told, true, true.points_px)
    assert score.inter_ocular is not None and score.by_group is not None and score.mean_face is not None
    every = score.inter_ocular["all"]
    assert every.n == 2 and every.nme == pytest.approx((5 / 60 + 1.5 / 60) * 50)
    assert every.failures == {8: 50.0, 10: 0.0}  # 8.33 and 2.5 %
    assert every.auc == pytest.approx({8: 50 * (1 - 2.5 / 8), 10: 50 * (1 - 0.8333333 + 1 - 0.25)}, rel=1e-5)
    assert score.by_group["jaw"] == pytest.approx((5 + 6) / 60 * 50)
    assert score.by_group["lips"] == pytest.approx(5 / 60 * 50)
    assert score.mean_face.inter_ocular is not None and score.mean_face.inter_ocular["all"].nme == 0
    assert "hidden" not in score.by_group
    true.visible[0, :2] = False  # 5 px off
    true.visible[1, 16:18] = False  # 6 px and none
    hidden = landmark_score(told, true).by_group
    assert hidden is not None and hidden["hidden"] == pytest.approx((5 + 3) / 60 * 50)


def test_area_under_the_curve_is_that_of_the_share_of_faces() -> None:
    errors = np.random.default_rng(0).gamma(3, 2, 200)
    found = nme_of(np.append(errors, np.nan))
    assert found is not None and found.n == 200
    for limit in (8, 10):
        at = np.linspace(0, limit, 100_001)
        share = np.searchsorted(np.sort(errors), at, side="right") / 200
        assert found.auc[limit] == pytest.approx(100 * np.trapz(share, at) / limit, abs=0.01)
        assert found.failures[limit] == pytest.approx(100 * np.mean(errors > limit))


def test_what_a_set_does_not_have_does_not_count() -> None:
    true = truth(3)
    true.depth_px[:] = np.nan
    true.points_px[1, 45] = np.nan  # AFLW's hidden corner: no inter-ocular distance, and the box is the cut's
    true.points_px[2] = np.nan
    score = landmark_score(true.points_px + np.array([0.0, 3.0]), true)
    assert score.inter_ocular_3d is None and score.inter_ocular is not None and score.box is not None
    assert score.inter_ocular["all"].n == 1 and score.inter_ocular["all"].nme == pytest.approx(5.0)
    assert score.box["all"].n == 2 and score.box["all"].nme == pytest.approx(50 * (3 / 80 + 3 / 100))
    assert nme_of(np.array([np.nan])) is None


def test_groups_by_hand() -> None:
    n = 40
    true = truth(n)
    true.depth_px[:] = 0
    eyes = np.linalg.norm(true.points_px[0, 42:48].mean(0) - true.points_px[0, 36:42].mean(0))
    old, dark = np.arange(n) < 20, np.arange(n) % 2 == 0
    apart = np.where(old, 2.0, 1.0)[:, None] + np.where(dark, 0.5, 0.0)[:, None] * np.ones(68)
    traits = [
        {"age": "60 and over" if a else "18 to 39", "skin tone": "dark" if d else "light"}
        for a, d in zip(old, dark, strict=True)
    ]
    traits[0] = {**traits[0], "eye shape": "single"}
    found = groups_of(apart, true, traits)
    assert found is not None and found.iod_mae == pytest.approx(100 * 1.75 / eyes)
    assert found.by_trait["age"]["60 and over"].n == 20
    assert found.by_trait["age"]["60 and over"].iod_mae == pytest.approx(100 * 2.25 / eyes)
    deviation = np.std(np.tile([2.5, 2.0], 10), ddof=1)
    assert found.by_trait["age"]["60 and over"].standard_error == pytest.approx(100 * deviation / np.sqrt(20) / eyes)
    assert found.apart == pytest.approx({"age": 100 / eyes, "skin tone": 50 / eyes})
    assert found.most_apart is not None and found.most_apart[0] == "age"
    assert found.by_trait["eye shape"]["single"].n == 1  # too few to compare
    assert groups_of(apart, true, [{}] * n) is None
    true.depth_px[:] = np.nan
    assert groups_of(apart, true, traits) is None


def small(name: str) -> FaceLandmarkNetwork:
    torch.manual_seed(0)
    options = {"channels": 4} if name == "attention_mesh" else {"width": 0.25}
    made = build(name, {**options, "side": 64})
    assert isinstance(made, FaceLandmarkNetwork)
    return made


def test_what_is_told_is_of_the_files_picture() -> None:
    faces = replace(drawn_faces(3, 64), square_px=torch.tensor([[10.0, 20.0, 138.0, 148.0]]).repeat(3, 1))
    network = small("cascade68").eval()
    told = told_of(network, faces, batch_size=2)
    with torch.inference_mode():
        cut = network(faces.images_u8.permute(0, 3, 1, 2).float() / 255).points_px
    np.testing.assert_allclose(told.points_px, 2 * cut.double().numpy() + [10, 20], atol=1e-4)
    assert told.mesh_px is None and told.face is None
    np.testing.assert_allclose(mean_faces_px(faces)[1], 128 * mean_face().double().numpy() + [10, 20], atol=1e-4)
    file = prediction_file(told, faces.keys)
    np.testing.assert_allclose(file["2"]["landmarks68"], told.points_px[2] - 0.5, atol=1e-3)
    assert set(file["2"]) == {"landmarks68"}


def test_a_mesh_tells_ibugs_points_and_is_measured_by_its_own() -> None:
    mesh = drawn_faces(12, 64, 478)
    told = told_of(small("attention_mesh"), mesh)
    assert told.mesh_px is not None and told.face is not None and ((told.face > 0) & (told.face < 1)).all()
    np.testing.assert_allclose(told.points_px, ibug68_of_dense() @ told.mesh_px[..., :2], atol=1e-4)
    file = prediction_file(told, mesh.keys)["3"]
    np.testing.assert_allclose(file["landmarks478"], told.mesh_px[3] - [0.5, 0.5, 0.0], atol=1e-3)
    assert file["face"] == pytest.approx(told.face[3], abs=1e-4)
    true = truth_of(mesh)
    np.testing.assert_allclose(true.points_px, ibug68_of_dense() @ mesh.points_px.double().numpy(), atol=1e-4)
    hidden = mesh.visible.clone()
    hidden[0, 33] = False  # the right eye's outer corner is a point of the mesh itself
    assert np.argwhere(~truth_of(replace(mesh, visible=hidden)).visible).tolist() == [[0, 36]] and true.visible.all()
    known = replace(mesh, traits=({"gender": "male"},) * 6 + ({"gender": "female"},) * 6)
    evaluation = LandmarkEvaluation({"a": told, "b": told}, known, known, {}, ())
    groups = evaluation.groups(told)
    apart = np.linalg.norm(told.mesh_px[..., :2] - mesh.points_px.double().numpy(), axis=2)
    wanted = groups_of(apart, true, known.traits)
    assert groups == wanted and wanted is not None
    both = evaluation.mean()
    assert both.mesh_px is not None
    np.testing.assert_allclose(both.points_px, told.points_px)
    mixed = LandmarkEvaluation({"a": told, "b": Told(told.points_px + 2)}, known, known, {}, ())
    assert mixed.mean().mesh_px is None
    np.testing.assert_allclose(misses_px(mixed.mean().points_px, mixed.truth), misses_px(told.points_px + 1, true))
