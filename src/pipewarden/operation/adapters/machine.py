"""The machine that the house stands on: its disk, its stopwatch, and whether the database fits the program."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

_SHARE = 0.02  # of the disk
_LEAST, _MOST = 256 << 20, 10 << 30


@dataclass(frozen=True, slots=True)
class RealMachine:
    """Implements ``operation.ports.Machine``.

    Attributes:
        folder: of the home.
        head: newest migration that this program has.
    """

    folder: Path
    head: str

    def free(self) -> int:
        """Return how many bytes are left to who is not root."""
        return shutil.disk_usage(self.folder).free

    def reserve(self) -> int:
        """Return two hundredths of the disk, but 256 MB at least and 10 GB at most."""
        return min(max(int(shutil.disk_usage(self.folder).total * _SHARE), _LEAST), _MOST)

    def at_head(self, session: Session) -> bool:
        """Compare what the database says of itself with the newest migration of the package."""
        return bool(session.scalar(text("SELECT version_num FROM alembic_version")) == self.head)

    def elapsed(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()
