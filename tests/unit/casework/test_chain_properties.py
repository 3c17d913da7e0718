"""Chains and calls with shelves, clocks, answers and failures at once: nobody is forgotten and none doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import Chain, FloodPolicy, Held, Ladder, Rung, Sent, Shape, SiteDuty, Step, Urgency, Who
from pipewarden.casework.rules import flood
from pipewarden.casework.rules.escalate import acknowledge, back, begin, end, fire, hold, hurry, release

T0 = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
SEC, MIN = timedelta(seconds=1), timedelta(minutes=1)
ONE, TWO = UUID(int=1), UUID(int=2)
DUTY = SiteDuty(ONE, ONE, ONE, "accept", None, TWO, "patroller", "", "", T0, T0 + 5 * MIN)
LADDER = Ladder(
    "a test",
    (
        Step(Who.OWNER, 0 * MIN, Urgency.ALARM),
        Step(Who.DISPATCHER, 4 * MIN, Urgency.ALARM),
        Step(Who.SAFETY_MANAGER, 20 * MIN, Urgency.ALARM),
    ),
    again=10 * MIN,
    rounds=3,
    proof=7 * MIN,
)


def chain(ladder: Ladder = LADDER) -> Chain:
    return begin(TWO, DUTY, ladder, T0)


def fired(one: Chain, now: datetime) -> Chain:
    """Return the chain after the step that is due fired."""
    rung, after = fire(one, now)
    assert rung is not None
    return after


def test_a_step_is_due_at_its_moment_and_not_a_moment_before() -> None:
    one = fired(chain(), T0)
    assert one.due_at == T0 + 4 * MIN
    assert fire(one, T0 + 4 * MIN - timedelta(microseconds=1)) == (None, one)
    rung, _ = fire(one, T0 + 4 * MIN)
    assert rung is not None
    assert (rung.step, rung.who) == (1, Who.DISPATCHER)


def test_a_ladder_of_one_step_begins_again_and_again() -> None:
    one, seen = chain(replace(LADDER, steps=LADDER.steps[:1], rounds=2)), []
    for number in range(60):
        rung, one = fire(one, T0 + number * MIN)
        if rung is not None:
            seen.append((number, rung.loop, rung.step))
    assert seen == [(0, 0, 0), (10, 1, 0)]
    assert one.due_at == T0 + 10 * MIN + timedelta(days=1)  # its rounds are used up: once a day, as long as it takes


def test_an_answer_holds_for_the_time_of_the_proof_to_the_second() -> None:
    one = acknowledge(fired(chain(), T0), TWO, T0 + 3 * MIN)
    assert fire(one, T0 + 10 * MIN - SEC)[0] is None
    rung, again = fire(one, T0 + 10 * MIN)
    assert rung is not None
    assert (rung.loop, rung.step, again.acked_by) == (1, 0, None)
    assert again.due_at == T0 + 14 * MIN


def test_an_answer_that_comes_after_the_step_was_due_still_stops_it() -> None:
    """Two seconds lie between a step's moment and the sweep: a word in them counts."""
    one = acknowledge(fired(chain(), T0), TWO, T0 + 4 * MIN + SEC)
    assert fire(one, T0 + 4 * MIN + 2 * SEC)[0] is None


def test_what_a_shelf_held_is_due_when_it_is_taken_off_and_the_rest_follows_in_its_own_time() -> None:
    held = hold(fired(chain(), T0), T0 + 60 * MIN)
    assert fire(held, T0 + 60 * MIN - SEC)[0] is None
    one = fired(release(held, T0 + 30 * MIN), T0 + 30 * MIN)
    assert one.due_at == T0 + 46 * MIN  # 16 minutes lie between the second step and the third
    assert release(end(one, T0), T0).due_at is None


def test_a_hold_that_ends_before_the_step_changes_nothing() -> None:
    one = fired(chain(), T0)
    assert hold(one, T0 + 4 * MIN) == one
    assert hold(one, T0) == one


def test_a_clock_set_back_and_on_again_is_where_it_was() -> None:
    one = fired(chain(), T0)
    assert back(back(one, 60 * MIN), -60 * MIN) == one


def test_who_could_not_be_reached_in_an_earlier_round_hurries_nothing_now() -> None:
    rung, one = fire(chain(), T0)
    assert rung is not None
    for minutes in (4, 20, 30):
        one = fired(one, T0 + minutes * MIN)
    assert (one.loop, one.step) == (1, 1)
    assert hurry(one, rung, T0 + 31 * MIN) == one


_ACTS = st.sampled_from(["sweep", "ack", "hurry", "hold", "release", "back"])


@given(st.lists(st.tuples(st.integers(0, 900), _ACTS), max_size=40))
def test_a_chain_never_stands_still_jumps_or_repeats_until_its_duty_ends(acts: list[tuple[int, str]]) -> None:
    one, now, seen, last = chain(), T0, [], None
    for wait, act in acts:
        now += wait * SEC
        if act == "ack":
            one = acknowledge(one, TWO, now)
        elif act == "hurry" and last is not None:
            one = hurry(one, last, now)
        elif act == "hold":
            one = hold(one, now + 30 * MIN)
        elif act == "release":
            one = release(one, now)
        elif act == "back":
            now -= 2 * MIN
            one = back(one, 2 * MIN)
        assert one.due_at is not None
        assert one.due_at - now <= timedelta(days=1, hours=1)
        rung, one = fire(one, now)
        if rung is not None:
            last = rung
            seen.append((rung.loop, rung.step))
    assert seen == sorted(set(seen))
    for earlier, later in pairwise(seen):
        assert later in {(earlier[0], earlier[1] + 1), (earlier[0] + 1, 0)}
    assert end(one, now).due_at is None


