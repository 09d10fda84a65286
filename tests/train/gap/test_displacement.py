"""Displacements of pictures that were drawn anew at another place: exact whole, near under other light, local."""

import numpy as np
import pytest

from train.gap.displacement import about, displacements, inner, moved

BY_PX = np.random.default_rng(3).uniform(-1.2, 1.2, (16, 2))


def draw(right_down_px: np.ndarray, height: int = 36, width: int = 60) -> np.ndarray:
    """Return one picture a row: blobs that never change but for their place."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    pictures = np.zeros((len(right_down_px), height, width))
    for i, (right, down) in enumerate(right_down_px):
        rng = np.random.default_rng(i)
        for _ in range(30):
            u, v, size, level = rng.uniform([0, 0, 1.5, -1], [width, height, 5, 1])
            pictures[i] += level * np.exp(-((x - u - right) ** 2 + (y - v - down) ** 2) / (2 * size**2))
    return pictures


def whole(pictures: np.ndarray) -> np.ndarray:
    return np.broadcast_to(inner(*pictures.shape[1:]), pictures.shape)


def test_a_moved_picture_is_found_where_it_went() -> None:
    first, second = draw(np.zeros((16, 2))), draw(BY_PX)
    assert displacements(first, second, whole(first)) == pytest.approx(BY_PX, abs=0.01)
    assert displacements(first, first, whole(first)) == pytest.approx(np.zeros((16, 2)), abs=1e-6)


@pytest.mark.parametrize(("change", "half"), [("contrast", 1e-2), ("curve", 0.1), ("gradient", 0.12), ("noise", 0.03)])
def test_another_light_moves_nothing_by_much(change: str, half: float) -> None:
    first, second = draw(np.zeros((16, 2))), draw(BY_PX)
    changed = {
        "contrast": 0.4 * second + 3,
        "curve": np.tanh(second),
        "gradient": second * np.linspace(0.6, 1.3, 60),
        "noise": second + np.random.default_rng(0).normal(0, 0.05, second.shape),
    }[change]
    missed = np.linalg.norm(displacements(first, changed, whole(first)) - BY_PX, axis=1)
    assert np.median(missed) < half and missed.max() < 0.2


def test_a_window_sees_what_moved_inside_it() -> None:
    still, x = draw(np.zeros((4, 2))), np.arange(60) + 0.5
    y = (np.arange(36) + 0.5)[:, None]
    iris = [6 / (1 + np.exp(3 * (np.hypot(x - 20 - k, y - 16) - 6))) for k in (0, 0.6)]
    inside = about(np.tile([20.0, 16.0], (4, 1)), 14, 36, 60)
    elsewhere = about(np.tile([46.0, 18.0], (4, 1)), 10, 36, 60)
    first, second = still + iris[0], still + iris[1]
    assert displacements(first, second, inside) == pytest.approx(np.tile([0.6, 0], (4, 1)), abs=0.1)
    assert displacements(first, second, elsewhere) == pytest.approx(np.zeros((4, 2)), abs=0.03)


def test_moving_back_is_the_inverse_of_drawing_elsewhere() -> None:
    middle = (slice(None), slice(6, -6), slice(6, -6))
    assert moved(draw(BY_PX), -BY_PX)[middle] == pytest.approx(draw(np.zeros((16, 2)))[middle], abs=0.03)


def test_a_window_by_hand() -> None:
    window = about(np.array([[30.0, 18.0]]), 10, 36, 60)[0]
    assert window[17:19, 29:31] == pytest.approx(0.5 * (1 + np.cos(np.pi * np.sqrt(0.5) / 10)))
    assert window[18, 41] == 0 and window[0].max() == 0
