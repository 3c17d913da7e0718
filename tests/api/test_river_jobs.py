"""The queue is given few jobs however many people report: counted in the database, nothing depends on time."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from pipewarden.dedupe import service as dedupe
from pipewarden.kit.db import make_engine
from pipewarden.kit.work import LANES
from pipewarden.main import queue
from pipewarden.main.queue import DRAIN, PACE_S, paced
from pipewarden.main.web import serving
from pipewarden.main.web.serving import wake
from pipewarden.people import service as people
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from pipewarden.kit.postgres import Urls

COUNTER = """
CREATE TABLE counted_jobs (task text);
GRANT SELECT ON counted_jobs TO pipewarden_app;
CREATE FUNCTION count_jobs() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  'BEGIN INSERT INTO counted_jobs VALUES (NEW.task_name); RETURN NULL; END';
CREATE TRIGGER count_jobs AFTER INSERT ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION count_jobs();
"""
UNDONE = "DROP TRIGGER count_jobs ON procrastinate_jobs; DROP FUNCTION count_jobs; DROP TABLE counted_jobs;"


@pytest.fixture
def deferred(town: Any, api_urls: Urls) -> Iterator[Callable[[], int]]:
    """Count the jobs that are really put into the queue; the worker deletes those that succeeded."""
    town.drain()
    owner = make_engine(api_urls.owner, pool_size=1)
    with owner.begin() as connection:
        connection.execute(text(COUNTER))

    def count() -> int:
        with town.home.work() as work:
            return work.session.scalar(text("SELECT count(*) FROM counted_jobs")) or 0

    yield count
    with owner.begin() as connection:
        connection.execute(text(UNDONE))
    owner.dispose()


def say(town: Any, first: int, count: int) -> list[UUID]:
    """Keep one report each of so many people in one transaction; every third of them sees what the one before saw."""
    with town.home.work() as work:
        events = [
            NewEvent(
                observation=NewObservation(
                    stream=f"person:jobs-{n}",
                    source_id=f"jobs#{n}",
                    kind=ObservationKind.REPORT,
                    picture=b"",
                    picture_name="phone",
                ),
                source="jobs",
                event_id=str(n),
                words="挖机",
                lon=116.61 + (n - (n % 3 == 2)) * 0.002,
                lat=39.42,
                accuracy_m=8.0,
            )
            for n in range(first, first + count)
        ]
        taken = sense.take_all(work, town.home.blobs, people.operator(work.tenant_id), events)
        return [one.observation.id for one in taken]


def test_many_streams_in_many_batches_leave_few_jobs_and_the_drain_empties_everything(
    town: Any, deferred: Callable[[], int]
) -> None:
    ids = [one for batch in range(12) for one in say(town, 10 * batch, 10)]
    assert deferred() <= LANES  # 120 people, 12 transactions, three stages
    town.drain()
    # the judge sees the whole tenant: woken once a lane at most; what sites tell goes through lanes of its own again
    assert deferred() <= 8 * LANES
    with town.home.work() as work:
        assert town.home.registry.behind(work.session, work.tenant_id) == []
        assert not work.session.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'failed'"))
        members = [
            member.observation_id
            for alarm in dedupe.alarms(work, limit=500)
            for member in alarm.members
            if member.observation_id in set(ids)
        ]
    assert sorted(members) == sorted(ids)  # none lost, none twice


def test_one_by_one_is_a_drain_and_the_judges_and_not_a_job_a_stage(town: Any, deferred: Callable[[], int]) -> None:
    for n in range(5):
        say(town, 1000 + n, 1)
        town.drain()
    assert 5 * 2 <= deferred() <= 5 * 3  # and one for whoever is told of the site that was opened


def test_what_nobody_woke_is_found_by_the_sweep(town: Any) -> None:
    say(town, 2000, 3)
    with town.home.work() as work:
        work.session.execute(text("DELETE FROM procrastinate_jobs WHERE status = 'todo'"))
    town.drain()
    with town.home.work() as work:
        assert town.home.registry.behind(work.session, work.tenant_id)
    assert wake(town.home) >= 1
    town.drain()
    assert wake(town.home) == 0


@pytest.mark.parametrize(("task", "spent", "rest"), [(DRAIN, 0.1, 0.8), (DRAIN, 5.0, 0.0), ("another", 0.1, None)])
def test_a_drain_holds_its_hand_for_a_while(
    monkeypatch: pytest.MonkeyPatch, task: str, spent: float, rest: float | None
) -> None:
    now, slept = [100.0], []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def job() -> str:
        now[0] += spent
        return "done"

    monkeypatch.setattr(queue, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(queue, "asyncio", SimpleNamespace(sleep=sleep))
    context: Any = SimpleNamespace(job=SimpleNamespace(task_name=task))
    worker: Any = None
    assert asyncio.run(paced(job, context, worker)) == "done"
    assert pytest.approx(0.9) == PACE_S
    assert slept == ([] if rest is None else [pytest.approx(rest)])


def test_one_worker_cannot_be_given_more_than_the_issue_allows() -> None:
    drains, sweeps = serving._HANDS / PACE_S * 60, (LANES + 1) * 4
    cameras, judging, sites, messages, upkeep = 12 + 12 + 3, 12 + 12 + 12, 12, 30 + 1, 1
    assert drains + sweeps + cameras + judging + sites + messages + upkeep < 500


def test_a_sweep_that_fails_is_tried_again(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    async def give_back(app: Any) -> int:  # noqa: ARG001  as the original
        calls.append("give back")
        if len(calls) == 1:
            raise ConnectionError
        return 0

    async def sleep(seconds: float) -> None:
        assert seconds == serving._SWEEP_S
        if "wake" in calls:
            raise asyncio.CancelledError

    monkeypatch.setattr(serving, "give_back", give_back)
    monkeypatch.setattr(serving, "wake", lambda _home: calls.append("wake"))
    monkeypatch.setattr(serving, "forget_answers", lambda _home: calls.append("forget"))
    # not asyncio's own: a server in another thread of this process would sleep there, too, and end
    monkeypatch.setattr(serving, "asyncio", SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(serving._sweep(town.home))
    assert calls == ["give back", "give back", "wake", "forget"]


def test_a_drain_that_fails_rests_too(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def job() -> None:
        raise ConnectionError

    monkeypatch.setattr(queue, "asyncio", SimpleNamespace(sleep=sleep))
    context: Any = SimpleNamespace(job=SimpleNamespace(task_name=DRAIN))
    worker: Any = None
    with pytest.raises(ConnectionError):
        asyncio.run(paced(job, context, worker))
    assert len(slept) == 1
