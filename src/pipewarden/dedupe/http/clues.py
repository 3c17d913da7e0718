"""The clues of an alarm over HTTP: what was seen when, where and by whom, each with its picture if it has one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.dedupe import service
from pipewarden.dedupe.http import Place
from pipewarden.dedupe.rules import ellipse
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import BlobsHere, CursorsHere, Paged, ReasonHere, WorkHere, actor_of, corners, router
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import SAID

if TYPE_CHECKING:
    from pipewarden.dedupe.facts import SeenClue
    from pipewarden.perceive.service import Lens

routes = router(tags=["alarms"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class ClueBox(BaseModel):
    """Where in its picture a clue is, as shares of the picture's sides, origin top left."""

    x: float
    y: float
    w: float
    h: float


class ClueOut(BaseModel):
    """One thing that was seen or said, and why it belongs to the alarm."""

    finding_id: UUID
    observation_id: Annotated[UUID, Field(description="Clues of one picture have the same.")]
    at: Annotated[datetime | None, Field(description="When; empty where the source told no time.")]
    stream: str
    what: str
    type: str | None
    score: Annotated[float | None, Field(description="Empty for what was said, not seen.")]
    raises: Annotated[bool, Field(description="Such a clue may raise an alarm by itself.")]
    place: Annotated[Place | None, Field(description="Empty without a calibrated camera.")]
    box: Annotated[ClueBox | None, Field(description="Empty for what was said, not seen.")]
    has_picture: bool
    rendered: Annotated[bool, Field(description="Its picture is rendered, no photograph.")]
    reason: str


class CluePage(BaseModel):
    """A page of clues, the newest first."""

    items: list[ClueOut]
    next: str | None


@routes.get("/alarms/{alarm_id}/clues")
def list_alarm_clues(work: WorkHere, actor: ActorHere, cursors: CursorsHere, alarm_id: UUID, page: Paged) -> CluePage:
    """List the clues of an alarm with time, place and box, the newest first; of a merged one, those of its whole."""
    place = cursors.read("alarm-clues", page.cursor)
    before = None if place is None else (float.fromhex(place[0]), UUID(place[1]))
    found, rendered = service.clues(work, actor, alarm_id, limit=page.limit + 1, before=before)
    rows = found[: page.limit]
    last = rows[-1] if len(found) > page.limit else None
    more = None if last is None else cursors.write("alarm-clues", [last.seen_s.hex(), str(last.finding_id)])
    return CluePage(items=[_clue(one, rendered=one.picture in rendered) for one in rows], next=more)


@routes.get("/alarms/{alarm_id}/clues/{finding_id}/picture", response_class=Response, responses=_JPEG)
def get_clue_picture(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    *,
    request: Request,
    alarm_id: UUID,
    finding_id: UUID,
    why: ReasonHere,
    original: bool = False,
) -> Response:
    """Return the whole picture behind one clue, without its box, drawn anew: faces and plates painted over.

    With ``original=true`` and a reason in X-Reason who may see originals gets it unmasked; the look is on record.
    """
    permission = perceive.ORIGINAL if original else "evidence:read"
    tenant_id, picture = service.clue_picture(work, actor, alarm_id, finding_id, permission)
    lens: Lens = request.app.state.lens
    showing = perceive.masked(lens)
    if original:
        showing = perceive.original(work, actor, lens, ("picture", picture), why, tenant_id=tenant_id)
    try:
        drawn = perceive.redraw(showing, blobs.get(picture), name="picture")
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


def _clue(one: SeenClue, *, rendered: bool) -> ClueOut:
    ground, box, (width, height) = one.ground, one.box, one.size
    said = one.cls in SAID
    boxed = not said and width > 0 and height > 0
    return ClueOut(
        finding_id=one.finding_id,
        observation_id=one.observation_id,
        at=one.at,
        stream=one.stream,
        what=one.cls,
        type=one.type,
        score=None if said else one.score,
        raises=one.raises,
        place=None
        if ground is None
        else Place(lon=ground.lon, lat=ground.lat, sigma_m=ground.sigma_m, ellipse=corners(ellipse(ground))),
        box=ClueBox(x=box.x / width, y=box.y / height, w=box.w / width, h=box.h / height) if boxed else None,
        has_picture=bool(one.picture),
        rendered=rendered,
        reason=one.reason,
    )
