"""The board fed from the database in any batches says what one board fed frame by frame says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import select

from pipewarden.dedupe import service
from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import Board
from pipewarden.dedupe.service import grouping
from pipewarden.dedupe.store import SightingRow, TrackRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.dedupe.store import NewFrame
    from pipewarden.kit.work import Work

POLICY = Policy()
SITES = [(-12.0, 32.0), (10.0, 34.0), (-2.0, 55.0)]


def day(town: Any, seed: int, frames: int) -> list[UUID]:
    """Write a stream: three machines seen two times in three with half a metre of jitter, and passing lorries."""
    rng = np.random.default_rng(seed)
    ids = []
    for n in range(frames):
        places = [tuple((np.array(site) + rng.normal(0, 0.5, 2)).tolist()) for site in SITES if rng.random() < 0.67]
        if rng.random() < 0.5:
            places.append((float(rng.uniform(-25, 25)), float(rng.uniform(70, 90))))
        ids.append(town.machines("cam-a", 60 * n, *places))
    return ids


def by_database(work: Work, ids: list[UUID], cuts: list[int]) -> set[frozenset[UUID]]:
    """Join in batches that end at ``cuts`` and return the raising members of each alarm."""
    for start, end in zip([0, *cuts], [*cuts, len(ids)], strict=True):
        service.join(work, POLICY, ids[start:end])
    raising = set(work.session.scalars(select(SightingRow.finding_id).where(SightingRow.tenant_id == work.tenant_id)))
    return {
        frozenset(member.finding_id for member in alarm.members if member.finding_id in raising)
        for alarm in service.alarms(work, limit=100)
    }


def by_board(frames: list[NewFrame], new_id: Any) -> set[frozenset[UUID]]:
    board = Board(POLICY, new_id)
    for frame in sorted(frames, key=lambda one: one.head):
        board.take(frame.stream, frame.head, frame.sightings, sequence=frame.sequence)
    groups: dict[UUID, set[UUID]] = {}
    for finding_id, decision in board.decisions.items():
        if decision.alarm_id is not None:
            groups.setdefault(decision.alarm_id, set()).add(finding_id)
    return {frozenset(members) for members in groups.values()}


@pytest.mark.parametrize(("seed", "cuts"), [(1, []), (2, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), (3, [4, 9]), (4, [7])])
def test_any_batches_give_what_one_board_gives(work: Work, town: Any, seed: int, cuts: list[int]):
    town.camera("cam-a")
    ids = day(town, seed, 12)
    expected = by_board(grouping._frames(work, ids), work.ids.new)
    assert by_database(work, ids, cuts) == expected
    assert len(expected) >= 3


@pytest.mark.parametrize("seed", [5, 6])
def test_shuffled_batches_find_the_same_sites(work: Work, town: Any, seed: int):
    town.camera("cam-a")
    ids = day(town, seed, 12)
    shuffled = [ids[n] for n in np.random.default_rng(seed).permutation(len(ids))]
    found = by_database(work, shuffled, [3, 6, 9])
    ordered = by_board(grouping._frames(work, ids), work.ids.new)
    # a late frame can only add: every site of the ordered run is found, with all its findings together
    for members in ordered:
        assert any(members <= others for others in found)


def test_every_member_has_a_reason_and_every_alarm_its_own_members(work: Work, town: Any):
    town.camera("cam-a")
    service.join(work, POLICY, day(town, 8, 12))
    alarms = service.alarms(work, limit=100)
    members = [member.finding_id for alarm in alarms for member in alarm.members]
    assert len(members) == len(set(members))
    assert all(member.reason for alarm in alarms for member in alarm.members)
    raising = work.session.scalars(
        select(SightingRow.finding_id).where(SightingRow.tenant_id == work.tenant_id, SightingRow.raises)
    ).all()
    assert len(alarms) <= len(raising)


def test_tracks_and_sightings_agree(work: Work, town: Any):
    """Whatever happened, a track's alarm is that of its newest sighting, and no sighting names a track that is gone."""
    town.camera("cam-a")
    ids = day(town, 9, 12)
    by_database(work, [ids[n] for n in (0, 2, 4, 1, 3, 8, 6, 5, 7, 11, 9, 10)], [2, 5, 8, 10])
    tracks = {row.id: row for row in work.session.scalars(select(TrackRow).where(TrackRow.tenant_id == work.tenant_id))}
    rows = {
        row.finding_id: row
        for row in work.session.scalars(
            select(SightingRow)
            .where(SightingRow.tenant_id == work.tenant_id, SightingRow.raises)
            .execution_options(populate_existing=True)
        )
    }
    for row in rows.values():
        assert row.track_id in tracks
        assert row.alarm_id == tracks[row.track_id].alarm_id
    for track in tracks.values():
        assert rows[track.last_finding_id].track_id == track.id
        assert track.last_s == max(row.seen_s for row in rows.values() if row.track_id == track.id)


def test_a_machine_seen_all_day_is_one_alarm_with_bounded_work(work: Work, town: Any, count_statements: list[str]):
    town.camera("cam-a")
    rng = np.random.default_rng(12)
    spent = []
    for batch in range(6):
        ids = [
            town.machines(
                "cam-a", 600 * (16 * batch + n), tuple((np.array((2.0, 30.0)) + rng.normal(0, 0.4, 2)).tolist())
            )
            for n in range(16)
        ]
        del count_statements[:]
        service.join(work, POLICY, ids)
        spent.append(len(count_statements))
    [alarm] = service.alarms(work, limit=10)
    assert alarm.frames == 96
    assert alarm.ground is not None
    assert max(spent[1:]) <= min(spent) * 6
    assert len(service.why(work, alarm.id)) == 6


def test_what_is_stored_is_what_was_seen(work: Work, town: Any, looks: Any):
    """A sighting read back from the database equals the one that was written."""
    town.camera("cam-a")
    one = town.machines("cam-a", 0, (2, 30), look=looks(5))
    [written] = grouping._frames(work, [one])[0].sightings
    service.join(work, POLICY, [one])
    service.join(work, POLICY, [two := town.machines("cam-a", 60, (2, 30), look=looks(5))])
    board = grouping._board(work, POLICY, grouping._frames(work, [town.machines("cam-a", 120, (2, 30), look=looks(5))]))
    [track] = board.tracks.values()
    read = next(seen for seen in track.sightings if seen.finding_id == written.finding_id)
    assert read.look is not None
    assert written.look is not None
    assert read.look.features == pytest.approx(written.look.features, abs=1e-6)
    assert replace(read, look=None) == replace(written, look=None)
    assert {seen.observation_id for seen in track.sightings} == {one, two}
