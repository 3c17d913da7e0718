"""What becomes of a measured version: reviewed by two who are not its author, priced, tried, live, rolled back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import Act, CallState, Contract, Kind, Life
from pipewarden.market.rules import foundry as rules
from pipewarden.market.service import foundry, foundry_reviewing
from pipewarden.market.service.foundry import BUILD, MANAGE, REVIEW
from pipewarden.market.service.foundry_terms import reviewers
from pipewarden.market.service.rights import name
from pipewarden.market.store import foundry as store
from pipewarden.market.store import foundry_calls as calls
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Line, Version
    from pipewarden.people.facts import Actor

_MOST_UNITS = 10**9  # 100,000 yuan a call: a typing slip is none of somebody's money


def ask_for_review(work: Work, actor: Actor, slug: str, number: int) -> Version:
    """Put a measured version before the reviewers; its author says when its figures are the ones to be judged by.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, or it is not theirs.
        RefusedError: it is not measured, or past its review.
    """
    line = foundry.own_line(work, actor, slug, BUILD, MANAGE)
    version = foundry.version_of(work, line, number)
    if rules.asked_for(store.events(work, version.id)):
        return version
    changed = foundry.happened(work, actor, version, Act.ASKED, {})
    people.record(work, actor, "capability.review_asked", ("capability", line.id), {"number": number})
    return changed


def review(work: Work, actor: Actor, slug: str, number: int, *, accept: bool, words: str) -> Version:
    """Accept or refuse a measured version; as many as the policy says must accept it, none of them its author.

    Raises:
        ForbiddenError, NotFoundError: the actor reviews none, or not here.
        RefusedError: it is not measured, or they are its author, bound to them, have accepted it already, or no person.
    """
    line = foundry.own_line(work, actor, slug, REVIEW)
    version = foundry.version_of(work, line, number)
    if actor.kind is not ActorKind.PERSON:
        raise RefusedError(field="reviewer", problem="is no person", fix="Sign in as who looked at it.")
    foundry_reviewing.check(work, actor.id, line, reviewers(work, version.id))
    changed = foundry.happened(work, actor, version, Act.ACCEPTED if accept else Act.REFUSED, {"words": words})
    if accept and len(reviewers(work, version.id)) >= foundry.policy().review.accepts:
        changed = foundry.happened(work, actor, changed, Act.REVIEWED, {})
    people.record(work, actor, "capability.reviewed", ("capability", line.id), {"number": number, "accept": accept})
    return changed


def set_price(work: Work, actor: Actor, slug: str, number: int, units: int) -> Version:
    """Set what a call of a reviewed version will cost, from when it is the one that sells.

    Args:
        work: of the tenant.
        actor: the author, or a manager.
        slug: of the capability.
        number: of the version.
        units: of 0.0001 yuan.

    Raises:
        ForbiddenError, NotFoundError: the actor may not, or there is none here.
        InputError: no price, or one that must be a slip.
        RefusedError: it was not reviewed.
    """
    line = foundry.own_line(work, actor, slug, BUILD, MANAGE)
    version = foundry.version_of(work, line, number)
    if not 0 < units <= _MOST_UNITS:
        raise InputError(field="price", problem="is none", fix="Give more than 0 and at most 100000 yuan.")
    changed = foundry.happened(work, actor, replace(version, price=units), Act.PRICED, {"units": units})
    if rules.contract_at(store.contracts(work, line.id), work.now()) is None:
        store.add_contract(work, _usual(work, line), name(actor))
    people.record(work, actor, "capability.priced", ("capability", line.id), {"number": number, "units": units})
    return changed


def _usual(work: Work, line: Line) -> Contract:
    """Return the contract of somebody who agreed on nothing else; the platform's own models earn for the house."""
    parts = foundry.policy().contract
    own = line.kind is Kind.MODEL
    expert, house = (0, parts.expert + parts.house) if own else (parts.expert, parts.house)
    return Contract(line.id, line.tenant_id, work.now(), expert, house, parts.reviewers)


