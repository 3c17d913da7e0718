"""``pipewarden rules``: a file of supervision rules is tried before it acts, on its examples and on what happened."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.service import Change

app = typer.Typer(help="Supervision rules, tried before they act.", no_args_is_help=True)
_MOST_BYTES = 1_000_000


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rules in YAML, as policy/supervision/CN.yaml.")],
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Read a file of rules and run the examples inside it; exits 1 when one of them does not hold.

    Example:  pipewarden rules check my-rules.yaml
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        policy, failed = casework.check(policy_text(file), file.name)
    examples = sum(len(rule.examples) for rule in policy.rules)
    if json:
        json_line({"version": policy.version, "rules": len(policy.rules), "examples": examples, "failed": list(failed)})
    else:
        note(f"{policy.version}: {len(policy.rules)} rules, {examples} examples, {len(failed)} that do not hold")
        for words in failed:
            note(f"  {words}")
    if failed:
        raise typer.Exit(1)


@app.command("preview")
def preview(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rules in YAML, as policy/supervision/CN.yaml.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="How far back.")] = 30,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say what a file of rules would have changed on the stored events: newly violated, and no longer violated.

    Nothing is written. Filings, and how far a machine stood from the pipe then, are not part of what is stored: what
    hangs on them is unknown under both.
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        text = policy_text(file)
        casework.check(text, file.name)
        with opened() as work:
            found = casework.preview(work, text, file.name, days)
    if json:
        told = asdict(found) | {"newly": _rows(found.newly), "no_longer": _rows(found.no_longer), "days": days}
        json_line(told)
        return
    from rich.table import Table

    shown = Table("变化 change", "规则 code", "施工点 site", "时间 at")
    for change, rows in (("newly violated", found.newly), ("no longer violated", found.no_longer)):
        for row in _rows(rows):
            add_row(shown, change, row["code"], row["site_id"], row["at"])
    table(shown)
    note(f"{found.sites} sites, {found.moments} events and sightings of {days} days; same under both: {found.same}")


def _rows(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [{"code": one.code, "site_id": str(one.site_id), "at": one.at.isoformat()} for one in changes]


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
