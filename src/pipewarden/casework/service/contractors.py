"""Contractors as one person may see them, and the right of appeal against each entry of a record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import APPEALED, Appeal, AppealState
from pipewarden.casework.rules.contractor import history, name_key, sum_up
from pipewarden.casework.rules.contractor_file import contractors_at
from pipewarden.casework.service.records import OTHERS, records
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Contractor, ContractorPolicy, Entry, History, Record
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ, APPEAL, DECIDE = "contractor:read", "contractor:appeal", "contractor:decide"
STRUCK_OUT = "struck out on appeal"


@dataclass(frozen=True, slots=True)
class Dossier:
    """A contractor with its record as it stands.

    Attributes:
        merged: the contractors that are one with it.
        entries: theirs and its own, the newest first; those that count no more among them.
        until: when each entry ends to count by itself.
    """

    contractor: Contractor
    merged: tuple[Contractor, ...]
    entries: tuple[Entry, ...]
    record: Record
    history: History
    until: dict[UUID, datetime]


def contractors(work: Work, actor: Actor, *, limit: int, name: str = "", after: UUID | None = None) -> list[Dossier]:
    """Return contractors within the actor's reach, newest first; who speaks for one sees that one alone.

    Raises:
        ForbiddenError: the actor reads none.
        InputError: nothing is left of the name asked for.
    """
    scope = people.scope_filter(actor, READ, store.CONTRACTORS)
    like = name_key(name) if name.strip() else ""
    found = store.contractors.page(work, scope, limit=limit, like=like, after=after)
    by_tenant: dict[UUID, dict[UUID, list[Entry]]] = {}
    for tenant_id in sorted({one.tenant_id for one in found}):
        there = replace(work, tenant_id=tenant_id)
        by_tenant[tenant_id] = records(there, [one.id for one in found if one.tenant_id == tenant_id])
    return [_dossier(work, one, (), by_tenant[one.tenant_id].get(one.id, [])) for one in found]


def contractor(work: Work, actor: Actor, contractor_id: UUID, permission: str = READ) -> Dossier:
    """Return one contractor with its whole record; one that was merged tells that it was, with its own entries only.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.CONTRACTORS)
    one = people.visible(store.contractors.one(work, scope, contractor_id), "contractor")
    there = replace(work, tenant_id=one.tenant_id)
    if one.merged_into is not None:
        return _dossier(work, one, (), store.contractors.entries(there, [one.id]))
    return _dossier(work, one, tuple(store.contractors.merged(there, one.id)), records(there, [one.id]).get(one.id, []))


def policy(work: Work) -> ContractorPolicy:
    """Return the rules of records in force."""
    return contractors_at(store.shipped_contractors(), work.now())


def _dossier(work: Work, one: Contractor, merged: tuple[Contractor, ...], entries: Sequence[Entry]) -> Dossier:
    ruling, now = policy(work), work.now()
    until = {entry.id: entry.at + ruling.kinds[entry.kind].counts_for for entry in entries}
    return Dossier(one, merged, tuple(entries), sum_up(ruling, entries, now), history(ruling, entries, now), until)


def merge_contractor(work: Work, actor: Actor, contractor_id: UUID, into: UUID | None, reason: str) -> Dossier:
    """Say that a contractor is another one, or (``into`` None) that it is not; nothing of either record is rewritten.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: it is one with itself, either was merged already, or others were merged into it.
    """
    one = _own(work, contractor(work, actor, contractor_id, DECIDE).contractor)
    store.contractors.lock_names(work)
    if into is None:
        if one.merged_into is None:
            raise RefusedError(field="into", problem="is merged into none", fix="Name one to merge it into.")
        store.contractors.touch(work, [one.id])
        store.contractors.change(work, one.id, merged_into=None)
    else:
        other = _own(work, contractor(work, actor, into, DECIDE).contractor)
        if other.id == one.id or other.merged_into is not None or one.merged_into is not None:
            raise RefusedError(
                field="into", problem="is the same one, or one of the two was merged", fix="Name two that stand alone."
            )
        if store.contractors.merged(work, one.id):
            raise RefusedError(field="contractor", problem="others were merged into it", fix="Part them first.")
        store.contractors.touch(work, [one.id, other.id])
        store.contractors.change(work, one.id, merged_into=other.id)
    told = {"into": None if into is None else str(into), "reason": reason}
    people.record(work, actor, "contractor.merged" if into else "contractor.parted", ("contractor", one.id), told)
    return contractor(work, actor, one.id, DECIDE)


def name_speaker(work: Work, actor: Actor, contractor_id: UUID, person_id: UUID | None) -> Dossier:
    """Say who sees a contractor's record and speaks for it; None for nobody. No contractor can claim a record itself.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError: there is no such person.
    """
    one = _own(work, contractor(work, actor, contractor_id, DECIDE).contractor)
    if person_id is not None and person_id not in people.person_names(work, [person_id]):
        raise InputError(field="person_id", problem="is nobody", fix="Name a person who signs in.")
    store.contractors.change(work, one.id, speaker_id=person_id)
    told = {"person": None if person_id is None else str(person_id)}
    people.record(work, actor, "contractor.speaker", ("contractor", one.id), told)
    return contractor(work, actor, one.id, DECIDE)


