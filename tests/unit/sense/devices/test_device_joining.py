"""What a message means beside those before it: one alarm for a thing, however often it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.kit.geo import distance_m
from pipewarden.sense.facts import Device, DeviceAlarm, DeviceKind, Ended
from pipewarden.sense.rules.devices import Act, DeviceSaid, Phase, Where, bounded, join, sentence, where

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HERE = (116.7, 39.5)
DEVICE = Device(
    id=UUID(int=1),
    tenant_id=UUID(int=2),
    key="d",
    name="d",
    dialect="das",
    lon=HERE[0],
    lat=HERE[1],
    accuracy_m=20.0,
    line=(),
    camera_id=None,
    senders=(),
    silence_s=900.0,
    field_map=None,
    created_at=NOW,
)
SAID = DeviceSaid(originator="f1", kind=DeviceKind.MACHINERY, label="digging", phase=Phase.GOES_ON)
SPOT = Where(*HERE, 20.0)


def told(
    known: list[DeviceAlarm], said: DeviceSaid, place: Where = SPOT, *, now: datetime = NOW, number: int = 9
) -> tuple[Act, list[DeviceAlarm], bool]:
    """Return the act, what is known afterwards, and whether an observation is made."""
    step = join(known, said, place, DEVICE, now=now, new_id=UUID(int=number))
    if step.alarm is None or step.act is Act.ECHO:
        return step.act, known, step.tells
    alarm = replace(step.alarm, told=step.alarm.told + 1, told_at=now) if step.tells else step.alarm
    return step.act, [*(one for one in known if one.id != alarm.id), alarm], step.tells


def begun(said: DeviceSaid = SAID, place: Where = SPOT) -> list[DeviceAlarm]:
    return told([], said, place)[1]


@given(st.integers(1, 200))
@settings(max_examples=20, deadline=None)
def test_what_is_said_each_second_is_one_alarm_and_one_observation(times: int) -> None:
    known: list[DeviceAlarm] = []
    tells = []
    for second in range(times):
        now = NOW + timedelta(seconds=second)
        _, known, tell = told(known, replace(SAID, at=now), now=now, number=second)
        tells.append(tell)
    assert [one.count for one in known] == [times]
    assert tells == [True] + [False] * (times - 1)


def test_another_place_of_a_long_fibre_is_another_alarm() -> None:
    far = Where(HERE[0] + 0.01, HERE[1], 20.0)
    _, known, tells = told(begun(), SAID, far, number=10)
    assert len(known) == 2
    assert tells


def test_another_kind_is_asked_for_by_itself() -> None:
    assert told([], replace(SAID, kind=DeviceKind.METHANE))[2]


def test_an_end_ends_and_what_comes_late_begins_nothing() -> None:
    at = NOW - timedelta(seconds=30)
    known = begun(replace(SAID, at=NOW))
    act, known, tells = told(known, replace(SAID, phase=Phase.ENDED, at=NOW + timedelta(seconds=5)))
    assert (act, tells) == (Act.END, False)
    assert (known[0].ended_at, known[0].ended_by) == (NOW, Ended.SAID)
    act, known, tells = told(known, replace(SAID, at=at), number=11)
    assert (act, len(known), tells) == (Act.ECHO, 1, False)


def test_an_end_of_what_nobody_knows_is_an_echo() -> None:
    assert told([], replace(SAID, phase=Phase.ENDED))[0] is Act.ECHO


def test_an_end_takes_its_own_thread_only() -> None:
    known = begun(replace(SAID, thread="a"))
    _, known, _ = told(known, replace(SAID, thread="b"))
    act, known, _ = told(known, replace(SAID, thread="a", phase=Phase.ENDED))
    assert (act, known[0].ended_at) == (Act.GO_ON, None)
    act, known, _ = told(known, replace(SAID, thread="b", phase=Phase.ENDED))
    assert act is Act.END


def test_an_older_end_does_not_end_what_goes_on() -> None:
    known = begun(replace(SAID, at=NOW))
    act, _, _ = told(known, replace(SAID, phase=Phase.ENDED, at=NOW - timedelta(minutes=1)))
    assert act is Act.GO_ON


def test_what_goes_on_for_long_is_told_again() -> None:
    known = begun()
    hours = [told(known, SAID, now=NOW + timedelta(hours=hour))[2] for hour in (1, 3, 4)]
    assert hours == [False, False, True]


def test_a_machine_is_in_one_place_and_told_where_it_stops() -> None:
    machine = replace(SAID, kind=DeviceKind.MACHINERY_AT, value=0.0, unit="km/h")
    driving = replace(machine, value=30.0)
    _, known, tells = told([], driving)
    assert not tells, "driven past"
    there = Where(HERE[0] + 0.02, HERE[1], 10.0)
    _, known, tells = told(known, machine, there)
    assert (len(known), tells, known[0].lon) == (1, True, there.lon)
    assert not told(known, machine, there)[2], "it stands still"


@pytest.mark.parametrize("kind", [DeviceKind.STATE, DeviceKind.TAMPER])
def test_what_is_about_the_device_says_nothing_of_the_ground(kind: DeviceKind) -> None:
    assert not told([], replace(SAID, kind=kind))[2]


@pytest.mark.parametrize(
    ("at", "kept"),
    [
        (NOW - timedelta(hours=2), True),
        (NOW - timedelta(days=40), False),  # a camera whose battery was out
        (datetime(1970, 1, 1, tzinfo=UTC), False),
        (NOW + timedelta(days=1), False),
    ],
)
def test_a_clock_that_cannot_be_right_is_not_believed_and_loses_no_alarm(at: datetime, kept: bool) -> None:
    known = begun(replace(SAID, at=at))
    assert known[0].first_at == (at if kept else NOW)


def test_a_satellite_may_be_slow() -> None:
    at = NOW - timedelta(days=40)
    assert begun(replace(SAID, kind=DeviceKind.GROUND_CHANGE, at=at))[0].first_at == at


def test_a_place_is_the_polygons_the_said_the_chainages_or_the_devices_own() -> None:
    lined = replace(DEVICE, line=((0.0, 116.7, 39.5), (1000.0, 116.7, 39.509)))
    along = where(replace(SAID, chainage_m=250.0), lined)
    assert along.lat == pytest.approx(39.50225)
    assert along.accuracy_m == 20.0
    said = where(replace(SAID, lon=1.0, lat=2.0, accuracy_m=3.0), lined)
    assert (said.lon, said.lat, said.accuracy_m) == (1.0, 2.0, 3.0)
    assert where(SAID, DEVICE) == Where(*HERE, 20.0)
    ring = ((116.7, 39.5), (116.701, 39.5), (116.701, 39.501), (116.7, 39.501), (116.7, 39.5))
    drawn = where(replace(SAID, area=ring), DEVICE)
    assert (drawn.lon, drawn.lat) == (pytest.approx(116.7005), pytest.approx(39.5005))
    assert drawn.accuracy_m == pytest.approx(distance_m((116.7005, 39.5005), ring[0]), rel=1e-6)
    with pytest.raises(InputError, match="chainage_m"):
        where(replace(SAID, chainage_m=1200.0), lined)


def test_unknown_fields_are_kept_up_to_a_bound_and_the_rest_is_named() -> None:
    kept = bounded({"a": 1, "huge": "x" * 20_000, "b": 2})
    assert kept["a"] == 1
    assert kept["left_out"] == ["huge", "b"]


def test_people_read_one_line() -> None:
    line = sentence(replace(SAID, score=0.75, value=3000.0, unit="ppm", words="测试"))
    assert line == "machinery: digging, score 0.75, 3000 ppm, 测试"
