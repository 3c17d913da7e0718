"""``pipewarden camera``: register cameras, let the house look at them, see how they are; no password is printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.opened import named_camera, opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera, Health, Watch

app = typer.Typer(
    help="Cameras: register one from its camera.yaml, let the workers look at it, see how it is.", no_args_is_help=True
)
Key = Annotated[str, typer.Argument(metavar="KEY", help="The camera's key, as `pipewarden camera list` shows it.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A camera.yaml; docs/cameras.md shows every key.")],
    watch: Annotated[
        bool, typer.Option("--watch", help="Also let the workers look at the file's source from now on.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Register the camera of a file, or change the one with the same key; its history stays.

    A calibration that does not fit its own control points is refused, and nothing is changed. Pictures of a camera
    whose file says `rendered: true` are labelled as rendered wherever they are shown.

    Example:  pipewarden camera add cam-01/camera.yaml --watch
    """
    with told_errors(as_json=json):
        from pipewarden.locate import service as locate
        from pipewarden.sense import service as sense

        given = sense.load_camera_file(file)
        if watch and given.source is None:
            raise InputError(
                field=f"{file}: source",
                problem="is missing, so there is nothing to look at",
                fix="Add source: rtsp://… to the file, or use `pipewarden camera watch` with a folder.",
            )
        with opened() as work:
            camera = sense.register_camera(work, given.camera)
            sigma = None if camera.calibration is None else locate.check_camera(camera).centre_sigma_m
            if watch and given.source is not None:
                sense.watch(work, camera.id, given.source)
            shown = _shown(work, [camera])[0] | {"centre_sigma_m": None if sigma is None else round(sigma, 3)}
        if json:
            json_line(shown)
            return
        note(f"camera {camera.key} is registered" + (" and looked at from now on" if watch else ""))
        if camera.calibration is None:
            note("note: it has no calibration, so what it sees gets no place and counts as near a pipe")
        elif sigma is not None:
            note(f"error on the ground in the middle of its picture's lower half: {sigma:.2f} m")


@app.command("list")
def list_(json: JsonFlag = False) -> None:
    """List cameras with their state; an address is shown without user, password and query.

    A camera that nobody looks at has no state: register a watch with `pipewarden camera watch`.
    """
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        with opened() as work:
            rows = _shown(work, sense.all_cameras(work))
    if json:
        for row in rows:
            json_line(row)
        bad = sum(row["state"] in {"offline", "stalled"} for row in rows)
        watched = sum(row["watched"] is True for row in rows)
        json_line({"summary": {"cameras": len(rows), "watched": watched, "lost": bad}})
        return
    shown = Table("key", "state", "since", "last picture", "every", "calibrated", "rendered", "address", "problem")
    for row in rows:
        add_row(
            shown,
            str(row["key"]),
            str(row["state"] or ("–" if not row["watched"] else "not looked at yet")),
            _text(row["state_since"]),
            _text(row["seen_at"]),
            f"{row['interval_s']:g} s",
            "yes" if row["calibrated"] else "no",
            "yes" if row["rendered"] else "no",
            _text(row["source"]),
            _text(row["problem"]),
        )
    table(shown)


