"""``pipewarden act``: do messages arrive, can everybody on duty be reached, which channels are there."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, table, told_errors

app = typer.Typer(help="Try, check and switch the channels by which people are told.")
_WHY = {
    "no_contact": "no contact point outside the message centre",
    "switched_off": "every channel is switched off or not set up",
    "log_only": "only channels that are written to the log",
}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("test")
def try_out(
    person: Annotated[str, typer.Option(help="Login of who gets a test message by every contact point.")],
    json: AsJson = False,
) -> None:
    """Send somebody a test message and show what was tried; exit code 1 when no channel took it."""
    with told_errors(as_json=json):
        from pipewarden.main import messages
        from pipewarden.main.web.secret import WebSettings

        found = messages.try_person(WebSettings(), person)
        if json:
            json_line(found)
        else:
            shown = Table("channel", "state", "problem", "attempts")
            for one in found["tried"]:
                add_row(shown, one["channel"], one["state"], one["problem"], " · ".join(one["attempts"]))
            table(shown)
    if not any(one["state"] == "accepted" for one in found["tried"]):
        note("no channel took it: nobody was reached")
        raise typer.Exit(1)


@app.command("reach")
def reach(json: AsJson = False) -> None:
    """Ask whether everybody on duty within a day can be reached, as every night; exit code 1 when somebody cannot."""
    with told_errors(as_json=json):
        from pipewarden.main import messages
        from pipewarden.main.web.secret import WebSettings

        found = messages.check_reach(WebSettings())
        if json:
            json_line(found)
        else:
            shown = Table("name", "role", "begins", "why")
            for one in found["missing"]:
                add_row(shown, one["name"], one["role"], one["begins_at"], _WHY[one["why"]])
            table(shown)
            note(f"{len(found['missing'])} of {found['persons']} on duty cannot be reached")
    if found["missing"]:
        raise typer.Exit(1)


@app.command("channels")
def channels(json: AsJson = False) -> None:
    """Show the channels: set up or not, whether anybody is reached by them, on or off."""
    with told_errors(as_json=json):
        from pipewarden.main import messages
        from pipewarden.main.web.secret import WebSettings

        found = messages.show_channels(WebSettings())
        if json:
            json_line({"items": found})
            return
        shown = Table("channel", "set up", "reaches people", "on")
        for one in found:
            words = ["yes" if one[key] else "no" for key in ("set_up", "real", "on")]
            add_row(shown, one["channel"], *words)
        table(shown)


@app.command("switch")
def switch(
    channel: Annotated[str, typer.Argument(help="wecom, dingtalk, feishu, email, sms, voice, webhook, cloudevents.")],
    state: Annotated[str, typer.Argument(help="on or off.")],
    reason: Annotated[str, typer.Option(help="Why; it is on record.")],
    json: AsJson = False,
) -> None:
    """Turn a channel off, or on again; what is under way takes the next channel."""
    with told_errors(as_json=json):
        from pipewarden.kit.errors import InputError
        from pipewarden.main import messages
        from pipewarden.main.web.secret import WebSettings

        if state not in {"on", "off"}:
            raise InputError(field="STATE", problem=f"{state!r} is neither on nor off", fix="Say on or off.")
        made = messages.switch_channel(WebSettings(), channel, on=state == "on", reason=reason)
        if json:
            json_line(made)
        else:
            note(f"{channel} is {state}")
