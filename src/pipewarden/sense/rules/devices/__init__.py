"""Other people's devices: every dialect into one shape, pure; what cannot be read is refused with its reason."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from pipewarden.kit.errors import InputError
from pipewarden.sense.rules.devices import frigate, gb28181, hikvision, mapped, onvif
from pipewarden.sense.rules.devices.joining import (
    OTHER_SILENCE_S,
    REMEMBERED,
    SILENCE_S,
    Act,
    Step,
    Where,
    bounded,
    join,
    sentence,
    when,
    where,
)
from pipewarden.sense.rules.devices.mapped import FieldMap, field_map
from pipewarden.sense.rules.devices.said import DeviceKind, DeviceSaid, Phase, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DIALECTS",
    "OTHER_SILENCE_S",
    "REMEMBERED",
    "SILENCE_S",
    "Act",
    "DeviceKind",
    "DeviceSaid",
    "FieldMap",
    "Phase",
    "Step",
    "Where",
    "bounded",
    "field_map",
    "join",
    "read",
    "sentence",
    "when",
    "where",
]

_XML = {"gb28181": gb28181.read, "hikvision": hikvision.read, "onvif": onvif.read}
DIALECTS = (*_XML, "frigate")
_UNKEPT = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of a sign alone
_LARGEST = 16 << 20  # edge boxes send pictures in base64 inside their JSON


def read(dialect: str, content: bytes, maps: Mapping[str, FieldMap]) -> list[DeviceSaid]:
    """Return what a message says, in the order it says it.

    Args:
        dialect: one of ``DIALECTS``, or the name of a field map.
        content: the message's body.
        maps: the field maps that are known.

    Raises:
        InputError: the dialect is unknown, the body is none of it, or a field of it is wrong.
    """
    if dialect in _XML:
        return _XML[dialect](content)
    if dialect == "frigate":
        return frigate.read(_object(content))
    if dialect not in maps:
        known = ", ".join([*DIALECTS, *sorted(maps)])
        raise InputError(field="dialect", problem=f"{dialect[:40]!r} is not known", fix=f"Choose from {known}.")
    return mapped.read(_object(content), maps[dialect])


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST:
        raise refused("body", "is larger than 16 MB")
    try:
        found = _storable(json.loads(content, parse_constant=_no_number))
    except (ValueError, RecursionError) as error:
        raise refused("body", f"is no JSON ({str(error)[:80]})") from error
    if not isinstance(found, dict):
        raise refused("body", "is no JSON object")
    return found


def _storable(told: Any) -> Any:
    """Return what was told with the signs and numbers that no database keeps made harmless."""
    if isinstance(told, str):
        return _UNKEPT.sub("\ufffd", told)
    if isinstance(told, float) and not math.isfinite(told):
        return str(told)  # 1e400 is read as infinite
    if isinstance(told, list):
        return [_storable(one) for one in told]
    if isinstance(told, dict):
        return {_storable(name): _storable(value) for name, value in told.items()}
    return told


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")
