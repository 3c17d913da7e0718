"""A picture of gas at home, what was answered about it, and what a person said in the end.

It is no observation of the river: a home is nobody's street, so its picture is kept apart and read by its sender and by
those who review it only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic reads it when reviews are stored
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID  # noqa: TC003  pydantic reads it when answers are stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.shares import Share

INDOOR_REVIEWED = "perceive.indoor_reviewed"  # fact_id = IndoorCheck.id, partition = tenant


class Group(StrEnum):
    """What of a home's gas an item is about."""

    PIPE = "pipe"
    HOSE = "hose"


class Grade(StrEnum):
    """How bad: major where the national criteria of 2023 name it."""

    MAJOR = "major"
    GENERAL = "general"


class Says(StrEnum):
    """The answer to one question."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class AnsweredBy(StrEnum):
    """Where an answer comes from."""

    MODEL = "model"  # a vision model said so; a person looks all the same
    EXAMPLES = "examples"  # pictures that people have judged and that look alike: no judgement
    NOBODY = "nobody"  # a person will look


class Unanswered(StrEnum):
    """Why no model's answer stands."""

    NOT_CONFIGURED = "not_configured"
    FAILED = "failed"  # the endpoint, its budget, or what it said
    INSTRUCTION = "instruction"  # words in the picture read like an instruction to a model
    UNREADABLE = "unreadable"
    HOUSE = "house"


class IndoorState(StrEnum):
    """How far a check has come."""

    WAITING = "waiting"
    ANSWERED = "answered"  # something can be shown; a person will look
    REVIEWED = "reviewed"  # a person has looked


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Scene:
    """The question whether the picture can be judged at all."""

    id: str
    words: Words


@dataclass(frozen=True, slots=True)
class Hazard:
    """One item of the list.

    Attributes:
        ask: the question for a model, in both languages.
        clause: statute, date and article; None where nobody here has read one.
        advice: what the people who live there should do.
    """

    id: str
    group: Group
    grade: Grade
    words: Words
    ask: str
    clause: str | None
    advice: Words


@dataclass(frozen=True, slots=True)
class HazardList:
    """What a picture is looked at for.

    Attributes:
        always: what is said beside every answer.
    """

    version: str
    task: str
    scene: Scene
    always: Words
    hazards: tuple[Hazard, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the items' ids in the list's order."""
        return tuple(one.id for one in self.hazards)


@dataclass(frozen=True, slots=True)
class Near:
    """A picture that a person has judged and that looks alike.

    Attributes:
        check_id: which; None for readers who must not open it.
        distance: cosine distance of the look net's features, 0 (the same) to 2.
        hazards: what the person saw there; empty when none of the list.
    """

    check_id: UUID | None
    distance: float
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IndoorAnswer:
    """What can be said before a person has looked.

    Attributes:
        scene: whether the picture can be judged; unclear where nobody said.
        hazards: the answer to each item that was asked, in the list's order; empty where none was.
        near: examples that look alike, the nearest first.
        reason: a model's words.
        why: why there is no answer of a model; None where there is one. ``problem`` says more, for people.
        model: name of the model that was asked.
        call_id: the record of the question in ``inference``, for replay.
        cost: 0.0001 yuan.
        flagged: words in the picture or the answer read like an instruction to a model.
    """

    by: AnsweredBy
    scene: Says = Says.UNCLEAR
    hazards: tuple[tuple[str, Says], ...] = ()
    near: tuple[Near, ...] = ()
    reason: str = ""
    why: Unanswered | None = None
    problem: str = ""
    model: str | None = None
    call_id: UUID | None = None
    cost: int = 0
    flagged: bool = False

    @property
    def seen(self) -> tuple[str, ...]:
        """Return the items that a model says it sees."""
        return tuple(item for item, says in self.hazards if says is Says.YES)


@dataclass(frozen=True, slots=True)
class IndoorReview:
    """What a person said of a picture.

    Attributes:
        matches: it shows gas at home and can be judged.
        hazards: the items that the person sees; empty when none.
    """

    actor: str
    at: datetime
    matches: bool
    hazards: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True, slots=True)
class IndoorCheck:
    """A picture that somebody sent.

    Attributes:
        owner_id: who sent it.
        picture: SHA-256 of the original.
        rendered: it is no photograph; it is labelled so and counts in no figure.
        list_version: the list it was answered by.
    """

    id: UUID
    tenant_id: UUID
    owner_id: UUID
    at: datetime
    picture: str
    words: str
    rendered: bool
    state: IndoorState
    list_version: str
    answer: IndoorAnswer | None
    review: IndoorReview | None


@dataclass(frozen=True, slots=True)
class IndoorExample:
    """A judged picture as a row of numbers.

    Attributes:
        features: unit-length vector of the look net; its length belongs to the net's version.
    """

    check_id: UUID
    features: tuple[float, ...]
    hazards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemFigure:
    """How one source of answers does on one item, against people.

    Attributes:
        precision: of its yeses, those where the person saw it too.
        recall: of what people saw, what it said yes to.
    """

    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class IndoorFigures:
    """Figures on a tenant's own photographs that people have judged.

    Attributes:
        pictures: photographs that count; ``rendered`` ones were left out.
        answered: of them, how many a model had answered.
        model: by item, of the pictures that a model answered; the key ``any`` counts pictures with any item.
        examples: by item, what the nearest other example would have said, each picture left out in turn.
    """

    pictures: int
    rendered: int
    answered: int
    model: Mapping[str, ItemFigure]
    examples: Mapping[str, ItemFigure]
