"""The mappings that commands name: shipped ones by name, others off the disk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.exchange.rules.mapping import read_mapping
from pipewarden.exchange.store import shipped
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.exchange.rules.mapping import IntakeMapping

_MOST_BYTES = 1 << 20


def intake_mapping(name: str) -> IntakeMapping:
    """Return a shipped mapping, or the one in a file.

    Raises:
        InputError: there is none, or it cannot be read; the key is named.
    """
    if name in shipped():
        return shipped()[name]
    path = Path(name)
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        known = ", ".join(shipped())
        raise InputError(field="--mapping", problem=f"there is no {name!r}", fix=f"Give a YAML file, or {known}.")
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        first = str(error).splitlines()[0]
        raise InputError(field=path.name, problem=f"is no YAML ({first})", fix="Correct the file.") from error
    return read_mapping(body, path.name)
