"""Pay rules: what a kind of work earns, in which asset, how much of it a day, and what must be proved first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta  # noqa: TC003  pydantic reads the types of what is stored
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.ledger.facts import Asset  # noqa: TC001  as above

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.people.facts import Role


class PayKind(StrEnum):
    """What is paid for. Of one kind a case pays once in each asset (safety.md T7)."""

    CLUE = "clue"  # a report that somebody on the spot confirmed
    TASK = "task"  # an answer to a please-check task; how much, the task's own policy says
    REVIEW = "review"  # a person's word about an alarm
    INDOOR_REVIEW = "indoor_review"  # 隐患核价: which hazards a picture of gas at home shows
    PRIORITY = "priority"  # beside a clue: its case was a grave one
    BONUS = "bonus"  # every so many paid clues of one person in a calendar month


@dataclass(frozen=True, slots=True)
class PayRule:
    """One rule.

    Attributes:
        key: names it in ``reward:{case}:{rule}``, for ever.
        amount: units of the asset (0.0001 yuan, or points); None: the fact says it, as a task's points do.
        per_day: rewards of one person in one day, in China; what comes after is capped and never paid.
        verified: what is not verified earns nothing.
        earners: roles that earn it in the tenant; empty: anybody.
        barred: roles that never earn it there: who says what is true, or who pays, is not paid for it.
        levels: of a priority: levels of cases that earn it, 1 is danger.
        every: of a bonus: so many paid clues earn it once.
    """

    key: str
    kind: PayKind
    asset: Asset
    amount: int | None
    per_day: int
    zh: str
    en: str
    verified: bool = True
    earners: frozenset[Role] = frozenset()
    barred: frozenset[Role] = frozenset()
    levels: frozenset[int] = frozenset()
    every: int = 0


@dataclass(frozen=True, slots=True)
class PayEdition:
    """The rules that hold from a moment on: the shipped ones, or a tenant's own.

    Attributes:
        hold: so long a reward waits before it is paid: agreement settles meanwhile (safety.md T8).
        claim: so long a reward without an account waits for somebody who has the report's link.
        claw_back: so long after the payment it may be taken back.
        house_share: of a metered call, in parts of ten thousand; the rest is the expert's.
        admitted: so long an admitted call may take to deliver; then its money is free again.
        own: it is a tenant's, ``why`` it made it.
    """

    version: str
    since: datetime
    hold: timedelta
    claim: timedelta
    claw_back: timedelta
    house_share: int
    admitted: timedelta
    rules: Mapping[str, PayRule]
    own: bool = False
    why: str = ""

    def of(self, kind: PayKind) -> tuple[PayRule, ...]:
        """Return the rules of one kind, one an asset at most."""
        return tuple(one for one in self.rules.values() if one.kind is kind)


@dataclass(frozen=True, slots=True)
class OwnEdition:
    """A tenant's edit, as it is kept: a text that never changes."""

    id: UUID
    tenant_id: UUID
    version: str
    since: datetime
    text: str
    why: str
    made_by: str
    made_at: datetime
