"""The post office of the tests of act."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from act_office import Office

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def office(work: Work, clock: SetClock) -> Office:
    return Office(work, clock)
