"""The area's map as one file: read back by the format's own library, square for square what the tiles show."""

from __future__ import annotations

import gzip
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader
from pmtiles.tile import Compression, TileType, tileid_to_zxy, zxy_to_tileid
from tile_town import AT, EAST, WEST, district, load, reader, square_of

from pipewarden.network import service
from pipewarden.network.rules.tiles import Square, archive
from pipewarden.people.facts import ForbiddenError, NotFoundError, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area

MODULE = sys.modules["pipewarden.network.service.offline"]


@pytest.fixture
def network(work: Work, tmp_path: Path) -> Work:
    load(work, tmp_path, {"east": EAST, "west": WEST})
    return work


@pytest.fixture
def everything(work: Work) -> Actor:
    return reader(work, Scope.TENANT)


def opened(found: service.OfflineMap) -> Any:
    assert found.body is not None
    return read(found.body)


def read(file: bytes) -> Any:
    return Reader(MemorySource(file))  # type: ignore[no-untyped-call]


def around(work: Work, place: tuple[float, float], name: str = "mine") -> Area:
    lon, lat = place
    return district(work, (lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01), name)


def test_every_square_of_the_file_is_the_square_that_the_map_shows(network: Work, everything: Actor) -> None:
    found = service.offline_map(network, everything, at=AT)
    file = opened(found)
    header = file.header()
    assert (header["min_zoom"], header["max_zoom"], found.deepest) == (10, 15, 15)
    assert (header["tile_type"], header["tile_compression"]) == (TileType.MVT, Compression.GZIP)
    seen = 0
    for z in range(10, 16):
        for place in (EAST, WEST):
            square = square_of(place, z)
            packed = file.get(z, square.x, square.y)
            shown = service.tile(network, everything, square, at=AT).body
            assert gzip.decompress(packed) == shown
            seen += 1
    assert seen == 12
    assert file.get(15, 0, 0) is None
    assert {one["id"] for one in file.metadata()["vector_layers"]} >= set(mapbox_vector_tile.decode(shown))


def test_no_square_of_the_map_is_missing_beside_the_pipes(network: Work, everything: Actor) -> None:
    """The control range of a pipe at a square's rim reaches into the next square: it is in the file, too."""
    file = opened(service.offline_map(network, everything, at=AT))
    middle, missing = square_of(EAST), 0
    for x in range(middle.x - 2, middle.x + 3):
        for y in range(middle.y - 2, middle.y + 3):
            shown = service.tile(network, everything, Square(15, x, y), at=AT).body
            missing += bool(shown) != (file.get(15, x, y) is not None)
    assert missing == 0


def test_a_reader_of_a_district_carries_no_other_district_away(network: Work) -> None:
    mine = reader(network, Scope.AREA, around(network, EAST))
    file = opened(service.offline_map(network, mine, at=AT))
    square = square_of(EAST)
    layers = mapbox_vector_tile.decode(gzip.decompress(file.get(15, square.x, square.y)))
    assert {one["properties"]["pipe_id"] for one in layers["pipes"]["features"]} == {"east"}
    far = square_of(WEST)
    assert file.get(15, far.x, far.y) is None
    assert file.header()["min_lon_e7"] > 116.7e7


def test_where_no_pipe_is_the_answer_names_the_way_out(network: Work, work: Work) -> None:
    with pytest.raises(NotFoundError, match="no pipe lies in your area"):
        service.offline_map(network, reader(work, Scope.AREA, around(work, (110.0, 30.0))), at=AT)
    nobody = replace(reader(work, Scope.TENANT), grants=())
    with pytest.raises(ForbiddenError):
        service.offline_map(network, nobody, at=AT)


def test_who_holds_the_file_gets_none_and_a_change_makes_another(
    network: Work, everything: Actor, tmp_path: Path
) -> None:
    first = service.offline_map(network, everything, at=AT)
    again = service.offline_map(network, everything, at=AT, known=[first.tag])
    assert (again.tag, again.body, again.deepest) == (first.tag, None, first.deepest)
    assert service.offline_map(network, everything, at=AT) is service.offline_map(network, everything, at=AT)
    load(network, tmp_path, {"east": EAST})
    changed = service.offline_map(network, everything, at=AT, known=[first.tag])
    assert changed.tag != first.tag
    assert changed.body is not None


