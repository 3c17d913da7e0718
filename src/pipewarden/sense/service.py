"""The use cases of sense: register a camera, read its file, keep what a source said, and find it again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.sense import store
from pipewarden.sense.facts import OBSERVED, Camera, CameraFile, NewCamera, NewObservation, Observation, ObservationKind
from pipewarden.sense.rules import parse_camera_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work

_MAX_CAMERA_FILE = 1 << 20


def load_camera_file(path: Path) -> CameraFile:
    """Read a camera.yaml.

    Raises:
        InputError: the file is absent, not UTF-8, not YAML, or says something a camera file cannot say; the field names
            the file, the line and the key.
    """
    try:
        if path.stat().st_size > _MAX_CAMERA_FILE:
            raise InputError(field=str(path), problem="is larger than 1 MB", fix="Give the camera.yaml itself.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})"
        raise InputError(field=str(path), problem=problem, fix="Check the path and its permissions.") from error
    except UnicodeDecodeError as error:
        raise InputError(field=str(path), problem="is not UTF-8 text", fix="Save it as UTF-8.") from error
    return parse_camera_file(text, str(path))


def register_camera(work: Work, new: NewCamera) -> Camera:
    """Insert the camera, or update the one with the same key; its id stays.

    Raises:
        InputError: the key is empty, or lon and lat are not both given in degrees WGS-84.
    """
    if not new.key.strip():
        raise InputError(field="camera", problem="is empty", fix="Give the camera a key, for instance cam-01.")
    if (new.lon is None) != (new.lat is None) or not (abs(new.lon or 0) <= 180 and abs(new.lat or 0) <= 90):  # noqa: PLR2004  degrees
        raise InputError(
            field="position",
            problem=f"({new.lon}, {new.lat}) is not a place",
            fix="Give lon and lat in degrees WGS-84.",
        )
    camera = Camera(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        key=new.key,
        name=new.name,
        lon=new.lon,
        lat=new.lat,
        image_size=new.image_size,
        calibration=new.calibration,
        interval_s=new.interval_s,
    )
    return store.put_camera(work.session, camera, work.now())


def camera_by_key(work: Work, key: str) -> Camera | None:
    """Return the tenant's camera with this key, or None."""
    return store.camera_by_key(work.session, work.tenant_id, key)


def cameras(work: Work, ids: Sequence[UUID]) -> dict[UUID, Camera]:
    """Return the tenant's cameras among ``ids``; unknown ids are left out."""
    return store.cameras(work.session, work.tenant_id, ids)


def all_cameras(work: Work) -> list[Camera]:
    """Return every camera of the tenant, by key."""
    return store.all_cameras(work.session, work.tenant_id)


def observe(work: Work, blobs: BlobStore, new: NewObservation) -> Observation:
    """Keep one picture: bytes first, then the row that names them; say ``sense.observed`` the first time.

    The same (stream, source_id) with the same picture returns the observation made before and says nothing. What cannot
    be decoded is kept too, as evidence: perceive tries, and says that it is unreadable (a bad photo never deletes a
    good report, safety.md decision 8).

    Raises:
        InputError: a name is empty, the time has no zone, the camera is not the tenant's, or the source used this name
            for another picture.
    """
    _check(work, new)
    sha256 = blobs.put(new.picture)
    one = Observation(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        stream=new.stream,
        source_id=new.source_id,
        kind=new.kind,
        camera_id=new.camera_id,
        at=new.at,
        offset_s=new.offset_s,
        picture=sha256,
        picture_name=new.picture_name,
        received_at=work.now(),
    )
    if store.add_observation(work.session, one):
        work.emit(OBSERVED, one.id, partition=one.stream)
        return one
    known = store.by_source(work.session, work.tenant_id, new.stream, new.source_id)
    if known is None:
        raise RuntimeError("an observation that conflicts must be readable")
    if known.picture != sha256:
        raise InputError(
            field="source_id",
            problem=f"{new.source_id!r} of {new.stream!r} was given before with another picture",
            fix="Give each picture of a source its own name.",
        )
    return known


def observations(work: Work, ids: Sequence[UUID]) -> dict[UUID, Observation]:
    """Return the tenant's observations among ``ids``; unknown ids are left out."""
    return store.observations(work.session, work.tenant_id, ids)


def earlier(work: Work, observation: Observation, count: int) -> list[Observation]:
    """Return up to ``count`` frames of the same stream just before ``observation``, oldest first.

    Frames are ordered by ``at`` where the observation has one, else by ``offset_s``. A single picture has no before.
    """
    if observation.kind is ObservationKind.SINGLE or observation.tenant_id != work.tenant_id or count < 1:
        return []
    return store.earlier(work.session, observation, count)[::-1]


def _check(work: Work, new: NewObservation) -> None:
    for field in ("stream", "source_id", "picture_name"):
        value = getattr(new, field)
        if not value.strip() or "\0" in value:
            raise InputError(field=field, problem=f"{value!r} is not a name", fix="Give printable text.")
    if new.at is not None and new.at.tzinfo is None:
        raise InputError(field="at", problem=f"{new.at} has no time zone", fix="Give RFC 3339 with its offset.")
    if not (math.isfinite(new.offset_s) and new.offset_s >= 0):
        raise InputError(field="offset_s", problem=f"{new.offset_s} is not 0 or more seconds", fix="Give seconds.")
    if new.camera_id is not None and not cameras(work, [new.camera_id]):
        raise InputError(
            field="camera_id", problem=f"{new.camera_id} is not a camera here", fix="Register the camera first."
        )
