"""What is known of a site, in the vocabulary of the supervision rules; what is not known is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import shapely

from pipewarden.casework.facts import TOLD_APART, VOCABULARY, Amount, Method, Reading, SiteState
from pipewarden.kit.geo import distance_m, near_frame
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, time

    from pipewarden.casework.facts import Machine, Mark, Permitted, Site, Value

_PLACE_OFF_M: Final = 5.0  # the middle of several sightings of one standing machine wanders by less (docs/adr/0008)


@dataclass(frozen=True, slots=True)
class Scene:
    """What rules are asked about.

    Attributes:
        machine: the last one that was seen there; None where none was.
        permitted: what its filing or permit allows; None where nobody knows of one.
        overdue: kinds of its duties whose time has passed; None where nobody has looked.
    """

    site: Site
    machine: Machine | None = None
    permitted: Permitted | None = None
    overdue: frozenset[str] | None = None


def known_of(scene: Scene, works_at: datetime | None = None) -> dict[str, Reading]:
    """Return every fact that is known, with the events that say it.

    Args:
        scene: what is asked about.
        works_at: until when its machine is taken for at work; None for no longer than it was seen.
    """
    marks = {one.what: one for one in scene.site.marks}
    found = {}
    for name, value in _said(scene, marks, works_at):
        events = tuple(marks[what].event_id for what in VOCABULARY[name].marks if what in marks)
        found[name] = Reading(value, events)
    return found


def _said(scene: Scene, marks: dict[str, Mark], works_at: datetime | None) -> Iterator[tuple[str, Value | None]]:
    yield from _of_site(scene.site, marks)
    if scene.overdue is not None:
        yield "duties.overdue", scene.overdue
    in_hand_dig = _in_hand_dig(scene)
    if in_hand_dig is not None:
        yield "machine.in_hand_dig", in_hand_dig
    if scene.machine is not None:
        yield from _of_machine(scene.machine)
        yield "machine.works_at", works_at or scene.machine.seen_at
    if scene.permitted is not None:
        yield from _of_permit(scene.permitted, scene.machine)


def _of_site(site: Site, marks: dict[str, Mark]) -> Iterator[tuple[str, Value | None]]:
    yield "site.state", site.state.value
    yield "site.since", site.since
    if site.zone is not Zone.UNKNOWN:
        yield "site.zone", site.zone.value
    stop = next((one for one in site.stops if one.resumed_at is None), None)
    yield "site.stopped", stop is not None
    yield "stop.ordered_at", None if stop is None else stop.ordered_at
    if site.verified is not None:
        yield "works.confirmed", site.verified
    asked = [marks[what].at for what in VOCABULARY["works.as_of"].marks if what in marks]
    if site.verified and asked:
        yield "works.as_of", max(asked)
    yield "papers.filing", SiteState.FILED in site.passed
    yield "papers.briefing", SiteState.BRIEFED in site.passed
    yield "papers.plan", SiteState.PLAN_SIGNED in site.passed
    yield "repair.declared_at", None if site.repair is None else site.repair.declared_at
    yield "repair.papers", None if site.repair is None else site.repair.papers_at is not None
    yield "standby.checked_at", site.standby_at
    yield "standby.hours", Amount(site.kept.standby_h)
    if site.kept.operators:
        yield "briefing.everyone", set(site.kept.operators) <= set(site.kept.briefed or ())
    yield from _moved(site, marks.get("advanced.plan_signed"))


def _moved(site: Site, signed: Mark | None) -> Iterator[tuple[str, Value]]:
    if signed is None or signed.lon is None or signed.lat is None or site.lon is None or site.lat is None:
        return
    yield "works.moved_m", Amount(distance_m((signed.lon, signed.lat), (site.lon, site.lat)), _PLACE_OFF_M)


def _in_hand_dig(scene: Scene) -> bool | None:
    """Tell whether the machine digs where it was agreed to dig by hand; None where its error leaves that open."""
    agreed, machine = scene.site.kept.hand_dig_m, scene.machine
    if agreed is None:
        return False
    if machine is None or machine.distance_m is None:
        return None
    low, high = machine.distance_m.value - machine.distance_m.off, machine.distance_m.value + machine.distance_m.off
    return True if high < agreed else False if low >= agreed else None


def _of_machine(machine: Machine) -> Iterator[tuple[str, Value | None]]:
    yield "machine.seen_at", machine.seen_at
    if machine.type in TOLD_APART:
        yield "machine.type", machine.type
    if machine.distance_m is not None:
        yield "machine.distance_m", machine.distance_m


def _of_permit(permitted: Permitted, machine: Machine | None) -> Iterator[tuple[str, Value | None]]:
    if permitted.method in frozenset(Method):
        yield "works.method", permitted.method
    if permitted.machines is not None:
        yield "permit.machines", permitted.machines
    if machine is None:
        return
    inside = _in_area(permitted, machine)
    if inside is not None:
        yield "permit.in_area", inside
    if permitted.valid_from is not None or permitted.valid_until is not None:
        begun = permitted.valid_from is None or permitted.valid_from <= machine.seen_at
        yield "permit.in_period", begun and (permitted.valid_until is None or machine.seen_at < permitted.valid_until)
    if permitted.hours is not None:
        local = machine.seen_at.astimezone(ZoneInfo(permitted.zone)).time()
        yield "permit.in_hours", in_hours(permitted.hours, local)


def in_hours(hours: Iterable[tuple[time, time]], local: time) -> bool:
    """Tell whether a local time lies in hours from (included) to (excluded), which may run over midnight."""
    return any(start <= local < end if start < end else local >= start or local < end for start, end in hours)


def _in_area(permitted: Permitted, machine: Machine) -> bool | None:
    """Tell whether a machine stands in the permitted area; None where its error leaves that open."""
    if permitted.area is None or machine.place is None:
        return None
    area = shapely.from_wkb(permitted.area)
    frame = near_frame(*machine.place)
    metres = shapely.transform(area, frame.to_metres)
    off = shapely.distance(metres, shapely.Point(frame.to_metres(np.array([machine.place]))[0]))
    if off > machine.off_m:
        return False
    return True if off == 0 else None
