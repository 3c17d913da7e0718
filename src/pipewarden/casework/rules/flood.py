"""Who is told what when more comes in than people can take: spill over, gather, name everything; drop nothing.

A person takes in ten annunciations in ten minutes (ISA-18.2, EEMUA 191). In a city's flood most sites are critical, as
everything in the protection range is: they are called one by one only while somebody is calm, then gathered, too. The
last two of a person's ten are kept for the call that names what found nobody with room.
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

    def gathers(self, *persons: UUID, critical: bool = False) -> bool:
        """Return whether the last call of any of them that spoke of many sites was some time ago."""
        last = max((one.at for who in persons for one in self.of(who) if one.shape is not Shape.ONE), default=None)
        return last is None or self.now - last >= (self.policy.urgent if critical else self.policy.gather)

    def takes(self, person: UUID) -> bool:
        """Return whether a call that is not critical may go out: the person is calm, or its minute has passed."""
        return self.calm(person) or (self.room(person) and self.gathers(person))

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
    mine: dict[UUID, list[Held]] = defaultdict(list)
    pressing: set[UUID] = set()
    for one in held:
        if not one.critical:
            mine[one.person_id].append(one)
    for of_site in _by_site(one for one in held if one.critical):
        asked = (of_site[0].person_id, *of_site[0].others)
        calm = next((one for one in asked if windows.calm(one)), None)
        roomy = next((one for one in asked if windows.room(one)), None)
        if calm is not None:
            windows.take(calm, Shape.ONE)
            out.append(Outgoing(calm, Shape.ONE, of_site, spilled=calm != asked[0]))
        elif roomy is not None:
            mine[roomy] += of_site
            # paced over who was asked before, too: a stream of sites that moves on to the next person is still one
            if windows.gathers(*asked[: asked.index(roomy) + 1], critical=True):
                pressing.add(roomy)
        else:
            nobody += of_site
    late: list[Held] = []
    for person, theirs in sorted(mine.items()):
        usual = [one for one in theirs if not one.critical]
        if person in pressing or (usual and windows.takes(person)):
            alone = windows.calm(person) and len({one.site_id for one in theirs}) == 1
            shape = Shape.ONE if alone else Shape.GATHERED
            windows.take(person, shape)
            spilled = any(one.person_id != person for one in theirs)
            out.append(Outgoing(person, shape, _worst_first(theirs), spilled))
        else:
            late += [one for one in usual if now - one.at >= policy.stale]
    return out + _flood(windows, nobody, late)


def _worst_first(held: Iterable[Held]) -> tuple[Held, ...]:
    return tuple(sorted(held, key=lambda one: (not one.critical, one.at, one.site_id)))


def _by_site(held: Iterable[Held]) -> list[tuple[Held, ...]]:
    ordered = sorted(held, key=lambda one: (one.at, one.site_id, one.person_id))
    by: dict[tuple[UUID, UUID], list[Held]] = defaultdict(list)
    for one in ordered:
        by[one.site_id, one.person_id].append(one)
    return [tuple(one) for one in by.values()]


def _by_person(held: Iterable[Held]) -> list[tuple[Held, ...]]:
    ordered = sorted(held, key=lambda one: (one.person_id, one.at, one.site_id))
    return [tuple(mine) for _, mine in groupby(ordered, key=lambda one: one.person_id)]


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
    pressing = [one for one in nobody if one.critical]
    found = next(
        (
            one
            for one in _last_first(nobody)
            if windows.room(one, of_reserve=True) and (pressing or windows.gathers(one))
        ),
        None,
    )
    if found is None or (pressing and not windows.gathers(*_last_first(pressing), critical=True)):
        return out
    windows.take(found, Shape.FLOOD)
    return [*out, Outgoing(found, Shape.FLOOD, _worst_first(nobody), spilled=True)]


def _last_first(held: Iterable[Held]) -> list[UUID]:
    return list(dict.fromkeys(person for one in held for person in (*reversed(one.others), one.person_id)))


def takes(person: UUID, sent: Mapping[UUID, Sequence[Sent]], now: datetime, policy: FloodPolicy) -> bool:
    """Return whether a call that is not critical may go to a person now."""
    return _Windows(sent, now, policy).takes(person)


def state(held: Sequence[Held], sent: Mapping[UUID, Sequence[Sent]], now: datetime, policy: FloodPolicy) -> FloodState:
    """Return whether there is a flood: somebody has no room left, or something critical waits."""
    windows = _Windows(sent, now, policy)
    full = sum(not windows.room(one) for one in sent)
    critical = sum(one.critical for one in held)
    return FloodState(
        on=bool(full or critical),
        waiting=len(held),
        critical=critical,
        full=full,
        sites=tuple(dict.fromkeys(one.site_id for one in _worst_first(held))),
    )
