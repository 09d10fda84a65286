"""The look of the white of an eye, painted on a map seen from the front.

The map is azimuthal equidistant about the optical axis: the pixel at polar (t, a) shows the place `t * REACH_RAD` away
from the axis, right is `eye` x and down is `eye` y.  Episcleral vessels come from the corners of the eye, branch and
thin out towards the limbus; the white is pink towards the corners, yellowish with age and sun, bluish in children,
brownish where the skin is dark, and darkens into the limbus over more than a millimetre.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter
from scipy.signal import lfilter

from assets.person import ScleraSpec

REACH_RAD = np.radians(100.0)
WHITE = np.array([0.51, 0.462, 0.425])
BLUISH = np.array([0.93, 0.99, 1.05])
"""A child's sclera is thin, and the choroid shows through it."""
BROWNISH = np.array([0.80, 0.70, 0.56])
"""Melanin of the conjunctiva, at its densest."""
PINK = np.array([0.70, 0.44, 0.40])
YELLOW = np.array([0.70, 0.58, 0.38])
BLOOD = np.array([0.46, 0.070, 0.055])
INFRARED = 0.46
"""Below the skin's 0.4 to 0.6: what enters the eye here does not all come back, and bone-white it is not."""
STEPS = 150
STRIDE_SIZE = 400
"""Size of the map below which steps are left out."""


