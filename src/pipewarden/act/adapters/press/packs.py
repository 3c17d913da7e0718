"""An evidence pack's paper as the child is sent it: text that the font can draw, pictures made small for a page."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import segno

from pipewarden.act.rules.documents import drawable
from pipewarden.act.rules.plan import LOCAL

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from pipewarden.act.facts import PackPaper

_WIDEST: Final = 1000  # pixels of a printed picture: 80 mm at 300 dpi
_QUALITY: Final = 75
_HASH: Final = 65  # longer words than a SHA-256 are broken where hashes stand
_CELL: Final = 6
_WORD: Final = 16
_HASHES: Final = frozenset({"sha256", "key", "number"})
# typst has no base64, its SVG has: a picture travels as a drawing that holds nothing else
_FRAME: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}">'
    '<image width="{w}" height="{h}" href="data:image/jpeg;base64,{data}"/></svg>'
)


def pack_payload(paper: PackPaper, pictures: Mapping[str, bytes], at: datetime, known: Container[int]) -> bytes:
    """Return what the child is sent.

    Args:
        paper: what it says.
        pictures: JPEG that were drawn anew, by the name that the paper's pictures give.
        at: when the pack was made.
        known: code points that the font has.
    """
    made: dict[str, Any] = {key: _legible(key, one, known) for key, one in asdict(paper).items()}
    made["map"] = drawable(paper.map, known, len(paper.map) + 1)  # its labels are strangers' words, too
    for key in ("tables", "after"):
        made[key] = [_table(one, known) for one in asdict(paper)[key]]
    for one in made["pictures"]:
        one["image"] = framed(pictures[one["image"]]) if one["image"] in pictures else ""
    there = at.astimezone(LOCAL)
    made["date"] = {"year": there.year, "month": there.month, "day": there.day}
    made["at"] = int(at.timestamp())
    made["qr"] = qr(paper.key)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def _table(table: dict[str, Any], known: Container[int]) -> dict[str, Any]:
    made = {key: _legible(key, one, known) for key, one in table.items() if key != "rows"}
    last = len(table["columns"]) - 1
    made["rows"] = [
        [drawable(cell, known, _HASH if table["hashes"] and place == last else _CELL) for place, cell in enumerate(row)]
        for row in table["rows"]
    ]
    return made


def _legible(key: str, value: Any, known: Container[int]) -> Any:
    if isinstance(value, str):
        return value if key == "image" else drawable(value, known, _HASH if key in _HASHES else _WORD)
    if isinstance(value, dict):
        return {name: _legible(name, one, known) for name, one in value.items()}
    return [_legible(key, one, known) for one in value] if isinstance(value, list | tuple) else value


def framed(picture: bytes) -> str:
    """Return a JPEG of ours as an SVG, no wider or higher than a page needs."""
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("a pack's pictures are drawn anew before they are printed")
    scale = _WIDEST / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, small = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    high, wide = pixels.shape[:2]
    return _FRAME.format(w=wide, h=high, data=base64.b64encode(small.tobytes()).decode())


def qr(said: str) -> str:
    """Return a code as SVG."""
    made = io.BytesIO()
    segno.make(said, error="m", micro=False).save(made, kind="svg", scale=1, border=2, xmldecl=False)
    return made.getvalue().decode()
