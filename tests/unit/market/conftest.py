"""The ground of the market's tests: a town with money, in one rolled-back transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from market_house import House
from market_town import MarketTown

from pipewarden.ledger import service as ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home


@pytest.fixture
def town(work: Work, clock: SetClock) -> Iterator[MarketTown]:
    """A town whose book must be whole at the end of every test."""
    made = MarketTown(work, clock)
    yield made
    found = ledger.check(work)
    assert found.whole, found.problems


@pytest.fixture
def house(home: Home) -> House:
    """A home whose tenants really commit, for what happens side by side."""
    return House(home)
