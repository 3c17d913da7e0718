"""Does this camera still see what it was put up to see? Decided from its views, never from what was found on them.

safety.md T17, C1: frozen, black, white, out of focus, covered or sprayed, turned, or a recording played in a loop.
Rain, fog, dusk and the switch to infrared are weather, not faults: a fault must last over several looks, and light
alone never is one. What is uncertain stays "sees": a camera that cries blind each week is switched off by people, and
then nobody is warned at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.perceive.facts import Fault
from pipewarden.perceive.rules.view import BLOCK, SIZE, likeness, shift, stillness

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.perceive.rules.view import View

PATIENT = frozenset({Fault.BLURRED, Fault.COVERED})


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; measured on the streams of tests/unit/perceive/test_blind_measured.py.

    Attributes:
        still: grey levels between two looks that a living sensor always exceeds.
        dark: mean brightness, and ``flat`` spread, below which a picture shows nothing.
        bright: mean brightness above which it shows nothing, when also flat.
        soft: part of the usual sharpness below which focus is lost.
        lost: part of the blocks that used to hold structure and now hold none.
        alike: likeness to the reference below which the view is another one; ``like`` above which it is the same.
        moved: part of the width or height of a shift that counts, when its correlation peaks above ``peak``.
        hold: looks in a row that must show a fault before it is one, and that must see before it is over.
        agree: looks in a row that must show one place before it is the first reference.
        most: views a camera is held against: by day, by night, in infrared, in snow.
        taught: likeness to a reference above which a view adds nothing to it.
        patient_s: how long a covered or blurred view must last besides: a lorry leaves, rain on the glass dries.
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
    peak: float = 0.12
    hold: int = 3
    agree: int = 3
    most: int = 6
    taught: float = 0.8
    patient_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Sight:
    """How a camera has been seeing.

    Attributes:
        fault: None while it sees.
        since: when the fault first showed; of a camera that sees, since when it does; None before the first look.
        shows: what the last look showed; ``run`` looks in a row showed just that.
        turn: looks in a row that spoke against the state, whatever they showed, the first of them at ``turn_at``.
    """

    fault: Fault | None = None
    since: datetime | None = None
    shows: Fault | None = None
    run: int = 0
    turn: int = 0
    turn_at: datetime | None = None


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


def shows(view: View, name: bytes, past: Past, limits: Limits, *, drawn: bool = False) -> Fault | None:
    """Return what one look shows, before any holding; None when it sees.

    Args:
        view: of the picture.
        name: hash of the picture without the rows where clocks run.
        past: what is known of the camera.
        limits: the numbers.
        drawn: the picture is rendered: it has no noise, so its standing still proves nothing.
    """
    if view.spread < limits.flat and (view.mean < limits.dark or view.mean > limits.bright):
        return Fault.BLACK if view.mean < limits.dark else Fault.WHITE
    if not drawn and past.last and stillness(view, past.last[-1]) < limits.still:
        return Fault.FROZEN
    if not drawn and name in past.seen_before:
        return Fault.LOOPED
    return _against(view, past.references, limits) if past.references else None


def _against(view: View, references: Sequence[View], limits: Limits) -> Fault | None:
    nearest = max(references, key=lambda one: likeness(view, one))
    if _covered(view, nearest, limits):
        return Fault.COVERED
    if view.sharp < limits.soft * nearest.sharp:
        return Fault.BLURRED
    return Fault.MOVED if _moved(view, nearest, limits) else None


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


def _moved(view: View, nearest: View, limits: Limits) -> bool:
    best = likeness(view, nearest)
    if best >= limits.like or view.detail.sum() < view.detail.size // 8:
        return False
    across, down, response = shift(nearest, view)
    return best < limits.alike or (max(abs(across), abs(down)) > limits.moved and response > limits.peak)


def judge(sight: Sight, shown: Fault | None, now: datetime, limits: Limits) -> Sight:
    """Return the sight after one more look: losing it, and having it again, take several looks in a row.

    Args:
        sight: before the look.
        shown: what the look showed.
        now: when it was taken.
        limits: the numbers.
    """
    run = sight.run + 1 if shown is sight.shows else 1
    against = (shown is None) is not (sight.fault is None) or (run >= limits.hold and shown is not sight.fault)
    turn_at = (sight.turn_at or now) if against else None
    told = replace(
        sight,
        since=sight.since or now,
        shows=shown,
        run=run,
        turn=sight.turn + 1 if against else 0,
        turn_at=turn_at,
    )
    if turn_at is None or max(told.turn, run) < limits.hold:
        return told
    patience = limits.patient_s if shown in PATIENT else 0.0
    if (now - turn_at).total_seconds() < patience:
        return told
    return replace(told, fault=shown, since=turn_at, turn=0, turn_at=None)


def suspects(sight: Sight) -> bool:
    """Say whether the last look disagrees with the state, so that the next one should come soon."""
    return sight.turn > 0


def agrees(view: View, last: View | None, limits: Limits) -> bool:
    """Say whether two looks in a row show one place with something in it; nobody has said yet that it is the right one.

    A camera that is turned, uncovered or focused while it is put up must not be held against how it stood before.
    """
    return last is not None and view.detail.sum() >= view.detail.size // 8 and likeness(view, last) >= limits.like


def teaches(view: View, references: Sequence[View], limits: Limits) -> bool:
    """Say whether a view without a fault is worth keeping beside the references: another light on the same place.

    Args:
        view: of a camera that sees.
        references: at least one, the first as a person or the first looks gave it: what is learned stands there too.
        limits: the numbers.
    """
    if len(references) >= limits.most or max(likeness(view, one) for one in references) > limits.taught:
        return False
    across, down, response = shift(references[0], view)
    return max(abs(across), abs(down)) < limits.moved / 2 and response > 2 * limits.peak
