"""Drills and backups come round by their age, a failed one is on record, and what is wrong is said in words."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from pydantic import SecretStr
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.emit import Registry
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.sealed import Contents, SealBrokenError, SealKey
from pipewarden.kit.work import WorkFactory
from pipewarden.main.backup import BackupSettings, Restored, Shelf, drills
from pipewarden.main.backup.folder import backup_id, moment_of
from pipewarden.main.backup.manifest import Manifest, TableSum
from pipewarden.main.home import Home
from pipewarden.main.queue import Queue
from pipewarden.operation import store as operation_store
from pipewarden.operation.facts import Beat, FaultKind, HouseReading
from pipewarden.operation.rules import of_house
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection, Engine

    from pipewarden.kit.clock import SetClock

KEY = hashlib.sha256(b"a key for tests").digest()
DAY = timedelta(days=1)


@pytest.fixture
def home(connection: Connection, clock: SetClock, tmp_path: Path) -> Home:
    ids = Uuid7Source(clock)
    sessions = sessionmaker(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
    with sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, clock, ids, "default").id
    registry = Registry(defer=lambda *_: None)
    app = App(connector=InMemoryConnector())
    return Home(
        folder=tmp_path / "home",
        settings=BackupSettings(home=tmp_path / "home"),
        factory=WorkFactory(sessions=sessions, clock=clock, ids=ids, emitter=registry),
        registry=registry,
        queue=Queue(app=app, deferring=app),
        blobs=BlobStore(tmp_path / "home" / "blobs"),
        tenant_id=tenant,
    )


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as made, made.begin() as outer:
        yield made
        outer.rollback()


def told(name: str, house: UUID = PLATFORM) -> Manifest:
    return Manifest(
        id=name,
        house=house,
        taken_at=moment_of(name),
        program="0.1.0",
        revision="0027",
        server=180000,
        database=Contents(0, ""),
        tables={"a": TableSum(3, "9")},
        keys=None,
        blobs=(),
    )


def lay(root: Path, at: datetime, number: int) -> str:
    """Put what looks like a whole backup into a folder; nobody opens it here."""
    name = backup_id(at, Uuid7Source(type("C", (), {"now": lambda _self: at})()).new())
    (root / name).mkdir(parents=True)
    (root / name / "manifest").write_text(str(number))
    return name


class Verified:
    """Stands for a restore: it ends as it was told to."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.problem: Exception | None = None

    def __call__(self, _shelf: Shelf, name: str, *_rest: object, **_more: object) -> Restored:
        self.names.append(name)
        if self.problem is not None:
            raise self.problem
        return Restored(told(name), 12.34)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Verified:
    made = Verified()
    monkeypatch.setattr(drills, "verify", made)
    return made


@pytest.fixture
def settings(home: Home, tmp_path: Path) -> BackupSettings:
    return BackupSettings(home=home.folder, backup_to=tmp_path / "out", backup_key=SecretStr(KEY.hex()))


def where(settings: BackupSettings) -> Path:
    assert settings.backup_to is not None
    return settings.backup_to


def names_of(found: list[drills.Fault]) -> list[str]:
    return [one.name for one in found]


def test_a_drill_that_failed_is_on_record_and_proves_nothing(
    home: Home, clock: SetClock, settings: BackupSettings, verified: Verified
) -> None:
    name = lay(where(settings), clock.now(), 1)
    shelf = Shelf(where(settings), SealKey(KEY))
    first = drills.drill(home, shelf)
    assert first.ok
    clock.advance(DAY)
    verified.problem = SealBrokenError.of("database", "was changed, cut or moved at frame 3")
    made = drills.drill(home, shelf)
    assert (made.ok, made.backup, made.seconds) == (False, name, 0.0)
    assert "frame 3" in made.problem
    assert drills.last_drill(home) == made
    assert drills.last_verified(home) == first
    with home.factory.begin(PLATFORM) as work:
        assert people.verify(work) is None
    assert names_of(drills.faults(home, settings)) == ["backup_late"], "the watchdog tells of the drill, once"
    assert drill_old(home) == [FaultKind.DRILL_OLD]


def drill_old(home: Home) -> list[FaultKind]:
    """Return what the watchdog makes of the drills on record, and of nothing else."""
    with home.factory.begin(PLATFORM) as work:
        beats = {name: one for name, one in operation_store.beats(work.session).items() if name == "restore_drill"}
        beats["worker"] = Beat("worker", work.now(), ok=True, words="")
        seen = HouseReading(work.now(), (), {}, beats, 2, 1, 0.0, head=True, fsync_s=0.002, heartbeat=False)
        return [one.kind for one in of_house(seen)]


def test_a_drill_without_any_backup_has_failed(home: Home, settings: BackupSettings, verified: Verified) -> None:
    made = drills.drill(home, Shelf(where(settings), SealKey(KEY)))
    assert (made.ok, made.backup, made.taken_at) == (False, "", None)
    assert "holds no backup" in made.problem
    assert drills.last_drill(home) == made
    assert verified.names == []


def test_a_disk_that_breaks_in_a_drill_is_a_failed_drill(
    home: Home, clock: SetClock, settings: BackupSettings, verified: Verified
) -> None:
    lay(where(settings), clock.now(), 1)
    verified.problem = OSError(5, "Input/output error", "/mnt/backups")
    made = drills.drill(home, Shelf(where(settings), SealKey(KEY)))
    assert not made.ok
    assert "Input/output error" in made.problem


def test_a_mistake_of_the_program_is_no_failed_drill(
    home: Home, clock: SetClock, settings: BackupSettings, verified: Verified
) -> None:
    lay(where(settings), clock.now(), 1)
    verified.problem = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        drills.drill(home, Shelf(where(settings), SealKey(KEY)))
    assert drills.last_drill(home) is None


