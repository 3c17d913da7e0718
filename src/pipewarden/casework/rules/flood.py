"""Who is told what when more comes in than people can take: gather, spill over, name everything; drop nothing.

A person takes in ten annunciations in ten minutes (ISA-18.2, EEMUA 191). The last two are kept for calls that speak of
many sites, so that there is always one left to say how much else there is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from pipewarden.casework.facts import FloodState, Held, Outgoing, Sent, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import FloodPolicy


@dataclass(slots=True)
class _Windows:
    """What each person was told in the last ten minutes, with what this round adds."""

    sent: Mapping[UUID, Sequence[Sent]]
    now: datetime
    policy: FloodPolicy
    more: dict[UUID, list[Sent]] = field(default_factory=lambda: defaultdict(list))

    def of(self, person: UUID) -> list[Sent]:
        since = self.now - self.policy.window
        return [one for one in (*self.sent.get(person, ()), *self.more[person]) if one.at > since]

    def room(self, person: UUID, *, of_reserve: bool = False) -> bool:
        return len(self.of(person)) < self.policy.most - (0 if of_reserve else self.policy.reserve)

    def calm(self, person: UUID) -> bool:
        return len(self.of(person)) < self.policy.calm

    def gathers(self, person: UUID) -> bool:
        """Return whether a gathered call may go out: there is room, and the last one was some time ago."""
        last = max((one.at for one in self.of(person) if one.shape is not Shape.ONE), default=None)
        return last is None or self.now - last >= self.policy.gather

    def take(self, person: UUID, shape: Shape) -> None:
        self.more[person].append(Sent(self.now, shape))


def plan(
    held: Sequence[Held], sent: Mapping[UUID, Sequence[Sent]], now: datetime, policy: FloodPolicy
) -> list[Outgoing]:
    """Return the calls that go out now; what is in none of them stays held.

    Args:
        held: every step that has fired and not gone out.
        sent: each person's annunciations, those of the window at least.
        now: the moment.
        policy: how much a person takes in.
    """
    windows = _Windows(sent, now, policy)
    out: list[Outgoing] = []
    nobody: list[Held] = []
    for of_site in _by_site(one for one in held if one.critical):
        found = _with_room(windows, of_site[0])
        if found is None:
            nobody += of_site
        else:
            windows.take(found, Shape.ONE)
            out.append(Outgoing(found, Shape.ONE, of_site, spilled=found != of_site[0].person_id))
    late: list[Held] = []
    for mine in _by_person(one for one in held if not one.critical):
        person = mine[0].person_id
        calm = windows.calm(person)
        if calm or (windows.room(person) and windows.gathers(person)):
            shape = Shape.ONE if calm and len({one.site_id for one in mine}) == 1 else Shape.GATHERED
            windows.take(person, shape)
            out.append(Outgoing(person, shape, mine))
        else:
            late += [one for one in mine if now - one.at >= policy.stale]
    return out + _flood(windows, nobody, late)


def _by_site(held: Iterable[Held]) -> list[tuple[Held, ...]]:
    ordered = sorted(held, key=lambda one: (one.at, one.site_id, one.person_id))
    by: dict[tuple[UUID, UUID], list[Held]] = defaultdict(list)
    for one in ordered:
        by[one.site_id, one.person_id].append(one)
    return [tuple(one) for one in by.values()]


def _by_person(held: Iterable[Held]) -> list[tuple[Held, ...]]:
    ordered = sorted(held, key=lambda one: (one.person_id, one.at, one.site_id))
    return [tuple(mine) for _, mine in groupby(ordered, key=lambda one: one.person_id)]


def _with_room(windows: _Windows, held: Held) -> UUID | None:
    return next((one for one in (held.person_id, *held.others) if windows.room(one)), None)


def _flood(windows: _Windows, nobody: list[Held], late: list[Held]) -> list[Outgoing]:
    """Name in one call everything that found nobody with room, to the first who has any left; critical ones first."""
    out: list[Outgoing] = []
    for mine in _by_person(late):
        found = next((one for one in mine[0].others if windows.room(one) and windows.gathers(one)), None)
        if found is None:
            nobody = [*nobody, *mine]
        else:
            windows.take(found, Shape.GATHERED)
            out.append(Outgoing(found, Shape.GATHERED, mine, spilled=True))
    if not nobody:
        return out
    asked = dict.fromkeys(person for one in nobody for person in (*reversed(one.others), one.person_id))
    found = next((one for one in asked if windows.room(one, of_reserve=True) and windows.gathers(one)), None)
    if found is None:
        return out
    windows.take(found, Shape.FLOOD)
    ordered = tuple(sorted(nobody, key=lambda one: (not one.critical, one.at, one.site_id)))
    return [*out, Outgoing(found, Shape.FLOOD, ordered, spilled=True)]


def state(held: Sequence[Held], sent: Mapping[UUID, Sequence[Sent]], now: datetime, policy: FloodPolicy) -> FloodState:
    """Return whether there is a flood: somebody has no room left, or something critical waits."""
    windows = _Windows(sent, now, policy)
    full = sum(not windows.room(one) for one in sent)
    ordered = sorted(held, key=lambda one: (not one.critical, one.at, one.site_id))
    critical = sum(one.critical for one in held)
    return FloodState(
        on=bool(full or critical),
        waiting=len(held),
        critical=critical,
        full=full,
        sites=tuple(dict.fromkeys(one.site_id for one in ordered)),
    )
