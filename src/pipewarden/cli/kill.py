"""``pipewarden kill``: turn a model, a channel, payouts or the public's pictures off, and on again, on record."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, table, told_errors


def kill(
    what: Annotated[
        str,
        typer.Argument(
            help="screen, verifier, vision, public-upload, payout, a channel (sms), or model:NAME; none shows all."
        ),
    ] = "",
    state: Annotated[str, typer.Argument(help="off, or on again.")] = "off",
    why: Annotated[str, typer.Option(help="Why; it is on record, and people see it.")] = "",
    tenant: Annotated[str | None, typer.Option(help="Key of the tenant; the home's when left out.")] = None,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="For every tenant of the house.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Switch something off: people do its work until it is on again. Without arguments, show what is on and off.

    pipewarden kill sms off --why "key leaked"  ·  pipewarden kill public-upload on --why "flood is over"
    """
    with told_errors(as_json=json):
        from pipewarden.cli.opened import opened
        from pipewarden.kit.errors import InputError
        from pipewarden.operation import service
        from pipewarden.people import service as people

        if state not in {"on", "off"}:
            raise InputError(field="STATE", problem=f"{state!r} is neither on nor off", fix="Say on or off.")
        with opened(tenant) as work:
            if what:
                actor = people.operator() if everywhere else people.operator(work.tenant_id)
                door, made = service.kill(work, actor, what, on=state == "on", why=why, everywhere=everywhere)
            else:
                known = service.switches_known(work)
        if what:
            told = {"what": door.said, "switch": made.name, "on": made.on, "everywhere": everywhere, "off": door.off}
            json_line(told) if json else note(f"{door.said} is {state}" + ("" if made.on else f": {door.off}"))
            return
        items = [
            {
                "what": one.said,
                "switch": one.name,
                "on": found is None,
                "why": "" if found is None else found.reason,
                "off": one.off,
            }
            for one, found in known
        ]
        if json:
            json_line({"items": items})
            return
        shown = Table("what", "on", "why it is off", "while it is off")
        for item in items:
            add_row(shown, str(item["what"]), "yes" if item["on"] else "NO", str(item["why"]), str(item["off"]))
        table(shown)
