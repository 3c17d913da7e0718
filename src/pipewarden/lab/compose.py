"""Training samples: pictures drawn by stream, scaled to production sizes, pasted upon, joined into mosaics, masked.

The spatial loss mask makes partial labels usable: a class counts as background only where its source labels it fully,
tile by tile, so a mosaic may join sources of different completeness.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pipewarden.lab.augment import photograph
from pipewarden.lab.boxes import SCREEN_HEIGHT, SCREEN_WIDTH, Floats, Pixels
from pipewarden.lab.cutouts import Cutout
from pipewarden.lab.dataset import CLASSES, Picture, Source, loss_weights, read_bgr
from pipewarden.lab.lessons import Lesson
from pipewarden.lab.paste import paste_some

MASK_CELL = 8
MOSAIC_SHARE = 0.35
MOST_MARKS = 60
_EMPHASIS = 4.0  # a picture whose worst false box scores .5 is drawn three times as often
VEHICLE_CLASS = 3
_LONGEST_KEPT = 640


@dataclass(frozen=True, slots=True)
class Stream:
    """How often a kind of picture is drawn, its scale range against the production letterbox, and its paste chance."""

    share: float
    low: float
    high: float
    paste: float
    widen: float = 0.0


LICENSED = {
    "css": Stream(0.58, 0.6, 1.7, 0.2, widen=0.25),
    "css_empty": Stream(0.12, 0.6, 1.6, 0.6, widen=0.25),
    "kerou": Stream(0.20, 0.25, 1.1, 0.0),
    "coco": Stream(0.10, 0.6, 1.6, 0.8),
}
UNLICENSED = {
    "css": Stream(0.45, 0.6, 1.7, 0.2, widen=0.25),
    "css_empty": Stream(0.08, 0.6, 1.6, 0.6, widen=0.25),
    "kerou": Stream(0.20, 0.25, 1.1, 0.0),
    "coco": Stream(0.07, 0.6, 1.6, 0.8),
    "camvid": Stream(0.10, 0.7, 1.4, 0.5),
    "cones": Stream(0.10, 0.4, 1.3, 0.5),
}
RENDERED = {"render": Stream(0.17, 0.7, 1.6, 0.0), "render_empty": Stream(0.08, 0.7, 1.5, 0.4)}
# streams whose own pictures hold no machine; a plan may draw them more often
MACHINE_FREE = frozenset({"css_empty", "coco", "render_empty"})

_STREAM_OF = {
    Source.CSS: "css",
    Source.KEROU: "kerou",
    Source.COCO: "coco",
    Source.CAMVID: "camvid",
    Source.CONES: "cones",
    Source.RENDER: "render",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`pixels` [S,S,3] BGR, `marks` [n,5] xyxy and class, `weights` [4,S/8,S/8] of the background loss."""

    pixels: Pixels
    marks: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Held:
    """A decoded picture with its marks [n,5], its loss weights [4] and how often it is drawn beside others."""

    pixels: Pixels
    marks: Floats
    weights: Floats
    draws: float = 1.0


def hold(picture: Picture, lesson: Lesson | None = None) -> Held:
    """Decode once; a picture longer than 640 pixels is shrunk, as the data set's own pictures were.

    With a lesson (see mine) vehicles that nobody labelled are marked, and a picture that still confuses is drawn more.
    """
    pixels = read_bgr(picture.path)
    marks = np.concatenate([picture.boxes, picture.classes()[:, None]], axis=1).astype(np.float32)
    if lesson is not None and len(lesson.vehicles):
        seen = np.concatenate([lesson.vehicles, np.full((len(lesson.vehicles), 1), VEHICLE_CLASS)], axis=1)
        marks = np.concatenate([marks, seen.astype(np.float32)])
    factor = min(1.0, _LONGEST_KEPT / max(pixels.shape[:2]))
    if factor < 1:
        small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        pixels = np.asarray(small, np.uint8)
        marks[:, :4] *= factor
    draws = 1.0 if lesson is None else 1.0 + _EMPHASIS * lesson.confusion
    return Held(pixels, marks[marks[:, 4] >= 0], loss_weights(picture.labelled), draws)


def streams_of(pictures: list[Picture], lessons: Mapping[str, Lesson] | None = None) -> dict[str, list[Held]]:
    """Pictures by stream; machine-free ones of css and of the renders form streams of their own."""
    streams: dict[str, list[Held]] = {}
    for picture in pictures:
        name, held = _STREAM_OF[picture.source], hold(picture, (lessons or {}).get(picture.path.name))
        empty = not (held.marks[:, 4] == 0).any()
        if name == "render" and empty:
            name = "render_empty"
        streams.setdefault(name, []).append(held)
        if name == "css" and empty:
            streams.setdefault("css_empty", []).append(held)
    return streams


