"""Train a network in a folder: a checkpoint an epoch, logs for TensorBoard and as CSV, continued where it stopped.

last.ckpt      all that continuing needs, after every epoch
metrics.csv    one row an epoch
tensorboard/   the same and the learning rate
"""

import csv
import logging
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import LearningRateMonitor, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

from synth.errors import DataError
from train.data.ahead import Ahead
from train.data.loader import Some, loader
from train.data.stream import Stream, StreamLoader
from train.tasks.averaged import AveragedTask


class Precision(Enum):
    """In which numbers a network computes while it is trained; the value is Lightning's name."""

    single = "32-true"
    bf16 = "bf16-mixed"
    fp16 = "16-mixed"


LAST = "last.ckpt"
METRICS = "metrics.csv"


class CsvLog(lightning.Callback):
    """One row an epoch; a continued run keeps the rows of the epochs before, and only those."""

    def __init__(self, path: Path) -> None:
        """Write to this file."""
        self.path = path

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Append the epoch's metrics."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        row: dict[str, float] = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        row |= {name: round(float(value), 6) for name, value in sorted(trainer.callback_metrics.items())}
        rows: list[dict[str, Any]] = []
        if self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                rows = [before for before in csv.DictReader(file) if int(before["epoch"]) < row["epoch"]]
        rows.append(row)
        names = list(dict.fromkeys(name for one in rows for name in one))  # some begin in a later epoch
        with self.path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=names)
            writer.writeheader()
            writer.writerows(rows)


def fit(
    task: AveragedTask,
    training: "Some | Stream[Some]",
    validation: Some | None,
    out: Path,
    *,
    epochs: int,
    batch_size: int,
    precision: Precision = Precision.single,
    accelerator: str = "cpu",
    devices: int = 1,
    nodes: int = 1,
    workers: int = 0,
    progress: bool = False,
) -> None:
    """Train a task up to a number of epochs, from `out/last.ckpt` where there is one.

    Args:
        task: Holds the fresh network, and the trained one afterwards.
        training: Eyes or faces to train on, in memory or as a stream.
        validation: Those to watch; may be none.
        out: An existing folder.
        epochs: Of the whole training, those before a continuation included.
        batch_size: Pictures a step of all processes together, as many for each.
        precision: In which the network computes.
        accelerator: cpu, gpu or auto.
        devices: Processes of each machine.
        nodes: Machines.
        workers: Processes that read a stream for each of those that train.
        progress: Whether to draw a progress bar.

    Raises:
        DataError: The checkpoint to continue from is damaged; or the pictures are not what the task needs.
    """
    last = unfinished(out)
    task.meet(training, validation)
    with quiet():
        trainer = trainer_in(
            out,
            epochs=epochs,
            precision=precision,
            accelerator=accelerator,
            devices=devices,
            nodes=nodes,
            progress=progress,
        )
        train_loader: Any
        if isinstance(training, Stream):
            train_loader = StreamLoader(training, batch_size, task.recipe.seed, workers)
        else:
            train_loader = loader(training, batch_size, task.recipe.seed)
        train_loader = Ahead(train_loader, task.changed)
        # Metrics are averaged over batches by their sizes; without gradients, four times as many pictures fit.
        validation_loader = (
            loader(validation, min(4 * batch_size, 512)) if validation is not None and len(validation) else None
        )
        trainer.fit(task, train_loader, validation_loader, ckpt_path=last, weights_only=True)


def unfinished(out: Path) -> str | None:
    """Return the checkpoint that a training in this folder continues from, None where there is none.

    Raises:
        DataError: It is damaged.
    """
    last = out / LAST
    if not last.exists():
        return None
    if not zipfile.is_zipfile(last):
        raise DataError(f"{last}: damaged checkpoint; delete it to train from the start")
    return str(last)


def trainer_in(
    out: Path,
    *,
    epochs: int,
    precision: Precision,
    accelerator: str,
    devices: int = 1,
    nodes: int = 1,
    progress: bool = False,
) -> lightning.Trainer:
    """Return what trains in this folder, with a checkpoint and a row of figures after every epoch."""
    checkpoint = ModelCheckpoint(
        dirpath=out, filename="last", every_n_epochs=1, enable_version_counter=False, save_on_train_epoch_end=True
    )
    return lightning.Trainer(
        precision=precision.value,
        accelerator=accelerator,
        devices=devices,
        num_nodes=nodes,
        strategy="auto" if devices * nodes == 1 else "ddp",
        max_epochs=epochs,
        logger=TensorBoardLogger(out, name="", version="tensorboard"),
        callbacks=[checkpoint, CsvLog(out / METRICS), LearningRateMonitor("epoch")],
        enable_progress_bar=progress,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        use_distributed_sampler=False,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's notices (devices found, tips, workers it would like) off the terminal."""
    names = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", module=r"torch\.optim\.lr_scheduler")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def use_threads(threads: int) -> int:
    """Let torch use this many CPU threads, 0 leaves it to torch; return how many it uses."""
    if threads:
        torch.set_num_threads(threads)
    return torch.get_num_threads()
