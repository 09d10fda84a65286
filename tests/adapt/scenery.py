"""Smooth surfaces whose picture any camera can be told by a formula, and real cameras that look at them."""

from collections.abc import Callable

import numpy as np

from synth.geometry.normalisation import NormCamera
from synth.geometry.rotation import rotation_from_pitch_yaw_roll

LENS = np.array([-0.28, 0.1, 1.5e-3, -1.0e-3, -0.015])
Surface = Callable[[np.ndarray], np.ndarray]


def matrix(focal_px: float, width: int, height: int) -> np.ndarray:
    """A K that is not centred and whose pixels are not square."""
    return np.array([[focal_px, 0.0, 0.48 * width], [0.0, 1.02 * focal_px, 0.53 * height], [0.0, 0.0, 1.0]])


def straight(bent: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """Points of the plane z = 1 that a lens moves to these: OpenCV's fixed-point iteration."""
    k1, k2, p1, p2, k3 = lens
    x, y = bent[..., 0], bent[..., 1]
    for _ in range(20):
        r2 = x * x + y * y
        a = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
        x, y = (
            (bent[..., 0] - 2 * p1 * x * y - p2 * (r2 + 2 * x * x)) / a,
            (bent[..., 1] - p1 * (r2 + 2 * y * y) - 2 * p2 * x * y) / a,
        )
    return np.stack([x, y], -1)


def lattice(width: int, height: int, looks: int = 1) -> np.ndarray:
    """Places (h * looks, w * looks, 2), evenly spread over every pixel."""
    v, u = (np.mgrid[: height * looks, : width * looks] + 0.5) / looks
    return np.stack([u, v], -1)


def averaged(values: np.ndarray, looks: int) -> np.ndarray:
    height, width = (side // looks for side in values.shape)
    return values.reshape(height, looks, width, looks).mean((1, 3))


def real_picture(k: np.ndarray, lens: np.ndarray, width: int, height: int, surface: Surface) -> np.ndarray:
    """What a real camera stores, h x w in [0, 1]: the mean of 3 x 3 rays a pixel, as a sensor gathers light."""
    at = lattice(width, height, 3)
    bent = np.stack([(at[..., 0] - k[0, 2]) / k[0, 0], (at[..., 1] - k[1, 2]) / k[1, 1]], -1)
    plane = straight(bent, lens)
    return averaged(surface(np.concatenate([plane, np.ones((*plane.shape[:2], 1))], -1)), 3)


def virtual_picture(camera: NormCamera, real_from_norm: np.ndarray, looks: int, surface: Surface) -> np.ndarray:
    """What the virtual camera sees; `real_from_norm` takes its rays to those of `cam`."""
    at = lattice(camera.width, camera.height, looks)
    rays = np.concatenate(
        [at - [camera.width / 2, camera.height / 2], np.full((*at.shape[:2], 1), camera.focal_px)], -1
    )
    return averaged(surface(rays @ real_from_norm.T), looks)


def painted(period_m: float) -> Callable[[np.ndarray], np.ndarray]:
    """Levels of 0.05 to 0.95 of points in space: waves in three directions."""

    def level(points: np.ndarray) -> np.ndarray:
        waves = points @ (2 * np.pi / period_m * np.array([[1.0, 0.3, 0.2], [-0.4, 1.1, 0.0], [0.5, -0.6, 0.7]]).T)
        return 0.5 + 0.15 * np.sin(waves).sum(-1)

    return level


def plane(period_m: float) -> Surface:
    """A tilted wall about 0.6 m away."""
    level, normal = painted(period_m), np.array([0.25, -0.2, 1.0])
    return lambda rays: level(rays * (0.6 / (rays @ normal))[..., None])


def sphere(period_m: float) -> Surface:
    """The near side of a ball of 1 m whose middle is 1.6 m away; it fills every picture here."""
    level, middle = painted(period_m), np.array([0.05, -0.05, 1.6])

    def seen(rays: np.ndarray) -> np.ndarray:
        square, along = (rays * rays).sum(-1), rays @ middle
        near = (along - np.sqrt(along**2 - square * (middle @ middle - 1.0))) / square
        return level(rays * near[..., None])

    return seen


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Peak signal to noise, dB, of levels in [0, 1]."""
    return float(-10 * np.log10(np.mean((one - other) ** 2)))


def poses(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Centres (m, up to 25 degrees aside) and head rotations."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.35, 1.1, (rows, 1))
    centre = np.concatenate([depth * rng.uniform(-0.33, 0.33, (rows, 2)), depth], 1)
    heads = np.stack([rotation_from_pitch_yaw_roll(angles) for angles in rng.normal(0, 0.3, (rows, 3))])
    return centre, heads
