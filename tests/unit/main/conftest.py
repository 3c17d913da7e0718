"""One open river for the module: models, decoder child and a database of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.replay import Replay
from pipewarden.main.river import River, open_river


@pytest.fixture(scope="session")
def river() -> Iterator[River]:
    """The real river on a temporary home; tests use tenants of their own."""
    with open_home(Settings(), temporary=True) as home, open_river(home) as made:
        yield made


@pytest.fixture(scope="session")
def lived() -> Iterator[Replay]:
    """A river whose clock is moved by hand, on a home of its own; tests use tenants of their own."""
    clock = SetClock(datetime(2026, 11, 20, tzinfo=UTC))
    with open_home(Settings(), temporary=True, clock=clock) as home, open_river(home) as made:
        yield Replay(made, clock)
