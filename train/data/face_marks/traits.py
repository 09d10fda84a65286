"""Groups of people of our corpora, by which a network's errors are compared (train/measure/face_landmark_groups.py).

    skin tone   by `skin_melanin`, from 0 to 1: light below 0.2, medium to 0.4, brown to 0.6, dark above
    age         years: under 18, 18 to 39, 40 to 59, 60 and over
    gender      by `gender_female`, from 0 to 1: male below a half, female above
    eye shape   by the upper lid of the left eye: with an epicanthus, else without a crease (single), else creased

The first three are labels; the last is of the scene's spec, and absent where a data set was written without.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from synth.errors import DataError
from synth.sample import Sample, label_array

SKIN, SKIN_TONES = (0.2, 0.4, 0.6), ("light", "medium", "brown", "dark")
YEARS, AGES = (18.0, 40.0, 60.0), ("under 18", "18 to 39", "40 to 59", "60 and over")
GENDERS = ("male", "female")
TRAITS = ("skin tone", "age", "gender", "eye shape")


def traits_of(sample: Sample, number: int) -> dict[str, str]:
    """Return the groups that the person of a picture with this number belongs to, by trait.

    Raises:
        DataError: An attribute is absent.
    """
    labels = sample.labels if number == 0 else sample.labels["others"][number - 1]

    def attribute(name: str) -> float:
        return float(label_array(labels, f"attributes.{name}", (), where=sample.key))

    found = {
        "skin tone": SKIN_TONES[bisect_right(SKIN, attribute("skin_melanin"))],
        "age": AGES[bisect_right(YEARS, attribute("age_years"))],
        "gender": GENDERS[bisect_right((0.5,), attribute("gender_female"))],
    }
    lids = lids_of(sample.spec, number)
    if lids is not None:
        crease = "creased" if lids.get("crease_height_m") else "single"
        found["eye shape"] = "epicanthus" if lids.get("epicanthus") else crease
    return found


def lids_of(spec: Mapping[str, Any], number: int) -> Mapping[str, Any] | None:
    """Return what a spec says of the left eye's lids of a person; None of a data set without specs."""
    try:
        lids = spec["people"][number]["subject"]["left"]["lids"]
    except (KeyError, IndexError, TypeError):
        return None
    if not isinstance(lids, Mapping):
        raise DataError(f"spec.people[{number}].subject.left.lids is {lids!r}; expected a mapping")
    return lids
