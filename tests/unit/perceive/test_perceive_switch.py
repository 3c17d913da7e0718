"""Kill switches at perceive's doors: the screen off looks at nothing and says so; pictures of homes are refused."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, Grant, Role, Scope
from pipewarden.perceive import service

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
