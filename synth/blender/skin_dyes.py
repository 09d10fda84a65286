"""The colour of skin from its two dyes, melanin and haemoglobin, in visible light and in the near infrared.

Light crosses the epidermis (melanin) twice and is scattered back by the dermis (blood in little-absorbing tissue):

    R(l) = exp(-2 k d mu_epidermis(l)) exp(-A / sqrt(3 (1 + mu_s'(l) / mu_dermis(l))))

The second factor is Jacques' fit of diffuse reflectance from a semi-infinite medium ("Diffuse reflectance from a
semi-infinite medium", 1999), A = 7.8 for tissue.  Absorption and scattering: Jacques, "Optical properties of
biological tissues: a review", Phys. Med. Biol. 58, 2013; haemoglobin's molar extinction: Prahl's compilation (1999).
Melanosomes absorb 495 per cm at 550 nm (Jacques 1998); on their own they follow l^-3.33, packed into living cells the
apparent slope is flatter (Kollias 1995), without which dark skin would come out orange.
Wavelengths in nm, coefficients per cm.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

WAVELENGTH_NM = np.arange(400.0, 701.0, 10.0)
INFRARED_NM = 850.0

# Molar extinction (1 / (cm M)) every 10 nm from 400 to 700, then at 850: oxygenated, deoxygenated.
OXY = np.array([
    266232, 466840, 480360, 246072, 102580, 62816, 44480, 33209, 26629, 23684, 20933, 20035, 24202, 39957, 53236, 43016,
    32613, 44496, 50104, 14401, 3200, 1506, 942, 610, 442, 368, 320, 294, 278, 276, 290, 1058,
])  # fmt: skip
DEOXY = np.array([
    223296, 303956, 407560, 528600, 413280, 103292, 23389, 16156, 14550, 16684, 20862, 25774, 31590, 39036, 46592,
    53412, 53788, 45072, 37020, 28324, 14677, 9444, 6510, 5149, 4345, 3750, 3227, 2795, 2408, 2052, 1794, 691,
])  # fmt: skip
BLOOD_G_PER_L, HAEMOGLOBIN_G_PER_MOL = 150.0, 64500.0
OXYGENATION = 0.75
EPIDERMIS_CM = 0.006
PATH_STRETCH = 1.35
"""Mean path through the epidermis over its thickness, for diffuse light."""
A = 7.8
MELANIN_SLOPE = 2.1
SURFACE = 0.012
"""What the horny layer scatters back before any dye is met."""

MELANOSOMES_LEAST, MELANOSOMES_MOST = 0.010, 0.33
"""Volume fractions in the epidermis at melanin 0 and 1: Jacques gives 1.3-6.3 % for light and 18-43 % for dark skin."""
BLOOD_LEAST, BLOOD_MOST = 0.0045, 0.022


def reflectance(
    melanin: float, haemoglobin: float, wavelength_nm: Float[np.ndarray, "n"], blood_extinction: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n"]:
    """Return the diffuse albedo at each wavelength; both fractions run over the human range 0 to 1 and may leave it."""
    melanosomes = MELANOSOMES_LEAST * (MELANOSOMES_MOST / MELANOSOMES_LEAST) ** melanin
    blood = BLOOD_LEAST * (BLOOD_MOST / BLOOD_LEAST) ** haemoglobin
    tissue = 0.244 + 85.3 * np.exp(-(wavelength_nm - 154.0) / 66.2)
    melanin_absorbs = 495.0 * (wavelength_nm / 550.0) ** -np.where(wavelength_nm > 700.0, 3.33, MELANIN_SLOPE)
    epidermis = melanosomes * melanin_absorbs + (1 - melanosomes) * tissue
    dermis = blood * np.log(10) * blood_extinction * BLOOD_G_PER_L / HAEMOGLOBIN_G_PER_MOL + (1 - blood) * tissue
    scattering = 52.0 * (wavelength_nm / 500.0) ** -1.6
    passed = np.exp(-2 * PATH_STRETCH * EPIDERMIS_CM * epidermis)
    return np.asarray(SURFACE + (1 - SURFACE) * passed * np.exp(-A / np.sqrt(3 * (1 + scattering / dermis))))


def colour(melanin: float, haemoglobin: float, infrared: bool = False) -> Float[np.ndarray, "3"]:
    """Return the albedo in linear Rec. 709, white being 1 everywhere; in the infrared three equal numbers."""
    extinction = OXYGENATION * OXY + (1 - OXYGENATION) * DEOXY
    if infrared:
        return np.repeat(reflectance(melanin, haemoglobin, np.array([INFRARED_NM]), extinction[-1:]), 3)
    spectrum = reflectance(melanin, haemoglobin, WAVELENGTH_NM, extinction[:-1])
    return np.clip(_rgb_from_spectrum() @ spectrum, 0.003, 1.0)


@cache
def _rgb_from_spectrum() -> Float[np.ndarray, "3 n"]:
    """Return weights of the wavelengths in R, G, B; colour matching by Wyman's fits (JCGT 2(2), 2013)."""
    nm = WAVELENGTH_NM

    def lobe(peak: float, below: float, above: float) -> np.ndarray:
        return np.asarray(np.exp(-0.5 * ((nm - peak) * np.where(nm < peak, below, above)) ** 2))

    x = 0.362 * lobe(442.0, 0.0624, 0.0374) + 1.056 * lobe(599.8, 0.0264, 0.0323) - 0.065 * lobe(501.1, 0.0490, 0.0382)
    y = 0.821 * lobe(568.8, 0.0213, 0.0247) + 0.286 * lobe(530.9, 0.0613, 0.0322)
    z = 1.217 * lobe(437.0, 0.0845, 0.0278) + 0.681 * lobe(459.0, 0.0385, 0.0725)
    rgb_from_xyz = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    weights = rgb_from_xyz @ np.stack([x, y, z])
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
