"""Works off deliveries and drafts that came over HTTP: each step in one transaction, its progress in ones beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.kit.errors import PipewardenError
from pipewarden.network import service
from pipewarden.network.facts import Regime
from pipewarden.network.facts.change import SyncState
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import SyncJob
    from pipewarden.network.facts.draft import Draft
    from pipewarden.network.ports import NetworkReader

    Begin = Callable[[UUID], AbstractContextManager[Work]]

log = structlog.get_logger(__name__)
_MOST = 20  # of one sweep
_DIED = {"field": "network sync", "problem": "the worker died on it", "fix": "Read its log; send the file again."}
_BROKE = {"field": "network sync", "problem": "it broke here", "fix": "Tell the operator: the log has the reason."}


def work_off(begin: Begin, reader: NetworkReader, blobs: BlobStore) -> int:
    """Compare and apply the deliveries that wait, whosever they are, the oldest first; return how many.

    One that is under way already was left by a worker that died of it: it is not tried again. The caller lets one
    worker at a time do this.
    """
    for count in range(_MOST):
        with begin(PLATFORM) as work:
            job = service.next_sync(work)
        if job is None:
            return count
        died = job.state is SyncState.RUNNING
        with begin(job.tenant_id) as work:
            if died:
                service.note_sync(work, job.id, SyncState.FAILED, report=_DIED)
            else:
                service.note_sync(work, job.id, SyncState.RUNNING)
        if not died:
            _run(begin, reader, blobs, job)
    return _MOST


def _run(begin: Begin, reader: NetworkReader, blobs: BlobStore, job: SyncJob) -> None:
    try:
        _apply(begin, reader, blobs, job)
    except OperationalError:
        raise
    except PipewardenError as error:
        with begin(job.tenant_id) as work:
            service.note_sync(work, job.id, SyncState.REFUSED, report=error.as_dict())
    except Exception:  # one delivery that breaks must not hold up every other
        log.exception("delivery broke", sync_id=str(job.id))
        with begin(job.tenant_id) as work:
            service.note_sync(work, job.id, SyncState.FAILED, report=_BROKE)


def _apply(begin: Begin, reader: NetworkReader, blobs: BlobStore, job: SyncJob) -> None:
    def progress(done: int, total: int) -> None:
        with begin(job.tenant_id) as beside:
            service.note_sync(beside, job.id, SyncState.RUNNING, done=done, total=total)

    with tempfile.TemporaryDirectory(prefix="pipewarden-delivery-") as folder:
        path = Path(folder) / job.name
        path.write_bytes(blobs.get(job.blob))
        with begin(job.tenant_id) as work:
            made = service.sync(
                work,
                reader,
                path,
                crs=job.crs,
                options=job.options,
                mapping=job.mapping,
                regime=None if job.regime is None else Regime(job.regime),
                progress=progress,
            )
            service.note_sync(work, job.id, SyncState.DONE, report=made.as_json())


def work_off_drafts(begin: Begin, reader: NetworkReader, blobs: BlobStore) -> int:
    """Take the step that each waiting draft waits for, the longest waiting first; return how many.

    One that was taken already was left by a worker that died of it: it goes back to where the step began. The caller
    lets one worker at a time do this.
    """
    for count in range(_MOST):
        with begin(PLATFORM) as work:
            one = service.next_draft(work)
        if one is None:
            return count
        with begin(one.tenant_id) as work:
            if one.taken_at is not None:
                service.fail_draft(work, one, _DIED)
                continue
            service.note_draft(work, one.id, taken_at=work.now())
        _run_draft(begin, reader, blobs, one)
    return _MOST


def _run_draft(begin: Begin, reader: NetworkReader, blobs: BlobStore, one: Draft) -> None:
    def progress(done: int, total: int) -> None:
        with begin(one.tenant_id) as beside:
            service.note_draft(beside, one.id, done=done, total=total)

    try:
        with tempfile.TemporaryDirectory(prefix="pipewarden-draft-") as folder:
            path = None if one.blob is None else Path(folder) / one.name
            if path is not None and one.blob is not None:
                path.write_bytes(blobs.get(one.blob))
            with begin(one.tenant_id) as work:
                service.run_draft(work, reader, path, one, progress)
    except OperationalError:
        raise
    except PipewardenError as error:
        with begin(one.tenant_id) as work:
            service.fail_draft(work, one, error.as_dict())
    except Exception:  # one map that breaks must not hold up every other
        log.exception("draft broke", draft_id=str(one.id))
        with begin(one.tenant_id) as work:
            service.fail_draft(work, one, _BROKE)
