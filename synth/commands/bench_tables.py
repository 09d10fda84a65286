"""The tables that `canthus bench` prints, each of the figures of one way to measure."""

from rich.table import Table

from synth.bench import STAGES, TRACING, MemoryGrowth, RenderCost
from synth.bench_hair import HairCost
from synth.bench_relight import RelightCost
from synth.bench_scale import ScaleCost


def cost_table(costs: dict[str, RenderCost]) -> Table:
    """Return CPU milliseconds a picture, a row a stage, a column a case."""
    table = Table(title="CPU milliseconds a picture")
    table.add_column("stage")
    for case, cost in costs.items():
        table.add_column(f"{case} ({cost.pictures} pictures)", justify="right")
    for stage, said in STAGES.items():
        style = "bold" if stage in TRACING else None
        table.add_row(said, *(f"{1e3 * cost.seconds[stage]:.1f}" for cost in costs.values()), style=style)
    table.add_section()
    table.add_row("all stages", *(f"{1e3 * cost.total:.1f}" for cost in costs.values()))
    table.add_row("the whole, as a corpus makes it", *(f"{1e3 * cost.run:.1f}" for cost in costs.values()))
    table.add_row("share of all but tracing and denoising", *(f"{cost.overhead:.1%}" for cost in costs.values()))
    table.add_row("all over path tracing", *(f"{cost.over_paths:.2f}" for cost in costs.values()))
    return table


def scale_table(found: dict[str, dict[int, ScaleCost]]) -> Table:
    """Return the figures of each case, a column for each number of processes."""
    table = Table(title="By the clock; what each row means is in synth/bench_scale.py")
    table.add_column("")
    runs = [(case, cost) for case, costs in found.items() for cost in costs.values()]
    for case, cost in runs:
        table.add_column(f"{case}, {cost.workers} processes ({cost.pictures} pictures)", justify="right")
    alone = [found[case][min(found[case])].rate for case, _ in runs]
    table.add_row("pictures a second", *(f"{cost.rate:.2f}" for _, cost in runs))
    table.add_row("times one process", *(f"{run[1].rate / one:.2f}" for run, one in zip(runs, alone, strict=True)))
    table.add_row("first picture, s", *(f"{cost.first_s:.1f}" for _, cost in runs))
    table.add_row("not Cycles", *(f"{cost.other_than_cycles:.1%}" for _, cost in runs))
    table.add_row("writing", *(f"{cost.writing:.1%}" for _, cost in runs))
    table.add_row("the parent, of a core", *(f"{cost.parent:.1%}" for _, cost in runs))
    table.add_row("most growth of a process, MB", *(f"{cost.growth_mb:+.1f}" for _, cost in runs))
    table.add_row("largest process, MB", *(f"{max(v for _, v in c.memory_mb.values()):.0f}" for _, c in runs))
    return table


def memory_table(growth: MemoryGrowth) -> Table:
    """Return the resident memory after so many pictures."""
    table = Table(title=f"Resident memory: {growth.growth_mb:+.1f} MB from the first row to the last")
    table.add_column("pictures", justify="right")
    table.add_column("MB", justify="right")
    for count, value in growth.resident_mb.items():
        table.add_row(str(count), f"{value:.1f}")
    return table


def hair_table(cost: HairCost) -> Table:
    """Return what each style costs, and over the bald head."""
    table = Table(title=f"CPU seconds of geometry and rendering, {cost.people} people")
    for said in ("hair", "s", "over bald"):
        table.add_column(said, justify="left" if said == "hair" else "right")
    for name, value in cost.seconds.items():
        over = cost.over_bald.get(name)
        table.add_row(name, f"{value / cost.people:.2f}", "" if over is None else f"{over:.2f}")
    return table


def relight_table(costs: dict[str, RelightCost]) -> Table:
    """Return CPU milliseconds of a scene of one picture and of one of many, a row a stage."""
    table = Table(title="CPU milliseconds a scene")
    table.add_column("stage")
    for case, cost in costs.items():
        table.add_column(f"{case}: 1 picture", justify="right")
        table.add_column(f"{cost.k} ({cost.scenes} scenes)", justify="right")
    both = [part for cost in costs.values() for part in (cost.one, cost.many)]
    for stage in dict.fromkeys(name for part in both for name in part):
        table.add_row(stage, *(f"{1e3 * part.get(stage, 0.0):.1f}" for part in both))
    table.add_section()
    table.add_row("all of it", *(f"{1e3 * sum(part.values()):.1f}" for part in both))
    table.add_row("over one picture", *(said for cost in costs.values() for said in ("", f"{cost.ratio:.2f}")))
    return table
