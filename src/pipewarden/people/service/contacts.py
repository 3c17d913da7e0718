"""Contact points: set by the person or an administrator in reach, on record, their addresses never shown again."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import (
    ROBOTS,
    Actor,
    ActorKind,
    Address,
    Contact,
    ContactKind,
    ForbiddenError,
    ScopedRow,
    Viewed,
)
from pipewarden.people.rules import contact as rules
from pipewarden.people.service.access import require, require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.views import viewed
from pipewarden.people.store import contacts as store
from pipewarden.people.store import people as people_store
from pipewarden.people.store.contacts import ContactRow
from pipewarden.people.store.people import MembershipRow
from pipewarden.people.store.scope import ScopedTable, scope_filter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import NewContact

_LONGEST_NAME = 60
_NO_DIGIT, _LAND = re.compile(r"[^0-9]"), re.compile(r"^(?:00)?86(?=1[0-9]{10}$)")
_MEMBERSHIPS = ScopedTable(
    tenant_id=MembershipRow.tenant_id, area_id=MembershipRow.area_id, owner_id=MembershipRow.person_id
)


def contacts(work: Work, actor: Actor, person_id: UUID, reason: str | None = None) -> list[Contact]:
    """Return how the tenant worked for reaches a person, first choice first; a look at somebody else's is on record.

    Raises:
        ForbiddenError, NotFoundError: it is somebody else's and the actor must not read it, or not there.
        InputError: it is somebody else's, and no reason is given.
    """
    _check(work, actor, person_id, "channel:read")
    viewed(work, actor, Viewed.CONTACT, ("person", person_id), reason)
    return contacts_of(work, [person_id]).get(person_id, [])


def set_contacts(work: Work, actor: Actor, person_id: UUID, wanted: Sequence[NewContact]) -> list[Contact]:
    """Replace how the tenant worked for reaches a person; the order is the order in which they are tried.

    Raises:
        ForbiddenError, NotFoundError: it is somebody else's and the actor must not change it, or not there.
        InputError: an address cannot be used, there are too many, or an id is not one of theirs.
    """
    _check(work, actor, person_id, "channel:manage")
    return _replace(work, actor, person_id, wanted)


def robots(work: Work, actor: Actor) -> list[Contact]:
    """Return the tenant's group channels.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    require_row(actor, "channel:read", ScopedRow(tenant_id=work.tenant_id), "channel")
    return robots_of(work)


def set_robots(work: Work, actor: Actor, wanted: Sequence[NewContact]) -> list[Contact]:
    """Replace the tenant's group channels: robots in group chats, that get a copy of what is urgent.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: one is no robot or cannot be used.
    """
    require_row(actor, "channel:manage", ScopedRow(tenant_id=work.tenant_id), "channel")
    for number, one in enumerate(wanted):
        if one.kind not in ROBOTS:
            kinds = ", ".join(sorted(ROBOTS))
            raise InputError(field=f"items.{number}.kind", problem="is no group channel", fix=f"Use one of {kinds}.")
    return _replace(work, actor, None, wanted)


def _check(work: Work, actor: Actor, person_id: UUID, permission: str) -> None:
    if actor.kind is ActorKind.PERSON and actor.id == person_id:
        if actor.must_change:
            raise ForbiddenError.of(permission)
        return
    require(actor, permission)
    in_reach = scope_filter(actor, permission, _MEMBERSHIPS)
    held = people_store.memberships(
        work.session,
        MembershipRow.person_id == person_id,
        MembershipRow.tenant_id == work.tenant_id,
        people_store.not_over(work.now()),
        in_reach,
    )
    visible(next(iter(held), None), "person")


