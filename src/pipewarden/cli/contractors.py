"""``pipewarden contractors`` and ``pipewarden compounds``: whose works they are, and on which ground."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.service import Dossier

app = typer.Typer(help="Contractors and their records.", no_args_is_help=True)
compounds = typer.Typer(help="Compounds (小区, 院落): ground where most works stand on no list.", no_args_is_help=True)
_MOST_MB = 200


@app.command("list")
def list_(
    name: Annotated[str, typer.Option(help="Part of a name, however it is written.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="Contractors at most.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List contractors with what their records add up to, the newest first."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        with opened() as work:
            found = casework.contractors(work, people.operator(work.tenant_id), limit=limit, name=name)
        rows = [_row(one) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"contractors": len(rows)}})
        return
    from rich.table import Table

    shown = Table("施工单位 contractor", "名称 name", "信用代码 code", "记分 points", "挖断 strikes", "评价 history")
    for row in rows:
        add_row(shown, *(str(row[cell]) for cell in ("id", "name", "code", "points", "strikes", "history")))
    table(shown)


@app.command("show")
def show(
    contractor: Annotated[str, typer.Argument(metavar="CONTRACTOR_ID", help="Id, as `contractors list` prints it.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Show one contractor: every entry with date, site and event, whether it counts, and the appeals against it."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        try:
            contractor_id = UUID(contractor)
        except ValueError as error:
            fix = "`pipewarden contractors list` shows them."
            raise InputError(field="CONTRACTOR_ID", problem=f"{contractor!r} is no id", fix=fix) from error
        with opened() as work:
            found = casework.contractor(work, people.operator(work.tenant_id), contractor_id)
    entries = [
        {
            "id": str(one.id),
            "kind": one.kind.value,
            "at": one.at.isoformat(),
            "until": found.until[one.id].isoformat(),
            "counts": one.id in found.record.counting,
            "under_appeal": one.under_appeal,
            "site_id": None if one.site_id is None else str(one.site_id),
            "filing_id": None if one.filing_id is None else str(one.filing_id),
            "event_id": str(one.event_id),
            "code": one.code,
            "words": one.words,
            "void_why": one.void_why,
            "appeals": [
                {"id": str(there.id), "state": there.state.value, "reason": there.reason, "decision": there.words}
                for there in one.appeals
            ],
        }
        for one in found.entries
    ]
    told = _row(found) | {"merged": [one.name for one in found.merged], "entries": entries}
    if json:
        json_line(told)
        return
    from rich.table import Table

    note(f"{told['name']} {told['code']}: {told['points']} points, {told['strikes']} strikes, {told['history']}")
    shown = Table("日期 date", "记录 entry", "代码 code", "计分 counts", "申诉 appeal", "施工点 site", "说明 words")
    for entry in entries:
        state = "under appeal" if entry["under_appeal"] else str(entry["void_why"])
        site = entry["site_id"] or entry["filing_id"]
        add_row(
            shown, str(entry["at"])[:10], str(entry["kind"]), str(entry["code"]), str(entry["counts"]), state,
            str(site), str(entry["words"]),
        )  # fmt: skip
    table(shown)


@compounds.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GeoJSON FeatureCollection, a polygon a compound.")],
    crs: Annotated[str | None, typer.Option(help="Its CRS: EPSG:4547, WKT, GCJ-02, BD-09; never guessed.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Import compounds: new ones are added, known ids redrawn, none is removed; whole or not at all.

    Example:  pipewarden compounds import compounds.geojson --crs EPSG:4326
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        body = _body(file)
        with opened() as work:
            root = people.operator(work.tenant_id)
            done = casework.import_compounds(work, root, body, crs=crs, name=file.name)
    told = {"added": len(done.added), "redrawn": len(done.redrawn), "same": done.same}
    if json:
        json_line(told)
    else:
        note(", ".join(f"{count} {word}" for word, count in told.items()))


def _body(file: Path) -> object:
    if not file.is_file():
        raise InputError(field=str(file), problem="there is no such file", fix="Give a GeoJSON file.")
    if file.stat().st_size > _MOST_MB * 1_000_000:
        raise InputError(field=file.name, problem=f"is larger than {_MOST_MB} MB", fix="Split it.")
    try:
        return jsonlib.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(field=file.name, problem=f"is no JSON ({error})", fix="Export it as GeoJSON.") from error


def _row(found: Dossier) -> dict[str, object]:
    one = found.contractor
    return {
        "id": str(one.id),
        "name": one.name,
        "code": one.code,
        "points": found.record.points,
        "strikes": found.record.strikes,
        "history": found.history.value,
        "merged_into": None if one.merged_into is None else str(one.merged_into),
    }
