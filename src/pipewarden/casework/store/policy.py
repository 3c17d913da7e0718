"""The shipped list of violations: a file of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import TypeAdapter, ValidationError

from pipewarden.casework.facts import ViolationKind
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).resolve().parents[2] / "policy" / "violations" / "CN.yaml"
_KINDS: TypeAdapter[list[ViolationKind]] = TypeAdapter(list[ViolationKind])


@cache
def violations() -> Mapping[str, ViolationKind]:
    """Return policy/violations/CN.yaml by code; InputError names what is wrong."""
    return read_violations(_FILE.read_text(encoding="utf-8"), _FILE.name)


def read_violations(text: str, name: str) -> Mapping[str, ViolationKind]:
    """Return a list of violations by code.

    Args:
        text: YAML with ``violations``, each with the attributes of ``ViolationKind``.
        name: of the file, for the error.

    Raises:
        InputError: the file has another form, or a code twice.
    """
    try:
        found = _KINDS.validate_python(yaml.safe_load(text)["violations"])
    except (yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise InputError(
            field=name, problem=f"is no list of violations ({error})", fix="Write it as shipped."
        ) from error
    by_code = {one.code: one for one in found}
    if len(by_code) < len(found) or any(one.fix_h <= 0 for one in found):
        raise InputError(field=name, problem="names a code twice, or hours that are none", fix="Correct it.")
    return by_code