def appeal(
    work: Work, actor: Actor, contractor_id: UUID, entry_id: UUID, *, reason: str, evidence: Sequence[str]
) -> Dossier:
    """Appeal against an entry of a record, for its contractor; the entry counts on and is marked until it is decided.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such entry in reach.
        RefusedError: an appeal is open or was decided, the entry counts no more, or its time for an appeal is over.
    """
    found = contractor(work, actor, contractor_id, APPEAL)
    work = replace(work, tenant_id=found.contractor.tenant_id)  # who speaks for it works for no operator
    entry = _entry(work, found, entry_id)
    ruling = policy(work)
    if entry.void_at is not None:
        raise RefusedError(field="entry", problem="counts no more", fix="There is nothing to appeal against.")
    if entry.appeals:
        problem = "is under appeal" if entry.under_appeal else "was upheld on appeal"
        raise RefusedError(field="entry", problem=problem, fix="An entry is appealed against once.")
    if work.now() > entry.made_at + ruling.appeal_within:
        ends = (entry.made_at + ruling.appeal_within).astimezone(ruling.zone)
        raise RefusedError(
            field="entry", problem=f"could be appealed against until {ends:%Y-%m-%d %H:%M}", fix="Ask the operator."
        )
    made = Appeal(
        work.ids.new(), entry.id, actor.id, work.now(), reason, tuple(evidence), work.now() + ruling.decide_within
    )
    store.contractors.save(work, made)
    work.emit(APPEALED, made.id, partition=work.own(str(made.id)))
    people.record(work, actor, "contractor.appealed", ("contractor", contractor_id), {"entry": str(entry.id)})
    return contractor(work, actor, contractor_id, APPEAL)


def decide_appeal(
    work: Work, actor: Actor, contractor_id: UUID, appeal_id: UUID, *, struck_out: bool, reason: str
) -> Dossier:
    """Decide an appeal: the entry stays, or counts no more from now on. Past scores are not rewritten.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such appeal in reach.
        RefusedError: it was decided, or who decides has made the entry or the appeal.
    """
    found = contractor(work, actor, contractor_id, DECIDE)
    _own(work, found.contractor)
    one = store.contractors.appeal(work, appeal_id)
    if one is None:
        raise NotFoundError.of("appeal")
    entry = _entry(work, found, one.entry_id)
    one = next(there for there in entry.appeals if there.id == appeal_id)
    if one.state is not AppealState.OPEN:
        raise RefusedError(field="appeal", problem=f"was decided: {one.state.value}", fix="A decision stands.")
    if actor.kind is not ActorKind.PERSON or actor.id == one.by or entry.made_by == f"{actor.kind}:{actor.id}":
        problem = "must be decided by a person who made neither the entry nor the appeal"
        raise RefusedError(field="appeal", problem=problem, fix="Let another safety manager decide.")
    state = AppealState.STRUCK_OUT if struck_out else AppealState.UPHELD
    store.contractors.save(work, replace(one, state=state, decided_by=actor.id, decided_at=work.now(), words=reason))
    if struck_out:
        store.contractors.void(work, [entry.id], STRUCK_OUT, over=OTHERS)  # nor when the works are theirs again
        store.contractors.touch(work, [entry.contractor_id])
    work.emit(APPEALED, one.id, partition=work.own(str(one.id)))
    told = {"entry": str(entry.id), "appeal": str(one.id), "state": state.value, "reason": reason}
    people.record(work, actor, "contractor.appeal_decided", ("contractor", contractor_id), told)
    return contractor(work, actor, contractor_id, DECIDE)


@dataclass(frozen=True, slots=True)
class AppealTold:
    """What both sides are told of an appeal.

    Attributes:
        persons: who speaks for the contractor, and who made the appeal.
    """

    appeal: Appeal
    entry: Entry
    contractor: Contractor
    persons: frozenset[UUID]


def appeal_told(work: Work, appeal_id: UUID) -> AppealTold | None:
    """Return what is to be told of an appeal of the tenant as it stands; None where it is gone."""
    one = store.contractors.appeal(work, appeal_id)
    entry = None if one is None else store.contractors.entry(work, one.entry_id)
    if one is None or entry is None:
        return None
    (group,) = store.contractors.group(work, [entry.contractor_id]).values()
    named = store.contractors.some(work, group)
    whole = next(there for there in named if there.merged_into is None)
    persons = {there.speaker_id for there in named if there.speaker_id is not None}
    return AppealTold(one, entry, whole, frozenset(persons | ({one.by} if one.by is not None else set())))


def _entry(work: Work, found: Dossier, entry_id: UUID) -> Entry:
    """Return an entry of the record, held; NotFoundError where it is not of it."""
    if entry_id not in {one.id for one in found.entries}:
        raise NotFoundError.of("entry")
    held = store.contractors.entry(work, entry_id)
    return people.visible(held, "entry")


def _own(work: Work, one: Contractor) -> Contractor:
    if one.tenant_id != work.tenant_id:
        raise NotFoundError.of("contractor")
    return one
