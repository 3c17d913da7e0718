"""What experts build and others call: a capability's line, its versions with their lives, and what one call says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.kit.shares import Share
    from pipewarden.market.facts.metering import Demand


VERSION_CHANGED = "market.version_changed"  # fact_id = id of the version's event, partition = line


class Kind(StrEnum):
    """What a capability is made of."""

    EXAMPLE = "example"  # labelled pictures, frozen features, a linear probe
    QUESTIONS = "questions"  # a question list for the vision judge
    RULE = "rule"  # conditions over values, first that holds
    KNOWLEDGE = "knowledge"  # a text with its clauses
    MODEL = "model"  # one of the platform's own


class Life(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    EVALUATED = "evaluated"
    REVIEWED = "reviewed"
    PRICED = "priced"
    CANARY = "canary"  # answers a share of the calls
    LIVE = "live"
    REPLACED = "replaced"  # a newer one is live; it comes back when that one is rolled back
    ROLLED_BACK = "rolled_back"
    REFUSED = "refused"  # by a reviewer; make another version


class Act(StrEnum):
    """What happened to a version."""

    MADE = "made"
    EVALUATED = "evaluated"
    ASKED = "asked"  # its author wants it reviewed
    ACCEPTED = "accepted"  # by one reviewer
    REVIEWED = "reviewed"  # by as many as it takes
    REFUSED = "refused"
    PRICED = "priced"
    CANARY = "canary"
    LIVE = "live"
    REPLACED = "replaced"
    RESTORED = "restored"
    ROLLED_BACK = "rolled_back"


class Purpose(StrEnum):
    """What a labelled picture is for; it is for one of them for ever."""

    TRAIN = "train"
    FROZEN = "frozen"  # never trained on


@dataclass(frozen=True, slots=True)
class Line:
    """A capability through all its versions: so a demand, a price and a request id outlive a version."""

    id: UUID
    tenant_id: UUID
    slug: str
    kind: Kind
    title: str
    author_id: UUID
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One version; its content never changes.

    Attributes:
        content: as the kind's own form was read.
        figures: of its evaluation; ``card``: what it is, of what data, what it cannot see.
        fitted: what training made of the examples; None for kinds that are not trained.
        frozen: SHA-256 over the frozen set that the figures were measured on.
        price: units of 0.0001 yuan a call.
        percent: of the calls that a canary answers.
    """

    id: UUID
    tenant_id: UUID
    line_id: UUID
    number: int
    content: Mapping[str, object]
    state: Life
    made_at: datetime
    figures: Mapping[str, object] | None = None
    card: Mapping[str, object] | None = None
    fitted: Mapping[str, object] | None = field(default=None, repr=False)
    frozen: str | None = None
    price: int | None = None
    percent: int = 0


@dataclass(frozen=True, slots=True)
class VersionEvent:
    """One thing that happened to a version."""

    id: UUID
    tenant_id: UUID
    version_id: UUID
    seq: int
    at: datetime
    actor_id: UUID | None
    act: Act
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled picture: what the look net saw of it and a masked copy for whoever reviews; never an original.

    Attributes:
        sha256: of the file that was sent, which is not kept.
        source: what it shows or where it comes from; pictures of one source never stand on two sides.
        look: label of the net that made the features.
    """

    id: UUID
    tenant_id: UUID
    line_id: UUID
    purpose: Purpose
    label: str
    source: str
    sha256: str
    look: str
    made_at: datetime
    features: tuple[float, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Contract:
    """How the price of a call is shared from a moment on; parts of ten thousand that sum to it."""

    line_id: UUID
    tenant_id: UUID
    since: datetime
    expert: int
    house: int
    reviewers: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Whom the price of a call goes to: the contract in force, and how many reviewers the version had."""

    contract: Contract
    reviewers: int


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks a capability; which of the two a kind takes is its own business."""

    picture: bytes | None = field(default=None, repr=False)
    given: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What a capability answers.

    Attributes:
        by: the model or the text that says it, with its version.
        abstained: it says that it does not know; it worked, and is paid.
    """

    answer: Mapping[str, object]
    by: str
    abstained: bool = False


