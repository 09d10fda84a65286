"""Networks of a face's landmarks: shapes, published sizes, losses and readings by hand, eight faces by heart."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from adapt.face_batch import to_rgb
from adapt.motion.swaps import IBUG68, dense478
from synth.errors import ConfigError
from tests.train.face_landmarks.drawn import drawn_faces
from train.models.build import FACE_LANDMARK_NETWORKS, build
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.face_landmarks.attention_mesh import AttentionMesh
from train.models.face_landmarks.cascade import BOX, Cascade, OfEachPoint, looked_at, patches
from train.models.face_landmarks.heatmaps import expected, learning_loss, quarter_offset
from train.models.face_landmarks.mean_face import mean_face
from train.models.face_landmarks.mobilenet import MobileNetLandmarks
from train.models.face_landmarks.regions import REGIONS, ROOM, crop_about, sampled
from train.models.face_landmarks.san import aggregated
from train.models.face_landmarks.wing import adaptive_wing, adaptive_wing_loss, wing, wing_loss
from train.tasks.face_landmarks import read

SMALL: dict[str, dict[str, object]] = {
    "mobilenet68": {"width": 0.25, "side": 64, "pooling": "grid"},
    "cascade68": {"width": 0.25, "side": 64},
    "hrnet68": {"width": 4, "blocks": 1, "streams": "one_each", "side": 64, "learning": "integral"},
    "hourglass68": {"modules": 2, "channels": 8, "side": 64, "learning": "integral"},
    "san": {"width": 0.0625, "side": 64, "learning": "integral"},
    "attention_mesh": {"channels": 4, "side": 64},
}


def network(name: str, **options: object) -> FaceLandmarkNetwork:
    torch.manual_seed(0)
    made = build(name, options)
    assert isinstance(made, FaceLandmarkNetwork)
    return made


@pytest.mark.parametrize("name", FACE_LANDMARK_NETWORKS)
def test_shapes(name: str) -> None:
    made = network(name, **SMALL[name]).eval()
    n = made.marks.n
    assert made.size == (64, 64) and n == (478 if name == "attention_mesh" else 68)
    found = made(torch.rand(3, 3, 64, 64))
    assert found.points_px.shape == (3, n, 2)
    stages = {"hrnet68": 1, "hourglass68": 2, "san": 4}.get(name)
    cells = 8 if name == "san" else 16
    assert (found.heatmaps is None) if stages is None else found.heatmaps.shape == (3, stages, 68, cells, cells)
    assert (found.depth_px is None) == (found.face is None) == (name != "attention_mesh")
    if found.stages_px is not None:
        assert torch.equal(found.stages_px[:, -1], found.points_px)
    # An untrained network tells places inside the picture: the mean face, or its middle.
    assert ((found.points_px > 0) & (found.points_px < 64)).all()


def test_mirrored_hrnet_tells_mirror_images_mirrored() -> None:
    made = network("hrnet68", **SMALL["hrnet68"], mirrored=True)
    with torch.no_grad():
        nn.init.normal_(made.head[-1].weight)  # type: ignore[index,union-attr]
    images = torch.rand(2, 3, 64, 64)
    once = made(images)
    made.eval()
    (plain, mirror, there) = (made._heatmaps(images), made._heatmaps(images.flip(3)), made(images))  # type: ignore[operator]
    assert not torch.allclose(there.points_px, made(images * 0.5).points_px)
    wanted = expected((plain + mirror.flip(4)[:, :, list(IBUG68)]) / 2, (64, 64))[:, 0]
    torch.testing.assert_close(there.points_px, wanted)
    # What it tells of a mirror image is the mirror image of what it tells: u -> 64 - u, left and right change names.
    back = made(images.flip(3)).points_px[:, list(IBUG68)] * torch.tensor([-1.0, 1.0]) + torch.tensor([64.0, 0.0])
    torch.testing.assert_close(back, there.points_px, rtol=0, atol=1e-3)
    # It learns from one look alone.
    torch.testing.assert_close(once.points_px, network_of_one_look(made)(images).points_px)


def network_of_one_look(made: FaceLandmarkNetwork) -> FaceLandmarkNetwork:
    one = network("hrnet68", **SMALL["hrnet68"])
    one.load_state_dict(made.state_dict())
    return one.train()


def test_wing_by_hand() -> None:
    found = wing(torch.tensor([0.0, 2.0, -2.0, 10.0, -14.0]))
    edge = 10 * np.log(6)
    torch.testing.assert_close(found, torch.tensor([0.0, 10 * np.log(2), 10 * np.log(2), edge, edge + 4]).float())
    # Two coordinates of a picture of 128, in px of 64: 1 and 0 off.
    points = torch.tensor([[[10.0, 20.0]]])
    assert float(wing_loss(points, points + torch.tensor([2.0, 0.0]), 128)) == pytest.approx(10 * np.log(1.5) / 2)


def test_adaptive_wing_against_its_equations() -> None:
    def slow(found: float, true: float) -> float:
        error, power = abs(true - found), 2.1 - true
        if error < 0.5:
            return float(14 * np.log(1 + error**power))
        a = 14 / (1 + 0.5**power) * power * 0.5 ** (power - 1)
        return float(a * error - (0.5 * a - 14 * np.log(1 + 0.5**power)))

    cases = [(0.0, 0.0), (0.3, 0.0), (0.9, 0.0), (0.2, 1.0), (0.8, 1.0), (-0.4, 0.5), (0.5001, 0.0), (0.4999, 0.0)]
    found, true = torch.tensor(cases).T
    torch.testing.assert_close(adaptive_wing(found, true), torch.tensor([slow(*case) for case in cases]).float())
    assert slow(0.5001, 0) - slow(0.4999, 0) < 5e-3  # continuous, and so the test of equations tests both branches
    # A true heatmap of one pixel: it and its 8 neighbours weigh 11, the other 16 weigh 1.
    true, flat = torch.zeros(1, 1, 5, 5), torch.full((1, 1, 1, 5, 5), 0.1)
    true[0, 0, 2, 2] = 1.0
    wanted = (11 * slow(0.1, 1.0) + (8 * 11 + 16) * slow(0.1, 0.0)) / 25
    assert float(adaptive_wing_loss(flat, true)) == pytest.approx(wanted, rel=1e-5)
    flat.requires_grad_()
    adaptive_wing_loss(flat, true).backward()
    assert flat.grad is not None and flat.grad.isfinite().all()


def test_quarter_offset_against_a_slow_loop() -> None:
    maps = torch.rand(2, 5, 8, 12, generator=torch.Generator().manual_seed(3))
    maps[0, 0, 0, 3] = maps[0, 1, 7, 11] = 2.0  # at the border: no offset across it
    found = quarter_offset(maps, (64, 48))
    for b in range(2):
        for n in range(5):
            heat = maps[b, n].numpy()
            i, j = np.unravel_index(heat.argmax(), heat.shape)
            x, y = j + 0.5, i + 0.5
            if 0 < j < 11:
                x += 0.25 * np.sign(heat[i, j + 1] - heat[i, j - 1])
            if 0 < i < 7:
                y += 0.25 * np.sign(heat[i + 1, j] - heat[i - 1, j])
            np.testing.assert_allclose(found[b, n], [x * 48 / 12, y * 64 / 8], rtol=1e-6)


def test_expected_place_and_losses_by_hand() -> None:
    maps = torch.full((1, 1, 2, 4, 4), -100.0)
    maps[0, 0, 0, 1, 2] = 0.0
    maps[0, 0, 1, 0, 0] = maps[0, 0, 1, 0, 3] = 0.0
    wanted = torch.tensor([[[[10.0, 6.0], [8.0, 2.0]]]])
    torch.testing.assert_close(expected(maps, (16, 16)), wanted)
    # 1 px of 16 in one of four coordinates is 100 / 16 / 4 percent.
    off = wanted[0] + torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])
    assert float(learning_loss(maps, off, "integral", (16, 16), 1.0)) == pytest.approx(100 / 16 / 4)
    zero = torch.zeros(1, 2, 1, 4, 4)
    y, x = np.mgrid[:4, :4]
    gaussian = np.exp(-((x - 1.5) ** 2 + (y - 1) ** 2) / 2)  # px 8, 6 of 16 are pixels 1.5, 1
    found = learning_loss(zero, torch.tensor([[[8.0, 6.0]]]), "mse", (16, 16), 1.0)
    assert float(found) == pytest.approx((gaussian**2).mean(), rel=1e-5)


def test_losses_of_networks_by_hand() -> None:
    faces = drawn_faces(2, 64)
    off = faces.points_px + torch.tensor([0.64, 0.0])  # a percent of the side, in x
    reading = FaceReading(off, stages_px=torch.stack([faces.points_px, faces.points_px, off], dim=1))
    assert float(MobileNetLandmarks(0.25, 64, "l1").loss(reading, faces)) == pytest.approx(0.5, rel=1e-4)
    assert float(MobileNetLandmarks(0.25, 64, "mse").loss(reading, faces)) == pytest.approx(0.5, rel=1e-4)
    wanted = 5 * np.log(1 + 0.64 / 2)
    assert float(MobileNetLandmarks(0.25, 64, "wing").loss(reading, faces)) == pytest.approx(wanted, rel=1e-4)
    assert float(Cascade(0.25, 64).loss(reading, faces)) == pytest.approx(0.5 / 3, rel=1e-4)
    mesh = drawn_faces(2, 64, 478)
    present = mesh.present.clone()
    present[1] = False  # whatever is told of it, only the flag counts
    stages = torch.stack([mesh.points_px + torch.tensor([0.64, 0.0]), mesh.points_px], dim=1)
    stages[1] += 100
    told = FaceReading(
        stages[:, -1], depth_px=mesh.depth_px + 1.28, stages_px=stages, face=torch.tensor([np.log(3.0), 0.0]).float()
    )
    found = AttentionMesh(4, 64).loss(told, type(mesh)(**{**vars(mesh), "present": present}))
    assert float(found) == pytest.approx(0.5 + 2 / 2 + (np.log(4 / 3) + np.log(2)) / 2, rel=1e-4)


def test_san_sees_one_style_and_sums_its_stages() -> None:
    images = 0.2 + 0.5 * torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)).expand(-1, 3, -1, -1)
    tinted = images + torch.tensor([0.0, 0.2, -0.2 * 0.587 / 0.114])[:, None, None] / 4  # of the same luma
    style = aggregated(images)
    assert style.shape == images.shape and torch.equal(style[:, 0], style[:, 2])
    # Of other contrast, brightness and colour: the same style.
    torch.testing.assert_close(aggregated(1.3 * images - 0.1), style, atol=1e-4, rtol=0)
    torch.testing.assert_close(aggregated(tinted), style, atol=1e-4, rtol=0)
    made, faces = network("san", width=0.0625, side=64), drawn_faces(2, 64)
    reading = read(made, faces)
    assert reading.heatmaps is not None
    each = [learning_loss(reading.heatmaps[:, i : i + 1], faces.points_px, "mse", (64, 64), 1.0) for i in range(4)]
    torch.testing.assert_close(made.loss(reading, faces), sum(each[1:], start=each[0]))


def ramp(side: int) -> Tensor:
    """Return a picture whose two channels are the place of each pixel's centre, in sides of it."""
    at = (torch.arange(side) + 0.5) / side
    return torch.stack([at.expand(side, side), at[:, None].expand(side, side)])[None]


