"""``pipewarden rules``: a file of supervision rules is tried before it acts, on its examples and on what happened."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.cli.policies import keep_preview, mount, policy_text, proposed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.service import Change

app = typer.Typer(help="Supervision rules, tried before they act.", no_args_is_help=True)
mount(app, "supervision")


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

    Nothing is written but the result, where the very file is proposed. Filings, and how far a machine stood from the
    pipe then, are not part of what is stored: what hangs on them is unknown under both.
    """
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework

        text = policy_text(file)
        casework.check(text, file.name)
        with opened() as work:
            version = proposed(work, "supervision", text)
            found = casework.preview(work, text, file.name, days)
            kept = keep_preview(work, version, days, found)
    if json:
        told = {"newly": _rows(found.newly), "no_longer": _rows(found.no_longer)}
        json_line(asdict(found) | told | {"days": days, "kept": kept})
        return
    from rich.table import Table

    shown = Table("变化 change", "规则 code", "施工点 site", "时间 at")
    for change, rows in (("newly violated", found.newly), ("no longer violated", found.no_longer)):
        for row in _rows(rows):
            add_row(shown, change, row["code"], row["site_id"], row["at"])
    table(shown)
    note(f"{found.sites} sites, {found.moments} events and sightings of {days} days; same under both: {found.same}")
    note("nobody has proposed this text: nothing was kept" if kept is None else f"kept with {kept}")


def _rows(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [{"code": one.code, "site_id": str(one.site_id), "at": one.at.isoformat()} for one in changes]
