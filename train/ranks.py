"""Which of the processes that train one network together this one is (Lightning's DDP), and whether it leads.

A step of all processes together is a step of one: `batch_size` counts the pictures of all, each process takes its share
of the same rows, and gradients are averaged over processes.
"""

import os
from dataclasses import dataclass

import torch
from lightning.pytorch.utilities import rank_zero_only

from synth.errors import ConfigError


@dataclass(frozen=True)
class Rank:
    """Process `number`, from 0, of `count`."""

    number: int
    count: int


ALONE = Rank(0, 1)


def rank() -> Rank:
    """Return this process' rank; alone where no group of processes was opened."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return Rank(torch.distributed.get_rank(), torch.distributed.get_world_size())
    return ALONE


def leads(processes: int) -> bool:
    """Say whether this process is the one of `processes` that writes and tells; known before they join.

    Whoever starts the others (Lightning, torchrun, Slurm) says in the environment which one it is.
    """
    return processes == 1 or getattr(rank_zero_only, "rank", 0) == 0


def refuse_other_start(devices: int, nodes: int) -> None:
    """Refuse to train where torchrun started other processes than those that are to train together.

    Args:
        devices: Processes of each machine.
        nodes: Machines.

    Raises:
        ConfigError: It did: each would train alone into one folder, or wait for others that never come.
    """
    if not torch.distributed.is_torchelastic_launched():
        return
    here, all_together = int(os.environ["LOCAL_WORLD_SIZE"]), int(os.environ["WORLD_SIZE"])
    if (here, all_together) != (devices, devices * nodes):
        raise ConfigError(
            f"trainer.devices={devices}, trainer.nodes={nodes}: torchrun started {here} processes here and "
            f"{all_together} in all; give trainer.devices={here} trainer.nodes={max(1, all_together // here)}"
        )
