"""A site on the map of pipes as one drawing: for paper and packs, where no map program runs."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from pipewarden.kit.geo import near_frame
from pipewarden.network.facts import PressureClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from pipewarden.kit.geo import LocalFrame
    from pipewarden.network.facts import Near

HALF_M: Final = 120.0  # from the middle to the edge
SIDE_PX: Final = 900
_BAR_M: Final = 50
_COLOURS: Final = {
    PressureClass.LOW: "#7A8B99",
    PressureClass.MEDIUM: "#3B7A57",
    PressureClass.SUB_HIGH: "#8A5A00",
}
_GRAVE: Final = "#7B2D8B"  # high, and what is taken as high because nobody knows
_LEAST_CIRCLE_M: Final = 1.0
_LABEL: Final = (
    '<text x="{x:.1f}" y="{y:.1f}" font-size="22" fill="{fill}" font-family="Noto Sans SC, sans-serif" '
    'stroke="#f7f5f0" stroke-width="5" paint-order="stroke">{words}</text>'
)


def box_of(place: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return what a drawing around a place shows: west, south, east, north in degrees WGS-84."""
    frame = near_frame(*place)
    corners = frame.to_lonlat(frame.to_metres(np.array([place])) + np.array([(-HALF_M, -HALF_M), (HALF_M, HALF_M)]))
    west, south, east, north = corners.ravel().tolist()
    return west, south, east, north


def draw(place: tuple[float, float], off_m: float | None, pipes: Iterable[Near]) -> bytes:
    """Return an SVG: north up, pipes with their ranges, the site and how far it may be off, a scale bar.

    Args:
        place: of the site, lon and lat in degrees WGS-84.
        off_m: radius that holds it in 95 of 100 cases; None where nobody says.
        pipes: what to draw; ``network.service.near`` of ``box_of`` the place.
    """
    frame, half = near_frame(*place), SIDE_PX / 2
    middle = frame.to_metres(np.array([place])).reshape(2)
    drawn = [(one, _pixels(frame, middle, shapely.from_wkb(one.pipe.geometry))) for one in pipes]
    size = f'viewBox="0 0 {SIDE_PX} {SIDE_PX}" width="{SIDE_PX}" height="{SIDE_PX}"'
    rows = [f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="100%" height="100%" fill="#f7f5f0"/>']
    for reach, opacity in (("control_m", 0.12), ("protect_m", 0.3)):
        for one, shape in drawn:
            metres = getattr(one, reach)
            if metres:
                rows += _areas(shapely.buffer(shape, metres * _scale()), _colour(one), opacity)
    for one, shape in drawn:
        rows += _lines(shape, _colour(one))
    for one, shape in drawn:
        rows += _name(one, shape)
    circle = max(_LEAST_CIRCLE_M, off_m or 0.0) * _scale()
    rows.append(
        f'<circle cx="{half}" cy="{half}" r="{circle:.1f}" fill="#c8102e" fill-opacity="0.15" stroke="#c8102e"/>'
        f'<path d="M{half - 14} {half}H{half + 14}M{half} {half - 14}V{half + 14}" stroke="#c8102e" stroke-width="3"/>'
    )
    bar, low = _BAR_M * _scale(), SIDE_PX - 30
    rows.append(f'<path d="M30 {low}h{bar:.1f}M30 {low - 6}v12M{30 + bar:.1f} {low - 6}v12" stroke="#16202a"/>')
    rows.append(_LABEL.format(x=30, y=low - 12, fill="#16202a", words=f"{_BAR_M} m"))
    rows.append(_LABEL.format(x=SIDE_PX - 60, y=40, fill="#16202a", words="N ↑"))
    return "".join([*rows, "</svg>"]).encode()


def _scale() -> float:
    return SIDE_PX / (2 * HALF_M)


def _pixels(frame: LocalFrame, middle: NDArray[np.float64], shape: shapely.Geometry) -> shapely.Geometry:
    """Return a shape in the drawing's pixels, cut a little outside its edge."""

    def to_pixels(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        metres = frame.to_metres(lonlat) - middle
        return np.column_stack([SIDE_PX / 2 + metres[:, 0] * _scale(), SIDE_PX / 2 - metres[:, 1] * _scale()])

    return shapely.intersection(shapely.transform(shape, to_pixels), shapely.box(-400, -400, 1300, 1300))


def _colour(one: Near) -> str:
    return _COLOURS.get(one.pipe.pressure_class, _GRAVE)


def _path(points: NDArray[np.float64]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist())


def _areas(shape: shapely.Geometry, colour: str, opacity: float) -> Iterator[str]:
    for part in shapely.get_parts(shape):
        rings = [part.exterior, *part.interiors]
        ways = "".join(_path(shapely.get_coordinates(ring)) + "Z" for ring in rings)
        yield f'<path d="{ways}" fill="{colour}" fill-opacity="{opacity}" fill-rule="evenodd"/>'


def _lines(shape: shapely.Geometry, colour: str) -> Iterator[str]:
    for part in shapely.get_parts(shape):
        if part.geom_type == "Point":
            yield f'<rect x="{part.x - 5:.1f}" y="{part.y - 5:.1f}" width="10" height="10" fill="{colour}"/>'
        elif not part.is_empty:
            line = part.exterior if part.geom_type == "Polygon" else part
            yield f'<path d="{_path(shapely.get_coordinates(line))}" fill="none" stroke="{colour}" stroke-width="4"/>'


def _name(one: Near, shape: shapely.Geometry) -> Iterator[str]:
    seen = shapely.intersection(shape, shapely.box(40, 50, SIDE_PX - 160, SIDE_PX - 60))
    if not seen.is_empty:
        at = seen.representative_point()
        yield _LABEL.format(x=at.x + 26, y=at.y - 22, fill=_colour(one), words=escape(one.pipe.pipe_id))
