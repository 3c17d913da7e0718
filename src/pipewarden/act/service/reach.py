"""Can everybody on duty be reached? Asked every night, because a chain goes past whoever has no channel unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import ChannelState, Missing, Reach, WhyNot
from pipewarden.act.rules import plan as rules
from pipewarden.act.service.calling import tell
from pipewarden.act.service.planning import Said, parts, written
from pipewarden.act.store.tables import REACH
from pipewarden.casework.facts import Call, Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, Role, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.facts import Attempt, Delivery
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Contact, Duty

AHEAD = timedelta(hours=24)
_MOST_NAMED = 10


def check_reach(work: Work, post: Post) -> Reach:
    """Ask of everybody on duty within a day whether a real channel leads to them; tell the safety managers if not."""
    found = ask_reach(work, post)
    store.reach.add(work, found)
    if found.missing:
        named = "、".join(one.name for one in found.missing[:_MOST_NAMED])
        tell(work, post, Role.SAFETY_MANAGER, "reach.missing", {"count": str(len(found.missing)), "names": named})
    return found


def ask_reach(work: Work, post: Post) -> Reach:
    """Return who of those on duty within a day cannot be reached, and write and tell nothing."""
    now = work.now()
    duties = _serving(work, now, now + AHEAD)
    persons = {one.person_id for one in duties}
    contacts = people.contacts_of(work, persons)
    names = people.person_names(work, persons)
    off = post.off(work)
    first: dict[UUID, Duty] = {}
    for one in duties:
        first.setdefault(one.person_id, one)
    missing = tuple(
        Missing(person, names.get(person, ""), duty.role.value, duty.area_id, duty.begins_at, why)
        for person, duty in first.items()
        if (why := why_not(contacts.get(person, []), post.real, off))
    )
    return Reach(id=work.ids.new(), at=now, until=now + AHEAD, persons=len(persons), missing=missing)


def _serving(work: Work, begins: datetime, ends: datetime) -> list[Duty]:
    """Return the duties of a time with whoever stands in for another, and without whom somebody else covers wholly."""
    rostered = people.roster(work, people.operator(work.tenant_id), begins, ends)
    mine = {one.id: one for one in rostered if one.tenant_id == work.tenant_id}
    covered: set[UUID] = set()
    standing_in: list[Duty] = []
    for swap in people.substitutions(work, mine.keys()):
        duty = mine[swap.duty_id]
        if swap.begins_at <= max(begins, duty.begins_at) and swap.ends_at >= min(ends, duty.ends_at):
            covered.add(duty.id)
        if swap.person_id is not None and swap.begins_at < ends and swap.ends_at > begins:
            standing_in.append(replace(duty, person_id=swap.person_id, begins_at=swap.begins_at))
    served = [one for one in mine.values() if one.id not in covered]
    return sorted([*served, *standing_in], key=lambda one: (one.begins_at, one.rank, one.id))


def why_not(contacts: Sequence[Contact], real: Callable[[str], bool], off: Callable[[str], bool]) -> WhyNot | None:
    """Return why nobody is reached by these contact points; None where one of them leads to the person."""
    outside = [one for one in contacts if one.kind is not ContactKind.INAPP]
    if not outside:
        return WhyNot.NO_CONTACT
    usable = [one for one in outside if not off(one.kind)]
    if not usable:
        return WhyNot.SWITCHED_OFF
    return None if any(real(one.kind) for one in usable) else WhyNot.LOG_ONLY


def reach(work: Work, actor: Actor) -> Reach | None:
    """Return the newest answer for the tenant worked for, None before the first night.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    return store.reach.latest(work, people.scope_filter(actor, "channel:read", REACH))


def channels(work: Work, post: Post, actor: Actor) -> list[ChannelState]:
    """Return every kind of channel as it can be used in the tenant worked for.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    people.require_row(actor, "channel:read", ScopedRow(work.tenant_id), "channel")
    board = people.Switchboard(work)
    return [
        ChannelState(kind, kind in post.channels, post.real(kind), board.off(f"channel:{kind}") is not None)
        for kind in ContactKind
        if kind is not ContactKind.INAPP
    ]


def try_person(work: Work, post: Post, person_id: UUID, *, kind: ContactKind | None = None) -> UUID:
    """Put a test message for each contact point of a person into the outbox, all at once; return their subject.

    Where:
        kind: of the contact points that are tried; all of them when None.
    """
    call = Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=person_id,
        urgency=Urgency.DUE,
        site_ids=(),
        duty_id=None,
        step=0,
        loop=0,
        text="test",
        params={},
        at=work.now(),
    )
    ways = rules.routes(people.contacts_of(work, [person_id]).get(person_id, []), call.urgency, post.off(work))
    for _, contact in ways:
        if kind is not None and contact.kind is not kind:
            continue
        title, text = written(post, call, (), contact.language)
        store.outbox.add(work, parts(work, post, contact, Said(call.id, call.urgency, title, text), position=0))
    return call.id


def tried(work: Work, subject_id: UUID) -> tuple[list[Delivery], list[Attempt]]:
    """Return what was sent for a subject, and every attempt."""
    found = store.outbox.of(work, store.DeliveryRow.subject_id == subject_id)
    return found, store.outbox.attempts(work, [one.id for one in found])
