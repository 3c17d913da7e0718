"""Pipe maps off a disk: GeoJSON, GeoPackage, Shapefile (also zipped), DXF, KML, CSV with WKT.

A file is what its first bytes say, not what its name says: a library that opens anything would also open a virtual data
source that points at other files or addresses. Limits are stated in ``limits``; nothing of a refused file is kept.
"""

from __future__ import annotations

import json
import re
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely
import yaml

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters import archive, dbf, tables
from pipewarden.network.adapters.limits import MOST_BYTES, MOST_FEATURES, MOST_VERTICES
from pipewarden.network.facts import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

_POLICY = Path(__file__).resolve().parents[2] / "policy" / "mappings"
_HEAD = 65536
_MOST_REMARKS = 5
_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{[^{}]*"properties"\s*:\s*\{[^{}]*"name"\s*:\s*"([^"]+)"')
_SHAPE_MAGIC = b"\x00\x00\x27\x0a"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_DXF = re.compile(rb"(?:\s*999\s[^\n]*\n)*\s*0\s+SECTION")
_OF_THE_FILE = "as the file says"
_COMPANIONS = {".dbf", ".shx", ".prj", ".cpg"}
_TABLES = {".csv", ".txt", ".tsv", ".wkt"}
_FORMATS = "GeoJSON, GeoPackage, Shapefile (also zipped), DXF, KML and CSV with a WKT column"


@dataclass(frozen=True, slots=True)
class FileReader:
    """Reads pipe maps and mapping files from the local disk."""

    def read(self, path: Path) -> Layer:
        """Return the rows of a pipe map.

        Raises:
            InputError: the file is absent, too large, of no known format, damaged, or lacks its companions.
        """
        path = Path(path)
        _check_file(path)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            layer = self._unpacked(path)
        told = dict.fromkeys(str(w.message).replace(str(path), path.name) for w in said)
        return replace(layer, remarks=(*layer.remarks, *list(told)[:_MOST_REMARKS]))

    @staticmethod
    def _unpacked(path: Path) -> Layer:
        if path.suffix.lower() in {".zip", ".shz"} or _head(path, 4) == b"PK\x03\x04":
            with tempfile.TemporaryDirectory(prefix="pipewarden-map-") as folder:
                return _read(archive.unpack(path, Path(folder)), path.name)
        return _read(path, path.name)

    def mapping(self, name: str | None) -> tuple[str, object]:
        """Return name and content of a mapping: shipped by name, or a file by path; the generic one for None.

        Raises:
            InputError: there is none of this name, or the file is no YAML.
        """
        shipped = _POLICY / f"{name or 'generic'}.yaml"
        path = shipped if name is None or (re.fullmatch(r"[\w-]+", name) and shipped.is_file()) else Path(name)
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in _POLICY.glob("*.yaml")))
            raise InputError(
                field="--map", problem=f"there is no mapping {name!r}", fix=f"Give a YAML file, or one of: {known}."
            )
        try:
            return path.name, yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(
                field=f"--map {path.name}",
                problem=f"is no YAML ({str(error).splitlines()[0]})",
                fix="Correct the file.",
            ) from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise InputError(
            field=str(path), problem="there is no such file", fix=f"Give the path of a pipe map: {_FORMATS}."
        )
    size = path.stat().st_size
    if size == 0:
        raise InputError(field=str(path), problem="the file is empty", fix="Export the map again.")
    if size > MOST_BYTES:
        raise InputError(
            field=str(path), problem=f"{size:,} bytes are more than {MOST_BYTES:,}", fix="Split the map by district."
        )


