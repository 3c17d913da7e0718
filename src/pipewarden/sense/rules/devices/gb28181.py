"""GB/T 28181 MANSCDP bodies as gateways hand them on: alarms, and positions of what moves.

GB/T 28181-2016, annex A.2.5: AlarmPriority 1-4 (1 the gravest), AlarmMethod 1 telephone, 2 device, 3 SMS, 4 GPS,
5 video, 6 device fault, 7 other; AlarmType depends on the method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.sense.rules.devices.markup import leaves, local, parse
from pipewarden.sense.rules.devices.said import (
    CHINA,
    DeviceKind,
    DeviceSaid,
    Phase,
    moment,
    number,
    place,
    refused,
    rest,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHOD_DEVICE, _METHOD_VIDEO, _METHOD_FAULT = "2", "5", "6"
# annex A.2.5: types of method 2 and 5 (1 video loss, 2 device tampered, 3 disk full, 4 hot, 5 cold; 1 manual,
# 2 moving object, 3 left object, 4 object gone, 5 trip wire, 6 intrusion, 7 against the traffic, …)
_DEVICE = {"1": DeviceKind.STATE, "2": DeviceKind.TAMPER, "3": DeviceKind.STATE}
_VIDEO = {"2": DeviceKind.MOTION, "5": DeviceKind.INTRUSION, "6": DeviceKind.INTRUSION}
_KNOWN = (
    "CmdType",
    "SN",
    "DeviceID",
    "TargetID",
    "AlarmTime",
    "Time",
    "Longitude",
    "Latitude",
    "AlarmDescription",
    "Info",
)


def read(content: bytes) -> list[DeviceSaid]:
    """Return what an Alarm or a MobilePosition says.

    Raises:
        InputError: it is no MANSCDP body, another command's, or a field of it is wrong.
    """
    root = parse(content, "body")
    told = leaves(root)
    command = told.get("CmdType")
    if local(root.tag) != "Notify" or command not in {"Alarm", "MobilePosition"}:
        raise refused("CmdType", f"{local(root.tag)} {command or 'without CmdType'} is no alarm and no position")
    if command == "MobilePosition":
        return [_position(told)]
    lon, lat = place(told.get("Longitude"), told.get("Latitude"))
    method = told.get("AlarmMethod", "7")
    return [
        DeviceSaid(
            originator=word(told.get("DeviceID"), "DeviceID"),
            kind=_kind(method, told.get("AlarmType")),
            label=f"alarm method {method} type {told.get('AlarmType', '-')}",
            phase=Phase.ONCE,
            at=moment(told.get("AlarmTime"), "AlarmTime", local=CHINA),
            lon=lon,
            lat=lat,
            words=told.get("AlarmDescription") or told.get("Info"),
            extra=rest(told, *_KNOWN),
        )
    ]


def _kind(method: str, kind: str | None) -> DeviceKind:
    if method == _METHOD_FAULT:
        return DeviceKind.STATE
    known = {_METHOD_DEVICE: _DEVICE, _METHOD_VIDEO: _VIDEO}.get(method, {})
    return known.get(kind or "", DeviceKind.OTHER)


def _position(told: Mapping[str, str]) -> DeviceSaid:
    lon, lat = place(told.get("Longitude"), told.get("Latitude"))
    if lon is None:
        raise refused("Longitude, Latitude", "are missing: a position without a place says nothing")
    return DeviceSaid(
        # users found gateways that name the carrier TargetID (ecosystem.md 1.11)
        originator=word(told.get("TargetID") or told.get("DeviceID"), "DeviceID"),
        kind=DeviceKind.MACHINERY_AT,
        label="MobilePosition",
        phase=Phase.GOES_ON,
        at=moment(told.get("Time"), "Time", local=CHINA),
        lon=lon,
        lat=lat,
        value=number(told.get("Speed"), "Speed", 0, 1000),
        unit=None if "Speed" not in told else "km/h",
        extra=rest(told, *_KNOWN, "Speed"),
    )
