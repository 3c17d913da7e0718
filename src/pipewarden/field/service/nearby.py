"""What stands open near a place: shown before anybody fills in a form, so that one thing is not reported ten times.

Anybody may ask. So it says of each thing how many people spoke of it and how far it is, never who, never which camera,
and places are the middle of a square of 100 m. Pictures are those that people sent, masked; no camera's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.reports import Nearby, ReportState
from pipewarden.field.rules.nearby import box, rank
from pipewarden.field.service.confirming import target_of
from pipewarden.field.service.ground import tenant_at
from pipewarden.field.store import report_policy
from pipewarden.field.store import reports as store
from pipewarden.judge import service as judge
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NotFoundError
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.field.facts.reports import Ranked, Report, Spot
    from pipewarden.kit.work import Work

_MOST = 200
_REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Shown:
    """One suggestion as anybody may see it; ``lon`` and ``lat`` are the middle of its square."""

    ranked: Ranked
    lon: float
    lat: float


def near(work: Work, place: Spot, kind: str) -> tuple[list[Shown], bool]:
    """Return the likeliest open things near a place, and whether any operator of the house answers for it.

    Args:
        work: of anybody.
        place: of the one who asks.
        kind: what they see; empty where they have not said yet.
    """
    tenant_id = tenant_at(work, (place.lon, place.lat))
    policy = report_policy.shipped_reports().near
    here = replace(work, tenant_id=PLATFORM if tenant_id is None else tenant_id)
    around = box((place.lon, place.lat), policy.reach_m + place.accuracy_m)
    spoken = store.near(here, around, work.now() - timedelta(days=policy.days), limit=_MOST)
    items = [] if tenant_id is None else _alarms(here, around)
    items += _bare(here, spoken)
    found = rank(items, (place.lon, place.lat), kind, work.now(), policy, accuracy_m=place.accuracy_m)
    grid = people.privacy_policy().grid_m
    return [Shown(one, *people.on_grid(one.item.lon, one.item.lat, grid)) for one in found], tenant_id is not None


def _alarms(work: Work, around: tuple[float, float, float, float]) -> list[Nearby]:
    alarms = dedupe.alarms_near(work, around, limit=_MOST)
    sites = casework.sites_of_alarms(work, [one.id for one in alarms])
    cases = judge.cases(work, [one.id for one in alarms])
    found = []
    for alarm in alarms:
        site, case = sites.get(alarm.id), cases.get(alarm.id)
        over = not site.site.open if site is not None else case is not None and case.case.verdict.value == _REJECTED
        if over or alarm.ground is None or alarm.first_seen is None or alarm.last_seen is None:
            continue
        voices = store.of_observations(work, [one.observation_id for one in alarm.members])
        found.append(_of_alarm(work, alarm, voices, "in_hand" if site is not None else "checking"))
    return found


def _of_alarm(work: Work, alarm: Alarm, voices: Sequence[Report], state: str) -> Nearby:
    if alarm.ground is None or alarm.first_seen is None or alarm.last_seen is None:
        raise RuntimeError("an alarm without place or time is not shown")
    return Nearby(
        id=alarm.id,
        kind=voices[0].kind if voices else "",
        since=alarm.first_seen,
        seen=alarm.last_seen,
        lon=alarm.ground.lon,
        lat=alarm.ground.lat,
        reports=len({one.reporter_id for one in voices}),
        state=state,
        picture=next((one.id for one in voices if picture_of(work, one) is not None), None),
    )


def _bare(work: Work, spoken: Sequence[Report]) -> list[Nearby]:
    """Return reports that no alarm holds yet: just sent, or waiting for a person."""
    ids = [each for one in spoken for each in one.observations]
    joined = dedupe.alarms_of(work, ids) if ids else {}
    return [
        Nearby(
            id=one.id,
            kind=one.kind,
            since=one.received_at,
            seen=one.received_at,
            lon=one.lon,
            lat=one.lat,
            reports=1,
            state="waiting" if one.state is ReportState.WAITING else "received",
        )
        for one in spoken
        if one.lon is not None
        and one.lat is not None
        and one.confirms is None
        and not any(each in joined for each in one.observations)
    ]


def picture_of(work: Work, report: Report, number: int = 0) -> str | None:
    """Return the SHA-256 of a report's picture in the river; None where it has no such picture, or is forgotten."""
    if report.forget_at is not None:
        return None
    seen = sense.observations(work, report.observations)
    pictures = [seen[one].picture for one in report.observations if one in seen and seen[one].picture]
    return pictures[number] if number < len(pictures) else None


def shown_picture(work: Work, item_id: UUID) -> tuple[UUID, str]:
    """Return of a suggestion the operator and the SHA-256 of the picture that may be shown.

    Raises:
        NotFoundError: there is no such suggestion, or it has no picture that people sent.
    """
    target = target_of(work, item_id)
    here = replace(work, tenant_id=target.tenant_id)
    voices = (
        [] if target.alarm is None else store.of_observations(here, [m.observation_id for m in target.alarm.members])
    )
    found = next((sha for one in voices if (sha := picture_of(here, one)) is not None), None)
    if found is None:
        raise NotFoundError.of("picture")
    return target.tenant_id, found