def test_patches_show_what_lies_where_they_are() -> None:
    x, y = ramp(32).split(1, dim=1)
    corners = torch.tensor([[[0.25, 0.25, 0.75, 0.5]]])
    wanted = torch.linspace(0.3, 0.7, 5)  # centres of five columns
    torch.testing.assert_close(looked_at(x, corners, 3, 5)[0, 0], wanted.expand(3, 5))
    torch.testing.assert_close(looked_at(y, corners, 2, 4)[0, 0, :, 0], torch.tensor([0.3125, 0.4375]))
    middle = torch.tensor([[[0.4, 0.5], [0.6, 0.3]]])
    seen = patches(y, middle, 0.2)
    torch.testing.assert_close(seen.mean(dim=(2, 3)), middle[..., 1])
    torch.testing.assert_close(seen[0, 0, -1, 0] - seen[0, 0, 0, 0], torch.tensor(0.2 * 14 / 15))


def test_each_points_convolution_is_a_group_of_one() -> None:
    made = OfEachPoint(3, 2, 5, 4)
    x = torch.rand(3, 2, 2, 7, 6)
    weight = made.weight.reshape(3, 2, 4, 4, 5).permute(0, 4, 1, 2, 3).reshape(15, 2, 4, 4)
    grouped = functional.conv2d(x.transpose(0, 1).flatten(1, 2), weight, made.bias.flatten(), groups=3)
    torch.testing.assert_close(made(x), grouped.unflatten(1, (3, 5)).transpose(0, 1))


