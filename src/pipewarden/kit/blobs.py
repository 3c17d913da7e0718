"""Files by the hash of their content: written, fsynced and renamed before the row that names them commits."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pipewarden.kit.errors import InputError


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class BlobStore:
    """A content-addressed folder: ``root/ab/cdef…`` holds the bytes whose SHA-256 is ``abcdef…``."""

    root: Path

    def path(self, sha256: str) -> Path:
        """Return where the blob lies, whether or not it exists."""
        return self.root / sha256[:2] / sha256[2:]

    def put(self, content: bytes) -> str:
        """Store ``content`` durably and return its SHA-256 in hex; a second call with the same bytes writes nothing."""
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if target.exists():
            return sha256
        grown = {target.parent, *(one.parent for one in (target.parent, *target.parent.parents) if not one.exists())}
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as part:
                part.write(content)
                part.flush()
                os.fsync(part.fileno())
            Path(name).rename(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for folder in grown:
            _sync_folder(folder)
        return sha256

    def get(self, sha256: str) -> bytes:
        """Return the blob's bytes.

        Raises:
            InputError: no such blob, or its bytes no longer match its name.
        """
        target = self.path(sha256)
        try:
            content = target.read_bytes()
        except FileNotFoundError as error:
            raise InputError(
                field="blob", problem=f"{sha256} is not in {self.root}", fix="Restore the blobs folder from the backup."
            ) from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise InputError(
                field="blob", problem=f"{target} does not match its hash", fix="Restore this file from the backup."
            )
        return content
