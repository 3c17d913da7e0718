"""Sites with their duties, calls, shelves and rosters in the town of the API tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import true

from pipewarden.casework import service, store
from pipewarden.casework.facts import Call, Discovered, Shape, Urgency
from pipewarden.casework.service.calling import tell
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import Role

NOTHING = "00000000-0000-7000-8000-000000000000"


def ask(town: Any, who: str, method: str, path: str, **more: Any) -> Any:
    """Ask as the town's person of a role."""
    return town.client.as_(town.who(who), method, path, **more)


def soon(town: Any, **time: float) -> str:
    """Return the moment so far from now."""
    with town.home.work() as work:
        return (work.now() + timedelta(**time)).isoformat()


def site(town: Any, tenant: Any, place: tuple[float, float]) -> str:
    """Open a site in the control range."""
    with town.at(tenant) as work:
        return str(service.open_site(work, Discovered(None, Zone.CONTROL, 3, *place, "a test")).id)


def duty(town: Any, tenant: Any, site_id: str, kind: str = "arrive") -> str:
    """Return a running duty of a site."""
    with town.at(tenant) as work:
        found = store.owed.page(work, true(), store.owed.DutyFilter(kind=kind), limit=200)
        return next(str(one.duty.id) for one in found if str(one.duty.site_id) == site_id)


def call(town: Any, who: Any, site_id: str) -> str:
    """Call somebody about a site."""
    with town.at(who.tenant_id) as work:
        made = Call(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            person_id=who.id,
            urgency=Urgency.DUE,
            site_ids=(),
            duty_id=None,
            step=0,
            loop=0,
            text="duty.arrive",
            params={"site": site_id},
            at=work.now(),
            ack_by=work.now() + timedelta(minutes=5),
        )
        tell(work, made, Shape.ONE)
        return str(made.id)


def shelf(town: Any, who: Any, site_id: str) -> str:
    """Shelve a site for an hour."""
    with town.at(who.tenant_id) as work:
        actor = people.actor_of(work, who.id)
        until = work.now() + timedelta(hours=1)
        return str(service.shelve(work, actor, UUID(site_id), "a test", until).id)


def on_duty(town: Any, tenant: Any, area: Any, *, day: int = 1) -> tuple[str, str]:
    """Put a locator on duty on a day to come and return the duty and the person."""
    root = people.operator()
    who = town.person(Role.LOCATOR, tenant=tenant, area=area)
    with town.at(tenant) as work:
        now = work.now()
        span = {"begins_at": now + timedelta(days=day), "ends_at": now + timedelta(days=day, hours=8)}
        return str(people.put_on_duty(work, root, who.id, Role.LOCATOR, area, **span).id), str(who.id)


def roster_entry(town: Any, person_id: Any, area: Any) -> dict[str, Any]:
    """Return what puts a locator on duty for a day of the asker's own, far enough for nobody to stand there."""
    town.made += 1
    with town.at(town.a) as work:
        begins = work.now() + timedelta(days=1000 + town.made)
    ends = begins + timedelta(hours=8)
    return {
        "person_id": str(person_id),
        "role": "locator",
        "area_id": str(area),
        "begins_at": begins.isoformat(),
        "ends_at": ends.isoformat(),
    }


def substitution(town: Any, tenant: Any, duty_id: str) -> str:
    """Leave an hour of a duty empty."""
    with town.at(tenant) as work:
        root, now = people.operator(), work.now()
        found = next(one for one in people.roster(work, root, now, now + timedelta(days=30)) if str(one.id) == duty_id)
        ends = found.begins_at + timedelta(hours=1)
        made = people.substitute(work, root, found.id, None, begins_at=found.begins_at, ends_at=ends, reason="a test")
        return str(made.id)
