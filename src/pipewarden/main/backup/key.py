"""The key that seals backups: given by the environment or a private file, never made up, never kept in a backup."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003  pydantic reads the annotation

from pydantic import Field, SecretStr

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.sealed import KEY_BYTES, SealKey
from pipewarden.main.web.secret import WebSettings

_FIX = "Make one with `pipewarden backup key --to FILE`, keep a copy on paper, and set PIPEWARDEN_BACKUP_KEY_FILE."


class BackupSettings(WebSettings):
    """The settings of backups."""

    backup_key: SecretStr | None = Field(
        default=None, description="The 64 hexadecimal digits that seal backups; a file is the better place."
    )
    backup_key_file: Path | None = Field(
        default=None, description="File of that key, readable by its user alone; not on the disk of the backups."
    )
    backup_to: Path | None = Field(
        default=None, description="Folder into which the worker takes backups, and whose newest it restores each week."
    )
    backup_every_min: int = Field(
        default=60, ge=5, le=7 * 24 * 60, description="Minutes between two of the worker's backups."
    )
    backup_keep: int = Field(default=72, ge=1, le=10_000, description="How many of the worker's backups stay.")
    backup_scratch: Path | None = Field(
        default=None, description="Folder on a disk with room for a whole restore; the system's temporary one if empty."
    )


def backup_key(settings: BackupSettings) -> SealKey:
    """Return the key that the settings give.

    Raises:
        UnavailableError: none is given, or its file can be read by others.
        InputError: it is no key.
    """
    if settings.backup_key is not None:
        return _key("PIPEWARDEN_BACKUP_KEY", settings.backup_key.get_secret_value())
    path = settings.backup_key_file
    if path is None:
        raise UnavailableError(
            field="PIPEWARDEN_BACKUP_KEY_FILE", problem="no key is given, and there is no default", fix=_FIX
        )
    if path.stat().st_mode & 0o077:
        raise UnavailableError(field=str(path), problem="can be read by others", fix=f"Run: chmod 600 {path}")
    return _key(str(path), path.read_text().strip())


def make_key(path: Path) -> None:
    """Write a new key into a file that only its user reads; one that is there is never replaced.

    Raises:
        InputError: the file is there already.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fix = "Name another file: without its key no backup can ever be opened."
        raise InputError(field=str(path), problem="is there already", fix=fix) from None
    with os.fdopen(handle, "w") as out:
        out.write(SystemChance().bytes(KEY_BYTES).hex() + "\n")
        out.flush()
        os.fsync(out.fileno())


def _key(field: str, digits: str) -> SealKey:
    try:
        return SealKey(bytes.fromhex(digits))
    except ValueError:
        problem = "is not 64 hexadecimal digits drawn by chance"
        raise InputError(field=field, problem=problem, fix=_FIX) from None
