"""What a network costs: its size, and the time and arithmetic of one picture on this machine's CPU."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

WARM_UP, TIMED = 3, 15


@dataclass(frozen=True)
class Cost:
    """Of a network.

    Attributes:
        parameters: How many numbers training moves.
        megabytes: Of all that must be stored, in single precision: parameters, running means and variances.
        ms_per_image: From one picture to its angles or rotation, one at a time; the median of 15.
        threads: Of torch, while that was timed.
        million_multiply_adds: Of convolutions and matrix products, for one picture: half of what torch calls flops.
    """

    parameters: int
    megabytes: float
    ms_per_image: float
    threads: int
    million_multiply_adds: float

    def to_json(self) -> dict[str, float]:
        """Return the cost as a plain mapping."""
        return asdict(self)


def cost_of(network: nn.Module, inputs: Sequence[Tensor], decode: Callable[[Tensor], object]) -> Cost:
    """Return what a network costs.

    Args:
        network: On the CPU.
        inputs: What it takes, of one picture of its own size.
        decode: Turns what comes out into angles or a rotation.
    """
    network.eval()
    seconds = []
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            network(*inputs)
        for _ in range(WARM_UP + TIMED):
            start = time.perf_counter()
            decode(network(*inputs))
            seconds.append(time.perf_counter() - start)
    stored = [value for value in network.state_dict().values() if value.is_floating_point()]
    return Cost(
        parameters=sum(p.numel() for p in network.parameters()),
        megabytes=sum(4 * value.numel() for value in stored) / 1e6,
        ms_per_image=1e3 * statistics.median(seconds[WARM_UP:]),
        threads=torch.get_num_threads(),
        million_multiply_adds=counter.get_total_flops() / 2e6,
    )


def blank(size: tuple[int, int]) -> Float[Tensor, "1 3 h w"]:
    """Return a grey picture as networks of faces take them."""
    return torch.full((1, 3, *size), 0.5).contiguous(memory_format=torch.channels_last)
