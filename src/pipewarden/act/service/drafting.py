"""What a document would say: gathered from the record of a site, laid out by the template in force."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.act import store
from pipewarden.act.facts import DocumentKind, KindSpec, Source, Template, Told
from pipewarden.act.rules.documents import compose, gather, issue_day
from pipewarden.act.service.own_templates import in_force
from pipewarden.act.store import DocumentRow
from pipewarden.casework import service as casework
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import AreaRef, ForbiddenError, NotFoundError, ScopedRow
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.act.facts import DocumentData, Sheet
    from pipewarden.act.ports import Press
    from pipewarden.casework.facts import Filing, SiteEvent
    from pipewarden.casework.service import Filed
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import PipeHere
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.service import Showing

ISSUE = "document:issue"
DRAFT = "草稿"
_PAGE = 500
_SIGNATURE = (600, 300)  # pixels that a signature keeps at least


@dataclass(frozen=True, slots=True)
class Desk:
    """What documents need beside a unit of work, chosen once by ``main``.

    Attributes:
        blobs: where pictures of sites and documents lie.
        public_url: how people outside reach this house; empty prints no code to check a paper by.
    """

    press: Press
    blobs: BlobStore
    showing: Showing
    public_url: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document somebody wants, and what they say beside the record.

    Attributes:
        about: the event, violation, stop order or report that it speaks of; None takes the last that fits.
    """

    kind: DocumentKind
    told: Told
    about: UUID | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document would say now.

    Attributes:
        seen: names exactly this; whoever issues says which draft they have seen.
        images: JPEG of signatures, drawn anew, by the name that the sheet gives.
    """

    spec: KindSpec
    template: Template
    data: DocumentData
    sheet: Sheet
    seen: str
    images: Mapping[str, bytes]


def draft(work: Work, actor: Actor, desk: Desk, site_id: UUID, wanted: Wanted) -> Draft:
    """Return what a document of a site in reach would say; nothing is written.

    Raises:
        ForbiddenError, NotFoundError: the actor issues no documents, or there is no such site in reach.
        InputError: what is told does not fit the kind, or a signature's picture cannot be used.
    """
    spec = store.shipped_kinds()[wanted.kind]
    permission = casework.DECIDE if spec.decides else ISSUE
    people.require(actor, ISSUE)
    found = casework.site(work, actor, site_id, permission)
    if found.site.tenant_id != work.tenant_id:
        raise NotFoundError.of("site")
    data = gather(spec, source_of(work, actor, found, wanted.about), wanted.told, store.shipped_law())
    template = in_force(work, spec)
    said = asdict(data) | {"template": template.version}
    said["fields"] = {key: text for key, text in data.fields.items() if key != "by"}  # a colleague may issue it
    seen = hashlib.sha256(json.dumps(said, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()
    data, images = _signed(desk, site_id, data)
    sheet = compose(
        spec,
        template,
        data,
        issuer=data.fields.get("issuer", ""),
        number="",
        day=issue_day(spec, work.now()),
        by=data.fields.get("by", ""),
        mark=DRAFT,
    )
    return Draft(spec, template, data, sheet, seen, images)


def draft_pdf(work: Work, actor: Actor, desk: Desk, site_id: UUID, wanted: Wanted) -> bytes:
    """Return the draft as PDF, marked as one on every page; raises as ``draft``."""
    made = draft(work, actor, desk, site_id, wanted)
    return desk.press.pdf(made.sheet, made.images, work.now())


def _signed(desk: Desk, site_id: UUID, data: DocumentData) -> tuple[DocumentData, dict[str, bytes]]:
    """Return the data with each signature's picture drawn anew, and the pictures."""
    signatures, images = [], {}
    for place, one in enumerate(data.signatures):
        if one.picture:
            name = f"signatures.{place}.picture"
            original = casework.brought(desk.blobs, site_id, one.picture)
            drawn = perceive.redraw(desk.showing, original, name=name, wanted=_SIGNATURE)
            sha256 = hashlib.sha256(drawn).hexdigest()
            images[sha256] = drawn
            signatures.append(replace(one, picture=sha256))
        else:
            signatures.append(one)
    return replace(data, signatures=tuple(signatures)), images


def source_of(work: Work, actor: Actor, found: Filed, about: UUID | None) -> Source:
    """Return all that is on record for a site's documents, as far as the actor may read it."""
    site = found.site
    events = all_events(work, actor, site.id)
    tenant = people.tenant_acted_for(work)
    area, pipe = "", None
    if site.lon is not None and site.lat is not None:
        area, pipe = _there(work, actor, site.lon, site.lat)
    strikes = [] if site.strike is None else casework.strikes_of_site(work, actor, site.id)
    acted = {one.actor for one in events} | {one.actor for _, log in strikes for one in log}
    return Source(
        site=site,
        events=tuple(events),
        issuer="" if tenant is None else tenant.name,
        by=actor.name,
        at=work.now(),
        area=area,
        filing=filing_read(work, actor, found),
        pipe=pipe,
        kinds=dict(casework.violation_kinds()),
        names=people.names(work, {one for one in acted if one is not None}),
        about=about,
        numbers=_numbers(work, site.id),
        strikes=tuple(strikes),
    )


def _numbers(work: Work, site_id: UUID) -> dict[UUID, str]:
    mine = (DocumentRow.tenant_id == work.tenant_id, DocumentRow.site_id == site_id)
    named = (DocumentKind.STOP.value, DocumentKind.ACCIDENT.value)
    found = store.papers.of(work, *mine, DocumentRow.kind.in_(named))
    return {one.about: one.number for one in reversed(found) if one.about is not None and one.void is None}


def all_events(work: Work, actor: Actor, site_id: UUID) -> list[SiteEvent]:
    """Return everything that happened to a site in reach, oldest first."""
    events: list[SiteEvent] = []
    while True:
        after = events[-1].version if events else 0
        page = casework.history(work, actor, site_id, limit=_PAGE, after=after)
        events += page
        if len(page) < _PAGE:
            return events


def _there(work: Work, actor: Actor, lon: float, lat: float) -> tuple[str, PipeHere | None]:
    """Return the name of the area at a place, and the pipe there where the actor may read the network."""
    name, shows = network_there(work, actor, lon, lat)
    return name, network.pipe_here(work, lon, lat, at=work.now()) if shows else None


def network_there(work: Work, actor: Actor, lon: float, lat: float) -> tuple[str, bool]:
    """Return the name of the area at a place (WGS-84), and whether the actor may read the network there."""
    (area,) = people.areas_at(work, np.array([[lon, lat]]))
    name = "" if area.area is None else area.area.name
    areas = () if area.area is None else (AreaRef(area.area.tenant_id, area.area.path),)
    try:
        people.require_row(actor, "network:read", ScopedRow(tenant_id=work.tenant_id, areas=areas), "place")
    except (ForbiddenError, NotFoundError):
        return name, False
    return name, True


def filing_read(work: Work, actor: Actor, found: Filed) -> Filing | None:
    """Return the filing that a site belongs to, where the actor may read it."""
    filing_id = casework.filing_of(work, found).filing_id
    if filing_id is None:
        return None
    try:
        return casework.filing(work, actor, filing_id).filing
    except (ForbiddenError, NotFoundError):
        return None
