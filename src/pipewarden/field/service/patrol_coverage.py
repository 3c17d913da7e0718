"""Coverage by pipe metre × due cycle, for one reader: only the pipes that their permission reaches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from pipewarden.field.rules import patrol_coverage as rules
from pipewarden.field.rules.patrol_file import due_of
from pipewarden.field.rules.patrol_pipes import inside
from pipewarden.field.rules.patrol_seen import unpack
from pipewarden.field.service.patrol_reckoning import mains_of
from pipewarden.field.store import patrols as store
from pipewarden.field.store.patrol_policy import patrol_policy
from pipewarden.network.facts import PressureClass
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from pipewarden.field.facts.patrols import ClassCoverage, Missed
    from pipewarden.field.rules.patrol_coverage import Profile
    from pipewarden.field.rules.patrol_pipes import Mains
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.people.facts import Actor

READ, LINES = "coverage:read", "network:read"


@dataclass(frozen=True, slots=True)
class _Part:
    """One network as one reader sees it."""

    mains: Mains
    due: Mapping[PressureClass, tuple[timedelta, str]]
    found: Profile


def coverage(work: Work, actor: Actor, *, permission: str = READ, now: datetime | None = None) -> list[ClassCoverage]:
    """Return the metres of pipe by class: all, seen within their cycle, overdue; as far as the actor's ground goes.

    Where two networks have another cycle for a class, the class has a line for each. ``now`` may be a moment that is
    past: what was seen later counts nothing then, on the pipes of today.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
    """
    at = work.now() if now is None else now
    summed: dict[tuple[PressureClass, timedelta], ClassCoverage] = {}
    for part in _parts(work, actor, permission, at):
        for one in rules.figures(part.mains, part.found, part.due, at):
            key = (one.pressure_class, one.due_every)
            before = summed.get(key)
            summed[key] = one if before is None else _added(before, one)
    order = list(PressureClass)
    return sorted(summed.values(), key=lambda one: (order.index(one.pressure_class), one.due_every))


def missed(
    work: Work, actor: Actor, now: datetime, *, skip: int, limit: int, permission: str | None = None
) -> list[Missed]:
    """Return overdue stretches as of a moment, never seen ones first, then the longest overdue.

    Args:
        work: whose networks.
        actor: must see pipes too: the stretches have their lines.
        now: the moment.
        skip: so many of the list.
        limit: at most so many after them.
        permission: asked for instead; the caller keeps the lines to itself.

    Raises:
        ForbiddenError: the actor sees no coverage, or no pipes.
    """
    if permission is None:
        people.require(actor, READ)
    rows: list[tuple[tuple[float, ...], Mains]] = []
    for part in _parts(work, actor, permission or LINES, now):
        columns = rules.missed(part.mains, part.found, part.due, now)
        rows += [(one, part.mains) for one in zip(*(column.tolist() for column in columns), strict=True)]
    rows.sort(key=lambda one: (-one[0][3], one[0][0] - one[0][1]))
    return [rules.told(mains, *one) for one, mains in rows[skip : skip + limit]]


def _parts(work: Work, actor: Actor, permission: str, now: datetime) -> list[_Part]:
    ground = people.ground(work, actor, permission)
    policy = patrol_policy()
    packed = store.seen(work, now - policy.compared)
    made = []
    for version, mains in mains_of(work):
        asked = None if ground.wkb is None else inside(mains, shapely.from_wkb(ground.wkb))
        found = rules.profile(mains, _until(unpack(mains, packed), now), asked)
        made.append(_Part(mains, _due(version), found))
    return made


def _until(rows: rules.Rows, now: datetime) -> rules.Rows:
    """Leave out what was seen after a moment."""
    kept = rows.at <= now.timestamp()
    return rules.Rows(rows.line[kept], rows.low[kept], rows.high[kept], rows.at[kept])


def _due(version: NetworkVersion) -> dict[PressureClass, tuple[timedelta, str]]:
    policy = patrol_policy()
    return {cls: due_of(policy, version.jurisdiction, cls) for cls in PressureClass}


def _added(one: ClassCoverage, other: ClassCoverage) -> ClassCoverage:
    return replace(
        one,
        metres=one.metres + other.metres,
        covered_m=one.covered_m + other.covered_m,
        overdue_m=one.overdue_m + other.overdue_m,
        never_m=one.never_m + other.never_m,
    )
