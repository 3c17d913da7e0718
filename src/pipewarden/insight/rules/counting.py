"""From cases to a figure. Nothing else makes one, so that a figure and its drill-down cannot disagree."""

from __future__ import annotations

from collections import Counter
from math import ceil, inf
from typing import TYPE_CHECKING

from pipewarden.insight.facts import SHAPES, Compared, Figure, Group, Part, Shape
from pipewarden.kit.shares import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipewarden.insight.facts import Case, FigureKey


def figure_of(key: FigureKey, cases: Iterable[Case]) -> Figure:
    """Return a share, a time or a grouping of cases.

    Raises:
        ValueError: the figure is a rate or a length, which need more than cases: see ``rate_of`` and ``length_of``.
    """
    every = list(cases)
    counted = [one for one in every if one.part is Part.COUNTED]
    rest = [one for one in every if one.part is Part.REST]
    shape, out = SHAPES[key], left_out(every)
    whole = len(counted) + len(rest)
    if shape is Shape.SHARE:
        part = wilson(len(counted), whole)
        known = whole > 0
        return Figure(
            key,
            shape,
            len(counted),
            whole,
            value=part.value,
            low=part.low if known else None,
            high=part.high if known else None,
            left_out=out,
            groups=groups(counted),
        )
    if shape is Shape.TIME:
        took = [inf if one.value is None or one.part is Part.REST else one.value for one in counted + rest]
        p50, p90 = rank(took, 0.5), rank(took, 0.9)
        return Figure(key, shape, len(counted), whole, p50=p50, p90=p90, left_out=out)
    if shape is Shape.GROUPS:
        return Figure(key, shape, len(counted), whole, left_out=out, groups=groups(counted))
    raise ValueError(key)


def rate_of(key: FigureKey, cases: Sequence[Case], of: float, value: float | None, *, few: bool) -> Figure:
    """Return a rate that casework worked out, beside the cases that it counted."""
    counted = sum(one.part is Part.COUNTED for one in cases)
    return Figure(key, Shape.RATE, counted, of, value=value, few=few, left_out=left_out(cases))


def length_of(key: FigureKey, by_class: Sequence[tuple[str, float, float]]) -> Figure:
    """Return metres covered of metres, by (class, covered, all)."""
    covered, metres = sum(one for _, one, _ in by_class), sum(one for _, _, one in by_class)
    made = tuple(Group(cls, cls, round(part), part / whole, 0.0, 1.0) for cls, part, whole in by_class if whole > 0)
    return Figure(key, Shape.LENGTH, covered, metres, value=covered / metres if metres > 0 else None, groups=made)


def left_out(cases: Iterable[Case]) -> dict[str, int]:
    """Return how many are left out, by reason, the most first."""
    found = Counter(one.why for one in cases if one.part is Part.LEFT_OUT)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def groups(counted: Sequence[Case]) -> tuple[Group, ...]:
    """Return the groups of the counted, the largest first; those without a name of a group are a group, too."""
    if not any(one.group for one in counted):
        return ()
    found = Counter(one.group for one in counted)
    names = {one.group: one.name for one in counted}
    made = []
    for key, hits in sorted(found.items(), key=lambda one: (-one[1], one[0])):
        part = wilson(hits, len(counted))
        made.append(Group(key, names[key], hits, hits / len(counted), part.low, part.high))
    return tuple(made)


def rank(values: Sequence[float], part: float) -> float | None:
    """Return the value at a part of the order (nearest rank); None where there is none, or where it still waits."""
    if not values:
        return None
    found = sorted(values)[max(0, ceil(part * len(values)) - 1)]
    return None if found == inf else found


def compared(now: Figure, before: Figure) -> Compared:
    """Return two figures side by side."""
    apart = False
    if None not in {now.low, now.high, before.low, before.high}:
        apart = bool(now.low > before.high or before.low > now.high)  # type: ignore[operator]  # none is None
    return Compared(now, before, apart)
