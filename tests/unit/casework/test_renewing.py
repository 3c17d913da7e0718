"""What is kept beside a site: its filing, its risk, the lists by both; renewed after whatever happens, and cheaply."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from duty_town import NORTH, NOWHERE, SOUTH, DutyTown
from sqlalchemy import text, true

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import CHANGED, Cancelled, Method, Noted, Replaced, Works
from pipewarden.casework.store import SiteFilter
from pipewarden.casework.store.tables import SiteRow
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.store import Filed

DAY = timedelta(days=1)


@pytest.fixture
def town(work: Any, clock: Any) -> DutyTown:
    return DutyTown(work, clock)


def filed(town: DutyTown, place: tuple[float, float], who: Any = None) -> Any:
    lon, lat = place
    area = bytes(shapely.to_wkb(shapely.box(lon - 0.0003, lat - 0.0003, lon + 0.0003, lat + 0.0003)))
    now = town.clock.now()
    works = Works("CN-HE-langfang", area, Method.OPEN_CUT, now - DAY, now + 9 * DAY)
    return service.file_works(town.work, who or people.operator(), works)


def row(town: DutyTown, site_id: UUID) -> Filed:
    (one,) = store.weighed.lock_free(town.work, [site_id])
    return one


def drained(town: DutyTown) -> None:
    """Do what the worker does with what happened."""
    facts = [one for one in town.work.take_facts() if one.kind == CHANGED]
    jobs.drain_changed(town.work, [FactRef(CHANGED, "p", town.work.tenant_id, one.fact_id) for one in facts])


def kinds(town: DutyTown, site_id: UUID) -> list[str]:
    return [one.body.kind for one in store.history.events(town.work, site_id)]


def test_a_filing_made_changed_and_cancelled_is_an_event_of_its_site_and_nothing_else_is(town: DutyTown) -> None:
    site = town.site(NORTH, zone=Zone.CONTROL)
    assert (row(town, site.id).filing, row(town, site.id).risk_score) == ("unknown", None)
    drained(town)
    assert (row(town, site.id).filing, "matched" in kinds(town, site.id)) == ("unfiled", False)
    unfiled = row(town, site.id)
    town.clock.advance(timedelta(minutes=1))
    kept = filed(town, NORTH)
    there = row(town, site.id)
    assert (there.filing, there.site.filing_id) == ("filed", kept.filing.id)
    assert (there.filing_score or 0) > 0.7
    assert there.filing_at == town.clock.now()
    assert (there.risk_score or 0) < (unfiled.risk_score or 0)
    assert any(one.kind == CHANGED for one in town.work.take_facts()), "the stream tells of it"
    town.happen(site.id, Noted("x"))
    drained(town)
    assert kinds(town, site.id).count("matched") == 1
    present = service.filing(town.work, people.operator(), kept.filing.id).filing
    service.act_on_filing(town.work, people.operator(), present.id, present.version, Cancelled("x"))
    assert (row(town, site.id).filing, row(town, site.id).site.filing_id) == ("unfiled", None)
    assert kinds(town, site.id).count("matched") == 2
    assert (row(town, site.id).risk_score or 0) == pytest.approx(unfiled.risk_score or 0)


def test_a_site_of_which_nobody_knows_the_place_is_neither_filed_nor_unfiled(town: DutyTown) -> None:
    sites = {name: town.site(place).id for name, place in (("there", NORTH), ("nowhere", None))}
    service.renew_waiting(town.work, limit=9)
    said = {one: row(town, site_id).filing for one, site_id in sites.items()}
    assert said == {"there": "unfiled", "nowhere": "unknown"}
    for name in ("unfiled", "unknown", "filed"):
        found = store.sites.page(town.work, true(), SiteFilter(filing=name), limit=9)
        assert {one.site.id for one in found} == {sites[key] for key, value in said.items() if value == name}


def test_whatever_happens_waits_to_be_renewed_and_other_weights_renew_every_open_site(town: DutyTown) -> None:
    site = town.site(NORTH)
    assert service.renew_waiting(town.work, limit=9) == 1
    assert service.renew_waiting(town.work, limit=9) == 0
    for happen in (lambda: town.happen(site.id, Noted("x")), lambda: store.sites.set_machine(town.work, site.id, 1.0)):
        happen()
        assert service.renew_waiting(town.work, limit=9) == 1
    town.work.session.execute(text("UPDATE casework_sites SET risk_version = 'older'"))
    assert service.renew_waiting(town.work, limit=9) == 1


def test_the_stored_level_is_never_milder_than_the_zone_even_before_anybody_has_weighed(town: DutyTown) -> None:
    site = town.site(NORTH, zone=Zone.OUTSIDE, level=4)
    service.renew(town.work, [site.id])
    assert row(town, site.id).risk_level == 4
    town.happen(site.id, Replaced(Zone.PROTECTION, 1, *NORTH, "placed anew"))
    assert row(town, site.id).risk_level == 1
    service.renew(town.work, [site.id])
    assert row(town, site.id).risk_level == 1


def scored(town: DutyTown, told: list[tuple[int, float | None]]) -> list[UUID]:
    ids = [town.site(NORTH).id for _ in told]
    for site_id, (level, score) in zip(ids, told, strict=True):
        one = town.work.session.get_one(SiteRow, site_id)
        one.risk_level, one.risk_score = level, score
    town.work.session.flush()
    return ids


def pages(town: DutyTown, limit: int) -> list[Filed]:
    found: list[Filed] = []
    after = None
    while True:
        page = store.weighed.page_by_risk(town.work, true(), SiteFilter(), limit=limit, after=after)
        found += page
        if len(page) < limit:
            return found
        last = page[-1]
        after = (last.risk_level, last.risk_score, last.site.id)


TOLD = [(2, 61.3), (1, 80.0), (1, 0.1 + 0.2), (1, None), (1, 0.3), (1, 80.0), (3, None), (2, 61.3), (4, 0.0), (1, 80.0)]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20])
def test_pages_by_risk_neither_skip_nor_double_and_the_zone_goes_before_the_score(town: DutyTown, limit: int) -> None:
    ids = scored(town, TOLD)
    found = pages(town, limit)
    assert sorted(one.site.id for one in found) == sorted(ids)
    order = [(one.risk_level, -(float("inf") if one.risk_score is None else one.risk_score)) for one in found]
    assert order == sorted(order)
    assert (found[0].risk_level, found[0].risk_score) == (1, None), "what nobody has weighed yet stands first"


def test_a_site_costs_so_many_statements_to_renew(town: DutyTown, count_statements: list[str]) -> None:
    ids = [town.site(place, zone=Zone.CONTROL).id for place in (NORTH, SOUTH, NOWHERE) for _ in range(10)]
    service.renew(town.work, ids[:1])
    count_statements.clear()
    assert service.renew(town.work, ids[1:]) == 29
    assert len(count_statements) / 29 <= 4.2, len(count_statements) / 29


def test_a_property_manager_who_files_in_a_compound_has_somebody_look_at_once(town: DutyTown) -> None:
    box = shapely.geometry.mapping(shapely.box(NORTH[0] - 0.001, NORTH[1] - 0.001, NORTH[0] + 0.001, NORTH[1] + 0.001))
    body = {"type": "FeatureCollection", "features": [{"type": "Feature", "id": "a", "geometry": box}]}
    service.import_compounds(town.work, people.operator(town.work.tenant_id), body, crs="EPSG:4326", name="c")
    manager = town.actor(town.person(Role.PROPERTY_MANAGER, area=town.city))

    def known() -> dict[UUID, Filed]:
        return {one.site.id: one for one in store.sites.page(town.work, true(), SiteFilter(), limit=99)}

    before = known()
    filed(town, NORTH)  # a dispatcher's opens none
    assert known().keys() == before.keys()
    kept = filed(town, NORTH, manager)
    (opened,) = [one for site_id, one in known().items() if site_id not in before]
    assert (opened.filing, opened.compound) == ("filed", "a")
    assert opened.site.filing_id is not None
    filed(town, NORTH, manager)  # a second one on that ground is looked at with the first
    filed(town, SOUTH, manager)  # outside the compound
    assert len(known()) == len(before) + 1
    assert kept.filing.works.place == "CN-HE-langfang"
