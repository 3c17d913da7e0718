"""Time alone as an event of the rules: a standby check that is missed is found when it is missed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import own_rules
from filed_street import dig, follow, happen, see, the_site
from site_life import WHOLE

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import Ended, PolicyKind, SiteState, StandbyChecked, ViolationFixed, ViolationOpened
from pipewarden.casework.rules.supervision import next_moment
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from datetime import datetime

    import pytest


PATH = ("notified", "filed", "located", "briefed", "plan_signed", "ready", "under_standby")
TICK = timedelta(microseconds=1)


def due(street: Any) -> datetime | None:
    return street.work.session.get_one(SiteRow, the_site(street).id).rules_due_at  # type: ignore[no-any-return]


def codes(street: Any) -> list[str]:
    return [one.code for one in the_site(street).violations]


def until(street: Any, moment: datetime) -> None:
    street.clock.advance(moment - street.clock.now())


def checked(street: Any) -> datetime:
    """Return the moment of a standby check beside works that go on; the next one is due an hour later."""
    dig(street, *PATH)
    happen(street, StandbyChecked(WHOLE))
    now: datetime = street.clock.now()
    return now


def test_a_missed_check_is_found_when_it_is_missed_while_a_machine_was_seen_a_while_ago(street: Any) -> None:
    last = checked(street)
    hour = timedelta(hours=1)
    assert due(street) == last + hour + TICK
    for _ in range(5):
        see(street)
    assert (codes(street), due(street)) == ([], last + hour + TICK)
    until(street, last + hour)
    assert (service.ask_rules(street.work), codes(street)) == (0, [])
    street.clock.advance(TICK)
    assert service.ask_rules(street.work) == 1
    assert codes(street) == ["V-STANDBY"]
    assert due(street) is None
    event = store.history.events(street.work, the_site(street).id)[-1]
    assert isinstance(event.body, ViolationOpened)
    told = {one.fact: one.value for one in event.body.evidence}
    assert told["machine.seen_at"] == (last + timedelta(minutes=50)).isoformat()
    assert told["machine.works_at"] == street.clock.now().isoformat()
    assert event.actor is None
    assert service.ask_rules(street.work) == 0


def test_nobody_is_accused_when_the_machine_was_seen_longer_ago_than_the_rules_allow(street: Any) -> None:
    last = checked(street)
    for _ in range(2):
        see(street)
    until(street, last + timedelta(hours=1) + TICK)
    assert service.ask_rules(street.work) == 1
    assert (codes(street), due(street)) == ([], None)


def test_a_check_in_time_moves_the_moment_and_what_was_put_right_is_not_opened_by_the_clock(street: Any) -> None:
    last = checked(street)
    for _ in range(5):
        see(street)
    happen(street, StandbyChecked(WHOLE))
    again = street.clock.now()
    assert due(street) == again + timedelta(hours=1) + TICK
    until(street, last + timedelta(hours=1) + TICK)
    assert service.ask_rules(street.work) == 0
    for _ in range(4):
        see(street)
    until(street, again + timedelta(hours=1) + TICK)
    service.ask_rules(street.work)
    assert codes(street) == ["V-STANDBY"]
    happen(street, ViolationFixed(the_site(street).violations[0].id, WHOLE))
    store.watched.rules_due_now(street.work)
    service.ask_rules(street.work)
    assert codes(street) == ["V-STANDBY"]


def test_the_worker_asks_the_rules_of_every_tenant_that_has_something_due(street: Any) -> None:
    last = checked(street)
    for _ in range(5):
        see(street)
    until(street, last + timedelta(hours=1) + TICK)
    assert street.work.tenant_id in store.watched.tenants_due(street.work)
    jobs.sweep(street.begin)
    assert codes(street) == ["V-STANDBY"]


def test_an_ended_site_is_asked_no_more_and_a_turn_is_bounded(street: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    street.camera(calibrated=True)
    street.seen()
    follow(street)
    store.watched.rules_due_now(street.work)
    monkeypatch.setattr("pipewarden.casework.service.files._MOST_DUE", 0)
    assert service.ask_rules(street.work) == 0
    monkeypatch.undo()
    store.watched.rules_due_now(street.work)
    happen(street, Ended(SiteState.FALSE, "passing", "x"))
    street.clock.advance(timedelta(hours=2))
    assert service.ask_rules(street.work) == 0


def test_rules_that_begin_to_rule_are_asked_of_every_open_site(street: Any) -> None:
    dig(street, *PATH)
    site = the_site(street)
    root = street.root()
    kind = PolicyKind.SUPERVISION
    service.propose(street.work, root, kind, own_rules.rules(), "x")
    service.preview_version(street.work, root, kind, "mine@1", 7)
    service.activate(street.work, root, kind, "mine@1")
    assert due(street) == street.clock.now()
    assert service.ask_rules(street.work) == 1
    happen(street, StandbyChecked(WHOLE))
    assert due(street) == street.clock.now() + timedelta(minutes=30) + TICK
    for _ in range(2):
        see(street)
    street.clock.advance(timedelta(minutes=10) + TICK)
    service.ask_rules(street.work)
    event = store.history.events(street.work, site.id)[-1]
    assert isinstance(event.body, ViolationOpened)
    assert (event.body.code, event.body.rules) == ("V-STANDBY", "mine@1")


def test_the_next_moment_is_the_first_of_all_rules_that_wait_for_the_clock(street: Any) -> None:
    checked(street)
    there, policy = the_site(street), store.shipped_supervision()
    assert there.standby_at is not None
    first = there.standby_at + timedelta(hours=1) + TICK
    assert next_moment(policy, there, there.standby_at) == first
    assert next_moment(policy, there, first - TICK) == first
    assert next_moment(policy, there, first) is None
