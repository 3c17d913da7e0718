"""A filing handed over to another tenant: opened there in the same transaction, answered there, or sent back.

Only the works travel, as whoever filed them said them, with the reason; nothing of the giver's decision, map or people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import (
    HANDED_OVER,
    Cancelled,
    Filed,
    FilingState,
    HandedOver,
    Listed,
    PartyRole,
    Renewed,
    Returned,
    Revised,
)
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.casework.rules.handover import handover_file
from pipewarden.casework.rules.listed import digest
from pipewarden.casework.service.filing_changing import check_anew, checked_again, fold, write
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pipewarden.casework.facts import Filing, FilingBody, Party, SentBack, Works
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Tenant


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What may be known here of a filing that another tenant answers: that it is there, and whether it is answered."""

    filing_id: UUID
    state: FilingState
    answered_at: datetime | None


def check_own(present: Filing, body: FilingBody) -> None:
    """Refuse to change works here that were handed over: who filed them changes them where they were filed.

    Raises:
        RefusedError: the act changes them.
    """
    if present.works.source == HANDED_OVER and isinstance(body, Revised | Renewed | Cancelled):
        raise RefusedError(
            field="act", problem="is for the operator that handed it over", fix="Send it back with the reason."
        )


def open_there(work: Work, actor: Actor, giving: Filing, body: HandedOver) -> HandedOver:
    """File the works of a filing, which the caller holds, in the tenant that the operator is; return the act completed.

    The operator is a tenant where its name is the tenant's and an area of the tenant's own meets the works; else the
    act stays as it is, and a file can be sent (``handover_file``).
    """
    there = _tenant(work, body.operator, giving.works)
    if there is None:
        return body
    theirs = replace(work, tenant_id=there.id)
    filing_id = work.ids.new()
    works = replace(
        giving.works,
        parties=(*(one for one in giving.works.parties if one.role is not PartyRole.OPERATOR), body.operator),
        source=HANDED_OVER,
        source_id=str(giving.id),
    )
    made = fold(theirs, None, filing_id, [Filed(works), check_anew(theirs, works)], _from(work))
    write(theirs, [made], None)
    store.lists.say(theirs, HANDED_OVER, [Listed(str(giving.id), filing_id, str(giving.version), digest(works))])
    people.record(
        theirs,
        actor,
        "filing.received",
        ("filing", filing_id),
        {"from_tenant": str(work.tenant_id), "filing": str(giving.id), "reason": body.reason},
        tenant_id=there.id,
    )
    return replace(body, tenant_id=there.id, filing_id=filing_id)


def handover(work: Work, filing: Filing) -> dict[str, Any]:
    """Return the file of a filing, in reach of who asks, whose last hand-over named an operator without a tenant here.

    Raises:
        RefusedError: it was never handed over, or another tenant answers it.
    """
    last = store.filings.last_handed(work, filing.id)
    if last is None or filing.handed is not None:
        problem = "was never handed over" if last is None else "is answered by another operator here: it has it already"
        raise RefusedError(field="filing", problem=problem, fix="Hand it over first, naming the operator.")
    return handover_file(filing, last.reason, work.now())


def where_handed(work: Work, filings: Iterable[Filing]) -> dict[UUID, Elsewhere]:
    """Return how filings stand with the tenants that answer them, by id; one that is answered here is left out."""
    given = {one.id: one.handed for one in filings if one.handed is not None}
    there = store.filings.some(work, {(one.tenant_id, one.filing_id) for one in given.values()})
    found = {filing_id: there[one.filing_id] for filing_id, one in given.items() if one.filing_id in there}
    now = work.now()
    return {filing_id: Elsewhere(one.id, state_at(one, now), one.answered_at) for filing_id, one in found.items()}


def _tenant(work: Work, operator: Party, works: Works) -> Tenant | None:
    ground, name = shapely.from_wkb(works.area), operator.name.strip().casefold()
    for one in people.tenants(work, people.operator()):
        if one.id != work.tenant_id and one.name.strip().casefold() == name:
            theirs = people.areas(replace(work, tenant_id=one.id))
            own = [area.wkb for area in theirs if area.tenant_id == one.id and area.wkb is not None]
            if any(shapely.from_wkb(wkb).intersects(ground) for wkb in own):
                return one
    return None


def _from(work: Work) -> str:
    """Return who acts in another tenant's events: the tenant, for its people are nobody there."""
    return f"tenant:{work.tenant_id}"


def follow_there(work: Work, given: Filing, body: FilingBody) -> None:
    """Let what changes the works of a filing that was handed over happen in the tenant that answers it, too."""
    if given.handed is None or not isinstance(body, Revised | Renewed | Cancelled):
        return
    theirs = replace(work, tenant_id=given.handed.tenant_id)
    present = store.filings.lock(theirs, given.handed.filing_id)
    if present is None or state_at(present, work.now()) in {FilingState.CANCELLED, FilingState.EXPIRED}:
        return
    if isinstance(body, Revised):
        mine = present.works
        works = replace(body.works, source=mine.source, source_id=mine.source_id, parties=_parties(body.works, mine))
        body = replace(body, works=works)
    made = fold(theirs, present, present.id, [body, *checked_again(theirs, present, body)], _from(work))
    write(theirs, [made], None)
    follow_there(theirs, present, body)


def _parties(works: Works, mine: Works) -> tuple[Party, ...]:
    """Return the parties as revised, with the operator that answers here."""
    others = tuple(one for one in works.parties if one.role is not PartyRole.OPERATOR)
    return (*others, *(one for one in mine.parties if one.role is PartyRole.OPERATOR))


def lock_giver(work: Work, filing_id: UUID) -> Filing | None:
    """Hold the filing that one was handed over from; before that one, as whoever hands over does."""
    kept = store.filings.read(work, filing_id)
    if kept is None or kept.works.source != HANDED_OVER:
        return None
    return store.filings.lock_any(work, UUID(kept.works.source_id))


def give_back(work: Work, actor: Actor, giver: Filing, filing_id: UUID, body: SentBack) -> None:
    """Let a filing that was sent back be answered where it came from, unless it was given elsewhere since."""
    if giver.handed is None or giver.handed.filing_id != filing_id or giver.cancelled_at is not None:
        return
    theirs = replace(work, tenant_id=giver.tenant_id)
    made = fold(theirs, giver, giver.id, [Returned(body.reason)], _from(work))
    write(theirs, [made], None)
    details = {"from_tenant": str(work.tenant_id), "filing": str(filing_id), "reason": body.reason}
    people.record(theirs, actor, "filing.returned", ("filing", giver.id), details, tenant_id=giver.tenant_id)
