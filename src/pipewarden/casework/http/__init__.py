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

    from pipewarden.casework.service import Filed, SiteFilter
    from pipewarden.kit.web import Cursors
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Area

routes = router(tags=["sites"])
ActorHere = Annotated[Actor, Depends(actor_of)]
PictureId = Annotated[str, Path(pattern=BLOB_ID)]
_HEADLINES = ("struck", "stopped", "violation", "repair", "unattended")
_CURSORS = {"zone": "sites", "risk": "sites-risk", "due": "sites-due", "opened": "sites-opened"}
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


class SiteNarrow(Asked):
    """What lists and the board of sites are narrowed to."""

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
    q: Annotated[
        str | None,
        Field(
            min_length=1, max_length=100, description="In compound, contractor, owner or filing; or how an id begins."
        ),
        Clean,
    ] = None

    @field_validator("state")
    @classmethod
    def _known(cls, state: str | None) -> str | None:
        if state is not None and state not in {*(one.value for one in SiteState), *_HEADLINES}:
            raise ValueError(f"must be a state, or one of {', '.join(_HEADLINES)}")
        return state


class SiteQuery(PageQuery, SiteNarrow):
    """How the list of sites is asked."""

    order: Annotated[
        Literal["zone", "risk", "due", "opened"],
        Field(
            description="`zone`: protection range first, newest first; `risk`: gravest level, then highest score; "
            "`due`: what is due first; `opened`: newest first."
        ),
    ] = "zone"


class SitePictureForm(Asked):
    """A picture on its way in."""

    picture: Annotated[UploadFile, Field(description="JPEG, PNG, WebP or HEIC, at most 25 MB.")]


@routes.get("/sites")
def list_sites(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, query: Annotated[SiteQuery, Query()]
) -> SitePage:
    """List sites as far as your role and area reach, in the order that is asked for: protection range first, or risk.

    By risk or deadline, a site whose score or deadline changes while you page may come twice or not at all; the
    stream tells of it.
    """
    people.require(actor, service.READ)
    wanted = narrowed(work, actor, query)
    area = None if query.area is None else people.area(work, query.area)
    kind = _CURSORS[query.order]
    found = _page(work, actor, wanted, query, area=area, place=cursors.read(kind, query.cursor))
    rows = found[: query.limit]
    more = cursors.write(kind, _place(rows[-1], query.order)) if len(found) > query.limit else None
    shown = [(one.site.tenant_id, one.site.owner_id) for one in rows]
    people.listed(work, actor, "sites", query.model_dump(exclude={"cursor"}), shown)
    return SitePage(items=sites_out(work, actor, rows), next=more)


def narrowed(work: Work, actor: Actor, query: SiteNarrow) -> SiteFilter:
    """Return what a list is narrowed to as the store takes it."""
    return service.SiteFilter(
        states=() if query.state is None else (query.state,),
        zones=() if query.zone is None else (query.zone,),
        levels=() if query.level is None else (query.level,),
        owner_id=actor.id if query.mine else query.owner,
        open=query.open,
        overdue_at=work.now() if query.overdue else None,
        bbox=None if query.bbox is None else box_of(query.bbox),
        filing=query.filing,
        text=query.q,
        owners=() if query.q is None else tuple(people.persons_called(work, query.q)),
    )


def due_cursor(cursors: Cursors, last: Filed) -> str:
    """Return where the list by deadline goes on after a site."""
    return cursors.write(_CURSORS["due"], _place(last, "due"))


def _page(
    work: Work, actor: Actor, wanted: SiteFilter, query: SiteQuery, *, area: Area | None, place: Any
) -> list[Filed]:
    """Return one row more than a page takes, past the place where the page before ended."""
    most = query.limit + 1
    if query.order == "zone":
        after = None if place is None else (int(place[0]), datetime.fromisoformat(place[1]), UUID(place[2]))
        return service.sites(work, actor, wanted, limit=most, area=area, after=after)
    if query.order == "risk":
        last = None if place is None else (int(place[0]), _points(place[1]), UUID(place[2]))
        return service.sites_by_risk(work, actor, wanted, limit=most, area=area, after=last)
    if query.order == "due":
        due = None if place is None else (_moment(place[0]), UUID(place[1]))
        return service.sites_by_due(work, actor, wanted, limit=most, area=area, after=due)
    opened = None if place is None else (datetime.fromisoformat(place[0]), UUID(place[1]))
    return service.sites_by_opening(work, actor, wanted, limit=most, area=area, after=opened)


def _points(text: str | None) -> float | None:
    return None if text is None else float.fromhex(text)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _place(last: Filed, order: str) -> list[object]:
    """Return where a page ended; a score as its exact bits, so that the next page neither skips nor doubles."""
    if order == "zone":
        return [last.rank, last.opened_at.isoformat(), str(last.site.id)]
    if order == "risk":
        return [last.risk_level, None if last.risk_score is None else last.risk_score.hex(), str(last.site.id)]
    if order == "due":
        return [None if last.next_due_at is None else last.next_due_at.isoformat(), str(last.site.id)]
    return [last.opened_at.isoformat(), str(last.site.id)]


@routes.get("/sites/{site_id}")
def get_site(work: WorkHere, actor: ActorHere, site_id: UUID) -> SiteOut:
    """Return one site, also one that has ended or was merged into another."""
    found = service.site(work, actor, site_id)
    (told,) = sites_out(work, actor, [found])
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
    done = service.act(work, actor, site_id, asked.version, body, made_at=asked.made_at)
    return sites_out(work, actor, [done])[0]


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


def sites_out(work: Work, actor: Actor, found: Sequence[Filed]) -> list[SiteOut]:
    """Return sites as they are answered; the caller has scoped them."""
    names, clues = service.names(work, found), service.clues(work, found)
    beside, words = service.beside(work, actor, found), service.duty_words()
    return [site_out(one, names, clues.get(one.site.id), beside[one.site.id], words) for one in found]
