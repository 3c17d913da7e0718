"""One night of a duty officer: notes that let sleep, an alarm that does not, a robot that fails, a morning's digest."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING

import pytest
from act_office import KEY, MAIL, VOICE, Office, Way

from pipewarden.act import jobs, service
from pipewarden.act.facts import Outcome, Receipt
from pipewarden.act.service import AckState
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ContactKind, NewContact, Quiet

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

ROBOT = NewContact(ContactKind.WECOM, KEY, quiet=Quiet(time(22), time(7)))
LOGGED = Receipt(Outcome.LOGGED, "no provider is set up")
EVENING = timedelta(hours=13, minutes=30)  # the clock stands at nine in the morning


class Night:
    """The officer, their channels, and the worker that comes by every so often."""

    def __init__(self, work: Work, clock: SetClock) -> None:
        self.office = Office(work, clock)
        self.office.ways["voice"] = Way(LOGGED, real=False)
        clock.advance(EVENING)
        self.officer = self.office.person(ROBOT, MAIL, VOICE)

    def pass_by(self, minutes: float) -> None:
        for _ in range(int(minutes * 60 // 10)):
            self.office.clock.advance(timedelta(seconds=10))
            jobs.send_digests(self.office.begin, self.office.post)
            self.office.run()

    def heard(self, kind: str) -> list[str]:
        return [one.body for one in self.office.ways[kind].sent]

    def inbox(self) -> list[tuple[str, str]]:
        actor = people.actor_of(self.office.work, self.officer)
        assert actor is not None
        found, _ = service.messages(self.office.work, actor, before=None, limit=50)
        return [(one.urgency.value, one.state.value) for one in reversed(found)]

    def press(self, kind: str) -> AckState:
        token = self.heard(kind)[-1].rpartition("/v1/ack/")[2].strip()
        platform = replace(self.office.work, tenant_id=PLATFORM)
        return service.acknowledge(platform, self.office.post, token).state


@pytest.fixture
def night(work: Work, clock: SetClock) -> Night:
    return Night(work, clock)


def note(night: Night, name: str) -> UUID:
    return night.office.call(night.officer, Urgency.NOTE, text="hook.paused", params={"name": name}).id


def test_a_night_with_one_alarm(night: Night) -> None:
    note(night, "城管")
    note(night, "水务")
    night.pass_by(60)
    assert night.heard("wecom") == [], "half past eleven at night: notes let sleep"

    site = night.office.site()
    alarm = night.office.call(night.officer, Urgency.ALARM, site_ids=(site,), text="duty.accept")
    night.pass_by(0.5)
    (rang,) = night.heard("wecom")
    assert rang.startswith("【立即】Ⅰ级 红 待办：接单")
    assert "voice logged" in night.office.states(alarm.id), "the telephone is a log, and says so"
    night.pass_by(1.5)
    assert len(night.heard("email")) == 1, "nobody said a word for a minute: the next channel"
    assert night.press("email") is AckState.DONE
    assert set(night.office.desk.acked) == {alarm.id}
    assert night.press("wecom") is AckState.DONE, "the other link is good for nothing more, and says done"
    night.pass_by(20)
    assert (len(night.heard("wecom")), len(night.heard("email"))) == (1, 1)


def test_a_night_in_which_the_robot_is_taken_away(night: Night) -> None:
    night.office.ways["wecom"] = Way(Receipt(Outcome.REFUSED, "93000 invalid webhook url", "93000"))
    site = night.office.site()
    night.office.call(night.officer, Urgency.ALARM, site_ids=(site,), text="duty.accept")
    night.pass_by(0.5)
    assert len(night.heard("email")) == 1, "at once, not after three tries at a key that is gone"
    night.office.ways["email"] = Way(Receipt(Outcome.FAILED, "no answer within 8 s"))
    lost = night.office.call(night.officer, Urgency.ALARM, site_ids=(night.office.site(),), text="duty.arrive")
    night.pass_by(1)
    assert set(night.office.desk.lost) == {lost.id}, "within a minute the next person's turn"
    assert night.inbox()[-1] == ("alarm", "unreachable")


def test_the_morning_brings_the_notes_together(night: Night) -> None:
    for name in ("城管", "水务", "热力"):
        note(night, name)
        night.pass_by(2)
    night.pass_by(8 * 60)
    assert night.heard("wecom") == []
    night.pass_by(31)
    (digest,) = night.heard("wecom")
    assert digest.startswith("3 条知悉事项")
    assert [name in digest for name in ("城管", "水务", "热力")] == [True] * 3
    assert night.inbox() == [("note", "reached")] * 3


def test_the_same_alarm_from_two_cameras_rings_once(night: Night) -> None:
    site = night.office.site()
    for _ in range(4):
        night.office.call(night.officer, Urgency.ALARM, site_ids=(site,), text="duty.accept")
        night.pass_by(0.2)
    assert len(night.heard("wecom")) == 1
    assert len(night.inbox()) == 4, "and all of them can be looked up"
    assert night.press("wecom") is AckState.DONE
    assert len(night.office.desk.acked) == 4, "one word for all that the one message stood for"
