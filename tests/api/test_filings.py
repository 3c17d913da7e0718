"""Filings over HTTP: answered at once, followed to their end, and each bad one told by field and fix."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import filing_api
import pytest


class Filing:
    """One filing and who acts on it."""

    def __init__(self, town: Any, who: str, place: tuple[float, float], **more: Any) -> None:
        self.town, self.who = town, who
        self.id = filing_api.filed(town, town.who(who), place, **more)
        self.version = 2

    def get(self, what: str = "", who: str = "safety_manager") -> Any:
        return self.town.client.as_(self.town.who(who), "GET", f"/v1/filings/{self.id}{what}")

    def act(self, kind: str, who: str = "dispatcher", **told: Any) -> Any:
        body = {"version": told.pop("version", self.version), "act": {"kind": kind} | told}
        answer = self.town.client.as_(self.town.who(who), "POST", f"/v1/filings/{self.id}/events", json=body)
        if answer.status_code == 200:
            self.version = answer.json()["version"]
        return answer


def send(town: Any, who: str, body: dict[str, Any]) -> Any:
    return town.client.as_(town.who(who), "POST", "/v1/filings", json=body)


def test_a_contractors_filing_is_answered_at_once_without_naming_a_pipe(town: Any, spot: Any) -> None:
    lon, lat = spot()
    with town.network(town.a, {"pipe-7": [(lon - 0.002, lat), (lon + 0.002, lat)]}):
        digger = {"role": "contractor", "name": "通途市政", "contact": "13800001234"}
        answer = send(town, "contractor", filing_api.works((lon, lat), parties=[digger]))
        assert answer.status_code == 201, answer.text
        told = answer.json()
        said = told["decision"]
        assert (told["state"], said["zone"], said["late"], told["pipes"]) == ("filed", "protection", False, None)
        first = said["overlaps"][0]
        assert (first["pressure_class"], first["zone"]) == ("medium", "protection")
        assert 34 < first["metres"] < 40
        assert "pipe-7" not in answer.text
        notice = next(one for one in said["required"] if one["kind"] == "file")
        assert told["time_zone"] == filing_api.CHINA.key
        due = datetime.fromisoformat(notice["due_at"]).astimezone(filing_api.CHINA)
        assert due.isoformat() == f"{filing_api.day(25)}T00:00:00+08:00"
        assert notice["clause"] == "河北省燃气管理条例 第四十三条"
        seen = town.client.as_(town.who("dispatcher"), "GET", f"/v1/filings/{told['id']}").json()
        assert {one["pipe_id"] for one in seen["pipes"]} == {"pipe-7"}
        own = town.client.as_(town.who("contractor"), "GET", "/v1/filings?mine=true").json()["items"]
        assert [one["id"] for one in own] == [told["id"]]
        reached = [party["contact"] for party in seen["parties"]]
        assert any(reached), "one filing says how its parties are reached, and leaves a look on record"
        assert [party["contact"] for party in own[0]["parties"]] == [""] * len(reached), "a list does neither"
        assert town.client.as_(town.who("owner"), "GET", f"/v1/filings/{told['id']}").status_code == 404


def test_a_filing_is_answered_revised_renewed_handed_over_and_cancelled(town: Any, spot: Any) -> None:
    place = spot()
    filing = Filing(town, "contractor", place)
    assert filing.act("answer", words="一根中压管").json()["state"] == "answered"
    revised = filing.act("revise", "contractor", works=filing_api.works(place, depth_m=6), reason="改深").json()
    assert (revised["state"], revised["depth_m"], revised["answered_at"]) == ("filed", 6, None)
    renewed = filing.act("renew", "contractor", valid_until=filing_api.day(50), reason="雨天").json()
    until = datetime.fromisoformat(renewed["valid_until"]).astimezone(filing_api.CHINA)
    assert until.isoformat() == f"{filing_api.day(51)}T00:00:00+08:00"
    handed = filing.act("hand_over", name="邻区燃气", contact="12345", reason="管线属邻区").json()
    assert [one["name"] for one in handed["parties"]] == ["邻区燃气"]
    assert filing.act("cancel", "contractor", reason="不做了").json()["state"] == "cancelled"
    refused = filing.act("answer", words="x")
    assert (refused.status_code, refused.json()["field"]) == (409, "state")
    events = filing.get("/events").json()["items"]
    assert [one["kind"] for one in events][-2:] == ["handed_over", "cancelled"]
    assert {one["actor"] for one in events if one["kind"] == "checked"} == {None}
    page = filing.get("/events?limit=3").json()
    more = filing.get(f"/events?limit=50&cursor={page['next']}").json()
    assert [one["version"] for one in page["items"] + more["items"]] == list(range(1, len(events) + 1))


def test_who_filed_does_not_answer_and_an_old_version_is_refused(town: Any, spot: Any) -> None:
    filing = Filing(town, "contractor", spot())
    assert filing.act("answer", "contractor", words="我自己答").status_code == 403
    assert filing.act("answer", words="x").status_code == 200
    stale = filing.act("cancel", "contractor", reason="x", version=1)
    assert (stale.status_code, stale.json()["code"], stale.json()["present"]["version"]) == (409, "stale", 3)


def test_an_emergency_is_filed_after_it_began(town: Any, spot: Any) -> None:
    said = {"urgent": True, "valid_from": filing_api.moment(hours=-3), "valid_until": filing_api.day(1)}
    answer = send(town, "dispatcher", filing_api.works(spot(), **said)).json()
    papers = next(one for one in answer["decision"]["required"] if one["kind"] == "file_after_emergency")
    begun = datetime.fromisoformat(answer["valid_from"])
    assert (datetime.fromisoformat(papers["due_at"]) - begun, papers["late"]) == (timedelta(hours=24), False)
    late = {**said, "valid_from": filing_api.moment(hours=-25)}
    assert send(town, "dispatcher", filing_api.works(spot(), **late)).json()["decision"]["late"] is True


def test_lists_are_narrowed_and_paged(town: Any, spot: Any) -> None:
    place = spot()
    first, second = (Filing(town, "dispatcher", place, method=one) for one in ("piling", "blasting"))
    lon, lat = place
    box = f"{lon - 0.0005},{lat - 0.0005},{lon + 0.0005},{lat + 0.0005}"

    def listed(query: str) -> list[str]:
        answer = town.client.as_(town.who("dispatcher"), "GET", f"/v1/filings?bbox={box}&{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert listed("limit=9") == [second.id, first.id]
    assert listed("method=piling") == [first.id]
    assert listed("state=cancelled") == listed("urgent=true") == []
    assert listed(f"area={town.east}") == [second.id, first.id]
    assert listed(f"area={town.west}") == []
    page = town.client.as_(town.who("dispatcher"), "GET", f"/v1/filings?bbox={box}&limit=1").json()
    assert listed(f"cursor={page['next']}") == [first.id]
    late = Filing(town, "dispatcher", place, valid_from=filing_api.day(0), valid_until=filing_api.day(2))
    newest = Filing(town, "dispatcher", place, words="雨水井", parties=[{"role": "owner", "name": "水务局"}])
    assert listed("late=true") == [late.id]
    query = f"/v1/filings?bbox={box}&late_first=true&limit=1"
    page = town.client.as_(town.who("dispatcher"), "GET", query).json()
    assert [one["id"] for one in page["items"]] == [late.id]
    assert listed(f"late_first=true&cursor={page['next']}") == [newest.id, second.id, first.id]
    assert listed("q=水务") == listed("q=雨水") == [newest.id]
    assert listed(f"until={filing_api.day(9)}T00:00:00Z") == [late.id]
    assert listed(f"since={filing_api.day(9)}T00:00:00Z&place=CN-HE") == [newest.id, second.id, first.id]
    assert listed("place=CN-SD") == []


BOW = {
    "type": "Polygon",
    "coordinates": [[[116.7, 39.5], [116.71, 39.51], [116.71, 39.5], [116.7, 39.51], [116.7, 39.5]]],
}
METRES = {"type": "Polygon", "coordinates": [[[5e5, 4e6], [5e5 + 99, 4e6], [5e5 + 99, 4e6 + 99], [5e5, 4e6]]]}
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}
HUGE = {"type": "Polygon", "coordinates": [[[116.5, 39.4], [116.8, 39.4], [116.8, 39.6], [116.5, 39.6], [116.5, 39.4]]]}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"area": BOW}, "area"),
        ({"area": HUGE}, "area"),
        ({"area": {"type": "LineString", "coordinates": [[116.7, 39.5], [116.8, 39.5]]}}, "area"),
        ({"area": {}}, "area"),
        ({"area": METRES}, "area"),
        ({"area": filing_api.ground((116.7, 39.5)) | {"crs": CRS}}, "area"),
        ({"area": filing_api.ground((120.0, 30.0))}, "area"),
        ({"valid_until": "2026-02-01"}, "valid_until"),
        ({"valid_from": "someday"}, "valid_from"),
        ({"place": "CN-HE-lanfang"}, "place"),
        ({"machines": ["digger"]}, "machines"),
        ({"method": "dig"}, "body.method"),
        ({"colour": "red"}, "body.colour"),
    ],
)
def test_a_bad_filing_is_told_by_its_field_and_leaves_nothing(town: Any, more: dict[str, Any], field: str) -> None:
    body = {**filing_api.works((116.7, 39.5)), **more}
    count = len(town.client.as_(town.who("safety_manager"), "GET", "/v1/filings?limit=200").json()["items"])
    answer = send(town, "safety_manager", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].endswith(field.removeprefix("body."))
    assert answer.json()["fix"]
    after = town.client.as_(town.who("safety_manager"), "GET", "/v1/filings?limit=200").json()["items"]
    assert len(after) == count


def test_what_is_in_force_is_told_with_its_examples_and_weights(town: Any) -> None:
    rules = town.client.as_(town.who("dispatcher"), "GET", "/v1/rules").json()
    (unbriefed,) = (one for one in rules["rules"] if one["code"] == "V-UNBRIEFED")
    assert (unbriefed["by_h"], unbriefed["who"], unbriefed["severity"]) == (2.0, "contractor", "major")
    assert "machine.seen_at" in unbriefed["reads"]
    assert {one["result"] for one in unbriefed["examples"]} >= {"violated", "compliant"}
    assert all(one["facts"] for one in unbriefed["examples"])
    weights = town.client.as_(town.who("dispatcher"), "GET", "/v1/weights").json()
    assert [one["level"] for one in weights["levels"]] == [1, 2, 3, 4]
    works = next(one for one in weights["factors"] if one["factor"] == "works")["weights"]
    assert {one["value"]: one["weight"] for one in works}["excavator"] == 90
    assert all(one["source"] for factor in weights["factors"] for one in factor["weights"])
