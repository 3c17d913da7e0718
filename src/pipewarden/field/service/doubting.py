"""A judge in doubt asks whoever is near to look: once for an alarm, within bounds, and never towards gas.

The alarm stands in the review queue all the same; what is not asked here is not lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.dedupe import service as dedupe
from pipewarden.field.facts.tasks import JUDGE, TaskState, Wanted
from pipewarden.field.rules import tasks as rules
from pipewarden.field.service.tasks import policy_of, wanted
from pipewarden.field.store import reports
from pipewarden.field.store import tasks as store
from pipewarden.judge import service as judge
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.perceive.facts import FindingClass
from pipewarden.sense import service as sense
from pipewarden.sense.facts import DeviceKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.field.facts.tasks import Task, TaskPolicy
    from pipewarden.judge.facts import ReviewItem
    from pipewarden.kit.work import Work

WORDS = "系统拿不准，请走近看一下：有没有开挖、钻探或机械进场 The house is not sure: is anything dug or drilled there?"
SURE = "系统已有结论，不必再去 the house knows by now"
_ASKED = (Role.GRID_WORKER, Role.PROPERTY_MANAGER, Role.PATROLLER)
_SIGMAS_95 = 2.4477  # of a round normal in the plane


def hear(work: Work, alarm_ids: Sequence[UUID]) -> list[Task]:
    """Ask about the alarms that the judge hands to people, take back what it knows by now; twice changes nothing.

    Returns:
        The tasks that were made.
    """
    items, policy = judge.cases(work, alarm_ids), policy_of(work)
    doubtful = [one for one, item in items.items() if rules.in_doubt(policy, item.case)]
    if doubtful:
        store.lock(work)
    asked = store.of_judge(work, alarm_ids)
    alarms = dedupe.known(work, [one for one in doubtful if one not in asked])
    made = []
    for alarm_id in dict.fromkeys(alarm_ids):
        item, before, alarm = items.get(alarm_id), asked.get(alarm_id), alarms.get(alarm_id)
        if item is not None and before is not None:
            _take_back(work, before, item)
        elif item is not None and alarm is not None:
            made += _ask(work, policy, item, alarm)
    return made


def _take_back(work: Work, task: Task, item: ReviewItem) -> None:
    if task.state is not TaskState.OPEN or not rules.over(item.case):
        return
    if store.held(work, task.id, store.TaskRow.state == TaskState.OPEN.value) is not None:  # nobody answered meanwhile
        store.change(work, task.id, TaskState.WITHDRAWN, SURE)


def _ask(work: Work, policy: TaskPolicy, item: ReviewItem, alarm: Alarm) -> list[Task]:
    """Ask, unless it is no good to: no place, asked near, too often, nobody there, somebody is on the way, gas.

    In this order: in a flood nearly all of them end at the day's measure, before anything of the alarm is read.
    """
    if item.lon is None or item.lat is None or alarm.test:
        return []
    place, now = (item.lon, item.lat), work.now()
    if not _apart(work, policy, place):
        return []
    area = people.area_at(work, *place)
    area_path = None if area is None else area.path
    count = store.count_of_judge(work, area_path, now - rules.DAY)
    if count >= policy.judge.most_day or not people.reaching(work, _ASKED, area_path):
        return []
    if casework.somebody_sent(work, alarm.id) or _gas(work, alarm):
        return []
    accuracy_m = policy.judge.camera_m if alarm.ground is None else _SIGMAS_95 * alarm.ground.sigma_m
    until = now + policy.judge.open_for
    made = wanted(work, Wanted(place, WORDS, JUDGE, accuracy_m, None, alarm.id, area_path, until))
    if count + 1 == policy.judge.most_day:
        name = "" if area is None else area.name
        casework.tell_dispatcher(work, area_path, "task.enough", {"count": str(count + 1), "area": name})
    return [made]


def _apart(work: Work, policy: TaskPolicy, place: tuple[float, float]) -> bool:
    since = work.now() - policy.judge.apart_for
    return rules.apart(policy, place, store.near(work, place, policy.judge.apart_m, since), work.now())


def _gas(work: Work, alarm: Alarm) -> bool:
    """Tell whether gas was measured or smelt there: then nobody is sent to look who is not trained to."""
    if alarm.cls == FindingClass.GAS_LEAK:
        return True
    ids = list({one.observation_id for one in dedupe.alarm(work, alarm.id).members})
    told = sense.told(work, ids).values()
    return any(one.noticed is DeviceKind.METHANE for one in told) or any(
        one.danger for one in reports.of_observations(work, ids)
    )
