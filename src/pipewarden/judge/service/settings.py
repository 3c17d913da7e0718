"""What people and later slices tell the judge: rules per camera, corridors, empty scenes, papers, questions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shapely.geometry import Polygon

from pipewarden.judge import store
from pipewarden.judge.facts import CameraSettings, Corridor, Rule
from pipewarden.judge.rules import recurring
from pipewarden.judge.rules.questions import read_questions
from pipewarden.kit.errors import InputError
from pipewarden.locate import service as locate
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import OpenPlace, Permitted, QuestionList, QuestionVersion, Ring
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import Camera

MANAGE = "camera:manage"
_LONGEST_NOTE = 500
_CORNERS = (3, 200)
_LEAST_AREA = 0.001  # of the picture: less is a slip of the hand
_FRAMES = 2000
_MOST_PLACES = 50_000
_MOST_VERSIONS = 50


def camera_settings(work: Work, camera: Camera) -> CameraSettings:
    """Return how a camera of the tenant worked for is judged."""
    off, note = store.places.cameras(work, [camera.id]).get(camera.id, (frozenset[Rule](), ""))
    ring = store.places.corridors(work, [camera.id]).get(camera.id)
    ground = None if ring is None else locate.ground_ring(camera, ring) or None
    newest = sense.newest_frame(work, camera.id)
    return CameraSettings(
        camera_id=camera.id,
        off=off,
        note=note,
        corridor=None if ring is None else Corridor(camera.id, ring, ground),
        remembered=len(store.places.memory(work, [camera.id]).get(camera.id, ())),
        pictured_at=None if newest is None else newest.at or newest.received_at,
    )


def seen_settings(work: Work, actor: Actor, camera_id: UUID) -> CameraSettings:
    """Return how a camera is judged that the actor may see.

    Raises:
        ForbiddenError: the actor sees no cameras.
        NotFoundError: there is none in reach.
    """
    found = next(iter(sense.seen_cameras(work, actor, "camera:read", limit=1, only=camera_id)), None)
    camera = people.visible(found, "camera")
    return camera_settings(replace(work, tenant_id=camera.tenant_id), camera)


def set_rules(work: Work, actor: Actor, camera_id: UUID, off: Collection[Rule], note: str) -> CameraSettings:
    """Switch rules off for a camera, all others on, and keep what the camera looks at; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such camera in reach.
        InputError: the note is too long.
    """
    camera = _own(work, actor, camera_id)
    if len(note) > _LONGEST_NOTE:
        raise InputError(field="note", problem=f"is longer than {_LONGEST_NOTE} letters", fix="Say it shorter.")
    store.places.set_camera(work, camera.id, off, note.strip(), _name(actor))
    details = {"off": sorted(str(one) for one in off), "note": note.strip()}
    people.record(work, actor, "camera.rules_set", ("camera", camera.id), details)
    return camera_settings(work, camera)


def set_corridor(work: Work, actor: Actor, camera_id: UUID, ring: Ring) -> CameraSettings:
    """Keep the corridor that somebody drew on a camera's picture; an empty ring takes it away. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such camera in reach.
        InputError: the ring is no polygon inside the picture.
    """
    camera = _own(work, actor, camera_id)
    if ring:
        _check_ring(ring)
    store.places.set_corridor(work, camera.id, ring, _name(actor))
    people.record(work, actor, "camera.corridor_drawn", ("camera", camera.id), {"corners": len(ring)})
    return camera_settings(work, camera)


def _check_ring(ring: Ring) -> None:
    problem = None
    if not _CORNERS[0] <= len(ring) <= _CORNERS[1]:
        problem = f"has {len(ring)} corners, 3 to 200 make a polygon"
    elif any(not (0 <= x <= 1 and 0 <= y <= 1) for x, y in ring):
        problem = "leaves the picture: corners are parts of its width and height, 0 to 1"
    elif not Polygon(ring).is_valid:
        problem = "crosses itself"
    elif Polygon(ring).area < _LEAST_AREA:
        problem = "is smaller than a thousandth of the picture"
    if problem is not None:
        raise InputError(field="ring", problem=problem, fix="Draw the corridor again.")


def learn_empty_scene(
    work: Work, actor: Actor, camera_id: UUID, *, since: datetime, until: datetime, reason: str
) -> CameraSettings:
    """Remember what recurred at one place in a camera's pictures while nobody worked there, as the actor says.

    What was learned before is retired; what reviewers said stays. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such camera in reach.
        InputError: the time is no span in the past, or the camera took no pictures then.
    """
    camera = _own(work, actor, camera_id)
    if not since < until <= work.now():
        raise InputError(field="until", problem="is not after since, or not past yet", fix="Name a span in the past.")
    frames = sense.frames(work, camera.key, since, until, limit=_FRAMES)
    screened = [one for one in perceive.screened(work, [frame.id for frame in frames]).values() if one.problem is None]
    if not screened:
        raise InputError(field="since", problem="no picture was taken then", fix="Name a time when the camera looked.")
    boxes = recurring(screened)
    store.places.forget_empty_scene(work, camera.id)
    store.places.remember(work, camera.id, boxes)
    details = {"since": since.isoformat(), "until": until.isoformat(), "pictures": len(screened), "reason": reason}
    people.record(work, actor, "camera.empty_scene", ("camera", camera.id), details | {"boxes": len(boxes)})
    return camera_settings(work, camera)


def set_permitted_of(work: Work, owner: str, windows: Sequence[Permitted]) -> None:
    """Replace the permitted works of one paper, whose keys begin with ``owner/``; every other one stays.

    Raises:
        InputError: a window has no area, ends before it starts, names no time zone, or a key stands twice or begins
            otherwise.
    """
    _check_windows(windows)
    if any(not one.key.startswith(f"{owner}/") for one in windows):
        raise InputError(field="key", problem=f"does not begin with {owner}/", fix="Name each after its paper.")
    store.places.set_permitted_of(work, owner, windows)


def _check_windows(windows: Sequence[Permitted]) -> None:
    _check_places(windows)
    for one in windows:
        if one.starts_at.tzinfo is None or one.ends_at.tzinfo is None or one.ends_at <= one.starts_at:
            raise InputError(field=one.key, problem="ends before it starts", fix="Give aware times in order.")
        try:
            ZoneInfo(one.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InputError(field=one.key, problem=f"{one.zone!r} is no time zone", fix="Name it by IANA.") from error


def set_open_places(work: Work, places: Sequence[OpenPlace]) -> None:
    """Replace the tenant's open places: pushed by the slice that keeps the sites, whole each time.

    Raises:
        InputError: a place has no area, or a key stands twice.
    """
    _check_places(places)
    store.places.set_open_places(work, places)


def _check_places(places: Sequence[Permitted] | Sequence[OpenPlace]) -> None:
    if len(places) > _MOST_PLACES:
        raise InputError(field="places", problem=f"are more than {_MOST_PLACES}", fix="Push those that run now.")
    keys: set[str] = set()
    for one in places:
        if not one.key or one.key in keys:
            raise InputError(field="key", problem=f"{one.key!r} is empty or stands twice", fix="Name each once.")
        keys.add(one.key)
        if len(one.ring) < _CORNERS[0] + 1 or not Polygon(one.ring).is_valid or Polygon(one.ring).area == 0:
            raise InputError(field=one.key, problem="has no area", fix="Give a closed ring of lon, lat.")


def questions(work: Work) -> QuestionList:
    """Return the question list in force: the tenant's own, else the shipped one."""
    return store.places.questions(work) or store.shipped_questions()


