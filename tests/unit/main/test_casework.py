"""Casework in the running house: how often the clock looks for alarms that wait, one worker at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from procrastinate import App
from procrastinate.testing import InMemoryConnector

from pipewarden.casework import jobs
from pipewarden.kit.emit import Registry
from pipewarden.main import casework
from pipewarden.main.queue import Queue

if TYPE_CHECKING:
    import pytest

    from pipewarden.main.home import Home


def test_the_clock_looks_for_waiting_alarms_one_worker_at_a_time(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(app=App(connector=InMemoryConnector()), deferring=home.queue.deferring)
    fresh = replace(home, queue=queue, registry=Registry(defer=home.registry.defer))
    casework.register(queue, fresh)
    task = queue.app.tasks[casework.LOOK]
    assert (task.queue, task.lock, task.queueing_lock) == (casework.CASEWORK, casework.LOOK, casework.LOOK)
    periodic = {key[0]: one.cron for key, one in queue.app.periodic_registry.periodic_tasks.items()}
    assert periodic == {casework.LOOK: "* * * * * */5", casework.DAYS: "*/5 * * * *", casework.LISTS: "0 22 * * *"}
    asked: list[object] = []
    monkeypatch.setattr(jobs, "look_for_waiting", lambda begin: asked.append(begin) or 7)
    assert task.func(timestamp=0) == 7
    assert asked == [home.factory.begin]
    daily = queue.app.tasks[casework.LISTS]
    assert (daily.queue, daily.lock, daily.queueing_lock) == (casework.CASEWORK, casework.LISTS, casework.LISTS)
    monkeypatch.setattr(jobs, "audit_lists", lambda begin: asked.append(begin) or 3)
    assert daily.func(timestamp=0) == 3
    assert asked == [home.factory.begin] * 2
    monkeypatch.setattr(jobs, "ask_days", lambda begin: asked.append(begin) or 3)
    days = queue.app.tasks[casework.DAYS]
    assert (days.queue, days.lock, days.queueing_lock) == (casework.CASEWORK, casework.DAYS, casework.DAYS)
    assert days.func(timestamp=0) == 3
