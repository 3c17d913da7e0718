"""A reward: somebody earned something by a rule; what became of it is what its events add up to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types of bodies when they are stored
from enum import StrEnum
from typing import Literal
from uuid import UUID  # noqa: TC003  as above

from pipewarden.ledger.facts import Asset  # noqa: TC001  as above
from pipewarden.market.facts.pay import PayKind  # noqa: TC001  as above

REWARD_CHANGED = "market.reward_changed"  # fact_id = RewardEvent.id, partition = tenant; told to whom it concerns


class RewardState(StrEnum):
    """Where a reward stands."""

    WANTED = "wanted"  # written down; money is asked for in the same transaction
    UNFUNDED = "unfunded"  # no budget has enough: it is held in its turn once one has
    UNCLAIMED = "unclaimed"  # reserved; nobody with an account has come with the report's link yet
    HELD = "held"  # the money is on hold until ``pay_at``
    PAID = "paid"
    CAPPED = "capped"  # the day's cap was reached
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody claimed it in time: back in the budget
    CLAWED_BACK = "clawed_back"  # paid, and taken back by entry


OPEN_STATES = frozenset({RewardState.WANTED, RewardState.UNFUNDED, RewardState.UNCLAIMED, RewardState.HELD})
COUNTED_STATES = OPEN_STATES | {RewardState.PAID}  # what counts towards the cap of a day


@dataclass(frozen=True, slots=True)
class Wish:
    """What a slice up-river says: somebody has earned something for a case.

    Attributes:
        case: what it was earned for, as ``site:{uuid}``; with the rule it is paid once and for ever.
        person_id: None where a report came without an account; ``claim_key`` is its report then.
        points: of a task, what its own policy gave.
        verified: whether what was sent is proved.
        at: when it was earned: the rules of that moment hold.
        title: words of the case for a statement, no personal data.
    """

    kind: PayKind
    case: str
    person_id: UUID | None
    at: datetime
    verified: bool = True
    points: int | None = None
    level: int | None = None
    claim_key: UUID | None = None
    site_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reward:
    """A reward as it stands.

    Attributes:
        key: ``reward:{case}:{rule}``, unique in the house for ever.
        edition: version of the rules by which it was earned.
        units: of the asset.
        budget_id: out of which it is paid; None while none pays.
        hold_id: the pending transfer that holds it.
        paid_id: the transfer that paid it.
        site_id: of the case, where it is one: whatever refutes the site refutes the reward.
        claim_key: the report by whose link it can be claimed.
        pay_at: of a held one.
        owed: units that a claw-back did not find in the wallet.
    """

    id: UUID
    tenant_id: UUID
    key: str
    kind: PayKind
    rule: str
    edition: str
    case: str
    site_id: UUID | None
    claim_key: UUID | None
    person_id: UUID | None
    asset: Asset
    units: int
    earned_at: datetime
    state: RewardState
    since: datetime
    budget_id: UUID | None = None
    hold_id: UUID | None = None
    paid_id: UUID | None = None
    pay_at: datetime | None = None
    reason: str = ""
    owed: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody earned it."""

    person_id: UUID | None
    kind: Literal["wanted"] = "wanted"


@dataclass(frozen=True, slots=True)
class Reserved:
    """A budget keeps it for whoever comes with the link, until ``until``."""

    budget_id: UUID
    hold_id: UUID
    until: datetime
    kind: Literal["reserved"] = "reserved"


@dataclass(frozen=True, slots=True)
class Claimed:
    """Somebody with an account came with the report's link."""

    person_id: UUID
    kind: Literal["claimed"] = "claimed"


@dataclass(frozen=True, slots=True)
class Held:
    """The money is on hold for the person until ``pay_at``."""

    budget_id: UUID
    hold_id: UUID
    pay_at: datetime
    kind: Literal["held"] = "held"


@dataclass(frozen=True, slots=True)
class Unfunded:
    """No budget of the tenant has enough."""

    kind: Literal["unfunded"] = "unfunded"


@dataclass(frozen=True, slots=True)
class Capped:
    """The person has had what the rule gives in a day."""

    per_day: int
    kind: Literal["capped"] = "capped"


@dataclass(frozen=True, slots=True)
class Refused:
    """It is not paid: the case was refuted, or a person said so."""

    reason: str
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Paid:
    """It is in the wallet; ``settled`` units of it went at once to what the person owed."""

    transfer_id: UUID
    settled: int = 0
    kind: Literal["paid"] = "paid"


@dataclass(frozen=True, slots=True)
class ClawedBack:
    """It was taken back; ``owed`` units were not in the wallet any more."""

    reason: str
    transfer_id: UUID
    owed: int
    kind: Literal["clawed_back"] = "clawed_back"


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Nobody claimed it in time."""

    kind: Literal["lapsed"] = "lapsed"


RewardBody = Wanted | Reserved | Claimed | Held | Unfunded | Capped | Refused | Paid | ClawedBack | Lapsed


@dataclass(frozen=True, slots=True)
class RewardEvent:
    """Something that happened to a reward; ``actor`` where a person did it."""

    id: UUID
    tenant_id: UUID
    reward_id: UUID
    seq: int
    at: datetime
    actor: str | None
    body: RewardBody


@dataclass(frozen=True, slots=True)
class Debt:
    """What a person owes a tenant after a claw-back: ``left`` of ``units``; later earnings pay the oldest first."""

    id: UUID
    tenant_id: UUID
    reward_id: UUID
    person_id: UUID
    asset: Asset
    units: int
    left: int
    at: datetime
