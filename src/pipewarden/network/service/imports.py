"""Importing a pipe map: all of it or nothing, refused when it moved, one active version per regime."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.network import store
from pipewarden.network.facts import ImportReport, NetworkVersion, PipeMake, PressureClass, Regime
from pipewarden.network.rules import crs as crs_rules
from pipewarden.network.rules import mapping as mapping_rules
from pipewarden.network.rules import packs, rows, shift
from pipewarden.network.service.proposals import settle
from pipewarden.network.service.telling import tell_changed
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Pipe
    from pipewarden.network.ports import NetworkReader
    from pipewarden.network.rules.rows import Taken
    from pipewarden.people.facts import Actor

    Progress = Callable[[int, int], None]

ACTIVATE = "network:activate"
_MOST_REJECTED = 0.5  # more rows lost than kept: a damaged map, not a map with a few bad rows
_LEAST_LENGTH = 0.9  # of the active version: repairs shorten a network by far less, a lost layer by more
_TOLD = 3


def take_file(
    reader: NetworkReader,
    path: Path,
    *,
    crs: str | None,
    jurisdiction: str | None,
    regime: Regime | None,
    mapping: str | mapping_rules.FileMapping | None,
    progress: Progress | None = None,
) -> tuple[Taken, ImportReport]:
    """Read a pipe map without storing it: its pipes, and the report of a dry run without a shift.

    The arguments are those of ``import_network``; ``mapping`` may also be one that was read.

    Raises:
        InputError: as ``import_network``.
    """
    declared = crs_rules.declare(crs)
    place = packs.check_jurisdiction(store.shipped_packs(), jurisdiction)
    law = regime or packs.regime_of(store.shipped_packs(), place)
    if isinstance(mapping, mapping_rules.FileMapping):
        columns = mapping
    else:
        source, body = reader.mapping(mapping)
        columns = mapping_rules.read_mapping(body, source)
    taken = rows.take(reader.read(path), declared, columns, china=place.startswith("CN"), progress=progress)
    told = packs.fallback(store.shipped_packs(), place, law)
    report = ImportReport(
        version=None,
        version_id=None,
        accepted=len(taken.pipes),
        rejected=taken.rejected,
        warnings=(*(() if told is None else ((0, told),)), *taken.warnings),
        length_km=taken.length_km,
        extent=taken.extent,
        crs=declared.name,
        regime=law,
        jurisdiction=place,
        mapping=columns.mapping,
        shift=None,
        unknown=taken.unknown,
        dry_run=True,
    )
    return taken, report


def import_network(
    work: Work,
    reader: NetworkReader,
    path: Path,
    *,
    crs: str | None,
    jurisdiction: str | None,
    regime: Regime | None = None,
    mapping: str | None = None,
    dry_run: bool = False,
    allow_shift: bool = False,
    allow_rejected: bool = False,
    allow_shrink: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a pipe map as the new active version of its regime.

    Args:
        work: the transaction; nothing of a refused import stays when it is rolled back, and nothing is written before
            every check has passed.
        reader: ``adapters.FileReader()``.
        path: the map.
        crs: EPSG code, WKT, PROJ string, GCJ-02 or BD-09; never guessed.
        jurisdiction: a rule pack's name (``CN-HE-langfang``) or ``CN-XX[-city]`` for the national ranges.
        regime: None takes it from the jurisdiction's pack: only ``CN-LONGDISTANCE`` means long distance.
        mapping: name of a shipped mapping or path of a YAML file; None is the generic one.
        dry_run: report only: the shift and length against the active version and ``would_be_refused`` included.
        allow_shift: take a map that moved by more than 20 m.
        allow_rejected: take a map of which more rows had to be left out than could be kept.
        allow_shrink: take a map shorter than 90 % of the active version.
        progress: called with (rows done, rows in all), first for reading, then for writing.

    Raises:
        InputError: no or a wrong reference system, unknown jurisdiction or mapping, unreadable file, no usable row.
        RefusedError: the map moved or shrank, or too many rows are lost.
    """
    taken, report = take_file(
        reader, path, crs=crs, jurisdiction=jurisdiction, regime=regime, mapping=mapping, progress=progress
    )
    if not dry_run:
        store.lock(work.session, work.tenant_id, report.regime)
    report = compared(work, report, taken.pipes)
    refusals = refusals_of(report, allow_rejected=allow_rejected, allow_shift=allow_shift, allow_shrink=allow_shrink)
    if dry_run:
        return replace(report, would_be_refused=tuple(f"{error.field}: {error.problem}" for error in refusals))
    if refusals:
        raise refusals[0]
    before = active_of(work, report.regime)
    made = keep(work, report, taken.pipes, path.name, progress)
    told = [store.boxes_of(work.session, one.id) for one in (before, made) if one is not None]
    tell_changed(work, before, made, [box for boxes in told for box in boxes])
    return replace(report, version=made.number, version_id=made.id, dry_run=False)


