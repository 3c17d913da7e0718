from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge.facts import Code, Corridor, Look, Remembered, Rule
from pipewarden.judge.rules import RULES, Scene, Shown, Sight, View, look, overlap
from pipewarden.judge.rules.memory import recurring
from pipewarden.judge.rules.scene import background, corridor, parked, passing, stationary, unchanged
from pipewarden.judge.rules.views import alike
from pipewarden.locate.facts import GroundPoint
from pipewarden.network.facts import Zone
from pipewarden.perceive.facts import Box, Finding, FindingClass, Screened
from pipewarden.perceive.facts import Look as CropLook

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
T0 = NOW.timestamp() - 4 * 3600
BOX = (0.4, 0.5, 0.1, 0.1)
HERE = (116.7, 39.5)
LEFT_HALF = ((0.0, 0.0), (0.45, 0.0), (0.45, 1.0), (0.0, 1.0))


def features(number: int) -> tuple[float, ...]:
    made = np.random.default_rng(number).normal(size=64)
    return tuple((made / np.linalg.norm(made)).tolist())


def sight(seconds: float = 0.0, box: Any = BOX, look_number: int | None = 1, **more: Any) -> Sight:
    return Sight(
        observation_id=UUID(int=1),
        finding_id=UUID(int=1),
        seen_s=T0 + seconds,
        box=box,
        features=() if look_number is None else features(look_number),
        **more,
    )


def view(*sights: Sight, **more: Any) -> View:
    return View(stream="cam-a", camera_id=UUID(int=5), sights=sights or (sight(), sight(600)), **more)


def scene(*views: View, zone: Zone = Zone.OUTSIDE, **more: Any) -> Scene:
    seen = [one.seen_s for each in views for one in each.sights]
    told = {
        "alarm_id": UUID(int=3),
        "zone": zone,
        "ground": None,
        "timed": True,
        "first_s": min(seen, default=T0),
        "last_s": max(seen, default=T0),
        "now": NOW,
        "views": views,
    }
    return Scene(**(told | more))


def shown(seconds: float, *boxes: Any, look_number: int = 1) -> Shown:
    return Shown(T0 + seconds, boxes, tuple(features(look_number) for _ in boxes))


def drawn(ring: Any = LEFT_HALF, ground: Any = None) -> Corridor:
    return Corridor(UUID(int=5), ring, ground)


class TestCorridor:
    def test_fires_when_every_foot_stands_outside(self):
        out = corridor(scene(view(sight(box=(0.6, 0.5, 0.1, 0.1)), corridor=drawn())))
        assert out.look is Look.FIRED
        assert out.reason is not None
        assert out.reason.closes
        assert out.words == "outside the drawn corridor in 1 of 1 pictures"

    @pytest.mark.parametrize("x", [0.30, 0.40, 0.44, 0.46])
    def test_is_silent_when_a_foot_touches_it_or_its_margin(self, x: float):
        sights = (sight(box=(0.6, 0.5, 0.1, 0.1)), sight(box=(x, 0.5, 0.1, 0.1)))
        assert corridor(scene(view(*sights, corridor=drawn()))).look is Look.SILENT

    def test_looks_at_the_foot_and_not_at_the_head(self):
        low = drawn(((0.0, 0.62), (1.0, 0.62), (1.0, 1.0), (0.0, 1.0)))
        assert corridor(scene(view(sight(box=(0.4, 0.3, 0.1, 0.1)), corridor=low))).look is Look.FIRED
        assert corridor(scene(view(sight(box=(0.4, 0.3, 0.1, 0.4)), corridor=low))).look is Look.SILENT

    @pytest.mark.parametrize("zone", [Zone.PROTECTION, Zone.CONTROL])
    def test_only_seconds_where_the_map_says_otherwise(self, zone: Zone):
        out = corridor(scene(view(sight(box=(0.6, 0.5, 0.1, 0.1)), corridor=drawn()), zone=zone))
        assert out.reason is not None
        assert not out.reason.closes
        assert zone.value in out.words

    def test_closes_where_the_zone_is_unknown_because_a_person_drew_it(self):
        out = corridor(scene(view(sight(box=(0.6, 0.5, 0.1, 0.1)), corridor=drawn()), zone=Zone.UNKNOWN))
        assert out.reason is not None
        assert out.reason.closes

    def test_the_ground_has_a_say_too_with_its_error(self):
        d = 0.0001  # 8.6 m of longitude, 11 m of latitude
        ring = ((116.7, 39.5), (116.7 + d, 39.5), (116.7 + d, 39.5 + d), (116.7, 39.5 + d), (116.7, 39.5))
        far = GroundPoint(116.7 + 4 * d, 39.5, (1.0, 0.0, 1.0))
        unsure = replace(far, covariance=(400.0, 0.0, 400.0))
        for ground, wanted in ((far, Look.FIRED), (unsure, Look.SILENT), (None, Look.FIRED)):
            one = sight(box=(0.6, 0.5, 0.1, 0.1), ground=ground)
            assert corridor(scene(view(one, corridor=drawn(ground=ring)))).look is wanted

    def test_every_camera_must_have_one_and_say_so(self):
        outside = view(sight(box=(0.6, 0.5, 0.1, 0.1)), corridor=drawn())
        inside = view(sight(box=(0.2, 0.5, 0.1, 0.1)), corridor=drawn())
        assert corridor(scene(outside, view())).look is Look.BLIND
        assert corridor(scene(outside, inside)).look is Look.SILENT
        assert corridor(scene()).look is Look.BLIND


