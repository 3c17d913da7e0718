"""Pictures kept in the memory of a training device, in three sizes, so that a net can be fed from there.

A sample is read off its picture through a grid of source places; which size is read follows from how much the grid
shrinks, so that far machines do not alias away (the pyramid of Williams 1983). Shapes: T tiles, S side of a sample.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

_HALF_BELOW = 0.6  # output pixels per source pixel from which the half size is read, and half of it for the quarter


class Dice:
    """Random numbers on one device from one seed."""

    def __init__(self, seed: int, device: str) -> None:
        self.device = device
        self._generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> Any:
        """Evenly spread between two values."""
        return torch.rand(shape, generator=self._generator, device=self.device) * (high - low) + low

    def normal(self, *shape: int) -> Any:
        """Of mean 0 and deviation 1."""
        return torch.randn(shape, generator=self._generator, device=self.device)

    def chance(self, share: float, *shape: int) -> Any:
        """True in a share of the cases."""
        return self.uniform(0, 1, *shape) < share

    def below(self, limits: Any) -> Any:
        """Whole numbers under the given positive limits, shaped like them."""
        return (self.uniform(0, 1, *limits.shape) * limits).long().minimum(limits.long() - 1)

    def pick(self, chances: Any, count: int) -> Any:
        """Indices [count] drawn with the given chances."""
        return torch.multinomial(chances, count, replacement=True, generator=self._generator)


class Sheets:
    """Pictures of up to `side` pixels, top left in squares; `sizes` [P,2] width and height."""

    def __init__(self, pictures: Sequence[NDArray[np.uint8]], side: int, device: str, *, edge: str) -> None:
        self.side = side
        self.sizes = torch.tensor([picture.shape[1::-1] for picture in pictures], dtype=torch.float32, device=device)
        shape = (len(pictures), pictures[0].shape[2])
        self._levels = [
            torch.empty((*shape, side >> level, side >> level), dtype=torch.uint8, device=device) for level in range(3)
        ]
        for place, picture in enumerate(pictures):
            whole = torch.from_numpy(picture).to(device).permute(2, 0, 1)[None].float()
            padding = (0, side - picture.shape[1], 0, side - picture.shape[0])
            whole = functional.pad(whole, padding, mode=edge)
            for sheet in self._levels:
                sheet[place] = whole[0].round().byte()
                whole = functional.avg_pool2d(whole, 2)

    def look(self, picks: Any, source: Any, scale: Any) -> Any:
        """What lies at `source` [T,S,S,2] (pixels of the picture) of pictures [T], 0-255 as [T,C,S,S].

        `scale` [T] is output pixels per source pixel.
        """
        grid = source * (2 / self.side) - 1
        level = (scale < _HALF_BELOW).long() + (scale < _HALF_BELOW / 2).long()
        out = grid.new_empty((len(picks), self._levels[0].shape[1], *source.shape[1:3]))
        for number, sheet in enumerate(self._levels):
            rows = (level == number).nonzero()[:, 0]
            if len(rows):
                read = sheet[picks[rows]].float()
                out[rows] = functional.grid_sample(read, grid[rows], padding_mode="border", align_corners=False)
        return out
