"""Samples as the renderer would write them, made without it: two spheres with lids, projected, and painted flat.

The labels follow the schema of synth/labels.py and agree with themselves: every point in px is the projection of its
point in `cam`, gazes are unit vectors from the centres through the pupils, angles belong to their vectors.  Only the
refraction of the cornea is replaced, by a magnification of 1.13 about the pupil's centre.
"""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from skimage.measure import points_in_poly

from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.normalisation import face_triangle
from synth.geometry.rotation import rotation_from_pitch_yaw_roll, rotation_from_vector
from synth.sample import Sample

SCLERA_M, CORNEA_M, IRIS_M, IRIS_FORWARD_M = 0.012, 0.0078, 0.00585, 0.0101
ANCESTRIES = ("african", "asian", "caucasian")
SKIN_SRGB = np.array([[236, 200, 178], [92, 62, 48]])
IRIS_SRGB = {"brown": (92, 60, 36), "blue": (88, 120, 150), "green": (96, 116, 80), "hazel": (120, 92, 52)}


def fake_sample(seed: int = 0, index: int = 0, width: int = 160, height: int = 96, rasters: bool = False) -> Sample:
    """Return sample `index` of a made-up data set; pictures of 60x36 are grey, all others RGB."""
    rng = np.random.default_rng([seed, index])
    labels = fake_labels(rng, seed, index, width, height)
    picture = paint(rng, labels, width, height)
    return Sample(
        seed=seed,
        index=index,
        picture=picture.mean(axis=2).astype(np.uint8) if (width, height) == (60, 36) else picture,
        labels=labels,
        spec={"pupil_radius_m": labels["eyes"]["left"]["pupil_radius_m"], "third": 1 / 3},
        rejected=("lids_closed",) * int(rng.random() < 0.2) + ("out_of_frame",) * int(rng.random() < 0.1),
        mask=np.full((height, width), 1, np.uint8) if rasters else None,
        depth_m=np.full((height, width), 0.6, np.float32) if rasters else None,
        normal_cam=np.tile(np.array([0, 0, -1], np.float32), (height, width, 1)) if rasters else None,
        parsing=np.full((height, width), 17, np.uint8) if rasters else None,
        person=np.full((height, width), 2, np.uint8) if rasters else None,
        uv=np.full((height, width, 2), 0.25, np.float32) if rasters else None,
    )


def fake_labels(rng: np.random.Generator, seed: int, index: int, width: int, height: int) -> dict[str, Any]:
    """Return labels as JSON holds them: a camera before one eye."""
    side = "left" if rng.random() < 0.5 else "right"
    distance_m = rng.uniform(0.35, 0.8)
    rotation = rotation_from_pitch_yaw_roll(rng.normal(0, [0.15, 0.25, 0.05]))
    eye_head = np.array([0.0315 if side == "left" else -0.0315, 0, 0])
    middle_head = eye_head + np.array([0, 0, -SCLERA_M])
    cam_from_head = np.eye(4)
    cam_from_head[:3, :3] = rotation
    cam_from_head[:3, 3] = [0.002, -0.001, distance_m] - rotation @ middle_head
    focal_px = width * distance_m / 0.045
    k = np.array([[focal_px, 0, width / 2], [0, focal_px, height / 2], [0, 0, 1]])
    return labels_before(rng, seed, index, (width, height), side, cam_from_head, k)


