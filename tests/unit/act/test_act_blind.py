"""Who watches is told that a camera sees nothing any more: once, with the pipes that nobody watches meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from act_office import MAIL

from pipewarden.act import jobs, service
from pipewarden.kit.work import FactRef
from pipewarden.locate import store as locate_store
from pipewarden.locate.facts import CAMERA_BLIND, CameraBlind, Cause, EyeState
from pipewarden.network.facts import PressureClass, Regime, Stretch
from pipewarden.people import service as people
from pipewarden.people.facts import NewArea, NewMembership, Role
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewCamera

if TYPE_CHECKING:
    from uuid import UUID

    from act_office import Office

    from pipewarden.act.facts import Message


HERE, ELSEWHERE = (116.7, 39.5), (117.4, 39.5)


@pytest.fixture
def watcher(office: Office) -> UUID:
    """A dispatcher on duty; beside them one who is not, and a safety manager."""
    root, now = people.operator(office.work.tenant_id), office.clock.now()
    square = bytes(shapely.to_wkb(shapely.box(116.2, 39.4, 116.9, 39.8)))
    area = people.add_area(office.work, root, NewArea("beat", "一号巡线段", wkb=square)).id
    on, _off = (office.person(MAIL, role=Role.AUDITOR) for _ in range(2))  # a role that needs no area
    office.person(MAIL)
    for one in (on, _off):
        held = NewMembership(one, office.work.tenant_id, Role.DISPATCHER, now - timedelta(days=1), area_id=area)
        people.grant(office.work, root, held)
    span = {"begins_at": now, "ends_at": now + timedelta(hours=8)}
    people.put_on_duty(office.work, root, on, Role.DISPATCHER, area, **span)
    return on


def change(
    office: Office, key: str, state: EyeState = EyeState.BLIND, *metres: float, place: tuple[float, float] = HERE
) -> UUID:
    """Let a camera change and write it down as locate does."""
    work, (lon, lat) = office.work, place
    known = sense.camera_by_key(work, key)
    camera = known or sense.register_camera(work, NewCamera(key, f"{key} 路口", lon=lon, lat=lat))
    pipes = tuple(Stretch(f"pipe-{n}", Regime.CITY_GAS, PressureClass.MEDIUM, long) for n, long in enumerate(metres))
    causes = (Cause.BLACK,) if state is EyeState.BLIND else ()
    now = office.clock.now()
    made = CameraBlind(work.ids.new(), work.tenant_id, camera.id, state, causes, now, now, pipes)
    locate_store.add_eyes(work, [made])
    return made.id


def drain(office: Office, *changes: UUID) -> None:
    facts = [FactRef(CAMERA_BLIND, "p", office.work.tenant_id, one) for one in changes]
    jobs.make_blind(office.post)(office.work, facts)


def told(office: Office, person: UUID) -> list[Message]:
    found, _ = service.messages(office.work, people.actor_of(office.work, person), before=None, limit=50)
    return found


def test_the_dispatcher_on_duty_is_told_once_of_all_with_the_metres(office: Office, watcher: UUID) -> None:
    drain(office, change(office, "cam-1", EyeState.BLIND, 40.2, 20.0), change(office, "cam-2"))
    (one,) = told(office, watcher)
    assert one.title.endswith("2 路摄像机失明，60 m 管道暂无人看：cam-1 路口、cam-2 路口")
    assert len(office.rows(one.id)) == 1


def test_a_second_camera_is_told_of_though_the_first_was_just_told(office: Office, watcher: UUID) -> None:
    drain(office, change(office, "cam-1"))
    drain(office, change(office, "cam-2"))
    assert len([one for one in told(office, watcher) if "失明" in one.title]) == 2


def test_who_watches_elsewhere_is_not_told(office: Office, watcher: UUID) -> None:
    square = bytes(shapely.to_wkb(shapely.box(117.2, 39.4, 117.6, 39.8)))
    root = people.operator(office.work.tenant_id)
    people.add_area(office.work, root, NewArea("far", "二号巡线段", wkb=square))
    manager = office.person(MAIL)
    drain(office, change(office, "cam-1"), change(office, "cam-9", place=ELSEWHERE))
    (one,) = told(office, watcher)
    assert "1 路摄像机失明" in one.title
    assert "cam-9" not in one.title
    (other,) = told(office, manager)  # nobody is on duty there
    assert other.title.endswith("cam-9 路口")


def test_one_that_sees_again_before_anybody_was_told_is_not_told_of(office: Office, watcher: UUID) -> None:
    gone = change(office, "cam-1")
    office.clock.moment += timedelta(seconds=20)
    back = change(office, "cam-1", EyeState.ONLINE)
    drain(office, gone, back)
    assert told(office, watcher) == []


def test_with_nobody_on_duty_the_safety_manager_is_told_and_many_are_counted(office: Office) -> None:
    manager = office.person(MAIL)
    drain(office, *[change(office, f"cam-{number}") for number in range(7)])
    (one,) = told(office, manager)
    assert "7 路摄像机失明" in one.title
    assert one.title.endswith("cam-4 路口…")