class Composer:
    """Draws samples of side `side` without end; the same generator gives the same samples."""

    def __init__(
        self, streams: dict[str, list[Held]], plan: dict[str, Stream], cutouts: list[Cutout], side: int = 384
    ) -> None:
        self.side = side
        self._streams = {name: streams[name] for name in plan if streams.get(name)}
        self._plan = {name: plan[name] for name in self._streams}
        self._names = list(self._streams)
        shares = np.array([self._plan[name].share for name in self._names])
        self._chances = shares / shares.sum() if len(shares) else shares
        self._cutouts = cutouts
        draws = {name: np.array([held.draws for held in pool]) for name, pool in self._streams.items()}
        self._draws = {name: values / values.sum() for name, values in draws.items()}

    def sample(self, generator: np.random.Generator) -> Sample:
        """One training sample: a single picture or, for 35 %, a mosaic of four."""
        side = self.side
        weights = np.ones((len(CLASSES), side // MASK_CELL, side // MASK_CELL), np.float32)
        if generator.random() >= MOSAIC_SHARE:
            tile = self._tile(side, side, generator, small=False)
            weights *= tile.weights[:, None, None]
            return Sample(photograph(tile.pixels, generator), tile.marks[:MOST_MARKS], weights)
        low, high = side * 3 // 10 // MASK_CELL, side * 7 // 10 // MASK_CELL
        across, down = (int(generator.integers(low, high)) * MASK_CELL for _ in range(2))
        pixels, marks = np.zeros((side, side, 3), np.uint8), []
        corners = ((0, 0, across, down), (across, 0, side, down), (0, down, across, side), (across, down, side, side))
        for left, top, right, bottom in corners:
            tile = self._tile(right - left, bottom - top, generator, small=True)
            pixels[top:bottom, left:right] = tile.pixels
            tile.marks[:, :4] += np.array([left, top, left, top], np.float32)
            marks.append(tile.marks)
            cells = (slice(top // MASK_CELL, bottom // MASK_CELL), slice(left // MASK_CELL, right // MASK_CELL))
            weights[:, cells[0], cells[1]] = tile.weights[:, None, None]
        return Sample(photograph(pixels, generator), np.concatenate(marks)[:MOST_MARKS], weights)

    def _tile(self, width: int, height: int, generator: np.random.Generator, *, small: bool) -> Held:
        """One picture scaled, flipped, pasted upon and cut to `width` x `height`."""
        name = self._names[int(generator.choice(len(self._names), p=self._chances))]
        stream, pool = self._plan[name], self._streams[name]
        held = pool[int(generator.choice(len(pool), p=self._draws[name]))]
        pixels, marks = _scaled(held, stream, generator, small=small)
        if generator.random() < 0.5:  # noqa: PLR2004 # an even chance
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            marks[:, [0, 2]] = pixels.shape[1] - marks[:, [2, 0]]
        if generator.random() < stream.paste:
            pixels, marks = paste_some(pixels, marks, self._cutouts, generator)
        pixels, marks = window(pixels, marks, (width, height), generator)
        return Held(pixels, marks, held.weights)


def _scaled(held: Held, stream: Stream, generator: np.random.Generator, *, small: bool) -> tuple[Pixels, Floats]:
    rows, columns = held.pixels.shape[:2]
    low, high = (stream.low * 0.7, stream.high * 0.75) if small else (stream.low, stream.high)
    production = min(SCREEN_WIDTH / columns, SCREEN_HEIGHT / rows)
    scale = production * float(np.exp(generator.uniform(np.log(low), np.log(high))))
    stretch = float(np.exp(generator.uniform(-0.2, 0.2) + generator.uniform(0, 1) * stream.widen))
    width, height = max(8, int(columns * scale * stretch)), max(8, int(rows * scale / stretch**0.5))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    pixels = cv2.resize(held.pixels, (width, height), interpolation=how)
    ratio = (width / columns, height / rows)
    return np.asarray(pixels, np.uint8), held.marks * np.array([*ratio, *ratio, 1], np.float32)


def window(
    pixels: Pixels, marks: Floats, size: tuple[int, int], generator: np.random.Generator
) -> tuple[Pixels, Floats]:
    """Cut or pad to `size` (width, height), mostly around an object; marks that lose 3/4 of their area are dropped."""
    width, height = size
    rows, columns = pixels.shape[:2]
    left, top = _corner(marks, (columns, rows), size, generator)
    across = int(generator.integers(0, max(1, width - columns + 1)))
    down = int(generator.integers(0, max(1, height - rows + 1)))
    shown = (min(width - across, columns - left), min(height - down, rows - top))
    out = np.full((height, width, 3), int(generator.choice([114, 0, 90])), np.uint8)
    out[down : down + shown[1], across : across + shown[0]] = pixels[top : top + shown[1], left : left + shown[0]]
    if not len(marks):
        return out, marks
    before = (marks[:, 2] - marks[:, 0]) * (marks[:, 3] - marks[:, 1])
    moved = marks + np.array([across - left, down - top, across - left, down - top, 0], np.float32)
    moved[:, [0, 2]] = moved[:, [0, 2]].clip(across, across + shown[0])
    moved[:, [1, 3]] = moved[:, [1, 3]].clip(down, down + shown[1])
    sides = moved[:, 2:4] - moved[:, :2]
    seen = (sides[:, 0] * sides[:, 1] > 0.25 * before) & (sides > 4).all(axis=1)  # noqa: PLR2004 # pixels a net can see
    return out, moved[seen].astype(np.float32)


def _corner(
    marks: Floats, have: tuple[int, int], want: tuple[int, int], generator: np.random.Generator
) -> tuple[int, int]:
    spare = [max(0, have[axis] - want[axis]) for axis in range(2)]
    if len(marks) and generator.random() < 0.7:  # noqa: PLR2004 # share of cuts aimed at an object
        mark = marks[int(generator.integers(len(marks)))]
        aims = [(mark[axis] + mark[axis + 2]) / 2 - generator.uniform(0.2, 0.8) * want[axis] for axis in range(2)]
        left, top = (min(max(int(aim), 0), limit) for aim, limit in zip(aims, spare, strict=True))
        return left, top
    return int(generator.integers(0, spare[0] + 1)), int(generator.integers(0, spare[1] + 1))
