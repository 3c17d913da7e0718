"""What records say feeds the supervision rules: who was briefed, where hands dig, hours of standby."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from site_life import NOW, WHOLE, advanced, then
from step_records import record

from pipewarden.casework.facts import (
    Advanced,
    Amount,
    Attendee,
    Machine,
    PartyRole,
    PersonRole,
    Result,
    Site,
    SiteState,
    StandbyChecked,
    StepRecord,
    StepRecorded,
    Substep,
)
from pipewarden.casework.rules.supervision import judged, to_open
from pipewarden.casework.rules.supervision_facts import Scene, known_of
from pipewarden.casework.store import shipped_supervision

RULES, PLACE = shipped_supervision(), (116.7, 39.5)
LATER = NOW + timedelta(hours=2)
NEW = Attendee("吴师傅", PartyRole.CONTRACTOR, PersonRole.MACHINE_OPERATOR, "excavator")


def briefed(hand_dig_m: float | None = None) -> Site:
    """Return works under standby whose driver was briefed on record."""
    said = replace(record("briefed", NOW, PLACE), hand_dig_m=hand_dig_m)
    path = (SiteState.PLAN_SIGNED, SiteState.READY, SiteState.UNDER_STANDBY)
    return then(
        advanced(SiteState.LOCATED),
        Advanced(SiteState.BRIEFED, WHOLE, said),
        *(Advanced(state, WHOLE) for state in path),
    )


def result(code: str, site: Site, machine: Machine | None = None) -> Result:
    return next(one for one in judged(RULES, Scene(site, machine), LATER) if one.code == code).result


def test_a_driver_who_was_not_briefed_opens_a_violation_until_briefed_later() -> None:
    site = briefed()
    assert result("V-OPERATOR", site) is Result.COMPLIANT
    seen = then(site, StandbyChecked(WHOLE, StepRecord(attendees=(NEW,))), after=timedelta(hours=1))
    assert result("V-OPERATOR", seen) is Result.VIOLATED
    assert "V-OPERATOR" in {one.code for one in to_open(RULES, Scene(seen), LATER)}
    late = StepRecorded(Substep.LATE_BRIEFING, WHOLE, StepRecord(attendees=(NEW,)))
    assert result("V-OPERATOR", then(seen, late, after=timedelta(hours=1))) is Result.COMPLIANT


def test_works_of_which_nobody_wrote_down_a_driver_say_nothing_of_drivers() -> None:
    assert result("V-OPERATOR", advanced(SiteState.UNDER_STANDBY)) is Result.UNKNOWN


@pytest.mark.parametrize(
    ("agreed", "metres", "off", "wanted"),
    [
        (3.0, 2.5, 0.2, Result.VIOLATED),
        (3.0, 2.9, 0.5, Result.UNKNOWN),
        (3.0, 3.5, 0.4, Result.COMPLIANT),
        (None, 2.5, 0.2, Result.COMPLIANT),
        (1.0, 1.5, 0.2, Result.VIOLATED),  # two metres hold for everybody
    ],
)
def test_a_wider_hand_dig_distance_that_was_agreed_is_held_to(
    agreed: float | None, metres: float, off: float, wanted: Result
) -> None:
    machine = Machine(LATER, "excavator", Amount(metres, off), PLACE, off)
    assert result("V-HAND-DIG", briefed(agreed), machine) is wanted


def test_hours_of_standby_are_a_fact() -> None:
    shift = StepRecord(shift_from=NOW - timedelta(hours=3), shift_until=NOW)
    site = then(briefed(), StandbyChecked(WHOLE, shift))
    assert known_of(Scene(site))["standby.hours"].value == Amount(3.0)
    assert known_of(Scene(briefed()))["standby.hours"].value == Amount(0.0)
