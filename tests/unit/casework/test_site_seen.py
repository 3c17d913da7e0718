"""What a machine that is seen means for a site, and whose word ends, moves or opens it: rules over plain facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from site_life import NOW, WHOLE, advanced, discovered, sent, then, verified

from pipewarden.casework.facts import (
    Ended,
    Machine,
    MergedInto,
    RepairDeclared,
    RepairPapers,
    Resumed,
    Severity,
    SiteState,
    StandbyChecked,
    StopOrdered,
    ViolationFixed,
    ViolationOpened,
)
from pipewarden.casework.rules import LEVEL, comes_back, replaced
from pipewarden.casework.rules.supervision import to_open
from pipewarden.casework.rules.supervision_facts import Scene
from pipewarden.casework.store import shipped_supervision
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import Site

LATER = NOW + timedelta(hours=1)
STOP, VIOLATION = UUID(int=20), UUID(int=21)


def broken(site: Site, seen_at: datetime) -> str | None:
    """Return the code of the one violation that a machine seen at a moment opens."""
    found = to_open(shipped_supervision(), Scene(site, Machine(seen_at)), seen_at)
    assert len(found) <= 1
    return found[0].code if found else None


def in_zone(site: Site, zone: Zone) -> Site:
    return replace(site, zone=zone)


@pytest.mark.parametrize("state", ["notified", "filed", "located", "briefed", "plan_signed"])
def test_before_ready_a_machine_in_the_protection_range_is_a_violation(state: str) -> None:
    assert broken(advanced(SiteState(state)), LATER) == "V-UNBRIEFED"


@pytest.mark.parametrize("state", ["ready", "under_standby", "completed", "closed"])
def test_from_ready_on_it_is_none(state: str) -> None:
    standing = then(advanced(SiteState(state)), *([StandbyChecked(WHOLE)] if state == "ready" else []))
    assert broken(standing, LATER) is None


@pytest.mark.parametrize("zone", [Zone.CONTROL, Zone.OUTSIDE, Zone.UNKNOWN])
def test_elsewhere_it_is_none_and_an_unknown_place_accuses_nobody(zone: Zone) -> None:
    assert broken(in_zone(verified(), zone), LATER) is None


def test_while_nobody_has_confirmed_works_it_is_none() -> None:
    assert broken(discovered(), LATER) is None
    assert broken(sent(), LATER) is None
    assert broken(replace(verified(), verified=False), LATER) is None
    assert broken(then(verified(), MergedInto(UUID(int=99), "x")), LATER) is None


def test_an_open_violation_is_not_opened_again_and_a_fixed_one_only_by_what_is_seen_later() -> None:
    opened = then(verified(), ViolationOpened(VIOLATION, "V-UNBRIEFED", Severity.MAJOR, "c", "seen"))
    assert broken(opened, LATER) is None
    fixed = then(opened, ViolationFixed(VIOLATION, WHOLE), after=timedelta(minutes=30))
    assert broken(fixed, NOW + timedelta(minutes=20)) is None  # a picture from before the fix that came late
    assert broken(fixed, NOW + timedelta(minutes=30)) is None
    assert broken(fixed, LATER) == "V-UNBRIEFED"


def test_an_emergency_repair_digs_first_and_breaks_the_law_without_papers_a_day_later() -> None:
    site = then(verified(), RepairDeclared("water"))
    declared = NOW + timedelta(minutes=1)
    assert broken(site, declared + timedelta(hours=24)) is None
    assert broken(site, declared + timedelta(hours=24, seconds=1)) == "V-REPAIR-PAPERS"
    assert broken(then(site, RepairPapers(WHOLE)), declared + timedelta(days=3)) is None


def test_under_a_stop_order_a_machine_has_ten_minutes_to_leave() -> None:
    site = then(in_zone(advanced(SiteState.UNDER_STANDBY), Zone.CONTROL), StopOrdered(STOP, "danger"))
    ordered = NOW + timedelta(minutes=1)
    assert broken(site, ordered + timedelta(minutes=10)) is None
    assert broken(site, ordered + timedelta(minutes=10, seconds=1)) == "V-STOPPED-WORK"
    assert broken(then(site, Resumed(STOP, WHOLE)), LATER) is None
    unbriefed = then(verified(), StopOrdered(STOP, "danger"))
    assert broken(unbriefed, LATER) == "V-STOPPED-WORK"  # one violation for one machine: the graver


def test_an_ended_site_comes_back_only_by_what_was_seen_after_its_end() -> None:
    closed, ended_at = advanced(SiteState.CLOSED), NOW + timedelta(minutes=1)
    assert comes_back(closed, ended_at, ended_at, Zone.CONTROL) is None
    assert comes_back(closed, ended_at, LATER, Zone.CONTROL) == "a machine was seen again"
    false = then(sent(), Ended(SiteState.FALSE, "passing_vehicle", "drove on"))
    assert comes_back(false, ended_at, LATER, Zone.CONTROL) == "a machine was seen again"


def test_an_exempt_site_is_watched_until_its_end_and_a_graver_range_ends_the_watch() -> None:
    until = NOW + timedelta(days=7)
    exempt = then(in_zone(verified(), Zone.CONTROL), Ended(SiteState.EXEMPT, "no_digging", "lamp posts", until))
    ended_at = NOW + timedelta(minutes=1)
    assert comes_back(exempt, ended_at, until, Zone.CONTROL) is None
    assert (
        comes_back(exempt, ended_at, until + timedelta(seconds=1), Zone.CONTROL) == "a machine was seen after its watch"
    )
    for zone in (Zone.PROTECTION, Zone.UNKNOWN):
        assert comes_back(exempt, ended_at, LATER, zone) == "a machine was seen in a graver range"
    assert comes_back(exempt, ended_at, LATER, Zone.OUTSIDE) is None


def test_a_site_is_replaced_when_its_range_or_its_place_is_another() -> None:
    site = discovered(Zone.CONTROL)
    assert site.lon is not None
    assert site.lat is not None
    here = (site.lon, site.lat)
    assert replaced(site, Zone.CONTROL, here) is None
    assert replaced(site, Zone.CONTROL, (site.lon + 0.00004, site.lat)) is None  # 3.4 m
    assert replaced(site, Zone.CONTROL, None) is None  # a place that is lost is not forgotten
    moved = replaced(site, Zone.CONTROL, (site.lon + 0.0001, site.lat))  # 8.6 m
    assert moved is not None
    assert (moved.zone, moved.level, moved.reason) == (Zone.CONTROL, 2, "it was placed anew")
    graver = replaced(site, Zone.PROTECTION, None)
    assert graver is not None
    assert (graver.level, graver.lon, graver.lat) == (1, *here)
    nowhere = replace(site, lon=None, lat=None)
    found = replaced(nowhere, Zone.CONTROL, here)
    assert found is not None
    assert (found.lon, found.lat) == here


def test_what_is_not_known_ranks_with_the_gravest() -> None:
    assert LEVEL == {Zone.PROTECTION: 1, Zone.UNKNOWN: 1, Zone.CONTROL: 2, Zone.OUTSIDE: 4}
