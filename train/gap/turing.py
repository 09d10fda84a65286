"""A visual Turing sheet: refined and real pictures, shuffled and numbered, and the answers in a file of their own.

As many of one kind as of the other, of one size, equalised where they are grey (adapt/refine/space.py), without any
label: whoever looks at it writes down the numbers that seem rendered, and counts with

    answers    {"seed", "real", "refined", "answers": {"1": {"is": "real", "from": "FILE.png"},
                                                       "2": {"is": "rendered", "from": key of the sample}, ...}}

Which pictures are shown, and in which order, comes of the seed.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from adapt.refine.space import Space, in_space
from synth.errors import DataError
from synth.report.sheet import Layout, arrange, automatic_scale
from synth.seeds import rng
from synth.shards import count, iterate
from synth.shards.atomic import write_whole
from train.data.unlabelled import fitted, real_pictures

REAL, RENDERED = "real", "rendered"


@dataclass(frozen=True)
class Shown:
    """A picture of the sheet.

    Attributes:
        picture: u8, (h, w) or (h, w, 3).
        kind: `REAL` or `RENDERED`.
        source: A file's name or a sample's key.
    """

    picture: np.ndarray
    kind: str
    source: str


def answers_path(sheet: Path) -> Path:
    """Return where the answers to a sheet are."""
    return sheet.with_suffix(".answers.json")


def draw_turing(
    real: Path, refined: Path, answers: Path, n: int, columns: int, scale: float | None, seed: int
) -> Image.Image:
    """Return a sheet, and write its answers.

    Args:
        real: A folder of pictures, or of shards.
        refined: A refined corpus.
        answers: The file to write.
        n: Pictures, of which half are real; the rendered ones are one more where it is odd.
        columns: Of the sheet.
        scale: How much a picture is enlarged; None makes it about 320 px wide.
        seed: Of the choice and the order.

    Raises:
        DataError: One of them is damaged, has too few pictures, or they do not go together.
    """
    shown = shuffled(real, refined, n, seed)
    height, width = shown[0].picture.shape[:2]
    layout = Layout(columns, automatic_scale(width) if scale is None else scale)
    size = (round(width * layout.scale), round(height * layout.scale))
    tiles = [Image.fromarray(one.picture).convert("RGB").resize(size, Image.Resampling.BICUBIC) for one in shown]
    captions = [(str(number), "") for number in range(1, n + 1)]
    told = {
        "seed": seed,
        "real": str(real),
        "refined": str(refined),
        "answers": {str(i): {"is": one.kind, "from": one.source} for i, one in enumerate(shown, start=1)},
    }
    sheet = arrange(tiles, captions, layout, f"{n // 2} of these {n} pictures are photographs: which?")
    answers.parent.mkdir(parents=True, exist_ok=True)
    write_whole(answers, json.dumps(told, indent=1).encode())
    return sheet


def shuffled(real: Path, refined: Path, n: int, seed: int) -> list[Shown]:
    """Return the pictures of a sheet in their order, all of one size and in one space."""
    chance = rng(seed, 0, "turing")
    of_refined = n - n // 2
    have = count(refined)
    enough(refined, have, of_refined)
    wanted = set(chance.choice(have, of_refined, replace=False).tolist())
    rendered = [(one.key, one.picture) for place, one in enumerate(iterate(refined)) if place in wanted]
    like = rendered[0][1]
    if odd := [key for key, picture in rendered if picture.shape != like.shape]:
        raise DataError(f"{refined}: {odd[0]}: is of another size or colour than {rendered[0][0]}; a sheet shows one")
    found = [(where, fitted(picture, like, where)) for where, picture in real_pictures(real)]
    enough(real, len(found), n // 2)
    photographs = [found[row] for row in chance.choice(len(found), n // 2, replace=False)]
    everything = [(RENDERED, key) for key, _ in rendered]
    everything += [(REAL, where.removeprefix(f"{real}: ").rpartition("/")[2]) for where, _ in photographs]
    pictures = in_space(
        [picture for _, picture in (*rendered, *photographs)], Space.auto.of(1 if like.ndim == 2 else 3)
    ).images_u8
    arrays = [one[0] if like.ndim == 2 else np.moveaxis(one, 0, -1) for one in pictures.numpy()]
    return [Shown(arrays[row], *everything[row]) for row in chance.permutation(n)]


def enough(path: Path, have: int, wanted: int) -> None:
    """Refuse to show more pictures than there are.

    Raises:
        DataError: There are fewer.
    """
    if have < wanted:
        raise DataError(f"{path}: has {have} pictures and the sheet is to show {wanted} of them; lower n")
