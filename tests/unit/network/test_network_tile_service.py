"""Tiles on a real database: whose pipes, under which law, what a reader's copy is worth, and a bounded memory."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from tile_town import AT, EAST, WEST, district, load, reader, square_of

from pipewarden.network import service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass, Regime
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ForbiddenError, Scope

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Area

MODULE = sys.modules["pipewarden.network.service.tiles"]


def tile(work: Work, actor: Actor, place: tuple[float, float] = EAST, **more: Any) -> service.Tile:
    return service.tile(work, actor, square_of(place, more.pop("z", 15)), at=more.pop("at", AT), **more)


def names(found: service.Tile) -> set[str]:
    layers = mapbox_vector_tile.decode(found.body) if found.body else {}
    return {
        feature["properties"]["pipe_id"]
        for name in ("pipes", "stations")
        for feature in layers.get(name, {"features": []})["features"]
    }


@pytest.fixture
def everything(work: Work) -> Actor:
    return reader(work, Scope.TENANT)


@pytest.fixture
def east(work: Work) -> Area:
    return district(work, (116.6, 39.4, 116.9, 39.7))


@pytest.fixture
def other(work: Work) -> Work:
    """Another gas company in the same database."""
    tenant = people.ensure_tenant(work.session, work.clock, work.ids, "gas-b")
    return replace(work, tenant_id=tenant.id)


def test_the_tenant_sees_its_own_network(work: Work, tmp_path: Path, everything: Actor) -> None:
    load(work, tmp_path, {"e": EAST, "w": WEST})
    assert names(tile(work, everything, EAST)) == {"e"}
    assert names(tile(work, everything, WEST)) == {"w"}


def test_another_tenants_pipe_is_never_drawn(work: Work, other: Work, tmp_path: Path) -> None:
    load(other, tmp_path, {"the secret of b": EAST})
    for scope in (Scope.TENANT, Scope.PLATFORM):
        found = tile(work, reader(work, scope))
        assert found.body == b""
    load(work, tmp_path, {"mine": EAST})
    body = tile(work, reader(work, Scope.PLATFORM)).body
    assert body is not None
    assert b"mine" in body
    assert b"secret" not in body
    assert names(tile(other, reader(other, Scope.TENANT))) == {"the secret of b"}


def test_a_reader_of_an_area_sees_no_pipe_of_another(work: Work, east: Area, tmp_path: Path) -> None:
    rim = (116.6, 39.55)
    load(work, tmp_path, {"e": EAST, "the secret of the west": WEST, "across": rim})
    patroller = reader(work, Scope.AREA, east)
    assert names(tile(work, patroller, EAST)) == {"e"}
    for z in range(9, 21):
        found = tile(work, patroller, WEST, z=z)
        assert b"secret" not in (found.body or b"")
    assert tile(work, patroller, WEST).body == b""
    square = square_of(rim)
    layers = mapbox_vector_tile.decode(tile(work, patroller, rim).body or b"", default_options={"y_coord_down": True})
    least = square.to_units(np.array([rim]))[0, 0] - 0.75
    for layer in layers.values():
        for feature in layer["features"]:
            corners = shapely.get_coordinates(shapely.geometry.shape(feature["geometry"]))
            assert (corners[:, 0] >= least).all()


def test_without_an_area_there_is_nothing_and_without_the_right_a_refusal(work: Work, tmp_path: Path) -> None:
    load(work, tmp_path, {"e": EAST})
    assert tile(work, reader(work, Scope.AREA)).body == b""
    assert tile(work, reader(work, Scope.OWN)).body == b""
    with pytest.raises(ForbiddenError):
        tile(work, replace(reader(work, Scope.TENANT), grants=()))


def test_both_regimes_are_drawn(work: Work, tmp_path: Path, everything: Actor) -> None:
    load(work, tmp_path, {"city": EAST})
    load(work, tmp_path, {"far": EAST}, "CN-LONGDISTANCE")
    found = tile(work, everything)
    assert names(found) == {"city", "far"}
    control = mapbox_vector_tile.decode(found.body)["control"]["features"]
    assert {one["properties"]["regime"] for one in control} == {"city_gas", "long_distance"}


def test_ranges_follow_the_law_of_the_day(work: Work, tmp_path: Path, everything: Actor) -> None:
    load(work, tmp_path, {"q": EAST}, "CN-SD-qingdao")

    def layers(at: datetime) -> dict[str, Any]:
        found: dict[str, Any] = mapbox_vector_tile.decode(tile(work, everything, at=at).body)
        return found

    assert set(layers(AT)) == {"pipes", "protection", "control"}
    assert set(layers(datetime(1990, 1, 1, tzinfo=UTC))) == {"pipes"}  # no pack was in force then


class TestTag:
    """A reader's copy is right exactly as long as nothing behind it changed."""

    def test_the_same_question_has_the_same_tag_and_needs_no_body(
        self, work: Work, tmp_path: Path, everything: Actor
    ) -> None:
        load(work, tmp_path, {"e": EAST})
        found = tile(work, everything)
        assert found.body
        assert tile(work, everything) == found
        assert tile(work, everything, known=["x", found.tag]) == service.Tile(found.tag, None)
        assert tile(work, everything, known=["x"]).body == found.body

    def test_a_new_version_the_next_day_another_square_or_ground_change_it(
        self, work: Work, east: Area, tmp_path: Path, everything: Actor
    ) -> None:
        load(work, tmp_path, {"e": EAST})
        first = tile(work, everything).tag
        others = [
            tile(work, everything, WEST).tag,
            tile(work, everything, z=14).tag,
            tile(work, everything, at=AT + timedelta(days=1)).tag,
            tile(work, reader(work, Scope.AREA, east)).tag,
        ]
        load(work, tmp_path, {"e": EAST})
        others.append(tile(work, everything).tag)
        assert first not in others
        assert len(set(others)) == len(others)
        service.rollback(work, Regime.CITY_GAS)
        assert tile(work, everything).tag == first

    def test_a_day_begins_at_midnight_in_china(self, work: Work, tmp_path: Path, everything: Actor) -> None:
        load(work, tmp_path, {"e": EAST})
        evening, midnight = (datetime(2026, 11, 20, 15, minute, tzinfo=UTC) for minute in (0, 59))
        assert tile(work, everything, at=evening).tag == tile(work, everything, at=midnight).tag
        assert tile(work, everything, at=midnight + timedelta(minutes=1)).tag != tile(work, everything, at=evening).tag

    def test_a_redrawn_area_changes_it_and_what_is_drawn(self, work: Work, east: Area, tmp_path: Path) -> None:
        load(work, tmp_path, {"e": EAST})
        patroller = reader(work, Scope.AREA, east)
        before = tile(work, patroller)
        elsewhere = bytes(shapely.to_wkb(shapely.box(116.6, 39.4, 116.7, 39.7)))
        people.redraw_area(replace(work, tenant_id=PLATFORM), people.operator(), east.id, elsewhere)
        after = tile(work, patroller, known=[before.tag])
        assert after.tag != before.tag
        assert after.body == b""


