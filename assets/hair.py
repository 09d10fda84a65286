"""Hair of the head: a few hundred guides that follow skull and gravity, and thousands of strands between them.

A guide grows step by step: it keeps its direction as far as it is stiff, is combed as its style wants it, falls, and is
pushed off the skin, the further the more hair lies under it.  Strands run between the guides of their neighbourhood,
gather to locks, curl, and are cut.  Strands are drawn thicker than hair is (0.07 mm), as there are fewer of them; under
them run broad ones, the mass of the hair (assets/mass.py), so that neither light nor eye passes between.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from assets.ground import Ground, Plot
from assets.locks import DOWN, along, curl, unit
from assets.mass import MASS_INSIDE_M, MASS_SHARE, sunk
from assets.person import ScalpHairSpec
from assets.scalp import inside_m, scalp_density, step
from assets.tied import bun, drawn_back, tail, tie


@dataclass(frozen=True)
class Style:
    """How hair is worn.  Directions are in `head`: x away from the parting, y down, z back."""

    strands: int
    """On a full head."""
    points: int
    top: tuple[float, float, float]
    """Where the hair over the forehead and on top is combed to."""
    lift: float
    """How steeply it leaves the skin, 0 along it to 1 straight out."""
    bend_m: float
    """Length over which gravity turns it; large for hair that stands."""
    radius_m: float
    sides: float = 1.0
    """Length on the sides and below, of that on top."""
    uneven_m: float = 0.0
    """Cut at one height all around, give or take this, instead of at one length; 0 where it is not."""
    tied: bool = False
    mass_m: float = 0.0
    """Radius of the broad strands under the fine ones; 0 where hair is too short to hide any."""
    side_parted: bool = False
    """Parted at one side, however near to the middle the person's parting is."""


STYLES = {
    "bald": Style(0, 2, (0.0, 0.0, 0.0), 0.0, 1.0, 0.0),
    "shaved": Style(4200, 3, (0.0, 0.3, -0.5), 0.55, 1.0, 0.00017),
    "crew": Style(6000, 4, (0.1, 0.0, -0.8), 0.55, 0.5, 0.00026, sides=0.35),
    "short": Style(8000, 7, (0.9, 0.0, -0.25), 0.30, 0.10, 0.00026, sides=0.45, mass_m=0.0013, side_parted=True),
    "swept": Style(7500, 8, (0.25, -0.1, 1.0), 0.35, 0.14, 0.00026, sides=0.5, mass_m=0.0015),
    "medium": Style(7500, 8, (0.9, 0.2, 0.15), 0.16, 0.05, 0.00030, uneven_m=0.012, mass_m=0.0020),
    "long": Style(6500, 9, (0.9, 0.25, 0.35), 0.12, 0.04, 0.00036, mass_m=0.0026),
    "bob": Style(7500, 9, (0.9, 0.25, 0.2), 0.12, 0.04, 0.00034, uneven_m=0.003, mass_m=0.0024),
    "afro": Style(6500, 9, (0.0, -0.25, 0.0), 0.95, 1.5, 0.00036, mass_m=0.0022),
    "ponytail": Style(6500, 9, (0.0, 0.0, 1.0), 0.1, 0.05, 0.00028, tied=True, mass_m=0.0020),
    "bun": Style(6500, 9, (0.0, 0.0, 1.0), 0.1, 0.05, 0.00028, tied=True, mass_m=0.0020),
}
BALD = ScalpHairSpec("bald", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0)
"""No hair."""

_FLOAT_M = 0.0008
_SPACING = 1.3
"""Points lie at this power of their share of the way: close by the root, where strands bend over the skull."""


