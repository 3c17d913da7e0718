"""``pipewarden audit``: walk the chains, sign and hand out their ends, take the record out, check it anywhere."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.people.facts import ChainState

app = typer.Typer(help="The audit chain 审计链: verified, anchored, taken out.", no_args_is_help=True)
_KEY_DIGITS = 64
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, one a line.")]
Tenant = Annotated[str | None, typer.Option(help="Key of one tenant; every tenant's when left out.")]
OneTenant = Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")]
Fingerprint = Annotated[
    str | None, typer.Option(help="Fingerprint of the house's key, 64 hex digits, as `pipewarden audit key` shows it.")
]


@app.command("verify")
def verify(
    tenant: Tenant = None,
    anchors: Annotated[
        list[Path] | None, typer.Option(help="Anchors kept outside: files or folders, beside PIPEWARDEN_AUDIT_ANCHORS.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Walk the whole chain of every tenant; name the first broken entry of each. Exit code 1 when one is broken.

    Without anchors from outside, a chain that was cut or written anew by whoever owns the database stays unseen.

    Example:  pipewarden audit verify --anchors /mnt/worm/anchors
    """
    with told_errors(as_json=json):
        from pipewarden.main import audit

        outside = audit.read_anchors(anchors or [])
        with _home() as home:
            names = _tenants(home, tenant)
            states = audit.walk_all(home, list(names), outside)
    for state in states:
        if json:
            json_line(_said(state, names[state.tenant_id]))
    if not json:
        _shown(states, names)
    broken = [one for one in states if one.broken is not None]
    if not json:
        note("BROKEN: keep the database as it is and call the auditor" if broken else "every chain holds")
        if not broken and any(one.end.seq and not one.anchors for one in states):
            note("without anchors: a tail that was cut cannot be seen; run `pipewarden audit anchor`")
    if broken:
        raise typer.Exit(1)


def _said(state: ChainState, name: str) -> dict[str, object]:
    anchored = state.anchored
    return {
        "tenant": name,
        "entries": state.end.seq,
        "hash": state.end.hash.hex(),
        "anchors": state.anchors,
        "anchored": None if anchored is None else {"seq": anchored.seq, "at": anchored.at.isoformat()},
        "broken": None if state.broken is None else {"seq": state.broken.seq, "problem": state.broken.problem},
    }


def _shown(states: list[ChainState], names: Mapping[UUID, str]) -> None:
    from rich.table import Table

    rows = Table("tenant", "entries", "anchors", "anchored until", "at", "state")
    for one in states:
        until = ("", "") if one.anchored is None else (str(one.anchored.seq), f"{one.anchored.at:%Y-%m-%d %H:%M:%S}")
        state = "holds" if one.broken is None else f"entry {one.broken.seq}: {one.broken.problem}"
        add_row(rows, names[one.tenant_id], str(one.end.seq), str(one.anchors), *until, state)
    table(rows)


@app.command("anchor")
def anchor(
    tenant: Tenant = None,
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="PIPEWARDEN_AUDIT_ANCHORS when left out.")] = None,
    json: JsonFlag = False,
) -> None:
    """Sign the end of every chain that has grown, put the files in a folder, and print them: a line is an anchor.

    A chain that does not hold gets none, and the exit code is 1.

    The worker does so by itself every ten minutes. Keep a line anywhere (a mail, paper) and check it a year later.

    Example:  pipewarden audit anchor --to /mnt/worm/anchors
    """
    with told_errors(as_json=json):
        from pipewarden.main import audit
        from pipewarden.people import service as people

        with _home() as home:
            names = _tenants(home, tenant)
            found = audit.anchor_all(home, only=list(names), folder=to)
        for one in found.made:
            typer.echo(people.anchor_line(one))
    for tenant_id, broken in found.broken.items():
        note(f"{names[tenant_id]}: entry {broken.seq}: {broken.problem}; no anchor covers it")
    if found.broken:
        raise typer.Exit(1)
    if not json:
        note(f"{len(found.made)} anchors" if found.made else "no chain has grown since its last anchor")


