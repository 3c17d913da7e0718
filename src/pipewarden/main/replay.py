"""Recorded frames as if their cameras took them now: the house's clock follows the pictures.

A judge waits for a machine to drive on, asks, and looks again when time passes. Frames of an hour that are worked off
in a minute would all be judged in that minute, so whoever measures the cascade on a recording moves the clock with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.judge import jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pipewarden.kit.clock import SetClock
    from pipewarden.main.river import River
    from pipewarden.sense.facts import Frame

_REST = timedelta(minutes=10)  # longer than any alarm waits for its machine to drive on


@dataclass(frozen=True, slots=True)
class Replay:
    """A river on a home whose clock is ``clock`` and nobody else's."""

    river: River
    clock: SetClock

    def frames(self, given: Iterable[Frame]) -> Iterator[Frame]:
        """Yield frames at their moments, those of a source without a time from now on; the clock goes with them.

        Each must have been through the river before the next is asked for.
        """
        begin = self.clock.now()
        for frame in given:
            at = frame.at or begin + timedelta(seconds=frame.offset_s)
            self.until(at)
            yield replace(frame, at=at)

    def until(self, moment: datetime) -> None:
        """Let time pass: questions that wait are put, then the judge looks at what its clock wants looked at."""
        self._ask()
        self.clock.moment = moment
        jobs.sweep(self.river.home.factory.begin, self.river.bench)
        self._ask()

    def rest(self) -> None:
        """Let time pass until no alarm waits for its machine to drive on."""
        self.until(self.clock.now() + _REST)

    def _ask(self) -> None:
        jobs.ask_waiting(self.river.home.factory.begin, self.river.bench)
        self.river.drain()
