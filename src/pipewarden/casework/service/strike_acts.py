"""What people do to a strike: call, tick off, tell how it stands, end it, and write down the damage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import DamageRecorded, Urgency
from pipewarden.casework.facts.strike import (
    DamageSaid,
    Situation,
    StrikeContact,
    StrikeOver,
    StrikePlaced,
    TaskGiven,
)
from pipewarden.casework.rules.strike import check_follows
from pipewarden.casework.service.files import append
from pipewarden.casework.service.strike_plan import involved, plan_at
from pipewarden.casework.service.strike_seen import strike
from pipewarden.casework.service.striking import DECIDE, announce, happen
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError, ScopedRow

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.casework.facts.strike import Gas, NumberKind, StrikeBody, StrikeFile
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

WORK = "strike:work"
_NEWS = {"strike_placed": "strike.placed", "situation": "strike.update", "strike_over": "strike.over"}
_MERGES = 10


def act_on_strike(work: Work, actor: Actor, strike_id: UUID, body: StrikeBody) -> StrikeFile:
    """Let a person do one thing to a strike of the tenant worked for. Nobody is asked for a version: minutes count.

    What was ticked off before stays with who did it first.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError, RefusedError: it does not follow (``rules.strike.check_follows``), or names nobody of the tenant.
    """
    decides = isinstance(body, StrikeOver | DamageSaid | TaskGiven)
    if strike(work, actor, strike_id, DECIDE if decides else WORK).tenant_id != work.tenant_id:
        raise NotFoundError.of("strike")
    site = _site_of(work, strike(work, actor, strike_id)) if isinstance(body, DamageSaid) else None
    file = store.strikes.lock(work, strike_id)  # after its site, as everybody does
    if file is None:
        raise NotFoundError.of("strike")
    check_follows(file, body)
    if isinstance(body, TaskGiven) and people.actor_of(work, body.person_id) is None:
        raise InputError(field="person_id", problem="is nobody here", fix="Name a person of this operator.")
    made = happen(work, file, body, actor)
    if site is not None and site.open and site.strike is not None:  # one that has ended needs no word
        append(work, site, [DamageRecorded(made.id)], f"{actor.kind}:{actor.id}")
    if body.kind in _NEWS and not (isinstance(body, Situation) and not body.tell):
        announce(work, made, _NEWS[body.kind], Urgency.DUE, getattr(body, "words", ""), to=file.involved)
    new = [one for one in made.involved if one not in file.involved]
    announce(work, made, "strike.opened", Urgency.ALARM, made.words, to=new)  # their first word on it
    return made


def placed_anew(
    work: Work,
    actor: Actor,
    strike_id: UUID,
    *,
    place: tuple[float, float] | None = None,
    gas: Gas | None = None,
    pipe_id: str | None = None,
) -> StrikeFile:
    """Move a strike, or name the pipe or the gas: radius, valves and board are made anew.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``act_on_strike``.
        InputError: the pipe lies elsewhere.
    """
    strike(work, actor, strike_id, WORK)
    file = store.strikes.lock(work, strike_id)
    if file is None:
        raise NotFoundError.of("strike")
    where, what = place or (file.lon, file.lat), gas or file.gas
    hit, open_yet = file.plan.isolation.broken, file.plan.isolation.rivals
    named = None if hit is None or open_yet or place is not None else hit.pipe_id  # what somebody named stays named
    pipe = pipe_id or named
    plan = plan_at(work, where, what, drill=file.drill, pipe_id=pipe, owner=next(iter(file.involved), None))
    hit = plan.isolation.broken
    if pipe_id is not None and (hit is None or hit.pipe_id != pipe_id):
        raise InputError(field="pipe_id", problem="is no pipe near there", fix="Take one of `broken` or `others`.")
    told = involved(work, where, plan, ())
    return act_on_strike(work, actor, strike_id, StrikePlaced(*where, what, pipe, plan, told))


def _site_of(work: Work, file: StrikeFile) -> Site | None:
    """Return the site that a strike hangs on now, held: where it was merged into another, that one."""
    site, site_id = None, file.site_id
    for _ in range(_MERGES):
        site = None if site_id is None else store.sites.lock(work, [site_id]).get(site_id)
        if site is None or site.merged_into is None:
            break
        site_id = site.merged_into
    return site


def set_contact(work: Work, actor: Actor, kind: NumberKind, *, name: str, number: str, since: date) -> StrikeContact:
    """Put a number on record, from a day on; what was on record before stays readable.

    Raises:
        ForbiddenError: the actor decides on no strikes of the tenant.
    """
    people.require_row(actor, DECIDE, ScopedRow(work.tenant_id), "contact")
    made = StrikeContact(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=kind,
        name=name,
        number=number,
        since=since,
        recorded_at=work.now(),
        recorded_by=f"{actor.kind}:{actor.id}",
    )
    store.strikes.add_contact(work, made)
    people.record(work, actor, "strike_contact.set", ("strike_contact", made.id), {"kind": kind.value})
    return made
