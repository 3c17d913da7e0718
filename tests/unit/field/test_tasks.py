"""Please-check tasks on a real database: asked, answered there, paid in points, withdrawn, never silently over."""

from __future__ import annotations

from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from duty_town import NORTH, SOUTH
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from standby_town import StandbyTown

from pipewarden.casework import store as casework_store
from pipewarden.field.facts.standby import Doubt, Stood
from pipewarden.field.facts.tasks import NewAnswer, Seen, Task, TaskState, Wanted
from pipewarden.field.jobs import tasks as jobs
from pipewarden.field.rules import tasks as rules
from pipewarden.field.service import captures
from pipewarden.field.service import tasks as service
from pipewarden.field.store import tasks as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.policy import __path__ as policy_path
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

HERE, FAR = Stood(*NORTH, 8.0), Stood(NORTH[0], NORTH[1] + 0.01, 8.0)
(POLICY,) = store.shipped_tasks()


@pytest.fixture
def town(work: Work, clock: SetClock) -> StandbyTown:
    return StandbyTown(work, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def jpeg() -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def worker(town: StandbyTown, role: Role = Role.GRID_WORKER, *, north: bool = True) -> Actor:
    return town.who(town.person(role, area=town.north if north else town.south))


def asked(town: StandbyTown, **more: Any) -> Task:
    dispatcher = town.who(town.person(Role.DISPATCHER))
    given: dict[str, Any] = {"place": (NORTH, 10.0)} | more
    return service.ask(town.work, dispatcher, "看看有没有挖机", **given)


def new(town: StandbyTown, by: Actor | None, seen: Seen = Seen.WORKS, **more: Any) -> NewAnswer:
    word = None if by is None else captures.issue(town.work, str(by.id)).nonce
    return replace(NewAnswer(town.work.ids.new(), HERE, word, seen, "", jpeg()), **more)


def listed(town: StandbyTown, by: Actor, state: TaskState | None = None) -> list[UUID]:
    return [one.id for one in service.tasks(town.work, by, service.Listed(state), limit=9)]


def test_tasks_are_found_by_what_they_are_about(town: StandbyTown) -> None:
    site, alarm, dispatcher = town.site(), town.work.ids.new(), town.who(town.person(Role.DISPATCHER))
    asked(town)
    at_site = asked(town, place=None, site_id=site.id)
    at_alarm = service.wanted(town.work, Wanted(NORTH, "是不是挖机", "judge", alarm_id=alarm))

    def about(by: Actor, **asked: Any) -> list[UUID]:
        return [one.id for one in service.tasks(town.work, by, service.Listed(**asked), limit=9)]

    assert about(dispatcher, site_id=site.id) == [at_site.id]
    assert about(dispatcher, alarm_id=alarm) == [at_alarm.id]
    assert about(dispatcher, site_id=site.id, alarm_id=alarm) == []
    assert about(dispatcher, alarm_id=alarm, state=TaskState.ANSWERED) == []
    assert about(worker(town), alarm_id=alarm) == [at_alarm.id]
    assert about(worker(town, north=False), alarm_id=alarm) == []  # a name opens no other area's tasks
    assert about(town.who(town.person(Role.DISPATCHER, area=town.south)), alarm_id=alarm) == []


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.PROPERTY_MANAGER, Role.PATROLLER])
def test_a_task_is_for_whoever_answers_in_its_area(town: StandbyTown, role: Role) -> None:
    task = asked(town)
    assert listed(town, worker(town, role)) == [task.id]
    assert listed(town, worker(town, role, north=False)) == []
    with pytest.raises(ForbiddenError):
        listed(town, worker(town, Role.RESIDENT))


