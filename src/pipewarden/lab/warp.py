"""The geometry of a batch of samples at once: which part of which picture lands where, scaled, stretched, turned.

The same draws as compose makes picture by picture, with a small rotation besides. Shapes: T tiles, G objects of each;
places are pixels of the sample. A sample is one tile, or four around a random centre.
"""

from dataclasses import dataclass
from typing import Any

import torch

from pipewarden.lab.boxes import SCREEN_HEIGHT, SCREEN_WIDTH
from pipewarden.lab.sheets import Dice

_AIMED = 0.7  # share of the cuts that look at an object
_TURNED = 0.3
_LARGEST_TURN = 0.07  # radians
_KEPT_AREA = 0.25
_LEAST_SIDE = 4.0  # pixels a net can see
_SMALLER = (0.7, 0.75)  # how much smaller the four of a mosaic are, least and most


@dataclass(frozen=True, slots=True)
class Tiles:
    """Where the tiles of a batch lie.

    Attributes:
        sample: [T] the sample a tile is part of.
        area: [T,4] its part of the sample, xyxy.
        small: [T] bool, one of four.
    """

    sample: Any
    area: Any
    small: Any


@dataclass(frozen=True, slots=True)
class Sources:
    """The pictures of the tiles.

    Attributes:
        sizes: [T,2] width and height.
        ranges: [T,3] least and largest scale against the production letterbox, and widening (see compose.Stream).
        marks: [T,G,5] xyxy and class, in pixels of the picture.
        valid: [T,G] bool.
    """

    sizes: Any
    ranges: Any
    marks: Any
    valid: Any


@dataclass(frozen=True, slots=True)
class Warp:
    """From the picture of each tile to the sample: mirrored, times `ratio`, plus `shift`, turned about `middle`.

    Attributes:
        width, height: [T] of the picture.
        ratio, shift, middle: [T,2].
        mirrored: [T] bool.
        turn: [T] radians.
        shown: [T,4] what the picture covers of its area, as if not turned.
    """

    width: Any
    height: Any
    ratio: Any
    shift: Any
    middle: Any
    mirrored: Any
    turn: Any
    shown: Any

    def source(self, side: int) -> Any:
        """Places [T,S,S,2] in the picture that the pixels of a sample come from."""
        line = torch.arange(side, device=self.ratio.device) + 0.5
        y, x = torch.meshgrid(line, line, indexing="ij")
        away = torch.stack([x, y], -1)[None] - self.middle[:, None, None]
        there = (_turned(away, self.turn[:, None, None]) + (self.middle - self.shift)[:, None, None]) / self.ratio[
            :, None, None
        ]
        across = torch.where(self.mirrored[:, None, None], self.width[:, None, None] - there[..., 0], there[..., 0])
        return torch.stack([across, there[..., 1]], -1)

    def marks(self, sources: Sources) -> tuple[Any, Any]:
        """Marks [T,G,5] of the pictures in the samples, and which [T,G] are still to be seen there."""
        marks = sources.marks
        centre, half = (marks[..., :2] + marks[..., 2:4]) / 2, (marks[..., 2:4] - marks[..., :2]) / 2
        across = torch.where(self.mirrored[:, None], self.width[:, None] - centre[..., 0], centre[..., 0])
        centre = torch.stack([across, centre[..., 1]], -1) * self.ratio[:, None] + self.shift[:, None]
        centre = _turned(centre - self.middle[:, None], -self.turn[:, None]) + self.middle[:, None]
        half = half * self.ratio[:, None]
        cos, sin = self.turn.cos()[:, None, None], self.turn.sin()[:, None, None]
        half = ((half * cos) ** 2 + (half.flip(-1) * sin) ** 2).sqrt()  # hull of the ellipse: objects fill no corner
        whole = 4 * half.prod(-1)
        low = torch.maximum(centre - half, self.shown[:, None, :2])
        high = torch.minimum(centre + half, self.shown[:, None, 2:])
        sides = high - low
        seen = sources.valid & (sides > _LEAST_SIDE).all(-1) & (sides.clamp(min=0).prod(-1) > _KEPT_AREA * whole)
        return torch.cat([low, high, marks[..., 4:]], -1), seen


