"""``pipewarden user oidc`` and ``pipewarden user handle``: who may sign in from outside, and by what."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

oidc = typer.Typer(help="OpenID Connect providers, and whose subject is which person.", no_args_is_help=True)
handles = typer.Typer(help="Phone numbers and mail addresses by which persons sign in.", no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="JSON objects on stdout.")]
Platform = Annotated[bool, typer.Option("--platform", help="Of the whole platform instead of PIPEWARDEN_TENANT.")]
Login = Annotated[str, typer.Argument(help="Name typed at sign-in.")]
ProviderId = Annotated[str, typer.Argument(metavar="PROVIDER_ID", help="Id, as `user oidc list` prints it.")]


@oidc.command("add")
def add(
    name: Annotated[str, typer.Option(help="What stands on the button of the sign-in page.")],
    issuer: Annotated[str, typer.Option(help="Issuer, exactly as its metadata write it.")],
    client_id: Annotated[str, typer.Option(help="Name by which the provider knows this house.")],
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the client secret from standard input.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="The client has no secret, PKCE alone.")] = False,
    by_email: Annotated[
        bool, typer.Option("--by-email", help="Let addresses that it has verified bind persons by themselves.")
    ] = False,
    domain: Annotated[list[str] | None, typer.Option(help="Domain of such addresses; may be given again.")] = None,
    platform: Platform = False,
    json: Json = False,
) -> None:
    """Add a provider; its client secret is typed or piped, kept sealed, and never shown again. It signs nobody in yet.

    Enter the printed redirect URI at the provider, then bind persons with `user oidc bind`.
    """
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import add_provider
        from pipewarden.main.web.secret import WebSettings
        from pipewarden.people.facts import NewProvider

        word = "" if public else sys.stdin.readline().rstrip("\r\n") if secret_stdin else _asked("Client secret")
        if not public and not word:
            raise InputError(field="client secret", problem="is empty", fix="Pipe it, or say --public.")
        wanted = NewProvider(name, issuer, client_id, word, by_email, tuple(domain or ()))
        made = add_provider(WebSettings(), wanted, platform=platform)
    redirect = made["redirect"] or "unknown while PIPEWARDEN_PUBLIC_URL is empty"
    _say(made, f"{made['id']} {made['name']}: redirect URI {redirect}", json)


@oidc.command("list")
def list_(platform: Platform = False, json: Json = False) -> None:
    """List the providers."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import list_providers
        from pipewarden.main.web.secret import WebSettings

        rows = list_providers(WebSettings(), platform=platform)
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"providers": len(rows)}})
        return
    from rich.table import Table

    shown = Table("编号 id", "名称 name", "发行方 issuer", "客户端 client", "按邮箱 by e-mail")
    for row in rows:
        cells = [str(row[cell]) for cell in ("id", "name", "issuer", "client_id")]
        add_row(shown, *cells, ", ".join(row["domains"]) if row["by_email"] else "-")
    table(shown)


@oidc.command("check")
def check(provider: ProviderId, platform: Platform = False, json: Json = False) -> None:
    """Ask a provider for its metadata, as a sign-in would, and show what would be used."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import check_provider
        from pipewarden.main.web.secret import WebSettings

        made = check_provider(WebSettings(), provider, platform=platform)
    _say(made, "\n".join(f"{name}: {value}" for name, value in made.items()), json)


@oidc.command("remove")
def remove(provider: ProviderId, platform: Platform = False, json: Json = False) -> None:
    """End a provider with all its bindings; sessions that it opened run on."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import remove_provider
        from pipewarden.main.web.secret import WebSettings

        made = remove_provider(WebSettings(), provider, platform=platform)
    _say(made, f"{provider} is gone, {made['bindings_ended']} bindings ended", json)


@oidc.command("bind")
def bind(
    login: Login,
    provider: Annotated[str, typer.Option(metavar="PROVIDER_ID", help="Id, as `user oidc list` prints it.")],
    subject: Annotated[str, typer.Option(help="The `sub` by which the provider names the person, exactly.")],
    platform: Platform = False,
    json: Json = False,
) -> None:
    """Say that a subject of a provider is a person; it gives no role."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import bind as bind_person
        from pipewarden.main.web.secret import WebSettings

        made = bind_person(WebSettings(), login, provider, subject, platform=platform)
    _say(made, f"{made['id']}: {login} signs in as {subject}", json)


@oidc.command("unbind")
def unbind(
    binding: Annotated[str, typer.Argument(metavar="BINDING_ID", help="Id, as `user oidc show` prints it.")],
    platform: Platform = False,
    json: Json = False,
) -> None:
    """End a binding."""
    _end("binding", binding, platform=platform, json=json)


@oidc.command("show")
def show(login: Login, platform: Platform = False, json: Json = False) -> None:
    """Show what signs a person in from outside: subjects of providers, phone numbers and addresses (masked)."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import show as shown_of
        from pipewarden.main.web.secret import WebSettings

        made = shown_of(WebSettings(), login, platform=platform)
    lines = [f"{one['id']} {one['how']}: {one['subject']}" for one in made["bindings"]]
    lines += [f"{one['id']} {one['kind']}: {one['shown']}" for one in made["handles"]]
    _say(made, "\n".join(lines) or f"{login} signs in by a password alone", json)


@handles.command("add")
def add_handle(
    login: Login,
    kind: Annotated[str, typer.Option(help="phone: codes are sent to it; email: a provider's verified address.")],
    platform: Platform = False,
    json: Json = False,
) -> None:
    """Let a person sign in by an address, which is read from standard input and kept as a keyed hash alone."""
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import add_handle as add_to
        from pipewarden.main.web.secret import WebSettings

        if kind not in {"phone", "email"}:
            raise InputError(field="--kind", problem=f"{kind[:40]!r} is none", fix="Choose phone or email.")
        address = sys.stdin.readline().strip() if not sys.stdin.isatty() else str(typer.prompt("Address", err=True))
        made = add_to(WebSettings(), login, kind, address, platform=platform)
    _say(made, f"{made['id']}: {login} signs in by {made['shown']}", json)


@handles.command("end")
def end_handle(
    handle: Annotated[str, typer.Argument(metavar="HANDLE_ID", help="Id, as `user oidc show` prints it.")],
    platform: Platform = False,
    json: Json = False,
) -> None:
    """End a phone number or an address by which somebody signs in."""
    _end("handle", handle, platform=platform, json=json)


def _end(kind: str, named: str, *, platform: bool, json: bool) -> None:
    with told_errors(as_json=json):
        from pipewarden.main.outside_accounts import end
        from pipewarden.main.web.secret import WebSettings

        made = end(WebSettings(), kind, named, platform=platform)
    _say(made, f"{named} is ended", json)


def _say(made: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        json_line(made)
    else:
        note(words)


def _asked(what: str) -> str:
    return str(typer.prompt(what, hide_input=True, err=True))
