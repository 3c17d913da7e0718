"""Which pipe is seen and which is not, over HTTP: metres by class, and the ground for a map; no pipe's line leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it at run time

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import Asked, Moment, WorkHere, actor_of, router
from pipewarden.locate import service
from pipewarden.people.facts import Actor

routes = router(tags=["coverage"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Position = Annotated[list[float], Field(min_length=2, max_length=2)]


class CoverageQuery(Asked):
    """Which trips count."""

    since: Annotated[Moment, Field(description="Pictures of trips from this moment on count.")]
    until: Annotated[Moment, Field(description="Up to but not at this moment; at most 31 days after since.")]
    area: Annotated[UUID | None, Field(description="Only pipes inside this area.")] = None


class ClassOut(BaseModel):
    """The pipe of one pressure class, metres along its line; each metre counts once."""

    pressure_class: Literal["low", "medium", "sub_high", "high", "unknown"]
    metres: float
    fixed_m: Annotated[float, Field(description="On ground that standing cameras cover.")]
    seen_m: Annotated[float, Field(description="On ground that they cover or that trips showed.")]


class CoverageOut(BaseModel):
    """What is seen of the network, before and with trips."""

    since: datetime
    until: datetime
    cameras: Annotated[int, Field(description="Standing cameras whose ground is known.")]
    pictures: Annotated[int, Field(description="Pictures of trips whose ground is known.")]
    items: list[ClassOut]


class MultiPolygon(BaseModel):
    """A GeoJSON geometry (RFC 7946), degrees WGS-84."""

    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: list[list[list[Position]]]


class SeenProperties(BaseModel):
    """Who sees this ground: standing cameras, trips beyond them, or both together: outside of it nobody sees."""

    by: Literal["fixed", "trips", "both"]


class SeenFeature(BaseModel):
    """A piece of ground that is seen."""

    type: Literal["Feature"] = "Feature"
    properties: SeenProperties
    geometry: MultiPolygon


class SeenOut(BaseModel):
    """The ground that is seen, as a GeoJSON FeatureCollection."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[SeenFeature]


CoverageAsked = Annotated[CoverageQuery, Query()]


@routes.get("/coverage")
def get_coverage(work: WorkHere, actor: ActorHere, asked: CoverageAsked) -> CoverageOut:
    """Return how many metres of pipe are seen, by class, as far as your role and area reach."""
    found = service.covered(work, actor, service.Span(asked.since, asked.until, asked.area))
    return CoverageOut(
        since=found.since,
        until=found.until,
        cameras=found.cameras,
        pictures=found.views,
        items=[
            ClassOut(
                pressure_class=one.pressure_class.value,
                metres=round(one.metres, 1),
                fixed_m=round(one.fixed_m, 1),
                seen_m=round(one.seen_m, 1),
            )
            for one in found.classes
        ],
    )


@routes.get("/coverage/ground")
def get_coverage_ground(work: WorkHere, actor: ActorHere, asked: CoverageAsked) -> SeenOut:
    """Return the ground that is seen, as far as your role and area reach; what lies outside of it is not."""
    shapes = service.seen_shapes(work, actor, service.Span(asked.since, asked.until, asked.area))
    return SeenOut(
        features=[
            SeenFeature(properties=SeenProperties(by=by), geometry=MultiPolygon(coordinates=shapes[by]))
            for by in ("fixed", "trips", "both")
        ]
    )
