"""What happens at the same moment: many guesses, many entries, many people for one place on the roster.

These really commit, from several threads, and clean up behind themselves.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from pipewarden.kit.errors import InputError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import Work
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, NewPerson, SignedIn
from pipewarden.people.store.people import PersonRow
from pipewarden.people.store.record import AuditRow
from pipewarden.people.store.signin import AttemptRow, CredentialRow, SessionRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine
    from tests.unit.people.conftest import CountingHasher

    from pipewarden.kit.clock import SetClock
    from pipewarden.people.facts import Person
    from pipewarden.people.service import Gate

PASSWORD = "three herons over ice"  # noqa: S105  a test's own
CHAIN = UUID(int=0xABCDEF)


@pytest.fixture
def committed(engine: Engine, clock: SetClock) -> Iterator[Callable[[UUID, Callable[[Work], object]], object]]:
    """Run something in a transaction of its own and commit it."""
    ids = Uuid7Source(clock)

    def run(tenant_id: UUID, act: Callable[[Work], object]) -> object:
        with Session(engine) as session, session.begin():
            return act(Work(session=session, clock=clock, ids=ids, tenant_id=tenant_id))

    yield run
    with Session(engine) as session, session.begin():
        session.execute(delete(SessionRow))
        session.execute(delete(CredentialRow))
        session.execute(delete(AttemptRow))
        session.execute(delete(PersonRow))
        session.execute(delete(AuditRow).where(AuditRow.tenant_id.in_([PLATFORM, CHAIN])))


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """Call ``act`` from ``count`` threads that start together."""
    start = threading.Barrier(count)

    def go(number: int) -> object:
        start.wait(timeout=30)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(go, range(count)))


def test_parallel_guesses_get_no_more_tries_than_one_after_another(
    committed: Callable[..., object], gate: Gate, hasher: CountingHasher
) -> None:
    def add(work: Work) -> Person:
        return service.add_person(
            work, gate, service.operator(), NewPerson("raced", "Raced", PASSWORD, must_change=False)
        )

    committed(PLATFORM, add)
    hasher.checks.clear()
    guesses = at_once(
        12,
        lambda number: committed(
            PLATFORM,
            lambda work: service.sign_in(work, gate, "raced", f"wrong password {number}", source=f"10.0.0.{number}"),
        ),
    )
    assert not any(isinstance(guess, SignedIn) for guess in guesses)
    assert len(hasher.checks) == 5, "four free failures, a fifth that locks, and nobody after"
    assert sum(guess.retry_after.total_seconds() > 0 for guess in guesses) == 8
    late = committed(PLATFORM, lambda work: service.sign_in(work, gate, "raced", PASSWORD, source="10.0.1.1"))
    assert not isinstance(late, SignedIn)


def test_parallel_entries_make_one_chain(committed: Callable[..., object]) -> None:
    def write(number: int) -> None:
        for turn in range(5):
            committed(
                CHAIN,
                lambda work, turn=turn: service.record(
                    work, service.operator(), "thing.done", ("thing", f"{number}.{turn}")
                ),
            )

    at_once(6, write)
    end = committed(CHAIN, service.anchor)
    assert end.seq == 30
    assert committed(CHAIN, lambda work: service.verify(work, end)) is None


def test_one_login_goes_to_one_of_many(committed: Callable[..., object], gate: Gate) -> None:
    def add(number: int) -> str:
        try:
            committed(
                PLATFORM,
                lambda work: service.add_person(
                    work, gate, service.operator(), NewPerson("wanted", f"Person {number}", None)
                ),
            )
        except InputError as error:
            return error.problem
        return "added"

    assert sorted(at_once(6, add)) == ["added"] + ["is taken"] * 5


def test_a_failed_attempt_counts_only_when_the_caller_commits(
    committed: Callable[..., object], gate: Gate, engine: Engine
) -> None:
    """Why a refusal is returned: what is raised takes its count along."""

    def refused(work: Work) -> None:
        service.sign_in(work, gate, "ghost", "wrong password 1", source="10.0.0.1")
        raise RuntimeError("the edge turned it into an exception too early")

    with pytest.raises(RuntimeError):
        committed(PLATFORM, refused)
    with Session(engine) as session:
        assert session.query(AttemptRow).count() == 0
    committed(PLATFORM, lambda work: service.sign_in(work, gate, "ghost", "wrong password 1", source="10.0.0.1"))
    with Session(engine) as session:
        assert session.query(AttemptRow).count() == 2
