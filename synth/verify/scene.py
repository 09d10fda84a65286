"""A stored sample against its place: which picture of which scene it must be, under which of the scene's lights.

    index       the key's, in the spec
    rejected    told by the first picture of a scene: a cause for each attempt before the one that the spec tells
    scene       absent where a scene makes one picture; else `index`, `view` and `mix` follow from the key, and a spec
                has the camera of its view (synth/views.py)
    factors     of relit pictures: the light that the spec of the same view under mix 0 tells, each layer multiplied by
                them, is the light that this spec tells, to the last digit (synth/mix.py); those of mix 0 are ones

The pictures of a scene lie in one shard in their order, so a shard is looked at alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synth.errors import DataError
from synth.mix import Mix, layers_of, mixed_light, plain
from synth.sample import Sample
from synth.spec import CameraSpec, LightSpec, from_json, to_json
from synth.verify.difference import first_difference, short
from synth.views import Framing, may_show


@dataclass(frozen=True)
class Scenes:
    """How scenes make the pictures of a data set.

    Attributes:
        relight: Lights of each view.
        views: Of each scene.
    """

    relight: int = 1
    views: tuple[Framing, ...] = (Framing.scene,)

    @property
    def size(self) -> int:
        """Pictures of a scene."""
        return self.relight * len(self.views)

    def scene_of(self, index: int) -> dict[str, Any] | None:
        """Return what a picture must tell of its scene, but for factors; None where it is the only one."""
        if self.size == 1:
            return None
        scene, place = divmod(index, self.size)
        view, mix = divmod(place, self.relight)
        return {"index": scene, "view": self.views[view].value, "mix": mix}


def scenes_of(config: Mapping[str, Any], where: str) -> Scenes:
    """Return how a configuration of `canthus render` cuts scenes into pictures.

    Args:
        config: Of the data set; what it does not tell is the default.
        where: What an error names.

    Raises:
        DataError: It tells what no data set can be.
    """
    relight, views = config.get("relight", 1), config.get("views", [Framing.scene.value])
    try:
        if type(relight) is int and relight >= 1 and isinstance(views, list) and views:
            return Scenes(relight, tuple(map(Framing, views)))
    except ValueError:
        pass
    raise DataError(f"{where}: relight is {short(relight)} and views {short(views)}: no data set has such scenes")


class SceneCheck:
    """Looks at the samples of a shard one after another; see the module."""

    def __init__(self, scenes: Scenes) -> None:
        """Begin a shard of a data set that is cut like this."""
        self.scenes = scenes
        self._unmixed: tuple[Any, Any, Mapping[str, Any]] | None = None
        """Scene, view and light of the last picture under mix 0, where its factors are ones."""

    def faults(self, sample: Sample) -> Iterator[str]:
        """Yield what is wrong with a sample's place, each in a few words that begin with the file of it."""
        if (index := sample.spec.get("index")) != sample.index:
            yield f"json: spec.index is {short(index)}, the key {sample.index}"
        attempt = sample.spec.get("attempt") if sample.index % self.scenes.size == 0 else 0
        if len(sample.rejected) != attempt:
            yield f"json: rejected tells {len(sample.rejected)} scenes before this one, the spec {short(attempt)}"
        if fault := self._scene_fault(sample):
            yield f"json: {fault}"

    def _scene_fault(self, sample: Sample) -> str | None:
        told, expected = sample.scene, self.scenes.scene_of(sample.index)
        if told is None or expected is None:
            says = "is absent" if told is None else f"is {short(told)}"
            return None if told is expected else f"scene {says}, {self.scenes.size} pictures make a scene"
        factors = {"factors": told.get("factors")} if self.scenes.relight > 1 else {}
        if fault := first_difference(told, expected | factors, "scene", "its place"):
            return fault
        framing = Framing(expected["view"])
        try:
            if not may_show(from_json(CameraSpec, sample.spec["camera"]), sample.spec["subject_eye"], framing):
                return f"scene.view is {framing.value}, the spec has another camera"
            return self._light_fault(sample, expected) if factors else None
        except Exception as error:  # a damaged spec may be anything: whatever falls over it is the finding
            return f"scene does not go with the spec ({type(error).__name__}: {error})"

    def _light_fault(self, sample: Sample, place: Mapping[str, Any]) -> str | None:
        assert sample.scene is not None
        own, told = sample.spec["light"], sample.scene["factors"]
        if place["mix"] == 0:
            fault = first_difference(told, plain(from_json(LightSpec, own)).to_json(), "scene.factors", "mix 0")
            self._unmixed = None if fault else (place["index"], place["view"], own)
            return fault
        if self._unmixed is None or self._unmixed[:2] != (place["index"], place["view"]):
            return None  # its first picture is damaged, and said to be
        light = from_json(LightSpec, self._unmixed[2])
        if set(told) != set(layers_of(light)):
            return f"scene.factors are of {short(sorted(told))}, the light has {short(list(layers_of(light)))}"
        mix = Mix({name: (rgb["red"], rgb["green"], rgb["blue"]) for name, rgb in told.items()})
        where = first_difference(own, to_json(mixed_light(light, mix)), "spec.light", "they and mix 0")
        return where and f"scene.factors do not make the spec's light: {where}"
