"""Whole lists as CSV: every row once however long the list, only what the asker sees, and no formula in any cell."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Cancelled, Discovered, Ended, Method, Noted, Replaced, Revised, SiteState, Works
from pipewarden.exchange import service
from pipewarden.exchange.service import exporting
from pipewarden.kit.table import cell, written
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, NewArea, Role, Scope

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

DAY = timedelta(days=1)
STARTS = "=+-@＝＋－＠"
LISTS = sorted(service.LISTS)


# -- the guard


@given(text=st.text(max_size=40))
def test_no_cell_is_a_formula_and_what_was_said_can_still_be_read(text: str) -> None:
    """What a spreadsheet makes of a cell is decided by its first character that is no blank (OWASP, CSV injection)."""
    made = str(cell(text))
    assert made in {text, f"'{text}"}
    assert made.lstrip()[:1] not in set(STARTS)
    assert made[:1] not in {"\t", "\r", "\n"}


@given(before=st.sampled_from(["", " ", "\n", "\u3000", "\xa0", " \t ", "\r\n"]), start=st.sampled_from(STARTS))
def test_blanks_before_a_formula_hide_it_from_nobody(before: str, start: str) -> None:
    assert str(cell(f"{before}{start}1+1")).startswith("'")


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(
    rows=st.lists(st.tuples(WORD, st.one_of(st.none(), st.integers(), st.floats(allow_nan=False)), WORD), max_size=6)
)
def test_a_table_is_read_back_whatever_stands_in_it(rows: list[tuple[str, Any, str]]) -> None:
    """RFC 4180: quotes, commas and line ends inside a cell; every row keeps its cells."""
    text = written(("p", "q", "r"), rows)
    found = list(csv.reader(io.StringIO(text, newline="")))
    assert found == [["p", "q", "r"], *([str(cell(one)) for one in row] for row in rows)]
    assert text.endswith("\r\n")


def test_a_moment_and_a_number_are_for_machines() -> None:
    assert cell(datetime(2026, 11, 26, 1, 30, tzinfo=UTC).isoformat()) == "2026-11-26T01:30:00+00:00"
    assert (cell(-116.7), cell(False), cell(0)) == (-116.7, "false", 0)


# -- the lists


def open_site(work: Work, lon: float = 116.7, zone: Zone = Zone.PROTECTION) -> Site:
    return casework.open_site(work, Discovered(None, zone, 1, lon, 39.5, "test"))


def break_rule(work: Work, site: Site, reason: str) -> Site:
    return casework.append(work, site, [Noted("x"), casework.violation(work, "V-UNBRIEFED", reason)], "user:1")


def file_works(work: Work, lon: float = 116.7, **more: Any) -> UUID:
    area = bytes(shapely.to_wkb(shapely.box(lon, 39.5, lon + 0.0005, 39.5005)))
    now = work.now()
    told: dict[str, Any] = {"valid_from": now + 6 * DAY, "valid_until": now + 9 * DAY} | more
    works = Works("CN-HE-langfang", area, Method.OPEN_CUT, **told)
    return casework.file_works(work, people.operator(work.tenant_id), works).filing.id


def export(work: Work, what: str, since: datetime | None = None, actor: Actor | None = None) -> list[dict[str, str]]:
    text = service.export(work, actor or people.operator(work.tenant_id), what, since)
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def street(work: Work, clock: SetClock) -> Work:
    """Five sites with a violation each, and five filings, an hour apart."""
    for n in range(5):
        site = open_site(work, 116.7 + n / 1000, [Zone.PROTECTION, Zone.CONTROL][n % 2])
        break_rule(work, site, f"reason {n}")
        file_works(work, 116.7 + n / 1000)
        clock.advance(timedelta(hours=1))
    return work


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("page", [1, 2, 5])
def test_a_list_longer_than_a_page_has_every_row_once(
    street: Work, monkeypatch: pytest.MonkeyPatch, what: str, page: int
) -> None:
    """Also where the last page is just full."""
    whole = export(street, what)
    assert len(whole) >= 5
    monkeypatch.setattr(exporting, "_PAGE", page)
    assert export(street, what) == whole
    key = service.LISTS[what][0][0]
    assert len({row[key] for row in whole}) == len(whole)


@pytest.mark.parametrize("what", LISTS)
def test_an_empty_list_is_its_header_alone(work: Work, what: str) -> None:
    text = service.export(work, people.operator(work.tenant_id), what, None)
    assert text == ",".join(service.LISTS[what][0]) + "\r\n"


@pytest.mark.parametrize("what", LISTS)
def test_since_counts_its_own_moment_and_nothing_before(street: Work, clock: SetClock, what: str) -> None:
    whole = export(street, what)
    last = clock.now() - timedelta(hours=1)
    newest = export(street, what, last)
    assert 0 < len(newest) < len(whole)
    assert all(row in whole for row in newest)
    assert export(street, what, last + timedelta(microseconds=1)) == []
    assert export(street, what, last.astimezone(UTC) - timedelta(days=9)) == whole


def test_since_counts_whatever_happened(street: Work, clock: SetClock) -> None:
    """A note, another zone, an answer, a revision, a cancellation: the state need not change, nor the day of filing."""
    root, now = people.operator(street.tenant_id), clock.now()
    first, second = (UUID(row["site_id"]) for row in export(street, "sites")[:2])
    sites = casework_store.sites.lock(street, [first, second])
    casework.append(street, sites[first], [Noted("x")], "user:1")
    casework.append(street, sites[second], [Replaced(Zone.CONTROL, 3, 116.7, 39.5, "it moved")])
    assert {row["site_id"] for row in export(street, "sites", now)} == {str(first), str(second)}
    revised, cancelled = (
        casework.filing(street, root, UUID(row["filing_id"])) for row in export(street, "filings")[:2]
    )
    anew = Revised(replace(revised.filing.works, machines=("dump_truck",)), "less")
    casework.act_on_filing(street, root, revised.filing.id, revised.filing.version, anew)
    casework.act_on_filing(street, root, cancelled.filing.id, cancelled.filing.version, Cancelled("not begun"))
    changed = {str(revised.filing.id), str(cancelled.filing.id)}
    assert {row["filing_id"] for row in export(street, "filings", now)} == changed


@pytest.mark.parametrize("what", LISTS)
def test_nothing_of_another_tenant_is_in_it(street: Work, what: str) -> None:
    """The machine's operator sees every tenant; a list that goes to another system is of one of them."""
    made = people.ensure_tenant(street.session, street.clock, street.ids, "next-door")
    other = replace(street, tenant_id=made.id)
    assert export(other, what) == []
    site = open_site(other)
    break_rule(other, site, "theirs")
    file_works(other)
    theirs = export(other, what)
    assert theirs
    assert not [row for row in export(street, what) if row in theirs]


