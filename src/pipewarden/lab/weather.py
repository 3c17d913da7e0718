"""What augment does to a picture, done to a batch of samples at once on a training device.

Pictures are float [B,3,S,S], BGR 0-255. Each change is meant for some of the samples: those rows are taken out, changed
and put back, so that nobody pays for what is not asked.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

from pipewarden.lab.augment import ROWS
from pipewarden.lab.sheets import Dice

Change = Callable[[Any, Dice], Any]

_LUMA = (0.114, 0.587, 0.299)  # of blue, green, red
# what JPEG divides luma by at quality 50 (ISO/IEC 10918-1, table K.1)
_LUMA_STEPS = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
_KERNEL = 11


def _each(values: Any) -> Any:
    return values[:, None, None, None]


def _grey(pictures: Any) -> Any:
    weights = torch.tensor(_LUMA, device=pictures.device)
    return (pictures * weights[:, None, None]).sum(1, keepdim=True)


def exposure(pictures: Any, dice: Dice) -> Any:
    """Contrast, brightness and a colour cast."""
    count = len(pictures)
    mean = pictures.mean((1, 2, 3), keepdim=True)
    contrast, light = (_each(dice.uniform(low, 1.3, count)) for low in (0.65, 0.6))
    cast = dice.uniform(0.88, 1.12, count, 3)[..., None, None]
    return ((pictures - mean) * contrast + mean * light) * cast


def tint(pictures: Any, dice: Dice) -> Any:
    """Hue turned by up to 16 degrees about the grey axis, saturation by 0.4 to 1.4."""
    count = len(pictures)
    angle, saturation = dice.uniform(-0.28, 0.28, count), dice.uniform(0.4, 1.4, count)
    axis = torch.full((3, 3), 1 / 3, device=pictures.device)
    cross = torch.tensor([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]], device=pictures.device) / math.sqrt(3)
    identity = torch.eye(3, device=pictures.device)
    cos, sin, kept = (values[:, None, None] for values in (angle.cos(), angle.sin(), saturation))
    turn = axis + kept * (cos * (identity - axis) + sin * cross)
    return torch.einsum("bij,bjhw->bihw", turn, pictures)


def infrared(pictures: Any, _: Dice) -> Any:
    """Grey, as cameras see by night."""
    return _grey(pictures).expand_as(pictures)


def dusk(pictures: Any, dice: Dice) -> Any:
    """Darkening by gamma."""
    gamma, light = dice.uniform(1.4, 2.6, len(pictures)), dice.uniform(0.6, 1, len(pictures))
    return (pictures.clamp(0, 255) / 255) ** _each(gamma) * 255 * _each(light)


def night(pictures: Any, dice: Dice) -> Any:
    """Little light, one warm lamp somewhere above, and the noise of a raised gain."""
    count, side = len(pictures), pictures.shape[-1]
    line = torch.arange(side, device=pictures.device)
    centre = dice.uniform(0, 0.6, count) * side, dice.uniform(0, 1, count) * side
    away = (line[None, :, None] - centre[0][:, None, None]) ** 2 + (line[None, None] - centre[1][:, None, None]) ** 2
    reach = (dice.uniform(0.25, 0.7, count) * side)[:, None, None]
    warm = torch.tensor([0.75, 0.95, 1.1], device=pictures.device)[:, None, None]
    lamp = (-away / reach**2).exp()[:, None] * warm * _each(dice.uniform(0.3, 0.7, count))
    return grain(pictures * (_each(dice.uniform(0.12, 0.35, count)) + lamp), dice)


def haze(pictures: Any, dice: Dice) -> Any:
    """A bright veil, thicker towards the top, where things are farther."""
    count = len(pictures)
    slope = torch.linspace(1, 0.6, pictures.shape[-2], device=pictures.device)[None, None, :, None]
    veil = slope * _each(dice.uniform(0.25, 0.6, count))
    return pictures * (1 - veil) + _each(dice.uniform(170, 235, count)) * veil


def rain(pictures: Any, dice: Dice) -> Any:
    """Bright slanted streaks over a slightly darker, flatter picture."""
    count, _, rows, columns = pictures.shape
    drops = dice.uniform(0, 1, count, 1, rows, columns) < _each(dice.uniform(0.002, 0.012, count))
    streaks = _smeared(drops.float(), dice.uniform(1.2, 1.9, count), dice.uniform(7, 11, count)) * _KERNEL
    return pictures * 0.85 + 14 + streaks.clamp(0, 1) * _each(dice.uniform(40, 110, count))


def defocus(pictures: Any, dice: Dice) -> Any:
    """Gaussian blur."""
    line = torch.arange(_KERNEL, device=pictures.device) - _KERNEL // 2
    sigma = dice.uniform(0.5, 1.6, len(pictures))[:, None]
    weights = (-((line[None] / sigma) ** 2) / 2).exp()
    return _filtered(pictures, weights[:, :, None] * weights[:, None, :])


def motion(pictures: Any, dice: Dice) -> Any:
    """Horizontal smear of 3 to 7 pixels."""
    count = len(pictures)
    return _smeared(pictures, torch.zeros(count, device=pictures.device), dice.uniform(3, 8, count))


def coarse(pictures: Any, dice: Dice) -> Any:
    """Detail lost by a smaller sensor: down and up again, all these samples by one factor."""
    factor = float(dice.uniform(0.4, 0.8))
    small = functional.interpolate(pictures, scale_factor=factor, mode="bilinear", antialias=True)
    return functional.interpolate(small, size=pictures.shape[-2:], mode="bilinear", align_corners=False)


def grain(pictures: Any, dice: Dice) -> Any:
    """Sensor noise, the same in the three channels."""
    count, _, rows, columns = pictures.shape
    return pictures + dice.normal(count, 1, rows, columns) * _each(dice.uniform(3, 12, count))


def codec(pictures: Any, dice: Dice) -> Any:
    """The blocks of JPEG at quality 25 to 75: luma rounded in steps, colour in blocks of two by two pixels besides."""
    quality = dice.uniform(25, 75, len(pictures))
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)  # noqa: PLR2004 # where libjpeg's scale bends
    luma = _grey(pictures)
    colour = functional.avg_pool2d(pictures - luma, 2)
    kept = _rounded(luma - 128, factor) + 128
    faded = torch.cat([_rounded(colour[:, channel : channel + 1], factor * 1.5) for channel in range(3)], 1)
    return kept + functional.interpolate(faded, scale_factor=2, mode="bilinear", align_corners=False)


def _rounded(plane: Any, factor: Any) -> Any:
    """One plane [B,1,h,w], its 8x8 cosine blocks rounded to the steps of JPEG times `factor` [B]."""
    count, _, rows, columns = plane.shape
    place = torch.arange(8, device=plane.device)
    waves = torch.cos((2 * place[None] + 1) * place[:, None] * math.pi / 16) / 2
    waves[0] /= math.sqrt(2)
    steps = torch.tensor(_LUMA_STEPS, device=plane.device).float() * factor[:, None, None]
    steps = steps[:, None, None].clamp(min=1)
    blocks = plane.reshape(count, rows // 8, 8, columns // 8, 8).permute(0, 1, 3, 2, 4)
    told = waves @ blocks @ waves.T
    blocks = waves.T @ ((told / steps).round() * steps) @ waves
    return blocks.permute(0, 1, 3, 2, 4).reshape(count, 1, rows, columns)


def _smeared(pictures: Any, angle: Any, length: Any) -> Any:
    """Mean along a line of `length` [B] pixels at `angle` [B] radians."""
    line = torch.arange(_KERNEL, device=pictures.device) - _KERNEL // 2
    y, x = line[None, :, None], line[None, None, :]
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    beside, along = (x * sin - y * cos).abs(), (x * cos + y * sin).abs()
    return _filtered(pictures, (1 - beside).clamp(min=0) * (along <= length[:, None, None] / 2))


def _filtered(pictures: Any, kernels: Any) -> Any:
    """Each picture [B,C,h,w] under its own kernel [B,k,k], which is made to sum to one."""
    count, channels, rows, columns = pictures.shape
    side = kernels.shape[-1]
    kernels = kernels / kernels.sum((1, 2), keepdim=True)
    padded = functional.pad(pictures, [side // 2] * 4, mode="replicate").reshape(
        1, count * channels, rows + side - 1, -1
    )
    weight = kernels.repeat_interleave(channels, 0)[:, None]
    return functional.conv2d(padded, weight, groups=count * channels).reshape(count, channels, rows, columns)


_CHANGES: dict[str, Change] = {
    change.__name__: change
    for change in (exposure, tint, infrared, dusk, night, haze, rain, defocus, motion, coarse, grain, codec)
}


def photographed(pictures: Any, dice: Dice) -> Any:
    """A batch as some cameras in some weathers might have delivered it, clamped to 0-255; boxes stay valid."""
    for row in ROWS:
        draw = dice.uniform(0, 1, len(pictures))
        least = 0.0
        for chance, name in row:
            rows = ((draw >= least) & (draw < least + chance)).nonzero()[:, 0]
            if len(rows):
                pictures[rows] = _CHANGES[name](pictures[rows], dice).clamp(0, 255)
            least += chance
    return pictures
