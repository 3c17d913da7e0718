"""The use cases of locate: place what was seen, tell what was placed, judge a calibration before it is used."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import InputError
from pipewarden.locate import store
from pipewarden.locate.facts import PLACED, CalibrationReport, Coverage, Placement
from pipewarden.locate.rules import (
    COVERED_SIGMA_M,
    FARTHEST_M,
    Calibrated,
    Stood,
    about,
    pose_at,
    read,
    said_place,
    seen_ring,
    solve,
    stand,
    widened,
)
from pipewarden.network import service as network
from pipewarden.network.facts import UNKNOWN
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import SAID, FindingClass
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Fix, FixSource, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from pipewarden.kit.work import Work
    from pipewarden.locate.rules import Reading
    from pipewarden.network.facts import ZoneAnswer
    from pipewarden.perceive.facts import Screened
    from pipewarden.sense.facts import Camera, Observation, Told

_USUAL = Fix(lon=0.0, lat=0.0, accuracy_m=10.0, source=FixSource.TRACK, course_deg=0.0)  # a phone's, in a street
NO_CALIBRATION = "the camera has no calibration"
NO_CAMERA = "the picture comes from no known camera"
_SAYING = frozenset({ObservationKind.REPORT, ObservationKind.DEVICE})  # their senders say where they are


def check_camera(camera: Camera) -> CalibrationReport:
    """Return what the camera's calibration is worth.

    Raises:
        InputError: the camera has none, or one that cannot be used (fields, layout or reprojection error).
    """
    if camera.moves:
        on_the_way = pose_at(_read_once(_content(camera)), _USUAL)
        if on_the_way is None:
            raise RuntimeError("a fix with a course has a pose")
        return on_the_way.report
    return solved(camera).report


def seen_ground(camera: Camera) -> tuple[tuple[float, float], ...]:
    """Return the outline (lon, lat), closed, of the ground the camera sees up to 60 m; empty without a calibration.

    Raises:
        InputError: it has a calibration that cannot be used.
    """
    return () if camera.calibration is None or camera.moves else _ring_once(_content(camera), None)[0]


def coverage(work: Work, camera: Camera, *, sigma_m: float = COVERED_SIGMA_M) -> Coverage | None:
    """Return the ground on which the camera finds a machine and places it; None where nobody can say.

    Args:
        work: of the camera's own tenant.
        camera: whose view.
        sigma_m: leave out the ground where a foot is less sure than this, one sigma in metres.

    Returns:
        None without a usable calibration, or when the picture shows no such ground within 60 m.

    Raises:
        RuntimeError: the camera is another tenant's.
    """
    if camera.tenant_id != work.tenant_id:
        raise RuntimeError(f"camera {camera.id} asked under another tenant")
    try:
        ring, far_m = _ring_once(_content(camera), sigma_m)
    except InputError:
        return None
    return Coverage(camera_id=camera.id, ring=ring, far_m=far_m) if ring else None


def place(work: Work, observation_ids: Sequence[UUID]) -> list[UUID]:
    """Place the findings of the observations not placed yet and return their ids; emits PLACED for each.

    A finding without a known camera, a calibration or ground below it gets a placement with zone unknown and the
    reason; an unknown place counts as inside, so nothing is dropped here.

    Raises:
        RuntimeError: an observation was not screened.
    """
    done = store.placed(work, observation_ids)
    fresh = [one for one in dict.fromkeys(observation_ids) if one not in done]
    if not fresh:
        return []
    seen = perceive.screened(work, fresh)
    observations = sense.observations(work, fresh)
    if missing := [str(one) for one in fresh if one not in seen or one not in observations]:
        raise RuntimeError(f"told as screened but not in the database: {', '.join(missing)}")
    cameras = sense.cameras(work, sorted({one.camera_id for one in observations.values() if one.camera_id is not None}))
    told = sense.told(work, [one for one in fresh if observations[one].kind in _SAYING])
    fixes = sense.fixes(work, [one for one in fresh if _moves(cameras, observations[one])])
    stood = {one: _stand(seen[one], observations[one], cameras, told.get(one), fixes.get(one)) for one in fresh}
    answers = _answers(work, stood, observations)
    placements = [
        Placement(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            observation_id=one,
            finding_id=finding.id,
            ground=where.ground,
            footprint=where.footprint,
            answer=answers.get((one, n), UNKNOWN),
            why=where.why,
            own_covariance=where.own_covariance,
        )
        for one in fresh
        for n, (finding, where) in enumerate(zip(seen[one].findings, stood[one], strict=True))
    ]
    new = store.add(work, fresh, placements)
    store.add_views(
        work,
        {one: ring for one in new if (ring := _view(seen[one], observations[one], cameras, fixes.get(one)))},
        observations,
    )
    for one in new:
        work.emit(PLACED, one, partition=work.own(observations[one].stream))
    return new


def placements(work: Work, observation_ids: Collection[UUID]) -> dict[UUID, tuple[Placement, ...]]:
    """Return the placements of the observations; those not placed yet are absent."""
    return store.read(work, observation_ids) if observation_ids else {}


def ground_ring(camera: Camera, ring: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Return a polygon drawn on the camera's picture as it lies on the ground: (lon, lat), WGS-84, closed.

    Args:
        camera: whose picture it is.
        ring: (x, y) corners as parts of the picture's width and height, 0-1, not closed.

    Returns:
        Empty where the camera has no usable calibration, or a corner lies above the horizon or 2 km away.
    """
    ground = ground_points(camera, np.array(ring))
    if not bool(np.isfinite(ground).all()):
        return ()
    corners = [(float(lon), float(lat)) for lon, lat in ground]
    return (*corners, corners[0])


