"""Draw a scene: ranges and three whole numbers in, a SceneSpec out.

Every part has its own stream, `seeds.rng(seed, index, name, attempt)`: changing the light leaves the person as they
were.  What a person *is* comes from streams of the identity instead (index // images_per_identity), so that several
pictures can share one person; what a person *does*, and everything around them, from streams of the picture.  Of a
sequence (synth/draw/motion.py) all streams are those of its number instead: it is one still scene that moves.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from assets.person import EyeSpec, SubjectSpec, Vector3
from assets.placement import canthi_head
from synth import seeds
from synth.draw.camera import draw_camera, draw_frame
from synth.draw.chance import draw_log_uniform, draw_yes
from synth.draw.expression import draw_expression
from synth.draw.eye import draw_balls, draw_irises, draw_lashes, draw_lids, draw_offsets, draw_sclera
from synth.draw.face import draw_brow, draw_glasses, draw_hair, draw_makeup, draw_skin
from synth.draw.ground import draw_ground
from synth.draw.hair import draw_beard, draw_scalp_hair
from synth.draw.light import Surroundings, draw_light
from synth.draw.motion import acted, draw_acting, draw_moves
from synth.draw.neck import draw_shoulders
from synth.draw.place import Place, draw_place
from synth.draw.stance import draw_stance
from synth.draw.stand import Stand, apart_m, draw_eye_height, draw_stand, draw_standing_place
from synth.draw.traits import draw_factors, draw_interpupillary, draw_shape, draw_traits, draw_unevenness
from synth.draw.wear import draw_clothing, draw_covering, draw_headwear
from synth.errors import RejectedSceneError
from synth.geometry.frames import UP_WORLD
from synth.geometry.gaze import pitch_yaw_from_vector
from synth.geometry.rotation import vector_from_rotation
from synth.ranges import RenderRanges, SubjectRanges
from synth.ranges.camera import Aim
from synth.ranges.motion import MotionRanges
from synth.spec import Matrix3, MomentSpec, PersonSpec, SceneSpec

BYSTANDER = 10**6
"""Between the identities of the people in one picture."""
TRIES = 40
"""So often another place is drawn for a person before the scene is given up."""
HEAD_MIDDLE = (0.0, 0.55, 0.75)
"""Of a head, from between its eyes, in distances of its eyes: left, down, in."""


def draw_subject(
    ranges: SubjectRanges,
    seed: int,
    index: int,
    gaze_pitch_head_rad: float,
    turn_rad: Float[np.ndarray, "3"],
    attempt: int = 0,
    number: int = 0,
) -> SubjectSpec:
    """Return a person of picture `index`, with the face they make in it.

    Args:
        ranges: What to draw from.
        seed: Of the corpus.
        index: Of the picture.
        gaze_pitch_head_rad: How far up the person looks in the head; the brows follow.
        turn_rad: Pitch, yaw and roll of the head against the lens; the neck does a part of it.
        attempt: Of the picture.  A person who is in one picture only is drawn anew with it; one who is in several
            must not depend on which of them was drawn again.
        number: Of the person in the picture, from 0.
    """
    identity, again = _identity(ranges, index, attempt)

    def person(name: str) -> np.random.Generator:
        return seeds.rng(seed, identity, _stream(f"person.{name}", number), again)

    def picture(name: str) -> np.random.Generator:
        return seeds.rng(seed, index, _stream(name, number), attempt)

    traits = draw_traits(person("traits"), ranges)
    factors = draw_factors(person("factors"), ranges.face)
    luminance = draw_log_uniform(picture("luminance"), ranges.ball.adapting_luminance_cd_m2_log)
    expression = draw_expression(picture("expression"), ranges.expression, ranges.state, gaze_pitch_head_rad)
    balls = draw_balls(person("balls"), ranges.ball, traits, luminance)
    offsets = draw_offsets(person("offsets"), ranges.ball)
    lids = draw_lids(person("lids"), ranges.lids, traits)
    irises = draw_irises(person("irises"), ranges.iris, traits)
    makeup = draw_makeup(person("makeup"), ranges.skin, traits)
    lashes = draw_lashes(person("lashes"), ranges.lashes, traits, makeup.mascara)

    hair = draw_hair(person("hair"), ranges.brow, traits)

    def eye(side: int) -> EyeSpec:
        return EyeSpec(
            ball=balls[side],
            lids=lids[side],
            iris=irises[side],
            lashes=lashes[side],
            offset_head_m=offsets[side],
            blink=expression.blink[side],
            squint=expression.squint[side],
        )

    return SubjectSpec(
        identity=identity + number * BYSTANDER,
        gender_female=traits.gender_female,
        age_years=traits.age_years,
        african=traits.african,
        asian=traits.asian,
        caucasian=traits.caucasian,
        weight=traits.weight,
        muscle=traits.muscle,
        shape=(
            *draw_shape(person("shape"), ranges.face, factors, traits.gender_female),
            *draw_unevenness(person("unevenness"), ranges.face),
        ),
        expression=expression.face,
        left=eye(0),
        right=eye(1),
        sclera=draw_sclera(person("sclera"), ranges.sclera, traits),
        skin=draw_skin(person("skin"), ranges.skin, traits, makeup),
        brow=draw_brow(person("brow"), ranges.brow, traits),
        hair=hair,
        glasses=draw_glasses(person("glasses"), ranges.glasses),
        shoulders_rad=draw_shoulders(picture("neck"), ranges.neck, turn_rad),
        scalp_hair=draw_scalp_hair(person("scalp_hair"), ranges.scalp_hair, traits),
        beard=draw_beard(person("beard"), ranges.beard, traits, hair.grey),
        clothing=draw_clothing(person("clothing"), ranges.wear, traits),
        headwear=draw_headwear(person("headwear"), ranges.wear, traits),
        covering=draw_covering(picture("covering"), ranges.wear, traits),
        interpupillary_m=draw_interpupillary(person("interpupillary"), ranges.face, traits),
    )


def draw_spec(
    ranges: RenderRanges,
    seed: int,
    index: int,
    attempt: int = 0,
) -> SceneSpec:
    """Return the scene of picture `index`: a function of its arguments alone.

    Args:
        ranges: What to draw from.
        seed: Of the corpus.
        index: Of the picture, from 0.
        attempt: 0, and one more each time that the scene was rejected.

    Raises:
        RejectedSceneError: The eyes would turn too far, or are not in the device's picture; draw the next attempt.
    """
    scene, moment = _moment(ranges.camera.motion, index)
    still = _places(ranges, seed, scene, attempt)
    places = still if moment is None else [_moved(ranges, seed, moment, attempt, still[0])]
    subjects = [_subject(ranges, seed, scene, attempt, number, place) for number, place in enumerate(places)]
    if moment is not None:
        subjects = [_acted(ranges, seed, moment, attempt, subjects[0], places[0])]
    left = draw_yes(seeds.rng(seed, scene, "side", attempt), 0.5)
    if ranges.camera.aim is Aim.eye:
        aim_head = canthi_head(subjects[0])[0 if left else 1]
    else:
        aim_head = subjects[0].interpupillary_m * np.array([HEAD_MIDDLE])
    place = places[0]
    aim_lens = aim_head @ place.lens_from_head.T + place.head_lens_m
    camera, cam_from_lens = draw_camera(seeds.rng(seed, scene, "camera", attempt), ranges.camera, place, aim_lens)
    around = _surroundings(still, cam_from_lens)
    light = draw_light(seeds.rng(seed, scene, "light", attempt), ranges.light, around)
    return SceneSpec(
        seed=seed,
        index=index,
        attempt=attempt,
        people=tuple(_person(*both, cam_from_lens) for both in zip(subjects, places, strict=True)),
        world_from_cam_rotation=_matrix(place.world_from_lens @ cam_from_lens.T),
        subject_eye="left" if left else "right",
        camera=camera,
        light=light,
        ground=draw_ground(seeds.rng(seed, scene, "ground", attempt), around, light),
        moment=moment,
    )


def _moment(motion: MotionRanges | None, index: int) -> tuple[int, MomentSpec | None]:
    """Return the number that a picture's streams are named by, and which picture of a sequence it is."""
    if motion is None:
        return index, None
    moment = MomentSpec(*divmod(index, motion.frames))
    return moment.sequence, moment


