"""Calls of capabilities: once for each request id, paid when answered, every unit of them accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from foundry_town import KNOWLEDGE, NEAR, PRICE, RULE, Foundry, coloured, flat
from market_town import settle_all
from sqlalchemy import text

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.foundry import Ask, CallState, Kind, Purpose
from pipewarden.market.facts.metering import DemandState
from pipewarden.market.rules import addresses
from pipewarden.market.service import booking, finance, foundry, foundry_life, foundry_shop, invoking
from pipewarden.market.service.invoking import Unpaid
from pipewarden.market.store import foundry as store
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from market_town import MarketTown

FAR = {"distance": 40, "digging": False, "ground": "soil"}


@pytest.fixture
def here(town: MarketTown) -> Foundry:
    return Foundry(town)


def booked(here: Foundry) -> tuple[int, int, int, int, int]:
    """Book everything; return the author's, both reviewers', the house's and the rounding's share."""
    settle_all(here.work)
    found = booking.check_meters(here.work)
    assert (found.difference, found.problems) == (0, ())
    wallets = [here.town.wallet(one.id) for one in (here.author, *here.reviewers)]
    return (wallets[0], wallets[1], wallets[2], here.town.has(addresses.FEES), here.town.has(addresses.ROUNDING))


def test_the_same_request_is_the_same_call(here: Foundry) -> None:
    slug = here.selling()
    first = here.call(slug, "a")
    assert (first.answer["then"], first.units, first.state) == ("stop", PRICE, CallState.ANSWERED)
    assert here.call(slug, "a") == first
    with pytest.raises(InputError, match="used for something else"):
        here.call(slug, "a", Ask(given=FAR))
    assert here.call(slug, "b", Ask(given=FAR)).answer["then"] == "nothing"
    assert booked(here) == (2 * 910, 2 * 65, 2 * 65, 2 * 260, 0)


def test_a_thousand_calls_and_every_unit_is_accounted_for(here: Foundry) -> None:
    """Two versions answer at odd prices, by two contracts, a third of the calls are repeated, some fail first."""
    slug = here.selling(wanted=5000, budget=300 * 10_000)
    here.price_at_work(slug, 1313)
    house, rounding = here.town.has(addresses.FEES), here.town.has(addresses.ROUNDING)
    spent = 0
    for number in range(1000):
        if number == 500:
            here.town.clock.advance(timedelta(days=8))
        call = here.call(slug, f"pipeline-{number}", Ask(given=NEAR if number % 3 else FAR))
        spent += call.units
        if number % 3 == 0:
            assert here.call(slug, f"pipeline-{number}", Ask(given=FAR)) == call
        if number == 400:
            since = here.work.now() + timedelta(days=8)
            foundry_life.agree(here.work, here.town.admin, slug, (6001, 2998, 1001), since)
    author, one, two, fees, rest = booked(here)
    assert spent == 1000 * 1313
    assert author + one + two + (fees - house) + (rest - rounding) == spent, "to the last 0.0001 yuan"
    # by the call: 919 + 262 + 2 x 65 + 2 before, 787 + 393 + 2 x 65 + 3 after
    assert (author, one, two) == (500 * 919 + 500 * 787, 1000 * 65, 1000 * 65)
    assert (fees - house, rest - rounding) == (500 * 262 + 500 * 393, 500 * 2 + 500 * 3)
    (demand,) = meters.demands(here.work, DemandState.OPEN)
    address = addresses.budget(demand.budget_id, Asset.CNY)
    assert here.town.has(address) == 300 * 10_000 - spent
    in_wallets = finance.finance(here.work, here.town.admin).in_wallets[Asset.CNY]
    assert in_wallets == author + one + two, "what reviewers earned is seen, too"


def test_a_check_that_differs_says_so(here: Foundry) -> None:
    """Units that went to somebody else are found, though their sum is right."""
    slug = here.selling()
    here.call(slug, "a")
    settle_all(here.work)
    here.work.session.execute(text("UPDATE market_meters SET review = 0, expert = expert + review"))
    found = booking.check_meters(here.work)
    assert found.difference == 0
    assert any("to others than the meters say" in one for one in found.problems)


def test_a_budget_that_is_spent_answers_nothing_more(here: Foundry) -> None:
    slug = here.selling(budget=2 * PRICE + 1)
    here.call(slug, "a")
    here.call(slug, "b")
    refused = here.ask(slug, "c")
    assert isinstance(refused, Unpaid)
    assert refused.why.problem == "budget exhausted"
    with pytest.raises(RefusedError, match="none is open"):
        here.ask(slug, "d")
    here.demand(slug)
    assert here.call(slug, "c").units == PRICE, "a demand that pays, and the call that was refused is made"
    assert booked(here)[0] == 3 * 910
    assert [one.state for one in meters.demands(here.work)].count(DemandState.CLOSED) == 1


def test_a_named_demand_pays_and_another_things_does_not(here: Foundry) -> None:
    slug, other = here.selling(), here.selling(Kind.KNOWLEDGE)
    here.demand(slug)
    newest, *_ = meters.demands(here.work, DemandState.OPEN)
    assert here.call(slug, "a", demand_id=newest.id).demand_id == newest.id
    oldest = here.call(slug, "b").demand_id
    assert oldest != newest.id
    with pytest.raises(NotFoundError):
        here.call(other, "c", Ask(given={"question": "?"}), demand_id=newest.id)


def test_what_cannot_be_asked_is_refused_before_any_work(here: Foundry) -> None:
    slug, seen = here.selling(), here.selling(Kind.EXAMPLE)
    with pytest.raises(InputError, match="ground is missing"):
        here.call(slug, "a", Ask(given={"distance": 1, "digging": True}))
    with pytest.raises(InputError, match="means nothing to it"):
        here.call(slug, "a", Ask(flat(1, 2, 3), NEAR))
    with pytest.raises(InputError, match="picture: is missing"):
        here.call(seen, "a")
    with pytest.raises(InputError, match="is no picture"):
        here.call(seen, "a", Ask(b"none"))
    for bad in ("", "x" * 201, "a\nb", "evaluate:1"):
        with pytest.raises(InputError, match="request_id"):
            here.call(slug, bad)
    assert booked(here) == (0, 0, 0, 0, 0)


def test_a_stranger_answers_later_and_is_paid_then(here: Foundry) -> None:
    slug = here.build(Kind.QUESTIONS)
    sell_questions(here, slug)
    waiting = here.call(slug, "a", Ask(coloured(1, machine=True)))
    assert (waiting.state, waiting.units) == (CallState.WAITING, 0)
    assert pictures(here) == 1
    assert here.call(slug, "a", Ask(coloured(1, machine=True))).id == waiting.id
    assert here.answer() == 1
    done = invoking.call_of(here.work, here.town.manager, slug, waiting.id)
    assert (done.state, done.units, done.answer["answers"]) == (
        CallState.ANSWERED,
        PRICE,
        {"rust": "yes", "cover": "unclear"},
    )
    assert pictures(here) == 0, "what was asked about is gone as soon as it is answered"
    assert booked(here)[0] == 910


def sell_questions(here: Foundry, slug: str) -> None:
    for number in range(10):
        here.show(slug, coloured(number, machine=True), "rust=yes", Purpose.FROZEN)
    here.evaluate(slug)
    here.answer()
    here.evaluate(slug)
    here.review(slug)
    here.price(slug)
    here.canary(slug)
    here.demand(slug)


def pictures(here: Foundry) -> int:
    return here.work.session.scalar(text("SELECT count(*) FROM market_calls WHERE picture IS NOT NULL")) or 0


def test_what_failed_costs_nothing_and_may_be_asked_again(here: Foundry) -> None:
    slug = here.build(Kind.QUESTIONS)
    sell_questions(here, slug)
    here.stranger.down = True
    ask = Ask(coloured(1, machine=True))
    first = here.call(slug, "a", ask)
    here.answer()
    failed = invoking.call_of(here.work, here.town.manager, slug, first.id)
    assert (failed.state, failed.units, failed.problem) == (CallState.FAILED, 0, "timeout: nobody answers")
    assert booked(here)[0] == 0
    here.stranger.down = False
    again = here.call(slug, "a", ask)
    assert (again.id, again.state) == (first.id, CallState.WAITING)
    here.answer()
    assert invoking.call_of(here.work, here.town.manager, slug, first.id).units == PRICE
    assert booked(here)[0] == 910


def test_an_answer_that_comes_too_late_is_not_handed_out_unpaid(here: Foundry) -> None:
    slug = here.build(Kind.QUESTIONS)
    sell_questions(here, slug)
    first = here.call(slug, "a", Ask(coloured(1, machine=True)))
    (demand,) = meters.demands(here.work, DemandState.OPEN)
    here.town.clock.advance(timedelta(minutes=16))
    settle_all(here.work)
    here.work.session.execute(
        text("UPDATE market_demands SET wanted = taken WHERE id = :id"), {"id": demand.id}
    )  # others took what was left
    here.answer()
    late = invoking.call_of(here.work, here.town.manager, slug, first.id)
    assert (late.state, late.answer, late.units) == (CallState.FAILED, {}, 0)
    assert "calls that were wanted" in late.problem


def test_who_does_not_wait_is_answered_by_the_job(here: Foundry) -> None:
    slug = here.selling()
    waiting = here.call(slug, "a", wait=False)
    assert waiting.state is CallState.WAITING
    assert here.answer() == 1
    assert here.call(slug, "a").answer["then"] == "stop"
    assert booked(here)[0] == 910


def test_a_fault_of_the_house_is_a_failed_call(here: Foundry, monkeypatch: pytest.MonkeyPatch) -> None:
    slug = here.selling()

    def broken(*_: object) -> None:
        raise UnavailableError(field="x", problem="the net is down", fix="Wait.")

    kind = type(here.runners.of(Kind.RULE))
    with monkeypatch.context() as patched:
        patched.setattr(kind, "check", lambda *_: None)
        patched.setattr(kind, "run", broken)
        failed = here.call(slug, "a")
    assert (failed.state, failed.problem, failed.units) == (CallState.FAILED, "the net is down", 0)
    assert here.call(slug, "a").units == PRICE
    assert booked(here)[0] == 910


def test_tries_are_free_and_few(here: Foundry) -> None:
    slug = here.selling()
    patroller = here.town.actor_of(Role.PATROLLER)
    for _ in range(20):
        tried = invoking.try_out(here.work, patroller, here.runners, (slug, 1), Ask(given=NEAR))
        assert (tried.units, tried.request_id) == (0, None)
    with pytest.raises(RefusedError, match="tried 20 times today"):
        invoking.try_out(here.work, patroller, here.runners, (slug, 1), Ask(given=NEAR))
    invoking.try_out(here.work, here.author, here.runners, (slug, 1), Ask(given=NEAR))
    here.town.clock.advance(timedelta(days=1, minutes=1))
    invoking.try_out(here.work, patroller, here.runners, (slug, 1), Ask(given=NEAR))
    assert foundry_shop.shop(here.work, patroller, limit=1)[0].calls == 0, "a try is no call"
    assert booked(here) == (0, 0, 0, 0, 0)


def test_a_draft_is_tried_by_whom_it_concerns(here: Foundry) -> None:
    slug = here.build(Kind.RULE)
    with pytest.raises(RefusedError, match="never measured"):
        invoking.try_out(here.work, here.author, here.runners, (slug, 1), Ask(given=NEAR))
    here.evaluate(slug)
    invoking.try_out(here.work, here.reviewers[0], here.runners, (slug, 1), Ask(given=NEAR))
    with pytest.raises(NotFoundError):
        invoking.try_out(here.work, here.town.actor_of(Role.PATROLLER), here.runners, (slug, 1), Ask(given=NEAR))


def test_a_call_is_seen_by_who_made_it_and_who_calls_here(here: Foundry) -> None:
    slug = here.selling()
    call = here.call(slug, "a")
    assert invoking.call_of(here.work, here.town.actor_of(Role.DISPATCHER), slug, call.id) == call
    with pytest.raises(NotFoundError):
        invoking.call_of(here.work, here.author, slug, call.id)
    with pytest.raises(NotFoundError):
        invoking.call_of(here.work, here.town.manager, here.build(Kind.RULE), call.id)


def test_what_was_said_is_forgotten_and_that_it_was_paid_is_not(here: Foundry) -> None:
    slug = here.selling()
    call = here.call(slug, "a")
    here.town.clock.advance(timedelta(days=29))
    assert invoking.forget_said(here.work) == 0
    here.town.clock.advance(timedelta(days=2))
    assert invoking.forget_said(here.work) >= 1
    after = invoking.call_of(here.work, here.town.manager, slug, call.id)
    assert (after.given, after.answer, after.units, after.sha256) == ({}, {}, PRICE, call.sha256)
    assert invoking.forget_said(here.work) == 0


def test_the_platforms_capability_is_sold_to_a_company(here: Foundry) -> None:
    """Made by the platform's people, called and paid by a tenant, whose demand and meters are its own."""
    work, town = here.work, here.town
    platform = replace(work, tenant_id=PLATFORM)
    slug = f"platform-{work.ids.new().hex[-8:]}"
    author = here.author
    line, _ = here.build_for(platform, slug, KNOWLEDGE)
    assert [one.line.slug for one in foundry_shop.shop(work, town.manager, limit=50)] == [], (
        "nothing that is not for sale"
    )
    here.sell_for(platform, slug)
    own = people.actor_of(platform, here.platform_expert())
    assert own is not None
    foundry.make_version(platform, replace(own, id=author.id), slug, KNOWLEDGE)
    (listed,) = foundry_shop.shop(work, town.manager, limit=50)
    assert (listed.line.slug, listed.newest.number) == (slug, 1), "a draft is nobody's but its makers'"
    here.demand(slug)
    said = here.call(slug, "a", Ask(given={"question": "保护范围是几米？"}))
    clauses = said.answer["clauses"]
    assert isinstance(clauses, list)
    assert (clauses[0]["id"], said.units) == ("range", PRICE)
    assert booked(here)[0] == 910
    assert author.id == line.author_id
    with pytest.raises(NotFoundError):
        foundry_life.roll_back(work, town.admin, slug, 1, "not ours")
    capability = store.sold(work, line.id)
    assert capability is not None
    sold = meters.capability(work, capability)
    assert sold is not None
    assert (sold.slug, sold.version, sold.tenant_id) == (slug, "platform", work.tenant_id)


def test_calls_of_one_line_by_two_demands_keep_one_id_space(here: Foundry) -> None:
    slug = here.selling(wanted=1)
    here.call(slug, "a")
    here.demand(slug)
    ids: list[UUID] = [one.id for one in meters.demands(here.work, DemandState.OPEN)]
    assert len(ids) == 2
    assert here.call(slug, "a", demand_id=ids[0]).units == PRICE, "answered before, and not by this demand"
    assert isinstance(here.ask(slug, "b"), Unpaid), "the first has all it wanted"
    assert booked(here)[0] == 910
    assert RULE["otherwise"] == "nothing"
