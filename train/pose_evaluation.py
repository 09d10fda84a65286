"""Measure networks on faces with known head rotation."""

import numpy as np
import torch
from jaxtyping import Float

from adapt.face_batch import FaceBatch
from train.models.pose import PoseNetwork
from train.tasks.pose import to_rgb


def rotations_of(network: PoseNetwork, faces: FaceBatch, batch_size: int = 256) -> Float[np.ndarray, "n 3 3"]:
    """Return a network's `cam_from_head` of all faces, float64."""
    network.eval()
    with torch.inference_mode():
        parts = [
            network.rotation(network(to_rgb(faces.take(range(i, min(i + batch_size, len(faces)))).images_u8)))
            for i in range(0, len(faces), batch_size)
        ]
    return np.asarray(torch.cat(parts).double().numpy())
