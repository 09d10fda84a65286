"""What a kind of network refuses because it is for another kind, each in one line that says what to give instead."""

from collections.abc import Iterable

from adapt.augment.strengths import OF_FRAMES, OF_WHOLE_PICTURES, Strengths
from synth.errors import ConfigError
from train.data.persons import PersonsConfig


def refuse_augment(augment: Strengths, foreign: Iterable[str], take: str, *, whole: bool = False) -> None:
    """Raise ConfigError where pictures would be changed in a way that is not for them.

    None that a network learns from is bent like rubber or turned by a camera: gaze and pose have no label for that.

    Args:
        augment: What is asked for.
        foreign: Strengths that are not for these pictures.
        take: What these pictures take.
        whole: Whether they are whole pictures that faces are to be found in; others are cuts already.
    """
    foreign = (*foreign, *OF_FRAMES, *(() if whole else OF_WHOLE_PICTURES))
    if asked := [name for name in foreign if getattr(augment, name)]:
        raise ConfigError(f"augment: {', '.join(asked)}: not for these pictures; {take}")


def refuse_beside(beside: str | None) -> None:
    """Raise ConfigError where other eyes are to be shown beside what has none of its own."""
    if beside is not None:
        raise ConfigError(f"beside={beside}: it is for networks of an eye's gaze; others have nothing to show beside")


def refuse_reduced(reduced: float) -> None:
    """Raise ConfigError where pictures are to be shown at a lower resolution and are not of heads."""
    if reduced != 1:
        raise ConfigError(f"reduced={reduced}: it is for networks of head pose")


def refuse_persons(persons: PersonsConfig) -> None:
    """Raise ConfigError where somebody is chosen: sets of heads do not tell persons apart."""
    if not persons.everything:
        raise ConfigError("persons: they are for gaze; sets of heads do not tell persons apart")
