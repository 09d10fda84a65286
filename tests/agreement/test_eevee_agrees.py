"""EEVEE, drawn by OpenGL, shows things behind a cornea and behind lenses of glasses where Fermat's paths have them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.blender, pytest.mark.egl]
ROOT = Path(__file__).parents[2]
PX_PER_MM = 6.4
"""In the scenes of eevee_scenes.py."""


@pytest.fixture(scope="module")
def found():
    run = subprocess.run(
        [sys.executable, "-m", "tests.agreement.eevee_scenes"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout.rsplit("\nfound ", 1)[1])


@pytest.mark.parametrize(
    ("glass", "moves_px", "limit_mm"), [("cornea", 1.5, 0.05), ("lens -6", 3.0, 0.2), ("lens +3", 3.0, 0.2)]
)
def test_a_disc_behind_glass_is_seen_at_its_apparent_px(found, below, glass, moves_px, limit_mm):
    seen, apparent, straight = map(np.array, found[glass])
    assert np.linalg.norm(apparent - straight) > moves_px, "the glass moves it"
    below(f"disc behind glass by EEVEE ({glass}), mm", np.linalg.norm(seen - apparent) / PX_PER_MM, limit_mm)


def test_the_same_scene_is_drawn_the_same_again(found):
    assert found["again"] == [True]


def test_a_sheet_is_as_bright_as_by_cycles(found):
    """Sky and lamps in the same units; EEVEE sees the sky's light by a few numbers (spherical harmonics)."""
    assert found["light"][0] == pytest.approx(1.0, abs=0.1)


def test_a_sheet_is_as_bright_as_by_cycles_under_every_sky(found, below):
    """EEVEE itself would take one sun out of each, by which faces in a studio were 2.3 times too bright or 5 times too
    dark."""
    below("light of a sky by EEVEE, log of its ratio to Cycles'", np.abs(np.log(found["skies"])).max(), 0.3)


def test_without_opengl_the_user_is_told_in_one_line():
    code = (
        "from synth.blender.engine import EngineSpec; from synth.blender.session import Session; "
        "Session(EngineSpec(renderer='eevee'))"
    )
    nowhere = os.environ | {"__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull}
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=nowhere, capture_output=True, text=True)
    assert (
        run.stderr.strip().splitlines()[-1].endswith("no headless OpenGL here; canthus doctor prints what to install")
    )
