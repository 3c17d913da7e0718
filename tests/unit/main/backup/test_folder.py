"""The folder of backups: whole or not there, private, in the order of time, and emptied of old ones without harm."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.sealed import Contents, SealBrokenError, SealKey, sealed_size
from pipewarden.main.backup import manifest
from pipewarden.main.backup.folder import Shelf, backup_id, moment_of, whole
from pipewarden.main.backup.manifest import Blob, Manifest, TableSum
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def key(word: str = "a") -> SealKey:
    return SealKey(hashlib.sha256(word.encode()).digest())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out", key())


def lay(shelf: Shelf, number: int, *contents: bytes) -> Manifest:
    """Lay down a backup of some files, as taking one does."""
    name = backup_id(AT + timedelta(minutes=number), UUID(int=number))
    blobs = []
    for content in contents:
        sha256 = hashlib.sha256(content).hexdigest()
        shelf.put(shelf.blob(sha256), iter([content]))
        blobs.append(Blob(f"{sha256[:2]}/{sha256[2:]}", sha256, len(content)))
    made = Manifest(
        id=name,
        house=PLATFORM,
        taken_at=AT,
        program="0.1.0",
        revision="0027",
        server=180000,
        database=shelf.put(f"{name}/database", iter([b"dump"])),
        tables={"b": TableSum(2, "7"), "a": TableSum(1, "5")},
        keys=None,
        blobs=tuple(blobs),
    )
    shelf.put(f"{name}/manifest", iter([manifest.write(made)]))
    return made


def files(shelf: Shelf) -> set[str]:
    return {one.relative_to(shelf.root).as_posix() for one in shelf.root.rglob("*") if one.is_file()} - {".lock"}


def test_a_name_tells_its_moment_in_any_zone() -> None:
    china = AT.astimezone(timezone(timedelta(hours=8)))
    name = backup_id(china, UUID(int=0xABCDEF12345678))
    assert name == "20261120T010000Z-00045678"
    assert moment_of(name) == AT


def test_of_two_in_one_second_the_newer_has_the_later_name() -> None:
    moments = [AT + timedelta(milliseconds=one) for one in (0, 1, 42, 999, 1000)]
    names = [backup_id(at, UUID(int=0xFFFFF - number)) for number, at in enumerate(moments)]
    assert names == sorted(names)


def test_what_is_laid_down_is_read_back(shelf: Shelf) -> None:
    made = lay(shelf, 1, b"one", b"two")
    assert shelf.manifest(made.id) == made
    assert (made.rows, made.blob_bytes) == (3, 6)
    assert b"".join(shelf.open(f"{made.id}/database")) == b"dump"
    assert shelf.newest() == made.id


def test_a_backup_without_its_manifest_was_cut_short_and_is_none(shelf: Shelf) -> None:
    made = lay(shelf, 1)
    shelf.put("20261120T020000Z-00000002/database", iter([b"x"]))
    (shelf.root / "notes").mkdir()
    assert whole(shelf.root) == shelf.ids() == [made.id]
    with pytest.raises(InputError, match="is not in") as caught:
        shelf.manifest("20261120T020000Z-00000002")
    assert made.id in caught.value.fix


@pytest.mark.parametrize("name", ["", "../../etc", "20261120T010000Z-0000000g", "blobs"])
def test_a_name_that_is_no_backups_is_refused(shelf: Shelf, name: str) -> None:
    lay(shelf, 1)
    with pytest.raises(InputError, match="is not in"):
        shelf.manifest(name)


def test_an_empty_folder_and_none_at_all_hold_no_backup(shelf: Shelf) -> None:
    assert whole(shelf.root) == []
    with pytest.raises(InputError, match="holds no backup"):
        shelf.newest()


def test_a_manifest_under_another_backups_name_does_not_open(shelf: Shelf) -> None:
    one, two = lay(shelf, 1), lay(shelf, 2)
    path = shelf.path(f"{two.id}/manifest")
    path.write_bytes(shelf.path(f"{one.id}/manifest").read_bytes())
    with pytest.raises(SealBrokenError):
        shelf.manifest(two.id)


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_a_manifest_that_says_something_else_is_refused(shelf: Shelf, content: bytes) -> None:
    made = lay(shelf, 1)
    shelf.put(f"{made.id}/manifest", iter([content]))
    with pytest.raises(SealBrokenError, match="cannot be read"):
        shelf.manifest(made.id)


@pytest.mark.parametrize("change", [{"format": 2}, {"id": "20261120T010100Z-00000009"}])
def test_a_manifest_of_another_format_or_name_is_refused(shelf: Shelf, change: dict[str, object]) -> None:
    made = lay(shelf, 1)
    shelf.put(f"{made.id}/manifest", iter([manifest.write(replace(made, **change))]))  # type: ignore[arg-type]
    with pytest.raises(SealBrokenError, match="format"):
        shelf.manifest(made.id)


def test_content_that_is_not_what_was_told_leaves_nothing(shelf: Shelf) -> None:
    told = Contents(3, hashlib.sha256(b"abc").hexdigest())
    assert shelf.put("good", iter([b"abc"]), told=told) == told
    with pytest.raises(SealBrokenError, match="not what its name says"):
        shelf.put("bad", iter([b"abd"]), told=told)
    assert files(shelf) == {"good"}


def test_a_write_that_breaks_leaves_what_was_there(shelf: Shelf) -> None:
    shelf.put("a", iter([b"first"]))

    def broken() -> Iterator[bytes]:
        yield b"second"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        shelf.put("a", broken())
    assert b"".join(shelf.open("a")) == b"first"
    assert files(shelf) == {"a"}


def test_only_its_user_reads_what_is_written(shelf: Shelf) -> None:
    lay(shelf, 1, b"one")
    shelf.sync()
    for one in shelf.root.rglob("*"):
        assert one.stat().st_mode & 0o077 == 0


def test_a_blob_is_there_when_it_is_as_long_as_it_must_be(shelf: Shelf) -> None:
    shelf.put("a", iter([b"abc"]))
    assert shelf.has("a", 3)
    assert not shelf.has("a", 4)
    assert not shelf.has("b", 3)
    assert shelf.path("a").stat().st_size == sealed_size(3)
    shelf.path("a").write_bytes(b"")  # a disk that was full, or a copy that was cut short
    assert not shelf.has("a", 3)


def test_a_blobs_name_tells_nothing_to_who_has_no_key(shelf: Shelf, tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"a known picture").hexdigest()
    other = Shelf(tmp_path, key("b"))
    assert shelf.blob(sha256) == shelf.blob(sha256) != other.blob(sha256)
    assert sha256[:8] not in shelf.blob(sha256)


def test_old_ones_go_and_take_only_what_nobody_else_names(shelf: Shelf) -> None:
    made = [lay(shelf, number, b"shared", b"of %d" % number) for number in range(4)]
    shelf.put("20261101T000000Z-00000009/database", iter([b"cut short"]))
    assert shelf.forget(2) == [made[0].id, made[1].id]
    assert shelf.ids() == [made[2].id, made[3].id]
    kept = {shelf.blob(one.sha256) for each in made[2:] for one in each.blobs}
    assert files(shelf) == kept | {f"{one.id}/{piece}" for one in made[2:] for piece in ("database", "manifest")}
    assert len(kept) == 3
    assert shelf.forget(2) == []


def test_nothing_goes_while_one_of_those_to_be_kept_cannot_be_read(shelf: Shelf) -> None:
    made = [lay(shelf, number, b"of %d" % number) for number in range(3)]
    path = shelf.path(f"{made[2].id}/manifest")
    path.write_bytes(path.read_bytes()[:-1])
    before = files(shelf)
    with pytest.raises(SealBrokenError):
        shelf.forget(1)
    assert files(shelf) == before


def test_one_at_a_time_writes_into_it(shelf: Shelf) -> None:
    with shelf.alone():
        with pytest.raises(UnavailableError, match="another backup writes"), shelf.alone():
            pytest.fail("it must wait")
        with pytest.raises(UnavailableError, match="another backup writes"):
            shelf.forget(1)
    with shelf.alone():
        pass


def test_every_table_that_differs_is_named() -> None:
    told = {"a": TableSum(1, "5"), "b": TableSum(2, "7"), "c": TableSum(0, "0")}
    found = {"a": TableSum(1, "6"), "b": TableSum(3, "7"), "d": TableSum(0, "0")}
    assert manifest.differences(told, dict(told)) == []
    assert manifest.differences(told, found) == [
        "a has as many rows, and others",
        "b has 3 rows, 2 were backed up",
        "c is missing",
        "d is new",
    ]
