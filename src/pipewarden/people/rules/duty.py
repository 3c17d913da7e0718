"""Rosters: one person per area, role and rank at a moment, and whose duty counts where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.people.rules.area import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.people.facts import Duty


def overlapping(duties: Iterable[Duty], begins_at: datetime, ends_at: datetime) -> list[Duty]:
    """Return the duties that share a moment with [begins_at, ends_at)."""
    return [duty for duty in duties if duty.begins_at < ends_at and begins_at < duty.ends_at]


def nearest(duties: Iterable[Duty], path: str) -> tuple[Duty, ...]:
    """Return who is on duty for the area at ``path``: its own roster, or the nearest ancestor's that has one.

    In the order in which they are called: rank, then id.
    """
    by_path: dict[str, list[Duty]] = {}
    for duty in duties:
        by_path.setdefault(duty.area_path, []).append(duty)
    for ancestor in ancestors(path):
        if ancestor in by_path:
            return tuple(sorted(by_path[ancestor], key=lambda duty: (duty.rank, duty.id)))
    return ()
