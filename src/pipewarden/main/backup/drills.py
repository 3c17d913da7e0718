"""Restore drills: a backup that was never restored is a hope; each drill is on record, and a week is the limit.

The worker takes backups and restores the newest one by itself where PIPEWARDEN_BACKUP_TO is set. Both come round by
their age, not by an hour of the week: a worker that was down then does it when it is up again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from pipewarden.kit.errors import InputError, PipewardenError, UnavailableError
from pipewarden.main.backup.folder import Shelf, moment_of, whole
from pipewarden.main.backup.key import BackupSettings, backup_key
from pipewarden.main.backup.restoring import verify
from pipewarden.main.backup.taking import take
from pipewarden.operation import service as operation
from pipewarden.operation.facts import BeatName
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM
from pipewarden.people.store.record import AuditRow

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.main.backup.restoring import Progress
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

log = structlog.get_logger(__name__)
UPKEEP = "upkeep"
TAKE = "pipewarden.backup.take"
DRILL = "pipewarden.backup.drill"
PROVED, FAILED = "restore.proved", "restore.failed"
OVERDUE = timedelta(days=7)  # safety.md 4: an alarm past a week without a verified restore
_AGAIN = timedelta(days=6)
_LATE = 3  # of the worker's own intervals, and the backups count as stopped
_LONGEST = 2000
_EVERY_MIN = "* * * * *"
_DAILY = "10 18 * * *"  # UTC: ten past two at night in China


@dataclass(frozen=True, slots=True)
class Drill:
    """What one restore drill came to.

    Attributes:
        at: when it ended.
        ok: every table and every blob came back as it was, and the home opened.
        backup: the backup's name; empty where none could be found.
        problem: why not, in words; empty when ok.
        rows: of all tables together.
        blobs: files.
        seconds: the whole restore, comparisons included.
    """

    at: datetime
    ok: bool
    backup: str
    problem: str
    rows: int = 0
    blobs: int = 0
    seconds: float = 0.0

    @property
    def taken_at(self) -> datetime | None:
        """Return the moment of which the backup was, to the second."""
        return moment_of(self.backup) if self.backup else None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the backups, in words for people.

    Attributes:
        name: which fault; the runbook has a page by it.
        since: since when, if that can be said.
    """

    name: str
    words: str
    since: datetime | None


def drill(home: Home, shelf: Shelf, *, scratch: Path | None = None, progress: Progress | None = None) -> Drill:
    """Restore the newest backup of a folder into a scratch place, compare everything, and put it on record either way.

    A backup that does not hold is no error here: it is what the drill is for. Read ``ok``.
    """
    name = ""
    try:
        name = shelf.newest()
        done = verify(shelf, name, home.settings, scratch=scratch, progress=progress)
        told = done.manifest
        made = Drill(
            at=home.factory.clock.now(),
            ok=True,
            backup=name,
            problem="",
            rows=told.rows,
            blobs=len(told.blobs),
            seconds=round(done.seconds, 1),
        )
    except (PipewardenError, OSError) as error:
        made = Drill(at=home.factory.clock.now(), ok=False, backup=name, problem=str(error)[:_LONGEST])
        log.error("the newest backup could not be restored", backup=name, problem=str(error))  # noqa: TRY400  its words say it all
    details = {"problem": made.problem, "rows": made.rows, "blobs": made.blobs, "seconds": str(made.seconds)}
    with home.factory.begin(PLATFORM) as work:
        act = PROVED if made.ok else FAILED
        entry = people.record(work, people.operator(), act, ("backup", name or "none"), details)
        operation.beat(work, BeatName.RESTORE_DRILL, ok=made.ok, words=made.problem)
    return replace(made, at=entry.at)


def last_drill(home: Home) -> Drill | None:
    """Return the newest drill, whatever came of it; None before the first."""
    return _last(home, PROVED, FAILED)


def last_verified(home: Home) -> Drill | None:
    """Return the newest drill that proved a restore; None before the first."""
    return _last(home, PROVED)


def overdue(home: Home) -> bool:
    """Say whether no restore was proved for more than seven days."""
    proved = last_verified(home)
    return proved is None or home.factory.clock.now() - proved.at > OVERDUE


