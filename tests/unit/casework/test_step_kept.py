"""What a site keeps of its records, whatever is written in which order; files in force on one day; edges of times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from site_life import NOW, advanced
from step_records import record

from pipewarden.casework.facts import (
    AsBuilt,
    Attendee,
    Circumstances,
    Kept,
    MapDoubted,
    MeasuredPoint,
    Method,
    PartyRole,
    PersonRole,
    Proof,
    Signature,
    SiteState,
    StepRecord,
    Substep,
)
from pipewarden.casework.rules import kept
from pipewarden.casework.rules.evidence import evidence_of, filled, lacking, wrong
from pipewarden.casework.rules.step_file import read_steps
from pipewarden.casework.store import shipped_steps
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Regime, Zone

if TYPE_CHECKING:
    from pipewarden.casework.facts import Refusal

ZERO = datetime(2026, 11, 20, tzinfo=UTC)
EMPTY = StepRecord()
SHOWN = Proof(pictures=("a" * 64,), lon=116.7, lat=39.5, accuracy_m=5.0)
PROTECTED = Circumstances(Zone.PROTECTION, Regime.CITY_GAS, done=frozenset({"marking", "trial_pits", "agreement"}))
PLACE = (116.7, 39.5)


def driver(name: str) -> Attendee:
    return Attendee(name, PartyRole.CONTRACTOR, PersonRole.MACHINE_OPERATOR, "excavator")


def shift(begin_h: float | None, end_h: float | None) -> StepRecord:
    at = [None if hour is None else ZERO + timedelta(hours=hour) for hour in (begin_h, end_h)]
    return StepRecord(shift_from=at[0], shift_until=at[1])


# -- hours of standby


def union_h(shifts: list[tuple[int, int]]) -> int:
    """Return how many hours are in any of these shifts, counted one by one."""
    return len({hour for begin, end in shifts for hour in range(begin, end)})


SHIFTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


@given(SHIFTS)
@example([(0, 8), (8, 16)])  # handed over on the dot
@example([(0, 12), (4, 8)])  # one inside another
@example([(8, 0)])
def test_standby_hours_are_counted_once_in_whatever_order_they_are_written(shifts: list[tuple[int, int]]) -> None:
    in_row, as_written = Kept(), Kept()
    for begin, end in sorted(shifts):
        in_row = kept.noted(in_row, shift(begin, end), None)
    for begin, end in shifts:
        before = as_written
        as_written = kept.noted(as_written, shift(begin, end), None)
        assert as_written.standby_h >= before.standby_h
    assert in_row.standby_h == union_h(shifts)
    assert as_written.standby_h <= union_h(shifts), "no hour twice, not even when they are written down late"


@pytest.mark.parametrize("half", [shift(0, None), shift(None, 8), shift(None, None)])
def test_half_a_shift_is_no_hour_yet(half: StepRecord) -> None:
    assert kept.noted(Kept(), half, None) == Kept()


@pytest.mark.parametrize("step", [*SiteState, *Substep])
def test_only_a_check_in_counts_standby(step: SiteState | Substep) -> None:
    """The hours of a step that merely names a shift would be counted again by the check-in."""
    assert kept.noted(Kept(), shift(0, 8), step).standby_h == 0.0


# -- who drives, who was briefed

STEPS = st.sampled_from([*SiteState, *Substep, None])
NAMES = st.sampled_from(["王", "李", " 王 ", "", " "])
WRITTEN = st.lists(st.tuples(STEPS, st.lists(NAMES, max_size=3)), max_size=6)


@given(WRITTEN)
def test_whoever_drives_stays_known_and_only_a_briefing_briefs(written: list[tuple[Any, list[str]]]) -> None:
    found, known = Kept(), set[str]()
    briefed: set[str] | None = None
    for step, names in written:
        found = kept.noted(found, StepRecord(attendees=tuple(driver(name) for name in names)), step)
        here = {name.strip() for name in names} - {""}
        known |= here
        if step is SiteState.BRIEFED:
            briefed = here
        elif step is Substep.LATE_BRIEFING:
            briefed = (briefed or set()) | here
        assert set(found.operators) == known
        assert (None if found.briefed is None else set(found.briefed)) == briefed
    assert list(found.done) == [one for one in Substep if one in {step for step, _ in written}]
    assert kept.noted(found, None, SiteState.BRIEFED) == found, "what has no record tells nothing"


def test_a_nameless_driver_is_nobody_who_was_briefed() -> None:
    blank = StepRecord(attendees=(driver(" "), driver("王")))
    assert kept.noted(Kept(), blank, SiteState.BRIEFED).briefed == ("王",)


@given(st.lists(st.tuples(STEPS, st.none() | st.floats(0, 10)), max_size=6))
def test_the_widest_hand_dig_distance_holds(said: list[tuple[Any, float | None]]) -> None:
    found = Kept()
    for step, metres in said:
        found = kept.noted(found, StepRecord(hand_dig_m=metres), step)
    agreed = [m for step, m in said if m is not None and step in (SiteState.BRIEFED, SiteState.PLAN_SIGNED)]
    assert found.hand_dig_m == (max(agreed) if agreed else None)


# -- the agreement, and what a change leaves


@pytest.mark.parametrize(("left_s", "holds"), [(1, True), (0, False), (-1, False)])
def test_an_agreement_holds_until_its_last_second(left_s: int, holds: bool) -> None:
    site = advanced(SiteState.PLAN_SIGNED)
    written = StepRecord(valid_until=NOW)
    site = replace(site, kept=kept.noted(site.kept, written, Substep.AGREEMENT))
    now = NOW - timedelta(seconds=left_s)
    assert ("agreement" in kept.done(site, now)) == holds
    assert {"notified", "filed", "plan_signed"} <= kept.done(site, now)


def test_a_new_agreement_takes_the_place_of_one_that_has_run_out() -> None:
    site = advanced(SiteState.PLAN_SIGNED)
    for until in (NOW, NOW + timedelta(days=1)):
        site = replace(site, kept=kept.noted(site.kept, StepRecord(valid_until=until), Substep.AGREEMENT))
    assert "agreement" in kept.done(site, NOW + timedelta(hours=1))
    assert "agreement" not in kept.done(replace(site, kept=kept.changed(site.kept)), NOW)


# -- the map against what was measured

OFFS = st.lists(st.none() | st.floats(0.1, 50), min_size=1, max_size=6)


@given(OFFS)
def test_the_gravest_doubt_of_the_map_is_kept_in_any_order(offs: list[float | None]) -> None:
    found = Kept()
    for number, off in enumerate(offs):
        body = MapDoubted(f"P{number}", off, None if off is None else 0.05, NOW_ID, "x")
        found = kept.doubted(found, body, NOW + timedelta(minutes=number))
    assert found.map_error is not None
    worst = None if None in offs else max(one for one in offs if one is not None)
    assert found.map_error.off_m == worst
    assert found.map_error.pipe_id == f"P{offs.index(worst)}", "the first that was so far off"


NOW_ID = advanced(SiteState.NOTIFIED).id


# -- files: which line is in force on which day

HEAD = "version: T@1\nsource: a test\nzone: Asia/Shanghai\nsteps:\n"
LINE = """  - step: briefed
    zh: 交底
    en: Briefing
    document: {document}
    since: {since}
{until}    clause: 某条例 第一条
    asks:
      - {{field: hand_dig_m, type: number, unit: m, clause: 某条例 第一条}}
    examples:
      - {{given: {{zone: protection}}, record: {{hand_dig_m: 2}}, lacks: []}}
