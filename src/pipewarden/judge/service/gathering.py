"""Puts together what the rules look at: an alarm's pictures per camera, what came after and before, people's words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.judge import store
from pipewarden.judge.facts import Basis, Corridor, Rule
from pipewarden.judge.rules import Scene, Shown, Sight, View
from pipewarden.locate import service as locate
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import FindingClass
from pipewarden.sense import service as sense
from pipewarden.sense.facts import DeviceKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.judge.facts import Case
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import Placement
    from pipewarden.perceive.facts import Finding, Screened
    from pipewarden.sense.facts import Camera, Observation, Told

_OLDEST, _NEWEST = 2, 24  # pictures of an alarm that the rules look at
_TOLD = 500  # newest pictures among which a person's words are looked for
_LATER = 6
# these compare places in pictures: where a camera drives on, the next picture shows nothing of what still stands there
_ONE_VIEW = frozenset({Rule.BACKGROUND, Rule.PARKED, Rule.PASSING, Rule.STATIONARY, Rule.UNCHANGED})
_WINDOWS = (timedelta(days=1), timedelta(days=7))
_ABOUT = timedelta(hours=1)
_EACH = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """One alarm as its case needs it.

    Attributes:
        basis_sight: the machine that the case was last judged by, None where its picture is not at hand.
        words: a person reported it after the last person decided.
        leak: gas was measured there after that; ``device``: a device noticed something there after that.
        note: scene note of its camera; ``camera`` its key.
    """

    alarm: Alarm
    head: store.AlarmHead
    basis: Basis
    basis_sight: Sight | None
    views: tuple[View, ...]
    words: bool
    leak: bool
    device: bool
    camera: str
    note: str


def timed(alarm: Alarm) -> bool:
    """Return whether its source tells the time."""
    return alarm.last_seen is not None


def span(alarm: Alarm) -> tuple[float, float]:
    """Return when it was first and last seen, seconds since 1970 or from its stream's first frame."""
    if alarm.first_seen is not None and alarm.last_seen is not None:
        return alarm.first_seen.timestamp(), alarm.last_seen.timestamp()
    return alarm.first_offset_s, alarm.last_offset_s


def gather(work: Work, alarm: Alarm, case: Case) -> Seen:
    """Return what one alarm's pictures show, without what came before and after."""
    ids = list(dict.fromkeys(member.observation_id for member in alarm.members))
    known = None if case.basis is None else case.basis.observation_id
    picked = list(dict.fromkeys([*ids[:_OLDEST], *ids[-_NEWEST:], *([] if known is None else [known])]))
    observations = sense.observations(work, picked)
    screened, placed = perceive.screened(work, picked), locate.placements(work, picked)
    members = {member.finding_id for member in alarm.members}
    streams: dict[str, list[Sight]] = defaultdict(list)
    for one in sorted(observations.values(), key=lambda each: (_seconds(each), each.id)):
        if one.id in screened:
            streams[one.stream] += _sights(one, screened[one.id], placed.get(one.id, ()), members)
    cameras = _cameras(work, observations.values())
    settings = store.places.cameras(work, [one.id for one in cameras.values()])
    of_stream = {one.stream: cameras.get(one.camera_id) for one in observations.values() if one.camera_id is not None}
    views = tuple(
        _view(stream, sights, of_stream.get(stream), settings) for stream, sights in sorted(streams.items()) if sights
    )
    newest = max((view.sights[-1] for view in views), key=lambda sight: sight.seen_s, default=None)
    told = _told_since(work, ids[-_TOLD:], case)
    camera = next((one for one in (of_stream.get(view.stream) for view in views) if one is not None), None)
    return Seen(
        alarm=alarm,
        head=_head(alarm, camera),
        basis=Basis(
            zone=alarm.answer.zone,
            seen_s=span(alarm)[1],
            frames=alarm.frames,
            observation_id=None if newest is None else newest.observation_id,
            finding_id=None if newest is None else newest.finding_id,
        ),
        basis_sight=next(
            (
                sight
                for view in views
                for sight in view.sights
                if case.basis is not None and sight.finding_id == case.basis.finding_id
            ),
            None,
        ),
        views=views,
        words=any(one.words and one.noticed is None for one in told),
        leak=any(one.noticed is DeviceKind.METHANE for one in told),
        device=any(one.noticed is not None for one in told),
        camera="" if camera is None else camera.key,
        note="" if camera is None else settings.get(camera.id, (frozenset(), ""))[1],
    )


