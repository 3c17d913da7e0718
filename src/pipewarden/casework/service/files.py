"""The one way in which anything happens to a site: folded, written, said, and what follows from it asked for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, cast

from pipewarden.casework import store
from pipewarden.casework.facts import CHANGED, Refusal, SiteEvent
from pipewarden.casework.rules import HOUSE, allowed, apply, headline
from pipewarden.casework.service.reacting import react
from pipewarden.casework.service.supervising import broken, brought_by_time
from pipewarden.kit.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Body, Discovered, Site
    from pipewarden.kit.work import Work

_MOST_DUE = 100  # sites of one transaction
_MOST = 64  # events that may follow from one; more is a ring


class StepRefusedError(RefusedError):
    """A step that the site, as it is, does not allow; nothing was written.

    Attributes:
        refusal: with the clause that stands against it.
        site: as it stands.
    """

    def __init__(self, refusal: Refusal, site: Site) -> None:
        super().__init__(field=refusal.field, problem=refusal.reason, fix=refusal.fix)
        self.refusal, self.site = refusal, site

    @property
    def more(self) -> dict[str, object]:
        """Return the code and the clause of the refusal, and the site as it stands."""
        site = self.site
        present = {"id": str(site.id), "version": site.version, "state": site.state.value, "headline": headline(site)}
        return {"code": self.refusal.code, "clause": self.refusal.clause, "present": present}


class StaleError(StepRefusedError):
    """The site has changed since the version that an act names."""

    def __init__(self, site: Site) -> None:
        fix = "Look at it as it stands, and send the act again with its version if it is still right."
        super().__init__(Refusal("stale", "version", f"is not the present one, {site.version}", HOUSE, fix), site)


def open_site(work: Work, body: Discovered, actor: str | None = None) -> Site:
    """Open a site and let its first duty find an owner.

    Raises:
        IntegrityError: its alarm has a site already.
    """
    return _supervised(work, _happen(work, None, body, actor))


def append(
    work: Work, site: Site, bodies: Iterable[Body], actor: str | None = None, *, made_at: datetime | None = None
) -> Site:
    """Let things happen to a site that the caller holds locked, one after another, with all that follows from each.

    Args:
        work: the transaction.
        site: as ``store.sites.lock`` gave it.
        bodies: what happens.
        actor: whose doing; None for the house's own rules. What follows is always the house's.
        made_at: when they did it, by the phone that kept it; what follows has none.

    Raises:
        StepRefusedError: the site does not allow one of them.
    """
    for body in bodies:
        why = allowed(site, body, work.now())
        if why is not None:
            raise StepRefusedError(why, site)
        site = _happen(work, site, body, actor, made_at)
    return _supervised(work, site)


def ask_anew(work: Work, boxes: Collection[tuple[float, float, float, float]]) -> list[UUID]:
    """Ask the rules about every open site of the tenant in some boxes, and return these sites, held.

    What is filed there has changed, or what is known of the ground.

    Args:
        work: the transaction.
        boxes: west, south, east, north in degrees WGS-84.
    """
    if not boxes:
        return []
    store.sites.lock_opening(work)  # whoever follows alarms holds several sites, too, in an order of its own
    there = store.sites.lock_open(work, boxes)
    for site in there.values():
        _supervised(work, site)
    return list(there)


def ask_rules(work: Work) -> int:
    """Ask the rules about open sites of the tenant of which time alone may have changed the answer; return how many.

    The rest comes with the next sweep; a site that somebody else holds is asked by them, or later.
    """
    due = store.watched.lock_rules_due(work, limit=_MOST_DUE)
    for filed in due:
        site = filed.site
        for body in brought_by_time(work, filed):
            site = _happen(work, site, body, None)
    return len(due)


def _supervised(work: Work, site: Site) -> Site:
    """Open what the rules say is violated by now: once all that was asked for has happened, each code once."""
    for body in broken(work, site):
        site = _happen(work, site, body, None)
    return site


def _happen(work: Work, site: Site | None, body: Body, actor: str | None, made_at: datetime | None = None) -> Site:
    """Write one event and all that follows from it, each folded before the next is asked for."""
    site_id = work.ids.new() if site is None else site.id
    waiting, count = deque([(body, actor)]), 0
    while waiting:
        fresh, doer = waiting.popleft()
        event = SiteEvent(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            site_id=site_id,
            at=work.now(),
            actor=doer,
            version=1 if site is None else site.version + 1,
            body=fresh,
            made_at=made_at if count == 0 else None,
        )
        before, site = site, apply(site, event)
        store.sites.write(work, site, headline(site), [event])
        work.emit(CHANGED, event.id, partition=work.own(str(site.id)))
        waiting.extend((one, None) for one in react(work, before, event, site))
        count += 1
        if count > _MOST:
            raise RuntimeError(f"what follows from {body.kind} on site {site_id} never ends")
    return cast("Site", site)
