"""Alarms over HTTP: lists, one, its history and evidence, and what a person decides about it, always with a reason."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.dedupe import service
from pipewarden.dedupe.facts import AlarmVerdict, Standing
from pipewarden.dedupe.ports import Verdicts
from pipewarden.dedupe.rules import ellipse
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    Box,
    Corner,
    CursorsHere,
    Moment,
    Paged,
    PageQuery,
    ReasonHere,
    Sentence,
    WorkHere,
    actor_of,
    box_of,
    corners,
    router,
)
from pipewarden.network.facts import PressureClass, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service as perceive
from pipewarden.perceive.facts import SAID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.dedupe.facts import Alarm, AlarmEvent
    from pipewarden.dedupe.service import Beside
    from pipewarden.kit.work import Work
    from pipewarden.perceive.service import Lens

routes = router(tags=["alarms"])
ActorHere = Annotated[Actor, Depends(actor_of)]
_UNJUDGED = Standing(AlarmVerdict.PERSON)


def _verdicts(request: Request) -> Verdicts:
    verdicts: Verdicts = request.app.state.verdicts
    return verdicts


VerdictsHere = Annotated[Verdicts, Depends(_verdicts)]


class AlarmQuery(PageQuery):
    """Which alarms are asked for."""

    zone: Annotated[Zone | None, Field(description="Only alarms of this zone.")] = None
    since: Annotated[Moment | None, Field(description="Only alarms changed at or after this moment.")] = None
    area: Annotated[UUID | None, Field(description="Only alarms inside this area or one below it.")] = None
    acknowledged: Annotated[bool | None, Field(description="Only alarms that somebody has taken, or nobody.")] = None
    verdict: Annotated[AlarmVerdict | None, Field(description="Only alarms of this verdict.")] = None
    bbox: Box | None = None


class Place(BaseModel):
    """A place on the ground, degrees WGS-84; ``sigma_m`` its error along the worst direction, metres."""

    lon: float
    lat: float
    sigma_m: float
    ellipse: Annotated[
        list[Corner],
        Field(description="Closed ring of (lon, lat), 32 corners: in 95 of 100 cases the true place lies inside."),
    ]


class NetworkOut(BaseModel):
    """The place against the pipe network."""

    zone: Zone
    pipe_id: str | None
    distance_m: float | None
    clause: str | None
    jurisdiction: str | None
    p_protection: float | None
    p_control: float | None
    network_version_id: UUID | None


class MemberOut(BaseModel):
    """One clue and why it belongs to this alarm."""

    finding_id: UUID
    observation_id: UUID
    reason: str


class AlarmOut(BaseModel):
    """One site as the river sees it."""

    id: UUID
    tenant_id: UUID
    what: Annotated[str, Field(description="Class of the best clue: machine, or report for a person's words.")]
    type: str | None
    score: Annotated[float | None, Field(description="Best score of a clue; empty for a person's words.")]
    place: Place | None
    network: NetworkOut
    work_area: Annotated[list[Corner] | None, Field(description="Ring of (lon, lat) around the clues' footprints.")]
    first_seen: datetime | None
    last_seen: datetime | None
    frames: int
    streams: list[str]
    has_picture: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_by_name: str | None
    pressure_class: Annotated[
        PressureClass | None, Field(description="Of the pipe that gives the zone; unknown counts as the strictest.")
    ]
    rendered: Annotated[bool, Field(description="Its picture is rendered, no photograph.")]
    verdict: Annotated[AlarmVerdict, Field(description="person: one is needed, the verdict until somebody has judged.")]
    silent_until: Annotated[datetime | None, Field(description="Of a rejected one: when its silence ends.")]


class AlarmFull(AlarmOut):
    """One site with every clue and its reason."""

    members: list[MemberOut]


class AlarmPage(BaseModel):
    """A page of alarms, newest first."""

    items: list[AlarmOut]
    next: str | None


class EventOut(BaseModel):
    """One thing that happened to an alarm."""

    kind: Literal["made", "joined", "merged", "split", "acknowledged"]
    at: datetime
    actor: Annotated[str | None, Field(description="Who did it; empty for the river itself.")]
    actor_name: str | None
    reason: str
    other_id: UUID | None
    findings: list[UUID]


class EventPage(BaseModel):
    """A page of an alarm's history, oldest first."""

    items: list[EventOut]
    next: str | None


class Reason(Asked):
    """Why a person decides so."""

    reason: Sentence


