"""``pipewarden serve``, ``worker`` and ``openapi``: the running service and the paper it stands on."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from pipewarden.cli.output import note, told_errors


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; 127.0.0.1 keeps it to this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Only serve; run workers elsewhere.")] = False,
) -> None:
    """Serve the API, with a worker beside it; SIGTERM ends both after the requests under way."""
    with told_errors(as_json=False):
        from pipewarden.kit.settings import load
        from pipewarden.main.log import configure
        from pipewarden.main.web.secret import WebSettings

        settings = load(WebSettings)  # before the seconds that all the rest takes to load: a slip is told at once
        configure(settings.log_level)
        from pipewarden.main.web.serving import serve as run

        note(f"管卫 Pipewarden on http://{host}:{port} (home {settings.home})")
        run(settings, host=host, port=port, worker=not no_worker)


def worker(
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="Also end when standard input ends.", hidden=True)
    ] = False,
) -> None:
    """Look at what came in until SIGTERM; several may run, on several machines, against one database."""
    with told_errors(as_json=False):
        from pipewarden.kit.settings import load
        from pipewarden.main.backup import BackupSettings
        from pipewarden.main.log import configure

        settings = load(BackupSettings)
        configure(settings.log_level)
        from pipewarden.main.web.serving import drain

        drain(settings, with_parent=with_parent)


def watchdog(
    once: Annotated[bool, typer.Option("--once", help="Look a single time, say what is wrong, exit 1 if any.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: one JSON object on stdout.")] = False,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="Also end when standard input ends.", hidden=True)
    ] = False,
) -> None:
    """Check every half minute that the house keeps its promises, and tell the outside every minute that it lives.

    `serve` keeps one running beside itself; where workers run on machines of their own, run one under a supervisor.
    What it finds is told to people as faults, each with its page of docs/runbook.md.
    """
    with told_errors(as_json=json):
        from pipewarden.cli.output import json_line
        from pipewarden.kit.settings import load
        from pipewarden.main.log import configure
        from pipewarden.main.operation import watchdog as run
        from pipewarden.main.web.secret import WebSettings
        from pipewarden.main.web.serving import ELSEWHERE, until_orphaned

        settings = load(WebSettings)
        configure(settings.log_level)
        if with_parent:
            import threading

            threading.Thread(target=until_orphaned, name="parent-watch", daemon=True).start()
        found = run(settings, dict(ELSEWHERE), once=once)
    if once:
        if json:
            json_line({"faults": [{"kind": one.kind.value, "count": one.count} for one in found]})
        for one in found:
            note(f"{one.kind.value}: {one.count} since {one.since:%Y-%m-%d %H:%M} (docs/runbook.md#{one.kind.value})")
        raise typer.Exit(1 if found else 0)


def openapi() -> None:
    """Print the OpenAPI document of the API as JSON; needs no database."""
    import json

    from pipewarden.main.web.app import bare

    sys.stdout.write(json.dumps(bare().openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n")
