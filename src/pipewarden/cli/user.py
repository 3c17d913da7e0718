"""``pipewarden user``: the first persons of a house, whose administrator cannot come in by the web yet."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipewarden.cli import user_outside
from pipewarden.cli.output import json_line, note, told_errors

app = typer.Typer(help="Add persons from the machine's own command line; on record as the operator.")
app.add_typer(user_outside.oidc, name="oidc")
app.add_typer(user_outside.handles, name="handle")


@app.callback()
def _group() -> None:
    """Keep ``add`` a sub-command while it is the only one."""


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