class Merge(Reason):
    """Two alarms are one site."""

    other_id: Annotated[UUID, Field(description="The alarm whose clues move here; it then leads to this one.")]


class Split(Reason):
    """One alarm is two sites."""

    finding_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000, description="Clues that move out.")]


@routes.get("/alarms")
def list_alarms(
    work: WorkHere,
    actor: ActorHere,
    cursors: CursorsHere,
    verdicts: VerdictsHere,
    asked: Annotated[AlarmQuery, Query()],
) -> AlarmPage:
    """List alarms, newest first, as far as your role and area reach."""
    people.require(actor, "alarm:read")
    before = cursors.read("alarms", asked.cursor)
    wanted = service.Wanted(
        zone=asked.zone,
        since=asked.since,
        area=None if asked.area is None else people.area(work, asked.area),
        acknowledged=asked.acknowledged,
        bbox=None if asked.bbox is None else box_of(asked.bbox),
        judged=None if asked.verdict is None else partial(verdicts.having, verdict=asked.verdict),
    )
    found = service.seen_alarms(
        work, actor, wanted, limit=asked.limit + 1, before=None if before is None else UUID(before)
    )
    rows = found[: asked.limit]
    more = cursors.write("alarms", str(rows[-1].id)) if len(found) > asked.limit else None
    items = alarms_out(work, rows, verdicts)
    shown = [(one.tenant_id, told.acknowledged_by) for one, told in zip(rows, items, strict=True)]
    people.listed(work, actor, "alarms", asked.model_dump(exclude={"cursor"}), shown)
    return AlarmPage(items=items, next=more)


@routes.get("/alarms/{alarm_id}")
def get_alarm(work: WorkHere, actor: ActorHere, verdicts: VerdictsHere, alarm_id: UUID) -> AlarmFull:
    """Return one alarm with its clues and why each belongs there; a merged one leads to what it was merged into."""
    return _full(work, service.seen_alarm(work, actor, alarm_id), verdicts)


@routes.get("/alarms/{alarm_id}/events")
def list_alarm_events(work: WorkHere, actor: ActorHere, cursors: CursorsHere, alarm_id: UUID, page: Paged) -> EventPage:
    """List what happened to an alarm, oldest first."""
    after = cursors.read("alarm-events", page.cursor)
    found = service.history(work, actor, alarm_id, limit=page.limit + 1, after=None if after is None else UUID(after))
    rows = found[: page.limit]
    names = people.names(work, [one.actor for _, one in rows if one.actor is not None])
    more = cursors.write("alarm-events", str(rows[-1][0])) if len(found) > page.limit else None
    return EventPage(items=[_event(one, names) for _, one in rows], next=more)


@routes.get(
    "/alarms/{alarm_id}/evidence",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
)
def get_alarm_evidence(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    *,
    request: Request,
    alarm_id: UUID,
    why: ReasonHere,
    original: bool = False,
) -> Response:
    """Return the best clue's picture with its box, drawn anew: faces and plates painted over.

    With ``original=true`` and a reason in X-Reason who may see originals gets it unmasked; the look is on record.
    """
    alarm = service.seen_alarm(work, actor, alarm_id, perceive.ORIGINAL if original else "evidence:read")
    if not alarm.evidence:
        raise NotFoundError.of("evidence")
    lens: Lens = request.app.state.lens
    showing = perceive.masked(lens)
    if original:
        subject = ("picture", alarm.evidence)
        showing = perceive.original(work, actor, lens, subject, why, tenant_id=alarm.tenant_id)
    shown = alarm.type if alarm.type not in {None, "other"} else alarm.cls
    label = f"{shown}" if alarm.cls in SAID else f"{shown} {alarm.score:.2f}"
    try:
        picture = blobs.get(alarm.evidence)
        drawn = perceive.draw_evidence(showing, picture, name="evidence", box=alarm.evidence_box, label=label)
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("evidence") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=evidence.jpg"})


@routes.post("/alarms/{alarm_id}/acknowledge")
def acknowledge_alarm(
    work: WorkHere, actor: ActorHere, verdicts: VerdictsHere, alarm_id: UUID, asked: Reason
) -> AlarmFull:
    """Take an alarm: you have seen it and act on it."""
    alarm = _own(work, actor, alarm_id, "alarm:acknowledge")
    taken = service.acknowledge(work, alarm.id, asked.reason, actor=_name(actor))
    people.record(work, actor, "alarm.acknowledged", ("alarm", taken.id), {"reason": asked.reason})
    return _full(work, taken, verdicts)


