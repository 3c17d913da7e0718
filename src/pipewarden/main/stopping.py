"""Ctrl-C as a wish: what was seen so far is finished, told and kept; a second Ctrl-C ends at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


@dataclass(slots=True)
class Stop:
    """Whether somebody asked to stop.

    Attributes:
        asked: since the first interrupt.
        waiting: for a frame, which may take for ever: only then an interrupt breaks in.
    """

    asked: bool = False
    waiting: bool = False

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Note the wish; raise KeyboardInterrupt while waiting, or when it comes twice."""
        again, self.asked = self.asked, True
        if self.waiting or again:
            raise KeyboardInterrupt

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Let an interrupt break in while the context lasts."""
        self.waiting = True
        try:
            yield
        finally:
            self.waiting = False

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Take SIGINT while the context lasts; main thread only."""
        before = signal.signal(signal.SIGINT, self.on_signal)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
