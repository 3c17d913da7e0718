"""ThingsBoard's own topics as an alias, for devices and gateways that were set up for it.

ThingsBoard knows a device by the token it signs in with; another broker hands on only topic and body. So a gateway's
message names its devices in the body (MQTT gateway API: ``{"Device A": [{"ts": …, "values": {…}}]}``), a broker that
rewrites ``me`` to the sender's name puts it into the topic, and a body may carry ``device`` itself. What names no
device is refused.
"""

from __future__ import annotations

import json
from typing import Any

import structlog

from pipewarden.kit.errors import InputError

log = structlog.get_logger(__name__)
TOPICS = ("v1/gateway/telemetry", "v1/devices/+/telemetry")
_PARTS = 4
_MOST = 1000  # entries of one message


def is_telemetry(topic: str) -> bool:
    """Return whether a topic is one of ThingsBoard's that is heard."""
    parts = topic.split("/")
    return topic == TOPICS[0] or (
        len(parts) == _PARTS and (parts[0], parts[1], parts[3]) == ("v1", "devices", "telemetry")
    )


def telemetry(topic: str, content: bytes) -> list[tuple[str, bytes]]:
    """Return the device's key and its message for each entry of a telemetry message, in order.

    Each message is ``{"device": key, "ts": …, "values": {…}}``, as the shipped map ``thingsboard`` reads it. An entry
    that cannot be one is left out and logged: the others may be alarms.

    Raises:
        InputError: the body is no telemetry, or no entry of it is a message of a named device.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(field="body", problem="is no JSON", fix="Send ThingsBoard telemetry.") from error
    if topic == TOPICS[0]:
        if not isinstance(body, dict):
            raise InputError(
                field="body", problem="names no device", fix='Send {"DEVICE": [{"ts": …, "values": {…}}]}.'
            )
        said = [(name, entry) for name, entries in body.items() for entry in _entries(entries)]
    else:
        said = [(topic.split("/")[2], entry) for entry in _entries(body)]
    if not 0 < len(said) <= _MOST:
        raise InputError(field="body", problem=f"holds {len(said)} entries", fix=f"Send 1 to {_MOST}.")
    told, problems = [], []
    for name, entry in said:
        try:
            told.append(_message(name, entry, own=topic != TOPICS[0]))
        except InputError as error:
            problems.append(error)
    if not told:
        raise problems[0]
    if problems:
        log.warning("entries left out", topic=topic[:200], count=len(problems), first=str(problems[0]))
    return told


def _entries(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _named(entry: dict[str, Any]) -> str:
    name = entry.get("device")
    if not isinstance(name, str) or not name:
        raise InputError(
            field="device",
            problem="is not named: v1/devices/me/telemetry does not tell who sent it",
            fix="Let the broker rewrite `me` to the user's name, use v1/gateway/telemetry, or add `device`.",
        )
    return name


def _message(name: str, entry: Any, *, own: bool) -> tuple[str, bytes]:
    """Return the key and message of one entry; of an ``own`` topic the name ``me`` stands for who sends it."""
    if not isinstance(entry, dict):
        raise InputError(field="body", problem="holds an entry that is no object", fix='Send {"ts": …, "values": {…}}.')
    key = _named(entry) if own and name == "me" else name
    framed = entry if isinstance(entry.get("values"), dict) else {"values": entry}
    return key, json.dumps({**framed, "device": key}).encode()