def _head(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _read(path: Path, source: str) -> Layer:
    head = _head(path, _HEAD)
    reader = next((read for fits, read in _READERS if fits(head, path.suffix.lower())), None)
    if reader is None and path.suffix.lower() in _COMPANIONS and path.with_suffix(".shp").is_file():
        return _read(path.with_suffix(".shp"), source)
    if reader is None:
        raise InputError(
            field=source,
            problem="is not a pipe map of a known format, or it is cut off",
            fix=f"Give one of {_FORMATS}.",
        )
    return reader(path, source)


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()


def _read_package(path: Path, source: str) -> Layer:
    tables.check_sqlite(path, source)
    return _read_layers(path, source, own_crs=_OF_THE_FILE)


def _read_geojson(path: Path, source: str) -> Layer:
    _check_json(path, source)
    return _read_layers(path, source, own_crs=_crs_member(path))


def _read_kml(path: Path, source: str) -> Layer:
    return _read_layers(path, source, own_crs="EPSG:4326")


def _read_dxf(path: Path, source: str) -> Layer:
    layer = _read_layers(path, source, own_crs=None)
    columns, remark = dbf.mend(layer.columns)  # the library reads drawings without a code page as Latin-1
    return replace(layer, columns=columns, remarks=(remark,) if remark else ())


def _check_json(path: Path, source: str) -> None:
    """Refuse JSON that is cut off: the reading library would take what it finds."""
    try:
        with path.open("rb") as file:
            json.load(file)
    except (ValueError, RecursionError) as error:
        raise InputError(
            field=source, problem=f"is not whole JSON ({error})", fix="Export or download the file again."
        ) from error


def _crs_member(path: Path) -> str | None:
    """Return the name in the file's ``crs`` member (GeoJSON 2008); RFC 7946 files have none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        file.seek(max(0, path.stat().st_size - _HEAD))
        tail = file.read()
    found = _CRS_MEMBER.search(head) or _CRS_MEMBER.search(tail)
    return None if found is None else found.group(1).decode("utf-8", "replace")


def _read_shapefile(path: Path, source: str) -> Layer:
    for suffix in (".shx", ".dbf"):
        if dbf.companion(path, suffix) is None:
            raise InputError(
                field=source,
                problem=f"its {path.stem}{suffix} is missing",
                fix="A shapefile is .shp, .shx and .dbf together; copy all of them, best zipped.",
            )
    dbf.check_shape(path, source)
    try:
        meta, _, wkb, fields = pyogrio.raw.read(
            str(path), force_2d=True, encoding="ISO-8859-1", max_features=MOST_FEATURES + 1
        )
    except Exception as error:
        raise _damaged(source, error, path) from error
    names, columns, remark = dbf.decode(path, [str(n) for n in meta["fields"]], fields)
    return _layer(source, [(names, columns, wkb)], meta["crs"], (remark,) if remark else ())


def _read_layers(path: Path, source: str, *, own_crs: str | None) -> Layer:
    """Read every layer with geometry; ``own_crs`` may be what the library reports (``_OF_THE_FILE``)."""
    parts: list[tuple[list[str], list[NDArray[np.object_]], NDArray[np.object_]]] = []
    systems: set[str | None] = set()
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(str(path)) if kind is not None]
        for name in layers:
            meta, _, wkb, fields = pyogrio.raw.read(
                str(path), layer=name, force_2d=True, datetime_as_string=True, max_features=MOST_FEATURES + 1
            )
            names = [str(n) for n in meta["fields"]]
            columns = [np.asarray(values, dtype=object) for values in fields]
            if len(layers) > 1 and "layer" not in {n.lower() for n in names}:
                names, columns = [*names, "layer"], [*columns, np.full(len(wkb), name, dtype=object)]
            parts.append((names, columns, wkb))
            systems.add(meta["crs"])
    except Exception as error:
        raise _damaged(source, error, path) from error
    if own_crs == _OF_THE_FILE:
        if len(systems) > 1:
            raise InputError(
                field=source,
                problem=f"its layers have different reference systems ({', '.join(map(str, systems))})",
                fix="Import the layers one by one, each in a file of its own.",
            )
        own_crs = next(iter(systems), None)
    return _layer(source, parts, own_crs, ())


def _layer(
    source: str,
    parts: Iterable[tuple[list[str], list[NDArray[np.object_]], NDArray[np.object_]]],
    own_crs: str | None,
    remarks: tuple[str, ...],
) -> Layer:
    kept = [part for part in parts if len(part[2])]
    count = sum(len(part[2]) for part in kept)
    if count == 0:
        raise InputError(field=source, problem="the file has no rows", fix="Export the pipes, not an empty selection.")
    if count > MOST_FEATURES:
        raise InputError(field=source, problem=f"more than {MOST_FEATURES:,} rows", fix="Split the map by district.")
    columns: dict[str, NDArray[np.object_]] = {}
    at = 0
    for names, values, wkb in kept:
        for name, column in zip(names, values, strict=True):
            whole = columns.setdefault(name, np.full(count, None, dtype=object))
            whole[at : at + len(wkb)] = column
        at += len(wkb)
    shapes = shapely.from_wkb(np.concatenate([part[2] for part in kept]), on_invalid="ignore")
    check_vertices(shapes, source)
    return Layer(source=source, columns=columns, shapes=shapes, own_crs=own_crs, remarks=remarks)


def check_vertices(shapes: NDArray[np.object_], source: str) -> None:
    """Refuse a map with more vertices than an index can hold."""
    vertices = int(shapely.get_num_coordinates(shapes).sum())
    if vertices > MOST_VERTICES:
        raise InputError(
            field=source, problem=f"{vertices:,} vertices are more than {MOST_VERTICES:,}", fix="Split the map."
        )


def _damaged(source: str, error: Exception, path: Path) -> InputError:
    """Return what is said of a file that the library cannot read; whoever sent it learns nothing of our disk."""
    first = (str(error).replace(str(path), path.name).splitlines() or [repr(error)])[0][:160]
    return InputError(
        field=source,
        problem=f"cannot be read; it is damaged or cut off ({first})",
        fix="Export or copy the file again and check its size.",
    )


_READERS: tuple[tuple[Callable[[bytes, str], bool], Callable[[Path, str], Layer]], ...] = (
    (lambda head, _: head.startswith(_SHAPE_MAGIC), _read_shapefile),
    (lambda head, _: head.startswith(_SQLITE_MAGIC), _read_package),
    (lambda head, _: _text(head).startswith(b"{"), _read_geojson),
    (lambda head, _: _text(head).startswith(b"["), tables.read_records),
    (lambda head, _: _text(head).startswith(b"<") and b"<kml" in head, _read_kml),
    (lambda head, _: head.startswith(b"AutoCAD Binary DXF") or _DXF.match(head) is not None, _read_dxf),
    (lambda _, suffix: suffix in _TABLES, tables.read_wkt_table),
)
