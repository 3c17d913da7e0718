"""From an ended episode and what was seen of it to its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework.facts import Advanced, Arrived, Ended, Matched, SiteState, Verified, ViolationOpened
from pipewarden.casework.facts.ending import Origin
from pipewarden.learn.facts.outcome import Found, Outcome, Papers, Said, StruckThere
from pipewarden.sense.facts import CameraState, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import SiteEvent
    from pipewarden.casework.facts.ending import Ending
    from pipewarden.learn.facts.outcome import Shown
    from pipewarden.sense.facts import Camera, CameraEvent, Observation

_BY_KIND: Mapping[ObservationKind, Found] = {
    ObservationKind.FRAME: Found.CAMERA,
    ObservationKind.SINGLE: Found.PICTURE,
    ObservationKind.REPORT: Found.REPORT,
    ObservationKind.DEVICE: Found.DEVICE,
}
_BY_ORIGIN: Mapping[Origin, Found] = {
    Origin.PATROL: Found.PATROL,
    Origin.FILING: Found.FILING,
    Origin.STRIKE: Found.STRIKE,
    Origin.PERSON: Found.PERSON,
}


@dataclass(frozen=True, slots=True)
class Sighted:
    """What was seen and heard of an episode by its end.

    Attributes:
        observations: of its alarms, in the order in which they came.
        models: labels of the screens that saw its machines.
        views: cameras that had the place in view and raised nothing; see ``Outcome.views``.
    """

    shown: tuple[Shown, ...] = ()
    cls: str | None = None
    type: str | None = None
    observations: tuple[Observation, ...] = ()
    models: tuple[str, ...] = ()
    views: tuple[Camera, ...] = ()


def of_episode(observations: Iterable[Observation], since: datetime | None, until: datetime) -> tuple[Observation, ...]:
    """Return what had come by the end of an episode and after the one before; all of it where nothing came between."""
    ordered = sorted(
        (one for one in observations if one.received_at <= until), key=lambda one: (one.received_at, one.id)
    )
    fresh = tuple(one for one in ordered if since is None or one.received_at > since)
    return fresh or tuple(ordered)


def outcome_of(outcome_id: UUID, ending: Ending, seen: Sighted) -> Outcome:
    """Return the outcome of an episode."""
    site, event = ending.site, ending.event
    body, first = event.body, seen.observations[0] if seen.observations else None
    arrived = [one.at for one in ending.events if isinstance(one.body, Arrived)]
    said = _said(ending.events)
    times = [one.at for one in seen.observations if one.at is not None]
    return Outcome(
        id=outcome_id,
        tenant_id=site.tenant_id,
        site_id=site.id,
        event_id=event.id,
        version=event.version,
        ended=site.state,
        code=body.code if isinstance(body, Ended) else site.state.value,
        own_alarm=site.alarm_id is not None,
        alarms=seen.shown,
        true=truth(ending),
        said=said,
        found=found(ending, seen.observations),
        source="" if first is None else first.stream,
        papers=Papers(ending.filing),
        zone=site.zone,
        cls=seen.cls,
        type=seen.type,
        level=site.level,
        lon=site.lon,
        lat=site.lat,
        first_seen=min(times) if times else None,
        opened_at=ending.opened_at,
        arrived_at=arrived[0] if arrived else None,
        verified_at=said[0].at if said else None,
        ended_at=event.at,
        violations=tuple(one.body.code for one in ending.events if isinstance(one.body, ViolationOpened)),
        struck=_struck(ending),
        views=tuple(one.key for one in seen.views),
        rendered=any(one.rendered for one in seen.observations) or any(one.rendered for one in seen.views),
        models=seen.models,
        policies=_policies(ending),
    )


def truth(ending: Ending) -> bool | None:
    """Return whether there were works: as the last person on the spot said, else as the end says; None: nobody looked.

    Whoever closes works that went through their papers has said that there were some.
    """
    if ending.site.verified is not None:
        return ending.site.verified
    if ending.site.state is SiteState.FALSE:
        return False
    went_on = any(isinstance(one.body, Advanced) for one in ending.events)
    return True if went_on or ending.site.strike is not None else None


def _said(events: Sequence[SiteEvent]) -> tuple[Said, ...]:
    return tuple(
        Said(one.id, one.body.true, one.body.code, one.actor, one.at)
        for one in events
        if isinstance(one.body, Verified)
    )


def found(ending: Ending, observations: Sequence[Observation]) -> tuple[Found, ...]:
    """Return what told of an episode, the first first."""
    if observations:
        return tuple(dict.fromkeys(_BY_KIND[one.kind] for one in observations))
    return (_BY_ORIGIN.get(ending.origin, Found.PERSON),)


def _struck(ending: Ending) -> StruckThere | None:
    if ending.site.strike is None:
        return None
    file = ending.strike
    if file is None or file.damage is None:
        return StruckThere(None if file is None else file.id, ending.site.strike.at)
    return StruckThere(file.id, ending.site.strike.at, file.damage.root_cause, file.damage.near_miss)


def _policies(ending: Ending) -> dict[str, str]:
    versions: dict[str, str] = {}
    for one in ending.events:
        if isinstance(one.body, Matched) and one.body.weights:
            versions["matching"] = one.body.weights
        if isinstance(one.body, ViolationOpened) and one.body.rules:
            versions["supervision"] = one.body.rules
    if ending.risk_version is not None:
        versions["risk"] = ending.risk_version
    if ending.strike is not None:
        versions["strike"] = ending.strike.plan.reach.policy
    return versions


def holds(ring: Sequence[tuple[float, float]], lon: float, lat: float) -> bool:
    """Return whether a camera's ground, a closed ring of (lon, lat) in WGS-84, holds a place."""
    return bool(shapely.make_valid(shapely.Polygon(ring)).covers(shapely.Point(lon, lat)))


def saw(events: Iterable[CameraEvent], since: datetime, until: datetime) -> bool:
    """Return whether a camera brought pictures at any time between two moments, by its events, oldest first."""
    state: CameraState | None = None
    for one in events:
        if one.at > until:
            break
        if one.at > since and state is CameraState.ONLINE:
            return True
        state = one.state
    return state is CameraState.ONLINE
