"""What a worker does with a draft: reads the file, compares it, writes the version; each in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.errors import RefusedError
from pipewarden.network import store
from pipewarden.network.facts import Regime
from pipewarden.network.facts.change import ChangeKind, SyncReport, class_json
from pipewarden.network.facts.draft import BEFORE, Choice, Draft, DraftKind, DraftState, Guard
from pipewarden.network.rules import diff, looking
from pipewarden.network.rules import mapping as mapping_rules
from pipewarden.network.service.drafts import body_of, home
from pipewarden.network.service.imports import active_of, compared, keep, refusals_of, take_file
from pipewarden.network.service.telling import tell_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ImportReport, NetworkVersion, Pipe
    from pipewarden.network.facts.change import PipeChange
    from pipewarden.network.ports import NetworkReader
    from pipewarden.network.rules.rows import Taken

    Progress = Callable[[int, int], None]

_MOST_TOLD = 200  # rows of a report that a person may read; all are counted


def next_draft(work: Work) -> Draft | None:
    """Return the draft of any tenant that waits longest for a worker."""
    return store.drafts.next_draft(work)


def note_draft(work: Work, draft_id: UUID, **values: object) -> None:
    """Write that a worker took a draft, or how far it is."""
    store.drafts.change(work, draft_id, **values)


def fail_draft(work: Work, one: Draft, problem: Mapping[str, object]) -> None:
    """Write why a step failed, and leave the draft where the step began."""
    state = BEFORE[one.state]
    if one.kind is DraftKind.VERSIONS:
        state = DraftState.UNREADABLE
    store.drafts.change(work, one.id, state=state.value, problem=dict(problem), taken_at=None)


def run_draft(
    work: Work, reader: NetworkReader, path: Path | None, one: Draft, progress: Progress | None = None
) -> None:
    """Do the step that a draft waits for, with its file; two versions have none (``path`` is None).

    Raises:
        InputError: the file cannot be read, or not in this way.
        RefusedError: the active version is another one than was compared, or something odd was not confirmed.
    """
    if path is None:
        _compare_two(work, one)
    elif one.state is DraftState.READING:
        found = looking.look(reader.read(path), home(work))
        _done(work, one, DraftState.READ, found=found)
    elif one.state is DraftState.COMPARING:
        _compare(work, reader, path, one, progress)
    else:
        _activate(work, reader, path, one, progress)


def _done(work: Work, one: Draft, state: DraftState, **values: object) -> None:
    store.drafts.change(work, one.id, state=state.value, changed_at=work.now(), taken_at=None, **values)


def _taken(
    work: Work, reader: NetworkReader, path: Path, one: Draft, progress: Progress | None, *, locked: bool
) -> tuple[Taken, ImportReport, NetworkVersion | None, tuple[PipeChange, ...]]:
    """Return what a file holds in the chosen way, its report, the active version and what differs from that."""
    choice = _choice(one)
    mapping = mapping_rules.read_mapping(body_of(choice), "mapping")
    taken, report = take_file(
        reader,
        path,
        crs=choice.crs,
        jurisdiction=choice.jurisdiction,
        regime=None if choice.regime is None else Regime(choice.regime),
        mapping=mapping,
        progress=progress,
    )
    if locked:
        store.lock(work.session, work.tenant_id, report.regime)
    active = active_of(work, report.regime)
    report = compared(work, report, taken.pipes)
    return taken, report, active, diff.compare(_pipes(work, active), taken.pipes)


def _choice(one: Draft) -> Choice:
    if one.choice is None:
        raise RuntimeError("a draft that is compared was told how to be read")
    return one.choice


def _pipes(work: Work, version: NetworkVersion | None) -> list[Pipe]:
    return [] if version is None else store.pipes_of(work.session, work.tenant_id, version.id, with_extra=True)


def _compare(work: Work, reader: NetworkReader, path: Path, one: Draft, progress: Progress | None) -> None:
    _, report, active, changes = _taken(work, reader, path, one, progress, locked=False)
    store.drafts.set_changes(work, one.id, changes)
    base = None if active is None else active.id
    _done(work, one, DraftState.COMPARED, base_id=base, report=report_of(report, active, changes))


def _activate(work: Work, reader: NetworkReader, path: Path, one: Draft, progress: Progress | None) -> None:
    taken, report, active, changes = _taken(work, reader, path, one, progress, locked=True)
    if (None if active is None else active.id) != one.base_id:
        raise RefusedError(
            field="network draft",
            problem="another version became the active one since it was compared",
            fix="Compare it again, and look at what it changes now.",
        )
    lacking = [told for told in guards_of(report, changes) if told[0] not in one.confirmed]
    if lacking:
        raise RefusedError(
            field="confirmed", problem=lacking[0][1], fix="Compare it again, and confirm this by itself."
        )
    version = keep(work, report, taken.pipes, one.name, progress, made_by=one.decided_by, why=one.why)
    if active is not None:
        made = SyncReport(report, active.number, False, changes, diff.summarise(changes), ())  # noqa: FBT003
        store.changes.add_diff(work, version.id, (active.id, active.number), made)
    tell_changed(work, active, version, [change.bounds for change in changes])
    _done(work, one, DraftState.ACTIVE, version_id=version.id)


def _compare_two(work: Work, one: Draft) -> None:
    found = [None if each is None else store.version(work.session, work.tenant_id, each)
             for each in (one.base_id, one.version_id)]  # fmt: skip
    changes = diff.compare(*(_pipes(work, each) for each in found))
    store.drafts.set_changes(work, one.id, changes)
    _done(work, one, DraftState.COMPARED, report=_counted(changes))


def guards_of(report: ImportReport, changes: Sequence[PipeChange]) -> list[tuple[Guard, str]]:
    """Return what about a map must be confirmed by itself, each with what is odd."""
    kinds = (Guard.SHIFT, Guard.SHRINK, Guard.REJECTED)
    told = []
    for kind in kinds:
        on = {f"allow_{each.value}": each is not kind for each in kinds}
        told += [(kind, error.problem) for error in refusals_of(report, **on)]
    weaker = sum(each.downgrade for each in changes)
    if weaker:
        told.append((Guard.DOWNGRADE, f"{weaker} pipes would count as weaker than they do, and their ranges shrink"))
    return told


def _counted(changes: Sequence[PipeChange]) -> dict[str, object]:
    moved = sum(each.kind is ChangeKind.CHANGED and each.moved_m is not None for each in changes)
    counts = {kind.value: sum(each.kind is kind for each in changes) for kind in ChangeKind}
    counts |= {"moved": moved, "changed": counts["changed"] - moved}
    bounds = np.array([each.bounds for each in changes], dtype=np.float64)
    box = shapely.total_bounds(shapely.box(*bounds.T)).tolist() if len(changes) else None
    return {
        **counts,
        "downgrades": sum(each.downgrade for each in changes),
        "summary": [class_json(each) for each in diff.summarise(changes)],
        "box": box,
        "guards": [],
    }


def report_of(report: ImportReport, active: NetworkVersion | None, changes: Sequence[PipeChange]) -> dict[str, object]:
    """Return what a dry run says: how much is added, removed, moved and changed, and what must be confirmed."""
    said = report.as_json()
    return {
        **_counted(changes),
        "base": None if active is None else active.number,
        "accepted": report.accepted,
        "rejected": len(report.rejected),
        "rejected_rows": [{"row": row, "reason": why} for row, why in report.rejected[:_MOST_TOLD]],
        "warnings": len(report.warnings),
        "warning_rows": [{"row": row, "warning": what} for row, what in report.warnings[:_MOST_TOLD]],
        **{name: said[name] for name in ("length_km", "active_length_km", "extent", "crs", "regime", "jurisdiction")},
        **{name: said[name] for name in ("unknown", "shift")},
        "guards": [{"guard": kind.value, "problem": problem} for kind, problem in guards_of(report, changes)],
    }
