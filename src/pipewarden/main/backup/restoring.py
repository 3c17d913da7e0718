"""Restores a backup into an empty home, or into a scratch one that is thrown away, and proves what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import make_engine
from pipewarden.kit.errors import InputError
from pipewarden.kit.postgres import Urls, cluster_at, embedded, sweep
from pipewarden.kit.sealed import SealBrokenError, checked
from pipewarden.main import migrate
from pipewarden.main.backup.database import load, server_version, sums
from pipewarden.main.backup.manifest import differences
from pipewarden.main.home import UNFINISHED, open_home, urls_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from pipewarden.kit.sealed import Contents
    from pipewarden.kit.settings import Settings
    from pipewarden.main.backup.folder import Shelf
    from pipewarden.main.backup.manifest import Blob, Manifest

    Progress = Callable[[int, int | None], None]

_SCRATCH = "pipewarden-drill-"
_SPARE = 1.2  # of what the manifest says, and the database is larger than its dump
_DATABASE = 6  # times its compressed dump, as measured on the demo city and rounded up
_OPEN = 0o711  # the lent user of the embedded server walks through


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore came to; it is only returned when every table and every blob is as it was.

    Attributes:
        seconds: from the first byte to the last comparison.
    """

    manifest: Manifest
    seconds: float


def restore(settings: Settings, shelf: Shelf, name: str, *, progress: Progress | None = None) -> Restored:
    """Restore a backup into the home of the settings, which must be empty, and compare everything with the manifest.

    A home that was not restored to the end is refused by every command until it is removed.

    Raises:
        InputError: the home or the database holds something, or the backup is not as it was sealed; what was restored
            of it until then is removed.
        UnavailableError: the database cannot be reached, or a program of PostgreSQL failed.
    """
    told = shelf.manifest(name)
    _readable(told)
    home = settings.home
    _check_empty(settings)
    began = time.monotonic()
    home.mkdir(parents=True, exist_ok=True, mode=_OPEN if os.geteuid() == 0 else 0o700)
    (home / UNFINISHED).write_text(f"{name}\n")
    try:
        with _database(settings) as urls:
            _fill(shelf, told, urls, home, progress)
        (home / UNFINISHED).unlink()
    except BaseException:
        _clear(settings)
        raise
    return Restored(told, time.monotonic() - began)


def verify(
    shelf: Shelf, name: str, settings: Settings, *, scratch: Path | None = None, progress: Progress | None = None
) -> Restored:
    """Restore a backup into a scratch home with a database of its own, open it as a start does, and remove it again.

    Args:
        shelf: where the backup lies.
        name: which one.
        settings: of the house; its home and its database are not touched.
        scratch: folder to do it in; the system's temporary one when None.
        progress: told how many blobs are done, of how many.

    Raises:
        InputError: the backup is not as it was sealed, or the folder has no room for it.
        UnavailableError: a program of PostgreSQL failed.
    """
    told = shelf.manifest(name)
    base = scratch or Path(tempfile.gettempdir())
    for left in sweep(base.glob(f"{_SCRATCH}*/home")):
        shutil.rmtree(left.parent, ignore_errors=True)
    needed = int(_SPARE * (told.blob_bytes + _DATABASE * told.database.size))
    free = shutil.disk_usage(base).free
    if free < needed:
        raise InputError(
            field="PIPEWARDEN_BACKUP_SCRATCH",
            problem=f"{base} has {free >> 20} MiB free, {needed >> 20} MiB are needed",
            fix="Name a folder on a larger disk.",
        )
    folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=base))
    folder.chmod(_OPEN)
    alone = settings.model_copy(
        update={"home": folder / "home", "database_url": None, "database_owner_url": None, "tenant": "default"}
    )
    began = time.monotonic()
    try:
        restore(alone, shelf, name, progress=progress)
        with open_home(alone) as opened:
            opened.tenants()
        return Restored(told, time.monotonic() - began)
    finally:
        if alone.home.exists():
            _clear(alone)
        shutil.rmtree(folder, ignore_errors=True)