class TestBackground:
    KEPT = (Remembered(BOX, features(1), 5),)

    def test_fires_on_the_same_box_with_the_same_look(self):
        out = background(scene(view(memory=self.KEPT), zone=Zone.PROTECTION))
        assert out.reason is not None
        assert (out.reason.code, out.reason.closes) == (Code.BACKGROUND, True)
        assert out.words == "also there in 5 pictures of the empty scene"

    def test_is_silent_on_another_look_at_the_same_place(self):
        assert background(scene(view(sight(look_number=2), memory=self.KEPT))).look is Look.SILENT

    def test_is_silent_when_one_picture_shows_something_elsewhere(self):
        moved = sight(600, box=(0.7, 0.5, 0.1, 0.1))
        assert background(scene(view(sight(), moved, memory=self.KEPT))).look is Look.SILENT

    def test_what_recurred_too_rarely_is_no_background(self):
        assert background(scene(view(memory=(replace(self.KEPT[0], count=2),)))).look is Look.SILENT

    def test_without_looks_the_box_decides(self):
        assert background(scene(view(sight(look_number=None), memory=self.KEPT))).look is Look.FIRED

    def test_is_blind_without_memory(self):
        assert background(scene(view())).look is Look.BLIND


class TestPassing:
    def test_fires_when_it_was_there_shortly_and_two_later_pictures_show_nothing(self):
        gone = view(sight(), sight(20), later=(shown(40), shown(60)))
        out = passing(scene(gone, zone=Zone.PROTECTION))
        assert out.reason is not None
        assert out.reason.closes
        assert out.words == "seen over 20 s, then in none of 2 later pictures"

    @pytest.mark.parametrize(
        "later",
        [
            (),
            (shown(40),),
            (shown(40), shown(60, (0.41, 0.5, 0.1, 0.1))),
            (shown(40), shown(60, (0.45, 0.55, 0.1, 0.1))),
        ],
    )
    def test_is_silent_while_it_may_still_be_there(self, later: tuple[Shown, ...]):
        assert passing(scene(view(sight(), sight(20), later=later))).look is Look.SILENT

    def test_another_machine_elsewhere_does_not_keep_it(self):
        later = (shown(40, (0.8, 0.5, 0.1, 0.1)), shown(60))
        assert passing(scene(view(sight(), sight(20), later=later))).look is Look.FIRED

    def test_what_stayed_for_two_minutes_did_not_pass(self):
        later = (shown(200), shown(260))
        assert passing(scene(view(sight(), sight(121), later=later))).look is Look.SILENT

    def test_all_cameras_must_have_lost_it(self):
        gone = view(sight(), sight(20), later=(shown(40), shown(60)))
        assert passing(scene(gone, view(sight(), sight(20)))).look is Look.SILENT

    def test_is_blind_without_a_clock(self):
        assert passing(scene(view(), timed=False)).look is Look.BLIND


class TestStationary:
    def test_fires_on_a_run_in_one_direction_and_never_closes(self):
        run = [sight(n, box=(0.2 + 0.05 * n, 0.5, 0.1, 0.1)) for n in range(4)]
        out = stationary(scene(view(*run)))
        assert out.reason is not None
        assert not out.reason.closes
        assert out.words == "moved on by 1.5 of its widths"

    def test_a_machine_that_swings_stands(self):
        swing = [sight(n, box=(0.4 + 0.06 * (n % 2), 0.5, 0.1, 0.1)) for n in range(6)]
        assert stationary(scene(view(*swing))).look is Look.SILENT

    def test_a_creeping_machine_stands(self):
        creep = [sight(n, box=(0.4 + 0.01 * n, 0.5, 0.1, 0.1)) for n in range(6)]
        assert stationary(scene(view(*creep))).look is Look.SILENT

    def test_two_pictures_make_no_run(self):
        assert stationary(scene(view(sight(), sight(9, box=(0.6, 0.5, 0.1, 0.1))))).look is Look.SILENT

    def test_fires_when_it_is_gone_however_long_it_stayed(self):
        out = stationary(scene(view(sight(), sight(900), later=(shown(1500), shown(2100)))))
        assert out.words == "gone after 900 s"


