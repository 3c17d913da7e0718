"""Cut-outs pasted into a batch of tiles at once: paste's rules, on the device that holds the pictures.

Shapes: T tiles, S side of a sample, G marks of each tile, K cut-outs.
"""

from dataclasses import dataclass
from typing import Any

import torch

from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.paste import LARGEST_OVERLAP, NEGATIVE_SHARE, SIZES, VEHICLE
from pipewarden.lab.sheets import Dice, Sheets
from pipewarden.lab.warp import Warp

ROUNDS = 3
_CUTOUT_SIDE = 256


class Stickers:
    """The cut-outs on one device."""

    def __init__(self, cutouts: list[Cutout], device: str) -> None:
        self._sheets = Sheets([cut.pixels for cut in cutouts], _CUTOUT_SIDE, device, edge="constant")
        machine = torch.tensor([cut.machine for cut in cutouts], dtype=torch.float32, device=device)
        share = NEGATIVE_SHARE if bool((machine == 0).any()) and bool(machine.any()) else float(not machine.any())
        chances = machine / machine.sum().clamp(min=1) * (1 - share)
        self._chances = chances + (1 - machine) / (1 - machine).sum().clamp(min=1) * share
        self._machine = machine > 0

    def paste(
        self, tiles: Any, warp: Warp, objects: tuple[Any, Any], wanted: Any, dice: Dice
    ) -> tuple[Any, tuple[Any, Any]]:
        """One to three cut-outs in each of the `wanted` [T] tiles [T,3,S,S].

        `objects` are marks [T,G,5] and valid [T,G]; returned with the cut-outs' own behind them.
        """
        marks, valid = objects
        count = len(tiles)
        often = dice.below(torch.full((count,), ROUNDS, device=dice.device)) + 1
        for number in range(ROUNDS):
            rows = (wanted & (often > number)).nonzero()[:, 0]
            new, here = marks.new_zeros((count, 1, 5)), valid.new_zeros((count, 1))
            if len(rows):
                own = _rows(warp, rows)
                placed = self._place(own, marks[rows], valid[rows], dice)
                tiles[rows] = self._draw(tiles[rows], placed, dice)
                new[rows, 0], here[rows, 0] = placed.mark, placed.fits
            marks, valid = torch.cat([marks, new], 1), torch.cat([valid, here], 1)
        return tiles, (marks, valid)

    def _place(self, warp: "_Room", marks: Any, valid: Any, dice: Dice) -> "_Placed":
        count = len(marks)
        picks = dice.pick(self._chances, count)
        own = self._sheets.sizes[picks]
        low, high = SIZES
        factor = low * (high / low) ** dice.uniform(0, 1, count) / own.amax(-1)
        wider = dice.uniform(-0.12, 0.12, count).exp()
        size = (own * torch.stack([factor * wider, factor], -1)).clamp(min=6)
        first, last = warp.shown[:, :2], warp.shown[:, 2:]
        room = last - first
        foot = warp.top + warp.height * dice.uniform(0.35, 0.95, count)
        foot = torch.minimum(torch.maximum(foot, first[:, 1] + size[:, 1]), last[:, 1])
        left = first[:, 0] + dice.uniform(0, 1, count) * (room[:, 0] - size[:, 0]).clamp(min=0)
        corner = torch.stack([left, foot - size[:, 1]], -1)
        box = torch.cat([corner, corner + size], -1)
        fits = (factor <= 1.5) & (size < 0.8 * room).all(-1)  # noqa: PLR2004 # enlarged more, it is a blur
        fits &= (_covered(box, marks) * valid).amax(-1) <= LARGEST_OVERLAP
        share = dice.uniform(0.1, 0.35, count) * dice.chance(0.25, count) * self._machine[picks]
        low_foot = dice.chance(0.5, count)
        kept = box.clone()
        kept[:, 3] -= size[:, 1] * share * low_foot
        kept[:, 0] += size[:, 0] * share * ~low_foot
        kind = torch.where(self._machine[picks], 0.0, float(VEHICLE))
        return _Placed(picks, box, kept, factor, fits, torch.cat([kept, kind[:, None]], -1))

    def _draw(self, under: Any, placed: "_Placed", dice: Dice) -> Any:
        count, side = len(under), under.shape[-1]
        line = torch.arange(side, device=under.device) + 0.5
        y, x = line[None, :, None], line[None, None, :]
        box, kept = placed.box[..., None, None], placed.kept[..., None, None]
        across, down = (x - box[:, 0]) / (box[:, 2] - box[:, 0]), (y - box[:, 1]) / (box[:, 3] - box[:, 1])
        across = torch.where(dice.chance(0.5, count)[:, None, None], 1 - across, across)
        own = self._sheets.sizes[placed.picks][:, None, None]
        source = torch.stack(torch.broadcast_tensors(across, down), -1) * own
        read = self._sheets.look(placed.picks, source, placed.factor * dice.uniform(0.6, 1.0, count))
        inside = (x > kept[:, 0]) & (x < kept[:, 2]) & (y > kept[:, 1]) & (y < kept[:, 3]) & placed.fits[:, None, None]
        opacity = read[:, 3:] / 255 * inside[:, None]
        total = opacity.sum((1, 2, 3)).clamp(min=1)
        mean = [(picture * opacity).sum((1, 2, 3)) / total / 3 for picture in (read[:, :3], under)]
        share = dice.uniform(0.2, 0.8, count)
        gain = (((1 - share) * mean[0] + share * mean[1]) / mean[0].clamp(min=1)).clamp(0.45, 1.6)
        depth = ((box[:, 3] - box[:, 1]) / 8).clamp(min=2)
        ground = (x > box[:, 0]) & (x < box[:, 2]) & (y > box[:, 3] - depth) & (y < box[:, 3] + depth / 2)
        dark = dice.uniform(0.5, 0.85, count) + dice.chance(0.5, count)  # a contact shadow for half of them
        shaded = placed.fits[:, None, None] & ground
        under = torch.where(shaded[:, None], under * dark.clamp(max=1)[:, None, None, None], under)
        return under * (1 - opacity) + (read[:, :3] * gain[:, None, None, None]).clamp(max=255) * opacity


@dataclass(frozen=True, slots=True)
class _Room:
    """Where cut-outs may stand in a tile: `shown` [n,4]; `top` and `height` [n] of the whole picture in the sample."""

    shown: Any
    top: Any
    height: Any


@dataclass(frozen=True, slots=True)
class _Placed:
    """`box` [n,4] of whole cut-outs, `kept` of what is not hidden; `fits` [n] bool; `mark` [n,5]; `factor` [n]."""

    picks: Any
    box: Any
    kept: Any
    factor: Any
    fits: Any
    mark: Any


def _rows(warp: Warp, rows: Any) -> _Room:
    return _Room(warp.shown[rows], warp.shift[rows, 1], (warp.ratio[:, 1] * warp.height)[rows])


def _covered(box: Any, marks: Any) -> Any:
    """Shared area of boxes [n,4] and marks [n,G,5], against the smaller of the two: [n,G]."""
    low, high = torch.maximum(box[:, None, :2], marks[..., :2]), torch.minimum(box[:, None, 2:], marks[..., 2:4])
    own = (box[:, 2:] - box[:, :2]).prod(-1)[:, None]
    theirs = (marks[..., 2:4] - marks[..., :2]).prod(-1)
    return (high - low).clamp(min=0).prod(-1) / torch.minimum(own, theirs).clamp(min=1)
