"""A camera's calibration from the desk: points tried while they are clicked, kept as a draft, put in force, put back.

What was in force before is never lost: a calibration that came by a camera.yaml, too, becomes a version of the record
when the next one replaces it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.locate import store
from pipewarden.locate.facts import CalibrationDraft, CalibrationSource, CalibrationVersion
from pipewarden.locate.rules import (
    COVERED_SIGMA_M,
    NEEDED,
    Calibrated,
    SureAt,
    Trial,
    distances,
    few,
    horizon,
    in_picture,
    read,
    seen_ring,
    sureness,
    trial,
)
from pipewarden.locate.service.placing import solved
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CalibrationReport
    from pipewarden.network.facts import Near, PressureClass
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Camera

    Runs = list[tuple[tuple[float, float], ...]]

READ, MANAGE, NETWORK = "camera:read", "camera:manage", "network:read"
MOST_VERSIONS = 50
_AROUND_M = 150.0
_METRES_PER_DEGREE = 111_195.0
_MOST_PIPES = 200


@dataclass(frozen=True, slots=True)
class PipeDrawn:
    """A pipe as it runs through the picture, as parts of its width and height."""

    pipe_id: str
    pressure_class: PressureClass
    runs: Runs


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a calibration looks like: in the picture, as parts of its width and height, and on the map.

    Attributes:
        horizon: its ends at the left and right edge; empty where it is upright.
        arcs: metres from the ground at the lower edge, and the arc's runs.
        pipes: None where the reader may not see the network there.
        sees: (lon, lat) around the ground seen up to 60 m.
        covers: the part of it that is sure enough to tell a machine on the pipe from one beside it.
    """

    horizon: tuple[tuple[float, float], ...]
    arcs: list[tuple[float, Runs]]
    pipes: list[PipeDrawn] | None
    sureness: list[SureAt]
    sees: tuple[tuple[float, float], ...]
    covers: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera's calibration as it stands.

    Attributes:
        tag: changes with whatever is in force; whoever changes it names the one they saw.
        in_force: the version that is; None where the camera has no calibration, or one of a file.
        report: what it is worth; None without a usable calibration, as ``drawing`` is.
        draft: only for those who manage the camera.
    """

    camera: Camera
    tag: str
    in_force: CalibrationVersion | None
    versions: list[CalibrationVersion]
    report: CalibrationReport | None
    drawing: Drawing | None
    draft: CalibrationDraft | None


def calibration_of(work: Work, actor: Actor, camera_id: UUID) -> Calibration:
    """Return a camera's calibration, what it looks like, what was in force before, and what is being clicked.

    Raises:
        ForbiddenError, NotFoundError: the actor sees no cameras, or not this one.
    """
    found = next(iter(sense.seen_cameras(work, actor, READ, limit=1, only=camera_id)), None)
    camera = people.visible(found, "camera")
    there = replace(work, tenant_id=camera.tenant_id)
    try:
        made = None if camera.calibration is None or camera.moves else solved(camera)
    except InputError:  # in force, but of no use: there is nothing to draw
        made = None
    manages = bool(actor.grants_for(MANAGE)) and camera.tenant_id == work.tenant_id
    mine = manages and bool(sense.seen_cameras(work, actor, MANAGE, limit=1, only=camera_id))
    versions = store.calibrations(there, camera.id, limit=MOST_VERSIONS)
    return Calibration(
        camera=camera,
        tag=_tag(camera, versions),
        in_force=_in_force(camera, versions),
        versions=versions,
        report=None if made is None else made.report,
        drawing=None if made is None else _drawn(there, made, pipes=_reads_network(work, actor, camera)),
        draft=store.calibration_draft(there, camera.id) if mine else None,
    )


def try_points(
    work: Work, actor: Actor, camera_id: UUID, calibration: Mapping[str, object], image_size: tuple[int, int]
) -> tuple[Trial, Drawing | None]:
    """Return what control points would be worth; nothing is written.

    Args:
        work: of the request.
        actor: manages the camera.
        camera_id: whose points.
        calibration: ``control_points`` and sigmas as in camera.yaml.
        image_size: width, height in pixels of the picture that was clicked.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such camera in reach.
        InputError: a point lies outside of the picture, or is no place.
    """
    camera = _own(work, actor, camera_id)
    made = _tried(camera, calibration, image_size)
    if made.solved is None:
        return made, None
    return made, _drawn(work, made.solved, pipes=_reads_network(work, actor, camera))


def save_draft(
    work: Work, actor: Actor, camera_id: UUID, content: dict[str, object], *, seen: int | None
) -> CalibrationDraft:
    """Keep what was clicked so far, in place of the draft ``seen``.

    Raises:
        ForbiddenError, NotFoundError: as for ``try_points``.
        RefusedError: somebody else saved one meanwhile.
    """
    camera = sense.hold_camera(work, _own(work, actor, camera_id).id)
    before = store.calibration_draft(work, camera.id)
    if (None if before is None else before.version) != seen:
        fix = "Load the page again: the draft that was saved meanwhile is shown."
        raise RefusedError(field="seen", problem="is not the draft as it is now", fix=fix)
    made = CalibrationDraft(camera.id, (seen or 0) + 1, work.now(), _name(actor), content)
    store.put_calibration_draft(work, made)
    return made


def drop_draft(work: Work, actor: Actor, camera_id: UUID) -> None:
    """Forget what was clicked; what is in force stays.

    Raises:
        ForbiddenError, NotFoundError: as for ``try_points``.
    """
    store.drop_calibration_draft(work, _own(work, actor, camera_id).id)


def activate(
    work: Work,
    actor: Actor,
    camera_id: UUID,
    calibration: dict[str, object],
    image_size: tuple[int, int],
    *,
    seen: str,
) -> CalibrationVersion:
    """Put control points in force on a camera, on record, and end its draft.

    Raises:
        ForbiddenError, NotFoundError: as for ``try_points``.
        InputError: the points make no calibration; see ``rules.calibration.solve``.
        RefusedError: another calibration was put in force since ``seen``, or the camera rides on something.
    """
    camera, versions = _held(work, actor, camera_id, seen)
    tried = _tried(camera, calibration, image_size)
    if tried.refusal is not None:
        raise tried.refusal
    made = _put(work, actor, (camera, versions), (calibration, image_size), CalibrationSource.WIZARD)
    store.drop_calibration_draft(work, camera.id)
    report = None if tried.solved is None else tried.solved.report
    rms_m = None if report is None or report.rms_m is None else round(report.rms_m, 3)
    told = {"version": made.version, "points": len(tried.points), "rms_m": rms_m}
    people.record(work, actor, "camera.calibrated", ("camera", camera.id), told)
    return made


def restore(work: Work, actor: Actor, camera_id: UUID, version: int, *, seen: str) -> CalibrationVersion:
    """Put an earlier calibration back in force, as a new version, on record.

    Raises:
        ForbiddenError, NotFoundError: as for ``try_points``, or there is no such version.
        RefusedError: as for ``activate``, or that version is in force.
    """
    camera, versions = _held(work, actor, camera_id, seen)
    wanted = people.visible(next(iter(store.calibrations(work, camera.id, limit=1, version=version)), None), "version")
    if (wanted.calibration, wanted.image_size) == (camera.calibration, camera.image_size):
        raise RefusedError(field="version", problem="is what is in force", fix="Name another version.")
    put = (wanted.calibration, wanted.image_size)
    made = _put(work, actor, (camera, versions), put, CalibrationSource.RESTORED, restores=wanted.version)
    told = {"version": made.version, "restores": wanted.version}
    people.record(work, actor, "camera.calibration_restored", ("camera", camera.id), told)
    return made


def _tried(camera: Camera, calibration: Mapping[str, object], image_size: tuple[int, int]) -> Trial:
    points = calibration.get("control_points")
    if isinstance(points, list) and len(points) < NEEDED:
        return Trial(None, few(len(points)))
    standing = _standing(camera)
    return trial(read(calibration, image_size, standing), standing)


def _held(work: Work, actor: Actor, camera_id: UUID, seen: str) -> tuple[Camera, list[CalibrationVersion]]:
    camera = sense.hold_camera(work, _own(work, actor, camera_id).id)
    versions = store.calibrations(work, camera.id, limit=MOST_VERSIONS)
    if camera.moves:
        fix = "Write its mounting in the camera file: docs/cameras.md."
        raise RefusedError(field="camera", problem="rides on something and has no place of its own", fix=fix)
    if _tag(camera, versions) != seen:
        fix = "Load the page again and look at what was put in force meanwhile."
        raise RefusedError(field="seen", problem="is not the calibration as it is now", fix=fix)
    return camera, versions


def _put(
    work: Work,
    actor: Actor,
    now: tuple[Camera, list[CalibrationVersion]],
    put: tuple[dict[str, object] | None, tuple[int, int] | None],
    source: CalibrationSource,
    *,
    restores: int | None = None,
) -> CalibrationVersion:
    """Append the version, after what a file had put in force, and give it to the camera."""
    camera, versions = now
    number = versions[0].version if versions else 0
    blank = CalibrationVersion(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        camera_id=camera.id,
        version=number + 1,
        at=work.now(),
        actor="",
        source=CalibrationSource.FILE,
        restores=None,
        image_size=camera.image_size,
        calibration=camera.calibration,
    )
    if _in_force(camera, versions) is None:
        store.add_calibration(work, blank)
        number += 1
    made = replace(
        blank,
        id=work.ids.new(),
        version=number + 1,
        actor=_name(actor),
        source=source,
        restores=restores,
        calibration=put[0],
        image_size=put[1],
    )
    store.add_calibration(work, made)
    sense.calibrate(work, camera, made.calibration, made.image_size)
    return made


def _in_force(camera: Camera, versions: list[CalibrationVersion]) -> CalibrationVersion | None:
    """Return the newest version where it is what the camera has; a file may have replaced it since."""
    newest = versions[0] if versions else None
    same = newest is not None and (newest.calibration, newest.image_size) == (camera.calibration, camera.image_size)
    return newest if same else None


def _tag(camera: Camera, versions: list[CalibrationVersion]) -> str:
    told = [camera.calibration, camera.image_size, versions[0].version if versions else 0]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _drawn(work: Work, made: Calibrated, *, pipes: bool) -> Drawing:
    sees, covers = seen_ring(made)[0], seen_ring(made, COVERED_SIGMA_M)[0]
    return Drawing(
        horizon=horizon(made),
        arcs=distances(made),
        pipes=_pipes(work, made, sees) if pipes else None,
        sureness=sureness(made),
        sees=sees,
        covers=covers,
    )


def _pipes(work: Work, made: Calibrated, sees: tuple[tuple[float, float], ...]) -> list[PipeDrawn]:
    if not sees:
        return []
    ring = np.array(sees)
    lat = _AROUND_M / _METRES_PER_DEGREE
    spare = np.array([lat / np.cos(np.radians(ring[0, 1])), lat])
    (west, south), (east, north) = (ring.min(axis=0) - spare).tolist(), (ring.max(axis=0) + spare).tolist()
    near = network.near(work, (west, south, east, north), at=work.now())
    drawn = [
        PipeDrawn(one.pipe.pipe_id, one.pipe.pressure_class, runs)
        for one in near[:_MOST_PIPES]
        if (runs := _runs(made, one))
    ]
    return sorted(drawn, key=lambda one: one.pipe_id)


def _runs(made: Calibrated, one: Near) -> Runs:
    shape = shapely.from_wkb(one.pipe.geometry)
    lines = shapely.get_parts(shape if shape.geom_type.endswith("LineString") else shape.boundary)
    return [run for line in lines if len(line.coords) > 1 for run in in_picture(made, np.array(line.coords)[:, :2])]


def _reads_network(work: Work, actor: Actor, camera: Camera) -> bool:
    if not actor.grants_for(NETWORK):
        return False
    return bool(sense.seen_cameras(work, actor, NETWORK, limit=1, only=camera.id))


def _own(work: Work, actor: Actor, camera_id: UUID) -> Camera:
    """Return a camera of the tenant worked for that the actor manages."""
    found = next(iter(sense.seen_cameras(work, actor, MANAGE, limit=1, only=camera_id)), None)
    return people.visible(None if found is None or found.tenant_id != work.tenant_id else found, "camera")


def _standing(camera: Camera) -> tuple[float, float] | None:
    return None if camera.lon is None or camera.lat is None else (camera.lon, camera.lat)


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