def faults(home: Home, settings: BackupSettings) -> list[Fault]:
    """Return what is wrong with the backups now; nothing when they are taken, fresh and were once restored.

    A drill that failed, or is older than seven days, is ``drill_old``: the watchdog sees it within a minute and tells
    of it once a day (``operation.rules.faults``). It is not told here a second time, by another name, each morning.
    """
    now, found = home.factory.clock.now(), []
    if settings.backup_to is None:
        found.append(Fault("backup_not_set_up", "PIPEWARDEN_BACKUP_TO is not set: nobody takes backups", None))
    else:
        try:
            backup_key(settings)
        except (PipewardenError, OSError) as error:
            found.append(Fault("backup_key", f"backups cannot be sealed: {error}", None))
        names = whole(settings.backup_to)
        newest = moment_of(names[-1]) if names else None
        if newest is None or now - newest > _LATE * timedelta(minutes=settings.backup_every_min):
            words = "there is no backup" if newest is None else f"the newest backup is of {newest:%Y-%m-%d %H:%M} UTC"
            found.append(Fault("backup_late", words, newest))
    if last_drill(home) is None:
        found.append(Fault("restore_unproved", "no restore was ever tried", None))
    return found


def take_due(home: Home, settings: BackupSettings) -> str | None:
    """Take a backup where the settings name a folder and the newest there is old enough; return its name."""
    if settings.backup_to is None:
        return None
    names, now = whole(settings.backup_to), home.factory.clock.now()
    if names and now - moment_of(names[-1]) < timedelta(minutes=settings.backup_every_min):
        return None
    shelf = Shelf(settings.backup_to, backup_key(settings))
    made = take(home, shelf).manifest
    try:
        gone = shelf.forget(settings.backup_keep)
    except (InputError, UnavailableError) as error:  # one to be kept cannot be read: then nothing may go
        log.error("old backups could not be removed", problem=str(error))  # noqa: TRY400  its words say it all
        gone = []
    log.info("backup taken", backup=made.id, rows=made.rows, blobs=len(made.blobs), gone=len(gone))
    if made.damaged:
        log.error("files could not be backed up", count=len(made.damaged), first=made.damaged[0])
    return made.id


def drill_due(home: Home, settings: BackupSettings) -> Drill | None:
    """Drill where the settings name a folder and the last proof is six days old; daily again where one failed."""
    proved = last_verified(home)
    if settings.backup_to is None or (proved is not None and home.factory.clock.now() - proved.at < _AGAIN):
        return None
    return drill(home, Shelf(settings.backup_to, backup_key(settings)), scratch=settings.backup_scratch)


def register(queue: Queue, home: Home, settings: BackupSettings) -> None:
    """Let workers of ``queue`` take backups and restore them.

    Args:
        queue: gets two periodic tasks on the queue ``UPKEEP``, which share one lock, so that they take one hand.
        home: backed up whole, whatever tenants it has.
        settings: where to, how often and by which key.
    """

    @queue.app.periodic(cron=_EVERY_MIN)
    @queue.app.task(name=TAKE, queue=UPKEEP, queueing_lock=TAKE, lock=UPKEEP)
    def take_one(timestamp: int) -> str | None:  # noqa: ARG001  the queue says when; the injected clock counts
        return take_due(home, settings)

    @queue.app.periodic(cron=_DAILY)
    @queue.app.task(name=DRILL, queue=UPKEEP, queueing_lock=DRILL, lock=UPKEEP)
    def drill_one(timestamp: int) -> bool | None:  # noqa: ARG001  as above
        made = drill_due(home, settings)
        return None if made is None else made.ok


def _last(home: Home, *acts: str) -> Drill | None:
    with home.factory.begin(PLATFORM) as work:
        row = work.session.execute(
            select(AuditRow.at, AuditRow.act, AuditRow.object_id, AuditRow.details)
            .where(AuditRow.tenant_id == PLATFORM, AuditRow.object_kind == "backup", AuditRow.act.in_(acts))
            .order_by(AuditRow.seq.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    told = json.loads(row.details)
    name = "" if row.object_id == "none" else row.object_id
    at = row.at.astimezone(UTC)
    return Drill(at, row.act == PROVED, name, told["problem"], told["rows"], told["blobs"], float(told["seconds"]))
