"""What a camera is worth, for every mixture of answers, views and clocks: the worst word counts, and its own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.locate.facts import Cause, EyeState
from pipewarden.locate.rules import judge_eye
from pipewarden.perceive.facts import Fault, Seeing
from pipewarden.sense.facts import CameraState, Health

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ID = UUID(int=1)
AGO = st.integers(0, 10_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
HEALTH = st.builds(Health, st.sampled_from([None, *CameraState]), st.one_of(st.none(), AGO), st.none(), st.none())
SEEING = st.builds(
    Seeing,
    st.sampled_from([None, *Fault]),
    AGO,
    AGO,
    st.just(ID),
    st.integers(1, 9),
    AGO,
    st.integers(1, 144),
    st.one_of(st.none(), AGO),
)
WORSE = {Cause.BLURRED, Cause.CLOCK}  # it sees, but worse than it should (safety.md T17)


def seeing(*, looks: int = 3, heard: timedelta = timedelta(0), fault: Fault | None = None) -> Seeing:
    return Seeing(fault, NOW - timedelta(hours=5), NOW, ID, 3, NOW - heard, looks)


@given(st.one_of(st.none(), HEALTH), st.one_of(st.none(), SEEING), st.integers(1, 3600), st.booleans())
def test_the_state_follows_from_the_causes(
    health: Health | None, seen: Seeing | None, interval: int, sends: bool
) -> None:
    eye = judge_eye(health, seen, interval_s=interval, now=NOW, sends=sends)
    if eye is None:
        assert seen is None, "a camera with a picture is worth something, or not"
        return
    causes = set(eye.causes)
    assert len(causes) == len(eye.causes)
    assert list(eye.causes) == [one for one in Cause if one in causes], "the worst first"
    expected = EyeState.BLIND if causes - WORSE else EyeState.DEGRADED if causes else EyeState.ONLINE
    assert eye.state is expected
    assert eye.since <= NOW
    said = {Cause(seen.fault.value)} if seen is not None and seen.fault is not None else set()
    assert said <= causes, "no answer of the network hides what the picture shows"
    if health is not None and health.state is CameraState.OFFLINE:
        assert eye.state is EyeState.BLIND
    if health is not None:
        assert Cause.SILENT not in causes, "whom the house asks by itself cannot fall silent"


@given(SEEING)
def test_a_blind_camera_is_blind_since_it_saw_nothing_not_since_it_blurred(seen: Seeing) -> None:
    health = Health(CameraState.OFFLINE, NOW - timedelta(minutes=5), None, "no answer")
    eye = judge_eye(health, seen, interval_s=600, now=NOW)
    assert eye is not None
    blind = [NOW - timedelta(minutes=5)]
    if seen.fault is not None and seen.fault is not Fault.BLURRED:
        blind.append(seen.since)
    assert eye.since == min(blind)


@pytest.mark.parametrize(
    ("late_s", "silent"), [(0.0, False), (2 * 600.0 + 60.0, False), (2 * 600.0 + 60.001, True), (86400.0, True)]
)
def test_silence_begins_a_minute_after_the_second_picture_that_did_not_come(late_s: float, silent: bool) -> None:
    eye = judge_eye(None, seeing(heard=timedelta(seconds=late_s)), interval_s=600, now=NOW, sends=True)
    assert eye is not None
    assert eye.state is (EyeState.BLIND if silent else EyeState.ONLINE)
    assert (eye.since == NOW - timedelta(seconds=late_s)) is silent, "since it was last heard"


@pytest.mark.parametrize(("looks", "sends", "silent"), [(2, True, False), (3, True, True), (3, False, False)])
def test_only_who_has_the_habit_of_sending_is_missed(looks: int, sends: bool, silent: bool) -> None:
    eye = judge_eye(None, seeing(looks=looks, heard=timedelta(days=9)), interval_s=600, now=NOW, sends=sends)
    assert eye is not None
    assert (eye.causes == (Cause.SILENT,)) is silent


def test_a_silent_camera_whose_last_picture_was_black_is_both() -> None:
    eye = judge_eye(None, seeing(heard=timedelta(hours=1), fault=Fault.BLACK), interval_s=600, now=NOW, sends=True)
    assert eye is not None
    assert eye.causes == (Cause.SILENT, Cause.BLACK)
    assert eye.since == NOW - timedelta(hours=5), "it saw nothing before it fell silent"


def test_a_watched_camera_of_which_nothing_came_yet_is_worth_nothing_that_could_be_said() -> None:
    assert judge_eye(Health(None, None, None, None), None, interval_s=600, now=NOW) is None
    online = judge_eye(Health(CameraState.ONLINE, NOW, NOW, None), None, interval_s=600, now=NOW)
    assert online is not None
    assert (online.state, online.since) == (EyeState.ONLINE, NOW)
