"""The score of the demo day: alarms in the story's own time, and nobody else's words in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.dedupe.facts import Alarm, Member
from pipewarden.locate.facts import GroundPoint
from pipewarden.main.demo import day, town
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.perceive.facts import Box
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind
from pipewarden.sim import service as sim
from pipewarden.sim.facts import DayAlarm, DayEvent, EventKind

if TYPE_CHECKING:
    from pipewarden.main.home import Home

ONE = UUID(int=1)
STORY = {one.key: one for one in sim.demo_day().events}
PLACE = GroundPoint(116.7, 39.53, (4.0, 0.0, 1.0))


class Seen:
    """An alarm whose clues come from named events; each clue is a finding of its own."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.raising: set[UUID] = set()
        self.events: dict[UUID, DayEvent] = {}
        self.observations: dict[str, UUID] = {}

    def clue(self, name: str, *, raises: bool = True) -> Seen:
        """Add one finding in the observation of an event; an unknown name is a visitor's."""
        observation = self.observations.setdefault(name, UUID(int=1000 + len(self.observations)))
        finding = UUID(int=2000 + len(self.members))
        self.members.append(Member(finding, observation, "same place"))
        if raises:
            self.raising.add(finding)
        if name in STORY:
            self.events[observation] = STORY[name]
        return self

    def told(self, ground: GroundPoint | None = PLACE) -> DayAlarm | None:
        answer = ZoneAnswer(None, None, Zone.UNKNOWN, None, None, None, None, None, None, None, None)
        alarm = Alarm(
            id=ONE, tenant_id=ONE, cls="machine", type=None, score=0.6, ground=ground, answer=answer, first_seen=None,
            last_seen=None, first_offset_s=0.0, last_offset_s=0.0, frames=2, streams=("cam-01",), evidence="",
            evidence_box=Box(0, 0, 1, 1), work_area=None, members=tuple(self.members),
        )  # fmt: skip
        return day.day_alarm(alarm, self.raising, self.events)


def seen(*names: str) -> DayAlarm | None:
    made = Seen()
    for name in names:
        made.clue(name)
    return made.told()


def at_s(name: str) -> float:
    return STORY[name].at_s


def test_a_camera_has_told_it_with_the_frame_that_makes_the_alarm() -> None:
    found = seen("cam-01/0003", "cam-01/0001", "cam-01/0002")
    assert found is not None
    assert (found.camera_s, found.people_s) == (at_s("cam-01/0002"), None)
    assert (found.lon, found.lat, found.sigma_m) == (PLACE.lon, PLACE.lat, PLACE.sigma_m)


def test_the_first_camera_counts_and_two_cameras_do_not_make_one() -> None:
    both = seen("cam-02/0002", "cam-02/0003", "cam-01/0001", "cam-01/0002")
    assert both is not None
    assert both.camera_s == at_s("cam-01/0002")
    assert seen("cam-01/0001", "cam-02/0001") is None, "no camera would have made an alarm of it"


def test_people_have_told_it_with_their_first_words() -> None:
    found = seen("R03", "R02")
    assert found is not None
    assert (found.people_s, found.camera_s) == (at_s("R02"), None)


def test_one_frame_beside_a_report_is_no_discovery_of_the_cameras() -> None:
    one, two = seen("R04", "cam-01/0001"), seen("R04", "cam-01/0001", "cam-01/0002")
    assert one is not None
    assert two is not None
    assert (one.camera_s, two.camera_s) == (None, at_s("cam-01/0002"))
    assert one.people_s == two.people_s == at_s("R04")


def test_cones_and_people_that_were_there_before_the_machine_have_told_nothing() -> None:
    made = Seen().clue("cam-01/0000", raises=False).clue("cam-01/0001").clue("cam-01/0001", raises=False)
    assert made.told() is None
    found = made.clue("cam-01/0002").told()
    assert found is not None
    assert found.camera_s == at_s("cam-01/0002")


def test_two_machines_in_one_picture_are_one_frame() -> None:
    assert seen("cam-01/0001", "cam-01/0001") is None


def test_what_a_visitor_tells_is_no_part_of_the_story() -> None:
    assert seen("my-own-report") is None
    mixed = seen("my-own-report", "R02")
    assert mixed is not None
    assert mixed.people_s == at_s("R02")


def test_an_alarm_without_a_place_has_none_in_the_score() -> None:
    found = Seen().clue("R02").told(ground=None)
    assert found is not None
    assert (found.lon, found.lat, found.sigma_m) == (None, None, 0.0)


def test_an_empty_day_found_nothing_and_missed_everything(home: Home) -> None:
    score = day.score(town.fresh(home))
    assert (score.alarms, score.works_found, score.look_alikes_alarmed) == (0, 0, 0)
    assert len(score.missed) == score.works_shown > 0


@pytest.mark.parametrize("key", ["R01", "cam-01/0001"])
def test_the_events_own_name_comes_back_from_the_database(home: Home, key: str) -> None:
    """The score reads the story's times by the name under which the player sent the event."""
    here = town.fresh(home)
    event = STORY[key]
    kind = ObservationKind.REPORT if event.kind is EventKind.REPORT else ObservationKind.SINGLE
    picture = b"" if event.file is None else event.file.read_bytes()
    with here.work() as work:
        new = NewObservation(
            stream="s", source_id=f"demo#{key}", kind=kind, picture=picture, picture_name=key, offset_s=0.0,
            at=datetime(2026, 11, 25, tzinfo=UTC), camera_id=None,
        )  # fmt: skip
        who = town.people.operator(work.tenant_id)
        taken = sense.take(work, here.blobs, who, NewEvent(observation=new, source="demo", event_id=key, words="w"))
    with here.work() as work:
        (one,) = sense.told(work, [taken.observation.id]).values()
    assert one.event_id == key in STORY
