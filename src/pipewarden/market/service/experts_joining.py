"""Becoming an expert, by a link or on one's own, saying what one can, and being seen by somebody of the house."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.experts import EXPERT_CHANGED, Expert, ExpertEvent, Grade, Link
from pipewarden.market.rules import grades
from pipewarden.market.rules.experts_file import policy_on
from pipewarden.market.rules.matching import folded
from pipewarden.market.service.rights import name
from pipewarden.market.store import commissions
from pipewarden.market.store import experts as store
from pipewarden.market.store.expert_policy import shipped_experts
from pipewarden.market.store.expert_tables import EXPERTS, LINKS
from pipewarden.people import service as people
from pipewarden.people.facts import (
    PLATFORM,
    ActorKind,
    ForbiddenError,
    NewMembership,
    NewPerson,
    NotFoundError,
    Role,
    ScopedRow,
)

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.experts import ExpertPolicy
    from pipewarden.people.facts import Actor, Person
    from pipewarden.people.service import Gate

READ, MANAGE, WORK = "expert:read", "expert:manage", "commission:work"
_MOST_TAGS, _LONGEST_TAG = 30, 30
_MOST_USES = 1000


@dataclass(frozen=True, slots=True)
class Profile:
    """What somebody says of themselves.

    Attributes:
        tags: 30 at most, of 30 characters at most.
        price_floor: units of 0.0001 yuan; None: any price.
        conflicts: employers and tenants for which they must not work.
    """

    employer: str
    job: str
    tags: frozenset[str]
    words: str = ""
    available: bool = True
    price_floor: int | None = None
    conflicts: frozenset[str] = frozenset()


def policy(work: Work) -> ExpertPolicy:
    """Return the rules of grades and matches that hold now."""
    return policy_on(shipped_experts(), work.now())


def make_link(work: Work, actor: Actor, token: str, *, words: str, tags: frozenset[str], days: int, most: int) -> Link:
    """Make an invitation; whoever has its word registers by it until it is used up or over.

    Args:
        work: of who invites.
        actor: who decides.
        token: drawn by the caller, 128 bits at least; only its digest is kept.
        words: what whoever opens it reads first.
        tags: proposed to whoever registers.
        days: that it is good for.
        most: registrations.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: it would live too long or be used too often, or a tag is none.
    """
    people.require_row(actor, MANAGE, ScopedRow(tenant_id=work.tenant_id), "link")
    longest = policy(work).link_days
    if not 1 <= days <= longest:
        raise InputError(field="days", problem="is out of range", fix=f"Give 1 to {longest} days.")
    if not 1 <= most <= _MOST_USES:
        raise InputError(field="most", problem="is out of range", fix=f"Give 1 to {_MOST_USES} registrations.")
    _check_tags(tags)
    now = work.now()
    made = Link(
        work.ids.new(), work.tenant_id, _digest(token), words, tags, actor.id, now, now + timedelta(days=days), most
    )
    store.add_link(work, made)
    people.record(work, actor, "expert.link_made", ("link", made.id), {"days": days, "most": most})
    return made


def links(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Link]:
    """Return invitations in the actor's reach, the newest first.

    Raises:
        ForbiddenError: the actor manages no experts.
    """
    return store.links(work, people.scope_filter(actor, MANAGE, LINKS), limit=limit, before=before)


def end_link(work: Work, actor: Actor, link_id: UUID) -> Link:
    """End an invitation; who registered by it stays.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    scope = people.scope_filter(actor, MANAGE, LINKS)
    found = people.visible(store.end_link(work, scope, link_id, work.now()), "link")
    people.record(work, actor, "expert.link_ended", ("link", link_id), {})
    return found


def open_link(work: Work, token: str) -> Link:
    """Return what an invitation says, to whoever has its word.

    Raises:
        NotFoundError: there is none of that word, or it is over or used up: which of them is nobody's business.
    """
    return _good(work, store.link_by_digest(work, _digest(token)))