def test_it_is_overdue_after_seven_days_to_the_second(
    home: Home, clock: SetClock, settings: BackupSettings, verified: Verified
) -> None:
    assert drills.overdue(home)
    assert "no restore was ever tried" in [one.words for one in drills.faults(home, settings)]
    assert drill_old(home) == [], "what was never tried is told by the books, and by nobody else"
    name = lay(where(settings), clock.now(), 1)
    drills.drill(home, Shelf(where(settings), SealKey(KEY)))
    clock.advance(7 * DAY)
    assert not drills.overdue(home)
    assert "restore_unproved" not in names_of(drills.faults(home, settings))
    clock.advance(timedelta(seconds=1))
    assert drills.overdue(home)
    assert "restore_unproved" not in names_of(drills.faults(home, settings))
    assert drill_old(home) == [FaultKind.DRILL_OLD], "one fault, told by one of the two"
    assert verified.names == [name]


def test_the_worker_drills_each_sixth_day_and_daily_while_it_fails(
    home: Home, clock: SetClock, settings: BackupSettings, verified: Verified
) -> None:
    lay(where(settings), clock.now(), 1)
    done = []
    for day in range(20):
        made = drills.drill_due(home, settings)
        if made is not None:
            done.append((day, made.ok))
        clock.advance(DAY)
    assert done == [(0, True), (6, True), (12, True), (18, True)]
    verified.problem = UnavailableError(field="disk", problem="is full", fix="Make room.")
    clock.advance(6 * DAY)
    again = []
    for _ in range(3):
        made = drills.drill_due(home, settings)
        again.append(made is not None and made.ok)
        clock.advance(DAY)
    verified.problem = None
    made = drills.drill_due(home, settings)
    assert (again, len(verified.names)) == ([False, False, False], 8)
    assert made is not None
    assert made.ok


def test_the_worker_takes_one_when_the_newest_is_old_enough(
    home: Home, clock: SetClock, settings: BackupSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, kept = [], []

    def take(_home: Home, shelf: Shelf) -> object:
        taken.append(clock.now())
        name = lay(shelf.root, clock.now(), len(taken))
        return type("T", (), {"manifest": replace(told(name), damaged=("blobs/a: rotten",))})()

    monkeypatch.setattr(drills, "take", take)
    monkeypatch.setattr(Shelf, "forget", lambda _self, keep: kept.append(keep) or [])
    started = clock.now()
    for _ in range(150):  # a minute each
        drills.take_due(home, settings)
        clock.advance(timedelta(minutes=1))
    assert [one - started for one in taken] == [timedelta(hours=0), timedelta(hours=1), timedelta(hours=2)]
    assert kept == [72, 72, 72]
    assert "backup_late" not in names_of(drills.faults(home, settings))
    clock.advance(timedelta(hours=3))
    late = next(one for one in drills.faults(home, settings) if one.name == "backup_late")
    assert (late.since, late.words) == (taken[-1], "the newest backup is of 2026-11-20 03:00 UTC")


def test_old_backups_that_cannot_be_removed_do_not_undo_the_new_one(
    home: Home, clock: SetClock, settings: BackupSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(_home: Home, shelf: Shelf) -> object:
        return type("T", (), {"manifest": told(lay(shelf.root, clock.now(), 1))})()

    def forget(_self: Shelf, keep: int) -> list[str]:
        raise SealBrokenError.of("20260101T000000Z-00000000/manifest", f"was changed, {keep} are to be kept")

    monkeypatch.setattr(drills, "take", take)
    monkeypatch.setattr(Shelf, "forget", forget)
    assert drills.take_due(home, settings) in {one.name for one in where(settings).iterdir()}


def test_where_nothing_is_set_up_nothing_is_done_and_that_is_a_fault(home: Home, verified: Verified) -> None:
    nowhere = BackupSettings(home=home.folder)
    assert drills.take_due(home, nowhere) is None
    assert drills.drill_due(home, nowhere) is None
    assert verified.names == []
    assert names_of(drills.faults(home, nowhere)) == ["backup_not_set_up", "restore_unproved"]


def test_a_folder_without_its_key_is_a_fault(home: Home, tmp_path: Path) -> None:
    keyless = BackupSettings(home=home.folder, backup_to=tmp_path)
    assert names_of(drills.faults(home, keyless)) == ["backup_key", "backup_late", "restore_unproved"]
    with pytest.raises(UnavailableError, match="no default"):
        drills.take_due(home, keyless)


@pytest.mark.parametrize(("task", "name"), [(drills.TAKE, "take_due"), (drills.DRILL, "drill_due")])
def test_the_workers_tasks_do_it_one_at_a_time(
    home: Home, settings: BackupSettings, task: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, object]] = []

    def due(asking: Home, by: BackupSettings) -> drills.Drill | str | None:
        asked.append((asking, by))
        return drills.Drill(home.factory.clock.now(), ok=False, backup="", problem="x") if name == "drill_due" else "b"

    monkeypatch.setattr(drills, name, due)
    drills.register(home.queue, home, settings)
    found = home.queue.app.tasks[task]
    assert found(timestamp=0) == (False if name == "drill_due" else "b")
    assert asked == [(home, settings)]
    assert (found.queue, found.lock, found.queueing_lock) == (drills.UPKEEP, drills.UPKEEP, task)


def test_a_drill_that_is_not_due_says_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Callable[..., None]] = []
    monkeypatch.setattr(drills, "drill_due", lambda *_: calls.append(print))
    drills.register(home.queue, home, BackupSettings(home=home.folder))
    assert home.queue.app.tasks[drills.DRILL](timestamp=0) is None
    assert len(calls) == 1
