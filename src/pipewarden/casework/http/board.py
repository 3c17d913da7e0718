"""The board of sites over HTTP: every state of the main path with how many stand there, and the first of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from pipewarden.casework import service
from pipewarden.casework.facts import SiteState
from pipewarden.casework.http import SiteNarrow, due_cursor, narrowed, sites_out
from pipewarden.casework.http.told import SiteOut
from pipewarden.kit.web import CursorsHere, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

routes = router(tags=["sites"])
ActorHere = Annotated[Actor, Depends(actor_of)]


class BoardQuery(SiteNarrow):
    """How the board is asked: narrowed like the list, and how many cards a column begins with."""

    each: Annotated[int, Field(ge=0, le=50, description="Cards of each column; 0 counts alone.")] = 10


class ColumnOut(BaseModel):
    """One state of the main path."""

    state: SiteState
    count: Annotated[int, Field(description="Sites that stand there, of those asked for.")]
    late: Annotated[int, Field(description="Of them past a deadline.")]
    items: Annotated[list[SiteOut], Field(description="The first of them, what is due first before all others.")]
    next: Annotated[
        str | None, Field(description="`cursor` of GET /v1/sites with `order=due`, this state and the same filters.")
    ]


class BoardOut(BaseModel):
    """The board; columns in the order of the main path, empty ones too."""

    total: Annotated[int, Field(description="Sites on the board: what the columns' counts add up to.")]
    columns: list[ColumnOut]


@routes.get("/sites/board")
def show_board(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[BoardQuery, Query()]
) -> BoardOut:
    """Return sites as far as your role and area reach, by state of the main path, each with how many stand there."""
    people.require(actor, service.READ)
    area = None if query.area is None else people.area(work, query.area)
    found = service.board(work, actor, narrowed(work, actor, query), each=query.each, area=area)
    first = [one for column in found for one in column.first]
    shown = [(one.site.tenant_id, one.site.owner_id) for one in first]
    people.listed(work, actor, "sites", query.model_dump(), shown)
    told = {one.id: one for one in sites_out(work, actor, first)}
    columns = [
        ColumnOut(
            state=one.state,
            count=one.count,
            late=one.late,
            items=[told[filed.site.id] for filed in one.first],
            next=due_cursor(cursors, one.first[-1]) if one.first and one.count > len(one.first) else None,
        )
        for one in found
    ]
    return BoardOut(total=sum(one.count for one in found), columns=columns)