def _moved(ranges: RenderRanges, seed: int, moment: MomentSpec, attempt: int, still: Place) -> Place:
    """Return where somebody is in a frame.

    Raises:
        RejectedSceneError: In one of the sequence's frames the eyes would turn too far.
    """
    camera = ranges.camera
    assert camera.motion is not None
    pinhole = draw_frame(seeds.rng(seed, moment.sequence, "camera", attempt), camera)
    rng = seeds.rng(seed, moment.sequence, "motion", attempt)
    return draw_moves(rng, camera.motion, still, pinhole, camera.width, camera.gaze)[moment.frame]


def _acted(
    ranges: RenderRanges, seed: int, moment: MomentSpec, attempt: int, subject: SubjectSpec, place: Place
) -> SubjectSpec:
    """Return somebody with the face of a frame."""
    assert ranges.camera.motion is not None
    acting = draw_acting(seeds.rng(seed, moment.sequence, "acting", attempt), ranges.camera.motion)
    gaze_pitch = float(pitch_yaw_from_vector(place.gaze_head)[0])
    rng = seeds.rng(seed, moment.sequence, "acting.expression", attempt)
    other = draw_expression(rng, ranges.subject.expression, ranges.subject.state, gaze_pitch)
    return acted(subject, other, float(acting.other[moment.frame]), float(acting.closing[moment.frame]))


def _stream(name: str, number: int) -> str:
    return name if number == 0 else f"{number}.{name}"