def test_works_that_somebody_saw_are_a_report_of_theirs_and_bring_points(town: StandbyTown, blobs: BlobStore) -> None:
    by, task = worker(town), asked(town)
    sent = new(town, by, words="黄色挖掘机")
    made, fresh = service.answer(town.work, blobs, by, task.id, sent)
    assert (fresh, made.doubts, made.points) == (True, (), 10)
    assert made.observation_id is not None
    told = sense.told(town.work, [made.observation_id])[made.observation_id]
    assert (told.words, told.owner_id, (told.lon, told.lat)) == ("黄色挖掘机", by.id, NORTH)
    assert BlobStore(blobs.root / "tasks").get(made.picture) == sent.picture
    assert service.my_points(town.work, by, limit=9)[0] == 10
    assert listed(town, by) == []
    again, fresh = service.answer(town.work, blobs, by, task.id, sent)
    assert (again, fresh) == (made, False)
    assert service.my_points(town.work, by, limit=9)[0] == 10
    with pytest.raises(InputError, match="draft"):
        service.answer(town.work, blobs, by, task.id, replace(sent, words="x"))
    with pytest.raises(RefusedError):
        service.answer(town.work, blobs, by, task.id, new(town, by))


def test_nothing_seen_is_said_on_the_site_and_closes_nothing(town: StandbyTown, blobs: BlobStore) -> None:
    town.staffed()
    site = town.site()
    by, task = worker(town), asked(town, place=None, site_id=site.id)
    assert (task.lon, task.lat) == NORTH
    made, _ = service.answer(town.work, blobs, by, task.id, new(town, by, Seen.NOTHING))
    assert (made.observation_id, made.points) == (None, 5)
    last = casework_store.history.events(town.work, site.id)[-1].body
    assert last.kind == "noted"
    assert "未见施工" in last.words
    assert casework_store.sites.read(town.work, [site.id])[site.id].open


def test_who_cannot_tell_leaves_the_task_to_others(town: StandbyTown, blobs: BlobStore) -> None:
    first, second, task = worker(town), worker(town), asked(town)
    made, _ = service.answer(town.work, blobs, first, task.id, new(town, first, Seen.CANNOT_TELL))
    assert made.points == 0
    assert (listed(town, first), listed(town, second)) == ([], [task.id])
    assert service.answer(town.work, blobs, second, task.id, new(town, second))[0].points == 10


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"stood": FAR}, Doubt.OUTSIDE),
        ({"stood": Stood(*NORTH, 5000.0)}, Doubt.PLACE_POOR),
        ({"stood": Stood(*NORTH, 8.0, finger=True)}, Doubt.ON_A_MAP),
        ({"nonce": None}, Doubt.NO_NONCE),
        ({"picture": None}, Doubt.NO_PICTURE),
    ],
)
def test_an_answer_that_proves_nothing_is_kept_and_unpaid(
    town: StandbyTown, blobs: BlobStore, more: dict[str, Any], doubt: Doubt
) -> None:
    by, task = worker(town), asked(town)
    made, _ = service.answer(town.work, blobs, by, task.id, new(town, by, **more))
    assert (made.doubts, made.points) == ((doubt,), 0)
    assert made.observation_id is not None  # a person's word counts all the same
    assert store.answers(town.work, task.id) == [made]
    assert service.my_points(town.work, by, limit=9) == (0, [])


def test_an_answer_after_the_end_is_heard_without_points(town: StandbyTown, blobs: BlobStore) -> None:
    by, task = worker(town), asked(town)
    dispatcher = town.who(town.person(Role.DISPATCHER))
    gone = service.withdraw(town.work, dispatcher, task.id, "一场误会")
    assert (gone.state, gone.reason) == (TaskState.WITHDRAWN, "一场误会")
    with pytest.raises(RefusedError):
        service.withdraw(town.work, dispatcher, task.id, "again")
    made, _ = service.answer(town.work, blobs, by, task.id, new(town, by))
    assert made.doubts == (Doubt.TASK_OVER,)
    assert made.observation_id is not None
    assert [one.id for one in service.answers(town.work, dispatcher, task.id)] == [made.id]
    assert listed(town, dispatcher, TaskState.WITHDRAWN) == [task.id]