def _turned(away: Any, angle: Any) -> Any:
    cos, sin = angle.cos(), angle.sin()
    x, y = away[..., 0], away[..., 1]
    return torch.stack([x * cos - y * sin, x * sin + y * cos], -1)


def lay(samples: int, mosaics: int, side: int, cell: int, dice: Dice) -> Tiles:
    """Tiles of `samples` samples, the last `mosaics` of them in four parts that meet at a multiple of `cell`."""
    single = samples - mosaics
    low, high = side * 3 // 10 // cell, side * 7 // 10 // cell
    centre = (dice.below(torch.full((mosaics, 2), high - low, device=dice.device)) + low) * float(cell)
    x, y = centre[:, 0], centre[:, 1]
    none, full = torch.zeros_like(x), torch.full_like(x, side)
    parts = [(none, none, x, y), (x, none, full, y), (none, y, x, full), (x, y, full, full)]
    whole = torch.tensor([[0.0, 0.0, side, side]], device=dice.device).expand(single, 4)
    area = torch.cat([whole, *(torch.stack(part, -1) for part in parts)])
    number = torch.arange(samples, device=dice.device)
    small = torch.arange(len(area), device=dice.device) >= single
    return Tiles(torch.cat([number[:single], *[number[single:]] * 4]), area, small)


def draw(tiles: Tiles, sources: Sources, dice: Dice) -> Warp:
    """A warp for each tile."""
    sizes, ranges = sources.sizes, sources.ranges
    count = len(sizes)
    production = torch.minimum(SCREEN_WIDTH / sizes[:, 0], SCREEN_HEIGHT / sizes[:, 1])
    low = ranges[:, 0] * torch.where(tiles.small, _SMALLER[0], 1.0)
    high = ranges[:, 1] * torch.where(tiles.small, _SMALLER[1], 1.0)
    scale = production * (low.log() + dice.uniform(0, 1, count) * (high / low).log()).exp()
    stretch = (dice.uniform(-0.2, 0.2, count) + dice.uniform(0, 1, count) * ranges[:, 2]).exp()
    ratio = torch.stack([scale * stretch, scale / stretch.sqrt()], -1)
    mirrored = dice.chance(0.5, count)
    scaled, want = sizes * ratio, tiles.area[:, 2:] - tiles.area[:, :2]
    corner = _corner(sources, ratio, mirrored, want, dice)
    offset = dice.uniform(0, 1, count, 2) * (want - scaled).clamp(min=0)
    shift = tiles.area[:, :2] + offset - corner
    first = tiles.area[:, :2] + offset
    shown = torch.cat([first, torch.minimum(tiles.area[:, 2:], shift + scaled)], -1)
    turn = dice.uniform(-_LARGEST_TURN, _LARGEST_TURN, count) * dice.chance(_TURNED, count)
    middle = (tiles.area[:, :2] + tiles.area[:, 2:]) / 2
    return Warp(sizes[:, 0], sizes[:, 1], ratio, shift, middle, mirrored, turn, shown)


def _corner(sources: Sources, ratio: Any, mirrored: Any, want: Any, dice: Dice) -> Any:
    """Top left [T,2] of the cut in the scaled picture, mostly around an object."""
    sizes, valid = sources.sizes, sources.valid
    count = len(sizes)
    spare = (sizes * ratio - want).clamp(min=0)
    chosen = (dice.uniform(0, 1, *valid.shape) + valid).argmax(-1)
    mark = sources.marks[torch.arange(count, device=dice.device), chosen]
    middle = (mark[:, :2] + mark[:, 2:4]) / 2
    across = torch.where(mirrored, sizes[:, 0] - middle[:, 0], middle[:, 0])
    aim = torch.stack([across, middle[:, 1]], -1) * ratio - dice.uniform(0.2, 0.8, count, 2) * want
    aimed = valid.any(-1) & dice.chance(_AIMED, count)
    corner = torch.where(aimed[:, None], aim, dice.uniform(0, 1, count, 2) * spare)
    return torch.minimum(corner.clamp(min=0), spare)
