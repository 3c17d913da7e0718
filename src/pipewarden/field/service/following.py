"""Following a report: what became of it, from what really happened to its alarm and its site."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import EventKind
from pipewarden.field.facts.reports import ReportState
from pipewarden.field.rules import answering
from pipewarden.field.service.nearby import picture_of
from pipewarden.field.store import reports as store
from pipewarden.field.store import rewards
from pipewarden.judge import service as judge
from pipewarden.people.facts import PLATFORM, NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import SiteEvent
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.field.facts.reports import Answer, Report, Step
    from pipewarden.kit.work import Work

_PLAIN = frozenset({"accepted", "arrived", "stop_ordered", "resumed", "struck", "ended"})
_MOST_WORDS = 100


@dataclass(frozen=True, slots=True)
class Followed:
    """What a link shows: of a report and of nobody else.

    Attributes:
        merged_with: the thing near them that it was joined with; None where it stands for itself.
        pictures: how many may be asked for.
    """

    report: Report
    state: str
    steps: tuple[Step, ...]
    answer: Answer
    merged_with: UUID | None
    pictures: int


def followed(work: Work, report: Report) -> Followed:
    """Return what became of a report; every step is something that happened.

    Args:
        work: of anybody: the report says whose ground it is.
        report: found by its link, or its reporter's own.
    """
    here = replace(work, tenant_id=report.tenant_id)
    known, alarm_id = (answering.Known(), None) if report.tenant_id == PLATFORM else _known(here, report)
    said = store.said(here, report.id, limit=_MOST_WORDS)
    return Followed(
        report=report,
        state=answering.state(report, known),
        steps=tuple(answering.steps(report, known, [one.at for one in said])),
        answer=answering.answer(report, known),
        merged_with=None if known.first else alarm_id,
        pictures=_pictures(here, report),
    )


def _pictures(work: Work, report: Report) -> int:
    if report.forget_at is not None:
        return 0
    if report.state is not ReportState.TAKEN or report.tenant_id == PLATFORM:
        return len(report.pictures)
    return sum(picture_of(work, report, number) is not None for number in range(len(report.observations)))


def _known(work: Work, report: Report) -> tuple[answering.Known, UUID | None]:
    alarm_id = next(iter(dedupe.alarms_of(work, report.observations).values()), None) if report.observations else None
    reward = rewards.of_report(work, report.id)
    known = answering.Known(reward_at=None if reward is None else reward.at)
    if alarm_id is None:
        return known, None
    alarm = dedupe.alarm(work, alarm_id)
    joined_at, first = _joined(work, alarm, report)
    known = replace(known, joined_at=joined_at, first=first, clause=alarm.answer.clause)
    item = judge.cases(work, [alarm_id]).get(alarm_id)
    if item is not None:
        case = item.case
        known = replace(
            known,
            verdict=case.verdict.value,
            judged_at=case.since,
            codes=tuple(one.code.value for one in case.reasons),
            due=case.due_at is not None and case.due_at <= work.now(),
        )
    filed = casework.sites_of_alarms(work, [alarm_id]).get(alarm_id)
    if filed is not None:
        words = [(one.at, word) for one in casework.happened(work, filed.site.id) if (word := _word(one)) is not None]
        known = replace(known, site=tuple(words), open=filed.site.open, filing=filed.filing)
    return known, alarm_id


def _joined(work: Work, alarm: Alarm, report: Report) -> tuple[datetime, bool]:
    """Return when a report went into its alarm, and whether it was the first there."""
    mine = {one.finding_id for one in alarm.members if one.observation_id in set(report.observations)}
    for event in dedupe.why(work, alarm.id):
        if event.kind in {EventKind.MADE, EventKind.JOINED} and mine & set(event.findings):
            return event.at, event.kind is EventKind.MADE
    return report.received_at, False  # a merge brought it


def _word(event: SiteEvent) -> str | None:
    body = event.body
    if body.kind == "discovered":
        return "site"
    if body.kind == "verified":
        return "verified_true" if body.true else "verified_false"
    if body.kind == "advanced":
        return "closed" if body.to.value == "closed" else None
    return body.kind if body.kind in _PLAIN else None


def picture(work: Work, report: Report, number: int) -> str | None:
    """Return the SHA-256 of a report's picture, from 1; None where the picture waits with its report.

    Raises:
        NotFoundError: it has no such picture, or its reporter wanted it forgotten.
    """
    if report.forget_at is not None:
        raise NotFoundError.of("picture")
    here = replace(work, tenant_id=report.tenant_id)
    if report.state is ReportState.TAKEN and report.tenant_id != PLATFORM:
        found = picture_of(here, report, number - 1) if number >= 1 else None
        if found is None:
            raise NotFoundError.of("picture")
        return found
    if not 1 <= number <= len(report.pictures):
        raise NotFoundError.of("picture")
    return None