def edit_questions(work: Work, actor: Actor, body: object) -> QuestionList:
    """Put a question list of the tenant's own in force; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the list cannot be used; the field names the key.
    """
    people.require_row(actor, "policy:edit", ScopedRow(tenant_id=work.tenant_id), "policy")
    made = read_questions(body, "questions")
    if made.version == store.shipped_questions().version or store.places.has_questions(work, made.version):
        raise InputError(field="version", problem=f"{made.version} was in force or shipped", fix="Give it a new name.")
    store.places.add_questions(work, made, _name(actor))
    details = {"version": made.version, "questions": len(made.questions)}
    people.record(work, actor, "policy.questions_edited", ("questions", made.version), details)
    return made


def question_versions(work: Work, actor: Actor) -> list[QuestionVersion]:
    """Return which question lists were put in force for the tenant worked for, newest first.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    people.require(actor, "policy:read")
    return store.places.question_versions(work, limit=_MOST_VERSIONS)


def restore_questions(work: Work, actor: Actor) -> QuestionList:
    """Let the shipped question list count again, also its later versions; on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
    """
    people.require_row(actor, "policy:edit", ScopedRow(tenant_id=work.tenant_id), "policy")
    shipped = store.shipped_questions()
    if store.places.questions(work) is not None:
        store.places.drop_questions(work, shipped.version, _name(actor))
        people.record(work, actor, "policy.questions_restored", ("questions", shipped.version), {})
    return shipped


def latest_picture(work: Work, actor: Actor, camera_id: UUID) -> str:
    """Return the picture (SHA-256) of a camera that came last.

    Raises:
        ForbiddenError: the actor sees no cameras, or no evidence.
        NotFoundError: there is no such camera in reach, or it has no picture.
    """
    wanted = ("camera:read", "evidence:read")
    for permission in wanted:
        people.require(actor, permission)
    for permission in wanted:
        found = next(iter(sense.seen_cameras(work, actor, permission, limit=1, only=camera_id)), None)
        camera = people.visible(found, "camera")
    frame = sense.newest_frame(replace(work, tenant_id=camera.tenant_id), camera.id)
    return people.visible(frame, "picture").picture


def _own(work: Work, actor: Actor, camera_id: UUID) -> Camera:
    """Return a camera of the tenant worked for that the actor manages."""
    found = next(iter(sense.seen_cameras(work, actor, MANAGE, limit=1, only=camera_id)), None)
    return people.visible(None if found is None or found.tenant_id != work.tenant_id else found, "camera")


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
