"""``pipewarden upload``: a folder of pictures from a vehicle to the server, with the track it drove."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from pipewarden.cli.output import json_line, note, progress, told_errors
from pipewarden.kit.errors import InputError

_KEY = "PIPEWARDEN_API_KEY"


def upload(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of pictures, taken on one trip.")],
    vehicle: Annotated[str, typer.Option(help="Key of the camera, registered with calibration: moving.")],
    gpx: Annotated[Path | None, typer.Option(help="Track of the trip. None: the pictures' own EXIF place.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the trip; DIR's name when absent.")] = None,
    clock_offset: Annotated[
        float, typer.Option(help="Seconds added to the camera's clock; negative where it is ahead.")
    ] = 0.0,
    zone: Annotated[str, typer.Option(help="Time zone of the camera's clock, where a picture names none.")] = (
        "Asia/Shanghai"
    ),
    start: Annotated[
        str | None, typer.Option(help="Time of the first picture, RFC 3339, for pictures that say none.")
    ] = None,
    every: Annotated[float, typer.Option(min=0.01, help="Seconds between pictures, with --start.")] = 1.0,
    server: Annotated[str, typer.Option(help="Address of the server.")] = "http://127.0.0.1:8000",
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Send a trip's pictures with their places; run it again after a break and it sends the rest.

    The key of the device stands in PIPEWARDEN_API_KEY, never on the command line. A picture's place is interpolated
    on the track where two points lie at most 10 s apart; one without a place is sent and looked at, but makes no
    alarm. A fix faster than 150 km/h is sent with a flag.

    Example:  pipewarden upload trip-0712/ --gpx trip-0712.gpx --vehicle bus-7 --server https://gas.example
    """
    with told_errors(as_json=json):
        import httpx

        from pipewarden.main.upload import Clocked, open_track, shots
        from pipewarden.main.upload import upload as send

        key = os.environ.get(_KEY)
        if not key:
            raise InputError(field=_KEY, problem="is not set", fix="Put the device's key into this variable.")
        clocked = Clocked(_zone(zone), timedelta(seconds=clock_offset), _moment(start), every)
        found = list(shots(folder, open_track(gpx), clocked))
        headers = {"Authorization": f"Bearer {key}"}
        with (
            httpx.Client(base_url=server, headers=headers, timeout=60.0, trust_env=False) as client,
            progress("上传 uploading") as tell,
        ):
            done = send(client, vehicle, name or folder.resolve().name, found, progress=tell)
    reasons = dict(sorted(done.why.items()))
    if json:
        json_line(
            {
                "trip": done.trip,
                "sent": done.sent,
                "known": done.known,
                "unplaced": done.unplaced,
                "flagged": done.flagged,
                "skipped": done.skipped,
                "why": reasons,
            }
        )
        return
    note(f"trip {done.trip}: {done.sent} sent, {done.known} were there before")
    note(f"without a place: {done.unplaced}, doubtful: {done.flagged}, not sent: {done.skipped}")
    for reason, count in reasons.items():
        note(f"  {count} x {reason}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(field="--zone", problem=f"{name!r} is no time zone", fix="Write Asia/Shanghai.") from error


def _moment(words: str | None) -> datetime | None:
    if words is None:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError as error:
        raise InputError(
            field="--start", problem=f"{words!r} is no time", fix="Write 2026-07-12T08:00:00+08:00."
        ) from error
    if at.tzinfo is None:
        raise InputError(field="--start", problem="has no time zone", fix="Write 2026-07-12T08:00:00+08:00.")
    return at.astimezone(UTC)
