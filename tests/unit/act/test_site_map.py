"""The drawing of a site among pipes: north is up, metres are metres, and a pipe's name is text."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely

from pipewarden.act.rules.site_map import HALF_M, SIDE_PX, box_of, draw
from pipewarden.kit.geo import distance_m, near_frame
from pipewarden.network.facts import Datum, Kind, Near, Pipe, PressureClass, Regime

PLACE = (116.7, 39.53)
SCALE = SIDE_PX / (2 * HALF_M)


def pipe(
    *corners: tuple[float, float], name: str = "P-1", cls: PressureClass = PressureClass.MEDIUM, **more: Any
) -> Near:
    """A pipe through corners in metres east and north of the place."""
    frame = near_frame(*PLACE)
    lonlat = frame.to_lonlat(np.array(corners) + frame.to_metres(np.array([PLACE])))
    shape = shapely.LineString(lonlat) if len(corners) > 1 else shapely.Point(lonlat[0])
    kind = Kind.PIPE if len(corners) > 1 else Kind.STATION
    drawn = Pipe(
        1, name, kind, Datum.OUTER_EDGE, cls, None, None, None, None, None, None, bytes(shapely.to_wkb(shape)), {}
    )
    return Near(drawn, Regime.CITY_GAS, more.get("protect", 0.5), more.get("control", 5.0))


def elements(svg: bytes, tag: str) -> list[ET.Element]:
    return ET.fromstring(svg).findall(f"{{http://www.w3.org/2000/svg}}{tag}")  # noqa: S314  made here


def test_the_box_is_as_far_to_every_side() -> None:
    west, south, east, north = box_of(PLACE)
    for corner in ((west, PLACE[1]), (east, PLACE[1]), (PLACE[0], south), (PLACE[0], north)):
        assert distance_m(PLACE, corner) == pytest.approx(HALF_M, rel=0.01)


def test_a_pipe_north_of_the_site_is_drawn_above_it_in_scale() -> None:
    svg = draw(PLACE, None, [pipe((-60, 30), (60, 30))])
    (line,) = [one for one in elements(svg, "path") if one.get("stroke-width") == "4"]
    numbers = [float(one) for one in re.findall(r"-?[\d.]+", str(line.get("d")))]
    assert numbers == pytest.approx(
        [SIDE_PX / 2 - 60 * SCALE, SIDE_PX / 2 - 30 * SCALE, SIDE_PX / 2 + 60 * SCALE, SIDE_PX / 2 - 30 * SCALE],
        abs=0.3,
    )


def test_ranges_are_as_wide_as_the_packs_say_and_left_out_where_they_say_none() -> None:
    svg = draw(PLACE, None, [pipe((-60, 30), (60, 30), protect=1.5, control=15.0)])
    heights = []
    for one in elements(svg, "path"):
        if one.get("fill-opacity"):
            ys = [float(y) for y in re.findall(r"[ML][-\d.]+ ([-\d.]+)", str(one.get("d")))]
            heights.append((max(ys) - min(ys)) / SCALE)
    assert heights == pytest.approx([30.0, 3.0], rel=0.02)
    bare = draw(PLACE, None, [pipe((-60, 30), (60, 30), protect=None, control=None)])
    assert not [one for one in elements(bare, "path") if one.get("fill-opacity")]


@pytest.mark.parametrize(("off", "metres"), [(None, 1.0), (0.2, 1.0), (25.0, 25.0)])
def test_how_far_the_site_may_be_off_is_a_circle(off: float | None, metres: float) -> None:
    (circle,) = elements(draw(PLACE, off, []), "circle")
    assert float(str(circle.get("r"))) == pytest.approx(metres * SCALE, abs=0.1)


def test_what_nobody_knows_the_pressure_of_is_drawn_as_the_gravest() -> None:
    def colour(cls: PressureClass) -> str:
        svg = draw(PLACE, None, [pipe((-9, 9), (9, 9), cls=cls)])
        return str(next(one.get("stroke") for one in elements(svg, "path") if one.get("stroke-width") == "4"))

    assert colour(PressureClass.UNKNOWN) == colour(PressureClass.HIGH) != colour(PressureClass.LOW)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "A&B", '"onload="x', "管道甲", "]]>"])
def test_a_name_is_text(name: str) -> None:
    svg = draw(PLACE, None, [pipe((-20, 9), (20, 9), name=name)])
    assert name in [one.text for one in elements(svg, "text")]
    assert not elements(svg, "script")


def test_stations_and_pipes_beyond_the_edge() -> None:
    svg = draw(
        PLACE, 3.0, [pipe((40, 40), name="箱"), pipe((-900, 0), (-800, 0), name="far"), pipe((-5000, 5), (5000, 5))]
    )
    assert len(elements(svg, "rect")) == 2, "the ground and the station"
    words = [one.text for one in elements(svg, "text")]
    assert "箱" in words
    assert "far" not in words
    assert len(svg) < 20_000, "what lies outside is cut away"
