"""``pipewarden filing``: what works need before the ground is opened, and the filings that were made."""

from __future__ import annotations

import json as json_text
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.facts import Decision, FilingState, Required
    from pipewarden.casework.service import KeptFiling

app = typer.Typer(help="Filings of works: what is required, and what was filed.", no_args_is_help=True)
_MOST_BYTES = 10_000_000
_MOST_EVENTS = 1000


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


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="Filings at most.")] = 50,
    state: Annotated[str | None, typer.Option(help="filed, answered, valid, expired or cancelled.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List filings, the newest first."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.casework.facts import FilingState
        from pipewarden.people import service as people

        if state is not None and state not in list(FilingState):
            raise InputError(field="--state", problem=f"{state!r} is none", fix=f"Take {', '.join(FilingState)}.")
        with opened() as work:
            wanted = casework.FilingFilter(at=work.now(), state=None if state is None else FilingState(state))
            found = casework.filings(work, people.operator(work.tenant_id), wanted, limit=limit)
            rows = [_row(one, casework.filing_state(one.filing, work.now())) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"filings": len(rows)}})
        return
    from rich.table import Table

    shown = Table("备案 filing", "状态 state", "地方 place", "方式 method", "起 from", "止 until", "区域 zone")
    for row in rows:
        cells = ("id", "state", "place", "method", "valid_from", "valid_until", "zone")
        add_row(shown, *(str(row[name]) for name in cells))
    table(shown)


@app.command("show")
def show(
    filing: Annotated[str, typer.Argument(metavar="FILING", help="Id of a filing, as `filing list` prints it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show one filing: where it stands, what it was answered, and what happened to it."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        try:
            filing_id = UUID(filing)
        except ValueError as error:
            raise InputError(field="FILING", problem=f"{filing!r} is no id", fix="`pipewarden filing list`.") from error
        with opened() as work:
            root = people.operator(work.tenant_id)
            found = casework.filing(work, root, filing_id)
            events = casework.filing_history(work, root, filing_id, limit=_MOST_EVENTS)
            zone = casework.filing_zone(found.filing.works.place, work.now())
            row = _row(found, casework.filing_state(found.filing, work.now()))
    decision = found.filing.decision
    if json:
        happened = [{"version": one.version, "at": one.at.isoformat(), "kind": one.body.kind} for one in events]
        json_line(row | {"events": happened, "decision": None if decision is None else _told(decision, zone)})
        return
    for name, value in row.items():
        note(f"{name}: {value}")
    for event in events:
        note(f"{event.version:>4} {event.at:%Y-%m-%d %H:%M:%S} {event.body.kind} {event.actor or 'the house'}")
    if decision is not None:
        _show(decision, zone)


def _row(kept: KeptFiling, state: FilingState) -> dict[str, object]:
    works, decision = kept.filing.works, kept.filing.decision
    return {
        "id": str(kept.filing.id),
        "version": kept.filing.version,
        "state": state.value,
        "place": works.place,
        "method": works.method.value,
        "urgent": works.urgent,
        "valid_from": works.valid_from.isoformat(),
        "valid_until": works.valid_until.isoformat(),
        "zone": None if decision is None else decision.zone.value,
        "late": None if decision is None else decision.late,
    }


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
