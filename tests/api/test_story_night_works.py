"""Filed works that go on after hours: said by the rules, put right without a stop, and in the contractor's record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import filing_api
import pytest
from road_crew import crew_at

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from road_crew import Crew

FIRM = "廊坊市夜路市政工程有限公司"
PIPE = "night-pipe-1"
PATH = ("notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby")
FIRST = {"located": ("marking", "trial_pits"), "ready": ("agreement",)}


@pytest.fixture
def crew(town: Any, spot: Any) -> Iterator[Crew]:
    """People around one place, twelve days ago."""
    with crew_at(town, spot(), PIPE) as made:
        yield made


def test_works_after_hours_are_a_violation_that_stops_nothing_and_is_counted(crew: Crew) -> None:
    begun = crew.clock.now()
    lon, lat = crew.place
    with crew.town.network(crew.town.a, {PIPE: [(lon - 0.002, lat), (lon + 0.002, lat)]}):
        under_way(crew, begun)
        at_the_edge(crew, begun)
        after_hours(crew, begun)
        again(crew, begun)
        ended(crew, begun)


def under_way(crew: Crew, begun: datetime) -> None:
    """Works are filed for 08:00 to 18:00, answered, found, visited and led to the standby."""
    first, last = (begun.astimezone(filing_api.CHINA).date() + timedelta(days=days) for days in (7, 9))
    works = filing_api.works(
        crew.place,
        valid_from=first.isoformat(),
        valid_until=last.isoformat(),
        hours={"opens": "08:00", "shuts": "18:00"},
        parties=[{"role": "contractor", "name": FIRM}],
    )
    made = crew.ask(Role.CONTRACTOR, "POST", "/v1/filings", 201, json=works)
    body = {"version": made["version"], "act": {"kind": "answer", "words": "x"}}
    crew.ask(Role.DISPATCHER, "POST", f"/v1/filings/{made['id']}/events", json=body)
    crew.at(7, "08:30", begun)
    crew.report("night-1")
    (mine,) = [
        one
        for one in crew.ask(Role.SAFETY_MANAGER, "GET", "/v1/sites?filing=filed&open=true&limit=200")["items"]
        if one["filed_id"] == made["id"]
    ]
    crew.site = mine["id"]
    crew.who(Role.PATROLLER)
    crew.do(Role.DISPATCHER, "assign", person_id=crew.ids[Role.PATROLLER], why="nearest")
    crew.do(Role.PATROLLER, "accept")
    crew.do(Role.PATROLLER, "arrive", proof=crew.here(Role.PATROLLER))
    crew.do(Role.PATROLLER, "verify", true=True, code="digging", proof=crew.here(Role.PATROLLER))
    crew.clock.advance(timedelta(hours=1))
    for to in PATH:
        for step in FIRST.get(to, ()):
            crew.write(step)
        assert crew.go(to)["state"] == to


def at_the_edge(crew: Crew, begun: datetime) -> None:
    """At 17:59 a machine is in time, and the hour is over at 18:00; time alone accuses nobody of it."""
    crew.at(7, "17:30", begun)
    crew.check_in()
    crew.at(7, "17:59", begun)
    crew.report("night-2")
    assert crew.rules()["V-HOURS"] == "compliant"
    crew.at(7, "18:01", begun)
    crew.ask_rules()
    assert (crew.rules()["V-HOURS"], crew.get()["violations"]) == ("compliant", [])


def after_hours(crew: Crew, begun: datetime) -> None:
    """A machine seen at 18:00 or later breaks the filed hours; it is minor, so the works need not stop for it."""
    crew.at(7, "18:20", begun)
    crew.check_in()
    crew.report("night-3")
    (broken,) = crew.get()["violations"]
    assert (broken["code"], broken["severity"]) == ("V-HOURS", "minor")
    assert "产品规则" in broken["clause"]
    due = datetime.fromisoformat(broken["due_at"])
    assert due - datetime.fromisoformat(broken["opened_at"]) == timedelta(days=1)
    opened = next(one for one in crew.events() if one["kind"] == "violation_opened")
    told = {one["fact"]: one["value"] for one in opened["body"]["evidence"]}
    assert (opened["actor"], told["permit.in_hours"], told["permit.in_period"]) == (None, "false", "true")
    crew.clock.advance(timedelta(minutes=5))
    crew.report("night-4")
    assert len(crew.get()["violations"]) == 1, "what is open is not opened again"
    crew.do(Role.PATROLLER, "fix", violation_id=broken["id"], proof=crew.here(Role.PATROLLER))
    assert crew.get()["stops"] == []
    assert crew.papers() == "standby"


def again(crew: Crew, begun: datetime) -> None:
    """The next night it happens anew, which is another violation; in the hours between nothing is wrong."""
    crew.at(8, "08:50", begun)
    crew.check_in()
    crew.at(8, "09:00", begun)
    crew.report("night-5")
    assert crew.rules()["V-HOURS"] == "compliant"
    crew.at(8, "22:00", begun)
    crew.check_in()
    crew.report("night-6")
    codes = [(one["code"], one["fixed_at"] is None) for one in crew.get()["violations"]]
    assert codes == [("V-HOURS", False), ("V-HOURS", True)]


def ended(crew: Crew, begun: datetime) -> None:
    """The file is closed when all of it is put right, and the record of the contractor says how often."""
    crew.at(9, "10:00", begun)
    crew.go("completed")
    held = crew.do(Role.DISPATCHER, "advance", 409, to="closed")
    assert (held["code"], "V-HOURS" in held["detail"]) == ("violation_open", True)
    last = crew.get()["violations"][-1]
    crew.do(Role.PATROLLER, "fix", violation_id=last["id"], proof=crew.here(Role.PATROLLER))
    assert crew.do(Role.DISPATCHER, "advance", to="closed")["state"] == "closed"
    (firm,) = crew.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors?name={FIRM}")["items"]
    record = crew.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors/{firm['id']}")
    assert sorted(one["kind"] for one in record["entries"]) == ["minor", "minor"]
