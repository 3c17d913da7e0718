"""Which reading is a fault. The figures are those of safety.md sections 1 and 4, all in one place.

Loud by default: what is not known counts as broken, but for what nobody has set up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.operation.facts import BeatName, FaultKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipewarden.operation.facts import Fault, HouseReading, TenantReading

_MOST_NAMED = 5
SCREEN_SWITCH = "model:screen"


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on what is a fault.

    Attributes:
        late: a timer that should have fired (safety.md D6: at most 10 s past due, and the sweep's own turn).
        review: an alarm waits for a person's judgement.
        message: a delivery is due and not sent (safety.md 1: a channel that is down is said within 60 s).
        queue_s: the oldest job, or the oldest fact that a stage has not taken.
        beat: a process says that it is alive every 30 s or oftener.
        heartbeat: one a minute goes out.
        clock_s: safety.md section 1, clock jump.
        drill: a restore was practised.
        erasure: a wish to be forgotten is answered within 15 days (product default; PIPL art. 50 says in time);
            ``erasure_soon``: the reminder before it.
        again: people are told anew of what lasts.
    """

    late: timedelta = timedelta(seconds=60)
    review: timedelta = timedelta(minutes=30)
    message: timedelta = timedelta(minutes=5)
    queue_s: float = 300.0
    beat: timedelta = timedelta(seconds=90)
    heartbeat: timedelta = timedelta(minutes=3)
    clock_s: float = 5.0
    drill: timedelta = timedelta(days=7)
    erasure_soon: timedelta = timedelta(days=10)
    erasure: timedelta = timedelta(days=15)
    again: timedelta = timedelta(hours=24)


LIMITS = Limits()


def of_tenant(seen: TenantReading, limits: Limits = LIMITS) -> list[Sighting]:
    """Return what is wrong with a tenant's watch."""
    return [*_of_watch(seen, limits), *_of_people(seen, limits), *_of_erasures(seen, limits)]


def _of_watch(seen: TenantReading, limits: Limits) -> Iterator[Sighting]:
    if seen.chain is not None and seen.chain.loud:
        yield Sighting(FaultKind.CHAIN, round(seen.chain.age_s))
    if seen.blind:
        yield Sighting(FaultKind.CAMERAS_BLIND, len(seen.blind), _named(one.name for one in seen.blind))
    if any(one.name == SCREEN_SWITCH for one in seen.off) and seen.cameras:
        yield Sighting(FaultKind.SCREEN_OFF, seen.cameras)
    if seen.models.open_breakers:
        yield Sighting(FaultKind.MODEL_DOWN, seen.models.open_breakers)
    if seen.stuck:
        yield Sighting(FaultKind.FACTS_STUCK, seen.stuck)
    if _older(seen.sites.overdue_since, seen.at, limits.late):
        yield Sighting(FaultKind.TIMERS_LATE, _age_s(seen.sites.overdue_since, seen.at))


def _of_people(seen: TenantReading, limits: Limits) -> Iterator[Sighting]:
    if seen.sites.unowned:
        yield Sighting(FaultKind.NO_OWNER, seen.sites.unowned)
    if seen.sites.forgotten:
        yield Sighting(FaultKind.NO_DEADLINE, seen.sites.forgotten)
    if _older(seen.reviews_since, seen.at, limits.review):
        yield Sighting(FaultKind.REVIEWS_OLD, seen.reviews)
    if (seen.nobody or seen.unstaffed) and (seen.cameras or seen.sites.open):
        yield Sighting(FaultKind.NOBODY_ON_DUTY, max(len(seen.unstaffed), 1), _named(seen.unstaffed))
    if seen.messages.unreachable:
        yield Sighting(FaultKind.UNREACHABLE, seen.messages.unreachable)
    if _older(seen.messages.waiting_since, seen.at, limits.message):
        yield Sighting(FaultKind.MESSAGES_LATE, seen.messages.waiting)
    if seen.messages.paused:
        yield Sighting(FaultKind.SUBSCRIPTION_PAUSED, len(seen.messages.paused), _named(seen.messages.paused))


def _of_erasures(seen: TenantReading, limits: Limits) -> Iterator[Sighting]:
    late = sum(_older(one, seen.at, limits.erasure) for one in seen.erasures)
    soon = sum(_older(one, seen.at, limits.erasure_soon) for one in seen.erasures) - late
    if late:
        yield Sighting(FaultKind.ERASURE_LATE, late)
    if soon:
        yield Sighting(FaultKind.ERASURE_SOON, soon)


def of_house(seen: HouseReading, limits: Limits = LIMITS) -> list[Sighting]:
    """Return what is wrong with the house itself."""
    found = []
    ages = {one.name: one.oldest_s for one in seen.lanes if one.depth} | dict(seen.lag)
    old = {name: age for name, age in ages.items() if age > limits.queue_s}
    if old:
        found.append(Sighting(FaultKind.QUEUE_OLD, round(max(old.values())), _named(sorted(old))))
    for name, kind in ((BeatName.WORKER, FaultKind.WORKER_SILENT), (BeatName.WATCHDOG, FaultKind.WATCHDOG_SILENT)):
        beat = seen.beats.get(name)
        if beat is None and name is BeatName.WATCHDOG:
            continue  # nobody has set it up
        if beat is None or _older(beat.at, seen.at, limits.beat):
            found.append(Sighting(kind, 0 if beat is None else _age_s(beat.at, seen.at)))
    if seen.heartbeat and _no_recent(seen, BeatName.HEARTBEAT, limits.heartbeat):
        found.append(Sighting(FaultKind.HEARTBEAT_LOST, 1))
    if seen.free < seen.reserve:
        found.append(Sighting(FaultKind.DISK_LOW, seen.free >> 20))
    if abs(seen.clock_s) > limits.clock_s:
        found.append(Sighting(FaultKind.CLOCK_OFF, round(seen.clock_s)))
    if not seen.head:
        found.append(Sighting(FaultKind.NOT_AT_HEAD, 1))
    if BeatName.RESTORE_DRILL in seen.beats and _no_recent(seen, BeatName.RESTORE_DRILL, limits.drill):
        found.append(Sighting(FaultKind.DRILL_OLD, _age_s(seen.beats[BeatName.RESTORE_DRILL].at, seen.at)))
    return found


def tells(fault: Fault, now: datetime, limits: Limits = LIMITS) -> bool:
    """Return whether people are to be told of a fault now: at once, and once a day while it lasts."""
    return fault.ended_at is None and (fault.told_at is None or now - fault.told_at >= limits.again)


def _no_recent(seen: HouseReading, name: str, limit: timedelta) -> bool:
    beat = seen.beats.get(name)
    return beat is None or not beat.ok or _older(beat.at, seen.at, limit)


def _older(since: datetime | None, now: datetime, limit: timedelta) -> bool:
    return since is not None and now - since > limit


def _age_s(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else round((now - since).total_seconds())


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)[:_MOST_NAMED]
