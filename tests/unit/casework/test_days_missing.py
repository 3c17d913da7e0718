"""Works that are seen on a day that nobody declared: who filed them hears first, then who stands by, then dispatch."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import shapely
import yaml
from duty_town import DutyTown
from filed_street import dig, happen, place_of, see, the_site
from hypothesis import given
from hypothesis import strategies as st
from judge_street import Street, street
from sqlalchemy import select

from pipewarden.casework import jobs, service, store
from pipewarden.casework.facts import (
    Answered,
    Cancelled,
    Filing,
    Hours,
    MergedInto,
    Method,
    Works,
)
from pipewarden.casework.facts.filing_day import Day, DayStarted, DayState, DayTakenBack
from pipewarden.casework.rules.filing_dues import DAY, day_missing, read_due_rules
from pipewarden.casework.service.filing_check import filing_zone
from pipewarden.casework.store.filing_tables import FilingDueRow
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JudgePolicy, ReviewCode
from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import LocalFrame
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.policy import __path__ as policy_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.casework.store.filings import KeptFiling
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Person

__all__ = ["street"]
RULES = store.dues.shipped_due_rules()
TODAY = date(2026, 11, 20)
HOURS = Hours(time(8, 30), time(18, 0))


class DiggingTown(DutyTown):
    """A street where works go on that somebody has filed, and who hears of them."""

    def begin(self, street: Street) -> None:
        self.street = street
        self.filer = self.person(Role.CONTRACTOR)
        self.standby = self.on_duty(Role.STANDBY_SUPERVISOR)
        self.dispatcher = self.on_duty(Role.DISPATCHER)

    def filed(self, *, by: Person | None = None, answered: bool = True, **more: Any) -> KeptFiling:
        """File the works that are seen in the street, and have the operator answer."""
        lon, lat = place_of(self.street)
        corners = LocalFrame(lon, lat).to_lonlat(((-30, -30), (30, -30), (30, 30), (-30, 30)))  # type: ignore[arg-type]
        now = self.clock.now()
        told: dict[str, Any] = {
            "valid_from": now - timedelta(days=1),
            "valid_until": now + timedelta(days=9),
            "machines": ("excavator",),
            "hours": HOURS,
        } | more
        works = Works("CN-HE-langfang", bytes(shapely.to_wkb(shapely.Polygon(corners))), Method.OPEN_CUT, **told)
        kept = service.file_works(self.work, self.actor(by or self.filer), works)
        if answered:
            kept = self.act(kept, Answered("one pipe"))
        service.renew(self.work, [the_site(self.street).id])
        assert the_site(self.street).filing_id == (kept.filing.id if answered else the_site(self.street).filing_id)
        return kept

    def act(self, kept: KeptFiling, body: Any) -> KeptFiling:
        now = service.filing(self.work, people.operator(), kept.filing.id)
        return service.act_on_filing(self.work, people.operator(), kept.filing.id, now.filing.version, body)

    def ask(self) -> int:
        """Do what the clock asks for every few minutes, and again: the second time nothing is new."""
        made = service.ask_days(self.work)
        assert service.ask_days(self.work) == 0
        service.remind(self.work)
        return made

    def running(self) -> list[str]:
        asked = select(FilingDueRow.kind).where(FilingDueRow.ended_at.is_(None), FilingDueRow.kind == DAY)
        return list(self.work.session.scalars(asked))

    def heard(self, person: Person) -> list[str]:
        return [one.text for one in self.calls(person)]

    def pass_minutes(self, minutes: int) -> None:
        until = self.clock.now() + timedelta(minutes=minutes)
        while self.clock.now() < until:
            self.clock.advance(timedelta(minutes=5))
            service.ask_days(self.work)
            service.sweep(self.work)
            service.remind(self.work)


@pytest.fixture
def town(work: Work, clock: SetClock, street: Street) -> DiggingTown:
    """It is 08:35 in China when the works are filed; a machine has been seen at 08:30."""
    clock.moment = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    made = DiggingTown(work, clock)
    made.begin(street)
    dig(street)
    return made


def test_who_filed_hears_first_then_who_stands_by_then_dispatch(town: DiggingTown) -> None:
    town.filed()
    see(town.street)
    assert town.clock.now().astimezone(UTC).time() < time(1, 0)
    assert town.ask() == 0, "half an hour is left to them"
    town.clock.moment = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert town.ask() == 1
    (call,) = town.calls(town.filer)
    assert (call.text, call.params["count"], call.params["due"]) == ("filing.day", "1", "2026-11-20T00:30+00:00")
    town.pass_minutes(25)
    assert town.heard(town.standby) == []
    town.pass_minutes(10)
    assert "filing.day" in town.heard(town.standby)
    assert "filing.day" not in town.heard(town.dispatcher)
    town.pass_minutes(30)
    assert "filing.day" in town.heard(town.dispatcher)


def test_a_day_that_is_declared_is_asked_no_more_and_taken_back_it_is(town: DiggingTown) -> None:
    kept = town.filed()
    see(town.street)
    town.clock.moment = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert town.ask() == 1
    town.act(kept, DayStarted(TODAY, 6, ("excavator",)))
    assert town.running() == []
    town.pass_minutes(120)
    assert town.heard(town.standby).count("filing.day") == 0
    assert town.ask() == 0
    town.act(kept, DayTakenBack(TODAY, "rain"))
    assert town.ask() == 1, "they dig, and say that they do not"


def test_a_declared_day_and_a_quiet_one_are_nobodys_business(town: DiggingTown) -> None:
    kept = town.filed()
    town.clock.moment = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    assert town.ask() == 0, "the machine was seen before they open: the hours' rule speaks of that"
    town.act(kept, DayStarted(TODAY, 6))
    see(town.street)
    assert town.ask() == 0


def test_the_next_day_is_another_one(town: DiggingTown) -> None:
    town.filed()
    see(town.street)
    town.clock.moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert town.ask() == 1
    town.clock.moment = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert town.ask() == 0, "nobody has seen anything today"
    assert town.running() == [], "and yesterday is over"
    store.sites.set_machine(town.work, the_site(town.street).id, town.clock.now().timestamp())
    assert town.ask() == 1
    assert town.heard(town.filer).count("filing.day") == 2


@pytest.mark.parametrize("why", ["unanswered", "cancelled", "not begun", "merged site"])
def test_what_is_not_approved_or_not_there_asks_nothing(town: DiggingTown, why: str) -> None:
    more: dict[str, Any] = {}
    if why == "not begun":
        more = {"valid_from": town.clock.now() + timedelta(days=1)}
    kept = town.filed(answered=why != "unanswered", **more)
    if why == "cancelled":
        town.act(kept, Cancelled("not this year"))
    see(town.street)
    if why == "merged site":
        happen(town.street, MergedInto(uuid4(), "one piece of works"))
    town.clock.moment += timedelta(hours=2)
    assert town.ask() == 0


def test_a_machine_that_the_judge_calls_none_is_no_works(town: DiggingTown) -> None:
    town.filed()
    see(town.street)
    (alarm,) = town.street.alarms()
    judge.decide(
        town.work,
        town.street.root(),
        alarm.id,
        code=ReviewCode.PARKED,
        words="parked",
        silence=timedelta(hours=5),
        policy=JudgePolicy(),
    )
    town.clock.moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert town.ask() == 0
    told = service.day_of_site(town.work, store.sites.of_alarms(town.work, [alarm.id])[alarm.id])
    assert told is not None
    assert told.state is DayState.QUIET, "what is shown and what is called are one"


def test_whoever_stands_by_sees_works_too(town: DiggingTown) -> None:
    town.filed()
    (alarm,) = town.street.alarms()
    filed = store.sites.of_alarms(town.work, [alarm.id])[alarm.id]
    standing = replace(filed, site=replace(filed.site, standby_at=datetime(2026, 11, 20, 1, 15, tzinfo=UTC)))
    assert service.machines.works_seen_at(town.work, standing) == datetime(2026, 11, 20, 1, 15, tzinfo=UTC)
    assert service.machines.works_seen_at(town.work, replace(standing, machine_s=None)) == standing.site.standby_at


def test_works_that_a_dispatcher_filed_call_the_dispatcher_and_nobody_known_the_standby(town: DiggingTown) -> None:
    town.filed(by=town.dispatcher)
    see(town.street)
    town.clock.moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
    assert town.ask() == 1
    assert "filing.day" in town.heard(town.dispatcher)
    assert town.heard(town.filer) == []


def test_every_tenant_has_its_turn(town: DiggingTown) -> None:
    town.filed()
    see(town.street)
    town.clock.moment = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        yield replace(town.work, tenant_id=tenant_id)

    assert jobs.ask_days(begin) == 1
    assert jobs.ask_days(begin) == 0


CHINA = filing_zone("CN-HE-langfang", datetime(2026, 11, 20, tzinfo=UTC))


def a_filing(hours: Hours | None, *days: Day) -> Filing:
    """A filing that is valid all November."""
    area = bytes(shapely.to_wkb(shapely.box(116.7, 39.5, 116.701, 39.501)))
    begins = datetime(2026, 11, 1, tzinfo=UTC)
    works = Works("CN-HE-langfang", area, Method.OPEN_CUT, begins, begins + timedelta(days=40), hours=hours)
    return Filing(uuid4(), uuid4(), works, begins, answered_at=begins, days=days)


def local(at: time, day: date = TODAY) -> datetime:
    return datetime.combine(day, at, CHINA).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "at", "seen", "by"),
    [
        (None, time(8, 29), time(7, 0), None),
        (None, time(8, 30), time(0, 1), time(8, 0)),
        (HOURS, time(8, 59), time(8, 45), None),
        (HOURS, time(9, 0), time(8, 45), time(8, 30)),
        (HOURS, time(9, 0), time(8, 29), None),
        (Hours(time(22), time(6)), time(0, 45), time(0, 30), None),  # the night shift of the day before
        (Hours(time(22), time(6)), time(22, 30), time(0, 30), None),
        (Hours(time(22), time(6)), time(22, 30), time(22, 10), time(22, 0)),
    ],
)
def test_the_hour_is_the_filings_own_else_the_policys(
    hours: Hours | None, at: time, seen: time, by: time | None
) -> None:
    found = day_missing(RULES, a_filing(hours), local(at), local(seen), CHINA)
    assert (None if found is None else found.due_at) == (None if by is None else local(by))


@given(st.times(), st.times(), st.booleans())
def test_a_declared_day_is_never_missing(at: time, seen: time, mine: bool) -> None:
    day = TODAY if mine else TODAY - timedelta(days=1)
    filing = a_filing(None, Day(local(time(7)), DayStarted(day, 3)))
    found = day_missing(RULES, filing, local(at), local(seen), CHINA)
    if mine:
        assert found is None
    else:
        assert (found is not None) == (at >= time(8, 30))


FILE = yaml.safe_load((Path(policy_path[0]) / "filing_dues" / "CN.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("change", [{"ladder": "rope"}, {"by": "25:00"}, {"grace": "P2D"}, {"role": "king"}])
def test_a_slip_in_the_policy_of_days_is_told(change: dict[str, Any]) -> None:
    body = deepcopy(FILE)
    body["day"] |= change
    with pytest.raises(InputError):
        read_due_rules(body, store.shipped_duties().ladders)
