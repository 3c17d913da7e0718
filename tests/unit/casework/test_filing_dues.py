"""A filing's due moments: who is told, when, how it climbs when nobody acts, and what ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from duty_town import DutyTown
from list_town import ListTown
from permit_rows import SQUARE, features, zurich
from sqlalchemy import func, select

from pipewarden.casework import service, store
from pipewarden.casework.facts import Answered, Cancelled, HandedOver, Method, Party, PartyRole, Renewed, Revised, Works
from pipewarden.casework.rules.filing_dues import moments, read_due_rules
from pipewarden.casework.store.filing_tables import FilingDueRow, FilingRow
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.service import AnsweredCall, KeptFiling
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RULES = store.dues.shipped_due_rules()


@pytest.fixture
def town(work: Work, clock: SetClock) -> DutyTown:
    """A town with areas and nobody on duty yet. It is a Friday, 09:00 in China."""
    return DutyTown(work, clock)


def file(work: Work, **more: object) -> KeptFiling:
    begins = work.now() + 30 * DAY
    area = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
    works = Works("CN-HE-langfang", area, Method.OPEN_CUT, begins, begins + 10 * DAY)
    return service.file_works(work, people.operator(work.tenant_id), replace(works, **more))  # type: ignore[arg-type]


def act(work: Work, kept: KeptFiling, body: object) -> KeptFiling:
    root = people.operator(work.tenant_id)
    return service.act_on_filing(work, root, kept.filing.id, kept.filing.version, body)  # type: ignore[arg-type]


def calls(town: DutyTown, person: Person) -> list[AnsweredCall]:
    return service.list_calls(town.work, town.actor(person), everybody=False, waits=None, limit=50)


def texts(town: DutyTown, person: Person) -> list[str]:
    return [one.call.text for one in reversed(calls(town, person))]


def running(work: Work) -> list[str]:
    rows = work.session.scalars(select(FilingDueRow.kind).where(FilingDueRow.ended_at.is_(None)))
    return sorted(rows)


def sweep(town: DutyTown) -> None:
    """Do what is due, as the worker does."""
    service.sweep(town.work)
    service.remind(town.work)


def wait(town: DutyTown, until: timedelta) -> None:
    """Let time pass in steps of ten minutes, a sweep each."""
    end = town.clock.now() + until
    while town.clock.now() < end:
        town.clock.advance(min(timedelta(minutes=10), end - town.clock.now()))
        sweep(town)


def _reply_due(kept: KeptFiling) -> datetime:
    assert kept.filing.decision is not None
    (due,) = [one.due_at for one in kept.filing.decision.required if one.kind == "operator_reply"]
    assert due is not None
    return due


def test_an_unanswered_filing_climbs_from_a_day_before_its_answer_is_due(town: DutyTown) -> None:
    dispatcher, second = town.on_duty(Role.DISPATCHER), town.on_duty(Role.DISPATCHER, rank=2)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    kept = file(town.work)
    wait(town, _reply_due(kept) - DAY - town.clock.now() - timedelta(minutes=10))
    assert texts(town, dispatcher) == []
    wait(town, timedelta(minutes=20))
    assert texts(town, dispatcher) == ["filing.reply"]
    assert calls(town, dispatcher)[0].call.params["count"] == "1"
    wait(town, 2 * HOUR)
    assert texts(town, second) == ["filing.reply"], "nobody said that they see to it"
    wait(town, 22 * HOUR)
    assert texts(town, manager) == ["filing.reply"], "the answer is due now"
    act(town.work, kept, Answered("one pipe"))
    before = len(calls(town, manager)) + len(calls(town, dispatcher))
    wait(town, 3 * DAY)
    assert len(calls(town, manager)) + len(calls(town, dispatcher)) == before
    assert running(town.work) == ["ending"]


def test_an_emergency_filed_after_its_day_is_answered_after_it_came(town: DutyTown) -> None:
    """Its papers were due before it was there; the answer is due when the operator's reply is."""
    began = town.work.now() - 3 * DAY
    kept = file(town.work, urgent=True, valid_from=began, valid_until=began + 30 * DAY)
    assert kept.filing.decision is not None
    (papers,) = [one for one in kept.filing.decision.required if one.kind == "file_after_emergency"]
    assert papers.due_at == began + DAY
    (one,) = moments(RULES, kept.filing, town.work.now())
    assert one.due_at == _reply_due(kept) > kept.filing.filed_at


