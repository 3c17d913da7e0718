"""One square of the web map: where it lies, and coordinates as integers in it (Mapbox Vector Tile 2.1, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import near_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipewarden.kit.geo import LocalFrame
    from pipewarden.network.rules.tiles.drawing import Feature

    Points = NDArray[np.float64]

EXTENT = 4096
MARGIN = 64  # units drawn beyond the square, so that wide lines and rims meet across its sides
DEEPEST = 22
MEDIA = "application/vnd.mapbox-vector-tile"


@dataclass(frozen=True, slots=True)
class Square:
    """A tile of the spherical web mercator grid (EPSG:3857) by its XYZ numbers; y counts from the north.

    Units are 1/4096 of its side, x to the east and y to the south of its north-western corner.
    """

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not 0 <= self.z <= DEEPEST:
            raise InputError(field="z", problem=f"{self.z} is no zoom", fix=f"Give 0 to {DEEPEST}.")
        last = (1 << self.z) - 1
        for name, number in (("x", self.x), ("y", self.y)):
            if not 0 <= number <= last:
                raise InputError(field=name, problem=f"{number} is no tile", fix=f"Give 0 to {last} at zoom {self.z}.")

    def to_units(self, lonlat: Points) -> Points:
        """Return units for points of shape (n, 2), lon/lat in degrees WGS-84."""
        world = EXTENT * 2.0**self.z
        sine = np.sin(np.radians(np.clip(lonlat[:, 1], -_HIGHEST, _HIGHEST)))
        across = (lonlat[:, 0] / 360.0 + 0.5) * world - self.x * EXTENT
        down = (0.5 - np.arctanh(sine) / (2 * np.pi)) * world - self.y * EXTENT
        return np.column_stack([across, down])

    def to_lonlat(self, units: Points) -> Points:
        """Return lon/lat in degrees WGS-84 for units of shape (n, 2)."""
        world = EXTENT * 2.0**self.z
        lon = ((units[:, 0] + self.x * EXTENT) / world - 0.5) * 360.0
        lat = np.degrees(np.arcsin(np.tanh((0.5 - (units[:, 1] + self.y * EXTENT) / world) * 2 * np.pi)))
        return np.column_stack([lon, lat])

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return what is drawn, in units: the square and its margin."""
        return (-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)

    def bounds(self, beyond_m: float = 0.0) -> tuple[float, float, float, float]:
        """Return west, south, east, north of what is drawn, widened by at least ``beyond_m`` metres; degrees WGS-84."""
        (west, north), (east, south) = self.to_lonlat(np.array([self.box[:2], self.box[2:]])).tolist()
        up = beyond_m / _LEAST_DEGREE_M
        wide = up / max(float(np.cos(np.radians(max(abs(south - up), abs(north + up))))), _LEAST_COSINE)
        return west - wide, south - up, east + wide, north + up

    @property
    def unit_m(self) -> float:
        """Return the length of a unit in metres on its northern or southern side, whichever is shorter."""
        ((_, north), (_, south)) = self.to_lonlat(np.array([[0.0, 0.0], [0.0, EXTENT]])).tolist()
        least = min(np.cos(np.radians(north)), np.cos(np.radians(south)))
        return float(_EQUATOR_M * least / (EXTENT * 2.0**self.z))

    def frame(self) -> LocalFrame:
        """Return a metric frame about the square's middle."""
        ((lon, lat),) = self.to_lonlat(np.array([[EXTENT / 2, EXTENT / 2]])).tolist()
        return near_frame(lon, lat)


_HIGHEST = 85.06  # degrees of latitude, just past the grid's rim at 85.0511
_EQUATOR_M = 40_075_016.7
_LEAST_DEGREE_M = 110_500.0  # a degree of latitude at the equator, its shortest, is 110 574 m
_LEAST_COSINE = 0.01


def encode(layers: Mapping[str, Sequence[Feature]]) -> bytes:
    """Return the tile of layers whose geometries are in whole units; no bytes when nothing is in them."""
    from mapbox_vector_tile import encode as write  # type: ignore[import-untyped]  # noqa: PLC0415  protobuf: only who asks pays

    filled = [
        {"name": name, "features": [{"geometry": one.shape, "properties": one.properties} for one in features]}
        for name, features in layers.items()
        if features
    ]
    if not filled:
        return b""
    return bytes(write(filled, default_options={"extents": EXTENT, "y_coord_down": True}))


def whole(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes in units with their corners on whole units; what falls together to a point is empty."""
    rounded = np.empty_like(shapes)
    areas = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004  a plane has two
    rounded[areas] = shapely.set_precision(shapes[areas], 1.0)  # rounding alone may let an area cross itself
    rounded[~areas] = shapely.remove_repeated_points(shapely.transform(shapes[~areas], np.rint))
    lost = (shapely.get_dimensions(shapes) == 1) & (shapely.length(rounded) == 0)
    rounded[lost] = shapely.LineString()
    return rounded
