"""Every shipped rule fires, and does not, on stored events: each of its own examples is lived through the services.

The examples are read from the file, so a rule that is added, or changed, is tried without a line here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from duty_town import NORTH, DutyTown
from site_life import PAPERS, WHOLE

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    Advanced,
    Amount,
    Answered,
    Arrived,
    Attendee,
    Discovered,
    Hours,
    Machine,
    Method,
    OwnerGiven,
    PartyRole,
    PersonRole,
    RepairDeclared,
    RepairPapers,
    Replaced,
    Result,
    SiteState,
    StandbyChecked,
    StepRecord,
    StopOrdered,
    Verified,
    Works,
)
from pipewarden.casework.rules.supervision_file import readings
from pipewarden.casework.service.supervising import broken
from pipewarden.casework.store import shipped_supervision
from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pipewarden.casework.facts import Body, Value
    from pipewarden.casework.rules.supervision_file import Example, Rule

DRIVER = Attendee("王师傅", PartyRole.CONTRACTOR, PersonRole.MACHINE_OPERATOR, "excavator")
RULES = shipped_supervision().rules
SURE = (Result.VIOLATED, Result.COMPLIANT)
BEGIN = datetime(2026, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHINA = ZoneInfo("Asia/Shanghai")
PLANNED = PAPERS[PAPERS.index(SiteState.PLAN_SIGNED) :]


class Life:
    """What an example knows, as things that happen one after another."""

    def __init__(self, example: Example) -> None:
        self.known: dict[str, Value | None] = {name: one.value for name, one in readings(example).items()}

    def moment(self, name: str, otherwise: datetime) -> datetime:
        found = self.known.get(name)
        return found if isinstance(found, datetime) else otherwise

    @property
    def seen_at(self) -> datetime:
        return self.moment("machine.seen_at", datetime(2026, 3, 3, 9, tzinfo=UTC))

    @property
    def state(self) -> SiteState:
        told = self.known.get("site.state")
        if told is not None:
            return SiteState(told)
        planned = self.known.get("papers.plan") is True
        return SiteState.PLAN_SIGNED if planned else SiteState.VERIFYING

    @property
    def can_be(self) -> bool:
        """No site is beyond its plan without one: what an example says of that is said of no site."""
        no_plan = self.known.get("papers.plan") is False and self.state in PLANNED
        # who was not briefed was missing before the repair was declared, too
        late = self.known.get("briefing.everyone") is False and self.known.get("repair.declared_at") is not None
        return not no_plan and not late and self.known.get("site.zone") != "unknown"

    def record(self, step: SiteState) -> StepRecord | None:
        """Return what was written down of a step where the example speaks of it: who was briefed, how far by hand."""
        everyone = self.known.get("briefing.everyone")
        if step is SiteState.NOTIFIED and everyone is not None:
            return StepRecord(attendees=(DRIVER,))
        if step is SiteState.BRIEFED and (everyone is not None or self.known.get("machine.in_hand_dig")):
            return StepRecord(attendees=(DRIVER,) if everyone else (), hand_dig_m=3.0)
        return None

    def events(self, work: Any) -> list[tuple[datetime, Body]]:
        """Return what happens at the site, each with its moment, in the order in which it can."""
        looked = self.moment("works.as_of", BEGIN + 2 * HOUR)
        since = self.moment("site.since", looked)
        told: list[tuple[datetime, Body]] = [
            (BEGIN + HOUR, OwnerGiven(work.ids.new(), "patroller", "x")),
            (BEGIN + HOUR, Arrived(WHOLE)),
        ]
        if self.known.get("works.confirmed", True):
            told.append((looked, Verified(true=True, code="digging", proof=WHOLE)))
        path = PAPERS[: PAPERS.index(self.state) + 1] if self.state in PAPERS else ()
        told += [(looked if one is not self.state else since, Advanced(one, WHOLE, self.record(one))) for one in path]
        if isinstance(self.known.get("repair.declared_at"), datetime):
            at = self.moment("repair.declared_at", looked)
            told.append((at, RepairDeclared("water")))
            told += [(at, RepairPapers(WHOLE))] if self.known.get("repair.papers") else []
        if isinstance(self.known.get("standby.checked_at"), datetime):
            told.append((self.moment("standby.checked_at", since), StandbyChecked(WHOLE)))
        if self.known.get("site.stopped"):
            told.append((self.moment("stop.ordered_at", looked), StopOrdered(work.ids.new(), "danger")))
        moved = self.known.get("works.moved_m")
        if isinstance(moved, Amount):
            lon, lat = LocalFrame(*NORTH).to_lonlat(np.array([(moved.value, 0.0)]))[0]
            told.append((since, Replaced(self.zone, 1, float(lon), float(lat), "moved")))
        return sorted(told, key=lambda one: one[0])

    @property
    def zone(self) -> Zone:
        return Zone(self.known.get("site.zone", "protection"))

    @property
    def filed(self) -> bool:
        return any(name == "works.method" or name.startswith("permit.") for name in self.known)

    def works(self) -> Works:
        """Return the filed works: around the site, with the machine's own hour inside or outside of theirs."""
        ring = np.array([(-30, -30), (30, -30), (30, 30), (-30, 30)])
        area = bytes(shapely.to_wkb(shapely.Polygon(LocalFrame(*NORTH).to_lonlat(ring))))
        opens, shuts = (HOUR, 2 * HOUR) if self.known.get("permit.in_hours") is False else (-HOUR, HOUR)
        local = self.seen_at.astimezone(CHINA)
        ended = self.known.get("permit.in_period") is False
        machines = self.known.get("permit.machines")
        return Works(
            "CN-HE-langfang",
            area,
            Method(self.known.get("works.method", "other")),
            valid_from=BEGIN,
            valid_until=self.seen_at - HOUR / 2 if ended else self.seen_at + HOUR,
            machines=tuple(sorted(machines)) if isinstance(machines, frozenset) else (),
            hours=Hours((local + opens).time(), (local + shuts).time()) if "permit.in_hours" in self.known else None,
        )

    def machine(self) -> Machine | None:
        if "machine.seen_at" not in self.known and not self.filed:
            return None
        east = 60.0 if self.known.get("permit.in_area") is False else 0.0
        lon, lat = LocalFrame(*NORTH).to_lonlat(np.array([(east, 0.0)]))[0]
        distance, kind = self.known.get("machine.distance_m"), self.known.get("machine.type")
        return Machine(
            self.seen_at,
            kind if isinstance(kind, str) else None,
            distance if isinstance(distance, Amount) else None,
            (float(lon), float(lat)),
            1.0,
        )


