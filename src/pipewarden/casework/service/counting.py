"""What later slices count, row by row: read-only, within an actor's reach by a permission that the caller names.

A list that would be longer than ``MOST`` is refused and never cut: a figure over a part of its cases is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pipewarden.casework import store
from pipewarden.casework.facts import SiteState
from pipewarden.casework.facts.counted import Broken
from pipewarden.casework.facts.site import Severity
from pipewarden.casework.service.contractors import policy
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.counted import BegunWorks, Paper, Place, SiteTimes
    from pipewarden.casework.facts.strike import StrikeFile
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

MOST = 20_000
_MOST_MOVES = 20 * MOST
_Row = TypeVar("_Row")


def opened_sites(work: Work, actor: Actor, permission: str, since: datetime, until: datetime) -> list[SiteTimes]:
    """Return the sites that were opened from ``since`` until before ``until``, oldest first, merged ones too.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        InputError: there are more than ``MOST``.
    """
    scope = people.scope_filter(actor, permission, store.SITES)
    return _whole(store.counted.opened(work, scope, since, until, limit=MOST + 1))


def site_places(work: Work, actor: Actor, permission: str, site_ids: Collection[UUID]) -> dict[UUID, Place]:
    """Return where those of some sites lie that the actor reaches; raises ForbiddenError as ``opened_sites``."""
    return store.counted.places(work, people.scope_filter(actor, permission, store.SITES), site_ids)


def violations_opened(work: Work, actor: Actor, permission: str, since: datetime, until: datetime) -> list[Broken]:
    """Return the violations that were opened in a time, oldest first, with who does the works; raises as above."""
    scope = people.scope_filter(actor, permission, store.SITES)
    rows = _whole(store.counted.violations(work, scope, since, until, limit=MOST + 1))
    firms = store.counted.contractors(work, {row[6] for row in rows if row[6] is not None})
    void = store.counted.void_entries(work, [row[0] for row in rows])
    not_theirs = policy(work).not_theirs
    made = []
    for event_id, site_id, tenant_id, at, code, severity, who, brought, lon, lat in rows:
        firm_id, firm = (None, "") if who is None or who not in firms else firms[who]
        made.append(
            Broken(
                id=event_id,
                site_id=site_id,
                tenant_id=tenant_id,
                at=at,
                code=code,
                severity=Severity(severity),
                contractor_id=firm_id,
                contractor=firm,
                theirs=code not in not_theirs,
                void=who is not None and ((who, event_id) in void or (firm_id, event_id) in void),
                brought=brought,
                lon=lon,
                lat=lat,
            )
        )
    return made


def stood_by(work: Work, actor: Actor, permission: str, since: datetime, until: datetime) -> dict[UUID, datetime]:
    """Return the sites that were under standby at any time of a period, each with when that began; raises as above."""
    scope = people.scope_filter(actor, permission, store.SITES)
    rows = _whole(store.counted.moves(work, scope, since, until, limit=_MOST_MOVES + 1), _MOST_MOVES)
    began: dict[UUID, datetime] = {}
    found: dict[UUID, datetime] = {}
    for site_id, kind, to, at in rows:
        if site_id in began and at > since:
            found.setdefault(site_id, began[site_id])
        began.pop(site_id, None)
        if kind == "advanced" and to == SiteState.UNDER_STANDBY.value:
            began[site_id] = at
    return began | found


def papers_of(work: Work, actor: Actor, permission: str, site_ids: Collection[UUID]) -> list[Paper]:
    """Return when the papers of sites in reach were done, changed, or replaced by a repair; oldest first of each."""
    return store.counted.papers(work, people.scope_filter(actor, permission, store.SITES), site_ids)


def begun_works(work: Work, actor: Actor, permission: str, since: datetime, until: datetime) -> list[BegunWorks]:
    """Return the filed works that begin in a time, oldest first; raises as ``opened_sites``."""
    scope = people.scope_filter(actor, permission, store.FILINGS)
    return _whole(store.counted.begun_works(work, scope, since, until, limit=MOST + 1))


def real_strikes(work: Work, actor: Actor, permission: str, since: datetime, until: datetime) -> list[StrikeFile]:
    """Return the strikes of a time, drills left out, oldest first; raises as ``opened_sites``."""
    scope = people.scope_filter(actor, permission, store.STRIKES)
    return _whole(store.strikes.within(work, scope, since, until, limit=MOST + 1))


def _whole(rows: list[_Row], most: int | None = None) -> list[_Row]:
    most = MOST if most is None else most
    if len(rows) > most:
        fix = "Ask for a shorter time, or for one area."
        raise InputError(field="until", problem=f"the time holds more than {most} cases", fix=fix)
    return rows
