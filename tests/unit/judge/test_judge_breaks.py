"""What ends a silence, one condition at a time: a silence that holds too long hides an excavator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge.facts import Basis, Case, Code, JudgePolicy, Reason, Source, Verdict
from pipewarden.judge.rules import Sight, View, changed, ends
from pipewarden.network.facts import Zone

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
POLICY = JudgePolicy()
THEN = Basis(Zone.CONTROL, 1000.0, 2, UUID(int=1), UUID(int=1))
RULED = Reason(Code.BACKGROUND, Source.RULE, closes=True)
FILED = Reason(Code.FILED, Source.RULE, closes=True)
YARD = Reason(Code.YARD, Source.RULE, closes=True)
PERSON = Reason(Code.PERSON, Source.PERSON, "farm_machine")
ROUND = POLICY.rounds * POLICY.round_s


def silent(*reasons: Reason, by: Source = Source.RULE, zone: Zone = Zone.CONTROL, **more: Any) -> Case:
    told: dict[str, Any] = {
        "alarm_id": UUID(int=9),
        "tenant_id": UUID(int=8),
        "verdict": Verdict.REJECTED,
        "by": by,
        "reasons": reasons or (RULED,),
        "until": NOW + timedelta(hours=24),
        "basis": replace(THEN, zone=zone),
    }
    return Case(**(told | more))


def why(
    case: Case,
    *,
    words: Code | None = None,
    against: tuple[Reason, ...] = (RULED,),
    looks_new: bool = False,
    at: datetime = NOW,
    **seen: Any,
) -> Code | None:
    assert case.basis is not None
    basis = replace(case.basis, **({"seen_s": 1060.0, "frames": 3} | seen))
    return ends(case, at, POLICY, basis, words=words, against=against, changed=looks_new)


def test_a_silence_holds_while_its_reason_does():
    assert why(silent()) is None


@pytest.mark.parametrize("by", [Source.RULE, Source.MODEL, Source.PERSON])
def test_a_persons_report_ends_every_silence(by: Source):
    for case in (silent(by=by), silent(FILED, by=by), silent(by=by, zone=Zone.OUTSIDE)):
        assert why(case, words=Code.WORDS, against=(FILED,)) is Code.WORDS
        assert why(case, words=Code.GAS_LEAK, against=(FILED,)) is Code.GAS_LEAK


@pytest.mark.parametrize("by", [Source.RULE, Source.MODEL, Source.PERSON])
def test_a_silence_ends_at_its_time_to_the_second(by: Source):
    case = silent(by=by)
    assert case.until is not None
    assert why(case, at=case.until - timedelta(microseconds=1)) is None
    assert why(case, at=case.until) is Code.OVER
    assert why(replace(case, until=None)) is Code.OVER
    assert ends(replace(case, basis=None), NOW, POLICY, THEN, words=None, against=(RULED,), changed=False) is Code.OVER


ORDER = (Zone.OUTSIDE, Zone.CONTROL, Zone.PROTECTION)


@pytest.mark.parametrize("then", list(Zone))
@pytest.mark.parametrize("now", list(Zone))
def test_only_a_graver_zone_ends_a_silence_and_unknown_counts_as_the_gravest(then: Zone, now: Zone):
    def gravity(zone: Zone) -> int:
        return ORDER.index(Zone.PROTECTION if zone is Zone.UNKNOWN else zone)

    found = why(silent(zone=then), zone=now)
    assert found is (Code.GRAVER if gravity(now) > gravity(then) else None)
    paper = why(silent(FILED, zone=then), zone=now, against=(FILED,))
    assert paper is (Code.GRAVER if gravity(now) > gravity(then) else None)


def test_what_was_not_seen_since_ends_nothing_though_its_reason_is_gone():
    assert why(silent(), against=(), looks_new=True, seen_s=1000.0, frames=2) is None
    assert why(silent(), against=(), seen_s=1000.0, frames=3) is Code.CHANGED
    assert why(silent(), against=(), seen_s=1001.0, frames=2) is Code.CHANGED


def test_a_rule_that_fires_no_more_ends_its_silence_and_another_does_not_take_its_place():
    assert why(silent(), against=()) is Code.CHANGED
    other = Reason(Code.PARKED, Source.RULE)
    assert why(silent(), against=(other,)) is Code.CHANGED
    assert why(silent(RULED, other), against=(other,)) is None


def test_another_look_ends_a_rules_silence_but_not_a_papers():
    assert why(silent(), looks_new=True) is Code.CHANGED
    assert why(silent(FILED), against=(FILED,), looks_new=True) is None
    assert why(silent(YARD), against=(YARD,), looks_new=True) is None
    assert why(silent(FILED), against=(), looks_new=False) is Code.CHANGED


def test_a_persons_word_holds_until_the_place_looks_different():
    case = silent(PERSON, by=Source.PERSON, zone=Zone.PROTECTION)
    assert why(case, against=(), seen_s=1000.0 + 2 * ROUND, frames=90) is None
    assert why(case, against=(), looks_new=True) is Code.CHANGED


class TestPresentAgain:
    @pytest.mark.parametrize("zone", [Zone.PROTECTION, Zone.UNKNOWN])
    def test_it_takes_all_the_rounds_and_all_the_time(self, zone: Zone):
        case = silent(zone=zone)
        enough = {"frames": 2 + POLICY.rounds, "seen_s": 1000.0 + ROUND}
        assert why(case, **enough) is Code.PRESENT_AGAIN
        assert why(case, **enough | {"frames": 1 + POLICY.rounds}) is None
        assert why(case, **enough | {"seen_s": 999.0 + ROUND}) is None

    @pytest.mark.parametrize("zone", [Zone.CONTROL, Zone.OUTSIDE])
    def test_elsewhere_it_may_stand(self, zone: Zone):
        assert why(silent(zone=zone), frames=90, seen_s=1000.0 + 9 * ROUND) is None

    def test_what_rests_on_a_persons_word_may_stand(self):
        for one in (FILED, YARD):
            case = silent(one, zone=Zone.PROTECTION)
            assert why(case, against=(one,), frames=90, seen_s=1000.0 + 9 * ROUND) is None


@given(
    zone=st.sampled_from(list(Zone)),
    by=st.sampled_from([Source.RULE, Source.MODEL, Source.PERSON]),
    frames=st.integers(0, 50),
    later_s=st.floats(0, 1e5),
    held=st.booleans(),
    looks_new=st.booleans(),
)
def test_no_silence_but_a_papers_outlives_news(
    zone: Zone, by: Source, frames: int, later_s: float, *, held: bool, looks_new: bool
):
    case = silent(by=by, zone=zone)
    found = why(case, against=(RULED,) if held else (), looks_new=looks_new, frames=2 + frames, seen_s=1000.0 + later_s)
    seen = frames > 0 or later_s > 0
    if seen and looks_new:
        assert found is not None
    if seen and not held and by is not Source.PERSON:
        assert found is not None
    if not seen:
        assert found is None


def look(number: int) -> tuple[float, ...]:
    features = np.random.default_rng(number).normal(size=64)
    return tuple((features / np.linalg.norm(features)).tolist())


SAME, OTHER = (0.4, 0.5, 0.1, 0.1), (0.6, 0.5, 0.1, 0.1)
MINE = Sight(UUID(int=1), UUID(int=1), 100.0, SAME, look(1))


def sights(*told: tuple[float, tuple[float, ...], tuple[float, float, float, float]]) -> tuple[View, ...]:
    later = tuple(Sight(UUID(int=n), UUID(int=n), at, box, seen) for n, (at, seen, box) in enumerate(told, start=2))
    return (View("cam-a", None, (MINE, *later)),)


class TestChanged:
    """``changed``: two pictures in a row, by look or box inside, by both elsewhere."""

    @pytest.mark.parametrize("zone", list(Zone))
    def test_two_pictures_of_another_thing_at_another_place(self, zone: Zone):
        assert changed(MINE, sights((101, look(2), OTHER), (102, look(3), OTHER)), zone)
        assert not changed(MINE, sights((101, look(1), SAME), (102, look(1), SAME)), zone)

    @pytest.mark.parametrize("zone", list(Zone))
    def test_one_picture_proves_nothing(self, zone: Zone):
        assert not changed(MINE, sights((101, look(2), OTHER)), zone)
        assert not changed(MINE, sights((101, look(2), OTHER), (102, look(1), SAME)), zone)
        assert not changed(MINE, sights((99, look(2), OTHER), (98, look(2), OTHER)), zone)

    @pytest.mark.parametrize("zone", list(Zone))
    def test_look_or_box_alone_is_enough_only_inside(self, zone: Zone):
        inside = zone in {Zone.PROTECTION, Zone.UNKNOWN}
        swung = sights((101, look(2), SAME), (102, look(3), SAME))
        moved = sights((101, look(1), OTHER), (102, look(1), OTHER))
        mixed = sights((101, look(2), SAME), (102, look(1), OTHER))
        assert [changed(MINE, one, zone) for one in (swung, moved, mixed)] == [inside] * 3

    def test_only_the_two_newest_count(self):
        there_and_back = sights(
            (101, look(2), OTHER), (102, look(2), OTHER), (103, look(1), SAME), (104, look(1), SAME)
        )
        assert not changed(MINE, there_and_back, Zone.PROTECTION)

    def test_a_look_that_was_not_kept_says_nothing(self):
        assert not changed(MINE, sights((101, (), SAME), (102, (), SAME)), Zone.PROTECTION)
        assert changed(MINE, sights((101, (), OTHER), (102, (), OTHER)), Zone.PROTECTION)

    def test_another_cameras_pictures_are_not_compared(self):
        elsewhere = View(
            "cam-b", None, tuple(Sight(UUID(int=n), UUID(int=n), 100.0 + n, OTHER, look(n)) for n in (5, 6))
        )
        assert not changed(MINE, (View("cam-a", None, (MINE,)), elsewhere), Zone.PROTECTION)
        assert not changed(MINE, (elsewhere,), Zone.PROTECTION)
        assert not changed(None, (elsewhere,), Zone.PROTECTION)