def ground_points(camera: Camera, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where points of the camera's picture lie on the ground: (n, 2) lon, lat in degrees WGS-84.

    Args:
        camera: whose picture it is.
        points: (n, 2) x, y as parts of the picture's width and height, 0-1.

    A point above the horizon, or 2 km away, is nan; every one is where the camera has no usable calibration.
    """
    nowhere = np.full((len(points), 2), np.nan)
    try:
        known = solved(camera)
    except InputError:
        return nowhere
    metres = known.model.ground(points * known.image_size)
    good = (np.abs(metres) <= FARTHEST_M).all(axis=1)  # nan compares false
    nowhere[good] = known.frame.to_lonlat(metres[good])
    return nowhere


def _stand(
    screened: Screened, observation: Observation, cameras: Mapping[UUID, Camera], told: Told | None, fix: Fix | None
) -> tuple[Stood, ...]:
    findings = screened.findings
    if observation.kind in _SAYING:
        said = said_place(told)
        shown = iter(
            _shown(
                replace(screened, findings=tuple(one for one in findings if one.cls not in SAID)),
                observation,
                cameras,
                fix,
            )
        )
        return tuple(said if finding.cls in SAID else next(shown) for finding in findings)
    return _shown(screened, observation, cameras, fix)


def _shown(
    screened: Screened, observation: Observation, cameras: Mapping[UUID, Camera], fix: Fix | None
) -> tuple[Stood, ...]:
    """Stand what a picture shows on the ground of its camera."""
    findings = screened.findings
    camera = None if observation.camera_id is None else cameras.get(observation.camera_id)
    if camera is None or camera.calibration is None:
        why = NO_CAMERA if camera is None else NO_CALIBRATION
        return tuple(Stood(None, None, (), why) for _ in findings)
    if not findings or screened.width is None or screened.height is None:
        return tuple(Stood(None, None, (), "the picture's size is unknown") for _ in findings)
    try:
        solved = _solved_at(camera, fix)
    except InputError as error:
        return tuple(Stood(None, None, (), f"the calibration cannot be used: {error}") for _ in findings)
    if solved is None:
        return tuple(about(fix) for _ in findings)
    stood = stand(
        solved,
        (screened.width, screened.height),
        [finding.box for finding in findings],
        [finding.cls is FindingClass.MACHINE for finding in findings],
    )
    return tuple(widened(solved, one) for one in stood) if camera.moves else stood


def _view(
    screened: Screened, observation: Observation, cameras: Mapping[UUID, Camera], fix: Fix | None
) -> tuple[tuple[float, float], ...]:
    """Return the ground on which a picture of a moving camera would have shown a machine and placed it."""
    if fix is None or screened.problem is not None or observation.camera_id is None:
        return ()
    try:
        solved = _solved_at(cameras[observation.camera_id], fix)
    except InputError:
        return ()
    return () if solved is None else seen_ring(solved, COVERED_SIGMA_M)[0]


def _moves(cameras: Mapping[UUID, Camera], one: Observation) -> bool:
    camera = None if one.camera_id is None else cameras.get(one.camera_id)
    return camera is not None and camera.moves


def _answers(
    work: Work, stood: Mapping[UUID, tuple[Stood, ...]], observations: Mapping[UUID, Observation]
) -> dict[tuple[UUID, int], ZoneAnswer]:
    """Return the answer of each placed finding, by observation and its number there."""
    hours: dict[datetime, list[tuple[UUID, int]]] = defaultdict(list)
    for one, places in stood.items():
        # rule packs change at midnight, on the hour in every time zone of China: one question per hour is exact
        at = observations[one].at or observations[one].received_at
        hour = at.replace(minute=0, second=0, microsecond=0)
        hours[hour] += [(one, n) for n, where in enumerate(places) if where.ground is not None]
    found: dict[tuple[UUID, int], ZoneAnswer] = {}
    for hour, keys in hours.items():
        grounds = [stood[one][n].ground for one, n in keys]
        points = [(ground.lon, ground.lat) for ground in grounds if ground is not None]
        spreads = [ground.covariance for ground in grounds if ground is not None]
        if points:
            answered = network.answer_many(work, np.array(points), covariances=np.array(spreads), at=hour)
            found |= dict(zip(keys, answered, strict=True))
    return found


def solved(camera: Camera) -> Calibrated:
    """Return the camera's calibration, ready to place pixels.

    Raises:
        InputError: it has none, or one that cannot be used, or moves.
    """
    return _solve_once(_content(camera))


def _solved_at(camera: Camera, fix: Fix | None) -> Calibrated | None:
    """Return the camera as it stood for one picture; None of a moving one when nobody knows where or which way."""
    if not camera.moves:
        return solved(camera)
    return None if fix is None else pose_at(_read_once(_content(camera)), fix)


def _content(camera: Camera) -> str:
    """Return everything a calibration depends on: an edited camera is read and solved anew."""
    if camera.calibration is None:
        raise InputError(
            field="calibration",
            problem=NO_CALIBRATION,
            fix="Give at least four control_points, a pose, or moving, in the camera file.",
        )
    standing = None if camera.lon is None or camera.lat is None else (camera.lon, camera.lat)
    return json.dumps([camera.calibration, camera.image_size, standing], sort_keys=True, default=str)


@lru_cache(maxsize=4096)
def _solve_once(content: str) -> Calibrated:
    standing = json.loads(content)[2]
    return solve(_read_once(content), None if standing is None else (standing[0], standing[1]))


@lru_cache(maxsize=4096)
def _ring_once(content: str, sigma_m: float | None) -> tuple[tuple[tuple[float, float], ...], float]:
    return seen_ring(_solve_once(content), sigma_m)


@lru_cache(maxsize=4096)
def _read_once(content: str) -> Reading:
    calibration, size, standing = json.loads(content)
    place = None if standing is None else (standing[0], standing[1])
    return read(calibration, None if size is None else (size[0], size[1]), place)
