"""The risk of a site: graver facts never lead to a milder level, whatever weights a policy that is accepted has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import prod
from time import tzset
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework.facts import (
    FACTORS,
    History,
    InCompound,
    Machines,
    Material,
    Papers,
    Repair,
    RiskFacts,
    RiskPolicy,
    Severity,
    Site,
    SiteState,
    Threshold,
    Violation,
    WorksKind,
)
from pipewarden.casework.rules import LEVEL
from pipewarden.casework.rules.risk import material, papers, policy_at, risk, threshold, values, works_kind
from pipewarden.casework.rules.risk_file import GRAVER
from pipewarden.casework.store import shipped_duties, shipped_risk
from pipewarden.network.facts import PressureClass, Zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CN = shipped_risk()[0]
CALENDAR = shipped_duties().calendar
NOON = datetime(2026, 3, 4, 4, tzinfo=UTC)  # a Wednesday in China
NIGHT = datetime(2026, 3, 4, 15, tzinfo=UTC)
NEARER = (Zone.OUTSIDE, Zone.CONTROL, Zone.PROTECTION)
HIGHER = (PressureClass.LOW, PressureClass.MEDIUM, PressureClass.SUB_HIGH, PressureClass.HIGH)
FEWER = (Papers.STANDBY, Papers.BRIEFED, Papers.FILED, Papers.UNFILED)
DIGGING = RiskFacts(
    works=WorksKind.EXCAVATOR,
    zone=Zone.CONTROL,
    distance_m=8.0,
    pressure=PressureClass.MEDIUM,
    papers=Papers.UNFILED,
    seen_at=NOON,
    machines=1,
    agreed=False,
    material=Material.OTHER,
    map_off_m=0.5,
    compound=InCompound.OUTSIDE,
    threshold=Threshold.LISTED,
    contractor=History.GOOD,
)

_METRES = st.none() | st.floats(0, 60)
FACTS = st.builds(
    RiskFacts,
    works=st.sampled_from(WorksKind),
    zone=st.sampled_from(Zone),
    distance_m=_METRES,
    pressure=st.sampled_from(PressureClass),
    papers=st.sampled_from(Papers),
    seen_at=st.none() | st.datetimes(datetime(2025, 1, 2), datetime(2026, 12, 20), timezones=st.just(UTC)),  # noqa: DTZ001
    machines=st.none() | st.integers(1, 9),
    agreed=st.booleans(),
    moved_m=_METRES,
    moved_off_m=st.floats(0, 20),
    material=st.sampled_from(Material),
    map_off_m=st.none() | st.floats(0, 5),
    compound=st.sampled_from(InCompound),
    threshold=st.sampled_from(Threshold),
    contractor=st.sampled_from(History),
)


@st.composite
def policies(draw: st.DrawFn) -> RiskPolicy:
    """Draw weights that the loader takes: every chain of GRAVER falls, and unknown is above the mildest."""
    weights = {}
    for factor, kind in FACTORS.items():
        least, most = (1.0, 99.0) if factor == "works" else (0.1, 1.9)
        drawn = {one.value: draw(st.floats(least, most)) for one in kind}
        for chain in GRAVER[factor]:
            for graver, milder in reversed(list(pairwise(chain))):
                drawn[graver] = max(drawn[graver], drawn[milder])
        if "unknown" in drawn:
            mildest = min(one for key, one in drawn.items() if key != "unknown")
            drawn["unknown"] = max(drawn["unknown"], draw(st.floats(mildest, most + 0.1, exclude_min=True)))
        weights[factor] = {key: replace(CN.weights[factor][key], weight=one) for key, one in drawn.items()}
    top, middle, low = sorted(draw(st.tuples(*[st.floats(0.1, 200)] * 3)), reverse=True)
    bands = tuple(replace(one, least=least) for one, least in zip(CN.bands, (top, middle, low, 0.0), strict=True))
    return replace(CN, weights=weights, bands=bands, near_m=draw(st.floats(0.5, 50)))


def level(policy: RiskPolicy, facts: RiskFacts) -> int:
    return risk(policy, facts, CALENDAR).level


@given(policies(), FACTS, st.sampled_from(list(pairwise(NEARER))))
def test_nearer_never_lowers_the_level(policy: RiskPolicy, facts: RiskFacts, zones: tuple[Zone, Zone]) -> None:
    farther, nearer = zones
    assert level(policy, replace(facts, zone=nearer)) <= level(policy, replace(facts, zone=farther))


@given(policies(), FACTS, st.floats(0, 60), st.floats(0, 60))
def test_fewer_metres_never_lower_the_level(policy: RiskPolicy, facts: RiskFacts, a: float, b: float) -> None:
    near, far = sorted((a, b))
    assert level(policy, replace(facts, distance_m=near)) <= level(policy, replace(facts, distance_m=far))
    assert level(policy, replace(facts, distance_m=None)) <= level(policy, replace(facts, distance_m=far))


@given(policies(), FACTS, st.sampled_from(list(pairwise(HIGHER))))
def test_a_higher_pressure_never_lowers_the_level(
    policy: RiskPolicy, facts: RiskFacts, classes: tuple[PressureClass, PressureClass]
) -> None:
    lower, higher = classes
    assert level(policy, replace(facts, pressure=higher)) <= level(policy, replace(facts, pressure=lower))


@given(policies(), FACTS, st.sampled_from(list(pairwise(FEWER))))
def test_fewer_papers_never_lower_the_level(policy: RiskPolicy, facts: RiskFacts, steps: tuple[Papers, Papers]) -> None:
    more, fewer = steps
    assert level(policy, replace(facts, papers=fewer)) <= level(policy, replace(facts, papers=more))


@given(policies(), FACTS, st.integers(1, 9), st.integers(1, 9))
def test_more_machines_never_lower_the_level(policy: RiskPolicy, facts: RiskFacts, a: int, b: int) -> None:
    few, many = sorted((a, b))
    assert level(policy, replace(facts, machines=many)) <= level(policy, replace(facts, machines=few))


@given(policies(), FACTS)
def test_night_never_lowers_the_level(policy: RiskPolicy, facts: RiskFacts) -> None:
    assert level(policy, replace(facts, seen_at=NIGHT)) <= level(policy, replace(facts, seen_at=NOON))


@pytest.mark.parametrize(
    ("field", "milder", "graver"),
    [
        ("material", Material.OTHER, Material.PE),
        ("map_off_m", 0.9, 1.1),
        ("compound", InCompound.OUTSIDE, InCompound.INSIDE),
        ("threshold", Threshold.LISTED, Threshold.BELOW),
        ("contractor", History.GOOD, History.ORDINARY),
        ("contractor", History.ORDINARY, History.MARKED),
        ("contractor", History.MARKED, History.STRIKES),
    ],
)
@given(policies(), FACTS)
def test_no_graver_ground_or_record_lowers_the_level(
    field: str, milder: object, graver: object, policy: RiskPolicy, facts: RiskFacts
) -> None:
    assert level(policy, replace(facts, **{field: graver})) <= level(policy, replace(facts, **{field: milder}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "fires", "does_not", "factor", "times"),
    [
        ("material", Material.PE, Material.OTHER, "material", 1.1),
        ("map_off_m", 1.01, 1.0, "map", 1.15),
        ("compound", InCompound.INSIDE, InCompound.OUTSIDE, "compound", 1.2),
        ("threshold", Threshold.BELOW, Threshold.LISTED, "threshold", 1.2),
        ("contractor", History.STRIKES, History.GOOD, "contractor", 1.3),
        ("contractor", History.MARKED, History.GOOD, "contractor", 1.15),
        ("contractor", History.UNKNOWN, History.GOOD, "contractor", 1.05),
    ],
)
def test_each_context_fires_and_does_not(
    field: str, fires: object, does_not: object, factor: str, times: float
) -> None:
    plain, grave = (risk(CN, replace(DIGGING, **{field: one}), CALENDAR) for one in (does_not, fires))  # type: ignore[arg-type]
    shares = {one.factor: one.points for one in grave.factors}
    assert grave.score == pytest.approx(plain.score * times)
    assert shares[factor] > 0
    assert {one.factor: one.points for one in plain.factors}[factor] == 0


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("PE80", "pe"), ("PE 100", "pe"), ("HDPE", "pe"), ("聚乙烯", "pe"), ("polyethylene", "pe"), ("PE", "pe"),
        ("钢", "other"), ("steel", "other"), ("SPECIAL STEEL", "other"), ("球墨铸铁", "other"), (None, "unknown"),
        (" ", "unknown"),
    ],
)  # fmt: skip
def test_the_material_is_read_from_what_maps_write(words: str | None, wanted: str) -> None:
    assert material(words).value == wanted


def test_below_the_threshold_are_works_in_a_compound_that_nothing_names() -> None:
    assert threshold(InCompound.INSIDE, filed=False) is Threshold.BELOW
    assert threshold(InCompound.INSIDE, filed=True) is Threshold.LISTED
    assert threshold(InCompound.OUTSIDE, filed=False) is threshold(InCompound.UNKNOWN, filed=False) is Threshold.UNKNOWN


@given(policies(), FACTS, st.integers(1, 4))
def test_the_zone_and_the_level_on_file_stay_the_floor(policy: RiskPolicy, facts: RiskFacts, kept: int) -> None:
    found = risk(policy, facts, CALENDAR, kept)
    assert found.level <= min(LEVEL[facts.zone], kept)
    if facts.zone in (Zone.PROTECTION, Zone.UNKNOWN):
        assert found.level == 1
    assert found.level == min(found.scored, found.floor)


@given(policies(), FACTS)
def test_every_factor_is_shown_and_their_points_are_the_score(policy: RiskPolicy, facts: RiskFacts) -> None:
    found = risk(policy, facts, CALENDAR)
    assert [one.factor for one in found.factors] == list(FACTORS)
    assert sum(one.points for one in found.factors) == pytest.approx(found.score)
    assert found.score == pytest.approx(prod(one.weight for one in found.factors), abs=1e-4)
    band = next(one for one in policy.bands if one.level == found.scored)
    assert found.score >= band.least
    assert all(found.score < one.least for one in policy.bands if one.level < found.scored)


def test_one_site_by_hand() -> None:
    """90 x 0.4 (far in the control range) x 1.3 (not filed): 46.8 is level 3, and the control range holds it at 2."""
    found = risk(CN, DIGGING, CALENDAR)
    assert (found.score, found.scored, found.floor, found.level) == (46.8, 3, 2, 2)
    assert [(one.factor, one.value) for one in found.factors][:3] == [
        ("works", "excavator"),
        ("zone", "control_far"),
        ("pressure", "medium"),
    ]
    assert [round(one.points, 3) for one in found.factors] == [90.0, -54.0, 0.0, 10.8] + [0.0] * 8
    near = risk(CN, replace(DIGGING, distance_m=5.0), CALENDAR)
    assert (near.score, near.level) == (81.9, 1)  # the risk raises what the zone alone keeps at 2


@pytest.mark.parametrize(("score", "wanted"), [(80.0, 1), (79.999999, 2), (60.0, 2), (59.9, 3), (35.0, 3), (34.9, 4)])
def test_a_threshold_belongs_to_the_graver_level(score: float, wanted: int) -> None:
    plain = {factor: {key: replace(one, weight=1.0) for key, one in of.items()} for factor, of in CN.weights.items()}
    plain["works"]["excavator"] = replace(plain["works"]["excavator"], weight=score)
    found = risk(replace(CN, weights=plain), replace(DIGGING, zone=Zone.OUTSIDE), CALENDAR)
    assert (found.scored, found.level) == (wanted, wanted)


def value(factor: str, **changed: object) -> str:
    known: Mapping[str, str] = values(CN, replace(DIGGING, **changed), CALENDAR)  # type: ignore[arg-type]
    return known[factor]


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"])
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """The zone that the server's own clock shows, and in which the moment is given."""
    monkeypatch.setenv("TZ", request.param)
    tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize(
    ("local", "wanted"),
    [
        ("2026-03-04T05:59:59", "night"),
        ("2026-03-04T06:00:00", "working"),
        ("2026-03-04T19:59:59", "working"),
        ("2026-03-04T20:00:00", "night"),
        ("2026-03-07T12:00:00", "rest_day"),
        ("2026-10-01T12:00:00", "rest_day"),
    ],
)
def test_night_and_rest_are_those_of_the_place(server_zone: ZoneInfo, local: str, wanted: str) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert value("time", seen_at=at.astimezone(server_zone)) == wanted
    assert value("time", seen_at=None) == "unknown"


