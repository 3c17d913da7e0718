"""Figures over HTTP: pages that add up, files that open and run nothing, errors that say what to do."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from typing import Any
from urllib.parse import urlencode

import ended_site
import insight_api
import pytest
import strike_api
from insight_api import SPAN, YEAR, every
from site_api import File

from pipewarden.people.facts import Role

PLACE = (116.7312, 39.5231)
BY_STREET = {  # which figure's cases a column of the ranking counts
    "sites_by_area": "sites",
    "unfiled": "unfiled",
    "discovered_by_source": "works",
    "violations_by_contractor": "violations",
    "damages_per_100_km": "damages",
}


def get(town: Any, path: str, who: str | Any = "safety_manager", query: str = SPAN) -> Any:
    asker = town.who(who) if isinstance(who, str) else who
    return town.client.as_(asker, "GET", f"/v1/insight{path}?{query}")


def figures(town: Any, who: str | Any = "safety_manager") -> dict[str, Any]:
    answer = get(town, "", who)
    assert answer.status_code == 200, answer.text
    return {one["figure"]: one for one in answer.json()["figures"]}


@pytest.fixture(scope="module")
def lived(town: Any) -> File:
    """A site that somebody looked at, one that ended, and a strike nearby."""
    file = File(town, PLACE)
    file.look(true=True)
    ended_site.ended_at(town, town.a, PLACE)
    made = strike_api.struck(town, town.who("safety_manager"), (PLACE[0] + 0.01, PLACE[1]))
    strike_api.act(town, town.who("safety_manager"), made["id"], **strike_api.DAMAGE)
    town.drain()
    return file


def test_every_figure_is_the_sum_of_its_cases_for_everybody_who_reads_them(town: Any, lived: File) -> None:
    for who in ("safety_manager", "dispatcher", "regulator", "auditor"):
        for name, one in figures(town, who).items():
            cases = every(town, town.who(who), name)
            assert isinstance(cases, list)
            parts = [case["part"] for case in cases]
            out = {left["why"]: left["count"] for left in one["now"]["left_out"]}
            assert parts.count("left_out") == sum(out.values()), (who, name)
            if one["shape"] != "length":
                assert parts.count("counted") == one["now"]["counted"], (who, name)
            if one["shape"] in {"share", "time", "groups"}:
                assert parts.count("counted") + parts.count("rest") == one["now"]["of"], (who, name)
            for group in one["now"]["groups"] if one["shape"] == "groups" else ():
                asked = urlencode(YEAR | {"group": group["key"], "part": "counted"})
                assert len(every(town, town.who(who), name, asked)) == group["hits"]
            assert all(case["words"]["zh"] and case["words"]["en"] for case in cases)
    assert lived.id in {case["id"] for case in every(town, town.who("dispatcher"), "time_to_site")}


def test_a_manager_of_nowhere_counts_nothing(town: Any, lived: File) -> None:
    with town.at(town.a) as work:
        lone = work.ids.new()
    far = town.person(Role.DISPATCHER, area=town.west)
    told = {case["id"] for case in every(town, far, "time_to_site")}
    assert lived.id not in told
    narrow = urlencode(YEAR | {"area_id": str(town.east)})
    assert lived.id in {case["id"] for case in every(town, town.who("safety_manager"), "time_to_site", narrow)}
    assert every(town, far, "time_to_site", narrow) == 422
    assert every(town, far, "time_to_site", urlencode(YEAR | {"area_id": str(lone)})) == 404


def test_streets_and_cells_lead_to_their_sites(town: Any, lived: File) -> None:
    rows = get(town, "/areas").json()["items"]
    assert [(-one["damages"], -one["violations"]) for one in rows] == sorted(
        (-one["damages"], -one["violations"]) for one in rows
    )
    mine = next(one for one in rows if one["area_id"] is not None and one["sites"])
    asked = urlencode(YEAR | {"group": mine["area_id"], "part": "counted"})
    assert len(every(town, town.who("safety_manager"), "sites_by_area", asked)) == mine["sites"]
    manager = town.who("safety_manager")
    for one in (row for row in rows if row["area_id"] is not None):
        here = YEAR | {"street": one["area_id"], "part": "counted"}
        for figure, number in BY_STREET.items():
            assert len(every(town, manager, figure, urlencode(here))) == one[number], (one["name"], figure)
    spots = get(town, "/hotspots", query=f"{SPAN}&resolution=9&limit=1000").json()
    assert spots["total"] == len(spots["items"])
    found = []
    for one in spots["items"]:
        asked = urlencode(YEAR | {"group": one["cell"], "part": "counted"})
        cases = every(town, town.who("safety_manager"), "hot_spots", asked)
        assert len(cases) == one["sites"]
        here = urlencode(YEAR | {"cell": one["cell"], "part": "counted"})
        assert len(every(town, manager, "damages_per_100_km", here)) == one["damages"]
        found += [case["id"] for case in cases]
    assert lived.id in found
    assert sum(one["damages"] for one in spots["items"]) >= 1


def test_files_open_run_nothing_and_are_on_record(town: Any, lived: File) -> None:
    del lived
    rows = list(csv.reader(io.StringIO(get(town, "/report.csv", query=f"{SPAN}&language=en").text)))
    assert rows[0][:3] == ["figure", "title", "value"]
    assert {row[0] for row in rows[1:]} == set(figures(town))
    answer = get(town, "/report.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert len(sheets) == 2 + len(figures(town))
        assert not any(b"<f>" in book.read(name) for name in sheets)
    cases = list(csv.reader(io.StringIO(get(town, "/time_to_site/cases.csv").text)))
    assert len(cases) - 1 == len(every(town, town.who("safety_manager"), "time_to_site"))
    one = get(town, "/time_to_site/cases.xlsx")
    assert one.content[:2] == b"PK"
    assert one.headers["content-disposition"] == "attachment; filename=time_to_site.xlsx"
    chain = town.client.as_(town.who("auditor"), "GET", "/v1/audit?act=insight.exported&limit=10").json()["items"]
    assert {"report.csv", "report.xlsx", "time_to_site.csv"} <= {entry["details"]["file"] for entry in chain}


def test_cases_say_what_they_are_cases_of(town: Any, lived: File) -> None:
    del lived
    page = get(town, "/violations_by_contractor/cases", query=urlencode(YEAR | {"group": "no_contractor"})).json()
    assert page["title"] == {"zh": "施工单位违章", "en": "Violations by contractor"}
    assert page["meaning"]["en"].startswith("Violations opened in the time")
    assert page["group"] == {"zh": "施工单位不明", "en": "contractor unknown"}
    assert get(town, "/unfiled/cases").json()["group"] is None


def test_the_report_is_printed(town: Any, lived: File) -> None:
    del lived
    answer = get(town, "/report.pdf", query=urlencode(YEAR | {"area_id": str(town.east)}))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-1.7")
    assert len(answer.content) > 10_000


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        ("", urlencode({"since": YEAR["until"], "until": YEAR["since"]}), 422, "until"),
        ("", urlencode({"since": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}), 422, "until"),
        ("", f"{SPAN}&compare_since=2026-01-01T00:00:00Z", 422, "compare_until"),
        ("/time_to_lunch/cases", SPAN, 422, "figure"),
        ("/unfiled/cases", f"{SPAN}&cursor=x", 422, "cursor"),
        ("/unfiled/cases", f"{SPAN}&part=half", 422, "part"),
        ("/hot_spots/cases", f"{SPAN}&group=here", 422, "group"),
        ("/unfiled/cases", f"{SPAN}&cell=8f2830828052d25", 422, "cell"),
        ("/unfiled/cases", f"{SPAN}&street=here", 422, "street"),
        ("/hotspots", f"{SPAN}&resolution=15", 422, "resolution"),
        ("/report.csv", f"{SPAN}&language=fr", 422, "language"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(town: Any, path: str, query: str, status: int, field: str) -> None:
    answer = get(town, path, query=query)
    assert (answer.status_code, answer.json()["field"].rpartition(".")[2]) == (status, field)


def test_nobody_else_reads_or_takes_them(town: Any) -> None:
    for path in ("", "/areas", "/hotspots", *(f"/{name}" for name in insight_api.FILES)):
        assert get(town, path, "patroller").status_code == 403, path


def test_a_month_is_reported_again_and_taken_out(town: Any, lived: File) -> None:
    del lived
    manager, path = town.who("safety_manager"), insight_api.REPORTS
    first = insight_api.month_report(town)
    month = insight_api.ended(town)
    made = town.client.as_(manager, "POST", path, json={"month": month}).json()
    listed = town.client.as_(manager, "GET", f"{path}?limit=1").json()
    assert (listed["makes"], [one["id"] for one in listed["items"]]) == (True, [made["id"]])
    after = town.client.as_(manager, "GET", f"{path}?limit=200&cursor={listed['next']}").json()
    assert first in {one["id"] for one in after["items"]}
    assert made["version"] >= 2
    answer = town.client.as_(manager, "GET", f"{path}/{made['id']}/pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"] == f"attachment; filename=insight-{month}-v{made['version']}.pdf"
    assert hashlib.sha256(answer.content).hexdigest() == made["sha256"]
    assert len(answer.content) == made["size"]
    part = town.client.as_(town.who("dispatcher"), "GET", path).json()
    assert (part["makes"], part["items"]) == (False, [])


@pytest.mark.parametrize(
    ("body", "field"), [({"month": "2036-01"}, "month"), ({"month": "2026-14"}, "month"), ({"month": "x"}, "month")]
)
def test_a_month_that_cannot_be_reported_is_refused(town: Any, body: dict[str, str], field: str) -> None:
    answer = town.client.as_(town.who("safety_manager"), "POST", insight_api.REPORTS, json=body)
    assert (answer.status_code, answer.json()["field"].rpartition(".")[2]) == (422, field)
