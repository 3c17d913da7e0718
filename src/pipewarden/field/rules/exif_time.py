"""When a picture says of itself that it was taken (EXIF DateTimeOriginal): evidence of an old one, proof of nothing.

Whoever forges it gains nothing: only its absence or a young time passes, as without EXIF. Position and serial number
are not read here. A time without its offset is China's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

_HEAD = 256 << 10  # bytes of a file in which EXIF is looked for
_MARK = b"Exif\0\0"
Order = Literal["little", "big"]
_ORDERS: dict[bytes, Order] = {b"II*\0": "little", b"MM\0*": "big"}
_POINTER, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011  # JEITA CP-3451
_ENTRY, _ASCII, _MOST = 12, 2, 200
_CHINA = timezone(timedelta(hours=8))


def taken_at(picture: bytes) -> datetime | None:
    """Return when a picture says that it was taken; None where it does not, or where its EXIF is damaged."""
    start = picture[:_HEAD].find(_MARK)
    if start < 0:
        return None
    tiff = picture[start + len(_MARK) : start + len(_MARK) + _HEAD]
    order = _ORDERS.get(tiff[:4])
    if order is None:
        return None
    pointer = _entries(tiff, int.from_bytes(tiff[4:8], order), order).get(_POINTER)
    if pointer is None:
        return None
    said = _entries(tiff, int.from_bytes(pointer[2], order), order)
    return _moment(_text(tiff, said.get(_TAKEN), order), _text(tiff, said.get(_OFFSET), order))


Entry = tuple[int, int, bytes]


def _entries(tiff: bytes, at: int, order: Order) -> dict[int, Entry]:
    """Return type, count and value of the entries of a directory, by tag."""
    count = min(int.from_bytes(tiff[at : at + 2], order), _MOST)
    found = {}
    for place in range(at + 2, min(at + 2 + _ENTRY * count, len(tiff) - _ENTRY + 1), _ENTRY):
        one = tiff[place : place + _ENTRY]
        tag = int.from_bytes(one[:2], order)
        found[tag] = (int.from_bytes(one[2:4], order), int.from_bytes(one[4:8], order), one[8:12])
    return found


def _text(tiff: bytes, entry: Entry | None, order: Order) -> str:
    if entry is None or entry[0] != _ASCII:
        return ""
    _, count, value = entry
    at = int.from_bytes(value, order)
    raw = value if count <= len(value) else tiff[at : at + min(count, _MOST)]
    return raw.rstrip(b"\0 ").decode("ascii", "replace")


def _moment(text: str, offset: str) -> datetime | None:
    try:
        at = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  the zone is said beside it
        zone = datetime.strptime(offset, "%z").tzinfo if offset else _CHINA
    except ValueError:
        return None
    return at.replace(tzinfo=zone).astimezone(UTC)
