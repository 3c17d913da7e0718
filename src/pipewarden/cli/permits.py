"""``pipewarden permits``: what a permit list or a one-call centre's messages say, and what is wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.sense.facts import Permit, PermitList, PermitNote, PermitReport

app = typer.Typer(
    help="Permit lists of governments and messages of one-call centres: read them and see what is in them.",
    no_args_is_help=True,
)
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
_SHOWN = 20  # rows of each kind for people; --json has them all


@app.command("mappings")
def mappings(json: JsonFlag = False) -> None:
    """List the sources that are understood: the name to give to --mapping, form, reference system, time zone."""
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        found = sense.permit_mappings()
    if json:
        for one in found:
            shown = {"mapping": one.name, "format": one.format, "crs": one.system.name, "zone": one.zone.key}
            json_line(shown | {"source": one.source, "licence": one.licence})
        json_line({"summary": {"mappings": len(found)}})
        return
    rows = Table("mapping", "format", "crs", "zone", "source")
    for one in found:
        add_row(rows, one.name, one.format, one.system.name, one.zone.key, one.source)
    table(rows)


@app.command("read")
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list, or a folder of messages.")],
    mapping: Annotated[str, typer.Option(help="As `permits mappings` lists them.")],
    json: JsonFlag = False,
) -> None:
    """Read a list and report what an import would take and leave out; needs no database and changes nothing.

    Every row is taken, refused (with row, field and fix) or no permit at all (cancelled, no works). Exit code 1 when a
    row is refused or a message is missing: an import takes all of a list or nothing.

    Example:  pipewarden permits read tickets/ --mapping usan811
    """
    with told_errors(as_json=json):
        from pipewarden.main.files import read_permits

        with progress("reading") as step:
            found = read_permits(file, mapping, step)
    if json:
        _as_json(found)
    else:
        _show(found.report)
    if found.report.refused or found.report.gaps:
        raise SystemExit(1)


def _as_json(found: PermitList) -> None:
    for permit in found.permits:
        json_line({"permit": _permit(permit)})
    report = found.report
    for problem in report.refused:
        said = {"field": problem.field, "problem": problem.problem, "fix": problem.fix}
        json_line({"refused": {"file": problem.file, "row": problem.row} | said})
    for kind, notes in (("passed", report.passed), ("warned", report.warned)):
        for one in notes:
            json_line({kind: {"file": one.file, "row": one.row, "field": one.field, "words": one.words}})
    for gap in report.gaps:
        json_line({"missing": {"station": gap.station, "day": str(gap.day), "first": gap.first, "last": gap.last}})
    json_line({"summary": _summary(report)})


def _summary(report: PermitReport) -> dict[str, Any]:
    return {
        "mapping": report.mapping,
        "files": report.files,
        "read": report.read,
        "taken": report.taken,
        "refused": len(report.refused),
        "passed": len(report.passed),
        "warned": len({(one.file, one.row) for one in report.warned}),
        "areas": report.areas,
        "lines": report.taken - report.areas,
        "undated": report.undated,
        "urgent": report.urgent,
        "by_method": {method.value: count for method, count in report.by_method.items()},
        "begins": _moment(report.begins),
        "ends": _moment(report.ends),
        "missing": sum(gap.last - gap.first + 1 for gap in report.gaps),
        "whole": report.whole,
    }


def _permit(one: Permit) -> dict[str, Any]:
    import shapely

    ground = one.area or one.line
    return {
        "source": one.source,
        "source_id": one.source_id,
        "revision": one.revision,
        "file": one.file,
        "row": one.row,
        "area": one.area is not None,
        "geometry": None if ground is None else shapely.geometry.mapping(shapely.from_wkb(ground)),
        "width_m": one.width_m,
        "valid_from": _moment(one.valid_from),
        "valid_until": _moment(one.valid_until),
        "zone": one.zone,
        "hours": [f"{_clock(begin)}-{_clock(end)}" for begin, end in one.hours],
        "hours_words": one.hours_words,
        "method": one.method.value,
        "machines": list(one.machines),
        "depth_m": one.depth_m,
        "parties": [{"role": party.role.value, "name": party.name, "contact": party.contact} for party in one.parties],
        "urgent": one.urgent,
        "status": one.status,
        "work": one.work,
        "place": one.place,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _show(report: PermitReport) -> None:
    summary = _summary(report)
    shown = Table("read", "taken", "refused", "no permit", "warned", "urgent", "areas", "lines", "undated")
    names = ("read", "taken", "refused", "passed", "warned", "urgent", "areas", "lines", "undated")
    add_row(shown, *(str(summary[name]) for name in names))
    table(shown)
    if report.by_method:
        note("by method: " + ", ".join(f"{method} {count}" for method, count in report.by_method.items()))
    if report.begins is not None:
        note(f"from {summary['begins']} until {summary['ends']}, itself excluded")
    for gap in report.gaps[:_SHOWN]:
        note(f"missing from {gap.station} by {gap.day}: {gap.first} to {gap.last}")
    _notes("no permit", report.passed)
    _notes("note", report.warned)
    if report.refused:
        rows = Table("file", "row", "field", "problem", "fix", title="refused", title_justify="left")
        for one in report.refused[:_SHOWN]:
            add_row(rows, one.file, str(one.row), one.field, one.problem, one.fix)
        table(rows)
        if len(report.refused) > _SHOWN:
            note(f"… and {len(report.refused) - _SHOWN} more; --json lists all")
        note(f"an import takes all or nothing: {len(report.refused)} rows would be left out")


def _notes(kind: str, notes: tuple[PermitNote, ...]) -> None:
    """Say each thing once, with how many rows it is said of."""
    said: dict[tuple[str, str], list[PermitNote]] = {}
    for one in notes:
        said.setdefault((one.field, one.words), []).append(one)
    for (name, words), rows in list(said.items())[:_SHOWN]:
        first = f"row {rows[0].row}" if len(rows) == 1 else f"{len(rows)} rows, first {rows[0].row}"
        note(f"{kind}: {first}: {f'{name}: ' if name else ''}{words}")
    if len(said) > _SHOWN:
        note(f"… and {len(said) - _SHOWN} more; --json lists all")
