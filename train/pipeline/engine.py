"""The pipeline's networks computed by ONNX Runtime in place of torch: for one picture it is two to nine times as fast.

A network is exported as `canthus export-model` exports it, and checked as there (train/onnx_file.py).  That takes seven
seconds of a core, so that the file is kept in the user's cache, $XDG_CACHE_HOME/canthus (~/.cache/canthus), under the
sha256 of the network's name, options, weights and shapes of its inputs: a detector has a file for each of its looks.
A kept file is compared with torch on a random picture whenever it is opened, and made anew where it is damaged or of
code that has changed since: torch stays the one truth.

The network keeps all that its class does around `forward`.  Detectors of which `forward` is not what `detect` asks
(MTCNN, Faster R-CNN, Mask R-CNN) stay with torch.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum
from hashlib import sha256
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from synth.errors import ProjectError
from synth.shards.atomic import write_whole
from train.checkpoint import Trained
from train.kinds import Exported
from train.kinds.known import kind_of
from train.models.detection import DetectionNetwork
from train.models.detection.dense import DenseDetector
from train.models.face_landmarks import FaceLandmarkNetwork, FaceReading
from train.models.people.attributes import AttributeNetwork
from train.models.pose import PoseNetwork
from train.onnx_file import MOST_APART, Example, difference, onnx_bytes, session_of

Run = Callable[..., list[Tensor]]
"""From a network's inputs to its outputs, as `Exported` names them."""


class Engine(Enum):
    """What computes networks: onnx is faster once it has made its files, torch begins at once."""

    onnx = "onnx"
    torch = "torch"


def cache_folder() -> Path:
    """Return where files that can be made again are kept for this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "canthus"


def hand_over(trained: Trained, threads: int, folder: Path) -> None:
    """Let ONNX Runtime compute what a network tells, where it can.

    Args:
        trained: The network, which is changed.
        threads: Of ONNX Runtime.
        folder: Where its file is kept.

    Raises:
        ProjectError: What ONNX Runtime computes is not what torch does.
    """
    network = trained.network
    if isinstance(network, DenseDetector):
        _hand_over_looks(trained, network, threads, folder)
        return
    if isinstance(network, DetectionNetwork):
        return
    run = _running(_opened(trained, _example(trained), threads, folder))
    if isinstance(network, FaceLandmarkNetwork):
        network.forward = lambda images: _reading(run(images))  # type: ignore[method-assign]
    else:
        network.forward = lambda *inputs: run(*inputs)[0]
    # What is exported of these goes up to what they tell.
    if isinstance(network, PoseNetwork):
        network.rotation = _as_it_is  # type: ignore[method-assign]
    if isinstance(network, AttributeNetwork):
        network.probability = _as_it_is  # type: ignore[method-assign]


def _hand_over_looks(trained: Trained, network: DenseDetector, threads: int, folder: Path) -> None:
    """Let ONNX Runtime compute the looks of a detector: ONNX has its anchors as numbers, for pictures of one side."""
    sides = [side for side in (network.test_side, network.near_side) if side]
    runs = {side: _running(_opened(trained, _example(trained, side), threads, folder)) for side in sides}
    by_torch = network.forward

    def forward(images: Tensor) -> tuple[Tensor, ...]:
        run = runs.get(images.shape[-1])
        return by_torch(images) if run is None else tuple(run(images))

    network.forward = forward  # type: ignore[method-assign, assignment]


def _example(trained: Trained, side: int | None = None) -> Example:
    """Return what makes random inputs of a network; pictures of a side, where it is given."""
    kind = kind_of(trained.name)

    def example(n: int) -> Exported:
        generator = torch.Generator().manual_seed(0)
        found = kind.exported(trained.network, n, generator)
        if side is None:
            return found
        return replace(found, inputs={"images": torch.rand(n, 3, side, side, generator=generator)})

    return example


def fingerprint(trained: Trained, inputs: Mapping[str, Tensor]) -> str:
    """Return the sha256 of a network's name, options and weights and the shapes of its inputs, hexadecimal."""
    shapes = [(name, tuple(value.shape[1:])) for name, value in inputs.items()]
    found = sha256(repr((trained.name, sorted(trained.options.items()), shapes)).encode())
    for name, value in sorted(trained.network.state_dict().items()):
        found.update(name.encode())
        found.update(value.contiguous().numpy().tobytes())
    return found.hexdigest()


def _opened(trained: Trained, example: Example, threads: int, folder: Path) -> onnxruntime.InferenceSession:
    """Return the session of a network's file, which is made where there is none that is right."""
    one = example(1)
    path = folder / f"{fingerprint(trained, one.inputs)}.onnx"
    if path.is_file() and (kept := _kept(path, threads)) is not None and difference(kept, one) <= MOST_APART:
        return kept
    print(f"{trained.name}: made ready for ONNX Runtime, which happens once", flush=True)
    content, _ = onnx_bytes(example, trained.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except (ProjectError, OSError) as error:  # a cache that cannot be written costs time, not the result
        print(f"{path}: not kept ({error})", flush=True)
    return session_of(content, threads)


def _kept(path: Path, threads: int) -> onnxruntime.InferenceSession | None:
    """Return the session of a kept file; None where it is damaged."""
    try:
        return session_of(path.read_bytes(), threads)
    except Exception:  # ONNX Runtime has an exception for everything, all of them plain ones
        return None


def _running(session: onnxruntime.InferenceSession) -> Run:
    """Return a session as a function of tensors."""
    names = [one.name for one in session.get_inputs()]

    def run(*inputs: Tensor) -> list[Tensor]:
        given = {name: value.contiguous().numpy() for name, value in zip(names, inputs, strict=True)}
        return [torch.from_numpy(one) for one in session.run(None, given)]

    return run


def _reading(told: list[Tensor]) -> FaceReading:
    """Return what a network of landmarks tells: points, and of a mesh depths and the face's probability."""
    if len(told) == 1:
        return FaceReading(told[0])
    points, depths, face = told
    return FaceReading(points, depth_px=depths, face=face.logit())


def _as_it_is(outputs: Tensor) -> Tensor:
    """Return the outputs."""
    return outputs
