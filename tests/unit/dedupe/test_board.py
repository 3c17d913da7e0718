from __future__ import annotations

from itertools import combinations, permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.dedupe.facts import Policy
from pipewarden.dedupe.rules import Board, confirmed


def alarms(board: Board) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for finding, decision in board.decisions.items():
        if decision.alarm_id is not None:
            found.setdefault(decision.alarm_id, []).append(finding)
    return found


def test_a_lorry_that_passes_in_one_frame_makes_no_alarm(stage: Any):
    board = stage.board()
    for seconds in range(0, 60, 10):
        stage.play(board, "cam-a", seconds, [stage.see((3, 20))] if seconds == 20 else [])
    assert alarms(board) == {}
    assert board.made == []


def test_traffic_that_moves_makes_no_alarm(stage: Any, looks: Any):
    board = stage.board()
    for n in range(12):
        stage.play(board, "cam-a", n, [stage.see((-40.0 + 9 * n, 30), look=looks(1)), stage.see((50.0 - 12 * n, 34))])
    assert board.made == []


def test_far_traffic_makes_no_alarm_though_its_place_is_unsure(stage: Any):
    board = stage.board()
    for n in range(8):
        # 4 m of error each: the ground alone would allow 17 m, but the boxes no longer touch
        stage.play(board, "cam-a", n, [stage.see((-40.0 + 10 * n, 90), sigma=6, own=4)])
    assert board.made == []


@pytest.mark.parametrize("shown", [(0, 1), (0, 2), (1, 2)])
def test_a_machine_in_two_of_three_frames_makes_one_alarm(stage: Any, shown: tuple[int, int]):
    board = stage.board()
    for n in range(3):
        stage.play(board, "cam-a", 60 * n, [stage.see((3 + 0.4 * n, 20))] if n in shown else [])
    assert [len(members) for members in alarms(board).values()] == [2]
    reasons = [decision.reason for decision in board.decisions.values()]
    assert reasons[0] == "first seen here"
    assert "same place" in reasons[1]


def test_frames_one_and_four_are_too_far_apart(stage: Any):
    board = stage.board()
    for n in range(4):
        stage.play(board, "cam-a", 60 * n, [stage.see((3, 20))] if n in {0, 3} else [])
    assert board.made == []


def test_single_pictures_make_no_alarm_unless_asked(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "folder", n, [stage.see((3, 20))], sequence=False)
    assert board.made == []
    stage.policy = Policy(single_makes_alarm=True)
    board = stage.board()
    for n in range(3):
        stage.play(board, "folder", n, [stage.see((3, 20))], sequence=False)
    assert [len(members) for members in alarms(board).values()] == [3]


def test_a_single_picture_joins_the_alarm_that_stands_there(stage: Any):
    board = stage.board()
    for n in range(2):
        stage.play(board, "cam-a", n, [stage.see((3, 20))])
    stage.play(board, "patrol", 30, [stage.see((6, 20), sigma=4)], sequence=False)
    assert [len(members) for members in alarms(board).values()] == [3]


def test_two_cameras_see_one_machine(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "cam-a", 10 * n, [stage.see((0, 20), sigma=3)])
        stage.play(board, "cam-b", 10 * n + 5, [stage.see((7, 24), sigma=4, box=(100, 100, 60, 40))])
    assert [len(members) for members in alarms(board).values()] == [6]
    assert any("another camera" in decision.reason for decision in board.decisions.values())


def test_two_machines_twenty_metres_apart_are_two_alarms(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "cam-a", 10 * n, [stage.see((0, 20)), stage.see((20, 20))])
    assert [len(members) for members in alarms(board).values()] == [3, 3]


def test_two_machines_eight_metres_apart_are_one_site_and_two_tracks(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "cam-a", 10 * n, [stage.see((0, 20)), stage.see((8, 20))])
    assert [len(members) for members in alarms(board).values()] == [6]
    assert len({decision.track_id for decision in board.decisions.values()}) == 2
    assert any("same site" in decision.reason for decision in board.decisions.values())


def test_unsure_cameras_do_not_merge_what_one_picture_shows_apart(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "cam-a", 10 * n, [stage.see((0, 60), sigma=8), stage.see((20, 60), sigma=8)])
    for n in range(3):
        pair = [stage.see((1, 63), sigma=9, box=(100, 99, 60, 40)), stage.see((19, 63), sigma=9, box=(800, 99, 60, 40))]
        stage.play(board, "cam-b", 10 * n + 5, pair)
    assert sorted(len(members) for members in alarms(board).values()) == [6, 6]


def test_a_machine_that_moved_on_its_site_stays_in_its_alarm(stage: Any, looks: Any):
    board = stage.board()
    for n, east in enumerate((0.0, 0.5, 6.0, 11.0, 11.0)):
        stage.play(board, "cam-a", 60 * n, [stage.see((east, 20), look=looks(4))])
    assert [len(members) for members in alarms(board).values()] == [5]
    assert any("moved, looks the same" in decision.reason for decision in board.decisions.values())


def test_a_site_does_not_creep_without_end(stage: Any, looks: Any):
    board = stage.board()
    for n in range(40):
        stage.play(board, "cam-a", 60 * n, [stage.see((3.0 * n, 20), look=looks(4))])
    assert 2 <= len(alarms(board)) <= 4


def test_the_same_place_a_day_later_is_a_new_alarm(stage: Any):
    board = stage.board()
    for start in (0, 90_000):
        for n in range(2):
            stage.play(board, "cam-a", start + 60 * n, [stage.see((3, 20))])
    assert len(alarms(board)) == 2


