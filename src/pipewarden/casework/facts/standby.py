"""What a shift of standing by says of a site beside its check-ins: one that did not come, and gas in the air."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from typing import Literal
from uuid import UUID  # noqa: TC003  as above


@dataclass(frozen=True, slots=True)
class StandbyMissed:
    """A check-in that was due did not come: somebody finds out why (domain.md 4.3 row 9).

    Attributes:
        missed_id: of the missed check-in; each is owed for itself.
        shift_id: whose shift it fell into.
        check_by: by when it should have come.
    """

    missed_id: UUID
    shift_id: UUID
    check_by: datetime
    kind: Literal["standby_missed"] = "standby_missed"


@dataclass(frozen=True, slots=True)
class GasFound:
    """A person has read more gas than the policy of the day allows: danger, whatever the zone.

    Attributes:
        gas_ppm: volume parts per million, as the instrument said.
        limit_ppm: from which on it is danger, by the policy of that day.
    """

    gas_ppm: float
    limit_ppm: float
    words: str
    kind: Literal["gas_found"] = "gas_found"
