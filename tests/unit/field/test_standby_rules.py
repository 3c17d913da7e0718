"""Rules of standing by: geofence, phone clock, nonces, missed hours; and the shipped policy with its slips."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import service as casework
from pipewarden.field.facts.captures import CaptureKept
from pipewarden.field.facts.standby import Doubt, Shift, ShiftEnd, Stood
from pipewarden.field.rules import standby as rules
from pipewarden.field.rules.standby_file import edition, read_standby
from pipewarden.field.store.standby_policy import shipped_standby
from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.policy import __path__ as policy_path

T0 = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
H, M = timedelta(hours=1), timedelta(minutes=1)
SITE = (116.70, 39.55)
METRE = 1 / 111_000  # degrees of latitude
(POLICY,) = shipped_standby()
IDS = Uuid7Source(SetClock(T0))


def north(metres: float, accuracy_m: float = 5.0, *, finger: bool = False) -> Stood:
    return Stood(SITE[0], SITE[1] + metres * METRE, accuracy_m, finger)


def shift(**more: Any) -> Shift:
    made = Shift(IDS.new(), IDS.new(), IDS.new(), IDS.new(), "CN@1", T0, (), T0 + H)
    return replace(made, **more)


def nonce(at: datetime, *, holder: str = "wang", used: datetime | None = None) -> CaptureKept:
    return CaptureKept(IDS.new(), IDS.new(), b"", holder, at, at + 10 * M, used)


@pytest.mark.parametrize(
    ("stood", "doubt"),
    [
        (north(0), None),
        (north(95), None),
        (north(103), None),  # within the phone's own error
        (north(110), Doubt.OUTSIDE),
        (north(250, 190), None),
        (north(320, 190), Doubt.OUTSIDE),
        (north(0, 5000), Doubt.PLACE_POOR),
        (north(4000, 5000), Doubt.PLACE_POOR),  # neither here nor elsewhere: it does not know
        (north(10, finger=True), Doubt.ON_A_MAP),
    ],
)
def test_a_place_is_inside_the_geofence_by_its_own_error(stood: Stood, doubt: Doubt | None) -> None:
    found = rules.reach(POLICY, SITE, stood)
    assert found.doubt is doubt
    assert found.off_m is not None
    assert found.allowed_m == POLICY.geofence_m + min(stood.accuracy_m, POLICY.poor_m)


def test_a_site_that_nobody_has_placed_refuses_nobody() -> None:
    assert rules.reach(POLICY, None, north(0)).doubt is Doubt.SITE_UNPLACED


@given(st.floats(0, 20_000), st.floats(0, 20_000))
def test_a_better_position_never_lets_in_who_a_worse_one_kept_out(off: float, accuracy: float) -> None:
    if rules.reach(POLICY, SITE, north(off, accuracy)).doubt is Doubt.OUTSIDE:
        assert rules.reach(POLICY, SITE, north(off, accuracy / 2)).doubt is Doubt.OUTSIDE


@pytest.mark.parametrize(
    ("said", "at", "late", "doubt"),
    [
        (None, 2 * H, False, None),
        (2 * H - 4 * M, 2 * H, False, None),  # on its way
        (H, H, True, None),
        (2 * H + 8 * M, 2 * H, False, None),  # a clock that is fast
        (2 * H + 30 * M, 2 * H, False, Doubt.CLOCK),
        (-H, 2 * H, False, Doubt.CLOCK),  # before its shift
        (timedelta(days=-365), 2 * H, False, Doubt.CLOCK),
    ],
)
def test_the_servers_time_is_the_truth(said: timedelta | None, at: timedelta, late: bool, doubt: Doubt | None) -> None:
    found = rules.timing(shift(), None if said is None else T0 + said, T0 + 2 * H)
    assert (found.at, found.late, found.doubt) == (T0 + at, late, doubt)


def test_a_nonce_proves_a_picture_for_ten_minutes_its_holder_and_once() -> None:
    now = rules.Timing(T0 + 9 * M, late=False)
    assert rules.proof(POLICY, nonce(T0), "wang", now) is None
    assert rules.proof(POLICY, nonce(T0), "wang", rules.Timing(T0 + 11 * M, late=False)) is Doubt.NONCE_LATE
    assert rules.proof(POLICY, nonce(T0), "li", now) is Doubt.NO_NONCE
    assert rules.proof(POLICY, None, "wang", now) is Doubt.NO_NONCE
    assert rules.proof(POLICY, nonce(T0, used=T0), "wang", now) is Doubt.NONCE_USED


def test_what_came_late_is_measured_by_the_phones_time() -> None:
    made_then = rules.Timing(T0 + 8 * M, late=True)
    assert rules.proof(POLICY, nonce(T0), "wang", made_then) is None
    assert rules.proof(POLICY, nonce(T0 + 12 * M), "wang", made_then) is None  # a clock that is four minutes slow
    assert rules.proof(POLICY, nonce(T0 + 20 * M), "wang", made_then) is Doubt.NONCE_LATE  # given after the picture
    assert rules.proof(POLICY, nonce(T0 - 20 * M), "wang", made_then) is Doubt.NONCE_LATE


def test_a_check_counts_for_its_hour_unless_it_is_from_elsewhere_or_long_over() -> None:
    here, away = rules.reach(POLICY, SITE, north(0)), rules.reach(POLICY, SITE, north(900))
    poor = rules.reach(POLICY, SITE, north(900, 5000))
    now = T0 + 3 * H
    live = rules.Timing(now, late=False)
    assert rules.counts(POLICY, here, live, now)
    assert rules.counts(POLICY, poor, live, now)
    assert not rules.counts(POLICY, away, live, now)
    assert rules.counts(POLICY, here, rules.Timing(now - 59 * M, late=True), now)
    assert not rules.counts(POLICY, here, rules.Timing(now - H, late=True), now)


def test_what_came_late_never_puts_the_next_check_back() -> None:
    one = shift(next_check_by=T0 + 4 * H)
    assert rules.next_by(POLICY, one, rules.Timing(T0 + 2 * H, late=True)) == T0 + 4 * H
    assert rules.next_by(POLICY, one, rules.Timing(T0 + 3.5 * H, late=True)) == T0 + 4.5 * H
    assert rules.next_by(POLICY, one, rules.Timing(T0 + 2 * H, late=False)) == T0 + 3 * H


def test_an_hour_is_missed_after_its_grace_and_each_once() -> None:
    one = shift()
    assert rules.missed_hours(POLICY, one, T0 + H + 4 * M) == ((), one)
    hours, after = rules.missed_hours(POLICY, one, T0 + H + 5 * M)
    assert (hours, after.missed, after.next_check_by) == ((T0 + H,), 1, T0 + 2 * H)
    assert rules.missed_hours(POLICY, after, T0 + H + 6 * M) == ((), after)
    hours, after = rules.missed_hours(POLICY, one, T0 + 4 * H + 5 * M)  # the house stood still for three hours
    assert hours == (T0 + H, T0 + 2 * H, T0 + 3 * H, T0 + 4 * H)
    assert rules.is_late(after, T0 + 5 * H)
    assert not rules.is_late(after, T0 + 5 * H - M)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_sweeping_twice_finds_the_same_hours_as_sweeping_once(first: int, second: int) -> None:
    early, late = sorted((T0 + first * M, T0 + second * M))
    once, at_once = rules.missed_hours(POLICY, shift(), late)
    a, between = rules.missed_hours(POLICY, shift(), early)
    b, after = rules.missed_hours(POLICY, between, late)
    assert a + b == once
    assert (after.missed, after.end) == (at_once.missed, at_once.end)


def test_a_shift_that_nobody_ends_is_over_and_owes_nothing_more() -> None:
    hours, after = rules.missed_hours(POLICY, shift(), T0 + timedelta(days=3))
    assert len(hours) == 12
    assert (after.end, after.ended_at, after.next_check_by) == (ShiftEnd.TOO_LONG, T0 + 12 * H, None)
    assert rules.missed_hours(POLICY, after, T0 + timedelta(days=9)) == ((), after)
    assert rules.forgiven(after, 2).missed == 10


def test_a_no_is_a_violation_only_where_the_list_says_so() -> None:
    said = {"signs_up": False, "hand_dig": True, "pipe_held": False}
    assert [one.violation for one in rules.broken(POLICY.checklist, said)] == ["V-SIGNS"]
    assert rules.broken(POLICY.checklist, {}) == ()


def test_a_reading_is_a_share_of_the_lower_explosive_limit() -> None:
    assert rules.lel_pct(POLICY, 10_000) == 20.0
    assert rules.lel_pct(POLICY, 0) == 0.0


def test_what_a_check_says_on_its_site_is_one_line() -> None:
    words = rules.words_of(" 正常 ", ("挖掘机",), ("标志",), (Doubt.NO_NONCE,))
    assert words == "正常；机械 machines: 挖掘机；否 no: 标志；未核实 not verified: no_nonce"
    assert rules.words_of("", (), (), ()) == ""
    assert len(rules.words_of("x" * 5000, (), (), ())) == 2000


FILE = yaml.safe_load((Path(policy_path[0]) / "standby" / "CN.yaml").read_text(encoding="utf-8"))


def read(**change: Any) -> Any:
    body = deepcopy(FILE)
    body["editions"][0] |= change
    return read_standby(body, "CN.yaml", casework.violation_kinds())


LINE = FILE["editions"][0]["checklist"][0]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"geofence_m": 0}, "greater"),
        ({"checklist": [LINE, LINE]}, "twice"),
        ({"checklist": [LINE | {"violation": "V-NONE"}]}, "V-NONE"),
        ({"late_after": "PT1H"}, "grace"),
        ({"extra": 1}, "Extra"),
        ({"every": "PT0S"}, "greater"),
    ],
)
def test_a_slip_in_the_policy_is_told(change: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError) as slip:
        read(**change)
    assert word in slip.value.problem
    assert slip.value.field.startswith("CN.yaml")


def test_the_edition_of_the_day_holds() -> None:
    body = deepcopy(FILE)
    later = deepcopy(body["editions"][0]) | {"since": "2027-01-01", "gas_limit_ppm": 5000}
    body["editions"].insert(0, later)
    found = read_standby(body, "CN.yaml", casework.violation_kinds())
    assert edition(found, date(2026, 12, 31)).gas_limit_ppm == 10_000
    assert edition(found, date(2027, 1, 1)).gas_limit_ppm == 5000
    assert edition(found, date(2020, 1, 1)).since == date(2026, 1, 1)
    body["editions"][0]["since"] = "2026-01-01"
    with pytest.raises(InputError, match="two editions"):
        read_standby(body, "CN.yaml", casework.violation_kinds())