def _replace(work: Work, actor: Actor, person_id: UUID | None, wanted: Sequence[NewContact]) -> list[Contact]:
    if len(wanted) > rules.MOST:
        raise InputError(field="items", problem=f"are more than {rules.MOST}", fix="Keep those that are used.")
    store.lock(work.session, work.tenant_id, person_id)
    had = {one.id: one for one in _of(work, person_id)}
    kept: list[Contact] = []
    for position, one in enumerate(wanted):
        before = _kept(had, one, f"items.{position}")
        kept.append(_put(work, actor, person_id, before, one, position=position))
    if len({one.id for one in kept}) != len(kept):
        raise InputError(field="items", problem="name one id twice", fix="Give each contact point once.")
    gone = had.keys() - {one.id for one in kept}
    store.remove(work.session, gone, work.now())
    record(
        work,
        actor,
        "contacts.set",
        ("tenant", work.tenant_id) if person_id is None else ("person", person_id),
        {"kinds": [one.kind.value for one in kept], "ids": [str(one.id) for one in kept], "removed": len(gone)},
    )
    return kept


def _kept(had: dict[UUID, Contact], wanted: NewContact, field: str) -> Contact | None:
    before = None if wanted.id is None else had.get(wanted.id)
    if wanted.id is not None and (before is None or before.kind is not wanted.kind):
        raise InputError(field=f"{field}.id", problem="is no such contact point", fix="Leave it out to make a new one.")
    return before


def _put(
    work: Work, actor: Actor, person_id: UUID | None, before: Contact | None, wanted: NewContact, *, position: int
) -> Contact:
    field = f"items.{position}"
    name = wanted.name.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError(field=f"{field}.name", problem="is too long or not printable", fix="Use up to 60 characters.")
    made = Contact(
        id=work.ids.new() if before is None else before.id,
        tenant_id=work.tenant_id,
        person_id=person_id,
        kind=wanted.kind,
        name=name,
        shown="" if before is None else before.shown,
        position=position,
        language=wanted.language,
        quiet=wanted.quiet,
        verified_at=None if before is None else before.verified_at,
    )
    address = None
    if before is None or wanted.address or wanted.secret:
        where, secret = rules.address_of(wanted, field)
        made = replace(made, shown=rules.masked(wanted.kind, where), verified_at=None)
        address = Address(made.id, where, secret)
    store.put(work.session, made, work.now(), actor.id)
    if address is not None:
        store.put_address(work.session, work.tenant_id, address)
    return made


def _of(work: Work, person_id: UUID | None) -> list[Contact]:
    theirs = ContactRow.person_id.is_(None) if person_id is None else ContactRow.person_id == person_id
    return store.contacts(work.session, ContactRow.tenant_id == work.tenant_id, theirs)


def contacts_of(work: Work, person_ids: Collection[UUID]) -> dict[UUID, list[Contact]]:
    """Return how the tenant worked for reaches persons, first choice first; for the house's own jobs."""
    found: dict[UUID, list[Contact]] = {}
    mine = ContactRow.tenant_id == work.tenant_id
    for one in store.contacts(work.session, mine, ContactRow.person_id.in_(list(person_ids))):
        if one.person_id is not None:
            found.setdefault(one.person_id, []).append(one)
    return found


def robots_of(work: Work) -> list[Contact]:
    """Return the group channels of the tenant worked for; for the house's own jobs."""
    return _of(work, None)


def address_of(work: Work, contact_id: UUID) -> Address | None:
    """Return where a contact point of the tenant worked for leads, None once it is out of use; for the sender alone."""
    return store.address(work.session, work.tenant_id, contact_id)


def proved_phones(work: Work, person_id: UUID) -> frozenset[str]:
    """Return the mobile numbers by which a person of the tenant has acknowledged something, eleven digits each.

    A number that was only written down proves nothing: anybody may write down anybody's.
    """
    told = (ContactKind.SMS, ContactKind.VOICE)
    proved = [
        one
        for one in contacts_of(work, [person_id]).get(person_id, [])
        if one.kind in told and one.verified_at is not None
    ]
    found = [address_of(work, one.id) for one in proved]
    return frozenset(_LAND.sub("", _NO_DIGIT.sub("", one.address)) for one in found if one is not None)


def verified(work: Work, contact_id: UUID) -> None:
    """Note that an acknowledgement came back by a contact point."""
    store.verify(work.session, work.tenant_id, contact_id, work.now())
