"""Which pay rules hold: the shipped ones, or a tenant's own edition, by the moment something was earned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.market.facts.pay import OwnEdition
from pipewarden.market.rules.pay_file import in_force, read_own
from pipewarden.market.service.rights import MANAGE, require_here
from pipewarden.market.store import editions as store
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.pay import PayEdition
    from pipewarden.people.facts import Actor


def edition_at(work: Work, at: datetime) -> PayEdition:
    """Return the edition by which the tenant pays what was earned at a moment."""
    return in_force(store.shipped_pay(), _own(work), at)


def edition_of(work: Work, tenant_id: UUID, at: datetime) -> PayEdition:
    """Return the edition by which some tenant pays what was earned at a moment."""
    return edition_at(replace(work, tenant_id=tenant_id), at)


def editions(work: Work, actor: Actor) -> tuple[PayEdition, list[PayEdition]]:
    """Return what holds now, and every edition of the tenant's own, the newest first: whoever earns may read them.

    Raises:
        ForbiddenError: a device asks.
    """
    if actor.kind is ActorKind.DEVICE:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as a person.")
    return edition_at(work, work.now()), list(reversed(_own(work)))


def edit_pay(work: Work, actor: Actor, text: str, why: str) -> PayEdition:
    """Keep a tenant's own edition; it holds from its ``since`` on, and changes nothing that was earned before.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the text is refused, it begins in the past, or its version or beginning is taken.
    """
    require_here(work, actor, MANAGE)
    made = read_own(text, why)
    if made.since < work.now():
        raise InputError(
            field="text: since", problem="lies in the past", fix="What was earned stays as it was: let it begin later."
        )
    kept = OwnEdition(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        version=made.version,
        since=made.since,
        text=text,
        why=why,
        made_by=f"{actor.kind}:{actor.id}",
        made_at=work.now(),
    )
    taken = made.version in {one.version for one in store.shipped_pay()}
    if taken or not store.add(work, kept):
        fix = "Give the edition a version and a beginning of its own."
        raise InputError(field="text: version", problem=f"{made.version} or its beginning is taken", fix=fix)
    people.record(work, actor, "pay.edited", ("pay", made.version), {"since": made.since.isoformat(), "why": why})
    return made


def _own(work: Work) -> list[PayEdition]:
    return [replace(read_own(one.text, one.why or "-", one.version), why=one.why) for one in store.own(work)]
