"""A map on its way in, step by step: looked at, told how to be read, compared, confirmed, made the active version."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

MOST_CHOICES = 40  # labels of one field: a source that needs more has a mapping file


class DraftKind(StrEnum):
    """What is compared."""

    FILE = "file"
    VERSIONS = "versions"


class DraftState(StrEnum):
    """Where a draft stands; of those that end in -ing a worker does the next step."""

    READING = "reading"
    READ = "read"
    COMPARING = "comparing"
    COMPARED = "compared"
    ACTIVATING = "activating"
    ACTIVE = "active"
    UNREADABLE = "unreadable"
    DISCARDED = "discarded"


WAITING = (DraftState.READING, DraftState.COMPARING, DraftState.ACTIVATING)
BEFORE = {DraftState.READING: DraftState.UNREADABLE, DraftState.COMPARING: DraftState.READ,
          DraftState.ACTIVATING: DraftState.COMPARED}  # where a refused step leaves a draft  # fmt: skip


class Guard(StrEnum):
    """What somebody must say yes to by itself before such a map becomes the active one."""

    SHIFT = "shift"
    SHRINK = "shrink"
    REJECTED = "rejected"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """Which column gives an attribute.

    Attributes:
        column: None: the file says nothing of it.
        unit: of its numbers, as mapping files name them; None where the attribute has none.
        labels: the source's word -> what it means, of pressure and kind.
    """

    column: str | None
    unit: str | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """How a person says that a file is to be read.

    Attributes:
        crs: EPSG code, WKT, PROJ string, GCJ-02 or BD-09; never guessed.
        mapping: a shipped mapping; None is the generic one. ``fields`` say otherwise, attribute by attribute.
    """

    crs: str
    jurisdiction: str
    regime: str | None
    mapping: str | None
    fields: tuple[tuple[str, FieldChoice], ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return what ``read_choice`` reads."""
        fields = {name: asdict(one) | {"labels": dict(one.labels)} for name, one in self.fields}
        return {
            **{name: getattr(self, name) for name in ("crs", "jurisdiction", "regime", "mapping")},
            "fields": fields,
        }


def read_choice(said: Mapping[str, Any]) -> Choice:
    """Return what ``as_json`` wrote."""
    fields = (
        (name, FieldChoice(one["column"], one["unit"], tuple(one["labels"].items())))
        for name, one in said["fields"].items()
    )
    return Choice(**{**said, "fields": tuple(fields)})


@dataclass(frozen=True, slots=True)
class Draft:
    """A map on its way in, or two versions beside each other.

    Attributes:
        name: as the sender calls the file; of two versions how they are told.
        blob: SHA-256 of the file; None for two versions.
        found: what stands in the file (``rules.looking``); None until it was read.
        base_id: the version it was compared with; None where there was none.
        version_id: the version that it became, or the newer one of two.
        report: the dry run, as ``ImportReport.as_json`` with counts and classes; ``problem`` why the last step failed.
        done: of ``total`` rows read or written.
    """

    id: UUID
    tenant_id: UUID
    kind: DraftKind
    asked_by: str
    name: str
    blob: str | None
    state: DraftState
    created_at: datetime
    changed_at: datetime
    choice: Choice | None = None
    found: dict[str, Any] | None = None
    base_id: UUID | None = None
    version_id: UUID | None = None
    report: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    confirmed: tuple[Guard, ...] = ()
    why: str = ""
    decided_by: str | None = None
    taken_at: datetime | None = None
    done: int = 0
    total: int = 0

    @property
    def guards(self) -> frozenset[Guard]:
        """Return what the dry run says must be confirmed."""
        return frozenset(Guard(one["guard"]) for one in (self.report or {}).get("guards", ()))
