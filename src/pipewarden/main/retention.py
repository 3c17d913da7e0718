"""Wires retention: who keeps which class, what cites a picture, and when the job runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, or_, select

from pipewarden.act.store.paper_tables import DocumentRow
from pipewarden.casework import service as casework
from pipewarden.casework.store.tables import SiteRow
from pipewarden.dedupe.store import AlarmRow
from pipewarden.exchange.service import open311
from pipewarden.field import service as field
from pipewarden.field.service.patrols import PatrolKeeper
from pipewarden.insight import service as insight
from pipewarden.kit.blobs import BlobStore
from pipewarden.market.service import keeping as market
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.people.facts.privacy import DataClass
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.field.ports import LetGo
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.people.facts.privacy import RetentionReport
    from pipewarden.people.ports import Keeper

log = structlog.get_logger(__name__)
RETENTION, RUN = "retention", "pipewarden.retention.run"
_HOURLY = "41 * * * *"


def keepers(blobs: BlobStore) -> tuple[Keeper, ...]:
    """Return who keeps which class of data of a home."""
    return (
        sense.PictureKeeper(DataClass.LOOKS, blobs, cited),
        sense.PictureKeeper(DataClass.SENT, blobs, cited),
        perceive.IndoorKeeper(BlobStore(blobs.root / "indoor")),
        sense.TrackKeeper(),
        PatrolKeeper(),
        people.SessionKeeper(),
        casework.EvidenceKeeper(blobs, papers),
        field.ReportKeeper(BlobStore(blobs.root / field.FOLDER)),
        field.AnswerKeeper(BlobStore(blobs.root / field.TASKS)),
        field.CheckKeeper(),
        open311.RequestKeeper(),
        market.LabelKeeper(blobs),
        market.DeliveryKeeper(blobs),
        market.ExampleKeeper(),
        insight.ReportKeeper(blobs),
    )


def cited(work: Work, pictures: Collection[str]) -> set[str]:
    """Return pictures that are the evidence of a site which is open, or whose own days are not over.

    Implements ``sense.ports.InUse``; a site's days are those of ``evidence``.
    """
    own = people.own_days(work).get(DataClass.EVIDENCE)
    days = people.privacy_policy().keeps[DataClass.EVIDENCE].kept if own is None else own.kept
    young = or_(SiteRow.ended_at.is_(None), SiteRow.ended_at > work.now() - timedelta(days=days))
    head = func.coalesce(AlarmRow.merged_into, AlarmRow.id)
    rows = work.session.scalars(
        select(AlarmRow.evidence)
        .join(SiteRow, or_(SiteRow.alarm_id == AlarmRow.id, SiteRow.alarm_id == head))
        .where(AlarmRow.evidence.in_(pictures), young)
        .distinct()
    )
    return set(rows)


def papers(work: Work, site_ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """Return when the last paper of each site was issued. Implements ``casework.service.keeping.Papers``."""
    rows = work.session.execute(
        select(DocumentRow.site_id, func.max(DocumentRow.issued_at))
        .where(DocumentRow.tenant_id == work.tenant_id, DocumentRow.site_id.in_(site_ids))
        .group_by(DocumentRow.site_id)
    )
    return {site_id: at for site_id, at in rows if at is not None}


def let_go(blobs: BlobStore) -> LetGo:
    """Return how a house lets pictures of reports go. Implements ``field.ports.LetGo``."""
    keeper = sense.PictureKeeper(DataClass.SENT, blobs, cited)

    def go(work: Work, observations: Collection[UUID], rule: str) -> int:
        found = keeper.of_observations(work, observations)
        return len(found) - len(people.let_go(work, keeper, found, rule))

    return go


def run(home: Home, *, dry: bool = False) -> dict[UUID, RetentionReport]:
    """Delete what is past its days in every tenant, each in its own transaction; or only count it."""
    done: dict[UUID, RetentionReport] = {}
    for tenant_id in home.tenants():
        with home.factory.begin(tenant_id) as work:
            done[tenant_id] = people.run_retention(work, keepers(home.blobs), dry=dry)
    if not dry:
        forget(home)
    return done


def forget(home: Home) -> int:
    """Forget of reports what had to stay for a while, nobody's ground among them; return how many are done."""
    waiting, gone = BlobStore(home.blobs.root / field.FOLDER), 0
    for tenant_id in (*home.tenants(), PLATFORM):
        with home.factory.begin(tenant_id) as work:
            gone += field.finish(work, waiting, let_go(home.blobs))
    return gone


def register(queue: Queue, home: Home) -> None:
    """Let workers of ``queue`` delete every hour what is past its days; one worker at a time."""

    @queue.app.periodic(cron=_HOURLY)
    @queue.app.task(name=RUN, queue=RETENTION, queueing_lock=RUN, lock=RUN)
    def retention(timestamp: int) -> int:  # noqa: ARG001  Procrastinate passes it
        reports = run(home)
        gone = sum(one.deleted for report in reports.values() for one in report.sums)
        waits = any(report.waits for report in reports.values())
        log.info("retention", deleted=gone, waits_for_a_backup=waits)
        return gone
