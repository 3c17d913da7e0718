"""The worker's own clock: deadlines are swept again and again, and one that breaks does not stop the next."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pipewarden.main.web import serving
from pipewarden.main.web.serving import _every


def runs(work: list[object], *, pause_s: float = 0.005, least: int = 4) -> int:
    """Let ``_every`` run something until it ran so often, and return how often."""
    count, enough = 0, threading.Event()

    def run() -> None:
        nonlocal count
        count += 1
        if count >= least:
            enough.set()
        fault = work[(count - 1) % len(work)]
        if isinstance(fault, Exception):
            raise fault

    async def go() -> None:
        task = asyncio.create_task(_every(pause_s, run, "a test"))
        await asyncio.to_thread(enough.wait, 10.0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    return count


def test_it_runs_again_and_again() -> None:
    assert runs([None]) >= 4


def test_one_that_breaks_does_not_stop_the_next() -> None:
    assert runs([ValueError("the database went away"), None]) >= 4


def test_it_runs_beside_the_loop_and_never_on_it() -> None:
    seen: set[int] = set()
    done = threading.Event()

    def run() -> None:
        seen.add(threading.get_ident())
        done.set()

    async def go() -> int:
        task = asyncio.create_task(_every(0.01, run, "a test"))
        await asyncio.to_thread(done.wait, 10.0)
        task.cancel()
        return threading.get_ident()

    assert asyncio.run(go()) not in seen


def test_steps_are_served_well_within_ten_seconds() -> None:
    """A step may be ten seconds late: a sweep every two leaves time for a slow one and for the delivery."""
    assert serving._DEADLINES_S <= 2.0
    assert serving._AUDIT_S <= 60.0
    assert ("casework.patrol", "dedupe.patrol_wanted") in serving.ELSEWHERE