def register(work: Work, actor: Actor, said: Profile, token: str | None = None) -> Expert:
    """Make the actor an expert of grade C; to be one already changes nothing but what they say.

    Args:
        work: of whoever asks.
        actor: a person who is signed in.
        said: of themselves.
        token: of an invitation; without one they belong to the platform.

    Raises:
        ForbiddenError: the actor is no person.
        NotFoundError: the invitation is none, over or used up.
        InputError: a tag or a price is none.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as the person who registers.")
    if store.one(work, actor.id) is not None:
        return change(work, actor, said)
    _check(said)
    link = None if token is None else _good(work, store.link_by_digest(work, _digest(token), lock=True))
    made = _join(work, actor.id, said, link)
    people.record(work, actor, "expert.registered", ("expert", actor.id), {"link": link is not None})
    return made


def register_new(work: Work, gate: Gate, wanted: NewPerson, said: Profile, token: str) -> tuple[Person, Expert]:
    """Make a person with an account and an expert at once: whoever has an invitation needs nobody else.

    Raises:
        NotFoundError: the invitation is none, over or used up.
        InputError: the login is taken, the password weak, a tag or a price none.
    """
    link = _good(work, store.link_by_digest(work, _digest(token), lock=True))
    _check(said)
    house = people.operator(PLATFORM)
    person = people.add_person(work, gate, house, replace(wanted, must_change=False))
    return person, _join(work, person.id, said, link)


def change(work: Work, actor: Actor, said: Profile) -> Expert:
    """Let an expert say anew what they can, whether they take work, for what price, and for whom not.

    Raises:
        NotFoundError: the actor is no expert.
        InputError: a tag or a price is none.
    """
    before = people.visible(store.held(work, actor.id), "expert")
    _check(said)
    after = replace(before, **_fields(said))
    if after != before:
        store.change(work, after)
        changed = sorted(field for field in _fields(said) if getattr(after, field) != getattr(before, field))
        tell(work, after, name(actor), "changed", {"changed": changed})
    return after


def verify(work: Work, actor: Actor, person_id: UUID, *, how: str) -> Expert:
    """Say that one saw who an expert is (实名): their paper, or their company's word; the grade follows.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: it is oneself.
    """
    people.scope_filter(actor, MANAGE, EXPERTS)
    before = people.visible(store.held(work, person_id), "expert")
    people.require_row(actor, MANAGE, ScopedRow(tenant_id=before.tenant_id), "expert")
    if actor.id == person_id:
        raise RefusedError(field="expert", problem="is yourself", fix="Let somebody else look at your papers.")
    if before.verified_at is not None:
        return before
    after = replace(before, verified_at=work.now())
    store.change(work, after)
    tell(work, after, name(actor), "verified", {"how": how})
    people.record(work, actor, "expert.verified", ("expert", person_id), {"how": how})
    return regrade(work, person_id)


def verifies(actor: Actor, expert: Expert) -> bool:
    """Return whether the actor is who is asked for: nobody saw yet who an expert is, and it is theirs to look at."""
    theirs = people.allows(actor, MANAGE, ScopedRow(tenant_id=expert.tenant_id))
    return theirs and expert.verified_at is None and actor.id != expert.person_id


def regrade(work: Work, person_id: UUID) -> Expert:
    """Give an expert the grade that they have earned by the rules of today: up at once, down by one.

    Raises:
        NotFoundError: the person is no expert.
    """
    before = people.visible(store.held(work, person_id), "expert")
    rules = policy(work)
    proved, done = store.skills(work, [person_id])[person_id], commissions.done_by(work, person_id)
    grade = grades.moved(rules, before, proved, done)
    if grade is before.grade:
        return before
    after = replace(before, grade=grade)
    store.change(work, after)
    kind = "promoted" if grade < before.grade else "demoted"  # A sorts before B
    tell(work, after, None, kind, {"from": before.grade.value, "to": grade.value, "policy": rules.version})
    return after


def standing(work: Work, person_id: UUID) -> dict[Grade, list[tuple[str, str]]]:
    """Return what stands between an expert and each grade above theirs, in Chinese and English."""
    found = people.visible(store.one(work, person_id), "expert")
    proved, done = store.skills(work, [person_id])[person_id], commissions.done_by(work, person_id)
    steps = policy(work).steps
    return {
        grade: grades.missing(steps[grade], found, proved, done) for grade in (Grade.B, Grade.A) if grade < found.grade
    }


def tell(work: Work, expert: Expert, actor: str | None, kind: str, body: dict[str, object]) -> None:
    """Write what happened to an expert's standing, and say so."""
    event = ExpertEvent(work.ids.new(), expert.tenant_id, expert.person_id, work.now(), actor, kind, body)
    store.tell(work, event)
    work.emit(EXPERT_CHANGED, event.id, partition=str(expert.person_id))


def _join(work: Work, person_id: UUID, said: Profile, link: Link | None) -> Expert:
    home = PLATFORM if link is None else link.tenant_id
    made = Expert(
        person_id=person_id,
        tenant_id=home,
        grade=Grade.C,
        stars=0,
        ratings=0,
        since=work.now(),
        link_id=None if link is None else link.id,
        **_fields(said),
    )
    store.add(work, made)
    if link is not None:
        store.use_link(work, link.id)
    _give_role(work, person_id)
    tell(work, made, None, "registered", {"link": None if link is None else str(link.id)})
    return made


def _give_role(work: Work, person_id: UUID) -> None:
    """Give the role of an expert on the platform; whoever holds it there keeps it."""
    there = work.of(PLATFORM)
    if any(held == person_id for _, held in people.holders(there, [Role.EXPERT])):
        return
    wanted = NewMembership(person_id=person_id, tenant_id=PLATFORM, role=Role.EXPERT, begins_at=work.now())
    people.grant(there, people.operator(PLATFORM), wanted)


def _good(work: Work, link: Link | None) -> Link:
    if link is None or link.ended_at is not None or link.used >= link.most or work.now() >= link.until:
        raise NotFoundError.of("invitation")
    return link


def _fields(said: Profile) -> dict[str, Any]:
    return {field: getattr(said, field) for field in Profile.__slots__} | {
        "conflicts": frozenset(folded(one) for one in said.conflicts if folded(one))
    }


def _check(said: Profile) -> None:
    _check_tags(said.tags)
    if len(said.conflicts) > _MOST_TAGS:
        raise InputError(field="conflicts", problem=f"are more than {_MOST_TAGS}", fix="Name the nearest ones.")
    if said.price_floor is not None and said.price_floor <= 0:
        raise InputError(field="price_floor", problem="is nothing", fix="Give a price above 0, or leave it out.")


def _check_tags(tags: frozenset[str]) -> None:
    if len(tags) > _MOST_TAGS or any(not 0 < len(one) <= _LONGEST_TAG or not one.isprintable() for one in tags):
        fix = f"Give {_MOST_TAGS} tags at most, of 1 to {_LONGEST_TAG} characters."
        raise InputError(field="tags", problem="are too many, or one is none", fix=fix)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token[:100].encode("utf-8", "surrogatepass")).digest()
