"""Events that somebody sent, below HTTP: whose they are, what makes two the same, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, Role, Scope
from pipewarden.sense import service
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

OBSERVE, REPORT = "observation:create", "report:create"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def actor(work: Work, *permissions: str, number: int = 1) -> Actor:
    grants = tuple(Grant(one, Scope.TENANT, work.tenant_id, None, Role.DISPATCHER) for one in permissions)
    return Actor(ActorKind.PERSON, UUID(int=number), "A", work.tenant_id, grants=grants)


def event(kind: ObservationKind = ObservationKind.REPORT, picture: bytes = b"", **more: Any) -> NewEvent:
    one = NewObservation(stream="person:1", source_id="phone#1", kind=kind, picture=picture, picture_name="phone 1")
    said: dict[str, Any] = {"words": "挖机", "lon": 116.7, "lat": 39.5} if kind is ObservationKind.REPORT else {}
    return NewEvent(observation=one, source="phone", event_id="1", **(said | more))


def test_words_are_kept_now_and_without_a_picture(work: Work, blobs: BlobStore) -> None:
    taken = service.take(work, blobs, actor(work, REPORT), event())
    assert taken.fresh
    assert taken.observation.picture == ""
    assert taken.observation.at == work.now()
    assert list(blobs.root.iterdir()) == []
    assert service.told(work, [taken.observation.id]) == {taken.observation.id: taken.told}
    assert [(fact.kind, fact.fact_id) for fact in work.take_facts()] == [("sense.observed", taken.observation.id)]


def test_the_same_event_is_taken_once_whenever_it_comes_again(work: Work, blobs: BlobStore, clock: Any) -> None:
    who = actor(work, REPORT)
    first = service.take(work, blobs, who, event())
    work.take_facts()
    clock.advance(timedelta(hours=3))
    again = service.take(work, blobs, who, event())
    assert (again.fresh, again.observation, again.told) == (False, first.observation, first.told)
    assert work.take_facts() == []


@pytest.mark.parametrize(
    "change",
    [{"words": "other"}, {"lon": 116.8}, {"accuracy_m": 3.0}, {"extra": {"a": 1}}, {"lon": None, "lat": None}],
)
def test_anything_else_under_the_name_is_another_event(work: Work, blobs: BlobStore, change: dict[str, Any]) -> None:
    who = actor(work, REPORT)
    service.take(work, blobs, who, event())
    with pytest.raises(InputError) as caught:
        service.take(work, blobs, who, event(**change))
    assert caught.value.field == "id"


def test_a_name_of_another_sender_or_of_the_house_is_refused(work: Work, blobs: BlobStore) -> None:
    service.take(work, blobs, actor(work, REPORT), event())
    with pytest.raises(RefusedError):
        service.take(work, blobs, actor(work, REPORT, number=2), event())
    frame = event(ObservationKind.FRAME, b"jpeg")
    own = replace(frame.observation, stream="cam-1")
    service.observe(work, blobs, own)
    with pytest.raises(RefusedError):
        service.take(work, blobs, actor(work, OBSERVE), replace(frame, observation=own))


@pytest.mark.parametrize(
    ("permissions", "kind", "allowed"),
    [
        ((REPORT,), ObservationKind.REPORT, True),
        ((OBSERVE,), ObservationKind.REPORT, True),
        ((OBSERVE,), ObservationKind.FRAME, True),
        ((REPORT,), ObservationKind.FRAME, False),
        ((REPORT,), ObservationKind.SINGLE, False),
        ((), ObservationKind.REPORT, False),
    ],
)
def test_who_may_send_what(
    work: Work, blobs: BlobStore, permissions: tuple[str, ...], kind: ObservationKind, *, allowed: bool
) -> None:
    who = actor(work, *permissions)
    if allowed:
        assert service.take(work, blobs, who, event(kind, b"jpeg")).fresh
    else:
        with pytest.raises(ForbiddenError):
            service.take(work, blobs, who, event(kind, b"jpeg"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"words": None}, "words"),
        ({"words": "  "}, "words"),
        ({"lat": None}, "lon"),
        ({"lat": 91.0}, "lon"),
        ({"lon": -181.0}, "lon"),
    ],
)
def test_what_says_nothing_is_refused(work: Work, blobs: BlobStore, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        service.take(work, blobs, actor(work, REPORT), event(**change))
    assert caught.value.field == field


def test_a_frame_needs_its_picture(work: Work, blobs: BlobStore) -> None:
    with pytest.raises(InputError) as caught:
        service.take(work, blobs, actor(work, OBSERVE), event(ObservationKind.FRAME))
    assert caught.value.field == "picture"


def test_a_report_has_no_before(work: Work, blobs: BlobStore) -> None:
    who = actor(work, REPORT)
    first = service.take(work, blobs, who, event())
    second = event()
    second = replace(second, observation=replace(second.observation, source_id="phone#2"), event_id="2")
    assert service.earlier(work, service.take(work, blobs, who, second).observation, 5) == []
    assert first.fresh


def several(count: int, **more: Any) -> list[NewEvent]:
    found = [event(**more) for _ in range(count)]
    return [
        replace(one, observation=replace(one.observation, source_id=f"phone#{n}"), event_id=str(n))
        for n, one in enumerate(found)
    ]


def test_many_events_are_kept_in_as_many_statements_as_one(
    work: Work, blobs: BlobStore, count_statements: list[str]
) -> None:
    who, spent = actor(work, REPORT), []
    for events in (several(1), several(90)[1:]):
        count_statements.clear()
        taken = service.take_all(work, blobs, who, events)
        spent.append(len(count_statements))
        assert [(one.told.event_id, one.fresh) for one in taken] == [(one.event_id, True) for one in events]
    assert spent[1] == spent[0]
    assert len(work.take_facts()) == 90


def test_a_batch_may_hold_what_came_before_and_the_same_event_twice(work: Work, blobs: BlobStore) -> None:
    who, events = actor(work, REPORT), several(3)
    [first] = service.take_all(work, blobs, who, events[:1])
    taken = service.take_all(work, blobs, who, [*events, events[1]])
    assert [one.fresh for one in taken] == [False, True, True, False]
    assert taken[0].observation == first.observation
    assert taken[3].observation == taken[1].observation
    assert taken[3].told == taken[1].told
    assert len(work.take_facts()) == 3
    assert service.take_all(work, blobs, who, []) == []


def test_one_name_for_two_events_of_a_batch_is_refused(work: Work, blobs: BlobStore) -> None:
    with pytest.raises(InputError) as caught:
        service.take_all(work, blobs, actor(work, REPORT), [event(), event(words="other")])
    assert caught.value.field == "id"


def test_a_batch_with_one_kind_too_many_is_refused_whole(work: Work, blobs: BlobStore) -> None:
    with pytest.raises(ForbiddenError):
        service.take_all(work, blobs, actor(work, REPORT), [event(), event(ObservationKind.FRAME, b"jpeg")])
    assert work.take_facts() == []


def test_a_camera_of_nobody_is_refused_in_a_batch(work: Work, blobs: BlobStore) -> None:
    frame = event(ObservationKind.FRAME, b"jpeg")
    lost = replace(frame, observation=replace(frame.observation, camera_id=UUID(int=9)))
    with pytest.raises(InputError) as caught:
        service.take_all(work, blobs, actor(work, OBSERVE), [frame, lost])
    assert caught.value.field == "camera_id"


def test_what_is_said_to_nobody_is_not_taken(work: Work, blobs: BlobStore) -> None:
    nowhere = replace(work, tenant_id=PLATFORM)
    with pytest.raises(RefusedError) as caught:
        service.take(nowhere, blobs, actor(nowhere, REPORT), event())
    assert caught.value.field == "tenant"