def test_how_many_machines_and_where_they_are_is_unknown_until_somebody_knows() -> None:
    counts = {None: "unknown", 0: "unknown", 1: "one", 2: "several", 3: "several", 4: "many"}
    assert {count: value("machines", machines=count) for count in counts} == counts
    assert value("moved", moved_m=99.0) == "none_agreed"
    assert value("moved", agreed=True) == "unknown"
    assert value("moved", agreed=True, moved_m=24.0, moved_off_m=5.0) == "unknown"
    assert value("moved", agreed=True, moved_m=25.1, moved_off_m=5.0) == "moved"
    assert value("moved", agreed=True, moved_m=15.0, moved_off_m=5.0) == "in_place"
    assert set(Machines) == set(CN.weights["machines"])


@pytest.mark.parametrize(
    ("cls", "kind", "wanted"),
    [
        ("machine", "excavator", "excavator"),
        ("machine", "loader_dozer", "loader_dozer"),
        ("machine", "other", "unknown"),
        ("machine", None, "unknown"),
        ("person", "excavator", "excavator"),
        ("person", None, "crew"),
        ("cone", None, "hoarding"),
        ("report", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_what_the_type_head_does_not_name_is_unknown(cls: str | None, kind: str | None, wanted: str) -> None:
    assert works_kind(cls, kind).value == wanted


SITE = Site(UUID(int=1), UUID(int=2), None, SiteState.VERIFYING, NOON, Zone.CONTROL, 2)
DONE = (SiteState.FILED, SiteState.BRIEFED)


def test_papers_are_those_that_were_done_and_standby_counts_while_nothing_is_broken() -> None:
    broken = Violation(UUID(int=3), "V-STANDBY", Severity.MAJOR, "x", "y", NOON)
    standby = replace(SITE, state=SiteState.UNDER_STANDBY, passed=frozenset(DONE))
    assert papers(SITE) is Papers.UNFILED
    assert papers(replace(SITE, passed=frozenset(DONE[:1]))) is Papers.FILED
    assert papers(replace(SITE, passed=frozenset(DONE))) is Papers.BRIEFED
    assert papers(standby) is Papers.STANDBY
    assert papers(replace(standby, passed=frozenset(DONE[:1]))) is Papers.FILED
    assert papers(replace(standby, violations=(broken,))) is Papers.BRIEFED
    assert papers(replace(standby, violations=(replace(broken, fixed_at=NOON),))) is Papers.STANDBY
    repair = Repair(NOON, "water")
    assert papers(replace(SITE, repair=repair)) is Papers.UNFILED
    assert papers(replace(SITE, repair=replace(repair, papers_at=NOON))) is Papers.FILED


def test_a_policy_holds_from_its_day_in_its_own_zone_until_the_next(server_zone: ZoneInfo) -> None:
    later = replace(CN, version="CN-risk@2", since=date(2026, 6, 1))
    edge = datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
    at = edge.astimezone(server_zone)
    assert policy_at((later, CN), at) is later
    assert policy_at((later, CN), at - timedelta(seconds=1)) is CN
    assert policy_at((later, CN), datetime(2020, 1, 1, tzinfo=UTC)) is CN
