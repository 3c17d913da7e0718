"""What somebody confirms instead of reporting anew: a thing that stands open near them, as an alarm or a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.reports import ReportState, Spot
from pipewarden.field.store import reports as store
from pipewarden.field.store.report_tables import ReportRow
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.field.facts.reports import Report
    from pipewarden.kit.work import Work

_LEAST_M = 5.0
_SIGMAS_95 = 2.4477  # of a round normal in the plane, as locate reads a report's accuracy


@dataclass(frozen=True, slots=True)
class Target:
    """What is confirmed.

    Attributes:
        place: where it is known to stand: a confirmation speaks of that thing, not of where the speaker stands.
    """

    tenant_id: UUID
    kind: str
    place: Spot | None
    alarm: Alarm | None
    report: Report | None


def target_of(work: Work, item_id: UUID) -> Target:
    """Return what an id of the list of near things stands for.

    Raises:
        NotFoundError: nothing open is called so.
    """
    alarm = dedupe.alarm_anywhere(work, item_id)
    if alarm is not None:
        here = replace(work, tenant_id=alarm.tenant_id)
        voices = store.of_observations(here, [one.observation_id for one in alarm.members])
        first = next(iter(voices), None)
        return Target(alarm.tenant_id, "" if first is None else first.kind, _of_alarm(alarm), alarm, first)
    found = store.reports(work, ReportRow.id == item_id, limit=1)
    if not found or found[0].state is ReportState.ASIDE:
        raise NotFoundError.of("report")
    (report,) = found
    return Target(report.tenant_id, report.kind, _of_report(report), None, report)


def _of_alarm(alarm: Alarm) -> Spot | None:
    if alarm.ground is None:
        return None
    accuracy = max(_LEAST_M, _SIGMAS_95 * alarm.ground.sigma_m)
    return Spot(alarm.ground.lon, alarm.ground.lat, accuracy, "wgs84", "map")


def _of_report(report: Report) -> Spot | None:
    if report.lon is None or report.lat is None or report.accuracy_m is None:
        return None
    return Spot(report.lon, report.lat, report.accuracy_m, "wgs84", "map")
