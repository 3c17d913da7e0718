"""Takes a backup: the rows of one snapshot, and every file that they may name, while nothing is deleted."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipewarden.kit.db import make_engine
from pipewarden.kit.errors import InputError
from pipewarden.kit.sealed import Contents, SealBrokenError
from pipewarden.kit.standstill import standstill
from pipewarden.main.backup import manifest
from pipewarden.main.backup.database import dump, frozen
from pipewarden.main.backup.folder import Shelf, backup_id, portions
from pipewarden.main.backup.manifest import Blob, Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipewarden.main.home import Home

    Progress = Callable[[int, int | None], None]

_HASHED = re.compile(r"(?:.*/)?([0-9a-f]{2})/([0-9a-f]{62})")
_LARGEST_KEY = 64 * 1024
_OWN_DATABASE = "database."  # its passwords are made anew by the home that it is restored into


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking a backup came to.

    Attributes:
        fresh: blobs sealed now; the others lay in the folder already.
        fresh_bytes: their size.
    """

    manifest: Manifest
    fresh: int
    fresh_bytes: int


def take(home: Home, shelf: Shelf, *, with_keys: bool = True, progress: Progress | None = None) -> Taken:
    """Back a home up while it works, and return what is in it.

    Args:
        home: may be in use by any number of processes.
        shelf: where to; blobs that lie there already are not written again.
        with_keys: also the installation's own key files, without which links in messages already sent are dead and
            new evidence packs are signed by another key.
        progress: told how many blobs are done, of how many.

    Raises:
        InputError: the folder lies in the home, or holds another house's backups, or ones of another key.
        UnavailableError: another backup runs, or a program of PostgreSQL failed.
    """
    if shelf.root.resolve().is_relative_to(home.folder.resolve()):
        fix = "Name a folder on another disk, better of another machine."
        raise InputError(field="--to", problem=f"{shelf.root} lies in the home and would be lost with it", fix=fix)
    owner = make_engine(home.urls().owner, pool_size=2)
    try:
        with shelf.alone(), owner.connect() as lock, standstill(lock):
            _check_house(home, shelf)
            at = home.factory.clock.now()
            name = backup_id(at, home.factory.ids.new())
            with frozen(owner) as told:
                database = shelf.put(f"{name}/database", dump(home.urls().owner, told))
            blobs, damaged, fresh = _blobs(home.blobs.root, shelf, progress)
            keys = shelf.put(f"{name}/keys", iter([_keys(home.folder)])) if with_keys else None
            made = Manifest(
                id=name,
                house=home.tenants()[0],
                taken_at=at,
                program=version("pipewarden"),
                revision=told.revision,
                server=told.server,
                database=database,
                tables=told.tables,
                keys=keys,
                blobs=tuple(blobs),
                damaged=tuple(damaged),
            )
            shelf.sync()
            shelf.put(f"{name}/manifest", iter([manifest.write(made)]))
            shelf.sync()
    finally:
        owner.dispose()
    return Taken(made, len(fresh), sum(fresh))


def _check_house(home: Home, shelf: Shelf) -> None:
    """Refuse a folder of another house: removing old backups would remove the neighbour's."""
    names = shelf.ids()
    if names and shelf.manifest(names[-1]).house != home.tenants()[0]:
        fix = "Give every house a folder of its own."
        raise InputError(field="--to", problem=f"{shelf.root} holds the backups of another house", fix=fix)


def files_below(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of a blob store, the stores inside it included, by their path below it; none half written."""
    for one in sorted(root.rglob("*")):
        if not one.name.startswith(".part-") and one.is_file():
            yield one.relative_to(root).as_posix(), one


def hash_told(path: str) -> str | None:
    """Return the SHA-256 that a blob's path says its content has; None where it is no such path."""
    found = _HASHED.fullmatch(path)
    return None if found is None else found[1] + found[2]


def _blobs(root: Path, shelf: Shelf, progress: Progress | None) -> tuple[list[Blob], list[str], list[int]]:
    blobs: list[Blob] = []
    damaged: list[str] = []
    fresh: list[int] = []
    there = list(files_below(root))
    for count, (path, file) in enumerate(there, 1):
        size = file.stat().st_size
        sha256 = hash_told(path) or hashlib.sha256(file.read_bytes()).hexdigest()
        name = shelf.blob(sha256)
        if not shelf.has(name, size):
            try:
                with file.open("rb") as source:
                    shelf.put(name, portions(source), told=Contents(size, sha256))
            except SealBrokenError:
                damaged.append(f"blobs/{path}: does not match its hash")
                continue
            fresh.append(size)
        blobs.append(Blob(path, sha256, size))
        if progress is not None:
            progress(count, len(there))
    return blobs, damaged, fresh


def _keys(folder: Path) -> bytes:
    """Return the home's private files as JSON, by name: whatever lies beside the data and only its user reads."""
    found = {}
    for one in sorted(folder.glob("*")):
        told = one.lstat()
        private = stat.S_ISREG(told.st_mode) and not told.st_mode & 0o077 and 0 < told.st_size <= _LARGEST_KEY
        if private and not one.name.startswith((_OWN_DATABASE, ".")):
            found[one.name] = one.read_bytes().hex()
    return json.dumps(found, sort_keys=True).encode()
