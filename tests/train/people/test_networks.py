"""Networks of attributes and identity: shapes, sizes, places with weights of their own, eight faces by heart."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from adapt.augment.strengths import Strengths
from adapt.face_batch import to_rgb
from adapt.portraits import Portraits
from synth.errors import ConfigError, DataError
from tests.train.people.drawn import drawn_portraits
from train.measure.identity_metrics import identity_score
from train.models.build import build
from train.models.people.attributes import AttributeNetwork
from train.models.people.identity import IdentityNetwork
from train.models.people.local import LocallyConnected
from train.models.people.trunk import REDUCED, Trunk
from train.models.small_residual import SmallResidual
from train.tasks.attributes import AttributeTask
from train.tasks.averaged import Loss, Recipe, Schedule
from train.tasks.identity import IdentityTask, partners

RECIPE = Recipe(Loss.l1, 2e-2, 0.0, Schedule.constant, 1, 0.9, 0)
SMALL = {"width": 0.34}


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("trunk", ["residual", "mobilenet"])
@pytest.mark.parametrize("head", ["mean", "flat", "local1", "local3"])
def test_shapes_and_parameters_of_heads(trunk: str, head: str) -> None:
    torch.manual_seed(0)
    made = build("identity", {"trunk": trunk, "head": head, "width": 0.25, "features": 10, "attributes": 0.5}).eval()
    assert isinstance(made, IdentityNetwork)
    reading = made(torch.rand(2, 3, 64, 64))
    assert reading.embedding.shape == (2, 10)
    assert reading.attributes is not None and reading.attributes.shape == (2, 40)
    channels, cells = (1280, 2 * 2) if trunk == "mobilenet" else (64, 4 * 4)
    before = (
        0
        if head == "mean"
        else 2 * REDUCED
        + {
            "flat": REDUCED * (channels + 1),
            "local1": cells * REDUCED * (channels + 1),
            "local3": cells * REDUCED * (9 * channels + 1),
        }[head]
    )
    features = channels if head == "mean" else REDUCED * cells
    wanted = before + 10 * features + 2 * 10 + 40 * (features + 1)
    assert parameters(made) == parameters(made.trunk.backbone) + wanted


def test_parameters_of_the_residual_trunk_by_hand() -> None:
    def conv(before: int, after: int, kernel: int) -> int:
        return before * after * kernel**2 + 2 * after  # with the normalisation behind it

    found = conv(3, 24, 3) + 2 * conv(24, 24, 3)
    found += sum(conv(k, 2 * k, 3) + conv(2 * k, 2 * k, 3) + conv(k, 2 * k, 1) for k in (24, 48, 96))
    assert parameters(SmallResidual()) == found
    made = build("attributes", {})
    assert parameters(made) == found + 40 * 193
    assert made.size == (64, 64)  # type: ignore[comparison-overlap]


@pytest.mark.parametrize("kernel", [1, 3])
def test_a_locally_connected_layer_against_a_slow_loop(kernel: int) -> None:
    torch.manual_seed(1)
    made, x = LocallyConnected(3, 2, (4, 5), kernel), torch.rand(2, 3, 4, 5)
    nn.init.normal_(made.bias)
    padded = functional.pad(x, (kernel // 2,) * 4)
    found = made(x)
    for i in range(4):
        for j in range(5):
            window = padded[:, :, i : i + kernel, j : j + kernel].reshape(2, -1)
            wanted = window @ made.weight[5 * i + j].T + made.bias[:, 5 * i + j]
            torch.testing.assert_close(found[:, :, i, j], wanted)
    # With one set of weights for all places it is a convolution.
    with torch.no_grad():
        made.weight.copy_(made.weight[:1].expand_as(made.weight))
        made.bias.copy_(made.bias[:, :1].expand_as(made.bias))
    kernelled = made.weight[0].reshape(2, 3, kernel, kernel)
    torch.testing.assert_close(made(x), functional.conv2d(x, kernelled, made.bias[:, 0], padding=kernel // 2))


def quiet(task: AttributeTask | IdentityTask) -> None:
    task.log = lambda *_, **__: None  # type: ignore[method-assign]


def learn(task: AttributeTask | IdentityTask, faces: Portraits, steps: int) -> None:
    quiet(task)
    task.meet(faces, faces)
    task.train()
    optimizer = torch.optim.Adam([p for p in task.parameters() if p.requires_grad], 1e-2)
    for step in range(steps):
        order = torch.randperm(len(faces), generator=torch.Generator().manual_seed(step))
        loss = task.training_step(task.changed(faces.take(order), step), 0)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    task.eval()


@pytest.mark.slow
@pytest.mark.parametrize("learning", ["moon", "adaptive"])
def test_eight_faces_are_learnt_by_heart(learning: str) -> None:
    faces = drawn_portraits(8, 1)
    torch.manual_seed(0)
    made = build("attributes", {**SMALL, "learning": learning, "every": 5})
    assert isinstance(made, AttributeNetwork)
    task = AttributeTask(made, RECIPE, Strengths())
    learn(task, faces, 16)
    task.network.train()  # the statistics of the very batch: running means lag behind in so few steps
    said = task.network.probability(task.network(to_rgb(faces.images_u8))) > 0.5
    learnt = task.network.told.learnt
    assert learnt.sum() > 30
    assert (said == (faces.attributes == 1))[:, learnt].float().mean() > 0.98


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"learning": "center", "head": "local1"},
        {"learning": "arcface", "scale": 16.0, "attributes": 1.0},
        {"learning": "contrastive", "head": "local3"},
    ],
)
def test_eight_people_are_learnt_by_heart(options: dict[str, object]) -> None:
    faces = drawn_portraits(8, 2)
    torch.manual_seed(0)
    made = build("identity", {**SMALL, "features": 16, **options})
    assert isinstance(made, IdentityNetwork)
    task = IdentityTask(made, RECIPE, Strengths())
    learn(task, faces, 16)
    task.network.train()
    reading = task.network(to_rgb(faces.images_u8))
    score = identity_score(reading.embedding.detach().numpy(), faces.person.numpy())
    assert score.auc is not None and score.auc > 99 and score.rank1["7"] > 85
    if task.network.told is not None and reading.attributes is not None:
        right = (reading.attributes > 0) == (faces.attributes == 1)
        assert right[:, task.network.told.learnt].float().mean() > 0.95


def test_what_never_varies_is_not_learnt() -> None:
    faces = drawn_portraits(4, 1)
    attributes = faces.attributes.clone()
    attributes[:, 0], attributes[:, 1], attributes[:, 2] = 0, 1, -1
    attributes[:, 3] = torch.tensor([0, 1, -1, -1])
    faces = type(faces)(**{**vars(faces), "attributes": attributes})
    made = build("attributes", SMALL)
    assert isinstance(made, AttributeNetwork)
    task = AttributeTask(made, RECIPE, Strengths())
    quiet(task)
    task.meet(faces, None)
    assert task.network.told.learnt[:4].tolist() == task.average.told.learnt[:4].tolist() == [False, False, False, True]
    torch.autograd.backward(task.training_step(faces, 0))
    gradient = task.network.told.weight.grad
    assert gradient is not None and not gradient[:3].any() and gradient[3].any()
    with pytest.raises(DataError, match="no attribute is true of some"):
        task.meet(faces.take([0]), None)
    made.learning = "adaptive"
    with pytest.raises(DataError, match="measures on pictures to validate on"):
        AttributeTask(made, RECIPE, Strengths()).meet(faces, None)


def test_weights_follow_two_measurements() -> None:
    faces = drawn_portraits(6, 1)
    made = build("attributes", {**SMALL, "learning": "adaptive", "every": 1})
    assert isinstance(made, AttributeNetwork)
    task = AttributeTask(made, RECIPE, Strengths())
    task.meet(faces, faces)
    first = task.watched_losses()
    outputs = task.average.eval()(to_rgb(faces.images_u8))
    loss = functional.binary_cross_entropy_with_logits(outputs, (faces.attributes == 1).float(), reduction="none")
    torch.testing.assert_close(first, loss.mean(dim=0).detach())
    task.weigh(first)
    assert torch.equal(task.weights, torch.ones(40))
    later = first * torch.linspace(0.5, 0.9, 40)
    task.weigh(later)
    learnt = task.network.told.learnt
    trend = ((first - later) / later)[learnt]
    wanted = trend * later[learnt]
    torch.testing.assert_close(task.weights[learnt], wanted / wanted.mean())


def test_partners_show_the_same_person_in_another_picture() -> None:
    faces = drawn_portraits(5, 3)
    one = faces.take([*range(15), 0])
    alone = one.take([*range(14)])  # the last person has two pictures left
    generator = torch.Generator().manual_seed(0)
    seen = set()
    for _ in range(8):
        rows = partners(alone, alone, generator)
        assert torch.equal(alone.person[rows], alone.person)
        assert (rows != torch.arange(14)).all()
        seen |= {(i, int(row)) for i, row in enumerate(rows)}
    assert len(seen) == 4 * 3 * 2 + 2  # every other picture of the person is drawn at some time
    single = alone.take([0])
    assert partners(single, single, generator).tolist() == [0]


def test_a_batch_of_pairs_has_a_partner_for_each_of_its_first_half() -> None:
    faces = drawn_portraits(6, 2)
    made = build("identity", {**SMALL, "learning": "contrastive"})
    assert isinstance(made, IdentityNetwork)
    task = IdentityTask(made, RECIPE, Strengths())
    task.meet(faces, None)
    batch = faces.take([0, 2, 4, 6, 8, 10])
    changed = task.changed(batch, 3)
    assert changed.keys == ("0000", "0002", "0004", "0001", "0003", "0005")
    assert changed.person.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("attributes", {"learning": "mooon"}, "expected one of equal, moon, adaptive"),
        ("attributes", {"target": 1.0}, "model.target=1.0: above 0 and below 1"),
        ("attributes", {"every": 0}, "model.every=0: at least 1"),
        ("identity", {"apart": 2.5}, "model.apart=2.5: from 0 to 2"),
        ("identity", {"side": 80}, "expected one of 64, 96, 128, 224"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)


def test_a_trunk_is_the_same_for_both_kinds() -> None:
    made = Trunk("residual", 1.0, 96, "flat")
    assert made(torch.rand(1, 3, 96, 96)).shape == (1, made.width) and made.width == REDUCED * 36