def keep(
    work: Work,
    report: ImportReport,
    kept: Sequence[Pipe],
    source: str,
    progress: Progress | None,
    *,
    made_by: str | None = None,
    why: str = "",
) -> NetworkVersion:
    """Write a version with its pipes and make it the active one; call under ``store.lock``."""
    made = NetworkVersion(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        number=store.next_number(work.session, work.tenant_id, report.regime),
        regime=report.regime,
        jurisdiction=report.jurisdiction,
        source=source,
        crs=report.crs,
        accepted=report.accepted,
        length_km=report.length_km,
        extent=report.extent,
        imported_at=work.now(),
        active=False,
        made_by=made_by,
        why=why,
        classes=rows.classes(kept),
    )
    told = replace(report, version=made.number, version_id=made.id, dry_run=False)
    store.add_version(work.session, made, report.mapping, told.as_json())
    store.add_pipes(work.session, work.tenant_id, made.id, kept, progress)
    store.activate(work.session, work.tenant_id, report.regime, made.id)
    settle(work, made)
    return replace(made, active=True)


def active_of(work: Work, regime: Regime) -> NetworkVersion | None:
    """Return the active version of a regime."""
    return next((v for v in store.active_versions(work.session, work.tenant_id) if v.regime is regime), None)


def compared(work: Work, report: ImportReport, new: tuple[Pipe, ...]) -> ImportReport:
    """Return the report with the shift against the active version of its regime, and that version's length."""
    active = active_of(work, report.regime)
    if active is None:
        return report
    moved = shift.measure(store.pipes_of(work.session, work.tenant_id, active.id), new)
    return replace(report, shift=moved, active_length_km=active.length_km)


def refusals_of(
    report: ImportReport, *, allow_rejected: bool, allow_shift: bool, allow_shrink: bool
) -> list[RefusedError]:
    """Return why a map must not become the active version."""
    checks = ((_lost, allow_rejected), (_moved, allow_shift), (_shrunk, allow_shrink))
    return [error for check, allowed in checks if not allowed and (error := check(report)) is not None]


def _lost(report: ImportReport) -> RefusedError | None:
    lost, whole = len(report.rejected), len(report.rejected) + report.accepted
    if lost <= _MOST_REJECTED * whole:
        return None
    told = "; ".join(f"row {row}: {reason}" for row, reason in report.rejected[:_TOLD])
    return RefusedError(
        field="rejected rows",
        problem=f"{lost} of {whole} rows cannot be used ({told}{'; …' if lost > _TOLD else ''}), and a pipe left out "
        "would read as outside",
        fix="Correct them (--dry-run lists all), or import without them by --allow-rejected; nothing was written.",
    )


def _moved(report: ImportReport) -> RefusedError | None:
    moved = report.shift
    if moved is None or moved.median_m <= shift.LIMIT_M:
        return None
    return RefusedError(
        field=crs_rules.FIELD,
        problem=f"the map lies {moved.median_m:.0f} m away from the active version (median of {moved.matched} compared "
        f"by {moved.by}), more than {shift.LIMIT_M:.0f} m",
        fix="Check the declared reference system; give --allow-shift if the map is right. Nothing was written.",
    )


def _shrunk(report: ImportReport) -> RefusedError | None:
    before = report.active_length_km
    if before is None or report.length_km >= _LEAST_LENGTH * before:
        return None
    return RefusedError(
        field="length",
        problem=f"the map has {report.length_km:.3f} km of pipe, the active version {before:.3f} km, and a pipe "
        "that is missing would read as outside",
        fix="Export the whole network; give --allow-shrink if so much was taken out. Nothing was written.",
    )


