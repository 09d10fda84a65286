"""`canthus evaluate`: measure networks on rendered or real eyes or faces, and write a report or the predictions.

For networks of an eye's gaze and of eye landmarks `data` is a folder of our shards or of UnityEyes, MPIIGaze's folder,
the benchmark's .h5 file, or a folder of eye pictures; for networks of head pose our shards, 300W-LP's, AFLW2000's or
BIWI's folder, or FSA-Net's .npz; for networks of a face's gaze our shards, GazeHub's folder, MPIIFaceGaze's or its .h5
file, or ETH-XGaze's .h5; for networks of attributes and identity our shards or CelebA's folder.  Each reader says in
its docstring what the key of an eye or a face is, which is its name in the predictions.  Predictions of gaze are for
the pictures as their files hold them (a right eye that was mirrored for the network has its yaw negated back).
"""

from collections.abc import Mapping
from pathlib import Path

from synth.config import versions
from synth.errors import ConfigError
from train.checkpoint import Trained, load_network
from train.config import EvaluateConfig
from train.fitting import use_threads
from train.kinds import Kind
from train.kinds.known import kind_of
from train.provenance import commit

HELP = "measure a network on rendered or real eyes or faces and report it"
CONFIG = EvaluateConfig
CONFIG_NAME = "evaluate"
EXAMPLES = (
    "canthus evaluate checkpoint=runs/eyes data=../shared/real/gaze/mpiigaze_p00/MPIIGaze out=reports/eyes",
    "canthus evaluate checkpoint=[runs/a,runs/b,runs/c] data=MPIIGaze.h5 out=reports/abc beside=data/eyes",
    "canthus evaluate checkpoint=runs/eyes data=crops predictions=gaze.json",
    "canthus evaluate checkpoint=runs/heads data=../shared/real/head_pose/AFLW2000 out=reports/heads",
)


def run(config: EvaluateConfig) -> None:
    """Measure, and write what was asked for."""
    use_threads(config.threads)
    paths = [Path(name) for name in ([config.checkpoint] if isinstance(config.checkpoint, str) else config.checkpoint)]
    networks = {label: load_network(path) for label, path in zip(labels_of(paths), paths, strict=True)}
    if config.out is not None and Path(config.out).exists() and not Path(config.out).is_dir():
        raise ConfigError(f"out={config.out}: is a file; name a folder")
    kind_of_all(networks).evaluate(config, networks, about_of(config, networks))


def kind_of_all(networks: Mapping[str, Trained]) -> Kind:
    """Return the kind of the networks.

    Raises:
        ConfigError: They are of several.
    """
    labels: dict[Kind, list[str]] = {}
    for label, one in networks.items():
        labels.setdefault(kind_of(one.name), []).append(label)
    if len(labels) > 1:
        told = " and ".join(f"{', '.join(some)} tell the {kind.noun}" for kind, some in labels.items())
        raise ConfigError(f"checkpoint=[...]: {told}; measure one kind at a time")
    return next(iter(labels))


def labels_of(paths: list[Path]) -> list[str]:
    """Return a name for each network: its folder's, numbered where two are alike."""
    names = [(path if path.is_dir() else path.parent).resolve().name or str(path) for path in paths]
    return [f"{name} ({i})" if names.count(name) > 1 else name for i, name in enumerate(names)]


def about_of(config: EvaluateConfig, networks: dict[str, Trained]) -> dict[str, object]:
    """Return what the report says about itself."""
    return {
        "data": config.data,
        "networks": {label: one.name for label, one in networks.items()},
        "trained": {label: dict(one.about) for label, one in networks.items()},
        "commit": commit(),
        "versions": versions(),
    }