def _places(ranges: RenderRanges, seed: int, index: int, attempt: int) -> list[Place]:
    """Return where everybody is, nobody in anybody else's place.

    Raises:
        RejectedSceneError: The first person's eyes would turn too far, there is no room (`no_room`) for another, or the
            lens lies in somebody's head (`lens_in_head`).
    """
    crowd = ranges.camera.crowd
    count = round(draw_log_uniform(seeds.rng(seed, index, "crowd", attempt), crowd.count_log))
    stand = None
    if crowd.standing is not None:
        stand = draw_stand(seeds.rng(seed, index, "stand", attempt), ranges.camera, crowd.standing, count)
    places: list[Place] = []
    for number in range(count):
        rng = seeds.rng(seed, index, _stream("place", number), attempt)
        for _ in range(TRIES):
            place = _place(rng, ranges, seed, index, attempt, number, stand)
            if place is not None and all(_apart_m(place, other) >= crowd.apart_m for other in places):
                places.append(place)
                break
        else:
            raise RejectedSceneError("no_room", f"person {number + 1} of {count} found no place")
        if places[-1].lens_in_head:
            raise RejectedSceneError("lens_in_head", f"the lens is inside the head of person {number + 1}")
    return places


def _place(
    rng: np.random.Generator,
    ranges: RenderRanges,
    seed: int,
    index: int,
    attempt: int,
    number: int,
    stand: Stand | None,
) -> Place | None:
    """Return a place for a person, or None where this draw has none and another may have one."""
    camera = ranges.camera
    try:
        if stand is None or camera.crowd.standing is None:
            return draw_place(rng, camera)
        identity, again = _identity(ranges.subject, index, attempt)
        traits = draw_traits(seeds.rng(seed, identity, _stream("person.traits", number), again), ranges.subject)
        eyes_m = draw_eye_height(seeds.rng(seed, identity, _stream("person.stature", number), again), traits)
        pinhole = draw_frame(seeds.rng(seed, index, "camera", attempt), camera)
        return draw_standing_place(rng, camera, camera.crowd.standing, stand, pinhole, eyes_m)
    except RejectedSceneError:
        if number == 0 and stand is None:
            raise
        return None


def _apart_m(place: Place, other: Place) -> float:
    if place.lens_from_body is not None:
        return apart_m(place, other)
    return float(np.linalg.norm(place.head_lens_m - other.head_lens_m))


def _subject(ranges: RenderRanges, seed: int, index: int, attempt: int, number: int, place: Place) -> SubjectSpec:
    gaze_pitch = float(pitch_yaw_from_vector(place.gaze_head)[0])
    subject = draw_subject(ranges.subject, seed, index, gaze_pitch, place.turn_rad, attempt, number)
    if place.lens_from_body is None:
        return subject
    shoulders = _vector(vector_from_rotation(place.lens_from_head.T @ place.lens_from_body))
    identity, again = _identity(ranges.subject, index, attempt)
    stance = draw_stance(seeds.rng(seed, identity, _stream("person.stance", number), again), place.eye_height_m)
    return replace(subject, shoulders_rad=shoulders, stance=stance)


def _identity(ranges: SubjectRanges, index: int, attempt: int) -> tuple[int, int]:
    """Return the identity of a picture's people, and the attempt that they are drawn by."""
    return index // ranges.images_per_identity, attempt if ranges.images_per_identity == 1 else 0


def _person(subject: SubjectSpec, place: Place, cam_from_lens: Float[np.ndarray, "3 3"]) -> PersonSpec:
    return PersonSpec(
        subject=subject,
        cam_from_head_rotation=_matrix(cam_from_lens @ place.lens_from_head),
        cam_from_head_translation_m=_vector(cam_from_lens @ place.head_lens_m),
        target_cam_m=_vector(cam_from_lens @ place.target_lens_m),
    )


def _surroundings(places: list[Place], cam_from_lens: Float[np.ndarray, "3 3"]) -> Surroundings:
    """Turn the lens' frame into the camera's for the lamps, which stand about the middle of all people."""
    place = places[0]
    middle = np.mean([each.head_lens_m for each in places], axis=0)
    ground_m = None
    if place.lens_from_body is not None:
        ground_m = place.eye_height_m - float((place.world_from_lens @ place.head_lens_m)[2])
    return Surroundings(
        subject_cam_m=cam_from_lens @ middle,
        ground_m=ground_m,
        reach_m=max(float(np.linalg.norm(each.head_lens_m)) for each in places),
        cam_from_lens=cam_from_lens,
        up_cam=cam_from_lens @ place.world_from_lens.T @ np.array(UP_WORLD),
        screen=place.screen,
    )


def _vector(value: Float[np.ndarray, "3"]) -> Vector3:
    return float(value[0]), float(value[1]), float(value[2])


def _matrix(value: Float[np.ndarray, "3 3"]) -> Matrix3:
    return _vector(value[0]), _vector(value[1]), _vector(value[2])
