"""Trips of moving cameras: begin one, add its pictures in any order and as often as it takes, find it again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError
from pipewarden.people.facts.privacy import Purpose
from pipewarden.sense import store
from pipewarden.sense.facts import NewEvent, NewObservation, ObservationKind, Trip, TripFrame
from pipewarden.sense.service.river import seen_cameras, take_all

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Fix, NewFrame, TripSum

CREATE, READ = "observation:create", "observation:read"


def begin_trip(work: Work, actor: Actor, camera_key: str, name: str) -> Trip:
    """Begin a trip of a moving camera; the same name again returns the trip begun before.

    Raises:
        ForbiddenError: the actor sends no pictures.
        NotFoundError: no camera of this key in reach, or the trip of this name is somebody else's.
        ConsentError: a person begins it who has not agreed to be recorded; a device or a vehicle's key is no person.
        InputError: the camera does not move.
    """
    camera = people.visible(next(iter(seen_cameras(work, actor, CREATE, limit=1, key=camera_key)), None), "camera")
    if not camera.moves:
        raise InputError(
            field="vehicle",
            problem=f"{camera_key!r} is a camera that stands",
            fix="Name one whose camera.yaml says calibration: moving.",
        )
    _check_rider(work, actor)
    made = store.add_trip(
        work,
        Trip(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            camera_id=camera.id,
            owner_id=actor.id,
            name=name,
            made_at=work.now(),
        ),
    )
    return people.visible(made if made.owner_id == actor.id else None, "trip")


def own_trip(work: Work, actor: Actor, trip_id: UUID) -> Trip:
    """Return a trip that the actor began: only they add to it.

    Raises:
        ForbiddenError: the actor sends no pictures.
        NotFoundError: the actor began no such trip.
        ConsentError: the actor is a person who has withdrawn the consent to be recorded.
    """
    if not actor.grants_for(CREATE):
        raise ForbiddenError.of(CREATE)
    mine = (store.TripRow.id == trip_id, store.TripRow.owner_id == actor.id, store.TripRow.tenant_id == work.tenant_id)
    found = people.visible(next(iter(store.trips_where(work.session, *mine, limit=1)), None), "trip")
    _check_rider(work, actor)
    return found


def _check_rider(work: Work, actor: Actor) -> None:
    """Refuse a trip of somebody who rides along and did not agree: it tells where they were (PIPL art. 28, 29)."""
    if actor.kind is ActorKind.PERSON:
        people.require_consent(work, actor.id, Purpose.LOCATION)


def seen_trips(
    work: Work, actor: Actor, *, limit: int, before: UUID | None = None, only: UUID | None = None
) -> list[Trip]:
    """Return trips that the actor may see, newest first, older than ``before``; or the one named ``only``.

    Raises:
        ForbiddenError: the actor reads no observations.
    """
    conditions = [people.scope_filter(actor, READ, store.TRIPS)]
    if before is not None:
        conditions.append(store.TripRow.id < before)
    if only is not None:
        conditions.append(store.TripRow.id == only)
    return store.trips_where(work.session, *conditions, limit=limit)


def add_frames(
    work: Work, blobs: BlobStore, actor: Actor, trip: Trip, frames: Sequence[NewFrame]
) -> list[tuple[TripFrame, bool]]:
    """Keep pictures of a trip, all or none, and say of each whether it is new: the same picture again changes nothing.

    A picture without a place is kept and looked at too, but cannot make an alarm: nobody could go there.

    Raises:
        ForbiddenError: the actor sends no pictures.
        InputError: a picture was given before with another time or place.
    """
    taken = take_all(work, blobs, actor, [_event(trip, one) for one in frames])
    made = [
        (
            TripFrame(
                observation_id=kept.observation.id,
                picture=kept.observation.picture,
                at=one.at,
                fix=one.fix,
                why=one.why,
            ),
            kept.fresh,
        )
        for one, kept in zip(frames, taken, strict=True)
    ]
    store.add_frames(work, trip, [frame for frame, fresh in made if fresh])
    return made


def trip_frames(work: Work, trip: Trip, *, limit: int, after: UUID | None = None) -> list[TripFrame]:
    """Return the frames of a trip in the order in which they came, past the observation ``after``."""
    return store.trip_frames(work, trip, after=after, limit=limit)


def trip_sums(work: Work, trips: Sequence[Trip]) -> dict[UUID, TripSum]:
    """Return how much of each trip has come; who holds a trip may know."""
    return store.trip_sums(work.session, [one.id for one in trips])


def fixes(work: Work, ids: Collection[UUID]) -> dict[UUID, Fix]:
    """Return where the tenant's pictures among ``ids`` were taken; those of unknown place are absent."""
    return store.fixes(work.session, work.tenant_id, ids) if ids else {}


def _event(trip: Trip, one: NewFrame) -> NewEvent:
    sha256 = hashlib.sha256(one.picture).hexdigest()
    fix = one.fix
    return NewEvent(
        observation=NewObservation(
            stream=trip.stream,
            source_id=sha256,
            kind=ObservationKind.SINGLE if fix is None else ObservationKind.FRAME,
            picture=one.picture,
            picture_name=one.picture_name,
            at=one.at,
            camera_id=trip.camera_id,
        ),
        source=trip.stream,
        event_id=sha256,
        lon=None if fix is None else fix.lon,
        lat=None if fix is None else fix.lat,
        accuracy_m=None if fix is None else fix.accuracy_m,
    )
