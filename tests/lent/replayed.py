"""A river whose clock is moved by hand: what the unit tests of main and the stories both stand on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import open_river

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def lived() -> Iterator[Replay]:
    """A river whose clock is moved by hand, on a home of its own; tests use tenants of their own."""
    clock = SetClock(datetime(2026, 11, 20, tzinfo=UTC))
    with open_home(Settings(), temporary=True, clock=clock) as home, open_river(home) as made:
        yield Replay(made, clock)
