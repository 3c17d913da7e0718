"""``pipewarden open311``: cities' Open311 servers, whose requests we read and whom we tell what became of them."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError, UnavailableError

app = typer.Typer(help="Cities' Open311 servers (GeoReport v2).", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
Name = Annotated[str, typer.Argument(help="Name of the server, as `open311 list` prints it.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What you call it, like langfang-12345.")],
    address: Annotated[str, typer.Argument(help="Address up to /requests.json, like https://city.example/open311/v2.")],
    code: Annotated[
        list[str],
        typer.Option(help="CODE=KIND: a service code of the city that means works, and our kind; * is every other."),
    ],
    jurisdiction: Annotated[str, typer.Option(help="The city's jurisdiction_id, where it wants one.")] = "",
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the api_key from standard input; with it the city is told back.")
    ] = False,
    form: Annotated[str, typer.Option("--format", help="json or xml.")] = "json",
    zone: Annotated[str, typer.Option(help="Time zone of times that say none.")] = "Asia/Shanghai",
    accuracy_m: Annotated[float, typer.Option(min=1, max=1000, help="Assumed error of its places, metres.")] = 50.0,
    since: Annotated[str | None, typer.Option(help="Read from then on, with its offset; else a week back.")] = None,
    json: Json = False,
) -> None:
    """Read a city's requests from now on, every five minutes, and tell it what became of them.

    A request whose service code means works becomes a report like anybody's; one without a place waits for a person.
    The key is sealed and never shown again. What a city says of a request is kept as words and closes nothing here.

    Example:  pipewarden open311 add boston https://311.example/v2 --code opening=digging --zone America/New_York
    """
    with told_errors(as_json=json):
        from pipewarden.exchange.facts.open311 import Format, NewServer311
        from pipewarden.exchange.service import open311 as service
        from pipewarden.main.open311 import at_home
        from pipewarden.main.web.secret import WebSettings
        from pipewarden.people import service as people

        if form not in set(Format):
            raise InputError(field="--format", problem=f"{form!r} is none", fix="Say json or xml.")
        codes = dict(_code(one) for one in code)
        begin = None if since is None else _moment(since)
        key = sys.stdin.readline().strip() if key_stdin else ""
        if key_stdin and not key:
            raise InputError(field="api_key", problem="is empty", fix="Pipe it, or leave --key-stdin out.")
        new = NewServer311(name, address, codes, key, jurisdiction, Format(form), zone, accuracy_m, begin)
        with at_home(WebSettings()) as (home, house), home.work() as work:
            made = service.add_server(work, people.operator(work.tenant_id), house.sealer, new)
        said = {"id": str(made.id), "name": name, "address": made.address, "since": made.since.isoformat()}
    if json:
        json_line(said)
        return
    note(f"{name}: read from {made.since:%Y-%m-%d %H:%M} UTC on; `pipewarden open311 pull {name}` reads it now.")


def _code(words: str) -> tuple[str, str]:
    code, marked, kind = words.partition("=")
    if not marked:
        raise InputError(field="--code", problem=f"{words[:60]!r} has no =", fix="Write CODE=KIND, like dig=digging.")
    return code.strip(), kind.strip()


def _moment(words: str) -> datetime:
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        fix = "Write it as 2026-11-26T00:00:00+08:00."
        raise InputError(field="--since", problem=f"{words[:40]!r} is no moment", fix=fix) from error
    if found.tzinfo is None:
        raise InputError(field="--since", problem="has no offset", fix="Add it: 2026-11-26T00:00:00+08:00.")
    return found


@app.command("list")
def list_(json: Json = False) -> None:
    """List the servers: how far each was read, what went wrong, and how many updates wait to be sent to it."""
    with told_errors(as_json=json):
        from pipewarden.cli.opened import opened
        from pipewarden.exchange.service import open311 as service
        from pipewarden.people import service as people

        with opened() as work:
            found = service.list_servers(work, people.operator(work.tenant_id))
    rows = [
        {
            "name": one.name,
            "address": one.address,
            "codes": dict(one.codes),
            "key": one.sealed_key is not None,
            "since": one.since.isoformat(),
            "pulled_at": None if one.pulled_at is None else one.pulled_at.isoformat(),
            "unsent": unsent,
            "problem": one.problem,
        }
        for one, unsent in found
    ]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"servers": len(rows)}})
        return
    from rich.table import Table

    shown = Table("名称 name", "地址 address", "读到 read up to", "未发 unsent", "问题 problem")
    for row in rows:
        add_row(shown, *(str(row[cell]) for cell in ("name", "address", "since", "unsent", "problem")))
    table(shown)


@app.command("pull")
def pull(name: Name, json: Json = False) -> None:
    """Read a city's list now, and say what it brought; reading it twice brings nothing twice."""
    with told_errors(as_json=json):
        from pipewarden.main.open311 import at_home, pull_now
        from pipewarden.main.web.secret import WebSettings

        with at_home(WebSettings()) as (home, house):
            found = pull_now(home, house, name)
        said = {
            "taken": found.taken,
            "known": found.known,
            "waiting": found.waiting,
            "updates": found.updates,
            "skipped": dict(found.skipped or {}),
        }
        if json:
            json_line({"summary": said})
        else:
            skipped = ", ".join(f"{count} {why}" for why, count in sorted((found.skipped or {}).items())) or "none"
            note(f"{name}: {found.taken} new ({found.waiting} wait for a person), {found.known} known before,")
            note(f"  {found.updates} updates; left out: {skipped}")
        if found.problem:
            fix = "What was read is kept; the next pull goes on from there."
            raise UnavailableError(field=name, problem=found.problem, fix=fix)


@app.command("remove")
def remove(name: Name, json: Json = False) -> None:
    """Read a server no more and tell it nothing; its key is forgotten, its requests stay."""
    with told_errors(as_json=json):
        from pipewarden.cli.opened import opened
        from pipewarden.exchange.service import open311 as service
        from pipewarden.people import service as people

        with opened() as work:
            gone = service.remove_server(work, people.operator(work.tenant_id), name)
    if json:
        json_line({"removed": str(gone.id), "name": name})
        return
    note(f"{name} is read no more.")
