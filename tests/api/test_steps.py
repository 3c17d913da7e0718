"""One site from the letter to the archive with real records over HTTP, and what was measured on the way."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import filing_api
import pytest
import step_records

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PATH = ("notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby", "completed")
FIRST = {"located": ("marking", "trial_pits"), "ready": ("agreement",)}
WORDS = {"words": "No. 7", "signed_by": ["王经理"]}


class Works:
    """One site beside a pipe, and people who write down what they do there."""

    def __init__(self, town: Any, place: tuple[float, float]) -> None:
        self.town, self.place = town, place
        self.id = town.site_at(town.who("safety_manager"), place)
        self.site = self.get()
        self.proof: dict[str, Any] = WORDS | {"lon": place[0], "lat": place[1], "accuracy_m": 5}

    def get(self, what: str = "") -> Any:
        answer = self.town.client.as_(self.town.who("safety_manager"), "GET", f"/v1/sites/{self.id}{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, kind: str, who: str = "dispatcher", **told: Any) -> Any:
        body = {"version": self.site["version"], "act": {"kind": kind} | told}
        answer = self.town.client.as_(self.town.who(who), "POST", f"/v1/sites/{self.id}/events", json=body)
        if answer.status_code == 200:
            self.site = answer.json()
        return answer

    def done(self, kind: str, who: str = "dispatcher", **told: Any) -> Any:
        answer = self.post(kind, who, **told)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look(self) -> None:
        """Have a patroller confirm works on the spot, with a picture."""
        person = str(self.town.who("patroller").id)
        if self.site["owner_id"] != person:
            self.done("assign", person_id=person, why="nearest")
        self.done("accept", "patroller")
        self.done("arrive", "patroller", proof=self.proof)
        files = {"picture": ("p.png", base64.b64decode(PIXEL), "image/png")}
        path = f"/v1/sites/{self.id}/pictures"
        sent = self.town.client.as_(self.town.who("patroller"), "POST", path, files=files)
        assert sent.status_code == 201, sent.text
        self.proof["pictures"] = [sent.json()["id"]]
        self.done("verify", "patroller", true=True, code="digging", proof=self.proof)

    def records(self, pipe: str) -> dict[str, dict[str, Any]]:
        return step_records.records(datetime.now(UTC), self.place, pipe)

    def go(self, to: str, pipe: str, **changed: Any) -> Any:
        """Take a step with all that it asks for, and those before it."""
        written = self.records(pipe)
        for first in FIRST.get(to, ()):
            self.done("record", step=first, proof=self.proof, record=written[first] | changed.pop(first, {}))
        return self.done("advance", to=to, proof=self.proof, record=written.get(to, {}) | changed)


@pytest.fixture
def works(town: Any, spot: Any) -> Works:
    return Works(town, spot())


def line(place: tuple[float, float], east: float = 0.002) -> list[tuple[float, float]]:
    lon, lat = place
    return [(lon - east, lat), (lon + east, lat)]


def test_a_site_goes_from_the_letter_to_the_archive_with_every_record(works: Works) -> None:
    town, pipe = works.town, "pipe-steps-1"
    with town.network(town.a, {pipe: line(works.place)}):
        works.look()
        for to in PATH:
            assert works.go(to, pipe)["state"] == to
            if to == "under_standby":
                written = works.records(pipe)["standby_check"]
                works.done("standby", "standby_supervisor", proof=works.proof, record=written)
        assert works.done("advance", to="closed")["state"] == "closed"
    events = works.get("/events?limit=200")["items"]
    told = {one["body"].get("to", one["body"].get("step")): one["body"] for one in events if "record" in one["body"]}
    assert set(told) >= {*PATH, "marking", "trial_pits", "agreement"}
    assert [one["name"] for one in told["briefed"]["record"]["attendees"]] == ["赵工", "李工", "王师傅"]
    assert told["trial_pits"]["record"]["points"][0]["depth_m"] == 1.1
    assert {one["party"] for one in told["located"]["record"]["signatures"]} == set(step_records.PARTIES)
    assert told["completed"]["record"]["leak_tight"] is True
    checked = next(one for one in events if one["kind"] == "standby_checked")
    assert checked["body"]["record"]["gas_lel_pct"] == 0


def test_the_next_steps_say_enough_to_draw_the_form_and_a_form_drawn_so_passes(works: Works) -> None:
    """Whoever fills in just what `next` asks for takes the step: nothing is asked that was not told."""
    works.look()
    blank: dict[str, Any] = {}
    for to in PATH:
        for first in FIRST.get(to, ()):
            asked = next(one for one in works.get("/next")["records"] if one["step"] == first)
            works.done("record", step=first, proof=works.proof, record=drawn(asked, works))
        step = next(one for one in works.get("/next")["steps"] if one["to"] == to and one["act"] != "change")
        asked = step["evidence"]
        assert step["refused"] == []
        record = blank if asked is None else drawn(asked, works)
        proof = works.proof | {"signed_by": ["王经理", "a", "b", "c"]}
        if asked is not None and any(one["required"] for one in asked["fields"]):
            assert works.post("advance", to=to, proof=proof, record=blank).status_code == 409
        assert works.done("advance", to=to, proof=proof, record=record)["state"] == to


def drawn(asked: dict[str, Any], works: Works) -> dict[str, Any]:
    """Fill in what is required by its type alone."""
    lon, lat = works.place
    now = datetime.now(UTC)
    found: dict[str, Any] = {"attendees": [], "signatures": []}
    for one in (each for each in asked["fields"] if each["required"]):
        assert one["zh"]
        assert one["en"]
        assert one["clause"]
        parties = one["parties"] or ["contractor"]
        match one["type"]:
            case "people":
                role = one["role"] or "other"
                known = asked["known"] if one["everyone"] else []
                names = [name for name in known if name != "excavator"] or [f"司机{len(found['attendees'])}"]
                found["attendees"] += [
                    {"name": name, "party": party, "role": role} for party in parties for name in names
                ]
            case "signatures":
                found["signatures"] += [{"name": f"代表 {party}", "party": party} for party in parties]
            case "points":
                point = {"lon": lon, "lat": lat, "sigma_m": 0.1} | ({"depth_m": 1.0} if one["depth"] else {})
                found["points"] = [point] * one["at_least"]
            case "line":
                found[one["name"]] = {"line": [[lon, lat], [lon + 0.0001, lat]], "sigma_m": 0.1}
            case "flag":
                found[one["name"]] = one["must_be"] is not False
            case "moment":
                ahead = timedelta(days=9) if one["name"] == "valid_until" else -timedelta(minutes=1)
                found[one["name"]] = (now + ahead).isoformat()
            case "word":
                found[one["name"]] = one["words"][0]["word"]
            case "number":
                assert one["unit"]
                found[one["name"]] = 1
            case _:
                found[one["name"]] = "x"
    return found


def test_a_step_that_lacks_something_says_field_clause_and_fix(works: Works) -> None:
    works.look()
    works.go("notified", "")
    works.go("filed", "")
    refused = works.post("advance", to="located", proof=works.proof | {"signed_by": ["a", "b", "c", "d"]}, record={})
    told = refused.json()
    assert (refused.status_code, told["field"], told["code"]) == (409, "state", "lacks_marking")
    assert told["clause"] == "产品规则，非法定 (product default, not law)：保护范围内须有标识"
    written = works.records("")
    bare = {name: value for name, value in written["trial_pits"].items() if name != "gas_lel_pct"}
    told = works.post("record", step="trial_pits", proof=works.proof, record=bare).json()
    assert (told["field"], told["code"]) == ("record.gas_lel_pct", "lacks_gas_lel_pct")
    assert told["fix"]
    assert "product default, not law" in told["clause"]
    before = works.get()["version"]
    works.done("record", step="trial_pits", proof=works.proof, record=written["trial_pits"])
    assert works.get()["version"] > before


def test_a_record_from_elsewhere_or_of_an_unknown_pipe_is_refused(works: Works) -> None:
    town, pipe = works.town, "pipe-steps-2"
    works.look()
    works.go("notified", pipe)
    written = works.records(pipe)["marking"]
    far = {name: value for name, value in works.proof.items() if name != "pictures"} | {"lat": works.place[1] + 0.01}
    with town.network(town.a, {pipe: line(works.place)}):
        assert works.post("record", step="marking", proof=far, record=written).json()["code"] == "lacks_pictures"
        told = works.post("record", step="marking", proof=works.proof | far, record=written).json()
        assert (told["code"], told["field"]) == ("too_far", "proof.position")  # a picture does not stand in for this
        slip = written | {"points": [one | {"lat": works.place[1] + 0.02} for one in written["points"]]}
        told = works.post("record", step="marking", proof=works.proof, record=slip).json()
        assert (told["code"], told["field"]) == ("too_far", "record.points")
        other = written | {"points": [one | {"pipe_id": "pipe-steps-nope"} for one in written["points"]]}
        told = works.post("record", step="marking", proof=works.proof, record=other).json()
        assert (told["code"], told["field"]) == ("unknown_pipe", "record.points")
        assert "pipe-steps-nope" in told["detail"]
        works.done("record", step="marking", proof=works.proof, record=written)
        told = works.post("advance", to="filed", proof=works.proof, record=slip).json()
        assert told["field"] == "record.points"  # also where the policy asks for no record


def test_an_operator_seen_on_the_spot_must_be_briefed(works: Works) -> None:
    works.look()
    more = {"name": "吴师傅", "party": "contractor", "role": "machine_operator", "machine": "excavator"}
    works.done("advance", to="notified", proof=works.proof, record={"attendees": [more]})
    works.go("filed", "")
    works.go("located", "")
    written = works.records("")["briefed"]
    told = works.post("advance", to="briefed", proof=works.proof, record=written).json()
    assert (told["field"], "吴师傅" in told["detail"]) == ("record.attendees", True)
    works.done(
        "advance", to="briefed", proof=works.proof, record=written | {"attendees": [*written["attendees"], more]}
    )


def test_protection_range_works_are_not_ready_without_the_agreement(works: Works) -> None:
    works.look()
    for to in PATH[:5]:
        works.go(to, "")
    step = next(one for one in works.get("/next")["steps"] if one["to"] == "ready")
    assert [one["code"] for one in step["refused"]] == ["lacks_agreement"]
    written = works.records("")
    refused = works.post("advance", to="ready", proof=works.proof, record=written["ready"])
    assert (refused.status_code, refused.json()["code"]) == (409, "lacks_agreement")
    works.done("record", step="agreement", proof=works.proof, record=written["agreement"])
    assert works.done("advance", to="ready", proof=works.proof, record=written["ready"])["state"] == "ready"


def test_a_filed_method_asks_for_the_clear_distance(works: Works) -> None:
    town = works.town
    filing_api.filed(
        town,
        town.who("contractor"),
        works.place,
        method="trenchless",
        valid_from=filing_api.day(-1),
        valid_until=filing_api.day(20),
        urgent=True,
    )
    works.site = works.get()  # a filing that fits is an event of the site
    works.look()
    for to in PATH[:4]:
        works.go(to, "")
    written = works.records("")["plan_signed"] | {"method": None}
    told = works.post("advance", to="plan_signed", proof=works.proof, record=written).json()
    assert told["field"] == "record.clear_distance_m"
    works.done("advance", to="plan_signed", proof=works.proof, record=written | {"clear_distance_m": 1.5})


# -- what was measured


def proposals(town: Any, who: str, **query: Any) -> list[dict[str, Any]]:
    asked = "&".join(f"{name}={value}" for name, value in ({"limit": 200} | query).items())
    answer = town.client.as_(town.who(who), "GET", f"/v1/network/proposals?{asked}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_pipe_measured_off_the_map_is_said_loudly_and_proposed(works: Works) -> None:
    town, pipe = works.town, "pipe-steps-3"
    off = (works.place[0], works.place[1] + 3.0 / 111_030)
    with town.network(town.a, {pipe: line(off)}):
        works.look()
        works.go("notified", pipe)
        written = works.records(pipe)
        site = works.done("record", step="trial_pits", proof=works.proof, record=written["trial_pits"])
        assert site["map_error"]["pipe_id"] == pipe
        assert site["map_error"]["off_m"] == pytest.approx(3.0, abs=0.05)
        found = proposals(town, "safety_manager", site=works.id)
        assert {(one["kind"], one["map_error"], one["state"]) for one in found} == {
            ("position", True, "open"),
            ("depth", False, "open"),
        }
        assert next(one for one in found if one["kind"] == "depth")["depth_m"] == 1.1
        event = next(one for one in works.get("/events?limit=200")["items"] if one["kind"] == "map_doubted")
        assert (event["actor"], event["body"]["pipe_id"]) == (None, pipe)
        assert event["body"]["proposal_id"] in {one["id"] for one in found}
        (place,) = (one for one in found if one["kind"] == "position")
        assert place["measured_by"]
        one = f"/v1/network/proposals/{place['id']}/decision"
        said = {"accept": True, "why": "资料员已改图"}
        answer = town.client.as_(town.who("safety_manager"), "POST", one, json=said)
        assert (answer.status_code, answer.json()["state"], answer.json()["why"]) == (200, "accepted", said["why"])
        again = town.client.as_(town.who("safety_manager"), "POST", one, json=said)
        assert (again.status_code, again.json()["field"]) == (409, "state")
    with town.network(town.a, {pipe: line(works.place)}):  # the GIS has moved it
        assert {one["state"] for one in proposals(town, "safety_manager", site=works.id, kind="position")} == {
            "settled"
        }


def test_a_map_that_agrees_is_told_so_and_nothing_is_loud(works: Works) -> None:
    town, pipe = works.town, "pipe-steps-4"
    with town.network(town.a, {pipe: line(works.place)}):
        works.look()
        works.go("notified", pipe)
        site = works.done("record", step="marking", proof=works.proof, record=works.records(pipe)["marking"])
        assert site["map_error"] is None
        assert {one["state"] for one in proposals(town, "safety_manager", site=works.id)} == {"settled"}


def test_proposals_are_read_by_area_and_decided_by_few(works: Works) -> None:
    town, pipe = works.town, "pipe-steps-5"
    works.look()
    works.go("notified", pipe)
    works.done("record", step="trial_pits", proof=works.proof, record=works.records(pipe)["trial_pits"])
    found = proposals(town, "safety_manager", pipe=pipe)
    assert len(found) == 2
    for who in ("tenant_admin", "auditor", "dispatcher", "locator", "patroller"):
        assert {one["id"] for one in proposals(town, who, pipe=pipe)} == {one["id"] for one in found}, who
    assert proposals(town, "safety_manager_b", pipe=pipe) == []
    one = f"/v1/network/proposals/{found[0]['id']}/decision"
    said = {"accept": False, "why": "x"}
    for who, wanted in {"dispatcher": 403, "locator": 403, "regulator": 403, "safety_manager_b": 404}.items():
        assert town.client.as_(town.who(who), "POST", one, json=said).status_code == wanted, who
    for who in ("contractor", "regulator", "device"):
        assert town.client.as_(town.who(who), "GET", "/v1/network/proposals").status_code == 403, who
    first = town.client.as_(town.who("safety_manager"), "GET", f"/v1/network/proposals?pipe={pipe}&limit=1").json()
    path = f"/v1/network/proposals?pipe={pipe}&limit=1&cursor={first['next']}"
    second = town.client.as_(town.who("safety_manager"), "GET", path).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {one["id"] for one in found}
    assert second["next"] is None
