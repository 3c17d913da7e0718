"""A person's words on the board: an alarm by themselves, or a clue of the site they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pipewarden.dedupe.rules import Board


def said(stage: Any, at: tuple[float, float] | None, *, sigma: float = 4.0, **more: Any) -> Any:
    return stage.see(at, cls="report", kind=None, score=0.0, sigma=sigma, own=sigma, box=(0, 0, 0, 0), **more)


def alarms(board: Board) -> set[Any]:
    return {one.alarm_id for one in board.decisions.values() if one.alarm_id is not None}


def test_words_alone_make_an_alarm(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [said(stage, (0.0, 0.0))], sequence=False)
    assert len(board.made) == 1
    assert alarms(board) == set(board.made)


def test_a_single_picture_still_does_not(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [stage.see((0.0, 0.0))], sequence=False)
    assert board.made == []


def test_words_without_a_place_make_an_alarm_too(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [said(stage, None)], sequence=False)
    assert len(board.made) == 1


@pytest.mark.parametrize(("apart_m", "count"), [(3.0, 1), (10.0, 1), (60.0, 2)])
def test_words_join_the_site_they_stand_on(stage: Any, apart_m: float, count: int) -> None:
    board = stage.board()
    for second in (0.0, 60.0):
        stage.play(board, "cam-a", second, [stage.see((0.0, 0.0))])
    assert len(board.made) == 1
    stage.play(board, "person:1", 90.0, [said(stage, (apart_m, 0.0))], sequence=False)
    assert len(board.made) == count
    assert len(alarms(board)) == count


def test_however_unsure_words_never_reach_across_the_town(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [said(stage, (0.0, 0.0), sigma=500.0)], sequence=False)
    stage.play(
        board, "person:2", 1.0, [said(stage, (stage.policy.widest_gate_m + 10.0, 0.0), sigma=500.0)], sequence=False
    )
    assert len(board.made) == 2


def test_a_camera_confirms_what_a_person_said(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [said(stage, (0.0, 0.0))], sequence=False)
    for second in (60.0, 120.0):
        stage.play(board, "cam-a", second, [stage.see((1.0, 1.0))])
    assert len(board.made) == 1
    assert len(board.decisions) == 3
    assert alarms(board) == set(board.made)


def test_words_of_another_day_are_another_alarm(stage: Any) -> None:
    board = stage.board()
    stage.play(board, "person:1", 0.0, [said(stage, (0.0, 0.0))], sequence=False)
    stage.play(board, "person:2", (stage.policy.hours + 1) * 3600, [said(stage, (0.0, 0.0))], sequence=False)
    assert len(board.made) == 2
