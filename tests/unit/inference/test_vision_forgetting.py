"""Old questions go by their age; what is needed, or was answered from, stays."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from vision_site import Scripted, SiteAnswer, question

from pipewarden.inference import jobs, service
from pipewarden.inference.facts import Answer, VisionPolicy
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    import pytest

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

KEPT = timedelta(days=90)


def ask(work: Work, words: str, endpoint: Scripted | None = None) -> UUID:
    service.set_vision_policy(work, people.operator(), VisionPolicy(("https://vision.test",), 10**9, 6000))
    door = service.Door(endpoint or Scripted([None]))
    told = service.ask(door, lambda: nullcontext(work), question({"scene": words}))
    assert told.call_id is not None
    return told.call_id


def on_record(work: Work) -> set[UUID]:
    return {one.id for one in service.vision_calls(work)}


def test_a_question_goes_when_its_time_is_over_and_not_before(work: Work, clock: SetClock) -> None:
    old = ask(work, "one")
    clock.advance(timedelta(days=30))
    young = ask(work, "two")
    clock.advance(timedelta(days=60))
    assert jobs.forget_calls(work, set(), kept=KEPT) == 0, "90 days old, not older"
    clock.advance(timedelta(seconds=1))
    assert jobs.forget_calls(work, set(), kept=KEPT) == 1
    assert on_record(work) == {young}
    assert old != young
    assert jobs.forget_calls(work, set(), kept=KEPT) == 0


def test_what_somebody_needs_stays_whatever_its_age_and_holds_up_no_other(
    work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_PAGE", 2)
    made = [ask(work, str(n)) for n in range(7)]
    clock.advance(timedelta(days=365))
    needed = {made[0], made[1], made[5]}
    assert jobs.forget_calls(work, needed, kept=KEPT) == 4
    assert on_record(work) == needed


def test_what_a_needed_one_was_answered_from_stays_with_it(work: Work, clock: SetClock) -> None:
    first = ask(work, "same")
    clock.advance(timedelta(days=5))
    again = ask(work, "same")
    assert again != first
    clock.advance(timedelta(days=87))
    assert jobs.forget_calls(work, set(), kept=KEPT) == 0, "a younger one is replayed from it"
    clock.advance(timedelta(days=300))
    assert jobs.forget_calls(work, {again}, kept=KEPT) == 0
    assert isinstance(service.replay(work, again, SiteAnswer), Answer)
    assert jobs.forget_calls(work, set(), kept=KEPT) == 1
    assert jobs.forget_calls(work, set(), kept=KEPT) == 1
    assert on_record(work) == set()


def test_a_failed_and_a_lost_question_go_too_and_the_days_spending_stays(work: Work) -> None:
    endpoint = Scripted(["prose"])
    ask(work, "one", endpoint)
    assert endpoint.about is not None
    spent = service.vision_state(work, endpoint.about).spent
    assert spent > 0
    assert jobs.forget_calls(work, set(), kept=timedelta(seconds=-1)) == 1
    assert service.vision_state(work, endpoint.about).spent == spent


def test_another_tenants_record_is_left_alone(work: Work, clock: SetClock) -> None:
    other = people.ensure_tenant(work.session, clock, work.ids, "other")
    theirs = replace(work, tenant_id=other.id)
    ask(theirs, "one")
    clock.advance(timedelta(days=365))
    assert jobs.forget_calls(work, set(), kept=KEPT) == 0
    assert len(on_record(theirs)) == 1
