"""A chain climbs its ladder step by step; nothing is missed or doubled, whatever the clock and the people do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import Chain, SiteDuty, Who
from pipewarden.casework.rules.escalate import CATCH_UP, acknowledge, back, begin, end, fire, hold, hurry
from pipewarden.casework.store.duty_policy import shipped_duties

POLICY = shipped_duties()
T0 = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
MIN, SEC = timedelta(minutes=1), timedelta(seconds=1)
ONE, TWO = UUID(int=1), UUID(int=2)
DUTY = SiteDuty(ONE, ONE, ONE, "accept", None, TWO, "patroller", "", "", T0, T0 + 5 * MIN)
Fired = list[tuple[timedelta, int, int, str]]


def chain(ladder: str = "danger") -> Chain:
    return begin(TWO, DUTY, POLICY.ladders[ladder], T0)


def sweep(one: Chain, moments: list[timedelta]) -> tuple[Fired, Chain]:
    fired: Fired = []
    for at in moments:
        rung, one = fire(one, T0 + at)
        if rung is not None:
            fired.append((at, rung.loop, rung.step, rung.who.value))
    return fired, one


def every(step: timedelta, until: timedelta) -> list[timedelta]:
    return [step * n for n in range(until // step + 1)]


def test_it_climbs_from_the_owner_to_the_authority() -> None:
    fired, _ = sweep(chain(), every(5 * SEC, 60 * MIN))
    assert fired == [
        (0 * MIN, 0, 0, "owner"),
        (5 * MIN, 0, 1, "dispatcher"),
        (15 * MIN, 0, 2, "lead"),
        (30 * MIN, 0, 3, "safety_manager"),
        (60 * MIN, 0, 4, "authority"),
    ]
    usual, _ = sweep(chain("usual"), every(5 * SEC, 60 * MIN))
    assert [(at // MIN, who) for at, _, _, who in usual] == [
        (0, "owner"),
        (15, "dispatcher"),
        (30, "lead"),
        (60, "safety_manager"),
    ]


def test_it_begins_again_after_the_last_step_and_later_once_a_day_but_never_ends_by_itself() -> None:
    rounds = POLICY.ladders["danger"].rounds
    fired, left = sweep(chain(), every(MIN, rounds * 75 * MIN + timedelta(days=3)))
    assert fired[5] == (75 * MIN, 1, 0, "owner")
    begun = [at for at, _, step, _ in fired if step == 0]
    gaps = [later - earlier for earlier, later in pairwise(begun)]
    assert gaps[: rounds - 1] == [75 * MIN] * (rounds - 1)
    assert set(gaps[rounds - 1 :]) == {timedelta(days=1, hours=1)}
    assert left.due_at is not None
    assert len({(loop, step) for _, loop, step, _ in fired}) == len(fired)


def test_an_acknowledgement_stops_it_and_no_proof_begins_it_again() -> None:
    _, one = fire(chain(), T0)
    one = acknowledge(one, TWO, T0 + 2 * MIN)
    fired, one = sweep(one, every(SEC * 10, 12 * MIN))
    assert fired == [(12 * MIN, 1, 0, "owner")]  # ten minutes after the word, nothing had happened
    assert (one.acked_at, one.acked_by) == (None, None)


def test_the_same_word_again_buys_no_more_time() -> None:
    one = acknowledge(chain(), TWO, T0)
    assert acknowledge(one, TWO, T0 + 9 * MIN) == one


def test_a_word_after_the_end_changes_nothing() -> None:
    over = end(chain(), T0)
    assert acknowledge(over, TWO, T0) == over
    assert end(over, T0 + MIN) == over
    assert fire(over, T0 + 99 * MIN) == (None, over)
    assert hold(over, T0 + MIN) == over
    assert back(over, MIN) == over


def test_who_cannot_be_reached_is_passed_over_at_once() -> None:
    rung, one = fire(chain(), T0)
    assert rung is not None
    one = hurry(one, rung, T0 + SEC)
    second, one = fire(one, T0 + SEC)
    assert second is not None
    assert second.who is Who.DISPATCHER
    assert hurry(one, rung, T0 + 2 * SEC) == one  # an old word about a step that is past hurries nothing
    assert hurry(acknowledge(one, TWO, T0 + 2 * SEC), second, T0 + 3 * SEC).due_at == T0 + 2 * SEC + 10 * MIN


def test_nobody_reached_on_the_last_step_begins_the_next_round_soon_but_not_at_once() -> None:
    one = replace(chain(), step=4, due_at=T0 + 60 * MIN)
    rung, one = fire(one, T0 + 60 * MIN)
    assert rung is not None
    assert hurry(one, rung, T0 + 60 * MIN).due_at == T0 + 60 * MIN + CATCH_UP


def test_a_clock_set_forward_fires_what_is_past_one_by_one() -> None:
    """So that an answer to the first can stop the second; nothing is skipped."""
    fired, _ = sweep(chain(), [0 * MIN, *(61 * MIN + 5 * SEC * n for n in range(40))])
    assert [(step, who) for _, _, step, who in fired] == [
        (0, "owner"),
        (1, "dispatcher"),
        (2, "lead"),
        (3, "safety_manager"),
        (4, "authority"),
    ]
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(fired[1:])]
    assert gaps == [CATCH_UP, CATCH_UP, CATCH_UP]


def test_a_clock_set_back_keeps_the_time_that_was_left() -> None:
    _, one = fire(chain(), T0)
    one = back(one, 60 * MIN)  # it is 60 minutes earlier now
    assert fire(one, T0 + 5 * MIN - 60 * MIN - SEC)[0] is None
    assert fire(one, T0 + 5 * MIN - 60 * MIN)[0] is not None


def test_a_shelf_holds_it_back_and_never_brings_it_forward() -> None:
    _, one = fire(chain(), T0)
    assert hold(one, T0 + 8 * 60 * MIN).due_at == T0 + 8 * 60 * MIN
    assert hold(one, T0).due_at == one.due_at


def test_a_pause_of_the_house_at_each_second_of_a_quarter_hour() -> None:
    """Ten seconds without a sweep, wherever they fall: no step missed or doubled, at most ten seconds late."""
    for offset in range(901):
        fired, _ = sweep(chain(), [SEC * n for n in range(911) if not offset <= n < offset + 10])
        assert [(loop, step) for _, loop, step, _ in fired] == [(0, 0), (0, 1), (0, 2)]
        late = [at - due for (at, *_), due in zip(fired, (0 * MIN, 5 * MIN, 15 * MIN), strict=True)]
        assert 0 * SEC <= min(late) <= max(late) <= 10 * SEC


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["sweep", "ack", "hurry", "hold"])), max_size=40))
def test_no_step_ever_fires_twice_and_none_is_jumped(acts: list[tuple[int, str]]) -> None:
    one, now, seen = chain(), T0, []
    last = None
    for wait, act in acts:
        now += SEC * wait
        if act == "ack":
            one = acknowledge(one, TWO, now)
        elif act == "hold":
            one = hold(one, now + MIN)
        elif act == "hurry" and last is not None:
            one = hurry(one, last, now)
        rung, one = fire(one, now)
        if rung is not None:
            last = rung
            seen.append((rung.loop, rung.step))
    assert seen == sorted(set(seen))
    for earlier, later in pairwise(seen):
        assert later in {(earlier[0], earlier[1] + 1), (earlier[0] + 1, 0)}
