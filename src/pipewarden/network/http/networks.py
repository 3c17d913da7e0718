"""The network over HTTP: its versions, where a point lies, and the map's squares, clipped to the reader's ground."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import numpy as np
from fastapi import Depends, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    Clean,
    CursorsHere,
    Moment,
    Paged,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.network import service
from pipewarden.network.facts import PressureClass, Regime, Zone
from pipewarden.network.facts.change import ChangeKind, SyncOptions, SyncState
from pipewarden.network.rules.tiles import ARCHIVE, DEEPEST, MEDIA, Square
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, AreaRef, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.network.facts.change import SyncJob

routes = router(tags=["network"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class ClassLengthOut(BaseModel):
    """How much of one pressure class a version holds."""

    pressure_class: PressureClass
    count: Annotated[int, Field(description="Rows of the map.")]
    km: float


class VersionOut(BaseModel):
    """One imported state of a network."""

    id: UUID
    number: int
    regime: Regime
    jurisdiction: str
    source: str
    accepted: int
    length_km: float
    imported_at: datetime
    active: bool
    crs: str
    extent: Annotated[list[float], Field(description="West, south, east, north; degrees WGS-84.")]
    made_by: Annotated[str | None, Field(description="Who brought it; none from the command line.")]
    why: str
    chosen_by: Annotated[str | None, Field(description="Who made it the active one again after another.")]
    chosen_at: datetime | None
    chosen_why: str
    classes: Annotated[list[ClassLengthOut], Field(description="Empty of versions that came in before it was kept.")]


class VersionPage(BaseModel):
    """Every version, newest first."""

    items: list[VersionOut]


class PointQuery(Asked):
    """Which point is asked about."""

    lon: Annotated[float, Field(ge=-180, le=180, description="Degrees WGS-84.")]
    lat: Annotated[float, Field(ge=-90, le=90, description="Degrees WGS-84.")]
    at: Annotated[Moment | None, Field(description="Under the rules of this moment; now when left out.")] = None


class ZoneOut(BaseModel):
    """Where a point lies against the active network."""

    zone: Zone
    pipe_id: str | None
    distance_m: float | None
    clause: str | None
    jurisdiction: str | None
    network_version_id: UUID | None


@routes.get("/networks")
def list_networks(work: WorkHere, actor: ActorHere) -> VersionPage:
    """List the tenant's network versions."""
    people.require(actor, "network:read")
    items = _versions(work, service.versions(work))
    return VersionPage(items=sorted(items, key=lambda one: one.imported_at, reverse=True))


def _versions(work: Work, found: Sequence[NetworkVersion]) -> list[VersionOut]:
    names = people.names(work, [who for one in found for who in (one.made_by, one.chosen_by) if who is not None])
    same = ("id", "number", "regime", "jurisdiction", "source", "accepted", "length_km", "imported_at", "active", "crs",
            "why", "chosen_at", "chosen_why")  # fmt: skip
    return [
        VersionOut(
            extent=list(one.extent),
            classes=[ClassLengthOut.model_validate(each, from_attributes=True) for each in one.classes],
            made_by=names.get(one.made_by or ""),
            chosen_by=names.get(one.chosen_by or ""),
            **{name: getattr(one, name) for name in same},
        )
        for one in found
    ]


class ActivateVersionIn(Asked):
    """Your yes to a stored version."""

    seen: Annotated[UUID | None, Field(description="The version that you see to be active; none where there is none.")]
    why: Sentence


@routes.post("/networks/{version_id}/activation")
def activate_network_version(
    work: WorkHere, actor: ActorHere, version_id: UUID, asked: ActivateVersionIn
) -> VersionOut:
    """Make a stored version the active one, mostly the one before; later ones stay stored."""
    made = service.activate_version(work, actor, version_id, seen=asked.seen, why=asked.why)
    return _versions(work, [made])[0]


