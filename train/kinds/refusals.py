"""What a kind of network refuses because it is for another kind, each in one line that says what to give instead."""

from collections.abc import Iterable

from adapt.augment.strengths import OF_FRAMES, Strengths
from synth.errors import ConfigError
from train.data.persons import PersonsConfig


def refuse_augment(augment: Strengths, foreign: Iterable[str], take: str) -> None:
    """Raise ConfigError where pictures would be changed in a way that is not for them.

    None that a network of gaze or pose learns from is bent like rubber or turned by a camera: it has no label for that.

    Args:
        augment: What is asked for.
        foreign: Strengths that are not for these pictures.
        take: What these pictures take.
    """
    if asked := [name for name in (*foreign, *OF_FRAMES) if getattr(augment, name)]:
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
