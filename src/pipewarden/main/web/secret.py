"""The service's one secret: made by the embedded home in a file only its user reads, given by setting for a server.

There is no default: an installation that shares its secret with every other has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.private_file import private_file
from pipewarden.kit.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

_LEAST = 32
_FILE = "service.secret"


class WebSettings(Settings):
    """The settings of the service."""

    secret: SecretStr | None = Field(
        default=None,
        description="32 or more characters that sign cursors; made by the embedded home, to be given with a URL.",
    )
    cookie_secure: bool = Field(default=True, description="Send the session cookie over HTTPS and to localhost only.")


def service_secret(settings: WebSettings, folder: Path) -> bytes:
    """Return the secret of this installation.

    Raises:
        UnavailableError: a database URL is set and no secret of 32 characters, or the file is open to others.
    """
    if settings.secret is not None:
        given = settings.secret.get_secret_value()
        if len(given) < _LEAST or len(set(given)) < _LEAST // 4:
            raise UnavailableError(
                field="PIPEWARDEN_SECRET",
                problem=f"is shorter than {_LEAST} characters, or says the same over and over",
                fix="Make one with: openssl rand -hex 32",
            )
        return given.encode()
    if settings.database_url is not None:
        raise UnavailableError(
            field="PIPEWARDEN_SECRET",
            problem="is not set, and a service on a database by URL has no default",
            fix="Make one with: openssl rand -hex 32",
        )
    return _of_file(folder / _FILE)


def _of_file(path: Path) -> bytes:
    found = private_file(path, lambda: SystemChance().bytes(_LEAST).hex().encode()).strip()
    if len(found) < _LEAST:
        raise UnavailableError(field=str(path), problem="is cut short", fix="Remove it; a new one is made.")
    return found
