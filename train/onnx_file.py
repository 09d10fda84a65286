"""A network as an ONNX file, written only if onnxruntime computes what torch computes.

The number of pictures is free (the dimension "batch"), and their size where a network says so; names, ranges and frames
of what goes in and out stand in the file's doc_string.  Opset and names of nodes are those of torch's exporter.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import onnxruntime
import torch

from synth.errors import ProjectError
from train.kinds import Exported

MOST_APART = 1e-4
"""What onnxruntime may differ by from torch, in radians or entries of a rotation; of pixels, over the largest."""
CHECKED = (1, 5)
"""Pictures at once in the checks: other numbers than the export saw."""
BATCH = "batch"

Example = Callable[[int], Exported]
"""Returns the network with so many random pictures."""


def onnx_bytes(example: Example, name: str) -> tuple[bytes, float]:
    """Return the content of the file, and how far onnxruntime is from torch on random pictures.

    Raises:
        ProjectError: It is too far.
    """
    one = example(2)
    size = torch.export.Dim(BATCH)
    sides = {2: torch.export.Dim("height", min=16), 3: torch.export.Dim("width", min=16)}
    with quiet():
        program = torch.onnx.export(
            one.network.eval(),
            tuple(one.inputs.values()),
            input_names=list(one.inputs),
            output_names=list(one.outputs),
            dynamic_shapes=tuple({0: size, **(sides if name in one.free else {})} for name in one.inputs),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.model.producer_name, program.model.doc_string = "canthus", f"{name}. {one.said}"
    content = bytes(program.model_proto.SerializeToString())
    session = session_of(content)
    apart = max(difference(session, example(n)) for n in CHECKED)
    if not apart <= MOST_APART:
        raise ProjectError(
            f"{name}: onnxruntime is {apart:.2g} away from torch on random pictures, {MOST_APART:g} is allowed; "
            "nothing was written"
        )
    return content, apart


def session_of(content: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Return what runs a file on the CPU; threads that have nothing to do sleep, and take no core from anybody."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def difference(session: onnxruntime.InferenceSession, example: Exported) -> float:
    """Return the largest difference between what onnxruntime and torch make of the same pictures, of any output."""
    found = session.run(list(example.outputs), {key: value.numpy() for key, value in example.inputs.items()})
    wanted = torch_outputs(example)
    return max(float(np.abs(a - b).max() / max(1.0, np.abs(b).max())) for a, b in zip(found, wanted, strict=True))


def torch_outputs(example: Exported) -> list[np.ndarray]:
    """Return what torch makes of the pictures."""
    with torch.inference_mode():
        told: torch.Tensor | tuple[torch.Tensor, ...] = example.network(*example.inputs.values())
    return [one.numpy() for one in ((told,) if isinstance(told, torch.Tensor) else told)]


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the exporter's notices (its own deprecated calls, that torchvision is absent) off the terminal."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
