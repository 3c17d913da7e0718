"""What a picture's first bytes say: size and format are judged before any decoder sees them.

A 17 KB PNG can ask for 700 MB of pixels, so nothing here allocates by what the file claims; it only walks the chunks.
Formats: JPEG (ITU-T T.81), PNG (ISO/IEC 15948, with APNG and eXIf), WebP (RFC 9649), HEIC (ISO/IEC 23008-12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import PictureFormat, PictureHeader
from pipewarden.sense.rules.exif import orientation_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 32_767
_MAX_PARTS = 50_000
_REDUCTIONS = (8, 4, 2)

_PNG = b"\x89PNG\r\n\x1a\n"
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_SOS, _EOI, _APP1 = 0xDA, 0xD9, 0xE1
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
_MOVING_BRANDS = frozenset({b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"})
_OTHERS = (
    (b"GIF8", "a GIF, which may be animated"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive"),
    (b"<svg", "an SVG"),
    (b"<?xml", "XML"),
)
_FORMATS = "Give one still picture as JPEG, PNG, WebP or HEIC."
_AGAIN = "Send or save the picture again; the part that is missing cannot be guessed."


class _BrokenError(Exception):
    """The chunks end early or contradict themselves."""


def check_header(picture: bytes, name: str) -> PictureHeader:
    """Return what the header of ``picture`` says, or refuse the picture.

    Args:
        picture: the whole file.
        name: how people know it; becomes the error's field.

    Raises:
        InputError: empty, over 25 MB, over 40 megapixels or 32,767 pixels a side, not one of the four formats,
            animated, or cut off.
    """
    if not picture:
        raise InputError(field=name, problem="is empty (0 bytes)", fix="Send the picture again.")
    if len(picture) > MAX_BYTES:
        raise InputError(
            field=name,
            problem=f"is larger than {MAX_BYTES >> 20} MB",
            fix="Save it smaller, for instance as JPEG of quality 85.",
        )
    try:
        header = _by_format(picture, name)
    except _BrokenError as error:
        raise InputError(field=name, problem=f"is damaged or cut off ({error})", fix=_AGAIN) from error
    _check_size(header, name)
    return header


def reduction(header: PictureHeader, wanted: tuple[int, int]) -> int:
    """Return the largest of 8, 4, 2, 1 by which the picture may shrink and still fill the box ``wanted``.

    Args:
        header: the picture's size as stored.
        wanted: width and height in pixels of the box that the upright picture will be fitted into.
    """
    width, height = upright_size(header)
    shrink = max(width / wanted[0], height / wanted[1])
    return next((step for step in _REDUCTIONS if step <= shrink), 1)


def upright_size(header: PictureHeader) -> tuple[int, int]:
    """Return width and height after the orientation is honoured (5-8 lie on their side)."""
    turned = header.orientation >= 5  # noqa: PLR2004  JEITA CP-3451: orientations 5 to 8 swap rows and columns
    return (header.height, header.width) if turned else (header.width, header.height)


def _check_size(header: PictureHeader, name: str) -> None:
    width, height = header.width, header.height
    if width < 1 or height < 1:
        raise InputError(field=name, problem=f"has a size of {width} x {height} pixels", fix=_FORMATS)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise InputError(
            field=name,
            problem=f"has {width} x {height} = {width * height / 1e6:.1f} megapixels, "
            f"the limit is {MAX_PIXELS / 1e6:.0f} megapixels and {MAX_SIDE} pixels a side",
            fix="Scale the picture down, or set the camera to a smaller size.",
        )


def _by_format(picture: bytes, name: str) -> PictureHeader:
    if picture.startswith(b"\xff\xd8\xff"):
        return _jpeg(picture)
    if picture.startswith(_PNG):
        return _png(picture, name)
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return _webp(picture, name)
    if picture[4:8] == b"ftyp":
        return _heic(picture, name)
    start = picture[:16].lstrip(b"\xef\xbb\xbf \r\n\t")
    what = next((words for magic, words in _OTHERS if start.startswith(magic)), "not a picture")
    raise InputError(field=name, problem=f"is {what}", fix=_FORMATS)


def _refuse_animated(name: str, what: str) -> NoReturn:
    raise InputError(field=name, problem=f"is an animated {what}", fix=f"{_FORMATS} For several frames give a video.")


def _number(data: bytes, at: int, size: int, *, little: bool = False) -> int:
    if at + size > len(data):
        raise _BrokenError(f"ends at byte {len(data)}")
    return int.from_bytes(data[at : at + size], "little" if little else "big")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield (marker, start, end of its payload) up to and with the start of scan."""
    at = 2
    for _ in range(_MAX_PARTS):
        if _number(data, at, 1) != 0xFF:  # noqa: PLR2004  T.81 B.1.1.2: every marker starts with 0xFF
            raise _BrokenError(f"no marker at byte {at}")
        marker = _number(data, at + 1, 1)
        if marker == 0xFF:  # noqa: PLR2004  T.81 B.1.1.2: any number of fill bytes may stand before a marker
            at += 1
            continue
        at += 2
        if marker in _BARE:
            continue
        if marker == _EOI:
            raise _BrokenError("the picture ends before its pixels")
        length = _number(data, at, 2)
        if length < 2 or at + length > len(data):  # noqa: PLR2004  T.81 B.1.1.4: the length counts itself
            raise _BrokenError(f"segment at byte {at} does not fit")
        yield marker, at + 2, at + length
        if marker == _SOS:
            return
        at += length
    raise _BrokenError("too many segments")


