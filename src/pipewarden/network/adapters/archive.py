"""Zipped maps, unpacked under limits: sizes in a zip's directory may lie, so the bytes themselves are counted."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from pipewarden.kit.errors import InputError
from pipewarden.network.adapters.limits import MOST_MEMBERS, MOST_RATIO, MOST_UNPACKED

_MAPS = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".dxf", ".csv")
_CHUNK = 1 << 20
_SMALL = 1 << 20  # below this much output a high ratio harms nobody
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
)  # fmt: skip


def unpack(path: Path, folder: Path) -> Path:
    """Unpack the zip at ``path`` into ``folder`` and return the one map in it.

    Raises:
        InputError: no zip, damaged, encrypted, too much in it (a zip bomb), or not exactly one map.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir() and _wanted(m.filename)]
            _check_directory(path, archive.infolist(), members)
            left = min(MOST_UNPACKED, max(_SMALL, path.stat().st_size * MOST_RATIO))
            for member in members:
                with archive.open(member) as source, (folder / _name(member.filename)).open("wb") as target:
                    left = _copy(path, source, target, left)
    except _DAMAGED as error:
        raise InputError(
            field=path.name, problem=f"the zip is damaged, encrypted or cut off ({error})", fix="Zip the map again."
        ) from error
    maps = sorted(p for p in folder.iterdir() if p.suffix.lower() in _MAPS)
    if len(maps) != 1:
        raise InputError(
            field=path.name,
            problem=f"the zip holds {len(maps)} maps" + (f" ({', '.join(p.name for p in maps[:5])})" if maps else ""),
            fix="Zip exactly one map: one GeoPackage, one GeoJSON, or one shapefile with its companions.",
        )
    return maps[0]


def _wanted(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" not in parts and not _name(name).startswith(".")


def _name(member: str) -> str:
    """Return the bare file name: folders inside a zip are ignored, so nothing is written outside."""
    return PurePosixPath(member.replace("\\", "/")).name


def _check_directory(path: Path, everything: list[zipfile.ZipInfo], members: list[zipfile.ZipInfo]) -> None:
    total = sum(m.file_size for m in members)
    if len(everything) > MOST_MEMBERS:
        raise _bomb(path, f"{len(everything)} members are more than {MOST_MEMBERS}")
    if total > MOST_UNPACKED or total > max(_SMALL, path.stat().st_size * MOST_RATIO):
        raise _bomb(path, f"{path.stat().st_size:,} bytes would unpack to {total:,}")
    if any(m.flag_bits & _ENCRYPTED for m in members):
        raise InputError(field=path.name, problem="the zip is encrypted", fix="Zip the map without a password.")
    names = [_name(m.filename).lower() for m in members]
    if len(set(names)) != len(names):
        raise InputError(
            field=path.name, problem="the zip holds two files of one name", fix="Zip one map without folders."
        )


def _copy(path: Path, source: IO[bytes], target: IO[bytes], left: int) -> int:
    while chunk := source.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            raise _bomb(path, "it unpacks to more than its directory says or than is allowed")
        target.write(chunk)
    return left


def _bomb(path: Path, problem: str) -> InputError:
    return InputError(
        field=path.name,
        problem=f"the zip is refused as a zip bomb: {problem}",
        fix=f"Zip one map; at most {MOST_MEMBERS} members, {MOST_UNPACKED:,} bytes, packed {MOST_RATIO} times.",
    )
