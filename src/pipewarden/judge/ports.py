"""What the judge needs from the world: somebody who looks a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pipewarden.judge.facts import JudgeCase, Opinion


class SecondJudge(Protocol):
    """Looks at one alarm and has an opinion; the law decides what becomes of it."""

    @property
    def name(self) -> str:
        """Return who it is: ``local``, ``human`` or ``openai``."""
        ...

    @property
    def patience_s(self) -> float:
        """Return how long it may take at most; 0 for one that answers from the case alone, at once."""
        ...

    def judge(self, case: JudgeCase) -> Opinion:
        """Return its opinion within its patience; never raises, a failure is an opinion too.

        It holds no transaction while it waits. Whatever breaks this promise, slowness included, ends at a person.
        """
        ...
