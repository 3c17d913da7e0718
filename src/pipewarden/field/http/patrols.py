"""Patrols over HTTP: begin, send points, end, see; which phone brings whose points; coverage of the pipes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import numpy as np
from fastapi import Depends
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.field.facts.patrols import Doubt, PatrolPoint, PatrolSource
from pipewarden.field.service import patrol_coverage, patrols
from pipewarden.kit.web import (
    Asked,
    Clean,
    CursorsHere,
    Moment,
    Paged,
    ReasonHere,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, Viewed

if TYPE_CHECKING:
    from pipewarden.field.facts.patrols import Missed, Patrol

routes = router(tags=["patrols"])
ActorHere = Annotated[Actor, Depends(actor_of)]
MOST = 500  # points of one request
Class = Literal["low", "medium", "sub_high", "high", "unknown"]
Sent = Annotated[
    Moment | None, Field(description="The phone's time while it sends: tells by how much its clock is off.")
]
_Word = Annotated[str, Field(max_length=200), Clean]


class PhoneIn(Asked):
    """What the phone says of itself."""

    install: Annotated[_Word, Field(description="Names this installation; random, made by the page once.")] = ""
    model: _Word = ""
    system: _Word = ""
    app: _Word = ""


class PatrolIn(Asked):
    """A patrol to begin."""

    draft: UUID
    began_at: Annotated[Moment, Field(description="By the phone.")]
    phone: PhoneIn = PhoneIn()
    sent_at: Sent = None


class PointIn(Asked):
    """One position."""

    n: Annotated[int, Field(ge=0, lt=2**53, description="The phone's own number of it, growing.")]
    at: Annotated[Moment, Field(description="By the phone.")]
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-85, le=85)]
    crs: Literal["wgs84", "gcj02"]
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)]
    speed_mps: Annotated[float | None, Field(ge=0, le=10_000)] = None
    course_deg: Annotated[float | None, Field(ge=0, le=360)] = None
    mock: bool | None = None
    activity: Annotated[str, Field(max_length=40), Clean] | None = None


class PointsIn(Asked):
    """Positions in any order; those that came before change nothing."""

    points: Annotated[list[PointIn], Field(min_length=1, max_length=MOST)]
    sent_at: Sent = None


class PointsOut(BaseModel):
    """What became of them."""

    new: int
    points: Annotated[int, Field(description="Of the patrol, all together.")]


class EndIn(Asked):
    """The end of a patrol."""

    draft: UUID
    ended_at: Annotated[Moment, Field(description="By the phone.")]


class ReasonOut(BaseModel):
    """Why the track is not believed."""

    doubt: Doubt
    value: float
    limit: float
    words: str


class PassOut(BaseModel):
    """One time that it came by a pipe."""

    pipe_id: str
    entered_at: datetime
    left_at: datetime
    crossed: Annotated[bool, Field(description="The way crosses the pipe.")]


class PatrolOut(BaseModel):
    """One patrol."""

    id: UUID
    person_id: UUID
    source: PatrolSource
    began_at: datetime
    ended_at: datetime | None
    points: int
    km: float
    seen_m: Annotated[float, Field(description="Metres of pipe that it passed near enough.")]
    stood_s: float
    dropped: Annotated[int, Field(description="Points left out as jumps or as too vague.")]
    skew_s: Annotated[float | None, Field(description="Server's clock less the phone's.")]
    verified: Annotated[bool | None, Field(description="null: not worked out yet. false: kept, and counts nothing.")]
    reasons: list[ReasonOut]
    first_at: datetime | None
    last_at: datetime | None


class PatrolFull(PatrolOut):
    """One patrol with the pipes that it came by."""

    passes: list[PassOut]


class PatrolPage(BaseModel):
    """A page of patrols, newest first."""

    items: list[PatrolOut]
    next: str | None


class PhoneBind(Asked):
    """A device key to bind."""

    key: Annotated[str, Field(max_length=200, json_schema_extra={"format": "password", "writeOnly": True}), Clean]


class PhoneBound(BaseModel):
    """The key that brings your points from now on."""

    key_id: UUID


class CoverageOut(BaseModel):
    """One pressure class."""

    pressure_class: Class
    due_every_s: float
    source: str
    metres: float
    covered_m: Annotated[float, Field(description="Seen within the cycle by a patrol that is believed.")]
    overdue_m: float
    never_m: Annotated[float, Field(description="Of the overdue: seen by no patrol of the last 90 days.")]


class CoveragePage(BaseModel):
    """Every class that lies on your ground."""

    items: list[CoverageOut]


class LineString(BaseModel):
    """A GeoJSON geometry (RFC 7946), degrees WGS-84."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[list[float]]


class MissedOut(BaseModel):
    """A stretch of pipe that is overdue."""

    pipe_id: str
    pressure_class: Class
    from_m: float
    to_m: float
    last_seen: datetime | None
    overdue_s: Annotated[float | None, Field(description="null: never seen in the last 90 days.")]
    line: LineString


class MissedPage(BaseModel):
    """A page of overdue stretches: those never seen first, then the longest overdue."""

    items: list[MissedOut]
    next: str | None


@routes.post(
    "/patrols", status_code=201, responses={200: {"model": PatrolOut, "description": "The draft came before."}}
)
def begin_patrol(work: WorkHere, actor: ActorHere, response: Response, asked: PatrolIn) -> PatrolOut:
    """Begin a patrol of your own; it needs your consent to the purpose location."""
    made, fresh = patrols.begin(work, actor, asked.draft, asked.began_at, asked.phone.model_dump(), sent=asked.sent_at)
    if not fresh:
        response.status_code = 200
    return _out(made)


