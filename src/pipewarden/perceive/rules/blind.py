"""Does this camera still see what it was put up to see? Decided from its views, never from what was found on them.

safety.md T17, C1: frozen, black, white, out of focus, covered or sprayed, turned, or a recording played in a loop. Rain,
fog, dusk and the switch to infrared are weather, not faults: a fault must last over several looks, and light alone never
is one. What is uncertain stays "sees": a camera that cries blind each week is switched off by people, and then nobody is
warned at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.perceive.rules.view import BLOCK, SIZE, likeness, shift, stillness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.perceive.rules.view import View


class Fault(StrEnum):
    """What keeps a camera from seeing."""

    FROZEN = "frozen"  # the same picture, though a clock may run in it
    LOOPED = "looped"  # a recording: exact pictures of before come again
    BLACK = "black"
    WHITE = "white"
    BLURRED = "blurred"
    COVERED = "covered"  # a part or all of the view shows nothing where there was something
    MOVED = "moved"  # it sees well, but another piece of the world


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; measured on the streams of tests/unit/perceive/test_blind_streams.py.

    Attributes:
        still: grey levels between two looks that a living sensor always exceeds.
        dark: mean brightness, and ``flat`` spread, below which a picture shows nothing.
        bright: mean brightness above which it shows nothing, when also flat.
        soft: part of the usual sharpness below which focus is lost.
        lost: part of the blocks that used to hold structure and now hold none.
        alike: likeness to the reference below which the view is another one; ``like`` above which it is the same.
        moved: part of the width or height of a shift that counts.
        hold: looks in a row that must show a fault before it is one.
    """

    still: float = 0.12
    dark: float = 14.0
    flat: float = 7.0
    bright: float = 238.0
    soft: float = 0.45
    lost: float = 0.45
    alike: float = 0.30
    like: float = 0.55
    moved: float = 0.04
    hold: int = 3


@dataclass(frozen=True, slots=True)
class Sight:
    """How a camera has been seeing.

    Attributes:
        fault: None while it sees.
        shows: what the last look showed; ``run`` looks in a row did.
    """

    fault: Fault | None = None
    shows: Fault | None = None
    run: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a camera before a look.

    Attributes:
        last: its views before, newest last; a handful.
        references: views that people or time have proved good, of day and night.
        seen_before: the exact hashes of its pictures of the last hours, newest last.
    """

    last: Sequence[View]
    references: Sequence[View]
    seen_before: Sequence[bytes] = ()


def shows(view: View, name: bytes, past: Past, limits: Limits) -> Fault | None:
    """Return what one look shows, before any holding; None when it sees.

    Args:
        view: of the picture.
        name: exact hash of the picture.
        past: what is known of the camera.
        limits: the numbers.
    """
    if view.spread < limits.flat and view.mean < limits.dark:
        return Fault.BLACK
    if view.spread < limits.flat and view.mean > limits.bright:
        return Fault.WHITE
    if past.last and stillness(view, past.last[-1]) < limits.still:
        return Fault.FROZEN
    if name in past.seen_before:
        return Fault.LOOPED
    if not past.references:
        return None
    nearest = max(past.references, key=lambda one: likeness(view, one))
    if _covered(view, nearest, limits):
        return Fault.COVERED
    if view.sharp < limits.soft * nearest.sharp and likeness(view, nearest) < limits.like + 0.3:
        return Fault.BLURRED
    return Fault.MOVED if _moved(view, nearest, past.references, limits) else None


def _covered(view: View, reference: View, limits: Limits) -> bool:
    """Say whether structure is gone over a connected part of the picture; a far horizon in fog is thin and patchy."""
    had = reference.detail
    if had.sum() < had.size // 8:
        return False
    gone = had & ~view.detail
    if gone.sum() < limits.lost * had.sum():
        return False
    # fog takes the far, upper part first and leaves the near one soft but lit; a cover is flat inside
    flat = _flatness(view)
    return bool((flat & gone).sum() > 0.8 * gone.sum())


def _flatness(view: View) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    blocks = view.grey.reshape(SIZE[1] // BLOCK, BLOCK, SIZE[0] // BLOCK, BLOCK)
    return np.asarray(blocks.std(axis=(1, 3)) < 2.5, np.bool_)  # noqa: PLR2004  grey levels inside one block


def _moved(view: View, nearest: View, references: Sequence[View], limits: Limits) -> bool:
    best = likeness(view, nearest)
    if best >= limits.like or view.detail.sum() < view.detail.size // 8:
        return False
    across, down, response = shift(nearest, view)
    if max(abs(across), abs(down)) > limits.moved and response > 0.12:  # noqa: PLR2004  a peak, not noise
        return True
    return best < limits.alike and len(references) > 0


def judge(sight: Sight, shown: Fault | None, limits: Limits) -> Sight:
    """Return the sight after one more look: both losing it and having it again take ``hold`` looks in a row."""
    run = sight.run + 1 if shown is sight.shows else 1
    told = replace(sight, shows=shown, run=run)
    if shown is sight.fault:
        return told
    return replace(told, fault=shown) if run >= limits.hold else told