def test_level_1_begins_at_the_mean_face_and_means_who_tells() -> None:
    made = Cascade(0.25, 64).eval()
    for whole in made.level1.values():
        last = whole.get_submodule("layers")[-1]  # type: ignore[index]
        nn.init.zeros_(last.weight)
        nn.init.constant_(last.bias, 0.06)
    for round_ in made.later:
        for one in round_:  # type: ignore[union-attr]
            nn.init.zeros_(one.told.weight)
    found = made(torch.rand(1, 3, 64, 64)).stages_px / 64
    # Every network moves by 0.06 of the box: so does their mean.
    torch.testing.assert_close(found, (mean_face() + 0.06 * BOX).expand(1, 3, 68, 2))


def test_crops_of_regions_by_hand() -> None:
    points = torch.full((1, 478, 2), 0.9)
    turn = 0.4
    along, down = torch.tensor([np.cos(turn), np.sin(turn)]), torch.tensor([-np.sin(turn), np.cos(turn)])
    middle, region = torch.tensor([0.4, 0.5]), REGIONS["right_eye"]
    around = torch.linspace(0, 2 * np.pi, 17)[:16]
    ring = middle + 0.1 * around.cos()[:, None] * along + 0.04 * around.sin()[:, None] * down
    order = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]
    points[0, order] = ring.flip(0).roll(9, 0).float()  # 33 on the left
    points[0, 33], points[0, 133] = (middle - 0.1 * along).float(), (middle + 0.1 * along).float()
    crop = crop_about(points, region)
    torch.testing.assert_close(crop.middle[0], middle.float(), atol=2e-3, rtol=0)
    torch.testing.assert_close(crop.half[0], torch.tensor(ROOM * 0.1).float(), atol=1e-3, rtol=0)
    torch.testing.assert_close(crop.along[0], along.float(), atol=1e-3, rtol=0)
    # The features of a crop of a ramp are the places that its cells lie at.
    seen = sampled(ramp(64), crop, 6)
    at = (torch.arange(6) + 0.5) / 3 - 1
    inside = torch.stack(torch.meshgrid(at, at, indexing="xy"), dim=-1).reshape(1, 36, 2)
    torch.testing.assert_close(seen.flatten(2).mT, crop.placed(inside), atol=1e-4, rtol=0)


