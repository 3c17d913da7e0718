"""A tenant's own version of a shipped policy: a row that is previewed on history before anybody may let it act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads the types of rows
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID


class PolicyKind(StrEnum):
    """Which shipped policies a tenant may have a version of its own of."""

    SUPERVISION = "supervision"
    RISK = "risk"


class VersionState(StrEnum):
    """Where a version stands; one of a kind is active at most, without any the shipped file rules."""

    DRAFT = "draft"
    PREVIEWED = "previewed"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a version would have changed, as it was tried.

    Attributes:
        days: how far back it was tried.
        against: SHA-256 of the text that ruled then; of another one nothing is known.
        result: as ``pipewarden rules preview`` and ``risk backtest`` tell it.
    """

    at: datetime
    days: int
    against: str
    result: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a tenant's own; its text never changes.

    Attributes:
        version: as the text names itself; a name is used once for good.
        sha256: of the text.
        base: version of the shipped file that it was made beside, ``base_sha256`` of its text.
        why: what it is for.
        made_by: ``kind:id`` of who wrote it.
        activated_at: since when it rules, or ruled last; ``activated_by`` whose doing.
        replaced: the version that ruled before it; None where that was the shipped file.
    """

    id: UUID
    tenant_id: UUID
    kind: PolicyKind
    version: str
    text: str
    sha256: str
    base: str
    base_sha256: str
    why: str
    made_by: str
    made_at: datetime
    state: VersionState = VersionState.DRAFT
    previewed: Previewed | None = None
    activated_by: str | None = None
    activated_at: datetime | None = None
    retired_at: datetime | None = None
    replaced: UUID | None = None