@pytest.mark.parametrize("what", LISTS)
def test_who_reads_none_of_it_is_refused(street: Work, what: str) -> None:
    grants = (Grant("camera:read", Scope.TENANT, street.tenant_id, None, Role.AUDITOR),)
    actor = Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=street.tenant_id, grants=grants)
    with pytest.raises(ForbiddenError):
        export(street, what, actor=actor)


@pytest.mark.parametrize("what", ["sites", "violations", "filings"])
def test_a_reader_of_an_area_gets_what_lies_there(street: Work, what: str) -> None:
    outline = bytes(shapely.to_wkb(shapely.box(116.7015, 39.4, 116.7035, 39.6)))
    shared = replace(street, tenant_id=PLATFORM)
    area = people.add_area(shared, people.operator(), NewArea("beat", "一号", wkb=outline), shared=True)
    grants = tuple(
        Grant(one, Scope.AREA, street.tenant_id, area.path, Role.DISPATCHER) for one in ("site:read", "filing:read")
    )
    actor = Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=street.tenant_id, grants=grants)
    found = export(street, what, actor=actor)
    assert len(found) == 2
    assert all(row in export(street, what) for row in found)


def test_an_ended_site_is_on_the_list_with_its_end(work: Work, clock: SetClock) -> None:
    site = open_site(work)
    clock.advance(DAY)
    casework.append(work, site, [Ended(SiteState.FALSE, "passing_vehicle", "drove on")])
    (row,) = export(work, "sites")
    assert row["state"] == "false"
    assert datetime.fromisoformat(row["ended_at"]) == datetime.fromisoformat(row["state_since"]) == clock.now()
    assert datetime.fromisoformat(row["opened_at"]) == clock.now() - DAY
    assert export(work, "sites", clock.now()) == [row], "its end is a change"


def test_a_site_without_a_place_has_empty_cells(work: Work) -> None:
    casework.open_site(work, Discovered(None, Zone.UNKNOWN, 2, None, None, "test"))
    (row,) = export(work, "sites")
    assert (row["lon"], row["lat"], row["ended_at"], row["zone"]) == ("", "", "", "unknown")


def test_words_of_people_cannot_be_formulas(work: Work) -> None:
    site = open_site(work)
    break_rule(work, site, '\n=HYPERLINK("//evil")')
    (row,) = export(work, "violations")
    assert row["reason"] == '\'\n=HYPERLINK("//evil")'
    assert row["due_at"] > row["opened_at"]
    assert row["fixed_at"] == ""


def test_a_filing_says_its_state_and_its_period(work: Work) -> None:
    file_works(work, urgent=True, valid_from=work.now() - DAY)
    (row,) = export(work, "filings")
    assert (row["place"], row["method"], row["urgent"]) == ("CN-HE-langfang", "open_cut", "true")
    assert datetime.fromisoformat(row["valid_until"]) == work.now() + 9 * DAY
    assert datetime.fromisoformat(row["filed_at"]) == work.now()


def test_an_order_says_in_words_who_owes_what_by_when(work: Work) -> None:
    site = open_site(work)
    found = export(work, "work-orders")
    assert found
    known = casework.duty_words()
    for row in found:
        assert row["site_id"] == str(site.id)
        assert row["words"] == " ".join(known[row["kind"]])
        assert row["due_at"] > row["opened_at"]
        assert row["role"] or row["person_id"]
