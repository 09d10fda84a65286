"""Shards made by many machines: the only importer of Ray.

A task is a stretch of shards and takes one core; on whichever machine it lands it watches over one render process, as
synth/pool.py does for a single machine, and brings whole shards to the place of the data set.  A machine that is lost
takes its tasks with it; Ray gives them to others, which make what is still missing of their stretch.  The bytes are
those of one machine, as far as its processors are alike (docs/rendering.md, "Determinism").

Without an address a cluster of this machine's cores alone is started, and ended with the run.  Other machines need the
same canthus and must see the place: a folder that all share, or a URL.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any

import ray

from synth.corpus import Job, make_corpus
from synth.errors import ConfigError, ProjectError, RenderError
from synth.pool import Care, Poison
from synth.shards import placed

STRETCHES_A_CORE = 4
"""Into how many tasks the work of a core is cut, so that none waits long for the slowest."""
LOST_AT_MOST = 20
"""How often a task may be begun anew because its machine was lost."""
STORE_BYTES = 100_000_000
"""Memory for what tasks tell each other, which is next to nothing."""
LOOK_S = 1.0


def make_by_cluster(
    job: Job,
    shards: Sequence[int],
    out: str,
    address: str | None,
    care: Care,
    progress: Callable[[int], None],
) -> list[Poison]:
    """Make shards of a corpus by the machines of a cluster, and return the samples that could not be made.

    Args:
        job: What to make.
        shards: Those to make.
        out: Where they belong, a folder that all machines share or a URL.
        address: Of the cluster; None starts one on this machine.
        care: How closely render processes are watched.
        progress: Called now and then with the number of samples of finished tasks.

    Raises:
        ConfigError: There is no cluster at this address, or a machine of it does not see the folder.
        ProjectError: A scene could not be made, or a shard not be brought to its place.
        RenderError: A task was lost with its machine too often.
    """
    with _cluster(address):
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        task = ray.remote(num_cpus=1, max_retries=LOST_AT_MOST, scheduling_strategy="SPREAD")(make_stretch)
        waiting = {task.remote(job, stretch, out, care): stretch for stretch in stretches(shards, cores)}
        poisons, samples = [], 0
        while waiting:
            ready, _ = ray.wait(list(waiting), timeout=LOOK_S)
            for reference in ready:
                poisons += _result(reference)
                samples += sum(len(job.plan.indices(shard)) for shard in waiting.pop(reference))
            progress(samples)
    return poisons


def stretches(shards: Sequence[int], cores: int) -> list[list[int]]:
    """Cut shards into stretches, a few for each core."""
    count = min(len(shards), STRETCHES_A_CORE * cores)
    ends = [len(shards) * part // count for part in range(count + 1)] if count else []
    return [list(shards[low:high]) for low, high in pairwise(ends)]


def make_stretch(job: Job, stretch: Sequence[int], out: str, care: Care) -> list[Poison]:
    """Make what is missing of some shards, on the machine where this runs."""
    with placed(out) as place:
        if "config.json" not in place.names():
            raise ConfigError(
                f"out={out}: is not seen by {os.uname().nodename}; name a folder that all share, or a URL"
            )
        absent = set(job.plan.absent(place.names()))
        here = replace(job, folder=place.folder)
        return make_corpus(here, [shard for shard in stretch if shard in absent], place, 1, care, lambda done: None)


def _result(reference: Any) -> list[Poison]:
    try:
        poisons: list[Poison] = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, ProjectError) else error) from None
    except ray.exceptions.RayError as error:
        raise RenderError(
            f"a task was lost with its machine {LOST_AT_MOST} times ({str(error).splitlines()[0]})"
        ) from error
    return poisons


@contextmanager
def _cluster(address: str | None) -> Iterator[None]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    options = {} if address else {"include_dashboard": False, "object_store_memory": STORE_BYTES}
    for last in (False, False, True):
        try:
            ray.init(address=address or "local", logging_level="ERROR", log_to_driver=False, **options)
            break
        except Exception as error:  # Ray raises them of every kind, plain ones too
            # On a busy machine it now and then gives its own processes too little time to start.
            if last or address:
                raise ConfigError(f"ray.address={address}: no cluster: {' '.join(str(error).split())[:200]}") from error
            ray.shutdown()
    try:
        yield
    finally:
        ray.shutdown()
