"""Calls of capabilities: answered once for each request id, charged when answered, tried unpaid a few times a day."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, PipewardenError, RefusedError, UnavailableError
from pipewarden.market.facts.foundry import Ask, Call, CallState, Life
from pipewarden.market.facts.metering import Capability, DemandState, Meter, Price
from pipewarden.market.rules.foundry import answering
from pipewarden.market.service import demands, foundry, metering
from pipewarden.market.service.rights import MANAGE, name, require_here
from pipewarden.market.service.runners import runnable
from pipewarden.market.store import foundry as store
from pipewarden.market.store import foundry_calls as calls
from pipewarden.market.store import foundry_examples as examples
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Example, Line, Runnable, Said, Version
    from pipewarden.market.facts.metering import Demand
    from pipewarden.market.service.runners import Runners
    from pipewarden.people.facts import Actor

_OWN = "evaluate:"  # begins the request ids of the house's own
_LONGEST, _MB, _DAY = 200, 1 << 20, timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it is asked for.

    Attributes:
        request_id: the caller's own: the same again is the same call, and is charged once.
        demand_id: which demand pays; None for the oldest open one of the capability.
        wait: answer at once where that can be done; else a job answers.
    """

    request_id: str
    ask: Ask
    demand_id: UUID | None = None
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A call that was refused because nothing pays for it; the demand remembers that it is exhausted."""

    why: RefusedError


@dataclass(frozen=True, slots=True)
class Taken:
    """A waiting call in hand of a job."""

    call: Call
    runnable: Runnable
    ask: Ask


def open_demand(work: Work, actor: Actor, slug: str, title: str, *, wanted: int, units: int) -> Demand:
    """Want so many calls of a capability that is for sale, paid out of a budget that the purse fills at once.

    Raises:
        ForbiddenError, NotFoundError: the actor manages no money, or there is none here.
        RefusedError: nothing of it is for sale.
        InputError: a budget has that name.
        LedgerError: the purse has less.
    """
    require_here(work, actor, MANAGE, foundry.KIND)
    line = _line(work, slug)
    return demands.open_demand(work, actor, _sold(work, line), title, wanted=wanted, units=units)


def invoke(work: Work, actor: Actor, runners: Runners, slug: str, request: Request) -> Call | Unpaid:
    """Call a capability: answered now, or, where it asks a stranger or the caller does not wait, by a job.

    Raises:
        ForbiddenError, NotFoundError: the actor calls none, or there is none here.
        InputError: the request id is none, or was used for something else; the ask is not what the capability takes.
        RefusedError: nothing is for sale, or no demand is open.
    """
    require_here(work, actor, foundry.INVOKE, foundry.KIND)
    line = _line(work, slug)
    _check_request(request)
    digest = digest_of(request.ask)
    before = calls.by_request(work, line.id, request.request_id)
    if before is not None and before.sha256 != digest:
        raise InputError(field="request_id", problem="was used for something else", fix="Give each call its own.")
    if before is not None and before.state is not CallState.FAILED:
        return before
    version = answering(store.versions(work, line.id), request.request_id)
    runner, what = runners.of(line.kind), runnable(line, _whole(work, version), work.tenant_id)
    runner.check(what, request.ask)
    demand = _demand(work, line, request.demand_id)
    made = replace(_call(work, actor, line, version, digest), demand_id=demand.id, request_id=request.request_id)
    made = replace(made, given=request.ask.given, id=made.id if before is None else before.id)
    if runner.slow or not request.wait:
        (admitted,) = metering.admit(work, demand.id, [request.request_id], version_id=version.id)
        return _kept(work, made, before, request.ask.picture) if isinstance(admitted, Meter) else Unpaid(admitted)
    try:
        said = runner.run(what, request.ask)
    except UnavailableError as error:
        return _kept(work, replace(made, state=CallState.FAILED, problem=error.problem), before)
    (charged,) = metering.meter(work, demand.id, [request.request_id], version_id=version.id)
    if not isinstance(charged, Meter):
        return Unpaid(charged)
    return _kept(work, replace(_answered(work, made, said), units=charged.units), before)


def _kept(work: Work, made: Call, before: Call | None, picture: bytes | None = None) -> Call:
    """Write a call, or what became of one that had failed; where another was quicker, return that one."""
    picture = picture if made.state is CallState.WAITING else None
    if before is not None:
        calls.change(work, made, picture)
        return made
    if calls.add(work, made, picture):
        return made
    return people.visible(calls.by_request(work, made.line_id, made.request_id or ""), "call")


def try_out(work: Work, actor: Actor, runners: Runners, which: tuple[str, int], ask: Ask) -> Call:
    """Try a version unpaid, a few times a day: who builds, reviews or manages any that was measured, others a sold one.

    Args:
        work: of the tenant.
        actor: who tries.
        runners: who runs it.
        which: slug and number of the version.
        ask: what is asked.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or there is none here for them.
        InputError: the ask is not what the capability takes.
        RefusedError: it was never measured, or they have tried it often today.
    """
    line, version, _ = foundry.look_up_version(work, actor, *which)
    if version.state not in {Life.LIVE, Life.CANARY} and not foundry.concerned(actor, line):
        people.visible(None, "version")
    if version.figures is None:
        raise RefusedError(field="version", problem="was never measured", fix="Evaluate it first.")
    most = foundry.policy().calls.tries_a_day
    if calls.tried(work, line.id, name(actor), work.now() - _DAY) >= most:
        raise RefusedError(field="capability", problem=f"was tried {most} times today", fix="Open a demand for it.")
    _check_picture(ask)
    runner, what = runners.of(line.kind), runnable(line, _whole(work, version), work.tenant_id)
    runner.check(what, ask)
    made = replace(_call(work, actor, line, version, digest_of(ask)), given=ask.given)
    if runner.slow:
        calls.add(work, made, ask.picture)
        return made
    try:
        made = _answered(work, made, runner.run(what, ask))
    except UnavailableError as error:
        made = replace(made, state=CallState.FAILED, problem=error.problem)
    calls.add(work, made)
    return made


def call_of(work: Work, actor: Actor, slug: str, call_id: UUID) -> Call:
    """Return a call of the tenant, to whoever made it, or may make calls here.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or there is none here for them.
    """
    require_here(work, actor, foundry.INVOKE if actor.grants_for(foundry.INVOKE) else foundry.READ, foundry.KIND)
    found = calls.one(work, _line(work, slug).id, call_id)
    if found is not None and found.caller != name(actor) and not actor.grants_for(foundry.INVOKE):
        found = None
    return people.visible(found, "call")


def evaluation_answers(work: Work, line: Line, version: Version, held: Sequence[Example]) -> Mapping[UUID, Call]:
    """Return what was answered about each picture of a frozen set; what was not asked yet waits from now on."""
    found: dict[UUID, Call] = {}
    for one in held:
        request_id = f"{_OWN}{version.number}:{one.id}"
        there = calls.by_request(work, line.id, request_id)
        if there is None:
            made = Call(
                id=work.ids.new(),
                tenant_id=work.tenant_id,
                line_id=line.id,
                version_id=version.id,
                demand_id=None,
                request_id=request_id,
                sha256=one.sha256,
                caller="house:evaluation",
                state=CallState.WAITING,
                asked_at=work.now(),
            )
            calls.add(work, made, examples.masked(work, one.id))
            there = made
        found[one.id] = there
    return found


def ask_again(work: Work, line: Line, version: Version, held: Sequence[Example]) -> int:
    """Let questions of an evaluation that failed wait once more; return how many."""
    count = 0
    for one in held:
        there = calls.by_request(work, line.id, f"{_OWN}{version.number}:{one.id}")
        if there is not None and there.state is CallState.FAILED:
            waiting = replace(there, state=CallState.WAITING, problem="", answered_at=None)
            calls.change(work, waiting, examples.masked(work, one.id))
            count += 1
    return count


def take(work: Work, call_id: UUID) -> Taken | None:
    """Return a waiting call of the tenant with what runs it; None where it waits no more."""
    found = calls.held(work, call_id)
    if found is None:
        return None
    call, picture = found
    line = people.visible(store.line_by_id(work, call.line_id), foundry.KIND)
    version = people.visible(store.version(work, call.version_id), "version")
    return Taken(call, runnable(line, version, work.tenant_id), Ask(picture, call.given))


def settle(work: Work, call_id: UUID, outcome: Said | PipewardenError) -> Call | None:
    """Write what became of a waiting call, and charge it if it was answered and its demand still pays."""
    found = calls.held(work, call_id)
    if found is None:
        return None
    call, _ = found
    if isinstance(outcome, PipewardenError):
        if call.demand_id is not None and call.request_id is not None:
            metering.failed(work, call.demand_id, [call.request_id])
        made = replace(call, state=CallState.FAILED, problem=outcome.problem, answered_at=work.now())
    else:
        made = _paid(work, _answered(work, call, outcome))
    calls.change(work, made)
    return made


def _paid(work: Work, made: Call) -> Call:
    """Charge an answered call; one that its demand no longer pays is not handed out."""
    if made.demand_id is None or made.request_id is None:
        return made
    (charged,) = metering.delivered(work, made.demand_id, [made.request_id])
    if isinstance(charged, Meter):
        return replace(made, units=charged.units)
    return replace(made, state=CallState.FAILED, answer={}, said_by="", problem=charged.problem)


def forget_said(work: Work) -> int:
    """Forget what calls of every tenant said that are older than the policy keeps; return how many."""
    return calls.forget(work, work.now() - timedelta(days=foundry.policy().calls.kept_days))


def digest_of(ask: Ask) -> str:
    """Return the SHA-256 of an ask: the same picture and the same values give the same."""
    digest = hashlib.sha256(hashlib.sha256(ask.picture or b"").digest())
    digest.update(json.dumps(dict(ask.given), sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()


def _line(work: Work, slug: str) -> Line:
    return people.visible(store.line(work, slug), foundry.KIND)


def _whole(work: Work, version: Version) -> Version:
    return people.visible(store.version(work, version.id), "version")


def _check_request(request: Request) -> None:
    one = request.request_id
    if not 0 < len(one) <= _LONGEST or not one.isprintable() or one.startswith(_OWN):
        raise InputError(field="request_id", problem="is none", fix=f"Give 1 to {_LONGEST} characters of your own.")
    _check_picture(request.ask)


def _check_picture(ask: Ask) -> None:
    most = foundry.policy().calls.picture_mb
    if ask.picture is not None and len(ask.picture) > most * _MB:
        raise InputError(field="picture", problem=f"is larger than {most} MB", fix="Send a smaller one.")


def _demand(work: Work, line: Line, demand_id: UUID | None) -> Demand:
    """Return the demand that pays for calls of a line.

    Raises:
        NotFoundError: the one that was named is none, or of something else.
        RefusedError: none is open.
    """
    capability_id = _sold(work, line)
    if demand_id is not None:
        found = people.visible(meters.demand(work, demand_id), "demand")
        return people.visible(found if found.capability_id == capability_id else None, "demand")
    mine = [one for one in meters.demands(work, DemandState.OPEN) if one.capability_id == capability_id]
    if not mine:
        raise RefusedError(field="demand", problem="none is open", fix="Open a demand for this capability first.")
    return mine[-1]


def _sold(work: Work, line: Line) -> UUID:
    """Return the tenant's capability of a line, made at first use, at the price of the version that sells now.

    Raises:
        RefusedError: nothing is for sale.
    """
    versions = store.versions(work, line.id)
    selling = {one.state: one for one in versions if one.state in {Life.LIVE, Life.CANARY}}
    sells = selling.get(Life.LIVE) or selling.get(Life.CANARY)
    if sells is None or sells.price is None:
        raise RefusedError(field="capability", problem="has no live version", fix="Ask for another, or wait for it.")
    capability_id = store.sold(work, line.id)
    if capability_id is None:
        version = "platform" if line.tenant_id == PLATFORM else "foundry"
        made = Capability(work.ids.new(), work.tenant_id, line.slug, version, line.author_id, work.now())
        if meters.add_capability(work, made):
            store.sell(work, made.id, line.id)
        capability_id = people.visible(store.sold(work, line.id), foundry.KIND)
    begun = [one for one in meters.prices(work, capability_id) if one.since <= work.now()]
    if not begun or max(begun, key=lambda one: one.since).units != sells.price:
        meters.add_price(work, Price(capability_id, work.now(), sells.price))
    return capability_id


def _call(work: Work, actor: Actor, line: Line, version: Version, digest: str) -> Call:
    return Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        line_id=line.id,
        version_id=version.id,
        demand_id=None,
        request_id=None,
        sha256=digest,
        caller=name(actor),
        state=CallState.WAITING,
        asked_at=work.now(),
    )


def _answered(work: Work, call: Call, said: Said) -> Call:
    return replace(
        call,
        state=CallState.ANSWERED,
        answered_at=work.now(),
        answer=said.answer,
        said_by=said.by,
        abstained=said.abstained,
    )
