"""``pipewarden log``: let a module say more, or less, while the house runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, table, told_errors

app = typer.Typer(help="Say which module may say how much, while the house runs.")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("level")
def level(
    module: Annotated[str, typer.Argument(help="A module or package, like pipewarden.act or httpx.")],
    level: Annotated[str, typer.Argument(help="DEBUG, INFO, WARNING, ERROR, or default to take it back.")],
    json: AsJson = False,
) -> None:
    """Give a module a level of its own; every process of this home hears it within two seconds, none is restarted."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main.log_levels import write_level

        found = write_level(load_settings().home, module, None if level == "default" else level)
        if json:
            json_line({"levels": found})
        else:
            note(f"{module} is at {found.get(module, 'the default level')}")


@app.command("levels")
def levels(json: AsJson = False) -> None:
    """Show which modules have a level of their own; all others have PIPEWARDEN_LOG_LEVEL."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main.log_levels import read_levels

        settings = load_settings()
        found = read_levels(settings.home)
        if json:
            json_line({"default": settings.log_level, "levels": found})
            return
        shown = Table("module", "level")
        add_row(shown, "(all others)", settings.log_level)
        for name, own in sorted(found.items()):
            add_row(shown, name, own)
        table(shown)
