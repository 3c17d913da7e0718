"""The folder that holds backups: one sub-folder each, blobs in common, everything sealed, written whole or not at all.

``DIR/20261126T182559Z-1a2b3c4d/`` holds ``database``, ``keys`` and ``manifest``, the last one written last: a folder
without it is a backup that was cut short. ``DIR/blobs`` holds each picture once, under a name that tells nothing of it.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import IO, TYPE_CHECKING

from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.sealed import Contents, SealBrokenError, SealKey, seal, sealed_size, unsealed
from pipewarden.main.backup import manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from pipewarden.main.backup.manifest import Manifest

PORTION = 1 << 20
_ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
_MOMENT = "%Y%m%dT%H%M%SZ"
_PART = ".part-"


def backup_id(at: datetime, chance: UUID) -> str:
    """Return the name of a backup of a moment: sorted by name, backups are sorted by time."""
    # the thousandth of the second first, so that of two in one second the later name is the newer backup
    return f"{at.astimezone(UTC):{_MOMENT}}-{at.microsecond // 1000:03d}{chance.hex[-5:]}"


def moment_of(name: str) -> datetime:
    """Return the moment that a backup's name tells."""
    return datetime.strptime(name.split("-", maxsplit=1)[0], _MOMENT).replace(tzinfo=UTC)


def whole(root: Path) -> list[str]:
    """Return the names of the whole backups below a folder, oldest first; that needs no key."""
    found = (one.name for one in root.glob("*") if _ID.fullmatch(one.name))
    return sorted(name for name in found if (root / name / "manifest").is_file())


def portions(source: IO[bytes]) -> Iterator[bytes]:
    """Yield a file's bytes."""
    yield from iter(partial(source.read, PORTION), b"")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of backups and the key that seals them."""

    root: Path
    key: SealKey

    def ids(self) -> list[str]:
        """Return the names of the whole backups, oldest first."""
        return whole(self.root)

    def newest(self) -> str:
        """Return the name of the newest backup.

        Raises:
            InputError: there is none.
        """
        names = self.ids()
        if not names:
            fix = "Name the folder that was given to `pipewarden backup --to`."
            raise InputError(field=str(self.root), problem="holds no backup", fix=fix)
        return names[-1]

    def path(self, name: str) -> Path:
        """Return where a sealed file lies."""
        return self.root / name

    def blob(self, sha256: str) -> str:
        """Return the name of a blob's sealed file; who has no key cannot ask whether a known picture is there."""
        name = self.key.draw(f"blob\0{sha256}", length=20).hex()
        return f"blobs/{name[:2]}/{name[2:]}"

    def has(self, name: str, size: int) -> bool:
        """Say whether a sealed file of ``size`` bytes of content is there already."""
        try:
            return self.path(name).stat().st_size == sealed_size(size)
        except FileNotFoundError:
            return False

    def put(self, name: str, content: Iterator[bytes], *, told: Contents | None = None) -> Contents:
        """Seal content under a name, durably, and return what it was.

        Raises:
            SealBrokenError: the content is not what was told of it; nothing was written.
        """
        target = self.path(name)
        for folder in reversed(target.relative_to(self.root).parents):  # parents=True closes the last only
            (self.root / folder).mkdir(parents=not folder.name, exist_ok=True, mode=0o700)
        part = target.with_name(f"{_PART}{target.name}")
        try:
            with open(part, "wb", opener=_private) as out:
                made = seal(out, self.key, name, content)
                out.flush()
                os.fsync(out.fileno())
            if told in {None, made}:
                part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        if told not in {None, made}:
            raise SealBrokenError.of(name, "is not what its name says")
        return made

    def open(self, name: str) -> Iterator[bytes]:
        """Yield what was sealed under a name.

        Raises:
            SealBrokenError: it is gone, or anything of it was changed.
        """
        try:
            source = self.path(name).open("rb")
        except FileNotFoundError:
            raise SealBrokenError.of(name, f"is missing from {self.root}") from None
        with source:
            yield from unsealed(source, self.key, name)

    def manifest(self, backup: str) -> Manifest:
        """Return what a backup says of itself.

        Raises:
            InputError: there is no such backup, or it is not as it was sealed.
        """
        if not _ID.fullmatch(backup) or not self.path(f"{backup}/manifest").is_file():
            fix = f"Name one of: {', '.join(self.ids()) or 'none is there'}."
            raise InputError(field="backup", problem=f"{backup!r} is not in {self.root}", fix=fix)
        return manifest.read(b"".join(self.open(f"{backup}/manifest")), backup)

    def sync(self) -> None:
        """Have the folders' entries on the disk; the files' contents are there already."""
        for folder in (self.root, *(one for one in self.root.rglob("*") if one.is_dir())):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def forget(self, keep: int) -> list[str]:
        """Remove all but the newest backups, what was cut short, and blobs that none of those left names.

        Raises:
            InputError: one of those to be kept cannot be read; then nothing is removed.
            UnavailableError: a backup is being taken.
        """
        with self.alone():
            names = self.ids()
            kept = names[-keep:]
            needed = {self.blob(one.sha256) for name in kept for one in self.manifest(name).blobs}
            for folder in sorted(self.root.glob("*")):
                if _ID.fullmatch(folder.name) and folder.name not in kept:
                    (folder / "manifest").unlink(missing_ok=True)  # first: half a backup must not look like one
                    shutil.rmtree(folder)
            for sealed in sorted((self.root / "blobs").glob("*/*")):
                if sealed.relative_to(self.root).as_posix() not in needed:
                    sealed.unlink()
        return names[:-keep]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nobody else write into the folder while the context lasts.

        Raises:
            UnavailableError: somebody does.
        """
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                problem, fix = "another backup writes into it", "Let it end and run this one again."
                raise UnavailableError(field=str(self.root), problem=problem, fix=fix) from None
            yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
