"""``pipewarden zones``: which zone is each point of a table in, by which pipe and clause."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.output import json_line, progress, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.network.facts import NetworkVersion


def zones(
    points: Annotated[
        Path,
        typer.Argument(help="CSV with columns lon and lat in WGS-84; other columns are kept under their own names."),
    ],
    network: Annotated[
        Path | None, typer.Option(help="Answer from this file instead of the active version (needs --crs).")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of --network: EPSG:4547, WKT, GCJ-02, BD-09.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Rule pack of --network, for instance CN-BJ.")] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="Shipped mapping or mapping.yaml for the columns of --network.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per row on stdout.")] = False,
) -> None:
    """Add nearest pipe, distance, zone, jurisdiction, rule pack and clause to each point; CSV on stdout.

    A point more than 5 km outside the network's extent is `unknown`: this map does not cover it.

    The plain distance from the pipe's outer edge counts here (city gas; the centre line for long-distance pipelines);
    alarms subtract the errors of camera and map.

    Example:  pipewarden zones digs.csv > answered.csv
    """
    with told_errors(as_json=json):
        from pipewarden.kit.clock import SystemClock
        from pipewarden.kit.settings import Settings
        from pipewarden.main.files import open_network
        from pipewarden.main.home import open_home
        from pipewarden.main.log import configure
        from pipewarden.network import service

        settings = Settings()
        configure(settings.log_level)
        now = SystemClock().now()
        with progress("answering") as step:
            if network is not None:
                given = open_network(network, crs=crs, jurisdiction=jurisdiction, mapping=mapping, progress=step)
                answered = service.zones_csv(None, points, at=now, network=given, progress=step)
            else:
                with open_home(settings) as home, home.work() as work:
                    _need_network(service.versions(work))
                    answered = service.zones_csv(work, points, at=now, progress=step)
    if json:
        for row in answered.rows():
            json_line(row)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(answered.columns)
    for cells, answer in zip(answered.cells, answered.answers, strict=True):
        writer.writerow([*cells, *("" if value is None else value for value in service.added(answer).values())])


def _need_network(versions: list[NetworkVersion]) -> None:
    if not any(version.active for version in versions):
        raise InputError(
            field="--network",
            problem="no network is imported yet",
            fix="Run pipewarden network import first, or name a file with --network FILE --crs … --jurisdiction ….",
        )
