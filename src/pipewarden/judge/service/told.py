"""What later slices and the house itself read of the judge: people's decisions, and questions still needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.judge import store

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.judge.facts import Decision
    from pipewarden.kit.work import Work


def decisions(work: Work, *, limit: int, after: UUID | None = None) -> list[Decision]:
    """Return up to ``limit`` last words of the tenant's people, one an alarm, by alarm, past the alarm ``after``."""
    return store.decisions.page(work, after=after, limit=limit)


def calls_in_hand(work: Work) -> set[UUID]:
    """Return the recorded questions to models that a review or an audit rests on which nobody has decided yet."""
    return store.calls.in_hand(work)
