"""What is still to come of a filing, for any filing: one moment at most, told neither after it nor for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import store
from pipewarden.casework.facts import (
    Decision,
    Effect,
    Filing,
    FilingState,
    Handed,
    Method,
    Required,
    Works,
)
from pipewarden.casework.rules.filing_dues import moments
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.network.facts import Regime, Zone

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
RULES = store.dues.shipped_due_rules()
AREA = bytes(shapely.to_wkb(shapely.box(116.7, 39.5, 116.701, 39.501)))
AFTER = st.integers(-900, 900).map(lambda hours: hours * HOUR)


def line(kind: str, due_at: datetime | None) -> Required:
    return Required(kind, kind, kind, Effect.REQUIRED, Regime.CITY_GAS, "CN", "clause", law=True, due_at=due_at)


@st.composite
def filings(draw: st.DrawFn) -> Filing:
    """Return a filing in any state, answered by its packs or not."""
    begins = NOW + draw(AFTER)
    works = Works(
        "CN-HE-langfang",
        AREA,
        Method.OPEN_CUT,
        begins,
        begins + draw(st.integers(1, 900)) * HOUR,
        urgent=draw(st.booleans()),
    )
    kinds = draw(st.lists(st.sampled_from(["operator_reply", "file_after_emergency", "file", "briefing"]), max_size=4))
    lines = tuple(line(kind, draw(st.none() | AFTER.map(lambda after: NOW + after))) for kind in kinds)
    said = Decision(NOW, works.place, ("CN",), Zone.PROTECTION, (), lines)
    return Filing(
        UUID(int=1),
        UUID(int=2),
        works,
        NOW - draw(st.integers(0, 90)) * HOUR,
        answered_at=draw(st.sampled_from([None, NOW - HOUR])),
        cancelled_at=draw(st.sampled_from([None, None, None, NOW - HOUR])),
        decision=draw(st.sampled_from([None, said])),
        handed=draw(st.sampled_from([None, None, None, Handed(UUID(int=3), UUID(int=4))])),
    )


@given(filings(), AFTER)
def test_a_filing_has_one_moment_at_most_by_where_it_stands(filing: Filing, after: timedelta) -> None:
    at = NOW + after
    found = moments(RULES, filing, at)
    state = state_at(filing, at)
    over = filing.handed is not None or state in {FilingState.CANCELLED, FilingState.EXPIRED}
    assert len(found) == (0 if over else 1)
    for one in found:
        wanted = "ending" if state is not FilingState.FILED else "emergency" if filing.works.urgent else "reply"
        assert one.rule.kind == wanted
        assert one.first_at >= at, "nothing was to be told before somebody asked"


@given(filings())
def test_an_answer_is_due_by_the_first_moment_that_a_pack_names_else_by_the_houses_own(filing: Filing) -> None:
    open_one = replace(filing, answered_at=None, cancelled_at=None, handed=None)
    open_one = replace(open_one, works=replace(open_one.works, valid_until=NOW + 2000 * HOUR))
    (one,) = moments(RULES, open_one, NOW)
    asked = {"operator_reply", "file_after_emergency"} if open_one.works.urgent else {"operator_reply"}
    lines = () if open_one.decision is None else open_one.decision.required
    named = [each.due_at for each in lines if each.kind in asked and each.due_at is not None]
    after = sorted(due_at for due_at in named if due_at > open_one.filed_at)
    assert one.due_at == (after[0] if after else open_one.filed_at + RULES.unanswered)
    assert one.due_at > open_one.filed_at


@given(filings(), st.integers(1, 900))
def test_the_end_is_told_before_it_comes_and_never_all_through_the_works(filing: Filing, hours: int) -> None:
    works = replace(filing.works, valid_from=NOW, valid_until=NOW + hours * HOUR)
    valid = replace(filing, works=works, answered_at=NOW - HOUR, cancelled_at=None, handed=None)
    (one,) = moments(RULES, valid, NOW)
    assert one.due_at == works.valid_until
    assert NOW < one.first_at < one.due_at
    assert one.due_at - one.first_at <= (works.valid_until - works.valid_from) / 4
    (last,) = moments(RULES, valid, works.valid_until - TICK)
    assert last.first_at == works.valid_until - TICK, "whoever looks late is told at once"
    assert moments(RULES, valid, works.valid_until) == ()


@given(filings(), AFTER)
def test_a_hand_over_and_a_cancellation_leave_nothing_to_do_here(filing: Filing, after: timedelta) -> None:
    at = NOW + after
    assert moments(RULES, replace(filing, handed=Handed(UUID(int=3), UUID(int=4))), at) == ()
    assert moments(RULES, replace(filing, cancelled_at=NOW), at) == ()
