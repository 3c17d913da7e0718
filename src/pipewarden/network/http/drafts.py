"""Drafts over HTTP: a map is brought, looked at, told how to be read, compared, and at the end made the active one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from pipewarden.kit.web import (
    Asked,
    BlobsHere,
    Clean,
    CursorsHere,
    Paged,
    PageQuery,
    Sentence,
    WorkHere,
    actor_of,
    router,
)
from pipewarden.network import service
from pipewarden.network.facts import Regime  # noqa: TC001  pydantic reads it
from pipewarden.network.facts.change import ChangeKind
from pipewarden.network.facts.draft import MOST_CHOICES, Choice, DraftKind, DraftState, FieldChoice, Guard
from pipewarden.network.http.networks import SQUARE, ChangeOut, SquareHere, body_of, file_body
from pipewarden.network.rules.tiles import MEDIA
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.network.facts.change import PipeChange
    from pipewarden.network.facts.draft import Draft

routes = router(tags=["network"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Crs = Annotated[
    str, Field(min_length=1, max_length=4000, description="EPSG:4547, WKT, GCJ-02 or BD-09. Never guessed.")
]
Short = Annotated[str, Field(min_length=1, max_length=200), Clean]
FieldName = Literal["id", "kind", "pressure", "diameter", "material", "depth", "year", "sigma"]


class DraftQuery(Asked):
    """Which file comes."""

    name: Annotated[str, Field(min_length=1, max_length=120, description="The file's name with its ending."), Clean]


class FieldIn(Asked):
    """Which column gives an attribute."""

    column: Annotated[Short | None, Field(description="None: the file says nothing of it.")]
    unit: Short | None = None
    labels: Annotated[
        dict[Short, Short], Field(default_factory=dict, max_length=MOST_CHOICES, description="Word: meaning.")
    ]


class MappingIn(Asked):
    """How columns are read."""

    mapping: Annotated[str | None, Field(max_length=60, description="A mapping we ship; generic when left out.")] = None
    fields: Annotated[dict[FieldName, FieldIn], Field(default_factory=dict, description="What you say otherwise.")]


class ChoiceIn(MappingIn):
    """How the file is to be read."""

    crs: Crs
    jurisdiction: Annotated[str, Field(max_length=60, description="A rule pack's name, or CN-XX[-city].")]
    regime: Regime | None = None


class PlaceIn(Asked):
    """A reference system to be looked at."""

    crs: Crs


class ActivateIn(Asked):
    """Your yes to a compared map."""

    why: Sentence
    confirmed: Annotated[list[Guard], Field(default_factory=list, max_length=4, description="What is odd, by name.")]


class ComparisonIn(Asked):
    """Two stored versions of one regime."""

    base: UUID
    version: UUID


class CandidateOut(BaseModel):
    """A reference system and where the file's places lie in it."""

    crs: str
    name: str
    fits: bool
    problem: str | None
    points: list[Annotated[list[float], Field(min_length=2, max_length=2, description="lon, lat; WGS-84.")]]
    off_m: Annotated[float | None, Field(description="Median metres to the network that is there.")]
    detected: Annotated[bool, Field(description="The file itself says so.")] = False


class WordOut(BaseModel):
    """A word of a column."""

    value: str
    rows: int


class ColumnOut(BaseModel):
    """A column of the file with its most frequent words."""

    name: str
    filled: int
    distinct: int
    words: list[WordOut]


class FoundOut(BaseModel):
    """What stands in the file."""

    rows: int
    without_shape: int
    shapes: dict[str, int]
    own_crs: str | None
    columns: list[ColumnOut]
    first: Annotated[
        list[dict[str, str]],
        Field(description="The first rows; a column that is empty there is left out."),
    ] = []
    candidates: list[CandidateOut]
    remarks: list[str]


class ReadWordOut(WordOut):
    """How a word is read; None: unknown."""

    read: str | float | None
    problem: str | None


