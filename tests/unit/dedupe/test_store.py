from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from pipewarden.dedupe import service, store
from pipewarden.dedupe.facts import AlarmEvent, EventKind, Policy
from pipewarden.dedupe.service import grouping
from pipewarden.dedupe.store import AlarmRow, TrackRow
from pipewarden.perceive.facts import Box

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work

POLICY = Policy()
START_S = datetime(2026, 11, 20, 0, 30, tzinfo=UTC).timestamp()


def join(work: Work, *ids: UUID) -> list[UUID]:
    return service.join(work, POLICY, ids)


def machine(work: Work, town: Any, stream: str = "cam-a", at: tuple[float, float] = (2, 25)) -> UUID:
    """Make one alarm and return its id."""
    if stream not in town.poses:
        town.camera(stream)
    for n in range(2):
        changed = join(work, town.machines(stream, 60 * n, at))
    [alarm_id] = changed
    return alarm_id


def test_frames_are_taken_once_and_come_back_in_time_order(work: Work, town: Any):
    town.camera("cam-a")
    ids = [town.machines("cam-a", seconds, (2, 25)) for seconds in (120, 0, 60)]
    frames = grouping._frames(work, ids)
    assert [one.head.seen_s - START_S for one in store.add_frames(work, frames)] == [0, 60, 120]
    assert store.add_frames(work, frames) == []
    assert store.add_frames(work, []) == []


def test_a_crowded_frame_is_written(work: Work, town: Any):
    """More columns times rows than one statement takes parameters."""
    town.camera("cam-a")
    boxes = [Box(float(n % 60) * 20, 200 + n // 60 * 5.0, 15, 30) for n in range(3300)]
    one = town.frame("cam-a", 0, boxes, classes=["cone"] * len(boxes))
    [frame] = grouping._frames(work, [one])
    assert len(frame.sightings) == 3300
    assert store.add_frames(work, [frame]) == [frame]


def test_around_gives_the_neighbours_and_not_the_new_ones(work: Work, town: Any):
    town.camera("cam-a")
    ids = [town.machines("cam-a", 60 * n, (2, 25)) for n in range(9)]
    store.add_frames(work, grouping._frames(work, ids))
    span = (START_S + 4 * 60, START_S + 5 * 60)
    heads, tracks, loose = store.around(work, "cam-a", span, 2, [ids[4]])
    assert [head.observation_id for head in heads] == [ids[n] for n in (2, 3, 5, 6, 7)]
    # added without a decision: no track yet, and raising findings are never loose
    assert tracks == []
    assert loose == []
    assert store.around(work, "cam-b", span, 2, []) == ([], [], [])


def test_around_tells_the_loose_findings(work: Work, town: Any):
    town.camera("cam-a")
    box = town.box("cam-a", (6, 25))
    one = town.frame("cam-a", 0, [box], classes=["person"])
    join(work, one)
    _, _, loose = store.around(work, "cam-a", (START_S + 60, START_S + 60), 2, [])
    assert [(found.observation_id, str(found.cls)) for found in loose] == [(one, "person")]
    for n in (1, 2):
        join(work, town.frame("cam-a", 60 * n, [town.box("cam-a", (2, 25))]))
    [alarm] = service.alarms(work, limit=5)
    # seen before the machine was an alarm, it joined when the machine became one
    assert one in {member.observation_id for member in alarm.members}


@pytest.mark.parametrize(
    ("hours", "margin", "found"), [(0.0, 0.01, True), (23.0, 0.01, True), (25.0, 0.01, False), (0.0, -0.01, False)]
)
def test_tracks_of_other_streams_are_found_by_place_and_time(
    work: Work, town: Any, *, hours: float, margin: float, found: bool
):
    machine(work, town)
    moment = START_S + 60 + hours * 3600
    bounds = (116.7 - margin, 39.5 - margin, 116.7 + margin, 39.5 + margin)
    tracks = store.tracks_near(work, "cam-b", (moment, moment), POLICY.hours, bounds)
    assert [track.stream for track in tracks] == (["cam-a"] if found else [])


def test_tracks_of_the_own_stream_are_found_wherever_they_stand(work: Work, town: Any):
    alarm_id = machine(work, town)
    [track] = store.tracks_near(work, "cam-a", (START_S, START_S), POLICY.hours, None)
    assert track.alarm_id == alarm_id
    assert len(track.sightings) == 1
    assert store.tracks_near(work, "cam-b", (START_S, START_S), POLICY.hours, None) == []


def test_a_track_without_an_alarm_is_no_candidate_later(work: Work, town: Any):
    town.camera("cam-a")
    join(work, town.machines("cam-a", 0, (2, 25)))
    assert work.session.scalar(select(TrackRow.alarm_id).where(TrackRow.tenant_id == work.tenant_id)) is None
    assert store.tracks_near(work, "cam-a", (START_S, START_S), POLICY.hours, None) == []


def test_sums_count_by_alarm(work: Work, town: Any):
    town.camera("cam-a")
    told = [([0.6, 0.9], ["excavator", "dump_truck"]), ([0.7, 0.3], ["excavator", "other"])]
    for n, (scores, types) in enumerate(told):
        join(work, town.machines("cam-a", 60 * n, (-10, 35), (10, 35), scores=scores, types=types))
    first, second = service.alarms(work, limit=5)
    found = store.sums(work, [first.id, second.id], every_footprint=False)
    assert found[first.id].frames == 2
    assert found[first.id].votes == [("excavator", pytest.approx(1.3))]
    assert sorted(found[second.id].votes) == [("dump_truck", pytest.approx(0.9)), ("other", pytest.approx(0.3))]
    assert found[second.id].score == 0.9
    assert len(found[first.id].places) == 2
    assert len(found[first.id].footprints) == 2
    assert (first.type, second.type) == ("excavator", "dump_truck")
    assert store.sums(work, [work.ids.new()], every_footprint=True) == {}


def test_the_evidence_is_the_best_score_and_the_first_of_equals(work: Work, town: Any):
    town.camera("cam-a")
    for n, score in enumerate((0.7, 0.9, 0.9, 0.8)):
        join(work, town.machines("cam-a", 60 * n, (2 + 0.1 * n, 25), scores=[score]))
    [alarm] = service.alarms(work, limit=5)
    assert alarm.evidence_box.x == pytest.approx(town.box("cam-a", (2.1, 25)).x)


def test_alarms_without_ground_have_no_places(work: Work, town: Any):
    for n in range(2):
        join(work, town.frame("clip", n, [Box(100, 100, 80, 60)]))
    [alarm] = service.alarms(work, limit=5)
    found = store.sums(work, [alarm.id], every_footprint=True)[alarm.id]
    assert found.places == []
    assert found.footprints == []
    assert found.frames == 2


def test_a_chain_of_merges_leads_to_its_end_and_a_ring_is_found(work: Work, town: Any):
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-14, 40), (4, 40), (22, 40)))
    a, b, c = (alarm.id for alarm in service.alarms(work, limit=5))
    service.merge(work, b, a, "one")
    service.merge(work, c, b, "one more")
    assert store.resolve(work, a) == c
    assert service.alarm(work, a).frames == 2
    assert len(service.alarm(work, a).members) == 6
    assert store.resolve(work, work.ids.new()) is None
    store.set_merged(work, c, a)
    with pytest.raises(RuntimeError, match="ring"):
        store.resolve(work, a)


