"""Streams of fixed cameras with weather and with faults, made from the demo's rendered streets (synthetic 合成)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

import pipewarden
from pipewarden.perceive.facts import Fault
from pipewarden.perceive.rules import Limits, Past, Sight, View, judge_sight, shows, view_name, view_of
from pipewarden.perceive.service.seeing import note_looks

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Observation

Pixels = NDArray[np.uint8]
CAMERAS = Path(pipewarden.__file__).parent / "sim" / "demo" / "cameras"
STREETS = sorted(path.name for path in CAMERAS.glob("cam-*"))
SIZE = (640, 360)


def note_look(work: Work, observation: Observation, pixels: Pixels) -> None:
    """Judge a camera by one picture, as the screen does by several."""
    note_looks(work, [(observation, view_of(pixels))])


@lru_cache(maxsize=32)
def street(name: str) -> tuple[Pixels, ...]:
    """The five pictures of a demo camera, small."""
    return tuple(
        np.asarray(cv2.resize(cv2.imread(str(path)), SIZE, interpolation=cv2.INTER_AREA), np.uint8)
        for path in sorted((CAMERAS / name).glob("*.jpg"))
    )


def clock(picture: Pixels, minute: int) -> Pixels:
    text = f"2026-11-{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}"
    cv2.putText(picture, text, (8, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return picture


def light(minute: int) -> float:
    """Brightness over the day: full by day, a tenth by night, twenty minutes of dusk."""
    hour = minute / 60 % 24
    rise, fall = np.clip((hour - 6.5) * 3, 0, 1), np.clip((18.5 - hour) * 3, 0, 1)
    return float(0.12 + 0.88 * min(rise, fall))


def seen(name: str, minute: int, rng: np.random.Generator, weather: str = "clear") -> Pixels:
    """One picture of a healthy camera at a minute of the stream."""
    base = street(name)[int(rng.integers(5))].astype(np.float32)
    lit = light(minute)
    if lit < 0.3:  # the camera goes to infrared: grey, its own light in the middle
        grey = base.mean(axis=2, keepdims=True)
        rows, columns = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
        spot = np.exp(-1.2 * (rows**2 + columns**2))[..., None]
        base = np.repeat(grey * (0.25 + 0.6 * spot), 3, axis=2)
    else:
        base = base * lit * rng.uniform(0.85, 1.15)
    if weather == "fog":
        depth = np.linspace(0.8, 0.25, SIZE[1])[:, None, None]
        base = base * (1 - depth) + 190 * lit * depth
    if weather == "rain":
        streaks = (rng.random((SIZE[1], SIZE[0])) > 0.995).astype(np.float32)
        streaks = cv2.filter2D(streaks, -1, np.eye(9, dtype=np.float32))[..., None]
        base = base * 0.75 + 90 * np.minimum(streaks, 1)
    if weather == "lorry":  # something large stands near for a while
        left = int(rng.integers(0, 300))
        base[120:340, left : left + 260] = rng.uniform(60, 160)
        base[250:330, left + 30 : left + 80] = 20
    offset = rng.normal(0, 0.6, 2)  # wind
    sway = np.float32([[1, 0, offset[0]], [0, 1, offset[1]]])
    moved = cv2.warpAffine(base, sway, SIZE, borderMode=cv2.BORDER_REFLECT)
    noisy = moved + rng.normal(0, 2.5 if lit > 0.3 else 4.0, moved.shape)
    return clock(coded(noisy, rng), minute)


def coded(picture: NDArray[np.floating], rng: np.random.Generator) -> Pixels:
    quality = int(rng.integers(55, 85))
    done, body = cv2.imencode(".jpg", picture.clip(0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return np.asarray(cv2.imdecode(body, cv2.IMREAD_COLOR), np.uint8)


Spoil = Callable[[Pixels, list[Pixels], int, np.random.Generator], Pixels]


def _warp(matrix: list[list[float]]) -> Spoil:
    def spoil(now: Pixels, _past: list[Pixels], _n: int, _rng: np.random.Generator) -> Pixels:
        return np.asarray(cv2.warpAffine(now, np.float32(matrix), SIZE, borderMode=cv2.BORDER_REFLECT), np.uint8)

    return spoil


def _frozen(_now: Pixels, past: list[Pixels], _n: int, _rng: np.random.Generator) -> Pixels:
    return past[-1]


def _frozen_with_clock(_now: Pixels, past: list[Pixels], n: int, _rng: np.random.Generator) -> Pixels:
    held = past[-1].copy()
    held[:24] = 40
    return clock(held, 10_000 + n)


def _looped(_now: Pixels, past: list[Pixels], n: int, _rng: np.random.Generator) -> Pixels:
    return past[-5 + n % 5]


def _black(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
    return np.asarray(np.clip(rng.normal(4, 2, now.shape), 0, 255), np.uint8)


def _white(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
    return np.asarray(np.clip(rng.normal(252, 2, now.shape), 0, 255), np.uint8)


def _lamp(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
    rows, columns = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j]
    glare = 900 * np.exp(-2.0 * (rows**2 + columns**2))[..., None]
    return coded(now * 0.4 + glare + rng.normal(0, 2, now.shape), rng)


def _defocused(sigma: float) -> Spoil:
    def spoil(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
        return coded(cv2.GaussianBlur(now, (0, 0), sigma) + rng.normal(0, 1.5, now.shape), rng)

    return spoil


def _covered(share: float) -> Spoil:
    def spoil(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
        held = now.astype(np.float32)
        held[:, : int(SIZE[0] * share)] = 70
        return coded(held + rng.normal(0, 2, held.shape), rng)

    return spoil


def _sprayed(now: Pixels, _past: list[Pixels], _n: int, rng: np.random.Generator) -> Pixels:
    held = now.astype(np.float32)
    fixed = np.random.default_rng(7)
    mask = np.zeros(SIZE[::-1], np.float32)
    for _ in range(60):
        middle = (int(fixed.integers(SIZE[0])), int(fixed.integers(SIZE[1])))
        cv2.circle(mask, middle, int(fixed.integers(30, 70)), 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), 4)[..., None]
    return coded(held * (1 - soft) + 120 * soft + rng.normal(0, 2, held.shape), rng)


def _other_camera(_now: Pixels, _past: list[Pixels], n: int, rng: np.random.Generator) -> Pixels:
    return seen("cam-13", 600 + n, rng)


FAULTS: dict[str, tuple[Spoil, frozenset[Fault]]] = {
    "frozen": (_frozen, frozenset({Fault.FROZEN})),
    "frozen, clock runs": (_frozen_with_clock, frozenset({Fault.FROZEN})),
    "looped": (_looped, frozenset({Fault.LOOPED})),
    "black": (_black, frozenset({Fault.BLACK})),
    "white": (_white, frozenset({Fault.WHITE})),
    "lamp in the lens": (_lamp, frozenset({Fault.WHITE, Fault.COVERED, Fault.BLURRED, Fault.MOVED})),
    "out of focus": (_defocused(6.0), frozenset({Fault.BLURRED, Fault.COVERED, Fault.MOVED})),
    "a little out of focus": (_defocused(3.0), frozenset({Fault.BLURRED, Fault.COVERED})),
    "covered": (_covered(1.0), frozenset({Fault.COVERED, Fault.BLACK})),
    "three quarters covered": (_covered(0.75), frozenset({Fault.COVERED})),
    "sprayed": (_sprayed, frozenset({Fault.COVERED, Fault.MOVED, Fault.BLURRED})),
    "turned aside": (_warp([[1, 0, 110], [0, 1, 0]]), frozenset({Fault.MOVED})),
    "turned down": (_warp([[1, 0, 0], [0, 1, -70]]), frozenset({Fault.MOVED})),
    "rolled": (_warp([[0.966, -0.259, 60], [0.259, 0.966, -70]]), frozenset({Fault.MOVED})),
    "zoomed": (_warp([[1.6, 0, -190], [0, 1.6, -110]]), frozenset({Fault.MOVED})),
    "another camera's picture": (_other_camera, frozenset({Fault.MOVED})),
}


@dataclass
class Watched:
    """A camera that is judged look by look, with references of noon and of night."""

    name: str
    rng: np.random.Generator
    step: timedelta = timedelta(minutes=10)
    sight: Sight = field(default_factory=Sight)
    pictures: list[Pixels] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)
    last: list[View] = field(default_factory=list)
    at: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.references = [view_of(seen(self.name, minute, self.rng)) for minute in (720, 60)]

    def look(self, picture: Pixels) -> Fault | None:
        """Judge one more picture and return what it shows by itself."""
        view = view_of(picture)
        name = view_name(view)
        shown = shows(view, name, Past(self.last, self.references, self.names), Limits())
        self.sight = judge_sight(self.sight, shown, self.at, Limits())
        self.at += self.step
        self.pictures, self.names, self.last = [*self.pictures, picture][-6:], [*self.names, name][-150:], [view]
        return shown
