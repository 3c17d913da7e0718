"""One day of a standby supervisor and one of a grid worker, over HTTP, on a clock that the story alone moves."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

import filing_api
import numpy as np
import pytest
import standby_api
from PIL import Image
from road_crew import crew_at
from standby_api import answer as answered
from standby_api import begin, check, end, nonce, place, stop

from pipewarden.casework import jobs as casework_jobs
from pipewarden.casework import store as casework_store
from pipewarden.casework.store.duty_tables import CallRow
from pipewarden.field.jobs import standby as standby_jobs
from pipewarden.field.jobs import tasks as task_jobs
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from road_crew import Crew


@pytest.fixture
def crew(town: Any, spot: Any) -> Iterator[Crew]:
    with crew_at(town, spot(), "standby-pipe") as made:
        yield made


def jpeg(level: int) -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def phone(crew: Crew) -> Any:
    """Return the supervisor's phone, signed in anew, as who it is."""
    return held(crew, Role.STANDBY_SUPERVISOR)


def held(crew: Crew, role: Role) -> Any:
    who = crew.who(role)
    return type("Phone", (), {"headers": who.headers, "id": crew.ids[role], "tenant_id": crew.town.a})()


def duties(crew: Crew, site: str) -> list[str]:
    with crew.town.at(crew.town.a) as work:
        return sorted(one.duty.kind for one in casework_store.owed.running(work, UUID(site)))


def called(crew: Crew, site: str) -> list[str]:
    """Return what the calls about a site say, newest first."""
    with crew.town.at(crew.town.a) as work:
        mine = CallRow.tenant_id == work.tenant_id
        found = casework_store.calls.page(work, mine, person_id=None, waits=None, limit=500)
    return [one.call.text for one in found if UUID(site) in one.call.site_ids]


def sweep(crew: Crew) -> int:
    """Let the worker's clock do what is due."""
    found = standby_jobs.sweep(crew.town.home.factory.begin)
    casework_jobs.sweep(crew.town.home.factory.begin)
    crew.town.drain()
    return found


def pass_time(crew: Crew, **time: float) -> None:
    crew.clock.advance(timedelta(**time))


def full(crew: Crew, who: Any, **more: Any) -> dict[str, Any]:
    """Return everything that the protection range asks for, with a nonce of now."""
    read = {"gas_ppm": 120.0, "distance_m": 1.4, "exposed": False, "checklist": {"signs_up": True, "hand_dig": True}}
    return read | {"nonce": nonce(crew.town, who), "machines": ["挖掘机"]} | more


def test_one_day_of_a_standby_supervisor(crew: Crew) -> None:
    town, at = crew.town, crew.place
    site = standby_api.stood_by(town, town.a, at, zone=Zone.PROTECTION)
    who = phone(crew)
    mine = next(one for one in town.client.as_(who, "GET", "/v1/standby").json()["items"] if one["site_id"] == site)
    assert (mine["shift"], mine["radius_m"], mine["headline"]) == (None, 100.0, "under_standby")
    assert {"key": "hand_dig", "violation": "V-HAND-DIG"}.items() <= mine["checklist"][1].items()

    far = begin(town, who, site, (at[0], at[1] + 0.01))
    assert (far.status_code, far.json()["field"]) == (409, "place")
    assert "m from the site" in far.json()["detail"]
    begun = begin(town, who, site, at)
    assert begun.status_code == 201, begun.text
    assert begun.json()["shift"]["late"] is False

    pass_time(crew, minutes=55)
    who = phone(crew)
    first = check(town, who, site, at, jpeg(1), **full(crew, who))
    assert first.status_code == 201, first.text
    told = first.json()
    assert (told["verified"], told["counts"], told["danger"], told["doubts"]) == (True, True, False, [])
    town.drain()  # the picture runs through the river as a report of that place

    pass_time(crew, hours=1, minutes=6)
    assert sweep(crew) >= 1
    assert "standby_missed" in duties(crew, site)
    who = phone(crew)
    shown = town.client.as_(who, "GET", "/v1/standby").json()["items"][0]
    assert (shown["site_id"], shown["headline"], shown["shift"]["missed"]) == (site, "unattended", 1)
    assert called(crew, site)

    late = check(town, who, site, at, jpeg(2), **full(crew, who, nonce="an old one"))
    assert (late.json()["verified"], late.json()["counts"], late.json()["doubts"]) == (False, True, ["no_nonce"])
    assert "standby_missed" not in duties(crew, site)

    pass_time(crew, minutes=50)
    who = phone(crew)
    gas = check(town, who, site, at, jpeg(3), **full(crew, who, gas_ppm=12_000))
    assert gas.json()["danger"] is True
    assert gas.json()["standing"]["headline"] == "stopped"
    assert "gas" in duties(crew, site)

    halted = stop(town, who, site, at)
    assert halted.status_code == 200, halted.text
    read = town.client.as_(who, "GET", f"/v1/sites/{site}").json()
    assert (read["headline"], read["level"]) == ("stopped", 1)
    assert {one["code"] for one in read["violations"]} >= {"V-HAND-DIG"}

    assert end(town, who, site, at).json()["shift"]["end"] == "ended"
    pass_time(crew, hours=3)
    before = duties(crew, site).count("standby_missed")
    sweep(crew)
    assert duties(crew, site).count("standby_missed") == before == 0
    who = phone(crew)
    kinds = [one["kind"] for one in town.client.as_(who, "GET", f"/v1/sites/{site}/events?limit=200").json()["items"]]
    assert kinds.count("standby_checked") == 3
    assert {"standby_missed", "gas_found", "stop_ordered", "violation_opened", "noted"} <= set(kinds)


