"""Which characters the embedded font has, read from its own table: what it lacks must be shown, not left out."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from pipewarden.kit.errors import UnavailableError

FOLDER = Path(__file__).resolve().parents[1] / "font"
FILES = ("NotoSansSC_400Regular.ttf", "NotoSansSC_700Bold.ttf")
_TABLE = struct.Struct(">4sIII")
_FULL = (12, 4)  # formats of a cmap: all planes, the first plane


def folder() -> Path:
    """Return the folder of the fonts.

    Raises:
        UnavailableError: they were not put there: ``make web`` does.
    """
    for name in FILES:
        if not (FOLDER / name).is_file():
            raise UnavailableError(
                field="font", problem=f"{name} is not in {FOLDER}", fix="Run `make web`, or install the wheel."
            )
    return FOLDER


@cache
def coverage() -> frozenset[int]:
    """Return the code points that both weights have; raises as ``folder``."""
    there = folder()
    regular, bold = (_code_points((there / name).read_bytes()) for name in FILES)
    return frozenset(regular & bold)


def _code_points(font: bytes) -> set[int]:
    """Return the characters of an OpenType font (ISO/IEC 14496-22, 5.2.1)."""
    count = struct.unpack_from(">H", font, 4)[0]
    tables = {tag: start for tag, _, start, _ in (_TABLE.unpack_from(font, 12 + 16 * i) for i in range(count))}
    cmap = tables[b"cmap"]
    found: set[int] = set()
    for place in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        start = cmap + struct.unpack_from(">HHI", font, cmap + 4 + 8 * place)[2]
        layout = struct.unpack_from(">H", font, start)[0]
        if layout == _FULL[0]:
            groups = struct.unpack_from(">I", font, start + 12)[0]
            for group in range(groups):
                first, last, _ = struct.unpack_from(">III", font, start + 16 + 12 * group)
                found.update(range(first, last + 1))
        elif layout == _FULL[1]:
            segments = struct.unpack_from(">H", font, start + 6)[0] // 2
            ends = struct.unpack_from(f">{segments}H", font, start + 14)
            begins = struct.unpack_from(f">{segments}H", font, start + 16 + 2 * segments)
            for first, last in zip(begins, ends, strict=True):
                found.update(range(first, last + 1))
    return found - {0xFFFF}
