"""A list becomes filings: all or nothing, each id once; what it changes or takes back is changed and taken back."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import time as clock_time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import permit_rows as rows
import pytest
import shapely
from duty_town import DutyTown
from list_town import ListTown
from sqlalchemy import func, select

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    FILING_CHANGED,
    Cancelled,
    FilingState,
    Hours,
    Revised,
)
from pipewarden.casework.store import FilingEventRow, FilingRow
from pipewarden.kit.errors import InputError
from pipewarden.main.files import read_sent_permits
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import ListImport
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

DAY = timedelta(days=1)
ZONES = ("UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati")
TICKETS = "<list>{}</list>"


@pytest.fixture
def town(work: Work) -> ListTown:
    """A tenant without areas: it is everywhere."""
    return ListTown(work)


def took(report: ListImport) -> list[str]:
    return [one.took.value for one in report.rows]


def tickets(*told: str) -> str:
    return TICKETS.format("".join(told))


def ticket(number: str = "1", revision: str = "000", **change: str) -> str:
    days = {"LegalStartDate": "2026-12-01T17:01:00-08:00", "TicketExpirationDate": "2027-01-13T23:59:59-08:00"}
    return rows.ticket(number, **{"TicketRevisionNumber": revision, **days, **change})


def zurich(number: str = "1", **change: Any) -> dict[str, Any]:
    return rows.zurich(Baunummer=number, **{"Baubeginn": "20261201", "Bauende": "20261210", **change})


def test_a_row_is_filed_with_what_the_list_says(town: ListTown) -> None:
    report = town.take([rows.taipei(CB_DA="115/12/01", CE_DA="115/12/03", WITEM="明挖", AC_NO="A1")], "taipei-dig")
    assert (report.applied, took(report), report.without_area, report.urgent) == (True, ["filed"], 1, 0)
    (kept,) = town.filings()
    works, said = kept.filing.works, kept.filing.decision
    assert (works.place, works.source, works.source_id, works.method) == ("TW", "taipei-dig", "A1", "open_cut")
    assert works.hours == Hours(clock_time(9), clock_time(16))
    assert [(one.role.value, one.name) for one in works.parties] == [
        ("contractor", "某某營造有限公司"),
        ("owner", "某單位"),
    ]
    assert works.valid_from.isoformat() == "2026-11-30T16:00:00+00:00", "midnight in Taipei"
    assert works.valid_until.isoformat() == "2026-12-03T16:00:00+00:00", "the third is a day of it"
    assert said is not None
    assert (said.zone.value, said.packs) == ("unknown", ("TW@2000-01-01", "XX@2000-01-01"))
    assert not any(one.law for one in said.required), "no law of the place was read"
    assert report.rows[0].filing_id == kept.filing.id
    assert shapely.from_wkb(works.area).geom_type == "Point", "no area is invented"


def test_the_same_list_twice_doubles_nothing(town: ListTown) -> None:
    told = rows.features(zurich("1"), zurich("2"))
    first = town.take(told, "zurich-tiefbau")
    again = town.take(told, "zurich-tiefbau")
    assert (took(first), took(again)) == (["filed"] * 2, ["unchanged"] * 2)
    assert [one.filing_id for one in first.rows] == [one.filing_id for one in again.rows]
    assert town.work.session.scalar(select(func.count()).select_from(FilingRow)) == 2
    assert town.work.session.scalar(select(func.count()).select_from(FilingEventRow)) == 4


def test_a_newer_revision_revises_and_an_older_one_is_passed_over(town: ListTown) -> None:
    town.take(tickets(ticket()), "usan811")
    report = town.take(tickets(ticket(revision="002", WorkType="Sewer")), "usan811")
    assert [(one.took.value, one.words) for one in report.rows] == [("revised", "revision 002")]
    (kept,) = town.filings()
    assert "Sewer" in kept.filing.works.words
    assert [one.body.kind for one in town.events(kept.filing.id)] == ["filed", "checked", "revised", "checked"]
    older = town.take(tickets(ticket(revision="001", WorkType="Gas")), "usan811")
    assert [(one.took.value, one.words) for one in older.rows] == [("unchanged", "revision 002 is on file")]
    same = town.take(tickets(ticket(revision="003", WorkType="Sewer")), "usan811")
    assert took(same) == ["unchanged"], "a revision that says the same asks nobody anew"
    assert town.filings()[0].filing.version == 4


def test_a_list_without_revisions_revises_by_its_words(town: ListTown) -> None:
    town.take(rows.features(zurich(Name="A")), "zurich-tiefbau")
    report = town.take(rows.features(zurich(Name="B")), "zurich-tiefbau")
    assert [(one.took.value, one.words) for one in report.rows] == [("revised", "the list's words changed")]


def test_a_cancellation_cancels_also_when_it_is_read_first(town: ListTown) -> None:
    town.take(tickets(ticket("1")), "usan811")
    gone = tickets(ticket("1", "001", TicketStatus="Cancelled"), ticket("2", "001", TicketStatus="Cancelled"))
    report = town.take(gone, "usan811")
    assert [(one.source_id, one.took.value) for one in report.rows] == [("1", "cancelled")]
    (kept,) = town.filings()
    assert service.filing_state(kept.filing, town.work.now()) is FilingState.CANCELLED
    late = town.take(tickets(ticket("1", "001"), ticket("2", "000")), "usan811")
    assert [(one.took.value, one.words) for one in late.rows] == [("unchanged", "the list has taken it back")] * 2
    assert took(town.take(tickets(ticket("1", "002")), "usan811")) == ["filed"], "announced anew"
    assert len(town.filings()) == 2


def test_what_a_person_has_cancelled_stays_so_until_the_list_says_something_new(town: ListTown) -> None:
    town.take(tickets(ticket()), "usan811")
    (kept,) = town.filings()
    root = people.operator(town.work.tenant_id)
    service.act_on_filing(town.work, root, kept.filing.id, kept.filing.version, Cancelled("not here"))
    assert took(town.take(tickets(ticket()), "usan811")) == ["unchanged"]
    assert took(town.take(tickets(ticket(revision="001", WorkType="New")), "usan811")) == ["filed"]


def test_an_expired_filing_is_filed_afresh_when_the_list_goes_on(town: ListTown, clock: SetClock) -> None:
    town.take(tickets(ticket()), "usan811")
    clock.moment = town.filings()[0].filing.works.valid_until + DAY
    later = ticket(revision="001", TicketExpirationDate="2027-03-01T23:59:59-08:00")
    report = town.take(tickets(later), "usan811")
    assert [(one.took.value, one.words) for one in report.rows] == [("filed", "the filing before is over")]


def test_urgent_works_become_emergency_filings(town: ListTown) -> None:
    report = town.take(tickets(ticket(IsEmergency="true")), "usan811")
    (kept,) = town.filings()
    assert (report.urgent, kept.filing.works.urgent) == (1, True)
    assert kept.filing.decision is not None
    assert "file_after_emergency" in {one.kind for one in kept.filing.decision.required}
    calm = town.take(tickets(ticket(revision="001", IsEmergency="false")), "usan811")
    assert [(one.took.value, one.words) for one in calm.rows] == [("revised", "filed anew: no emergency any more")]
    new, old = town.filings()
    assert (new.filing.works.urgent, old.filing.cancelled_at is None) == (False, False)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"Baubeginn": "20260230"}, "properties.Baubeginn"),
        ({"Bauende": "20261101"}, "properties.Bauende"),
        ({"Baubeginn": None}, "properties.Baubeginn"),
    ],
)
def test_a_bad_row_keeps_the_whole_list_out(town: ListTown, bad: dict[str, Any], field: str) -> None:
    told = rows.features(zurich("1"), zurich("2", **bad), zurich("3"))
    with pytest.raises(service.ListRefusedError, match="nothing was imported") as caught:
        town.take(told, "zurich-tiefbau")
    (row,) = caught.value.more["refused"]  # type: ignore[misc]
    assert (row["row"], row["field"]) == (2, field)
    assert row["problem"]
    assert row["fix"]
    assert town.filings() == []
    assert store.lists.known(town.work) == [], "a list that was refused has not come"
    report = town.take(told, "zurich-tiefbau", skip_refused=True)
    assert (took(report), len(report.refused)) == (["filed"] * 2, 1)


def test_a_missing_place_and_a_second_reference_system_are_refused(town: ListTown) -> None:
    told = rows.features(zurich("1") | {"geometry": None}, zurich("2"))
    with pytest.raises(service.ListRefusedError, match="is missing"):
        town.take(told, "zurich-tiefbau")
    other = {"crs": {"type": "name", "properties": {"name": "EPSG:2056"}}}
    with pytest.raises(service.ListRefusedError, match="2 rows"):
        town.take(rows.features(zurich("1"), zurich("2"), **other), "zurich-tiefbau")
    both = [rows.taipei(X=302472.257 + 900)]
    with pytest.raises(service.ListRefusedError, match="900 m"):
        town.take(both, "taipei-dig")
    assert town.filings() == []


def test_a_dry_run_says_the_same_and_changes_nothing(town: ListTown) -> None:
    told = rows.features(zurich("1"), zurich("2", Bauende="20261101"))
    report = town.take(told, "zurich-tiefbau", dry_run=True)
    assert (report.applied, took(report), len(report.refused)) == (False, ["filed"], 1)
    assert report.rows[0].filing_id is None
    assert town.filings() == []
    assert store.lists.known(town.work) == []


def test_rows_outside_every_area_are_left_out_and_named(town: ListTown) -> None:
    town.area(8.5, 47.3, 8.6, 47.4)
    far = [[8.46, 47.36], [8.47, 47.36], [8.47, 47.37], [8.46, 47.36]]
    away = rows.zurich(far, Baunummer="2", Baubeginn="20261201", Bauende="20261210")
    report = town.take(rows.features(zurich("1"), away), "zurich-tiefbau")
    said = [(one.row, one.took.value, one.words) for one in report.rows]
    assert said == [(1, "filed", ""), (2, "left_out", "outside every area of this operator")]


def test_a_filing_that_the_list_moves_away_ends(town: ListTown) -> None:
    town.area(8.5, 47.3, 8.6, 47.4)
    town.take(rows.features(zurich("1")), "zurich-tiefbau")
    far = [[8.46, 47.36], [8.47, 47.36], [8.47, 47.37], [8.46, 47.36]]
    moved = rows.zurich(far, Baunummer="1", Baubeginn="20261201", Bauende="20261210")
    assert took(town.take(rows.features(moved), "zurich-tiefbau")) == ["left_out"]
    assert town.filings()[0].filing.cancelled_at is not None
    assert took(town.take(rows.features(zurich("1")), "zurich-tiefbau")) == ["filed"], "and back again"


def test_a_list_without_dates_files_nothing(town: ListTown) -> None:
    report = town.take(rows.features(rows.sewer()), "sf-sewer")
    assert [(one.took.value, one.words) for one in report.rows] == [
        ("left_out", "the list holds no dates: it would cover no moment")
    ]


def test_an_area_drawn_here_outlives_a_revision_without_one(town: ListTown) -> None:
    row = rows.taipei(CB_DA="115/12/01", CE_DA="115/12/03")
    town.take([row], "taipei-dig")
    (kept,) = town.filings()
    point = shapely.from_wkb(kept.filing.works.area)
    drawn = bytes(shapely.to_wkb(point.buffer(0.0002)))
    root = people.operator(town.work.tenant_id)
    body = Revised(replace(kept.filing.works, area=drawn), "drawn after the site visit")
    service.act_on_filing(town.work, root, kept.filing.id, kept.filing.version, body)
    assert took(town.take([row | {"CE_DA": "115/12/05"}], "taipei-dig")) == ["revised"]
    assert shapely.from_wkb(town.filings()[0].filing.works.area).geom_type == "Polygon"


def test_several_windows_of_a_day_are_said(town: ListTown) -> None:
    row = rows.taipei(CB_DA="115/12/01", CE_DA="115/12/03", CO_TI="9時至12時、13時至16時")
    report = town.take([row], "taipei-dig")
    assert "several windows" in " ".join(one.words for one in report.warned)
    assert town.filings()[0].filing.works.hours is None, "no hour that is allowed may count as forbidden"


def test_a_place_must_be_known(town: ListTown) -> None:
    told = rows.features(rows.road_event())
    with pytest.raises(InputError, match="names none"):
        town.take(told, "wzdx")
    with pytest.raises(InputError, match="place"):
        town.take(told, "wzdx", place="Atlantis")
    assert took(town.take(told, "wzdx", place="US-IA")) == ["filed"]


def test_only_who_may_imports(work: Work, clock: SetClock) -> None:
    people_of, found = DutyTown(work, clock), ListTown(work)
    actor = people_of.actor(people_of.person(Role.DISPATCHER))
    with pytest.raises(ForbiddenError):
        service.import_list(work, actor, read_sent_permits("x", b"[{}]", "taipei-dig"))
    assert found.filings() == []


def test_every_change_is_a_fact(town: ListTown) -> None:
    town.take(tickets(ticket("1"), ticket("2")), "usan811")
    facts = [one for one in town.work.take_facts() if one.kind == FILING_CHANGED]
    changes = service.filing_changes(town.work, [one.fact_id for one in facts])
    assert [(one.kind, one.version) for one in changes] == [("filed", 1)] * 2
    assert {one.filing_id for one in changes} == {one.filing.id for one in town.filings()}
    town.take(tickets(ticket("1", "001", TicketStatus="Cancelled")), "usan811")
    facts = [one for one in town.work.take_facts() if one.kind == FILING_CHANGED]
    (change,) = service.filing_changes(town.work, [one.fact_id for one in facts])
    assert (change.kind, change.version, change.tenant_id) == ("cancelled", 3, town.work.tenant_id)


@pytest.mark.parametrize("zone", ZONES)
def test_days_are_the_places_own_in_every_server_zone(
    town: ListTown, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        town.take([rows.taipei(CB_DA="115/12/31", CE_DA="116/01/01")], "taipei-dig")
        town.take(rows.features(zurich(Baubeginn="20270328", Bauende="20270328")), "zurich-tiefbau")
        town.take(tickets(ticket()), "usan811")
        told = {one.filing.works.source: one.filing.works for one in town.filings()}
    finally:
        monkeypatch.undo()
        time.tzset()
    spans = {name: (one.valid_from.isoformat(), one.valid_until.isoformat()) for name, one in told.items()}
    assert spans == {
        "taipei-dig": ("2026-12-30T16:00:00+00:00", "2027-01-01T16:00:00+00:00"),
        "zurich-tiefbau": ("2027-03-27T23:00:00+00:00", "2027-03-28T22:00:00+00:00"),  # a day of 23 hours
        "usan811": ("2026-12-02T01:01:00+00:00", "2027-01-14T08:00:00+00:00"),
    }


def test_a_long_list_is_written_in_few_statements(town: ListTown, count_statements: list[str]) -> None:
    def statements(many: int, first: int) -> int:
        before = len(count_statements)
        town.take(rows.features(*(zurich(str(first + n)) for n in range(many))), "zurich-tiefbau")
        writes = [one for one in count_statements[before:] if one.startswith(("INSERT", "UPDATE"))]
        return len(writes)

    assert statements(200, 0) == statements(20, 1000), "a list ten times as long needs no more writes"


def test_too_long_a_list_is_refused_before_anything_is_looked_up(town: ListTown) -> None:
    found = read_sent_permits("x", json.dumps([rows.taipei()]).encode(), "taipei-dig")
    with pytest.raises(InputError, match="more than 20000"):
        town.took(replace(found, permits=found.permits * 20_001))
