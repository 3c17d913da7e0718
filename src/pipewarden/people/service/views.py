"""Every look at personal data, with its reason: kept as rows, sealed into the audit chain, shown to the person."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.people.facts import ActorKind, AuditBreak, View, Viewed, ViewFilter, ViewSeal
from pipewarden.people.rules import views as rules
from pipewarden.people.service.access import require, system
from pipewarden.people.service.audit import record
from pipewarden.people.store import record as record_store
from pipewarden.people.store import views as store
from pipewarden.people.store.record import AuditRow
from pipewarden.people.store.scope import ScopedTable, scope_filter
from pipewarden.people.store.views import ViewRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_BATCH = 1000
_MOST_A_SEAL = 50_000
_SEALER = "sealing"
_OBJECT = "views"


def viewed(
    work: Work,
    actor: Actor,
    what: Viewed,
    subject: tuple[str, object],
    reason: str | None,
    *,
    about: UUID | None = None,
    tenant_id: UUID | None = None,
) -> View | None:
    """Put a look at personal data on record, in the transaction that gives the data out; nothing for one's own.

    Where:
        subject: kind and id of what is opened (``("person", id)``, ``("picture", sha256)``, ``("trip", id)``).
        reason: what the header X-Reason said, already decoded; needed for originals and contacts.
        about: whose data it is, where known; a subject of the kind ``person`` says it itself.
        tenant_id: whose data, when it is not the tenant worked for.

    Raises:
        InputError: the reason is missing where one is needed, or cannot be kept (422).
    """
    kind, subject_id = subject
    whose = subject_id if about is None and kind == "person" and isinstance(subject_id, UUID) else about
    if actor.id == whose and actor.kind in {ActorKind.PERSON, ActorKind.DEVICE}:
        return None
    made = View(
        id=work.ids.new(),
        tenant_id=work.tenant_id if tenant_id is None else tenant_id,
        seq=0,
        at=work.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        what=what,
        subject_kind=kind,
        subject_id=str(subject_id),
        about=whose,
        reason=rules.reason_for(what, reason),
    )
    return replace(made, seq=store.add(work.session, made))


def listed(
    work: Work, actor: Actor, name: str, asked: Mapping[str, object], shown: Iterable[tuple[UUID, object]]
) -> None:
    """Put one page of a list that shows names of persons on record: one row for each tenant whose persons they are.

    A desk asks again and again for what it shows: the same page with the same persons within ten minutes is the same
    look, and so is a page without anybody but the reader. The reason is duty: lists are read to do one's work, and
    asking for words every time would teach people to type nonsense.

    Args:
        work: of the request: the row is written in the transaction that gives the page out.
        actor: who reads.
        name: of the list, as its path says it.
        asked: the filter of the page; None and False are left out.
        shown: tenant and id of each person on the page, None where nobody is; filings stand for their parties.
    """
    own = {str(actor.id), f"{actor.kind}:{actor.id}"}
    pages: dict[UUID, set[str]] = {}
    for tenant_id, one in shown:
        if one is not None and str(one) not in own:
            pages.setdefault(tenant_id, set()).add(str(one))
    since = work.now() - rules.SAME_LOOK
    for tenant_id, persons in sorted(pages.items()):
        page = rules.page_of(asked, persons)
        if not store.seen_since(work.session, tenant_id, actor.id, (name, page), since):
            viewed(work, actor, Viewed.LIST, (name, page), rules.DUTY, tenant_id=tenant_id)


def views(
    work: Work, actor: Actor, wanted: ViewFilter | None = None, *, before: int | None = None, limit: int = 100
) -> list[View]:
    """Return the looks at data of the tenant worked for, newest first, from before a ``seq``.

    Raises:
        ForbiddenError: the actor must not read the audit.
    """
    require(actor, "audit:read")
    seen = scope_filter(actor, "audit:read", ScopedTable(tenant_id=ViewRow.tenant_id))
    conditions = [ViewRow.tenant_id == work.tenant_id, seen, *store.wanted(wanted or ViewFilter())]
    conditions += [] if before is None else [ViewRow.seq < before]
    return store.views(work.session, *conditions, limit=min(limit, _BATCH), newest=True)


def views_of_me(work: Work, actor: Actor, *, before: int | None = None, limit: int = 100) -> list[View]:
    """Return who looked at the actor's own data in any tenant, newest first: everybody may know (PIPL article 44)."""
    wanted = [ViewRow.about == actor.id] + ([] if before is None else [ViewRow.seq < before])
    return store.views(work.session, *wanted, limit=min(limit, _BATCH), newest=True)


def seal_views(work: Work) -> ViewSeal | None:
    """Put the tenant's looks that are not on its audit chain yet on it, as one digest; None where there are none.

    Raises:
        OperationalError: somebody who looks did not end; the next round tries again.
    """
    store.wait_for_lookers(work.session, work.tenant_id)
    after = _sealed_until(work)
    fresh = store.views(work.session, *_after(work, after), limit=_MOST_A_SEAL)
    if not fresh:
        return None
    made = rules.seal_of(fresh, after)
    record(work, system(_SEALER, work.tenant_id), rules.SEALED, (_OBJECT, work.tenant_id), asdict(made))
    return made


def tenants_viewed(work: Work) -> list[UUID]:
    """Return the tenants that have looks on record; for the house's own sealing."""
    return store.tenants_with(work.session)


def verify_views(work: Work) -> AuditBreak | None:
    """Compare the tenant's looks with the digests on its chain; the first digest that does not fit, or None.

    It trusts the chain: ``verify`` is to be asked first. ``seq`` is the chain's entry.
    """
    end = 0
    for seq, seal in _seals(work):
        found = store.views(work.session, *_after(work, end), ViewRow.seq <= seal.to)
        if rules.seal_of(found, end) != seal:
            problem = f"the views {end + 1} to {seal.to} are not the {seal.count} that it sealed"
            return AuditBreak(seq=seq, problem=problem)
        end = seal.to
    return None


def _after(work: Work, seq: int) -> Sequence[ColumnElement[bool]]:
    return (ViewRow.tenant_id == work.tenant_id, ViewRow.seq > seq)


def _sealed_until(work: Work) -> int:
    found = record_store.entries(work.session, 1, *_sealed(work), newest=True)
    return 0 if not found else ViewSeal(**json.loads(found[0].details)).to


def _seals(work: Work) -> list[tuple[int, ViewSeal]]:
    found: list[tuple[int, ViewSeal]] = []
    while True:
        last = found[-1][0] if found else 0
        batch = record_store.entries(work.session, _BATCH, *_sealed(work), AuditRow.seq > last)
        if not batch:
            return found
        found += [(one.seq, ViewSeal(**json.loads(one.details))) for one in batch]


def _sealed(work: Work) -> Sequence[ColumnElement[bool]]:
    return (
        AuditRow.tenant_id == work.tenant_id,
        AuditRow.object_kind == _OBJECT,
        AuditRow.object_id == str(work.tenant_id),
        AuditRow.act == rules.SEALED,
    )
