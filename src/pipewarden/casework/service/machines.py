"""The machine that was seen at a site, as its alarm and the judge leave it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipewarden.casework.facts import Amount, Machine
from pipewarden.dedupe import service as dedupe
from pipewarden.judge import service as judge
from pipewarden.judge.facts import PAPERS, Verdict

if TYPE_CHECKING:
    from pipewarden.casework.store import Filed
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import Case
    from pipewarden.kit.work import Work

_OFF = 2.0  # 95 % of a normal error lies within two sigma


def last_machine(work: Work, filed: Filed) -> Machine | None:
    """Return the machine that was seen last at a site; None where the judge rejects its alarm for what is no paper."""
    alarm_id, seen_s = filed.site.alarm_id, filed.machine_s
    if alarm_id is None or seen_s is None:
        return None
    alarm, item = dedupe.known(work, [alarm_id]).get(alarm_id), judge.cases(work, [alarm_id]).get(alarm_id)
    if alarm is None or item is None or not works_there(item.case):
        return None
    return machine_of(alarm, datetime.fromtimestamp(seen_s, UTC))


def works_seen_at(work: Work, filed: Filed) -> datetime | None:
    """Return when works were seen at a site last: a machine that the judge does not reject, or a standby check-in."""
    machine = last_machine(work, filed)
    seen = [one for one in (None if machine is None else machine.seen_at, filed.site.standby_at) if one is not None]
    return max(seen, default=None)


def works_there(case: Case) -> bool:
    """Tell whether a sighting is one of works: the judge does not reject it, or only because they are known."""
    return case.verdict is not Verdict.REJECTED or any(one.code in PAPERS for one in case.reasons)


def machine_of(alarm: Alarm, seen_at: datetime) -> Machine:
    """Return the machine of an alarm as the rules know it: where it stands, and how sure that is."""
    ground, distance = alarm.ground, alarm.answer.distance_m
    if ground is None:
        return Machine(seen_at, alarm.type)
    off = _OFF * ground.sigma_m
    amount = None if distance is None else Amount(distance, off)
    return Machine(seen_at, alarm.type, amount, (ground.lon, ground.lat), off)
