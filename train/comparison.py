"""Networks side by side: what each weighs, how long it takes for one picture, and how wrong it was.

bytes         of the file of its weights, network.pt: what is stored, shipped and loaded
torch, onnx   ms by the wall of one picture on so many threads, the median of rounds in which every network is asked
              once in both ways, after WARM_UP that do not count.  What is timed is what `export-model` writes: from a
              picture ready in memory to what the network tells, without reading, cutting or fitting.  Detectors in
              stages (MTCNN, Faster and Mask R-CNN) are timed whole, by torch alone: what they cost hangs on what the
              first stage lets pass, here of noise
figure        of a report.json of `evaluate`: the one that its kind's networks are compared by (Kind.headline), in that
              kind's unit.  A network is found in a report by its name and by what it was trained on and when

Figures of different kinds, or on different data, do not compare: the picture has a part for each.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import matplotlib
import torch
from matplotlib.figure import Figure
from torch import Tensor

from synth.errors import ConfigError, DataError
from synth.report.charts import DIM, RENDERED, STYLE
from train.checkpoint import FILE, Trained, load_network
from train.kinds import Exported, Kind
from train.kinds.known import kind_of
from train.measure.pictures import png
from train.models.detection import DetectionNetwork, Detections
from train.models.detection.dense import DenseDetector
from train.onnx_file import onnx_bytes, session_of, torch_outputs

WARM_UP = 3
WIDE, HIGH = 4.2, 3.4
"""Inches of a part of the picture."""
POINT_MB, LEAST_POINT = 20.0, 12.0
"""Area of a point, in square points, of a network of one megabyte, and of the smallest."""


@dataclass(frozen=True)
class Measured:
    """What a report says of a network.

    Attributes:
        data: What it was measured on.
        figure: The headline's figure.
        unit: Of the figure.
    """

    data: str
    figure: float
    unit: str


@dataclass(frozen=True)
class Compared:
    """A network and what it costs.

    Attributes:
        label: Its file as it was given.
        name: Of the network.
        task: What it tells, as `predict task=` calls it.
        parameters: How many numbers training moves.
        bytes: Of its file.
        torch_ms: Of one picture.
        onnx_ms: Of one picture, by ONNX Runtime; None for detectors that look in stages.
        measured: By each report that holds it.
    """

    label: str
    name: str
    task: str
    parameters: int
    bytes: int
    torch_ms: float
    onnx_ms: float | None
    measured: tuple[Measured, ...]

    @property
    def ms(self) -> float:
        """Return ms of one picture by whichever is faster."""
        return self.torch_ms if self.onnx_ms is None else min(self.torch_ms, self.onnx_ms)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


def compared(networks: Sequence[str], reports: Sequence[str], rounds: int, threads: int) -> list[Compared]:
    """Return networks side by side.

    Args:
        networks: Folders of runs, or network.pt files.
        reports: Folders that `evaluate` wrote, or their report.json.
        rounds: That count.
        threads: Of torch and of ONNX Runtime.

    Raises:
        ConfigError: A report measured none of these networks.
        DataError: A network or a report is not there, damaged, or of another kind.
    """
    trained = {label: load_network(Path(label)) for label in networks}
    measured = measured_by(trained, [read_report(Path(one)) for one in reports])
    looks = {label: looks_of(one, threads) for label, one in trained.items()}
    spent = interleaved(looks, rounds)
    return [
        Compared(
            label=label,
            name=one.name,
            task=kind_of(one.name).task_name,
            parameters=sum(p.numel() for p in one.network.parameters()),
            bytes=file_of(Path(label)).stat().st_size,
            torch_ms=spent[label][0],
            onnx_ms=spent[label][1] if len(spent[label]) > 1 else None,
            measured=measured[label],
        )
        for label, one in trained.items()
    ]


def file_of(path: Path) -> Path:
    """Return the file of a network that is named by it or by the folder of its run."""
    return path / FILE if path.is_dir() else path


def read_report(path: Path) -> tuple[Path, Mapping[str, Any]]:
    """Return the file of a report and what it holds.

    Raises:
        DataError: It is no report of `evaluate`.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        told = json.loads(file.read_bytes())
        told["about"]["trained"], told["about"]["networks"], told["about"]["data"], told["networks"]
    except FileNotFoundError as error:
        raise DataError(f"{file}: there is no such file; name what `canthus evaluate out=...` wrote") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: no report of `canthus evaluate`") from error
    return file, told


