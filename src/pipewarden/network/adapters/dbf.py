"""Shapefile tables: Chinese text in GBK or UTF-8, told by .cpg, else by the table's language byte, else tried."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_LANGUAGE_AT = 29
_SHAPE_HEADER = 100
_LAST_LATIN = 0xFF
# language driver id -> codec; 0x4D and 0x7A are code page 936, which GB 18030 extends
_LANGUAGES = {
    0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs", 0x7B: "cp932", 0x13: "cp932",
    0x4E: "cp949", 0x79: "cp949", 0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0xC8: "cp1250", 0xC9: "cp1251",
}  # fmt: skip
_CODE_PAGES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030", "950": "big5hkscs",
               "65001": "utf-8", "932": "cp932", "1252": "cp1252", "88591": "latin-1"}  # fmt: skip


def companion(path: Path, suffix: str) -> Path | None:
    """Return the file beside ``path`` with this suffix in either case, None when there is none."""
    return next((p for p in (path.with_suffix(suffix), path.with_suffix(suffix.upper())) if p.is_file()), None)


def check_shape(path: Path, source: str) -> None:
    """Refuse a .shp that is shorter than its own header says (cut off while copying)."""
    with path.open("rb") as file:
        header = file.read(_SHAPE_HEADER)
    if len(header) < _SHAPE_HEADER or struct.unpack(">i", header[24:28])[0] * 2 > path.stat().st_size:
        raise InputError(
            field=source, problem="the .shp is shorter than its header says", fix="Copy the shapefile again."
        )


def encoding_of(path: Path) -> tuple[str | None, str]:
    """Return the codec of a shapefile's text and what says so; None when nothing does."""
    cpg = companion(path, ".cpg")
    if cpg is not None:
        words = cpg.read_text(encoding="ascii", errors="ignore").strip().lower()
        bare = words.replace("cp", "").replace("ansi", "").replace("oem", "").replace("-", "").replace(" ", "")
        codec = _CODE_PAGES.get(bare.replace("windows", "").replace("iso", ""), words)
        try:
            "".encode(codec)
        except LookupError:
            return None, f".cpg names {words!r}, which is unknown"
        return codec, ".cpg"
    table = companion(path, ".dbf")
    if table is None:
        return None, "no table"
    with table.open("rb") as file:
        head = file.read(_LANGUAGE_AT + 1)
    language = head[_LANGUAGE_AT] if len(head) > _LANGUAGE_AT else 0
    return _LANGUAGES.get(language), f"language byte 0x{language:02X}"


def decode(
    path: Path, names: Sequence[str], columns: Sequence[NDArray[np.object_]]
) -> tuple[list[str], list[NDArray[np.object_]], str | None]:
    """Return names and text columns in their true encoding, and a remark when the encoding had to be tried.

    Args:
        path: the .shp.
        names: field names read as ISO-8859-1, which loses no byte.
        columns: their values, text read the same way.
    """
    codec, said_by = encoding_of(path)
    remark = None
    if codec is None:
        codec = _try(names, columns)
        if codec != "ascii":
            remark = f"no .cpg and {said_by}: text was read as {codec}"
    fixed = [
        np.array([_text(v, codec) if isinstance(v, str) else v for v in column], dtype=object)
        if column.dtype == object
        else column.astype(object)
        for column in columns
    ]
    return [_text(name, codec) for name in names], fixed, remark


def mend(columns: dict[str, NDArray[np.object_]]) -> tuple[dict[str, NDArray[np.object_]], str | None]:
    """Return columns whose text was read as Latin-1 in its true encoding, and a remark when one was tried."""
    texts = list(_strings(list(columns.values())))
    if any(ord(letter) > _LAST_LATIN for text in texts for letter in text):
        return columns, None
    codec = _try([], list(columns.values()))
    if codec in {"ascii", "latin-1"}:
        return columns, None
    mended = {
        name: np.array([_text(v, codec) if isinstance(v, str) else v for v in column], dtype=object)
        for name, column in columns.items()
    }
    return mended, f"the text was read as {codec}"


def _try(names: Sequence[str], columns: Sequence[NDArray[np.object_]]) -> str:
    sample = [*names, *_strings(columns)]
    for codec in ("ascii", "utf-8", "gb18030"):
        if all(_fits(text, codec) for text in sample):
            return codec
    return "latin-1"


def _strings(columns: Sequence[NDArray[np.object_]]) -> Iterable[str]:
    return (v for column in columns if column.dtype == object for v in column[:20000] if isinstance(v, str))


def _fits(text: str, codec: str) -> bool:
    try:
        _cut(text.encode("latin-1"), codec)
    except UnicodeDecodeError:
        return False
    return True


def _cut(raw: bytes, codec: str) -> str:
    """Decode, allowing for a last character cut in half by the field's width."""
    for drop in range(4):
        try:
            return raw[: len(raw) - drop].decode(codec)
        except UnicodeDecodeError as error:
            if error.end < len(raw) - drop or drop == 3:  # noqa: PLR2004  the longest character has four bytes
                raise
    raise AssertionError("unreachable")


def _text(text: str, codec: str) -> str:
    raw = text.encode("latin-1", "replace")
    try:
        return _cut(raw, codec)
    except UnicodeDecodeError:
        return raw.decode(codec, "replace")