@routes.get("/zone")
def get_zone(work: WorkHere, actor: ActorHere, asked: Annotated[PointQuery, Query()]) -> ZoneOut:
    """Say which zone a point lies in, by which clause and which pipe; the point must lie in your area."""
    _in_reach(work, actor, asked.lon, asked.lat)
    found = service.answer(work, asked.lon, asked.lat, covariance=None, at=asked.at or work.now())
    return ZoneOut(
        zone=found.zone,
        pipe_id=found.pipe_id,
        distance_m=found.distance_m,
        clause=found.clause,
        jurisdiction=found.jurisdiction,
        network_version_id=found.network_version_id,
    )


def _square(
    z: Annotated[int, Path(ge=0, le=DEEPEST, description="Zoom.")],
    x: Annotated[int, Path(ge=0, description="Column from the west, below 2^z.")],
    y: Annotated[int, Path(ge=0, description="Row from the north, below 2^z.")],
) -> Square:
    return Square(z, x, y)


SquareHere = Annotated[Square, Depends(_square)]
SQUARE: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA: {"schema": {"type": "string", "format": "binary"}}}},
    204: {"description": "Nothing is there."},
}
_ANSWERS = SQUARE | {
    304: {"description": "The reader's copy (If-None-Match) is right."},
}


@routes.get("/tiles/network/{z}/{x}/{y}", response_class=Response, responses=_ANSWERS)
def get_network_tile(
    work: WorkHere,
    actor: ActorHere,
    square: SquareHere,
    if_none_match: Annotated[str | None, Header(max_length=1000, description="Entity tags that you hold.")] = None,
) -> Response:
    """Return a square of the web map with the network in it, no more than your area reaches.

    Mapbox Vector Tile 2.1, web mercator XYZ, extent 4096. `pipes` (lines from zoom 9: pipe_id, label, pressure_class,
    regime, assumed), `stations` (points from 11, the same), `control` and `protection` (from 13, one polygon for each
    pressure_class and regime). `assumed`: the class is unknown and taken as the strictest. Where very many pipes meet
    in one square they are joined by class, without pipe_id and label.
    """
    found = service.tile(work, actor, square, at=work.now(), known=_tags(if_none_match))
    headers = _kept(found.tag)
    if found.body is None:
        return Response(status_code=304, headers=headers)
    if not found.body:
        return Response(status_code=204, headers=headers)
    return Response(found.body, headers=headers, media_type=MEDIA)


_WHOLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {ARCHIVE: {"schema": {"type": "string", "format": "binary"}}}},
    304: {"description": "The reader's copy (If-None-Match) is right."},
}


@routes.get("/offline-map", response_class=Response, responses=_WHOLE)
def get_offline_map(
    work: WorkHere,
    actor: ActorHere,
    if_none_match: Annotated[str | None, Header(max_length=1000, description="Entity tags that you hold.")] = None,
) -> Response:
    """Return the network in your area as one file for a phone without signal: PMTiles 3, at most 30 MB.

    Its squares are those of `tiles/network`, from zoom 10 to 15 or as deep as 30 MB reach (`X-Deepest-Zoom`).
    """
    found = service.offline_map(work, actor, at=work.now(), known=_tags(if_none_match))
    headers = _kept(found.tag) | {"X-Deepest-Zoom": str(found.deepest)}
    if found.body is None:
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=ARCHIVE)


def _tags(if_none_match: str | None) -> list[str]:
    return [word.strip().removeprefix("W/").strip('"') for word in (if_none_match or "").split(",")]


