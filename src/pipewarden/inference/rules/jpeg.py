"""A JPEG without anything but its pixels: what leaves the house must not say where, when and by what it was taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_START, _EOI, _SOS, _ADOBE, _FILL = b"\xff\xd8", 0xD9, 0xDA, 0xEE, 0xFF
_ALONE = {0x01, *range(0xD0, 0xD9)}  # TEM, RST0-RST7, SOI: none may stand between segments
_STUFFED = {0x00, *range(0xD0, 0xD8)}  # what may follow 0xFF inside entropy-coded data
_DROPPED = {*range(0xE0, 0xF0), 0xFE}  # application segments (JFIF thumbnail, EXIF, XMP, ICC) and comments
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ADOBE_LENGTH = 16  # marker included; its colour transform is needed to decode
_LONGEST_SIDE = 8192


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A bare JPEG and its size in pixels."""

    content: bytes = field(repr=False)
    width: int
    height: int


def bare(content: bytes) -> Jpeg | None:
    """Return the JPEG without application segments, comments and whatever follows its end; None if it is no JPEG.

    Source: ITU-T T.81 annex B (markers and segments); T.871 (without APP0 three components still are YCbCr).
    """
    segments = list(_segments(content))
    if not segments or segments[-1][0] != _EOI:
        return None
    sizes = [segment for marker, segment in segments if marker in _SIZES]
    if len(sizes) != 1:
        return None
    height, width = (int.from_bytes(sizes[0][at : at + 2], "big") for at in (5, 7))
    if not (min(width, height) > 0 and max(width, height) <= _LONGEST_SIDE):
        return None
    kept = [segment for marker, segment in segments if marker not in _DROPPED or _is_colour(marker, segment)]
    return Jpeg(_START + b"".join(kept), width, height)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each marker with its segment, entropy-coded data included; stop at the end or at the first breach."""
    if content[:2] != _START:
        return
    at = 2
    while at + 2 <= len(content) and content[at] == _FILL:
        marker = content[at + 1]
        if marker == _FILL:  # fill bytes may stand before a marker
            at += 1
            continue
        if marker == _EOI:
            yield marker, content[at : at + 2]
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _ALONE or end < at + 4 or end > len(content):
            return
        if marker == _SOS:
            end = _scan_end(content, end)
        yield marker, content[at:end]
        at = end


def _scan_end(content: bytes, at: int) -> int:
    """Return where the entropy-coded data that begin at ``at`` end: at the next marker that is no restart."""
    while (at := content.find(b"\xff", at)) >= 0 and at + 1 < len(content):
        if content[at + 1] not in _STUFFED:
            return at
        at += 2
    return len(content)


def _is_colour(marker: int, segment: bytes) -> bool:
    return marker == _ADOBE and len(segment) == _ADOBE_LENGTH and segment[4:9] == b"Adobe"
