"""A judge in doubt asks whoever is near: once, within bounds, never towards gas, and not where somebody was sent."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import yaml
from duty_town import NORTH, SOUTH
from hypothesis import given
from hypothesis import strategies as st
from judge_street import Scripted, Street, opinion, street
from sqlalchemy.exc import IntegrityError
from standby_town import StandbyTown

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Arrived, Ended, Proof, SiteState, Verified
from pipewarden.casework.service import patrols
from pipewarden.dedupe.facts import PatrolReason, PatrolWanted
from pipewarden.field import service as field_service
from pipewarden.field.facts.reports import NewReport, Sender, Spot
from pipewarden.field.facts.tasks import Task, TaskState, Wanted
from pipewarden.field.jobs import tasks as jobs
from pipewarden.field.rules import tasks as rules
from pipewarden.field.service import doubting
from pipewarden.field.service import tasks as service
from pipewarden.field.store import tasks as store
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED, Case, Code, JudgePolicy, Reason, ReviewCode, Source, Verdict
from pipewarden.judge.service import Bench
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import FactRef
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Role
from pipewarden.perceive.facts import Box, Finding, FindingClass, Screened
from pipewarden.policy import __path__ as policy_path
from pipewarden.sense.facts import DeviceKind

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Area, Person

__all__ = ["street"]
(POLICY,) = store.shipped_tasks()
NEAR = 0.001  # degrees of latitude: 111 m


@dataclass(slots=True)
class DoubtTown(StandbyTown):
    """A town with a street of the judge in it, and nobody outdoors on duty."""

    street: Street = None  # type: ignore[assignment]  set when it is made
    dispatcher: Person = None  # type: ignore[assignment]  as above

    def near(self, role: Role = Role.GRID_WORKER, area: Area | None = None) -> Actor:
        """Somebody who answers such tasks there."""
        return self.who(self.person(role, area=area or self.north))

    def reported(self, place: tuple[float, float] = NORTH) -> UUID:
        """Somebody reports works; the alarm is judged, and followed as casework does."""
        return self.judged(self.street.alarm_of(self.street.report(at=place)))

    def judged(self, alarm_id: UUID) -> UUID:
        self.street.judge(alarm_id)
        casework.follow(self.work, [alarm_id])
        return alarm_id

    def hear(self, *alarm_ids: UUID) -> list[Task]:
        """The fact is drained, twice: the second time nothing more happens."""
        made = doubting.hear(self.work, alarm_ids)
        tenant = self.work.tenant_id
        jobs.doubt(self.work, [FactRef(JUDGED, str(tenant), tenant, one) for one in alarm_ids])
        return made

    def tasks(self) -> list[Task]:
        mine = store.TaskRow.tenant_id == self.work.tenant_id
        return store.page(self.work, mine, limit=500)


@pytest.fixture
def town(work: Work, clock: SetClock, street: Street) -> DoubtTown:
    made = DoubtTown(work, clock)
    made.street, made.dispatcher = street, made.on_duty(Role.DISPATCHER)
    return made


def test_what_nobody_outdoors_has_in_hand_is_asked_of_whoever_is_near(town: DoubtTown) -> None:
    worker, other = town.near(), town.near(area=town.south)
    alarm = town.reported()
    (task,) = town.hear(alarm)
    site = casework.site_of_alarm(town.work, alarm)
    assert site is not None, "it fell to the dispatcher, who sits indoors"
    assert (task.source, task.made_by, task.alarm_id, task.site_id) == ("judge", None, alarm, site)
    assert ((task.lon, task.lat), task.accuracy_m) == (pytest.approx(NORTH), pytest.approx(5.0, abs=1.0))
    assert (task.area_path, task.words) == (town.north.path, doubting.WORDS)
    assert task.until == town.clock.now() + timedelta(hours=4)
    assert [one.id for one in service.tasks(town.work, worker, service.Listed(state=TaskState.OPEN), limit=9)] == [
        task.id
    ]
    assert service.tasks(town.work, other, service.Listed(state=TaskState.OPEN), limit=9) == []
    assert [one.id for one in town.tasks()] == [task.id], "the same fact twice is one task"


def test_what_only_a_camera_without_a_map_has_seen_is_asked_at_the_camera(town: DoubtTown) -> None:
    town.near(area=town.city)
    alarm = town.judged(town.street.seen())
    assert town.street.codes(alarm) == ["undecided"]
    (task,) = town.hear(alarm)
    assert task.accuracy_m == POLICY.judge.camera_m


def test_a_patroller_who_was_called_is_enough(town: DoubtTown) -> None:
    town.near()
    town.on_duty(Role.PATROLLER)
    assert town.hear(town.reported()) == []


def test_a_patrol_that_is_owed_there_is_enough(town: DoubtTown) -> None:
    town.near()
    alarm = town.reported()
    site = casework.site_of_alarm(town.work, alarm)
    assert site is not None
    wanted = PatrolWanted(
        id=uuid4(),
        tenant_id=town.work.tenant_id,
        clue_id=uuid4(),
        lon=NORTH[0],
        lat=NORTH[1],
        radius_m=20.0,
        zone=Zone.PROTECTION,
        reason=PatrolReason.NO_CAMERA,
        at=town.clock.now(),
        due_at=town.clock.now() + timedelta(minutes=30),
    )
    patrols._owe(town.work, casework_store.sites.read(town.work, [site])[site], wanted)
    assert town.hear(alarm) == []


@pytest.mark.parametrize("what", ["arrived", "ended"])
def test_where_somebody_stands_or_has_looked_nobody_is_asked(town: DoubtTown, what: str) -> None:
    town.near()
    alarm = town.reported()
    site = casework.site_of_alarm(town.work, alarm)
    assert site is not None
    there = Proof(pictures=("b" * 64,), lon=NORTH[0], lat=NORTH[1], accuracy_m=5.0)
    town.happen(site, Arrived(there))
    if what == "ended":
        town.happen(site, Verified(true=False, code="cleaning_or_greening", proof=there))
        town.happen(site, Ended(SiteState.FALSE, "cleaning_or_greening", "grass"))
    assert town.hear(alarm) == []


def test_nobody_is_asked_while_the_second_judge_thinks(town: DoubtTown) -> None:
    town.near(area=town.city)
    town.street.bench = Bench(second=Scripted([opinion("unsure")]))
    alarm = town.judged(town.street.seen())
    assert town.street.case(alarm).ask_id is not None
    assert town.hear(alarm) == []
    ask = town.street.case(alarm).ask_id
    assert ask is not None
    judge.hear(town.work, town.street.bench, ask, alarm, opinion("unsure"))
    assert len(town.hear(alarm)) == 1, "it is unsure: that is another fact"


def test_a_verdict_asks_nobody(town: DoubtTown) -> None:
    town.near(area=town.city)
    town.street.bench = Bench(second=Scripted([opinion("yes")], patience_s=0.0))
    assert town.hear(town.judged(town.street.seen())) == []


def test_nobody_is_sent_towards_gas_that_people_smell(town: DoubtTown, tmp_path: Path) -> None:
    town.near()
    desk = field_service.Desk(BlobStore(tmp_path), b"a secret of these tests alone....", paced=False)
    new = NewReport(uuid4(), "gas_smell", "好臭", Spot(*NORTH, 5.0, "wgs84", "device"))
    said = field_service.take(town.work, desk, Sender(b"d", b"n"), new).report
    assert said.danger
    finding = Finding(
        id=uuid4(),
        tenant_id=town.work.tenant_id,
        observation_id=said.observations[0],
        cls=FindingClass.REPORT,
        type=None,
        score=0.0,
        raises=True,
        box=Box(0.0, 0.0, 0.0, 0.0),
        look=None,
        model="words",
    )
    town.street.place(said.observations[0], Screened(said.observations[0], None, None, (finding,), None))
    assert town.hear(town.judged(town.street.alarm_of(said.observations[0]))) == []


def test_nobody_is_sent_towards_gas_that_a_device_measures(town: DoubtTown, monkeypatch: pytest.MonkeyPatch) -> None:
    town.near()
    alarm = town.reported()
    told = doubting.sense.told

    def leaking(work: Work, ids: list[UUID]) -> dict[UUID, Any]:
        return {one: replace(said, noticed=DeviceKind.METHANE) for one, said in told(work, ids).items()}

    monkeypatch.setattr("pipewarden.field.service.doubting.sense.told", leaking)
    assert town.hear(alarm) == []


def test_where_nobody_lives_who_answers_nobody_is_asked(town: DoubtTown) -> None:
    town.near(area=town.south)
    town.near(role=Role.RESIDENT)
    assert town.hear(town.reported()) == []
    assert town.tasks() == [], "an order to nobody would come back to the dispatcher as one more message"


def test_people_are_asked_once_about_one_place(town: DoubtTown) -> None:
    town.near()
    dispatcher = town.who(town.dispatcher)
    service.ask(town.work, dispatcher, "看看", place=((NORTH[0], NORTH[1] + 10 * NEAR), 5.0))
    assert town.hear(town.reported((NORTH[0], NORTH[1] + 9 * NEAR))) == [], "a dispatcher asked there"
    assert len(town.hear(town.reported())) == 1
    near = town.reported((NORTH[0], NORTH[1] + NEAR))
    assert town.hear(near) == []
    assert len(town.hear(town.reported((NORTH[0], NORTH[1] + 3 * NEAR)))) == 1
    store.change(town.work, town.tasks()[-1].id, TaskState.ANSWERED)
    assert town.hear(near) == [], "somebody has looked there today"
    town.clock.advance(timedelta(days=1, seconds=1))
    service.expire(town.work)
    assert len(town.hear(near)) == 1, "that was yesterday"


def test_a_flood_is_asked_up_to_the_days_measure_and_the_dispatcher_hears_of_the_last(
    town: DoubtTown, count_statements: list[str]
) -> None:
    town.near()
    town.near(area=town.south)
    alarms = [town.reported((NORTH[0], NORTH[1] + 2 * NEAR * number)) for number in range(-10, 10)]
    made = [task for one in alarms for task in town.hear(one)]
    assert len(made) == len(town.tasks()) == POLICY.judge.most_day == 10
    enough = [one for one in town.calls(town.dispatcher) if one.text == "task.enough"]
    assert [one.params["count"] for one in enough] == ["10"], "said once"
    count_statements.clear()
    assert doubting.hear(town.work, alarms[10:]) == []
    asked = " ".join(count_statements)
    assert not {"casework_sites", "sense_told"} & set(re.findall(r"\w+", asked)), "nothing of an alarm is read any more"
    assert sum("pg_advisory_xact_lock" in one for one in count_statements) == 1
    assert len(town.hear(town.reported(SOUTH))) == 1, "another district has its own measure"
    town.clock.advance(timedelta(days=1, seconds=1))
    assert len(town.hear(town.reported((NORTH[0] + 10 * NEAR, NORTH[1])))) == 1, "and so has another day"


def test_what_the_judge_knows_by_now_is_taken_back(town: DoubtTown) -> None:
    town.near()
    alarm = town.reported()
    (task,) = town.hear(alarm)
    judge.decide(
        town.work,
        town.street.root(),
        alarm,
        code=ReviewCode.CLEANING,
        words="绿化",
        silence=timedelta(hours=1),
        policy=JudgePolicy(),
    )
    assert town.hear(alarm) == []
    (after,) = town.tasks()
    assert (after.id, after.state, after.reason) == (task.id, TaskState.WITHDRAWN, doubting.SURE)
    store.change(town.work, task.id, TaskState.ANSWERED)
    town.hear(alarm)
    assert town.tasks()[0].state is TaskState.ANSWERED, "what somebody answered stays answered"


def test_what_somebody_answers_while_it_is_taken_back_stays_answered(town: DoubtTown) -> None:
    town.near()
    alarm = town.reported()
    (task,) = town.hear(alarm)
    store.change(town.work, task.id, TaskState.ANSWERED)
    item = judge.cases(town.work, [alarm])[alarm]
    sure = replace(item, case=replace(item.case, verdict=Verdict.REJECTED))
    doubting._take_back(town.work, task, sure)  # as it was read before the answer came
    assert town.tasks()[0].state is TaskState.ANSWERED


def test_asking_holds_no_site(town: DoubtTown, count_statements: list[str]) -> None:
    town.near()
    alarms = [town.reported((NORTH[0], NORTH[1] + 2 * NEAR * number)) for number in range(3)]
    count_statements.clear()
    assert len(doubting.hear(town.work, alarms)) == 3
    held = [one for one in count_statements if "FOR UPDATE" in one and "casework_sites" in one]
    assert held == [], "sites are held in the order of their ids, which a batch of verdicts does not have"


def test_an_old_word_of_gas_is_heard_below_many_later_clues(town: DoubtTown, monkeypatch: pytest.MonkeyPatch) -> None:
    town.near()
    alarm = town.reported()
    told, read = doubting.sense.told, doubting.dedupe.alarm

    def crowded(work: Work, alarm_id: UUID) -> Alarm:
        found = read(work, alarm_id)
        later = tuple(replace(found.members[0], observation_id=uuid4()) for _ in range(300))
        return replace(found, members=(*found.members, *later))

    def leaking(work: Work, ids: list[UUID]) -> dict[UUID, Any]:
        return {one: replace(said, noticed=DeviceKind.METHANE) for one, said in told(work, ids).items()}

    monkeypatch.setattr("pipewarden.field.service.doubting.dedupe.alarm", crowded)
    monkeypatch.setattr("pipewarden.field.service.doubting.sense.told", leaking)
    assert town.hear(alarm) == []


def test_the_database_itself_refuses_a_second_one_of_an_alarm(town: DoubtTown) -> None:
    alarm = uuid4()
    asked = Wanted(NORTH, "看", "judge", alarm_id=alarm)
    service.wanted(town.work, asked)
    service.wanted(town.work, replace(asked, source="dispatcher"))
    with pytest.raises(IntegrityError), town.work.session.begin_nested():
        service.wanted(town.work, asked)


def test_an_alarm_that_the_judge_does_not_know_asks_nobody(town: DoubtTown) -> None:
    assert town.hear(uuid4()) == []


CASE = Case(uuid4(), uuid4(), due_at=None)


@given(st.sampled_from(Code), st.sampled_from(Verdict), st.booleans(), st.booleans())
def test_only_a_judge_that_is_done_and_does_not_know_is_in_doubt(
    code: Code, verdict: Verdict, due: bool, asking: bool
) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    case = replace(
        CASE,
        verdict=verdict,
        reasons=(Reason(code, Source.HOUSE),),
        due_at=now if due else None,
        ask_id=uuid4() if asking else None,
    )
    doubt = rules.in_doubt(POLICY, case)
    assert doubt == (verdict is Verdict.PERSON and due and not asking and code in POLICY.judge.codes)
    assert not (doubt and rules.over(case))
    assert not (doubt and code is Code.GAS_LEAK)


FILE = yaml.safe_load((Path(policy_path[0]) / "tasks" / "CN.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "change",
    [{"codes": ["words", "gas_leak"]}, {"codes": ["hearsay"]}, {"codes": []}, {"most_day": 0}, {"open_for": "P30D"}],
)
def test_a_slip_in_what_the_judge_may_ask_is_told(change: dict[str, Any]) -> None:
    body = deepcopy(FILE)
    body["editions"][0]["judge"] |= change
    with pytest.raises(InputError) as slip:
        rules.read_tasks(body, "CN.yaml")
    assert slip.value.field.startswith("CN.yaml")
