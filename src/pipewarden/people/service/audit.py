"""The audit chain: administrators' acts, sign-ins and exports leave entries that cannot be altered unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.people.facts import Anchor, AuditBreak, AuditEntry, ScopedRow
from pipewarden.people.rules import chain
from pipewarden.people.rules.access import allows
from pipewarden.people.rules.masking import masked
from pipewarden.people.service.access import require
from pipewarden.people.store import record as store
from pipewarden.people.store.record import AuditRow
from pipewarden.people.store.scope import ScopedTable, scope_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, AuditFilter

_BATCH = 1000


def record(
    work: Work,
    actor: Actor,
    act: str,
    on: tuple[str, object],
    details: Mapping[str, object] | None = None,
    *,
    tenant_id: UUID | None = None,
) -> AuditEntry:
    """Append one entry to the tenant's chain; call it late in the transaction, the chain is locked until its end.

    Where:
        act: ``resource.verb`` in the past tense.
        on: kind and id of what was acted upon.
        details: what a reader needs to understand it; never a secret.
        tenant_id: whose chain, when it is not the one worked for.

    Raises:
        ValueError: the details name a secret or are not JSON (a mistake in the program).
    """
    text = chain.canonical(details or {})
    end = store.lock_chain(work.session, work.tenant_id if tenant_id is None else tenant_id)
    kind, object_id = on
    entry = AuditEntry(
        tenant_id=end.tenant_id,
        seq=end.seq + 1,
        at=work.now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        act=act,
        object_kind=kind,
        object_id=str(object_id),
        details=text,
        previous=end.hash,
        hash=b"",
    )
    entry = chain.sealed(entry)
    store.append(work.session, work.ids.new(), entry)
    return entry


def anchor(work: Work) -> Anchor:
    """Return the end of the tenant's chain, to be kept outside the database."""
    return store.chain_end(work.session, work.tenant_id)


def verify(work: Work, *anchored: Anchor, after: Anchor | None = None) -> AuditBreak | None:
    """Walk the tenant's chain and return the first broken entry, or None.

    Where:
        anchored: ends kept outside earlier; without the last one a cut tail cannot be seen.
        after: begin behind this entry, whose hash must still be the one named; else the whole chain is walked.
    """
    start = Anchor(work.tenant_id, 0, chain.FIRST) if after is None else after
    known, wrong = _agreed(anchored)
    if wrong is None and start.seq and [one.hash for one in _entries(work, start.seq - 1, 1)] != [start.hash]:
        wrong = AuditBreak(seq=start.seq, problem="it is not the entry that was anchored, or it is missing")
    return wrong or _walk(work, start, {seq: hash_ for seq, hash_ in known.items() if seq > start.seq})


def _walk(work: Work, start: Anchor, known: dict[int, bytes]) -> AuditBreak | None:
    """Walk what follows ``start`` and compare it with the hashes ``known``, all of which must be met."""
    end = start
    while batch := _entries(work, end.seq, _BATCH):
        end, broken = chain.first_break(batch, end)
        for one in batch:
            if broken is not None and one.seq >= broken.seq:
                return broken
            # the chain may hold in itself and yet not be the one that was anchored: it was written anew
            if known.pop(one.seq, one.hash) != one.hash:
                return AuditBreak(seq=one.seq, problem="it is not the entry that was anchored: the chain is another")
    if known:
        return AuditBreak(seq=end.seq + 1, problem=f"the chain ends before the anchored entry {min(known)}")
    return None


def _agreed(anchored: Iterable[Anchor]) -> tuple[dict[int, bytes], AuditBreak | None]:
    """Return the anchored hashes by entry; two that differ are two chains."""
    known: dict[int, bytes] = {}
    for one in anchored:
        if one.seq and known.setdefault(one.seq, one.hash) != one.hash:
            return known, AuditBreak(seq=one.seq, problem="two anchors of it differ: the chain was written anew")
    return known, None


def _entries(work: Work, after: int, limit: int) -> list[AuditEntry]:
    beyond = [AuditRow.seq > after] if after else []  # of a whole chain also what stands before its first entry
    return store.entries(work.session, limit, AuditRow.tenant_id == work.tenant_id, *beyond)


def entries_of(work: Work, kind: str, object_id: UUID) -> list[AuditEntry]:
    """Return what the tenant's chain says of one object; for a use case that shows no more of it than its own."""
    mine = (AuditRow.tenant_id == work.tenant_id, AuditRow.object_kind == kind, AuditRow.object_id == str(object_id))
    return store.entries(work.session, _BATCH, *mine)


def read(work: Work, actor: Actor, *, after: int = 0, limit: int = 100) -> list[AuditEntry]:
    """Return up to ``limit`` entries of the chain worked for that follow ``after``.

    Raises:
        ForbiddenError: the actor must not read the chain.
    """
    require(actor, "audit:read")
    seen = scope_filter(actor, "audit:read", ScopedTable(tenant_id=AuditRow.tenant_id))
    mine = AuditRow.tenant_id == work.tenant_id
    return store.entries(work.session, min(limit, _BATCH), mine, seen, AuditRow.seq > after)


def page(
    work: Work, actor: Actor, wanted: AuditFilter, *, before: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Return entries of the chain worked for, newest first, from before a ``seq``; personal details by the role.

    Who may not read the tenant's persons gets the same entries with what could name somebody left out of the details.

    Raises:
        ForbiddenError: the actor must not read the chain.
    """
    require(actor, "audit:read")
    conditions = [
        AuditRow.tenant_id == work.tenant_id,
        scope_filter(actor, "audit:read", ScopedTable(tenant_id=AuditRow.tenant_id)),
        *store.wanted(wanted),
    ]
    conditions += [] if before is None else [AuditRow.seq < before]
    found = store.entries(work.session, min(limit, _BATCH), *conditions, newest=True)
    if allows(actor, "person:read", ScopedRow(work.tenant_id)):
        return found
    return [replace(one, details=masked(one.details)) for one in found]