class FieldOut(BaseModel):
    """Which column gives an attribute, and how its words are read."""

    field: str
    column: str | None
    unit: str | None
    words: list[ReadWordOut]
    unread: Annotated[int, Field(description="Rows whose word is unknown, among the words that are told.")]
    more: Annotated[int, Field(description="Words that are not told.")]


class FieldsOut(BaseModel):
    """Every attribute."""

    items: list[FieldOut]


class NetworkDraftOut(BaseModel):
    """A map on its way in, or two versions beside each other."""

    id: UUID
    kind: DraftKind
    name: str
    state: DraftState
    by: str | None
    created_at: datetime
    changed_at: datetime
    base_id: UUID | None
    version_id: UUID | None
    done: Annotated[int, Field(description="Rows read or written, of `total`.")]
    total: int
    choice: dict[str, Any] | None
    found: FoundOut | None
    report: Annotated[dict[str, Any] | None, Field(description="The dry run: counts, classes, guards, rejected rows.")]
    problem: Annotated[dict[str, Any] | None, Field(description="Why the last step failed: problem, field, fix.")]


class DraftPage(BaseModel):
    """A page of drafts, newest first."""

    items: list[NetworkDraftOut]
    next: str | None


class ChangesQuery(PageQuery):
    """Which of the changes."""

    kind: Literal["added", "removed", "moved", "changed"] | None = None


class PreviewOut(ChangeOut):
    """One pipe that would change, and where on the map it is."""

    box: Annotated[tuple[float, float, float, float], Field(description="West, south, east, north; degrees WGS-84.")]


class PreviewPage(BaseModel):
    """A page of what would change, the most dangerous first."""

    items: list[PreviewOut]
    next: str | None


@routes.post("/networks/drafts", status_code=202, openapi_extra={"requestBody": file_body})
def begin_network_draft(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    asked: Annotated[DraftQuery, Query()],
    body: Annotated[bytes, Depends(body_of)],
) -> NetworkDraftOut:
    """Bring a pipe map, at most 40 MB as the body itself; it is looked at a moment later, and nothing of it holds."""
    return _one(work, service.begin_draft(work, blobs, actor, body, asked.name))


@routes.post("/networks/comparisons", status_code=202)
def compare_network_versions(work: WorkHere, actor: ActorHere, asked: ComparisonIn) -> NetworkDraftOut:
    """Ask what differs between two stored versions; the answer is read as of a draft."""
    return _one(work, service.compare_versions(work, actor, asked.base, asked.version))