def _kept(tag: str) -> dict[str, str]:
    return {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


class SyncQuery(Asked):
    """How a delivery is to be read, and which guards you take off; see docs/interfaces.md."""

    crs: Annotated[str, Field(max_length=4000, description="EPSG:4547, a WKT text, GCJ-02 or BD-09. Never guessed.")]
    name: Annotated[str, Field(min_length=1, max_length=120, description="The file's name with its ending."), Clean]
    mapping: Annotated[str | None, Field(max_length=60, description="A mapping we ship.")] = None
    key: Annotated[str | None, Field(max_length=100, description="The column that names pipes."), Clean] = None
    operation: Annotated[str | None, Field(max_length=100, description="Its column that says which."), Clean] = None
    regime: Regime | None = None
    partial: Annotated[bool, Field(description="What the delivery does not name stays.")] = False
    dry_run: bool = False
    allow_shift: bool = False
    allow_rejected: bool = False
    allow_shrink: bool = False
    allow_downgrade: bool = False
    allow_parts: bool = False


class SyncOut(BaseModel):
    """A delivery and what became of it."""

    id: UUID
    name: str
    state: SyncState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: Annotated[int, Field(description="Rows read or written, of `total`.")]
    total: int
    report: Annotated[
        dict[str, Any] | None, Field(description="As `network sync --json` says it; of one refused field and fix.")
    ]


async def body_of(request: Request) -> bytes:
    """Return a file that is the body itself."""
    return await request.body()


file_body: dict[str, Any] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@routes.post("/networks/sync", status_code=202, openapi_extra={"requestBody": file_body})
def sync_network(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    asked: Annotated[SyncQuery, Query()],
    body: Annotated[bytes, Depends(body_of)],
) -> SyncOut:
    """Take a delivery of the GIS, at most 40 MB as the body itself; it is compared and applied a moment later."""
    said = asked.model_dump(exclude={"crs", "name", "mapping", "regime"})
    job = service.ask_sync(
        work,
        blobs,
        actor,
        body,
        name=asked.name,
        crs=asked.crs,
        options=SyncOptions(**said),
        mapping=asked.mapping,
        regime=asked.regime,
    )
    return _sync(job)


@routes.get("/networks/syncs/{sync_id}")
def get_network_sync(work: WorkHere, actor: ActorHere, sync_id: UUID) -> SyncOut:
    """Return a delivery with its progress, and what it changed or why it was refused."""
    return _sync(service.sync_job(work, actor, sync_id))


def _sync(job: SyncJob) -> SyncOut:
    return SyncOut.model_validate(job, from_attributes=True)


class FieldOut(BaseModel):
    """One field before and after."""

    name: str
    before: str | None
    after: str | None


class ChangeOut(BaseModel):
    """One pipe that differs; lengths are those of the part on your ground. Lines are drawn by the tiles alone."""

    pipe_id: str
    kind: ChangeKind
    fields: list[FieldOut]
    moved_m: Annotated[float | None, Field(description="Greatest distance between the old and the new line.")]
    class_before: PressureClass | None
    class_after: PressureClass | None
    metres_before: float
    metres_after: float
    downgrade: Annotated[bool, Field(description="A known class gives way to a weaker one.")]


class ClassOut(BaseModel):
    """The changes of one pressure class."""

    pressure_class: PressureClass
    added: int
    added_km: float
    changed: int
    changed_km: float
    removed: int
    removed_km: float


class DiffPage(BaseModel):
    """What a version changed, the most dangerous first; the summary is of all of it, as far as you see."""

    version: int
    base: int
    partial: bool
    summary: list[ClassOut]
    items: list[ChangeOut]
    next: str | None


@routes.get("/networks/{version_id}/diff")
def get_network_diff(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, version_id: UUID) -> DiffPage:
    """Say what a version that a delivery made changed, no more than your area reaches."""
    kind = f"network diff {version_id}"
    after = cursors.read(kind, page.cursor) or 0
    found = service.network_diff(work, actor, version_id, after=after, limit=page.limit)
    return DiffPage(
        version=found.version.number,
        base=found.base,
        partial=found.partial,
        summary=[ClassOut.model_validate(one, from_attributes=True) for one in found.summary],
        items=[ChangeOut.model_validate(one, from_attributes=True) for one in found.changes],
        next=None if found.last is None else cursors.write(kind, found.last),
    )


def _in_reach(work: Work, actor: Actor, lon: float, lat: float) -> None:
    (there,) = people.areas_at(work, np.array([[lon, lat]]))
    areas = () if there.area is None else (AreaRef(there.area.tenant_id, there.area.path),)
    people.require_row(actor, "network:read", ScopedRow(tenant_id=work.tenant_id, areas=areas), "place")
