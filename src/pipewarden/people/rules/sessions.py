"""How long a signed-in browser may go on: an idle end, an absolute end, a password proved lately for grave acts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """The times of a session (GB/T 22239-2019 level 3: time-out; safety.md 2.6: idle 30 min).

    Attributes:
        idle: without a request for so long it ends.
        absolute: it ends so long after sign-in whatever happens; one shift.
        touch: the last request is written down at most so often.
        proof: a password or a second factor counts as just given for so long (step-up).
        half: a session that still lacks its second factor ends after so long: a form left open is no way in.
    """

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    touch: timedelta = timedelta(minutes=1)
    proof: timedelta = timedelta(minutes=10)
    half: timedelta = timedelta(minutes=10)


def alive(
    *, seen_at: datetime, expires_at: datetime, ended_at: datetime | None, now: datetime, limits: SessionLimits
) -> bool:
    """Return whether a session may still be used at ``now``."""
    return ended_at is None and now < expires_at and now - seen_at < limits.idle


def proved_lately(proved_at: datetime | None, now: datetime, limits: SessionLimits) -> bool:
    """Return whether the password was given recently enough for an act that needs it again."""
    return proved_at is not None and now - proved_at < limits.proof
