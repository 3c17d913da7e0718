"""Frigate over MQTT: events and reviews, where new, update and end are one thing that goes on under one id.

Only ``after`` is read: it is the present state; ``before`` is what Frigate said last time (docs.frigate.video, MQTT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipewarden.sense.rules.devices.said import DeviceKind, DeviceSaid, Phase, moment, number, refused, rest, word

if TYPE_CHECKING:
    from collections.abc import Mapping

_PHASES = {"new": Phase.BEGAN, "update": Phase.GOES_ON, "end": Phase.ENDED}
_MACHINES = frozenset({"excavator", "truck", "bulldozer", "crane", "digger", "tractor", "backhoe", "loader"})
_USED = ("id", "camera", "label", "score", "top_score", "start_time", "end_time", "frame_time", "type", "timestamp")
_PRIVATE = ("recognized_license_plate", "recognized_license_plate_score", "sub_label", "sub_labels", "name")


def read(told: Mapping[str, Any]) -> list[DeviceSaid]:
    """Return what an event or a review says; faces, names and number plates are not kept.

    Raises:
        InputError: it is neither, or a field of it is wrong.
    """
    kind = told.get("type")
    if kind not in _PHASES:
        # tracked object updates (a face, a description) belong to an event that comes by itself
        raise refused("type", f"{str(kind)[:40]!r} is neither new, update nor end")
    after = told.get("after")
    if not isinstance(after, dict):
        raise refused("after", "is missing")
    said = _review(after) if "severity" in after else _event(after)
    labels = {one.casefold() for one in said["labels"]}
    found = (
        DeviceKind.MACHINERY if labels & _MACHINES else DeviceKind.PERSON if "person" in labels else DeviceKind.OTHER
    )
    return [
        DeviceSaid(
            originator=word(after.get("camera"), "after.camera"),
            kind=found,
            label=", ".join(sorted(labels))[:200] or "nothing",
            phase=_PHASES[kind],
            thread=word(after.get("id"), "after.id"),
            at=moment(said["at"], "after.frame_time"),
            score=number(said["score"], "after.score", 0, 1),
            camera=word(after.get("camera"), "after.camera"),
            extra=rest(after, *_USED, *_PRIVATE, "data"),
        )
    ]


def _event(after: Mapping[str, Any]) -> dict[str, Any]:
    if after.get("false_positive") is True:
        raise refused("after.false_positive", "is true: Frigate itself has dropped it")
    return {
        "labels": [word(after.get("label"), "after.label")],
        "at": after.get("end_time") or after.get("frame_time") or after.get("start_time"),
        "score": after.get("top_score", after.get("score")),
    }


def _review(after: Mapping[str, Any]) -> dict[str, Any]:
    data = after.get("data")
    objects = data.get("objects") if isinstance(data, dict) else None
    if not isinstance(objects, list):
        raise refused("after.data.objects", "is no list")
    return {
        "labels": [word(one, "after.data.objects") for one in objects],
        "at": after.get("end_time") or after.get("start_time"),
        "score": None,
    }
