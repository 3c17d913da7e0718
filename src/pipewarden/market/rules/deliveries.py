"""A ZIP of work done offline: what counts as an item in it, what is refused unread, and which items are drawn.

Sizes in a ZIP's directory may lie, so what a client opens of it is read under limits too (safety.md T21).
"""

from __future__ import annotations

import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pipewarden.market.facts.commissions import Acceptance

MOST_BYTES = 32 << 20  # of the file
MOST_UNPACKED = 512 << 20
MOST_RATIO = 200
MOST_FILES = 200_000
_LONGEST = 200
_ENCRYPTED = 0x1
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


def items_of(pack: bytes) -> tuple[str, ...]:
    """Return the items of a ZIP in order: files of one folder whose names differ in their endings are one item.

    A picture and its label (``0001.jpg``, ``0001.json``) are one; what a system adds (``__MACOSX``, ``.DS_Store``) is
    none.

    Raises:
        InputError: it is no ZIP, damaged, encrypted, too large, a bomb, holds nothing, or a name is none.
    """
    with opened(pack) as (_, files):
        pass
    names = list(dict.fromkeys(_item(one.filename) for one in files))
    if not names:
        raise _wrong("holds nothing", "Put the finished work into it.")
    for one in names:
        if not 0 < len(one) <= _LONGEST or not one.isprintable():
            raise _wrong("holds a name that is none", f"Give names of 1 to {_LONGEST} printable characters.")
    return tuple(names)


@contextmanager
def opened(pack: bytes) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
    """Give a ZIP and the files in it that count, once it is seen to be one that can be taken.

    Raises:
        InputError: it is no ZIP, damaged, encrypted, too large, or a bomb.
    """
    if len(pack) > MOST_BYTES:
        raise _wrong(f"has more than {MOST_BYTES >> 20} MiB", "Deliver it in parts.")
    with _opened(pack) as archive:
        files = [one for one in archive.infolist() if not one.is_dir() and _counts(one.filename)]
        _check(pack, archive.infolist(), files)
        yield archive, files


def content(archive: zipfile.ZipFile, one: zipfile.ZipInfo, most: int) -> bytes:
    """Return what a file of a ZIP holds; its size is counted, for the one in the directory may lie.

    Raises:
        InputError: it is damaged, or holds more than ``most`` bytes.
    """
    try:
        with archive.open(one) as file:
            held = file.read(most + 1)
    except _DAMAGED as error:
        raise InputError(field=one.filename, problem=f"is damaged ({error})", fix="Pack it again.") from error
    if len(held) > most:
        raise InputError(field=one.filename, problem=f"has more than {most >> 20} MiB", fix="Send a smaller one.")
    return held


def drawn(names: Sequence[str], rule: Acceptance, seed: int) -> tuple[str, ...]:
    """Return the items that a client looks at, in order; the seed is drawn once the file is here."""
    size = min(rule.sample, len(names))
    chosen = set(np.random.default_rng(seed).choice(len(names), size, replace=False).tolist())
    return tuple(name for at, name in enumerate(names) if at in chosen)


def allowed(rule: Acceptance, drawn_count: int) -> int:
    """Return how many of the drawn items may be wrong: of a small delivery a share of the rule's, rounded down."""
    return rule.wrong if drawn_count >= rule.sample else rule.wrong * drawn_count // rule.sample


def batches(names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """Yield names in order, ``most`` at a time."""
    for at in range(0, len(names), most):
        yield names[at : at + most]


def _counts(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return "__MACOSX" not in path.parts and not path.name.startswith(".")


def _item(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return str(path.with_suffix("")) if path.suffix else str(path)


def _opened(pack: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(pack))
    except _DAMAGED as error:
        raise _wrong(f"is no ZIP, or is damaged ({error})", "Pack it again.") from error


def _check(pack: bytes, everything: Sequence[zipfile.ZipInfo], files: Sequence[zipfile.ZipInfo]) -> None:
    total = sum(one.file_size for one in everything)
    if len(everything) > MOST_FILES:
        raise _wrong(f"holds more than {MOST_FILES:,} files", "Deliver it in parts.")
    if total > min(MOST_UNPACKED, max(1 << 20, len(pack) * MOST_RATIO)):
        raise _wrong("would unpack to too much", f"At most {MOST_UNPACKED >> 20} MiB, packed {MOST_RATIO} times.")
    if any(one.flag_bits & _ENCRYPTED for one in files):
        raise _wrong("is encrypted", "Pack it without a password.")
    if len({one.filename for one in files}) != len(files):
        raise _wrong("holds two files of one name", "Give each its own.")


def _wrong(problem: str, fix: str) -> InputError:
    return InputError(field="file", problem=problem, fix=fix)
