"""What a camera is worth, from how it answers and what its pictures are like (safety.md T17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.locate.facts import Cause, EyeState
from pipewarden.sense.facts import CameraState

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.perceive.facts import Seeing
    from pipewarden.sense.facts import Health

SILENT_INTERVALS = 2  # a camera that sends by itself is missed after so many of its intervals
SILENT_GRACE_S = 60.0
SENDS_AFTER = 3  # pictures that a device sent, before its silence says anything
_DEGRADING = frozenset({Cause.BLURRED, Cause.CLOCK})
_ORDER = {cause: number for number, cause in enumerate(Cause)}
_ANSWERS = {CameraState.OFFLINE: Cause.OFFLINE, CameraState.STALLED: Cause.STALLED}


@dataclass(frozen=True, slots=True)
class Eye:
    """What a camera is worth; see ``CameraBlind``."""

    state: EyeState
    causes: tuple[Cause, ...]
    since: datetime


def judge_eye(
    health: Health | None, seeing: Seeing | None, *, interval_s: float, now: datetime, sends: bool = False
) -> Eye | None:
    """Return what the camera is worth; None while nothing is known of it.

    Args:
        health: of a camera that the house looks at by itself, else None.
        seeing: what its pictures say, None before the first.
        interval_s: between two of its pictures.
        now: the present.
        sends: it is a camera that sends by itself, so that its silence says something; one whose pictures were once
            read from a folder has none.
    """
    found: dict[Cause, datetime] = {}
    if health is not None and health.state in _ANSWERS:
        found[_ANSWERS[health.state]] = health.since or now
    if health is None and sends and seeing is not None and seeing.looks >= SENDS_AFTER:
        late = seeing.heard_at + timedelta(seconds=SILENT_INTERVALS * interval_s + SILENT_GRACE_S)
        if now > late:
            found[Cause.SILENT] = seeing.heard_at
    if seeing is not None and seeing.fault is not None:
        found[Cause(seeing.fault.value)] = seeing.since
    if seeing is not None and seeing.clock_wrong_since is not None:
        found[Cause.CLOCK] = seeing.clock_wrong_since
    if not found:
        known = [one for one in (_online_since(health), None if seeing is None else seeing.since) if one is not None]
        return Eye(EyeState.ONLINE, (), max(known)) if known else None
    blind = found.keys() - _DEGRADING
    counted = blind or found.keys()
    return Eye(
        state=EyeState.BLIND if blind else EyeState.DEGRADED,
        causes=tuple(sorted(found, key=_ORDER.__getitem__)),
        since=min(found[one] for one in counted),
    )


def _online_since(health: Health | None) -> datetime | None:
    return None if health is None or health.state is not CameraState.ONLINE else health.since