def test_what_a_phone_sends_wrong_is_told_by_field(crew: Crew) -> None:
    town, at = crew.town, crew.place
    site, who = standby_api.stood_by(town, town.a, at, zone=Zone.PROTECTION), phone(crew)
    for gone in ("crs", "accuracy_m"):
        body = {"draft": standby_api.NOTHING, "place": {k: v for k, v in place(at).items() if k != gone}}
        wrong = town.client.as_(who, "POST", f"/v1/standby/{site}/begin", json=body)
        assert (wrong.status_code, wrong.json()["field"]) == (422, f"place.{gone}"), wrong.text
    assert begin(town, who, site, at).status_code == 201
    lacks = check(town, who, site, at, jpeg(4), **full(crew, who, gas_ppm=None))
    assert (lacks.status_code, lacks.json()["field"]) == (422, "gas_ppm")
    slip = check(town, who, site, at, jpeg(4), checklist={"signs_up": "perhaps"})
    assert slip.status_code == 422
    assert "signs_up" in slip.json()["field"]
    none = check(town, who, site, at, b"no picture at all", **full(crew, who))
    assert (none.status_code, none.json()["field"]) == (422, "picture")


def test_a_place_of_a_chinese_map_is_turned_and_a_repeated_draft_answers_the_same(crew: Crew) -> None:
    town, at = crew.town, crew.place
    site, who = standby_api.stood_by(town, town.a, at), phone(crew)
    shifted = (at[0] + 0.0060, at[1] + 0.0013)  # about what GCJ-02 adds in Langfang
    refused = begin(town, who, site, shifted)
    assert refused.status_code == 409  # as WGS-84 it lies half a kilometre off
    body = {"draft": standby_api.NOTHING, "place": place(shifted, 60.0, crs="gcj02")}
    first = town.client.as_(who, "POST", f"/v1/standby/{site}/begin", json=body)
    assert first.status_code == 201, first.text
    again = town.client.as_(who, "POST", f"/v1/standby/{site}/begin", json=body)
    assert (again.status_code, again.json()["shift"]["id"]) == (200, first.json()["shift"]["id"])
    other = town.client.as_(who, "POST", f"/v1/standby/{site}/begin", json=body | {"place": place(at)})
    assert (other.status_code, other.json()["field"]) == (422, "draft")


def test_one_day_of_a_grid_worker(crew: Crew) -> None:
    town, at = crew.town, crew.place
    asked = standby_api.task(town, crew.who(Role.DISPATCHER), at, words="有人说在挖路，请看一下")
    assert asked.status_code == 201, asked.text
    who = held(crew, Role.GRID_WORKER)
    open_now = town.client.as_(who, "GET", "/v1/tasks?state=open&limit=200").json()["items"]
    mine = next(one for one in open_now if one["id"] == asked.json()["id"])
    assert (mine["words"], mine["source"]) == ("有人说在挖路，请看一下", "dispatcher")

    done = answered(town, who, mine["id"], at, jpeg(7), nonce=nonce(town, who), words="一台黄色挖机在挖沟")
    assert done.status_code == 201, done.text
    assert (done.json()["verified"], done.json()["points"]) == (True, 10)
    town.drain()
    seen = town.client.as_(who, "GET", f"/v1/observations/{done.json()['observation_id']}")
    assert seen.status_code == 200
    points = town.client.as_(who, "GET", "/v1/me/points").json()
    assert (points["points"], [one["task_id"] for one in points["items"]]) == (10, [mine["id"]])
    left = town.client.as_(who, "GET", "/v1/tasks?limit=200").json()["items"]
    assert mine["id"] not in {one["id"] for one in left}
    said = crew.ask(Role.DISPATCHER, "GET", f"/v1/tasks/{mine['id']}/answers")["items"]
    assert [(one["seen"], one["verified"]) for one in said] == [("works", True)]

    other = standby_api.task(town, crew.who(Role.DISPATCHER), at).json()["id"]
    pass_time(crew, days=1, minutes=1)
    assert task_jobs.sweep(town.home.factory.begin) >= 1
    back = crew.ask(Role.DISPATCHER, "GET", "/v1/tasks?state=expired&limit=200")["items"]
    assert other in {one["id"] for one in back}


def test_anybody_is_told_of_works_beside_them_and_nothing_else(crew: Crew) -> None:
    town, (lon, lat) = crew.town, crew.place
    day = crew.clock.now().astimezone(filing_api.CHINA).date()
    firm = "廊坊市和平市政工程有限公司"
    parties = [{"role": "contractor", "name": firm, "contact": "13900002222"}]
    works = filing_api.works(
        crew.place,
        valid_from=day.isoformat(),
        valid_until=(day + timedelta(days=3)).isoformat(),
        parties=parties,
    )
    crew.ask(Role.CONTRACTOR, "POST", "/v1/filings", 201, json=works)
    path = f"/v1/public/notices?lon={lon}&lat={lat}&crs=wgs84&accuracy_m=15"
    told = town.client.as_(None, "GET", path)
    assert told.status_code == 200
    assert [one["state"] for one in told.json()["items"]] == ["filed"]
    assert all(secret not in told.text for secret in (firm, "13900002222"))
    for gone in ("crs", "accuracy_m"):
        short = "&".join(one for one in path.split("?")[1].split("&") if not one.startswith(gone))
        assert town.client.as_(None, "GET", f"/v1/public/notices?{short}").json()["field"] == f"query.{gone}"
