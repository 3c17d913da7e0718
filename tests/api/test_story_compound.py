"""The renewal of a compound, found by its property manager: no permit anywhere; over HTTP, from report to archive."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import filing_api
import pytest
import step_records
from road_crew import PIXEL, Crew

from pipewarden.casework import service as casework
from pipewarden.kit.clock import SetClock
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNED = {"signed_by": ["owner", "contractor", "supervisor", "operator"], "words": "No. 7"}
FIRM, CODE = "廊坊市广厦建筑工程有限公司", "91131000570000000A"
PLACE = (116.8505, 39.6605)
HALF = 0.002  # degrees: some 170 m by 220 m to each side


class Yard(Crew):
    """The crew of a compound: its steps are signed, and its contractor has a record."""

    def picture(self, role: Role) -> str:
        files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
        return str(self.ask(role, "POST", f"/v1/sites/{self.site}/pictures", 201, files=files)["id"])

    def records(self) -> Any:
        return step_records.records(self.clock.now(), PLACE)

    def step(self, to: str, role: Role = Role.DISPATCHER) -> Any:
        """Take a step of the path with all that it asks for, what comes before it included."""
        written, proof = self.records(), SIGNED | {"pictures": [self.picture(Role.PATROLLER)]}
        for first in {"located": ("marking", "trial_pits"), "plan_signed": ("agreement",)}.get(to, ()):
            self.do(role, "record", step=first, proof=proof, record=written[first])
        return self.do(role, "advance", to=to, proof=proof, record=written.get(to))

    def contractor(self) -> Any:
        (one,) = self.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors?name={FIRM}")["items"]
        return self.ask(Role.SAFETY_MANAGER, "GET", f"/v1/contractors/{one['id']}")

    def risk(self) -> dict[str, tuple[str, float]]:
        told = self.get("/risk")
        return {one["factor"]: (one["value"], one["weight"]) for one in told["factors"]}


@pytest.fixture
def crew(town: Any) -> Iterator[Yard]:
    """People whose clock begins four days ago and is moved by the story alone."""
    real = town.home.factory.clock
    clock = SetClock((datetime.now(UTC) - timedelta(days=4)).replace(hour=1, minute=0, second=0, microsecond=0))
    object.__setattr__(town.home.factory, "clock", clock)
    yield Yard(town, clock, PLACE, "yard-1")
    object.__setattr__(town.home.factory, "clock", real)


def renewal(town: Any) -> None:
    """Let the house know the compound."""
    (lon, lat), h = PLACE, HALF
    ring = [[lon - h, lat - h], [lon + h, lat - h], [lon + h, lat + h], [lon - h, lat + h], [lon - h, lat - h]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "id": "xq-1", "properties": {"name": "幸福小区"}, "geometry": shape}
    body = {"type": "FeatureCollection", "features": [feature]}
    with town.at(town.a) as work:
        done = casework.import_compounds(work, people.operator(town.a), body, crs="EPSG:4326", name="compounds.geojson")
    assert done.added == ("xq-1",)


def test_the_renewal_of_a_compound_is_found_by_its_property_manager(town: Any, crew: Yard) -> None:
    renewal(town)
    lon, lat = PLACE
    with town.network(town.a, {"yard-1": [(lon - HALF, lat), (lon + HALF, lat)]}, material="PE80", sigma_m=1.5):
        found(crew)
        why_it_counts(crew)
        visited(crew)
        seen_again(crew)
        filed_late(crew)
        led_to_the_archive(crew)
        recorded(crew)


def tells(crew: Yard, name: str) -> None:
    data = {"words": "小区改造，挖机在挖沟", "lon": PLACE[0], "lat": PLACE[1], "accuracy_m": 5.0}
    at = crew.clock.now().isoformat()
    event = {"specversion": "1.0", "id": name, "source": "phone", "type": "pipewarden.report", "time": at, "data": data}
    headers = {"content-type": "application/cloudevents+json"}
    sent = crew.ask(Role.PROPERTY_MANAGER, "POST", "/v1/observations", 201, content=json.dumps(event), headers=headers)
    assert sent["items"][0]["observation_id"]
    crew.town.drain()


def found(crew: Yard) -> None:
    """The property manager tells of it by the existing door, words and a place; a site opens at once."""
    tells(crew, "pm-1")
    listed = crew.ask(Role.SAFETY_MANAGER, "GET", "/v1/sites?filing=unfiled&order=risk&open=true&limit=200")["items"]
    (mine,) = [one for one in listed if one["compound"] == "幸福小区"]
    crew.site = mine["id"]
    assert (mine["filed"], mine["zone"], mine["level"], mine["risk_level"]) == ("unfiled", "protection", 1, 1)
    assert mine["risk_score"] == pytest.approx(crew.get("/risk")["score"])
    order = [(one["risk_level"], -(one["risk_score"] or 1e9)) for one in listed]
    assert order == sorted(order)


def why_it_counts(crew: Yard) -> None:
    """Nobody has filed it, and it says how few in a compound are; the ground shows in the risk, factor by factor."""
    told = crew.get()["filing"]
    assert (told["status"], told["filing_id"]) == ("unfiled", None)
    assert "12% of works inside a compound" in told["reason"]
    known = crew.risk()
    assert known["papers"] == ("unfiled", 1.3)
    assert known["compound"] == ("inside", 1.2)
    assert known["threshold"] == ("below", 1.2)
    assert known["material"] == ("pe", 1.1)
    assert known["map"] == ("unsure", 1.15)
    assert known["contractor"] == ("unknown", 1.05)
    rules = crew.rules()
    assert rules["V-PLAN"] == rules["V-FORBIDDEN"] == "unknown"  # what an unfiled site does not say stays unknown
    assert "violated" not in rules.values()


def visited(crew: Yard) -> None:
    """Somebody is sent, is proved there, sees the works, and writes down whose they are; the notice is handed over."""
    crew.who(Role.PATROLLER)
    crew.do(Role.DISPATCHER, "assign", person_id=crew.ids[Role.PATROLLER], why="nearest")
    crew.do(Role.PATROLLER, "accept")
    crew.clock.advance(timedelta(minutes=20))
    crew.do(Role.PATROLLER, "arrive", proof={"lon": PLACE[0], "lat": PLACE[1], "accuracy_m": 5})
    proof = {"pictures": [crew.picture(Role.PATROLLER)], "words": "I stand here"}
    crew.do(Role.PATROLLER, "verify", true=True, code="digging", proof=proof)
    crew.do(Role.PATROLLER, "name_contractor", name=f" {FIRM} ", code="", reason="the board at the gate")
    assert crew.risk()["contractor"] == ("ordinary", 1.02)  # one entry, not enough to be marked
    assert [one["kind"] for one in crew.contractor()["entries"]] == ["missing_filing"]
    assert crew.do(Role.PATROLLER, "advance", to="notified", proof=SIGNED)["state"] == "notified"
    again = crew.ask(Role.SAFETY_MANAGER, "GET", f"/v1/sites/{crew.site}")
    assert again["contractor_id"] == crew.contractor()["id"]


def seen_again(crew: Yard) -> None:
    """The machine works on, unbriefed: the house opens the violation, and the record is marked by it."""
    before = crew.get()["risk_score"]
    crew.clock.advance(timedelta(hours=1))
    tells(crew, "pm-2")
    (broken,) = crew.get()["violations"]
    assert (broken["code"], broken["severity"]) == ("V-UNBRIEFED", "major")
    assert crew.risk()["contractor"] == ("marked", 1.15)
    assert crew.get()["risk_score"] > before
    assert sorted(one["kind"] for one in crew.contractor()["entries"]) == ["major", "missing_filing"]
    crew.do(Role.PATROLLER, "fix", violation_id=broken["id"], proof={"pictures": [crew.picture(Role.PATROLLER)]})
    assert crew.rules()["V-UNBRIEFED"] == "violated"  # as it was seen last; what was put right opens nothing anew
    assert [one["fixed_at"] is not None for one in crew.get()["violations"]] == [True]


def filed_late(crew: Yard) -> None:
    """The contractor files what it has begun: late, matched against the odds of a compound, and answered."""
    crew.clock.advance(timedelta(hours=3))
    local = crew.clock.now().astimezone(filing_api.CHINA).date()
    parties = [{"role": "contractor", "name": FIRM, "contact": "13800001234", "code": CODE}]
    works = filing_api.works(
        PLACE, valid_from=local.isoformat(), valid_until=(local + timedelta(days=20)).isoformat(), parties=parties
    )
    made = crew.ask(Role.CONTRACTOR, "POST", "/v1/filings", 201, json=works)
    assert made["decision"]["late"] is True
    told = crew.get()
    assert (told["filed"], told["filed_id"]) == ("filed", made["id"])
    prior = next(one for one in told["filing"]["parts"] if one["name"] == "prior")
    assert prior["weight"] == pytest.approx(0.12 / 0.88)
    known = crew.risk()
    assert (known["papers"][0], known["threshold"][0]) == ("filed", "listed")
    body = {"version": made["version"], "act": {"kind": "answer", "words": "一根中压管"}}
    crew.ask(Role.DISPATCHER, "POST", f"/v1/filings/{made['id']}/events", json=body)
    assert crew.rules()["V-AREA"] == "compliant"
    assert crew.get("/events?limit=200")["items"][-1]["kind"] == "matched"


def led_to_the_archive(crew: Yard) -> None:
    """Papers, briefing, plan, standby and completion, each refused before its time."""
    early = crew.do(Role.DISPATCHER, "advance", 409, to="under_standby", proof=SIGNED)
    assert early["code"] == "not_next"
    scores = [crew.get()["risk_score"]]
    for to in ("filed", "located", "briefed", "plan_signed", "ready"):
        crew.clock.advance(timedelta(minutes=30))
        assert crew.step(to)["state"] == to
        scores.append(crew.get()["risk_score"])
    assert scores[-1] < scores[0]
    assert crew.rules()["V-PLAN"] == "compliant"
    crew.step("under_standby", Role.PATROLLER)
    watching = {"pictures": [crew.picture(Role.STANDBY_SUPERVISOR)]}
    crew.do(Role.STANDBY_SUPERVISOR, "standby", proof=watching, record=crew.records()["standby_check"])
    assert (crew.rules()["V-STANDBY"], crew.risk()["papers"][0]) == ("compliant", "standby")
    crew.clock.advance(timedelta(days=1))
    crew.step("completed")
    done = crew.do(Role.DISPATCHER, "advance", to="closed")
    assert (done["state"], done["open"]) == ("closed", False)
    assert done["level"] == 1  # as its zone demands, to the end


def recorded(crew: Yard) -> None:
    """The contractor reads its own record, appeals, and another than the one who made the entry decides."""
    whole = crew.contractor()
    assert (whole["code"], whole["history"]) == (CODE, "marked")
    kinds = sorted(one["kind"] for one in whole["entries"])
    assert kinds == ["late_filing", "major", "missing_filing"]  # works with violations are no good conduct
    path = f"/v1/contractors/{whole['id']}"
    crew.ask(Role.CONTRACTOR, "GET", path, 404)
    speaker = {"person_id": crew.ids[Role.CONTRACTOR]}
    crew.ask(Role.SAFETY_MANAGER, "PUT", f"{path}/speaker", json=speaker)
    assert [one["id"] for one in crew.ask(Role.CONTRACTOR, "GET", "/v1/contractors")["items"]] == [whole["id"]]
    entry = next(one for one in whole["entries"] if one["kind"] == "missing_filing")
    asked = {"entry_id": entry["id"], "reason": "the street office had filed it", "evidence": ["letter 2026-11-20"]}
    made = crew.ask(Role.CONTRACTOR, "POST", f"{path}/appeals", 201, json=asked)
    marked = next(one for one in made["entries"] if one["id"] == entry["id"])
    assert (marked["under_appeal"], marked["counts"], made["points"]) == (True, True, whole["points"])
    appeal = marked["appeals"][0]["id"]
    crew.town.drain()
    word = {"struck_out": True, "reason": "the letter is genuine"}
    crew.ask(Role.CONTRACTOR, "POST", f"{path}/appeals/{appeal}/decision", 403, json=word)
    crew.clock.advance(timedelta(minutes=1))
    after = crew.ask(Role.SAFETY_MANAGER, "POST", f"{path}/appeals/{appeal}/decision", json=word)
    assert (after["points"], after["history"]) == (whole["points"] - 3, "ordinary")
    crew.town.drain()
    for role in (Role.CONTRACTOR, Role.SAFETY_MANAGER):
        told = crew.ask(role, "GET", "/v1/me/messages?limit=50")["items"]
        assert sum(FIRM in json.dumps(one, ensure_ascii=False) for one in told) == 2, role