def test_only_what_is_still_merged_can_be_given_back(work: Work, town: Any):
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-10, 35), (10, 35)))
    a, b = service.alarms(work, limit=5)
    brought = {member.finding_id for member in b.members}
    service.merge(work, a.id, b.id, "one")
    assert store.merge_findings(work, a.id) == {b.id: brought}
    service.split(work, a.id, brought, "two")
    assert store.merge_findings(work, a.id) == {}


def test_putting_an_alarm_again_keeps_what_it_was_merged_into(work: Work, town: Any):
    town.camera("cam-a")
    for n in range(2):
        join(work, town.machines("cam-a", 60 * n, (-10, 35), (10, 35)))
    a, b = service.alarms(work, limit=5)
    sums = store.sums(work, [b.id], every_footprint=False)[b.id]
    service.merge(work, a.id, b.id, "one")
    store.put(work, [store.AlarmDraft(b.id, sums, "other", None, b.answer, None)])
    row = work.session.scalars(
        select(AlarmRow).where(AlarmRow.id == b.id).execution_options(populate_existing=True)
    ).one()
    assert row.merged_into == a.id
    assert row.type == "other"
    store.put(work, [])


def test_events_come_back_as_they_were_written(work: Work):
    alarm_id, other = work.ids.new(), work.ids.new()
    told = [
        AlarmEvent(alarm_id, EventKind.MADE, work.now(), None, "first seen here", None, (work.ids.new(),)),
        AlarmEvent(
            alarm_id, EventKind.MERGED, work.now(), "li.wei", "一处工地", other, (work.ids.new(), work.ids.new())
        ),
    ]
    store.add_event(work, told)
    store.add_event(work, [])
    assert store.events(work, alarm_id) == told
    assert store.events(work, other) == []
