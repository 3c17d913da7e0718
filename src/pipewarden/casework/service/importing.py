"""A permit or one-call list into filings: all of it or nothing, each id once, the newest word of the list holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import Cancelled, Filed, FilingState, Listed, ListImport, Revised, Took, TookRow
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.casework.rules.listed import digest, kept_ground, left_out, several_hours, works_of
from pipewarden.casework.service.filing import own_ground
from pipewarden.casework.service.filing_changing import check_anew, fold, name_of, write
from pipewarden.casework.service.filing_check import filing_place, filing_zone
from pipewarden.casework.service.handing import follow_there
from pipewarden.casework.service.list_audit import IMPORT, reckon
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import AreaRef, ForbiddenError, NotFoundError, ScopedRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import PermitNote, PermitProblem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Filing, FilingBody, Works
    from pipewarden.casework.service.filing_changing import Change
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Permit, PermitEnd, PermitList

MOST_PERMITS = 20_000
_MOST_SAID = 100  # refused rows in one error; the report of a dry run has all of them


class ListRefusedError(InputError):
    """Rows of a list are refused, and it was to be taken whole: nothing was written.

    Attributes:
        report: every row that is refused, and what the others would have become.
    """

    def __init__(self, report: ListImport) -> None:
        first, count = report.refused[0], len(report.refused)
        super().__init__(
            field=f"{first.file} row {first.row}: {first.field}",
            problem=f"{first.problem}; {count} rows in all are refused, nothing was imported",
            fix=f"{first.fix} Or import without the refused rows (skip_refused).",
        )
        self.report = report

    @property
    def more(self) -> dict[str, object]:
        """Return the refused rows, 100 at most."""
        rows = [
            {"file": one.file, "row": one.row, "field": one.field, "problem": one.problem, "fix": one.fix}
            for one in self.report.refused[:_MOST_SAID]
        ]
        return {"code": "list_refused", "refused": rows, "refused_count": len(self.report.refused)}


@dataclass(slots=True)
class _Plan:
    """What a list would do: rows with what becomes of them, and the filings to be made and changed.

    Attributes:
        known: what the list said last of its ids; ``filings`` are those behind them, held.
        said: what it says of them from now on.
    """

    known: Mapping[str, Listed]
    filings: Mapping[UUID, Filing]
    rows: list[TookRow] = field(default_factory=list)
    refused: list[PermitProblem] = field(default_factory=list)
    warned: list[PermitNote] = field(default_factory=list)
    said: dict[str, Listed] = field(default_factory=dict)
    fresh: list[tuple[UUID, Works]] = field(default_factory=list)
    changed: list[tuple[Filing, FilingBody]] = field(default_factory=list)

    def took(self, of: Permit | PermitEnd, took: Took, words: str, filing_id: UUID | None = None) -> None:
        """Note what became of a row."""
        self.rows.append(TookRow(of.file, of.row, of.source_id, took, words, filing_id))

    def present(self, last: Listed | None) -> Filing | None:
        """Return the filing that the list made of an id last."""
        return None if last is None or last.filing_id is None else self.filings.get(last.filing_id)


def import_list(
    work: Work,
    actor: Actor,
    found: PermitList,
    *,
    place: str | None = None,
    dry_run: bool = False,
    skip_refused: bool = False,
) -> ListImport:
    """Turn a list into filings of the tenant, in this one transaction, and say what became of each row.

    The same list twice changes nothing; a newer revision revises, what the list takes back is cancelled, an older
    revision is passed over. Emergency works become emergency filings. A row whose list draws only a line or point is
    a filing that covers no ground. Rows outside the tenant's areas, and rows without dates, are left out and named.

    Args:
        work: the transaction.
        actor: who imports; rows outside of where they may are left out, too.
        found: as ``sense.service.read_permits`` read it.
        place: the jurisdiction; the list's own (of its mapping) unless given.
        dry_run: say it and write nothing.
        skip_refused: take the good rows of a list although others are refused.

    Raises:
        ForbiddenError: the actor must not import.
        InputError: the place is not known or not given, or there are more than 20,000 permits.
        ListRefusedError: rows are refused and not to be skipped.
    """
    people.require(actor, IMPORT)
    source = found.report.mapping
    if len(found.permits) > MOST_PERMITS:
        raise InputError(field="FILE", problem=f"holds more than {MOST_PERMITS} permits", fix="Split the list.")
    where = _place(work, source, place)
    store.lists.lock(work, source)
    plan = _planned(work, actor, found, where)
    report = _report(found, plan, dry_run=dry_run)
    if dry_run:
        return report
    if report.refused and not skip_refused:
        raise ListRefusedError(report)
    _apply(work, actor, plan)
    store.lists.say(work, source, list(plan.said.values()))
    store.lists.hear(work, source, found.heard)
    reckon(work, store.lists.came(work, source, sense.permit_mapping(source).rhythm))
    counts = {one.value: report.count(one) for one in Took} | {"refused": len(report.refused)}
    people.record(work, actor, "filing.imported", ("permit_list", source), counts)
    return replace(report, applied=True)


def _place(work: Work, source: str, place: str | None) -> str:
    wanted = place or sense.permit_mapping(source).jurisdiction
    if wanted is None:
        raise InputError(
            field="place", problem="is not known: the list's mapping names none", fix="Name it, like CN-HE-langfang."
        )
    known = filing_place(wanted)
    filing_zone(known, work.now())
    return known


def _report(found: PermitList, plan: _Plan, *, dry_run: bool) -> ListImport:
    works = [one for _, one in plan.fresh] + [body.works for _, body in plan.changed if isinstance(body, Revised)]
    rows = plan.rows
    if dry_run:  # the ids of filings that are not made mean nothing
        made = {filing_id for filing_id, _ in plan.fresh}
        rows = [replace(one, filing_id=None) if one.filing_id in made else one for one in rows]
    return ListImport(
        source=found.report.mapping,
        dry_run=dry_run,
        applied=False,
        read=found.report.read,
        rows=tuple(sorted(rows, key=lambda one: (one.file, one.row))),
        refused=(*found.report.refused, *plan.refused),
        passed=found.report.passed,
        warned=(*found.report.warned, *plan.warned),
        gaps=found.report.gaps,
        urgent=sum(one.urgent for one in works),
        without_area=sum(not covers_ground(one.area) for one in works),
    )


def _planned(work: Work, actor: Actor, found: PermitList, place: str) -> _Plan:
    ids = {one.source_id for one in found.permits} | {one.source_id for one in found.ends}
    known = store.lists.listed(work, found.report.mapping, ids)
    filed = [one.filing_id for one in known.values() if one.filing_id is not None]
    if store.handing.any_handed(work, filed):
        store.handing.lock_between(work)
    plan = _Plan(known, store.filings.lock_all(work, filed))
    good: list[tuple[Permit, Works]] = []
    for permit in found.permits:
        if (why := left_out(permit)) is not None:
            _leave(work, plan, permit, why)
            continue
        try:
            good.append((permit, works_of(permit, place)))
        except InputError as error:
            plan.refused.append(PermitProblem(permit.file, permit.row, error.field, error.problem, error.fix))
    for (permit, works), away in zip(good, _reasons(work, actor, [one for _, one in good]), strict=True):
        if away is None:
            _take(work, plan, permit, works)
        else:
            _leave(work, plan, permit, away)
    held = {one.source_id for one in found.permits}
    for end in found.ends:
        if end.source_id not in held:
            _end(work, plan, end)
    return plan


def _reasons(work: Work, actor: Actor, works: Sequence[Works]) -> list[str | None]:
    """Return of each of many works why they are none of the tenant's or the actor's; None where they are."""
    if not works:
        return []
    grounds = [shapely.from_wkb(one.area) for one in works]
    own = shapely.union_all([shapely.from_wkb(one) for one in own_ground(work)])
    shapely.prepare(own)
    inside = [one.representative_point() for one in grounds]
    areas = people.areas_at(work, np.array([(one.x, one.y) for one in inside]))
    found: list[str | None] = []
    for ground, at in zip(grounds, areas, strict=True):
        refs = () if at.area is None else (AreaRef(at.area.tenant_id, at.area.path),)
        if not own.is_empty and not shapely.intersects(own, ground):
            found.append("outside every area of this operator")
        elif not _may(actor, ScopedRow(work.tenant_id, actor.id, refs)):
            found.append("outside the area of who imports")
        else:
            found.append(None)
    return found


def _may(actor: Actor, row: ScopedRow) -> bool:
    try:
        people.require_row(actor, IMPORT, row, "area")
    except (ForbiddenError, NotFoundError):
        return False
    return True


def _take(work: Work, plan: _Plan, permit: Permit, works: Works) -> None:
    """Plan one row that is a filing of the tenant: new, revised, or nothing new."""
    last, said = plan.known.get(permit.source_id), digest(works)
    present = plan.present(last)
    if last is not None and (why := _old_news(permit, last, said)) is not None:
        if not last.ended and sense.newer(permit.revision, last.revision):
            plan.said[permit.source_id] = replace(last, revision=permit.revision)
        plan.took(permit, Took.UNCHANGED, why, last.filing_id)
        return
    if several_hours(permit):
        words = "several windows of a day: a filing holds one, so all day counts"
        plan.warned.append(PermitNote(permit.file, permit.row, "hours", words))
    if present is None or _over(work, present):
        filing_id = _file(work, plan, permit, works)
        plan.took(permit, Took.FILED, "" if present is None else "the filing before is over", filing_id)
    elif present.works.urgent is not works.urgent:
        words = "filed anew: an emergency now" if works.urgent else "filed anew: no emergency any more"
        plan.changed.append((present, Cancelled(f"{permit.source}: {words}")))
        filing_id = _file(work, plan, permit, works)
        plan.took(permit, Took.REVISED, words, filing_id)
    else:
        filing_id = present.id
        words = "the list's words changed" if permit.revision is None else f"revision {permit.revision}"
        plan.changed.append((present, Revised(kept_ground(works, present.works), f"{permit.source}: {words}")))
        plan.took(permit, Took.REVISED, words, filing_id)
    plan.said[permit.source_id] = Listed(permit.source_id, filing_id, permit.revision, said)


def _old_news(permit: Permit, last: Listed, said: str) -> str | None:
    """Return why a row changes nothing; None where it does."""
    if last.ended and permit.revision is not None and not sense.newer(permit.revision, last.revision):
        return "the list has taken it back"
    if sense.newer(last.revision, permit.revision):
        return f"revision {last.revision} is on file"
    return "" if said == last.digest and not last.ended else None


def _over(work: Work, filing: Filing) -> bool:
    return state_at(filing, work.now()) in {FilingState.CANCELLED, FilingState.EXPIRED}


def _file(work: Work, plan: _Plan, permit: Permit, works: Works) -> UUID:
    filing_id = work.ids.new()
    plan.fresh.append((filing_id, works))
    if not covers_ground(works.area):
        words = "filed without an area: it covers no ground, pipes beside it count as in reach"
        plan.warned.append(PermitNote(permit.file, permit.row, "area", words))
    return filing_id


def _leave(work: Work, plan: _Plan, permit: Permit, why: str) -> None:
    """Leave a row out; where the list has moved what was filed before, that filing ends."""
    last = plan.known.get(permit.source_id)
    if last is not None and not last.ended and not sense.newer(last.revision, permit.revision):
        _cancel(work, plan, last, f"{permit.source}: {why}")
        plan.said[permit.source_id] = replace(last, revision=permit.revision, digest="", ended=True)
    plan.took(permit, Took.LEFT_OUT, why, None if last is None else last.filing_id)


def _end(work: Work, plan: _Plan, end: PermitEnd) -> None:
    """Plan what the list takes back: of its revision and all older ones, also when nobody has filed them yet."""
    last = plan.said.get(end.source_id) or plan.known.get(end.source_id)
    if last is None:
        plan.said[end.source_id] = Listed(end.source_id, None, end.revision, "", ended=True)
        return
    if end.revision is not None and sense.newer(last.revision, end.revision):
        return
    if not last.ended and _cancel(work, plan, last, f"{end.words} ({end.file} row {end.row})"):
        plan.took(end, Took.CANCELLED, end.words, last.filing_id)
    plan.said[end.source_id] = replace(last, revision=end.revision or last.revision, ended=True)


def _cancel(work: Work, plan: _Plan, last: Listed, reason: str) -> bool:
    present = plan.present(last)
    if present is None or _over(work, present):
        return False
    plan.changed.append((present, Cancelled(reason)))
    return True


def _apply(work: Work, actor: Actor, plan: _Plan) -> None:
    name = name_of(actor)
    changes: list[Change] = [
        fold(work, None, filing_id, [Filed(works), check_anew(work, works)], name) for filing_id, works in plan.fresh
    ]
    for present, body in plan.changed:
        more = [check_anew(work, body.works)] if isinstance(body, Revised) else []
        changes.append(fold(work, present, present.id, [body, *more], name))
    if changes:
        write(work, changes, actor.id)
    for present, body in plan.changed:
        follow_there(work, present, body)
