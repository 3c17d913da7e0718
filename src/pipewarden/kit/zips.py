"""Files that leave the house as one ZIP whose every bit counts: written in one way only, so that it can be compared.

Files lie in the order of their names, stored, without times. Who checks such a ZIP writes it again from what it holds
and compares byte by byte: no bit of it can change unseen, not even one that unpacking would not notice.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def written(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as the one ZIP there is of them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            row = zipfile.ZipInfo(name)  # 1980-01-01: the manifest says when it was made
            row.create_system, row.external_attr = 3, 0o644 << 16
            made.writestr(row, files[name])
    return out.getvalue()


def read(pack: bytes, *, most_bytes: int, most_files: int) -> dict[str, bytes]:
    """Return the files of a ZIP that is stored and small enough, in memory only.

    Raises:
        ValueError: it is too large, compressed, or says two things under one name.
        zipfile.BadZipFile, NotImplementedError, EOFError, OSError: it is no such ZIP.
    """
    if len(pack) > most_bytes:
        raise ValueError(f"larger than {most_bytes} bytes")
    with zipfile.ZipFile(io.BytesIO(pack)) as opened:
        rows = opened.infolist()
        if len(rows) > most_files or len({one.filename for one in rows}) < len(rows):
            raise ValueError("too many files, or one name twice")
        if any(one.compress_type != zipfile.ZIP_STORED or one.file_size > len(pack) for one in rows):
            raise ValueError("its files are not stored as they are")
        if sum(one.file_size for one in rows) > len(pack):
            raise ValueError("it holds more than its own size")
        return {one.filename: opened.read(one) for one in rows}