class TestParked:
    STOOD = tuple(sight(n * 3600) for n in range(4))

    @pytest.mark.parametrize("zone", list(Zone))
    def test_closes_only_outside_every_range(self, zone: Zone):
        out = parked(scene(view(*self.STOOD), zone=zone))
        assert out.reason is not None
        assert out.reason.closes == (zone is Zone.OUTSIDE)
        assert out.words == "same box and look for 3.0 h"

    @pytest.mark.parametrize(
        "last",
        [sight(3 * 3600, look_number=2), sight(3 * 3600, box=(0.43, 0.5, 0.1, 0.1)), sight(3 * 3600, look_number=None)],
    )
    def test_is_silent_when_it_has_moved_or_looks_different_now(self, last: Sight):
        assert parked(scene(view(*self.STOOD[:3], last))).look is Look.SILENT

    def test_one_odd_picture_among_many_is_forgiven(self):
        odd = [sight(n * 1800, look_number=2 if n == 3 else 1) for n in range(8)]
        assert parked(scene(view(*odd))).look is Look.FIRED

    def test_is_silent_before_three_hours_or_with_few_pictures(self):
        assert parked(scene(view(*[sight(n * 1000) for n in range(4)]))).look is Look.SILENT
        assert parked(scene(view(sight(), sight(4 * 3600)))).look is Look.SILENT


class TestUnchanged:
    BEFORE = tuple(shown(-86400 + n * 600, BOX) for n in range(3))

    @pytest.mark.parametrize("zone", list(Zone))
    def test_closes_only_outside_every_range(self, zone: Zone):
        out = unchanged(scene(view(before=self.BEFORE), zone=zone))
        assert out.reason is not None
        assert out.reason.closes == (zone is Zone.OUTSIDE)

    def test_is_silent_when_something_else_stood_there_or_it_was_rarely_seen(self):
        other = tuple(shown(-86400 + n * 600, BOX, look_number=2) for n in range(3))
        assert unchanged(scene(view(before=other))).look is Look.SILENT
        assert unchanged(scene(view(before=self.BEFORE[:2]))).look is Look.SILENT
        assert unchanged(scene(view())).look is Look.BLIND


def test_every_rule_is_asked_in_its_order_and_a_switched_off_one_is_not():
    out = look(scene(view(sight(box=(0.6, 0.5, 0.1, 0.1)), corridor=drawn(), off=frozenset({Rule.CORRIDOR}))))
    assert [one.rule for one in out] == list(Rule) == list(RULES)
    by = {one.rule: one for one in out}
    assert (by[Rule.CORRIDOR].look, by[Rule.CORRIDOR].reason) == (Look.OFF, None)
    assert by[Rule.STATIONARY].look is Look.SILENT


def test_a_rule_that_one_camera_has_off_is_off_for_the_alarm():
    gone = view(sight(), sight(20), later=(shown(40), shown(60)))
    out = look(scene(gone, replace(gone, stream="cam-b", off=frozenset({Rule.PASSING}))))
    assert {one.rule: one.look for one in out}[Rule.PASSING] is Look.OFF


def test_an_alarm_that_no_picture_shows_makes_no_rule_of_pictures_fire():
    assert all(one.look is not Look.FIRED for one in look(scene()))


def test_alike_knows_missing_looks_and_looks_of_another_net():
    assert alike(features(1), features(1)) is True
    assert alike(features(1), features(2)) is False
    assert alike((), features(1)) is None
    assert alike(features(1), features(1)[:32]) is None


boxes = st.tuples(*(st.floats(0, 1) for _ in range(2)), *(st.floats(0.01, 1) for _ in range(2)))


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_share(a: Any, b: Any):
    assert overlap(a, b) == pytest.approx(overlap(b, a))
    assert 0 <= overlap(a, b) <= 1 + 1e-9
    assert overlap(a, a) == pytest.approx(1)


def screened(*found: tuple[float, float, int], cls: FindingClass = FindingClass.MACHINE) -> Screened:
    findings = tuple(
        Finding(
            id=UUID(int=n),
            tenant_id=UUID(int=9),
            observation_id=UUID(int=1),
            cls=cls,
            type=None,
            score=0.2,
            raises=False,
            box=Box(x, y, 128.0, 72.0),
            look=CropLook(b"0" * 32, features(number)),
            model="m",
        )
        for n, (x, y, number) in enumerate(found)
    )
    return Screened(UUID(int=1), 1280, 720, findings, None)


def test_only_what_recurs_in_three_pictures_of_an_empty_scene_is_remembered():
    pictures = [
        screened((100, 100, 1), (900, 300, 2)),
        screened((104, 101, 1), (600, 300, 3)),
        screened((98, 99, 1), (900, 300, 2)),
    ]
    [kept] = recurring(pictures)
    assert kept.count == 3
    assert kept.box == pytest.approx((100.67 / 1280, 100 / 720, 0.1, 0.1), abs=1e-4)
    assert alike(kept.features, features(1)) is True
    assert np.linalg.norm(kept.features) == pytest.approx(1)


def test_two_boxes_of_one_picture_count_once_and_people_are_no_background():
    assert recurring([screened((100, 100, 1), (102, 100, 1)), screened((100, 100, 1))]) == []
    assert recurring([screened((100, 100, 1), cls=FindingClass.PERSON)] * 5) == []
