"""``pipewarden user``: the first persons of a house, and the way back in for whoever has lost the second factor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipewarden.cli import user_outside, user_role
from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.people.facts import FactorOf, SessionInfo

app = typer.Typer(
    help="Persons, second factors and sign-ins from the machine's own command line; on record as the operator.",
    no_args_is_help=True,
)
factor = typer.Typer(
    help="Who has set up a second factor and who owes one; take a lost one away.", no_args_is_help=True
)
app.add_typer(factor, name="factor")
app.add_typer(user_outside.oidc, name="oidc")
app.add_typer(user_outside.handles, name="handle")
app.command("role")(user_role.role)
_Tenant = Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")]
_Login = Annotated[str, typer.Argument(help="Name typed at sign-in.")]


@app.command("add")
def add(
    login: Annotated[str, typer.Option(help="Name typed at sign-in.")],
    name: Annotated[str, typer.Option(help="Name shown to others.")],
    role: Annotated[str, typer.Option(help="A role, for instance dispatcher or tenant_admin.")],
    tenant: Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")] = None,
    area: Annotated[str | None, typer.Option(help="Key or id of the area the role is bound to.")] = None,
    platform: Annotated[bool, typer.Option("--platform", help="For the whole platform instead of a tenant.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input, for scripts.")
    ] = False,
    keep_password: Annotated[
        bool, typer.Option("--keep-password", help="Do not ask for a new password at the first sign-in.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Add a person with a role; the password is typed or piped, never given as an argument and never made up."""
    with told_errors(as_json=json):
        from pipewarden.main.web.accounts import NewAccount, add_account
        from pipewarden.main.web.secret import WebSettings

        word = sys.stdin.readline().rstrip("\r\n") if password_stdin else _asked()
        wanted = NewAccount(
            login=login,
            name=name,
            role=role,
            tenant=tenant,
            area=area,
            platform=platform,
            password=word,
            must_change=not keep_password,
        )
        made = add_account(WebSettings(), wanted)
        if json:
            json_line(made)
        else:
            note(f"{made['login']} may sign in as {made['role']} of {made['tenant']}")


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@factor.command("list")
def list_factors(
    tenant: _Tenant = None,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List how a tenant's persons stand with the second factor; who owes one and has none comes first."""
    with told_errors(as_json=json):
        from pipewarden.people import service as people

        with opened(tenant) as work:
            rows = [_standing(one) for one in people.factors(work, people.operator(work.tenant_id))]
    missing = sum(bool(row["owed"]) and row["confirmed_at"] is None for row in rows)
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"persons": len(rows), "owed_and_missing": missing}})
        return
    from rich.table import Table

    shown = Table("登录名 login", "姓名 name", "角色 roles", "第二因素 second factor", "恢复码 codes left")
    for row in rows:
        owed = f"owed, by {row['enrol_by'] or 'the first sign-in'}" if row["owed"] else "not asked for"
        said = f"set up {row['confirmed_at']}" if row["confirmed_at"] else owed
        add_row(shown, str(row["login"]), str(row["name"]), ", ".join(row["roles"]), said, str(row["codes_left"]))
    table(shown)
    note(f"{len(rows)} persons, {missing} owe a second factor and have none")


@factor.command("reset")
def reset_factor(
    login: _Login,
    tenant: _Tenant = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Take a lost second factor away: the person's sessions end, and they set up a new one before anything else.

    For the security administrator's own, for persons of several tenants and of the platform; others are reset on the
    desk's page of sign-ins by their security administrator.
    """
    with told_errors(as_json=json):
        from pipewarden.people import service as people

        with opened(tenant) as work:
            root = people.operator(work.tenant_id)
            people.reset_factor(work, root, people.person_by_login(work, root, login).id)
    if json:
        json_line({"login": login, "reset": True})
    else:
        note(f"{login} sets up a new second factor at the next sign-in")


@app.command("sessions")
def sessions(
    login: _Login,
    tenant: _Tenant = None,
    end: Annotated[bool, typer.Option("--end", help="End every one of them now.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")] = False,
) -> None:
    """List where a person is signed in, newest first, or sign them out everywhere."""
    with told_errors(as_json=json):
        from pipewarden.main.web.app import real_gate
        from pipewarden.people import service as people

        with opened(tenant) as work:
            root = people.operator(work.tenant_id)
            found = people.sessions_of(work, real_gate(), root, people.person_by_login(work, root, login).id)
            for one in found if end else ():
                people.revoke_session(work, root, one.id)
    rows = [_session(one) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"sessions": len(rows), "ended": len(rows) if end else 0}})
        return
    from rich.table import Table

    shown = Table("来源 from", "设备 device", "登录 since", "最近 seen", "第二因素 second factor")
    for row in rows:
        add_row(shown, *(str(row[cell] or "-") for cell in ("source", "agent", "started_at", "seen_at", "factor_at")))
    table(shown)
    note(f"{len(rows)} ended" if end else f"{len(rows)} open; --end ends them")


def _standing(one: FactorOf) -> dict[str, Any]:
    return {
        "login": one.login,
        "name": one.name,
        "roles": [role.value for role in one.roles],
        "owed": one.standing.owes,
        "confirmed_at": _iso(one.standing.confirmed_at),
        "enrol_by": _iso(one.standing.enrol_by),
        "codes_left": one.standing.codes_left,
    }


def _session(one: SessionInfo) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "source": one.source,
        "agent": one.agent,
        "how": one.how,
        "started_at": _iso(one.started_at),
        "seen_at": _iso(one.seen_at),
        "factor_at": _iso(one.factor_at),
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
