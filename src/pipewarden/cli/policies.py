"""``pipewarden rules`` and ``pipewarden risk``: a text of one's own is proposed, activated, taken back, and listed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.facts import PolicyKind, PolicyVersion
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_MOST_BYTES = 1_000_000
File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML, as the shipped file.")]
Named = Annotated[str, typer.Argument(metavar="VERSION", help="As the text names itself.")]
Why = Annotated[str, typer.Option("--why", help="What it is for; kept on record.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


def policy_text(file: Path) -> str:
    """Return the text of a policy file.

    Raises:
        InputError: it is no UTF-8, or longer than 1 MB.
    """
    body = file.read_bytes()
    if len(body) > _MOST_BYTES:
        raise InputError(field=str(file), problem="is longer than 1 MB", fix="Give a policy file.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(field=str(file), problem="is not UTF-8", fix="Save it as UTF-8.") from error


def proposed(work: Work, kind: str, text: str) -> PolicyVersion | None:
    """Hold the tenant's versions, and return the one of exactly this text; None where nobody proposed it."""
    from pipewarden.casework import service as casework

    return casework.proposed(work, _kind(kind), text)


def keep_preview(work: Work, version: PolicyVersion | None, days: int, found: Any) -> str | None:
    """Keep what a text would have changed where it was proposed; return the version, None where nobody did."""
    from pipewarden.casework import service as casework

    if version is None:
        return None
    return casework.keep_preview(work, _operator(work), version, days, asdict(found)).version


def mount(app: typer.Typer, kind: str) -> None:
    """Give a group of commands those that change a tenant's own version of one kind of policy."""

    @app.command("propose")
    def propose(file: File, why: Why, json: Json = False) -> None:
        """Keep a file as a draft of your own: it changes nothing until it is previewed and activated."""
        with told_errors(as_json=json):
            from pipewarden.casework import service as casework

            text = policy_text(file)
            with opened() as work:
                made = casework.propose(work, _operator(work), _kind(kind), text, why, name=file.name)
        _tell(made, as_json=json)

    @app.command("activate")
    def activate(version: Named, json: Json = False) -> None:
        """Let a version rule that was previewed as it is, over 7 days or more, against what rules now."""
        with told_errors(as_json=json):
            from pipewarden.casework import service as casework

            with opened() as work:
                made = casework.activate(work, _operator(work), _kind(kind), version)
        _tell(made, as_json=json)

    @app.command("rollback")
    def rollback(why: Why, json: Json = False) -> None:
        """Let what ruled before rule again, at once."""
        with told_errors(as_json=json):
            from pipewarden.casework import service as casework

            with opened() as work:
                found = casework.roll_back(work, _operator(work), _kind(kind), why)
        if json:
            json_line({"version": found.version, "own": found.own})
        else:
            note(f"{found.version} rules{'' if found.own else ', the shipped file'}")

    @app.command("versions")
    def versions(json: Json = False) -> None:
        """Say which version rules, which others there are, and what each would have changed."""
        with told_errors(as_json=json):
            from pipewarden.casework import service as casework

            with opened() as work:
                found = casework.policy_ruling(work, _operator(work), _kind(kind))
        if json:
            rows = [_told(one) for one in found.versions]
            told = {"version": found.version, "own": found.own, "shipped": found.shipped}
            json_line(told | {"base_moved": found.base_moved, "versions": rows})
            return
        from rich.table import Table

        shown = Table("版本 version", "状态 state", "基于 base", "预演 previewed", "原因 why")
        for one in found.versions:
            tried = "" if one.previewed is None else f"{one.previewed.at:%Y-%m-%d}, {one.previewed.days} d"
            add_row(shown, one.version, one.state, one.base, tried, one.why)
        table(shown)
        moved = f"; the shipped file is {found.shipped} now" if found.base_moved else ""
        note(f"{found.version} rules{moved}")


def _operator(work: Work) -> Actor:
    from pipewarden.people import service as people

    return people.operator(work.tenant_id)


def _kind(kind: str) -> PolicyKind:
    from pipewarden.casework.facts import PolicyKind

    return PolicyKind(kind)


def _told(one: PolicyVersion) -> dict[str, object]:
    tried = one.previewed
    return {
        "version": one.version,
        "state": one.state.value,
        "sha256": one.sha256,
        "base": one.base,
        "why": one.why,
        "made_by": one.made_by,
        "made_at": one.made_at.isoformat(),
        "previewed": None if tried is None else {"at": tried.at.isoformat(), "days": tried.days},
        "activated_by": one.activated_by,
        "activated_at": None if one.activated_at is None else one.activated_at.isoformat(),
    }


def _tell(one: PolicyVersion, *, as_json: bool) -> None:
    if as_json:
        json_line(_told(one))
    else:
        note(f"{one.version}: {one.state}, sha256 {one.sha256[:12]}")