"""
DAY = date(2026, 1, 1)
PERIODS = st.lists(
    st.tuples(st.integers(0, 30), st.none() | st.integers(1, 12)).map(
        lambda one: (one[0], None if one[1] is None else one[0] + one[1])
    ),
    min_size=1,
    max_size=4,
)


def in_force(period: tuple[int, int | None], day: int) -> bool:
    since, until = period
    return since <= day and (until is None or day < until)


@given(PERIODS)
@example([(10, None), (0, 10)])  # the newest first
@example([(10, 12), (0, 3)])
@example([(0, 10), (9, None)])
def test_periods_are_refused_just_when_two_share_a_day(periods: list[tuple[int, int | None]]) -> None:
    lines = []
    for number, (since, until) in enumerate(periods):
        ended = "" if until is None else f"    until: {DAY + timedelta(days=until)}\n"
        lines.append(LINE.format(document=f"记录 {number}", since=DAY + timedelta(days=since), until=ended))
    text = HEAD + "".join(lines)
    days = range(50)
    if any(sum(in_force(one, day) for one in periods) > 1 for day in days):
        with pytest.raises(InputError) as told:
            read_steps(text, "mine.yaml")
        assert told.value.field.endswith("since")
        assert told.value.fix
        return
    policy = read_steps(text, "mine.yaml")
    for day in days:
        found = evidence_of(policy, "briefed", PROTECTED, DAY + timedelta(days=day))
        wanted = next((f"记录 {number}" for number, one in enumerate(periods) if in_force(one, day)), None)
        assert (None if found is None else found.document) == wanted


ASKED = "{field: hand_dig_m, type: number, unit: m, clause: 某条例 第一条}"
ODD = {
    "at least so many numbers": ("unit: m,", "unit: m, at_least: 2,", "at_least", "Remove it."),
    "the role of a number": ("unit: m,", "unit: m, role: worker,", "role", "Remove it."),
    "each known number": ("unit: m,", "unit: m, everyone: true,", "everyone", "Remove it."),
    "how deep a number lies": ("unit: m,", "unit: m, depth: true,", "depth", "Remove it."),
    "a number that must be yes": ("unit: m,", "unit: m, must_be: true,", "must_be", "Remove it."),
    "a number that is excused": ("unit: m,", "unit: m, unless: by_hand,", "unless", "Remove it."),
    "fewer than one": (
        ASKED,
        "{field: points, type: points, unit: m, at_least: 0, clause: 某条例 第一条}",
        "at_least",
        "docs/steps.md",
    ),
    "excused by what is no flag": (
        ASKED,
        "{field: attendees, type: people, unless: number, clause: 某条例 第一条}",
        "unless",
        "Take one of",
    ),
    "waits for no step": (
        "asks:",
        "first: [{step: marker, clause: 某条例 第一条}]\n    asks:",
        "first.0.step",
        "marking",
    ),
    "a clause of one letter": ("clause: 某条例 第一条\n", "clause: 某\n", "clause", "docs/steps.md"),
    "a method that is none": ("unit: m,", "unit: m, when: {methods: [digging]},", "methods", "docs/steps.md"),
}


@pytest.mark.parametrize(("old", "new", "where", "fix"), ODD.values(), ids=ODD)
def test_what_says_nothing_of_a_field_is_a_slip(old: str, new: str, where: str, fix: str) -> None:
    text = HEAD + LINE.format(document="交底记录", since=DAY, until="")
    read_steps(text, "mine.yaml")
    assert old in text
    with pytest.raises(InputError) as told:
        read_steps(text.replace(old, new, 1), "mine.yaml")
    assert told.value.field.startswith("mine.yaml:")
    assert where in told.value.field
    assert fix in told.value.fix


# -- edges of what is asked


def told(step: str, written: StepRecord, at: Circumstances = PROTECTED) -> list[Refusal]:
    at = filled(at, written)
    found = evidence_of(shipped_steps(), step, at, date(2026, 11, 20))
    assert found is not None
    return list(lacking(found, at, SHOWN, written))


@given(st.integers(-1_000, 1_000), st.sampled_from(["held_at", "shift_from", "shift_until"]))
@example(600, "held_at")
@example(601, "held_at")
def test_a_phone_may_be_ten_minutes_fast_and_no_more(seconds: int, name: str) -> None:
    found = wrong(StepRecord(**{name: NOW + timedelta(seconds=seconds)}), NOW)
    assert [one.field for one in found] == ([f"record.{name}"] if seconds > 600 else [])


@given(st.lists(st.builds(Signature, st.sampled_from(["王", " 王", "李"]), st.sampled_from(PartyRole)), max_size=5))
def test_one_hand_signs_for_one_party(signed: list[Signature]) -> None:
    parties = {name: {one.party for one in signed if one.name.strip() == name} for name in ("王", "李")}
    found = wrong(StepRecord(signatures=tuple(signed)), NOW)
    assert bool(found) == any(len(of) > 1 for of in parties.values())


@given(st.integers(0, 4), st.integers(0, 3))
def test_points_are_counted_and_pits_are_measured_deep(shallow: int, deep: int) -> None:
    points = [MeasuredPoint(*PLACE, 0.05)] * shallow + [MeasuredPoint(*PLACE, 0.05, 0.0)] * deep
    marked = told("marking", replace(record("marking", NOW, PLACE), points=tuple(points)))
    assert bool(marked) == (shallow + deep < 2)
    dug = told("trial_pits", replace(record("trial_pits", NOW, PLACE), points=tuple(points)))
    assert bool(dug) == (shallow > 0 or deep == 0), "a pipe that lies bare on the ground has a depth of 0"


@pytest.mark.parametrize("corners", [0, 1, 2])
def test_a_course_has_two_corners(corners: int) -> None:
    done = record("completed", NOW, PLACE)
    found = told("completed", replace(done, as_built=AsBuilt((PLACE,) * corners, 0.05)))
    assert [one.field for one in found] == ([] if corners == 2 else ["record.as_built"])


@pytest.mark.parametrize("value", ["hand_dig_m", "emergency_phone", "standby_person"])
def test_nothing_but_blanks_is_nothing_and_zero_is_something(value: str) -> None:
    said = record("briefed", NOW, PLACE)
    blank: Any = None if value == "hand_dig_m" else " \t"
    (found,) = told("briefed", replace(said, **{value: blank}))
    assert (found.field, ("in m" in found.fix)) == (f"record.{value}", value == "hand_dig_m")
    if value == "hand_dig_m":
        assert told("briefed", replace(said, hand_dig_m=0.0)) == []


@given(st.sampled_from(Method), st.none() | st.sampled_from(Method))
def test_what_is_filed_is_stronger_than_what_is_written(filed: Method, written: Method | None) -> None:
    at = replace(PROTECTED, method=filed)
    assert filled(at, StepRecord(method=written)).method is filed
    assert filled(PROTECTED, StepRecord(method=written)).method is written
    lacks = told("plan_signed", replace(record("plan_signed", NOW, PLACE), method=written), at)
    assert bool(lacks) == (filed in (Method.TRENCHLESS, Method.PIPE_JACKING))


def test_what_lacks_stands_in_the_order_of_the_form() -> None:
    for step in ("marking", "trial_pits", "briefed", "completed"):
        found = evidence_of(shipped_steps(), step, PROTECTED, date(2026, 11, 20))
        assert found is not None
        order = [one.field.name for one in found.fields]
        places = [order.index(one.field.removeprefix("record.")) for one in told(step, EMPTY)]
        assert all(first <= second for first, second in pairwise(places)), step
