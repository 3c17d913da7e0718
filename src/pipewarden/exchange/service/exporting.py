"""Lists that other systems take as CSV: sites, filings, violations and what is owed, as far as the asker sees."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.kit.table import written
from pipewarden.people import service as people
from pipewarden.people.facts import Viewed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.service import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

    Rows = Iterator[Sequence[object]]

_PAGE = 200


def export(work: Work, actor: Actor, what: str, since: datetime | None) -> str:
    """Return a list as CSV.

    Args:
        work: the transaction; only what is its tenant's, although an operator sees every one's: the list names none.
        actor: who asks; what they do not see is not in it.
        what: one of ``LISTS``.
        since: only what happened since: to a site or a filing anything at all, a violation opened or put right, an
            order made; all of it where None.

    Raises:
        ForbiddenError: the actor reads none of it.
    """
    columns, rows = LISTS[what]
    people.viewed(work, actor, Viewed.EXPORT, (what, work.tenant_id), None)
    return written(columns, rows(work, actor, since))


def _pages(work: Work, actor: Actor) -> Iterator[list[Filed]]:
    after = None
    while True:
        found = casework.sites(work, actor, casework.SiteFilter(), limit=_PAGE, after=after)
        yield [one for one in found if one.site.tenant_id == work.tenant_id]
        if len(found) < _PAGE:
            return
        after = (found[-1].rank, found[-1].opened_at, found[-1].site.id)


def _fresh(at: datetime, since: datetime | None) -> bool:
    return since is None or at >= since


def _sites(work: Work, actor: Actor, since: datetime | None) -> Rows:
    for page in _pages(work, actor):
        changed = {} if since is None else casework.changed_at(work, [one.site.id for one in page])
        for one in page:
            site = one.site
            if _fresh(changed.get(site.id, site.since), since):
                yield (
                    site.id, site.state.value, one.headline, site.zone.value, site.level, site.lon, site.lat,
                    one.opened_at.isoformat(), site.since.isoformat(),
                    None if one.ended_at is None else one.ended_at.isoformat(), site.version,
                )  # fmt: skip


def _violations(work: Work, actor: Actor, since: datetime | None) -> Rows:
    for one in chain.from_iterable(_pages(work, actor)):
        for each in one.site.violations:
            if _fresh(each.fixed_at or each.opened_at, since):
                yield (
                    each.id, one.site.id, each.code, each.severity.value, each.clause, each.reason,
                    each.opened_at.isoformat(), None if each.due_at is None else each.due_at.isoformat(),
                    None if each.fixed_at is None else each.fixed_at.isoformat(),
                )  # fmt: skip


def _filings(work: Work, actor: Actor, since: datetime | None) -> Rows:
    after: tuple[bool, UUID] | None = None
    while True:
        found = casework.filings(work, actor, casework.FilingFilter(at=work.now()), limit=_PAGE, after=after)
        changed = {} if since is None else casework.filings_changed_at(work, [one.filing.id for one in found])
        for filing in (one.filing for one in found):
            if filing.tenant_id == work.tenant_id and _fresh(changed.get(filing.id, filing.filed_at), since):
                works, decision = filing.works, filing.decision
                yield (
                    filing.id, casework.filing_state(filing, work.now()).value, works.place, works.method.value,
                    works.urgent, works.valid_from.isoformat(), works.valid_until.isoformat(),
                    filing.filed_at.isoformat(), None if decision is None else decision.zone.value, filing.version,
                )  # fmt: skip
        if len(found) < _PAGE:
            return
        after = (False, found[-1].filing.id)


def _orders(work: Work, actor: Actor, since: datetime | None) -> Rows:
    """Yield what somebody owes a site now: each is an order to the platform that sends people."""
    words, after = casework.duty_words(), None
    while True:
        found = casework.duties(work, actor, casework.DutyFilter(), limit=_PAGE, after=after)
        for one in found:
            duty = one.duty
            if duty.tenant_id == work.tenant_id and _fresh(duty.opened_at, since):
                yield (
                    duty.id, duty.site_id, duty.kind, " ".join(words.get(duty.kind, ())), duty.role, duty.person_id,
                    duty.clause, one.lon, one.lat, duty.opened_at.isoformat(), duty.due_at.isoformat(),
                    duty.state.value,
                )  # fmt: skip
        if len(found) < _PAGE:
            return
        after = (found[-1].duty.due_at, found[-1].duty.id)


LISTS: dict[str, tuple[tuple[str, ...], Callable[[Work, Actor, datetime | None], Rows]]] = {
    "sites": (
        ("site_id", "state", "headline", "zone", "level", "lon", "lat", "opened_at", "state_since", "ended_at",
         "version"), _sites,
    ),
    "filings": (
        ("filing_id", "state", "place", "method", "urgent", "valid_from", "valid_until", "filed_at", "zone", "version"),
        _filings,
    ),
    "violations": (
        ("violation_id", "site_id", "code", "severity", "clause", "reason", "opened_at", "due_at", "fixed_at"),
        _violations,
    ),
    "work-orders": (
        ("order_id", "site_id", "kind", "words", "role", "person_id", "clause", "lon", "lat", "opened_at", "due_at",
         "state"), _orders,
    ),
}  # fmt: skip