def labels_before(
    rng: np.random.Generator,
    seed: int,
    index: int,
    size: tuple[int, int],
    side: str,
    cam_from_head: np.ndarray,
    k: np.ndarray,
) -> dict[str, Any]:
    """Return labels as JSON holds them, of any camera."""
    width, height = size
    target_cam = np.array([*rng.normal(0, [0.15, 0.1]), rng.uniform(-0.1, 0.05)])
    openness = rng.uniform(0.55, 0.95)
    eyes = {s: _eye(rng, s, cam_from_head, k, target_cam, openness, size) for s in ("left", "right")}
    axes = [np.array(eyes[s]["visual_axis_cam"]) for s in ("left", "right")]
    african, asian, caucasian = rng.dirichlet([1, 1, 1])
    glasses = rng.random() < 0.2
    return {
        "format": 1,
        "seed": seed,
        "index": index,
        "attempt": 0,
        "image": {"width": width, "height": height},
        "camera_matrix": k.tolist(),
        "world_from_cam": np.eye(4).tolist(),
        "cam_from_head": cam_from_head.tolist(),
        "face_triangle_head": face_triangle(
            np.array([-0.0315, 0.004, -0.008]), np.array([0.0315, 0.004, -0.008]), np.array([0.0, 0.07, -0.022])
        ).tolist(),
        "subject_eye": side,
        "target_cam": target_cam.tolist(),
        "vergence_rad": float(np.arccos(np.clip(axes[0] @ axes[1], -1, 1))),
        "attributes": {
            "identity": index // 2,
            "age_years": float(rng.uniform(18, 80)),
            "gender_female": float(rng.random()),
            "ancestry": {"african": african, "asian": asian, "caucasian": caucasian},
            "skin_melanin": float(np.clip(0.2 + 0.7 * african + rng.normal(0, 0.05), 0, 1)),
            "iris_colour": str(rng.choice(list(IRIS_SRGB))),
            "glasses": str(rng.choice(["round", "browline"])) if glasses else "none",
            "glasses_tinted": bool(glasses and rng.random() < 0.2),
            "makeup": bool(rng.random() < 0.3),
            "light": "visible",
            "sky": str(rng.choice(["city", "forest", "interior"])),
            "sky_exposure": float(rng.uniform(0.5, 2)),
        },
        "eyes": eyes,
    }


def _eye(
    rng: np.random.Generator,
    side: str,
    cam_from_head: np.ndarray,
    k: np.ndarray,
    target_cam: np.ndarray,
    openness: float,
    size: tuple[int, int],
) -> dict[str, Any]:
    outward = 1.0 if side == "left" else -1.0
    rotation, centre_head = cam_from_head[:3, :3], np.array([outward * 0.0315, 0, 0])
    centre_cam = rotation @ centre_head + cam_from_head[:3, 3]
    visual_cam = (target_cam - centre_cam) / np.linalg.norm(target_cam - centre_cam)
    optical_head = rotation_from_vector(np.array([0.02, outward * -0.08, 0])) @ (rotation.T @ visual_cam)
    turn = np.cross([0, 0, -1], optical_head)
    angle = np.arctan2(np.linalg.norm(turn), -optical_head[2])
    head_from_eye = rotation_from_vector(turn / np.linalg.norm(turn) * angle)

    def cam(points_head: np.ndarray) -> np.ndarray:
        return np.asarray(points_head @ rotation.T + cam_from_head[:3, 3])

    def px(points_cam: np.ndarray) -> np.ndarray:
        rays = points_cam @ k.T
        return np.asarray(rays[:, :2] / rays[:, 2:])

    pupil_m = rng.uniform(0.001, 0.0035)
    around = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    circle = np.stack([np.cos(around), np.sin(around), 0 * around], axis=1)
    forward = np.array([0, 0, -IRIS_FORWARD_M])
    half_gap = openness * IRIS_M
    along = np.concatenate([np.linspace(-1, 1, 9), np.linspace(1, -1, 9)[1:-1]])
    up = np.where(np.arange(16) <= 8, -half_gap * 1.1, half_gap * 0.9) * (1 - along**2)
    lids = np.stack([outward * along * 0.0145, up + 0.001, -0.009 + 0.003 * along**2], axis=1)
    caruncle = np.stack([np.full(7, -outward * 0.0155), np.linspace(-1, 1, 7) * 1e-3, np.full(7, -0.0065)], axis=1)
    caruncle[:, 0] += outward * 6e-4 * np.cos(np.linspace(0, 6, 7))
    heads = {
        "pupil": (circle * pupil_m + forward) @ head_from_eye.T + centre_head,
        "iris": (circle * IRIS_M + forward) @ head_from_eye.T + centre_head,
        "lid_margin": lids + centre_head,
        "caruncle": caruncle + centre_head,
    }
    points = {}
    for name, points_head in heads.items():
        at_cam = cam(points_head)
        at_px = px(at_cam)
        inside = ((at_px >= 0) & (at_px <= size)).all(axis=1)
        if name in ("iris", "pupil"):
            inside &= points_in_poly(at_px, px(cam(heads["lid_margin"])))
        points[name] = {"cam": at_cam.tolist(), "px": at_px.tolist(), "visible": inside.tolist()}
    pupil_cam = cam(head_from_eye @ forward[None].T[:, 0] + centre_head)
    pupil_px = px(pupil_cam[None])[0]
    cornea_cam = cam(head_from_eye @ np.array([0, 0, -0.0055]) + centre_head)
    canthi_cam = np.array([points["lid_margin"]["cam"][0], points["lid_margin"]["cam"][8]])
    lid_px = 1.02 * np.array(points["lid_margin"]["px"]) - 0.02 * pupil_px
    optical_cam = rotation @ optical_head
    glints = px(cornea_cam + CORNEA_M * np.array([[0.1, -0.2, -0.97], [-0.2, -0.1, -0.97]]))
    return {
        "centre_cam": centre_cam.tolist(),
        "sclera_radius_m": SCLERA_M,
        "cornea_centre_cam": cornea_cam.tolist(),
        "cornea_radius_m": CORNEA_M,
        "rotation_head_from_eye": head_from_eye.tolist(),
        "optical_axis_cam": optical_cam.tolist(),
        "visual_axis_cam": visual_cam.tolist(),
        "optical_axis_head": optical_head.tolist(),
        "visual_axis_head": (rotation.T @ visual_cam).tolist(),
        "optical_pitch_yaw_rad": pitch_yaw_from_vector(optical_cam).tolist(),
        "visual_pitch_yaw_rad": pitch_yaw_from_vector(visual_cam).tolist(),
        "canthi_cam": canthi_cam.tolist(),
        "canthi_px": px(canthi_cam).tolist(),
        "centre_of_canthi_cam": canthi_cam.mean(axis=0).tolist(),
        "pupil_centre_cam": pupil_cam.tolist(),
        "pupil_radius_m": pupil_m,
        "iris_radius_m": IRIS_M,
        "points": points,
        "apparent": {
            "pupil_px": (pupil_px + 1.13 * (np.array(points["pupil"]["px"]) - pupil_px)).tolist(),
            "iris_px": (pupil_px + 1.04 * (np.array(points["iris"]["px"]) - pupil_px)).tolist(),
            "lid_margin_px": (1.02 * np.array(points["lid_margin"]["px"]) - 0.02 * pupil_px).tolist(),
            "caruncle_px": (1.02 * np.array(points["caruncle"]["px"]) - 0.02 * pupil_px).tolist(),
            "canthi_px": (1.02 * np.array(px(canthi_cam)) - 0.02 * pupil_px).tolist(),
            "pupil_centre_px": pupil_px.tolist(),
        },
        "glints_px": glints.tolist(),
        "glints_visible": [True, False],
        "openness": openness,
        "blink": 0.0,
        "squint": 0.0,
        "box_px": [*lid_px.min(axis=0).tolist(), *lid_px.max(axis=0).tolist()],
    }


