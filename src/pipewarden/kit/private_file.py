"""Secrets that an installation makes for itself: in a file that only its user reads, whole or not there at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable


def private_file(path: Path, fresh: Callable[[], bytes]) -> bytes:
    """Return what a secret's file holds; the first time it is wanted it is made with what ``fresh`` gives.

    Of two processes that make it at once, the quicker one's holds for both.

    Raises:
        UnavailableError: the file is open to others.
    """
    if not path.exists():
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # 0600 from its first moment
        part = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(fresh())
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    if path.stat().st_mode & 0o077:
        raise UnavailableError(
            field=str(path), problem="can be read by others", fix=f"Remove it, or run: chmod 600 {path}"
        )
    return path.read_bytes()
