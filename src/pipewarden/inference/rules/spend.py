"""What a question costs: reserved before it is asked, settled by what the endpoint counted; 0.0001 yuan, integers."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pipewarden.inference.facts import Lost, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.inference.facts import VisionModel

_CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")  # one civil time, no daylight saving since 1992
_MILLION = 1_000_000
MOST_TOKENS = 1_000_000  # no model takes more; a larger count is not believed
_FREE_FROM, _OK = 300, 200


def day_of(at: datetime) -> date:
    """Return the day whose budget a moment falls into."""
    return at.astimezone(_CHINA).date()


def cost(model: VisionModel, usage: Usage) -> int:
    """Return the price of so many tokens in 0.0001 yuan, rounded up."""
    return -(-(usage.prompt * model.price_prompt + usage.completion * model.price_completion) // _MILLION)


def ceiling(model: VisionModel, words: str, pictures: int) -> int:
    """Return the most that one exchange can cost: no tokeniser makes more tokens than there are bytes."""
    prompt = len(words.encode("utf-8", "replace")) + pictures * model.picture_tokens
    return cost(model, Usage(prompt, model.answer_tokens))


def reservation(once: int, model: VisionModel) -> int:
    """Return what must be free before a question is asked: the question, and its repair, which repeats the answer."""
    return 2 * once + cost(model, Usage(model.answer_tokens, 0))


def charged(model: VisionModel, exchanges: Sequence[tuple[Reply | Lost, Usage | None]], once: int) -> int:
    """Return what the exchanges of one question cost.

    What the endpoint counted is the truth. Where it did not count, or counted what cannot be, and where an answer was
    lost on the way, the most it can have cost is charged: a doubt must not overdraw. Refusals by status are free.
    """
    total = 0
    for came, usage in exchanges:
        if usage is not None:
            total += cost(model, usage)
        elif isinstance(came, Lost):
            total += once if came.sent else 0
        elif _OK <= came.status < _FREE_FROM:
            total += once
    return total


def believed(prompt: object, completion: object) -> Usage | None:
    """Return the usage an endpoint reports, None when it is missing or cannot be."""
    counts = [one for one in (prompt, completion) if isinstance(one, int) and not isinstance(one, bool)]
    if len(counts) != 2 or not all(0 <= one <= MOST_TOKENS for one in counts):  # noqa: PLR2004  prompt and completion
        return None
    return Usage(*counts)
