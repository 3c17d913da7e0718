"""Pipe geometry on its way out: cut at the reader's ground, in pages that lose nothing, a bounded piece at a time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Kind
from pipewarden.network.service import taking_out
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, NewArea, Role, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

LON, LAT = 116.7, 39.5
COUNT = 25


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_out, "_CHUNK", 4)


@pytest.fixture
def laid(work: Work, tmp_path: Path) -> Work:
    """Streets from west to east, one beside the other northwards, a station and a valve."""
    features = [
        {
            "type": "Feature",
            "properties": {"pipe_id": f"p{n:02}", "pressure": "中压"},
            "geometry": {"type": "LineString", "coordinates": [[LON, LAT + n / 1000], [LON + 0.01, LAT + n / 1000]]},
        }
        for n in range(COUNT)
    ]
    path = tmp_path / "pipes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    service.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    return work


def asker(work: Work, permission: str = service.EXPORT, *, area: str | None = None) -> Actor:
    scope = Scope.TENANT if area is None else Scope.AREA
    grant = Grant(permission, scope, work.tenant_id, area, Role.DISPATCHER)
    return Actor(kind=ActorKind.PERSON, id=work.ids.new(), name="G", tenant_id=work.tenant_id, grants=(grant,))


def ground(work: Work, west: float, south: float, east: float, north: float) -> str:
    outline = bytes(shapely.to_wkb(shapely.box(west, south, east, north)))
    there = people.add_area(work, people.operator(), NewArea(f"g{abs(hash(outline)) % 10**8}", "地", wkb=outline))
    return there.path


def taken(work: Work, actor: Actor, limit: int = 1000, **more: object) -> list[taking_out.Taken]:
    """Everything, page by page."""
    found: list[taking_out.Taken] = []
    after, pages = None, 0
    while True:
        page, after = service.take_out(work, actor, [Kind.PIPE], after=after, limit=limit, **more)  # type: ignore[arg-type]
        assert len(page) <= limit
        found += page
        pages += 1
        assert pages < 100
        if after is None:
            return found


def names(found: list[taking_out.Taken]) -> list[str]:
    return [one.pipe.pipe_id for one in found]


@pytest.mark.parametrize("limit", [1, 3, 4, 5, 24, 25, 26, 1000])
def test_pages_of_any_size_hold_every_pipe_once_and_in_order(laid: Work, limit: int) -> None:
    assert names(taken(laid, asker(laid), limit)) == [f"p{n:02}" for n in range(COUNT)]


def test_no_question_brings_more_than_a_piece(laid: Work, count_statements: list[str]) -> None:
    count_statements.clear()
    taken(laid, asker(laid))
    pieces = [one for one in count_statements if "FROM network_pipes" in one]
    assert len(pieces) == COUNT // 4 + 1
    assert all("LIMIT" in one for one in pieces)
    assert not any("network_pipes.extra" in one for one in pieces), "the source's other columns are not read"


def test_reading_the_network_is_not_taking_it_out(laid: Work) -> None:
    with pytest.raises(ForbiddenError):
        service.take_out(laid, asker(laid, "network:read"), [Kind.PIPE], limit=1)


def test_what_crosses_the_rim_is_cut_there_and_what_touches_it_is_left_out(laid: Work) -> None:
    south, north = LAT + 0.0045, LAT + 0.0105
    mine = asker(laid, area=ground(laid, LON + 0.004, south, LON + 0.02, north))
    found = taken(laid, mine, 2)
    assert names(found) == [f"p{n:02}" for n in range(5, 11)]
    for one in found:
        west, _, east, _ = shapely.from_wkb(one.pipe.geometry).bounds
        assert (west, east) == pytest.approx((LON + 0.004, LON + 0.01))
    beside = asker(laid, area=ground(laid, LON + 0.01, LAT - 1, LON + 0.02, LAT + 1))
    assert taken(laid, beside) == [], "an end that touches the rim is no pipe there"


def test_what_lies_in_a_bay_of_the_ground_is_not_there_at_all(laid: Work) -> None:
    """Within the ground's box and outside its outline: neither its line nor what is known of it goes out."""
    corners = [
        (0, 0.0045),
        (0.02, 0.0045),
        (0.02, 0.0205),
        (0, 0.0205),
        (0, 0.0155),
        (0.015, 0.0155),
        (0.015, 0.0095),
        (0, 0.0095),
    ]
    outline = bytes(shapely.to_wkb(shapely.Polygon([(LON + x, LAT + y) for x, y in corners])))
    bay = people.add_area(laid, people.operator(), NewArea("bay", "凹", wkb=outline))
    found = taken(laid, asker(laid, area=bay.path))
    assert names(found) == [f"p{n:02}" for n in (*range(5, 10), *range(16, 21))]


def test_a_ground_elsewhere_or_without_an_outline_holds_nothing(laid: Work) -> None:
    assert taken(laid, asker(laid, area=ground(laid, 100.0, 30.0, 100.1, 30.1))) == []
    bare = people.add_area(laid, people.operator(), NewArea("bare", "无界"))
    assert taken(laid, asker(laid, area=bare.path)) == []


def test_a_box_narrows_by_the_line_and_not_by_its_box(laid: Work) -> None:
    box = (LON + 0.002, LAT + 0.0025, LON + 0.003, LAT + 0.0055)
    assert names(taken(laid, asker(laid), 2, box=box)) == ["p03", "p04", "p05"]
    assert taken(laid, asker(laid), box=(LON + 0.1, LAT, LON + 0.2, LAT + 1)) == []
    both = asker(laid, area=ground(laid, LON - 1, LAT + 0.0035, LON + 1, LAT + 1))
    assert names(taken(laid, both, box=box)) == ["p04", "p05"]


def test_another_kind_and_another_tenant_are_other_rows(laid: Work) -> None:
    assert service.take_out(laid, asker(laid), [Kind.STATION, Kind.VALVE], limit=10) == ([], None)
    assert laid.tenant_id != PLATFORM
    foreign = asker(laid)
    with pytest.raises(ForbiddenError):
        service.take_out(laid, Actor(ActorKind.PERSON, foreign.id, "x", laid.tenant_id), [Kind.PIPE], limit=1)


def test_geometry_is_the_survey_itself(laid: Work) -> None:
    first = taken(laid, asker(laid))[0]
    shape = shapely.from_wkb(first.pipe.geometry)
    assert np.abs(shapely.get_coordinates(shape) - [[LON, LAT], [LON + 0.01, LAT]]).max() < 1e-12
    assert first.pipe.extra == {}


def test_one_row_is_one_row_read_and_none_elsewhere(laid: Work, count_statements: list[str]) -> None:
    everywhere = asker(laid)
    third = taken(laid, everywhere)[2]
    mine = asker(laid, area=ground(laid, LON, LAT + 0.0045, LON + 0.02, LAT + 1))
    place = (third.version_id, third.pipe.row)
    assert service.take_one(laid, everywhere, [Kind.PIPE], place) == third
    assert service.take_one(laid, everywhere, [Kind.VALVE], place) is None
    assert service.take_one(laid, everywhere, [Kind.PIPE], (laid.ids.new(), 2)) is None
    assert service.take_one(laid, everywhere, [Kind.PIPE], (third.version_id, 1_000_000)) is None
    count_statements.clear()
    assert service.take_one(laid, mine, [Kind.PIPE], place) is None, "it lies outside, and none behind it is looked at"
    assert len([one for one in count_statements if "FROM network_pipes" in one]) == 1
    with pytest.raises(ForbiddenError):
        service.take_one(laid, asker(laid, "network:read"), [Kind.PIPE], place)
