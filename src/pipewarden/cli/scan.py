"""``pipewarden scan``: pictures, folders, videos and streams through the real pipeline, one line per alarm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.output import json_line, note, progress, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.main.scan import Feed, NetworkFile, ScanResult
    from pipewarden.sense.facts import Camera

_EPILOG = (
    "Examples:  pipewarden scan photos/ --sequence 60   ·   "
    "pipewarden scan clip.mp4 --camera camera.yaml --network pipes.geojson --crs EPSG:4547 "
    "--jurisdiction CN-HE-langfang   ·   pipewarden scan rtsp://10.0.0.5/sub --frames 30"
)


def scan(
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, video files, rtsp:// or http(s):// addresses.")],
    camera: Annotated[
        Path | None, typer.Option(help="camera.yaml: who took all of this, with its calibration. None: no places.")
    ] = None,
    network: Annotated[Path | None, typer.Option(help="Gas network file to measure against (needs --crs).")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of --network: EPSG:4547, WKT, GCJ-02, BD-09. Never guessed.")] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(help="Rule pack of --network, for instance CN-HE-langfang or CN-LONGDISTANCE.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--map", help="mapping.yaml for the columns of --network.")] = None,
    every: Annotated[float, typer.Option(min=0.0, help="Seconds between sampled frames of sequences and videos.")] = 1.0,
    sequence: Annotated[
        float | None, typer.Option(min=0.001, help="The folder's pictures are a sequence, this many seconds apart.")
    ] = None,
    single: Annotated[bool, typer.Option(help="Let one picture make an alarm (normally 2 of 3 frames must).")] = False,
    frames: Annotated[int | None, typer.Option(min=1, help="Stop a live source after this many frames.")] = None,
    duration: Annotated[float | None, typer.Option(min=0.1, help="Stop a live source after this many seconds.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the evidence pictures.")] = Path("pipewarden-scan"),
    json: Annotated[bool, typer.Option("--json", help="One JSON object per line on stdout, the summary last.")] = False,
) -> None:
    """Find machines in pictures and raise one alarm per place.

    A sequence is a video, a stream, a folder with seq.json, or a folder with --sequence. An alarm needs the same place
    in 2 of 3 frames; single pictures give findings only. Without --camera the place is the box in the picture and
    everything about the ground stays empty.
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import Settings
        from pipewarden.main.log import configure

        settings = Settings()
        configure(settings.log_level)
        given = _network(network, crs, jurisdiction, mapping)
        feeds = _open(paths, every=every, sequence=sequence, frames=frames, duration=duration)
        _scan(settings, feeds, camera, given, single=single, out=out, as_json=json)


scan.__doc__ = f"{scan.__doc__}\n\n{_EPILOG}"
