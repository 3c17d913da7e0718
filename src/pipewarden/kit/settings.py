"""Everything the environment may decide, in one frozen place; no default is a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipewarden.kit.errors import InputError

AnySettings = TypeVar("AnySettings", bound="Settings")


def default_home() -> Path:
    """Return where data lives when ``PIPEWARDEN_HOME`` is not set: the user's data folder, or /var/lib for root."""
    if os.geteuid() == 0:
        return Path("/var/lib/pipewarden")
    return Path.home() / ".local" / "share" / "pipewarden"


class Settings(BaseSettings):
    """Settings read from ``PIPEWARDEN_*`` variables."""

    model_config = SettingsConfigDict(env_prefix="PIPEWARDEN_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=default_home, description="Folder of database, pictures and secrets.")
    database_url: str | None = Field(
        default=None, description="postgresql:// URL of the app role; the embedded server is used when empty."
    )
    database_owner_url: str | None = Field(
        default=None, description="postgresql:// URL of the owner role, for migrations; the app's URL when empty."
    )
    tenant: str = Field(default="default", description="Key of the tenant that commands act for.")
    log_level: str = Field(default="WARNING", description="Least level of log lines on stderr.")
    threads: int = Field(default=2, ge=1, le=64, description="Threads of one inference session.")


def load_settings() -> Settings:
    """Return the settings of the environment; raises as :func:`load`."""
    return load(Settings)


def load(kind: type[AnySettings]) -> AnySettings:
    """Return the settings of the environment as a wider class of settings reads them.

    Raises:
        InputError: a variable has a value that cannot be; the field names it.
    """
    try:
        return kind()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise InputError(field=f"PIPEWARDEN_{name}", problem=str(first["msg"]), fix="Correct or unset it.") from error
