"""What a backup says of itself: every file with hash and size, every table with rows and sum; sealed like the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the annotation
from uuid import UUID  # noqa: TC003  as above

from pydantic import TypeAdapter, ValidationError

from pipewarden.kit.sealed import Contents, SealBrokenError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TableSum:
    """What a table held: its rows, and the sum of a hash of each, so that their order does not matter.

    Attributes:
        rows: how many.
        sum: over all rows, of the first 60 bits of the SHA-256 of the row as text, in decimal.
    """

    rows: int
    sum: str


@dataclass(frozen=True, slots=True)
class Blob:
    """One file below ``blobs``: where it lay, and what was in it."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup.

    Attributes:
        id: the name of its folder.
        house: id of the house's oldest tenant: a folder holds the backups of one house.
        taken_at: the moment of which it is; whatever was written later is not in it.
        program: Pipewarden's version.
        revision: of the database's shape.
        server: PostgreSQL's version number, like 180000.
        database: the dump before it was sealed.
        tables: by name.
        keys: the installation's own key files, before they were sealed; None where they were left out.
        blobs: sorted by path.
        damaged: files that could not be read whole when the backup was taken, each with the reason; not in it.
    """

    id: str
    house: UUID
    taken_at: datetime
    program: str
    revision: str
    server: int
    database: Contents
    tables: dict[str, TableSum]
    keys: Contents | None
    blobs: tuple[Blob, ...]
    damaged: tuple[str, ...] = ()
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Return the rows of all tables together."""
        return sum(one.rows for one in self.tables.values())

    @property
    def blob_bytes(self) -> int:
        """Return the size of all blobs together."""
        return sum(one.size for one in self.blobs)


_MANIFEST = TypeAdapter(Manifest)


def write(manifest: Manifest) -> bytes:
    """Return the manifest as JSON."""
    return _MANIFEST.dump_json(manifest, indent=1)


def read(content: bytes, backup_id: str) -> Manifest:
    """Return what JSON says; raises SealBrokenError when it is not a manifest of this backup that we know to read."""
    try:
        made = _MANIFEST.validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SealBrokenError.of(backup_id, f"has a manifest that cannot be read: {where} {first['msg']}") from error
    if made.format != FORMAT or made.id != backup_id:
        raise SealBrokenError.of(backup_id, f"has a manifest of format {made.format} that says {made.id!r}")
    return made


def differences(told: dict[str, TableSum], found: dict[str, TableSum]) -> list[str]:
    """Return in words every table that is not as it was."""
    words = []
    for name in sorted(told.keys() | found.keys()):
        one, other = told.get(name), found.get(name)
        if one is None or other is None:
            words.append(f"{name} is {'new' if one is None else 'missing'}")
        elif one.rows != other.rows:
            words.append(f"{name} has {other.rows} rows, {one.rows} were backed up")
        elif one.sum != other.sum:
            words.append(f"{name} has as many rows, and others")
    return words
