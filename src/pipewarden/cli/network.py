"""``pipewarden network``: import, list and roll back versions of a gas network."""

from __future__ import annotations

from json import dumps, loads
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from pipewarden.cli.network_sync import diff, sync
from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import Regime
from pipewarden.network.facts.proposal import ProposalState

if TYPE_CHECKING:
    from pipewarden.network.facts import ImportReport
    from pipewarden.network.facts.proposal import Proposal

app = typer.Typer(
    help="Gas networks: import a version, synchronise deliveries, list versions, go back to the one before.",
    no_args_is_help=True,
)
app.command("sync")(sync)
app.command("diff")(diff)
_SHOWN = 20  # rejected rows in the table; --json has them all


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="GeoJSON, GeoPackage, Shapefile (.shp, .zip), DXF, KML or CSV with WKT.")
    ],
    crs: Annotated[
        str, typer.Option(help="CRS of the coordinates: EPSG:4547, a WKT text, GCJ-02 or BD-09. Never guessed.")
    ],
    jurisdiction: Annotated[
        str, typer.Option(help="Rule pack: CN-GB55009, CN-HE-langfang, CN-BJ, … or CN-LONGDISTANCE.")
    ],
    mapping: Annotated[
        str | None,
        typer.Option("--map", help="Which column is what: a shipped mapping (cadent-gpi, …) or a mapping.yaml."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken; write nothing.")] = False,
    allow_shift: Annotated[
        bool, typer.Option("--allow-shift", help="Import although the network moved by more than 20 m.")
    ] = False,
    allow_rejected: Annotated[
        bool, typer.Option("--allow-rejected", help="Import although more rows are lost than kept.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Import although less than 90 % of the active length is left.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Import a network file as the new active version (the one before stays and can be rolled back to).

    Rows that cannot be used are listed with the reason and left out. A missing attribute stays unknown; an unknown
    pressure counts as the strictest class. A network that moved by more than 20 m against the active version is
    refused: a wrong CRS looks just like that. So is one of less than 90 % of the active version's length: a part
    exported by mistake looks just like that. A dry run says what would be refused.

    Example:  pipewarden network import pipes.shp --crs EPSG:4547 --jurisdiction CN-HE-langfang --dry-run
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import Settings
        from pipewarden.main.files import import_network
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure

        settings = Settings()
        configure(settings.log_level)
        with open_home(settings) as home, home.work() as work, progress("importing") as step:
            report = import_network(
                work,
                file,
                crs=crs,
                jurisdiction=jurisdiction,
                mapping=mapping,
                dry_run=dry_run,
                allow_shift=allow_shift,
                allow_rejected=allow_rejected,
                allow_shrink=allow_shrink,
                progress=step,
            )
        for reason in report.would_be_refused:
            note(f"would be refused: {reason}")
        if json:
            json_line(report.as_json())
        else:
            _show(report, dry_run=dry_run)


def _show(report: ImportReport, *, dry_run: bool) -> None:
    made = "dry run, nothing written" if dry_run else f"version {report.version} is active"
    note(
        f"{made}: {report.accepted} accepted, {len(report.rejected)} rejected, {report.length_km:.3f} km, {report.crs}"
    )
    note(f"extent (lon/lat WGS-84): {', '.join(f'{side:.5f}' for side in report.extent)}")
    for row, words in report.warnings[:_SHOWN]:
        note(f"note: row {row}: {words}" if row else f"note: {words}")
    if report.shift is not None:
        note(f"against the active version: {report.shift.median_m:.2f} m median shift of {report.shift.matched}")
    if report.active_length_km is not None:
        note(f"the version active before: {report.active_length_km:.3f} km")
    if report.rejected:
        rows = Table("row", "reason", title="rejected", title_justify="left")
        for row, reason in report.rejected[:_SHOWN]:
            rows.add_row(str(row), reason)
        table(rows)
        note("a row left out is a pipe nobody is warned of: mend the file")
        if len(report.rejected) > _SHOWN:
            note(f"… and {len(report.rejected) - _SHOWN} more; --json lists all")


@app.command("versions")
def versions(
    json: Annotated[bool, typer.Option("--json", help="One JSON object per version on stdout.")] = False,
) -> None:
    """List the imported versions, newest first; * marks the active one of each regime."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import Settings
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure
        from pipewarden.network import service

        settings = Settings()
        configure(settings.log_level)
        with open_home(settings) as home, home.work() as work:
            found = service.versions(work)
    if json:
        for one in found:
            json_line(
                {
                    "version": one.number,
                    "active": one.active,
                    "regime": str(one.regime),
                    "jurisdiction": one.jurisdiction,
                    "source": one.source,
                    "crs": one.crs,
                    "accepted": one.accepted,
                    "length_km": one.length_km,
                    "extent": list(one.extent),
                    "imported_at": one.imported_at.isoformat().replace("+00:00", "Z"),
                }
            )
        return
    rows = Table("version", "regime", "jurisdiction", "source", "pipes", "km", "imported")
    for one in found:
        mark = "*" if one.active else ""
        rows.add_row(
            f"{one.number}{mark}", str(one.regime), one.jurisdiction, one.source, str(one.accepted),
            f"{one.length_km:.3f}", f"{one.imported_at:%Y-%m-%d %H:%M}Z",
        )  # fmt: skip
    table(rows)


@app.command("proposals")
def proposals(
    state: Annotated[str | None, typer.Option(help="open, accepted, rejected or settled; all when left out.")] = None,
    geojson: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them for a GIS, too.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Proposals at most, the newest.")] = 1000,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per proposal on stdout.")] = False,
) -> None:
    """List what was measured of pipes against the map; the map is changed where it is kept, and imported again.

    Example:  pipewarden network proposals --state accepted --geojson survey.geojson
    """
    with told_errors(as_json=json):
        from pipewarden.network import service
        from pipewarden.people import service as people

        if state is not None and state not in set(ProposalState):
            raise InputError(field="--state", problem=f"{state!r} is none", fix=f"Use {', '.join(ProposalState)}.")
        wanted = service.ProposalFilter(state=None if state is None else ProposalState(state))
        with opened() as work:
            found = service.proposals(work, people.operator(work.tenant_id), wanted, limit=limit)
        features = [_feature(one) for one in found]
        if geojson is not None:
            whole = {"type": "FeatureCollection", "features": features}
            geojson.write_text(dumps(whole, ensure_ascii=False), encoding="utf-8")
    if json:
        for one in features:
            json_line(one["properties"])
        return
    rows = Table(
        "pipe", "kind", "depth", "map", "off m", "explained m", "map error", "state", "at", "site"
    )  # fmt: skip
    for one in (each["properties"] for each in features):
        names = ("pipe_id", "kind", "depth_m", "map_m", "off_m", "within_m", "map_error", "state", "at", "site_id")
        add_row(rows, *("" if one[name] is None else str(one[name]) for name in names))
    table(rows)


@app.command("rollback")
def rollback(
    regime: Annotated[str, typer.Option(help="city_gas or long_distance.")] = "city_gas",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Make the version before the active one active again; importing again or rolling forward undoes it."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import Settings
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure
        from pipewarden.network import service

        settings = Settings()
        configure(settings.log_level)
        with open_home(settings) as home, home.work() as work:
            now = service.rollback(work, _regime(regime))
    if json:
        json_line({"version": now.number, "regime": str(now.regime)})
    else:
        note(f"version {now.number} of {now.regime} is active again")


def _feature(one: Proposal) -> dict[str, Any]:
    """Return a proposal as a GeoJSON feature (RFC 7946), metres in its properties."""
    import shapely

    measured = one.measured
    told = {"off_m": one.off_m, "within_m": one.within_m, "map_m": one.map_m}
    return {
        "type": "Feature",
        "id": str(one.id),
        "geometry": loads(shapely.to_geojson(shapely.from_wkb(measured.shape))),
        "properties": {
            "id": str(one.id),
            "pipe_id": measured.pipe_id,
            "kind": measured.kind.value,
            "depth_m": measured.depth_m,
            "sigma_m": measured.sigma_m,
            **{name: None if value is None else round(value, 3) for name, value in told.items()},
            "map_error": one.map_error,
            "state": one.state.value,
            "why": one.why,
            "at": one.at.isoformat().replace("+00:00", "Z"),
            "site_id": str(measured.site_id),
            "version_id": None if one.version_id is None else str(one.version_id),
        },
    }


def _regime(words: str) -> Regime:
    if words not in set(Regime):
        raise InputError(field="--regime", problem=f"{words!r} is none", fix=f"Use {' or '.join(Regime)}.")
    return Regime(words)
