"""The frozen words of people: every later row hangs on a tenant, from the first migration on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Tenant:
    """One operator of the platform, for instance a city's gas company."""

    id: UUID
    key: str
    name: str
    created_at: datetime
