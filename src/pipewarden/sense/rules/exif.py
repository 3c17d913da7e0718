"""The one EXIF field that changes pixels: which way up the camera was held (JEITA CP-3451, tag 0x0112).

Nothing else of EXIF is read here: positions and serial numbers are personal data with their own permission.
"""

from __future__ import annotations

from typing import Literal

_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_ORIENTATION, _SHORT, _UPRIGHT, _LAST = 0x0112, 3, 1, 8


def orientation_of(tiff: bytes) -> int:
    """Return the orientation 1-8 in the first directory of an EXIF block.

    Args:
        tiff: the block from its byte-order mark on. A block that is damaged or silent counts as upright: a wrong EXIF
            must not cost the picture.
    """
    order = _ORDERS.get(tiff[:4])
    if order is None:
        return _UPRIGHT
    first = int.from_bytes(tiff[4:8], order)
    count = int.from_bytes(tiff[first : first + 2], order)
    for at in range(first + 2, min(first + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind = int.from_bytes(tiff[at : at + 2], order), int.from_bytes(tiff[at + 2 : at + 4], order)
        if tag == _ORIENTATION and kind == _SHORT:
            value = int.from_bytes(tiff[at + 8 : at + 10], order)
            return value if _UPRIGHT <= value <= _LAST else _UPRIGHT
    return _UPRIGHT
