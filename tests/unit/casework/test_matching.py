"""What was discovered is weighed against what was filed: in space, time and method, each part in words."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
import shapely
import yaml
from drawn_works import FRAME, LOCAL, TENANT, Drawn, town

from pipewarden.casework.facts import Candidate, Discovery, Filing, Hours, Match, Method, PartName, Works
from pipewarden.casework.rules.matching import match, metres_from
from pipewarden.casework.rules.matching_file import read_matching, weights_at
from pipewarden.casework.store.matching import MATCHING_FILE, shipped_matching
from pipewarden.kit.errors import InputError
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGINS = datetime(2026, 3, 1, 16, tzinfo=UTC)  # 2026-03-02 00:00 there
ENDS = BEGINS + timedelta(days=5)
NOON = BEGINS + timedelta(days=1, hours=12)
(WEIGHTS,) = shipped_matching()
WRITTEN = yaml.safe_load(MATCHING_FILE.read_text(encoding="utf-8"))


def box(east: float = 0.0, half: tuple[float, float] = (20.0, 10.0)) -> bytes:
    """Return a filed rectangle, its middle ``east`` metres of the frame's."""
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half + (east, 0)
    return bytes(shapely.to_wkb(shapely.Polygon(FRAME.to_lonlat(corners))))


def filing(number: int = 1, *, cancelled: datetime | None = None, **more: Any) -> Candidate:
    works = Works("CN-HE-langfang", box(), Method.OPEN_CUT, BEGINS, ENDS)
    filed_at = BEGINS - timedelta(days=10 - number)
    made = Filing(UUID(int=number), TENANT, replace(works, **more), filed_at, cancelled_at=cancelled)
    return Candidate(made, LOCAL)


def seen(
    east: float = 0.0, north: float = 0.0, *, at: datetime = NOON, off: float | None = 5.0, **more: Any
) -> Discovery:
    lon, lat = FRAME.to_lonlat(np.array([(east, north)]))[0]
    return Discovery((float(lon), float(lat)), off, at, **more)


def weighed(discovery: Discovery, *candidates: Candidate) -> Match:
    return match(discovery, candidates, WEIGHTS)


def words(found: Match, name: PartName) -> str:
    return next(one.words for one in found.parts if one.name is name)


def f1(pairs: Sequence[tuple[Match, UUID | None]]) -> float:
    """Return F1 of the links: one to a wrong filing is both a wrong link and a missed one."""
    right = sum(found.filing_id == truth for found, truth in pairs if truth is not None)
    told = sum(found.filing_id is not None for found, _ in pairs)
    true = sum(truth is not None for _, truth in pairs)
    return 2 * right / (told + true)


def linked(seeds: range, filings: int) -> list[tuple[Match, UUID | None]]:
    found: list[tuple[Match, UUID | None]] = []
    for seed in seeds:
        streets = town(seed, filings)
        found += [(match(one.seen, streets.candidates, WEIGHTS), one.truth) for one in streets.drawn]
    return found


@pytest.mark.parametrize(("filings", "least"), [(4, 0.97), (8, 0.95), (20, 0.90)])
def test_what_is_filed_is_told_from_what_is_not_in_drawn_streets(filings: int, least: float) -> None:
    """4, 8 and 20 filings within 400 m by 400 m; the weights were chosen on seeds 1000 to 1039 of eight."""
    assert f1(linked(range(2000, 2050), filings)) >= least


def test_the_drawn_streets_can_fail() -> None:
    nothing = replace(WEIGHTS, inside=1.0, outside=0.99)
    streets = [town(seed, 8) for seed in range(2000, 2005)]
    pairs = [(match(one.seen, there.candidates, nothing), one.truth) for there in streets for one in there.drawn]
    assert f1(pairs) < 0.9
    drawn: list[Drawn] = [one for there in streets for one in there.drawn]
    assert {one.truth is None for one in drawn} == {True, False}
    assert any(one.filing.cancelled_at is not None for there in streets for one in there.candidates)


def test_the_works_of_the_demo_day_are_told_from_those_that_somebody_filed() -> None:
    """Its works where they are, five times each with a drawn error of a camera or a phone; and what people told."""
    truth, day = sim.demo_truth(), sim.demo_day()
    names = {one.key: UUID(int=index + 1) for index, one in enumerate(truth.works)}
    candidates = []
    for one in sim.permitted():
        works = Works("CN-HE-langfang", bytes(shapely.to_wkb(shapely.Polygon(one.ring))), Method.OTHER,
                      one.starts_at, one.ends_at)  # fmt: skip
        candidates.append(Candidate(Filing(names[one.key], TENANT, works, day.start - timedelta(days=5)), LOCAL))
    assert len(candidates) == sum(one.filed for one in truth.works) >= 4
    rng, pairs = np.random.default_rng(6), []
    for work in truth.works:
        for off in (4.0, 6.0, 8.0, 12.0, 12.0):
            east, north = rng.normal(0, off / 2.4477, 2)
            place = (work.lon + float(east) / 86_000, work.lat + float(north) / 111_000)
            at = day.start + timedelta(seconds=rng.uniform(work.start_s, work.end_s))
            told = match(Discovery(place, off, at, work.machine), candidates, WEIGHTS)
            pairs.append((told, names[work.key] if work.filed else None))
    filed = {one.key for one in truth.works if one.filed}
    for report in truth.reports:
        at = day.start + timedelta(seconds=report.at_s)
        told = match(Discovery((report.lon, report.lat), report.accuracy_m, at), candidates, WEIGHTS)
        pairs.append((told, names[report.about] if report.about in filed else None))
    assert f1(pairs) >= 0.95


