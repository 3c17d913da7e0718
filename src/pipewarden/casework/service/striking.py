"""A pipe is hit: one report opens the strike, puts it on its site, and tells everybody who has a part in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.casework import store
from pipewarden.casework.facts import Call, Discovered, Reopened, Shape, Struck, Urgency
from pipewarden.casework.facts.strike import (
    HEARD_AGAIN,
    NO_WORDS,
    Gas,
    Situation,
    StrikeEvent,
    StrikeFile,
    StrikeOpened,
)
from pipewarden.casework.rules import flood
from pipewarden.casework.rules.strike import apply_strike
from pipewarden.casework.service import seen
from pipewarden.casework.service.calling import tell
from pipewarden.casework.service.files import append, open_site
from pipewarden.casework.service.finding import FLOOD, area_of, owner_for
from pipewarden.casework.service.strike_plan import involved, plan_at
from pipewarden.dedupe import service as dedupe
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ActorKind, AreaRef, ForbiddenError, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.casework.facts.strike import StrikeBody
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

DECIDE = "strike:decide"
_SAME_SITE_M = 50.0  # a strike this near to an open site is that site's
_SAME_STRIKE = timedelta(hours=6)  # whoever reports after that means a new one: others are on duty, and are to be told


@dataclass(frozen=True, slots=True)
class _Said:
    """What a report says: where (lon, lat), in which words, which gas."""

    place: tuple[float, float]
    words: str
    gas: Gas


def report_strike(
    work: Work,
    actor: Actor,
    *,
    place: tuple[float, float] | None = None,
    site_id: UUID | None = None,
    alarm_id: UUID | None = None,
    words: str = "",
    gas: Gas = Gas.NATURAL,
    drill: bool = False,
) -> StrikeFile:
    """Open a strike: everybody who is signed in may, because minutes count; a second report of it adds to the first.

    Args:
        work: the transaction; the facts of what it tells stay with it.
        actor: who says it; a device's key may not.
        place: lon, lat in degrees WGS-84; or the site or alarm where it is.
        site_id: in the reporter's reach.
        alarm_id: the same.
        words: what the reporter says.
        gas: in the pipe, where somebody knows.
        drill: an exercise; who may decide on strikes begins one.

    Raises:
        ForbiddenError, NotFoundError: a device asks, a drill is not theirs to begin, or what they name is out of reach.
        InputError: neither a place nor a site nor an alarm that has one; no operator is there.
    """
    if actor.kind not in {ActorKind.PERSON, ActorKind.OPERATOR}:
        raise ForbiddenError(field="actor", problem="is no person", fix="Let a person report it.")
    site = None if site_id is None else seen.site(work, actor, site_id).site
    alarm = None if alarm_id is None else dedupe.seen_alarm(work, actor, alarm_id)
    ground = None if alarm is None else alarm.ground
    where = place or _place_of(site) or (None if ground is None else (ground.lon, ground.lat))
    if where is None:
        fix = "Give lon and lat, or a site or alarm that has a place."
        raise InputError(field="lon", problem="is not known: nothing says where it is", fix=fix)
    tenant_id = site.tenant_id if site is not None else alarm.tenant_id if alarm is not None else work.tenant_id
    here = replace(work, tenant_id=_operator_at(work, where) if tenant_id == PLATFORM else tenant_id)
    store.strikes.lock_opening(here)
    if drill:
        area = people.area_at(here, *where)
        areas = () if area is None else (AreaRef(area.tenant_id, area.path),)
        people.require_row(actor, DECIDE, ScopedRow(here.tenant_id, actor.id, areas), "area")
        return _open(here, actor, None, _Said(where, words, gas), drill=True)
    store.sites.lock_opening(here)
    standing = _site(here, site, None if alarm is None else alarm.id, where)
    before = None if standing is None else store.strikes.open_of_site(here, standing.id)
    if before is not None and work.now() - before.at < _SAME_STRIKE:
        return happen(here, before, Situation(f"{HEARD_AGAIN}{words or NO_WORDS}", tell=False), actor)
    standing = _struck(here, actor, standing, where, words)
    return _open(here, actor, standing, _Said(where, words, gas), drill=False)


def strike_of_site(work: Work, actor: Actor, site: Site, words: str) -> None:
    """Open the strike of a site on whose page somebody has said that a pipe was hit."""
    where = _place_of(site)
    if where is None or store.strikes.open_of_site(work, site.id) is not None:
        return
    _open(work, actor, site, _Said(where, words, Gas.NATURAL), drill=False)


def _place_of(site: Site | None) -> tuple[float, float] | None:
    return None if site is None or site.lon is None or site.lat is None else (site.lon, site.lat)


def _operator_at(work: Work, place: tuple[float, float]) -> UUID:
    """Return whose network lies at a place, for who acts for no operator.

    Raises:
        InputError: nobody's does.
    """
    found = network.operators_at(work, place)
    if not found:
        raise InputError(
            field="lon", problem="lies on no operator's map", fix="Ring 119, and name the operator's site."
        )
    return found[0]


def _site(work: Work, site: Site | None, alarm_id: UUID | None, place: tuple[float, float]) -> Site | None:
    """Return the site that a strike belongs to, held; None where one is to be opened."""
    site_id = None if site is None else site.id
    if site_id is None and alarm_id is not None:
        site_id = next((one.site.id for one in store.sites.lock_of_alarms(work, [alarm_id]).values()), None)
    if site_id is None:
        site_id = store.watched.open_near(work, place, _SAME_SITE_M)
    found = None if site_id is None else store.sites.lock(work, [site_id]).get(site_id)
    for _ in range(10):
        if found is None or found.merged_into is None:
            return found
        found = store.sites.lock(work, [found.merged_into]).get(found.merged_into)
    return found


def _struck(work: Work, actor: Actor, site: Site | None, place: tuple[float, float], words: str) -> Site:
    """Put the strike on its site: opened, or opened again, where that is needed."""
    name, said = f"{actor.kind}:{actor.id}", words.strip() or NO_WORDS
    if site is None:
        (answer,) = network.answer_many(work, np.array([place]), covariances=None, at=work.now())
        site = open_site(work, Discovered(None, answer.zone, 1, *place, said), name)
    elif not site.open:
        site = append(work, site, [Reopened(said)], name)
    if site.strike is not None and site.strike.reported_at is None:
        return site
    return append(work, site, [Struck(said)], name)


def _open(work: Work, actor: Actor, site: Site | None, said: _Said, *, drill: bool) -> StrikeFile:
    place, words, gas = said.place, said.words, said.gas
    owner = None if site is None else site.owner_id
    if site is None:
        choice = owner_for(work, area_of(work, *place), ())
        owner = None if choice is None else choice.person_id
    plan = plan_at(work, place, gas, drill=drill, owner=owner)
    told = involved(work, place, plan, [owner])
    body = StrikeOpened(drill, None if site is None else site.id, words, *place, gas, plan, told)
    file = happen(work, None, body, actor)
    announce(work, file, "strike.opened", Urgency.ALARM, words)
    return file


def happen(work: Work, file: StrikeFile | None, body: StrikeBody, actor: Actor | None) -> StrikeFile:
    """Write one thing that happens to a strike that the caller holds, on record."""
    strike_id = work.ids.new() if file is None else file.id
    name = None if actor is None else f"{actor.kind}:{actor.id}"
    version = 1 if file is None else file.version + 1
    event = StrikeEvent(work.ids.new(), work.tenant_id, strike_id, work.now(), name, version, body)
    made = apply_strike(file, event)
    by = None if actor is None or actor.kind is not ActorKind.PERSON else actor.id
    store.strikes.write(work, made, by, event)
    if actor is not None:
        details = {"version": made.version, "drill": made.drill}
        people.record(work, actor, f"strike.{body.kind}", ("strike", made.id), details)
    return made


def announce(
    work: Work, file: StrikeFile, text: str, urgency: Urgency, words: str, *, to: Sequence[UUID] | None = None
) -> None:
    """Tell everybody involved, or those in ``to``, each once; the first word goes out whatever their window holds.

    A drill's calls stay in the message centre. A later word to whoever has no room waits for their digest.
    """
    persons = file.involved if to is None else to
    sent = store.calls.sent(work, work.now() - FLOOD.window, persons)
    broken = file.plan.isolation.broken
    size = "DN?" if broken is None or broken.diameter_mm is None else f"DN{broken.diameter_mm:.0f}"
    for person in persons:
        room = urgency is Urgency.ALARM or file.drill or flood.takes(person, sent, work.now(), FLOOD)
        mine = [one for one in file.plan.tasks if one.person_id == person and one.done_at is None]
        call = Call(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            person_id=person,
            urgency=urgency if room else Urgency.NOTE,
            site_ids=() if file.site_id is None else (file.site_id,),
            duty_id=None,
            step=0,
            loop=0,
            text=text,
            params={
                "strike": str(file.id),
                "radius_m": f"{file.plan.reach.radius_m:.0f}",
                "place": f"{file.lon:.5f}, {file.lat:.5f}",
                "size": size,
                "tasks": str(len(mine)),
                "words": words,
                "news": str(file.version),
            },
            at=work.now(),
            drill=file.drill,
        )
        tell(work, call, Shape.ONE)
