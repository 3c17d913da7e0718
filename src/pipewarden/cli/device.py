"""``pipewarden device``: other people's devices, what they speak, and what a message of theirs comes to."""

from __future__ import annotations

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.table import Table

from pipewarden.cli.opened import opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.sense.facts import Device

app = typer.Typer(
    help="Other people's devices: fibre, gas sensors, machines' GPS, cameras that think for themselves, satellites.",
    no_args_is_help=True,
)
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
_LARGEST = 1 << 20


@app.command("dialects")
def dialects() -> None:
    """Print what a device may speak: built-in dialects, shipped field maps, and `own` with a map of yours."""
    from pipewarden.sense import service as sense

    mapped = {one.name for one in sense.field_maps()}
    for name in sense.dialects():
        kind = "field map 字段映射" if name in mapped else "own map 自带映射" if name == "own" else "built in 内置"
        note(f"{name:<16} {kind}")


@app.command("try")
def try_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="One message as the device sends it: XML or JSON.")],
    dialect: Annotated[str, typer.Option(help="As `device dialects` lists them.")],
    field_map: Annotated[Path | None, typer.Option(help="JSON of a map of yours, with --dialect own.")] = None,
    json: JsonFlag = False,
) -> None:
    """Read one message and print what it says, or why it is refused; needs no database and changes nothing.

    Example:  pipewarden device try alarm.xml --dialect hikvision
    """
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        own = None if field_map is None else _object(field_map)
        found = sense.said(dialect, _content(file), own)
    rows = [_row(one) for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"says": len(rows)}})
        return
    if not rows:
        note("it says nothing of the ground 与地面无关")
    for row in rows:
        for name, value in row.items():
            if value not in (None, {}, []):
                note(f"{name:<12} {value}")


@app.command("add")
def add(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Unique; stands in addresses and topics.")],
    dialect: Annotated[str, typer.Option(help="As `device dialects` lists them.")],
    name: Annotated[str | None, typer.Option(help="What people call it; KEY when absent.")] = None,
    lon: Annotated[float | None, typer.Option(help="Where it stands or watches, degrees WGS-84.")] = None,
    lat: Annotated[float | None, typer.Option(help="The same.")] = None,
    accuracy: Annotated[float | None, typer.Option(help="Metres about its place, 95 %.")] = None,
    sender: Annotated[list[str] | None, typer.Option(help="Id of an API key that may speak for it.")] = None,
    field_map: Annotated[Path | None, typer.Option(help="JSON of a map of yours, with --dialect own.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Register a device, or change the one with the same key; what it said stays.

    It then speaks by POST /v1/devices/KEY/alarms with an API key that is named as its sender.

    Example:  pipewarden device add fibre-3 --dialect das --sender 01a2…
    """
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense
        from pipewarden.sense.facts import NewDevice

        new = NewDevice(
            key=key,
            name=name or key,
            dialect=dialect,
            lon=lon,
            lat=lat,
            accuracy_m=accuracy,
            senders=tuple(_id(one) for one in sender or []),
            field_map=None if field_map is None else _object(field_map),
        )
        with opened() as work:
            made = sense.register_device(work, new)
    if json:
        json_line(_shown(made))
    else:
        note(f"{made.key}: {made.dialect}, over after {made.silence_s:g} s without a word")


@app.command("list")
def list_(json: JsonFlag = False) -> None:
    """List the devices that may speak, with what goes on at each."""
    with told_errors(as_json=json):
        from pipewarden.sense import service as sense

        with opened() as work:
            found = sense.all_devices(work)
            active = sense.active_counts(work, [one.id for one in found])
    rows = [_shown(one) | {"active": active.get(one.id, 0)} for one in found]
    if json:
        for row in rows:
            json_line(row)
        json_line({"summary": {"devices": len(rows)}})
        return
    shown = Table("设备 key", "名称 name", "协议 dialect", "最近 heard", "进行中 active", "拒收 refused")
    for row in rows:
        cells = ("key", "name", "dialect", "heard_at", "active", "refused")
        add_row(shown, *("–" if row[name] is None else str(row[name]) for name in cells))
    table(shown)


def _shown(one: Device) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "key": one.key,
        "name": one.name,
        "dialect": one.dialect,
        "lon": one.lon,
        "lat": one.lat,
        "senders": [str(sender) for sender in one.senders],
        "silence_s": one.silence_s,
        "heard_at": None if one.heard_at is None else one.heard_at.isoformat(),
        "refused": one.refused,
        "problem": one.problem,
    }


def _row(one: Any) -> dict[str, Any]:
    """Return what one thing of a message says, as ``sense.service.said`` told it."""
    return {
        "originator": one.originator,
        "kind": one.kind.value,
        "label": one.label,
        "phase": one.phase.value,
        "at": None if one.at is None else one.at.isoformat(),
        "lon": one.lon,
        "lat": one.lat,
        "accuracy_m": one.accuracy_m,
        "score": one.score,
        "value": one.value,
        "unit": one.unit,
        "words": one.words,
        "picture": len(one.picture) or None,
        "kept": sorted(one.extra),
    }


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened_file:
            content = opened_file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(
            field=str(file), problem=f"cannot be read ({error.strerror or error})", fix="Check the path."
        ) from error
    if len(content) > _LARGEST:
        raise InputError(field=str(file), problem="is larger than 1 MB", fix="Give one message.")
    return content


def _object(file: Path) -> dict[str, Any]:
    try:
        told: Any = json_.loads(_content(file))
    except ValueError as error:
        raise InputError(field=str(file), problem=f"is no JSON ({error})", fix="Give one JSON object.") from error
    if not isinstance(told, dict):
        raise InputError(field=str(file), problem="is no JSON object", fix="Give one JSON object.")
    return told


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError(field="--sender", problem=f"{text!r} is no id", fix="Take one from GET /v1/keys.") from error
