"""ONVIF metadata streams: notifications with a topic, a source and values; a stream without any says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.sense.rules.devices.markup import find, local, parse, text_of
from pipewarden.sense.rules.devices.said import DeviceKind, DeviceSaid, Phase, moment, refused, word

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# by a part of the topic's path; the first that fits
_KINDS = (
    ("GlobalSceneChange", DeviceKind.TAMPER),
    ("Tamper", DeviceKind.TAMPER),
    ("ObjectAnalytics", DeviceKind.INTRUSION),
    ("FieldDetector", DeviceKind.INTRUSION),
    ("LineDetector", DeviceKind.INTRUSION),
    ("FenceGuard", DeviceKind.INTRUSION),
    ("LoiteringGuard", DeviceKind.INTRUSION),
    ("MotionGuard", DeviceKind.MOTION),
    ("VMD", DeviceKind.MOTION),
    ("MotionAlarm", DeviceKind.MOTION),
    ("CellMotionDetector", DeviceKind.MOTION),
    ("PIR", DeviceKind.MOTION),
    ("Port", DeviceKind.INPUT),
    ("DigitalInput", DeviceKind.INPUT),
)
_STATES = frozenset({"active", "state", "IsMotion", "IsInside", "LogicalState", "State", "is_moving", "on_preset"})
_ON = frozenset({"1", "true", "True"})
_OFF = frozenset({"0", "false", "False"})


def read(content: bytes) -> list[DeviceSaid]:
    """Return every notification; a property that is told at the start and is not so says nothing and is left out.

    Raises:
        InputError: it is no metadata stream or notification, or a field of it is wrong.
    """
    root = parse(content, "body")
    if local(root.tag) not in {"MetadataStream", "NotificationMessage", "Envelope"}:
        raise refused("body", f"{local(root.tag)} is no ONVIF metadata")
    messages = [one for one in root.iter() if local(one.tag) == "NotificationMessage"]
    found = [_message(one) for one in messages]
    return [one for one in found if one is not None]


def _message(message: Element) -> DeviceSaid | None:
    topic = word(text_of(message, "Topic"), "Topic")
    inner = [one for one in message.iter() if local(one.tag) == "Message" and "UtcTime" in one.attrib]
    if not inner:
        raise refused("Message", "has no UtcTime")
    told = inner[0]
    source, data = _items(find(told, "Source")), _items(find(told, "Data"))
    states = {value for name, value in data.items() if name in _STATES}
    if told.get("PropertyOperation") == "Initialized" and states <= _OFF:
        return None
    producer = text_of(message, "Address") or "unknown"
    path = "/".join(part.rpartition(":")[2] for part in topic.split("/"))
    return DeviceSaid(
        originator=word(producer.removeprefix("uri://").removesuffix("/ProducerReference"), "ProducerReference"),
        kind=_kind(path, data),
        label=path,
        phase=_phase(states),
        thread=word("/".join([path, *(f"{name}={value}" for name, value in sorted(source.items()))])[:200], "Source"),
        at=moment(told.get("UtcTime"), "UtcTime"),
        camera=source.get("Source") or source.get("VideoSourceToken"),
        extra=source | data,
    )


def _items(element: Element | None) -> dict[str, str]:
    if element is None:
        return {}
    return {str(one.get("Name")): str(one.get("Value", "")) for one in element.iter() if local(one.tag) == "SimpleItem"}


def _kind(path: str, data: dict[str, str]) -> DeviceKind:
    kind = next((kind for part, kind in _KINDS if part in path), DeviceKind.STATE)
    if kind is DeviceKind.INTRUSION and data.get("classTypes") == "human":
        return DeviceKind.PERSON
    return kind


def _phase(states: set[str]) -> Phase:
    if states & _ON:
        return Phase.BEGAN
    return Phase.ENDED if states & _OFF else Phase.ONCE
