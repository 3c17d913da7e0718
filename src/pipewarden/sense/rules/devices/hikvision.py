"""Hikvision ``EventNotificationAlert``: it repeats each second while something goes on and never says that it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.sense.rules.devices.markup import find, leaves, local, parse, text_of
from pipewarden.sense.rules.devices.said import DeviceKind, DeviceSaid, Phase, moment, number, refused, rest, word

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_KINDS = {
    "vmd": DeviceKind.MOTION,
    "linedetection": DeviceKind.INTRUSION,
    "fielddetection": DeviceKind.INTRUSION,
    "regionentrance": DeviceKind.INTRUSION,
    "regionexiting": DeviceKind.INTRUSION,
    "io": DeviceKind.INPUT,
    "shelteralarm": DeviceKind.TAMPER,
    "scenechangedetection": DeviceKind.TAMPER,
    "defocus": DeviceKind.TAMPER,
    "videoloss": DeviceKind.STATE,
    "diskfull": DeviceKind.STATE,
    "diskerror": DeviceKind.STATE,
    "ipconflict": DeviceKind.STATE,
    "nicbroken": DeviceKind.STATE,
}
_PHASES = {"active": Phase.GOES_ON, "inactive": Phase.ENDED}
_USED = (
    "channelID", "dynChannelID", "dateTime", "eventType", "eventState", "eventDescription", "channelName",
    "detectionTarget", "macAddress", "X", "Y", "width", "height", "ipAddress", "ipv6Address", "portNo",
)  # fmt: skip


def read(content: bytes) -> list[DeviceSaid]:
    """Return what an alert says; the device's addresses are not kept.

    Raises:
        InputError: it is no alert, or a field of it is wrong.
    """
    root = parse(content, "body")
    if local(root.tag) != "EventNotificationAlert":
        raise refused("body", f"{local(root.tag)} is no EventNotificationAlert")
    told = leaves(root)
    kind = word(told.get("eventType"), "eventType")
    state = word(told.get("eventState"), "eventState").lower()
    if state not in _PHASES:
        raise refused("eventState", f"{state!r} is neither active nor inactive")
    channel = word(told.get("channelID") or told.get("dynChannelID"), "channelID")
    device = told.get("macAddress") or told.get("serialNumber") or "unknown"
    target = (told.get("detectionTarget") or "").lower()
    return [
        DeviceSaid(
            originator=word(f"{device}/{channel}".replace("\n", ""), "macAddress"),
            kind=_kind(kind, target),
            label=f"{kind} {target}".strip(),
            phase=_PHASES[state],
            at=moment(told.get("dateTime"), "dateTime"),
            box=_box(root),
            camera=told.get("channelName"),
            words=told.get("eventDescription"),
            extra=rest(told, *_USED),
        )
    ]


def _kind(kind: str, target: str) -> DeviceKind:
    if target == "human":
        return DeviceKind.PERSON
    return _KINDS.get(kind.lower(), DeviceKind.OTHER)


def _box(root: Element) -> tuple[float, float, float, float] | None:
    found = find(root, "TargetRect")
    if found is None:
        return None
    sides = [number(text_of(found, name), f"TargetRect.{name}", 0, 1) for name in ("X", "Y", "width", "height")]
    left, top, width, height = sides
    if left is None or top is None or width is None or height is None:
        return None
    return left, top, width, height
