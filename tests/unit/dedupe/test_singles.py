"""Reports of many people are judged together: the same alarms as one by one, with work that does not grow with them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pipewarden.dedupe import service, store
from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import box_about
from pipewarden.dedupe.service import grouping
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.locate import service as locate
from pipewarden.locate.facts import GroundPoint
from pipewarden.people import service as people
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Box, Finding, FindingClass, Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work

POLICY = Policy()
START = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
FRAME = LocalFrame(116.7, 39.5)


class Street:
    """People who say what they see; their words are screened and placed."""

    def __init__(self, work: Work, folder: Path) -> None:
        self.work, self.blobs, self.count = work, BlobStore(folder), 0

    def say(
        self,
        *places: tuple[float, float] | None,
        stream: str | None = None,
        hours: float = 0.0,
    ) -> list[UUID]:
        """Write one report per place, metres east and north, each of a person of its own unless ``stream`` is given."""
        made = []
        for at in places:
            self.count += 1
            lon, lat = (None, None) if at is None else FRAME.to_lonlat(np.array([at]))[0].tolist()
            observation = NewObservation(
                stream=stream or f"person:{self.count}",
                source_id=f"phone#{self.count}",
                kind=ObservationKind.REPORT,
                picture=b"",
                picture_name="phone",
                at=START + timedelta(hours=hours, seconds=self.count),
            )
            event = NewEvent(observation, "phone", str(self.count), "挖机", lon, lat, 8.0)
            actor = people.operator(self.work.tenant_id)
            made.append(sense.take(self.work, self.blobs, actor, event).observation.id)
        self.screen(made)
        return made

    def screen(self, ids: list[UUID]) -> None:
        perceive_store.add(self.work, [Screened(one, None, None, (self.word(one),), None) for one in ids])
        locate.place(self.work, ids)

    def word(self, one: UUID) -> Finding:
        return Finding(
            self.work.ids.new(), self.work.tenant_id, one, FindingClass.REPORT, None, 0.0, raises=True,
            box=Box(0, 0, 0, 0), look=None, model="words",
        )  # fmt: skip

    def groups(self) -> set[frozenset[UUID]]:
        """Return the observations of each alarm."""
        return {
            frozenset(member.observation_id for member in alarm.members)
            for alarm in service.alarms(self.work, limit=500)
        }


@pytest.fixture
def street(work: Work, tmp_path: Path) -> Street:
    return Street(work, tmp_path)


def sites(rng: np.random.Generator, count: int) -> tuple[list[tuple[float, float]], list[int]]:
    """Return places in mixed order, one to five about each of ``count`` sites 60 m apart, and whose each is."""
    places, whose = [], []
    for site in range(count):
        for _ in range(int(rng.integers(1, 6))):
            off = rng.uniform(-2.0, 2.0, 2)
            places.append((60.0 * (site % 5) + float(off[0]), 60.0 * (site // 5) + float(off[1])))
            whose.append(site)
    order = rng.permutation(len(places)).tolist()
    return [places[n] for n in order], [whose[n] for n in order]


@pytest.mark.parametrize(("seed", "cuts"), [(1, []), (2, [7]), (3, [1, 2, 3, 20]), (4, "every")])
def test_any_batches_give_one_alarm_a_site(street: Street, seed: int, cuts: Any) -> None:
    places, whose = sites(np.random.default_rng(seed), 12)
    ids = street.say(*places)
    ends = range(1, len(ids)) if cuts == "every" else cuts
    for start, end in zip([0, *ends], [*ends, len(ids)], strict=True):
        service.join(street.work, POLICY, ids[start:end])
    expected = {frozenset(one for one, site in zip(ids, whose, strict=True) if site == wanted) for wanted in set(whose)}
    assert street.groups() == expected


def test_the_work_of_a_batch_does_not_grow_with_its_streams(street: Street, count_statements: list[str]) -> None:
    spent = []
    for batch, count in enumerate((1, 60)):
        ids = street.say(*[(100.0 * n, 1000.0 * batch) for n in range(count)])
        service.join(street.work, POLICY, ids[:0])
        count_statements.clear()
        service.join(street.work, POLICY, ids)
        spent.append(len([one for one in count_statements if not one.startswith(("SAVEPOINT", "RELEASE"))]))
    assert len(service.alarms(street.work, limit=100)) == 61
    assert spent[1] <= spent[0] + 2


def test_a_report_joins_what_frames_of_the_same_batch_confirmed(street: Street, town: Any) -> None:
    town.camera("cam-a")
    [said] = street.say((2.0, 30.0))
    frames = [town.machines("cam-a", 60 * n, (2, 30)) for n in range(2)]
    changed = service.join(street.work, POLICY, [said, *frames])
    assert len(changed) == 1
    assert street.groups() == {frozenset({said, *frames})}


def test_a_report_of_yesterday_and_one_far_away_are_other_alarms(street: Street) -> None:
    late, now, away = street.say((0, 0), hours=-30)[0], *street.say((0, 0), (40, 0))
    service.join(street.work, POLICY, [late])
    service.join(street.work, POLICY, [now, away])
    assert street.groups() == {frozenset({late}), frozenset({now}), frozenset({away})}


def test_words_without_a_place_stand_alone(street: Street) -> None:
    first, second = street.say(None, None, stream="person:1")
    service.join(street.work, POLICY, [first])
    service.join(street.work, POLICY, [second])
    assert street.groups() == {frozenset({first}), frozenset({second})}


def test_one_sender_of_many_reports_reads_only_what_stands_near(street: Street) -> None:
    """A gateway's stream holds a town's reports: loading all of them for each batch would end in a standstill."""
    service.join(street.work, POLICY, street.say(*[(50.0 * n, 0.0) for n in range(40)], stream="device:1"))
    [again] = street.say((0.0, 3.0), stream="device:1")
    board = grouping._singles(street.work, POLICY, grouping._frames(street.work, [again]))
    assert len(board.tracks) == 1
    assert len(service.join(street.work, POLICY, [again])) == 1
    assert Counter(map(len, street.groups())) == {1: 39, 2: 1}


def test_tracks_beside_are_found_by_place_time_and_whether_their_time_is_known(street: Street) -> None:
    service.join(street.work, POLICY, street.say((0.0, 0.0), stream="person:1"))
    [one] = grouping._frames(street.work, street.say((20.0, 0.0)))[0].sightings

    def beside(reach_m: float = 30.0, hours: float = 24.0, **change: Any) -> int:
        changed = {name: getattr(one, name) for name in one.__slots__} | change
        return len(store.tracks_beside(street.work, [type(one)(**changed)], reach_m, hours))

    assert beside() == 1
    assert beside(reach_m=10.0) == 0
    assert beside(seen_s=one.seen_s + 23 * 3600) == 1
    assert beside(seen_s=one.seen_s + 25 * 3600) == 0
    assert beside(timed=False) == 0
    assert beside(timed=False, stream="person:1") == 1
    assert beside(ground=None) == 0
    assert store.tracks_beside(street.work, [], 30.0, 24.0) == []


@pytest.mark.parametrize("lat", [-60.0, 0.0, 22.5, 39.5, 53.5, 80.0])
@pytest.mark.parametrize("reach_m", [1.0, 30.0, 500.0])
def test_the_box_about_a_place_holds_all_within_reach_and_little_more(lat: float, reach_m: float) -> None:
    west, south, east, north = box_about(GroundPoint(116.7, lat, (1.0, 0.0, 1.0)), reach_m)
    for edge in ((west, lat), (east, lat), (116.7, south), (116.7, north)):
        assert reach_m <= distance_m((116.7, lat), edge) <= 1.02 * reach_m
