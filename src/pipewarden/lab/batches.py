"""Training samples made on the device that learns from them, batch by batch: compose's draws without a loader process.

One accelerator makes and learns thousands of samples a second this way, which no processor core could draw for it.
"""

from collections.abc import Mapping
from typing import Any

import torch

from pipewarden.lab.compose import MASK_CELL, MOSAIC_SHARE, MOST_MARKS, Held, Stream
from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.dataset import CLASSES
from pipewarden.lab.sheets import Dice, Sheets
from pipewarden.lab.stick import Stickers
from pipewarden.lab.warp import Sources, Tiles, draw, lay
from pipewarden.lab.weather import photographed

_PICTURE_SIDE = 640
_FILLS = (114.0, 0.0, 90.0)


class DeviceComposer:
    """Draws batches of samples of side `side` without end on one device; the same seed gives the same batches."""

    def __init__(
        self,
        streams: Mapping[str, list[Held]],
        plan: Mapping[str, Stream],
        cutouts: list[Cutout],
        *,
        seed: int,
        device: str,
        side: int = 384,
    ) -> None:
        self.side = side
        self._dice = Dice(seed, device)
        named = [(plan[name], streams[name]) for name in plan if streams.get(name)]
        entries = [(stream, held) for stream, pool in named for held in pool]
        chances = [
            stream.share * held.draws / sum(one.draws for one in pool) for stream, pool in named for held in pool
        ]
        self._chances = torch.tensor(chances, device=device)
        distinct = {id(held.pixels): held.pixels for _, held in entries}  # one in two streams is in memory once
        place = {key: number for number, key in enumerate(distinct)}
        self._sheet = torch.tensor([place[id(held.pixels)] for _, held in entries], device=device)
        self._sheets = Sheets(list(distinct.values()), _PICTURE_SIDE, device, edge="replicate")
        ranges = [(stream.low, stream.high, stream.widen) for stream, _ in entries]
        self._ranges = torch.tensor(ranges, device=device)
        self._paste = torch.tensor([stream.paste for stream, _ in entries], device=device)
        self._weights = torch.stack([torch.from_numpy(held.weights) for _, held in entries]).to(device)
        most = max(1, *(len(held.marks) for _, held in entries))
        self._marks = torch.zeros((len(entries), most, 5), device=device)
        self._valid = torch.zeros((len(entries), most), dtype=torch.bool, device=device)
        for row, (_, held) in enumerate(entries):
            self._marks[row, : len(held.marks)] = torch.from_numpy(held.marks).to(device)
            self._valid[row, : len(held.marks)] = True
        self._fills = torch.tensor(_FILLS, device=device)
        self._stickers = Stickers(cutouts, device) if cutouts else None

    @torch.no_grad()  # type: ignore[untyped-decorator]  # torch is read without types
    def batch(self, count: int) -> tuple[Any, Any, Any, Any]:
        """Pictures [B,3,S,S] 0-255, marks [B,G,5], valid [B,G], weights [B,4,S/8,S/8], as collate gives them."""
        dice, side = self._dice, self.side
        tiles = lay(count, round(count * MOSAIC_SHARE), side, MASK_CELL, dice)
        entry = dice.pick(self._chances, len(tiles.sample))
        sheet = self._sheet[entry]
        sizes = self._sheets.sizes[sheet]
        sources = Sources(sizes, self._ranges[entry], self._marks[entry], self._valid[entry])
        warp = draw(tiles, sources, dice)
        places = warp.source(side)
        seen = self._sheets.look(sheet, places, warp.ratio.prod(-1).sqrt())
        inside = ((places >= 0) & (places < sizes[:, None, None])).all(-1)
        fill = self._fills[dice.below(torch.full((len(entry),), len(_FILLS), device=dice.device))]
        seen = torch.where(inside[:, None], seen, fill[:, None, None, None])
        objects = warp.marks(sources)
        if self._stickers is not None:
            wanted = dice.uniform(0, 1, len(entry)) < self._paste[entry]
            seen, objects = self._stickers.paste(seen, warp, objects, wanted, dice)
        pixels = photographed(_joined(seen, tiles, count), dice).round()
        marks, valid = _gathered(*objects, tiles, count)
        return pixels, marks, valid, _masked(self._weights[entry], tiles, count, side)


def _within(tiles: Tiles, side: int, cell: int) -> Any:
    """Which cells [T,S/cell,S/cell] of the sample belong to a tile."""
    line = (torch.arange(side // cell, device=tiles.area.device) + 0.5) * cell
    x, y = line[None, None, :], line[None, :, None]
    left, top, right, bottom = (tiles.area[:, k, None, None] for k in range(4))
    return (x > left) & (x < right) & (y > top) & (y < bottom)


def _joined(seen: Any, tiles: Tiles, count: int) -> Any:
    """Samples [B,3,S,S] of tiles [T,3,S,S], each of which fills its area."""
    out = torch.zeros((count, *seen.shape[1:]), device=seen.device)
    own = seen * _within(tiles, seen.shape[-1], 1)[:, None]
    return out.index_add_(0, tiles.sample, own)


def _masked(weights: Any, tiles: Tiles, count: int, side: int) -> Any:
    """Loss weights [B,4,S/8,S/8] of those [T,4] of the tiles."""
    cells = _within(tiles, side, MASK_CELL)[:, None] * weights[:, :, None, None]
    out = torch.zeros((count, len(CLASSES), *cells.shape[2:]), device=cells.device)
    return out.index_add_(0, tiles.sample, cells)


def _gathered(marks: Any, valid: Any, tiles: Tiles, count: int) -> tuple[Any, Any]:
    """Marks [B,G,5] and valid [B,G] of the tiles' ones, the valid first and at most MOST_MARKS of them."""
    single = int((~tiles.small).sum())
    mosaics = count - single
    many, known = marks.new_zeros((count, 4, *marks.shape[1:])), valid.new_zeros((count, 4, valid.shape[1]))
    many[:single, 0], known[:single, 0] = marks[:single], valid[:single]
    many[single:] = marks[single:].reshape(4, mosaics, *marks.shape[1:]).transpose(0, 1)
    known[single:] = valid[single:].reshape(4, mosaics, -1).transpose(0, 1)
    many, known = many.flatten(1, 2), known.flatten(1)
    order = known.float().sort(dim=1, descending=True, stable=True)[1][:, :MOST_MARKS]
    known = known.gather(1, order)
    most = max(1, int(known.sum(1).max()))
    many = many.gather(1, order[..., None].expand(-1, -1, 5))
    return (many * known[..., None])[:, :most], known[:, :most]
