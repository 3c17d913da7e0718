"""A place as phones say it: with its reference system, in one shape for reports, standing by, tasks and notices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipewarden.kit.web import Asked
from pipewarden.network import service as network

_SHIFTED = {"gcj02": "GCJ-02"}


class Placed(Asked):
    """A place with its system; whoever uses it adds the bound of its error."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees in `crs`.")]
    lat: Annotated[float, Field(ge=-90, le=90, description="Degrees in `crs`.")]
    crs: Literal["wgs84", "gcj02"]

    def lonlat(self) -> tuple[float, float]:
        """Return lon and lat in degrees WGS-84, whatever system a phone spoke in."""
        there = (self.lon, self.lat)
        return there if self.crs not in _SHIFTED else network.place_lonlat(_SHIFTED[self.crs], there)
