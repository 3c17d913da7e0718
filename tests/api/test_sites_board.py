"""The board and the lists by deadline and opening over HTTP: counts add up, pages neither skip nor double."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import owed_api
import pytest

from pipewarden.casework import store
from pipewarden.casework.store.tables import SiteRow
from pipewarden.people import service as people
from pipewarden.people.facts import Role

# hours until something is due, None where nothing is; and the state they stand in
TOLD: list[tuple[float | None, str]] = [
    (5.0, "verifying"), (None, "verifying"), (-1.0, "verifying"), (5.0, "verifying"), (2.0, "notified"),
    (None, "verifying"), (-3.0, "notified"),
]  # fmt: skip


@pytest.fixture(scope="module")
def yard(town: Any) -> tuple[list[str], str]:
    """Return the sites of one yard in the order of ``TOLD``, and the box around them."""
    west, south = 116.905, 39.441
    ids = [owed_api.site(town, town.a, (west + 0.0004 * number, south)) for number in range(len(TOLD))]
    with town.at(town.a) as work:
        for key, (hours, state) in zip(ids, TOLD, strict=True):
            row = work.session.get_one(SiteRow, UUID(key))
            row.state = row.headline = state
            row.next_due_at = None if hours is None else work.now() + timedelta(hours=hours)
        work.session.get_one(SiteRow, UUID(ids[0])).compound = "第三水厂 100%"
    return ids, f"{west - 0.0001},{south - 0.0001},{west + 0.004},{south + 0.0001}"


def ask(town: Any, who: Any, path: str = "", **query: Any) -> Any:
    answer = town.client.as_(who, "GET", f"/v1/sites{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(town: Any, box: str, **query: Any) -> list[Any]:
    """Return every site of a list, page by page."""
    manager, found, more = town.who("safety_manager"), [], {}
    while True:
        told = ask(town, manager, bbox=box, **query, **more)
        found += told["items"]
        assert len(found) <= len(TOLD), "it goes round in a ring"
        if told["next"] is None:
            return found
        more = {"cursor": told["next"]}


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_what_is_due_first_stands_first_and_what_nothing_is_due_of_last(town: Any, yard: Any, limit: int) -> None:
    ids, box = yard
    found = walk(town, box, order="due", limit=limit)
    assert sorted(one["id"] for one in found) == sorted(ids)
    assert [ids.index(one["id"]) for one in found][:3] == [6, 2, 4]
    assert [one["next_due_at"] for one in found[-2:]] == [None, None]
    newest = walk(town, box, order="opened", limit=limit)
    assert [one["id"] for one in newest] == [
        one["id"] for one in sorted(newest, key=lambda one: (one["opened_at"], one["id"]), reverse=True)
    ]
    assert len({one["id"] for one in newest}) == len(TOLD)


def test_the_board_counts_what_it_does_not_show_and_the_list_goes_on_from_there(town: Any, yard: Any) -> None:
    ids, box = yard
    manager = town.who("safety_manager")
    board = ask(town, manager, "/board", bbox=box, each=2)
    told = {one["state"]: one for one in board["columns"]}
    assert board["total"] == len(TOLD) == sum(one["count"] for one in board["columns"])
    assert (told["verifying"]["count"], told["verifying"]["late"], len(told["verifying"]["items"])) == (5, 1, 2)
    assert (told["notified"]["count"], told["notified"]["late"], told["notified"]["next"]) == (2, 1, None)
    assert [one["count"] for state, one in told.items() if state not in {"verifying", "notified"}] == [0] * 11
    assert [one["state"] for one in board["columns"]][:3] == ["discovered", "verifying", "notified"]
    more = {"order": "due", "state": "verifying", "cursor": told["verifying"]["next"]}
    rest = ask(town, manager, bbox=box, limit=9, **more)
    shown = [one["id"] for one in told["verifying"]["items"] + rest["items"]]
    assert sorted(shown) == sorted(ids[number] for number, (_, state) in enumerate(TOLD) if state == "verifying")


def test_the_board_is_narrowed_like_the_list(town: Any, yard: Any) -> None:
    ids, box = yard
    manager = town.who("safety_manager")
    for narrow in ({"overdue": True}, {"state": "notified"}, {"zone": "protection"}, {"level": 3}, {"mine": True}):
        listed = {one["id"] for one in ask(town, manager, bbox=box, limit=50, **narrow)["items"]}
        board = ask(town, manager, "/board", bbox=box, each=50, **narrow)
        assert {one["id"] for column in board["columns"] for one in column["items"]} == listed, narrow
        assert board["total"] == len(listed)
    assert {ids[2], ids[6]} == {one["id"] for one in ask(town, manager, bbox=box, overdue=True)["items"]}


@pytest.mark.parametrize("words", ["第三水厂", "三水厂 100%", "水厂"])
def test_a_site_is_found_by_the_name_of_its_compound(town: Any, yard: Any, words: str) -> None:
    ids, box = yard
    assert [one["id"] for one in ask(town, town.who("safety_manager"), bbox=box, q=words)["items"]] == [ids[0]]


def test_a_site_is_found_by_its_owner_and_by_how_its_id_begins(town: Any, yard: Any) -> None:
    ids, box = yard
    manager, owner = town.who("safety_manager"), town.person(Role.PATROLLER, area=town.east)
    with town.at(town.a) as work:
        name = people.person_names(work, [owner.id])[owner.id]
        work.session.get_one(SiteRow, UUID(ids[3])).owner_id = owner.id
    assert ids[3] in {one["id"] for one in ask(town, manager, bbox=box, q=name)["items"]}
    assert [one["id"] for one in ask(town, manager, bbox=box, q=ids[4].upper())["items"]] == [ids[4]]
    for nobody in ("100_", "%", "没有这样的地方", "' OR 1=1"):
        found = [one["id"] for one in ask(town, manager, bbox=box, q=nobody)["items"]]
        assert found == ([ids[0]] if nobody == "%" else []), "a sign of a pattern stands for itself"


def test_a_site_says_what_is_due_next_how_far_it_is_and_when_it_was_seen(town: Any, spot: Any) -> None:
    place = spot()
    with town.network(town.a, {"pipe-board": [(place[0] - 0.002, place[1]), (place[0] + 0.002, place[1])]}):
        site = town.site_at(town.who("safety_manager"), place)
    with town.at(town.a) as work:
        store.sites.set_machine(work, UUID(site), 1_780_000_000.0)
        kind = store.owed.next_kinds(work, [UUID(site)])[UUID(site)]
    told = ask(town, town.who("dispatcher"), f"/{site}")
    assert (told["pipe_id"], told["distance_m"] is not None) == ("pipe-board", True)
    assert told["seen_at"] == "2026-05-28T20:26:40Z"
    assert told["next_duty"]["kind"] == kind
    assert told["next_duty"]["zh"] != kind
    regulator = ask(town, town.who("regulator"), f"/{site}")
    assert (regulator["next_duty"], regulator["pipe_id"]) == (None, "pipe-board")


def test_nobody_elsewhere_is_counted_and_a_cursor_of_another_order_is_refused(town: Any, yard: Any) -> None:
    _, box = yard
    west = town.person(Role.DISPATCHER, area=town.west)
    for who in (town.who("safety_manager_b"), west):
        assert ask(town, who, "/board", bbox=box)["total"] == 0
    manager = town.who("safety_manager")
    mine = ask(town, manager, bbox=box, order="due", limit=2)["next"]
    for order in ("opened", "zone", "risk"):
        asked = {"bbox": box, "order": order, "cursor": mine}
        refused = town.client.as_(manager, "GET", "/v1/sites", params=asked)
        assert (refused.status_code, refused.json()["field"]) == (422, "cursor"), order
    for query in ({"each": 51}, {"state": "lost"}, {"q": ""}):
        assert town.client.as_(manager, "GET", "/v1/sites/board", params=query).status_code == 422, query


def test_an_area_narrows_the_board_to_its_outline(town: Any, yard: Any) -> None:
    _ = yard
    manager = town.who("safety_manager")
    east = ask(town, manager, "/board", area=str(town.east), each=1)["total"]
    whole = ask(town, manager, "/board", each=1)["total"]
    west = ask(town, manager, "/board", area=str(town.west), each=1)["total"]
    assert 0 < east <= whole
    assert east + west <= whole
