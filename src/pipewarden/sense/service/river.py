"""The use cases of sense: register a camera, read its file, keep what a source said, and find it again."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ForbiddenError
from pipewarden.sense import store
from pipewarden.sense.facts import (
    OBSERVED,
    Camera,
    CameraFile,
    NewCamera,
    NewEvent,
    NewObservation,
    Observation,
    ObservationKind,
    Taken,
    Told,
)
from pipewarden.sense.rules import check_header, parse_camera_file
from pipewarden.sense.service.uploads import without_closed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

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
        InputError: the key is empty or the house's own, or lon and lat are not both given in degrees WGS-84.
    """
    if not new.key.strip():
        raise InputError(field="camera", problem="is empty", fix="Give the camera a key, for instance cam-01.")
    if (new.lon is None) != (new.lat is None) or not (abs(new.lon or 0) <= 180 and abs(new.lat or 0) <= 90):  # noqa: PLR2004  degrees
        raise InputError(
            field="position",
            problem=f"({new.lon}, {new.lat}) is not a place",
            fix="Give lon and lat in degrees WGS-84.",
        )
    known = store.camera_by_key(work.session, work.tenant_id, new.key)
    if known is not None and known.test is not new.test:  # a camera that watches pipes would be hidden for ever
        raise InputError(field="camera", problem=f"{new.key!r} is another camera's key", fix="Choose another key.")
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
        rendered=new.rendered,
        test=new.test,
    )
    return store.put_camera(work.session, camera, work.now())


def camera_by_key(work: Work, key: str) -> Camera | None:
    """Return the tenant's camera with this key, or None; the house's own test camera is nobody's to name."""
    found = store.camera_by_key(work.session, work.tenant_id, key)
    return None if found is None or found.test else found


def cameras(work: Work, ids: Sequence[UUID]) -> dict[UUID, Camera]:
    """Return the tenant's cameras among ``ids``; unknown ids are left out."""
    return store.cameras(work.session, work.tenant_id, ids)


def all_cameras(work: Work) -> list[Camera]:
    """Return every camera of the tenant, by key."""
    return store.all_cameras(work.session, work.tenant_id)


def check_picture(picture: bytes, field: str) -> None:
    """Refuse a file that is no picture, by its first bytes alone.

    Raises:
        InputError: it is empty, too large, animated, or none of the formats that are read; named as ``field``.
    """
    check_header(picture, field)


def observe(work: Work, blobs: BlobStore, new: NewObservation) -> Observation:
    """Keep one picture: bytes first, then the row that names them; say ``sense.observed`` the first time.

    The same (stream, source_id) with the same picture returns the observation made before and says nothing. What cannot
    be decoded is kept too, as evidence: perceive tries, and says that it is unreadable (a bad photo never deletes a
    good report, safety.md decision 8).

    Raises:
        InputError: a name is empty, the time has no zone, the camera is not the tenant's, or the source used this name
            for another picture.
    """
    return observe_all(work, blobs, [new])[0][0]


def observe_all(work: Work, blobs: BlobStore, several: Sequence[NewObservation]) -> list[tuple[Observation, bool]]:
    """Keep observations as ``observe`` does and say of each whether it is new."""
    known = cameras(work, [new.camera_id for new in several if new.camera_id is not None])
    checked = [(new, _check(new, known)) for new in several]
    made = [_stored(work, blobs, new, camera) for new, camera in checked]
    fresh = store.add_observations(work.session, made)
    for one in made:
        if one.id in fresh:
            work.emit(OBSERVED, one.id, partition=work.own(one.stream))
    return [(one, True) if one.id in fresh else (_before(work, one), False) for one in made]


def _stored(work: Work, blobs: BlobStore, new: NewObservation, camera: Camera | None) -> Observation:
    """Store the picture's bytes and return the row that will name them."""
    silent = new.kind in {ObservationKind.REPORT, ObservationKind.DEVICE} and not new.picture  # words alone
    sha256 = "" if silent else hashlib.sha256(new.picture).hexdigest()
    if sha256:
        store.hold_picture(work.session, sha256, alone=False)  # or a quiet look's deletion could take it from under us
        blobs.put(new.picture)
    return Observation(
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
        rendered=new.rendered or (camera is not None and camera.rendered),
        test=camera is not None and camera.test,
    )


def _before(work: Work, one: Observation) -> Observation:
    """Return what the source said before under the name of ``one``."""
    known = store.by_source(work.session, work.tenant_id, one.stream, one.source_id)
    if known is None:
        raise RuntimeError("an observation that conflicts must be readable")
    if known.picture != one.picture:
        raise InputError(
            field="source_id",
            problem=f"{one.source_id!r} of {one.stream!r} was given before with another picture",
            fix="Give each picture of a source its own name.",
        )
    return known