def test_the_same_network_is_the_same_file_byte_for_byte(
    network: Work, everything: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = service.offline_map(network, everything, at=AT).body
    monkeypatch.setattr(MODULE, "_MADE", type(MODULE._MADE)())
    assert service.offline_map(network, everything, at=AT).body == first


@pytest.mark.parametrize(("limit", "value"), [("MOST_BYTES", 900), ("MOST_SQUARES", 12)])
def test_a_large_area_is_drawn_less_deep_and_says_so(
    network: Work, everything: Actor, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(MODULE, "_MADE", type(MODULE._MADE)())
    monkeypatch.setattr(MODULE, limit, value)
    found = service.offline_map(network, everything, at=AT)
    assert 10 <= found.deepest < 15
    assert opened(found).header()["max_zoom"] == found.deepest


def test_only_the_last_few_files_are_held(network: Work, monkeypatch: pytest.MonkeyPatch, everything: Actor) -> None:
    monkeypatch.setattr(MODULE, "_MADE", type(MODULE._MADE)())
    monkeypatch.setattr(MODULE, "_HELD", 1)
    service.offline_map(network, everything, at=AT)
    service.offline_map(network, reader(network, Scope.AREA, around(network, EAST)), at=AT)
    assert len(MODULE._MADE.held) == 1


@pytest.mark.parametrize("z", [10, 13, 15])
def test_squares_are_those_that_the_boxes_touch(z: int) -> None:
    rng = np.random.default_rng(20261126)
    corner = np.column_stack([rng.uniform(-179, 179, 200), rng.uniform(-80, 80, 200)])
    bounds = np.hstack([corner, corner + rng.uniform(0, 0.004, (200, 2))])
    found = archive.squares(bounds, z)
    assert [archive.number(one) for one in found] == sorted({archive.number(one) for one in found})
    assert all(tileid_to_zxy(archive.number(one)) == (one.z, one.x, one.y) for one in found)
    for west, south, east, north in bounds:
        touched = [one for one in found if shapely.box(*_plain(one)).intersects(shapely.box(west, south, east, north))]
        corners = np.array([[x, y] for x in (west, east) for y in (south, north)])
        want = {(int((x / 360 + 0.5) * 2**z), int(_down(y) * 2**z)) for x, y in corners}
        assert want <= {(one.x, one.y) for one in touched}
    assert archive.squares(np.empty((0, 4)), z) == []


def test_at_the_rim_of_the_world_squares_stay_in_it() -> None:
    bounds = np.array([[-180.0, -90.0, -179.9999, -89.9], [179.9999, 89.9, 180.0, 90.0]])
    for one in archive.squares(bounds, 12):
        assert 0 <= one.x < 4096
        assert 0 <= one.y < 4096


def test_equal_squares_lie_in_the_file_once() -> None:
    body = bytes(np.random.default_rng(1).integers(0, 256, 5_000, dtype=np.uint8))
    drawn = {Square(15, x, 100): body for x in range(40)}
    file = archive.pack(drawn, (116.0, 39.0, 117.0, 40.0), "x")
    assert len(file) < 2 * len(body)
    source = read(file)
    assert all(gzip.decompress(source.get(15, x, 100)) == body for x in range(40))
    assert source.header()["addressed_tiles_count"] == 40
    assert zxy_to_tileid(15, 3, 100) == archive.number(Square(15, 3, 100))


def _plain(one: Square) -> tuple[float, float, float, float]:
    ((west, north), (east, south)) = one.to_lonlat(np.array([[0.0, 0.0], [4096.0, 4096.0]])).tolist()
    return west, south, east, north


def _down(lat: float) -> float:
    return 0.5 - float(np.arctanh(np.sin(np.radians(lat)))) / (2 * np.pi)
