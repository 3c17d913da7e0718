"""A small town to test against: streets in metres around Langfang, and files of every format made on the spot."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from pipewarden.kit.geo import LocalFrame
from pipewarden.network import store
from pipewarden.network.facts import Datum, Kind, Pipe, PressureClass, Regime
from pipewarden.network.rules import index, packs, zones

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Town:
    """Builders of pipes and maps, in metres east and north of (116.7, 39.5)."""

    lon: float = 116.7
    lat: float = 39.5
    at: datetime = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    frame: LocalFrame = field(default_factory=lambda: LocalFrame(116.7, 39.5))

    def lonlat(self, metres: Sequence[Sequence[float]]) -> np.ndarray:
        return self.frame.to_lonlat(np.asarray(metres, dtype=np.float64))

    def shape(self, shape: shapely.Geometry) -> shapely.Geometry:
        """A geometry given in metres, in WGS-84."""
        return shapely.transform(shape, self.frame.to_lonlat)

    def pipe(self, row: int, shape: shapely.Geometry | str, cls: str = "low", **more: object) -> Pipe:
        geometry = shapely.from_wkt(shape) if isinstance(shape, str) else shape
        values: dict[str, object] = {
            "row": row,
            "pipe_id": f"p{row}",
            "kind": Kind.PIPE if geometry.geom_type.endswith("LineString") else Kind.STATION,
            "datum": Datum.CENTRE_LINE,
            "pressure_class": PressureClass(cls),
            "pressure": None,
            "diameter_mm": 200.0,
            "material": None,
            "depth_m": None,
            "year": None,
            "sigma_m": 0.5,
            "geometry": shapely.to_wkb(self.shape(geometry)),
            "extra": {},
        } | more
        return Pipe(**values)  # type: ignore[arg-type]

    def table(self, pipes: Sequence[Pipe], jurisdiction: str = "CN-GB55009") -> zones.Table:
        law = packs.regime_of(store.shipped_packs(), jurisdiction)
        found = packs.resolve(
            store.shipped_packs(), store.shipped_assumptions(), jurisdiction=jurisdiction, regime=law, at=self.at
        )
        assert found is not None
        return zones.tabulate(index.build(pipes), found, store.shipped_assumptions().of(law))

    def feature(self, shape: shapely.Geometry | str | None, **properties: object) -> dict[str, object]:
        """A GeoJSON feature of a geometry in metres."""
        geometry = shapely.from_wkt(shape) if isinstance(shape, str) else shape
        made = None if geometry is None else json.loads(shapely.to_geojson(self.shape(geometry)))
        return {"type": "Feature", "properties": properties, "geometry": made}

    def geojson(self, path: Path, features: Sequence[dict[str, object]], **members: object) -> Path:
        path.write_text(
            json.dumps({"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False),
            encoding="utf-8",
        )
        return path


@pytest.fixture(scope="session")
def town() -> Town:
    """The town."""
    return Town()


@pytest.fixture(scope="session")
def long_distance() -> Regime:
    """The other regime, named once."""
    return Regime.LONG_DISTANCE
