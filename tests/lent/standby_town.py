"""Sites of the duty town that somebody must stand by at, brought there along the main path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from duty_town import NORTH, DutyTown

from pipewarden.casework.facts import Advanced, Arrived, Proof, SiteState, Verified
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site
    from pipewarden.people.facts import Actor, Person

WHOLE = Proof(
    pictures=("a" * 64,),
    lon=NORTH[0],
    lat=NORTH[1],
    accuracy_m=5.0,
    words="no. 7",
    signed_by=("a", "b", "c", "d"),
)
PATH = (
    SiteState.NOTIFIED,
    SiteState.FILED,
    SiteState.LOCATED,
    SiteState.BRIEFED,
    SiteState.PLAN_SIGNED,
    SiteState.READY,
    SiteState.UNDER_STANDBY,
)


@dataclass(slots=True)
class StandbyTown(DutyTown):
    """A duty town with a patroller, a dispatcher, a safety manager and a standby supervisor on duty."""

    def staffed(self) -> dict[Role, Person]:
        roles = (Role.PATROLLER, Role.DISPATCHER, Role.SAFETY_MANAGER, Role.STANDBY_SUPERVISOR)
        return {role: self.on_duty(role) for role in roles}

    def stood_by(
        self, place: tuple[float, float] = NORTH, *, zone: Zone = Zone.CONTROL, to: SiteState = SiteState.UNDER_STANDBY
    ) -> Site:
        """Open a site and take it along the main path until somebody must stand by."""
        site = self.site(place, zone=zone)
        there = Proof(pictures=("b" * 64,), lon=place[0], lat=place[1], accuracy_m=5.0)
        self.happen(site.id, Arrived(there), Verified(true=True, code="digging", proof=there))
        steps = PATH[: PATH.index(to) + 1]
        return self.happen(site.id, *(Advanced(one, WHOLE) for one in steps))

    def who(self, person: Person) -> Actor:
        return self.actor(person)
