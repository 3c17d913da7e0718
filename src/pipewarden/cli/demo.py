"""``pipewarden demo``: the rendered city through the real pipeline, a table of alarms and a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipewarden.cli.alarms import alarm_json, alarm_table
from pipewarden.cli.output import json_line, note, progress, table, told_errors


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="End with one JSON line on stdout, for scripts.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Alarms as JSON lines too; implies --exit.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for map.html and the evidence pictures.")] = Path("demo-out"),
) -> None:
    """Run the demo city: its gas network, its cameras, their frames, through the real pipeline.

    The frames are rendered, not photographs, and say so. Each run uses a tenant of its own in the database of
    PIPEWARDEN_HOME, so that nothing else there is touched.
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main import demo as use_case
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure
        from pipewarden.main.river import open_river

        settings = load_settings()
        configure(settings.log_level)
        note("管卫 demo: rendered frames (渲染画面，非实拍), real pipeline")
        with (
            open_home(settings) as opened,
            open_river(use_case.demo_home(opened)) as river,
            progress("frames") as step,
        ):
            result = use_case.run(river, out, step)
        rows = [
            alarm_json(alarm, ", ".join(alarm.streams), picture)
            for alarm, picture in zip(result.scan.alarms, result.pictures, strict=True)
        ]
    if json:
        for row in rows:
            json_line(row)
    else:
        table(alarm_table(rows))
        note(f"map: {result.page.resolve()}")
    if exit_ or json:
        json_line(
            {
                "frames": result.scan.frames,
                "findings": result.scan.findings,
                "alarms": len(rows),
                "cameras": result.cameras,
                "seconds": round(result.seconds, 2),
            }
        )
