"""Reading the files that steer the house: a slip in one is told by its file and key, before anything runs on it."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pipewarden.kit.errors import InputError

Read = TypeVar("Read", bound=BaseModel)


def checked(kind: type[Read], body: object, name: str) -> Read:
    """Return ``body`` (a parsed document) as ``kind``.

    Raises:
        InputError: a key is missing, unknown or of a wrong kind; the field names the file and the key.
    """
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            field=f"{name}: {where}" if where else name, problem=str(first["msg"]), fix="Correct it."
        ) from error