def paint(rng: np.random.Generator, labels: dict[str, Any], width: int, height: int) -> np.ndarray:
    """Return a flat picture of the labels, RGB u8; it only has to look like an eye on a sheet."""
    big = 4
    melanin = labels["attributes"]["skin_melanin"]
    skin = tuple(int(c) for c in SKIN_SRGB[0] * (1 - melanin) + SKIN_SRGB[1] * melanin)
    whole = Image.new("RGB", (width * big, height * big), skin)
    opening = Image.new("L", whole.size, 0)
    ball = Image.new("RGB", whole.size, (226, 218, 212))
    for eye in labels["eyes"].values():

        def shape(points: Any) -> list[tuple[float, float]]:
            return [(float(x) * big, float(y) * big) for x, y in points]

        draw = ImageDraw.Draw(ball)
        draw.polygon(shape(eye["apparent"]["caruncle_px"]), fill=(190, 110, 100))
        draw.polygon(shape(eye["apparent"]["iris_px"]), fill=IRIS_SRGB[labels["attributes"]["iris_colour"]])
        draw.polygon(shape(eye["apparent"]["pupil_px"]), fill=(12, 10, 10))
        for (x, y), seen in zip(eye["glints_px"], eye["glints_visible"], strict=True):
            if seen:
                draw.ellipse([(x - 0.8) * big, (y - 0.8) * big, (x + 0.8) * big, (y + 0.8) * big], fill=(255, 255, 255))
        ImageDraw.Draw(opening).polygon(shape(eye["apparent"]["lid_margin_px"]), fill=255)
    whole.paste(ball, mask=opening)
    small = np.asarray(whole.resize((width, height), Image.Resampling.BOX), dtype=np.float64)
    return np.clip(small + rng.normal(0, 3, small.shape), 0, 255).astype(np.uint8)
