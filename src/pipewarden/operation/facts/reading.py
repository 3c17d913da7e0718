"""How a tenant's watch and the house stand at one moment, as numbers: what faults, pages and metrics are made from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.act.facts.standing import MessagesStanding
    from pipewarden.casework.facts.standing import SitesStanding
    from pipewarden.inference.facts.standing import ModelsStanding
    from pipewarden.judge.facts import Chain


class BeatName(StrEnum):
    """Whoever says that it is alive."""

    WORKER = "worker"
    WATCHDOG = "watchdog"
    HEARTBEAT = "heartbeat"  # the outside took our sign of life
    RESTORE_DRILL = "restore_drill"  # written by whoever restores a backup for practice


@dataclass(frozen=True, slots=True)
class Beat:
    """The last time somebody said that it is alive, and whether it went well."""

    name: str
    at: datetime
    ok: bool
    words: str


@dataclass(frozen=True, slots=True)
class BlindCamera:
    """A camera that sees nothing.

    Attributes:
        metres: of pipe that nobody watches because of it.
    """

    id: UUID
    name: str
    since: datetime
    causes: tuple[str, ...]
    metres: float


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """A kill switch that is off, for the tenant or for everybody."""

    name: str
    reason: str
    since: datetime
    everywhere: bool


@dataclass(frozen=True, slots=True)
class TenantReading:
    """One tenant's watch at one moment.

    Attributes:
        cameras: that watch pipes, tests left out; ``degraded`` of them see worse than they should.
        unstaffed: areas for which no dispatcher can be called; ``nobody`` where no dispatcher is on duty at all.
        reviews: alarms that wait for a person's judgement; the oldest since ``reviews_since``.
        stuck: facts that a stage could not take.
        erasures: when each wish to be forgotten that nobody answered was asked, the oldest first.
    """

    tenant_id: UUID
    tenant: str
    at: datetime
    chain: Chain | None
    cameras: int
    degraded: int
    blind: tuple[BlindCamera, ...]
    off: tuple[SwitchedOff, ...]
    unstaffed: tuple[str, ...]
    nobody: bool
    sites: SitesStanding
    reviews: int
    reviews_since: datetime | None
    messages: MessagesStanding
    models: ModelsStanding
    stuck: int
    erasures: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class LaneReading:
    """One queue of jobs: how many are due, and for how many seconds the oldest has been."""

    name: str
    depth: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class StageReading:
    """How long a stage took for the last facts of the past ten minutes, in seconds; 0 facts where nothing came."""

    name: str
    count: int
    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class HouseReading:
    """The machine and the processes at one moment.

    Attributes:
        lanes: the queues of jobs.
        lag: seconds that the oldest fact waits for each consumer; consumers that are up to date are absent.
        beats: by name.
        free: bytes left on the disk of the home; ``reserve`` is what must be.
        clock_s: this machine's clock less the database's, seconds.
        head: whether the database has the shape that this program was made for.
        fsync_s: what a durable write took; None where it failed.
        heartbeat: whether an outside address is set.
    """

    at: datetime
    lanes: tuple[LaneReading, ...]
    lag: Mapping[str, float]
    beats: Mapping[str, Beat]
    free: int
    reserve: int
    clock_s: float
    head: bool
    fsync_s: float | None
    heartbeat: bool
