"""What both sides are told of an appeal."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pipewarden.act.service import appeals
from pipewarden.casework.facts import AppealState

if TYPE_CHECKING:
    import pytest

    from pipewarden.kit.work import Work


def test_the_days_of_an_appeal_are_those_of_the_place(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made at 07:30 in China, which is still yesterday by UTC; due at midnight there."""
    found = SimpleNamespace(
        contractor=SimpleNamespace(name="甲"),
        entry=SimpleNamespace(kind=SimpleNamespace(value="late"), at=datetime(2026, 11, 25, 23, 30, tzinfo=UTC)),
        appeal=SimpleNamespace(
            state=AppealState.OPEN, due_at=datetime(2026, 12, 9, 16, 0, tzinfo=UTC), reason="x", words=""
        ),
        persons=set(),
    )
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(appeals.casework, "appeal_told", lambda _work, _id: found)
    monkeypatch.setattr(appeals, "tell_persons", lambda *given, **_more: told.append(given[4]))
    appeals.tell_appeals(work, SimpleNamespace(), [work.ids.new()])  # type: ignore[arg-type]  # nothing is sent
    assert [(one["day"], one["due"]) for one in told] == [("2026-11-26", "2026-12-10")]
