"""What filings put into the record of the contractor they name: once each, in few statements, in one order of locks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from duty_town import NORTH, DutyTown

from pipewarden.casework import service, store
from pipewarden.casework.facts import Method, Party, PartyRole, Renewed, Revised, Works
from pipewarden.casework.service import records
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.casework.service import Dossier

FIRM, CODE = "广厦建筑", "91131000570000000A"
DAY = timedelta(days=1)


@pytest.fixture
def town(work: Any, clock: Any) -> DutyTown:
    return DutyTown(work, clock)


def firm(town: DutyTown) -> Dossier:
    root = people.operator(town.work.tenant_id)
    (one,) = service.contractors(town.work, root, limit=9)
    return service.contractor(town.work, root, one.contractor.id)


def kinds(found: Dossier) -> list[str]:
    return [one.kind.value for one in found.entries]


def late_works(town: DutyTown) -> Works:
    party = Party(PartyRole.CONTRACTOR, FIRM, "138", CODE)
    corners = shapely.box(NORTH[0] - 0.0003, NORTH[1] - 0.0003, NORTH[0] + 0.0003, NORTH[1] + 0.0003)
    now, area = town.clock.now(), bytes(shapely.to_wkb(corners))
    return Works("CN-HE-langfang", area, Method.OPEN_CUT, now - DAY, now + 9 * DAY, parties=(party,))


def test_a_late_filing_is_an_entry_of_the_contractor_it_names_and_the_site_learns_whose_works_they_are(
    town: DutyTown,
) -> None:
    kept = service.file_works(town.work, people.operator(), late_works(town))
    assert kinds(firm(town)) == ["late_filing"]
    (entry,) = firm(town).entries
    assert (entry.filing_id, entry.site_id) == (kept.filing.id, None)
    site = town.site(NORTH, zone=Zone.CONTROL)
    service.renew(town.work, [site.id])
    (row,) = store.weighed.lock_free(town.work, [site.id])
    assert (row.filing, row.contractor_id) == ("filed", firm(town).contractor.id)


def test_a_filing_comes_late_once_however_often_it_is_checked_again(town: DutyTown) -> None:
    root = people.operator(town.work.tenant_id)
    kept = service.file_works(town.work, root, late_works(town))
    for end in (10, 11):
        longer = Renewed(kept.filing.works.valid_until + end * DAY, "rain")
        kept = service.act_on_filing(town.work, root, kept.filing.id, kept.filing.version, longer)
    deeper = Revised(replace(kept.filing.works, method=Method.DRILLING), "through the rock")
    service.act_on_filing(town.work, root, kept.filing.id, kept.filing.version, deeper)
    assert [one.kind.value for one in firm(town).entries] == ["late_filing"]
    service.file_works(town.work, root, late_works(town))
    assert kinds(firm(town)) == ["late_filing", "late_filing"]


def test_contractors_are_held_after_the_sites_as_whoever_renews_does(
    town: DutyTown, count_statements: list[str]
) -> None:
    service.file_works(town.work, people.operator(), late_works(town))
    town.site(NORTH, zone=Zone.CONTROL)
    del count_statements[:]
    service.file_works(town.work, people.operator(), late_works(town))
    sites = [n for n, one in enumerate(count_statements) if "FROM casework_sites" in one and "FOR UPDATE" in one]
    held = [n for n, one in enumerate(count_statements) if one.startswith("UPDATE casework_contractors")]
    assert sites
    assert held
    assert max(sites) < min(held)


def test_who_does_the_works_of_many_filings_is_written_in_few_statements(
    town: DutyTown, count_statements: list[str]
) -> None:
    kept = [service.file_works(town.work, people.operator(), late_works(town)).filing for _ in range(4)]
    asked = []
    for many in (1, 4):
        del count_statements[:]
        assert records.record_filings(town.work, [(one, ()) for one in kept[:many]]) == set()
        asked.append(len(count_statements))
    assert asked[0] == asked[1], count_statements
