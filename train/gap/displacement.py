"""How far a picture moved between two versions of itself, by their gradients alone: no network, no label.

    displacement    (right, down) px by which what is seen in the second stands further than in the first

Gradients as complex numbers g = dI/dx + i dI/dy, of both versions, under one window; their cross-correlation

    c(s) = sum over f of conj(F_first(f)) F_second(f) exp(2 pi i f.s)

is greatest where s is the displacement, told to fractions of a px by evaluating the sum on a fine grid
(Guizar-Sicairos, Thurman, Fienup, "Efficient subpixel image registration algorithms", Optics Letters 2008) and a
parabola about its highest place.  Complex gradients hold the direction of edges, which another light or contrast leaves
as it is (Fitch et al., "Orientation correlation", BMVC 2002, who divide by their length as well; here strong edges
count more, for in flat skin there is noise alone).  A window that stays pulls towards no displacement, so the second is
moved back by what was found, by its spectrum, and the rest measured again.

It finds what moved as a whole.  An edge that only changed its shading within its own width is seen as moved: another
tone curve or a light that falls off by half across the picture make up to 0.1 px in the tests' drawn pictures.
"""

import numpy as np
from jaxtyping import Complex, Float

REACH_PX, STEP_PX = 2.0, 0.05
ROUNDS = 3
EDGE_PX = 4
"""Width of the strip along the picture's sides in which its weight falls to 0: there things come in and go out."""

Pictures = Float[np.ndarray, "n h w"]


def displacements(first: Pictures, second: Pictures, window: Pictures) -> Float[np.ndarray, "n 2"]:
    """Return how far the second of each pair moved, no further than `REACH_PX` a round.

    Args:
        first: Grey, of any scale.
        second: The same pictures in another version.
        window: Weights in the first.
    """
    found = np.zeros((len(first), 2))
    reference = np.fft.fft2(gradients(first) * window)
    for _ in range(ROUNDS):
        other = np.fft.fft2(gradients(moved(second, -found)) * window)
        found = found + peaks(np.conj(reference) * other)
    return found


def gradients(pictures: Pictures) -> Complex[np.ndarray, "n h w"]:
    """Return dI/dx + i dI/dy, by central differences."""
    down, right = np.gradient(pictures, axis=(1, 2))
    return np.asarray(right + 1j * down)


def peaks(spectrum: Complex[np.ndarray, "n h w"]) -> Float[np.ndarray, "n 2"]:
    """Return where cross-correlations with these spectra are highest, (right, down) px."""
    places = np.arange(-REACH_PX, REACH_PX + STEP_PX / 2, STEP_PX)
    down, right = (np.exp(2j * np.pi * np.outer(places, np.fft.fftfreq(n))) for n in spectrum.shape[1:])
    correlation = np.einsum("sh,nhw,tw->nst", down, spectrum, right, optimize=True).real
    rows, columns = np.divmod(correlation.reshape(len(correlation), -1).argmax(axis=1), len(places))
    every = np.arange(len(correlation))
    finer_down = places[rows] + STEP_PX * vertex(correlation[every, :, columns], rows)
    finer_right = places[columns] + STEP_PX * vertex(correlation[every, rows], columns)
    return np.stack([finer_right, finer_down], axis=1)


def vertex(lines: Float[np.ndarray, "n s"], at: np.ndarray) -> Float[np.ndarray, " n"]:
    """Return how far beside the highest place the parabola through it and both neighbours is highest, in places."""
    inside = (at > 0) & (at < lines.shape[1] - 1)
    middle = np.clip(at, 1, lines.shape[1] - 2)
    before, here, after = (lines[np.arange(len(lines)), middle + k] for k in (-1, 0, 1))
    bend = before - 2 * here + after
    return np.where(inside & (bend < 0), 0.5 * (before - after) / np.where(bend < 0, bend, -1.0), 0.0)


def moved(pictures: Pictures, by_px: Float[np.ndarray, "n 2"]) -> Pictures:
    """Return pictures moved right and down, by the phase of their spectra, as if they were mirrored at their sides."""
    _, height, width = pictures.shape
    mirrored = np.concatenate([pictures, pictures[:, ::-1]], axis=1)
    mirrored = np.concatenate([mirrored, mirrored[:, :, ::-1]], axis=2)
    down, right = np.fft.fftfreq(2 * height)[None, :, None], np.fft.rfftfreq(2 * width)[None, None]
    phase = np.exp(-2j * np.pi * (right * by_px[:, 0, None, None] + down * by_px[:, 1, None, None]))
    spectrum = np.fft.rfft2(mirrored) * phase
    return np.asarray(np.fft.irfft2(spectrum, s=(2 * height, 2 * width))[:, :height, :width])


def about(centres_px: Float[np.ndarray, "n 2"], radius_px: float, height: int, width: int) -> Pictures:
    """Return windows that fall from 1 at a place to 0 at a distance, as a raised cosine; less at its sides."""
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    u, v = x[None, None] - centres_px[:, 0, None, None], y[None, :, None] - centres_px[:, 1, None, None]
    distance = np.minimum(np.hypot(u, v) / radius_px, 1)
    return 0.5 * (1 + np.cos(np.pi * distance)) * inner(height, width)


def inner(height: int, width: int) -> Float[np.ndarray, "h w"]:
    """Return 1 inside and 0 in the outermost pixels, with half a wave of a cosine between."""

    def along(n: int) -> Float[np.ndarray, " n"]:
        inwards = np.minimum(np.arange(n), np.arange(n)[::-1])
        return np.asarray(0.5 * (1 - np.cos(np.pi * np.clip(inwards / EDGE_PX, 0, 1))))

    return along(height)[:, None] * along(width)
