"""What a shift of standing by tells a site beside its check-ins: a missed one, gas in the air, a stop in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import DutyState, SiteState, StopOrdered
from pipewarden.casework.rules import allowed
from pipewarden.casework.rules.duties import STANDBY
from pipewarden.casework.service import seen
from pipewarden.casework.service.commands import act, violation
from pipewarden.casework.service.files import append
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts.standby import GasFound, StandbyMissed
    from pipewarden.casework.service import Filed
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def standby_missed(work: Work, site_id: UUID, missed: StandbyMissed) -> bool:
    """Write on a site that a check-in did not come, so that somebody owes finding out why; the house's own doing.

    Returns:
        False where nothing is missed: the site is no longer stood by, or its check-ins are paused for a named reason.
    """
    site = store.sites.lock(work, [site_id]).get(site_id)
    if site is None or allowed(site, missed, work.now()) is not None:
        return False
    running = store.owed.running(work, site_id)
    if any(one.duty.kind == STANDBY and one.duty.state is DutyState.PAUSED for one in running):
        return False
    append(work, site, [missed])
    return True


def stood_by(work: Work, site_id: UUID) -> bool:
    """Say whether somebody has to stand by at a site of the tenant, or may: it is ready, stood by, or repaired."""
    site = store.sites.read(work, [site_id]).get(site_id)
    if site is None or not site.open:
        return False
    return site.state in {SiteState.READY, SiteState.UNDER_STANDBY} or site.repair is not None


def gas_found(work: Work, actor: Actor, site_id: UUID, found: GasFound) -> None:
    """Write that somebody has read too much gas: level 1, a call at once, and the works stop until it is gone.

    Raises:
        ForbiddenError, NotFoundError: the actor must not work there, or there is none in reach.
    """
    there = seen.site(work, actor, site_id, seen.WORK).site
    site = store.sites.lock(work, [site_id]).get(site_id) if there.tenant_id == work.tenant_id else None
    if site is None:
        raise NotFoundError.of("site")
    bodies: list[GasFound | StopOrdered] = [found]
    if not site.stopped:
        why = f"燃气浓度 {found.gas_ppm:g} ppm，达到或超过 {found.limit_ppm:g} ppm (gas above the limit)"
        bodies.append(StopOrdered(work.ids.new(), why))
    site = append(work, site, bodies, f"{actor.kind}:{actor.id}")
    told = {"version": site.version, "gas_ppm": found.gas_ppm}
    people.record(work, actor, "site.gas_found", ("site", site_id), told)


def stop_for(work: Work, actor: Actor, site_id: UUID, code: str, reason: str) -> tuple[Filed, UUID, UUID]:
    """Open a violation and order the works to stop, both or neither; what is open already is followed, not doubled.

    Returns:
        The site, the violation's id and the stop order's.

    Raises:
        ForbiddenError, NotFoundError: the actor must not work there, or there is none in reach.
        InputError: the list of violations has no such code.
        RefusedError: both are there already, or the site has ended.
    """
    site = seen.site(work, actor, site_id, seen.WORK).site
    bodies = [violation(work, code, reason), StopOrdered(work.ids.new(), reason)]
    known = any(one.code == code and one.fixed_at is None for one in site.violations)
    if known and site.stopped:
        fix = "See that they stop; report the refusal if they do not."
        raise RefusedError(field="violation", problem=f"{code} is open and the works are stopped already", fix=fix)
    wanted = [one for one, there in zip(bodies, (known, site.stopped), strict=True) if not there]
    found = [act(work, actor, site_id, None, one) for one in wanted][-1]
    opened = next(one for one in found.site.violations if one.code == code and one.fixed_at is None)
    return found, opened.id, next(one for one in found.site.stops if one.resumed_at is None).id
