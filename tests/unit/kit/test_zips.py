"""One way to write a ZIP, and what is not written so is not read."""

from __future__ import annotations

import io
import zipfile

import pytest

from pipewarden.kit import zips

FILES = {"b.txt": b"two", "a.txt": b"one", "深/圳.json": b"{}"}


def read(pack: bytes, most_bytes: int = 10_000, most_files: int = 9) -> dict[str, bytes]:
    return zips.read(pack, most_bytes=most_bytes, most_files=most_files)


def packed(compression: int, *names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as made:
        for name in names:
            made.writestr(name, b"x" * 100)
    return out.getvalue()


def test_the_same_files_are_the_same_bytes_in_any_order() -> None:
    pack = zips.written(FILES)
    assert zips.written(dict(reversed(FILES.items()))) == pack
    assert read(pack) == FILES
    with zipfile.ZipFile(io.BytesIO(pack)) as opened:
        assert opened.namelist() == sorted(FILES)
        assert {one.date_time for one in opened.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_empty_one_holds_nothing() -> None:
    assert read(zips.written({})) == {}


def test_what_is_compressed_or_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="not stored"):
        read(packed(zipfile.ZIP_DEFLATED, "a"))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed(zipfile.ZIP_STORED, "a", "a")
    with pytest.raises(ValueError, match="one name twice"):
        read(twice)


def test_too_much_is_refused() -> None:
    pack = zips.written(FILES)
    with pytest.raises(ValueError, match="larger than"):
        read(pack, most_bytes=len(pack) - 1)
    with pytest.raises(ValueError, match="too many files"):
        read(pack, most_files=2)


def test_one_that_says_it_holds_more_than_it_has_is_refused() -> None:
    pack = bytearray(zips.written({"a": b"one"}))
    at = pack.index(b"PK\x01\x02") + 24  # the size in the central directory, APPNOTE 4.3.12
    pack[at : at + 4] = (9_000).to_bytes(4, "little")
    with pytest.raises(ValueError, match="not stored"):
        read(bytes(pack))


@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 64])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(zipfile.BadZipFile):
        read(content)
