"""What a bill is asked next and what an answer does to it: the rules behind safety.md T9 and M2."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pay_bills import NOW, bill, policy

from pipewarden.market.facts.payouts import FINAL, OVER, Bill, BillState, Did, Provided, Step, Told
from pipewarden.market.rules import payouts as rules

if TYPE_CHECKING:
    from datetime import datetime

RULES = policy()


def told(state: Provided, **more: Any) -> Told:
    made = {"provider_no": "1330", "amount_fen": 5_000} | more
    return Told(made.pop("number", "a" * 32), state, **made)


def sent(**more: Any) -> Bill:
    return replace(rules.asked(bill(), Step.CREATE, NOW, 60).bill, **more)


def step(one: Bill, after: timedelta = timedelta(), *, off: bool = False) -> Step | None:
    return rules.next_step(one, RULES, NOW + after, off=off)


def test_a_fresh_bill_is_made_and_after_that_asked_about_first() -> None:
    assert step(bill()) is Step.CREATE
    made = sent()
    assert (made.state, made.asked_at, made.tries) == (BillState.SENT, NOW, 1)
    assert step(made) is Step.QUERY, "a crash right after this was written leaves a bill that is queried"
    asked = rules.asked(made, Step.QUERY, NOW, 60).bill
    assert step(asked) is Step.QUERY
    assert asked.number == made.number == bill().number


def test_switched_off_nothing_is_made_but_what_was_sent_is_followed() -> None:
    assert step(bill(), off=True) is None
    assert step(sent(), off=True) is Step.QUERY
    gone = sent(step=Step.QUERY, missing=True)
    assert step(gone, off=True) is Step.QUERY
    assert step(gone) is Step.CREATE


def test_what_the_provider_does_not_know_is_made_again_under_the_same_number_and_only_for_a_day() -> None:
    gone = rules.missing(sent(step=Step.QUERY), RULES, NOW).bill
    assert gone.missing
    assert step(gone) is Step.CREATE
    again = rules.asked(gone, Step.CREATE, NOW, 60).bill
    assert (again.number, again.missing, again.asked_at) == (gone.number, False, NOW)
    assert step(again) is Step.QUERY, "and is asked about again before a third try"
    assert step(gone, timedelta(hours=24)) is Step.QUERY


def test_a_bill_that_was_once_known_and_is_gone_is_asked_about_and_never_made_anew() -> None:
    turn = rules.missing(sent(provider_no="1330", step=Step.QUERY), RULES, NOW)
    assert (turn.did, turn.bill.state, turn.settles, turn.bill.missing) == (Did.UNCLEAR, BillState.SENT, False, False)
    assert step(turn.bill) is Step.QUERY
    late = rules.missing(sent(provider_no="1330", step=Step.QUERY), RULES, NOW + timedelta(hours=48))
    assert late.bill.state is BillState.UNKNOWN


def test_a_bill_that_was_never_sent_comes_back_at_once() -> None:
    wanted = rules.cancel_wanted(bill(), NOW).bill
    assert step(wanted) is Step.RELEASE
    turn = rules.released(wanted, NOW)
    assert (turn.bill.state, turn.settles, turn.bill.next_at) == (BillState.CANCELLED, True, None)


def test_a_bill_that_was_sent_comes_back_by_the_providers_word_alone() -> None:
    waits = rules.heard(sent(step=Step.QUERY), told(Provided.WAIT_USER_CONFIRM), RULES, NOW)
    assert waits is not None
    wanted = rules.cancel_wanted(waits.bill, NOW).bill
    assert step(wanted) is Step.CANCEL
    asked = rules.asked(wanted, Step.CANCEL, NOW, 60).bill
    turn = rules.heard(asked, told(Provided.CANCELING, amount_fen=None), RULES, NOW)
    assert turn is not None
    assert (turn.bill.state, turn.settles) == (BillState.CANCELLING, False)
    assert step(turn.bill) is Step.QUERY
    end = rules.heard(turn.bill, told(Provided.CANCELLED), RULES, NOW)
    assert end is not None
    assert (end.bill.state, end.settles) == (BillState.CANCELLED, True)


def test_who_wanted_it_back_too_late_is_paid() -> None:
    wanted = rules.cancel_wanted(sent(step=Step.CANCEL), NOW).bill
    end = rules.heard(wanted, told(Provided.SUCCESS), RULES, NOW)
    assert end is not None
    assert (end.bill.state, end.settles) == (BillState.PAID, True)


def test_a_missing_bill_that_is_wanted_back_is_neither_made_nor_released() -> None:
    wanted = rules.cancel_wanted(sent(step=Step.QUERY, missing=True), NOW).bill
    assert step(wanted) is Step.QUERY


@pytest.mark.parametrize(
    ("state", "ends"),
    [(Provided.SUCCESS, BillState.PAID), (Provided.FAIL, BillState.FAILED), (Provided.CANCELLED, BillState.CANCELLED)],
)
def test_a_final_state_settles_once(state: Provided, ends: BillState) -> None:
    turn = rules.heard(sent(), told(state), RULES, NOW)
    assert turn is not None
    assert (turn.bill.state, turn.settles, turn.bill.next_at, turn.bill.over_at) == (ends, True, None, NOW)
    assert rules.heard(turn.bill, told(state), RULES, NOW) is None, "said twice it is nothing new"
    for late in set(Provided) - FINAL:
        assert rules.heard(turn.bill, told(late), RULES, NOW) is None, "and what was said before it comes too late"


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_word_without_an_amount_is_asked_about_first(state: Provided) -> None:
    turn = rules.heard(sent(), told(state, amount_fen=None), RULES, NOW)
    assert turn is not None
    assert not turn.settles
    assert (turn.bill.state, turn.bill.next_at) == (BillState.SENT, NOW)
    assert step(turn.bill) is Step.QUERY


@pytest.mark.parametrize("first", sorted(FINAL))
@pytest.mark.parametrize("second", sorted(FINAL))
def test_another_end_than_before_moves_nothing_and_is_told(first: Provided, second: Provided) -> None:
    ended = rules.heard(sent(), told(first), RULES, NOW)
    assert ended is not None
    turn = rules.heard(ended.bill, told(second), RULES, NOW)
    if first is second:
        assert turn is None
        return
    assert turn is not None
    assert (turn.did, turn.settles, turn.bill.state) == (Did.ODD, False, ended.bill.state)
    assert second in turn.bill.odd


@pytest.mark.parametrize(
    "other",
    [{"amount_fen": 4_999}, {"amount_fen": 0}, {"openid_sha256": b"x" * 32}, {"provider_no": "9"}],
    ids=lambda one: next(iter(one)),
)
@pytest.mark.parametrize("state", sorted(Provided))
def test_another_amount_payee_or_bill_is_left_to_a_person(state: Provided, other: dict[str, Any]) -> None:
    turn = rules.heard(sent(provider_no="1330"), told(state, **other), RULES, NOW)
    assert turn is not None
    assert (turn.did, turn.settles, turn.bill.state) == (Did.ODD, False, BillState.UNKNOWN)
    for end in FINAL:
        after = rules.heard(turn.bill, told(end), RULES, NOW)
        assert after is not None
        assert not after.settles, "no answer is believed any more until somebody has looked"
        assert after.bill.state is BillState.UNKNOWN
    looked = rules.retried(turn.bill, NOW).bill
    end_now = rules.heard(looked, told(Provided.SUCCESS), RULES, NOW)
    assert end_now is not None
    assert end_now.settles


def test_what_a_person_had_looked_at_is_asked_about_before_it_is_made_again() -> None:
    gone = rules.missing(sent(step=Step.QUERY), RULES, NOW).bill
    turn = rules.heard(gone, told(Provided.SUCCESS, amount_fen=4_999), RULES, NOW)
    assert turn is not None
    assert step(rules.retried(turn.bill, NOW).bill) is Step.QUERY, "what it knew of the bill is older than the odd word"


def test_an_answer_about_another_number_is_no_answer() -> None:
    turn = rules.heard(sent(), told(Provided.SUCCESS, number="b" * 32), RULES, NOW)
    assert turn is not None
    assert (turn.did, turn.settles, turn.bill.state) == (Did.UNCLEAR, False, BillState.SENT)


def test_the_right_payee_is_no_odd_one() -> None:
    turn = rules.heard(sent(), told(Provided.SUCCESS, openid_sha256=bill().openid_sha256), RULES, NOW)
    assert turn is not None
    assert turn.settles


def test_the_pauses_grow_and_what_the_provider_asks_for_is_kept() -> None:
    pauses = []
    one = sent()
    for tries in range(1, 9):
        turn = rules.unclear(replace(one, tries=tries), RULES, NOW, "no answer")
        assert turn.bill.next_at is not None
        pauses.append(turn.bill.next_at - NOW)
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[-1] == timedelta(hours=1)
    asked = rules.unclear(one, RULES, NOW, "too many", again_s=30.0)
    assert asked.bill.next_at == NOW + timedelta(seconds=30)


def test_what_nobody_can_tell_for_two_days_is_left_to_a_person_and_asked_about_daily_for_thirty() -> None:
    late = NOW + timedelta(hours=49)
    turn = rules.unclear(sent(), RULES, late, "no answer")
    assert (turn.bill.state, turn.settles) == (BillState.UNKNOWN, False)
    assert turn.bill.next_at == late + timedelta(days=1)
    end = rules.unclear(sent(), RULES, NOW + timedelta(days=30), "no answer")
    assert end.bill.next_at is None
    found = rules.heard(turn.bill, told(Provided.SUCCESS), RULES, late)
    assert found is not None
    assert found.settles, "one day the provider knows it"


def test_the_window_to_confirm_is_shown_and_never_grows() -> None:
    first = rules.heard(sent(), told(Provided.WAIT_USER_CONFIRM, package="p"), RULES, NOW)
    assert first is not None
    assert (first.bill.confirm_until, first.bill.package) == (NOW + timedelta(hours=24), "p")
    later = NOW + timedelta(hours=3)
    second = rules.heard(first.bill, told(Provided.WAIT_USER_CONFIRM), RULES, later)
    assert second is not None
    assert (second.bill.confirm_until, second.bill.package) == (NOW + timedelta(hours=24), "p")
    end = rules.heard(second.bill, told(Provided.FAIL, reason="USER_RECEIVE_OVERDUE"), RULES, later)
    assert end is not None
    assert (end.bill.state, end.bill.problem, end.bill.package) == (BillState.FAILED, "USER_RECEIVE_OVERDUE", "")


def test_a_person_ends_a_bill_by_what_the_statement_shows() -> None:
    odd = sent(state=BillState.UNKNOWN, odd="other amount")
    paid, not_paid = rules.decided(odd, NOW, paid=True), rules.decided(odd, NOW, paid=False)
    assert (paid.bill.state, not_paid.bill.state) == (BillState.PAID, BillState.FAILED)
    assert paid.settles
    assert not_paid.settles


def test_who_may_want_it_back() -> None:
    assert rules.can_cancel(bill())
    assert rules.can_cancel(sent())
    assert not rules.can_cancel(bill(cancel_at=NOW))
    assert not rules.can_cancel(sent(odd="x", state=BillState.UNKNOWN))
    assert not any(rules.can_cancel(bill(state=state)) for state in OVER)


_ANSWERS = st.one_of(
    st.builds(
        told,
        st.sampled_from(Provided),
        amount_fen=st.sampled_from([5_000, 5_000, 5_000, 1, None]),
        provider_no=st.sampled_from(["1330", "1330", "", "9"]),
        number=st.sampled_from(["a" * 32, "a" * 32, "b" * 32]),
    ),
    st.sampled_from(["unclear", "missing", "cancel", "retry"]),
)


def _sent_to(one: Bill, now: datetime, *, off: bool) -> tuple[Bill, bool]:
    """Let the house take its step; tell whether it settled the bill by itself."""
    wanted = None if one.state in OVER else rules.next_step(one, RULES, now, off=off)
    if wanted is Step.RELEASE:
        return rules.released(one, now).bill, True
    if wanted is Step.CREATE:
        assert one.asked_at is None or (one.missing and one.step is Step.QUERY)
        assert not off
    return (one if wanted is None else rules.asked(one, wanted, now, 60).bill), False


def _answered(one: Bill, answer: Told | str, now: datetime) -> rules.Turn | None:
    if isinstance(answer, Told):
        return rules.heard(one, answer, RULES, now)
    may = {
        "unclear": one.state not in OVER,
        "missing": one.state not in OVER and one.step is Step.QUERY,
        "cancel": rules.can_cancel(one),
        "retry": one.state not in OVER,
    }
    turns = {
        "unclear": lambda: rules.unclear(one, RULES, now, "no answer"),
        "missing": lambda: rules.missing(one, RULES, now),
        "cancel": lambda: rules.cancel_wanted(one, now),
        "retry": lambda: rules.retried(one, now),
    }
    return turns[answer]() if may[answer] else None


@settings(max_examples=400)
@given(st.lists(st.tuples(_ANSWERS, st.integers(0, 40), st.booleans()), max_size=30))
def test_whatever_a_provider_says_a_bill_settles_at_most_once_and_keeps_its_number(
    story: list[tuple[Told | str, int, bool]],
) -> None:
    one, now, settled = bill(), NOW, 0
    for answer, hours, off in story:
        now += timedelta(hours=hours)
        one, alone = _sent_to(one, now, off=off)
        settled += alone
        before, turn = one, _answered(one, answer, now)
        if turn is not None:
            settled += turn.settles
            assert not (turn.settles and before.state in OVER)
            assert (turn.bill.state in OVER) == (turn.settles or before.state in OVER)
            one = turn.bill
        assert (one.number, one.fen, one.gross, one.hold_id) == (before.number, 5_000, 500_000, before.hold_id)
        assert one.state not in OVER or one.next_at is None
    assert settled == (one.state in OVER)
