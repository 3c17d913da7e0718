"""``pipewarden filing``: what works need before the ground is opened, and the filings that were made."""

from __future__ import annotations

import json as json_text
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.facts import Decision, Required

app = typer.Typer(help="Filings of works: what is required, and what was filed.", no_args_is_help=True)
_MOST_BYTES = 10_000_000


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="GeoJSON polygon in WGS-84; its properties may say the rest.")],
    place: Annotated[str, typer.Option(help="Jurisdiction, for instance CN-HE-langfang or CN-LONGDISTANCE.")],
    at: Annotated[str | None, typer.Option(help="When it is filed: a date (its first moment) or a time.")] = None,
    begins: Annotated[str | None, typer.Option("--from", help="First day or moment of the works.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last day, or the moment of the end.")] = None,
    method: Annotated[str | None, typer.Option(help="open_cut, trenchless, piling, drilling, …")] = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="An emergency repair, which digs first.")] = False,
    network: Annotated[
        Path | None, typer.Option(help="Pipe map; without one nothing is known of pipes, which counts as inside.")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of --network: EPSG:4547, WKT, GCJ-02, BD-09.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Rule pack of --network, for instance CN-BJ.")] = None,
    mapping: Annotated[str | None, typer.Option("--map", help="Mapping of --network.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say what works need, by which clause and by when; no database is opened and nothing is filed.

    Example:  pipewarden filing check works.geojson --place CN-SD-qingdao --at 2026-03-02 --from 2026-03-09
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.kit.clock import SystemClock
        from pipewarden.main.files import open_network

        now = SystemClock().now()
        place = casework.filing_place(place)
        zone = casework.filing_zone(place, now)
        filed_at = now if at is None else casework.filing_edge(at, zone, field="--at", last=False)
        said: dict[str, object] = {"valid_from": begins, "valid_until": until, "method": method}
        given = {name: value for name, value in said.items() if value is not None} | (
            {"urgent": True} if urgent else {}
        )
        works = casework.read_filing(_read(file), given, place=place, at=filed_at)
        pipes = None if network is None else open_network(network, crs=crs, jurisdiction=jurisdiction, mapping=mapping)
        found = casework.check_filing(works, at=filed_at, given=pipes)
    if json:
        json_line(_told(found, zone) | {"method": works.method.value, "urgent": works.urgent})
    else:
        _show(found, zone)


def _read(file: Path) -> object:
    if file.stat().st_size > _MOST_BYTES:
        raise InputError(field=str(file), problem="is larger than 10 MB", fix="Draw one area of works.")
    try:
        body: object = json_text.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(field=str(file), problem="is no GeoJSON", fix="Draw it on geojson.io.") from error
    return body


def _local(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat()


def _line(one: Required, zone: ZoneInfo) -> dict[str, object]:
    return {
        "kind": one.kind,
        "zh": one.zh,
        "en": one.en,
        "effect": one.effect.value,
        "regime": one.regime.value,
        "pack": one.pack,
        "clause": one.clause,
        "law": one.law,
        "due_at": _local(one.due_at, zone),
        "due": "at or before" if one.included else "before",
        "late": one.late,
        "may_begin_at": _local(one.may_begin_at, zone),
        "unknown_years": list(one.unknown_years),
    }


def _told(found: Decision, zone: ZoneInfo) -> dict[str, object]:
    return {
        "place": found.place,
        "at": _local(found.at, zone),
        "packs": list(found.packs),
        "zone": found.zone.value,
        "late": found.late,
        "forbidden": found.forbidden,
        "overlaps": [
            {
                "regime": one.regime.value,
                "pressure_class": one.pressure_class.value,
                "zone": one.zone.value,
                "metres": one.metres,
                "stations": one.stations,
            }
            for one in found.overlaps
        ],
        "required": [_line(one, zone) for one in found.required],
    }


def _show(found: Decision, zone: ZoneInfo) -> None:
    from rich.table import Table

    late = " · late" if found.late else ""
    note(f"{found.place} · {', '.join(found.packs)} · zone {found.zone.value}{late}")
    for one in found.overlaps:
        note(f"  {one.regime} {one.pressure_class} {one.zone}: {one.metres:g} m, {one.stations} stations")
    shown = Table("要求 required", "期限 due", "依据 clause")
    for line in found.required:
        due = "" if line.due_at is None else f"{line.due_at.astimezone(zone):%Y-%m-%d %H:%M}"
        word = "禁止 forbidden: " if line.effect.value == "forbidden" else ""
        mark = " (late)" if line.late else ""
        add_row(shown, f"{word}{line.zh} {line.en}", f"{'' if line.included else '< '}{due}{mark}", line.clause)
    table(shown)
