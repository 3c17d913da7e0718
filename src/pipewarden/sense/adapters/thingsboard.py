"""ThingsBoard's own topics as an alias, for devices and gateways that were set up for it.

ThingsBoard knows a device by the token it signs in with; another broker hands on only topic and body. So a gateway's
message names its devices in the body (MQTT gateway API: ``{"Device A": [{"ts": …, "values": {…}}]}``), a broker that
rewrites ``me`` to the sender's name puts it into the topic, and a body may carry ``device`` itself. What names no
device is refused.
"""

from __future__ import annotations

import json
from typing import Any

from pipewarden.kit.errors import InputError

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

    Each message is ``{"device": key, "ts": …, "values": {…}}``, as the shipped map ``thingsboard`` reads it.

    Raises:
        InputError: the body is no telemetry, or names no device.
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
        told = [(name, entry) for name, entries in body.items() for entry in _entries(entries)]
    else:
        name = topic.split("/")[2]
        told = [(_named(entry) if name == "me" else name, entry) for entry in _entries(body)]
    if not 0 < len(told) <= _MOST:
        raise InputError(field="body", problem=f"holds {len(told)} entries", fix=f"Send 1 to {_MOST}.")
    return [(name, _message(name, entry)) for name, entry in told]


def _entries(value: Any) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    if not all(isinstance(entry, dict) for entry in entries):
        raise InputError(field="body", problem="holds an entry that is no object", fix='Send {"ts": …, "values": {…}}.')
    return entries


def _named(entry: dict[str, Any]) -> str:
    name = entry.get("device")
    if not isinstance(name, str) or not name:
        raise InputError(
            field="device",
            problem="is not named: v1/devices/me/telemetry does not tell who sent it",
            fix="Let the broker rewrite `me` to the user's name, use v1/gateway/telemetry, or add `device`.",
        )
    return name


def _message(name: str, entry: dict[str, Any]) -> bytes:
    framed = entry if isinstance(entry.get("values"), dict) else {"values": entry}
    return json.dumps({**framed, "device": name}).encode()
