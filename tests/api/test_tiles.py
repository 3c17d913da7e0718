"""Squares of the network as browsers fetch them: kept, asked again each time, and never wider than the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest

from pipewarden.network.rules.tiles import MEDIA
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

EAST, WEST = (116.6702, 39.4802), (116.3702, 39.4802)


def tile_of(place: tuple[float, float], z: int = 15) -> str:
    down = 0.5 - np.arctanh(np.sin(np.radians(place[1]))) / (2 * np.pi)
    return f"{z}/{int((place[0] / 360 + 0.5) * 2**z)}/{int(down * 2**z)}"


def line(place: tuple[float, float]) -> list[tuple[float, float]]:
    return [(place[0] - 0.002, place[1]), (place[0] + 0.002, place[1])]


def get(town: Any, who: str, path: str, **headers: str) -> Any:
    return town.client.as_(town.who(who), "GET", f"/v1{path}", headers=headers)


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    with (
        town.network(town.a, {"a-east": line(EAST), "a-west": line(WEST)}),
        town.network(town.b, {"b-east": line(EAST)}),
    ):
        yield


def test_a_square_is_a_vector_tile(town: Any) -> None:
    answer = get(town, "dispatcher", f"/tiles/network/{tile_of(EAST)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == MEDIA
    assert set(mapbox_vector_tile.decode(answer.content)) == {"pipes", "protection", "control"}
    assert b"a-east" in answer.content
    assert b"b-east" not in answer.content
    assert b"b-east" in get(town, "safety_manager_b", f"/tiles/network/{tile_of(EAST)}").content


def test_a_browser_may_keep_it_but_must_ask_each_time(town: Any) -> None:
    path = f"/tiles/network/{tile_of(EAST)}"
    first = get(town, "dispatcher", path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert set(first.headers["vary"].split(", ")) == {"Authorization", "Cookie"}
    for word in (tag, f"W/{tag}", f'"other", {tag}'):
        again = get(town, "dispatcher", path, **{"If-None-Match": word})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for word in ('"other"', "nonsense", ""):
        assert get(town, "dispatcher", path, **{"If-None-Match": word}).content == first.content


def test_a_copy_of_a_wider_reader_is_wrong_for_a_narrower_one(town: Any) -> None:
    path = f"/tiles/network/{tile_of(WEST)}"
    wide = get(town, "safety_manager", path)
    assert b"a-west" in wide.content
    narrow = get(town, "dispatcher", path, **{"If-None-Match": wide.headers["etag"]})
    assert (narrow.status_code, narrow.content) == (204, b"")
    assert get(town, "dispatcher", path, **{"If-None-Match": narrow.headers["etag"]}).status_code == 304


def test_a_held_copy_is_worth_nothing_without_the_right(town: Any) -> None:
    path = f"/tiles/network/{tile_of(EAST)}"
    tag = get(town, "dispatcher", path).headers["etag"]
    assert get(town, "regulator", path, **{"If-None-Match": tag}).status_code == 403
    assert town.client.get(f"/v1{path}", headers={"If-None-Match": tag}).status_code == 401


def test_the_secret_pipe_of_another_area_is_in_no_square_of_any_zoom(town: Any) -> None:
    for z in range(9, 23):
        for place in (EAST, WEST):
            assert b"a-west" not in get(town, "patroller", f"/tiles/network/{tile_of(place, z)}").content
    # a dispatcher of the west, to know that the test can find it at all
    west = town.person(Role.DISPATCHER, area=town.west)
    assert b"a-west" in town.client.as_(west, "GET", f"/v1/tiles/network/{tile_of(WEST)}").content


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ("23/0/0", "path.z"),
        ("-1/0/0", "path.z"),
        ("3/8/0", "x"),
        ("3/0/8", "y"),
        ("3/-1/0", "path.x"),
        ("a/0/0", "path.z"),
        ("3/0/99999999999999999999", "y"),
    ],
)
def test_numbers_out_of_range_are_named(town: Any, numbers: str, field: str) -> None:
    answer = get(town, "dispatcher", f"/tiles/network/{numbers}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field


@pytest.mark.parametrize(
    ("path", "status"),
    [("/tiles/network/3/0", 404), ("/tiles/network/3/0/0.pbf", 422), ("/tiles/streets/3/0/0", 404)],
)
def test_other_paths_are_none(town: Any, path: str, status: int) -> None:
    assert get(town, "dispatcher", path).status_code == status
