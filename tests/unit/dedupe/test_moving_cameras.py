"""A machine seen from a moving camera: one alarm by the ground, whatever the boxes do in the pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.dedupe.rules import same_place

if TYPE_CHECKING:
    from typing import Any


def test_two_boxes_at_one_spot_of_the_picture_are_two_places_when_the_camera_moved(stage: Any) -> None:
    first, second = stage.see((0, 0), box=(600, 300, 120, 80)), stage.see((70, 0), box=(600, 300, 120, 80))
    second = replace(second, seen_s=first.seen_s + 5)
    assert same_place(first, second, stage.policy) is not None  # a camera that stands: the box decides
    moving = replace(first, moves=True), replace(second, moves=True)
    assert same_place(*moving, stage.policy) is None
    nowhere = tuple(replace(one, ground=None, own=None) for one in moving)
    assert same_place(*nowhere, stage.policy) is None


def test_one_place_is_one_place_though_its_box_ran_across_the_picture(stage: Any) -> None:
    first = stage.see((0, 0), box=(100, 300, 60, 40), sigma=4.0)
    second = replace(stage.see((6, 2), box=(1000, 420, 180, 120), sigma=4.0), seen_s=first.seen_s + 5)
    assert same_place(first, second, stage.policy) is None
    found = same_place(replace(first, moves=True), replace(second, moves=True), stage.policy)
    assert found is not None
    assert "same place" in found.reason


def test_a_machine_passed_by_makes_one_alarm_from_two_frames(stage: Any) -> None:
    board = stage.board()
    for n, place in enumerate([(0.0, 0.0), (5.0, -1.0), (60.0, 0.0)]):
        one = replace(stage.see(place, box=(300 * n, 300, 100, 80), sigma=4.0), moves=True)
        stage.play(board, "trip:1", 5.0 * n, [one])
    assert len(board.made) == 1
    members = [decision for decision in board.decisions.values() if decision.alarm_id == board.made[0]]
    assert len(members) == 2
