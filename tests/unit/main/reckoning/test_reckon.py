"""The morning's reckoning: every tenant's books, differences where people are told of them, a count on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from pipewarden.casework.store.duty_tables import BreachRow
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.emit import Registry
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import WorkFactory
from pipewarden.main import backup, reckoning
from pipewarden.main.backup import BackupSettings, Fault
from pipewarden.main.home import Home
from pipewarden.main.queue import Queue
from pipewarden.main.reckoning import Difference, Reckoning
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from pipewarden.act.service import Post
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

POST: Post = None  # type: ignore[assignment]  # what asks it is played by hand


@pytest.fixture
def home(engine: Engine, clock: SetClock, tmp_path: Path) -> Iterator[Home]:
    """A home of two tenants on a transaction that is rolled back."""
    with engine.connect() as connection, connection.begin() as outer:
        ids = Uuid7Source(clock)
        sessions = sessionmaker(bind=connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        with sessions() as session, session.begin():
            tenant, _ = (people.ensure_tenant(session, clock, ids, key).id for key in ("books-a", "books-b"))
        registry = Registry(defer=lambda *_: None)
        app = App(connector=InMemoryConnector())
        yield Home(
            folder=tmp_path,
            settings=BackupSettings(home=tmp_path),
            factory=WorkFactory(sessions=sessions, clock=clock, ids=ids, emitter=registry),
            registry=registry,
            queue=Queue(app=app, deferring=app),
            blobs=BlobStore(tmp_path / "blobs"),
            tenant_id=tenant,
        )
        outer.rollback()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Difference]]:
    """Play what the books say, by tenant under ``calls`` and ``roster``, and of all files under ``blobs``."""
    said: dict[str, list[Difference]] = {"blobs": [], "calls": [], "roster": []}

    def mine(kind: str, work: Work) -> list[Difference]:
        return [one for one in said[kind] if one.tenant_id == work.tenant_id]

    monkeypatch.setattr(
        reckoning.blobs, "compare", lambda *_: ({"rows_with_blobs": 5, "blobs": 4}, list(said["blobs"]))
    )
    monkeypatch.setattr(reckoning.calls, "compare_calls", lambda work: (3, mine("calls", work)))
    monkeypatch.setattr(reckoning.calls, "compare_roster", lambda work, _post: (2, mine("roster", work)))
    return said


def breaches(home: Home, tenant_id: UUID) -> list[tuple[str, UUID | None, str]]:
    with home.factory.begin(tenant_id) as work:
        rows = work.session.scalars(
            select(BreachRow).where(BreachRow.tenant_id == tenant_id).order_by(BreachRow.what, BreachRow.about)
        )
        return [(row.what, row.site_id, row.words) for row in rows]


def mine(home: Home) -> list[UUID]:
    """Return the two tenants of this test: the shared database has those of others too."""
    with home.factory.begin(PLATFORM) as work:
        keys = {one.key: one.id for one in people.tenants(work, people.operator())}
    return [keys["books-a"], keys["books-b"]]


def test_books_in_order_are_compared_and_only_that_is_on_record(
    home: Home, quiet: dict[str, list[Difference]], clock: SetClock
) -> None:
    assert quiet
    assert reckoning.last_reckoning(home) is None
    made = reckoning.reckon(home, POST)
    tenants = len(home.tenants())
    assert made.differences == ()
    assert made.compared == {"rows_with_blobs": 5, "blobs": 4, "calls": 3 * tenants, "on_duty": 2 * tenants}
    reckoning.file(home, made, [])
    kept = reckoning.last_reckoning(home)
    assert kept is not None
    assert (kept.at, kept.compared, kept.counts) == (clock.now(), made.compared, {})
    assert breaches(home, home.tenant_id) == []
    with home.factory.begin(PLATFORM) as work:
        assert people.verify(work) is None


def test_differences_are_told_to_whose_they_are(home: Home, quiet: dict[str, list[Difference]]) -> None:
    ours, theirs = mine(home)
    sites = tuple(sorted((uuid4(), uuid4())))
    quiet["blobs"] = [
        Difference("blob_missing", theirs, 7, "7 stored files are gone", ("ab/cd",)),
        Difference("blob_orphan", ours, 2, "2 stored files are named by nothing", ("ef/01",)),
    ]
    quiet["calls"] = [Difference("call_untold", theirs, 2, "2 open sites", ("a", "b"), sites)]
    quiet["roster"] = [Difference("duty_unreachable", ours, 1, "1 people cannot be reached", ("P",))]
    made = reckoning.reckon(home, POST)
    reckoning.file(home, made, [])
    untold = "an open site has a due call that nobody was told of"
    assert breaches(home, ours) == [
        ("blob_orphan", None, "2 stored files are named by nothing"),
        ("duty_unreachable", None, "1 people cannot be reached"),
    ]
    found = breaches(home, theirs)
    assert found[0] == ("blob_missing", None, "7 stored files are gone")
    assert sorted(found[1:], key=lambda one: str(one[1])) == [("call_untold", site, untold) for site in sites]
    kept = reckoning.last_reckoning(home)
    assert kept is not None
    assert kept.counts == {"blob_missing": 7, "blob_orphan": 2, "call_untold": 2, "duty_unreachable": 1}


def test_a_difference_is_told_once_a_day(home: Home, quiet: dict[str, list[Difference]], clock: SetClock) -> None:
    quiet["blobs"] = [Difference("blob_orphan", home.tenant_id, 2, "2 files", ())]
    for _ in range(2):
        reckoning.file(home, reckoning.reckon(home, POST), [])
    assert len(breaches(home, home.tenant_id)) == 1
    clock.advance(timedelta(days=1))
    reckoning.file(home, reckoning.reckon(home, POST), [])
    assert len(breaches(home, home.tenant_id)) == 2


def test_faults_of_the_backups_are_told_with_them(home: Home, quiet: dict[str, list[Difference]]) -> None:
    assert quiet
    fault = Fault("restore_unproved", "no restore was ever proved", None)
    reckoning.file(home, reckoning.reckon(home, POST), [fault])
    assert breaches(home, home.tenant_id) == [("restore_unproved", None, "no restore was ever proved")]
    assert breaches(home, mine(home)[1]) == []


def test_one_tenant_whose_books_break_does_not_hide_the_others(
    home: Home, quiet: dict[str, list[Difference]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = mine(home)
    quiet["roster"] = [Difference("duty_inactive", theirs, 1, "1 people", ("P",))]

    def broken(work: Work) -> tuple[int, list[Difference]]:
        if work.tenant_id == ours:
            raise ZeroDivisionError
        return 1, []

    monkeypatch.setattr(reckoning.calls, "compare_calls", broken)
    found = {(one.what, one.tenant_id): one for one in reckoning.reckon(home, POST).differences}
    assert found.keys() == {("not_reckoned", ours), ("duty_inactive", theirs)}
    assert "ZeroDivisionError" in found["not_reckoned", ours].words


def test_the_worker_does_so_each_morning(
    home: Home, quiet: dict[str, list[Difference]], monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet["blobs"] = [Difference("blob_orphan", home.tenant_id, 2, "2 files", ())]
    told: list[tuple[Reckoning, list[Fault]]] = []
    monkeypatch.setattr(reckoning, "file", lambda _home, made, faults: told.append((made, faults)))
    reckoning.register(home.queue, home, POST, BackupSettings(home=home.folder))
    task = home.queue.app.tasks[reckoning.RECKON]
    assert task(timestamp=0) == 1
    ((made, faults),) = told
    assert len(made.differences) == 1
    assert [one.name for one in faults] == ["backup_not_set_up", "restore_unproved"]
    assert (task.queue, task.lock) == (backup.UPKEEP, backup.UPKEEP)
