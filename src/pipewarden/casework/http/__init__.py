"""Sites over HTTP: who has what in hand, what happened, what may come next, and what people do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Form, Path, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import Field, field_validator

from pipewarden.casework import service
from pipewarden.casework.facts import SiteState
from pipewarden.casework.http.asked import ActIn, body_of
from pipewarden.casework.http.filing_told import day_told_out
from pipewarden.casework.http.named import pictures_of, with_pictures
from pipewarden.casework.http.risk import RiskOut, risk_out
from pipewarden.casework.http.rules import RulesOut, rules_out
from pipewarden.casework.http.step_told import OnwardOut, onward_out
from pipewarden.casework.http.told import (
    PictureOut,
    SiteEventPage,
    SiteOut,
    SitePage,
    event_out,
    filing_out,
    pictures_in,
    site_out,
)
from pipewarden.kit.errors import InputError
from pipewarden.kit.web import (
    BLOB_ID,
    Asked,
    BlobsHere,
    Box,
    Clean,
    CursorsHere,
    Paged,
    PageQuery,
    ReasonHere,
    WorkHere,
    actor_of,
    box_of,
    router,
)
from pipewarden.network.facts import Zone  # noqa: TC001  as above
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, NotFoundError
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.service import Filed
    from pipewarden.kit.work import Work

routes = router(tags=["sites"])
ActorHere = Annotated[Actor, Depends(actor_of)]
PictureId = Annotated[str, Path(pattern=BLOB_ID)]
_HEADLINES = ("struck", "stopped", "violation", "repair", "unattended")
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class SiteQuery(PageQuery):
    """How the list of sites is asked."""

    state: Annotated[str | None, Field(max_length=30, description="A state of the path, or a headline."), Clean] = None
    zone: Zone | None = None
    level: Annotated[int | None, Field(ge=1, le=4)] = None
    owner: Annotated[UUID | None, Field(description="Who has it in hand.")] = None
    mine: Annotated[bool, Field(description="Only those that you have in hand.")] = False
    open: Annotated[bool | None, Field(description="Whether it still needs somebody.")] = None
    overdue: Annotated[bool, Field(description="Only those whose next deadline is past.")] = False
    area: Annotated[UUID | None, Field(description="Inside this area's outline.")] = None
    bbox: Box | None = None
    filing: Annotated[
        Literal["filed", "unfiled", "unknown"] | None, Field(description="Unfiled: discovered less filed.")
    ] = None
    order: Annotated[
        Literal["zone", "risk"],
        Field(description="`zone`: protection range first, newest first; `risk`: gravest level, then highest score."),
    ] = "zone"

    @field_validator("state")
    @classmethod
    def _known(cls, state: str | None) -> str | None:
        if state is not None and state not in {*(one.value for one in SiteState), *_HEADLINES}:
            raise ValueError(f"must be a state, or one of {', '.join(_HEADLINES)}")
        return state


class SitePictureForm(Asked):
    """A picture on its way in."""

    picture: Annotated[UploadFile, Field(description="JPEG, PNG, WebP or HEIC, at most 25 MB.")]


@routes.get("/sites")
def list_sites(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[SiteQuery, Query()]
) -> SitePage:
    """List sites as far as your role and area reach: protection range first, newest first, or by risk.

    By risk, a site whose score changes while you page may come twice or not at all; the stream tells of it.
    """
    people.require(actor, service.READ)
    wanted = service.SiteFilter(
        states=() if query.state is None else (query.state,),
        zones=() if query.zone is None else (query.zone,),
        levels=() if query.level is None else (query.level,),
        owner_id=actor.id if query.mine else query.owner,
        open=query.open,
        overdue_at=work.now() if query.overdue else None,
        bbox=None if query.bbox is None else box_of(query.bbox),
        filing=query.filing,
    )
    area = None if query.area is None else people.area(work, query.area)
    kind = "sites" if query.order == "zone" else "sites-risk"
    place = cursors.read(kind, query.cursor)
    if query.order == "zone":
        after = None if place is None else (int(place[0]), datetime.fromisoformat(place[1]), UUID(place[2]))
        found = service.sites(work, actor, wanted, limit=query.limit + 1, area=area, after=after)
    else:
        last = None if place is None else (int(place[0]), _points(place[1]), UUID(place[2]))
        found = service.sites_by_risk(work, actor, wanted, limit=query.limit + 1, area=area, after=last)
    rows = found[: query.limit]
    more = cursors.write(kind, _place(rows[-1], query.order)) if len(found) > query.limit else None
    shown = [(one.site.tenant_id, one.site.owner_id) for one in rows]
    people.listed(work, actor, "sites", query.model_dump(exclude={"cursor"}), shown)
    return SitePage(items=sites_out(work, rows), next=more)


def _points(text: str | None) -> float | None:
    return None if text is None else float.fromhex(text)


def _place(last: Filed, order: str) -> list[object]:
    """Return where a page ended; a score as its exact bits, so that the next page neither skips nor doubles."""
    if order == "zone":
        return [last.rank, last.opened_at.isoformat(), str(last.site.id)]
    return [last.risk_level, None if last.risk_score is None else last.risk_score.hex(), str(last.site.id)]


@routes.get("/sites/{site_id}")
def get_site(work: WorkHere, actor: ActorHere, site_id: UUID) -> SiteOut:
    """Return one site, also one that has ended or was merged into another."""
    found = service.site(work, actor, site_id)
    (told,) = sites_out(work, [found])
    day = service.day_of_site(replace(work, tenant_id=found.site.tenant_id), found)
    more = {"filing": filing_out(service.filing_of(work, found)), "day": None if day is None else day_told_out(day)}
    return told.model_copy(update=more)


@routes.get("/sites/{site_id}/events")
def list_site_events(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged, *, site_id: UUID, request: Request
) -> SiteEventPage:
    """Return everything that happened to a site, oldest first."""
    after = cursors.read("site-events", page.cursor) or 0
    found = service.history(work, actor, site_id, limit=page.limit + 1, after=after)
    rows = found[: page.limit]
    names = people.names(work, {one.actor for one in rows if one.actor is not None})
    more = cursors.write("site-events", rows[-1].version) if len(found) > page.limit else None
    hashes = {sha256 for one in rows for sha256 in pictures_in(one)}
    whose = rows[0].tenant_id if rows else work.tenant_id  # a regulator reads across tenants
    ids = people.blob_ids(work, hashes, request.app.state.gate.entropy, tenant_id=whose)
    return SiteEventPage(items=[event_out(one, names, ids) for one in rows], next=more)


@routes.get("/sites/{site_id}/next")
def get_next_steps(work: WorkHere, actor: ActorHere, site_id: UUID) -> OnwardOut:
    """Return the next steps, what each needs, and why the others are refused as the site stands."""
    return onward_out(service.onward(work, actor, site_id))


@routes.get("/sites/{site_id}/rules")
def list_site_rules(work: WorkHere, actor: ActorHere, site_id: UUID) -> RulesOut:
    """Return what each supervision rule in force says of a site, with every fact that it read."""
    policy, said = service.rules_of(work, actor, site_id)
    return rules_out(policy.version, said)


@routes.get("/sites/{site_id}/risk")
def get_site_risk(work: WorkHere, actor: ActorHere, site_id: UUID) -> RiskOut:
    """Return the score and level of a site by the weights in force, with what each factor adds."""
    return risk_out(*service.risk_of(work, actor, site_id))


@routes.post("/sites/{site_id}/events")
def act_on_site(work: WorkHere, actor: ActorHere, blobs: BlobsHere, site_id: UUID, asked: ActIn) -> SiteOut:
    """Do one thing to a site; a step that it does not allow is refused with the clause (409), nothing is written."""
    service.site(work, actor, site_id)
    act = with_pictures(asked.act, service.named_by(work, pictures_of(asked.act)))
    service.check_brought(blobs, site_id, pictures_of(act))
    body = body_of(act, work, site_id)
    return sites_out(work, [service.act(work, actor, site_id, asked.version, body, made_at=asked.made_at)])[0]


@routes.post("/sites/{site_id}/pictures", status_code=201)
def bring_picture(
    work: WorkHere,
    actor: ActorHere,
    blobs: BlobsHere,
    *,
    site_id: UUID,
    request: Request,
    form: Annotated[SitePictureForm, Form(media_type="multipart/form-data")],
) -> PictureOut:
    """Send a picture from the spot; the answer means that it is on disk. It proves nothing until an act names it."""
    sha256 = service.bring(work, actor, blobs, site_id, form.picture.file.read())
    return PictureOut(id=people.blob_ids(work, [sha256], request.app.state.gate.entropy)[sha256])


@routes.get("/sites/{site_id}/pictures/{picture_id}", response_class=Response, responses=_JPEG)
def get_site_picture(
    work: WorkHere,
    actor: ActorHere,
    *,
    request: Request,
    site_id: UUID,
    picture_id: PictureId,
    why: ReasonHere,
    original: bool = False,
) -> Response:
    """Return a picture that something on the site names, drawn anew: faces and plates painted over.

    With ``original=true`` and a reason in X-Reason who may see originals gets it unmasked; the look is on record.
    """
    here = request.app.state
    sha256 = service.picture_behind(work, actor, site_id, picture_id)
    showing = perceive.masked(here.lens)
    if original:
        showing = service.original_picture(work, actor, site_id, sha256, lens=here.lens, reason=why)
    try:
        drawn = service.shown(work, actor, site_id, sha256, blobs=here.blobs, showing=showing)
    except InputError as error:  # gone or unreadable: for this reader there is no picture
        raise NotFoundError.of("picture") from error
    return Response(drawn, media_type="image/jpeg", headers={"Content-Disposition": "inline; filename=picture.jpg"})


def sites_out(work: Work, found: Sequence[Filed]) -> list[SiteOut]:
    """Return sites as they are answered; the caller has scoped them."""
    names, clues = service.names(work, found), service.clues(work, found)
    return [site_out(one, names, clues.get(one.site.id)) for one in found]
