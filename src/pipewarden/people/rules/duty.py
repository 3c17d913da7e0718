"""Rosters: one person per area, role and rank at a moment, and whose duty counts where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.people.facts import OnCall
from pipewarden.people.rules.area import ancestors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.people.facts import Duty, Substitution


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


def followed(duties: Iterable[Duty], substitutions: Mapping[UUID, Substitution]) -> list[Duty]:
    """Return the duties as they are really served: by the substitute, or by nobody.

    Where:
        substitutions: those of the moment by duty.
    """
    served = []
    for duty in duties:
        swap = substitutions.get(duty.id)
        if swap is None:
            served.append(duty)
        elif swap.person_id is not None:
            served.append(replace(duty, person_id=swap.person_id, stands_in_for=duty.person_id))
    return served


def callable_for(duties: Iterable[Duty], path: str | None) -> tuple[OnCall, ...]:
    """Return who can be called for the area at ``path``: every roster up the tree, the nearest first.

    None is a place in no area: every roster counts, the widest area first.
    """
    by_path: dict[str, list[Duty]] = {}
    for duty in duties:
        by_path.setdefault(duty.area_path, []).append(duty)
    if path is None:
        depths = {one: one.count("/") for one in by_path}
    else:
        up = [one for one in ancestors(path) if one in by_path]
        depths = {one: number for number, one in enumerate(up)}
    return tuple(
        OnCall(duty.person_id, duty.role, duty.rank, depths[duty.area_path], duty.stands_in_for)
        for area in sorted(depths, key=lambda one: (depths[one], one))
        for duty in sorted(by_path[area], key=lambda duty: (duty.rank, duty.id))
    )
