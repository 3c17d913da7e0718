"""The day that the demo plays, and how well the alarms it brought stand to the truth."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.dedupe.facts import Policy
from pipewarden.main import scan
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayAlarm, EventKind
from pipewarden.sim.rules import score_day

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.main.home import Home
    from pipewarden.sim.facts import DayEvent, DayScore

PATROL_DAYS = 50  # drawn; the mean over them moves by less than a tenth of a work from one such draw to the next


def score(home: Home) -> DayScore:
    """Return how the alarms of the home's tenant stand to the truth of the day that was played to it.

    What somebody else told during the day, by the console for instance, is no part of the story and is left out.
    """
    alarms = list(scan.all_alarms(home))
    ids = list({one.observation_id for alarm in alarms for one in alarm.members})
    with home.work() as work:
        told, screened = sense.told(work, ids), perceive.screened(work, ids)
        sites = casework_store.sites.lock_of_alarms(work, {alarm.id for alarm in alarms})
        filed = {alarm_id for alarm_id, one in sites.items() if casework.filing_of(work, one).filing_id is not None}
    raising = {finding.id for one in screened.values() for finding in one.findings if finding.raises}
    story = {one.key: one for one in sim.demo_day().events}
    events = {one: story[said.event_id] for one, said in told.items() if said.event_id in story}
    found = [day_alarm(alarm, raising, events, filed=alarm.id in filed) for alarm in alarms]
    return score_day(sim.demo_truth(), [one for one in found if one is not None], sim.patrol_days(PATROL_DAYS))


def day_alarm(
    alarm: Alarm, raising: Collection[UUID], events: Mapping[UUID, DayEvent], *, filed: bool = False
) -> DayAlarm | None:
    """Return an alarm in the story's own time, or None when the story told nothing of it.

    A camera has told it with the frame that makes an alarm by itself, its second one that shows a machine; people with
    their first words.

    Args:
        alarm: as it stands.
        raising: findings that raise an alarm; cones and people only belong to one, and may have been there before.
        events: what the story told, by observation.
        filed: whether its site belongs to a filing.
    """
    heard = {one.observation_id for one in alarm.members if one.finding_id in raising} & events.keys()
    words = [events[one].at_s for one in heard if events[one].kind is EventKind.REPORT]
    by_camera: dict[str | None, list[float]] = defaultdict(list)
    for one in heard:
        if events[one].kind is EventKind.FRAME:
            by_camera[events[one].camera].append(events[one].at_s)
    needed = Policy().needed
    seen = [sorted(frames)[needed - 1] for frames in by_camera.values() if len(frames) >= needed]
    if not (seen or words):
        return None
    ground = alarm.ground
    return DayAlarm(
        key=str(alarm.id),
        lon=None if ground is None else ground.lon,
        lat=None if ground is None else ground.lat,
        camera_s=min(seen, default=None),
        people_s=min(words, default=None),
        sigma_m=0.0 if ground is None else ground.sigma_m,
        filed=filed,
    )
