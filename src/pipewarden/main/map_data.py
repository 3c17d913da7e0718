"""Gathers what the map page shows from the slices' services, in the page's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import cv2
import shapely

from pipewarden.locate import service as locate
from pipewarden.main.map_page.page_facts import MapAlarm, MapCamera, MapData, MapPipe, MapStreet, Ring
from pipewarden.network import service as network
from pipewarden.network.facts import Datum, Kind
from pipewarden.network.rules import packs
from pipewarden.network.store import shipped_assumptions, shipped_packs
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.sense.facts import Camera

_LOCAL = ZoneInfo("Asia/Shanghai")  # the demo city's; areas carry their own zone with the service
_THUMB = 480  # px, the page's widest picture


def gather(
    home: Home,
    alarms: Sequence[tuple[Alarm, Path]],
    frames: Mapping[str, int],
    *,
    rendered: bool,
    streets: Sequence[MapStreet] = (),
) -> MapData:
    """Return the page's data.

    Args:
        home: whose network and cameras are drawn.
        alarms: with the evidence picture of each.
        frames: pictures that came from each camera key.
        rendered: whether the pictures are rendered.
        streets: axes to draw in grey.
    """
    with home.work() as work:
        now = work.now()
        classes: dict[str, str] = {}
        active = [version for version in network.versions(work) if version.active]
        pipes = [one for version in active for one in _pipes(work, version, now, classes)]
        cameras = sense.all_cameras(work)
    counted = {camera.key: sum(camera.key in alarm.streams for alarm, _ in alarms) for camera in cameras}
    return MapData(
        title="管卫 Pipewarden",
        made_at=now.astimezone(_LOCAL),
        rendered=rendered,
        pipes=tuple(pipes),
        cameras=tuple(_camera(one, counted[one.key], frames.get(one.key, 0)) for one in cameras),
        alarms=tuple(_alarm(alarm, picture, classes) for alarm, picture in alarms),
        streets=tuple(streets),
    )


def _pipes(work: Work, version: NetworkVersion, at: datetime, classes: dict[str, str]) -> list[MapPipe]:
    ranges = packs.resolve(
        shipped_packs(), shipped_assumptions(), jurisdiction=version.jurisdiction, regime=version.regime, at=at
    )
    made = []
    for pipe in network.pipes(work, version.id):
        classes[pipe.pipe_id] = str(pipe.pressure_class)
        law = None if ranges is None else ranges.table[pipe.kind, pipe.pressure_class]
        from_edge = ranges is not None and ranges.datum is not Datum.CENTRE_LINE and pipe.datum is Datum.CENTRE_LINE
        made += [
            MapPipe(
                id=pipe.pipe_id,
                kind=str(pipe.kind),
                pressure_class=str(pipe.pressure_class),
                regime=str(version.regime),
                coords=ring,
                protect_m=None if law is None or law.protect is None else law.protect.value,
                control_m=None if law is None or law.control is None else law.control.value,
                radius_m=(pipe.diameter_mm or 0.0) / 2000.0 if from_edge and pipe.kind is Kind.PIPE else 0.0,
                label=pipe.label,
            )
            for ring in _lines(pipe.geometry)
        ]
    return made


def _lines(geometry: bytes) -> list[Ring]:
    found = []
    for part in shapely.get_parts(shapely.from_wkb(geometry)):
        line = part.exterior if part.geom_type == "Polygon" else part
        found.append(tuple((float(x), float(y)) for x, y in shapely.get_coordinates(line)))
    return found


def _camera(camera: Camera, alarms: int, frames: int) -> MapCamera:
    return MapCamera(
        key=camera.key,
        name=camera.name,
        lon=camera.lon,
        lat=camera.lat,
        seen=locate.seen_ground(camera),
        alarms=alarms,
        frames=frames,
    )


def _alarm(alarm: Alarm, picture: Path, classes: Mapping[str, str]) -> MapAlarm:
    ground, answer = alarm.ground, alarm.answer
    return MapAlarm(
        id=str(alarm.id),
        zone=str(answer.zone),
        cls=alarm.cls,
        type=alarm.type,
        score=alarm.score,
        lon=None if ground is None else ground.lon,
        lat=None if ground is None else ground.lat,
        covariance=None if ground is None else ground.covariance,
        distance_m=answer.distance_m,
        pipe_id=answer.pipe_id,
        pipe_class=None if answer.pipe_id is None else classes.get(answer.pipe_id),
        clause=answer.clause,
        p_protection=answer.p_protection,
        p_control=answer.p_control,
        first_seen=_moment(alarm.first_seen, alarm.first_offset_s),
        last_seen=_moment(alarm.last_seen, alarm.last_offset_s),
        frames=alarm.frames,
        cameras=alarm.streams,
        work_area=() if alarm.work_area is None else alarm.work_area.ring,
        reasons=tuple(member.reason for member in alarm.members),
        picture=_thumb(picture),
    )


def _moment(at: datetime | None, offset_s: float) -> str:
    return f"+{offset_s:.0f} s" if at is None else at.isoformat()


def _thumb(path: Path) -> bytes:
    """Return our own evidence picture made smaller; it was encoded by us, so it is decoded here."""
    pixels = cv2.imread(str(path))
    if pixels is None:
        raise RuntimeError(f"{path} was just written and must be readable")
    scale = _THUMB / max(pixels.shape[1], _THUMB)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    done, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise RuntimeError("OpenCV must be able to encode pixels as JPEG")
    return bytes(encoded.tobytes())
