"""A record: what works put into it, what it adds up to, and that a worse one never leads to a milder level."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import BAD, ContractorPolicy, Entry, EntryKind, History
from pipewarden.casework.rules.contractor import counts, credit_code, history, name_key, sum_up
from pipewarden.casework.rules.contractor_file import GRAVER, contractors_at, read_contractor_policies, read_contractors
from pipewarden.casework.store import CONTRACTOR_FILE, shipped_contractors, shipped_risk
from pipewarden.casework.store.policy import violations
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIPPED = CONTRACTOR_FILE.read_text(encoding="utf-8")
CN = shipped_contractors()[0]
NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)
DAY = timedelta(days=1)
CODES = violations().keys()
ORDER = [History.GOOD, History.ORDINARY, History.MARKED, History.STRIKES]


def entry(kind: EntryKind, days_ago: float = 1, **more: Any) -> Entry:
    number = more.pop("number", 1)
    at = NOW - days_ago * DAY
    return Entry(UUID(int=number), UUID(int=9), kind, at, UUID(int=number), more.pop("made_at", at), **more)


@st.composite
def policies(draw: st.DrawFn) -> ContractorPolicy:
    """Draw rules that the loader takes."""
    kinds = dict(CN.kinds)
    for kind in BAD:
        above = [kinds[graver].points for chain in GRAVER for graver, milder in pairwise(chain) if milder is kind]
        most = min(above, default=50.0)
        points, days = draw(st.floats(0.1, most)), draw(st.integers(1, 3650))
        kinds[kind] = replace(kinds[kind], points=points, counts_for=timedelta(days=days))
    good = replace(kinds[EntryKind.GOOD_CONDUCT], points=-draw(st.floats(0, 50)))
    kinds[EntryKind.GOOD_CONDUCT] = good
    return replace(CN, kinds=kinds, mark_at=draw(st.floats(0.1, 60)), good_most=draw(st.floats(0, 60)))


RECORDS = st.lists(st.tuples(st.sampled_from(EntryKind), st.floats(0, 4000)), max_size=12).map(
    lambda told: [entry(kind, ago, number=number) for number, (kind, ago) in enumerate(told, start=1)]
)


@given(policies(), RECORDS, st.sampled_from(BAD), st.floats(0, 4000))
def test_a_worse_record_never_lowers_what_it_counts_as(
    policy: ContractorPolicy, record: list[Entry], kind: EntryKind, ago: float
) -> None:
    worse = [*record, entry(kind, ago, number=99)]
    before, after = history(policy, record, NOW), history(policy, worse, NOW)
    assert ORDER.index(after) >= ORDER.index(before)
    weights = shipped_risk()[0].weights["contractor"]
    assert weights[after.value].weight >= weights[before.value].weight
    assert sum_up(policy, worse, NOW).points >= sum_up(policy, record, NOW).points


@given(policies(), RECORDS)
def test_a_contractor_that_nobody_named_is_never_the_mildest(policy: ContractorPolicy, record: list[Entry]) -> None:
    assert history(policy, None, NOW) is History.UNKNOWN
    assert history(policy, record, NOW) is not History.UNKNOWN
    assert sum_up(policy, record, NOW).points >= 0


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ([], History.ORDINARY),
        ([EntryKind.GOOD_CONDUCT], History.GOOD),
        ([EntryKind.MINOR], History.ORDINARY),
        ([EntryKind.MAJOR], History.ORDINARY),
        ([EntryKind.MAJOR, EntryKind.MAJOR], History.MARKED),
        ([EntryKind.STOP_REFUSED], History.MARKED),
        ([EntryKind.STOP_REFUSED, EntryKind.GOOD_CONDUCT], History.ORDINARY),
        ([EntryKind.MINOR, EntryKind.GOOD_CONDUCT], History.GOOD),
        ([EntryKind.STRIKE], History.STRIKES),
        ([EntryKind.STRIKE, *[EntryKind.GOOD_CONDUCT] * 20], History.STRIKES),
        ([EntryKind.MAJOR, EntryKind.MAJOR, EntryKind.MAJOR, EntryKind.MAJOR, *[EntryKind.GOOD_CONDUCT] * 20],
         History.MARKED),
    ],
)  # fmt: skip
def test_what_a_record_counts_as(kinds: Sequence[EntryKind], wanted: History) -> None:
    record = [entry(kind, number=number) for number, kind in enumerate(kinds, start=1)]
    assert history(CN, record, NOW) is wanted


def test_an_entry_counts_from_its_moment_until_it_expires_or_is_struck_out() -> None:
    one = entry(EntryKind.MINOR, 365)
    assert not counts(CN, one, NOW)
    assert counts(CN, one, NOW - timedelta(seconds=1))
    assert not counts(CN, one, one.at - timedelta(seconds=1))
    late = replace(one, made_at=one.at + DAY)
    assert not counts(CN, late, one.at + DAY / 2), "before it was written no score had it"
    assert counts(CN, late, one.at + DAY)
    struck = replace(one, void_at=one.at + 10 * DAY)
    assert counts(CN, struck, one.at + 10 * DAY - timedelta(seconds=1))  # the past is not rewritten
    assert not counts(CN, struck, one.at + 10 * DAY)


def test_one_name_however_it_is_written() -> None:
    written = ("廊坊市广厦建筑有限公司", " 廊坊市 广厦建筑(有限公司) ", "廊坊市广厦建筑（有限公司）")
    assert len({name_key(one) for one in written}) == 1
    assert name_key("Acme Works Ltd.") == name_key("ＡＣＭＥ works LTD")
    for bad in ("", " ", "——", "x" * 201):
        with pytest.raises(InputError):
            name_key(bad)


def test_a_credit_code_is_checked_to_its_last_character() -> None:
    assert credit_code("") == ""
    assert credit_code(" 91131000570000000a ") == "91131000570000000A"
    for bad in ("91131000570000000B", "9113100057000000", "91131000570000000I", "x"):
        with pytest.raises(InputError) as refused:
            credit_code(bad)
        assert refused.value.field == "code"


@pytest.mark.parametrize(
    ("old", "new", "path", "problem"),
    [
        ("strike: {points: 12", "strike: {points: 5", "entries.strike.points", "less than stop_refused"),
        ("strike: {points: 12, days: 1095", "strike: {points: 12, days: 700", "entries.strike.days", "less than"),
        ("minor: {points: 1", "minor: {points: 0", "entries.minor.points", "counts nothing"),
        ("minor: {points: 1", "minor: {points: 4", "entries.major.points", "less than minor"),
        (
            "late_filing: {points: 1",
            "late_filing: {points: 4",
            "entries.missing_filing.points",
            "less than late_filing",
        ),
        ("good_conduct: {points: -1", "good_conduct: {points: 1", "entries.good_conduct.points", "against"),
        ("strike: {points", "strikes: {points", "entries", "Input should be"),
        ("mark_at: 6", "mark_at: 0", "mark_at", "greater than 0"),
        ("mark_at: 6", "marked_at: 6", "the file", "Field required"),
        ("V-STANDBY", "V-STANDBYE", "not_theirs", "is no violation"),
        ("Asia/Shanghai", "Asia/Shangai", "zone", "no time zone"),
        ('product default, not law"}\n  major', 'somebody"}\n  major', "entries.stop_refused.source", "pattern"),
        ("days: 1095", "days: 0", "entries.strike.days", "greater than or equal to 1"),
    ],
)
def test_a_slip_is_refused_with_path_and_problem(old: str, new: str, path: str, problem: str) -> None:
    assert old in SHIPPED
    with pytest.raises(InputError) as refused:
        read_contractors(SHIPPED.replace(old, new, 1), "mine.yaml", CODES)
    assert refused.value.field.startswith("mine.yaml:")
    assert refused.value.field.endswith(f": {path}") or path in refused.value.field
    assert problem in refused.value.problem
    assert refused.value.fix


def test_a_missing_kind_is_refused_and_two_policies_follow_each_other() -> None:
    without = "\n".join(line for line in SHIPPED.splitlines() if not line.startswith("  late_filing"))
    with pytest.raises(InputError, match="late_filing is missing"):
        read_contractors(without, "mine.yaml", CODES)
    later = SHIPPED.replace("since: 2026-01-01", "since: 2026-11-27")
    both = read_contractor_policies([("b", later), ("a", SHIPPED)], CODES)
    assert contractors_at(both, NOW) == both[0]
    assert contractors_at(both, NOW + DAY) == both[1]
    assert contractors_at(both, datetime(2026, 11, 26, 16, tzinfo=UTC)) == both[1]  # its day begins in its own zone
    assert contractors_at(both, datetime(2020, 1, 1, tzinfo=UTC)) == both[0]
    with pytest.raises(InputError, match="two begin"):
        read_contractor_policies([("a", SHIPPED), ("b", SHIPPED)], CODES)
    with pytest.raises(InputError, match="no policy"):
        read_contractor_policies([], CODES)