POLICY = FloodPolicy(most=4, window=10 * MIN, reserve=1, calm=2, gather=MIN, stale=3 * MIN)
A, B, MANAGER = UUID(int=101), UUID(int=102), UUID(int=900)


def held(number: int, whose: UUID, at: datetime, *, critical: bool = False, others: tuple[UUID, ...] = ()) -> Held:
    rung = Rung(UUID(int=10_000 + number), 0, 0, Who.OWNER, Urgency.DUE)
    return Held(rung, UUID(int=number), UUID(int=50_000 + number), whose, others, critical, at)


def had(count: int, at: datetime = T0, shape: Shape = Shape.ONE) -> list[Sent]:
    return [Sent(at, shape)] * count


@pytest.mark.parametrize(("after", "going"), [(10 * MIN - SEC, 0), (10 * MIN, 1)])
def test_a_call_leaves_the_window_when_its_ten_minutes_are_over(after: timedelta, going: int) -> None:
    out = flood.plan([held(1, A, T0 + after, critical=True)], {A: had(3)}, T0 + after, POLICY)
    assert len([one for one in out if one.shape is Shape.ONE]) == going


def test_the_last_place_is_kept_for_the_call_that_names_the_rest() -> None:
    waiting = [held(1, A, T0, critical=True), held(2, A, T0, critical=True)]
    for before, shape in ((2, Shape.GATHERED), (3, Shape.FLOOD)):
        out = flood.plan(waiting, {A: had(before)}, T0, POLICY)
        assert [(one.shape, len(one.held)) for one in out] == [(shape, 2)]
    assert flood.plan([held(3, A, T0, critical=True)], {A: had(4)}, T0, POLICY) == []


def test_the_flood_goes_to_the_last_who_is_asked_and_past_them_when_they_are_full() -> None:
    waiting = [held(1, A, T0, critical=True, others=(B, MANAGER))]
    full = {A: had(3), B: had(3), MANAGER: had(3)}
    assert [one.person_id for one in flood.plan(waiting, full, T0, POLICY)] == [MANAGER]
    assert [one.person_id for one in flood.plan(waiting, full | {MANAGER: had(4)}, T0, POLICY)] == [B]


def test_a_second_call_that_gathers_waits_a_minute() -> None:
    sent = {A: [*had(1), *had(1, T0, Shape.GATHERED)]}
    waiting = [held(1, A, T0), held(2, A, T0)]
    assert flood.plan(waiting, sent, T0 + MIN - SEC, POLICY) == []
    (one,) = flood.plan(waiting, sent, T0 + MIN, POLICY)
    assert (one.shape, len(one.held)) == (Shape.GATHERED, 2)


def test_nothing_waiting_is_nothing_to_say_and_no_flood() -> None:
    assert flood.plan([], {A: had(2)}, T0, POLICY) == []
    calm = flood.state([], {A: had(2)}, T0, POLICY)
    assert (calm.on, calm.waiting, calm.full, calm.sites) == (False, 0, 0, ())


def test_a_person_who_is_full_is_a_flood_though_nothing_waits() -> None:
    assert flood.state([], {A: had(3)}, T0, POLICY).on
    assert not flood.state([], {A: had(3)}, T0 + 10 * MIN, POLICY).on


def test_what_waits_that_is_not_critical_is_no_flood_by_itself() -> None:
    calm = flood.state([held(1, A, T0)], {A: had(2)}, T0, POLICY)
    assert (calm.on, calm.waiting, calm.critical) == (False, 1, 0)


_HELD = st.lists(
    st.builds(
        held,
        st.integers(1, 12),
        st.sampled_from([A, B]),
        st.integers(0, 300).map(lambda ago: T0 - ago * SEC),
        critical=st.booleans(),
        others=st.sampled_from([(), (B, MANAGER), (MANAGER,)]),
    ),
    max_size=12,
    unique_by=lambda one: one.rung.chain_id,
)
_WINDOWS = st.dictionaries(
    st.sampled_from([A, B, MANAGER]),
    st.lists(st.builds(Sent, st.integers(0, 900).map(lambda ago: T0 - ago * SEC), st.sampled_from(Shape)), max_size=4),
)


@given(_HELD, _WINDOWS)
def test_whatever_was_said_before_nobody_is_told_too_often_and_nothing_twice(
    waiting: list[Held], sent: dict[UUID, list[Sent]]
) -> None:
    out = flood.plan(waiting, sent, T0, POLICY)
    spoken = [one.rung for call in out for one in call.held]
    assert len(spoken) == len(set(spoken))
    assert set(spoken) <= {one.rung for one in waiting}
    for person in {call.person_id for call in out}:
        before = [one for one in sent.get(person, ()) if one.at > T0 - POLICY.window]
        assert len(before) + sum(call.person_id == person for call in out) <= POLICY.most
    for call in out:
        assert call.held
        if call.shape is Shape.ONE:
            assert len({one.site_id for one in call.held}) == 1
        assert call.spilled == any(call.person_id != one.person_id for one in call.held) or call.shape is Shape.FLOOD
