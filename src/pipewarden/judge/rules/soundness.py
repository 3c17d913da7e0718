"""An opinion is believed to be one only when it makes sense; nonsense is a failure, and a failure ends at a person."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from pipewarden.judge.facts import Opinion, OpinionKind, Told

_LONGEST, _MOST = 500, 20
_MOST_ANSWERS = 40
_DEAREST = 10**9  # 0.0001 yuan: 100,000 yuan for one question is a mistake


def sound(opinion: object, judge: str) -> Opinion:
    """Return the opinion, its words cut to what people read, or a failure where it makes no sense.

    What a nonsensical one says of its cost, its record and words like an instruction is kept where that makes sense.
    """
    if not isinstance(opinion, Opinion):
        return Opinion(OpinionKind.FAILED, judge=judge, problem=f"answered with a {type(opinion).__name__}")
    kept = Opinion(
        OpinionKind.FAILED,
        judge=judge,
        cost=opinion.cost if type(opinion.cost) is int and 0 <= opinion.cost <= _DEAREST else 0,
        call_id=opinion.call_id if isinstance(opinion.call_id, UUID) else None,
        instruction_like_text=bool(opinion.instruction_like_text),
    )
    try:
        return _read(opinion, kept)
    except (TypeError, ValueError, AttributeError) as error:
        return replace(kept, problem=f"makes no sense ({type(error).__name__})")


def _read(opinion: Opinion, kept: Opinion) -> Opinion:
    kind = OpinionKind(opinion.kind)
    if (opinion.cost, opinion.call_id) != (kept.cost, kept.call_id):
        raise ValueError("its cost or its record")
    if len(opinion.answers) > _MOST_ANSWERS or {one.answer for one in opinion.answers} - {"yes", "no", "unclear"}:
        raise ValueError("its answers")
    return replace(
        kept,
        kind=kind,
        model=None if opinion.model is None else _words(opinion.model),
        reasons=tuple(_words(one) for one in opinion.reasons[:_MOST]),
        answers=tuple(Told(_words(one.question), one.answer) for one in opinion.answers),
        problem=_words(opinion.problem) if kind is OpinionKind.FAILED and opinion.problem is not None else None,
    )


def _words(text: str) -> str:
    """Return text that a database and a page can hold: no control characters, no half characters, not endless."""
    whole = text[:_LONGEST].encode("utf-8", "replace").decode()
    return "".join(ch if ch.isprintable() else " " for ch in whole)
