"""``pipewarden intake`` and ``pipewarden export``: other platforms' lists in, our lists out, as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

app = typer.Typer(help="Messages of hotlines, city-lifeline and work-order platforms.", no_args_is_help=True)
out = typer.Typer(help="Lists for other systems.", no_args_is_help=True)
_MOST_BYTES = 20 << 20
_MOST_ROWS = 20_000
_SHOWN = 20
AsJson = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]


@app.command("csv")
def csv_(
    file: Annotated[Path, typer.Argument(help="CSV with a header, UTF-8 or GB 18030.")],
    mapping: Annotated[str, typer.Option(help="12345-hotline, city-lifeline, work-orders, or a mapping.yaml.")],
    platform: Annotated[str | None, typer.Option(help="Under which name; the mapping's when left out.")] = None,
    json: AsJson = False,
) -> None:
    """Take a platform's list: every row is kept once under its own number, all rows or none.

    A row with coordinates becomes a report; one with an address alone waits for a person on the list.

    Example:  pipewarden intake csv 12345.csv --mapping 12345-hotline
    """
    with told_errors(as_json=json):
        from pipewarden.exchange import service
        from pipewarden.exchange.facts import Incoming
        from pipewarden.kit.settings import load_settings
        from pipewarden.main.home import open_home
        from pipewarden.main.intake import intake_mapping
        from pipewarden.people import service as people

        read = intake_mapping(mapping)
        name = platform or read.intake
        messages = [
            Incoming(source=name, event_id="", type="", data=row, number=n)
            for n, row in enumerate(_rows(file), start=1)
        ]
        with open_home(load_settings()) as home, home.work() as work:
            kept = service.take(
                work, home.blobs, people.operator(work.tenant_id), messages, platform=name, mapping=read
            )
        counted = Counter(one.item.state.value if one.fresh else "known before" for one in kept)
        waiting = [one.item for one in kept if one.fresh and one.item.why]
    if json:
        for one in waiting:
            json_line({"id": one.event_id, "waits": one.why, "address": one.address})
        json_line({"summary": {"rows": len(kept), **counted}})
        return
    note(f"{len(kept)} rows of {read.intake}: " + ", ".join(f"{n} {word}" for word, n in sorted(counted.items())))
    note(read.note)
    if waiting:
        from rich.table import Table

        shown = Table("编号 id", "地址 address", "等待 waits for a person")
        for one in waiting[:_SHOWN]:
            add_row(shown, one.event_id, one.address, one.why)
        table(shown)


def _rows(file: Path) -> list[dict[str, Any]]:
    if file.stat().st_size > _MOST_BYTES:
        raise InputError(field=str(file), problem="is larger than 20 MB", fix="Split the list by day.")
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError as error:
            raise InputError(field=str(file), problem="is neither UTF-8 nor GB 18030", fix="Save as UTF-8.") from error
    try:
        table_ = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [_whole(file, n, row) for n, row in enumerate(table_, start=1)]
    except csv.Error as error:
        raise InputError(field=str(file), problem=f"is no CSV ({error})", fix="Export the list again.") from error
    if not rows or not table_.fieldnames:
        raise InputError(field=str(file), problem="has no rows below a header", fix="Export the list again.")
    if len(rows) > _MOST_ROWS:
        raise InputError(field=str(file), problem=f"has more than {_MOST_ROWS} rows", fix="Split the list by day.")
    return rows


def _whole(file: Path, number: int, row: dict[str | Any, Any]) -> dict[str, Any]:
    """Return a row as it is; one with more cells than the header says other things than its columns are called."""
    if None in row:
        fix = "Quote cells that hold a comma, and leave out empty ones behind the last column."
        raise InputError(field=f"{file.name} row {number}", problem="has more cells than the header", fix=fix)
    return row


@out.command("csv")
def export_csv(
    what: Annotated[str, typer.Argument(help="sites, filings, violations or work-orders.")],
    since: Annotated[str | None, typer.Option(help="Only what changed since: 2026-11-26T00:00:00+08:00.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; stdout when left out.")] = None,
) -> None:
    """Write a list as CSV; words that a spreadsheet would take for a formula get an apostrophe.

    Example:  pipewarden export csv violations --since 2026-11-01T00:00:00+08:00 -o violations.csv
    """
    with told_errors(as_json=False):
        from pipewarden.cli.opened import opened
        from pipewarden.exchange import service
        from pipewarden.people import service as people

        if what not in service.LISTS:
            raise InputError(field="WHAT", problem=f"{what!r} is none", fix=f"Take {', '.join(service.LISTS)}.")
        moment = None if since is None else _moment(since)
        with opened() as work:
            text = service.export(work, people.operator(work.tenant_id), what, moment)
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8-sig", newline="")
            note(f"{sum(1 for _ in csv.reader(io.StringIO(text, newline=''))) - 1} rows in {output}")


def _moment(words: str) -> datetime:
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise InputError(
            field="--since", problem=f"{words!r} is no moment", fix="Write it as 2026-11-26T00:00:00+08:00."
        ) from error
    if found.tzinfo is None:
        raise InputError(field="--since", problem="has no offset", fix="Add it: 2026-11-26T00:00:00+08:00.")
    return found
