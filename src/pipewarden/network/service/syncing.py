"""A delivery against the active version: compared, guarded, and applied whole as a new version, or not at all."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import store
from pipewarden.network.facts import ImportReport, Kind, NetworkVersion
from pipewarden.network.facts.change import Diff, PipeChange, SyncReport
from pipewarden.network.rules import crs as crs_rules
from pipewarden.network.rules import delivery, diff, rows, shift
from pipewarden.network.rules import mapping as mapping_rules
from pipewarden.network.rules.rows import Taken
from pipewarden.network.service.imports import active_of, keep, refusals_of
from pipewarden.network.service.telling import tell_changed
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Layer, Pipe, Regime
    from pipewarden.network.facts.change import SyncOptions
    from pipewarden.network.ports import NetworkReader
    from pipewarden.network.rules.mapping import FileMapping
    from pipewarden.people.facts import Actor

    Progress = Callable[[int, int], None]

READ = "network:read"
_NOTHING = Taken((), (), (), 0.0, (0.0, 0.0, 0.0, 0.0))
_TOLD = 3


def sync(
    work: Work,
    reader: NetworkReader,
    path: Path,
    *,
    crs: str | None,
    options: SyncOptions,
    mapping: str | None = None,
    regime: Regime | None = None,
    source: str | None = None,
    progress: Progress | None = None,
) -> SyncReport:
    """Compare a delivery with the active version by pipe and make what comes of it the new active version.

    The same delivery again changes nothing and makes no version. A pipe whose row cannot be used stays as it was.

    Args:
        work: the transaction; nothing of a refused delivery is written.
        reader: ``adapters.FileReader()``.
        path: the delivery, in any format an import takes.
        crs: EPSG code, WKT, PROJ string, GCJ-02 or BD-09; never guessed.
        options: how it is read, and which guards the caller takes off.
        mapping: name of a shipped mapping or path of a YAML file; None is the generic one.
        regime: which network; needed only where the tenant has both.
        source: the delivery's name, where ``path`` is not called so.
        progress: called with (rows done, rows in all), first for reading, then for writing.

    Raises:
        InputError: as ``import_network``; also ids or operations by which nothing can be compared.
        RefusedError: nothing is active yet; a guard of the import; a pressure class becomes weaker.
    """
    declared = crs_rules.declare(crs)
    regime = regime or _only_regime(work)
    base = _base(work, regime, locked=not options.dry_run)
    before = store.pipes_of(work.session, work.tenant_id, base.id, with_extra=True)
    name, body = reader.mapping(mapping)
    layer = reader.read(path)
    columns = delivery.with_key(mapping_rules.read_mapping(body, name), options.key, layer.columns)
    said = delivery.part(layer, columns, options)
    taken = _NOTHING
    if said.layer is not None:
        china = base.jurisdiction.startswith("CN")
        taken = _in_file(rows.take(said.layer, declared, columns, china=china, progress=progress), said.rows)
    delivery.check_ids(before, taken.pipes, options)
    kept = _kept(layer, columns, taken)
    taken = _whole(taken, kept, {one.pipe_id for one in before})
    after = delivery.compose(before, taken.pipes, partial=options.partial, removed=said.removed, kept=kept)
    _require_some(after)
    changes = diff.compare(before, after)
    report = replace(
        _imported(base, taken, after),
        crs=declared.name,
        mapping=columns.mapping,
        shift=shift.measure(before, _comparable(before, taken.pipes, partial=options.partial)),
    )
    report = _warned(report, before, said.removed, kept)
    made = SyncReport(report, base.number, options.partial, changes, diff.summarise(changes), kept)
    refusals = _refusals(made, len(taken.pipes), options)
    if options.dry_run:
        told = tuple(f"{error.field}: {error.problem}" for error in refusals)
        return replace(made, imported=replace(report, would_be_refused=told))
    if refusals:
        raise refusals[0]
    if not changes:
        return replace(made, imported=replace(report, dry_run=False))
    version = keep(work, report, after, source or path.name, progress)
    store.changes.add_diff(work, version.id, (base.id, base.number), made)
    tell_changed(work, base, version, [one.bounds for one in changes])
    return replace(made, imported=replace(report, version=version.number, version_id=version.id, dry_run=False))


def _base(work: Work, regime: Regime, *, locked: bool) -> NetworkVersion:
    if locked:
        store.lock(work.session, work.tenant_id, regime)
    found = active_of(work, regime)
    if found is None:
        raise _no_base(regime)
    return found


def _only_regime(work: Work) -> Regime:
    active = store.active_versions(work.session, work.tenant_id)
    if len(active) == 1:
        return active[0].regime
    if not active:
        raise _no_base(None)
    raise InputError(
        field="--regime", problem="there are networks of both regimes", fix="Say city_gas or long_distance."
    )


def _no_base(regime: Regime | None) -> RefusedError:
    which = "" if regime is None else f"{regime.value} "
    return RefusedError(
        field="network sync",
        problem=f"there is no active {which}network to compare with",
        fix="Import the whole network once: `pipewarden network import`.",
    )


def _in_file(taken: Taken, numbers: tuple[int, ...]) -> Taken:
    """Return what was taken with its rows numbered as in the file, where some rows only removed."""
    return replace(
        taken,
        pipes=tuple(replace(one, row=numbers[one.row - 1]) for one in taken.pipes),
        rejected=tuple((numbers[row - 1], why) for row, why in taken.rejected),
        warnings=tuple((numbers[row - 1] if row else 0, what) for row, what in taken.warnings),
    )


def _kept(layer: Layer, columns: FileMapping, taken: Taken) -> tuple[str, ...]:
    """Return the ids that an unusable row names; a row that only says another once more takes nothing away."""
    lost = [row - 1 for row, why in taken.rejected if not why.startswith(rows.SAID_TWICE)]
    return tuple(sorted({one for one in delivery.ids_of(layer, columns, lost) if one is not None}))


def _whole(taken: Taken, kept: tuple[str, ...], known: set[str]) -> Taken:
    """Return what was taken without the rest of pipes that stay as they were: half a pipe is not delivered."""
    stays = known.intersection(kept)
    return replace(taken, pipes=tuple(one for one in taken.pipes if one.pipe_id not in stays))


def _require_some(after: tuple[Pipe, ...]) -> None:
    if not after:
        raise RefusedError(
            field="network sync",
            problem="the delivery removes every pipe",
            fix="Check it: a network without pipes warns of nothing.",
        )


def _comparable(before: list[Pipe], delivered: tuple[Pipe, ...], *, partial: bool) -> tuple[Pipe, ...]:
    """Return the pipes by which a shift is measured: a partial delivery's new ones lie where no pipe lay."""
    if not partial:
        return delivered
    known = {one.pipe_id for one in before}
    return tuple(one for one in delivered if one.pipe_id in known) or delivered


