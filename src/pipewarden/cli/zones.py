"""``pipewarden zones``: which zone is each point of a table in, by which pipe and clause."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipewarden.cli.output import progress, told_errors


def zones(
    points: Annotated[Path, typer.Argument(help="CSV with columns lon and lat in WGS-84; other columns are kept.")],
    network: Annotated[
        Path | None, typer.Option(help="Answer from this file instead of the active version (needs --crs).")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of --network: EPSG:4547, WKT, GCJ-02, BD-09.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Rule pack of --network, for instance CN-BJ.")] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="mapping.yaml for the columns of --network.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per row on stdout.")] = False,
) -> None:
    """Add nearest pipe, distance, zone, jurisdiction, rule pack and clause to each point; CSV on stdout.

    The plain distance from the pipe's outer edge counts here (city gas; the centre line for long-distance pipelines);
    alarms subtract the errors of camera and map.

    Example:  pipewarden zones digs.csv > answered.csv
    """
    _ = (points, network, crs, jurisdiction, mapping, json, progress, told_errors, Path)
