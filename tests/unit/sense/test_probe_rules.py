"""The minute within which a camera that is gone is called lost, for any moment it goes and any luck of the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from pipewarden.sense.facts import Probe
from pipewarden.sense.rules import is_lost, probed

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
NEVER = Probe(UUID(int=1), UUID(int=2), NOW)
CHANCE = st.floats(0.0, 1.0)
TURN_S, ANSWER_S = 5.0, 2.0  # the sweep comes by every 5 s, and a try may take 2 s (sense/rules/probing.py)


@given(CHANCE, st.lists(st.floats(0.0, TURN_S), min_size=12, max_size=12), st.lists(CHANCE, min_size=12, max_size=12))
def test_a_camera_that_goes_at_any_moment_is_lost_within_a_minute(
    first: float, waits: list[float], chances: list[float]
) -> None:
    """Even when it goes right after it has answered and every try waits as long as it may (safety.md 1: 60 s)."""
    probe = probed(NEVER, reached=True, now=NOW, chance=first)
    at = NOW
    for wait, chance in zip(waits, chances, strict=True):
        at = probe.due_at + timedelta(seconds=wait + ANSWER_S)
        probe = probed(probe, reached=False, now=at, chance=chance)
        if is_lost(probe):
            break
    assert is_lost(probe)
    assert (at - NOW).total_seconds() <= 60.0


@given(st.lists(st.tuples(st.booleans(), CHANCE), max_size=30))
def test_only_three_tries_in_a_row_after_an_answer_lose_a_camera(tries: list[tuple[bool, float]]) -> None:
    probe, at, answers = NEVER, NOW, []
    for reached, chance in tries:
        at = probe.due_at
        before, probe = probe, probed(probe, reached=reached, now=at, chance=chance)
        answers.append(reached)
        assert is_lost(probe) is (True in answers and len(answers) >= 3 and not any(answers[-3:]))
        assert probe.due_at > at, "it is asked again, and not at once"
        assert (probe.due_at - at).total_seconds() <= 60.0, "a camera that comes back is seen within a minute"
        if reached:
            assert (probe.failed_at, probe.failures, probe.reached_at) == (None, 0, at)
        else:
            assert probe.failed_at == (before.failed_at or at), "since the first of the failures"
            assert probe.reached_at == before.reached_at


@given(st.lists(CHANCE, min_size=2, max_size=2, unique=True), st.booleans())
def test_cameras_that_went_together_do_not_come_round_together(chances: list[float], lost: bool) -> None:
    """A switch with 200 cameras behind it: its return is no flood."""
    low, high = sorted(chances)
    if high - low < 1e-6:
        return
    dues = []
    for chance in (low, high):
        probe = probed(NEVER, reached=True, now=NOW, chance=0.5)
        for _ in range(3 if lost else 0):
            probe = probed(probe, reached=False, now=NOW, chance=chance)
        dues.append(probe.due_at if lost else probed(probe, reached=True, now=NOW, chance=chance).due_at)
    assert dues[0] < dues[1]


def test_a_camera_that_never_answered_is_not_called_lost_however_long() -> None:
    probe = NEVER
    for _ in range(20):
        probe = probed(probe, reached=False, now=probe.due_at, chance=1.0)
    assert not is_lost(probe)
    assert probe.failures == 20
