"""The numbers of the judge; docs/adr/0013 says why each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class JudgePolicy:
    """How long, how often, how many.

    Attributes:
        silence: the longest that a place is silent without a person.
        longest: the longest that a person may silence one; ``longest_inside`` in the protection range or where the
            zone is unknown.
        rounds: pictures that show a silenced place again before a person is asked, the last of them at least so many
            times ``round_s`` after the silence began.
        dwell_s: a machine is given so long to drive on before anybody is asked.
        grace: how long after a judge's patience the alarm stands in a person's queue, come what may.
        audit_share: of the rejections, drawn for a person's look.
        hold: how long a review that a person took is theirs alone.
    """

    silence: timedelta = timedelta(hours=24)
    longest: timedelta = timedelta(days=30)
    longest_inside: timedelta = timedelta(days=7)
    rounds: int = 3
    round_s: float = 300.0
    dwell_s: float = 45.0
    grace: timedelta = timedelta(seconds=6)
    audit_share: float = 0.02
    hold: timedelta = timedelta(minutes=15)
