"""The clues of an alarm over HTTP: by time, in pages, with place and picture; nobody elsewhere hears of one."""

from __future__ import annotations

from typing import Any

import clue_api
import cv2
import numpy as np
import pytest
from sqlalchemy import text

from pipewarden.people.facts import Role


@pytest.fixture
def whole(town: Any, spot: Any) -> str:
    """Return an alarm of three clues, merged from three reports."""
    manager = town.who("safety_manager")
    place = spot()
    alarms = [town.alarm_at(manager, (place[0] + 0.002 * number, place[1])) for number in range(3)]
    for other in alarms[1:]:
        said = {"other_id": other, "reason": "one site"}
        assert town.client.as_(manager, "POST", f"/v1/alarms/{alarms[0]}/merge", json=said).status_code == 200
    return str(alarms[0])


def get(town: Any, who: str, path: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1/alarms/{path}")


def test_clues_come_newest_first_in_pages_each_with_why_it_belongs(town: Any, whole: str) -> None:
    full = get(town, "dispatcher", whole).json()
    found, more = [], ""
    while True:
        told = get(town, "dispatcher", f"{whole}/clues?limit=2{more}").json()
        found += told["items"]
        if told["next"] is None:
            break
        more = f"&cursor={told['next']}"
    assert [one["finding_id"] for one in found[::-1]] == [one["finding_id"] for one in full["members"]]
    assert {one["finding_id"]: one["reason"] for one in found} == {
        one["finding_id"]: one["reason"] for one in full["members"]
    }
    first = found[0]
    assert (first["what"], first["score"], first["box"], first["has_picture"]) == ("report", None, None, False)
    assert first["place"]["ellipse"][0] == first["place"]["ellipse"][-1]
    assert first["at"] is not None
    assert {one["stream"] for one in found} == set(full["streams"])


def test_a_merged_alarm_leads_to_the_clues_of_its_whole(town: Any, whole: str) -> None:
    events = get(town, "dispatcher", f"{whole}/events").json()["items"]
    merged = next(one["other_id"] for one in events if one["kind"] == "merged")
    assert len(get(town, "dispatcher", f"{merged}/clues").json()["items"]) == 3


def test_a_clue_shows_its_picture_and_where_in_it_it_is(town: Any, whole: str) -> None:
    _, encoded = cv2.imencode(".png", np.full((100, 200, 3), 90, np.uint8))
    clue_api.with_pictures(town, [whole], town.home.blobs.put(encoded.tobytes()))
    seen = "UPDATE dedupe_sightings SET cls = 'machine', type = 'excavator', score = 0.8, width = 200, height = 100"
    with town.home.work() as work:
        work.session.execute(
            text(f"{seen}, box = '[20, 10, 50, 30]' WHERE alarm_id = CAST(:id AS uuid)"), {"id": whole}
        )
    first = get(town, "dispatcher", f"{whole}/clues").json()["items"][0]
    assert first["box"] == {"x": 0.1, "y": 0.1, "w": 0.25, "h": 0.3}
    assert (first["has_picture"], first["score"], first["type"]) == (True, 0.8, "excavator")
    shown = get(town, "dispatcher", f"{whole}/clues/{first['finding_id']}/picture")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
    assert shown.content[:2] == b"\xff\xd8"


def test_a_clue_without_a_picture_of_another_alarm_and_of_nobody_read_the_same(town: Any, whole: str) -> None:
    mine = clue_api.first_clue(town, whole)
    other = town.alarm_at(town.who("safety_manager"), (116.8123, 39.4321))
    paths = (
        f"{whole}/clues/{mine}/picture",
        f"{whole}/clues/{clue_api.first_clue(town, other)}/picture",
        f"{whole}/clues/{clue_api.NOTHING}/picture",
        f"{clue_api.NOTHING}/clues/{mine}/picture",
    )
    said = [get(town, "dispatcher", path) for path in paths]
    assert {one.status_code for one in said} == {404}
    assert len({one.content for one in said}) == 1


def test_elsewhere_nobody_hears_of_a_clue(town: Any, whole: str) -> None:
    west = town.person(Role.DISPATCHER, area=town.west)
    for path in (f"{whole}/clues", f"{whole}/clues/{clue_api.first_clue(town, whole)}/picture"):
        assert get(town, "safety_manager_b", path).status_code == 404
        assert town.client.as_(west, "GET", f"/v1/alarms/{path}").status_code == 404
        assert get(town, "resident", path).status_code == 403
    refused = get(town, "dispatcher", f"{whole}/clues?cursor=nobodys")
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")