@app.command("watch")
def watch_(
    key: Key,
    source: Annotated[
        str | None,
        typer.Option(help="A folder of pictures that is played by the clock, or an address without a password."),
    ] = None,
    source_stdin: Annotated[
        bool, typer.Option("--source-stdin", help="Read the address from standard input: for one with a password.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Let the workers look at a camera by the clock, the first time at once.

    Without an address the one it has is kept. A password never belongs on a command line, where the shell and the
    process list would keep it: pipe or type the address.

    Example:  pipewarden camera watch cam-01 --source-stdin < address.txt
    """
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        address = _address(source, source_stdin=source_stdin)
        with opened() as work:
            camera = named_camera(work, key)
            known = next((one for one in sense.watches(work) if one.camera_id == camera.id), None)
            if address is None and known is None:
                raise InputError(
                    field="--source",
                    problem=f"is missing: nobody has looked at {key} so far",
                    fix="Pipe the address in with --source-stdin, or name a folder with --source.",
                )
            made = sense.watch(
                work,
                camera.id,
                address or ("" if known is None else known.source),
                substream=known.substream if address is None and known is not None else None,
            )
            shown = _shown(work, [camera])[0]
        if json:
            json_line(shown)
        else:
            note(f"{key} is looked at every {made.interval_s:g} s: {sense.shown_address(made.source)}")


@app.command("unwatch")
def unwatch(key: Key, json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Let nobody look at a camera any more and forget its address; what it saw stays."""
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        with opened() as work:
            was = sense.unwatch(work, named_camera(work, key).id)
        if json:
            json_line({"key": key, "watched": False, "was_watched": was})
        else:
            note(f"{key} is looked at no more" if was else f"nobody was looking at {key}")


@app.command("events")
def events(key: Key, json: JsonFlag = False) -> None:
    """List how a camera's state changed, oldest first.

    online: fresh pictures come. stalled: it answers, always with the very same picture. offline: it does not answer.
    """
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        with opened() as work:
            camera = named_camera(work, key)
            rows = [
                {"state": one.state.value, "at": _at(one.at), "since": _at(one.since), "problem": one.problem}
                for one in sense.camera_events(work, camera.id)
            ]
            state = _shown(work, [camera])[0]["state"]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"key": key, "events": len(rows), "state": state}})
        return
    shown = Table("at", "state", "since", "problem")
    for row in rows:
        add_row(shown, *(_text(row[name]) for name in ("at", "state", "since", "problem")))
    table(shown)


def _address(source: str | None, *, source_stdin: bool) -> str | None:
    from pipewarden.sense import service as sense

    if source_stdin:
        typed = sys.stdin.isatty()
        line = typer.prompt("Address", hide_input=True, err=True) if typed else sys.stdin.readline()
        if not line.strip():
            raise InputError(
                field="--source-stdin", problem="brought no address", fix="Pipe in one line: rtsp://user:password@…"
            )
        return str(line).strip()
    if source is None:
        return None
    if "@" in source or sense.shown_address(source) != source:
        raise InputError(
            field="--source",
            problem="has a user or a query, where passwords stand (it is not repeated here)",
            fix="Pipe it in with --source-stdin.",
        )
    if "://" in source:
        return source
    if not Path(source).is_dir():
        raise InputError(field="--source", problem=f"{source} is no folder", fix="Name one, or an rtsp:// address.")
    return str(Path(source).resolve())  # the worker has another working folder


def _shown(work: Work, cameras: list[Camera]) -> list[dict[str, object]]:
    """Return each camera with every key present; null where unknown."""
    from pipewarden.sense import service as sense

    watches, healths = {one.camera_id: one for one in sense.watches(work)}, sense.healths(work, cameras)
    return [_camera_json(one, watches.get(one.id), healths.get(one.id)) for one in cameras]


def _camera_json(camera: Camera, watch: Watch | None, health: Health | None) -> dict[str, object]:
    from pipewarden.sense import service as sense

    return {
        "key": camera.key,
        "id": str(camera.id),
        "name": camera.name,
        "lon": camera.lon,
        "lat": camera.lat,
        "interval_s": camera.interval_s,
        "calibrated": camera.calibration is not None,
        "rendered": camera.rendered,
        "watched": watch is not None,
        "state": None if health is None or health.state is None else health.state.value,
        "state_since": None if health is None else _at(health.since),
        "seen_at": None if health is None else _at(health.seen_at),
        "problem": None if health is None else health.problem,
        "due_at": None if watch is None else _at(watch.due_at),
        "source": None if watch is None else sense.shown_address(watch.substream or watch.source),
    }


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _text(value: object) -> str:
    return "–" if value is None else str(value)
