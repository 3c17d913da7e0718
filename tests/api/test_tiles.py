"""Squares of the network as browsers fetch them: kept, asked again each time, and never wider than the reader."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader

from pipewarden.network.rules.tiles import MEDIA
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role

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


def test_the_area_is_one_file_that_a_phone_keeps(town: Any) -> None:
    answer = get(town, "dispatcher", "/offline-map")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.pmtiles"
    assert answer.headers["x-deepest-zoom"] == "15"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert len(answer.content) < 30 << 20
    file = Reader(MemorySource(answer.content))
    drawn = gzip.decompress(file.get(*map(int, tile_of(EAST).split("/"))))
    assert b"a-east" in drawn
    assert b"b-east" not in drawn
    again = get(town, "dispatcher", "/offline-map", **{"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]


def test_a_file_of_another_company_or_district_is_another(town: Any) -> None:
    mine, theirs = (get(town, who, "/offline-map") for who in ("dispatcher", "safety_manager_b"))
    assert mine.headers["etag"] != theirs.headers["etag"]
    asked = get(town, "safety_manager_b", "/offline-map", **{"If-None-Match": mine.headers["etag"]})
    assert asked.status_code == 200, "a tag of another reader opens nothing and hides nothing"
    west = town.person(Role.PATROLLER, area=town.west)
    file = Reader(MemorySource(town.client.as_(west, "GET", "/v1/offline-map").content))
    assert file.get(*map(int, tile_of(EAST).split("/"))) is None
    assert b"a-west" in gzip.decompress(file.get(*map(int, tile_of(WEST).split("/"))))


def test_an_area_without_pipes_has_no_file_and_says_what_to_do(town: Any) -> None:
    outline = bytes(shapely.to_wkb(shapely.box(110.0, 30.0, 110.1, 30.1)))
    with town.at(PLATFORM) as work:
        empty = people.add_area(work, people.operator(), NewArea("empty", "空区", wkb=outline), shared=True)
    nobody = town.person(Role.PATROLLER, area=empty.id)
    answer = town.client.as_(nobody, "GET", "/v1/offline-map")
    assert answer.status_code == 404
    assert answer.json()["fix"].startswith("Ask who keeps the network")