def test_who_acknowledges_stops_the_chain_until_the_proof_is_due(town: DutyTown) -> None:
    dispatcher, second = town.on_duty(Role.DISPATCHER), town.on_duty(Role.DISPATCHER, rank=2)
    manager = town.on_duty(Role.SAFETY_MANAGER)
    kept = file(town.work)
    wait(town, _reply_due(kept) - DAY - town.clock.now() + timedelta(minutes=10))
    (call,) = calls(town, dispatcher)
    service.acknowledge_call(town.work, call.call.id, dispatcher.id)
    wait(town, 20 * HOUR)
    assert (texts(town, second), texts(town, manager)) == ([], [])
    assert service.acknowledged(town.work, [call.call.id]) == {call.call.id}
    wait(town, 6 * HOUR)
    assert len(calls(town, dispatcher)) == 2, "it was not answered after all"
    act(town.work, kept, Answered("x"))
    ids = [one.call.id for one in calls(town, dispatcher)]
    assert service.acknowledged(town.work, ids) == set(ids), "nobody needs to bring what is over"


def test_a_call_that_cannot_be_brought_climbs_at_once(town: DutyTown) -> None:
    dispatcher, second = town.on_duty(Role.DISPATCHER), town.on_duty(Role.DISPATCHER, rank=2)
    file(town.work, urgent=True, valid_from=town.work.now() - HOUR, valid_until=town.work.now() + DAY)
    sweep(town)
    (call,) = calls(town, dispatcher)
    service.unreachable(town.work, call.call.id, "no channel")
    sweep(town)
    assert texts(town, second) == ["filing.emergency"]
    assert all(one.what != "unreachable" for one in store.watched.untold(town.work, limit=9))


def test_an_emergency_is_told_at_once_and_its_papers_are_due_in_24_hours(town: DutyTown) -> None:
    dispatcher = town.on_duty(Role.DISPATCHER)
    began = town.work.now() - 3 * HOUR
    file(town.work, urgent=True, valid_from=began, valid_until=began + DAY)
    sweep(town)
    (call,) = calls(town, dispatcher)
    assert (call.call.text, call.call.params["due"]) == ("filing.emergency", (began + DAY).isoformat("T", "minutes"))
    assert running(town.work) == ["emergency"]


def test_the_end_of_a_period_is_told_to_who_filed(town: DutyTown) -> None:
    town.on_duty(Role.DISPATCHER)
    filer = town.person(Role.SAFETY_MANAGER)
    begins = town.work.now() + 10 * DAY
    area = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
    works = Works("CN-HE-langfang", area, Method.OPEN_CUT, begins, begins + 10 * DAY)
    kept = service.file_works(town.work, town.actor(filer), works)
    kept = act(town.work, kept, Answered("x"))
    assert running(town.work) == ["ending"]
    (due,) = store.dues.running(town.work, [kept.filing.id])
    assert (due.due.due_at, due.chain.due_at) == (works.valid_until, works.valid_until - 2 * DAY)
    town.clock.moment = works.valid_until - 2 * DAY
    sweep(town)
    assert texts(town, filer) == ["filing.ending"]
    kept = act(town.work, kept, Renewed(works.valid_until + 5 * DAY, "rain"))
    assert running(town.work) == ["reply"], "what was renewed waits for an answer"


@pytest.mark.parametrize("body", [Cancelled("x"), HandedOver(Party(PartyRole.OPERATOR, "elsewhere", ""), "x")])
def test_what_ends_a_filing_ends_its_moments(town: DutyTown, body: object) -> None:
    kept = file(town.work)
    assert running(town.work) == ["reply"]
    act(town.work, kept, body)
    assert running(town.work) == ([] if isinstance(body, Cancelled) else ["reply"])


def test_an_answer_that_never_came_is_asked_for_no_longer_than_the_works_last(town: DutyTown) -> None:
    manager = town.on_duty(Role.SAFETY_MANAGER, hours=2000)
    kept = file(town.work)
    town.clock.moment = kept.filing.works.valid_until - DAY
    sweep(town)
    assert running(town.work) == ["reply"]
    said = len(calls(town, manager))
    assert said > 0
    town.clock.moment = kept.filing.works.valid_until
    other = file(town.work)
    sweep(town)
    assert store.dues.running(town.work, [kept.filing.id]) == []
    assert len(store.dues.running(town.work, [other.filing.id])) == 1
    for _ in range(4):
        town.clock.advance(6 * HOUR)
        sweep(town)
    assert len(calls(town, manager)) == said
    assert service.acknowledged(town.work, [one.call.id for one in calls(town, manager)])