def test_regions_are_the_eyes_and_lips_of_the_mesh() -> None:
    assert [len(REGIONS[name].points) for name in ("right_eye", "left_eye", "lips")] == [16, 16, 40]
    every = [point for region in REGIONS.values() for point in (*region.points, *region.iris)]
    assert len(set(every)) == len(every) == 82
    swap = dense478()
    assert {swap[p] for p in REGIONS["right_eye"].points} == set(REGIONS["left_eye"].points)
    assert {swap[p] for p in REGIONS["right_eye"].iris} == set(REGIONS["left_eye"].iris)
    assert {swap[p] for p in REGIONS["lips"].points} == set(REGIONS["lips"].points)


def learn(made: FaceLandmarkNetwork, steps: int, rate: float) -> float:
    """Return the mean distance left on eight faces, over that of the eight's mean face."""
    faces = drawn_faces(8, 64, made.marks.n)
    images = to_rgb(faces.images_u8)
    optimizer = torch.optim.Adam(made.train().parameters(), rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, steps)
    for _ in range(steps):
        optimizer.zero_grad()
        reading = made(images)
        torch.autograd.backward(made.loss(reading, faces))
        optimizer.step()
        schedule.step()
    left = (reading.points_px.detach() - faces.points_px).norm(dim=-1).mean()
    return float(left / (faces.points_px.mean(0) - faces.points_px).norm(dim=-1).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "steps", "rate"),
    [
        ("mobilenet68", {}, 42, 4e-3),
        ("cascade68", {"width": 0.1}, 44, 2e-2),
        ("hrnet68", {}, 24, 1e-2),
        ("hourglass68", {"modules": 1, "channels": 12}, 30, 2e-2),
        ("san", {}, 75, 2e-2),
        ("attention_mesh", {}, 40, 5e-3),
    ],
)
def test_eight_faces_are_learnt_by_heart(name: str, options: dict[str, object], steps: int, rate: float) -> None:
    assert learn(network(name, **{**SMALL[name], **options}), steps, rate) < 0.5


@pytest.mark.parametrize("name", FACE_LANDMARK_NETWORKS)
def test_gradients_are_finite_and_reach_every_layer(name: str) -> None:
    made = network(name, **SMALL[name])
    faces = drawn_faces(2, 64, made.marks.n)
    torch.autograd.backward(made.loss(read(made, faces), faces))
    gradients = {key: value.grad for key, value in made.named_parameters()}
    assert not [key for key, value in gradients.items() if value is None or not value.isfinite().all()]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mobilenet68", {"loss": "wings"}, "model.loss=wings: expected one of wing, l1, mse"),
        ("hrnet68", {"side": 100}, "model.side=100: expected one of 256, 128, 96, 64"),
        ("san", {"widht": 1.0}, "did you mean width"),
        ("hourglass68", {"modules": 0}, "model.modules=0"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)
