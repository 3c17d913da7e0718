"""What a phone says of when an act was done is evidence: shown, doubted where it is odd, and decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from duty_town import NORTH, DutyTown
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.casework import service, store
from pipewarden.casework.facts import Arrived, Noted, Proof, Verified
from pipewarden.casework.facts.events import MadeOdd
from pipewarden.casework.rules.said_time import OFF, SLACK, made_odd, within_reason
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("made", "odd"),
    [
        (None, None),
        (NOW, None),
        (NOW - OFF, None),
        (NOW - OFF - SECOND, MadeOdd.OLD),
        (NOW + SLACK, None),
        (NOW + SLACK + SECOND, MadeOdd.AHEAD),
        (NOW - timedelta(days=365), MadeOdd.OLD),
        (NOW + timedelta(days=365), MadeOdd.AHEAD),
    ],
)
def test_a_time_that_cannot_be_is_doubted(made: datetime | None, odd: MadeOdd | None) -> None:
    assert made_odd(NOW, made) is odd


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-11))])))
def test_a_clock_that_is_lost_costs_nobody_their_act(made: datetime) -> None:
    kept = within_reason(made)
    assert 2000 <= kept.astimezone(UTC).year < 2100
    if 2001 <= made.year < 2099:
        assert kept == made
    else:
        assert made_odd(NOW, kept) in {MadeOdd.OLD, MadeOdd.AHEAD}


def test_an_act_keeps_when_it_was_done_and_counts_from_when_it_came(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    site = town.site()
    before = clock.now()
    clock.advance(timedelta(hours=30))
    held = store.sites.lock(work, [site.id])[site.id]
    there = Proof(pictures=("b" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
    after = service.append(work, held, [Arrived(there)], "person:1", made_at=before)
    assert after.arrived_at == clock.now(), "the server's time is the truth"
    events = {one.body.kind: one for one in store.history.events(work, site.id)}
    arrived = events["arrived"]
    assert (arrived.at, arrived.made_at) == (clock.now(), before)
    assert made_odd(arrived.at, arrived.made_at) is MadeOdd.OLD
    assert {one.made_at for kind, one in events.items() if kind != "arrived"} == {None}


def test_what_follows_from_an_act_by_itself_has_no_phones_time(work: Work, clock: SetClock) -> None:
    town = DutyTown(work, clock)
    town.on_duty(Role.PATROLLER)
    site = town.site()
    there = Proof(pictures=("b" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
    held = store.sites.lock(work, [site.id])[site.id]
    acts = [Arrived(there), Verified(true=True, code="digging", proof=there), Noted("x")]
    service.append(work, held, acts, "person:1", made_at=NOW)
    for one in store.history.events(work, site.id):
        assert (one.made_at is None) == (one.actor is None), one.body.kind
