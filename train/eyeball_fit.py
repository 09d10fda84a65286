"""The gaze by fitting an eyeball to landmarks: the model-based half of ELG (Park et al. 2018).

The eyeball is a sphere whose centre (px), radius (px, as large as it appears at the centre) and normalised camera are
given.  Unknown are the gaze g, the angle delta between it and the iris' edge, and where on the edge the first landmark
is, gamma.  With the sphere's centre as C, in units of its distance along the lens' axis, and rho = radius / f:

    iris centre     C + rho g
    edge, point j   C + rho (cos delta g + sin delta (cos(gamma + j pi/4) e_x + sin(gamma + j pi/4) e_y)),  j = 0 .. 7
    u, v            picture's middle + f (x / z, y / z)

where e_x, e_y, -g are the eye's axes, turned by pitch and yaw.  The edge's mean square and the iris centre's square
weigh alike, as in the authors' code (swook/GazeML), and the first guess is the gaze through the iris centre alone,
where its ray enters the sphere.  Two things differ from the paper, which adds the edge's angle to pitch and yaw and
projects in parallel: here the edge is a circle and the camera a pinhole, so that points of a true eyeball give back
its gaze to the last digit.  The gaze is the optical axis; the visual one is off by kappa.
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synth.geometry.normalisation import eye_camera
from train.data.marks.points import Marks

STEPS = 25
FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e6
TURN = torch.arange(8, dtype=torch.float64) * (math.pi / 4)


def fit_gaze(
    landmarks_px: Float[np.ndarray, "n 18 2"], radius_px: Float[np.ndarray, " n"], size: tuple[int, int]
) -> Float[np.ndarray, "n 2"]:
    """Return the gaze [pitch, yaw] in radians in the normalised camera.

    Args:
        landmarks_px: `Marks.eye`; the lids are not looked at.
        radius_px: Of the eyeballs, above zero (a smaller one counts as 1 px).
        size: Height and width of the pictures.
    """
    height, width = size
    focal_px = eye_camera(width, height).focal_px
    seen = torch.from_numpy(np.asarray(landmarks_px, dtype=np.float64))
    seen = (seen - torch.tensor([width / 2, height / 2])) / focal_px  # on the plane z = 1
    groups = Marks.eye.groups
    edge, iris_centre, centre = (seen[:, groups[name]] for name in ("iris", "iris centre", "eyeball centre"))
    rho = torch.from_numpy(np.maximum(np.asarray(radius_px, dtype=np.float64), 1.0)) / focal_px
    state = first_guess(edge, iris_centre[:, 0], centre[:, 0], rho)
    wanted = torch.cat([edge / math.sqrt(8), iris_centre], dim=1).flatten(1)
    damping = torch.full_like(rho, FIRST_DAMPING)
    cost = ((weighed(state, centre, rho) - wanted) ** 2).sum(1)
    for _ in range(STEPS):
        step = newton_step(state, centre, rho, wanted, damping)
        tried = state + step
        found = ((weighed(tried, centre, rho) - wanted) ** 2).sum(1)
        better = found < cost
        state = torch.where(better[:, None], tried, state)
        cost = torch.where(better, found, cost)
        damping = torch.where(better, damping / 10, damping * 10).clamp(max=MOST_DAMPING)
    return np.asarray(state[:, :2].numpy())


def first_guess(
    edge: Float[Tensor, "n 8 2"],
    iris_centre: Float[Tensor, "n 2"],
    centre: Float[Tensor, "n 2"],
    rho: Float[Tensor, " n"],
) -> Float[Tensor, "n 4"]:
    """Return pitch, yaw, delta, gamma: the gaze where the iris centre's ray enters the sphere, or passes nearest."""
    one = torch.ones_like(rho)[:, None]
    ray, middle = torch.cat([iris_centre, one], 1), torch.cat([centre, one], 1)
    a, b = (ray * ray).sum(1), (ray * middle).sum(1)
    depth = (b - (b**2 - a * ((middle**2).sum(1) - rho**2)).clamp(min=0).sqrt()) / a
    x, y, z = (depth[:, None] * ray - middle).unbind(1)
    spokes = torch.view_as_complex(edge - edge.mean(1, keepdim=True))
    delta = torch.asin((spokes.abs().mean(1) / rho).clamp(0.05, 0.95))
    gamma = (spokes * torch.exp(-1j * TURN)).sum(1).angle()
    return torch.stack([torch.atan2(-y, torch.hypot(x, z)), torch.atan2(-x, -z), delta, gamma], dim=1)


def weighed(
    state: Float[Tensor, "n 4"], centre: Float[Tensor, "n 1 2"], rho: Float[Tensor, " n"]
) -> Float[Tensor, "n 18"]:
    """Return where edge and iris centre appear on the plane z = 1, with the edge's weight."""
    pitch, yaw, delta, gamma = (part[:, None] for part in state.unbind(1))
    sin_p, cos_p, sin_y, cos_y = pitch.sin(), pitch.cos(), yaw.sin(), yaw.cos()
    gaze = -torch.stack([cos_p * sin_y, sin_p, cos_p * cos_y], dim=-1)  # (n, 1, 3), as e_x and e_y
    e_x = torch.stack([cos_y, torch.zeros_like(yaw), -sin_y], dim=-1)
    e_y = torch.stack([-sin_p * sin_y, cos_p, -sin_p * cos_y], dim=-1)
    turn = (gamma + TURN)[..., None]
    around = turn.cos() * e_x + turn.sin() * e_y
    edge = delta.cos()[..., None] * gaze + delta.sin()[..., None] * around
    places = rho[:, None, None] * torch.cat([edge, gaze], dim=1)
    depth = 1 + places[..., 2:]
    at = (centre + places[..., :2]) / depth
    return torch.cat([at[:, :8] / math.sqrt(8), at[:, 8:]], dim=1).flatten(1)


def newton_step(
    state: Float[Tensor, "n 4"],
    centre: Float[Tensor, "n 1 2"],
    rho: Float[Tensor, " n"],
    wanted: Float[Tensor, "n 18"],
    damping: Float[Tensor, " n"],
) -> Float[Tensor, "n 4"]:
    """Return the damped Gauss-Newton step (Levenberg, Marquardt) of every eye."""
    columns = []
    for k in range(4):
        direction = torch.zeros_like(state)
        direction[:, k] = 1
        columns.append(torch.func.jvp(lambda at: weighed(at, centre, rho), (state,), (direction,))[1])
    jacobian = torch.stack(columns, dim=2)  # (n, 18, 4)
    missing = (wanted - weighed(state, centre, rho))[..., None]
    square = jacobian.mT @ jacobian
    diagonal = square.diagonal(dim1=1, dim2=2)
    damped = square + torch.diag_embed(damping[:, None] * diagonal + 1e-12)
    return torch.linalg.solve(damped, jacobian.mT @ missing)[..., 0]