def _jpeg(data: bytes) -> PictureHeader:
    size: tuple[int, int] | None = None
    orientation = 1
    scan = 0
    for marker, start, end in _jpeg_segments(data):
        if marker in _SOF and size is None:
            size = (_number(data, start + 3, 2), _number(data, start + 1, 2))
        elif marker == _APP1 and data[start : start + 6] == b"Exif\0\0":
            orientation = orientation_of(data[start + 6 : end])
        scan = end
    if size is None:
        raise _BrokenError("no frame header before the scan")
    if data.rfind(b"\xff\xd9", scan) < 0:
        raise _BrokenError("the end of the picture is missing")
    return PictureHeader(PictureFormat.JPEG, *size, orientation=orientation)


def _png(data: bytes, name: str) -> PictureHeader:
    if data[12:16] != b"IHDR" or _number(data, 8, 4) != 13:  # noqa: PLR2004  ISO/IEC 15948 11.2.2: IHDR has 13 bytes
        raise _BrokenError("no IHDR")
    width, height = _number(data, 16, 4), _number(data, 20, 4)
    orientation, at = 1, 8
    for _ in range(_MAX_PARTS):
        length, kind = _number(data, at, 4), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise _BrokenError(f"ends inside the chunk at byte {at}")
        if kind == b"acTL":
            _refuse_animated(name, "PNG")
        if kind == b"eXIf":
            orientation = orientation_of(data[at + 8 : end - 4])
        if kind == b"IEND":
            return PictureHeader(PictureFormat.PNG, width, height, orientation=orientation)
        at = end
    raise _BrokenError("too many chunks")


def _webp(data: bytes, name: str) -> PictureHeader:
    total = _number(data, 4, 4, little=True) + 8
    if total > len(data):
        raise _BrokenError(f"{len(data)} of {total} bytes")
    kind = data[12:16]
    if kind == b"VP8X":
        if data[20] & 0x02:
            _refuse_animated(name, "WebP")
        size = (_number(data, 24, 3, little=True) + 1, _number(data, 27, 3, little=True) + 1)
        return PictureHeader(PictureFormat.WEBP, *size, orientation=_webp_orientation(data, total))
    if kind == b"VP8 ":
        size = (_number(data, 26, 2, little=True) & 0x3FFF, _number(data, 28, 2, little=True) & 0x3FFF)
        return PictureHeader(PictureFormat.WEBP, *size)
    if kind == b"VP8L":
        bits = _number(data, 21, 4, little=True)
        return PictureHeader(PictureFormat.WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    raise _BrokenError("no picture chunk")


def _webp_orientation(data: bytes, total: int) -> int:
    at = 12
    for _ in range(_MAX_PARTS):
        if at + 8 > total:
            return 1
        length = _number(data, at + 4, 4, little=True)
        if data[at : at + 4] == b"EXIF":
            return orientation_of(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    raise _BrokenError("too many chunks")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start, end of the payload) of the ISO base media boxes that lie side by side."""
    at = start
    for _ in range(_MAX_PARTS):
        if at + 8 > end:
            return
        size, head = _number(data, at, 4), 8
        if size == 1:
            size, head = _number(data, at + 8, 8), 16
        elif size == 0:
            size = end - at
        if size < head or at + size > end:
            raise _BrokenError(f"box at byte {at} does not fit")
        yield data[at + 4 : at + 8], at + head, at + size
        at += size
    raise _BrokenError("too many boxes")


def _inside(data: bytes, start: int, end: int, path: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    for kind, inner, stop in _boxes(data, start, end):
        if kind != path[0]:
            continue
        if len(path) == 1:
            yield inner, stop
        else:
            yield from _inside(data, inner + (4 if kind == b"meta" else 0), stop, path[1:])


def _heic(data: bytes, name: str) -> PictureHeader:
    length = _number(data, 0, 4)
    if length > len(data):
        raise _BrokenError("ends inside its type box")
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(length, 256), 4))}
    if brands & _MOVING_BRANDS:
        _refuse_animated(name, "HEIC (image sequence)")
    if not brands & _HEIC_BRANDS:
        major = data[8:12].decode("ascii", "replace").strip()
        raise InputError(field=name, problem=f"is an {major} file, not HEIC", fix=_FORMATS)
    sizes = [
        (_number(data, start + 4, 4), _number(data, start + 8, 4))
        for start, _ in _inside(data, 0, len(data), (b"meta", b"iprp", b"ipco", b"ispe"))
    ]
    if not sizes:
        raise _BrokenError("no picture size in it")
    return PictureHeader(PictureFormat.HEIC, *max(sizes, key=lambda size: size[0] * size[1]))
