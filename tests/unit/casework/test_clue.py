"""Where a clue stands: each state of domain.md 4.2, from the judge's verdict and what has happened at its site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from pipewarden.casework import service, store
from pipewarden.casework.facts import ClueState, Discovered, MergedInto, OwnerGiven, Site, SiteState
from pipewarden.casework.http import sites_out
from pipewarden.casework.rules import clue_state
from pipewarden.judge.facts import Verdict
from pipewarden.network.facts import Zone

if TYPE_CHECKING:
    from collections.abc import Mapping

T0 = datetime(2026, 11, 26, tzinfo=UTC)
ME = UUID(int=5)
SITE = Site(UUID(int=1), UUID(int=2), UUID(int=3), SiteState.DISCOVERED, T0, Zone.PROTECTION, 1)
GIVEN: Mapping[str, Any] = {"state": SiteState.VERIFYING, "owner_id": ME, "owned_since": T0}
THERE: Mapping[str, Any] = {**GIVEN, "accepted_at": T0, "arrived_at": T0}


@pytest.mark.parametrize(
    ("verdict", "wanted"),
    [
        (None, ClueState.NEW),
        (Verdict.PERSON, ClueState.NEW),
        (Verdict.CONFIRMED, ClueState.AI_CONFIRMED),
        (Verdict.REJECTED, ClueState.AI_REJECTED),
    ],
)
def test_before_anybody_is_sent_it_stands_where_the_judge_left_it(verdict: Verdict | None, wanted: ClueState) -> None:
    assert clue_state(SITE, verdict, late=False) is wanted
    assert clue_state(replace(SITE, **GIVEN), verdict, late=False) is ClueState.DISPATCHED


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (GIVEN, ClueState.DISPATCHED),
        ({**GIVEN, "accepted_at": T0}, ClueState.ACCEPTED),
        (THERE, ClueState.ON_SITE),
        ({**THERE, "verified": True}, ClueState.VERIFIED_TRUE),
        ({**THERE, "verified": True, "state": SiteState.BRIEFED}, ClueState.VERIFIED_TRUE),
        ({**THERE, "verified": False}, ClueState.VERIFIED_FALSE),
        ({**THERE, "verified": False, "state": SiteState.FALSE}, ClueState.VERIFIED_FALSE),
        ({"state": SiteState.FALSE}, ClueState.VERIFIED_FALSE),
        ({**THERE, "verified": True, "state": SiteState.CLOSED}, ClueState.CLOSED),
        ({**GIVEN, "state": SiteState.EXEMPT}, ClueState.CLOSED),
        ({**GIVEN, "merged_into": ME}, ClueState.DUPLICATE),
    ],
)
def test_then_it_stands_where_its_site_does(told: Mapping[str, Any], wanted: ClueState) -> None:
    assert clue_state(replace(SITE, **told), Verdict.CONFIRMED, late=False) is wanted


def test_a_deadline_that_has_passed_escalates_it_until_somebody_has_said_what_is_there() -> None:
    for told in ({}, GIVEN, THERE):
        assert clue_state(replace(SITE, **told), Verdict.CONFIRMED, late=True) is ClueState.ESCALATED
    for told in ({**THERE, "verified": True}, {"state": SiteState.FALSE}, {"merged_into": ME}):
        assert clue_state(replace(SITE, **told), None, late=True) is not ClueState.ESCALATED


def test_every_state_of_the_domain_is_reached() -> None:
    sites = [SITE, *(replace(SITE, **told) for told in (GIVEN, {**GIVEN, "accepted_at": T0}, THERE))]
    sites += [replace(SITE, **THERE, verified=true) for true in (True, False)]
    sites += [replace(SITE, state=SiteState.CLOSED), replace(SITE, merged_into=ME)]
    seen = {
        clue_state(one, verdict, late=late) for one in sites for verdict in (None, *Verdict) for late in (True, False)
    }
    assert seen == set(ClueState)


def shown(street: Any, alarm: UUID) -> ClueState | None:
    """Return the clue's state as the API answers it."""
    filed = store.sites.lock_of_alarms(street.work, [alarm])[alarm]
    return sites_out(street.work, street.root(), [filed])[0].clue


def test_it_is_shown_with_the_site(street: Any) -> None:
    alarm = street.seen()
    service.follow(street.work, [alarm])
    assert shown(street, alarm) is ClueState.NEW  # nobody is on any roster
    site = store.sites.lock_of_alarms(street.work, [alarm])[alarm].site
    site = service.append(street.work, site, [OwnerGiven(street.work.ids.new(), "patroller", "nearest")])
    assert shown(street, alarm) is ClueState.DISPATCHED
    street.clock.advance(timedelta(minutes=6))
    assert shown(street, alarm) is ClueState.ESCALATED  # five minutes to accept
    site = store.sites.lock(street.work, [site.id])[site.id]
    service.append(street.work, site, [MergedInto(street.work.ids.new(), "its alarm was merged")])
    assert shown(street, alarm) is ClueState.DUPLICATE


def test_a_site_without_an_alarm_has_no_clue(street: Any) -> None:
    site = service.open_site(street.work, Discovered(None, Zone.CONTROL, 2, None, None, "a filing"))
    filed = store.sites.page(street.work, store.SiteRow.id == site.id, service.SiteFilter(), limit=1)
    assert service.clues(street.work, filed) == {}
    assert sites_out(street.work, street.root(), filed)[0].clue is None
