"""What stands beside an alarm: who took it, the class of the pipe behind its zone, whether its picture is rendered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import EventKind
from pipewarden.network import service as network
from pipewarden.people import service as people
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm, AlarmEvent
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import PressureClass


@dataclass(frozen=True, slots=True)
class Beside:
    """What other rows say about one alarm.

    Attributes:
        taken: its newest acknowledgement, ``taken_by`` the name of who did it where that is known.
        pressure_class: of the pipe that gives the zone; None outside every range and where the zone is unknown.
        rendered: the picture that stands for it is rendered, no photograph.
    """

    taken: AlarmEvent | None
    taken_by: str | None
    pressure_class: PressureClass | None
    rendered: bool


def beside(work: Work, alarms: Sequence[Alarm]) -> dict[UUID, Beside]:
    """Return what stands beside each alarm, each read in its own tenant: four queries a tenant, however many alarms."""
    found: dict[UUID, Beside] = {}
    for tenant_id in sorted({one.tenant_id for one in alarms}):
        there = replace(work, tenant_id=tenant_id)
        mine = [one for one in alarms if one.tenant_id == tenant_id]
        events = store.events_of(there, [one.id for one in mine], EventKind.ACKNOWLEDGED)
        taken = {event.alarm_id: event for event in events}
        names = people.names(there, [event.actor for event in taken.values() if event.actor is not None])
        pipes = {one.id: pipe for one in mine if (pipe := _giver(one)) is not None}
        classes = network.classes(there, set(pipes.values()))
        rendered = sense.rendered(there, {one.evidence for one in mine if one.evidence})
        for one in mine:
            event = taken.get(one.id)
            found[one.id] = Beside(
                taken=event,
                taken_by=None if event is None or event.actor is None else names.get(event.actor),
                pressure_class=classes.get(pipes[one.id]) if one.id in pipes else None,
                rendered=one.evidence in rendered,
            )
    return found


def _giver(one: Alarm) -> tuple[UUID, str] | None:
    version, pipe = one.answer.network_version_id, one.answer.zone_pipe_id
    return None if version is None or pipe is None else (version, pipe)
