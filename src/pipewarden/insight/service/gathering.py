"""What is gathered for a time and a reader, each thing once however many figures ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.casework import service as casework
from pipewarden.casework.service import counting
from pipewarden.field.service import patrol_coverage, standby_counted
from pipewarden.insight.facts import FigureKey
from pipewarden.insight.rules import casing, ground
from pipewarden.kit.errors import InputError
from pipewarden.learn import service as learn
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts.counted import SiteTimes
    from pipewarden.casework.facts.strike import StrikeFigures
    from pipewarden.insight.facts import Case, Span
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts.outcome import Outcome
    from pipewarden.people.facts import Actor, Area

READ = "insight:read"
_KM = 1000.0


@dataclass
class Gathered:
    """One reader's view of one time; every reading below goes through the scope of the services it asks.

    Attributes:
        cell_size: H3 resolution of hot spots.
    """

    work: Work
    actor: Actor
    span: Span
    cell_size: int = ground.USUAL

    def cases(self, key: FigureKey) -> list[Case]:
        """Return the cases of a figure, the last first.

        Raises:
            ForbiddenError: the actor reads no figures.
            InputError: the time holds more cases than are counted.
        """
        people.require(self.actor, READ)
        made = self._makers[key]()
        return sorted(made, key=lambda one: (one.at, one.id), reverse=True)

    @cached_property
    def _makers(self) -> Mapping[FigureKey, Callable[[], list[Case]]]:
        return {
            FigureKey.DISCOVERED_BY_SOURCE: lambda: casing.by_source(self.outcomes),
            FigureKey.UNFILED: lambda: casing.unfiled(self.outcomes),
            FigureKey.TIME_TO_OWNER: lambda: self._times("owner_at"),
            FigureKey.TIME_TO_SITE: lambda: self._times("arrived_at"),
            FigureKey.TIME_TO_CLOSE: lambda: self._times("ended_at"),
            FigureKey.STANDBY_CHECKS: self._checks,
            FigureKey.STANDBY_ATTENDED: self._attended,
            FigureKey.BRIEFED_BEFORE_MACHINE: self._briefed,
            FigureKey.VIOLATIONS_BY_CONTRACTOR: lambda: self._violations,
            FigureKey.DAMAGES_PER_1000_FILINGS: self._damages_of_filings,
            FigureKey.DAMAGES_PER_100_KM: lambda: self._damages,
            FigureKey.PATROL_COVERAGE: self._overdue,
            FigureKey.SITES_BY_AREA: self._by_area,
            FigureKey.HOT_SPOTS: self._by_cell,
        }

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Return what became of the sites that ended in the time, as ``learn`` wrote it down."""
        wanted = learn.OutcomeFilter(since=self.span.since, until=self.span.until)
        found = learn.outcomes(self.work, self.actor, wanted, limit=counting.MOST + 1, permission=READ)
        if len(found) > counting.MOST:
            problem = f"the time holds more than {counting.MOST} sites that ended"
            raise InputError(field="until", problem=problem, fix="Ask for a shorter time, or for one area.")
        return found

    @cached_property
    def sites(self) -> list[SiteTimes]:
        """Return the sites that were opened in the time."""
        return counting.opened_sites(self.work, self.actor, READ, self.span.since, self.span.until)

    @cached_property
    def rendered(self) -> set[UUID]:
        """Return those of them that are known to be rendered."""
        return learn.rendered_sites(self.work, [one.id for one in self.sites])

    def _times(self, reached: str) -> list[Case]:
        return casing.times(self.sites, reached, self.rendered, self.work.now())

    @cached_property
    def tenants(self) -> list[UUID]:
        """Return the tenants some of whose rows may be in reach."""
        return people.tenants_reached(self.work, self.actor, READ)

    def _checks(self) -> list[Case]:
        owed = standby_counted.owed_hours(self.work, self.tenants, self.span.since, self.span.until)
        places = counting.site_places(self.work, self.actor, READ, {one.site_id for one in owed})
        return casing.hours(owed, places)

    def _attended(self) -> list[Case]:
        stood = counting.stood_by(self.work, self.actor, READ, self.span.since, self.span.until)
        places = counting.site_places(self.work, self.actor, READ, stood)
        ran = standby_counted.shifts_at(self.work, stood, self.span.since, self.span.until)
        return casing.attended(stood, places, ran)

    def _briefed(self) -> list[Case]:
        ended = [one.site_id for one in self.outcomes]
        return casing.briefed(self.outcomes, counting.papers_of(self.work, self.actor, READ, ended))

    @cached_property
    def _violations(self) -> list[Case]:
        since, until = self.span.since, self.span.until
        return casing.violations(counting.violations_opened(self.work, self.actor, READ, since, until))

    @cached_property
    def _damages(self) -> list[Case]:
        since, until = self.span.since, self.span.until
        return casing.strikes(counting.real_strikes(self.work, self.actor, READ, since, until))

    def _damages_of_filings(self) -> list[Case]:
        begun = counting.begun_works(self.work, self.actor, READ, self.span.since, self.span.until)
        return self._damages + casing.filings(begun)

    @cached_property
    def damage_rates(self) -> StrikeFigures:
        """Return what casework makes of the damages, over the pipes in reach."""
        since, until = self.span.since, self.span.until
        km = sum(metres for _, _, metres in self.coverage) / _KM
        return casework.strike_figures(self.work, self.actor, since, until, permission=READ, pipes_km=km)

    @property
    def moment(self) -> datetime:
        """Return as of when patrols are looked at: the end of the time, or now."""
        return min(self.span.until, self.work.now())

    @cached_property
    def coverage(self) -> list[tuple[str, float, float]]:
        """Return metres of pipe in reach by pressure class: (class, seen within their cycle, all)."""
        summed: dict[str, tuple[float, float]] = {}
        for tenant_id in self.tenants:
            there = replace(self.work, tenant_id=tenant_id)
            for one in patrol_coverage.coverage(there, self.actor, permission=READ, now=self.moment):
                seen, metres = summed.get(one.pressure_class.value, (0.0, 0.0))
                summed[one.pressure_class.value] = seen + one.covered_m, metres + one.metres
        return [(cls, *metres) for cls, metres in summed.items()]

    def _overdue(self) -> list[Case]:
        made: list[Case] = []
        for tenant_id in self.tenants:
            there = replace(self.work, tenant_id=tenant_id)
            most = counting.MOST + 1 - len(made)
            found = patrol_coverage.missed(there, self.actor, self.moment, skip=0, limit=most, permission=READ)
            made += casing.stretches(found, tenant_id, self.moment)
        if len(made) > counting.MOST:
            problem = f"there are more than {counting.MOST} overdue stretches"
            raise InputError(field="area_id", problem=problem, fix="Ask for one area.")
        return made

    def streets(self, cases: Sequence[Case]) -> list[Area | None]:
        """Return the street (or other area) that each case is counted under; None where it lies in none."""
        by_path = self._areas
        there = people.areas_at(self.work, np.array(ground.placed(cases), dtype=np.float64).reshape(-1, 2))
        return [ground.street_of(one.area, by_path) for one in there]

    @cached_property
    def _areas(self) -> dict[str, Area]:
        return {one.path: one for one in people.areas(self.work)}

    def _by_area(self) -> list[Case]:
        bare = casing.grouped(self.sites, self.rendered, {one.id: ("", "") for one in self.sites}, "no_area")
        streets = zip(bare, self.streets(bare), strict=True)
        group_of = {
            one.site_id: (str(area.id), area.name)
            for one, area in streets
            if area is not None and one.site_id is not None
        }
        return casing.grouped(self.sites, self.rendered, group_of, "no_area")

    def _by_cell(self) -> list[Case]:
        group_of = {}
        for one in self.sites:
            if one.lon is not None and one.lat is not None:
                cell = ground.cell_of(one.lon, one.lat, self.cell_size)
                group_of[one.id] = (cell, cell)
        return casing.grouped(self.sites, self.rendered, group_of, "no_place")