def lived(town: DutyTown, life: Life) -> set[str]:
    """Live an example and return the violations that are open at its end."""
    work, clock = town.work, town.clock
    clock.moment = BEGIN
    if life.filed:
        kept = service.file_works(work, people.operator(), life.works())
        service.act_on_filing(work, people.operator(), kept.filing.id, kept.filing.version, Answered("x"))
    site = service.open_site(work, Discovered(None, life.zone, 1, *NORTH, "seen"))
    for at, body in life.events(work):
        clock.moment = at
        site = service.append(work, store.sites.lock(work, [site.id])[site.id], [body], "user:1")
    clock.moment = max(life.moment("machine.works_at", life.seen_at), life.seen_at)
    site = store.sites.lock(work, [site.id])[site.id]
    site = service.append(work, site, broken(work, site, life.machine()))
    return {one.code for one in site.violations}


CASES = [(rule, number) for rule in RULES for number, one in enumerate(rule.examples) if one.result in SURE]


@pytest.mark.parametrize(
    ("rule", "number"), CASES, ids=[f"{rule.code}-{number}-{rule.examples[number].result}" for rule, number in CASES]
)
def test_an_example_that_is_lived_ends_as_its_file_says(street: Any, rule: Rule, number: int) -> None:
    life, result = Life(rule.examples[number]), rule.examples[number].result
    if not life.can_be:
        assert result is Result.COMPLIANT
        return
    assert (rule.code in lived(DutyTown(street.work, street.clock), life)) is (result is Result.VIOLATED)


def test_each_rule_is_lived_once_that_it_fires_and_once_that_it_does_not() -> None:
    for rule in RULES:
        assert {one.result for one in rule.examples if Life(one).can_be} >= set(SURE), rule.code