@routes.get("/networks/drafts")
def list_network_drafts(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> DraftPage:
    """List the drafts that were not given up, newest first, each without what stands in its file."""
    after = cursors.read("network drafts", page.cursor)
    found = service.drafts(work, actor, limit=page.limit + 1, after=None if after is None else UUID(after))
    rows = found[: page.limit]
    more = cursors.write("network drafts", str(rows[-1].id)) if len(found) > page.limit else None
    items = [one.model_copy(update={"found": None}) for one in _drafts(work, rows)]
    return DraftPage(items=items, next=more)


@routes.get("/networks/drafts/{draft_id}")
def get_network_draft(work: WorkHere, actor: ActorHere, draft_id: UUID) -> NetworkDraftOut:
    """Return a draft: how far it is, what stands in it, what it would change."""
    return _one(work, service.draft(work, actor, draft_id))


@routes.post("/networks/drafts/{draft_id}/place")
def place_network_draft(work: WorkHere, actor: ActorHere, draft_id: UUID, asked: PlaceIn) -> CandidateOut:
    """Say where the file's places would lie in a reference system; nothing is chosen by asking."""
    return CandidateOut.model_validate(service.draft_place(work, actor, draft_id, asked.crs))


@routes.post("/networks/drafts/{draft_id}/fields")
def read_network_draft_fields(work: WorkHere, actor: ActorHere, draft_id: UUID, asked: MappingIn) -> FieldsOut:
    """Say how each attribute would be read, word by word; nothing is chosen by asking."""
    found = service.draft_fields(work, actor, draft_id, asked.mapping, _fields(asked))
    return FieldsOut(items=[FieldOut.model_validate(one) for one in found])


@routes.put("/networks/drafts/{draft_id}/choice", status_code=202)
def choose_network_draft(work: WorkHere, actor: ActorHere, draft_id: UUID, asked: ChoiceIn) -> NetworkDraftOut:
    """Say how the file is to be read; it is compared with the active version a moment later, and nothing is changed."""
    regime = None if asked.regime is None else asked.regime.value
    choice = Choice(asked.crs, asked.jurisdiction, regime, asked.mapping, tuple(_fields(asked)))
    return _one(work, service.choose(work, actor, draft_id, choice))


@routes.post("/networks/drafts/{draft_id}/activation", status_code=202)
def activate_network_draft(work: WorkHere, actor: ActorHere, draft_id: UUID, asked: ActivateIn) -> NetworkDraftOut:
    """Let a compared map become the active version; refused where something odd was not confirmed by its name."""
    return _one(work, service.activate_draft(work, actor, draft_id, asked.confirmed, asked.why))


@routes.post("/networks/drafts/{draft_id}/discard")
def discard_network_draft(work: WorkHere, actor: ActorHere, draft_id: UUID) -> NetworkDraftOut:
    """Give a draft up."""
    return _one(work, service.discard(work, actor, draft_id))


@routes.get("/networks/drafts/{draft_id}/changes")
def list_network_draft_changes(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, draft_id: UUID, query: Annotated[ChangesQuery, Query()]
) -> PreviewPage:
    """List what would change, pipe by pipe; lines are drawn by the squares of the map alone."""
    name = f"network draft {draft_id} {query.kind}"
    after = cursors.read(name, query.cursor) or 0
    kind = None if query.kind is None else ChangeKind(query.kind.replace("moved", "changed"))
    moved = {"moved": True, "changed": False}.get(query.kind or "")
    found = service.draft_changes(work, actor, draft_id, kind=kind, moved=moved, after=after, limit=query.limit + 1)
    more = cursors.write(name, found[query.limit - 1][0]) if len(found) > query.limit else None
    items = [_preview(one) for _, one in found[: query.limit]]
    return PreviewPage(items=items, next=more)


@routes.get("/tiles/drafts/{draft_id}/{z}/{x}/{y}", response_class=Response, responses=SQUARE)
def get_network_draft_tile(work: WorkHere, actor: ActorHere, draft_id: UUID, square: SquareHere) -> Response:
    """Return a square of the map with what a draft would change: layers `lines` and `points`.

    Properties `kind` (added, removed, moved, changed; was: where a moved one lay) and `pipe_id`; at most 3,000 things.
    """
    body = service.draft_tile(work, actor, draft_id, square)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    if not body:
        return Response(status_code=204, headers=headers)
    return Response(body, headers=headers, media_type=MEDIA)


def _fields(asked: MappingIn) -> list[tuple[str, FieldChoice]]:
    return [(name, FieldChoice(one.column, one.unit, tuple(one.labels.items()))) for name, one in asked.fields.items()]


def _preview(one: PipeChange) -> PreviewOut:
    told = ChangeOut.model_validate(one, from_attributes=True)
    return PreviewOut(**told.model_dump(), box=one.bounds)


def _one(work: Work, one: Draft) -> NetworkDraftOut:
    return _drafts(work, [one])[0]


def _drafts(work: Work, found: Sequence[Draft]) -> list[NetworkDraftOut]:
    names = people.names(work, [one.asked_by for one in found])
    same = ("id", "kind", "name", "state", "created_at", "changed_at", "base_id", "version_id", "done", "total",
            "report", "problem")  # fmt: skip
    return [
        NetworkDraftOut(
            by=names.get(one.asked_by),
            choice=None if one.choice is None else one.choice.as_json(),
            found=None if one.found is None else FoundOut.model_validate(one.found),
            **{name: getattr(one, name) for name in same},
        )
        for one in found
    ]
