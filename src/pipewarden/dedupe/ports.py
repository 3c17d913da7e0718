"""What dedupe shows with an alarm and cannot know itself: what a later slice made of it. ``main`` wires who knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, SQLColumnExpression

    from pipewarden.dedupe.facts import Alarm, AlarmVerdict, Standing
    from pipewarden.kit.work import Work


class Verdicts(Protocol):
    """Says where alarms stand; one it says nothing of waits for a person."""

    def of(self, work: Work, alarms: Sequence[Alarm]) -> Mapping[UUID, Standing]:
        """Return where each alarm stands, each read in its own tenant; the caller has scoped them."""
        ...

    def having(self, alarm_id: SQLColumnExpression[UUID], verdict: AlarmVerdict) -> ColumnElement[bool]:
        """Return the condition that the alarm of a column has this verdict."""
        ...
