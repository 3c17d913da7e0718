"""Question lists are checked before they are used, and answers are weighed without asking the model what they mean."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipewarden.judge.facts import OpinionKind, Question, QuestionList, Rule, Side, Told
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST = 40
_TAKEN = {"image_id", "box", "text_in_picture", "reason"}  # the answer's own fields

Text = Annotated[str, Field(min_length=3, max_length=300)]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    side: Side
    rule: Rule | None = None
    zh: Text
    en: Text


class _List(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.@_-]{0,59}$")]
    source: str = ""
    task: Annotated[str, Field(min_length=10, max_length=2000)]
    questions: Annotated[list[_Question], Field(min_length=1, max_length=_MOST)]


def read_questions(body: object, source: str) -> QuestionList:
    """Return the list in ``body`` (a parsed document).

    Raises:
        InputError: a key is missing, unknown or of a wrong kind, an id stands twice, or the questions that are put to a
            model could never confirm an alarm.
    """
    try:
        given = _List.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            field=f"{source}: {where}" if where else source, problem=str(first["msg"]), fix="Correct it."
        ) from error
    twice = [one for one, count in Counter(one.id for one in given.questions).items() if count > 1]
    if twice:
        raise InputError(field=f"{source}: questions", problem=f"{twice[0]} stands twice", fix="Give each its own id.")
    if taken := [one.id for one in given.questions if one.id in _TAKEN or one.id.startswith("model_")]:
        raise InputError(field=f"{source}: questions", problem=f"{taken[0]} is no free name", fix="Name it otherwise.")
    made = QuestionList(
        version=given.version,
        task=given.task,
        questions=tuple(Question(one.id, one.zh, one.en, one.side, one.rule) for one in given.questions),
    )
    sides = {one.side for one in made.asked}
    if not {Side.NEEDED, Side.FOR} <= sides:
        raise InputError(
            field=f"{source}: questions",
            problem="no needed or no for question is put to the model",
            fix="Keep at least one of each without a rule.",
        )
    return made


def instructions(questions: QuestionList) -> str:
    """Return what a model is told: the task and the questions that a picture must be looked at for."""
    lines = [f"{one.id}: {one.zh} {one.en}" for one in questions.asked]
    return "\n".join([questions.task, *lines])


def weigh(questions: QuestionList, answers: Sequence[Told]) -> OpinionKind:
    """Return what the answers come to.

    Yes: every needed question and one that speaks for it are answered yes, none against. No: a needed one is answered
    no, or nothing speaks for it and everything that could is answered no. Everything else is unsure, above all answers
    that contradict each other, and a question that was left out.
    """
    said = {one.question: one.answer for one in answers}
    sides: dict[Side, list[str]] = {side: [] for side in Side}
    for one in questions.asked:
        sides[one.side].append(said.get(one.id, "unclear"))
    needed, speaks, against = sides[Side.NEEDED], sides[Side.FOR], sides[Side.AGAINST]
    if all(one == "yes" for one in needed) and "yes" in speaks and "yes" not in against:
        return OpinionKind.YES
    if "yes" in speaks:
        return OpinionKind.UNSURE
    if "no" in needed or all(one == "no" for one in speaks):
        return OpinionKind.NO
    return OpinionKind.UNSURE


def about(
    box: tuple[float, float, float, float] | None, asked: tuple[float, float, float, float], *, needed: bool
) -> bool:
    """Tell whether a model speaks of the thing it was asked about.

    Args:
        box: left, top, right, bottom of what it saw, 0-1 of the frame; None where it saw nothing.
        asked: x, y, w, h of the drawn box, 0-1 of the frame.
        needed: a box must be there: who sees works must say where.
    """
    if box is None:
        return not needed
    left, top, right, bottom = box
    x, y, w, h = asked
    return min(right, x + w) > max(left, x) and min(bottom, y + h) > max(top, y)
