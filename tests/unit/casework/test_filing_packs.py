"""The shipped packs of filings, the decisions they lead to, and the slips that are refused before they are believed."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from pipewarden.casework import service
from pipewarden.casework.facts import Decision, Effect, Method, Overlap, Works
from pipewarden.casework.rules.filing import chain_of, decide, overlaps_of
from pipewarden.casework.rules.filing_file import DEFAULT, read_filing_packs
from pipewarden.casework.rules.supervision_words import InWords, walk
from pipewarden.casework.rules.windows import WATCHED
from pipewarden.casework.store import filing_packs, shipped_duties, shipped_supervision
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Crossed, PressureClass, Regime, Zone

AREA = bytes(shapely.to_wkb(shapely.box(116.7, 39.52, 116.701, 39.521)))
START = datetime(2026, 3, 9, 16, tzinfo=UTC)  # 03-10 begins in China
CITY, LONG = Regime.CITY_GAS, Regime.LONG_DISTANCE


def works(place: str = "CN-HE-langfang", method: str = "open_cut", *, urgent: bool = False) -> Works:
    return Works(place, AREA, Method(method), START, START + timedelta(days=10), urgent=urgent)


def decision(given: Works, at: datetime, **zones: Zone) -> Decision:
    said = {Regime(name): zone for name, zone in zones.items()}
    return decide(filing_packs(), shipped_duties().calendar, given, at=at, zones=said)


def kinds(found: Decision) -> set[str]:
    return {one.kind for one in found.required}


@pytest.mark.parametrize(
    ("place", "before", "clause", "law"),
    [
        ("CN-HE-langfang", timedelta(days=5), "河北省燃气管理条例 第四十三条", True),
        ("CN-HE", timedelta(days=5), "河北省燃气管理条例 第四十三条", True),
        ("CN-SD-qingdao", timedelta(days=3), "青岛市燃气管理条例 第三十七条", True),
        ("CN-ZJ-hangzhou", timedelta(hours=24), "杭州市燃气管理条例 第二十三条", True),
        ("CN-LONGDISTANCE", timedelta(days=7), "石油天然气管道保护法 第三十七条", True),
        ("CN-BJ", timedelta(days=5), DEFAULT, False),
        ("CN-GD-shenzhen", timedelta(days=5), DEFAULT, False),
    ],
)
def test_each_place_has_its_notice_and_its_clause(place: str, before: timedelta, clause: str, *, law: bool):
    due = START - before
    for at, late in ((due - timedelta(microseconds=1), False), (due + timedelta(microseconds=1), True)):
        found = decision(works(place), at)
        notice = next(one for one in found.required if one.kind == "file")
        assert (notice.due_at, notice.late, notice.law) == (due, late, law)
        assert notice.clause.startswith(clause)
        assert found.late is late
        assert (notice.may_begin_at is None) is not late


def test_an_emergency_digs_first_and_files_within_a_day():
    repair = works(urgent=True)
    in_time, late = (decision(repair, START + timedelta(hours=24, microseconds=one)) for one in (0, 1))
    papers = next(one for one in in_time.required if one.kind == "file_after_emergency")
    assert (papers.due_at, papers.clause, papers.late) == (
        START + timedelta(hours=24),
        "城市道路管理条例 第三十四条",
        False,
    )
    assert late.late
    assert "file" not in kinds(in_time)
    assert "protection_plan" not in kinds(in_time)
    assert "operator_on_site" in kinds(in_time)


def test_the_zone_says_what_is_required_and_unknown_counts_as_inside():
    at = START - timedelta(days=9)
    inside, unknown, nothing = (
        decision(works(), at, city_gas=Zone.PROTECTION),
        decision(works(), at, city_gas=Zone.UNKNOWN),
        decision(works(), at),
    )
    assert kinds(inside) == kinds(unknown) == kinds(nothing) >= {"protection_plan", "operator_on_site", "briefing"}
    assert (inside.zone, nothing.zone) == (Zone.PROTECTION, Zone.UNKNOWN)
    control = kinds(decision(works(), at, city_gas=Zone.CONTROL))
    assert "briefing" in control
    assert not control & {"protection_plan", "operator_on_site"}
    assert kinds(decision(works(), at, city_gas=Zone.OUTSIDE)) == {"file", "operator_reply", "find_out_pipes"}


def test_blasting_in_the_protection_range_is_forbidden_and_in_the_control_range_needs_a_plan():
    at = START - timedelta(days=9)
    inside = decision(works(method="blasting"), at, city_gas=Zone.PROTECTION)
    assert inside.forbidden
    assert [one.kind for one in inside.required if one.effect is Effect.FORBIDDEN] == ["no_blasting"]
    beside = decision(works("CN-SD-qingdao", "blasting"), at, city_gas=Zone.CONTROL)
    assert not beside.forbidden
    assert (
        next(o for o in beside.required if o.kind == "control_range_plan").clause
        == "青岛市燃气管理条例 第三十七条（二）"
    )


@pytest.mark.parametrize("place", ["CN-HE-langfang", "CN-SH", "CN-SD-qingdao", "CN-BJ", "CN-ZJ-hangzhou"])
def test_the_filing_asks_for_a_plan_wherever_the_rule_about_it_looks_for_one(place: str):
    """Else works that were told nothing would break V-PLAN-CONTROL, of the same clause."""
    rule = next(one for one in shipped_supervision().rules if one.code == "V-PLAN-CONTROL")
    (within,) = (one.within for one, _ in walk(rule.violated_when) if isinstance(one, InWords))
    assert within.fact == "works.method"
    assert {Method(one) for one in within.of} == WATCHED, "no window silences one of them"
    for method in within.of:
        found = decision(works(place, method), START - timedelta(days=9), city_gas=Zone.CONTROL)
        assert "control_range_plan" in kinds(found), method


def test_a_long_distance_pipe_in_reach_brings_its_own_law_beside_the_citys():
    at = START - timedelta(days=6)
    found = decision(works(), at, city_gas=Zone.OUTSIDE, long_distance=Zone.CONTROL)
    notices = {one.regime: one for one in found.required if one.kind == "file"}
    assert notices[CITY].late is False
    assert notices[LONG].late is True
    assert "CN-LONGDISTANCE@2010-10-01" in found.packs
    far = decision(works(), at, city_gas=Zone.OUTSIDE, long_distance=Zone.OUTSIDE)
    assert {one.regime for one in far.required} == {CITY}


def test_a_regime_without_a_map_counts_as_inside_at_its_own_place():
    at = START - timedelta(days=9)
    pipeline = decision(works("CN-LONGDISTANCE"), at, city_gas=Zone.OUTSIDE)
    assert pipeline.zone is Zone.UNKNOWN
    assert "authority_application" in kinds(pipeline)
    city = decision(works(), at, long_distance=Zone.CONTROL)
    assert "protection_plan" in kinds(city)
    assert decision(works(), at, city_gas=Zone.PROTECTION, long_distance=Zone.UNKNOWN).zone is Zone.PROTECTION


def test_a_renewal_keeps_when_the_notice_was_given():
    now, filed = START + timedelta(days=8), START - timedelta(days=9)
    packs, calendar = filing_packs(), shipped_duties().calendar
    renewed = decide(packs, calendar, works(), at=now, zones={}, filed=filed)
    assert not renewed.late
    reply = next(one for one in renewed.required if one.kind == "operator_reply")
    assert reply.due_at is not None
    assert reply.due_at > now
    assert decide(packs, calendar, works(), at=now, zones={}).late


def test_a_place_takes_the_pack_above_it_and_a_day_before_every_pack_is_refused():
    at = START
    assert [one.pack for one in chain_of(filing_packs(), "CN-SD-qingdao", at)] == ["CN-SD-qingdao", "CN-SD", "CN"]
    assert [one.pack for one in chain_of(filing_packs(), "CN-SD-yantai", at)] == ["CN-SD", "CN"]
    # the day before 青岛 2022-01-21 begins there, and its first moment
    first = datetime(2022, 1, 20, 16, tzinfo=UTC)
    assert chain_of(filing_packs(), "CN-SD-qingdao", first)[0].pack == "CN-SD-qingdao"
    assert chain_of(filing_packs(), "CN-SD-qingdao", first - timedelta(microseconds=1))[0].pack == "CN-SD"
    with pytest.raises(InputError, match="no pack holds"):
        chain_of(filing_packs(), "CN-HE", datetime(2001, 1, 1, tzinfo=UTC))
    with pytest.raises(InputError) as caught:
        service.filing_place("CN-HE-lanfang")
    assert (caught.value.field, "CN-HE-langfang" in caught.value.fix) == ("place", True)
    assert service.filing_place("cn-sd-QINGDAO") == "CN-SD-qingdao"


def test_every_line_says_its_clause_and_what_is_no_law_says_so():
    for pack in filing_packs():
        for line in pack.requirements.values():
            assert line.law is not line.clause.startswith(DEFAULT)
            assert ("条" in line.clause or "GB " in line.clause) or not line.law
            assert line.zh
            assert line.en


def test_metres_are_added_up_by_class_and_zone_without_a_name():
    crossed = [
        Crossed("a", CITY, PressureClass.MEDIUM, station=False, zone=Zone.CONTROL, metres=10.004),
        Crossed("b", CITY, PressureClass.MEDIUM, station=False, zone=Zone.CONTROL, metres=5.0),
        Crossed("c", CITY, PressureClass.HIGH, station=False, zone=Zone.CONTROL, metres=1.0),
        Crossed("s", CITY, PressureClass.MEDIUM, station=True, zone=Zone.PROTECTION, metres=0.0),
    ]
    assert overlaps_of(crossed) == (
        Overlap(CITY, PressureClass.MEDIUM, Zone.PROTECTION, 0.0, 1),
        Overlap(CITY, PressureClass.HIGH, Zone.CONTROL, 1.0, 0),
        Overlap(CITY, PressureClass.MEDIUM, Zone.CONTROL, 15.0, 0),
    )


LINE: dict[str, Any] = {"kind": "file", "zh": "备案", "en": "file", "clause": "某条例 第一条"}
PACK: dict[str, Any] = {
    "pack": "CN",
    "name": "全国",
    "zone": "Asia/Shanghai",
    "parent": None,
    "effective": {"from": "2022-01-01", "to": None},
    "sources": ["made up"],
    "required": [LINE],
}


def with_line(**more: object) -> dict[str, Any]:
    return {**copy.deepcopy(PACK), "required": [{**LINE, **more}]}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({**PACK, "regmie": "city_gas"}, "regmie"),
        ({**PACK, "zone": "Asia/Peking"}, "zone"),
        ({**PACK, "parent": "CN-XX"}, "no pack 'CN-XX'"),
        ({**PACK, "parent": "CN"}, "below it"),
        ({**PACK, "required": [LINE, LINE]}, "stands twice"),
        ({**PACK, "effective": {"from": "2022-01-02", "to": "2022-01-01"}}, "ends before it begins"),
        (with_line(clause=""), "clause"),
        (with_line(zones=["near"]), "zones"),
        (with_line(methods=["digging"]), "methods"),
        (with_line(by_filing=True), "says no due"),
        (with_line(due={"of": "before_start", "time": "PT5H", "span": "days"}), "counted whole"),
        (with_line(due={"of": "before_start", "time": "PT0S", "span": "working"}), "counted whole"),
        (
            {**with_line(due={"of": "after_filing", "time": "P2D", "span": "working"}), "zone": "Europe/Berlin"},
            "working days",
        ),
        (with_line(due={"of": "after_end"}), "of"),
    ],
)
def test_a_slip_in_a_pack_is_told_by_its_key(body: dict[str, Any], problem: str):
    with pytest.raises(InputError, match=problem):
        read_filing_packs([("made.yaml", body)])


def test_two_packs_of_one_name_follow_each_other_and_never_overlap():
    old = {**PACK, "effective": {"from": "2020-01-01", "to": "2021-12-31"}}
    packs = read_filing_packs([("old.yaml", old), ("new.yaml", PACK)])
    turn = datetime(2021, 12, 31, 16, tzinfo=UTC)
    assert chain_of(packs, "CN", turn)[0] is packs[1]
    assert chain_of(packs, "CN", turn - timedelta(microseconds=1))[0] is packs[0]
    with pytest.raises(InputError, match="in force on one day"):
        read_filing_packs(
            [("old.yaml", {**old, "effective": {"from": "2020-01-01", "to": "2022-01-01"}}), ("new.yaml", PACK)]
        )
