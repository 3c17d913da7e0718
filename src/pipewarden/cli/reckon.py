"""``pipewarden reckon``: do the books say the same: files and rows, cases and notifications, roster and people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, table, told_errors


def reckon(
    file: Annotated[
        bool, typer.Option("--file", help="Put the differences on file, as every morning: the safety manager is told.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Compare stored files with rows, open cases with notifications, the roster with who can be reached.

    The worker does so every morning and tells the safety manager. Exit code 1 when anything differs.
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load
        from pipewarden.main import backup, reckoning
        from pipewarden.main.act import open_post
        from pipewarden.main.backup import BackupSettings
        from pipewarden.main.home import open_home
        from pipewarden.main.web.secret import service_secret

        settings = load(BackupSettings)
        with open_home(settings) as home:
            made = reckoning.reckon(home, open_post(settings, service_secret(settings, home.folder)))
            if file:
                reckoning.file(home, made, backup.faults(home, settings))
        if json:
            lines = [
                asdict(one) | {"tenant_id": str(one.tenant_id), "site_ids": [str(site) for site in one.site_ids]}
                for one in made.differences
            ]
            json_line({"at": made.at.isoformat(), "compared": made.compared, "differences": lines})
        else:
            shown = Table("what", "count", "words", "for instance")
            for one in made.differences:
                add_row(shown, one.what, str(one.count), one.words, " ".join(one.named[:2]))
            table(shown)
            note("compared: " + ", ".join(f"{count} {what}" for what, count in made.compared.items()))
    if made.differences:
        raise typer.Exit(1)
