"""A GeoPackage (OGC 12-128r19) written by GDAL, batch by batch, so that no layer is ever whole in memory.

Columns of moments are UTC. Features without a place are written with an empty geometry.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyogrio.raw

from pipewarden.exchange.facts.gis import Held

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipewarden.exchange.facts.gis import Feature, LayerAbout, LayerName

MARK = "pipewarden_export"
_DRIVER, _CRS = "GPKG", "EPSG:4326"
_OPTIONS = {"VERSION": "1.3"}  # QGIS of Debian 12 (GDAL 3.6) warns of later ones
_UTC = 100  # GDAL's flag of a time zone: 100 is UTC
_SHAPES = {"Geometry": "Unknown"}
_EMPTY: dict[Held, tuple[str, object]] = {
    Held.TEXT: ("object", None),
    Held.WHOLE: ("int64", 0),
    Held.REAL: ("float64", 0.0),
    Held.TRUTH: ("bool", False),
    Held.MOMENT: ("datetime64[ms]", np.datetime64("NaT")),
}
_BLOCK = 1 << 16


class GeoPackage:
    """Implements ``ports.MapFile``.

    Args:
        path: where; it must not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = ""
        self._about: LayerAbout | None = None
        self._layers: set[str] = set()

    def begin(self, name: LayerName, about: LayerAbout) -> None:
        """Begin a layer, which is there even if nothing is added."""
        self._name, self._about = name.value, about
        self.add([])

    def add(self, features: Sequence[Feature]) -> None:
        """Write a batch.

        Raises:
            RuntimeError: no layer was begun.
        """
        if self._about is None:
            raise RuntimeError("begin a layer first")
        columns = {"id": Held.TEXT, **self._about.columns}
        data, masks = [], []
        for column, held in columns.items():
            given = [one.id if column == "id" else one.says.get(column) for one in features]
            values, absent = _column(held, given)
            data.append(values)
            masks.append(absent)
        shapes = np.array([one.shape for one in features], dtype=object)
        zones = {name: np.full(len(features), _UTC) for name, held in columns.items() if held is Held.MOMENT}
        fresh = self._name not in self._layers
        told = {"IDENTIFIER": self._about.title, "DESCRIPTION": self._about.words}
        pyogrio.raw.write(
            str(self._path),
            geometry=shapes,
            field_data=data,
            fields=np.array(list(columns), dtype=object),
            field_mask=masks,
            layer=self._name,
            driver=_DRIVER,
            geometry_type=_SHAPES.get(self._about.shape, self._about.shape),
            crs=_CRS,
            append=not fresh,
            gdal_tz_offsets=zones,
            dataset_options=None if self._layers else _OPTIONS,
            layer_options=told if fresh else None,
        )
        self._layers.add(self._name)

    def end(self, mark: Mapping[str, str]) -> tuple[int, str]:
        """Write the mark as a table of its own and return size and SHA-256."""
        pyogrio.raw.write(
            str(self._path),
            geometry=None,
            field_data=[np.array(list(mark), dtype=object), np.array(list(mark.values()), dtype=object)],
            fields=np.array(["key", "value"], dtype=object),
            layer=MARK,
            driver=_DRIVER,
            append=bool(self._layers),
        )
        digest = hashlib.sha256()
        with self._path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        return self._path.stat().st_size, digest.hexdigest()


def _column(held: Held, given: Sequence[object]) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Return the values of one column as GDAL takes them, and which of them are not there."""
    kind, nothing = _EMPTY[held]
    absent = np.array([one is None for one in given], dtype=np.bool_)
    values = [nothing if one is None else _moment(one) for one in given]
    return np.array(values, dtype=kind), absent


def _moment(value: object) -> object:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