def take(work: Work, blobs: BlobStore, actor: Actor, new: NewEvent) -> Taken:
    """Keep one event that somebody sent; see ``take_all``."""
    return take_all(work, blobs, actor, [new])[0]


def take_all(work: Work, blobs: BlobStore, actor: Actor, events: Sequence[NewEvent]) -> list[Taken]:
    """Keep events that somebody sent, all or none; the same event again returns what was kept and says nothing.

    Raises:
        ForbiddenError: the actor may not send this kind.
        InputError: one says nothing, its place is none, or its name was used for something else.
        RefusedError: another sender uses a name, or the actor acts for no tenant.
    """
    for kind in {new.observation.kind for new in events}:
        wanted = "report:create" if kind is ObservationKind.REPORT else "observation:create"
        if not (actor.grants_for(wanted) or actor.grants_for("observation:create")):
            raise ForbiddenError.of(wanted)
    if work.tenant_id == PLATFORM:
        # kept there, nobody who answers for a pipe would ever see it
        raise RefusedError(field="tenant", problem="is none: you act for the platform", fix="Act for a gas company.")
    for new in events:
        _check_said(new)
    events = without_closed(work, actor, events)
    made = observe_all(work, blobs, [_timed(work, new.observation) for new in events])
    said = [(one, fresh, _told_of(work, actor, new, one)) for new, (one, fresh) in zip(events, made, strict=True)]
    store.add_told(work.session, [now for _, fresh, now in said if fresh])
    earlier_told = store.told(work.session, work.tenant_id, [one.id for one, fresh, _ in said if not fresh])
    return [
        Taken(observation=one, told=now if fresh else _same(earlier_told.get(one.id), now), fresh=fresh)
        for one, fresh, now in said
    ]


def _timed(work: Work, one: NewObservation) -> NewObservation:
    """Return the observation with its time: what is said without one is said now."""
    return replace(one, at=work.now()) if one.kind is ObservationKind.REPORT and one.at is None else one


def _told_of(work: Work, actor: Actor, new: NewEvent, made: Observation) -> Told:
    return Told(
        observation_id=made.id,
        tenant_id=work.tenant_id,
        owner_id=actor.id,
        source=new.source,
        event_id=new.event_id,
        words=new.words,
        lon=new.lon,
        lat=new.lat,
        accuracy_m=new.accuracy_m,
        picture_problem=new.picture_problem,
        extra=new.extra or {},
        content_sha256=_content(new),
    )


def _same(known: Told | None, now: Told) -> Told:
    """Return what was told before under the name under which ``now`` is told again."""
    if known is None or known.owner_id != now.owner_id:
        raise RefusedError(field="source", problem="is used by another sender", fix="Name yourself differently.")
    if known.content_sha256 != now.content_sha256:
        raise InputError(field="id", problem="was used for another event", fix="Give each event its own id.")
    return known


def observations(work: Work, ids: Sequence[UUID]) -> dict[UUID, Observation]:
    """Return the tenant's observations among ``ids``; unknown ids are left out."""
    return store.observations(work.session, work.tenant_id, ids)


def rendered(work: Work, pictures: Collection[str]) -> set[str]:
    """Return those of ``pictures`` (SHA-256) that are rendered, no photographs, as their cameras or senders said."""
    return store.rendered(work.session, work.tenant_id, pictures)


def person_senders(work: Work, pictures: Collection[str]) -> dict[str, set[UUID | None]]:
    """Return which of the tenant's ``pictures`` (SHA-256) persons sent, and who: None where nobody has an account."""
    return store.person_senders(work.session, work.tenant_id, pictures)


def earlier(work: Work, observation: Observation, count: int) -> list[Observation]:
    """Return up to ``count`` frames of the same stream just before ``observation``, oldest first.

    Frames are ordered by ``at`` where the observation has one, else by ``offset_s``. A single picture has no before.
    """
    if observation.kind is not ObservationKind.FRAME or observation.tenant_id != work.tenant_id or count < 1:
        return []
    return store.earlier(work.session, observation, count)[::-1]


def frames(work: Work, stream: str, since: datetime, until: datetime, *, limit: int) -> list[Observation]:
    """Return up to ``limit`` frames of a stream taken after ``since`` and up to ``until``, oldest first."""
    return store.frames(work.session, work.tenant_id, stream, since, until, limit=limit)


def newest_frame(work: Work, camera_id: UUID) -> Observation | None:
    """Return the frame of a camera of the tenant worked for that came last; None where none came."""
    return store.newest_frame(work.session, work.tenant_id, camera_id)


