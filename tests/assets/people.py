"""A plain adult for tests, with anything replaced by name."""

import dataclasses
from typing import Any

from assets.beard import SHAVEN
from assets.expressions import NEUTRAL
from assets.hair import BALD
from assets.person import (
    BrowSpec,
    EyeballSpec,
    EyeSpec,
    HairColour,
    IrisSpec,
    LashSpec,
    LidSpec,
    ScleraSpec,
    SkinSpec,
    SubjectSpec,
)

BALL = EyeballSpec(
    sclera_radius_m=0.012,
    sphere_offset_m=0.0005,
    cornea_radius_m=0.0078,
    cornea_asphericity=-0.26,
    cornea_half_width_m=0.00585,
    iris_depth_m=0.0033,
    pupil_radius_m=0.0018,
    pupil_decentre_nasal_m=0.0002,
    pupil_decentre_up_m=0.0,
    kappa_nasal_rad=0.087,
    kappa_up_rad=0.026,
)
LIDS = LidSpec(
    inner_canthus_nasal_m=0.0146,
    inner_canthus_down_m=0.0024,
    inner_canthus_forward_m=0.0080,
    outer_canthus_temporal_m=0.0144,
    outer_canthus_down_m=0.0012,
    outer_canthus_forward_m=0.0040,
    upper_height_m=0.0042,
    lower_depth_m=0.0053,
    upper_peak=-0.1,
    lower_trough=0.15,
    margin_thickness_m=0.0018,
    crease_height_m=0.004,
    crease_depth_m=0.0008,
    fold_fullness_m=0.0008,
    epicanthus=0.0,
    bag_m=0.0005,
    caruncle_m=0.002,
)
EYE = EyeSpec(
    ball=BALL,
    lids=LIDS,
    iris=IrisSpec(0.5, 0.4, 0.5, 0.35, 0.5, 0.4, 1),
    lashes=LashSpec(110, 75, 0.0095, 0.007, 1.0, 0.4, 4e-5, 0.2, 3),
    offset_head_m=(0.0, 0.0, 0.0),
    blink=0.0,
    squint=0.0,
)


def eye(*, blink: float = 0.0, squint: float = 0.0, **measures: Any) -> EyeSpec:
    """Return the adult's eye; `measures` go to the ball or the lids, whichever has the name."""
    ball = {name: measures.pop(name) for name in list(measures) if hasattr(BALL, name)}
    return dataclasses.replace(
        EYE,
        ball=dataclasses.replace(BALL, **ball),
        lids=dataclasses.replace(LIDS, **measures),
        blink=blink,
        squint=squint,
    )


def adult(left: EyeSpec = EYE, right: EyeSpec = EYE, **fields: Any) -> SubjectSpec:
    """Return the adult; `fields` replace those of the spec."""
    subject = SubjectSpec(
        identity=0,
        gender_female=0.5,
        age_years=30.0,
        african=0.0,
        asian=0.0,
        caucasian=1.0,
        weight=0.5,
        muscle=0.5,
        shape=(),
        expression=NEUTRAL,
        left=left,
        right=right,
        sclera=ScleraSpec(0.3, 0.2, 0.4, 5),
        skin=SkinSpec(0.25, 0.4, 0.5, 0.4, 0.1, 0.3, 0.5, 0.3, 0.4, *(0.0,) * 3, 7, *(0.0,) * 6),
        brow=BrowSpec(350, 0.009, 0.009, 0.3, 0.0, 5e-5, 9),
        hair=HairColour(0.7, 0.2, 0.05),
        glasses=None,
        shoulders_rad=(0.0, 0.0, 0.0),
        scalp_hair=BALD,
        beard=SHAVEN,
        clothing=None,
        headwear=None,
        covering=None,
        interpupillary_m=0.063,
    )
    return dataclasses.replace(subject, **fields)
