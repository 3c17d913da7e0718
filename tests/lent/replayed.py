"""A river whose clock is moved by hand: what the unit tests of main and the stories both stand on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main import scan
from pipewarden.main.files import open_sources
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.sense.facts import Camera
    from pipewarden.sim.facts import DemoCamera


@pytest.fixture(scope="session")
def lived() -> Iterator[Replay]:
    """A river whose clock is moved by hand, on a home of its own; tests use tenants of their own."""
    clock = SetClock(datetime(2026, 11, 20, tzinfo=UTC))
    with open_home(Settings(), temporary=True, clock=clock) as home, open_river(home) as made:
        yield Replay(made, clock)


def watch(live: Replay, seen: DemoCamera, camera: Camera, days: int = 0) -> None:
    """Let a camera of the demo take its pictures, so many days later, until no alarm waits for its machine."""
    (source,) = open_sources([str(seen.folder)], every_s=0.0)
    later = [
        replace(one, at=one.at + timedelta(days=days), source_id=f"{days}/{one.source_id}")
        for one in source
        if one.at is not None
    ]
    played = replace(source, frames=live.frames(later))
    scan.run(live.river, [scan.Feed(played, camera, camera.key)], lambda _done, _all: None, chunk=1)
    live.rest()