def measured_by(
    trained: Mapping[str, Trained], reports: Sequence[tuple[Path, Mapping[str, Any]]]
) -> dict[str, tuple[Measured, ...]]:
    """Return what reports say of each network.

    Raises:
        ConfigError: One measured none of them.
        DataError: One lacks the figure of its kind.
    """
    found: dict[str, list[Measured]] = {label: [] for label in trained}
    for file, told in reports:
        about = told["about"]
        held = [
            (label, one, theirs)
            for label, one in trained.items()
            for theirs, name in about["networks"].items()
            if name == one.name and about["trained"][theirs] == json.loads(json.dumps(dict(one.about)))
        ]
        if not held:
            raise ConfigError(f"reports={file}: measured none of these networks")
        for label, one, theirs in held:
            kind = kind_of(one.name)
            value = under(told["networks"][theirs], kind.headline)
            if value is None:
                raise DataError(f"{file}: networks.{theirs} has no {'.'.join(kind.headline)}")
            found[label].append(Measured(str(about["data"]), value, kind.unit))
    return {label: tuple(some) for label, some in found.items()}


def under(score: Any, keys: Sequence[str]) -> float | None:
    """Return the number that lies under these keys, or None."""
    for key in keys:
        score = score.get(key) if isinstance(score, Mapping) else None
    return float(score) if isinstance(score, int | float) else None


def looks_of(trained: Trained, threads: int) -> tuple[Callable[[], object], ...]:
    """Return one look of a network at one picture, by torch and, but for detectors in stages, by ONNX Runtime."""
    kind: Kind = kind_of(trained.name)
    staged = trained.network
    if isinstance(staged, DetectionNetwork) and not isinstance(staged, DenseDetector):
        noise = torch.rand(1, 3, staged.test_side, staged.test_side, generator=torch.Generator().manual_seed(0))
        return (lambda: detected(staged, noise),)

    def example(n: int) -> Exported:
        return kind.exported(trained.network, n, torch.Generator().manual_seed(0))

    content, _ = onnx_bytes(example, trained.name)
    session = session_of(content, threads)
    one = example(1)
    inputs = {name: value.numpy() for name, value in one.inputs.items()}
    one.network.eval()
    return lambda: torch_outputs(one), lambda: session.run(list(one.outputs), inputs)


def detected(network: DetectionNetwork, images: Tensor) -> Detections:
    """Return what a detector finds, as it is used."""
    with torch.inference_mode():
        return network.eval().detect(images)


def interleaved(looks: Mapping[str, Sequence[Callable[[], object]]], rounds: int) -> dict[str, list[float]]:
    """Return the median ms of each look, over rounds in which each is taken once."""
    spent: dict[str, list[list[float]]] = {label: [[] for _ in some] for label, some in looks.items()}
    for number in range(WARM_UP + rounds):
        for label, some in looks.items():
            for way, look in enumerate(some):
                start = perf_counter()
                look()
                if number >= WARM_UP:
                    spent[label][way].append(1e3 * (perf_counter() - start))
    return {label: [median(values) for values in some] for label, some in spent.items()}


@matplotlib.rc_context(STYLE)
def picture(rows: Sequence[Compared]) -> bytes | None:
    """Return a PNG of figures against ms, a part for each task and data; None where no report was given.

    Areas are megabytes; the unit of every figure stands at its axis.  The faster of both runtimes counts.
    """
    parts: dict[tuple[str, str, str], list[tuple[Compared, float]]] = {}
    for row in rows:
        for one in row.measured:
            parts.setdefault((row.task, one.data, one.unit), []).append((row, one.figure))
    if not parts:
        return None
    figure = Figure(figsize=(WIDE * len(parts), HIGH), layout="constrained")
    for column, ((task, data, unit), points) in enumerate(parts.items()):
        axes = figure.add_subplot(1, len(parts), column + 1)
        names = [row.name for row, _ in points]
        for row, value in points:
            ms, mb = row.ms, row.bytes / 1e6
            # Of one name the runs tell them apart.
            name = row.name if names.count(row.name) == 1 else Path(row.label).stem
            axes.scatter(ms, value, s=max(POINT_MB * mb, LEAST_POINT), color=RENDERED, alpha=0.6, linewidths=0)
            axes.annotate(f"{name}\n{mb:.1f} MB", (ms, value), (6, 6), textcoords="offset points", fontsize=8)
        axes.set_xscale("log")
        axes.margins(0.3)
        axes.set_title(f"{task}: {Path(data).name}", fontsize=9)
        axes.set_xlabel("ms a picture")
        axes.set_ylabel(f"{'.'.join(kind_of(points[0][0].name).headline)} ({unit})")
        axes.grid(color=DIM, alpha=0.2)
    return png(figure)