def map_uv(position_eye: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 2"]:
    """Return the place of points of `eye` on the map, 0 to 1 rightwards and downwards."""
    axis = -position_eye[:, 2] / np.linalg.norm(position_eye, axis=1)
    turn = position_eye[:, :2] / np.maximum(np.linalg.norm(position_eye[:, :2], axis=1, keepdims=True), 1e-12)
    return 0.5 + 0.5 * turn * (np.arccos(np.clip(axis, -1, 1)) / REACH_RAD)[:, None]


def white(age_years: float, skin_melanin: float) -> Float[np.ndarray, "3"]:
    """Return the albedo of a healthy white at an age, under a conjunctiva as dark as goes with the skin."""
    child = float(np.clip(1 - age_years / 14, 0, 1))
    return np.asarray(WHITE * BLUISH**child * BROWNISH ** (0.55 * skin_melanin**2))


def paint(
    spec: ScleraSpec,
    size: int,
    limbus_rad: float,
    root_colour: Float[np.ndarray, "3"],
    seed: int,
    white: Float[np.ndarray, "3"],
    infrared: bool = False,
) -> Float[np.ndarray, "size size 3"]:
    """Return the albedo, linear Rec. 709.

    Args:
        spec: How red, how yellow, how many vessels.
        size: Side of the map in pixels.
        limbus_rad: Angle of the limbus from the optical axis, seen from the eye's centre.
        root_colour: Of the iris at its root, into which the white passes.
        seed: Tells the two eyes of a person apart.
        white: What `white` gives for the person.
        infrared: Paint what 850 nm shows: no vessels to speak of.
    """
    rng = np.random.default_rng([spec.texture_seed, seed])
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    angle = np.hypot(x, y) * REACH_RAD
    corner = np.abs(x) / np.maximum(np.hypot(x, y), 1e-6)
    cloud = gaussian_filter(rng.standard_normal((24, 24)), 1.2)
    cloud = _enlarge(cloud / cloud.std(), size)
    far = _smooth(limbus_rad + 0.1, limbus_rad + 0.85, angle)
    pink = np.clip((0.10 + 0.55 * spec.redness) * far * (0.35 + 0.65 * corner**3) * (1 + 0.35 * cloud), 0, 0.9)
    yellow = np.clip(spec.yellowing * (0.22 + 0.5 * far * corner**4) * (1 + 0.4 * cloud), 0, 0.85)
    albedo = white + pink[..., None] * (PINK * white / WHITE - white)
    # The pigment of dark eyes lies in patches, most of them beside the limbus.
    brown = 1 - white[2] / WHITE[2]
    albedo = albedo * BROWNISH ** np.clip(brown * cloud * (1 - 0.7 * far), 0, 1)[..., None]
    albedo = albedo + yellow[..., None] * (YELLOW - albedo)
    if infrared:
        white = np.full(3, INFRARED)
        albedo = white * (1 + 0.04 * cloud[..., None])
    vessels = _vessels(rng, spec, size, limbus_rad) * (0.12 if infrared else 1.0)
    blood = np.full(3, BLOOD.mean()) if infrared else BLOOD
    albedo = albedo * (1 - vessels[..., None]) + vessels[..., None] * blood * (0.5 + 0.5 * albedo / white)
    rim = _smooth(limbus_rad + 0.095, limbus_rad - 0.02, angle + 0.012 * cloud)[..., None]
    return np.asarray(albedo + (root_colour - albedo) * rim * 0.92)


def _vessels(
    rng: np.random.Generator, spec: ScleraSpec, size: int, limbus_rad: float
) -> Float[np.ndarray, "size size"]:
    """Return how much each pixel shows of blood, 0 to 1: walks from the corners that branch and thin out."""
    count = round(8 + 22 * spec.vessel_density)
    side = rng.choice([0.0, np.pi], count)
    turn = side + rng.normal(0.0, 0.55, count)
    reach = np.radians(rng.uniform(70.0, 92.0, count))
    width = rng.uniform(0.3, 1.0, count) ** 2
    limit = limbus_rad + np.radians(rng.uniform(2.0, 16.0, count))
    places, weights = _walk(rng, turn, reach, width, limit, 0.00022)
    # Three generations of branches leave somewhere along the way, and wind more the thinner they are.
    for thinner, wander, share in ((0.6, 0.00028, 2), (0.4, 0.00034, 4), (0.28, 0.0004, 4)):
        parent = rng.integers(0, count, share * count)
        step = rng.integers(8, STEPS - 40, share * count)
        start = places[step, parent]
        width_branch = thinner * weights[step, parent]
        more, more_weights = _walk(rng, start[:, 0], start[:, 1], width_branch, limit[parent], wander)
        places, weights = np.concatenate([places, more], axis=1), np.concatenate([weights, more_weights], axis=1)
    # A step should not be shorter than half a texel: it would only be painted twice.
    stride = max(1, round(STRIDE_SIZE / size))
    places, weights = places[::stride], stride * weights[::stride]
    turn, angle, weight = places[..., 0].ravel(), places[..., 1].ravel(), weights.ravel()
    radius = angle / REACH_RAD * (size / 2)
    u, v = size / 2 + radius * np.cos(turn), size / 2 + radius * np.sin(turn)
    inside = (u > 0.5) & (v > 0.5) & (u < size - 0.5) & (v < size - 0.5)
    # A step covers a length; the thinner the map's pixels, the more steps it takes to fill one.
    u, v, dose = u[inside] - 0.5, v[inside] - 0.5, weight[inside] * (size / 800)
    i, j = v.astype(int), u.astype(int)
    fv, fu = v - i, u - j
    corners = ((0, 0, (1 - fv) * (1 - fu)), (0, 1, (1 - fv) * fu), (1, 0, fv * (1 - fu)), (1, 1, fv * fu))
    cells = np.concatenate([(i + di) * size + j + dj for di, dj, _ in corners])
    doses = np.concatenate([share * dose for *_, share in corners])
    ink = np.bincount(cells, doses, size * size).reshape(size, size)
    spread = gaussian_filter(ink, max(0.45, size / 1100)) + 0.7 * gaussian_filter(ink, size / 400)
    strength = 0.45 + 0.9 * spec.redness
    # Where steps crowd the vessel bends back on itself: it is no redder there.
    return np.asarray(0.8 * (1 - np.exp(-1.5 * strength * spread)))


def _walk(
    rng: np.random.Generator,
    turn: Float[np.ndarray, "k"],
    angle: Float[np.ndarray, "k"],
    width: Float[np.ndarray, "k"],
    limit: Float[np.ndarray, "k"],
    wander: float,
) -> tuple[Float[np.ndarray, "s k 2"], Float[np.ndarray, "s k"]]:
    """Return places (turn, angle) along walks towards the limbus, and their weights."""
    k = len(turn)
    t = np.linspace(0, 1, STEPS)[:, None]
    # Course: the heading wanders and is pulled back, so that a vessel winds but keeps its way.
    turned = lfilter([wander], [1.0, -1.86, 0.90], rng.normal(0.0, 1.0, (STEPS, k)), axis=0)
    drift = np.cumsum(turned, axis=0) + 0.16 * rng.normal(0.0, 1.0, k) * t
    sway = 0.3 * np.cumsum(turned[:, ::-1], axis=0)
    path = angle + (limit - angle) * t * rng.uniform(0.45, 1.0, k) + sway
    fade = (1 - t) ** 0.7 * _smooth(limit, limit + 0.12, path)
    return np.stack([turn + drift, path], axis=-1), np.asarray(width * fade)


def _smooth(low: Float[np.ndarray, "..."] | float, high: Float[np.ndarray, "..."] | float, x: np.ndarray) -> np.ndarray:
    """Return the smooth step from 0 at `low` to 1 at `high`, in either order."""
    t = np.clip((x - low) / (np.asarray(high) - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def _enlarge(field: Float[np.ndarray, "m m"], size: int) -> Float[np.ndarray, "size size"]:
    """Return a coarse field at the map's size, bilinearly."""
    place = (np.arange(size) + 0.5) / size * (len(field) - 1)
    low = np.minimum(place.astype(int), len(field) - 2)
    part = place - low
    rows = field[low] * (1 - part[:, None]) + field[low + 1] * part[:, None]
    return np.asarray(rows[:, low] * (1 - part) + rows[:, low + 1] * part)
