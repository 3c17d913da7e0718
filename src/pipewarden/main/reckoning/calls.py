"""Cases against notifications, and the roster against people who can be reached.

A call that is due and that nobody was told of is the silent failure that the escalation cannot see by itself: the step
fired, or should have, and nothing left the house. What a channel has taken, somebody has read or acknowledged, or what
casework was told that nobody can bring, is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import exists, or_, select

from pipewarden.act import service as act
from pipewarden.act import store as act_store
from pipewarden.act.facts import CallState, DeliveryState
from pipewarden.act.store.tables import CallRow as MessageRow
from pipewarden.casework.facts import Urgency
from pipewarden.casework.store.duty_tables import CallRow, ChainRow, RungRow
from pipewarden.casework.store.tables import SiteRow
from pipewarden.main.reckoning.facts import MOST_NAMED, Difference
from pipewarden.people import service as people
from pipewarden.people.facts import PersonState
from pipewarden.people.store.people import PersonRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work

LATE = timedelta(minutes=15)  # a step is at most ten seconds late and a channel is tried for minutes: more is lost
_BACK = timedelta(days=7)


def compare_calls(work: Work) -> tuple[int, list[Difference]]:
    """Return how many calls were looked at, and the open sites of a tenant with a due call that nobody was told of."""
    now = work.now()
    asked, untold = _untold_calls(work)
    steps = select(RungRow.site_id).where(
        RungRow.tenant_id == work.tenant_id,
        RungRow.call_id.is_(None),
        RungRow.dropped_at.is_(None),
        RungRow.person_id.is_not(None),
        RungRow.at < now - LATE,
    )
    timers = select(ChainRow.site_id).where(ChainRow.tenant_id == work.tenant_id, ChainRow.due_at < now - LATE)
    sites = untold | set(work.session.scalars(steps.union(timers)))
    still_open = select(SiteRow.id).where(SiteRow.tenant_id == work.tenant_id, SiteRow.open, SiteRow.id.in_(sites))
    found = sorted(work.session.scalars(still_open)) if sites else []
    if not found:
        return asked, []
    words = f"{len(found)} open sites have a due call that nobody was told of: call the people yourself"
    named = tuple(str(one) for one in found[:MOST_NAMED])
    return asked, [Difference("call_untold", work.tenant_id, len(found), words, named, tuple(found))]


def _untold_calls(work: Work) -> tuple[int, set[UUID]]:
    now = work.now()
    mine = (
        CallRow.tenant_id == work.tenant_id,
        CallRow.at > now - _BACK,
        CallRow.at < now - LATE,
        CallRow.urgency != Urgency.NOTE.value,
        ~CallRow.drill,
    )
    delivery = act_store.DeliveryRow
    taken = exists().where(delivery.subject_id == MessageRow.subject_id, delivery.state == DeliveryState.ACCEPTED.value)
    told = exists().where(
        MessageRow.id == CallRow.id,
        or_(
            taken,
            MessageRow.read_at.is_not(None),
            MessageRow.state.in_([CallState.REACHED.value, CallState.ACKNOWLEDGED.value, CallState.IN_APP.value]),
        ),
    )
    settled = or_(CallRow.acked_at.is_not(None), CallRow.unreachable_at.is_not(None), told)
    rows = work.session.execute(select(CallRow.site_ids, settled.label("settled")).where(*mine)).all()
    return len(rows), {UUID(str(one)) for row in rows if not row.settled for one in row.site_ids}


def compare_roster(work: Work, post: Post) -> tuple[int, list[Difference]]:
    """Return how many persons are on duty within a day, and those of them who cannot be reached or must not act."""
    found = act.ask_reach(work, post)
    duties = people.roster(work, people.operator(work.tenant_id), found.at, found.until)
    on_duty = {one.person_id for one in duties if one.tenant_id == work.tenant_id}
    away = select(PersonRow.id, PersonRow.name).where(
        PersonRow.id.in_(on_duty), PersonRow.state != PersonState.ACTIVE.value
    )
    why: dict[str, list[str]] = defaultdict(list)
    for one in found.missing:
        why["duty_unreachable"].append(f"{one.name} ({one.role}, {one.why.value})")
    why["duty_inactive"] += [str(row.name) for row in work.session.execute(away.order_by(PersonRow.name))]
    return found.persons, list(_told(work, why))


def _told(work: Work, why: dict[str, list[str]]) -> Iterator[Difference]:
    said = {
        "duty_unreachable": "people on duty within 24 hours cannot be reached by any real channel",
        "duty_inactive": "people on duty within 24 hours have an account that is switched off",
    }
    for what, named in sorted(why.items()):
        if named:
            words = f"{len(named)} {said[what]}: {'、'.join(named[:3])}"
            yield Difference(what, work.tenant_id, len(named), words, tuple(named[:MOST_NAMED]))
