"""The book's own jobs: holds released each minute, the chain's end on record each hour, by the worker's queue."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from book import BANK, pay

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.db import Base
from pipewarden.ledger import jobs
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Asset, HoldState, Kind, Order, Posting
from pipewarden.main import ledger as wiring
from pipewarden.main import retention
from pipewarden.main.queue import make_queue
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home


def expiring(home: Home, count: int) -> tuple[str, list[UUID]]:
    with home.work() as work:
        wallet = f"person:{work.ids.new()}:cash"
        ledger.open_accounts(work, (wallet, Asset.CNY), (BANK, Asset.CNY))
        ledger.post(work, pay(f"funds {wallet}", BANK, wallet, 100))
        line = (Posting(wallet, BANK, Asset.CNY, 10),)
        soon = work.now() + timedelta(milliseconds=1)
        orders = [Order(f"h{n} {wallet}", Kind.PENDING, "x", line, expires_at=soon) for n in range(count)]
        return wallet, [one.id for one in ledger.write(work, orders)]


def test_holds_past_their_time_are_released_in_batches(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_BATCH", 2)
    wallet, held = expiring(home, 5)
    assert jobs.expire(home.factory.begin, home.tenant_id) >= 5
    with home.work() as work:
        assert ledger.balances(work, [wallet])[wallet].held == 0
        assert {ledger.hold_state(work, one) for one in held} == {HoldState.EXPIRED}
        assert ledger.by_key(work, f"expire:{held[0]}") is not None


@pytest.mark.parametrize(("name", "cron"), [(wiring.EXPIRE, "* * * * *"), (wiring.ANCHOR, "7 * * * *")])
def test_the_worker_does_it_by_itself(home: Home, name: str, cron: str) -> None:
    queue = make_queue(home.urls().app)
    wiring.register(queue, home)
    task = queue.app.tasks[name]
    assert (task.queue, task.lock, task.queueing_lock) == ("ledger", name, name)
    registered = {one.task.name: one.cron for one in queue.app.periodic_registry.periodic_tasks.values()}
    assert registered[name] == cron
    wallet, _ = expiring(home, 1)
    task.func(timestamp=0)
    with home.work() as work:
        assert ledger.balances(work, [wallet])[wallet].held == (0 if name == wiring.EXPIRE else 10)


def test_the_check_sees_one_moment_while_others_book(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer that is committed in the middle of it looks like no fault."""
    wallet, _ = expiring(home, 1)
    real = ledger.checking.walking.counted  # type: ignore[attr-defined]  the module behind the use case

    def counted(session: object) -> object:
        with home.work() as work:
            ledger.post(work, pay(f"meanwhile {wallet}", BANK, wallet, 7))
        return real(session)

    monkeypatch.setattr(ledger.checking.walking, "counted", counted)  # type: ignore[attr-defined]  as above
    assert wiring.check(home).problems == ()
    with home.work() as work:
        assert ledger.balances(work, [wallet])[wallet].posted == 107


def test_to_forget_a_person_touches_nothing_in_the_book(work: Work, tmp_path: Path) -> None:
    """The book has ids alone; that money was paid stays on record, as tax law wants it."""
    me = replace(people.operator(work.tenant_id), kind=ActorKind.PERSON, id=work.ids.new(), grants=())
    wallet = f"person:{me.id}:cash"
    ledger.open_accounts(work, (wallet, Asset.CNY), (BANK, Asset.CNY))
    ledger.post(work, pay("mine", BANK, wallet, 100))
    before = ledger.end(work)
    asked = people.ask_erasure(work, me, "请删除")
    keepers = retention.keepers(BlobStore(tmp_path / "blobs"))
    done = people.erase(work, people.operator(work.tenant_id), keepers, asked.id, reason="本人申请")
    assert done.state.value == "done"
    assert ledger.end(work) == before
    assert ledger.balances(work, [wallet])[wallet].posted == 100
    assert ledger.check(work).whole
    tables = [one for name, one in Base.metadata.tables.items() if name.startswith("ledger_")]
    assert len(tables) == 5
    named = {column.name for table in tables for column in table.columns}
    assert named & {"name", "login", "phone", "email", "person_id"} == set()
