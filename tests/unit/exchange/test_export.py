"""Lists as CSV: what stands on the desk, read back exactly, and no formula in any cell."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pipewarden.casework import service as casework
from pipewarden.casework.facts import Discovered, Noted
from pipewarden.exchange import service
from pipewarden.kit.table import cell, written
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", " ="])
def test_a_cell_that_begins_like_a_formula_is_words(start: str) -> None:
    assert str(cell(f"{start}cmd|' /C calc'!A0")).startswith("'")


@pytest.mark.parametrize(("value", "kept"), [(-1.5, -1.5), (0, 0), (None, ""), (True, "true"), ("a=b", "a=b")])
def test_numbers_stay_numbers(value: object, kept: object) -> None:
    assert cell(value) == kept


def test_a_table_is_read_back_exactly() -> None:
    rows = [['a"b', "c,d", "e\nf"], ["挖", "", "x"]]
    found = list(csv.reader(io.StringIO(written(("p", "q", "r"), rows), newline="")))
    assert found == [["p", "q", "r"], *rows]


def rows(work: Work, what: str, since: object = None) -> list[dict[str, str]]:
    text = service.export(work, people.operator(work.tenant_id), what, since)  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_sites_violations_and_orders_come_out_as_they_stand(work: Work, clock: SetClock) -> None:
    site = casework.open_site(work, Discovered(None, Zone.PROTECTION, 1, 116.7, 39.5, "test"))
    broken = casework.violation(work, "V-UNBRIEFED", "=HYPERLINK(1)")
    casework.append(work, site, [Noted("x"), broken], "user:1")
    (one,) = rows(work, "sites")
    assert (one["site_id"], one["zone"], one["lon"]) == (str(site.id), "protection", "116.7")
    (bad,) = rows(work, "violations")
    assert (bad["site_id"], bad["code"], bad["reason"]) == (str(site.id), "V-UNBRIEFED", "'=HYPERLINK(1)")
    orders = rows(work, "work-orders")
    assert {one["site_id"] for one in orders} == {str(site.id)}
    assert rows(work, "filings") == []
    clock.advance(timedelta(hours=1))
    assert rows(work, "sites", clock.now()) == []
    assert rows(work, "violations", clock.now() - timedelta(hours=2)) == [bad]
