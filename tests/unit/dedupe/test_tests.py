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
    """Mark an observation as the house's own test, as its sender would have."""
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


def test_a_real_alarm_is_not_hidden_by_it(work: Work, town: Any, policy: Policy) -> None:
    town.camera("a")
    (real,) = service.join(work, policy, [town.machines("a", second, HERE) for second in (0.0, 600.0)])
    town.camera("t")
    service.join(work, policy, [as_test(work, town.machines("t", second, HERE)) for second in (700.0, 1300.0)])
    assert [one.id for one in service.alarms(work, limit=10)] == [real]
    assert not service.alarm(work, real).test


def test_a_machine_pasted_into_one_picture_stands_beside_no_alarm(work: Work, town: Any, policy: Policy) -> None:
    town.camera("a")
    (real,) = service.join(work, policy, [town.machines("a", second, HERE) for second in (0.0, 600.0)])
    before = service.alarm(work, real)
    pasted = as_test(work, town.machines("a", 900.0, HERE, kind=ObservationKind.SINGLE))
    assert service.join(work, replace(policy, single_makes_alarm=True), [pasted]) == []
    assert service.alarm(work, real) == before
