"""An opinion is believed to be one only when it makes sense; nonsense is a failure, and a failure ends at a person."""

from __future__ import annotations

from pipewarden.judge.facts import Opinion, OpinionKind

_LONGEST, _MOST = 500, 20
_DEAREST = 10**9  # 0.0001 yuan: 100,000 yuan for one question is a mistake


def sound(opinion: object, judge: str) -> Opinion:
    """Return the opinion, its words cut to what people read, or a failure where it makes no sense."""
    if not isinstance(opinion, Opinion):
        return Opinion(OpinionKind.FAILED, judge=judge, problem=f"answered with a {type(opinion).__name__}")
    try:
        kind = OpinionKind(opinion.kind)
        cost = opinion.cost if isinstance(opinion.cost, int) and not isinstance(opinion.cost, bool) else -1
        answers = tuple(one for one in opinion.answers if one.answer in {"yes", "no", "unclear"})
        words = tuple(_plain(one) for one in opinion.reasons[:_MOST])
        problem = None if opinion.problem is None else _plain(opinion.problem)
    except (TypeError, ValueError, AttributeError) as error:
        return Opinion(OpinionKind.FAILED, judge=judge, problem=f"makes no sense ({type(error).__name__})")
    if not 0 <= cost <= _DEAREST or len(answers) != len(opinion.answers) or len(answers) > _MOST * 2:
        return Opinion(
            OpinionKind.FAILED,
            judge=judge,
            cost=max(0, min(cost, _DEAREST)),
            call_id=opinion.call_id,
            instruction_like_text=bool(opinion.instruction_like_text),
            problem="makes no sense",
        )
    return Opinion(
        kind=kind,
        judge=judge,
        model=None if opinion.model is None else _plain(opinion.model),
        reasons=words,
        answers=answers,
        cost=cost,
        call_id=opinion.call_id,
        instruction_like_text=bool(opinion.instruction_like_text),
        problem=problem if kind is OpinionKind.FAILED else None,
        again_s=opinion.again_s,
    )


def _plain(text: str) -> str:
    """Return text that a database and a page can hold: no control characters, no half characters, not endless."""
    whole = text[:_LONGEST].encode("utf-8", "replace").decode()
    return "".join(ch if ch.isprintable() else " " for ch in whole)
