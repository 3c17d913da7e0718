"""A site finds its filing: the rules hear what it allows, people see which it is and why, a change is heard at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from duty_town import NORTH, NOWHERE, DutyTown
from filed_street import act, dig, filed, place_of, see, the_site
from site_life import WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Advanced,
    Answered,
    Cancelled,
    Hours,
    Method,
    Noted,
    Renewed,
    Result,
    Revised,
    SiteState,
    Works,
)
from pipewarden.casework.service import files, matching
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Filing, Match
    from pipewarden.casework.store.filings import KeptFiling

DAY = timedelta(days=1)


def found(there: Any, site_id: UUID) -> Match:
    return service.filing_of(there.work, service.site(there.work, people.operator(), site_id))


def codes(street: Any) -> set[str]:
    return {one.code for one in the_site(street).violations}


@pytest.fixture
def town(street: Any) -> DutyTown:
    return DutyTown(street.work, street.clock)


def test_a_site_is_unfiled_until_works_are_filed_there_and_again_when_they_are_cancelled(town: DutyTown) -> None:
    site = town.site(NORTH)
    assert found(town, site.id).reason == "unfiled: no filing within 50 m"
    far = filed(town, NORTH, 500.0)
    assert found(town, site.id).filing_id is None
    kept = filed(town, NORTH, answered=False)
    told = found(town, site.id)
    assert (told.filing_id, told.version) == (kept.filing.id, "CN@1/2020-01-01")
    assert far.filing.id not in (told.nearest_id, *told.tied)
    act(town, kept, Cancelled("not this year"))
    assert found(town, site.id).filing_id is None
    assert "was cancelled on" in found(town, site.id).reason


def test_a_filing_that_has_ended_is_nobodys(town: DutyTown) -> None:
    site, kept = town.site(NORTH), filed(town, NORTH)
    town.clock.advance(9 * DAY - timedelta(microseconds=1))
    assert found(town, site.id).filing_id == kept.filing.id
    town.clock.advance(timedelta(microseconds=1))
    assert "ended on" in found(town, site.id).reason


def test_a_site_without_a_place_says_so_and_asks_for_nothing(town: DutyTown, count_statements: list[str]) -> None:
    site = town.site(None)
    count_statements.clear()
    assert matching.permitted(town.work, site, None) is None
    assert count_statements == []
    assert found(town, site.id).reason == "unfiled: nobody knows where the works are"


def test_it_is_found_by_two_statements_and_never_with_another_operator(
    town: DutyTown, count_statements: list[str]
) -> None:
    site = town.site(NORTH)
    for _ in range(5):
        filed(town, NORTH)
    town.work.session.flush()
    count_statements.clear()
    assert matching.permitted(town.work, site, None) is not None
    assert len(count_statements) == 2, "the filings there, and whether they lie in a compound"
    box = (NORTH[0] - 0.01, NORTH[1] - 0.01, NORTH[0] + 0.01, NORTH[1] + 0.01)
    assert len(store.filings.near(town.work, box, since=town.clock.now())) == 5
    others = replace(town.work, tenant_id=town.work.ids.new())
    assert store.filings.near(others, box, since=town.clock.now()) == []


def test_of_a_flood_of_filings_those_that_can_hold_are_looked_at_first(
    town: DutyTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = filed(town, NORTH)
    for _ in range(3):
        act(town, filed(town, NORTH, valid_until=town.clock.now() + 99 * DAY), Cancelled("x"))
    monkeypatch.setattr(store.filings, "_MOST_NEAR", 2)
    assert found(town, town.site(NORTH).id).filing_id == live.filing.id


def test_until_the_operator_has_answered_a_filing_allows_nothing(town: DutyTown) -> None:
    site, kept = town.site(NORTH), filed(town, NORTH, answered=False, hours=Hours(time(7), time(19)))
    before = matching.permitted(town.work, site, None)
    assert before is not None
    assert (before.method, before.area, before.machines, before.hours) == ("open_cut", None, None, None)
    assert (before.valid_from, before.valid_until) == (None, None)
    act(town, kept, Answered("one pipe"))
    after = matching.permitted(town.work, site, None)
    assert after is not None
    assert (after.zone, after.area) == ("Asia/Shanghai", kept.filing.works.area)
    assert (after.machines, after.hours) == (frozenset({"excavator"}), ((time(7), time(19)),))
    assert (after.valid_until, after.filing_id) == (kept.filing.works.valid_until, kept.filing.id)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "V-HOURS"),
        ({"machines": ("dump_truck",)}, "V-METHOD"),
        ({}, None),
    ],
)
def test_a_machine_that_does_what_was_not_filed_breaks_the_rule_and_the_filing_is_named(
    street: Any, more: dict[str, Any], code: str | None
) -> None:
    dig(street, "notified", "filed")
    local = street.clock.now().astimezone(matching.filing_zone("CN-HE-langfang", street.clock.now()))
    begins, ends = (8, 10) if code == "V-HOURS" else (-2, 2)
    hours = Hours((local + timedelta(hours=begins)).time(), (local + timedelta(hours=ends)).time())
    kept = filed(street, place_of(street), hours=hours, **more)
    see(street)
    rules = ("V-HOURS", "V-METHOD")
    assert codes(street) & set(rules) == ({code} if code else set())
    _, told = service.rules_of(street.work, street.root(), the_site(street).id)
    said = {one.code: one.result for one in told}
    assert said["V-HOURS"] is (Result.VIOLATED if code == "V-HOURS" else Result.COMPLIANT)
    if code:
        reason = next(one.reason for one in the_site(street).violations if one.code == code)
        assert reason.endswith(f"; filing {kept.filing.id}")


def test_the_same_machine_without_a_filing_is_not_known_to_break_what_was_not_filed(street: Any) -> None:
    dig(street, "notified", "filed")
    see(street)
    _, told = service.rules_of(street.work, street.root(), the_site(street).id)
    assert {one.code: one.result for one in told}["V-HOURS"] is Result.UNKNOWN
    assert not codes(street) & {"V-HOURS", "V-METHOD", "V-AREA"}


def test_a_filing_that_is_made_or_revised_has_the_open_sites_around_it_asked_at_once(street: Any) -> None:
    dig(street)
    assert "V-FORBIDDEN" not in codes(street)
    kept = filed(street, place_of(street), answered=False)
    assert "V-FORBIDDEN" not in codes(street)
    version = the_site(street).version
    blasting = Works(
        kept.filing.works.place,
        kept.filing.works.area,
        Method.BLASTING,
        kept.filing.works.valid_from,
        kept.filing.works.valid_until,
    )
    act(street, kept, Revised(blasting, "rock"))
    assert "V-FORBIDDEN" in codes(street)
    assert the_site(street).version > version


def _change(there: Any, kept: KeptFiling, how: str) -> None:
    match how:
        case "filed":
            filed(there, NORTH)
        case "renewed":
            act(there, kept, Renewed(kept.filing.works.valid_until + DAY, "rain"))
        case "cancelled":
            act(there, kept, Cancelled("x"))
        case _:
            act(there, kept, Revised(filed(there, NOWHERE).filing.works, "elsewhere"))


@pytest.mark.parametrize("how", ["filed", "renewed", "cancelled", "moved"])
def test_each_change_asks_the_open_sites_in_its_box_and_no_other(
    town: DutyTown, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    kept = filed(town, NORTH)
    near, far = town.site(NORTH), town.site((110.0, 35.0))
    asked: list[UUID] = []
    monkeypatch.setattr(files, "broken", lambda _work, site: asked.append(site.id) or ())
    _change(town, kept, how)
    assert near.id in asked, "also where the works have been moved from"
    assert far.id not in asked, "nor what lies between the two places of works that were moved"


def test_an_event_at_a_site_asks_for_its_filing_once_at_most(street: Any, count_statements: list[str]) -> None:
    dig(street)
    filed(street, place_of(street))
    site = store.sites.lock(street.work, [the_site(street).id])[the_site(street).id]
    count_statements.clear()
    service.append(street.work, site, [Noted("x"), Noted("y")], "user:1")
    assert sum("casework_filings" in one for one in count_statements) == 1


def test_the_box_of_a_filing_holds_whatever_may_be_taken_for_it(town: DutyTown) -> None:
    one: Filing = filed(town, NORTH).filing
    west, south, east, north = matching.box_of(town.work, one)
    whole = shapely.from_wkb(one.works.area).bounds
    assert west < whole[0] - 0.0006
    assert south < whole[1] - 0.0005
    assert east > whole[2] + 0.0006
    assert north > whole[3] + 0.0005


def test_works_that_go_on_when_their_filing_has_ended_break_it(street: Any) -> None:
    dig(street)
    filed(street, place_of(street), valid_until=street.clock.now() + timedelta(minutes=25))
    dig_papers = [Advanced(SiteState(one), WHOLE) for one in ("notified", "filed")]
    site = store.sites.lock(street.work, [the_site(street).id])[the_site(street).id]
    service.append(street.work, site, dig_papers, "user:1")
    see(street)
    assert "V-HOURS" not in codes(street)
    for _ in range(3):
        see(street)
    assert "V-HOURS" in codes(street)
    assert found(street, the_site(street).id).filing_id is None


def test_a_filing_without_an_area_allows_no_ground_and_forbids_none(street: Any) -> None:
    dig(street)
    at = place_of(street)
    kept = filed(street, at, area=bytes(shapely.to_wkb(shapely.Point(at))))
    allowed = matching.permitted(street.work, the_site(street), None)
    assert allowed is not None
    assert (allowed.filing_id, allowed.area) == (kept.filing.id, None), "whether it strays nobody can say"
