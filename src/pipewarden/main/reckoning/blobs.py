"""Blobs against rows: every file that a row names is there, and every file that is there is named by something.

Missing ones are looked for where rows must have them; a file is an orphan only when no row of any table says its hash,
no data set names it, and it is older than a day: what was just written may be named in a moment.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, text

from pipewarden.dedupe.store.tables import AlarmRow
from pipewarden.insight.store.reports import MonthReportRow
from pipewarden.kit.db import Base
from pipewarden.learn.store.manifests import ManifestRow
from pipewarden.main.backup.taking import files_below, hash_told
from pipewarden.main.migrate import load_tables
from pipewarden.main.reckoning.facts import MOST_NAMED, Difference
from pipewarden.market.store.commission_tables import DeliveryRow
from pipewarden.market.store.label_tables import LabelItemRow
from pipewarden.network.store.changes import SyncRow
from pipewarden.network.store.drafts import DraftRow
from pipewarden.people.store.privacy import DeletionRow
from pipewarden.perceive.store.indoor import IndoorRow
from pipewarden.sense.facts import Keeping
from pipewarden.sense.store.river import ObservationRow
from pipewarden.sense.store.watches import LookRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session

    from pipewarden.kit.blobs import BlobStore

GRACE = timedelta(days=1)
_BATCH = 5000
_HASH = re.compile(r"[0-9a-f]{64}")
_IN_BYTES = re.compile(rb"[0-9a-f]{64}")
_BROUGHT = text(  # what people brought to a site, wherever an event names it
    "SELECT tenant_id, site_id, picture FROM casework_events, "
    "LATERAL (SELECT jsonb_array_elements_text(list) AS picture "
    "FROM (VALUES (body -> 'proof' -> 'pictures'), (body -> 'pictures')) AS lists (list) "
    "WHERE jsonb_typeof(list) = 'array') AS named"
)
_PAPERS = text(  # issued papers, and the signatures drawn on them
    "SELECT tenant_id, tenant_id, sha256 FROM act_documents UNION ALL "
    "SELECT tenant_id, tenant_id, image #>> '{}' FROM act_documents, "
    "LATERAL jsonb_path_query(sheet, '$.parts[*].signed[*].image') AS image WHERE jsonb_typeof(image) = 'string'"
)

_ANSWERED = text(  # pictures of answers to please-check tasks
    "SELECT tenant_id, tenant_id, picture FROM field_answers WHERE picture <> ''"
)


_WAITING = text(  # pictures whose report waits for a person
    "SELECT tenant_id, tenant_id, unnest(pictures) FROM field_reports"
)


_LABELLED = select(LabelItemRow.tenant_id, LabelItemRow.tenant_id, LabelItemRow.picture).where(
    LabelItemRow.picture.is_not(None)
)


def compare(session: Session, blobs: BlobStore, house: UUID, now: datetime) -> tuple[dict[str, int], list[Difference]]:
    """Return how much was compared, and the differences; files that nobody names stand under the ``house``."""
    there = dict(files_below(blobs.root)) if blobs.root.exists() else {}
    named, known = 0, set[str]()
    missing: dict[str, set[UUID]] = defaultdict(set)
    for tenant_id, path in _named(session):
        named += 1
        known.add(path)
        if path not in there and not (blobs.root / path).exists():
            missing[path].add(tenant_id)
    if missing:  # whoever deletes takes the file before its row says so: ask once more
        still = {path for _, path in _named(session)}
        missing = {path: whose for path, whose in missing.items() if path in still}
        missing = _unproved(session, missing)
    old = (now - GRACE).timestamp()
    spare = {path: file for path, file in there.items() if path not in known and _changed_at(file, old) < old}
    lost = _unnamed(session, blobs, spare)
    return {"rows_with_blobs": named, "blobs": len(there)}, [*_missing(missing), *_orphans(lost, house)]


def _named(session: Session) -> Iterator[tuple[UUID, str]]:
    """Yield every blob that must be there, by tenant and path below the store."""
    for prefix, statement in _statements():
        for tenant_id, owner, sha256 in session.execute(statement, execution_options={"yield_per": _BATCH}):
            if _HASH.fullmatch(sha256):
                yield tenant_id, f"{prefix.format(owner)}{sha256[:2]}/{sha256[2:]}"


def _unproved(session: Session, missing: Mapping[str, set[UUID]]) -> dict[str, set[UUID]]:
    """Return what is missing without a proof of its deletion: whose days were over left a row that says so."""
    hashes = {path: hash_told(path) for path in missing}
    proved = {
        (tenant_id, digest)
        for tenant_id, digest in session.execute(
            select(DeletionRow.tenant_id, DeletionRow.digest).where(DeletionRow.digest.in_({*hashes.values()}))
        )
    }
    left = {path: {one for one in whose if (one, hashes[path]) not in proved} for path, whose in missing.items()}
    return {path: whose for path, whose in left.items() if whose}


def _statements() -> tuple[tuple[str, Executable], ...]:
    dropped = select(LookRow.observation_id).where(
        LookRow.observation_id == ObservationRow.id, LookRow.keeping == Keeping.DROPPED.value
    )
    plain = ((AlarmRow, AlarmRow.evidence), (ManifestRow, ManifestRow.sha256), (SyncRow, SyncRow.blob))
    drafts = select(DraftRow.tenant_id, DraftRow.tenant_id, DraftRow.blob).where(DraftRow.blob.is_not(None))
    return (
        (
            "",
            select(ObservationRow.tenant_id, ObservationRow.tenant_id, ObservationRow.picture).where(~dropped.exists()),
        ),
        *(("", select(table.tenant_id, table.tenant_id, column)) for table, column in plain),
        ("", drafts),
        ("indoor/", select(IndoorRow.tenant_id, IndoorRow.tenant_id, IndoorRow.picture)),
        ("sites/{}/", _BROUGHT),
        ("reports/", _WAITING),
        ("tasks/", _ANSWERED),
        ("deliveries/", select(DeliveryRow.tenant_id, DeliveryRow.tenant_id, DeliveryRow.sha256)),
        ("labelling/", _LABELLED),
        ("insight/", select(MonthReportRow.tenant_id, MonthReportRow.tenant_id, MonthReportRow.sha256)),
        ("documents/{}/", _PAPERS),
    )


def _changed_at(file: Path, otherwise: float) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # deleted meanwhile, by whoever may
        return otherwise


def _unnamed(session: Session, blobs: BlobStore, spare: dict[str, Path]) -> list[str]:
    """Return those files whose hash no row of any table and no data set says; reads every row, where there are any."""
    left: dict[str, list[str]] = defaultdict(list)
    for path in spare:
        left[hash_told(path) or path].append(path)
    for said in (_in_rows(session), _in_data_sets(session, blobs)):
        for sha256 in said if left else ():
            left.pop(sha256, None)
    return sorted(path for paths in left.values() for path in paths)


def _in_rows(session: Session) -> Iterator[str]:
    load_tables()
    for table in Base.metadata.sorted_tables:
        name = session.get_bind().dialect.identifier_preparer.quote(table.name)
        found = text(
            f"SELECT DISTINCT (regexp_matches(pw_row::text, '[0-9a-f]{{64}}', 'g'))[1] FROM ONLY {name} AS pw_row"  # noqa: S608  our own tables
        )
        yield from session.scalars(found, execution_options={"yield_per": _BATCH})


def _in_data_sets(session: Session, blobs: BlobStore) -> Iterator[str]:
    for sha256 in session.scalars(select(ManifestRow.sha256).distinct()):
        if blobs.path(sha256).exists():
            yield from (found.decode() for found in _IN_BYTES.findall(blobs.get(sha256)))


def _missing(missing: dict[str, set[UUID]]) -> Iterator[Difference]:
    by_tenant: dict[UUID, list[str]] = defaultdict(list)
    for path, whose in sorted(missing.items()):
        for tenant_id in whose:
            by_tenant[tenant_id].append(path)
    for tenant_id, paths in sorted(by_tenant.items()):
        words = f"{len(paths)} stored files are named by rows and are gone: restore them from a backup"
        yield Difference("blob_missing", tenant_id, len(paths), words, tuple(paths[:MOST_NAMED]))


def _orphans(paths: list[str], house: UUID) -> Iterable[Difference]:
    if not paths:
        return []
    words = f"{len(paths)} stored files older than a day are named by nothing: look who left them"
    return [Difference("blob_orphan", house, len(paths), words, tuple(paths[:MOST_NAMED]))]
