"""Works near a place, for anybody: nobody signs in, nothing here names a person, a phone of one, or an exact place."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from pipewarden.casework import service as casework
from pipewarden.field.http.placed import Placed
from pipewarden.kit.web import WorkHere, router

if TYPE_CHECKING:
    from pipewarden.casework.facts.notice import Notice

routes = router(tags=["notices"], anonymous=True)


class NoticeQuery(Placed):
    """Where somebody is."""

    accuracy_m: Annotated[float, Field(ge=0, le=100_000, description="Radius of 95 of 100 cases.")]


class SaidOut(BaseModel):
    """One sentence in both languages."""

    zh: str
    en: str


class LineOut(BaseModel):
    """The operator's emergency line."""

    name: str
    number: str


class WorksNearOut(BaseModel):
    """Works near you."""

    state: Literal["filed", "answered", "valid", "verified"]
    kind: Annotated[str, Field(description="Method of the works; `any` where nobody has filed it.")]
    since: datetime
    until: datetime | None
    opens: Annotated[time | None, Field(description="Hours of work, local.")]
    shuts: time | None
    urgent: Annotated[bool, Field(description="An emergency repair.")]
    lon: Annotated[float, Field(description="Middle of a square of 100 m or more, degrees WGS-84.")]
    lat: float
    distance_m: Annotated[int, Field(description="From your place to that middle, to ten metres.")]
    look_for: SaidOut


class NoticesOut(BaseModel):
    """What is going on around you, the nearest first."""

    compound: Annotated[str | None, Field(description="The one that you are in.")]
    hotline: Annotated[LineOut | None, Field(description="Of whoever answers for the gas pipes there.")]
    items: list[WorksNearOut]


@routes.get("/public/notices")
def list_notices(work: WorkHere, asked: Annotated[NoticeQuery, Query()]) -> NoticesOut:
    """Tell which filed or verified works are in or beside your compound, else around you."""
    found = casework.notices(work, asked.lonlat(), asked.accuracy_m)
    hotline = None if found.hotline is None else LineOut(name=found.hotline[0], number=found.hotline[1])
    return NoticesOut(compound=found.compound, hotline=hotline, items=[_works(one) for one in found.items])


def _works(one: Notice) -> WorksNearOut:
    return WorksNearOut.model_validate(
        {
            "state": one.state,
            "kind": one.method,
            "since": one.since,
            "until": one.until,
            "opens": None if one.hours is None else one.hours.opens,
            "shuts": None if one.hours is None else one.hours.shuts,
            "urgent": one.urgent,
            "lon": one.lon,
            "lat": one.lat,
            "distance_m": one.distance_m,
            "look_for": {"zh": one.look_for[0], "en": one.look_for[1]},
        }
    )