def told(work: Work, ids: Sequence[UUID]) -> dict[UUID, Told]:
    """Return what came with the tenant's observations among ``ids``; those the house took itself are left out."""
    return store.told(work.session, work.tenant_id, ids)


def sent(
    work: Work, actor: Actor, *, limit: int, before: UUID | None = None, only: UUID | None = None
) -> list[tuple[Observation, Told | None]]:
    """Return the observations that the actor may see, newest first, older than ``before``; or the one named ``only``.

    Raises:
        ForbiddenError: the actor reads neither observations nor reports.
    """
    conditions = [_reach(actor)]
    if before is not None:
        conditions.append(store.ObservationRow.id < before)
    if only is not None:
        conditions.append(store.ObservationRow.id == only)
    return store.observations_where(work.session, *conditions, limit=limit)


def _reach(actor: Actor) -> ColumnElement[bool]:
    """Who reads observations reads reports too; a resident reads reports alone: their own words, no camera's frames."""
    report = store.ObservationRow.kind == ObservationKind.REPORT.value
    parts = []
    if actor.grants_for("report:read"):
        parts.append(and_(report, people.scope_filter(actor, "report:read", store.OBSERVATIONS)))
    if actor.grants_for("observation:read"):
        parts.append(people.scope_filter(actor, "observation:read", store.OBSERVATIONS))
    if not parts:
        raise ForbiddenError.of("observation:read")
    return or_(*parts)


def seen_cameras(
    work: Work,
    actor: Actor,
    permission: str,
    *,
    limit: int,
    after: UUID | None = None,
    key: str | None = None,
    only: UUID | None = None,
    among: Collection[UUID] | None = None,
    box: tuple[float, float, float, float] | None = None,
) -> list[Camera]:
    """Return the cameras on which the actor holds a permission, by id; the tenant's with a key, or those named.

    ``box`` is west, south, east, north in degrees WGS-84: only those that stand in it.

    Raises:
        ForbiddenError: the actor holds it nowhere.
    """
    conditions = [people.scope_filter(actor, permission, store.CAMERAS)]
    if after is not None:
        conditions.append(store.CameraRow.id > after)
    if only is not None:
        conditions.append(store.CameraRow.id == only)
    if among is not None:
        conditions.append(store.CameraRow.id.in_(among))
    if key is not None:
        conditions += [store.CameraRow.key == key, store.CameraRow.tenant_id == work.tenant_id]
    if box is not None:
        west, south, east, north = box
        conditions += [store.CameraRow.lon.between(west, east), store.CameraRow.lat.between(south, north)]
    return store.cameras_where(work.session, *conditions, limit=limit)


def _content(new: NewEvent) -> bytes:
    """Return the hash of everything that was said: the same event sent again has the same."""
    one = new.observation
    said = [
        one.kind.value,
        None if one.at is None else one.at.isoformat(),
        None if one.camera_id is None else str(one.camera_id),
        one.offset_s,
        hashlib.sha256(one.picture).hexdigest(),
        new.words,
        new.lon,
        new.lat,
        new.accuracy_m,
        new.extra or {},
        *(["rendered"] if one.rendered else []),
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).digest()


def _check_said(new: NewEvent) -> None:
    if new.observation.kind is ObservationKind.REPORT:
        if not (new.words and new.words.strip()):
            raise InputError(field="words", problem="is empty", fix="Say in a few words what you see.")
    elif not new.observation.picture:
        raise InputError(field="picture", problem="is missing", fix="Send the frame with the event.")
    if (new.lon is None) != (new.lat is None) or not (abs(new.lon or 0) <= 180 and abs(new.lat or 0) <= 90):  # noqa: PLR2004  degrees
        raise InputError(field="lon", problem="and lat are not a place", fix="Give both in degrees WGS-84.")


def _check(new: NewObservation, known: Mapping[UUID, Camera]) -> Camera | None:
    """Refuse what cannot be kept and return the camera it came from."""
    for field in ("stream", "source_id", "picture_name"):
        value = getattr(new, field)
        if not value.strip() or "\0" in value:
            raise InputError(field=field, problem=f"{value!r} is not a name", fix="Give printable text.")
    if new.at is not None and new.at.tzinfo is None:
        raise InputError(field="at", problem=f"{new.at} has no time zone", fix="Give RFC 3339 with its offset.")
    if not (math.isfinite(new.offset_s) and new.offset_s >= 0):
        raise InputError(field="offset_s", problem=f"{new.offset_s} is not 0 or more seconds", fix="Give seconds.")
    if new.camera_id is None:
        return None
    if new.camera_id not in known:
        raise InputError(
            field="camera_id", problem=f"{new.camera_id} is not a camera here", fix="Register the camera first."
        )
    return known[new.camera_id]
