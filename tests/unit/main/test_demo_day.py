"""The score of the demo day: alarms in the story's own time, and nobody else's words in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.dedupe.facts import Alarm, Member
from pipewarden.locate.facts import GroundPoint
from pipewarden.main.demo import day, town
from pipewarden.network.facts import Zone, ZoneAnswer
from pipewarden.perceive.facts import Box
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind, Told
from pipewarden.sim import service as sim
from pipewarden.sim.facts import EventKind

if TYPE_CHECKING:
    from pipewarden.main.home import Home

ONE = UUID(int=1)
STORY = {one.key: one for one in sim.demo_day().events}
PLACE = GroundPoint(116.7, 39.53, (4.0, 0.0, 1.0))


def told(number: int, event_id: str) -> Told:
    return Told(UUID(int=number), ONE, ONE, "demo/x", event_id, None, None, None, None, None, {}, b"")


def alarm(*observations: int, ground: GroundPoint | None = PLACE) -> Alarm:
    answer = ZoneAnswer(None, None, Zone.UNKNOWN, None, None, None, None, None, None, None, None)
    return Alarm(
        id=ONE, tenant_id=ONE, cls="machine", type=None, score=0.6, ground=ground, answer=answer, first_seen=None,
        last_seen=None, first_offset_s=0.0, last_offset_s=0.0, frames=2, streams=("cam-01",), evidence="",
        evidence_box=Box(0, 0, 1, 1), work_area=None,
        members=tuple(Member(UUID(int=n), UUID(int=n), "same place") for n in observations),
    )  # fmt: skip


def seen(*names: str) -> tuple[Alarm, dict[UUID, Told]]:
    """An alarm whose clues are the named events, and what was told with them."""
    numbered = dict(zip(count(10), names, strict=False))
    return alarm(*numbered), {UUID(int=n): told(n, name) for n, name in numbered.items()}


def test_a_camera_has_told_it_with_the_frame_that_makes_the_alarm() -> None:
    found = day.day_alarm(*seen("cam-01/0003", "cam-01/0001", "cam-01/0002"), STORY)
    assert found is not None
    assert found.camera_s == STORY["cam-01/0002"].at_s
    assert found.people_s is None
    assert (found.lon, found.lat, found.sigma_m) == (PLACE.lon, PLACE.lat, PLACE.sigma_m)


def test_people_have_told_it_with_their_first_words() -> None:
    found = day.day_alarm(*seen("R03", "R02"), STORY)
    assert found is not None
    assert (found.people_s, found.camera_s) == (STORY["R02"].at_s, None)


def test_one_frame_beside_a_report_is_no_discovery_of_the_cameras() -> None:
    one = day.day_alarm(*seen("R04", "cam-01/0001"), STORY)
    two = day.day_alarm(*seen("R04", "cam-01/0001", "cam-02/0001"), STORY)
    assert one is not None
    assert two is not None
    assert (one.camera_s, two.camera_s) == (None, STORY["cam-02/0001"].at_s)
    assert one.people_s == two.people_s == STORY["R04"].at_s


def test_two_machines_in_one_picture_are_one_frame() -> None:
    made, words = seen("cam-01/0001")
    twice = replace(made, members=(*made.members, Member(UUID(int=99), made.members[0].observation_id, "beside it")))
    assert day.day_alarm(twice, words, STORY) is None


def test_what_a_visitor_tells_is_no_part_of_the_story() -> None:
    assert day.day_alarm(*seen("my-own-report"), STORY) is None
    assert day.day_alarm(alarm(5), {}, STORY) is None
    mixed = day.day_alarm(*seen("my-own-report", "R02"), STORY)
    assert mixed is not None
    assert mixed.people_s == STORY["R02"].at_s


def test_an_alarm_without_a_place_has_none_in_the_score() -> None:
    made, words = seen("cam-01/0001", "cam-01/0002")
    found = day.day_alarm(replace(made, ground=None), words, STORY)
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
