"""How strongly training pictures are changed: the numbers of an `augment` configuration.

Not frozen, because hydra wants its schemas so; nothing changes one after it was checked.
"""

from dataclasses import dataclass, fields

from synth.errors import ConfigError

OF_FACES = ("mirror", "grey", "contrast", "saturation", "tint", "frame", "erase")
"""What is done to faces alone: eyes are grey, and all of them left ones."""
OF_HEAD_ANGLES = ("head_noise_deg", "head_dropout")
"""What is done to the head angles that come with eyes."""


@dataclass
class Strengths:
    """Largest change of each kind; 0 (or `rows_min` 36, `jpeg_quality_min` 100) switches a kind off.

    Where a probability is named, a picture is changed with that probability, and then by an amount drawn evenly up to
    the largest.

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
        contrast: Of faces: natural logarithm of the contrast's factor, either way.
        saturation: Of faces: the same of the colours' strength.
        tint: Of faces: the same of each channel.
        frame: Of faces: probability that a frame, mostly black, takes away some of the picture's sides.
        erase: Of faces: probability that something is in the way.
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

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value < 1000:
                raise ConfigError(f"{field.name}={value}: a strength is a number of at least 0")
        for name in ("probability", "head_dropout", "mirror", "grey", "frame", "erase"):
            if getattr(self, name) > 1:
                raise ConfigError(f"{name}={getattr(self, name)}: a probability lies between 0 and 1")
        if self.scale >= 0.5:
            raise ConfigError(f"scale={self.scale}: a relative size below 0.5")
        if not 2 <= self.rows_min <= 36:
            raise ConfigError(f"rows_min={self.rows_min}: from 2 to 36 rows")
        if not 1 <= self.jpeg_quality_min <= 100:
            raise ConfigError(f"jpeg_quality_min={self.jpeg_quality_min}: a jpeg quality lies between 1 and 100")