def test_a_task_that_nobody_answers_comes_back_to_the_dispatcher(town: StandbyTown) -> None:
    staff = town.staffed()
    asked(town)
    service.wanted(town.work, Wanted(SOUTH, "拿不准，请去看", "judge", until=town.clock.now() + timedelta(days=3)))
    opened = []

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        opened.append(tenant_id)
        yield replace(town.work, tenant_id=tenant_id)

    assert jobs.sweep(begin) == 0
    town.clock.advance(timedelta(days=1))
    assert jobs.sweep(begin) == 1
    (call,) = town.calls(staff[Role.DISPATCHER])
    assert (call.text, call.params["words"]) == ("task.expired", "看看有没有挖机")
    assert jobs.sweep(begin) == 0


def test_without_a_dispatcher_the_safety_manager_is_told(town: StandbyTown) -> None:
    manager = town.person(Role.SAFETY_MANAGER)
    asked(town)
    town.clock.advance(timedelta(days=2))
    assert service.expire(town.work) == 1
    assert [one.text for one in town.calls(manager)] == ["task.expired"]


def test_who_asks_names_one_thing_in_reach_and_a_time_that_can_be_met(town: StandbyTown) -> None:
    site = town.site(SOUTH)
    north = town.who(town.person(Role.DISPATCHER, area=town.north))
    with pytest.raises(NotFoundError):
        service.ask(town.work, north, "x", site_id=site.id)
    with pytest.raises(NotFoundError):
        service.ask(town.work, north, "x", place=(SOUTH, 5.0))
    with pytest.raises(ForbiddenError):
        service.ask(town.work, worker(town), "x", place=(NORTH, 5.0))
    for wrong in ({}, {"place": (NORTH, 5.0), "site_id": site.id}):
        with pytest.raises(InputError) as which:
            service.ask(town.work, north, "x", **wrong)  # type: ignore[arg-type]  cases
        assert which.value.field == "place"
    with pytest.raises(InputError) as nowhere:
        service.ask(town.work, town.who(town.person(Role.SAFETY_MANAGER)), "x", site_id=town.site(None).id)
    assert nowhere.value.field == "place"
    for until in (timedelta(minutes=1), timedelta(days=15)):
        with pytest.raises(InputError) as when:
            asked(town, until=town.clock.now() + until)
        assert when.value.field == "until"
    with pytest.raises(InputError):
        service.wanted(town.work, Wanted(NORTH, " ", "judge"))


def test_points_are_counted_over_pages(town: StandbyTown, blobs: BlobStore) -> None:
    by = worker(town)
    for _ in range(3):
        service.answer(town.work, blobs, by, asked(town).id, new(town, by, Seen.NOTHING))
    total, first = service.my_points(town.work, by, limit=2)
    assert (total, len(first)) == (15, 2)
    _, rest = service.my_points(town.work, by, limit=2, before=first[-1].id)
    assert len({one.id for one in (*first, *rest)}) == 3


@given(st.lists(st.sampled_from(Doubt), max_size=3), st.sampled_from(Seen))
def test_no_doubt_is_ever_paid(doubts: list[Doubt], seen: Seen) -> None:
    paid = rules.points(POLICY, seen, doubts)
    assert paid == (0 if doubts else POLICY.points[seen])


FILE = yaml.safe_load((Path(policy_path[0]) / "tasks" / "CN.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "change",
    [{"points": {"works": 1}}, {"open_for": "P30D"}, {"reach_m": -1}, {"points": {"works": 1.5}}, {"more": 1}],
)
def test_a_slip_in_the_policy_is_told(change: dict[str, Any]) -> None:
    body = deepcopy(FILE)
    body["editions"][0] |= change
    with pytest.raises(InputError) as slip:
        rules.read_tasks(body, "CN.yaml")
    assert slip.value.field.startswith("CN.yaml")


def test_the_edition_of_the_day_holds() -> None:
    body = deepcopy(FILE)
    body["editions"].append(deepcopy(body["editions"][0]) | {"since": "2027-01-01", "reach_m": 50})
    found = rules.read_tasks(body, "CN.yaml")
    assert [rules.edition(found, day).reach_m for day in (date(2026, 5, 1), date(2027, 5, 1))] == [150, 50]
    body["editions"][1]["since"] = "2026-01-01"
    with pytest.raises(InputError, match="two editions"):
        rules.read_tasks(body, "CN.yaml")
