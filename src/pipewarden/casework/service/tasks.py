"""What please-check tasks need of sites: whose an alarm is, whether somebody outdoors was sent, who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import OwnerGiven, Urgency
from pipewarden.casework.service.calling import send_word
from pipewarden.casework.service.finding import Rosters
from pipewarden.casework.service.patrols import looked_for
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work

_OUTDOORS = frozenset({Role.PATROLLER.value, Role.STANDBY_SUPERVISOR.value})


def site_of_alarm(work: Work, alarm_id: UUID) -> UUID | None:
    """Return the site of an alarm of the tenant; None where it has none."""
    found = store.sites.of_alarms(work, [alarm_id]).get(alarm_id)
    return None if found is None else found.site.id


def somebody_sent(work: Work, alarm_id: UUID) -> bool:
    """Return whether somebody outdoors looks after an alarm's site, or has: nobody else need be asked to look.

    A patroller was called or a patrol is owed there, somebody said yes or stands there, or the site has ended. A site
    that fell to a dispatcher or a manager, who sit indoors, sends nobody.
    """
    found = store.sites.of_alarms(work, [alarm_id]).get(alarm_id)
    if found is None:
        return False
    site = found.site
    if not site.open or site.arrived_at is not None or site.verified is not None or looked_for(work, site):
        return True
    given = [one.body for one in store.history.events(work, site.id) if isinstance(one.body, OwnerGiven)]
    return bool(given) and given[-1].role in _OUTDOORS


def tell_dispatcher(
    work: Work, area_path: str | None, text: str, params: Mapping[str, str], *, site_id: UUID | None = None
) -> UUID | None:
    """Tell the dispatcher on duty there, else the safety manager, that something came back to them.

    Args:
        work: the transaction.
        area_path: where.
        text: key of the words (policy/messages).
        params: fill it in.
        site_id: of which it speaks, where it speaks of one.

    Returns:
        Who was told; None where the tenant has nobody at all.
    """
    rosters = Rosters(work)
    there = rosters.on_call([Role.DISPATCHER], area_path)
    person_id = there[0] if there else rosters.manager(area_path)
    if person_id is None:
        return None
    send_word(work, person_id, text, params, site_ids=() if site_id is None else (site_id,))
    return person_id


def tell_answerer(
    work: Work, person_id: UUID, text: str, params: Mapping[str, str], *, site_id: UUID | None = None
) -> None:
    """Tell somebody what became of an answer of theirs; it may wait for a digest."""
    sites = () if site_id is None else (site_id,)
    send_word(work, person_id, text, params, urgency=Urgency.NOTE, site_ids=sites)
