"""The book against its model, for thousands of random operations; the release tier runs more than 100,000 (M1)."""

from __future__ import annotations

from collections import Counter, deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from book_machine import BEGIN, TENANT, Machine, drive, on
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipewarden.kit.clock import SetClock
from pipewarden.kit.db import make_engine
from pipewarden.kit.settings import Settings
from pipewarden.ledger.rules.book import Book
from pipewarden.ledger.service.group import GroupCommit, _Seat
from pipewarden.ledger.store.wire import Wire
from pipewarden.main.home import open_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import LedgerError, Order, Transfer
    from pipewarden.main.home import Home

NOISE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def run(engine: Engine, examples: int, steps: int, *, same: bool = True) -> Counter[str]:
    """Let Hypothesis run the machine and return what was done, by verb and answer; ``same`` steps in every run."""
    here = on(engine)
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=NOISE,
        phases=[Phase.generate, Phase.shrink],
        database=None,
        derandomize=same,
    )
    run_state_machine_as_test(here, settings=how)
    return here.done


def told(capsys: pytest.CaptureFixture[str], done: Counter[str]) -> int:
    """Print the counts and return how many operations they are."""
    operations = done.total() - done["books"] - done["sent ahead"]
    with capsys.disabled():
        print(f"\n{operations} operations in {done['books']} books, 0 breaches: {dict(done)}")  # noqa: T201
    return operations


def test_the_book_agrees_with_its_model(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(engine, 15, 15) + drive(on(engine), books=20, steps=30)
    assert told(capsys, done) > 5_000
    for verb in ("posted", "pending", "post", "void", "expire", "reverse", "retried", "crashed"):
        assert done[verb] > 20, verb
    for refusal in ("FundsError", "OrderError", "ClosedError", "KeyReusedError"):
        assert done[f"refused: {refusal}"] > 20, refusal
        assert done[f"refused whole: {refusal}"] > 5, refusal


@pytest.fixture(scope="module")
def house() -> Iterator[Home]:
    """A home of its own whose book is begun anew again and again, by a clock that stands."""
    with open_home(Settings(), temporary=True, clock=SetClock(BEGIN)) as home:
        yield home


def _while_writing(patch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """Return a list of what is done whenever a batch is on its way to the database."""
    found: list[Callable[[], None]] = []
    real = Wire.collect

    def collect(self: Wire) -> bool:
        for one in found:
            one()
        return real(self)

    patch.setattr(Wire, "collect", collect)
    return found


def _led(group: GroupCommit) -> bool:
    """Do what whoever has the lead does, and say whether the next batch was sent ahead."""
    batch, group._sent = group._sent, []
    sent = bool(batch)
    if not sent:
        group._take(batch, all_=True)
    group._commit(group._book, batch, sent=sent)
    group._send_ahead()
    return bool(group._sent)


def grouped(house: Home, patch: pytest.MonkeyPatch) -> type[Machine]:
    """The machine whose orders really commit: by group commit each on its own merit, by others' transactions else."""
    engine = make_engine(house.urls().owner)

    writing = _while_writing(patch)

    class Grouped(Machine):
        def _open(self) -> None:
            with engine.begin() as connection:
                names = ("accounts", "transfers", "postings", "holds", "chain")
                connection.execute(text(f"TRUNCATE {', '.join(f'ledger_{one}' for one in names)}"))
            house.factory.clock.moment = BEGIN  # type: ignore[attr-defined]  the clock that stands
            self.clock = house.factory.clock  # type: ignore[assignment]  as above
            self.group = GroupCommit(house.factory, TENANT)

        def _close(self) -> None:
            self.group.close()
            engine.dispose()

        @contextmanager
        def _begin(self) -> Iterator[Work]:
            with house.factory.begin(TENANT) as work:
                yield work

        def _each(self, orders: Sequence[Order]) -> Sequence[Transfer | LedgerError]:
            """Those whose order can be decided at once come while the batch before them is being written."""
            seats, rest = [_Seat(TENANT, one, house.factory.ids.new()) for one in orders], deque[_Seat]()
            rest.extend(seats)

            def come() -> None:
                """Let a run of callers come who are decided alike, or the book would not take them in this order."""
                known: bool | None = None
                while rest:
                    with self.group._lock:
                        knows = self.group._book is not None and self.group._book.knows(rest[0].order)
                        if known not in {None, knows}:
                            return
                        known = knows
                        self.group._enter(rest.popleft())

            writing.append(come)
            while rest or self.group._waiting or self.group._sent:
                if not self.group._waiting and not self.group._sent:
                    come()
                self.done["sent ahead"] += _led(self.group)
            writing.clear()
            return [one.answer for one in seats]  # type: ignore[misc]  answered

    return Grouped


def test_group_commit_agrees_with_it_too(
    house: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = drive(grouped(house, monkeypatch), books=8, steps=30)
    assert told(capsys, done) > 2_000
    assert done["retried"] > 20
    assert done["refused: ClosedError"] > 20
    assert done["sent ahead"] > 20


def keys_of_refused_orders_are_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("pipewarden.ledger.service.group._refused", lambda _batch: [])


def what_was_written_is_not_remembered(patch: pytest.MonkeyPatch) -> None:
    def bug(self: Book) -> None:
        for one in self.changed():
            one.posted, one.held = one.was
        self.keys, self.targets, self.booked, self.touched, self.listed, self.was = {}, {}, [], {}, 0, self.end

    patch.setattr(Book, "go_on", bug)


def a_moved_chain_is_not_noticed(patch: pytest.MonkeyPatch) -> None:
    real = Wire.collect
    patch.setattr(Wire, "collect", lambda self: real(self) or True)


def rows_are_left_of_what_was_taken_back(patch: pytest.MonkeyPatch) -> None:
    real = GroupCommit._forget

    def bug(self: GroupCommit) -> None:
        rows = self._rows
        real(self)
        self._rows = rows

    patch.setattr(GroupCommit, "_forget", bug)


WRONG = [
    keys_of_refused_orders_are_not_read,
    what_was_written_is_not_remembered,
    a_moved_chain_is_not_noticed,
    rows_are_left_of_what_was_taken_back,
]


@pytest.mark.parametrize("bug", WRONG)
def test_a_memory_that_is_wrong_is_found(
    house: Home, bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises((AssertionError, IntegrityError, RuntimeError)):
        drive(grouped(house, monkeypatch), books=20, steps=20)


@pytest.mark.release
@pytest.mark.timeout(7200)
def test_the_book_agrees_with_its_model_100_000_times(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Other steps in every run; one that fails prints how to repeat it."""
    done: Counter[str] = Counter()
    while done.total() - done["books"] < 100_000:
        done += run(engine, 100, 50, same=False)
    assert told(capsys, done) >= 100_000
