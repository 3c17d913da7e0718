"""Deliveries that come over HTTP: kept at the door, worked off one after the other, with their progress to be read."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import store
from pipewarden.network.facts.change import SyncJob, SyncState
from pipewarden.network.rules import crs as crs_rules
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Regime
    from pipewarden.network.facts.change import SyncOptions
    from pipewarden.people.facts import Actor

IMPORT = "network:import"
_MOST_OPEN = 5
_LONGEST_NAME = 120
_MOST_BYTES = 255  # of a name, as file systems have it: three for a Chinese character


def ask_sync(
    work: Work,
    blobs: BlobStore,
    actor: Actor,
    body: bytes,
    *,
    name: str,
    crs: str | None,
    options: SyncOptions,
    mapping: str | None = None,
    regime: Regime | None = None,
) -> SyncJob:
    """Keep a delivery to be compared and applied; what can be refused at once is.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: no or a wrong reference system, no such mapping, an empty file, a name with a path in it.
        RefusedError: five deliveries of the tenant wait already.
    """
    people.require_row(actor, IMPORT, ScopedRow(work.tenant_id), "network")
    declared = crs_rules.declare(crs)
    known = store.shipped_mappings()
    if mapping is not None and mapping not in known:
        raise InputError(
            field="mapping", problem=f"{mapping!r} is none we ship", fix=f"Take one of {', '.join(sorted(known))}."
        )
    check_file(body, name)
    if store.changes.waiting_syncs(work) >= _MOST_OPEN:
        raise RefusedError(
            field="network sync", problem=f"{_MOST_OPEN} deliveries wait already", fix="Wait until one is done."
        )
    job = SyncJob(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        asked_by=f"{actor.kind}:{actor.id}",
        name=name,
        blob=blobs.put(body),
        crs=declared.name if declared.proj is None else (crs or "").strip(),
        mapping=mapping,
        regime=None if regime is None else regime.value,
        options=options,
        state=SyncState.WAITING,
        created_at=work.now(),
    )
    store.changes.add_sync(work, job)
    taken_off = [one for one, on in asdict(options).items() if on is True]
    details = {"name": name, "sha256": job.blob, "options": taken_off}
    people.record(work, actor, "network.sync_asked", ("network_sync", job.id), details)
    return job


def check_file(body: bytes, name: str) -> None:
    """Refuse an empty file, and a name that is none.

    Raises:
        InputError: naming which.
    """
    if not body:
        raise InputError(field="body", problem="is empty", fix="Send the file itself as the body.")
    if not _is_file_name(name):
        raise InputError(field="name", problem="is no file name", fix="Give the file's name with its ending.")


def _is_file_name(name: str) -> bool:
    short = 0 < len(name) <= _LONGEST_NAME and name.isprintable() and len(name.encode()) <= _MOST_BYTES
    return short and not set(name) & set("/\\") and name not in {".", ".."}


def sync_job(work: Work, actor: Actor, sync_id: UUID) -> SyncJob:
    """Return a delivery with its progress.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
    """
    row = store.changes.SyncRow
    seen = people.scope_filter(actor, IMPORT, store.changes.SYNCS)
    return people.visible(next(iter(store.changes.syncs(work, seen, row.id == sync_id)), None), "delivery")


def next_sync(work: Work) -> SyncJob | None:
    """Return the oldest delivery of any tenant that is not done."""
    return store.changes.next_sync(work)


def note_sync(work: Work, sync_id: UUID, state: SyncState, **values: object) -> None:
    """Write where a delivery stands."""
    if state is SyncState.RUNNING:
        values |= {} if "done" in values else {"started_at": work.now()}
    else:
        values["ended_at"] = work.now()
    store.changes.change_sync(work, sync_id, state=state.value, **values)