@routes.post("/patrols/{patrol_id}/points")
def add_points(work: WorkHere, actor: ActorHere, patrol_id: UUID, asked: PointsIn) -> PointsOut:
    """Add up to 500 positions to a patrol of yours, in any order, as late as it may be."""
    taken = patrols.add_points(work, actor, patrol_id, _points(asked.points, work.now()), sent=asked.sent_at)
    return PointsOut(new=taken.new, points=taken.points)


@routes.post("/patrols/{patrol_id}/end")
def end_patrol(work: WorkHere, actor: ActorHere, patrol_id: UUID, asked: EndIn) -> PatrolOut:
    """End a patrol of yours and see what it adds up to; points may still come after."""
    return _out(patrols.end(work, actor, patrol_id, asked.draft, asked.ended_at))


@routes.get("/patrols")
def list_patrols(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> PatrolPage:
    """List patrols, newest first: your own, or those of your area."""
    before = cursors.read("patrols", page.cursor)
    found = patrols.patrols(work, actor, limit=page.limit + 1, before=None if before is None else UUID(before))
    rows = found[: page.limit]
    more = cursors.write("patrols", str(rows[-1].id)) if len(found) > page.limit else None
    return PatrolPage(items=[_out(one) for one in rows], next=more)


@routes.get("/patrols/{patrol_id}")
def get_patrol(work: WorkHere, actor: ActorHere, patrol_id: UUID, reason: ReasonHere) -> PatrolFull:
    """Return one patrol with the pipes that it came by; who walked can read that you looked."""
    found = patrols.patrol(work, actor, patrol_id)
    people.viewed(work, actor, Viewed.TRACK, ("patrol", found.id), reason, about=found.person_id)
    passes = [
        PassOut(pipe_id=one.pipe_id, entered_at=one.entered_at, left_at=one.left_at, crossed=one.crossed)
        for one in patrols.passes(work, found)
    ]
    return PatrolFull(**_out(found).model_dump(), passes=passes)


@routes.post("/patrol-phones", status_code=201)
def bind_phone(work: WorkHere, actor: ActorHere, asked: PhoneBind) -> PhoneBound:
    """Let a device key bring your points from an app that speaks the OsmAnd protocol (GET or POST /v1/osmand)."""
    return PhoneBound(key_id=patrols.bind_phone(work, actor, asked.key))


@routes.get("/patrol-coverage")
def get_coverage(work: WorkHere, actor: ActorHere) -> CoveragePage:
    """Return how many metres of pipe were seen within their cycle, by class, as far as your ground goes."""
    return CoveragePage(
        items=[
            CoverageOut(
                pressure_class=one.pressure_class.value,
                due_every_s=one.due_every.total_seconds(),
                source=one.source,
                metres=round(one.metres, 1),
                covered_m=round(one.covered_m, 1),
                overdue_m=round(one.overdue_m, 1),
                never_m=round(one.never_m, 1),
            )
            for one in patrol_coverage.coverage(work, actor)
        ]
    )


@routes.get("/patrol-coverage/missed")
def list_missed(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> MissedPage:
    """List overdue stretches of pipe with their lines, as of the moment of the first page."""
    place = cursors.read("missed", page.cursor)
    now, skip = (work.now(), 0) if place is None else (datetime.fromisoformat(place[0]), int(place[1]))
    found = patrol_coverage.missed(work, actor, now, skip=skip, limit=page.limit + 1)
    more = cursors.write("missed", [now.isoformat(), skip + page.limit]) if len(found) > page.limit else None
    return MissedPage(items=[_missed(one) for one in found[: page.limit]], next=more)


def _points(points: list[PointIn], now: datetime) -> list[PatrolPoint]:
    lonlat = np.array([(one.lon, one.lat) for one in points])
    shifted = np.array([one.crs == "gcj02" for one in points])
    if shifted.any():
        lonlat[shifted] = [network.place_lonlat("GCJ-02", (float(lon), float(lat))) for lon, lat in lonlat[shifted]]
    return [
        PatrolPoint(received_at=now, lon=float(place[0]), lat=float(place[1]), **_told(one))
        for one, place in zip(points, lonlat, strict=True)
    ]


def _told(one: PointIn) -> dict[str, Any]:
    return {name: value for name, value in one.model_dump().items() if name not in {"lon", "lat", "crs"}}


def _out(one: Patrol) -> PatrolOut:
    return PatrolOut(
        id=one.id,
        person_id=one.person_id,
        source=one.source,
        began_at=one.began_at,
        ended_at=one.ended_at,
        points=one.points,
        km=round(one.walked_m / 1000, 3),
        seen_m=round(one.seen_m, 1),
        stood_s=round(one.stood_s, 1),
        dropped=one.dropped,
        skew_s=None if one.skew_s is None else round(one.skew_s, 1),
        verified=one.verified,
        reasons=[ReasonOut(doubt=why.doubt, value=why.value, limit=why.limit, words=why.words) for why in one.reasons],
        first_at=one.first_at,
        last_at=one.last_at,
    )


def _missed(one: Missed) -> MissedOut:
    return MissedOut(
        pipe_id=one.pipe_id,
        pressure_class=one.pressure_class.value,
        from_m=round(one.from_m, 1),
        to_m=round(one.to_m, 1),
        last_seen=one.last_seen,
        overdue_s=one.overdue_s,
        line=LineString(coordinates=[list(place) for place in one.line]),
    )
