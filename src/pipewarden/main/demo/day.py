"""The day that the demo plays, and how well the alarms it brought stand to the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe.facts import Policy
from pipewarden.main import scan
from pipewarden.sense import service as sense
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayAlarm, EventKind
from pipewarden.sim.rules import score_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.main.home import Home
    from pipewarden.sense.facts import Told
    from pipewarden.sim.facts import DayEvent, DayScore


def score(home: Home) -> DayScore:
    """Return how the alarms of the home's tenant stand to the truth of the day that was played to it.

    What somebody else told during the day, by the console for instance, is no part of the story and is left out.
    """
    alarms = list(scan.all_alarms(home))
    with home.work() as work:
        told = sense.told(work, list({one.observation_id for alarm in alarms for one in alarm.members}))
    story = {one.key: one for one in sim.demo_day().events}
    found = [day_alarm(alarm, told, story) for alarm in alarms]
    return score_day(sim.demo_truth(), [one for one in found if one is not None])


def day_alarm(alarm: Alarm, told: Mapping[UUID, Told], story: Mapping[str, DayEvent]) -> DayAlarm | None:
    """Return an alarm in the story's own time, or None when the story told nothing of it.

    Cameras have told it with the frame that makes an alarm by itself, the second one; people with their first words.
    """
    ids = {one.observation_id for one in alarm.members}
    events = [story[told[one].event_id] for one in ids if one in told and told[one].event_id in story]
    frames = sorted(one.at_s for one in events if one.kind is EventKind.FRAME)
    words = [one.at_s for one in events if one.kind is EventKind.REPORT]
    needed = Policy().needed
    camera_s = frames[needed - 1] if len(frames) >= needed else None
    if camera_s is None and not words:
        return None
    ground = alarm.ground
    return DayAlarm(
        key=str(alarm.id),
        lon=None if ground is None else ground.lon,
        lat=None if ground is None else ground.lat,
        camera_s=camera_s,
        people_s=min(words, default=None),
        sigma_m=0.0 if ground is None else ground.sigma_m,
    )
