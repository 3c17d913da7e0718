"""``pipewarden strike``: a pipe was hit: report it, read what is to be done, and drill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.casework.facts.strike import StrikeFile

app = typer.Typer(help="A pipe was hit: report, read what is to be done, drill.", no_args_is_help=True)
_Lon = Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees WGS-84.")]
_Lat = Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees WGS-84.")]
_Site = Annotated[str | None, typer.Option(help="Id of the site, instead of a place.")]
_Alarm = Annotated[str | None, typer.Option(help="Id of the alarm, instead of a place.")]
_Words = Annotated[str, typer.Option(help="What is known; may be empty.")]
_Gas = Annotated[str, typer.Option(help="natural, lpg or coal.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command("report")
def report(
    lon: _Lon = None,
    lat: _Lat = None,
    site: _Site = None,
    alarm: _Alarm = None,
    words: _Words = "",
    gas: _Gas = "natural",
    json: _Json = False,
) -> None:
    """Report that a pipe was hit: everybody on duty with a part in it is called at once.

    Example:  pipewarden strike report --lon 116.7012 --lat 39.5431 --words "gas hisses"
    """
    _begin(lon, lat, site, alarm, words=words, gas=gas, drill=False, json=json)


@app.command("drill")
def drill(
    lon: _Lon = None,
    lat: _Lat = None,
    site: _Site = None,
    alarm: _Alarm = None,
    words: _Words = "",
    gas: _Gas = "natural",
    json: _Json = False,
) -> None:
    """Begin a drill: the same, marked 演练/DRILL, told in the message centre only, counted nowhere."""
    _begin(lon, lat, site, alarm, words=words, gas=gas, drill=True, json=json)


@app.command("show")
def show(
    strike: Annotated[str, typer.Argument(metavar="STRIKE", help="Id, as `strike report` prints it.")],
    json: _Json = False,
) -> None:
    """Show one strike: radius, valves, call sheet and tasks as they stand."""
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.people import service as people

        with opened() as work:
            file = casework.strike(work, people.operator(work.tenant_id), _id(strike, "STRIKE"))
            told = _told(file)
    _print(file, told, json=json)


def _begin(
    lon: float | None,
    lat: float | None,
    site: str | None,
    alarm: str | None,
    *,
    words: str,
    gas: str,
    drill: bool,
    json: bool,
) -> None:
    with told_errors(as_json=json):
        from pipewarden.casework import service as casework
        from pipewarden.casework.facts.strike import Gas
        from pipewarden.people import service as people

        if gas not in list(Gas):
            raise InputError(field="--gas", problem=f"{gas!r} is none", fix=f"Take {', '.join(Gas)}.")
        if (lon is None) != (lat is None):
            raise InputError(field="--lat", problem="belongs to --lon", fix="Give both.")
        with opened() as work:
            file = casework.report_strike(
                work,
                people.operator(work.tenant_id),
                place=None if lon is None or lat is None else (lon, lat),
                site_id=None if site is None else _id(site, "--site"),
                alarm_id=None if alarm is None else _id(alarm, "--alarm"),
                words=words,
                gas=Gas(gas),
                drill=drill,
            )
            told = _told(file)
    _print(file, told, json=json)


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError(field=field, problem=f"{text!r} is no id", fix="Copy it whole.") from error


def _told(file: StrikeFile) -> dict[str, object]:
    plan = file.plan
    broken, cut = plan.isolation.broken, plan.isolation
    return {
        "id": str(file.id),
        "drill": file.drill,
        "site_id": None if file.site_id is None else str(file.site_id),
        "at": file.at.isoformat(),
        "lon": file.lon,
        "lat": file.lat,
        "radius_m": plan.reach.radius_m,
        "radius_because": [{"what": one.what, "m": one.m, "basis": one.basis} for one in plan.reach.grounds],
        "areas": list(plan.areas),
        "broken": None if broken is None else broken.pipe_id,
        "isolation": cut.basis.value,
        "close": [{"id": o.pipe_id, "kind": o.kind.value, "m": round(o.distance_m)} for o in cut.close],
        "without_gas": {"pipes": len(cut.pipes), "metres": round(cut.metres), "ends": cut.ends},
        "calls": [{"key": o.key, "number": o.number, "who": o.who, "done": o.done_at is not None} for o in plan.calls],
        "tasks": [{"key": o.key, "role": o.role, "done": o.done_at is not None} for o in plan.tasks],
        "told": len(file.involved),
        "over": file.over_at is not None,
    }


def _print(file: StrikeFile, told: dict[str, object], *, json: bool) -> None:
    if json:
        json_line(told)
        return
    from rich.table import Table

    mark = "【演练】[DRILL] " if file.drill else ""
    note(f"{mark}strike {file.id}: lead people away within {file.plan.reach.radius_m:.0f} m; the commander decides")
    sheet = Table("次序 order", "打给 call", "号码 number", "谁打 who", "说 say", "已打 done")
    for number, one in enumerate(file.plan.calls, start=1):
        done = "" if one.done_at is None else one.done_at.isoformat(timespec="minutes")
        add_row(sheet, str(number), one.name.zh, one.number or "缺 missing", one.who, one.words.zh, done)
    table(sheet)
    board = Table("任务 task", "谁 role", "完成 done")
    for task in file.plan.tasks:
        done = "" if task.done_at is None else task.done_at.isoformat(timespec="minutes")
        add_row(board, task.text.zh, task.role, done)
    table(board)