def grow_hair(
    spec: ScalpHairSpec, plot: Plot, ground: Ground, size: float
) -> tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, "k m"]]:
    """Return the strands of a head in `head`, root to tip, and their radii.

    Args:
        spec: How the person wears it.
        plot: Seeds of the scalp.
        ground: The person's skin.
        size: Of the head, 1 for that of the base mesh.
    """
    style = STYLES[spec.style]
    # Rays take as long as strands have points: only what curls gets more, and has fewer strands for it.
    if spec.style in ("medium", "long", "bob"):
        style = replace(
            style,
            points=style.points + round(6 * min(1.0, spec.curl / 0.4)),
            strands=round(style.strands * (1 - 0.85 * spec.curl)),
            radius_m=style.radius_m * (1 + 0.65 * spec.curl),
        )
    rng = np.random.default_rng([spec.seed, 3])
    lead = np.arange(plot.guides)
    chosen = _chosen(spec, style, plot, rng)
    roots = plot.on(ground.vertices, lead)
    normals = unit(plot.on(ground.normals, lead))
    length = _lengths(spec, style, plot, lead, rng) * size
    knot = tie(roots, ground, size, rng)
    if style.tied:
        guides, planes = drawn_back(style.points, ground, roots, knot, spec.volume)
    else:
        guides, planes = _grow(spec, style, plot, ground, roots, normals, length, rng)
    if style.uneven_m > 0 or spec.fringe > 0:
        guides = _level(spec, style, plot, guides, size, rng)
    points, share = _between(spec, style, plot, ground, chosen, guides, rng)
    near = plot.led_by[chosen, 0]
    t = np.linspace(0, 1, style.points)
    way = 0.05 * t * np.ones((len(chosen), 1)) if style.tied else length[near, None] * (share[:, None] * t) ** _SPACING
    points = curl(spec, points, way, near, plot.guides, rng)
    points = _out(points, share, near, planes)
    radius = _radii(spec, style, plot, chosen, points.shape[1], rng)
    if style.mass_m > 0:
        inside = inside_m(spec, plot.at)[chosen]
        broad = np.flatnonzero((chosen < MASS_SHARE * plot.guides) & (inside > MASS_INSIDE_M))
        mass = sunk(
            points[broad], *_under(planes, share[broad], near[broad], style.points), style.mass_m, inside[broad]
        )
        points, radius = np.concatenate([points, mass[0]]), np.concatenate([radius, mass[1]])
    if style.tied:
        shape = (style.strands // 5, style.points)
        bundle = bun(spec, shape, knot, size, rng) if spec.style == "bun" else tail(spec, shape, knot, ground, rng)
        points = np.concatenate([points, bundle])
        radius = np.concatenate([radius, np.full(bundle.shape[:2], 1.25 * style.radius_m)])
    return points, radius


def _chosen(spec: ScalpHairSpec, style: Style, plot: Plot, rng: np.random.Generator) -> Int[np.ndarray, " k"]:
    """Draw the seeds that come up."""
    density = scalp_density(spec, plot.at)
    share = min(1.0, style.strands / len(density))
    chosen = np.flatnonzero(rng.random(len(density)) < density * share)
    # A fringe hides the forehead with hair from a narrow field: every seed there stands for two.
    return np.repeat(chosen, np.where(_fringed(spec, plot, chosen) > 0.5, 2, 1))


def _is_top(plot: Plot, of: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return 1 on top of the head, 0 on its sides and its back below the crown."""
    x, y, z = plot.at.base_head[of].T
    return step(y + 0.25 * np.clip(z - 0.10, 0, 1) + 0.35 * np.clip(np.abs(x) - 0.045, 0, 1), -0.05, -0.078)


def _fringed(spec: ScalpHairSpec, plot: Plot, of: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return 1 where the fringe has its roots."""
    if spec.fringe <= 0:
        return np.zeros(len(of))
    x, _, z = plot.at.base_head[of].T
    half = 0.03 + 0.03 * spec.fringe
    return step(z + 0.3 * np.abs(x), 0.046, 0.034) * step(np.abs(x), half + 0.006, half - 0.006)


def _aside(spec: ScalpHairSpec, plot: Plot, of: Int[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Return on which side of the parting roots lie, metres to the left of it; at the back it runs to the crown."""
    x, _, z = plot.at.base_head[of].T
    place = 0.042 * spec.parting
    if STYLES[spec.style].side_parted:
        place = np.copysign(0.030 + 0.016 * abs(spec.parting), spec.parting)
    # No comb draws a straight line.
    return x - (place + 0.0012 * np.sin(260.0 * z + spec.seed % 7)) * step(z, 0.13, 0.06)


def _lengths(
    spec: ScalpHairSpec, style: Style, plot: Plot, of: Int[np.ndarray, " k"], rng: np.random.Generator
) -> Float[np.ndarray, " k"]:
    top = _is_top(plot, of)
    length = spec.length_m * (style.sides + (1 - style.sides) * top)
    edge = step(inside_m(spec, plot.at)[of], 0.0, 0.018)
    if style.sides < 1:
        # A fade: nape and sideburns are the shortest.
        length = length * (1 - 0.65 * (1 - edge) * (1 - top))
    elif spec.style == "afro":
        length = length * (0.5 + 0.5 * edge)
    return np.asarray(np.maximum(length * rng.uniform(0.88, 1.0, len(of)), 0.002))


def _grow(
    spec: ScalpHairSpec,
    style: Style,
    plot: Plot,
    ground: Ground,
    roots: Float[np.ndarray, "g 3"],
    normals: Float[np.ndarray, "g 3"],
    length: Float[np.ndarray, " g"],
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "g m 3"], tuple[Float[np.ndarray, "g m 3"], Float[np.ndarray, "g m 3"]]]:
    """Return the guides, and the tangent planes of the skin under their points."""
    lead = np.arange(plot.guides)
    count = style.points
    comb = _combed(spec, style, plot, lead, normals, rng)
    lift = np.clip(style.lift + 0.5 * (spec.volume - 0.4) * (1 - style.lift), 0.03, 1.0)
    # At the parting it lies flat, or there would be a notch in the outline.
    apart = np.abs(_aside(spec, plot, lead))
    lift = lift * (1 - 0.75 * (1 - step(apart, 0.0, 0.03)) * (style.top[0] > 0))[:, None]
    direction = unit(comb * (1 - lift) + normals * lift)
    bend = style.bend_m * (1 + 1.5 * spec.curl)
    ways = length[:, None] * np.linspace(0.0, 1.0, count) ** _SPACING
    # Hair that has come a long way lies on that which grew below it.
    thick = 0.002 + (0.006 + 0.022 * spec.volume) * min(1.0, spec.length_m / 0.12)
    points, feet, outs = [roots], [roots], [normals]
    fringe = _fringed(spec, plot, lead)[:, None]
    pull = unit(DOWN + np.array([0.0, 0.0, 0.12]))
    for i in range(1, count):
        way, stride = ways[:, i], ways[:, i] - ways[:, i - 1]
        falls = 1 - np.exp(-stride / bend)[:, None]
        direction = direction * (1 - falls) + pull * falls
        direction = unit(direction + comb * 0.5 * np.exp(-way / 0.06)[:, None])
        place = points[-1] + direction * stride[:, None]
        foot, out = ground.under(place)
        above = np.einsum("gi,gi->g", place - foot, out)
        layer = (1 - np.exp(-(way + apart) / 0.05)) * (1 - np.exp(-way / 0.03))
        clear = _FLOAT_M + thick * layer * (1 - 0.6 * fringe[:, 0])
        clear = np.where(above > -0.03, clear, 0.0)
        place = place + out * np.maximum(clear - above, 0.0)[:, None]
        direction = unit(place - points[-1])
        points.append(points[-1] + direction * stride[:, None])
        feet.append(foot)
        outs.append(out)
    return np.stack(points, 1), (np.stack(feet, 1), np.stack(outs, 1))


def _combed(
    spec: ScalpHairSpec,
    style: Style,
    plot: Plot,
    lead: Int[np.ndarray, " g"],
    normals: Float[np.ndarray, "g 3"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "g 3"]:
    """Return along the skin where each guide is combed to."""
    x, _, z = plot.at.base_head[lead].T
    top = _is_top(plot, lead)[:, None]
    aside = np.tanh(_aside(spec, plot, lead) / 0.0012)
    wanted = np.stack([aside * style.top[0], np.full(len(x), style.top[1]), np.full(len(x), style.top[2])], 1)
    # Sides hang down and a little back, the nape down.
    back = 0.25 * step(z, 0.12, 0.04)
    sides = np.stack([np.zeros(len(x)), np.ones(len(x)), back], 1)
    wanted = top * wanted + (1 - top) * sides
    # Along the forehead it is brushed out of the face.
    front = step(z, 0.060, 0.030) * (style.top[0] > 0) * min(1.0, spec.length_m / 0.08)
    wanted = wanted + front[:, None] * np.array([0.0, -0.35, 0.8])
    fringe = _fringed(spec, plot, lead)[:, None]
    forward = np.stack([4.0 * x, np.full(len(x), 0.35), np.full(len(x), -1.0)], 1)
    wanted = fringe * forward + (1 - fringe) * wanted
    wanted = wanted + rng.normal(0.0, 0.12, wanted.shape)
    along = wanted - np.einsum("gi,gi->g", wanted, normals)[:, None] * normals
    return unit(along)


def _level(
    spec: ScalpHairSpec,
    style: Style,
    plot: Plot,
    guides: Float[np.ndarray, "g m 3"],
    size: float,
    rng: np.random.Generator,
) -> Float[np.ndarray, "g m 3"]:
    """Cut guides where they pass the height that their style ends at, keeping their number of points."""
    fringe = _fringed(spec, plot, np.arange(len(guides)))
    brows = -0.020 - 0.012 * (1 - spec.fringe) + 3.0 * guides[:, 0, 0] ** 2
    end = np.where(fringe > 0.4, brows, np.inf)
    uneven = 0.003
    if style.uneven_m > 0:
        # Towards the nape it is let hang lower.
        height = np.interp(spec.length_m, [0.09, 0.17, 0.30], [-0.010, 0.055, 0.145])
        height = height + 0.25 * np.clip(guides[:, 0, 2] - 0.05, 0.0, 0.1)
        end, uneven = np.where(fringe > 0.4, end, height), style.uneven_m
    end = end * size + uneven * rng.normal(0.0, 1.0, len(guides))
    below = guides[:, :, 1] > end[:, None]
    below[:, 0] = False
    count = guides.shape[1]
    first = np.where(below.any(1), below.argmax(1), count - 1).astype(float)
    row = np.arange(len(guides))
    i = first.astype(int)
    y0, y1 = guides[row, i - 1, 1], guides[row, i, 1]
    share = np.where(below.any(1), np.clip((end - y0) / np.maximum(y1 - y0, 1e-6), 0.0, 1.0), 1.0)
    # None is cut to less than two centimetres.
    last = np.maximum(first - 1 + share, (count - 1) * min(1.0, 0.02 / spec.length_m) ** (1 / _SPACING))
    return along(guides, last[:, None] * np.linspace(0, 1, count))


def _between(
    spec: ScalpHairSpec,
    style: Style,
    plot: Plot,
    ground: Ground,
    chosen: Int[np.ndarray, " k"],
    guides: Float[np.ndarray, "g m 3"],
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, " k"]]:
    """Return strands between their guides, and how much of its guide's length each has."""
    led, apart = plot.led_by[chosen], plot.apart_m[chosen]
    weight = 1.0 / (apart + 0.003) ** 2
    fringe = _fringed(spec, plot, chosen)
    # No strand lies across the parting, which ends where a fringe begins.
    mine = np.sign(_aside(spec, plot, chosen))[:, None]
    theirs = np.sign(_aside(spec, plot, np.arange(plot.guides)))[led]
    weight = np.where((mine == theirs) | (fringe[:, None] > 0.5), weight, 1e-4 * weight)
    weight = weight / weight.sum(1, keepdims=True)
    curves = guides - guides[:, :1]
    roots = plot.on(ground.vertices, chosen)
    own = sum(weight[:, j, None, None] * curves[led[:, j]] for j in range(4)) + roots[:, None]
    # Locks: towards the tip strands gather to the guide next to them, some tightly, most loosely.
    count = guides.shape[1]
    t = np.linspace(0, 1, count)
    gather = (0.27 + 0.35 * min(spec.curl, 0.7)) * min(1.0, spec.length_m / 0.06)
    tight = gather * rng.gamma(3.0, 1 / 3, plot.guides)
    nearest = weight.argmax(1)[:, None]
    near = np.take_along_axis(led, nearest, 1)[:, 0]
    pulled = np.minimum(tight[near] * (1 - 0.4 * fringe), 0.85)[:, None] * t**1.6
    own = own + (guides[near] - own) * pulled[..., None]
    # What runs around a lock ends before its middle does, so that it ends in a point.
    rim = np.minimum(np.take_along_axis(apart, nearest, 1)[:, 0] / 0.008, 1.0)
    share = 1 - 0.11 * rim**2 - 0.09 * rng.random(len(chosen)) ** 2
    share = np.ones(len(chosen)) if style.tied else share
    fine = step(inside_m(spec, plot.at)[chosen], -0.002, 0.010)
    share = share + (1.0 - share) * 0.4 * fringe
    # Along the hairline every third hair is a short one, of a few centimetres at most.
    short = (0.3 + 0.4 * share) * min(1.0, 0.035 / spec.length_m)
    share = np.where(rng.random(len(chosen)) < 0.3 * (1 - fine), short, share)
    return along(own, share[:, None] * (t * (count - 1))), share


def _out(
    points: Float[np.ndarray, "k m 3"],
    share: Float[np.ndarray, " k"],
    near: Int[np.ndarray, " k"],
    planes: tuple[Float[np.ndarray, "g m 3"], Float[np.ndarray, "g m 3"]],
) -> Float[np.ndarray, "k m 3"]:
    """Push points off the skin under their guide."""
    foot, out = _under(planes, share, near, points.shape[1])
    above = np.einsum("kmi,kmi->km", points - foot, out)
    push = np.clip(_FLOAT_M - above, 0.0, 0.012)
    push[:, 0] = 0.0
    return np.asarray(points + out * push[..., None])


def _under(
    planes: tuple[Float[np.ndarray, "g m 3"], Float[np.ndarray, "g m 3"]],
    share: Float[np.ndarray, " k"],
    near: Int[np.ndarray, " k"],
    m: int,
) -> tuple[Float[np.ndarray, "k m 3"], Float[np.ndarray, "k m 3"]]:
    """Return the tangent planes of the skin under the points of strands: those under their guides."""
    index = np.round(share[:, None] * np.arange(m)).astype(int)
    return planes[0][near[:, None], index], planes[1][near[:, None], index]


def _radii(
    spec: ScalpHairSpec, style: Style, plot: Plot, chosen: Int[np.ndarray, " k"], m: int, rng: np.random.Generator
) -> Float[np.ndarray, "k m"]:
    t = np.linspace(0, 1, m)
    fine = 0.55 + 0.45 * step(inside_m(spec, plot.at)[chosen], -0.003, 0.012)
    radius = style.radius_m * fine * rng.uniform(0.75, 1.2, len(chosen))
    return np.asarray(radius[:, None] * (1 - 0.75 * t**3))
