"""What weather, night, lenses and codecs do to a picture, imitated so that clean training photos resemble cameras."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipewarden.lab.boxes import Pixels

Change = Callable[[Pixels, np.random.Generator], Pixels]


def _to_bytes(values: NDArray[Any]) -> Pixels:
    return np.asarray(values.clip(0, 255), np.uint8)


def exposure(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Contrast, brightness and a colour cast."""
    values = picture.astype(np.float32)
    mean = float(values.mean())
    values = (values - mean) * generator.uniform(0.65, 1.3) + mean * generator.uniform(0.6, 1.3)
    return _to_bytes(values * generator.uniform(0.88, 1.12, 3).astype(np.float32))


def tint(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Hue by up to 8 of 180, saturation by 0.4 to 1.4."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.int16)
    hsv[..., 0] = (hsv[..., 0] + generator.integers(-8, 9)) % 180
    hsv[..., 1] = (hsv[..., 1] * generator.uniform(0.4, 1.4)).clip(0, 255)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)


def infrared(picture: Pixels, _: np.random.Generator) -> Pixels:
    """Grey, as cameras see by night."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def dusk(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Darkening by gamma."""
    curve = (np.arange(256) / 255.0) ** generator.uniform(1.4, 2.6) * 255 * generator.uniform(0.6, 1)
    return np.asarray(cv2.LUT(picture, curve.astype(np.uint8)), np.uint8)


def haze(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """A bright veil, thicker towards the top, where things are farther."""
    veil = np.linspace(1, 0.6, picture.shape[0], dtype=np.float32)[:, None, None] * generator.uniform(0.25, 0.6)
    return _to_bytes(picture * (1 - veil) + int(generator.integers(170, 235)) * veil)


def rain(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Bright slanted streaks over a slightly darker, flatter picture."""
    rows, columns = picture.shape[:2]
    drops = (generator.random((rows, columns)) < generator.uniform(0.002, 0.012)).astype(np.float32)
    length = int(generator.integers(7, 19))
    kernel = np.zeros((length, length), np.float32)
    lean = int(generator.integers(-length // 3, length // 3 + 1))
    cv2.line(kernel, (length // 2 - lean // 2, 0), (length // 2 + lean - lean // 2, length - 1), 1.0)
    streaks = cv2.filter2D(drops, -1, kernel).clip(0, 1)[..., None] * generator.uniform(40, 110)
    return _to_bytes((picture * 0.85 + 14) + streaks)


def night(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Little light, one warm lamp somewhere above, and the noise of a raised gain."""
    rows, columns = picture.shape[:2]
    y, x = np.ogrid[:rows, :columns]
    centre = generator.uniform(0, rows * 0.6), generator.uniform(0, columns)
    reach = generator.uniform(0.25, 0.7) * max(rows, columns)
    lamp = np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / reach**2)[..., None]
    warm = np.array([0.75, 0.95, 1.1], np.float32)
    lit = picture * (generator.uniform(0.12, 0.35) + lamp * warm * generator.uniform(0.3, 0.7))
    return grain(_to_bytes(lit), generator)


def defocus(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), generator.uniform(0.5, 1.6)), np.uint8)


def motion(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Horizontal smear of 3 to 7 pixels."""
    size = int(generator.integers(3, 8))
    kernel = np.zeros((size, size), np.float32)
    kernel[size // 2] = 1.0 / size
    return np.asarray(cv2.filter2D(picture, -1, kernel), np.uint8)


def coarse(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Detail lost by a smaller sensor: down and up again."""
    factor = generator.uniform(0.4, 0.8)
    small = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, picture.shape[1::-1]), np.uint8)


def grain(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """Sensor noise, the same in the three channels."""
    noise = generator.standard_normal((*picture.shape[:2], 1), np.float32) * generator.uniform(3, 12)
    return _to_bytes(picture + noise)


def codec(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """JPEG at quality 25 to 75."""
    quality = int(generator.integers(25, 75))
    coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


# one of each row at most, with these chances, in this order (light, then lens, then sensor, then codec)
ROWS: tuple[tuple[tuple[float, str], ...], ...] = (
    ((0.7, "exposure"),),
    ((0.5, "tint"),),
    ((0.05, "infrared"),),
    ((0.1, "dusk"), (0.08, "night")),
    ((0.1, "haze"), (0.06, "rain")),
    ((0.2, "defocus"), (0.08, "motion"), (0.11, "coarse")),
    ((0.15, "grain"),),
    ((0.25, "codec"),),
)
_CHANGES: dict[str, Change] = {
    change.__name__: change
    for change in (exposure, tint, infrared, dusk, night, haze, rain, defocus, motion, coarse, grain, codec)
}


def photograph(picture: Pixels, generator: np.random.Generator) -> Pixels:
    """A BGR picture [h,w,3] as some camera in some weather might have delivered it; boxes stay valid."""
    for row in ROWS:
        draw = float(generator.random())
        for chance, name in row:
            if draw < chance:
                picture = _CHANGES[name](picture, generator)
                break
            draw -= chance
    return picture
