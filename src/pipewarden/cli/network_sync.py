"""``pipewarden network sync`` and ``diff``: a delivery of the GIS against the active version, and what it changed."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, progress, stderr, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pipewarden.network.facts import Regime
    from pipewarden.network.facts.change import ClassChange, PipeChange, SyncReport

_SHOWN = 20
_PAGE = 1000
GeoJson = Annotated[
    Path | None, typer.Option("--geojson", help="Write the changed pipes, before and after, as GeoJSON.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
RegimeWord = Annotated[str | None, typer.Option("--regime", help="city_gas or long_distance, where you have both.")]


def sync(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile (.shp, .zip), DXF, KML or CSV with WKT.")
    ],
    crs: Annotated[
        str | None, typer.Option(help="CRS of the coordinates: EPSG:4547, a WKT text, GCJ-02 or BD-09. Never guessed.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", "--map", help="A shipped mapping (cadent-gpi, …) or a mapping.yaml.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The column that names pipes, where the mapping's is not it.")] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="What the delivery does not name stays; removed is what it says is.")
    ] = False,
    operation: Annotated[
        str | None, typer.Option(help="Column of a partial delivery that says add, change or remove.")
    ] = None,
    regime: RegimeWord = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; write nothing.")] = False,
    allow_downgrade: Annotated[
        bool, typer.Option("--allow-downgrade", help="Take weaker pressure classes: their ranges shrink.")
    ] = False,
    allow_parts: Annotated[
        bool, typer.Option("--allow-parts", help="Several rows of one id are parts of one pipe.")
    ] = False,
    allow_shift: Annotated[bool, typer.Option("--allow-shift", help="Although it moved by more than 20 m.")] = False,
    allow_rejected: Annotated[
        bool, typer.Option("--allow-rejected", help="Although more rows are lost than kept.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Although less than 90 % of the active length is left.")
    ] = False,
    geojson: GeoJson = None,
    json: AsJson = False,
) -> None:
    """Bring the active network up to date with a delivery of the GIS, and say what changed pipe by pipe.

    Whole or not at all, and as a new version: `network rollback` undoes it. The same delivery again changes nothing.
    A pipe whose row cannot be used stays as it was. Sites near what changed are asked for their zones again.

    Example:  pipewarden network sync pipes.shp --crs EPSG:4547 --key GUID --dry-run
    """
    with told_errors(as_json=json):
        from pipewarden.main.files import sync_network
        from pipewarden.network.facts.change import SyncOptions

        options = SyncOptions(
            key=key,
            partial=partial,
            operation=operation,
            dry_run=dry_run,
            allow_shift=allow_shift,
            allow_rejected=allow_rejected,
            allow_shrink=allow_shrink,
            allow_downgrade=allow_downgrade,
            allow_parts=allow_parts,
        )
        with opened() as work, progress("synchronising") as step:
            made = sync_network(
                work, file, crs=crs, options=options, mapping=mapping, regime=_regime(regime), progress=step
            )
        if geojson is not None:
            _write(geojson, made.changes)
        _warn(made)
        if json:
            json_line(made.as_json() | {"dry_run": dry_run})
        else:
            _show(made, dry_run=dry_run)


def _warn(made: SyncReport) -> None:
    weaker = made.downgrades
    if weaker:
        stderr.print(
            f"DANGER: {len(weaker)} pipes count as weaker than they did; their ranges shrink", style="bold red"
        )
    for one in weaker[:_SHOWN]:
        note(f"  {one.pipe_id}: {one.class_before} to {one.class_after}")
    for reason in made.imported.would_be_refused:
        note(f"would be refused: {reason}")


def _show(made: SyncReport, *, dry_run: bool) -> None:
    version = made.imported.version
    if dry_run:
        note(f"dry run against version {made.base}, nothing written")
    elif version is None:
        note(f"nothing changed: version {made.base} stays")
    else:
        note(f"version {version} is active, made of version {made.base}: {made.imported.length_km:.3f} km")
    for row, words in made.imported.warnings[:_SHOWN]:
        note(f"note: row {row}: {words}" if row else f"note: {words}")
    for row, reason in made.imported.rejected[:_SHOWN]:
        note(f"rejected: row {row}: {reason}")
    if made.changes:
        _classes(made.summary)
        _changes(made.changes[:_SHOWN])
    if len(made.changes) > _SHOWN:
        note(f"… and {len(made.changes) - _SHOWN} more; --geojson writes all")


def _classes(summary: Iterable[ClassChange]) -> None:
    shown = Table("级别 class", "新增 added", "km", "变更 changed", "km", "删除 removed", "km")
    for one in summary:
        cells: list[float] = [one.added, one.added_km, one.changed, one.changed_km, one.removed, one.removed_km]
        add_row(shown, one.pressure_class.value, *(f"{n}" if isinstance(n, int) else f"{n:.3f}" for n in cells))
    table(shown)


def _changes(changes: Sequence[PipeChange]) -> None:
    shown = Table("管线 pipe", "变化 change", "移动 moved m", "字段 fields")
    for one in changes:
        fields = ", ".join(f"{each.name}: {each.before or '-'} → {each.after or '-'}" for each in one.fields)
        add_row(shown, one.pipe_id, one.kind.value, "" if one.moved_m is None else f"{one.moved_m:.2f}", fields)
    table(shown)


def diff(
    version: Annotated[int | None, typer.Argument(help="Number of a version; the active one when left out.")] = None,
    regime: RegimeWord = None,
    geojson: GeoJson = None,
    json: AsJson = False,
) -> None:
    """Show what a synchronised version changed against the one before it."""
    with told_errors(as_json=json):
        from pipewarden.network import service
        from pipewarden.people import service as people

        with opened() as work:
            wanted = _regime(regime)
            found = [
                one
                for one in service.versions(work)
                if (one.active if version is None else one.number == version) and wanted in {None, one.regime}
            ]
            if len(found) != 1:
                raise InputError(
                    field="VERSION" if version is not None else "--regime",
                    problem="names no version" if not found else "names one of each regime",
                    fix="See `pipewarden network versions`, and give --regime.",
                )
            actor = people.operator(work.tenant_id)
            page = service.network_diff(work, actor, found[0].id, limit=_PAGE)
            changes, rest = list(page.changes), page
            while rest.last is not None:
                rest = service.network_diff(work, actor, found[0].id, after=rest.last, limit=_PAGE)
                changes += rest.changes
        if geojson is not None:
            _write(geojson, changes)
        if json:
            from pipewarden.network.facts.change import class_json

            json_line(
                {
                    "version": page.version.number,
                    "base": page.base,
                    "partial": page.partial,
                    "summary": [class_json(one) for one in page.summary],
                    "changes": [_plain(one) for one in changes],
                }
            )
        else:
            note(f"version {page.version.number} against version {page.base}")
            _classes(page.summary)
            _changes(changes[:_SHOWN])


def _plain(one: PipeChange) -> dict[str, object]:
    return {
        "pipe_id": one.pipe_id,
        "change": one.kind.value,
        "moved_m": one.moved_m,
        "class_before": one.class_before,
        "class_after": one.class_after,
        "metres_before": one.metres_before,
        "metres_after": one.metres_after,
        "downgrade": one.downgrade,
        "fields": [{"name": each.name, "before": each.before, "after": each.after} for each in one.fields],
    }


def _write(path: Path, changes: Iterable[PipeChange]) -> None:
    import shapely

    features = [
        {
            "type": "Feature",
            "properties": _plain(one) | {"state": state},
            "geometry": json_text.loads(shapely.to_geojson(shapely.from_wkb(wkb))),
        }
        for one in changes
        for state, wkb in (("before", one.before), ("after", one.after))
        if wkb is not None
    ]
    whole = {"type": "FeatureCollection", "features": features}
    path.write_text(json_text.dumps(whole, ensure_ascii=False), encoding="utf-8")
    note(f"{len(features)} features in {path}")


def _regime(words: str | None) -> Regime | None:
    from pipewarden.network.facts import Regime

    if words is None or words in set(Regime):
        return None if words is None else Regime(words)
    raise InputError(field="--regime", problem=f"{words!r} is none", fix=f"Use {' or '.join(Regime)}.")
