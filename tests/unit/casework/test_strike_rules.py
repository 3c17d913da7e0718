"""The radius and the words of a strike, the policy file, and the damage records as a table."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import store
from pipewarden.casework.facts.strike import (
    Damage,
    DamageSaid,
    Facility,
    Gas,
    Known,
    LineCalled,
    NumberKind,
    RootCause,
    Situation,
    StrikeContact,
    StrikeEvent,
    StrikeFile,
    StrikeOpened,
    StrikeOver,
    StrikePlan,
)
from pipewarden.casework.rules import strike as rules
from pipewarden.casework.rules.strike_csv import damage_csv
from pipewarden.casework.rules.strike_file import policy_at, read_strike_policy
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Kind, PressureClass, Regime
from pipewarden.network.facts.isolation import Basis, Broken, Closing, Isolation

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ID = UUID(int=1)
SHIPPED = Path(rules.__file__).resolve().parents[2] / "policy" / "strike" / "CN.yaml"
POLICY = policy_at(store.strike_policies(), NOW)
NOTHING = Isolation(Basis.NONE, None)


def broken(cls: PressureClass, dn: float | None = 200.0, regime: Regime = Regime.CITY_GAS) -> Broken:
    return Broken("p1", regime, cls, None, dn, 1.2, None, None, 0.5)


@pytest.mark.parametrize(
    ("hit", "gas", "metres"),
    [
        (broken(PressureClass.LOW), Gas.NATURAL, 100),
        (broken(PressureClass.MEDIUM), Gas.NATURAL, 150),
        (broken(PressureClass.MEDIUM), Gas.LPG, 230),  # 225, rounded up
        (broken(PressureClass.SUB_HIGH, 400.0), Gas.NATURAL, 200),
        (broken(PressureClass.HIGH, 1000.0), Gas.NATURAL, 300),  # the formula says 198
        (broken(PressureClass.HIGH, 1422.0, Regime.LONG_DISTANCE), Gas.NATURAL, 450),  # sqrt(10 x 1422²) x 0.099 = 445
        (broken(PressureClass.HIGH, None, Regime.LONG_DISTANCE), Gas.NATURAL, 400),
        (broken(PressureClass.UNKNOWN, None), Gas.NATURAL, 300),
        (None, Gas.COAL, 450),
    ],
)
def test_the_radius_is_the_largest_number_that_speaks(hit: Broken | None, gas: Gas, metres: float) -> None:
    found = rules.reach(POLICY, hit, gas)
    assert found.radius_m == metres
    assert all(len(one.basis) >= 5 for one in found.grounds)
    assert any("not law" in one.basis or "not Chinese law" in one.basis for one in found.grounds)


def test_the_formula_is_that_of_the_american_law() -> None:
    """49 CFR 192.903: r = 0.69 sqrt(p d²), r in feet, p in psi, d in inches; ours is metres, MPa, millimetres."""
    dn, mpa = 1016.0, 10.0
    theirs = 0.69 * ((mpa * 145.038) * (dn / 25.4) ** 2) ** 0.5 * 0.3048
    grounds = rules.reach(POLICY, broken(PressureClass.HIGH, dn, Regime.LONG_DISTANCE), Gas.NATURAL).grounds
    ours = next(one.m for one in grounds if one.what.startswith("potential"))
    assert ours == pytest.approx(theirs, rel=0.01)


@given(st.sampled_from(PressureClass), st.floats(15, 1400), st.sampled_from(Gas))
def test_nobody_is_ever_left_nearer_than_the_least_and_unknown_is_never_the_smaller(
    cls: PressureClass, dn: float, gas: Gas
) -> None:
    known = rules.reach(POLICY, broken(cls, dn), gas).radius_m
    assert known >= POLICY.radius.least.m
    assert known % POLICY.radius.round_to_m == 0
    assert rules.reach(POLICY, None, gas).radius_m >= rules.reach(POLICY, broken(cls, None), gas).radius_m


def test_the_sheet_keeps_its_order_and_invents_no_number() -> None:
    filled = rules.words_of("东区", broken(PressureClass.MEDIUM), 150.0, NOW)
    own = StrikeContact(ID, ID, NumberKind.HOSPITAL, "一院", "0316-7", date(2026, 1, 1), NOW, "person:1")
    lines = rules.calls(POLICY, {NumberKind.HOSPITAL: own}, filled, drill=False)
    assert [one.key for one in lines] == ["hotline", "fire", "police", "ambulance", "hospital", "authority"]
    assert {one.key: one.number for one in lines} == {
        "hotline": None, "fire": "119", "police": "110", "ambulance": "120", "hospital": "0316-7", "authority": None,
    }  # fmt: skip
    assert all("{" not in one.words.zh + one.words.en for one in lines)
    assert "09:00" in lines[-1].words.zh


def test_every_valve_is_a_task_of_its_own_and_turns_go_round() -> None:
    close = tuple(Closing(f"V{n}", Kind.VALVE, 116.7, 39.5, 10.0 * n) for n in range(1, 4))
    turns: list[tuple[str, int]] = []

    def find(role: str, turn: int) -> None:
        turns.append((role, turn))

    filled = rules.words_of("东区", None, 300.0, NOW)
    found = rules.tasks(POLICY, replace(NOTHING, close=close), ("A 小区",), filled, find, drill=True)
    assert [one.key for one in found][:4] == ["valve-1", "valve-2", "valve-3", "evacuate"]
    assert "V2" in found[1].text.zh
    assert "A 小区" in found[3].text.zh
    assert [turn for role, turn in turns if role == "standby_supervisor"] == [0, 1, 2]
    assert all(one.text.zh.startswith("【演练】") and one.text.en.startswith("[DRILL]") for one in found)
    none = rules.tasks(POLICY, NOTHING, (), filled, find, drill=False)
    assert "图上没有" in none[0].text.zh


def shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    "slip",
    [
        lambda body: body["radius"]["by_class"].pop("unknown"),
        lambda body: body["radius"]["by_class"]["low"].pop("basis"),
        lambda body: body["radius"]["by_gas"].pop("lpg"),
        lambda body: body["radius"]["least"].update(m=0),
        lambda body: body["calls"][0].update(number="119"),
        lambda body: body["calls"].append(dict(body["calls"][1])),
        lambda body: body["tasks"][0].update(role="cook"),
        lambda body: body.update(colour="red"),
    ],
)
def test_a_slip_in_the_policy_is_told(slip: Any) -> None:
    body = shipped()
    slip(body)
    with pytest.raises(InputError, match=r"x\.yaml"):
        read_strike_policy(body, "x.yaml")


def test_the_policy_of_the_day_counts_and_no_day_is_without_one() -> None:
    later = shipped() | {"version": "CN@2", "effective": {"from": "2027-01-01"}}
    both = (POLICY, read_strike_policy(later, "later.yaml"))
    assert policy_at(both, NOW).version == "CN@1"
    assert policy_at(both, NOW.replace(year=2027)).version == "CN@2"
    assert policy_at(both, NOW.replace(year=2020)).version == "CN@1"


def test_every_remark_of_the_network_has_its_words() -> None:
    codes = "no_map no_pipe_near several_pipes no_valves stations_only branch_valves no_source not_joined dry_by_joints"
    codes += " no_customers class_unknown diameter_unknown not_worked_out"
    assert set(codes.split()) == set(POLICY.remarks)


DAMAGE = Damage(
    Facility.MAIN, PressureClass.LOW, None, 1.0, "=1+1", "@SUM(A1)", Known.YES, Known.NO, Known.UNKNOWN, Known.UNKNOWN,
    Known.NO, RootCause.MARKING, 3, 2.5, 1234567.5, near_miss=False, words="\tx",
)  # fmt: skip


def file(**more: Any) -> StrikeFile:
    plan = StrikePlan(rules.reach(POLICY, None, Gas.NATURAL), NOTHING, (), (), ())
    made = StrikeFile(ID, ID, False, ID, "person:1", "", NOW, 116.7, 39.5, Gas.NATURAL, plan, ())
    return replace(made, **more)


@given(st.text(max_size=40))
def test_no_cell_runs_as_a_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(damage_csv([file(damage=replace(DAMAGE, words=text, machine=text))])))
    for cell in (row["words"], row["machine"]):
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"))


def test_the_table_has_every_field_and_no_drill() -> None:
    west = file(damage=DAMAGE, lon=-116.7, lat=39.52345678)
    rows = list(csv.DictReader(io.StringIO(damage_csv([west, file(damage=DAMAGE, drill=True), file()]))))
    assert len(rows) == 1
    assert (
        rows[0] | {"work_type": "'=1+1", "machine": "'@SUM(A1)", "cost_cny": "1234567.5", "near_miss": "false"}
        == rows[0]
    )
    assert rows[0]["diameter_mm"] == ""
    assert (rows[0]["lon"], rows[0]["lat"]) == ("-116.7", "39.523457"), "a place stays a number"
    assert datetime.fromisoformat(rows[0]["at"]) == west.at


def test_events_add_up_and_what_cannot_follow_is_refused() -> None:
    opened = StrikeOpened(False, ID, "gas", 116.7, 39.5, Gas.NATURAL, file().plan, ())

    def event(version: int, body: Any) -> StrikeEvent:
        return StrikeEvent(ID, ID, ID, NOW, "person:1", version, body)

    made = rules.apply_strike(None, event(1, opened))
    made = rules.apply_strike(made, event(2, Situation("x", tell=False)))
    made = rules.apply_strike(made, event(3, StrikeOver("x")))
    assert (made.version, made.over_at) == (3, NOW)
    with pytest.raises(ValueError, match="follow"):
        rules.apply_strike(made, event(9, StrikeOver("x")))
    with pytest.raises(InputError):
        rules.check_follows(made, LineCalled("fire", ""))  # its plan has no sheet
    for body in (DamageSaid(DAMAGE), Situation("x", tell=True)):
        rules.check_follows(made, body)


def test_a_rate_needs_something_to_divide_by() -> None:
    assert (rules.rate(2, 0, 1000), rules.rate(2, 4000, 1000), rules.few(9), rules.few(10)) == (None, 0.5, True, False)
