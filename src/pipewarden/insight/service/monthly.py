"""Reports of months: printed once by the house on the first, again by whoever reads the whole tenant, kept as printed.

What was reported stays what it was: a month that is made again gets another version beside the first (docs/adr/0047).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.act import service as act
from pipewarden.insight.facts import MonthReport
from pipewarden.insight.rules import months
from pipewarden.insight.service import figures, files
from pipewarden.insight.service.gathering import READ
from pipewarden.insight.store import reports as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.people import service as people
from pipewarden.people.facts import Grant, NotFoundError, Role, Scope, ScopedRow
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from pipewarden.act.service import Post
    from pipewarden.insight.ports import Press
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

FOLDER = "insight"
TEXT = "insight.monthly"
_KIND = "monthly report"
_HOUSE = "管卫"


def reads_whole(work: Work, actor: Actor) -> bool:
    """Return whether somebody reads figures of the whole tenant, and so its reports: a part of it is not enough."""
    return people.allows(actor, READ, ScopedRow(work.tenant_id))


def make_month(
    work: Work, blobs: BlobStore, press: Press, actor: Actor, month: date, *, again: bool = True
) -> MonthReport | None:
    """Print the report of a month beside the month before, keep it, and return it.

    Args:
        work: one transaction; whose tenant.
        blobs: of the house.
        press: sets it.
        actor: who reads the whole tenant, and is named on it.
        month: first day of a month that is over.
        again: also where there is one; None is returned else.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no figures, or not of the whole tenant.
        InputError, UnavailableError: the month holds too many cases, or the press fails.
    """
    people.require_row(actor, READ, ScopedRow(work.tenant_id), _KIND)
    store.lock(work)
    last = store.newest(work, month)
    if last is not None and not again:
        return None
    here = months.span_of_month(month)
    whole = replace(actor, grants=(_whole(work.tenant_id),))
    made = figures.report(work, whole, here, months.span_of_month(months.before(month)))
    pdf = files.pressed(work, whole, press, made)
    kept = MonthReport(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        month=month,
        version=1 if last is None else last.version + 1,
        made_at=work.now(),
        made_by=f"{actor.kind.value}:{actor.id}",
        made_by_name=actor.name,
        sha256=apart(blobs).put(pdf),
        size=len(pdf),
    )
    store.add(work, kept)
    details = {"month": months.named(month), "version": kept.version, "sha256": kept.sha256}
    people.record(work, actor, "insight.reported", ("tenant", work.tenant_id), details)
    return kept


def make_due(work: Work, blobs: BlobStore, press: Press) -> MonthReport | None:
    """Print the report of the last whole month in the house's name; None where it is there, or nobody was here then."""
    month = months.last_month(work.now())
    operator = people.operator(work.tenant_id)
    (tenant,) = [one for one in people.tenants(work, operator) if one.id == work.tenant_id]
    if tenant.created_at >= months.span_of_month(month).until or store.newest(work, month) is not None:
        return None
    house = replace(people.system(_HOUSE, work.tenant_id), grants=(_whole(work.tenant_id),))
    return make_month(work, blobs, press, house, month, again=False)


def tell(work: Work, post: Post, made: MonthReport) -> int:
    """Tell everybody who may read a report that it is there, and where; return how many they are."""
    roles = [one for one in Role if people.permitted(work, work.tenant_id, one).get(READ) is Scope.TENANT]
    persons = sorted({person for _, person in people.holders(work, roles)})
    params = {"month": months.named(made.month), "page": f"{post.public_url}/insight#reports"}
    act.tell_persons(work, post, persons, TEXT, params)
    return len(persons)


def month_reports(work: Work, actor: Actor, *, limit: int, after: tuple[date, int] | None = None) -> list[MonthReport]:
    """Return the reports that are kept, the last month first; none for who reads a part of the tenant only.

    Raises:
        ForbiddenError: the actor reads no figures.
    """
    people.require(actor, READ)
    return store.page(work, limit=limit, after=after) if reads_whole(work, actor) else []


def month_pdf(work: Work, actor: Actor, blobs: BlobStore, report_id: UUID) -> tuple[MonthReport, bytes]:
    """Return a report with its PDF; that somebody took it out is on record.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no figures, or not of the whole tenant, or there is none.
        InputError: the file is gone or damaged.
    """
    people.require_row(actor, READ, ScopedRow(work.tenant_id), _KIND)
    made = store.one(work, report_id)
    if made is None:
        raise NotFoundError.of(_KIND)
    body = apart(blobs).get(made.sha256)
    details = {"file": f"{months.named(made.month)}.pdf", "version": made.version, "sha256": made.sha256}
    people.record(work, actor, "insight.exported", ("tenant", work.tenant_id), details)
    return made, body


def apart(blobs: BlobStore) -> BlobStore:
    """Return where reports lie, apart from pictures."""
    return BlobStore(blobs.root / FOLDER)


def _whole(tenant_id: UUID) -> Grant:
    """Return the right to read one tenant, whole, and no other's rows: a report is of the tenant, whoever prints it."""
    return Grant(READ, Scope.TENANT, tenant_id, None, Role.SAFETY_MANAGER)


@dataclass(frozen=True, slots=True)
class ReportKeeper:
    """Reports of months: for how long, and how they go. Implements ``people.ports.Keeper``.

    Attributes:
        blobs: of the house.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.MONTHLY

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return reports made before a moment."""
        return [
            Kept(self.cls, str(one.id), one.sha256, one.made_at, frozenset({f"document:{one.id}"}))
            for one in store.old(work, before, after, limit)
        ]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what a report was made of has its own days."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete the rows, then files that no other report names."""
        store.drop(work, [UUID(one.id) for one in items])
        digests = {one.digest for one in items}
        for digest in digests - store.still_named(work, digests):
            apart(self.blobs).path(digest).unlink(missing_ok=True)
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  as above
        """Return nothing: a report counts cases; who printed it did so in office."""
        return []