@routes.post("/alarms/{alarm_id}/merge")
def merge_alarms(work: WorkHere, actor: ActorHere, verdicts: VerdictsHere, alarm_id: UUID, asked: Merge) -> AlarmFull:
    """Say that two alarms are one site; the other then leads to this one. Undone by a split."""
    kept = _own(work, actor, alarm_id, "alarm:merge")
    other = _own(work, actor, asked.other_id, "alarm:merge")
    made = service.merge(work, kept.id, other.id, asked.reason, actor=_name(actor))
    details = {"other": str(other.id), "reason": asked.reason}
    people.record(work, actor, "alarm.merged", ("alarm", made.id), details)
    return _full(work, made, verdicts)


@routes.post("/alarms/{alarm_id}/split")
def split_alarm(work: WorkHere, actor: ActorHere, verdicts: VerdictsHere, alarm_id: UUID, asked: Split) -> AlarmFull:
    """Move clues to an alarm of their own and return it; what a merge brought gets its old id back."""
    whole = _own(work, actor, alarm_id, "alarm:split")
    made = service.split(work, whole.id, asked.finding_ids, asked.reason, actor=_name(actor))
    details = {"from": str(whole.id), "findings": len(asked.finding_ids), "reason": asked.reason}
    people.record(work, actor, "alarm.split", ("alarm", made.id), details)
    return _full(work, made, verdicts)


def _own(work: Work, actor: Actor, alarm_id: UUID, permission: str) -> Alarm:
    """Return an alarm of the tenant acted for: a decision about it is a row of that tenant's."""
    alarm = service.seen_alarm(work, actor, alarm_id, permission)
    if alarm.tenant_id != work.tenant_id:
        raise NotFoundError.of("alarm")
    return alarm


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"


def alarms_out(work: Work, alarms: list[Alarm], verdicts: Verdicts) -> list[AlarmOut]:
    """Return alarms as readers get them."""
    beside, standings = service.beside(work, alarms), verdicts.of(work, alarms)
    return [AlarmOut(**_fields(one, beside[one.id], standings.get(one.id, _UNJUDGED))) for one in alarms]


def _full(work: Work, alarm: Alarm, verdicts: Verdicts) -> AlarmFull:
    beside = service.beside(work, [alarm])[alarm.id]
    standing = verdicts.of(work, [alarm]).get(alarm.id, _UNJUDGED)
    members = [
        MemberOut(finding_id=one.finding_id, observation_id=one.observation_id, reason=one.reason)
        for one in alarm.members
    ]
    return AlarmFull(**_fields(alarm, beside, standing), members=members)


def _fields(alarm: Alarm, beside: Beside, standing: Standing) -> dict[str, Any]:
    ground, answer = alarm.ground, alarm.answer
    return {
        "id": alarm.id,
        "tenant_id": alarm.tenant_id,
        "what": alarm.cls,
        "type": alarm.type,
        "score": None if alarm.cls in SAID else alarm.score,
        "place": None
        if ground is None
        else Place(lon=ground.lon, lat=ground.lat, sigma_m=ground.sigma_m, ellipse=corners(ellipse(ground))),
        "network": NetworkOut(
            zone=answer.zone,
            pipe_id=answer.pipe_id,
            distance_m=answer.distance_m,
            clause=answer.clause,
            jurisdiction=answer.jurisdiction,
            p_protection=answer.p_protection,
            p_control=answer.p_control,
            network_version_id=answer.network_version_id,
        ),
        "work_area": None if alarm.work_area is None else corners(alarm.work_area.ring),
        "first_seen": alarm.first_seen,
        "last_seen": alarm.last_seen,
        "frames": alarm.frames,
        "streams": list(alarm.streams),
        "has_picture": bool(alarm.evidence),
        "acknowledged_at": None if beside.taken is None else beside.taken.at,
        "acknowledged_by": None if beside.taken is None else beside.taken.actor,
        "acknowledged_by_name": beside.taken_by,
        "pressure_class": beside.pressure_class,
        "rendered": beside.rendered,
        "verdict": standing.verdict,
        "silent_until": standing.silent_until,
    }


def _event(one: AlarmEvent, names: Mapping[str, str]) -> EventOut:
    return EventOut(
        kind=one.kind.value,
        at=one.at,
        actor=one.actor,
        actor_name=None if one.actor is None else names.get(one.actor),
        reason=one.reason,
        other_id=one.other_id,
        findings=list(one.findings),
    )
