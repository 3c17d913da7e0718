"""A clerk brings a pipe map over HTTP: looked at, read as they say, compared, confirmed, active, and back again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from owed_api import NOTHING
from sqlalchemy import text

from pipewarden.network import jobs
from pipewarden.network.adapters import FileReader
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Role

LINES = {f"pipe-{n}": ((116.72, 39.45 + n / 1000), (116.73, 39.45 + n / 1000)) for n in range(5)}


def body(lines: dict[str, Any], key: str = "bh", wide: float = 200) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {key: name, "pressure": "medium", "diameter_mm": wide},
            "geometry": {"type": "LineString", "coordinates": line},
        }
        for name, line in lines.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


class Clerk:
    """Whoever brings maps, and the worker behind the door."""

    def __init__(self, town: Any, who: str = "tenant_admin") -> None:
        self.town, self.who = town, town.who(who)
        self.work_off()  # what others left waiting: five of a tenant are the most

    def ask(self, method: str, path: str, **more: Any) -> Any:
        return self.town.client.as_(self.who, method, f"/v1/networks{path}", **more)

    def work_off(self) -> None:
        jobs.work_off_drafts(self.town.home.factory.begin, FileReader(), self.town.home.blobs)

    def bring(self, content: bytes, name: str = "q3.geojson") -> str:
        asked = self.ask("POST", "/drafts", params={"name": name}, content=content)
        assert asked.status_code == 202, asked.text
        self.work_off()
        return f"/drafts/{asked.json()['id']}"

    def choose(self, draft: str, **said: Any) -> Any:
        choice = {"crs": "EPSG:4326", "jurisdiction": "CN-HE-langfang", "fields": {"id": {"column": "bh"}}} | said
        asked = self.ask("PUT", f"{draft}/choice", json=choice)
        assert asked.status_code == 202, asked.text
        self.work_off()
        return self.ask("GET", draft).json()


def test_the_way_of_a_map_over_http_and_back(town: Any) -> None:
    clerk = Clerk(town)
    with town.network(town.a, LINES):
        base = next(one for one in clerk.ask("GET", "").json()["items"] if one["active"])
        north = [[lon, lat + 0.00002] for lon, lat in LINES["pipe-1"]]
        lines = {**{name: LINES[name] for name in ("pipe-0", "pipe-2", "pipe-3", "pipe-4")}, "pipe-1": north}
        draft = clerk.bring(body(lines, wide=300))
        found = clerk.ask("GET", draft).json()
        assert (found["state"], found["found"]["rows"]) == ("read", 5)
        assert {one["name"] for one in found["found"]["columns"]} == {"bh", "pressure", "diameter_mm"}
        place = clerk.ask("POST", f"{draft}/place", json={"crs": "BD-09"}).json()
        assert place["off_m"] > 20
        assert len(place["points"]) == 10
        assert clerk.ask("POST", f"{draft}/place", json={"crs": "EPSG:999999"}).status_code == 422
        fields = clerk.ask("POST", f"{draft}/fields", json={"fields": {"id": {"column": "bh"}}}).json()["items"]
        assert fields[0]["column"] == "bh"
        done = clerk.choose(draft)
        counted = {name: done["report"][name] for name in ("added", "removed", "moved", "changed", "guards")}
        assert counted == {"added": 0, "removed": 0, "moved": 1, "changed": 4, "guards": []}, done
        first = clerk.ask("GET", f"{draft}/changes", params={"kind": "changed", "limit": 3}).json()
        rest = clerk.ask("GET", f"{draft}/changes", params={"kind": "changed", "cursor": first["next"]}).json()
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
        assert [[round(x, 6) for x in one["box"]] for one in first["items"]] == [
            [116.72, round(39.45 + n / 1000, 6), 116.73, round(39.45 + n / 1000, 6)] for n in (0, 2, 3)
        ], "where to look on the map"
        assert found["found"]["first"][0] == {"bh": "pipe-0", "pressure": "medium", "diameter_mm": "300"}
        assert "coordinates" not in json.dumps(first), "lines leave the house as squares of the map alone"
        assert next(one for one in clerk.ask("GET", "").json()["items"] if one["active"])["id"] == base["id"]
        asked = clerk.ask("POST", f"{draft}/activation", json={"why": "季度更新"})
        assert asked.status_code == 202, asked.text
        clerk.work_off()
        newest = clerk.ask("GET", "").json()["items"][0]
        assert (newest["active"], newest["why"], newest["made_by"]) == (True, "季度更新", clerk_name(town))
        (cls,) = newest["classes"]
        assert (cls["pressure_class"], cls["count"]) == ("medium", 5)
        assert cls["km"] == pytest.approx(newest["length_km"], abs=0.001)
        back = {"seen": newest["id"], "why": "新图有错"}
        assert clerk.ask("POST", f"/{base['id']}/activation", json=back | {"seen": None}).status_code == 409
        safe = Clerk(town, "safety_manager")
        gone = safe.ask("POST", f"/{base['id']}/activation", json=back)
        assert gone.status_code == 200, gone.text
        assert (gone.json()["active"], gone.json()["chosen_why"]) == (True, "新图有错")


def clerk_name(town: Any) -> str:
    who = f"person:{town.who('tenant_admin').id}"
    with town.at(town.a) as work:
        return people.names(work, [who])[who]


def test_a_wrong_system_is_told_and_its_yes_is_asked_for_by_name(town: Any) -> None:
    clerk = Clerk(town)
    with town.network(town.a, LINES):
        draft = clerk.bring(body(LINES))
        done = clerk.choose(draft, crs="BD-09")
        assert [one["guard"] for one in done["report"]["guards"]] == ["shift"]
        refused = clerk.ask("POST", f"{draft}/activation", json={"why": "x", "confirmed": ["shrink"]})
        assert (refused.status_code, refused.json()["field"]) == (409, "confirmed")
        assert clerk.ask("POST", f"{draft}/activation", json={"why": "x", "confirmed": ["all"]}).status_code == 422
        wrong = clerk.choose(draft, crs="EPSG:4547")
        assert (wrong["state"], "degrees" in wrong["problem"]["problem"]) == ("read", True)
        assert clerk.ask("POST", f"{draft}/discard").json()["state"] == "discarded"


def test_a_hostile_file_is_answered_with_a_fix(town: Any) -> None:
    clerk = Clerk(town)
    draft = clerk.bring(b"PK\x03\x04" + b"\xff" * 64, "d.zip")
    found = clerk.ask("GET", draft).json()
    assert (found["state"], bool(found["problem"]["fix"])) == ("unreadable", True)
    assert clerk.ask("POST", f"{draft}/place", json={"crs": "EPSG:4326"}).status_code == 409
    assert clerk.ask("POST", "/drafts", params={"name": "../d.zip"}, content=b"x").status_code == 422


def test_the_last_yes_waits_for_a_fresh_code(town: Any) -> None:
    """What a stolen session must not do: move the line from which every distance is measured."""
    path, asked = f"/{NOTHING}/activation", {"seen": None, "why": "x"}
    boss = Clerk(town)
    boss.who = town.person(Role.TENANT_ADMIN)
    assert boss.ask("POST", path, json=asked).status_code == 404
    with town.at(PLATFORM) as work:
        then = {"then": work.now() - timedelta(hours=13), "id": boss.who.id}
        work.session.execute(text("UPDATE people_sessions SET factor_at = :then WHERE person_id = :id"), then)
    refused = boss.ask("POST", path, json=asked)
    assert (refused.status_code, refused.json().get("code")) == (403, "step_up"), refused.text
    assert boss.ask("GET", "/drafts").status_code == 200, "to bring and to compare needs no fresh one"
    assert "code" not in Clerk(town, "dispatcher").ask("POST", path, json=asked).json()


def test_packs_are_told_with_clause_day_and_the_networks_under_them(town: Any) -> None:
    with town.network(town.a, LINES):
        asked = town.client.as_(town.who("safety_manager"), "GET", "/v1/rule-packs").json()
    first = asked["items"][0]
    assert [one["jurisdiction"] for one in first["networks"]] != [], "what we stand under comes first"
    assert "generic" in asked["mappings"]
    national = next(one for one in asked["items"] if one["pack"] == "CN-GB55009")
    high = next(one for one in national["ranges"] if (one["kind"], one["pressure_class"]) == ("pipe", "high"))
    told = [(high[side]["value"], high[side]["clause"]) for side in ("protect", "control")]
    assert told == [(5.0, "GB 55009-2021 5.1.6"), (50.0, "GB 55009-2021 5.1.7")]
    old = town.client.as_(
        town.who("safety_manager"), "GET", "/v1/rule-packs", params={"at": "2021-06-01T00:00:00Z"}
    ).json()
    before = next(one for one in old["items"] if one["pack"] == "CN-GB55009")
    assert (before["holds"], before["ranges"]) == (False, []), "the standard is of 2022"
