"""Figures and cards as they are stored and shown: each number with its interval, and what a version cannot see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.shares import Share
from pipewarden.market.facts.foundry import Form, Headline, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.market.facts.foundry import Line, Measured
    from pipewarden.market.rules.probes import Validated

_BLIND: Mapping[Kind, tuple[str, str]] = {
    Kind.EXAMPLE: (
        "只认识所列标签；其它东西也会被归入其中之一，除非概率低于阈值。图片少，区间宽。",
        "It knows the listed labels alone: anything else is called one of them, or it abstains. Few pictures.",
    ),
    Kind.QUESTIONS: (
        "由外部视觉模型回答，答案随模型而变；看不清应答 unclear，不能当作“无”。",
        "A vision model behind an endpoint answers, and its answers change with it; unclear is not no.",
    ),
    Kind.RULE: (
        "只比较给出的值；值错了结论就错。没有写到的情形一律按“其它情形”处理。",
        "It compares the values that it is given: a wrong value is a wrong answer. What no rule names is `otherwise`.",
    ),
    Kind.KNOWLEDGE: (
        "原文照录，不作判断；条款以所注日期的文本为准，请核对是否已修订。",
        "It cites and judges nothing. A clause is the wording of its date: check whether it was revised since.",
    ),
    Kind.MODEL: (
        "平台自有模型；局限见其模型卡。",
        "One of the platform's own models; its limits stand in its model card.",
    ),
}


def share(one: Share) -> dict[str, object]:
    """Return a share as it is stored."""
    return {"hits": one.hits, "of": one.of, "value": one.value, "low": one.low, "high": one.high}


def measured(found: Measured) -> dict[str, object]:
    """Return measured shares as they are stored."""
    return {
        "right": share(found.right),
        "answered": share(found.answered),
        "right_of_answered": share(found.right_of_answered),
        "by_label": {label: share(one) for label, one in found.by_label.items()},
    }


def example_figures(
    validated: Validated, held: Measured, *, groups: int, folds: int, left_out: int
) -> dict[str, object]:
    """Return the figures of an example classifier: left out in turn, and on the frozen set."""
    return {
        "cross_validated": measured(validated.measured),
        "cross_validated_without_abstaining": measured(validated.without_abstaining),
        "abstain": validated.abstain,
        "pictures": len(validated.chances),
        "groups": groups,
        "folds": folds,
        "frozen": measured(held),
        "frozen_left_out": left_out,
    }


def counted_figures(right: Share, wrong: Sequence[str], answered: Share | None = None) -> dict[str, object]:
    """Return the figures of a kind whose cases are right or wrong, with the first that are wrong."""
    more = {} if answered is None else {"answered": share(answered)}
    return {"frozen": {"right": share(right), **more}, "wrong": list(wrong)[:20]}


def card(line: Line, number: int, data: Mapping[str, object], frozen: str | None) -> dict[str, object]:
    """Return a version's card.

    Args:
        line: whose.
        number: of the version.
        data: what it was made of, and measured on.
        frozen: SHA-256 of the frozen set; None where there is none.
    """
    zh, en = _BLIND[line.kind]
    return {
        "name": f"{line.slug}@{number}",
        "kind": line.kind.value,
        "title": line.title,
        "data": dict(data),
        "frozen_set": frozen,
        "cannot": {"zh": zh, "en": en},
    }


def headline(figures: Mapping[str, object] | None) -> Headline | None:
    """Return the one figure that a version is known by; None where it was not measured, or its model card has it."""
    frozen = {} if figures is None else figures.get("frozen")
    if not isinstance(frozen, dict) or "right" not in frozen:
        return None
    answered = frozen.get("answered")
    right = frozen.get("right_of_answered", frozen["right"])
    return Headline(
        _share(right), None if answered is None else _share(answered), "cases" if answered is None else "pictures"
    )


def form_of(kind: Kind, content: Mapping[str, object]) -> Form:
    """Return what whoever calls must know of a version: what it takes, and what the ids in its answers mean.

    The rest of a content stays with its author: which rules there are, how a question list is put to the model.
    """
    if kind is Kind.RULE:
        return Form("values", _listed(content.get("fields")), ())
    if kind is Kind.KNOWLEDGE:
        return Form("question", (), ())
    says = content.get("labels" if kind is Kind.EXAMPLE else "questions")
    return Form("picture", (), _listed(says))


def _listed(told: object) -> tuple[Mapping[str, object], ...]:
    return tuple(one for one in told if isinstance(one, dict)) if isinstance(told, list) else ()


def _share(told: object) -> Share:
    one = told if isinstance(told, dict) else {}
    return Share(int(one["hits"]), int(one["of"]), one["value"], float(one["low"]), float(one["high"]))
