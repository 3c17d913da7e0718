"""Standing by over HTTP: my sites with their shift, begin, the check of each hour, stop in two taps, end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

from fastapi import Depends, Form
from fastapi.responses import Response  # noqa: TC002  FastAPI reads it at run time
from pydantic import BaseModel, Field

from pipewarden.field.facts.standby import Doubt, ShiftEnd
from pipewarden.field.http.standby_asked import (
    StandbyBeginIn,
    StandbyCheckForm,
    StandbyCheckIn,
    StandbyEndIn,
    StandbyStopIn,
    parsed,
)
from pipewarden.field.service import standby as service
from pipewarden.kit.web import BlobsHere, WorkHere, actor_of, router
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.field.facts.standby import Check, Shift
    from pipewarden.field.service.standby import Standing
    from pipewarden.kit.work import Work

routes = router(tags=["standby"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ChecklistLineOut(BaseModel):
    """One line of the checklist."""

    key: str
    zh: str
    en: str
    violation: Annotated[str | None, Field(description="What a no opens.")]


class ShiftOut(BaseModel):
    """A shift of standing by."""

    id: UUID
    began_at: datetime
    doubts: Annotated[list[Doubt], Field(description="Why nobody can be sure that it began there.")]
    checks: int
    missed: Annotated[int, Field(description="Hours without their check.")]
    next_check_by: datetime | None
    late: Annotated[bool, Field(description="A check should have come by now.")]
    ended_at: datetime | None
    end: ShiftEnd | None


class SitePlaceOut(BaseModel):
    """Where a site lies, degrees WGS-84."""

    lon: float
    lat: float


class StandingOut(BaseModel):
    """A site to stand by at."""

    site_id: UUID
    title: str
    headline: str
    place: SitePlaceOut | None
    radius_m: float
    gas_limit_ppm: Annotated[float, Field(description="From so much on it is danger.")]
    shift: ShiftOut | None
    checklist: list[ChecklistLineOut]


class StandingPage(BaseModel):
    """The sites to stand by at, your own running one first."""

    items: list[StandingOut]


class CheckOut(BaseModel):
    """A check that is on disk."""

    id: UUID
    at: datetime
    late: Annotated[bool, Field(description="It came much later than it was made.")]
    counts: Annotated[bool, Field(description="It is the check of its hour; else a note, and the hour is owed.")]
    verified: bool
    doubts: list[Doubt]
    danger: Annotated[bool, Field(description="More gas than allowed: the works are stopped, people are called.")]
    violations: Annotated[list[str], Field(description="Codes that its noes opened.")]
    observation_id: UUID | None
    standing: StandingOut


class StoppedOut(BaseModel):
    """Works that were told to stop."""

    site_id: UUID
    headline: str
    violation_id: UUID


@routes.get("/standby")
def list_standby(work: WorkHere, actor: ActorHere) -> StandingPage:
    """List the sites to stand by at, with your shift and the checklist of the day."""
    return StandingPage(items=[_standing(work, one) for one in service.standings(work, actor)])


_AGAIN = {200: {"description": "This draft had come before."}}


@routes.post("/standby/{site_id}/begin", status_code=201, responses={200: {**_AGAIN[200], "model": StandingOut}})
def begin_standby(
    work: WorkHere, actor: ActorHere, response: Response, site_id: UUID, asked: StandbyBeginIn
) -> StandingOut:
    """Begin your shift at a site; from outside its geofence it is refused with the metres (409)."""
    found, fresh = service.begin(work, actor, site_id, asked.draft, asked.place.fact())
    response.status_code = 201 if fresh else 200
    return _standing(work, found)


@routes.post("/standby/{site_id}/checks", status_code=201, responses={200: {**_AGAIN[200], "model": CheckOut}})
def check_standby(
    *,
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    response: Response,
    site_id: UUID,
    form: Annotated[StandbyCheckForm, Form(media_type="multipart/form-data")],
) -> CheckOut:
    """Send the check of the hour with its picture; what proves nothing is kept as not verified."""
    asked = cast("StandbyCheckIn", parsed(StandbyCheckIn, form.check, "check"))
    picture = None if form.picture is None else form.picture.file.read()
    made, found, fresh = service.check(work, blobs, actor, site_id, asked.fact(picture))
    response.status_code = 201 if fresh else 200
    return _check(made, _standing(work, found))


@routes.post("/standby/{site_id}/end")
def end_standby(work: WorkHere, actor: ActorHere, site_id: UUID, asked: StandbyEndIn) -> StandingOut:
    """End your shift there."""
    return _standing(work, service.end(work, actor, site_id, asked.draft, asked.place.fact())[0])


@routes.post("/standby/{site_id}/stop")
def stop_works(work: WorkHere, actor: ActorHere, site_id: UUID, asked: StandbyStopIn) -> StoppedOut:
    """Stop the works in two taps: the violation is opened and the stop ordered, both or neither."""
    found, violation_id, _fresh = service.stop(
        work, actor, site_id, asked.draft, asked.place.fact(), violation=asked.violation, words=asked.words or ""
    )
    return StoppedOut(site_id=found.site.id, headline=found.headline, violation_id=violation_id)


def _standing(work: Work, one: Standing) -> StandingOut:
    policy, filed = service.policy_of(work), one.filed
    site = filed.site
    placed = site.lon is not None and site.lat is not None
    return StandingOut(
        site_id=site.id,
        title=filed.compound or f"{site.zone.value} {site.id.hex[-6:]}",
        headline=filed.headline,
        place=SitePlaceOut(lon=site.lon, lat=site.lat) if placed else None,
        radius_m=policy.geofence_m,
        gas_limit_ppm=policy.gas_limit_ppm,
        shift=None if one.shift is None else _shift(one.shift, late=one.late),
        checklist=[
            ChecklistLineOut(key=line.key, zh=line.zh, en=line.en, violation=line.violation)
            for line in policy.checklist
        ],
    )


def _shift(one: Shift, *, late: bool) -> ShiftOut:
    return ShiftOut(
        id=one.id,
        began_at=one.began_at,
        doubts=list(one.doubts),
        checks=one.checks,
        missed=one.missed,
        next_check_by=one.next_check_by,
        late=late,
        ended_at=one.ended_at,
        end=one.end,
    )


def _check(one: Check, standing: StandingOut) -> CheckOut:
    return CheckOut(
        id=one.id,
        at=one.at,
        late=one.late,
        counts=one.counts,
        verified=not one.doubts,
        doubts=list(one.doubts),
        danger=one.danger,
        violations=list(one.violations),
        observation_id=one.observation_id,
        standing=standing,
    )