def test_the_papers_of_an_emergency_that_is_over_stay_due(town: DutyTown) -> None:
    dispatcher = town.on_duty(Role.DISPATCHER)
    began = town.work.now() - HOUR
    file(town.work, urgent=True, valid_from=began, valid_until=town.work.now() + 5 * HOUR)
    town.clock.advance(6 * HOUR)
    sweep(town)
    assert (running(town.work), texts(town, dispatcher)) == (["emergency"], ["filing.emergency"])
    town.clock.moment = began + DAY
    sweep(town)
    assert running(town.work) == []


def test_a_moment_left_by_a_cancelled_filing_calls_nobody(town: DutyTown) -> None:
    dispatcher = town.on_duty(Role.DISPATCHER)
    kept = file(town.work, urgent=True, valid_from=town.work.now() - HOUR, valid_until=town.work.now() + DAY)
    town.work.session.get_one(FilingRow, kept.filing.id).cancelled_at = town.work.now()
    town.work.session.flush()
    sweep(town)
    assert (running(town.work), texts(town, dispatcher)) == ([], [])


def test_a_revision_moves_its_moment(town: DutyTown) -> None:
    kept = file(town.work)
    town.clock.advance(7 * DAY)
    act(town.work, kept, Revised(replace(kept.filing.works, depth_m=3.0), "deeper"))
    assert running(town.work) == ["reply"]
    assert town.work.session.scalar(select(func.count()).select_from(FilingDueRow)) == 2


def test_where_nobody_is_there_the_house_says_so_of_itself(town: DutyTown) -> None:
    file(town.work, urgent=True, valid_from=town.work.now() - HOUR, valid_until=town.work.now() + DAY)
    sweep(town)
    assert "nobody_on_duty" in {one.what for one in store.watched.untold(town.work, limit=9)}


def test_a_list_of_many_filings_is_one_call(town: DutyTown) -> None:
    manager = town.on_duty(Role.SAFETY_MANAGER)
    ring = [[x, y] for x, y in SQUARE]
    told = [zurich(ring, Baunummer=str(n), Baubeginn="20261201", Bauende="20261220") for n in range(30)]
    lists = ListTown(town.work)
    lists.area(8.5, 47.3, 8.6, 47.4)
    lists.take(features(*told), "zurich-tiefbau")
    wait(town, 2 * DAY)
    first = [one for one in calls(town, manager) if one.call.text == "filing.reply"]
    assert first[-1].call.params["count"] == str(len(told))


def test_a_clock_set_back_delays_no_step(town: DutyTown) -> None:
    dispatcher, second = town.on_duty(Role.DISPATCHER), town.on_duty(Role.DISPATCHER, rank=2)
    file(town.work, urgent=True, valid_from=town.work.now() - HOUR, valid_until=town.work.now() + DAY)
    sweep(town)
    assert texts(town, dispatcher) == ["filing.emergency"]
    town.clock.advance(timedelta(minutes=-30))
    sweep(town)
    wait(town, timedelta(minutes=20))
    assert texts(town, second) == ["filing.emergency"]


def test_the_moments_of_a_filing_follow_its_state(work: Work) -> None:
    kept = file(work)
    now = work.now()
    assert [one.rule.kind for one in moments(RULES, kept.filing, now)] == ["reply"]
    answered = replace(kept.filing, answered_at=now)
    short = replace(answered, works=replace(answered.works, valid_until=answered.works.valid_from + 8 * HOUR))
    (ending,) = moments(RULES, short, now)
    assert short.works.valid_until - ending.first_at == 2 * HOUR, "a day's works do not ring from their first minute"
    assert moments(RULES, answered, answered.works.valid_until) == ()
    assert moments(RULES, replace(kept.filing, decision=None), now)[0].due_at == kept.filing.filed_at + 2 * DAY


def test_a_slip_in_the_rules_is_told_by_its_key() -> None:
    ladders = store.shipped_duties().ladders
    good = [
        {
            "kind": kind,
            "zh": "x",
            "en": "x",
            "role": "dispatcher",
            "ladder": "papers",
            "ahead": "P1D",
            "clause": "product",
        }
        for kind in ("reply", "emergency", "ending")
    ]
    day = {key: good[0][key] for key in ("zh", "en", "role", "ladder", "clause")} | {"by": "08:00", "grace": "PT0S"}
    read_due_rules({"version": "x", "unanswered": "P2D", "dues": good, "day": day}, ladders)
    for bad, word in ((good[:2], "each once"), ([*good[:2], {**good[2], "ladder": "x"}], "ladder"), ([{}], "dues")):
        with pytest.raises(InputError, match=word):
            read_due_rules({"version": "x", "unanswered": "P2D", "dues": bad, "day": day}, ladders)