def scene(work: Work, seen: Seen) -> Scene:
    """Return everything the rules look at, with what the cameras showed before and after, and the papers."""
    alarm, clock = seen.alarm, timed(seen.alarm)
    first_s, last_s = span(alarm)
    camera_ids = [view.camera_id for view in seen.views if view.camera_id is not None]
    corridors, memory = store.places.corridors(work, camera_ids), store.places.memory(work, camera_ids)
    cameras = sense.cameras(work, camera_ids)
    views = []
    for view in seen.views:
        corridor = None
        if view.camera_id in corridors and view.camera_id is not None:
            ring = corridors[view.camera_id]
            ground = locate.ground_ring(cameras[view.camera_id], ring)
            corridor = Corridor(view.camera_id, ring, ground or None)
        views.append(
            View(
                stream=view.stream,
                camera_id=view.camera_id,
                sights=view.sights,
                later=_later(work, view) if clock else (),
                before=_before(work, view) if clock else (),
                corridor=corridor,
                memory=() if view.camera_id is None else memory.get(view.camera_id, ()),
                off=view.off,
            )
        )
    return Scene(
        alarm_id=alarm.id,
        zone=alarm.answer.zone,
        ground=alarm.ground,
        timed=clock,
        first_s=first_s,
        last_s=last_s,
        now=work.now(),
        views=tuple(views),
        permitted=store.places.permitted(work, alarm.ground),
        open_places=store.places.open_places(work),
        yards=store.places.yards(work, list(alarm.streams)),
        kind=alarm.type,
    )


def _seconds(one: Observation) -> float:
    return one.offset_s if one.at is None else one.at.timestamp()


def _sights(
    one: Observation, screened: Screened, placed: Sequence[Placement], members: Collection[UUID]
) -> list[Sight]:
    where = {placement.finding_id: placement for placement in placed}
    return [
        Sight(
            observation_id=one.id,
            finding_id=finding.id,
            seen_s=_seconds(one),
            box=_part(finding, screened),
            features=() if finding.look is None else finding.look.features,
            ground=where[finding.id].ground if finding.id in where else None,
            footprint=where[finding.id].footprint if finding.id in where else (),
        )
        for finding in screened.findings
        if finding.cls is FindingClass.MACHINE and finding.id in members
    ]


def _part(finding: Finding, screened: Screened) -> tuple[float, float, float, float]:
    width, height = screened.width or 1, screened.height or 1
    box = finding.box
    return box.x / width, box.y / height, box.w / width, box.h / height


def _cameras(work: Work, observations: Collection[Observation]) -> dict[UUID, Camera]:
    return sense.cameras(work, sorted({one.camera_id for one in observations if one.camera_id is not None}))


def _view(
    stream: str,
    sights: Sequence[Sight],
    camera: Camera | None,
    settings: dict[UUID, tuple[frozenset[Rule], str]],
) -> View:
    off = frozenset[Rule]() if camera is None else settings.get(camera.id, (frozenset[Rule](), ""))[0]
    if camera is not None and camera.moves:
        off |= _ONE_VIEW
    return View(stream=stream, camera_id=None if camera is None else camera.id, sights=tuple(sights), off=off)


def _head(alarm: Alarm, camera: Camera | None) -> store.AlarmHead:
    place = (None, None) if camera is None else (camera.lon, camera.lat)
    if alarm.ground is not None:
        place = (alarm.ground.lon, alarm.ground.lat)
    return store.AlarmHead(
        camera_id=None if camera is None else camera.id,
        lon=place[0],
        lat=place[1],
        zone=alarm.answer.zone,
        score=alarm.score,
        frames=alarm.frames,
        test=alarm.test,
    )


def _told_since(work: Work, ids: Sequence[UUID], case: Case) -> list[Told]:
    """Return what people and devices said after the last person decided."""
    told = sense.told(work, ids)
    if case.decided_at is None:
        return list(told.values())
    received = sense.observations(work, list(told))
    return [said for one, said in told.items() if received[one].received_at > case.decided_at]


def _later(work: Work, view: View) -> tuple[Shown, ...]:
    since = datetime.fromtimestamp(view.sights[-1].seen_s, UTC)
    return _shown(work, sense.frames(work, view.stream, since, work.now(), limit=_LATER))


def _before(work: Work, view: View) -> tuple[Shown, ...]:
    first = datetime.fromtimestamp(view.sights[0].seen_s, UTC)
    frames = []
    for back in _WINDOWS:
        frames += sense.frames(work, view.stream, first - back - _ABOUT, first - back + _ABOUT, limit=_EACH)
    return _shown(work, frames)


def _shown(work: Work, frames: Sequence[Observation]) -> tuple[Shown, ...]:
    """Return what the frames show; one that is not screened yet, or could not be read, shows nothing for certain."""
    screened = perceive.screened(work, [one.id for one in frames])
    return tuple(
        Shown(
            seen_s=_seconds(one),
            boxes=tuple(_part(finding, screened[one.id]) for finding in _machines(screened[one.id])),
            features=tuple(
                () if finding.look is None else finding.look.features for finding in _machines(screened[one.id])
            ),
        )
        for one in frames
        if one.id in screened and screened[one.id].problem is None
    )


def _machines(screened: Screened) -> list[Finding]:
    return [finding for finding in screened.findings if finding.cls is FindingClass.MACHINE]
