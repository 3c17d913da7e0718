"""Filings: made, revised, renewed, cancelled, handed over and answered, each on record; read as far as one may see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import shapely
from sqlalchemy import and_, or_

from pipewarden.casework import store
from pipewarden.casework.facts import (
    Answered,
    Discovered,
    Filed,
    FilingBody,
    FilingEvent,
    HandedOver,
    InCompound,
    Revised,
    SentBack,
)
from pipewarden.casework.facts.filing_day import DayStarted, DayTakenBack
from pipewarden.casework.rules import LEVEL
from pipewarden.casework.rules.ending import FILED_WORDS
from pipewarden.casework.rules.filing_day import check_now
from pipewarden.casework.rules.filing_life import check_follows
from pipewarden.casework.service import handing
from pipewarden.casework.service.files import open_site
from pipewarden.casework.service.filing_changing import check_anew, checked_again, fold, name_of, write
from pipewarden.casework.service.filing_check import filing_place, filing_zone, read_filing
from pipewarden.casework.service.filing_named import known_as, named_scope
from pipewarden.casework.service.matching import ground_at
from pipewarden.casework.service.renewing import renew
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service as network
from pipewarden.network.facts import Regime, Zone
from pipewarden.people import service as people
from pipewarden.people.facts import AreaRef, NotFoundError, Role, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import (
        Filing,
        Works,
    )
    from pipewarden.casework.store.filings import FilingFilter, KeptFiling
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import Crossed
    from pipewarden.people.facts import Actor, Area

_SAME_M = 50.0  # works this near are the same ones
READ, CREATE, ANSWER = "filing:read", "filing:create", "filing:answer"
PIPES = "network:read"


class StaleFilingError(RefusedError):
    """The filing has changed since the version that an act names; nothing was written."""

    def __init__(self, filing: Filing) -> None:
        fix = "Look at it as it stands, and send the act again with its version if it is still right."
        super().__init__(field="version", problem=f"is not the present one, {filing.version}", fix=fix)
        self.filing = filing

    @property
    def more(self) -> dict[str, object]:
        """Return the code, and the filing as it stands."""
        return {"code": "stale", "present": {"id": str(self.filing.id), "version": self.filing.version}}


def works_here(work: Work, area: object, given: Mapping[str, object], place: str | None = None) -> Works:
    """Return the works that somebody describes in the tenant's ground; without ``place``, of the jurisdiction there.

    Raises:
        InputError: see ``filing_check.read_filing``; the area lies outside ``own_ground``; no jurisdiction is known
            there.
    """
    now = work.now()
    draft = read_filing(area, given, place="CN" if place is None else filing_place(place), at=now)
    ground = shapely.from_wkb(draft.area)
    own = own_ground(work)
    if own and not any(shapely.from_wkb(one).intersects(ground) for one in own):
        raise InputError(
            field="area", problem="lies outside every area of this operator", fix="File it with the operator there."
        )
    if place is not None:
        return draft
    inside = ground.representative_point()
    found = people.jurisdiction_at(work, inside.x, inside.y) or next(
        (one.jurisdiction for one in network.versions(work) if one.active and one.regime is Regime.CITY_GAS), None
    )
    if found is None:
        raise InputError(field="place", problem="is not known there", fix="Name the jurisdiction, like CN-HE-langfang.")
    return read_filing(area, given, place=filing_place(found), at=now)


def own_ground(work: Work) -> list[bytes]:
    """Return the outlines (WKB, WGS-84) of the tenant's own areas, else of those it shares.

    A shared city is drawn once. None where nothing is drawn at all: the tenant is everywhere.
    """
    drawn = [(one.tenant_id, one.wkb) for one in people.areas(work) if one.wkb is not None]
    return [wkb for tenant_id, wkb in drawn if tenant_id == work.tenant_id] or [wkb for _, wkb in drawn]


def file_works(work: Work, actor: Actor, works: Works) -> KeptFiling:
    """File works and answer them at once. From which list works come only an import may say.

    Raises:
        ForbiddenError, NotFoundError: the actor must not file, or not there.
        InputError: no pack holds at the place.
    """
    inside = shapely.from_wkb(works.area).representative_point()
    found = people.area_at(work, inside.x, inside.y)
    areas = () if found is None else (AreaRef(found.tenant_id, found.path),)
    people.require_row(actor, CREATE, ScopedRow(work.tenant_id, actor.id, areas), "area")
    works = replace(works, source="", source_id="")
    filing_id = work.ids.new()
    made = fold(work, None, filing_id, [Filed(works), check_anew(work, works)], name_of(actor))
    write(work, [made], actor.id)
    _look_at(work, actor, made.after)
    people.record(work, actor, "filing.filed", ("filing", filing_id), {"place": works.place, "urgent": works.urgent})
    return filing(work, actor, filing_id)


def _look_at(work: Work, actor: Actor, made: Filing) -> None:
    """Open a site where a property manager files works inside a compound: somebody looks at once (杭州 第二十四条).

    Not where one is open on that ground already.
    """
    there = shapely.from_wkb(made.works.area).representative_point()
    manages = any(one.role is Role.PROPERTY_MANAGER for one in actor.grants_for(CREATE))
    if not manages or ground_at(work, (there.x, there.y), 0.0)[0] is not InCompound.INSIDE:
        return
    if store.watched.open_near(work, (there.x, there.y), _SAME_M) is not None:
        return
    zone = Zone.UNKNOWN if made.decision is None else made.decision.zone
    reason = f"{FILED_WORDS}: somebody looks at once"
    renew(work, [open_site(work, Discovered(None, zone, LEVEL[zone], there.x, there.y, reason)).id])


def act_on_filing(work: Work, actor: Actor, filing_id: UUID, version: int | None, body: FilingBody) -> KeptFiling:
    """Let a person do one thing to a filing of the tenant worked for; what changes the works is answered anew at once.

    What happens to a filing that was handed over to another tenant happens there, too.

    Args:
        work: the transaction.
        actor: who does it.
        filing_id: to which filing.
        version: the filing's as the actor has seen it; None only for a day that is declared or taken back.
        body: what is done.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        StaleFilingError: the filing has changed since.
        RefusedError, InputError: it does not allow the act (``rules.filing_life.check_follows``).
    """
    permission = ANSWER if isinstance(body, Answered | HandedOver | SentBack) else CREATE
    seen = filing(work, actor, filing_id, permission).filing
    if seen.tenant_id != work.tenant_id:
        raise NotFoundError.of("filing")
    if isinstance(body, HandedOver | SentBack) or seen.handed is not None:
        store.handing.lock_between(work)
    giver = handing.lock_giver(work, filing_id) if isinstance(body, SentBack) else None
    present = store.filings.lock(work, filing_id)
    if present is None:
        raise NotFoundError.of("filing")
    _check_version(present, version, body)
    if isinstance(body, Revised):
        body = replace(body, works=replace(body.works, source=present.works.source, source_id=present.works.source_id))
    check_follows(present, body, work.now())
    if isinstance(body, DayStarted | DayTakenBack):
        check_now(body, work.now(), filing_zone(present.works.place, work.now()))
    handing.check_own(present, body)
    if isinstance(body, HandedOver):
        body = handing.open_there(work, actor, present, body)
    made = fold(work, present, filing_id, [body, *checked_again(work, present, body)], name_of(actor))
    write(work, [made], actor.id)
    handing.follow_there(work, present, body)
    if giver is not None and isinstance(body, SentBack):
        handing.give_back(work, actor, giver, filing_id, body)
    people.record(work, actor, f"filing.{body.kind}", ("filing", filing_id), {"version": made.after.version})
    return filing(work, actor, filing_id)


def _check_version(present: Filing, version: int | None, body: FilingBody) -> None:
    """A day is declared on a phone that may be offline: it is right whatever came between."""
    if version is None and not isinstance(body, DayStarted | DayTakenBack):
        raise InputError(field="version", problem="is missing", fix="Name the filing's version as you have seen it.")
    if version is not None and present.version != version:
        raise StaleFilingError(present)


def filing(work: Work, actor: Actor, filing_id: UUID, permission: str = READ) -> KeptFiling:
    """Return one filing; to read, one that names the actor as a party, too.

    Raises:
        ForbiddenError: the actor holds the permission nowhere.
        NotFoundError: there is none in reach.
    """
    scope = people.scope_filter(actor, permission, store.FILINGS)
    if permission == READ:
        scope = or_(scope, named_scope(work, known_as(work, actor)))
    return people.visible(store.filings.one(work, scope, filing_id), "filing")


def filings(
    work: Work,
    actor: Actor,
    wanted: FilingFilter,
    *,
    limit: int,
    area: Area | None = None,
    after: tuple[bool, UUID] | None = None,
    late_first: bool = False,
) -> list[KeptFiling]:
    """Return filings within the actor's reach, newest first, or those that are late before the others.

    Raises:
        ForbiddenError: the actor reads no filings.
    """
    scope = or_(people.scope_filter(actor, READ, store.FILINGS), named_scope(work, known_as(work, actor)))
    if area is not None:
        scope = and_(scope, people.area_filter(actor, READ, store.FILINGS, area))
    return store.filings.page(work, scope, wanted, limit=limit, after=after, late_first=late_first)


def filing_history(work: Work, actor: Actor, filing_id: UUID, *, limit: int, after: int = 0) -> list[FilingEvent]:
    """Return what happened to a filing in reach past its version ``after``, oldest first.

    Raises:
        ForbiddenError, NotFoundError: as for ``filing``.
    """
    found = filing(work, actor, filing_id).filing
    return store.filings.events(replace(work, tenant_id=found.tenant_id), filing_id, limit=limit, after=after)


def filings_changed_at(work: Work, filing_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when anything last happened to each of the tenant's filings: the caller has scoped them."""
    return store.filings.last_of(work, filing_ids)


def pipes_of_filing(work: Work, actor: Actor, kept: KeptFiling) -> tuple[Crossed, ...] | None:
    """Return the pipes in reach by name, as the map stands now; None for who does not read the network there."""
    found = kept.filing
    if found.tenant_id != work.tenant_id or not actor.grants_for(PIPES):
        return None
    if store.filings.one(work, people.scope_filter(actor, PIPES, store.FILINGS), found.id) is None:
        return None
    return network.around(work, found.works.area, at=found.works.valid_from).crossed