def versions(work: Work) -> list[NetworkVersion]:
    """Return the tenant's versions, newest first within each regime."""
    return store.versions(work.session, work.tenant_id)


def pipes(work: Work, version_id: UUID) -> list[Pipe]:
    """Return the pipes of a version, the source's other columns included: for maps and exports."""
    return store.pipes_of(work.session, work.tenant_id, version_id, with_extra=True)


def classes(work: Work, wanted: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], PressureClass]:
    """Return the pressure class of pipes named by version and id, the strictest where parts of one pipe differ.

    Pipes that the tenant does not have are left out.
    """
    if not wanted:
        return {}
    known = store.classes(work.session, work.tenant_id, {one for one, _ in wanted}, {name for _, name in wanted})
    order = list(PressureClass)  # unknown, the last, counts as the strictest
    return {(version_id, name): cls for version_id, name, cls in sorted(known, key=lambda one: order.index(one[2]))}


def makes(work: Work, wanted: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], tuple[PipeMake, ...]]:
    """Return what the map says of pipes named by version and id, one for each different part of a pipe.

    Pipes that the tenant does not have are left out.
    """
    if not wanted:
        return {}
    found: dict[tuple[UUID, str], tuple[PipeMake, ...]] = {}
    names = {one for one, _ in wanted}, {name for _, name in wanted}
    for version_id, name, make in store.makes(work.session, work.tenant_id, *names):
        found[version_id, name] = (*found.get((version_id, name), ()), make)
    return {key: parts for key, parts in found.items() if key in wanted}


def rollback(work: Work, regime: Regime) -> NetworkVersion:
    """Make the version before the active one active again and return it; later versions stay stored.

    Raises:
        RefusedError: nothing is active, or there is no earlier version.
    """
    store.lock(work.session, work.tenant_id, regime)
    mine = [v for v in store.versions(work.session, work.tenant_id) if v.regime is regime]
    active = next((v for v in mine if v.active), None)
    earlier = next((v for v in mine if active is not None and v.number < active.number), None)
    if earlier is None:
        raise RefusedError(
            field="network rollback",
            problem=f"there is no earlier {regime.value} version to go back to",
            fix="See the versions with `pipewarden network versions`, or import the right map.",
        )
    return _back(work, active, earlier)


def activate_version(work: Work, actor: Actor, version_id: UUID, *, seen: UUID | None, why: str) -> NetworkVersion:
    """Make a stored version the active one of its regime, mostly the one before; later versions stay stored.

    ``seen`` is the version that the actor saw to be the active one.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such version.
        RefusedError: it is active already, or another one is active than the actor saw.
    """
    people.require_row(actor, ACTIVATE, ScopedRow(work.tenant_id), "network")
    wanted = people.visible(store.version(work.session, work.tenant_id, version_id), "network version")
    store.lock(work.session, work.tenant_id, wanted.regime)
    active = active_of(work, wanted.regime)
    if active is not None and active.id == wanted.id:
        raise RefusedError(field="version", problem="is the active one already", fix="Nothing is to be done.")
    if (None if active is None else active.id) != seen:
        raise RefusedError(
            field="seen", problem="another version is active by now", fix="Read the versions again, and decide anew."
        )
    by, now = f"{actor.kind}:{actor.id}", work.now()
    store.choose(work.session, wanted.id, by, now, why)
    made = _back(work, active, wanted)
    details = {"from": None if active is None else active.number, "to": wanted.number, "why": why}
    people.record(work, actor, "network.version_activated", ("network_version", wanted.id), details)
    return replace(made, chosen_by=by, chosen_at=now, chosen_why=why)


def _back(work: Work, active: NetworkVersion | None, wanted: NetworkVersion) -> NetworkVersion:
    """Make a stored version the active one and tell where the map is another; call under ``store.lock``."""
    store.activate(work.session, work.tenant_id, wanted.regime, wanted.id)
    told = [store.boxes_of(work.session, one.id) for one in (active, wanted) if one is not None]
    tell_changed(work, active, wanted, [box for boxes in told for box in boxes])
    return replace(wanted, active=True)
