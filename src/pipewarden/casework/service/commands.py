"""What people do to a site: each act names the version it has seen, and is refused with the reason or done whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import (
    Accepted,
    AccidentReported,
    Advanced,
    Arrived,
    Declined,
    Ended,
    Noted,
    OwnerGiven,
    PlanReviewed,
    Refusal,
    Reopened,
    ReportAnswered,
    Reported,
    Resumed,
    SiteState,
    StandbyChecked,
    StepRecorded,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.rules import HOUSE, allowed
from pipewarden.casework.service import seen
from pipewarden.casework.service.files import StaleError, StepRefusedError, append
from pipewarden.casework.service.recording import check_record, measured_in, proposed
from pipewarden.casework.service.striking import strike_of_site
from pipewarden.judge import service as judge
from pipewarden.judge.facts import TRUE_CODES, JudgePolicy, ReviewCode
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.geo import distance_m
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Body, Proof, Site, ViolationKind
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_DECIDES = (OwnerGiven, Resumed, Ended, Reopened, Reported, ReportAnswered, AccidentReported, PlanReviewed)
_THERE_M = 200.0  # so far from the site's middle counts as being there, and as far again for what it may be off itself
_POLICY = JudgePolicy()


def permission_of(body: Body) -> str:
    """Return what an act asks for: people on the spot work, dispatchers and safety managers decide."""
    closes = isinstance(body, Advanced) and body.to is SiteState.CLOSED
    return seen.DECIDE if closes or isinstance(body, _DECIDES) else seen.WORK


def act(
    work: Work, actor: Actor, site_id: UUID, version: int | None, body: Body, *, made_at: datetime | None = None
) -> Filed:
    """Let a person do one thing to a site of the tenant worked for, on record.

    What somebody has seen on the spot is told to the judge, too: one word for the alarm and for the site.

    Args:
        work: the transaction.
        actor: who does it.
        site_id: where.
        version: the site's as the actor has seen it; None where the act is right whatever came between.
        body: what is done.
        made_at: when, by the phone that kept it; the act counts from when it came all the same.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        StaleError: the site has changed since; it carries the site as it stands.
        StepRefusedError: the site does not allow it; nothing was written.
        InputError: the act names something that does not exist.
    """
    found = seen.site(work, actor, site_id, permission_of(body)).site
    if found.tenant_id != work.tenant_id:
        raise NotFoundError.of("site")
    site = store.sites.lock(work, [site_id])[site_id]
    if version is not None and site.version != version:
        raise StaleError(site)
    _check(actor, site, body)
    asked = None if allowed(site, body, work.now()) is not None else check_record(work, site, body)
    if asked is not None and asked.position and isinstance(body, Advanced | StandbyChecked | StepRecorded):
        _check_there(site, replace(body.proof, pictures=()))  # a picture stands in for none, not for one elsewhere
    before, record = site.version, measured_in(body)
    site = append(work, site, [body], _name(actor), made_at=made_at)
    if record is not None:
        site = append(work, site, proposed(work, site, record, _name(actor), after=before))
    if isinstance(body, Verified):
        site = _looked(work, actor, site, body)
    elif isinstance(body, Ended) and body.to is SiteState.FALSE:
        _teach(work, actor, site, body.code, body.reason)
    if isinstance(body, Struck):
        strike_of_site(work, actor, site, body.words)
    people.record(work, actor, f"site.{body.kind}", ("site", site.id), {"version": site.version})
    return seen.site(work, actor, site_id)


def notes(work: Work, said: Sequence[tuple[UUID, str]], actor: str) -> None:
    """Write down on sites of the tenant what another system says of them; their state stays as it is.

    Args:
        work: the transaction.
        said: each site and what is said of it, in order.
        actor: who says it, as the audit names them.

    Raises:
        NotFoundError: there is no such site.
    """
    store.sites.lock_opening(work)  # whoever follows alarms holds several sites, too, in an order of its own
    held = store.sites.lock(work, [site_id for site_id, _ in said])
    for site_id, words in said:
        if site_id not in held:
            raise NotFoundError.of("site")
        held[site_id] = append(work, held[site_id], [Noted(words)], actor)


def violation_kinds() -> Mapping[str, ViolationKind]:
    """Return what violations there are, by code."""
    return store.violations()


def violation(work: Work, code: str, reason: str) -> ViolationOpened:
    """Return a violation as the list of violations has it, to be put right from now on.

    Raises:
        InputError: the list has no such code.
    """
    kind = store.violations().get(code)
    if kind is None:
        raise InputError(field="code", problem=f"{code!r} is not of the list", fix="Take a code of the list.")
    due_at = work.now() + timedelta(hours=kind.fix_h)
    return ViolationOpened(work.ids.new(), code, kind.severity, kind.clause, reason, due_at)


def owner(work: Work, person_id: UUID, site_id: UUID, why: str) -> OwnerGiven:
    """Return that a person gets a site in hand.

    Raises:
        InputError: there is no such person who may work there.
    """
    person = people.actor_of(work, person_id)
    grants = () if person is None else person.grants_for(seen.WORK)
    reaches = (
        person is not None and grants and store.sites.one(work, seen.scope(person, seen.WORK), site_id) is not None
    )
    if not reaches:
        problem = "is nobody who may work at this site"
        raise InputError(field="person_id", problem=problem, fix="Name a person of that area, on duty or not.")
    return OwnerGiven(person_id, grants[0].role.value, why)


def _check(actor: Actor, site: Site, body: Body) -> None:
    if isinstance(body, Accepted | Declined) and site.owner_id is not None and site.owner_id != actor.id:
        fix = "Have it assigned to you first."
        raise StepRefusedError(Refusal("not_owner", "state", "somebody else has it in hand", HOUSE, fix), site)
    if isinstance(body, Arrived | StandbyChecked):
        _check_there(site, body.proof)
    if isinstance(body, Verified):
        _check_code(body.code, true=body.true)
    if isinstance(body, Ended) and body.to is SiteState.FALSE:
        _check_code(body.code, true=False)


def _check_there(site: Site, proof: Proof) -> None:
    """Refuse a position elsewhere; a picture stands in for it where the site itself is not placed well."""
    if proof.lon is None or proof.lat is None or site.lon is None or site.lat is None or proof.pictures:
        return
    off = distance_m((site.lon, site.lat), (proof.lon, proof.lat))
    if off > _THERE_M + min(proof.accuracy_m or 0.0, _THERE_M):
        why = f"is {off:.0f} m away from the site"
        raise StepRefusedError(Refusal("too_far", "proof.position", why, HOUSE, "Go there, or take a picture."), site)


def _check_code(code: str, *, true: bool) -> None:
    known = [one.value for one in ReviewCode if (one in TRUE_CODES) == true]
    if code not in known:
        raise InputError(field="code", problem=f"{code!r} is not of the list", fix=f"Take one of {', '.join(known)}.")


def _looked(work: Work, actor: Actor, site: Site, body: Verified) -> Site:
    """End a site where somebody on the spot, with a picture, has found no works; tell the judge either way."""
    _teach(work, actor, site, body.code, body.proof.words)
    if body.true:
        return site
    words = body.proof.words.strip() or "somebody looked on the spot and there are no works"
    return append(work, site, [Ended(SiteState.FALSE, body.code, words)], _name(actor))


def _teach(work: Work, actor: Actor, site: Site, code: str, words: str) -> None:
    """Let the judge know what a person said; where somebody else is at the review, theirs is the word there."""
    if site.alarm_id is None or not actor.grants_for(judge.DECIDE):
        return
    try:
        judge.decide(work, actor, site.alarm_id, code=ReviewCode(code), words=words, silence=None, policy=_POLICY)
    except (RefusedError, NotFoundError, ForbiddenError):
        return


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
