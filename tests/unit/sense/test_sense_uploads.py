"""The kill switch of the public's pictures: words are taken, the picture is refused with the reason, staff go on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, Grant, Role, Scope
from pipewarden.sense import service
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

PICTURE = b"\xff\xd8\xff\xe0 as far as anybody looks here"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def resident(work: Work, scope: Scope = Scope.OWN, kind: ActorKind = ActorKind.PERSON) -> Actor:
    grants = (Grant("report:create", scope, work.tenant_id, None, Role.RESIDENT),)
    return Actor(kind, UUID(int=7), "R", work.tenant_id, grants=grants)


def report(number: int, picture: bytes = PICTURE) -> NewEvent:
    kind = ObservationKind.REPORT
    one = NewObservation(f"person:{number}", f"phone#{number}", kind, picture=picture, picture_name="phone")
    return NewEvent(observation=one, source="phone", event_id=str(number), words="挖机在挖", lon=116.7, lat=39.5)


def switch(work: Work, *, on: bool) -> None:
    people.set_switch(work, people.operator(work.tenant_id), service.PUBLIC_PICTURES, on=on, reason="flood of pictures")


def test_the_words_are_kept_and_the_picture_is_refused_with_the_reason(work: Work, blobs: BlobStore) -> None:
    switch(work, on=False)
    taken = service.take(work, blobs, resident(work), report(1))
    assert taken.fresh
    assert taken.observation.picture == ""
    assert taken.told.words == "挖机在挖"
    assert taken.told.picture_problem == "is not taken now: flood of pictures"
    assert list(blobs.root.iterdir()) == []
    assert [fact.kind for fact in work.take_facts()] == ["sense.observed"], "people hear of it as ever"
    switch(work, on=True)
    assert service.take(work, blobs, resident(work), report(2)).observation.picture


def test_many_events_lose_only_the_pictures_of_reports(work: Work, blobs: BlobStore) -> None:
    switch(work, on=False)
    found = service.take_all(work, blobs, resident(work), [report(1), report(2, b""), report(3)])
    why = "is not taken now: flood of pictures"
    assert [one.told.picture_problem for one in found] == [why, None, why]


@pytest.mark.parametrize(
    ("scope", "kind"),
    [(Scope.AREA, ActorKind.PERSON), (Scope.TENANT, ActorKind.PERSON), (Scope.OWN, ActorKind.DEVICE)],
)
def test_who_works_for_the_company_and_devices_are_not_the_public(
    work: Work, blobs: BlobStore, scope: Scope, kind: ActorKind
) -> None:
    switch(work, on=False)
    taken = service.take(work, blobs, resident(work, scope, kind), report(1))
    assert taken.observation.picture
    assert taken.told.picture_problem is None


def test_what_was_taken_with_its_picture_is_the_same_when_it_comes_again(work: Work, blobs: BlobStore) -> None:
    first = service.take(work, blobs, resident(work), report(1))
    switch(work, on=False)
    again = service.take(work, blobs, resident(work), report(1))
    assert (again.fresh, again.observation.id) == (False, first.observation.id)
