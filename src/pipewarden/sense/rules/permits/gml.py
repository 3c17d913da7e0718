"""GML 3 shapes as one-call centres write them: polygons, lines and points, in any of its three ways to list corners."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import shapely

from pipewarden.sense.rules.devices.markup import local
from pipewarden.sense.rules.devices.said import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree import ElementTree as ET

_PARTS = ("Polygon", "LineString", "Point")
_MOST_PARTS = 1000


def read_gml(element: ET.Element, name: str) -> list[shapely.Geometry]:
    """Return the shapes below an element, x and y as they are written.

    Raises:
        InputError: a list of corners is none, or there are too many shapes.
    """
    found = [_shape(one, name) for one in element.iter() if local(one.tag) in _PARTS]
    if len(found) > _MOST_PARTS:
        raise refused(name, f"holds more than {_MOST_PARTS} shapes", "Send several rows.")
    return found


def child(element: ET.Element, path: str) -> ET.Element | None:
    """Return what stands at a dotted path of children; what a part of the row quotes from elsewhere is not its own."""
    found: ET.Element | None = element
    for step in path.split("."):
        found = None if found is None else next((one for one in found if local(one.tag) == step), None)
    return found


def systems(element: ET.Element) -> set[str]:
    """Return every reference system that is named below an element."""
    return {one.attrib["srsName"] for one in element.iter() if one.attrib.get("srsName")}


def _shape(element: ET.Element, name: str) -> shapely.Geometry:
    try:
        if local(element.tag) != "Polygon":
            corners = _corners(element, name)
            return shapely.Point(corners[0]) if local(element.tag) == "Point" else shapely.LineString(corners)
        outer = [_corners(one, name) for one in _below(element, ("exterior", "outerBoundaryIs"))]
        inner = [_corners(one, name) for one in _below(element, ("interior", "innerBoundaryIs"))]
        return shapely.Polygon(outer[0], inner)
    except (IndexError, ValueError, shapely.GEOSException) as error:
        raise refused(
            name, f"holds a {local(element.tag)} that is none", "Send closed rings of four corners."
        ) from error


def _below(element: ET.Element, names: tuple[str, ...]) -> Iterator[ET.Element]:
    return (one for one in element.iter() if local(one.tag) in names)


def _corners(element: ET.Element, name: str) -> list[tuple[float, float]]:
    texts = [one.text or "" for one in _below(element, ("posList", "pos"))]
    if texts:
        flat = [float(part) for text in texts for part in text.split()]
        if len(flat) % 2:
            raise refused(name, "holds an odd count of numbers", "Send two for each corner.")
        return list(pairwise(flat))[::2]
    pairs = [pair.split(",") for one in _below(element, ("coordinates",)) for pair in (one.text or "").split()]
    return [(float(pair[0]), float(pair[1])) for pair in pairs]
