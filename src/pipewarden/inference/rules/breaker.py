"""When an endpoint may be asked: a bucket of questions per minute, and a breaker that opens after failures in a row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.inference.facts import FailureKind

if TYPE_CHECKING:
    from datetime import datetime

OPEN_AFTER = 3  # failures in a row (safety.md, section 1)
OPEN_S = 30.0  # at most 60 s from recovery to the first answer
_MINUTE_S = 60.0
_PROBE_GRACE_S = 10.0
# what says nothing about the endpoint's health
_HARMLESS = frozenset({FailureKind.REFUSED, FailureKind.INTERNAL})


@dataclass(frozen=True, slots=True)
class Gate:
    """How one tenant stands with one model behind one endpoint.

    Attributes:
        tokens: questions that may be asked at once.
        tokens_at: when they were counted.
        failures: in a row.
        opened_at: since when the breaker is open; None when it is closed.
        probe_until: somebody is trying the open breaker until then.
    """

    tokens: float
    tokens_at: datetime
    failures: int = 0
    opened_at: datetime | None = None
    probe_until: datetime | None = None

    @property
    def open_until(self) -> datetime | None:
        """Return when an open breaker may be tried."""
        return None if self.opened_at is None else self.opened_at + timedelta(seconds=OPEN_S)


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a question may be asked now.

    Attributes:
        gate: as it stands when the question is asked; unchanged when it is not.
        refused: why not.
        again_s: seconds until asking again makes sense.
    """

    gate: Gate
    refused: FailureKind | None = None
    again_s: float | None = None


def admit(gate: Gate, now: datetime, per_minute: int, timeout_s: float) -> Admission:
    """Return whether one more question may be asked; an open breaker lets one through after ``OPEN_S``."""
    probe = None
    if gate.opened_at is not None:
        until = max(filter(None, (gate.open_until, gate.probe_until)))
        if now < until:
            return Admission(gate, FailureKind.BREAKER, (until - now).total_seconds())
        probe = now + timedelta(seconds=timeout_s + _PROBE_GRACE_S)
    passed = max(0.0, (now - gate.tokens_at).total_seconds())  # a clock set back gives nothing and takes nothing
    tokens = min(float(per_minute), gate.tokens + passed * per_minute / _MINUTE_S)
    if tokens < 1.0:
        wait = (1.0 - tokens) * _MINUTE_S / per_minute if per_minute else _MINUTE_S
        return Admission(gate, FailureKind.RATE, wait)
    return Admission(replace(gate, tokens=tokens - 1.0, tokens_at=now, probe_until=probe))


def after(gate: Gate, now: datetime, failed: FailureKind | None) -> Gate:
    """Return the gate after a question was answered (None) or failed."""
    if failed in _HARMLESS:
        return replace(gate, probe_until=None)
    if failed is None:
        return replace(gate, failures=0, opened_at=None, probe_until=None)
    failures = gate.failures + 1
    opens = gate.probe_until is not None or gate.opened_at is None
    opened_at = now if failures >= OPEN_AFTER and opens else gate.opened_at
    return replace(gate, failures=failures, opened_at=opened_at, probe_until=None)
