"""The patrollers' question list (domain.md 5.3): their know-how as checks, versioned, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipewarden.judge.facts.reasons import Rule  # noqa: TC001  pydantic reads it

if TYPE_CHECKING:
    from datetime import datetime


class Side(StrEnum):
    """What a yes to a question speaks for."""

    NEEDED = "needed"  # without a yes there is no alarm
    FOR = "for"  # one yes among these is needed
    AGAINST = "against"  # a yes speaks against the alarm


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        id: stable, for instance ``machine``.
        side: what a yes speaks for.
        rule: the scene rule that answers it; None when a picture must be looked at.
    """

    id: str
    zh: str
    en: str
    side: Side
    rule: Rule | None = None


@dataclass(frozen=True, slots=True)
class QuestionVersion:
    """One list that was put in force.

    Attributes:
        version: the list's own name; None where the shipped one was put back.
        actor: who did it, for instance ``person:<id>``.
    """

    version: str | None
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class QuestionList:
    """A version of the list.

    Attributes:
        version: names the shipped file, or the tenant's row that replaced it.
        task: what a model is told before the questions, in Chinese and English.
    """

    version: str
    task: str
    questions: tuple[Question, ...]

    @property
    def asked(self) -> tuple[Question, ...]:
        """Return the questions that a picture must be looked at for."""
        return tuple(one for one in self.questions if one.rule is None)
