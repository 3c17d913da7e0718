"""Figures over HTTP: what several suites ask for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

YEAR = {"since": "2026-03-01T00:00:00Z", "until": "2027-02-01T00:00:00Z"}
SPAN = urlencode(YEAR)
FILES = ("report.csv", "report.xlsx", "report.pdf", "unfiled/cases.csv", "unfiled/cases.xlsx")


def every(town: Any, who: Any, figure: str, query: str = SPAN) -> list[dict[str, Any]] | int:
    """Return every case of a figure, page after page; the status where it is not 200."""
    found: list[dict[str, Any]] = []
    more = ""
    while True:
        answer = town.client.as_(who, "GET", f"/v1/insight/{figure}/cases?limit=200&{query}{more}")
        if answer.status_code != 200:
            return int(answer.status_code)
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            assert page["total"] == len(found)
            return found
        more = f"&cursor={page['next']}"


def see_cases(town: Any, who: Any, things: Any) -> list[str]:
    """Say which of four sites somebody counts."""
    found = every(town, who, "time_to_close")
    if isinstance(found, int):
        return [str(found)] * 4
    ids = {one["id"] for one in found}
    return ["in" if one in ids else "out" for one in things.sites]


def _once(path: str) -> Any:
    def ask(town: Any, who: Any, _things: Any) -> list[str]:
        return [str(town.client.as_(who, "GET", f"{path}?{SPAN}").status_code)]

    return ask


REPORTS = "/v1/insight/reports"


def see_reports(town: Any, who: Any, things: Any) -> list[str]:
    """Say whether somebody lists a report that is there."""
    mine = month_report(town, things)
    answer = town.client.as_(who, "GET", f"{REPORTS}?limit=200")
    if answer.status_code != 200:
        return [str(answer.status_code)]
    return ["in" if mine in {one["id"] for one in answer.json()["items"]} else "out"]


def make_report(town: Any, who: Any, things: Any) -> list[str]:
    """Say whether somebody may print a month; of one that is not over nothing is printed."""
    del things
    return [str(town.client.as_(who, "POST", REPORTS, json={"month": ended(town)}).status_code)]


def take_report(town: Any, who: Any, things: Any) -> list[str]:
    """Say whether somebody takes a report out."""
    return [str(town.client.as_(who, "GET", f"{REPORTS}/{month_report(town, things)}/pdf").status_code)]


def ended(town: Any) -> str:
    """Return a month that is over."""
    return str(town.client.as_(town.who("safety_manager"), "GET", REPORTS).json()["last_month"])


def month_report(town: Any, things: Any = None) -> str:
    """Return a report of the first tenant, made by its safety manager at the first question."""
    del things
    manager = town.who("safety_manager")
    found = town.client.as_(manager, "GET", f"{REPORTS}?limit=1").json()
    if not found["items"]:
        answer = town.client.as_(manager, "POST", REPORTS, json={"month": found["last_month"]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])
    return str(found["items"][0]["id"])


ASKS: dict[str, Any] = {
    "GET /v1/insight": _once("/v1/insight"),
    "GET /v1/insight/areas": _once("/v1/insight/areas"),
    "GET /v1/insight/hotspots": _once("/v1/insight/hotspots"),
    **{f"GET /v1/insight/report.{kind}": _once(f"/v1/insight/report.{kind}") for kind in ("csv", "xlsx", "pdf")},
    "GET /v1/insight/reports": see_reports,
    "POST /v1/insight/reports": make_report,
    "GET /v1/insight/reports/{report_id}/pdf": take_report,
    "GET /v1/insight/{figure}/cases": see_cases,
    **{
        f"GET /v1/insight/{{figure}}/cases.{kind}": _once(f"/v1/insight/unfiled/cases.{kind}")
        for kind in ("csv", "xlsx")
    },
}


def fuzzed() -> dict[str, dict[str, Any]]:
    """Return a request that is right for each operation."""
    report = YEAR | {"compare_since": "2025-03-01T00:00:00Z", "compare_until": "2026-02-01T00:00:00Z"}
    figure = {"figure": "sites_by_area"}
    return {
        "GET /v1/insight": {"query": report},
        "GET /v1/insight/areas": {"query": YEAR},
        "GET /v1/insight/hotspots": {"query": YEAR | {"resolution": 7, "limit": 3}},
        "GET /v1/insight/report.csv": {"query": report | {"language": "en"}},
        "GET /v1/insight/report.xlsx": {"query": report},
        "GET /v1/insight/report.pdf": {"query": report},
        "GET /v1/insight/reports": {"query": {"limit": 3}},
        "POST /v1/insight/reports": {"body": {"month": "2026-09"}},
        "GET /v1/insight/reports/{report_id}/pdf": {"path": {"report_id": "0190e0c2-0000-7000-8000-000000000000"}},
        "GET /v1/insight/{figure}/cases": {"path": figure, "query": YEAR | {"part": "counted", "limit": 3}},
        "GET /v1/insight/{figure}/cases.csv": {"path": figure, "query": YEAR},
        "GET /v1/insight/{figure}/cases.xlsx": {"path": figure, "query": YEAR | {"language": "en"}},
    }
