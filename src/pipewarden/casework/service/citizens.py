"""What the slice of people outdoors asks of casework: an alarm's site, the hotline, a call at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Urgency
from pipewarden.casework.facts.strike import NumberKind
from pipewarden.casework.service.calling import send_word
from pipewarden.casework.service.finding import Rosters, area_of
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from pipewarden.casework.facts import Site, SiteEvent
    from pipewarden.casework.store import Filed
    from pipewarden.kit.work import Work

_CALLED = (Role.DISPATCHER, Role.SAFETY_MANAGER)
_MOST_EVENTS = 200


def hotline(work: Work) -> tuple[str, str] | None:
    """Return name and number of the operator's emergency line as it holds today; None where none was set."""
    found = store.strikes.contacts_on(work, work.now().date()).get(NumberKind.HOTLINE)
    return None if found is None else (found.name, found.number)


def call_on_duty(
    work: Work, text: str, params: Mapping[str, str], *, place: tuple[float, float] | None, loud: bool = True
) -> list[UUID]:
    """Call whoever is on duty for a place at once and return whom: all dispatchers there, else the safety manager.

    It opens no site and no duty: somebody's word was heard, and a person says what it is.

    Args:
        work: of the operator.
        text: key of the words; ``params`` fill it.
        params: the same.
        place: lon, lat in degrees WGS-84; None calls every dispatcher who is on duty.
        loud: whether it sounds; else it is a message.
    """
    rosters = Rosters(work)
    path = None if place is None else area_of(work, *place)
    last = rosters.manager(path)
    persons = rosters.on_call(_CALLED[:1], path) or rosters.on_call(_CALLED[1:], path) or (last,)
    called = [one for one in dict.fromkeys(persons) if one is not None]
    for person in called:
        send_word(work, person, text, params, urgency=Urgency.ALARM if loud else Urgency.DUE)
    return called


def sites_of_alarms(work: Work, alarm_ids: Collection[UUID]) -> dict[UUID, Filed]:
    """Return by alarm of the tenant the site that has it in hand, or had."""
    return store.sites.of_alarms(work, alarm_ids)


def sites_of_events(work: Work, event_ids: Collection[UUID]) -> list[Site]:
    """Return the sites of the tenant to which these events happened, as they stand."""
    found = store.sites.read(work, store.history.sites_of_events(work, event_ids))
    return sorted(found.values(), key=lambda one: one.id)


def sites_by_id(work: Work, site_ids: Collection[UUID]) -> dict[UUID, Site]:
    """Return sites of the tenant by id, as they stand."""
    return store.sites.read(work, site_ids) if site_ids else {}


def happened(work: Work, site_id: UUID) -> list[SiteEvent]:
    """Return what happened to a site of the tenant, oldest first; whoever shows it to strangers picks the words."""
    return store.history.events(work, site_id, limit=_MOST_EVENTS)