def test_works_in_their_place_and_time_belong_to_their_filing_and_each_part_says_why() -> None:
    found = weighed(seen(machine="excavator"), filing(machines=("excavator",), hours=Hours(time(7), time(19))))
    assert found.filing_id == UUID(int=1)
    assert found.score is not None
    assert found.score > 0.9
    assert [one.name for one in found.parts] == list(PartName)
    assert words(found, PartName.SPACE) == "seen 10 m inside the area filed, to within 5 m"
    assert words(found, PartName.TIME) == "seen within the period and its hours, 07:00 to 19:00"
    assert words(found, PartName.METHOD) == "excavator is among the machines filed"
    odds = float(np.prod([one.weight for one in found.parts]))
    assert found.score == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (filing(cancelled=BEGINS - timedelta(days=1)), "was cancelled on 2026-03-01 00:00"),
        (filing(valid_until=NOON), "ended on 2026-03-03 12:00"),
        (filing(valid_from=NOON + timedelta(days=3, seconds=1)), "long after"),
        (filing(area=box(90.0)), "lies 70 m away"),
    ],
)
def test_what_cannot_be_is_never_the_filing(other: Candidate, why: str) -> None:
    found = weighed(seen(), other)
    assert found.filing_id is None
    assert found.score is None
    assert found.reason.startswith("unfiled: ")
    assert why in found.reason


def test_the_last_moment_of_a_period_is_within_and_the_next_is_not() -> None:
    assert weighed(seen(at=ENDS - timedelta(microseconds=1)), filing()).filing_id is not None
    assert weighed(seen(at=ENDS), filing()).filing_id is None


def test_works_that_begin_a_little_early_or_go_on_at_night_are_still_those_filed() -> None:
    early = weighed(seen(at=BEGINS - timedelta(hours=3)), filing())
    assert early.filing_id is not None
    assert words(early, PartName.TIME) == "seen before the period, which begins on 2026-03-02 00:00"
    night = weighed(seen(at=BEGINS + timedelta(hours=23)), filing(hours=Hours(time(7), time(19))))
    assert night.filing_id is not None
    assert words(night, PartName.TIME) == "seen at 23:00, outside the hours filed, 07:00 to 19:00"
    past_midnight = weighed(seen(at=BEGINS + timedelta(hours=2)), filing(hours=Hours(time(22), time(5))))
    assert "within the period and its hours" in words(past_midnight, PartName.TIME)


def test_the_farther_outside_the_less_it_fits_and_a_poor_place_keeps_it_open() -> None:
    scores = [weighed(seen(20 + out), filing()).score or 0.0 for out in (-10, 0, 10, 20, 40)]
    assert scores == sorted(scores, reverse=True)
    assert weighed(seen(25), filing()).filing_id is not None, "works stray over a line"
    far = weighed(seen(50), filing())
    assert far.filing_id is None
    assert far.nearest_id == UUID(int=1)
    assert "the likeliest and does not fit: seen 30 m outside" in far.reason
    assert (weighed(seen(40, off=40.0), filing()).score or 0) > (weighed(seen(40), filing()).score or 0)
    assert "to within 20 m" in words(weighed(seen(off=None), filing()), PartName.SPACE)


def test_a_hole_in_an_area_is_outside_it() -> None:
    ring = shapely.from_wkb(box(half=(60.0, 60.0))).difference(shapely.from_wkb(box(half=(40.0, 40.0))))
    works = filing(area=bytes(shapely.to_wkb(ring))).filing.works
    assert metres_from(works, seen()) == pytest.approx(40, abs=0.01)
    assert metres_from(works, seen(50)) == pytest.approx(-10, abs=0.01)


def test_another_machine_than_those_filed_counts_against_it_and_an_unknown_one_says_nothing() -> None:
    named = filing(machines=("excavator",))
    by = {
        kind: weighed(seen(machine=kind), named).score or 0.0 for kind in ("excavator", "loader_dozer", "other", None)
    }
    assert by["excavator"] > by["other"] == by[None] > by["loader_dozer"]
    piling = filing(method=Method.PILING)
    found = weighed(seen(machine="loader_dozer"), piling)
    assert words(found, PartName.METHOD) == "piling does not take loader_dozer; no machines were filed"
    assert (found.score or 1) < (weighed(seen(machine="excavator"), piling).score or 0)