def test_a_square_is_drawn_once_and_then_remembered(
    work: Work, tmp_path: Path, everything: Actor, monkeypatch: pytest.MonkeyPatch, count_statements: list[str]
) -> None:
    load(work, tmp_path, {"e": EAST})
    first = tile(work, everything)
    monkeypatch.setattr(MODULE, "plans_of", None)  # would fail when called
    count_statements.clear()
    assert tile(work, everything) == first
    assert len(count_statements) == 1  # the active versions; an actor of the whole tenant has no ground to ask for


def test_below_zoom_nine_no_network_is_read(
    work: Work, tmp_path: Path, everything: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(work, tmp_path, {"e": EAST})
    monkeypatch.setattr(MODULE, "plans_of", None)
    assert tile(work, everything, z=8).body == b""


def test_the_memory_of_squares_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_MOST_BYTES", 1000)
    monkeypatch.setattr(MODULE, "_MOST_SQUARES", 20)
    drawn = MODULE._Drawn()
    for n in range(50):
        drawn.put(f"tag-{n:02}", b"x" * 90)
        assert drawn.size == sum(map(len, drawn.held.values())) <= 1000
    assert drawn.get("tag-38") is None
    assert drawn.get("tag-39") == b"x" * 90
    drawn.put("tag-60", b"x" * 90)
    assert drawn.get("tag-39") is not None  # asked for lately, so another went
    assert drawn.get("tag-40") is None
    drawn.put("tag-39", b"y" * 10)
    assert drawn.size == sum(map(len, drawn.held.values()))
    drawn.put("huge", b"x" * 2000)
    assert drawn.size == 0
    for n in range(50):
        drawn.put(f"empty-{n}", b"")
    assert len(drawn.held) == 20


class TestClasses:
    """The class of a pipe by its version and name."""

    def test_known_pipes_have_their_class(self, work: Work, tmp_path: Path) -> None:
        version = load(work, tmp_path, {"e": EAST, "w": WEST})
        asked = {(version, "e"), (version, "nobody"), (UUID(int=4), "e")}
        assert service.classes(work, asked) == {(version, "e"): PressureClass.MEDIUM}

    def test_parts_of_one_pipe_count_as_the_strictest(self, work: Work, tmp_path: Path) -> None:
        rows = [("P", "high"), ("P", "low"), ("P", "medium"), *((f"Q{n}", "low") for n in range(9))]
        features = [
            {
                "type": "Feature",
                "properties": {"id": name, "pressure": pressure},
                "geometry": {"type": "LineString", "coordinates": [[116.7 + n / 100, 39.5], [116.71 + n / 100, 39.5]]},
            }
            for n, (name, pressure) in enumerate(rows)
        ]
        file = tmp_path / "parts.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        report = service.import_network(work, FileReader(), file, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
        assert report.version_id is not None
        assert service.classes(work, {(report.version_id, "P")}) == {(report.version_id, "P"): PressureClass.HIGH}

    def test_another_tenants_pipe_has_none(self, work: Work, other: Work, tmp_path: Path) -> None:
        version = load(other, tmp_path, {"e": EAST})
        assert service.classes(work, {(version, "e")}) == {}

    def test_nothing_asked_is_no_query(self, work: Work, count_statements: list[str]) -> None:
        assert service.classes(work, set()) == {}
        assert count_statements == []
