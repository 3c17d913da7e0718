"""What follows by itself from an event of a site: its duties, whose they are, and the chains that climb for them.

All of it in the transaction of the event. Calls go out with the next sweep, a few seconds later at most: whoever writes
them holds every person's window, and must not wait for a site that somebody else has locked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Declined, DutyState, OwnerGiven, SiteDuty
from pipewarden.casework.rules import escalate
from pipewarden.casework.rules.duties import ACCEPT, is_critical, ladder_of, owed
from pipewarden.casework.rules.duty_file import OWNER
from pipewarden.casework.service.finding import area_of, fell_to_owner, holder_for, owner_for
from pipewarden.casework.store.owed import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Body, Ladder, Site, SiteEvent
    from pipewarden.casework.rules.duties import Opened
    from pipewarden.kit.work import Work


def react(work: Work, before: Site | None, event: SiteEvent, after: Site) -> Sequence[Body]:
    """Return what is to be appended to the site because of ``event``; the house's own doing."""
    policy, body = store.shipped_duties(), event.body
    kept = [] if before is None else store.owed.running(work, after.id)
    changes = owed(policy, before, event, after, [one.duty for one in kept])
    now = work.now()
    for duty in changes.done:
        close(work, replace(duty, state=DutyState.DONE, done_at=now))
    for duty, why in changes.dropped:
        close(work, replace(duty, state=DutyState.DROPPED, done_at=now), why)
    over = {duty.id for duty in changes.done} | {duty.id for duty, _ in changes.dropped}
    left = [one for one in kept if one.duty.id not in over]
    if isinstance(body, Declined):
        for duty in [one.duty for one in left if one.duty.kind == ACCEPT]:
            close(work, replace(duty, state=DutyState.DROPPED, done_at=now), "declined")
    if isinstance(body, OwnerGiven):
        _hand_over(work, left, body, after)
    ownerless = after.open and after.owner_id is None and not isinstance(body, OwnerGiven)
    area_path = area_of(work, after.lon, after.lat) if changes.opened or ownerless else None
    for opened in changes.opened:
        _open(work, event, after, opened, area_path)
    if before is not None and is_critical(after) and not is_critical(before):
        unshelve(work, after.id)
    store.sites.set_next_due(work, after.id, store.owed.next_due(work, after.id))
    return wanted_owner(work, after, area_path) if ownerless else []


def wanted_owner(work: Work, site: Site, area_path: str | None) -> list[Body]:
    """Return who has an ownerless site in hand from now on; nothing where there is nobody: the auditor finds it.

    Where no roster names anybody the tenant's safety manager gets it, and a breach is on file.
    """
    found = owner_for(work, area_path, declined(work, site.id) if site.version > 1 else ())
    if found is None or not found.on_roster:
        store.watched.add_breach(work, "nobody_on_duty", site.id, "nobody is on duty there", site_id=site.id)
    return [] if found is None else [OwnerGiven(found.person_id, found.role, found.why)]


def declined(work: Work, site_id: UUID) -> set[UUID]:
    """Return who has said no to a site since somebody last said yes."""
    owner, found = None, set()
    for event in store.history.events(work, site_id):
        if isinstance(event.body, OwnerGiven):
            owner = event.body.person_id
        elif isinstance(event.body, Declined) and owner is not None:
            found.add(owner)
        elif event.body.kind in {"accepted", "reopened"}:
            found = set()
    return found


def _open(work: Work, event: SiteEvent, site: Site, opened: Opened, area_path: str | None) -> None:
    """Begin one duty, with its chain where that begins at once; the same one that runs already stays."""
    rule = opened.rule
    ladder = ladder_of(store.shipped_duties(), rule, site)
    holder = holder_for(work, rule.role, site, area_path)
    duty = SiteDuty(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        site_id=site.id,
        kind=rule.kind,
        about=opened.about,
        person_id=None if holder is None else holder.person_id,
        role=rule.role,
        why="" if holder is None else holder.why,
        clause=rule.clause,
        opened_at=event.at,
        due_at=opened.due.due_at,
    )
    if not store.owed.add(work, Kept(duty, area_path, site.lon, site.lat, ladder.key)):
        return
    for year in sorted(opened.due.unknown):
        words = f"no calendar of {year} is on file: only weekends are counted as free"
        store.watched.add_breach(work, f"calendar_{year}", work.tenant_id, words, site_id=site.id)
    if rule.at_once:
        begin_chain(work, duty, ladder)


def begin_chain(work: Work, duty: SiteDuty, ladder: Ladder) -> None:
    """Begin the chain of a duty that cannot wait: no shelf holds it."""
    store.chains.add(work, escalate.begin(work.ids.new(), duty, ladder, work.now()))


def close(work: Work, duty: SiteDuty, why: str | None = None) -> None:
    """End a duty, its chain, and what its chain has not said yet."""
    now = work.now()
    store.owed.save(work, duty, why=why)
    store.chains.save(work, *(escalate.end(chain, now) for chain in store.chains.running(work, duty_id=duty.id)))
    store.chains.drop_held(work, [duty.id], now)


def _hand_over(work: Work, running: Sequence[Kept], body: OwnerGiven, site: Site) -> None:
    """Give what the owner owes to the new one; chains go on, with persons found as their steps come.

    What fell to the old owner for want of its role goes to who is on duty in it by now, else to the new owner.
    """
    for kept in running:
        duty, found = kept.duty, None
        if duty.kind != ACCEPT and duty.role == OWNER:
            found = (body.person_id, body.why)
        elif fell_to_owner(duty) and (choice := holder_for(work, duty.role, site, kept.area_path)) is not None:
            found = (choice.person_id, choice.why)
        if found is not None and found[0] != duty.person_id:
            store.owed.save(work, replace(duty, person_id=found[0], why=found[1]))


def unshelve(work: Work, site_id: UUID) -> None:
    """Take a site off its shelf; what the shelf held back is due now."""
    now, until = work.now(), store.watched.shelf_until(work, site_id)
    if until is None:
        return
    store.shifts.end_shelves(work, site_id, now)
    held = [chain for chain in store.chains.running(work, site_id=site_id) if chain.due_at == until]
    store.chains.save(work, *(escalate.release(chain, now) for chain in held))
