"""Whoever reported without an account can have it forgotten: their link is all that they have to show for it.

What names or leads to them goes at once. That works were seen there, when, and what came of it stays: it names nobody.
A report that waits for a person keeps its words until it is placed: they may be the only word of danger.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.field.facts.reports import ReportState
from pipewarden.field.service.keeping import ReportKeeper
from pipewarden.field.service.reporting import of_link, public
from pipewarden.field.store import keeping
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import ReportRow
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.people.facts.privacy import DataClass
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from pipewarden.field.facts.reports import Report
    from pipewarden.field.ports import LetGo
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


def forget(work: Work, waiting: BlobStore, let_go: LetGo, token: str) -> Report:
    """Forget a report at the wish of whoever has its link; asked again it changes nothing more.

    Args:
        work: of anybody.
        waiting: where pictures lie whose report waits for a person.
        let_go: deletes pictures of the river.
        token: of the link.

    Raises:
        NotFoundError: the link leads nowhere.
        RefusedError: it was sent in somebody's name, who asks for more than this one report.
    """
    report = of_link(work, token)
    if report.person_id is not None:
        fix = "Sign in and ask under 我的数据 (POST /v1/me/erasure): everything of yours goes."
        raise RefusedError(field="token", problem="leads to a report in somebody's name", fix=fix)
    store.lock(work, f"forget:{report.id}")
    report, here = of_link(work, token), replace(work, tenant_id=report.tenant_id)
    if report.forget_at is None:
        store.change(here, report.id, forget_at=work.now())
        report = _go(here, waiting, let_go, of_link(work, token))
        people.record(here, public(here, report.reporter_id), "report.forgotten", ("report", report.id))
    return report


def finish(work: Work, waiting: BlobStore, let_go: LetGo, *, limit: int = 500) -> int:
    """Forget of the tenant's reports what had to stay for a while; return how many have nothing left."""
    done = 0
    for one in keeping.unforgotten(work, limit=limit):
        store.lock(work, f"forget:{one}")
        (report,) = store.reports(work, ReportRow.id == one, limit=1)
        done += _go(work, waiting, let_go, report).forgotten_at is not None
    return done


def left(work: Work, report: Report) -> str:
    """Return what keeps the words of a report that is to be forgotten: ``waiting``, ``held``, or empty."""
    if report.state is ReportState.WAITING:
        return "waiting"
    names = {f"report:{report.id}", *(f"picture:{one}" for one in report.pictures)}
    return "held" if people.held(work, DataClass.REPORTS, names) else ""


def _go(work: Work, waiting: BlobStore, let_go: LetGo, report: Report) -> Report:
    rule = f"forget:{report.id}"
    gone: dict[str, object] = {"contact": ""}
    if not left(work, report):
        keeper = ReportKeeper(waiting)
        people.let_go(work, keeper, keeper.of_report(work, report.id), rule)
        if report.observations and report.tenant_id != PLATFORM:
            gone["kept_pictures"] = let_go(work, report.observations, rule)
            if not people.held(work, DataClass.SENT, {f"report:{report.id}"}):
                sense.forget_words_of(work, report.observations)
        if work.now() - report.received_at >= keeping.PACED:  # its mark of the network has gone, too
            gone["forgotten_at"] = work.now()
    store.change(work, report.id, **gone)
    (now,) = store.reports(work, ReportRow.id == report.id, limit=1)
    return now
