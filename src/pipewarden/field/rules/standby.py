"""What a check of a standby shift is worth, which hours were missed, and when a shift is over: values and a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.field.facts.standby import Doubt, ShiftEnd
from pipewarden.kit.geo import distance_m

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pipewarden.field.facts.captures import CaptureKept
    from pipewarden.field.facts.standby import Item, Shift, StandbyPolicy, Stood

_AT_ONCE = timedelta(minutes=5)  # what took no longer on its way was not offline
_AHEAD = timedelta(minutes=10)  # by so much a phone's clock may be fast
_WHOLE = 100.0  # per cent


@dataclass(frozen=True, slots=True)
class Reach:
    """How a place stands to a site: ``off_m`` None where nobody can say; ``doubt`` why it proves nothing."""

    off_m: float | None
    allowed_m: float
    doubt: Doubt | None


def reach(policy: StandbyPolicy, site: tuple[float, float] | None, stood: Stood) -> Reach:
    """Return whether a place lies inside a site's geofence.

    The phone's own error widens it, as far as ``poor_m``: a phone that does not know where it is proves neither that
    somebody is there nor that they are not.
    """
    allowed = policy.geofence_m + min(stood.accuracy_m, policy.poor_m)
    if site is None:
        return Reach(None, allowed, Doubt.SITE_UNPLACED)
    off = distance_m(site, (stood.lon, stood.lat))
    if stood.accuracy_m > policy.poor_m:
        return Reach(off, allowed, Doubt.PLACE_POOR)
    if off > allowed:
        return Reach(off, allowed, Doubt.OUTSIDE)
    return Reach(off, allowed, Doubt.ON_A_MAP if stood.finger else None)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a check was made: ``at`` is the moment it stands for; ``late``: it came later than it was made."""

    at: datetime
    late: bool
    doubt: Doubt | None = None


def timing(shift: Shift, said_at: datetime | None, now: datetime) -> Timing:
    """Return the moment that a check stands for; the server's time is the truth, the phone's is evidence.

    A phone whose clock is ahead, or that speaks of a time before its shift, is not believed: the check is of now.
    """
    if said_at is None or abs(now - said_at) <= _AT_ONCE:
        return Timing(now, late=False)
    if said_at > now:
        return Timing(now, late=False, doubt=None if said_at - now <= _AHEAD else Doubt.CLOCK)
    if said_at < shift.began_at:
        return Timing(now, late=False, doubt=Doubt.CLOCK)
    return Timing(said_at, late=True)


def proof(policy: StandbyPolicy, nonce: CaptureKept | None, holder: str, when: Timing) -> Doubt | None:
    """Return why the nonce of a picture proves nothing; None where it was given within ``fresh`` before the picture.

    Of what came late it is measured to the phone's own time: nobody can ask for a nonce in the past, so that a late
    picture with one cannot be older than the nonce.
    """
    if nonce is None or nonce.holder != holder:
        return Doubt.NO_NONCE
    if nonce.used_at is not None:
        return Doubt.NONCE_USED
    slack = _AT_ONCE if when.late else timedelta(0)  # how far a phone's clock may stand off
    return None if -slack <= when.at - nonce.issued_at <= policy.fresh else Doubt.NONCE_LATE


def counts(policy: StandbyPolicy, place: Reach, when: Timing, now: datetime) -> bool:
    """Say whether a check is that of its hour: not from elsewhere, and not from an hour that is long over."""
    return place.doubt is not Doubt.OUTSIDE and (not when.late or now - when.at < policy.still)


def next_by(policy: StandbyPolicy, shift: Shift, when: Timing) -> datetime | None:
    """Return by when the next check should come after one that counts; what came late never puts it back."""
    fresh = when.at + policy.every
    return fresh if shift.next_check_by is None or not when.late else max(shift.next_check_by, fresh)


def missed_hours(policy: StandbyPolicy, shift: Shift, now: datetime) -> tuple[tuple[datetime, ...], Shift]:
    """Return the moments by which checks should have come and did not, with the shift as it stands then.

    Nothing is missed past the longest shift: it is over.
    """
    found, due = [], shift.next_check_by
    last = shift.began_at + policy.longest
    while due is not None and due + policy.late_after <= now and due <= last:
        found.append(due)
        due += policy.every
    shift = replace(shift, next_check_by=due, missed=shift.missed + len(found))
    if now >= last and shift.ended_at is None:
        shift = over(shift, ShiftEnd.TOO_LONG, last)
    return tuple(found), shift


def forgiven(shift: Shift, hours: int) -> Shift:
    """Return a shift without so many missed hours: its check-ins were paused for a named reason then."""
    return replace(shift, missed=shift.missed - hours)


def over(shift: Shift, end: ShiftEnd, at: datetime) -> Shift:
    """Return a shift that has come to its end: nothing more is owed by it."""
    return replace(shift, ended_at=at, end=end, next_check_by=None)


def is_late(shift: Shift, now: datetime) -> bool:
    """Say whether a check should have come by now."""
    return shift.next_check_by is not None and shift.next_check_by <= now


def broken(checklist: tuple[Item, ...], said: Mapping[str, bool]) -> tuple[Item, ...]:
    """Return the lines that were answered with no and are violations then."""
    return tuple(one for one in checklist if said.get(one.key) is False and one.violation is not None)


def lel_pct(policy: StandbyPolicy, ppm: float) -> float:
    """Return a reading in ppm as a share of the lower explosive limit, per cent."""
    return round(ppm / policy.lel_ppm * _WHOLE, 2)


def words_of(words: str, machines: tuple[str, ...], no: tuple[str, ...], doubts: tuple[Doubt, ...]) -> str:
    """Return what a check says on its site, in one line."""
    said = [words.strip()]
    if machines:
        said.append("机械 machines: " + "、".join(machines))
    if no:
        said.append("否 no: " + "、".join(no))
    if doubts:
        said.append("未核实 not verified: " + ", ".join(doubts))
    return "；".join(one for one in said if one)[:2000]
