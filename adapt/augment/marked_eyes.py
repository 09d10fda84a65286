"""What cameras and noisy landmarks do to eyes with landmarks: the changes of chain.py, in px of these pictures.

The landmarks go where landmarks.py says; the radius and the eye's width grow with the crop (lens and shutter keep sizes
at the picture's middle, where the eye is).  The gaze turns with the picture and is kept otherwise (eyes.py has the
reason).
"""

from dataclasses import replace

from adapt.augment.changes import Changes
from adapt.augment.eyes import changed_pictures
from adapt.augment.landmarks import moved
from adapt.marked_eyes import MarkedEyes


def augment_marked(batch: MarkedEyes, changes: Changes) -> MarkedEyes:
    """Return the changed batch."""
    height, width = batch.images_u8.shape[1:]
    points, visible = moved(batch.landmarks_px, batch.visible, changes, width, height)
    return replace(
        batch,
        images_u8=changed_pictures(batch.images_u8, changes),
        landmarks_px=points,
        visible=visible,
        radius_px=batch.radius_px * changes.crop.scale,
        eye_width_px=batch.eye_width_px * changes.crop.scale,
        gaze_pitch_yaw_rad=changes.crop.gaze(batch.gaze_pitch_yaw_rad),
    )
