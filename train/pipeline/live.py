"""The live view: what its keys do, what it shows, and a window.

g  gazes    n  normalised eyes    v  verbose: each face's numbers    f  frames a second, ms of each stage    q  quit
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
from PIL import Image

from adapt.camera import Cameras
from synth.errors import ConfigError
from train.pipeline.drawing import draw, draw_eyes, write_lines
from train.pipeline.faces import Face
from train.pipeline.look import Clock
from train.pipeline.opening import Rgb

KEYS = {"g": "gazes", "n": "eyes", "v": "verbose", "f": "rate", "q": "quit"}


@dataclass(frozen=True)
class View:
    """What is shown, each switched by a key of `KEYS`."""

    gazes: bool = True
    eyes: bool = False
    verbose: bool = False
    rate: bool = False
    quit: bool = False

    def pressed(self, key: str) -> "View":
        """Return what is shown after a key; others do nothing."""
        name = KEYS.get(key.lower())
        return self if name is None else replace(self, **{name: not getattr(self, name)})


def shown(
    picture: Rgb, faces: Sequence[Face], camera: Cameras, view: View, clock: Clock, frames_per_second: float
) -> Rgb:
    """Return a frame as the live view shows it."""
    drawn = draw(picture, faces, camera, view.gazes)
    if view.eyes:
        drawn = draw_eyes(drawn, faces)
    lines = [line for face in faces for line in said_of(face)] if view.verbose else []
    if view.rate:
        stages = "  ".join(f"{name} {value:.0f}" for name, value in clock.medians_ms().items())
        lines.append(f"{frames_per_second:.1f} frames/s;  ms: {stages}")
    return write_lines(drawn, lines) if lines else drawn


def said_of(face: Face) -> list[str]:
    """Return what is told of a face in lines: degrees, metres."""
    told = face.to_json()
    line = [f"score {face.score:.2f}"]
    if face.rotation is not None:
        line.append("yaw {:+.0f}  pitch {:+.0f}  roll {:+.0f}".format(*told["yaw_pitch_roll_deg"]))
    if face.sight is not None:
        pitch, yaw = np.degrees(told["gaze_pitch_yaw_rad"])
        line.append(f"gaze {pitch:+.0f} up, {yaw:+.0f} left")
    if face.place is not None:
        line.append(f"{face.place.origin_cam_m[2]:.2f} m")
    return ["  ".join(line), *(f"  {cause}" for cause in face.causes)]


class Window:
    """A window of Tk, which comes with Python."""

    def __init__(self, title: str) -> None:
        """Open it.

        Raises:
            ConfigError: There is no display, or Python was built without Tk.
        """
        try:
            import tkinter

            self.root = tkinter.Tk()
        except ImportError as error:
            raise ConfigError(
                f"live=true: this Python has no Tk ({error}); give drawn=FOLDER or drawn=FILE.mp4"
            ) from error
        except tkinter.TclError as error:
            raise ConfigError(f"live=true: {error}; give drawn=FOLDER or drawn=FILE.mp4") from error
        self.root.title(title)
        self.image: tkinter.PhotoImage | None = None
        self.label = tkinter.Label(self.root, borderwidth=0)
        self.label.pack()
        self.keys: list[str] = []
        self.root.bind("<Key>", lambda event: self.keys.append(event.char))
        self.root.protocol("WM_DELETE_WINDOW", lambda: self.keys.append("q"))

    def show(self, picture: Rgb) -> list[str]:
        """Show a frame; return the keys that were pressed since the last one."""
        import tkinter

        buffer = BytesIO()
        Image.fromarray(picture).save(buffer, "PPM")
        self.image = tkinter.PhotoImage(data=buffer.getvalue())  # Tk keeps no picture that Python forgot
        self.label.configure(image=self.image)
        self.root.update()
        keys, self.keys[:] = list(self.keys), []
        return keys

    def close(self) -> None:
        """Close it."""
        self.root.destroy()