@app.command("key")
def key(json: JsonFlag = False) -> None:
    """Show the key that signs anchors and exports: publish its fingerprint where nobody can change it unseen."""
    with told_errors(as_json=json):
        from pipewarden.main import audit
        from pipewarden.people import service as people

        with _home() as home:
            public = audit.key(home).public
    told = {"algorithm": "Ed25519", "public": public.hex(), "fingerprint": people.anchor_key(public)}
    if json:
        json_line(told)
    else:
        typer.echo(told["fingerprint"])


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Anchors, folders of them, and exports.")],
    key: Fingerprint = None,
    json: JsonFlag = False,
) -> None:
    """Check anchors and exports, each by itself and against each other; exits 1 when anything is wrong.

    Needs no network and no database. Without --key it proves only that nothing has changed since the holder of the key
    inside signed it.

    Example:  pipewarden audit check audit.zip /mnt/worm/anchors --key 5f3c...
    """
    with told_errors(as_json=json):
        if key is not None and (len(key) != _KEY_DIGITS or not set(key.lower()) <= set("0123456789abcdef")):
            raise InputError(field="--key", problem="is no fingerprint", fix="Give the 64 hex digits.")
        from pipewarden.main import audit

        found = audit.check(files, key=key)
    problems = list(found.problems)
    for path, one in found.exports.items():
        problems += [f"{path}: {problem}" for problem in one.problems]
        about = one.about
        if not json and about is not None:
            span = f"entries {about.first} to {about.last}, {one.views} looks, {one.anchors} anchors"
            note(f"{path}: {about.issuer or about.tenant}, {span}{', masked' if about.masked else ''}, key {one.key}")
    if json:
        exports = {path: one.key for path, one in found.exports.items()}
        json_line({"whole": not problems, "anchors": len(found.anchors), "exports": exports, "problems": problems})
    else:
        note(f"{len(found.anchors)} anchors, {len(found.exports)} exports")
        for problem in problems:
            note(f"  {problem}")
        whose = "" if key else "; compare the key with what the house publishes"
        note("CHANGED: do not trust it" if problems else f"whole{whose}")
    if problems:
        raise typer.Exit(1)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write; it must not be there.")],
    why: Annotated[str, typer.Option(help="Why it is taken out; it is on record.")],
    tenant: OneTenant = None,
    since: Annotated[str | None, typer.Option(help="Only from then on: 2026-11-26T00:00:00+08:00.")] = None,
    until: Annotated[str | None, typer.Option(help="Only before then.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="With names and what people wrote; else masked.")] = False,
) -> None:
    """Write a tenant's record as one signed ZIP: CSV to read, JSON lines to check, looks at personal data, anchors.

    Whoever gets it checks it with: pipewarden audit check FILE

    Example:  pipewarden audit export -o audit.zip --why "城管局检查" --since 2026-10-01T00:00:00+08:00
    """
    with told_errors(as_json=False):
        from pipewarden.main import audit

        span = {"since": _moment("--since", since), "until": _moment("--until", until)}
        if out.exists():
            raise InputError(field="--out", problem=f"{out} is there already", fix="Name another file.")
        with _home() as home, home.factory.begin(_one(home, tenant)) as work:
            content = audit.export(home, work, whole=whole, reason=why, **span)
            out.write_bytes(content)
    note(f"{out}: {len(content)} bytes; check it with: pipewarden audit check {out}")


@app.command("views")
def views(
    tenant: OneTenant = None,
    about: Annotated[str | None, typer.Option(help="Login of the person whose data it was.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write CSV here instead.")] = None,
    json: JsonFlag = False,
) -> None:
    """List who looked at personal data and why, newest first: the last 1000.

    Example:  pipewarden audit views --about wangwu -o who-looked.csv
    """
    with told_errors(as_json=json):
        from pipewarden.people import service as people
        from pipewarden.people.facts import ViewFilter

        with _home() as home, home.factory.begin(_one(home, tenant)) as work:
            wanted = ViewFilter(about=None if about is None else _person(work, about))
            found = people.views(work, people.operator(work.tenant_id), wanted, limit=1000)
            named = people.names(work, {f"{one.actor_kind}:{one.actor_id}" for one in found})
            if out is not None:
                out.write_bytes(people.view_table(found))
    if out is not None:
        note(f"{len(found)} looks in {out}")
        return
    if json:
        for one in found:
            who = f"{one.actor_kind}:{one.actor_id}"
            subject = f"{one.subject_kind}:{one.subject_id}"
            told = {"at": one.at.isoformat(), "who": who, "name": named.get(who), "what": one.what.value}
            json_line(told | {"subject": subject, "about": one.about and str(one.about), "reason": one.reason})
        return
    from rich.table import Table

    rows = Table("at", "who", "what", "of", "why")
    for one in found:
        who = f"{one.actor_kind}:{one.actor_id}"
        subject = f"{one.subject_kind} {one.subject_id}"
        add_row(rows, f"{one.at:%Y-%m-%d %H:%M:%S}", named.get(who, who), one.what.value, subject, one.reason)
    table(rows)


def _person(work: Work, login: str) -> UUID:
    from pipewarden.people import service as people
    from pipewarden.people.facts import NotFoundError

    try:
        return people.person_by_login(work, people.operator(), login).id
    except NotFoundError as error:
        problem = f"{login[:40]!r} is nobody here"
        raise InputError(field="--about", problem=problem, fix="Give their login.") from error


def _home() -> AbstractContextManager[Home]:
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure

    settings = load_settings()
    configure(settings.log_level)
    return open_home(settings)


def _known(home: Home) -> Iterator[tuple[UUID, str]]:
    from pipewarden.people import service as people
    from pipewarden.people.facts import PLATFORM

    with home.work() as work:
        for one in people.tenants(work, people.operator()):
            yield one.id, one.key
    yield PLATFORM, "(platform)"


def _tenants(home: Home, key: str | None) -> dict[UUID, str]:
    known = dict(_known(home))
    found = known if key is None else {tenant_id: name for tenant_id, name in known.items() if name == key}
    if not found:
        fix = f"Take {', '.join(sorted(known.values()))}."
        raise InputError(field="--tenant", problem=f"{(key or '')[:40]!r} is no tenant here", fix=fix)
    return found


def _one(home: Home, key: str | None) -> UUID:
    return home.tenant_id if key is None else next(iter(_tenants(home, key)))


def _moment(option: str, words: str | None) -> datetime | None:
    if words is None:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        fix = "Write it as 2026-11-26T00:00:00+08:00."
        raise InputError(field=option, problem=f"{words[:40]!r} is no moment with a zone", fix=fix)
    return found
