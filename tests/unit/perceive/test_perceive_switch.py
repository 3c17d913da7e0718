"""Kill switches at perceive's doors: the screen off looks at nothing and says so; pictures of homes are refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, Grant, Role, Scope
from pipewarden.perceive import service
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

MACHINE = ("b", (200, 100, 240, 160), 230)


def switch(work: Any, name: str, *, on: bool) -> None:
    people.set_switch(work, people.operator(work.tenant_id), name, on=on, reason="sees ghosts")


def test_a_screen_that_is_off_looks_at_no_picture_and_every_picture_says_so(bench: Any) -> None:
    switch(bench.work, "model:screen", on=False)
    one = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(one)
    seen = service.screened(bench.work, [one.id])[one.id]
    assert (seen.findings, seen.problem, seen.model) == ((), "model:screen is switched off: sees ghosts", None)
    assert (seen.width, seen.height) == (1280, 720)
    assert bench.detector.shapes == [], "the model itself was never asked"
    switch(bench.work, "model:screen", on=True)
    two = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(two)
    assert len(service.screened(bench.work, [two.id])[two.id].findings) == 1


def test_a_persons_words_go_on_while_the_screen_is_off(bench: Any) -> None:
    switch(bench.work, "model:screen", on=False)
    one = bench.say("r1")
    bench.run(one)
    (said,) = service.screened(bench.work, [one.id])[one.id].findings
    assert said.raises


@pytest.mark.parametrize("stream", ["person:1", "device:7"])
def test_a_report_with_a_picture_raises_while_the_screen_is_off_each_one(bench: Any, stream: str) -> None:
    """The safety rule: when a part is down the item goes to a person; a report waits for one, box or no box."""
    switch(bench.work, "model:screen", on=False)
    for number in range(3):
        picture = bench.jpeg(bench.street(("b", (200, 100, 240, 160), 200 + number)))
        new = NewObservation(stream, f"r{number}", ObservationKind.REPORT, picture, "phone.jpg")
        one = sense.observe(bench.work, bench.blobs, new)
        bench.run(one)
        seen = service.screened(bench.work, [one.id])[one.id]
        assert [said.raises for said in seen.findings] == [True]
        assert seen.problem == "model:screen is switched off: sees ghosts", "and nobody reads it as nothing seen"
    assert bench.detector.shapes == []


def test_frames_of_cameras_raise_nothing_then_and_say_that_they_were_not_looked_at(bench: Any) -> None:
    switch(bench.work, "model:screen", on=False)
    frames = [bench.observe(bench.jpeg(bench.street(MACHINE)), stream=f"cam-{number}") for number in range(3)]
    bench.run(*frames)
    seen = service.screened(bench.work, [one.id for one in frames])
    assert [one.findings for one in seen.values()] == [(), (), ()]
    assert {one.problem for one in seen.values()} == {"model:screen is switched off: sees ghosts"}
    assert {one.model for one in seen.values()} == {None}


def test_switched_off_for_all_it_is_off_for_each(bench: Any) -> None:
    people.set_switch(
        bench.work, people.operator(PLATFORM), "model:screen", on=False, reason="sees ghosts", everywhere=True
    )
    one = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(one)
    assert service.screened(bench.work, [one.id])[one.id].problem


def test_a_picture_of_a_home_is_refused_with_the_reason_and_what_to_do(bench: Any) -> None:
    grants = (Grant("indoor:check", Scope.OWN, bench.work.tenant_id, None, Role.RESIDENT),)
    who = Actor(ActorKind.PERSON, UUID(int=7), "R", bench.work.tenant_id, grants=grants)
    switch(bench.work, "upload:public", on=False)
    with pytest.raises(RefusedError) as caught:
        service.take_indoor(bench.work, bench.blobs, who, bench.jpeg(bench.street()))
    assert "sees ghosts" in caught.value.problem
    assert "words" in caught.value.fix
    switch(bench.work, "upload:public", on=True)
    assert service.take_indoor(bench.work, bench.blobs, who, bench.jpeg(bench.street())).fresh
