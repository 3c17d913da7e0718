"""``pipewarden scan``: pictures, folders, videos and streams through the real pipeline, one line per alarm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipewarden.cli.alarms import alarm_json, alarm_table, finding_json, finding_table
from pipewarden.cli.output import json_line, note, progress, table, told_errors
from pipewarden.kit.errors import InputError, PipewardenError

if TYPE_CHECKING:
    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.settings import Settings
    from pipewarden.main.files import Source
    from pipewarden.main.river import River
    from pipewarden.main.scan import NetworkFile, ScanResult
    from pipewarden.sense.facts import Camera


def scan(
    paths: Annotated[list[str], typer.Argument(help="Pictures, folders, videos, rtsp:// or http(s):// addresses.")],
    camera: Annotated[
        Path | None, typer.Option(help="camera.yaml: who took all of this, with its calibration. None: no places.")
    ] = None,
    network: Annotated[Path | None, typer.Option(help="Gas network file to measure against (needs --crs).")] = None,
    crs: Annotated[str | None, typer.Option(help="CRS of --network: EPSG:4547, WKT, GCJ-02, BD-09.")] = None,
    jurisdiction: Annotated[
        str | None, typer.Option(help="Rule pack of --network, for instance CN-HE-langfang or CN-LONGDISTANCE.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="Shipped mapping or mapping.yaml for the columns of --network.")
    ] = None,
    every: Annotated[float, typer.Option(min=0.0, help="Seconds between sampled frames.")] = 1.0,
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
    everything about the ground stays empty. Evidence pictures with the box drawn are written to --out.

    The summary of --json also says what the judge made of the alarms: confirmed, silenced (for a stated reason and
    time) or for a person, and judge_calls, the questions put to the second judge. Alarms are judged when they are
    scanned; `pipewarden eval sequence` lets time pass as the frames tell it.

    Examples:
    pipewarden scan photos/ --sequence 60

    pipewarden scan clip.mp4 --camera cam.yaml --network pipes.shp --crs EPSG:4547 --jurisdiction CN-HE-langfang

    pipewarden scan rtsp://10.0.0.5/sub --frames 30 --json
    """
    with told_errors(as_json=json):
        from pipewarden.kit.settings import load_settings
        from pipewarden.main.files import open_sources
        from pipewarden.main.log import configure

        settings = load_settings()
        configure(settings.log_level)
        given = _network(network, crs, jurisdiction, mapping)
        sources = open_sources(paths, every_s=every, sequence_s=sequence, frames=frames, duration_s=duration)
        bounded = frames is not None or duration is not None
        _scan(settings, sources, camera, given, single=single, bounded=bounded, out=out, as_json=json)


def _network(path: Path | None, crs: str | None, jurisdiction: str | None, mapping: str | None) -> NetworkFile | None:
    from pipewarden.main.scan import NetworkFile

    if path is None:
        return None
    if crs is None or jurisdiction is None:
        missing = "--crs" if crs is None else "--jurisdiction"
        raise InputError(
            field=missing, problem="is needed with --network", fix="Declare it; neither is ever guessed from the file."
        )
    return NetworkFile(path=path, crs=crs, jurisdiction=jurisdiction, mapping=mapping)


def _scan(
    settings: Settings,
    sources: list[Source],
    camera_file: Path | None,
    given: NetworkFile | None,
    *,
    single: bool,
    bounded: bool,
    out: Path,
    as_json: bool,
) -> None:
    from pipewarden.main import scan as use_case
    from pipewarden.main.home import open_home
    from pipewarden.main.river import open_river
    from pipewarden.main.stopping import Stop

    _bounded(sources, bounded=bounded)
    use_case.open_folder(out)
    stop = Stop()
    with open_home(settings, temporary=True) as home, open_river(home, single_makes_alarm=single) as river:
        if given is not None:
            with progress("importing network") as step:
                use_case.load_network(home, given, step)
        camera = None if camera_file is None else use_case.load_camera(home, camera_file)
        with progress("scanning frames") as step, stop.listen():
            result = use_case.run(river, [use_case.Feed(one, camera, one.stream) for one in sources], step, stop)
        _print(river, result, camera, out, as_json=as_json)
    _tell_notes(sources, result, single=single)
    if result.problems:  # somebody may rely on "no alarm"
        raise SystemExit(1)


def _bounded(sources: list[Source], *, bounded: bool) -> None:
    if sum(source.live for source in sources) > 1 and not bounded:
        raise InputError(
            field="PATH",
            problem="several live sources are read one after the other, and the first would never end",
            fix="Bound them with --frames or --duration, or run one scan per source.",
        )


def _print(river: River, result: ScanResult, camera: Camera | None, out: Path, *, as_json: bool) -> None:
    key = None if camera is None else camera.key
    rows = [alarm_json(alarm, key, _evidence(river, alarm, out, result)) for alarm in result.alarms]
    summary: dict[str, object] = {"frames": result.frames, "findings": result.findings, "alarms": len(rows)}
    for error in result.problems:
        note(f"error: {error.field}: {error.problem}. {error.fix}")
    if as_json:
        for line in [*map(finding_json, result.singles), *rows]:
            json_line(line)
        for error in result.problems:
            json_line({"error": error.as_dict()})
        json_line({"summary": summary | _judged(river)})
        return
    if result.singles:
        table(finding_table(result.singles))
    if rows:
        table(alarm_table(rows))
        note(f"evidence pictures: {out}/")
    note(", ".join(f"{count} {name}" for name, count in summary.items()))


def _judged(river: River) -> dict[str, object]:
    """Return what the judge made of the alarms; they are told before, because a second judge may take its time."""
    from pipewarden.main.scan import settle

    told = settle(river)
    return {
        "confirmed": told.confirmed,
        "silenced": told.silenced,
        "person": told.person,
        "judge_calls": told.questions,
    }


def _evidence(river: River, alarm: Alarm, out: Path, result: ScanResult) -> Path | None:
    """Write one evidence picture; a failure is told beside the alarm, never instead of it."""
    from pipewarden.main.scan import write_evidence

    try:
        return write_evidence(river, alarm, out)
    except PipewardenError as error:
        result.problems.append(error)
        return None


def _tell_notes(sources: list[Source], result: ScanResult, *, single: bool) -> None:
    """Say what was left out."""
    for source in sources:
        for words in source.notes:
            note(f"note: {source.stream}: {words}")
        if source.rendered:
            note(f"note: {source.stream}: these pictures are rendered, not photographs")
    for why, count in result.unplaced.most_common():
        note(f"note: {count} finding(s) have no place: {why}")
    if result.singles and not single:
        note("note: one picture cannot make an alarm; use --sequence SECONDS for a series of one camera, or --single")
