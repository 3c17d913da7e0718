"""The board on which frames become tracks and tracks become alarms: a pure working set, loaded and saved by others.

A *track* is one machine as one stream sees it. Within a frame, findings and tracks are matched one to one, so two
machines standing side by side stay two. A track seen in enough consecutive frames joins the site at its place, or
makes a new alarm.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.dedupe.rules.same import Match, comparable, same_place
from pipewarden.dedupe.rules.sighting import apart, box_about, overlap
from pipewarden.perceive.facts import SAID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Policy
    from pipewarden.dedupe.rules.sighting import Sighting
    from pipewarden.locate.facts import GroundPoint

_SAME_OBJECT = 0.6  # overlap at which two boxes of one frame are one object found twice


@dataclass(frozen=True, slots=True, order=True)
class FrameHead:
    """A frame's place in its stream: ordered by time, then by id."""

    seen_s: float
    observation_id: UUID


@dataclass(slots=True)
class Track:
    """One machine as one stream sees it.

    Attributes:
        sightings: those at hand, not all there ever were; the newest is always among them.
        reasons: why each finding at hand was taken for this machine.
    """

    id: UUID
    stream: str
    alarm_id: UUID | None
    sightings: list[Sighting]
    reasons: dict[UUID, str] = field(default_factory=dict)

    @property
    def last(self) -> Sighting:
        """The newest sighting."""
        return max(self.sightings, key=lambda one: (one.seen_s, one.finding_id))

    def nearest(self, seen_s: float) -> Sighting:
        """Return the sighting nearest in time."""
        return min(self.sightings, key=lambda one: (abs(one.seen_s - seen_s), one.finding_id))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the board decided about one finding."""

    track_id: UUID | None
    alarm_id: UUID | None
    reason: str


@dataclass(slots=True)
class Board:
    """Everything needed to judge the frames of a batch.

    Attributes:
        frames: per stream the frames around those to be taken, in order.
        tracks: those that may be met: of the streams at hand, and alarmed ones of others near by.
        loose: findings at hand that raise nothing and belong to no alarm yet.
        places: where each known alarm stands.
        decisions: per finding, filled by ``take``; ``made`` lists new alarms, ``gone`` tracks
            that turned out to be another.
    """

    policy: Policy
    new_id: Callable[[], UUID]
    frames: dict[str, list[FrameHead]] = field(default_factory=dict)
    tracks: dict[UUID, Track] = field(default_factory=dict)
    loose: dict[UUID, Sighting] = field(default_factory=dict)
    places: dict[UUID, GroundPoint | None] = field(default_factory=dict)
    decisions: dict[UUID, Decision] = field(default_factory=dict)
    made: list[UUID] = field(default_factory=list)
    gone: set[UUID] = field(default_factory=set)

    def take(self, stream: str, head: FrameHead, sightings: Sequence[Sighting], *, sequence: bool) -> None:
        """Judge one frame, or one single picture when ``sequence`` is False.

        Args:
            stream: the frame's stream.
            head: its place there.
            sightings: everything found in it.
            sequence: whether it is a frame of a sequence; only those count towards an alarm.
        """
        if sequence:
            insort(self.frames.setdefault(stream, []), head)
        raising = sorted((one for one in sightings if one.raises), key=lambda one: (-one.score, one.finding_id))
        leaders, doubles = _without_doubles(raising)
        met = self._match(stream, head, leaders) if sequence else {}
        for one in leaders:
            if one.finding_id in met:
                track, reason = met[one.finding_id]
                track.sightings.append(one)
                self._bridge(track, one, head, kept={each.id for each, _ in met.values()})
            else:
                track, reason = Track(self.new_id(), stream, None, [one]), "first seen here"
                self.tracks[track.id] = track
            self._note(track, one, reason)
        for double, leader in doubles:
            track = self.tracks[_known(self.decisions[leader.finding_id].track_id)]
            track.sightings.append(double)
            self._note(track, double, f"same object found twice in one picture (overlap {overlap(double, leader):.2f})")
        for track_id in dict.fromkeys(_known(self.decisions[one.finding_id].track_id) for one in leaders):
            self._raise(self.tracks[track_id], sequence=sequence)
        self.loose |= {one.finding_id: one for one in sightings if not one.raises}
        self._support(stream, head, sequence=sequence)

    def _match(self, stream: str, head: FrameHead, leaders: Sequence[Sighting]) -> dict[UUID, tuple[Track, str]]:
        """Return the track of each finding that continues one: the surest pairs first, one to one."""
        around = self._around(stream, head)
        tracks = [track for track in self.tracks.values() if track.stream == stream and self._alive(track, around)]
        pairs = []
        for one in leaders:
            for track in tracks:
                found = same_place(track.nearest(one.seen_s), one, self.policy, settled=track.alarm_id is not None)
                if found is not None and self._within(track.alarm_id, one):
                    pairs.append((found.cost, one.finding_id, track.id, found.reason))
        # a track that already has a finding in this very frame was met by a frame taken twice: leave it
        taken = {
            track.id for track in tracks if any(one.observation_id == head.observation_id for one in track.sightings)
        }
        met: dict[UUID, tuple[Track, str]] = {}
        for _, finding_id, track_id, reason in sorted(pairs):
            if finding_id not in met and track_id not in taken:
                met[finding_id] = (self.tracks[track_id], reason)
                taken.add(track_id)
        return met

    def _bridge(self, track: Track, one: Sighting, head: FrameHead, kept: set[UUID]) -> None:
        """Take in tracks without an alarm that this sighting shows to be the same machine.

        A late frame, or a place between two that just missed each other, joins what began apart; tracks that this
        frame continues (``kept``) are left.
        """
        around, mine = self._around(track.stream, head), {seen.observation_id for seen in track.sightings}
        for other in list(self.tracks.values()):
            if other.stream != track.stream or other.alarm_id is not None or other.id in kept:
                continue
            apart_in_time = mine.isdisjoint(seen.observation_id for seen in other.sightings)
            if not (apart_in_time and self._alive(other, around)):
                continue
            if (found := same_place(other.nearest(one.seen_s), one, self.policy)) is None:
                continue
            track.sightings += other.sightings
            mine |= {seen.observation_id for seen in other.sightings}
            for seen in other.sightings:
                self._note(track, seen, f"{other.reasons.get(seen.finding_id, 'seen before')}; bridged: {found.reason}")
            del self.tracks[other.id]
            self.gone.add(other.id)

    def _around(self, stream: str, head: FrameHead) -> set[UUID]:
        """Return the frames that can stand in one window with this one."""
        heads = self.frames[stream]
        place, reach = heads.index(head), self.policy.window - 1
        return {one.observation_id for one in heads[max(0, place - reach) : place + reach + 1]}

    def _alive(self, track: Track, around: set[UUID]) -> bool:
        return track.alarm_id is not None or any(one.observation_id in around for one in track.sightings)

    def _within(self, alarm_id: UUID | None, one: Sighting) -> bool:
        """Return whether the sighting still lies in the site's largest extent."""
        place = None if alarm_id is None else self.places.get(alarm_id)
        if place is None or one.ground is None:
            return True
        return float(np.hypot(*apart(place, one.ground))) <= self.policy.extent_m

    def _note(self, track: Track, one: Sighting, reason: str) -> None:
        track.reasons[one.finding_id] = reason
        self.decisions[one.finding_id] = Decision(track.id, track.alarm_id, reason)

    def _raise(self, track: Track, *, sequence: bool) -> None:
        """Give a track that deserves it an alarm: that of the site it stands on, or a new one."""
        if track.alarm_id is not None:
            return
        said = track.last.cls in SAID  # who saw or felt it needs no second frame
        enough = self._confirmed(track) if sequence else said or self.policy.single_makes_alarm
        site = self._site(track) if enough or not sequence else None
        if site is not None:
            track.alarm_id, why = site
        elif enough:
            track.alarm_id, why = self.new_id(), None
            self.made.append(track.alarm_id)
            self.places[track.alarm_id] = track.last.ground
        else:
            return
        for one in track.sightings:
            reason = track.reasons.get(one.finding_id, "seen before")
            self.decisions[one.finding_id] = Decision(track.id, track.alarm_id, _joined(reason, why))

    def _confirmed(self, track: Track) -> bool:
        hits = {one.observation_id for one in track.sightings}
        order = [head.observation_id for head in self.frames.get(track.stream, [])]
        return confirmed(order, hits, window=self.policy.window, needed=self.policy.needed)

    def _site(self, track: Track) -> tuple[UUID, str] | None:
        """Return the alarm at whose site the track stands, and why; the surest if several."""
        one, best = track.last, None
        if one.ground is None:
            return None
        west, south, east, north = box_about(one.ground, self.policy.farthest_m)
        for other, alarm_id in self._alarmed():
            there = other.ground
            if there is None or not (west <= there.lon <= east and south <= there.lat <= north):
                continue
            found = self._same_site(one, other, one.ground, there)
            if found is None or not self._within(alarm_id, one) or self._seen_apart(track, alarm_id):
                continue
            if best is None or (found.cost, str(alarm_id)) < (best[0].cost, str(best[1])):
                best = (found, alarm_id)
        return None if best is None else (best[1], best[0].reason)

    def _alarmed(self) -> Iterator[tuple[Sighting, UUID]]:
        for other in self.tracks.values():
            if other.alarm_id is not None:
                yield other.last, other.alarm_id

    def _same_site(self, one: Sighting, other: Sighting, here: GroundPoint, there: GroundPoint) -> Match | None:
        if one.stream != other.stream and (found := same_place(other, one, self.policy)) is not None:
            return Match(found.cost, f"{found.reason}, seen by another camera")
        if not comparable(one, other, self.policy):
            return None
        distance = float(np.hypot(*apart(there, here)))
        if distance > self.policy.site_m:
            return None
        return Match(1 + distance / self.policy.site_m, f"same site, {distance:.1f} m from another machine there")

    def _seen_apart(self, track: Track, alarm_id: UUID) -> bool:
        """Return whether one picture showed the track and a machine of that alarm farther apart than a site is wide.

        Two cameras' errors may make places agree that one camera sees apart; the one picture is right.
        """
        mine = {one.observation_id: one for one in track.sightings if one.ground is not None}
        beside = [
            float(np.hypot(*apart(mine[one.observation_id].ground, one.ground)))  # type: ignore[arg-type]  # filtered
            for other in self.tracks.values()
            if other.alarm_id == alarm_id and other.stream == track.stream
            for one in other.sightings
            if one.ground is not None and one.observation_id in mine
        ]
        return bool(beside) and min(beside) > self.policy.site_m

    def _support(self, stream: str, head: FrameHead, *, sequence: bool) -> None:
        """Let findings that raise nothing join the alarm they stand beside, in the frames of one window."""
        around = self._around(stream, head) if sequence else {head.observation_id}
        machines = [
            (one, track.alarm_id)
            for track in self.tracks.values()
            if track.stream == stream and track.alarm_id is not None
            for one in track.sightings
            if one.observation_id in around
        ]
        for finding_id, one in list(self.loose.items()):
            if one.stream != stream or one.observation_id not in around:
                continue
            beside = [
                (distance, str(alarm_id), alarm_id)
                for machine, alarm_id in machines
                if (distance := _beside(one, machine, self.policy)) is not None
            ]
            if beside:
                distance, _, alarm_id = min(beside)
                where = "in the picture" if one.ground is None else f"{distance:.1f} m away"
                self.decisions[finding_id] = Decision(None, alarm_id, f"{one.cls} beside the machine, {where}")
                del self.loose[finding_id]


