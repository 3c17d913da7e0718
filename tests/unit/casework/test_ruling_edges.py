"""When a version of a tenant's own may act, to the last day and the last second, and which laws it may not drop."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import own_rules
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import store
from pipewarden.casework.facts import PolicyKind, PolicyVersion, Previewed, VersionState
from pipewarden.casework.rules.ruling import HOLDS, LEAST_DAYS, check_activation, check_law
from pipewarden.casework.rules.supervision_file import read_supervision
from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from pipewarden.casework.rules.supervision_file import Supervision

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
TICK = timedelta(microseconds=1)
RULING = hashlib.sha256(b"what rules").hexdigest()
OTHER = hashlib.sha256(b"what ruled").hexdigest()
AUTHOR, SECOND = "person:1", "person:2"
SHIPPED = store.shipped_supervision()
LAWS = sorted(one.code for one in SHIPPED.rules if not one.clause.startswith("产品规则"))
OURS = sorted(one.code for one in SHIPPED.rules if one.clause.startswith("产品规则"))


def version(state: VersionState = VersionState.PREVIEWED, tried: Previewed | None = None) -> PolicyVersion:
    return PolicyVersion(
        id=UUID(int=1),
        tenant_id=UUID(int=2),
        kind=PolicyKind.SUPERVISION,
        version="mine@1",
        text="x",
        sha256=OTHER,
        base="CN@1",
        base_sha256=OTHER,
        why="x",
        made_by=AUTHOR,
        made_at=NOW - timedelta(days=30),
        state=state,
        previewed=tried,
    )


def tried(ago: timedelta = timedelta(hours=1), days: int = LEAST_DAYS, against: str = RULING) -> Previewed:
    return Previewed(NOW - ago, days, against, {})


def ask(one: PolicyVersion, by: str = SECOND, *, others: bool = True) -> None:
    check_activation(one, ruling=RULING, by=by, others=others, now=NOW)


def refused(one: PolicyVersion, by: str = SECOND, *, others: bool = True) -> str:
    with pytest.raises(RefusedError) as found:
        ask(one, by, others=others)
    assert (found.value.field, bool(found.value.fix)) == ("version", True)
    return found.value.problem


def test_a_week_of_seven_days_tried_seven_days_ago_is_just_enough() -> None:
    ask(version(tried=tried(HOLDS)))
    assert "is of 2026-11-19" in refused(version(tried=tried(HOLDS + TICK)))
    assert "looked back 6 days" in refused(version(tried=tried(days=LEAST_DAYS - 1)))


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.RETIRED])
def test_only_what_was_tried_since_may_act(state: VersionState) -> None:
    """One that ruled once and was retired is tried again, though its old preview is still beside it."""
    assert "was not previewed" in refused(version(state, tried()))
    assert "was not previewed" in refused(version(VersionState.PREVIEWED, None))
    assert "rules already" in refused(version(VersionState.ACTIVE, tried()))


def test_a_preview_against_what_ruled_before_says_nothing_of_now() -> None:
    assert "not what it was compared with" in refused(version(tried=tried(against=OTHER)))


def test_the_author_acts_only_where_nobody_else_can_look() -> None:
    assert "written by you" in refused(version(tried=tried()), AUTHOR)
    ask(version(tried=tried()), AUTHOR, others=False)
    ask(version(tried=tried()), SECOND, others=False)


AGES = st.integers(0, 20).map(lambda halves: timedelta(days=halves / 2))
PREVIEWS = st.builds(tried, AGES, st.integers(1, 366), st.sampled_from([RULING, OTHER]))


@given(st.sampled_from(VersionState), st.none() | PREVIEWS, st.sampled_from([AUTHOR, SECOND]), st.booleans())
def test_it_acts_when_every_condition_holds_and_never_else(
    state: VersionState, preview: Previewed | None, by: str, others: bool
) -> None:
    may = (
        state is VersionState.PREVIEWED
        and preview is not None
        and preview.days >= LEAST_DAYS
        and NOW - preview.at <= HOLDS
        and preview.against == RULING
        and not (others and by == AUTHOR)
    )
    one = version(state, preview)
    if may:
        ask(one, by, others=others)
    else:
        assert refused(one, by, others=others)


@pytest.mark.parametrize("code", LAWS)
def test_no_rule_that_is_law_may_be_left_out(code: str) -> None:
    mine = replace(SHIPPED, rules=tuple(one for one in SHIPPED.rules if one.code != code))
    with pytest.raises(InputError, match=f"{code} is law") as found:
        check_law(mine, SHIPPED)
    assert (found.value.field, found.value.fix) == ("rules", "Put it back.")


def changed(code: str, **more: date | None) -> Supervision:
    return replace(
        SHIPPED, rules=tuple(one.model_copy(update=more) if one.code == code else one for one in SHIPPED.rules)
    )


@pytest.mark.parametrize("code", LAWS)
@pytest.mark.parametrize(
    ("more", "problem", "fix"),
    [
        ({"until": date(2026, 11, 25)}, "ends on 2026-11-25", "Leave until out."),
        ({"since": date(2027, 1, 1)}, "begins only on 2027-01-01", "Write since: 20"),
    ],
    ids=["over", "not begun"],
)
def test_no_rule_that_is_law_may_stand_outside_its_days(
    code: str, more: dict[str, date], problem: str, fix: str
) -> None:
    with pytest.raises(InputError, match=f"{code} is law .* {problem}") as found:
        check_law(changed(code, **more), SHIPPED)
    assert found.value.field == "rules"
    assert found.value.fix.startswith(fix)


@pytest.mark.parametrize("code", LAWS)
def test_a_rule_that_is_law_may_hold_on_more_days_than_the_law_asks(code: str) -> None:
    ended = changed(code, until=date(2027, 1, 1))
    check_law(changed(code, since=date(2000, 1, 1)), SHIPPED)
    check_law(SHIPPED, ended)
    check_law(changed(code, until=date(2027, 1, 1)), ended)
    with pytest.raises(InputError, match="ends on 2026-12-31") as found:
        check_law(changed(code, until=date(2026, 12, 31)), ended)
    assert found.value.fix == "Write until: 2027-01-01, or later."


@given(st.sets(st.sampled_from(OURS)))
def test_every_rule_of_the_products_own_may_be_left_out(gone: set[str]) -> None:
    check_law(replace(SHIPPED, rules=tuple(one for one in SHIPPED.rules if one.code not in gone)), SHIPPED)


def test_the_laws_are_the_laws() -> None:
    """A clause that is worded as a default by a slip would let a law be dropped in silence."""
    assert LAWS == [
        "V-FORBIDDEN", "V-PLAN", "V-PLAN-CONTROL", "V-REPAIR-PAPERS", "V-STANDBY", "V-STOPPED-WORK", "V-UNBRIEFED",
    ]  # fmt: skip
    mine = read_supervision(own_rules.rules(), "mine.yaml", store.violations())
    check_law(mine, SHIPPED)
