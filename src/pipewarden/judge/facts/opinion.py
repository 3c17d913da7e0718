"""What a second judge is given, and what it says: it has an opinion, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it when events are stored

if TYPE_CHECKING:
    from pipewarden.judge.facts.questions import QuestionList
    from pipewarden.network.facts import Zone
    from pipewarden.perceive.facts import Box


class OpinionKind(StrEnum):
    """What a second judge says."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """One question of the list and what was answered."""

    question: str
    answer: Literal["yes", "no", "unclear"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second judge says about one alarm.

    Attributes:
        judge: ``local``, ``human`` or ``openai``.
        model: name and version; None where no model spoke.
        reasons: its own words, at most a few; evidence for people, never read by a rule.
        cost: in 0.0001 yuan.
        call_id: the record in ``inference``, for replay.
        instruction_like_text: words in the picture or beside it read like an instruction to a model.
        problem: why it failed; None unless ``kind`` is failed.
    """

    kind: OpinionKind
    judge: str
    model: str | None = None
    reasons: tuple[str, ...] = ()
    answers: tuple[Told, ...] = ()
    cost: int = 0
    call_id: UUID | None = None
    instruction_like_text: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class JudgeCase:
    """One alarm as a second judge is asked about it; what the rules said of it is kept back, so that voices stay two.

    Attributes:
        what: type of the machine, else its class.
        picture: SHA-256 of the best clue's picture; ``box`` in its pixels.
        camera: key of the camera, empty where there is none; ``note`` its scene note.
        looks: of its newest machines, features of unit length.
    """

    ask_id: UUID
    tenant_id: UUID
    alarm_id: UUID
    what: str
    score: float
    picture: str
    box: Box
    zone: Zone
    distance_m: float | None
    camera: str
    note: str
    looks: tuple[tuple[float, ...], ...]
    questions: QuestionList
