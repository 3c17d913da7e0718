"""``pipewarden db``: look at and look after the database of a home."""

from __future__ import annotations

from typing import Annotated

import typer

from pipewarden.cli.output import json_line, note, told_errors

app = typer.Typer(help="Look at and look after the database (PIPEWARDEN_HOME or PIPEWARDEN_DATABASE_URL).")


@app.callback()
def _group() -> None:
    """Keep ``migrate`` a sub-command while it is the only one."""


@app.command("migrate")
def migrate(json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Bring the database to the newest shape (every command does so by itself; this only does that)."""
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home

    with told_errors(as_json=json), open_home(load_settings()) as home:
        if json:
            json_line({"home": str(home.folder), "migrated": True})
        else:
            note(f"database of {home.folder} is up to date")
