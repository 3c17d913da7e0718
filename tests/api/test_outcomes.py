"""A site ends over HTTP, and who may sees what became of it, page by page, with the figures."""

from __future__ import annotations

from typing import Any

import ended_site
import strike_api
from site_api import File

PLACE = (116.7121, 39.5231)


def asked(town: Any, query: str = "", who: str = "safety_manager", path: str = "/v1/outcomes") -> Any:
    return town.client.as_(town.who(who), "GET", f"{path}?{query}")


def test_what_somebody_said_on_the_spot_is_the_outcome_once_the_site_has_ended(town: Any) -> None:
    file = File(town, PLACE)
    assert asked(town, f"site_id={file.id}").json()["items"] == []
    file.look(true=False)
    town.drain()
    (one,) = asked(town, f"site_id={file.id}").json()["items"]
    patroller = town.who("patroller")
    assert (one["ended"], one["true"], one["missed"], one["struck"]) == ("false", False, False, None)
    assert [(said["true"], said["by"]) for said in one["said"]] == [(False, f"person:{patroller.id}")]
    assert one["said"][0]["by_name"]
    assert (one["found"], one["papers"] in {"unfiled", "unknown"}) == (["report"], True)
    assert (one["version"], one["alarms"][0]["picture"]) == (file.get()["version"], "")
    events = asked(town, "limit=200", path=f"/v1/sites/{file.id}/events").json()["items"]
    assert one["event_id"] in {event["id"] for event in events}
    reopened = file.post("reopen", "safety_manager", reason="they dig after all")
    assert reopened.status_code == 200, reopened.text
    town.drain()
    assert [kept["id"] for kept in asked(town, f"site_id={file.id}").json()["items"]] == [one["id"]]


def test_pages_and_figures(town: Any) -> None:
    made = {ended_site.ended_at(town, town.a, (PLACE[0] + n / 100, PLACE[1])) for n in range(1, 4)}
    found, query = [], "limit=1&true=false"
    while True:
        page = asked(town, query).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query = f"limit=1&true=false&cursor={page['next']}"
    assert made <= set(found)
    assert len(set(found)) == len(found)
    figures = asked(town, strike_api.CENTURY, path="/v1/outcomes/figures").json()
    assert figures["ended"] >= figures["true"] + figures["untrue"] >= len(made)
    assert figures["ended"] == figures["true"] + figures["untrue"] + figures["unsaid"]
    assert figures["in_view"] <= figures["true"]
    early = asked(town, "since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z", path="/v1/outcomes/figures").json()
    assert (early["ended"], early["since"]) == (0, "2020-01-01T00:00:00Z")


def test_a_time_that_ends_before_it_begins_is_refused(town: Any) -> None:
    answer = asked(town, "since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", path="/v1/outcomes/figures")
    assert answer.status_code == 422
    assert "until" in answer.text
    assert asked(town, "true=perhaps").status_code == 422