def confirmed(order: Sequence[UUID], hits: set[UUID], *, window: int, needed: int) -> bool:
    """Return whether some ``window`` consecutive frames of ``order`` hold at least ``needed`` of ``hits``."""
    shown = [one in hits for one in order]
    return any(sum(shown[start : start + window]) >= needed for start in range(max(1, len(shown) - window + 1)))


def _known(track_id: UUID | None) -> UUID:
    if track_id is None:
        raise RuntimeError("a raising finding always has a track")
    return track_id


def _joined(reason: str, why: str | None) -> str:
    return reason if why is None else f"{reason}; {why}"


def _without_doubles(raising: Sequence[Sighting]) -> tuple[list[Sighting], list[tuple[Sighting, Sighting]]]:
    """Return the findings that stand for themselves, and the others each with the better one it repeats."""
    leaders: list[Sighting] = []
    doubles = []
    for one in raising:
        leader = next((better for better in leaders if overlap(one, better) >= _SAME_OBJECT), None)
        if leader is None:
            leaders.append(one)
        else:
            doubles.append((one, leader))
    return leaders, doubles


def _beside(one: Sighting, machine: Sighting, policy: Policy) -> float | None:
    """Return how far from the machine, when near enough to belong to its work; in machine widths without ground."""
    if one.ground is not None and machine.ground is not None:
        distance = float(np.hypot(*apart(one.ground, machine.ground)))
        return distance if distance <= policy.reach_m else None
    middle, width = machine.box.x + machine.box.w / 2, max(machine.box.w, 1.0)
    away = abs(one.box.x + one.box.w / 2 - middle) / width
    level = abs(one.box.y + one.box.h - machine.box.y - machine.box.h) / max(machine.box.h, 1.0)
    return away if away <= 1.5 and level <= 1.0 else None  # noqa: PLR2004  a width beside it, a height in depth
