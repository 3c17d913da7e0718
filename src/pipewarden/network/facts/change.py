"""What a delivery changes of a network: pipe by pipe, so that people see it before and after it holds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipewarden.network.facts import PressureClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.network.facts import ImportReport, NetworkVersion

NETWORK_CHANGED = "network.changed"  # fact_id = ChangedBox.id, partition = str(tenant id)

Bounds = tuple[float, float, float, float]


class ChangeKind(StrEnum):
    """What became of a pipe."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a pipe before and after, in words; None where the source said nothing."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class PipeChange:
    """One pipe that differs between two versions; its parts count together.

    Attributes:
        pipe_id: as the newer version has it, the older one's where it was removed.
        fields: which differ; empty where it only moved, was added or removed.
        moved_m: greatest distance between the old and the new line, metres; None where the line is the same.
        class_before: the strictest of its parts; None where it was not there.
        metres_before: along the centre line; 0 of a station and where it was not there.
        before: WKB in WGS-84 of all its parts together; None where it was not there.
        bounds: lon_min, lat_min, lon_max, lat_max over both, WGS-84.
        downgrade: a known class gives way to a weaker one, so that its ranges shrink.
    """

    pipe_id: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    moved_m: float | None
    class_before: PressureClass | None
    class_after: PressureClass | None
    metres_before: float
    metres_after: float
    before: bytes | None
    after: bytes | None
    bounds: Bounds
    downgrade: bool = False


@dataclass(frozen=True, slots=True)
class ClassChange:
    """The changes of one pressure class: the newer one's of what is there, the older one's of what was removed.

    Attributes:
        added: pipes; ``added_km`` along their centre lines.
        changed_km: of the changed ones as they are now.
    """

    pressure_class: PressureClass
    added: int = 0
    added_km: float = 0.0
    changed: int = 0
    changed_km: float = 0.0
    removed: int = 0
    removed_km: float = 0.0


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How a delivery is to be read and what it may do.

    Attributes:
        key: the column that names pipes; None takes the mapping's.
        partial: only what it says is added, changed or removed; else what it does not name is removed.
        operation: the column of a partial delivery that says which; None takes the usual names.
        allow_downgrade: take a delivery that gives a pipe a weaker pressure class.
        allow_parts: take several rows of one id as parts of one pipe although it was one row, or none, before.
    """

    key: str | None = None
    partial: bool = False
    operation: str | None = None
    dry_run: bool = False
    allow_shift: bool = False
    allow_rejected: bool = False
    allow_shrink: bool = False
    allow_downgrade: bool = False
    allow_parts: bool = False


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a delivery changed, or would.

    Attributes:
        imported: the report of the version it makes; its ``version`` is None for a dry run and where nothing changed.
        base: number of the version it was compared with.
        changes: pipe by pipe, the most dangerous first.
        kept: ids whose rows cannot be used and whose pipes stay as they were.
    """

    imported: ImportReport
    base: int
    partial: bool
    changes: tuple[PipeChange, ...]
    summary: tuple[ClassChange, ...]
    kept: tuple[str, ...]

    @property
    def downgrades(self) -> tuple[PipeChange, ...]:
        """Return the pipes whose class becomes weaker."""
        return tuple(one for one in self.changes if one.downgrade)

    def as_json(self) -> dict[str, object]:
        """Return the machine-readable form: counts, classes, downgrades and the import's report."""
        counted = {kind.value: sum(one.kind is kind for one in self.changes) for kind in ChangeKind}
        return {
            "version": self.imported.version,
            "base": self.base,
            "partial": self.partial,
            **counted,
            "downgrades": [
                {"pipe_id": one.pipe_id, "before": one.class_before, "after": one.class_after}
                for one in self.downgrades
            ],
            "kept": list(self.kept),
            "summary": [class_json(one) for one in self.summary],
            "import": self.imported.as_json(),
        }


def class_json(one: ClassChange) -> dict[str, object]:
    """Return the counts of one class as JSON holds them."""
    return {
        "pressure_class": one.pressure_class.value,
        "added": one.added,
        "added_km": one.added_km,
        "changed": one.changed,
        "changed_km": one.changed_km,
        "removed": one.removed,
        "removed_km": one.removed_km,
    }


def read_class(said: Mapping[str, Any]) -> ClassChange:
    """Return what ``class_json`` wrote."""
    return ClassChange(**{**said, "pressure_class": PressureClass(said["pressure_class"])})


@dataclass(frozen=True, slots=True)
class Diff:
    """One page of what a version changed, as far as a reader may see.

    Attributes:
        summary: of all of it, not of the page.
        changes: from ``after`` on; ``last`` is where the next page begins, None on the last one.
    """

    version: NetworkVersion
    base: int
    partial: bool
    summary: tuple[ClassChange, ...]
    changes: tuple[PipeChange, ...]
    last: int | None


@dataclass(frozen=True, slots=True)
class ChangedBox:
    """Ground on which the network is another one since ``at``: who placed something there asks again.

    Attributes:
        bounds: lon_min, lat_min, lon_max, lat_max in WGS-84, the reach of the ranges added.
        after: who works through it in steps has come so far; None at its beginning.
    """

    id: UUID
    tenant_id: UUID
    bounds: Bounds
    at: datetime
    after: UUID | None = None


class SyncState(StrEnum):
    """Where a delivery that came over HTTP stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"  # nothing was written
    FAILED = "failed"  # a fault of ours; nothing was written


@dataclass(frozen=True, slots=True)
class SyncJob:
    """A delivery that came over HTTP.

    Attributes:
        blob: SHA-256 of the file; ``name`` as the sender calls it.
        done: of ``total`` rows read or written.
        report: as ``SyncReport.as_json`` once it is done; the problem with its field and fix where it was refused.
    """

    id: UUID
    tenant_id: UUID
    asked_by: str
    name: str
    blob: str
    crs: str
    mapping: str | None
    regime: str | None
    options: SyncOptions
    state: SyncState
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    total: int = 0
    report: dict[str, object] | None = None
