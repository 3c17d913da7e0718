"""``pipewarden vision``: which outside model may be shown pictures, for how much money, and whether it answers."""

from __future__ import annotations

from typing import Annotated

import typer

from pipewarden.cli.output import json_line, note, told_errors

app = typer.Typer(
    help="Permit, look at and try the vision endpoint of PIPEWARDEN_VISION_URL; nothing leaves by default."
)
Tenant = Annotated[str | None, typer.Option(help="Key of the tenant; PIPEWARDEN_TENANT when left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("allow")
def allow(
    endpoints: Annotated[list[str], typer.Argument(help="Addresses that may be sent pictures, like https://host.")],
    budget: Annotated[str, typer.Option(help="Yuan a day, like 25.50.")],
    per_minute: Annotated[int, typer.Option(help="Most questions a minute.")] = 30,
    tenant: Tenant = None,
    json: AsJson = False,
) -> None:
    """Let the tenant's pictures go to these endpoints and no others; on record as the operator."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import vision

        made = vision.permit(load_settings(), endpoints, yuan=budget, per_minute=per_minute, tenant=tenant)
        if json:
            json_line(made)
        else:
            note(f"pictures may go to {', '.join(endpoints)}, for {budget} yuan a day")


@app.command("deny")
def deny(tenant: Tenant = None, json: AsJson = False) -> None:
    """Let no picture of the tenant leave the house; on record as the operator."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import vision

        made = vision.permit(load_settings(), [], yuan="0", per_minute=1, tenant=tenant)
        if json:
            json_line(made)
        else:
            note("no picture leaves the house")


@app.command("show")
def show(tenant: Tenant = None, json: AsJson = False) -> None:
    """Say what is set, what the tenant permits, and how it stands today; money in 0.0001 yuan."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import vision

        found = vision.show(load_settings(), tenant=tenant)
        if json:
            json_line(found)
        else:
            for name, value in found.items():
                typer.echo(f"{name}: {value}")


@app.command("check")
def check(tenant: Tenant = None, json: AsJson = False) -> None:
    """Ask the endpoint about a drawn picture through the whole door; exit code 1 when it gives no answer."""
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import vision

        found = vision.check(load_settings(), tenant=tenant)
        if json:
            json_line(found)
        elif found["outcome"] == "answer":
            named = "named the colour" if found["sees"] else "did not name the colour: does it take pictures?"
            note(f"answered in {found['ms']} ms for {found['cost']} x 0.0001 yuan and {named}")
        else:
            note(f"no answer: {found['outcome']} ({found['problem']})")
        if found["outcome"] != "answer":
            raise typer.Exit(1)
