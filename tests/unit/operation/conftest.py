"""A tenant with a post office in memory, a machine that is whatever a test says, an outside that hears or does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from act_office import Office
from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@dataclass
class Machine:
    """Implements ``operation.ports.Machine`` by what is written into it."""

    left: int = 10 << 30
    needed: int = 1 << 30
    head: bool = True
    ticks: float = 0.0

    def free(self) -> int:
        return self.left

    def reserve(self) -> int:
        return self.needed

    def at_head(self, session: Session) -> bool:  # noqa: ARG002  the port names it
        return self.head

    def elapsed(self) -> float:
        self.ticks += 0.002
        return self.ticks


@dataclass
class Outside:
    """Implements ``operation.ports.Outside``."""

    set_up: bool = True
    refuses: str | None = None
    heard: list[bytes] = field(default_factory=list)

    def tell(self, words: bytes) -> str | None:
        self.heard.append(words)
        return self.refuses


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def office(work: Work, clock: SetClock) -> Office:
    return Office(work, clock)


@pytest.fixture
def told(work: Work) -> object:
    """Return what people's message centres say, as (urgency, title)."""

    def read() -> list[tuple[str, str]]:
        found = work.session.execute(
            text("SELECT urgency, title FROM act_calls WHERE tenant_id = :id ORDER BY id"), {"id": work.tenant_id}
        )
        return [(urgency, title) for urgency, title in found]

    return read
