"""The list by risk over HTTP: pages with ties neither skip nor double, the zone goes first, nobody sees another's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pipewarden.casework.store.tables import SiteRow
from pipewarden.people.facts import Role

# the same level and score again and again, two scores that differ in their last bit alone, and some never weighed
TOLD: list[tuple[int, float | None]] = [
    (2, 44.0), (1, 30.3), (1, 30.3), (3, 90.0), (1, 30.300000000000004), (1, None), (2, 44.0), (1, 30.3), (4, 0.0),
    (1, None), (2, 44.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def ranked(town: Any) -> tuple[dict[str, tuple[int, float | None]], str]:
    """Return sites of one street with what is kept of each, and the box around them."""
    told: dict[str, tuple[int, float | None]] = {}
    for number, kept in enumerate(TOLD):
        told[town.site_at(town.who("safety_manager"), (116.88, 39.42 + 0.003 * number))] = kept
    with town.at(town.a) as work:
        for key, (level, score) in told.items():
            row = work.session.get_one(SiteRow, UUID(key))
            row.risk_level, row.risk_score = level, score
    return told, f"116.879,39.419,116.881,{39.421 + 0.003 * len(TOLD)}"


def page(town: Any, who: Any, box: str, **query: Any) -> Any:
    asked = {"order": "risk", "bbox": box} | query
    answer = town.client.as_(who, "GET", "/v1/sites", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def walk(town: Any, who: Any, box: str, **query: Any) -> list[Any]:
    """Return every site of a list, page by page."""
    found: list[Any] = []
    more: dict[str, Any] = {}
    while True:
        told = page(town, who, box, **query, **more)
        found += told["items"]
        assert len(found) <= len(TOLD), "it goes round in a ring"
        if told["next"] is None:
            return found
        assert len(told["items"]) == query["limit"]
        more = {"cursor": told["next"]}


def order(one: Any) -> tuple[int, float]:
    return one["risk_level"], float("-inf") if one["risk_score"] is None else -one["risk_score"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, len(TOLD)])
def test_pages_of_equal_scores_neither_skip_nor_double(town: Any, ranked: Any, limit: int) -> None:
    told, box = ranked
    found = walk(town, town.who("safety_manager"), box, limit=limit)
    assert sorted(one["id"] for one in found) == sorted(told)
    assert [order(one) for one in found] == sorted(order(one) for one in found)
    assert {one["id"]: (one["risk_level"], one["risk_score"]) for one in found} == told
    assert [one["risk_score"] for one in found[:2]] == [None, None], "what nobody has weighed yet stands first"
    assert found[-2]["risk_score"] == 90.0, "a high score moves no site of the third level before one of the second"


def test_a_page_goes_on_where_it_ended_though_others_were_weighed_meanwhile(town: Any, ranked: Any) -> None:
    """Two sites that stand are not lost to a reader when a third one climbs over them between two pages."""
    told, box = ranked
    manager = town.who("safety_manager")
    first = page(town, manager, box, limit=4)
    late = next(key for key, kept in told.items() if kept == (4, 0.0))
    with town.at(town.a) as work:
        work.session.get_one(SiteRow, UUID(late)).risk_level = 1
    rest: list[Any] = []
    more = first["next"]
    try:
        while more is not None:
            following = page(town, manager, box, limit=4, cursor=more)
            rest, more = rest + following["items"], following["next"]
    finally:
        with town.at(town.a) as work:
            work.session.get_one(SiteRow, UUID(late)).risk_level = 4
    seen = [one["id"] for one in first["items"] + rest]
    assert sorted({*seen, late}) == sorted(told)
    assert len(set(seen)) == len(seen)


def test_a_cursor_of_another_order_or_of_nobodys_making_is_refused(town: Any, ranked: Any) -> None:
    _, box = ranked
    manager = town.who("safety_manager")
    mine = page(town, manager, box, limit=2)["next"]
    for query in ({"order": "zone", "cursor": mine}, {"cursor": mine[:-3] + "AAA"}, {"cursor": "x"}):
        asked = {"order": "risk", "bbox": box, "limit": 2} | query
        answer = town.client.as_(manager, "GET", "/v1/sites", params=asked)
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor"), query


def test_the_list_by_risk_is_narrowed_like_any_other(town: Any, ranked: Any) -> None:
    told, box = ranked
    manager = town.who("safety_manager")
    with town.at(town.a) as work:
        rows = {str(key): work.session.get_one(SiteRow, UUID(key)).filing for key in told}
    for name in ("filed", "unfiled", "unknown"):
        found = walk(town, manager, box, limit=3, filing=name)
        assert {one["id"] for one in found} == {key for key, kept in rows.items() if kept == name}
    assert walk(town, manager, box, limit=3, open=False) == []
    assert walk(town, manager, "116.60,39.401,116.6001,39.4011", limit=3) == []


def test_nobody_elsewhere_sees_one_of_them(town: Any, ranked: Any) -> None:
    _, box = ranked
    west = town.person(Role.DISPATCHER, area=town.west)
    for who in (town.who("safety_manager_b"), west):
        assert page(town, who, box, limit=20)["items"] == []
    regulator = page(town, town.who("regulator"), box, limit=20)
    assert len(regulator["items"]) == len(TOLD)
