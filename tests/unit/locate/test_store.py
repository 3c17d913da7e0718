from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from pipewarden.locate.facts import GroundPoint, Placement
from pipewarden.locate.store import placements as store
from pipewarden.network.facts import UNKNOWN, Zone, ZoneAnswer
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

ANSWER = ZoneAnswer("p1", 3.0, Zone.CONTROL, "p2", "CN", "CN-GB55009", "5.1.4", 0.1, 0.7, UUID(int=7), "low pressure")


def placement(work: Work, observation_id: UUID) -> Placement:
    return Placement(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        observation_id=observation_id,
        finding_id=work.ids.new(),
        ground=GroundPoint(116.7, 39.5, (1.0, 0.25, 2.0)),
        footprint=((116.7, 39.5), (116.71, 39.5), (116.71, 39.51)),
        answer=ANSWER,
        why=None,
        own_covariance=(0.5, 0.0, 0.5),
    )


def test_a_placement_is_read_as_it_was_written(work: Work):
    one = placement(work, work.ids.new())
    unknown = replace(
        placement(work, one.observation_id),
        ground=None,
        footprint=(),
        answer=UNKNOWN,
        why="above the horizon",
        own_covariance=None,
    )
    assert store.add(work, [one.observation_id], [one, unknown]) == [one.observation_id]
    assert store.read(work, [one.observation_id]) == {one.observation_id: (one, unknown)}


def test_a_finding_is_placed_once(work: Work):
    one = placement(work, work.ids.new())
    assert store.add(work, [one.observation_id], [one]) == [one.observation_id]
    assert store.add(work, [one.observation_id], [replace(one, id=work.ids.new(), why="again")]) == []
    assert store.read(work, [one.observation_id])[one.observation_id] == (one,)
    assert store.placed(work, [one.observation_id, work.ids.new()]) == {one.observation_id}


def test_a_crowded_batch_is_written(work: Work):
    """More columns times rows than one statement takes parameters."""
    ids = [work.ids.new() for _ in range(32)]
    many = [placement(work, one) for one in ids for _ in range(180)]
    assert store.add(work, ids, many) == ids
    assert sum(len(placed) for placed in store.read(work, ids).values()) == 32 * 180


def test_an_unknown_covariance_is_a_null_of_the_database(work: Work):
    one = placement(work, work.ids.new())
    store.add(work, [one.observation_id], [replace(one, ground=None, own_covariance=None)])
    rows = select(func.count()).where(store.PlacementRow.id == one.id, store.PlacementRow.own_covariance.is_(None))
    assert work.session.scalar(rows) == 1


def test_nothing_to_add_asks_nothing(work: Work, count_statements: list[str]):
    assert store.add(work, [], []) == []
    assert count_statements == []


def test_another_tenant_reads_nothing(work: Work):
    one = placement(work, work.ids.new())
    store.add(work, [one.observation_id], [one])
    other = people.ensure_tenant(work.session, work.clock, work.ids, "other")
    theirs = replace(work, tenant_id=other.id)
    assert store.read(theirs, [one.observation_id]) == {}
    assert store.placed(theirs, [one.observation_id]) == set()


@given(st.sampled_from(list(Zone)), st.none() | st.uuids(), st.none() | st.floats(0, 1e5))
def test_an_answer_survives_its_json(zone: Zone, version: UUID | None, distance: float | None):
    answer = replace(ANSWER, zone=zone, network_version_id=version, distance_m=distance)
    written: dict[str, Any] = store.answer_values(answer)
    assert all(value is None or isinstance(value, str | float) for value in written.values())
    assert store.read_answer(written) == answer


def test_the_unknown_answer_is_unknown_in_everything():
    told = store.answer_values(UNKNOWN)
    assert told.pop("zone") == "unknown"
    assert set(told.values()) == {None}


@pytest.mark.parametrize(
    ("broken", "error"), [({}, KeyError), ({"zone": "nowhere", "network_version_id": None}, ValueError)]
)
def test_a_broken_answer_is_an_error(broken: dict[str, object], error: type[Exception]):
    with pytest.raises(error):
        store.read_answer(broken)
