"""How strongly training pictures are changed: the numbers of an `augment` configuration.

Not frozen, because hydra wants its schemas so; nothing changes one after it was checked.
"""

from dataclasses import dataclass, fields, replace

from synth.errors import ConfigError

OF_FACES = ("mirror", "grey", "saturation", "tint", "frame", "erase")
"""What is done to faces alone: eyes are grey, and all of them left ones."""
OF_HEAD_ANGLES = ("head_noise_deg", "head_dropout")
"""What is done to the head angles that come with eyes."""
OF_FRAMES = ("perspective_deg", "elastic_px")
"""What gaze and pose cannot follow: a cut or normalised picture tells no focal length, and rubber has no camera."""
OF_WHOLE_PICTURES = ("zoom_in", "zoom_out", "collage")
"""What is done to whole pictures that faces are to be found in: cuts of one face or eye are cut already."""
PROBABILITIES = (
    *("probability", "head_dropout", "mirror", "grey", "frame", "erase"),
    *("clahe", "hot_pixels", "mosaic", "bars", "mixing", "collage"),
)
QP_MAX = 51
"""Of H.264."""


@dataclass
class Strengths:
    """Largest change of each kind; 0 (or `rows_min` 36, `jpeg_quality_min` 100) switches a kind off.

    Where a probability is named, a picture is changed with that probability, and then by an amount drawn evenly up to
    the largest.  What a grey picture cannot have (white balance, aberration) leaves it alone.

    Attributes:
        shift_px: Detection jitter: the crop moved in x and y, pixels of the 60x36 picture.
        scale: The same, relative size.
        rotation_deg: The same, turned about the crop's centre; the gaze turns along.
        probability: Of each of the following changes of grey levels.
        blur_px: Standard deviation of a round Gaussian blur.
        motion_px: Standard deviation along the direction of motion.
        sharpening: Unsharp mask, as cameras sharpen edges: part of what a blur of one pixel takes away that is added.
        rows_min: Rows of the coarsest camera picture of the eye that is enlarged to 36.
        gradient: Light falling off across the picture: natural logarithm of the ratio of opposite edges.
        gamma: Natural logarithm of the exponent, either way.
        gain: Natural logarithm of the exposure, either way; what exceeds white is clipped.
        read_noise: Standard deviation of white noise, white being 1.
        shot_noise: The same for noise that grows with the square root of the light, at white.
        blotch_noise: The same for coarse noise, as a camera's denoiser leaves it.
        jpeg_quality_min: Lowest quality of a jpeg copy.
        spots: Height of up to three bright or dark soft spots (glints, reflections, dirt), white being 1.
        glare: Height of a bright bar across the picture (a lens's reflection).
        head_noise_deg: Standard deviation of the noise of both head angles: other sets measure another head frame.
        head_dropout: Probability that a picture's head angles are replaced by zeros.
        mirror: Probability that a face is mirrored; eyes all come as left ones, and stay so.
        grey: Probability that a face loses its colours; eyes have none.
        contrast: Natural logarithm of the contrast's factor, either way.
        saturation: Of faces: the same of the colours' strength.
        tint: Of faces: the same of each channel.
        frame: Of faces: probability that a frame, mostly black, takes away some of the picture's sides.
        erase: Of faces: probability that something is in the way.
        perspective_deg: A turn of the camera about its x and y axis, either way; gaze and head turn with it.
        distortion: Of the lens: how much nearer to the middle or farther from it corners are, relatively.
        shutter_px: Rolling shutter: how far the last row is aside of the first.
        screen: Light of a screen, over all other light.
        vignetting: Natural logarithm of the light that corners lose.
        defocus_px: Radius of the disc that a point becomes.
        aberration_px: How far red and blue are from green in the corners, the one outwards and the other inwards.
        hot_pixels: Part of the pixels that are white whatever they see.
        mosaic: Probability that the sensor had one colour a pixel (Bayer), the others made from its neighbours.
        white_balance: Mired by which the camera's white is off, either way.
        clahe: Largest share of a local equalisation (CLAHE) in the picture.
        video_qp_max: Coarsest quantiser of a video frame (H.264's scale: six more are twice as coarse); 0 is no video.
        bars: Probability that up to two dark or bright bars (hair, rims of glasses, fingers) cross the picture.
        elastic_px: How far the inner points of a grid are pulled; of pictures with points alone, without gaze or pose.
        mixing: Probability that a picture takes over levels, spectrum or statistics of a real one.
        mixing_from: Folder of real pictures for `mixing`, unlabelled.
        zoom_in: Of whole pictures: natural logarithm of the largest enlargement by a window of them.
        zoom_out: Of whole pictures: natural logarithm of the largest reduction.
        collage: Of whole pictures: probability that windows of several are put together.
    """

    shift_px: float = 0.0
    scale: float = 0.0
    rotation_deg: float = 0.0
    probability: float = 0.0
    blur_px: float = 0.0
    motion_px: float = 0.0
    sharpening: float = 0.0
    rows_min: int = 36
    gradient: float = 0.0
    gamma: float = 0.0
    gain: float = 0.0
    read_noise: float = 0.0
    shot_noise: float = 0.0
    blotch_noise: float = 0.0
    jpeg_quality_min: int = 100
    spots: float = 0.0
    glare: float = 0.0
    head_noise_deg: float = 0.0
    head_dropout: float = 0.0
    mirror: float = 0.0
    grey: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    tint: float = 0.0
    frame: float = 0.0
    erase: float = 0.0
    perspective_deg: float = 0.0
    distortion: float = 0.0
    shutter_px: float = 0.0
    screen: float = 0.0
    vignetting: float = 0.0
    defocus_px: float = 0.0
    aberration_px: float = 0.0
    hot_pixels: float = 0.0
    mosaic: float = 0.0
    white_balance: float = 0.0
    clahe: float = 0.0
    video_qp_max: int = 0
    bars: float = 0.0
    elastic_px: float = 0.0
    mixing: float = 0.0
    mixing_from: str | None = None
    zoom_in: float = 0.0
    zoom_out: float = 0.0
    collage: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "mixing_from" and not 0 <= value < 1000:
                raise ConfigError(f"{field.name}={value}: a strength is a number of at least 0")
        for name in PROBABILITIES:
            if getattr(self, name) > 1:
                raise ConfigError(f"{name}={getattr(self, name)}: a probability or a part lies between 0 and 1")
        if self.scale >= 0.5:
            raise ConfigError(f"scale={self.scale}: a relative size below 0.5")
        if self.distortion > 0.2:
            raise ConfigError(f"distortion={self.distortion}: corners move by at most 0.2 of their distance")
        if not 2 <= self.rows_min <= 36:
            raise ConfigError(f"rows_min={self.rows_min}: from 2 to 36 rows")
        if not 1 <= self.jpeg_quality_min <= 100:
            raise ConfigError(f"jpeg_quality_min={self.jpeg_quality_min}: a jpeg quality lies between 1 and 100")
        if self.video_qp_max > QP_MAX:
            raise ConfigError(f"video_qp_max={self.video_qp_max}: H.264's quantisers end at {QP_MAX}")
        if self.white_balance > 100:
            raise ConfigError(f"white_balance={self.white_balance}: at most 100 mired, 6500 K being 154")
        if (self.mixing > 0) != (self.mixing_from is not None):
            raise ConfigError(
                f"mixing={self.mixing}, mixing_from={self.mixing_from}: give both, a probability and a folder of "
                "real pictures, or neither"
            )

    @property
    def unmoved(self) -> "Strengths":
        """The same without all that moves points of a picture: every label stays as it is."""
        return replace(
            self,
            shift_px=0.0,
            scale=0.0,
            rotation_deg=0.0,
            mirror=0.0,
            perspective_deg=0.0,
            distortion=0.0,
            shutter_px=0.0,
            elastic_px=0.0,
        )
