"""Who gets a duty: on the roster there, in the right role, not refused, with room; and why, in words a person reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who could do it.

    Attributes:
        role: as the roster says, or the membership that was fallen back on.
        distance: 0 for the nearest area with a roster, one more for each farther one; the roster before the nearest
            counts first whatever the load.
        rank: on the roster, 1 is called first.
        load: open duties.
        full: no call can go to them now.
        on_roster: on duty now; else found by membership alone.
        stands_in_for: whose duty it is by the roster, where a substitute takes it.
    """

    person_id: UUID
    role: str
    distance: int
    rank: int
    load: int
    full: bool = False
    on_roster: bool = True
    stands_in_for: UUID | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who it is, and why."""

    person_id: UUID
    role: str
    why: str
    on_roster: bool


def choose(roles: Iterable[str], candidates: Collection[Candidate], refused: Collection[UUID] = ()) -> Choice | None:
    """Return who gets it, or None where nobody is left.

    Roles in the order given (what somebody is, is what they can do), rosters before memberships; in it who has room,
    then the nearest roster, then the least load, then the rank. Who has said no is asked again only when nobody else
    is left.

    Args:
        roles: that can do it, the best first.
        candidates: who there is in these roles.
        refused: who has said no.
    """
    for wanted in ([one for one in candidates if one.person_id not in refused], list(candidates)):
        for on_roster in (True, False):
            for role in roles:
                found = [one for one in wanted if one.role == role and one.on_roster is on_roster]
                if found:
                    first = min(found, key=_order)
                    return Choice(first.person_id, role, _why(first, len(found), refused), on_roster)
    return None


def _order(one: Candidate) -> tuple[bool, int, int, int, UUID]:
    return (one.full, one.distance, one.load, one.rank, one.person_id)


def _why(one: Candidate, among: int, refused: Collection[UUID]) -> str:
    if not one.on_roster:
        return f"nobody is on duty there; {one.role} by membership"
    where = "of the nearest roster" if one.distance == 0 else f"of a roster {one.distance} areas up"
    parts = [f"{one.role} {where}, {one.load} open duties, rank {one.rank}, of {among}"]
    if one.stands_in_for is not None:
        parts.append("standing in")
    if one.full:
        parts.append("nobody has room for another call")
    if one.person_id in refused:
        parts.append("has declined, and nobody else is left")
    elif refused:
        parts.append(f"{len(set(refused))} declined")
    return "; ".join(parts)
