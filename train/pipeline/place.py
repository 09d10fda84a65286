"""Where a head is in `cam`, from 68 landmarks: the mean head of train/pnp.py, fitted through the frame's camera."""

import numpy as np
import torch
from jaxtyping import Float

from adapt.camera import Cameras
from train.pipeline.faces import Place
from train.pnp import mean_head_m, perspective


def plane_of(points_px: Float[np.ndarray, "n 2"], camera: Cameras) -> Float[np.ndarray, "n 2"]:
    """Return places of a frame on the plane z = 1 of `cam`, the lens undone; NaN for what no lens shows."""
    return np.asarray(camera.plane_from_px(torch.from_numpy(points_px)[None])[0].numpy())


def place_of(plane: Float[np.ndarray, "68 2"]) -> Place | None:
    """Return the place of the head with these landmarks on the plane z = 1; None where no head has them."""
    extent = np.ptp(plane, axis=0)
    if not (np.isfinite(extent).all() and (extent > 0).all()):
        return None
    model = mean_head_m()
    try:
        with np.errstate(all="ignore"):  # what comes of points that lie as no face's do is looked at below
            # Of points of the plane, K is the identity.
            rotation, origin = perspective(plane, model, np.eye(3))
    except (ValueError, np.linalg.LinAlgError):
        return None
    cam = model @ rotation.T + origin
    if not (np.isfinite(cam).all() and (cam[:, 2] > 0).all()):
        return None
    apart = cam[:, :2] / cam[:, 2:] - plane
    return Place(rotation, origin, float(np.sqrt((apart**2).sum(axis=1).mean() / extent.prod())))