@dataclass(frozen=True, slots=True)
class Runnable:
    """What a runner needs of a version, and for whom it runs."""

    tenant_id: UUID
    name: str
    kind: Kind
    content: Mapping[str, object]
    fitted: Mapping[str, object] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A picture as training and review need it."""

    features: NDArray[np.float32]
    look: str
    masked: bytes = field(repr=False)


class CallState(StrEnum):
    """Where one call stands."""

    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"  # it costs nothing and may be asked again


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a capability, once for each (tenant, line, request).

    Attributes:
        request_id: the caller's own; None of a try-out.
        units: what it costs, of 0.0001 yuan; 0 of a try-out and of one that failed.
    """

    id: UUID
    tenant_id: UUID
    line_id: UUID
    version_id: UUID
    demand_id: UUID | None
    request_id: str | None
    sha256: str
    caller: str
    state: CallState
    asked_at: datetime
    units: int = 0
    answered_at: datetime | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    answer: Mapping[str, object] = field(default_factory=dict)
    said_by: str = ""
    abstained: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares of answers that were right, with their intervals.

    Attributes:
        right: of all that were asked; an abstention is not right.
        answered: those that were answered, of all.
        right_of_answered: of those.
        by_label: for each label, of its pictures those that were named so.
    """

    right: Share
    answered: Share
    right_of_answered: Share
    by_label: Mapping[str, Share]


@dataclass(frozen=True, slots=True)
class Headline:
    """The one figure that a version is known by in the shop; the others stand on its page.

    Attributes:
        right: of what it answered, what was right; for cases and questions of everything that was asked.
        answered: of what it was asked, what it answered; None where it always answers.
        basis: ``pictures`` never trained on, ``cases`` that it brings along.
    """

    right: Share
    answered: Share | None
    basis: str


@dataclass(frozen=True, slots=True)
class ShopItem:
    """A line as the shop shows it: the version that answers now, the newest one, and how many calls it answered.

    Attributes:
        sells: what a call is answered by: the live version, else a canary; None where nothing is for sale.
        waits: the newest version that waits for the reader's review; None where none does.
    """

    line: Line
    live: Version | None
    newest: Version
    calls: int
    sells: Version | None = None
    waits: Version | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """What whoever calls must know of a version.

    Attributes:
        takes: ``picture``, ``question`` or ``values``.
        fields: of values: id, type, zh, unit, words.
        says: what ids in the answers mean: id, zh, en.
    """

    takes: str
    fields: tuple[Mapping[str, object], ...]
    says: tuple[Mapping[str, object], ...]


class Aisle(StrEnum):
    """Which part of the shop is looked at."""

    ALL = "all"
    SELLING = "selling"  # a call would be answered
    MINE = "mine"
    REVIEW = "review"  # waits for the reader's review


@dataclass(frozen=True, slots=True)
class Side:
    """What stands between an author and a reviewer, of one of them.

    Attributes:
        employer: folded; empty where none is known.
        conflicts: employers and tenants (ids as text) that they named themselves.
        accounts: hashes of every account that their money ever went to.
    """

    person_id: UUID
    employer: str = ""
    conflicts: frozenset[str] = frozenset()
    accounts: frozenset[str] = field(repr=False, default=frozenset())


@dataclass(frozen=True, slots=True)
class Against:
    """Why somebody may not review a version, as a code and in words."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that a manager should look at before a version sells; it stops nothing by itself.

    Attributes:
        code: ``together`` wrong alike too often as labellers, ``turns`` each accepted the other's work.
        reviewer: which of those who accepted it, from 1.
        same: so often; ``of`` so many; ``expected`` so often by chance.
    """

    code: str
    reviewer: int
    same: int
    of: int
    expected: float


@dataclass(frozen=True, slots=True)
class Standing:
    """How a version stands for whoever reads it.

    Attributes:
        accepted: reviewers who accepted it since it was measured, of ``accepts`` that it takes.
        asked: its author asked for a review since it was measured.
        against: why the reader may not review it; None where they may, or review nothing at all.
        answered: paid calls that it answered, ``failed`` that it did not, of ``least`` that a canary must answer.
        signs: for managers alone.
    """

    accepted: int
    accepts: int
    asked: bool
    against: Against | None
    answered: int
    failed: int
    least: int
    most_percent: int
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Bought:
    """A demand for a line's calls, with what is left of its money; units of 0.0001 yuan."""

    demand: Demand
    left: int
