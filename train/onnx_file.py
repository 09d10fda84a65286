"""A network as an ONNX file, written only if onnxruntime computes what torch computes.

The number of pictures is free (the dimension "batch"); names, ranges and frames of what goes in and out stand in the
file's doc_string.  Opset and names of nodes are those of torch's exporter.
"""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import onnxruntime
import torch
from torch import nn

from synth.errors import ProjectError
from train.kinds import Exported

MOST_APART = 1e-4
"""What onnxruntime may differ by from torch, in radians or in the entries of a rotation."""
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
    with quiet():
        program = torch.onnx.export(
            one.network.eval(),
            tuple(one.inputs.values()),
            input_names=list(one.inputs),
            output_names=[one.output],
            dynamic_shapes=tuple({0: size} for _ in one.inputs),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    program.model.producer_name, program.model.doc_string = "canthus", f"{name}. {one.said}"
    content = bytes(program.model_proto.SerializeToString())
    apart = max(difference(content, example(n)) for n in CHECKED)
    if not apart <= MOST_APART:
        raise ProjectError(
            f"{name}: onnxruntime is {apart:.2g} away from torch on random pictures, {MOST_APART:g} is allowed; "
            "nothing was written"
        )
    return content, apart


def difference(content: bytes, example: Exported) -> float:
    """Return the largest difference between what onnxruntime and torch make of the same pictures."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run([example.output], {key: value.numpy() for key, value in example.inputs.items()})
    return float(np.abs(found - torch_output(example.network, example)).max())


def torch_output(network: nn.Module, example: Exported) -> np.ndarray:
    """Return what torch makes of the pictures."""
    with torch.inference_mode():
        output: torch.Tensor = network(*example.inputs.values())
    return output.numpy()


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
