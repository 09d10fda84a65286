"""A backdrop is seen behind people and lights nothing."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from synth.labels import geometry
from tests.agreement.scenes import drawn

SKIN = 1


@pytest.fixture(scope="module")
def pictures(session):
    """The same scene before a sky, a room and something blurred; and where the subject is."""
    words = ("light.backdrop.probability=1", "camera.width=96", "camera.height=96", "subject.glasses.probability=0")
    spec = drawn(2, *words, experiment="portrait")
    subject = geometry(spec)
    mask = session.rasters(spec, subject, normal=False).mask

    def picture(backdrop):
        light = dataclasses.replace(spec.light, backdrop=backdrop)
        return session.render(dataclasses.replace(spec, light=light), subject).linear_rgb

    kinds = [dataclasses.replace(spec.light.backdrop, kind=kind) for kind in ("room", "noise")]
    return mask, picture(None), [picture(kind) for kind in kinds]


def test_it_lights_nothing(pictures, below):
    mask, sky, others = pictures
    # Of skin alone, and not at its edges: between hairs the backdrop shows.
    inside = binary_erosion(mask == SKIN, iterations=2)
    assert inside.sum() > 50
    for other in others:
        ratio = other[inside].mean() / sky[inside].mean()
        below("brightness of a face before a backdrop, relative", abs(ratio - 1), 0.01)


def test_it_takes_the_place_of_the_sky(pictures):
    mask, sky, others = pictures
    outside = mask == 0
    for other in (*others, others[0] * 0):
        assert np.abs(other[outside] - sky[outside]).mean() > 0.05 * sky[outside].mean()
    assert np.abs(others[0] - others[1])[outside].mean() > 0.01 * sky[outside].mean()


def test_eyes_have_none():
    assert all(drawn(index).light.backdrop is None for index in range(10))
