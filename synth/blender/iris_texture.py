"""The look of an iris, painted on its polar map: rows from the pupil's edge (0) to the root (1), columns round the eye.

The stroma scatters blue over a dark back layer; pigment in it absorbs and scatters brown: from the share of pigment
p at a place,

    colour = scatter exp(-k p) + pigment (1 - exp(-k p))

blue and grey irises have almost none, green and hazel ones little, with a yellow pigment in the stroma (`warmth`),
brown ones much.  Structure: radial fibres, the collarette (a wavering ridge where the pupillary zone ends), crypts
(lens-shaped gaps of the stroma that show the darker layer), furrows of contraction, the limbal ring and the dark ruff
at the pupil's edge.
Terms: Hogan, Histology of the Human Eye, 1971; colours fitted by eye to photographs.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter, map_coordinates

from assets.person import IrisSpec

SCATTER = np.array([0.130, 0.185, 0.232])
SCATTER_DEEP = np.array([0.028, 0.048, 0.070])
YELLOW = np.array([1.25, 1.05, 0.36])
AMBER = np.array([0.235, 0.105, 0.020])
BROWN = np.array([0.120, 0.046, 0.016])
DARK = np.array([0.026, 0.0120, 0.0075])
RUFF = np.array([0.012, 0.007, 0.005])
THREADS_MEAN = 0.32
INFRARED_STROMA, INFRARED_PIGMENT = 0.20, 0.24


def paint(spec: IrisSpec, rows: int, columns: int, infrared: bool = False) -> tuple[
    Float[np.ndarray, "rows columns 3"], Float[np.ndarray, "rows columns"]
]:  # fmt: skip
    """Return the albedo (linear Rec. 709) and the height (about 0 to 1) of an iris."""
    rng = np.random.default_rng(spec.texture_seed)
    radius = ((np.arange(rows) + 0.5) / rows)[:, None]
    # Every field is drawn at a fixed number of knots, so that a small map is the large one seen from afar.
    # Bounded, since the edges of ruff and ring are moved by it.
    waver = 2 * np.tanh(0.5 * _field(rng, 1, 28, rows, columns) + 0.15 * _field(rng, 1, 70, rows, columns))
    bend = 0.0035 * _field(rng, 3, 12, rows, columns)
    fibres = _radial(rng, 170, rows, columns, bend) + 0.7 * _radial(rng, 330, rows, columns, bend)
    strands = _radial(rng, 60, rows, columns, bend)
    cloud = _field(rng, 5, 9, rows, columns)
    pigment_cloud = _field(rng, 3, 6, rows, columns) + 0.6 * _field(rng, 9, 30, rows, columns)
    crypt_field = _field(rng, 5, 26, rows, columns)
    furrow_phase = 0.35 * _field(rng, 1, 7, rows, columns)
    freckle_field = _field(rng, 12, 60, rows, columns)
    # Threads of the stroma, pale lines with dark meshes between them; a brown iris' velvet hides them.
    threads = _threads(rng, 110, rows, columns, bend) + 0.6 * _threads(rng, 210, rows, columns, bend)
    threads = threads * (1 - 0.55 * spec.melanin)

    edge = spec.collarette + 0.035 * waver
    ridge = np.exp(-(((radius - edge) / 0.045) ** 2))
    inside = _smooth(edge + 0.02, edge - 0.04, radius)
    ciliary = _smooth(edge, edge + 0.12, radius) * _smooth(0.95, 0.80, radius)
    crypts = spec.crypts * _smooth(0.9, 1.7, crypt_field) * np.maximum(ciliary, 0.4 * ridge)
    furrows = np.maximum(np.sin(2 * np.pi * (radius * 4.5 + furrow_phase)), 0) ** 6 * _smooth(0.55, 0.75, radius)

    fine = 0.16 * fibres + 0.11 * strands + 0.30 * threads
    relief = (
        0.5
        + spec.fibre_contrast * fine
        + (0.32 - 0.14 * spec.melanin) * ridge
        - 0.45 * crypts
        - 0.16 * furrows
        - 0.12 * inside
    )

    patchy = 1 - 0.75 * spec.melanin
    pigment = spec.melanin * (1 + patchy * (0.17 * pigment_cloud + 0.2 * cloud * spec.fibre_contrast))
    # What pigment a light iris has lies on the fibres and about the pupil.
    pigment = pigment * (1 + (1 - spec.melanin) * (0.5 * strands * spec.fibre_contrast + 0.9 * (0.5 - radius)))
    pigment = pigment + 0.22 * spec.warmth * np.exp(-(((radius - 0.6 * edge) / 0.28) ** 2)) * (1 - spec.melanin)
    # The ridge is a little paler than its surroundings, also in the darkest irises.
    pigment = np.maximum(pigment - spec.melanin * (0.15 * crypts + 0.09 * ridge + 0.05 * fine), 0.0)
    freckles = _smooth(2.4, 3.4, freckle_field) * _smooth(0.2, 0.45, radius) * max(0.6 - spec.melanin, 0.0)
    pigment = pigment + 0.5 * freckles * (0.3 + spec.warmth)
    density = np.clip(relief, 0.0, 1.3)[..., None]
    if infrared:
        return _infrared(pigment, relief, radius, spec), np.clip(relief, 0, 1)
    scatter = SCATTER_DEEP + (SCATTER - SCATTER_DEEP) * 1.25 * density
    # Some yellow goes with any brown: without it hazel would come out as pink beside blue.
    warmth = max(spec.warmth, 0.75 * float(np.clip((spec.melanin - 0.06) / 0.2, 0, 1)))
    scatter = scatter * YELLOW ** (warmth * (0.7 + 0.3 * inside[..., None]))
    share = pigment[..., None]
    brown = AMBER + (BROWN - AMBER) * np.clip(share / 0.55, 0, 1)
    brown = brown + (DARK - brown) * np.clip((share - 0.5) / 0.5, 0, 1)
    brown = brown * (0.40 + 1.05 * density)
    through = np.exp(-4.6 * share)
    albedo = scatter * through + brown * (1 - through)
    albedo = albedo * (1 - 0.45 * crypts[..., None]) * (1 - 0.14 * inside[..., None])
    return _edges(albedo, radius, waver, spec, 1.0), np.clip(relief, 0, 1)


def _edges(
    albedo: Float[np.ndarray, "rows columns 3"],
    radius: Float[np.ndarray, "rows 1"],
    waver: Float[np.ndarray, "rows columns"],
    spec: IrisSpec,
    strength: float,
) -> Float[np.ndarray, "rows columns 3"]:
    """Return the colours with the limbal ring and the pupillary ruff."""
    ring = spec.limbal_ring * _smooth(0.76 + 0.02 * waver, 0.97, radius) * strength
    albedo = albedo * (1 - 0.78 * ring[..., None])
    ruff = _smooth(0.055 + 0.014 * waver, 0.012, radius)[..., None]
    return np.asarray(albedo + (RUFF - albedo) * ruff)


def _infrared(
    pigment: Float[np.ndarray, "rows columns"],
    relief: Float[np.ndarray, "rows columns"],
    radius: Float[np.ndarray, "rows 1"],
    spec: IrisSpec,
) -> Float[np.ndarray, "rows columns 3"]:
    """Return the albedo near 850 nm, where melanin scatters more than it absorbs: dark irises are the lighter ones."""
    share = np.clip(pigment, 0, 1)
    grey = (INFRARED_STROMA + (INFRARED_PIGMENT - INFRARED_STROMA) * share) * (0.55 + 0.8 * np.clip(relief, 0, 1.3))
    grey = grey * (1 - 0.35 * spec.limbal_ring * _smooth(0.8, 1.0, radius))
    return np.repeat(grey[..., None], 3, axis=2)


def _smooth(low: Float[np.ndarray, "..."] | float, high: Float[np.ndarray, "..."] | float, x: np.ndarray) -> np.ndarray:
    """Return the smooth step from 0 at `low` to 1 at `high`, in either order."""
    t = np.clip((x - low) / (np.asarray(high) - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def _field(
    rng: np.random.Generator, knots_radial: int, knots_round: int, rows: int, columns: int
) -> Float[np.ndarray, "rows columns"]:
    """Return smooth noise (mean 0, deviation 1) that closes round the eye."""
    knots = rng.standard_normal((knots_radial + 3, knots_round)).astype(np.float32)
    down = (np.arange(rows) + 0.5) / rows * knots_radial + 1
    across = (np.arange(columns) + 0.5) / columns * knots_round
    # Interpolation loses variance between the knots.
    return np.asarray(1.5 * _sample(knots, down[:, None], across[None, :]))


def _radial(
    rng: np.random.Generator, count: int, rows: int, columns: int, bend: Float[np.ndarray, "rows columns"]
) -> Float[np.ndarray, "rows columns"]:
    """Return about `count` fibres that run from pupil to root, bent a little and of varying strength."""
    if count > columns:
        return np.zeros((rows, columns), dtype=np.float32)
    knots = gaussian_filter(rng.standard_normal((7, count)), (0.8, 0.0), mode=("nearest", "wrap")).astype(np.float32)
    down = (np.arange(rows) + 0.5)[:, None] / rows * 4 + 1
    across = ((np.arange(columns) + 0.5)[None, :] / columns + bend) * count
    return np.asarray(2.2 * _sample(knots, down, across))


def _threads(
    rng: np.random.Generator, count: int, rows: int, columns: int, bend: Float[np.ndarray, "rows columns"]
) -> Float[np.ndarray, "rows columns"]:
    """Return thin lines, 1 on them and 0 between less their mean, where `count` fibres cross their mean."""
    if count > columns:
        return np.zeros((rows, columns))
    return np.asarray(np.exp(-((_radial(rng, count, rows, columns, 1.6 * bend) / 0.5) ** 2)) - THREADS_MEAN)


def _sample(
    knots: Float[np.ndarray, "m n"], down: Float[np.ndarray, "..."], across: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "rows columns"]:
    down, across = np.broadcast_arrays(down, across)
    # Linear interpolation at eased places: no kinks, and four times as fast as a cubic.
    down = np.floor(down) + _smooth(0.0, 1.0, down % 1.0)
    across = np.floor(across) + _smooth(0.0, 1.0, across % 1.0)
    padded = np.concatenate([knots, knots[:, :2]], axis=1)
    return np.asarray(map_coordinates(padded, [down, across % knots.shape[1]], order=1, mode="nearest"))
