"""The table of the steps' evidence as people read it: for the command, for the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import PARTY_WORDS, RECORD_FIELDS, ROLE_WORDS
from pipewarden.casework.rules.step_file import OURS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.casework.rules.step_file import AskLine, StepLine, StepPolicy, When


def table(policy: StepPolicy) -> tuple[dict[str, str], ...]:
    """Return one line for each thing that a step asks for: step, asks, where, clause, since, until."""
    return tuple(
        {
            "step": step.step,
            "document": step.document,
            "zh": step.zh,
            "en": step.en,
            "asks": asks,
            "where": where,
            "clause": clause,
            "since": step.since.isoformat(),
            "until": "" if step.until is None else step.until.isoformat(),
        }
        for step in policy.steps
        for asks, where, clause in _lines(step)
    )


def _lines(step: StepLine) -> Iterator[tuple[str, str, str]]:
    if step.pictures:
        yield f"pictures 照片 ≥ {step.pictures}", "", OURS
    if step.position:
        yield "position 到场位置 (or a picture)", "", OURS
    for first in step.first:
        yield f"first 先完成: {first.step}", _where(first.when), first.clause
    for ask in step.asks:
        yield _asks(ask), _where(ask.when), ask.clause
    if step.refusal:
        yield "refused 拒签: witness or picture stands in", "", step.clause


def _asks(ask: AskLine) -> str:
    kind = RECORD_FIELDS[ask.field]
    more = [
        f"[{kind.unit}]" if kind.unit else "",
        "" if ask.required else "(optional 可选)",
        f"≥ {ask.at_least}" if ask.at_least > 1 else "",
        ", ".join(PARTY_WORDS[one][0] for one in ask.parties),
        ROLE_WORDS[ask.role][0] if ask.role is not None else "",
        "each known 已知的每一个" if ask.everyone else "",
        "with depth 含埋深" if ask.depth else "",
        "" if ask.must_be is None else f"must be {'yes' if ask.must_be else 'no'}",
        f"unless {ask.unless}" if ask.unless else "",
    ]
    return " ".join([f"{kind.name} {kind.zh}", *(one for one in more if one)])


def _where(when: When) -> str:
    parts = (("zone", when.zones), ("method", when.methods), ("regime", when.regimes))
    return "; ".join(f"{name} {'/'.join(sorted(words))}" for name, words in parts if words)
