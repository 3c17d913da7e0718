"""What a phone says of when an act was done: shown beside the server's time, never in its place (ADR 0031)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pipewarden.casework.facts.events import MadeOdd

OFF = timedelta(hours=24)  # safety.md T11, T12: a phone kept offline for longer, or a clock that is wrong
SLACK = timedelta(minutes=5)  # so far a phone's clock may be ahead (ADR 0031)
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC)


def made_odd(at: datetime, made_at: datetime | None) -> MadeOdd | None:
    """Return why the time that a phone gives is not believed; None where it may be, or none was given.

    Args:
        at: when the act came.
        made_at: when it was done, by the phone.
    """
    if made_at is None:
        return None
    if made_at - at > SLACK:
        return MadeOdd.AHEAD
    return MadeOdd.OLD if at - made_at > OFF else None


def within_reason(made_at: datetime) -> datetime:
    """Return the time that a phone gives, brought into this century: a clock that is lost costs nobody their act."""
    return min(max(made_at, _FIRST), _LAST)
