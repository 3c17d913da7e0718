"""``pipewarden camera commission``: does this camera's view show a machine well enough, near, middle and far?"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from pipewarden.cli.camera import JsonFlag, Key  # noqa: TC001  Typer reads them
from pipewarden.cli.opened import named_camera, opened
from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.locate.facts import Commissioning

_MOMENT = ["%Y-%m-%dT%H:%M:%S%z"]
_ACTOR = "operator"


def commission(
    key: Key,
    draws: Annotated[int, typer.Option(min=1, max=200, help="Machines pasted at each distance.")] = 20,
    staged: Annotated[
        str | None, typer.Option(metavar="near|middle|far", help="A real machine stood there, so far away.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_MOMENT, help="From when on it stood there, with its zone.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=_MOMENT, help="Until when.")] = None,
    json: JsonFlag = False,
) -> None:
    """Test whether the screen finds a machine in this camera's view, and record it beside the camera.

    Without --staged, rendered machines are pasted (合成贴图) into its reference view, as large as they would be at that
    distance by its calibration. With it, the pictures of that time are counted in which the screen raised a machine.
    Neither is a measure of accuracy.

    Example:  pipewarden camera commission cam-01
    """
    with told_errors(as_json=json):
        made = _pasted(key, draws) if staged is None else _staged(key, staged, since, until)
    if json:
        json_line(_json(key, made))
        return
    pasted = "pasted 合成贴图" if made.kind.value == "pasted" else "staged 实地"
    shown = Table("distance", "from", "to", "shown", "found", title=f"{key} · {made.model} · {pasted}")
    for one in made.bands:
        far = ("–", "–") if one.from_m is None or one.to_m is None else (f"{one.from_m:.0f} m", f"{one.to_m:.0f} m")
        add_row(shown, one.band.value, *far, str(one.shown), str(one.found))
    table(shown)
    note("recorded beside the camera; it is no measure of accuracy")


def _pasted(key: str, draws: int) -> Commissioning:
    from pipewarden.kit.settings import load_settings
    from pipewarden.locate import service as locate
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure
    from pipewarden.main.river import open_river
    from pipewarden.main.synthetic import cut_outs

    settings = load_settings()
    configure(settings.log_level)
    with open_home(settings) as home, open_river(home) as river, home.work() as work:
        camera = named_camera(work, key)
        return locate.commission(work, river.eye, home.blobs, camera, cut_outs(), draws=draws, actor=_ACTOR)


def _staged(key: str, band: str, since: datetime | None, until: datetime | None) -> Commissioning:
    from pipewarden.locate import service as locate
    from pipewarden.locate.facts import Band

    if band not in set(Band):
        raise InputError(field="--staged", problem=f"{band!r} is no distance", fix="Give near, middle or far.")
    if since is None or until is None:
        raise InputError(field="--since", problem="is missing", fix="Say from when until when the machine stood there.")
    with opened() as work:
        return locate.staged(work, named_camera(work, key), Band(band), since, until, actor=_ACTOR)


def _json(key: str, made: Commissioning) -> dict[str, object]:
    bands = [
        {"band": one.band, "from_m": one.from_m, "to_m": one.to_m, "shown": one.shown, "found": one.found}
        for one in made.bands
    ]
    return {"camera": key, "at": made.at.isoformat(), "kind": made.kind, "model": made.model, "bands": bands}
