"""Pictures the house sends itself: grouped like others, shown and counted nowhere, and never part of a real alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.dedupe import service
from pipewarden.dedupe.facts import Policy
from pipewarden.sense.facts import ObservationKind
from pipewarden.sense.store import ObservationRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work

HERE = (20.0, 40.0)


def as_test(work: Work, observation_id: UUID) -> UUID:
    """Mark an observation as the house's own test, as a test camera's is."""
    row = work.session.get_one(ObservationRow, observation_id)
    row.test = True
    work.session.flush()
    return observation_id


@pytest.fixture
def policy() -> Policy:
    return Policy()


def test_a_test_alarm_is_made_and_hidden(work: Work, town: Any, policy: Policy) -> None:
    town.camera("t")
    frames = [as_test(work, town.machines("t", second, HERE)) for second in (0.0, 600.0)]
    (made,) = service.join(work, policy, frames)
    assert service.of_stream(work, "t") == [made]
    assert service.alarm(work, made).test
    assert service.alarms(work, limit=10) == []


@pytest.mark.parametrize("first", ["real", "test"])
def test_a_test_and_a_machine_at_one_place_never_become_one_alarm(
    work: Work, town: Any, policy: Policy, first: str
) -> None:
    """The one would hide the other, or be counted with it."""
    town.camera("a")
    town.camera("t")

    def real(start: float) -> list[UUID]:
        return service.join(work, policy, [town.machines("a", start + second, HERE) for second in (0.0, 600.0)])

    def test(start: float) -> list[UUID]:
        frames = [as_test(work, town.machines("t", start + second, HERE)) for second in (0.0, 600.0)]
        return service.join(work, policy, frames)

    seen, tried = (real(0.0), test(700.0)) if first == "real" else (real(700.0), test(0.0))
    assert [one.id for one in service.alarms(work, limit=10)] == seen
    assert not service.alarm(work, seen[0]).test
    assert service.alarm(work, tried[0]).test
    assert service.alarm(work, seen[0]).frames == service.alarm(work, tried[0]).frames == 2


def test_they_stay_apart_in_one_batch_and_as_single_pictures(work: Work, town: Any, policy: Policy) -> None:
    town.camera("a")
    town.camera("t")
    several = replace(policy, single_makes_alarm=True)
    frames = [
        town.machines("a", 0.0, HERE, kind=ObservationKind.SINGLE),
        as_test(work, town.machines("t", 1.0, HERE, kind=ObservationKind.SINGLE)),
    ]
    made = service.join(work, several, frames)
    assert sorted(service.alarm(work, one).test for one in made) == [False, True]
