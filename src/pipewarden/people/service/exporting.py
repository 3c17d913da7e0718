"""The record taken out for regulators and auditors: signed, to be checked anywhere, personal details by the role."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import AuditFilter, ExportAbout, ScopedRow, Viewed, ViewSeal
from pipewarden.people.rules import views as view_rules
from pipewarden.people.rules.access import allows
from pipewarden.people.rules.masking import masked, plain_word
from pipewarden.people.rules.record_export import Record, seal
from pipewarden.people.service.access import require_row
from pipewarden.people.service.anchors import anchors
from pipewarden.people.service.audit import anchor, record
from pipewarden.people.service.tenants import tenant_acted_for
from pipewarden.people.service.views import viewed
from pipewarden.people.store import record as store
from pipewarden.people.store import views as view_store
from pipewarden.people.store.record import AuditRow
from pipewarden.people.store.views import ViewRow

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, AuditEntry, View
    from pipewarden.people.ports import Signer

MOST_ENTRIES = 500_000


def export_record(
    work: Work,
    actor: Actor,
    signer: Signer,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    whole: bool = False,
    reason: str | None = None,
) -> bytes:
    """Return the tenant's record of a time as one signed ZIP, and put on record who took it.

    Where:
        whole: with names and what people wrote; else, and always for who may not read persons, without.
        reason: why it is taken out.

    Raises:
        ForbiddenError, NotFoundError: the actor must not read this chain.
        InputError: there are more than 500,000 entries in that time.
    """
    require_row(actor, "audit:read", ScopedRow(work.tenant_id), "tenant")
    bare = not (whole and allows(actor, "person:read", ScopedRow(work.tenant_id)))
    entries = _entries(work, since, until)
    first, last = (entries[0].seq, entries[-1].seq) if entries else (0, 0)
    held = Record(
        entries=[replace(one, details=masked(one.details)) for one in entries] if bare else entries,
        masked=frozenset(one.seq for one in entries if bare and masked(one.details) != one.details),
        views=[replace(one, reason=plain_word(one.reason)) if bare else one for one in _views(work, entries)],
        anchors=[one for one in anchors(work) if first <= one.seq <= last],
    )
    tenant = tenant_acted_for(work)
    about = ExportAbout(
        tenant=str(work.tenant_id),
        issuer="" if tenant is None else tenant.name,
        made_by=f"{actor.kind}:{actor.id}",
        made_at=work.now().isoformat(),
        first=first,
        last=last,
        whole=anchor(work).seq == last,
        masked=bare,
    )
    made = seal(held, about, public=signer.public, sign=signer.sign)
    viewed(work, actor, Viewed.EXPORT, ("audit", work.tenant_id), reason)
    details = {"first": first, "last": last, "masked": bare, "sha256": hashlib.sha256(made).hexdigest()}
    record(work, actor, "audit.exported", ("tenant", work.tenant_id), details)
    return made


def _entries(work: Work, since: datetime | None, until: datetime | None) -> list[AuditEntry]:
    """Return the entries from the first to the last of a time, without a gap, wherever a clock jumped between them."""
    mine = AuditRow.tenant_id == work.tenant_id
    asked = store.wanted(AuditFilter(since=since, until=until))
    first = store.entries(work.session, 1, mine, *asked)
    if not first:
        return []
    last = store.entries(work.session, 1, mine, *asked, newest=True)[0].seq
    count = last - first[0].seq + 1
    if count > MOST_ENTRIES:
        problem = f"holds {count} entries, more than {MOST_ENTRIES}"
        raise InputError(field="since", problem=problem, fix="Take it out in parts: give a shorter time.")
    return store.entries(work.session, count, mine, AuditRow.seq.between(first[0].seq, last))


def _views(work: Work, entries: list[AuditEntry]) -> list[View]:
    seals = [ViewSeal(**json.loads(one.details)) for one in entries if one.act == view_rules.SEALED]
    if not seals:
        return []
    span = ViewRow.seq.between(seals[0].after + 1, seals[-1].to)
    return view_store.views(work.session, ViewRow.tenant_id == work.tenant_id, span)
