"""What hair costs: CPU seconds of a portrait with each style over those of the same person bald.

Everything else stays: the person, the light, the camera.  Hats and what is held before the face are left out.  Seconds
are those of the whole process with all its threads, of the geometry and of the rendering; labels know no hair.  The
styles take turns within each person, every person beginning with another, so that what else the machine does falls on
all of them alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from assets.hair import BALD, STYLES
from assets.person import ScalpHairSpec
from synth.bench import cpu_seconds
from synth.cores import keep_to_a_core
from synth.corpus import Job, draw_useful
from synth.labels import everybody
from synth.ranges.hair import ScalpHairRanges
from synth.spec import SceneSpec
from synth.stopwatch import Stopwatch

CURLS = {"afro": 0.95, "long": 0.15}
"""Of styles that need theirs; others have 0.3."""
CURLY = "long, curly"
CURLY_CURL = 0.75


@dataclass(frozen=True)
class HairCost:
    """CPU seconds by style, summed over people; `bald` among them."""

    people: int
    seconds: Mapping[str, float]

    @property
    def over_bald(self) -> dict[str, float]:
        """Each style's seconds over those of the bald heads."""
        return {name: value / self.seconds["bald"] for name, value in self.seconds.items() if name != "bald"}


def bench_hair(job: Job, people: int, progress: Callable[[int], None] = lambda done: None) -> HairCost:
    """Measure every style on the first people of a corpus.

    Args:
        job: The corpus, of portraits; nothing is written to its folder.
        people: How many.
        progress: Called with the number of people done.
    """
    if job.engine.threads == 1:
        keep_to_a_core(0)
    from synth.blender.session import Session

    hairs = hairs_of(job.ranges.subject.scalp_hair)
    seconds = dict.fromkeys(hairs, 0.0)
    with Session(job.engine) as session:
        for index in range(people):
            scene, _, _, _ = draw_useful(job.ranges, job.seed, index, Stopwatch())
            scenes = {name: with_hair(scene, hair) for name, hair in hairs.items()}

            def picture(name: str, scenes: Mapping[str, SceneSpec] = scenes) -> None:
                session.render(scenes[name], *everybody(scenes[name]))

            picture("bald")  # this person's skin and clothes, which stay for all styles
            names = list(hairs)
            for name in names[index % len(names) :] + names[: index % len(names)]:
                seconds[name] += cpu_seconds(lambda name=name: picture(name))  # type: ignore[misc]
            progress(index + 1)
    return HairCost(people, seconds)


def hairs_of(ranges: ScalpHairRanges) -> dict[str, ScalpHairSpec]:
    """Return full hair of every style in the middle of its ranges, long hair also curly, and none."""
    found = {"bald": BALD}
    for style in (name for name in STYLES if name != "bald"):
        length = ranges.length_m[style]
        found[style] = ScalpHairSpec(
            style=style,
            length_m=(length.low + length.high) / 2,
            curl=CURLS.get(style, 0.3),
            volume=(ranges.volume.low + ranges.volume.high) / 2,
            parting=0.3,
            fringe=0.0,
            hairline_up_m=0.0,
            recession=0.0,
            baldness=0.0,
            density=(ranges.density.low + ranges.density.high) / 2,
            seed=1,
        )
    return found | {CURLY: replace(found["long"], curl=CURLY_CURL)}


def with_hair(scene: SceneSpec, hair: ScalpHairSpec) -> SceneSpec:
    """Return a scene whose only person has this hair and nothing over it."""
    subject = replace(scene.subject, scalp_hair=hair, headwear=None, covering=None)
    return replace(scene, people=(replace(scene.person, subject=subject),))