def _readable(told: Manifest) -> None:
    if not migrate.known(told.revision):
        raise InputError(
            field="backup",
            problem=f"{told.id} is of Pipewarden {told.program} (database {told.revision}), which is newer than this",
            fix=f"Install Pipewarden {told.program} or newer and restore with it.",
        )


def _check_empty(settings: Settings) -> None:
    home = settings.home
    if home.exists() and any(home.iterdir()):
        half = (home / UNFINISHED).exists()
        raise InputError(
            field="PIPEWARDEN_HOME",
            problem=f"{home} {'holds a restore that was cut short' if half else 'is not empty'}",
            fix="Remove it first." if half else "Name an empty folder: nothing that lives is ever restored over.",
        )
    if settings.database_url is None:
        data = cluster_at(home).data  # outside of the home where root lends a user that cannot walk there
        if data.exists():
            fix = "Move it away, or restore into a folder of another name."
            raise InputError(field="PIPEWARDEN_HOME", problem=f"{data} is an older home's of the same place", fix=fix)
        return
    with _owner(urls_of(settings)) as owner, owner.connect() as connection:
        if sums(connection):
            fix = "Make an empty database, and name it in PIPEWARDEN_DATABASE_URL."
            raise InputError(field="PIPEWARDEN_DATABASE_URL", problem="the database holds tables already", fix=fix)


@contextmanager
def _database(settings: Settings) -> Iterator[Urls]:
    """Give the database of the settings, a new one where they name none."""
    if settings.database_url is not None:
        yield urls_of(settings)
        return
    with embedded(settings.home) as urls:
        yield urls


@contextmanager
def _owner(urls: Urls) -> Iterator[Engine]:
    made = make_engine(urls.owner, pool_size=1)
    try:
        yield made
    finally:
        made.dispose()


def _fill(shelf: Shelf, told: Manifest, urls: Urls, home: Path, progress: Progress | None) -> None:
    _restore_blobs(shelf, told.blobs, BlobStore(home / "blobs"), progress)
    if told.keys is not None:
        _restore_keys(b"".join(_opened(shelf, f"{told.id}/keys", told.keys)), home)
    with _owner(urls) as owner:
        with owner.connect() as connection:
            server = server_version(connection)
        load(urls.owner, _opened(shelf, f"{told.id}/database", told.database), server)
        with owner.connect() as connection:
            found = differences(told.tables, sums(connection))
        if found:
            raise InputError(
                field="database",
                problem=f"was restored from {told.id}, and {'; '.join(found)}",
                fix="Do not use what is in it now: drop the database, and report both servers' versions.",
            )
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _opened(shelf: Shelf, name: str, told: Contents) -> Iterator[bytes]:
    with checked(told, name) as checker:
        yield from checker.through(shelf.open(name))


def _restore_blobs(shelf: Shelf, blobs: tuple[Blob, ...], store: BlobStore, progress: Progress | None) -> None:
    folders: set[Path] = {store.root}
    store.root.mkdir(parents=True, mode=0o700)
    for count, one in enumerate(blobs, 1):
        target = store.root / one.path
        if not target.resolve().is_relative_to(store.root.resolve()):
            raise SealBrokenError.of(one.path, "lies outside the blobs")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        with target.open("xb") as out:
            for portion in shelf.open(shelf.blob(one.sha256)):
                digest.update(portion)
                out.write(portion)
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
        if (size, digest.hexdigest()) != (one.size, one.sha256):
            raise SealBrokenError.of(f"blobs/{one.path}", "does not hold what the manifest says")
        folders |= {parent for parent in target.parents if parent.is_relative_to(store.root)}
        if progress is not None:
            progress(count, len(blobs))
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _restore_keys(content: bytes, home: Path) -> None:
    for name, digits in json.loads(content).items():
        handle = os.open(home / Path(name).name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(bytes.fromhex(digits))
            out.flush()
            os.fsync(out.fileno())


def _clear(settings: Settings) -> None:
    """Remove what a restore made: the folder was empty before it."""
    home = settings.home
    if settings.database_url is None:
        cluster = cluster_at(home)
        cluster.stop()
        shutil.rmtree(cluster.data, ignore_errors=True)
        shutil.rmtree(cluster.socket, ignore_errors=True)
    for one in home.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