def test_without_ground_the_box_decides_and_cameras_do_not_meet(stage: Any):
    board = stage.board()
    for n in range(3):
        stage.play(board, "clip", n, [stage.see(box=(100 + 10 * n, 100, 100, 80), timed=False)])
        stage.play(board, "other", n, [stage.see(box=(100 + 10 * n, 100, 100, 80), timed=False)])
    assert [len(members) for members in alarms(board).values()] == [3, 3]


def test_without_ground_boxes_that_hardly_overlap_are_not_one_place(stage: Any):
    board = stage.board()
    for n in range(4):
        stage.play(board, "clip", n, [stage.see(box=(100 + 60 * n, 100, 100, 80), timed=False)])
    assert board.made == []


def test_without_ground_a_machine_of_an_alarm_may_move_when_it_looks_the_same(stage: Any, looks: Any):
    board = stage.board()
    for n, x in enumerate((100, 105, 240)):
        stage.play(board, "clip", n, [stage.see(box=(x, 100, 100, 80), look=looks(2))])
    assert [len(members) for members in alarms(board).values()] == [3]


def test_one_object_found_twice_in_a_picture_is_one_track(stage: Any):
    board = stage.board()
    for n in range(2):
        pair = [stage.see((0, 20), box=(600, 300, 120, 80)), stage.see((0, 20), box=(604, 303, 118, 78), score=0.6)]
        stage.play(board, "cam-a", n, pair)
    assert len({decision.track_id for decision in board.decisions.values()}) == 1
    assert len(board.made) == 1
    assert any("found twice" in decision.reason for decision in board.decisions.values())


def test_people_and_cones_beside_the_machine_belong_but_raise_nothing(stage: Any):
    board = stage.board()
    for n in range(3):
        near = stage.see((5, 20), cls="person", kind=None, raises=False)
        far = stage.see((30, 20), cls="cone", kind=None, raises=False)
        stage.play(board, "cam-a", n, [stage.see((0, 20)), near, far])
    assert [len(members) for members in alarms(board).values()] == [6]
    assert sum("person beside" in decision.reason for decision in board.decisions.values()) == 3
    alone = stage.board()
    for n in range(3):
        stage.play(alone, "cam-a", n, [stage.see((5, 20), cls="person", kind=None, raises=False)])
    assert alone.made == []
    assert alone.decisions == {}


def test_a_late_frame_takes_its_place_in_the_order(stage: Any):
    board = stage.board()
    stage.play(board, "cam-a", 0, [stage.see((3, 20))])
    for seconds in (20, 30, 40):
        stage.play(board, "cam-a", seconds, [])
    assert board.made == []
    stage.play(board, "cam-a", 10, [stage.see((3, 20))])
    assert [len(members) for members in alarms(board).values()] == [2]


@given(st.lists(st.booleans(), max_size=12), st.integers(1, 5), st.integers(1, 5))
def test_the_window_rule_is_that_of_brute_force(shown: list[bool], window: int, needed: int):
    order = [UUID(int=n) for n in range(len(shown))]
    hits = {one for one, hit in zip(order, shown, strict=True) if hit}
    # brute force: some `needed` hits lie less than `window` frames apart
    brute = any(
        max(chosen) - min(chosen) < window for chosen in combinations([n for n, hit in enumerate(shown) if hit], needed)
    )
    assert confirmed(order, hits, window=window, needed=needed) == brute


# true sites at least 20 m apart, so that what is one site and what is another is never in doubt
SITES = [(0.0, 20.0), (22.0, 20.0), (0.0, 45.0), (25.0, 50.0)]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_two_of_three_holds_against_brute_force_for_whole_streams(new_stage: Any, data: st.DataObject):
    stage = new_stage()
    shown = [data.draw(st.sets(st.sampled_from(range(len(SITES))))) for _ in range(data.draw(st.integers(1, 7)))]
    board = stage.board()
    for n, sites in enumerate(shown):
        stage.play(board, "cam-a", 30 * n, [stage.see(SITES[k]) for k in sorted(sites)])
    expected = sum(
        any(sum(k in sites for sites in shown[n : n + 3]) >= 2 for n in range(len(shown))) for k in range(len(SITES))
    )
    assert len(board.made) == expected
    assert len(board.made) <= sum(len(sites) for sites in shown)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_arrival_does_not_change_which_findings_are_together(new_stage: Any, order: list[int]):
    # two standing machines, one of them hidden in every second frame, and a lorry passing in frame 3
    stage = new_stage()
    board = stage.board()
    true: dict[str, set[UUID]] = {"a": set(), "b": set(), "lorry": set()}
    for n in order:
        seen = {"a": stage.see((0, 20))} | ({"b": stage.see((22, 20))} if n % 2 == 0 else {})
        seen |= {"lorry": stage.see((-20, 40))} if n == 3 else {}
        stage.play(board, "cam-a", 30 * n, list(seen.values()))
        for name, one in seen.items():
            true[name].add(one.finding_id)
    together = {frozenset(members) for members in alarms(board).values()}
    assert together == {frozenset(true["a"]), frozenset(true["b"])}


def test_every_order_of_three_frames_gives_the_same_alarm(new_stage: Any):
    for order in permutations(range(3)):
        stage = new_stage()
        board = stage.board()
        for n in order:
            stage.play(board, "cam-a", 30 * n, [stage.see((0.3 * n, 20))] if n != 1 else [])
        assert [len(members) for members in alarms(board).values()] == [2]
