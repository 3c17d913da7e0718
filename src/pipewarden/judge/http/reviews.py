"""Reviews over HTTP: the queue of alarms that people look at, what they decide, and why a verdict is what it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.judge import service
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.judge.http.verdicts import VerdictOut, verdict_out
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import Asked, BlobsHere, Clean, CursorsHere, Paged, ReasonHere, WorkHere, actor_of, router
from pipewarden.network.facts import PressureClass, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.judge.facts import ReviewItem
    from pipewarden.judge.service import ReviewBeside
    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import Lens

routes = router(tags=["reviews"])
ActorHere = Annotated[Actor, Depends(actor_of)]
POLICY = JudgePolicy()
JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class ReviewOut(BaseModel):
    """One alarm in a person's queue."""

    id: Annotated[UUID, Field(description="The alarm's id.")]
    tenant_id: UUID
    verdict: VerdictOut
    waits: Annotated[bool, Field(description="Somebody is to look at it.")]
    zone: Zone
    rank: Annotated[int, Field(description="0 in the protection range or unknown, 1 in the control range, 2 outside.")]
    lon: float | None
    lat: float | None
    camera_id: UUID | None
    score: float
    frames: int
    made_at: datetime
    audit: Annotated[bool, Field(description="A rejection that was drawn by chance: was it right?")]
    what: Annotated[str, Field(description="Class of the best clue: machine, or report for a person's words.")]
    type: str | None
    pipe_id: str | None
    distance_m: float | None
    pressure_class: PressureClass | None
    streams: list[str]
    has_picture: bool
    rendered: Annotated[bool, Field(description="Its picture is rendered, no photograph.")]
    taken_by: UUID | None
    taken_by_name: str | None
    taken_at: datetime | None
    held_until: Annotated[
        datetime | None, Field(description="Until then it is theirs alone; empty where nobody holds it.")
    ]


class ReviewPage(BaseModel):
    """A page of the queue: protection range first, oldest first."""

    items: list[ReviewOut]
    next: str | None


class Decision(Asked):
    """What a reviewer says the alarm was."""

    code: ReviewCode
    words: Annotated[str, Field(max_length=2000), Clean] = ""
    silence_h: Annotated[
        float | None, Field(gt=0, le=720, description="Of a false one: hours of silence; 24 when left out.")
    ] = None


@routes.get("/reviews")
def list_reviews(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> ReviewPage:
    """List what waits for a person, as far as your role and area reach: protection range first, oldest first."""
    place = cursors.read("reviews", page.cursor)
    after = None if place is None else (int(place[0]), datetime.fromisoformat(place[1]), UUID(place[2]))
    found = service.reviews(work, actor, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    more = None
    if len(found) > page.limit:
        last = rows[-1]
        more = cursors.write("reviews", [last.rank, str(last.case.due_at), str(last.case.alarm_id)])
    people.listed(work, actor, "reviews", {}, [(one.case.tenant_id, one.case.taken_by) for one in rows])
    return ReviewPage(items=_reviews(work, rows), next=more)


@routes.get("/reviews/{alarm_id}")
def get_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Return one review, also when it waits no more; a merged alarm leads to what it was merged into."""
    return _review(work, service.review(work, actor, alarm_id))


@routes.post("/reviews/{alarm_id}/take")
def take_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Take a review: for a quarter of an hour nobody else decides it."""
    return _review(work, service.take(work, actor, alarm_id, POLICY))


@routes.post("/reviews/{alarm_id}/release")
def release_review(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> ReviewOut:
    """Give a review back."""
    return _review(work, service.release(work, actor, alarm_id))


@routes.post("/reviews/{alarm_id}/decide")
def decide_review(work: WorkHere, actor: ActorHere, alarm_id: UUID, asked: Decision) -> ReviewOut:
    """Say what the alarm was. A true one is confirmed; a false one is silent for a time and then heard again."""
    silence = None if asked.silence_h is None else timedelta(hours=asked.silence_h)
    done = service.decide(work, actor, alarm_id, code=asked.code, words=asked.words, silence=silence, policy=POLICY)
    return _review(work, done)


@routes.get("/reviews/{alarm_id}/evidence", response_class=Response, responses=JPEG)
def get_review_evidence(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    *,
    request: Request,
    alarm_id: UUID,
    why: ReasonHere,
    original: bool = False,
) -> Response:
    """Return the picture to judge with its box, drawn anew; also where the alarm's own place is unknown.

    With ``original=true`` and a reason in X-Reason who may see originals gets it unmasked; the look is on record.
    """
    picture, box = service.evidence(work, actor, alarm_id)
    lens: Lens = request.app.state.lens
    showing = perceive.masked(lens)
    if original:
        item = service.review(work, actor, alarm_id, perceive.ORIGINAL)
        showing = perceive.original(work, actor, lens, ("picture", picture), why, tenant_id=item.case.tenant_id)
    try:
        drawn = perceive.draw_evidence(showing, blobs.get(picture), name="evidence", box=box, label="?")
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("evidence") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=evidence.jpg"})


@routes.get("/alarms/{alarm_id}/verdict")
def get_verdict(work: WorkHere, actor: ActorHere, alarm_id: UUID) -> VerdictOut:
    """Return the verdict on an alarm: every reason, every rule that was asked, what the second judge said."""
    return verdict_out(service.verdict(work, actor, alarm_id))


def _review(work: Work, item: ReviewItem) -> ReviewOut:
    return _reviews(work, [item])[0]


def _reviews(work: Work, items: Sequence[ReviewItem]) -> list[ReviewOut]:
    besides = service.beside(work, items, POLICY)
    return [_told(one, besides[one.case.alarm_id]) for one in items]


def _told(item: ReviewItem, beside: ReviewBeside) -> ReviewOut:
    case, alarm = item.case, beside.alarm
    return ReviewOut(
        id=case.alarm_id,
        tenant_id=case.tenant_id,
        verdict=verdict_out(case),
        waits=case.open,
        zone=item.zone,
        rank=item.rank,
        lon=item.lon,
        lat=item.lat,
        camera_id=item.camera_id,
        score=item.score,
        frames=item.frames,
        made_at=item.made_at,
        audit=case.audit,
        what=alarm.cls,
        type=alarm.type,
        pipe_id=alarm.answer.pipe_id,
        distance_m=alarm.answer.distance_m,
        pressure_class=beside.beside.pressure_class,
        streams=list(alarm.streams),
        has_picture=bool(alarm.evidence),
        rendered=beside.beside.rendered,
        taken_by=case.taken_by,
        taken_by_name=beside.taken_by,
        taken_at=case.taken_at,
        held_until=beside.held_until,
    )
