"""``pipewarden permits import``, ``audit`` and ``expect``: lists into filings, and what is missing of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.facts import ListAudit, ListImport
    from pipewarden.sense.facts import PermitNote

JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
Tenant = Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")]
_SHOWN = 20  # rows of each kind for people; --json has them all


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A list, or a folder of messages.")],
    mapping: Annotated[str, typer.Option(help="As `permits mappings` lists them.")],
    place: Annotated[str | None, typer.Option(help="Jurisdiction; the list's own unless given.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would become of it, change nothing.")] = False,
    skip_refused: Annotated[
        bool, typer.Option("--skip-refused", help="Take the good rows although others are refused.")
    ] = False,
    tenant: Tenant = None,
    json: JsonFlag = False,
) -> None:
    """Turn a list into filings: all of it or nothing; the same list twice changes nothing.

    A newer revision revises, what the list takes back is cancelled, rows outside the operator's areas and rows without
    dates are left out and named. Exit code 1 when a row is refused or a message is missing.

    Example:  pipewarden permits import dig.json --mapping taipei-dig --dry-run
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.main.files import read_permits
        from pipewarden.people import service as people

        with progress("reading") as step:
            found = read_permits(file, mapping, step)
        with opened(tenant) as work:
            root = people.operator(work.tenant_id)
            try:
                report = casework.import_list(
                    work, root, found, place=place, dry_run=dry_run, skip_refused=skip_refused
                )
            except casework.ListRefusedError as error:
                report = error.report
    if json:
        _import_lines(report)
    else:
        _show_import(report)
    if report.refused or report.gaps:
        raise SystemExit(1)


def audit(tenant: Tenant = None, json: JsonFlag = False) -> None:
    """Say which messages never came and which lists stay away. Exit code 1 when anything is missing.

    The house looks once a day by itself and tells the safety manager each fault once.
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        with opened(tenant) as work:
            found = casework.audit_lists(work)
    _show_audit(found, as_json=json)
    if found.gaps or found.silent:
        raise SystemExit(1)


def expect(
    source: Annotated[str, typer.Argument(metavar="LIST", help="Name of its mapping; it was imported before.")],
    every: Annotated[int, typer.Option(min=0, help="Hours it may stay away; 0: nobody expects it again.")],
    tenant: Tenant = None,
    json: JsonFlag = False,
) -> None:
    """Say how long a list may stay away before the safety manager is told.

    Example:  pipewarden permits expect taipei-dig --every 36
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        with opened(tenant) as work:
            root = people.operator(work.tenant_id)
            found = casework.expect_list(work, root, source, timedelta(hours=every) if every else None)
    _show_audit(found, as_json=json)


def _summary(report: ListImport) -> dict[str, object]:
    from pipewarden.casework.facts import Took

    return {
        "source": report.source,
        "dry_run": report.dry_run,
        "applied": report.applied,
        "read": report.read,
        **{one.value: report.count(one) for one in Took},
        "refused": len(report.refused),
        "no_permit": len(report.passed),
        "urgent": report.urgent,
        "without_area": report.without_area,
        "missing": sum(gap.last - gap.first + 1 for gap in report.gaps),
    }


def _import_lines(report: ListImport) -> None:
    for row in report.rows:
        said = {"took": row.took.value, "words": row.words}
        filing = None if row.filing_id is None else str(row.filing_id)
        json_line({"row": {"file": row.file, "row": row.row, "source_id": row.source_id, **said, "filing": filing}})
    for problem in report.refused:
        told = {"field": problem.field, "problem": problem.problem, "fix": problem.fix}
        json_line({"refused": {"file": problem.file, "row": problem.row, **told}})
    for kind, notes in (("passed", report.passed), ("warned", report.warned)):
        for one in notes:
            json_line({kind: {"file": one.file, "row": one.row, "field": one.field, "words": one.words}})
    for gap in report.gaps:
        json_line({"missing": {"station": gap.station, "day": str(gap.day), "first": gap.first, "last": gap.last}})
    json_line({"summary": _summary(report)})


def _show_import(report: ListImport) -> None:
    from pipewarden.casework.facts import Took

    summary = _summary(report)
    names = ("read", "filed", "revised", "cancelled", "unchanged", "left_out", "refused", "no_permit", "urgent")
    shown = Table(*(one.replace("_", " ") for one in names))
    add_row(shown, *(str(summary[one]) for one in names))
    table(shown)
    if report.without_area:
        note(f"{report.without_area} without an area: they cover no ground, pipes beside them count as in reach")
    left: dict[str, list[int]] = {}
    for row in report.rows:
        if row.took in {Took.LEFT_OUT, Took.CANCELLED}:
            left.setdefault(f"{row.took.value.replace('_', ' ')}: {row.words}", []).append(row.row)
    for words, rows in list(left.items())[:_SHOWN]:
        note(f"{words}: {len(rows)} rows, {', '.join(str(one) for one in rows[:_SHOWN])}")
    _refused(report)
    for gap in report.gaps[:_SHOWN]:
        note(f"missing from {gap.station} by {gap.day}: {gap.first} to {gap.last}")
    _noted(report.warned)
    if report.dry_run:
        note("a dry run: nothing was changed")
    elif not report.applied:
        note("an import takes all or nothing: nothing was changed")


def _refused(report: ListImport) -> None:
    if not report.refused:
        return
    rows = Table("file", "row", "field", "problem", "fix", title="refused", title_justify="left")
    for one in report.refused[:_SHOWN]:
        add_row(rows, one.file, str(one.row), one.field, one.problem, one.fix)
    table(rows)
    if len(report.refused) > _SHOWN:
        note(f"… and {len(report.refused) - _SHOWN} more; --json lists all")


def _noted(notes: Sequence[PermitNote]) -> None:
    said: dict[tuple[str, str], int] = {}
    for one in notes:
        said[one.field, one.words] = said.get((one.field, one.words), 0) + 1
    for (name, words), count in list(said.items())[:_SHOWN]:
        note(f"note: {count} rows: {name}: {words}")


def _show_audit(found: ListAudit, *, as_json: bool) -> None:
    silent = {one.id for one in found.silent}
    rows = [
        {
            "list": one.source,
            "last_at": one.last_at.isoformat(),
            "every_h": None if one.every is None else one.every // timedelta(hours=1),
            "silent": one.id in silent,
        }
        for one in found.lists
    ]
    gaps = [
        {"list": one.source, "station": one.station, "day": str(one.day), "first": one.first, "last": one.last}
        for one in found.gaps
    ]
    if as_json:
        for row in rows:
            json_line(row)
        for gap in gaps:
            json_line({"missing": gap})
        missing = sum(one.last - one.first + 1 for one in found.gaps)
        json_line({"summary": {"lists": len(rows), "silent": len(silent), "missing": missing}})
        return
    shown = Table("list", "came last", "every h", "stays away")
    for row in rows:
        add_row(shown, *(str(row[name]) for name in ("list", "last_at", "every_h", "silent")))
    table(shown)
    for gap in gaps[:_SHOWN]:
        note(f"missing from {gap['station']} by {gap['day']}: {gap['first']} to {gap['last']} ({gap['list']})")
    if not gaps and not silent:
        note("nothing is missing")