def agree(work: Work, actor: Actor, slug: str, made: tuple[int, int, int], since: datetime) -> Contract:
    """Share a capability's price otherwise from a moment on; calls of before keep their contract.

    Args:
        work: of the tenant.
        actor: a manager.
        slug: of the capability.
        made: parts of ten thousand of expert, house and reviewers.
        since: from when; an expert's part shrinks only after the days of notice.

    Raises:
        ForbiddenError, NotFoundError: the actor manages none, or there is none here.
        InputError: the parts do not sum, it begins too early, or another contract begins then.
    """
    line = foundry.own_line(work, actor, slug, MANAGE)
    store.lock(work, line.id)
    there = store.contracts(work, line.id)
    before = max((one for one in there if one.since <= since), key=lambda one: one.since, default=None)
    contract = Contract(line.id, line.tenant_id, since, *made)
    rules.check_contract(contract, before or _usual(work, line), work.now(), foundry.policy().contract)
    if not store.add_contract(work, contract, name(actor)):
        raise InputError(field="since", problem="is the beginning of another contract", fix="Take another moment.")
    told = {"since": since.isoformat(), "parts": list(made)}
    people.record(work, actor, "capability.contract_made", ("capability", line.id), told)
    return contract


def contracts(work: Work, actor: Actor, slug: str) -> list[Contract]:
    """Return a capability's contracts, the first first, for its author, reviewers and managers.

    Raises:
        ForbiddenError, NotFoundError: the actor is none of them here.
    """
    return store.contracts(work, foundry.own_line(work, actor, slug, BUILD, REVIEW, MANAGE).id)


def try_as_canary(work: Work, actor: Actor, slug: str, number: int, percent: int) -> Version:
    """Let a priced version answer a share of the calls; all of them where nothing else is live.

    Raises:
        ForbiddenError, NotFoundError: the actor manages none, or there is none here.
        InputError: the share is none, or more than the policy allows.
        RefusedError: it has no price, or another version is a canary.
    """
    line = foundry.own_line(work, actor, slug, MANAGE)
    version = foundry.version_of(work, line, number)
    most = foundry.policy().canary.most_percent
    if not 1 <= percent <= most:
        raise InputError(field="percent", problem=f"is not 1 to {most}", fix="Begin with few calls.")
    other = next((one for one in store.versions(work, line.id) if one.state is Life.CANARY), None)
    if other is not None and other.id != version.id:
        raise RefusedError(field="version", problem=f"{other.number} is a canary", fix="End that one first.")
    changed = foundry.happened(work, actor, replace(version, percent=percent), Act.CANARY, {"percent": percent})
    people.record(work, actor, "capability.tried", ("capability", line.id), {"number": number, "percent": percent})
    return changed


def go_live(work: Work, actor: Actor, slug: str, number: int) -> Version:
    """Let a canary that has proved itself answer all calls; the live version stands by.

    Raises:
        ForbiddenError, NotFoundError: the actor manages none, or there is none here.
        RefusedError: it is no canary, has answered too few calls, or failed too many.
    """
    line = foundry.own_line(work, actor, slug, MANAGE)
    version = foundry.version_of(work, line, number)
    if version.state is Life.CANARY:
        counted = calls.counts(work, version.id)
        rules.ripe(foundry.policy().canary, counted.get(CallState.ANSWERED, 0), counted.get(CallState.FAILED, 0))
    before = next((one for one in store.versions(work, line.id) if one.state is Life.LIVE), None)
    if before is not None and before.id != version.id:
        foundry.happened(work, actor, before, Act.REPLACED, {"by": number})
    changed = foundry.happened(work, actor, replace(version, percent=0), Act.LIVE, {})
    people.record(work, actor, "capability.live", ("capability", line.id), {"number": number})
    return changed


def roll_back(work: Work, actor: Actor, slug: str, number: int, reason: str) -> Version:
    """Take a version out of use for ever; where it was live, the newest that it replaced answers again.

    Raises:
        ForbiddenError, NotFoundError: the actor manages none, or there is none here.
        RefusedError: it is not in use.
    """
    line = foundry.own_line(work, actor, slug, MANAGE)
    version = foundry.version_of(work, line, number)
    changed = foundry.happened(work, actor, replace(version, percent=0), Act.ROLLED_BACK, {"reason": reason})
    if version.state is Life.LIVE:
        stood_by = [one for one in store.versions(work, line.id) if one.state is Life.REPLACED]
        if stood_by:
            foundry.happened(work, actor, stood_by[-1], Act.RESTORED, {"instead_of": number})
    told = {"number": number, "reason": reason}
    people.record(work, actor, "capability.rolled_back", ("capability", line.id), told)
    return changed
