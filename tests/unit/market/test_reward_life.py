"""The life of a reward as a table: which event follows on which state, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import Ended, Proof, Reopened, SiteEvent, SiteState, Verified
from pipewarden.kit.errors import RefusedError
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import (
    Capped,
    Claimed,
    ClawedBack,
    Held,
    Lapsed,
    Paid,
    Refused,
    Reserved,
    Reward,
    RewardBody,
    RewardEvent,
    RewardState,
    Unfunded,
    Wanted,
)
from pipewarden.market.rules import rewarding
from pipewarden.market.rules.refuting import own_word, refuted
from pipewarden.market.rules.reward_life import apply, may

AT = datetime(2026, 11, 20, tzinfo=UTC)
ONE, TWO = UUID(int=1), UUID(int=2)
BASE = Reward(
    id=ONE,
    tenant_id=TWO,
    key="reward:site:x:clue",
    kind=PayKind.CLUE,
    rule="clue",
    edition="CN-pay@1",
    case="site:x",
    site_id=None,
    claim_key=None,
    person_id=ONE,
    asset=Asset.PTS,
    units=50,
    earned_at=AT,
    state=RewardState.WANTED,
    since=AT,
)
BODIES: dict[str, RewardBody] = {
    one.kind: one
    for one in (
        Wanted(ONE),
        Reserved(ONE, TWO, AT),
        Claimed(TWO),
        Held(ONE, TWO, AT),
        Unfunded(),
        Capped(3),
        Refused("why"),
        Paid(TWO),
        ClawedBack("why", TWO, 7),
        Lapsed(),
    )
}
OVER = (RewardState.CAPPED, RewardState.REFUSED, RewardState.LAPSED, RewardState.CLAWED_BACK)


def after(reward: Reward, body: RewardBody) -> Reward:
    event = RewardEvent(TWO, reward.tenant_id, reward.id, reward.version + 1, AT, None, body)
    return apply(reward, event)


def test_every_kind_of_event_is_in_the_table() -> None:
    assert len(BODIES) == len(get_args(RewardBody))


@pytest.mark.parametrize("state", OVER)
@pytest.mark.parametrize("kind", BODIES)
def test_what_is_over_stays_over(state: RewardState, kind: str) -> None:
    with pytest.raises(RefusedError, match=f"is {state}"):
        after(replace(BASE, state=state), BODIES[kind])


@pytest.mark.parametrize("kind", [one for one in BODIES if one != "clawed_back"])
def test_what_is_paid_can_only_be_taken_back(kind: str) -> None:
    with pytest.raises(RefusedError):
        after(replace(BASE, state=RewardState.PAID), BODIES[kind])
    back = after(replace(BASE, state=RewardState.PAID), BODIES["clawed_back"])
    assert (back.state, back.owed, back.reason) == (RewardState.CLAWED_BACK, 7, "why")


def test_only_what_is_held_is_paid() -> None:
    states = [one for one in RewardState if may(replace(BASE, state=one), BODIES["paid"])]
    assert states == [RewardState.HELD]


@given(st.lists(st.sampled_from(sorted(BODIES)), max_size=12))
def test_no_way_through_pays_twice_or_after_a_refusal(kinds: list[str]) -> None:
    reward, done = BASE, list[str]()
    for kind in kinds:
        try:
            reward = after(reward, BODIES[kind])
        except RefusedError:
            continue
        done.append(kind)
    assert done.count("paid") <= 1
    if "paid" in done:
        assert set(done[done.index("paid") + 1 :]) <= {"clawed_back"}
        assert "held" in done[: done.index("paid")]
    assert reward.version == len(done)


def test_a_claim_names_the_person_and_keeps_the_state() -> None:
    waiting = replace(BASE, state=RewardState.UNCLAIMED, person_id=None)
    claimed = after(waiting, Claimed(TWO))
    assert (claimed.state, claimed.person_id) == (RewardState.UNCLAIMED, TWO)


def event(minutes: int, body: object, actor: str | None = "person:x") -> SiteEvent:
    return SiteEvent(ONE, TWO, ONE, AT + timedelta(minutes=minutes), actor, minutes, body)  # type: ignore[arg-type]


TRUE, NOT = Verified(true=True, code="digging", proof=Proof()), Verified(true=False, code="other", proof=Proof())
GONE, AGAIN = Ended(to=SiteState.FALSE, code="other", reason="none"), Reopened("seen again")
WATCHED = Ended(to=SiteState.EXEMPT, code="outside", reason="far", until=AT)


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ([], None),
        ([TRUE], None),
        ([NOT], rewarding.REFUTED),
        ([NOT, TRUE], None),
        ([TRUE, NOT], rewarding.REFUTED),
        ([GONE], rewarding.ENDED_FALSE),
        ([WATCHED], None),
        ([AGAIN, NOT], None),
        ([NOT, AGAIN, TRUE], rewarding.REFUTED),
        ([NOT, GONE], rewarding.REFUTED),
    ],
)
def test_what_takes_a_clue_back(bodies: list[object], why: str | None) -> None:
    events = [event(n, body) for n, body in enumerate(bodies, start=1)]
    assert refuted(events, AT) == why
    earlier = [event(-5, NOT), *events]
    assert refuted(earlier, AT) == why, "what was said before it was confirmed was answered by that"


def test_ones_own_word_alone_confirms_nothing() -> None:
    mine, other = f"person:{ONE}", f"person:{TWO}"
    assert own_word([event(1, TRUE, mine)], ONE) == rewarding.OWN_WORD
    assert own_word([event(1, TRUE, mine), event(2, TRUE, other)], ONE) is None
    assert own_word([event(1, TRUE, other)], ONE) is None
    assert own_word([event(1, TRUE, mine)], None) is None
