"""``pipewarden demo``: the rendered city, as a living service or as one run with a table of alarms and a map."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.alarms import alarm_json, alarm_table
from pipewarden.cli.output import add_row, json_line, note, progress, table, told_errors

if TYPE_CHECKING:
    from pipewarden.kit.errors import PipewardenError
    from pipewarden.main.demo.live import Stage
    from pipewarden.main.demo.player import Step
    from pipewarden.sim.facts import DayScore

_EVERY_S = 10.0


def demo(
    exit_: Annotated[bool, typer.Option("--exit", help="No service: one run, then one JSON line on stdout.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Alarms as JSON lines too; implies --exit.")] = False,
    out: Annotated[
        Path, typer.Option(help="Folder for map.html and the evidence pictures of --exit and --json.")
    ] = Path("demo-out"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1 to serve on.")] = 8000,
    speed: Annotated[
        float | None,
        typer.Option(min=1.0, help="Story seconds per second; the whole day takes about 5 minutes when left out."),
    ] = None,
) -> None:
    """Start the service with the demo city, print who may sign in, and play its day live; Ctrl-C ends everything.

    The frames are rendered, not photographs, and say so. Each run uses a tenant of its own in the database of
    PIPEWARDEN_HOME, so that nothing else there is touched; its made-up people keep their passwords from run to run.
    With --exit the same frames go through the same pipeline in one run, without a service.
    """
    with told_errors(as_json=json):
        note("管卫 demo: rendered frames (渲染画面，非实拍), real pipeline")
        if exit_ or json:
            _once(out, as_json=json)
        else:
            _live(port, speed)


def _live(port: int, speed: float | None) -> None:
    from pipewarden.kit.settings import load
    from pipewarden.main.log import configure
    from pipewarden.main.web.secret import WebSettings

    settings = load(WebSettings)  # before the seconds that all the rest takes to load: a slip is told at once
    configure(settings.log_level)
    from pipewarden.main.demo import live

    note("starting database, server and worker; who may sign in comes in a moment")
    live.run(settings, _Screen(), port=port, speed=speed)
    note("ended")


@dataclass(slots=True)
class _Screen:
    """Tells a person at a terminal how the demo goes. Implements ``main.demo.live.Audience``."""

    _said_at: float = field(default_factory=time.monotonic)

    def opened(self, stage: Stage) -> None:
        """Print the address and who may sign in."""
        rows = Table(title=stage.address, title_justify="left", header_style="bold", box=None, padding=(0, 2, 0, 0))
        for name in ("角色 role", "登录名 login", "密码 password", "看什么 what to look at"):
            rows.add_column(name, no_wrap=True)
        for seat in stage.seats:
            add_row(rows, seat.part.role.value, seat.login, seat.password, seat.look_at)
        table(rows)
        if not stage.console:
            note("the web console is not built here: the API answers, pages do not; build them with: make web")
        note(f"{stage.cameras} cameras; the day begins. Ctrl-C ends it.")

    def stepped(self, step: Step) -> None:
        """Say now and then how far the day is."""
        if time.monotonic() - self._said_at < _EVERY_S and step.done < step.total:
            return
        self._said_at = time.monotonic()
        refused = f", {step.refused} refused" if step.refused else ""
        note(f"story {step.story_time:%H:%M}  {step.done}/{step.total} events sent{refused}")

    def ended(self, score: DayScore) -> None:
        """Print how the alarms stand to the truth."""
        rows = Table(title="这一天 the day", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
        per_site = "–" if score.alarms_per_site is None else f"{score.alarms_per_site:.2f}"
        missed = f" ({', '.join(score.missed)})" if score.missed else ""
        for name, value in (
            ("施工：看得到的 / 发现的 works shown / found", f"{score.works_shown} / {score.works_found}"),
            ("漏报 missed", f"{len(score.missed)}{missed}"),
            (
                "摄像机发现 / 人员发现 found by cameras / by people",
                f"{score.by_camera.found} / {score.by_people.found}",
            ),
            ("告警 alarms", str(score.alarms)),
            ("每个施工点告警数 alarms per site", f"{per_site}, at most {score.most_alarms_per_site}"),
            ("完工后才报 told after the works were over", str(score.alarms_late)),
            (
                "相似物：出现 / 误报 look-alikes shown / alarmed",
                f"{score.look_alikes_shown} / {score.look_alikes_alarmed}",
            ),
            ("无中生有 alarms of nothing", str(score.alarms_of_nothing)),
            ("未备案且近管 / 发现 unfiled near pipes / found", f"{score.unfiled.near} / {score.unfiled.found}"),
            (
                "其中早于自家巡线 of these before the patrol",
                f"{score.unfiled.before_patrol:.1f} of {score.unfiled.by_anybody:.1f} found by anybody",
            ),
        ):
            add_row(rows, name, value)
        table(rows)
        note("渲染画面，数字不代表真实街景 · rendered frames: these figures say nothing about real streets")
        note("the service goes on; Ctrl-C ends it")

    def broken(self, error: PipewardenError) -> None:
        """Say why the day could not go on."""
        note(f"error: {error.field}: {error.problem}")
        note(f"  fix: {error.fix}")


def _once(out: Path, *, as_json: bool) -> None:
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.demo.batch import run
    from pipewarden.main.demo.town import fresh
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure
    from pipewarden.main.river import open_river

    settings = load_settings()
    configure(settings.log_level)
    with (
        open_home(settings) as opened,
        open_river(fresh(opened)) as river,
        progress("frames") as step,
    ):
        result = run(river, out, step)
    rows = [
        alarm_json(alarm, ", ".join(alarm.streams), picture)
        for alarm, picture in zip(result.scan.alarms, result.pictures, strict=True)
    ]
    if as_json:
        for row in rows:
            json_line(row)
    else:
        table(alarm_table(rows))
        note(f"map: {result.page.resolve()}")
    json_line(
        {
            "frames": result.scan.frames,
            "findings": result.scan.findings,
            "alarms": len(rows),
            "cameras": result.cameras,
            "seconds": round(result.seconds, 2),
        }
    )