def test_works_in_a_compound_must_fit_better_before_they_count_as_filed() -> None:
    at_the_edge = [weighed(seen(20, compound=one), filing()) for one in (None, False, True)]
    assert [one.filing_id is not None for one in at_the_edge] == [True, True, False]
    assert words(at_the_edge[2], PartName.PRIOR).startswith("12% of works inside a compound")
    assert weighed(seen(compound=True), filing()).filing_id is not None


def test_one_filing_has_many_sites_and_of_many_filings_the_best_is_taken() -> None:
    near, far = filing(1), filing(2, area=box(30.0))
    assert {weighed(seen(east), near, far).filing_id for east in (-15, -5, 5)} == {UUID(int=1)}
    assert weighed(seen(40), near, far).filing_id == UUID(int=2)
    assert weighed(seen(40), near, far).tied == ()


def test_a_tie_is_said_and_the_one_filed_first_taken_in_whatever_order_they_come() -> None:
    first, second = filing(1), filing(2)
    for order in ((first, second), (second, first)):
        found = weighed(seen(), *order)
        assert found.filing_id == UUID(int=1)
        assert found.tied == (UUID(int=2),)
        assert "1 more fit as well" in found.reason


def test_where_nothing_was_filed_it_says_so() -> None:
    assert weighed(seen()).reason == "unfiled: no filing within 50 m"


def test_weights_hold_from_a_day_of_their_own_zone() -> None:
    two = copy.deepcopy(WRITTEN)
    two["weights"].append(copy.deepcopy(two["weights"][0]))
    two["weights"][0]["effective"]["to"] = "2026-03-01"
    two["weights"][1]["effective"]["from"] = "2026-03-02"
    two["weights"][1]["threshold"] = 0.9
    found = read_matching(two, "x.yaml")
    holds = [weights_at(found, at) for at in (BEGINS - timedelta(seconds=1), BEGINS)]
    assert [one.threshold for one in holds if one] == [WEIGHTS.threshold, 0.9]
    assert weights_at(found, datetime(2019, 1, 1, tzinfo=UTC)) is None


def _set(path: str, value: object) -> Any:
    body = copy.deepcopy(WRITTEN)
    there = body["weights"][0]
    *way, last = path.split(".")
    for one in way:
        there = there[one]
    there[last] = value
    return body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (_set("threshold", 1.5), "weights.0.threshold"),
        (_set("space.inside", 0), "weights.0.space.inside"),
        (_set("space.outside", 30), "space.outside"),
        (_set("space.insde", 3), "weights.0.space.insde"),
        (_set("method.suits", {}), "method.suits"),
        (_set("method.suits.other", ["tank"]), "method.suits"),
        (_set("effective.to", "2019-01-01"), "effective"),
        ({**WRITTEN, "zone": "Mars/Olympus"}, "zone"),
        ({**WRITTEN, "weights": WRITTEN["weights"] * 2}, "effective"),
    ],
)
def test_a_slip_in_the_file_is_told_by_its_key(body: object, field: str) -> None:
    with pytest.raises(InputError) as told:
        read_matching(body, "x.yaml")
    assert told.value.field == f"x.yaml: {field}"


def spot() -> bytes:
    """Return a place that a list draws as a point."""
    return bytes(shapely.to_wkb(shapely.Point(*FRAME.to_lonlat(np.array([(0.0, 0.0)]))[0])))


def test_a_place_without_an_area_fits_near_it_and_less_the_farther_away() -> None:
    listed = filing(area=spot())
    scores = [weighed(seen(east), listed).score for east in (0.0, 8.0, 15.0, 25.0, 45.0)]
    assert scores == sorted(scores, reverse=True)
    assert weighed(seen(5.0), listed).filing_id == listed.filing.id
    assert weighed(seen(45.0), listed).filing_id is None
    told = words(weighed(seen(5.0), listed), PartName.SPACE)
    assert told == "seen 5 m from a line or point without an area, to within 5 m"


def test_an_area_that_somebody_has_drawn_fits_better_than_a_point_as_near() -> None:
    drawn, listed = filing(1), filing(2, area=spot())
    assert weighed(seen(12.0, 4.0), listed, drawn).filing_id == drawn.filing.id
    line = bytes(shapely.to_wkb(shapely.LineString(FRAME.to_lonlat(np.array([(-30.0, 0.0), (30.0, 0.0)])))))
    assert weighed(seen(28.0), filing(area=line)).score > weighed(seen(28.0), listed).score, "along the line it is near"
    assert metres_from(filing(area=line).filing.works, seen(10.0)) == pytest.approx(0.0, abs=0.01)
