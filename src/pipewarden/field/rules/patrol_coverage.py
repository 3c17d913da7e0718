"""Coverage by pipe metre × due cycle: when each metre was last seen by a patrol that is believed, and what is overdue.

All stretches of all patrols lie on one axis (``patrol_pipes``); between two neighbouring ends of any of them the answer
does not change, so it is worked out once a piece, exactly, and not once a metre.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.field.facts.patrols import ClassCoverage, Missed
from pipewarden.field.rules.patrol_pipes import CLASSES, stretch_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from pipewarden.field.rules.patrol_pipes import Mains
    from pipewarden.network.facts import PressureClass

    Floats = NDArray[np.float64]
    Longs = NDArray[np.int64]

_LEAST_M = 1.0  # shorter stretches are not listed: nobody is sent for them; the figures count them


@dataclass(frozen=True, slots=True)
class Rows:
    """Stretches of many patrols as columns.

    Attributes:
        line: place of the line in the network; ``low`` and ``high`` metres along it.
        at: seconds of the epoch.
    """

    line: Longs
    low: Floats
    high: Floats
    at: Floats


@dataclass(frozen=True, slots=True)
class Profile:
    """The axis in pieces, in its order, each of one line and one answer.

    Attributes:
        low, high: metres of the axis.
        line: by piece.
        last: seconds of the epoch; -inf where nobody was.
        asked: whether the piece lies on the ground that was asked about.
    """

    low: Floats
    high: Floats
    line: Longs
    last: Floats
    asked: NDArray[np.bool_]


def profile(mains: Mains, rows: Rows, ground: tuple[Floats, Floats] | None = None) -> Profile:
    """Return when each piece was seen last.

    Args:
        mains: the pipes.
        rows: what patrols that are believed saw.
        ground: intervals of the axis that are asked about, in order and apart; everything when None.
    """
    size = np.diff(mains.start)
    low = mains.start[rows.line] + np.clip(rows.low, 0.0, size[rows.line])
    high = mains.start[rows.line] + np.clip(rows.high, 0.0, size[rows.line])
    ends = np.unique(np.concatenate([mains.start, low, high, *(ground or ())]))
    last = np.full(len(ends) - 1, -np.inf)
    order = np.argsort(rows.at, kind="stable")
    first, after = np.searchsorted(ends, low[order]).tolist(), np.searchsorted(ends, high[order]).tolist()
    for begin, end, at in zip(first, after, rows.at[order].tolist(), strict=True):
        last[begin:end] = at  # the later ones over the earlier ones
    middle = (ends[:-1] + ends[1:]) / 2
    asked = np.ones(len(middle), dtype=np.bool_)
    if ground is not None:
        place = np.searchsorted(ground[0], middle, side="right") - 1
        asked = place >= 0
        asked[asked] = middle[asked] < ground[1][place[asked]]
    line = np.searchsorted(mains.start, middle, side="right") - 1
    return Profile(ends[:-1], ends[1:], line, last, asked)


def figures(
    mains: Mains, found: Profile, due: Mapping[PressureClass, tuple[timedelta, str]], now: datetime
) -> tuple[ClassCoverage, ...]:
    """Return metres by pressure class, of the classes that lie on the ground asked about."""
    cls, size = mains.classes[found.line], (found.high - found.low) * found.asked
    fresh, never = found.last >= _limits(due, now)[cls], np.isneginf(found.last)
    told = []
    for code, one in enumerate(CLASSES):
        mine = cls == code
        metres = float(size[mine].sum())
        if metres > 0:
            covered = float(size[mine & fresh].sum())
            unseen = float(size[mine & never].sum())
            told.append(ClassCoverage(one, due[one][0], metres, covered, metres - covered, unseen, due[one][1]))
    return tuple(told)


def missed(
    mains: Mains, found: Profile, due: Mapping[PressureClass, tuple[timedelta, str]], now: datetime
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return overdue stretches as columns: from, to on the axis, last seen, seconds overdue (inf: never seen).

    What was never seen comes first, then the longest overdue, then the longest.
    """
    limit = _limits(due, now)[mains.classes[found.line]]
    late = np.flatnonzero(found.asked & (found.last < limit) & (found.high > found.low))
    low, high, line, last = found.low[late], found.high[late], found.line[late], found.last[late]
    if not len(late):
        return low, high, last, last
    fresh = np.concatenate([[True], (low[1:] > high[:-1]) | (line[1:] != line[:-1]) | (last[1:] != last[:-1])])
    first = np.flatnonzero(fresh)
    low, high, last, over = low[first], np.maximum.reduceat(high, first), last[first], (limit[late] - last)[first]
    order = np.lexsort((low, low - high, -over))
    order = order[(high - low)[order] >= _LEAST_M]
    return low[order], high[order], last[order], over[order]


def told(mains: Mains, low: float, high: float, last: float, over: float) -> Missed:
    """Return one overdue stretch for people."""
    line = int(np.searchsorted(mains.start, (low + high) / 2, side="right")) - 1
    begin = float(mains.start[line])
    seen = bool(np.isfinite(last))
    return Missed(
        pipe_id=mains.pipes[line],
        pressure_class=CLASSES[int(mains.classes[line])],
        from_m=low - begin,
        to_m=high - begin,
        last_seen=datetime.fromtimestamp(last, UTC) if seen else None,
        overdue_s=over if seen else None,
        line=stretch_line(mains, low, high),
    )


def _limits(due: Mapping[PressureClass, tuple[timedelta, str]], now: datetime) -> Floats:
    return np.array([(now - due[one][0]).timestamp() for one in CLASSES])
