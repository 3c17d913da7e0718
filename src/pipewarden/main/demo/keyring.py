"""The demo people's passwords, in a file of the home that only its user reads: a second start shows the same ones.

There is no default: each home draws its own. The file also proves which persons are the demo's, so that somebody else
who happens to have the login of one is never touched.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.kit.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = "demo.people.json"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One demo person as the file keeps them; ``proof`` is the SHA-256 of the password's hash in the database."""

    person_id: UUID
    login: str
    password: str = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The file of one home."""

    path: Path

    @staticmethod
    def of(folder: Path) -> Keyring:
        """Return the keyring of the home at ``folder``; it may not exist yet."""
        return Keyring(folder / _FILE)

    def read(self) -> dict[str, Sealed]:
        """Return whom the file knows, by part; nobody when there is none.

        Raises:
            UnavailableError: others can read the file, or it is damaged.
        """
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            return {}
        if mode & 0o077:
            raise self._bad("can be read by others", f"Remove it (new passwords are drawn), or: chmod 600 {self.path}")
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                part: Sealed(UUID(row["person_id"]), str(row["login"]), str(row["password"]), str(row["proof"]))
                for part, row in rows.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._bad("is damaged", "Remove it; new demo people are made.") from error

    def write(self, people: Mapping[str, Sealed]) -> None:
        """Replace the file; it is whole and 0600 at every moment."""
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".demo-people-")  # 0600 from its first moment
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump({part: asdict(one) for part, one in people.items()}, out, default=str, indent=1)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(self.path)
        finally:
            Path(name).unlink(missing_ok=True)

    def _bad(self, problem: str, fix: str) -> UnavailableError:
        return UnavailableError(field=str(self.path), problem=problem, fix=fix)