def _imported(base: NetworkVersion, taken: Taken, after: tuple[Pipe, ...]) -> ImportReport:
    whole = Taken(after, taken.rejected, taken.warnings, *_measured(after))
    return ImportReport(
        version=None,
        version_id=None,
        accepted=len(after),
        rejected=taken.rejected,
        warnings=taken.warnings,
        length_km=whole.length_km,
        extent=whole.extent,
        crs=base.crs,
        regime=base.regime,
        jurisdiction=base.jurisdiction,
        mapping="",
        shift=None,
        unknown=whole.unknown,
        dry_run=True,
        active_length_km=base.length_km,
    )


def _measured(after: tuple[Pipe, ...]) -> tuple[float, tuple[float, float, float, float]]:
    shapes = shapely.from_wkb([one.geometry for one in after])
    is_pipe = [one.kind is Kind.PIPE for one in after]
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return rows.length_km(shapes[is_pipe]), (west, south, east, north)


def _warned(report: ImportReport, before: list[Pipe], removed: frozenset[str], kept: tuple[str, ...]) -> ImportReport:
    known = {one.pipe_id for one in before}
    told = [(0, f"{one} cannot be used as it came, and stays as it was") for one in kept if one in known]
    told += [(0, f"{one} is to be removed, but is not there") for one in sorted(removed - known)]
    return replace(report, warnings=(*told, *report.warnings))


def _refusals(made: SyncReport, delivered: int, options: SyncOptions) -> list[RefusedError]:
    found = refusals_of(
        replace(made.imported, accepted=delivered),
        allow_rejected=options.allow_rejected,
        allow_shift=options.allow_shift,
        allow_shrink=options.allow_shrink,
    )
    weaker = made.downgrades
    if weaker and not options.allow_downgrade:
        told = ", ".join(f"{one.pipe_id} ({one.class_before} to {one.class_after})" for one in weaker[:_TOLD])
        error = RefusedError(
            field="pressure class",
            problem=f"DANGER: {len(weaker)} pipes would count as weaker than they do ({told}"
            f"{', …' if len(weaker) > _TOLD else ''}), and their protection ranges shrink",
            fix="Have the operator confirm each; give --allow-downgrade when it is right. Nothing was written.",
        )
        found.insert(0, error)
    return found


def network_diff(work: Work, actor: Actor, version_id: UUID, *, after: int = 0, limit: int = 50) -> Diff:
    """Return what a version changed, as far as the actor's ground reaches; the summary is of all of that.

    Lengths are those of the part that lies on that ground; no geometry is in what ``http`` answers with.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no network, or there is no such version.
        RefusedError: it was imported whole, so nobody compared it.
    """
    people.require(actor, READ)
    version = people.visible(store.version(work.session, work.tenant_id, version_id), "network version")
    told = store.changes.diff(work, version_id)
    if told is None:
        raise RefusedError(
            field="version",
            problem="was imported whole, and nothing was compared",
            fix="Ask for a version that `network sync` made.",
        )
    found = _reached(work, actor, version_id, after)
    page = list(islice(found, limit + 1))
    ground = people.ground(work, actor, READ)
    base, partial, summary = told
    return Diff(
        version=version,
        base=base,
        partial=partial,
        summary=summary
        if ground.wkb is None
        else diff.summarise(one for _, one in _reached(work, actor, version_id, 0)),
        changes=tuple(one for _, one in page[:limit]),
        last=page[limit - 1][0] if len(page) > limit else None,
    )


def _reached(work: Work, actor: Actor, version_id: UUID, after: int) -> Iterator[tuple[int, PipeChange]]:
    ground = people.ground(work, actor, READ)
    if ground.wkb is None:
        yield from store.changes.changes(work, version_id, after=after)
        return
    area = shapely.from_wkb(ground.wkb)
    if area.is_empty:
        return
    shapely.prepare(area)
    west, south, east, north = shapely.bounds(area).tolist()
    for seq, one in store.changes.changes(work, version_id, after=after, within=(west, south, east, north)):
        cut = diff.clipped(one, area)
        if cut is not None:
            yield seq, cut
