"""A version is measured on its frozen set before anybody is asked to trust it; a classifier is trained on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.errors import RefusedError
from pipewarden.kit.shares import wilson
from pipewarden.market.facts.foundry import Act, CallState, Kind, Life, Purpose
from pipewarden.market.rules import foundry_cards as cards
from pipewarden.market.rules import probes
from pipewarden.market.rules.cards import (
    ExampleContent,
    KnowledgeContent,
    QuestionsContent,
    RuleContent,
    cases_of,
    content_of,
    matched,
    tried_knowledge,
    tried_rules,
)
from pipewarden.market.rules.foundry import frozen_set
from pipewarden.market.service import foundry
from pipewarden.market.service.invoking import ask_again, evaluation_answers
from pipewarden.market.store import foundry_examples as examples
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Example, Line, Version
    from pipewarden.market.rules.foundry_file import ExamplesPolicy
    from pipewarden.people.facts import Actor


def evaluate(work: Work, actor: Actor, slug: str, number: int, *, again: bool = False) -> tuple[Version, int]:
    """Measure a version on its frozen set; return it, and how many pictures wait for an answer (then ask again).

    A question list is asked of strangers: the first call puts its frozen pictures to them, a later one, when none waits
    any more, counts the answers; ``again`` asks those once more that failed. Every other kind is measured at once.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, or it is not theirs.
        RefusedError: it is past that, or pictures or right cases are too few.
    """
    line = foundry.own_line(work, actor, slug, foundry.BUILD, foundry.MANAGE)
    version = foundry.version_of(work, line, number)
    if version.state not in {Life.DRAFT, Life.EVALUATED}:
        raise RefusedError(field="version", problem=f"is {version.state.value}", fix="Make another version.")
    if line.kind is Kind.QUESTIONS:
        waiting = _asked(work, line, version, again=again)
        if isinstance(waiting, int):
            return version, waiting
        measured = waiting
    else:
        measured = _MEASURES[line.kind](work, line, version)
    changed = foundry.happened(work, actor, measured, Act.EVALUATED, {"frozen": measured.frozen or ""})
    people.record(work, actor, "capability.evaluated", ("capability", line.id), {"number": number})
    return changed, 0


def _trained(work: Work, line: Line, version: Version) -> Version:
    """Return the version with a probe of the train pictures, cross-validated, and measured on the frozen ones."""
    labels, numbers = content_of(ExampleContent, version.content).ids, foundry.policy().examples
    there = [one for one in examples.all_of(work, line.id) if one.label in labels]
    train = [one for one in there if one.purpose is Purpose.TRAIN]
    held = [one for one in there if one.purpose is Purpose.FROZEN]
    _enough(labels, train, held, numbers)
    rows, wanted = _rows(train), [labels.index(one.label) for one in train]
    groups = probes.together(rows, [one.source for one in train], numbers.alike)
    found = probes.validate(rows, wanted, labels, groups, folds=numbers.folds, right=numbers.right)
    probe = replace(probes.fit(rows, wanted, labels), abstain=found.abstain)
    sources = {one.source for one in train}
    seen = probes.copies(rows, _rows(held), numbers.alike)
    clean = [one for one, copy in zip(held, seen, strict=True) if not copy and one.source not in sources]
    if len(clean) < numbers.frozen:
        problem = f"hold {len(clean)} that are unlike the trained ones"
        raise RefusedError(field="frozen pictures", problem=problem, fix=f"Bring {numbers.frozen} of other things.")
    truth = [labels.index(one.label) for one in clean]
    measured = probes.measure(probe.chances(_rows(clean)), truth, labels, probe.abstain)
    figures = cards.example_figures(
        found, measured, groups=len(set(groups)), folds=numbers.folds, left_out=len(held) - len(clean)
    )
    data = {
        "train": {label: sum(one.label == label for one in train) for label in labels},
        "groups": len(set(groups)),
        "frozen": {label: sum(one.label == label for one in clean) for label in labels},
        "look": train[0].look,
        "shows": str(version.content.get("shows", "")),
    }
    frozen = frozen_set((one.sha256, one.label) for one in held)
    return _measured(line, version, figures, data, frozen, fitted=probes.packed(probe, train[0].look))


def _enough(labels: Sequence[str], train: Sequence[Example], held: Sequence[Example], numbers: ExamplesPolicy) -> None:
    """Refuse to train on too few pictures, or on pictures that two nets looked at.

    Raises:
        RefusedError: it is one of them.
    """
    for label in labels:
        count = sum(one.label == label for one in train)
        if count < numbers.least:
            raise RefusedError(
                field="examples", problem=f"of {label} are {count}", fix=f"Bring {numbers.least} at least to train."
            )
    if len(held) < numbers.frozen:
        problem = f"are {len(held)}"
        raise RefusedError(field="frozen pictures", problem=problem, fix=f"Bring {numbers.frozen} at least.")
    if len({one.look for one in (*train, *held)}) > 1:
        fix = "Take the older ones away and bring them again."
        raise RefusedError(field="examples", problem="were looked at by two nets", fix=fix)


def _rows(of: Sequence[Example]) -> probes.Rows:
    return np.array([one.features for one in of], np.float64)


def _counted(work: Work, line: Line, version: Version) -> Version:
    """Return a rule or knowledge card measured on the cases that it brings along; all must come out as wanted."""
    _ = work
    cases = cases_of(line.kind, version.content)
    if line.kind is Kind.RULE:
        rule = content_of(RuleContent, version.content)
        right, wrong = tried_rules(rule)
        data: dict[str, object] = {"rules": len(rule.rules), "fields": [one.id for one in rule.fields]}
    else:
        text = content_of(KnowledgeContent, version.content)
        right, wrong = tried_knowledge(text)
        data = {"clauses": [f"{one.law} {one.article} ({one.since})" for one in text.clauses]}
    if wrong:
        raise RefusedError(field="cases", problem=wrong[0], fix="Correct the card or the case in another version.")
    figures = cards.counted_figures(wilson(right, len(cases)), wrong)
    return _measured(line, version, figures, data | {"cases": len(cases)}, frozen_set(cases))


def _own_model(work: Work, line: Line, version: Version) -> Version:
    """Return one of the platform's own models with what its manifest says; its figures stand in its own model card."""
    _ = work
    card = foundry.shipped_model(str(version.content["model"]))
    data = {"model": card.ref.label, "sha256": card.ref.sha256, "licence": card.licence, "model_card": card.card}
    thresholds = dict(card.threshold)
    return _measured(line, version, {"measured_in": card.card, "thresholds": thresholds}, data, card.ref.sha256)


def _asked(work: Work, line: Line, version: Version, *, again: bool) -> Version | int:
    """Return a question list measured on its frozen pictures, or how many of them wait for an answer."""
    content, numbers = content_of(QuestionsContent, version.content), foundry.policy().examples
    held = [one for one in examples.all_of(work, line.id) if one.purpose is Purpose.FROZEN]
    if len(held) < numbers.frozen:
        problem = f"are {len(held)}"
        raise RefusedError(field="frozen pictures", problem=problem, fix=f"Bring {numbers.frozen} at least.")
    if again:
        ask_again(work, line, version, held)
    told = evaluation_answers(work, line, version, held)
    waiting = sum(one.state is CallState.WAITING for one in told.values())
    if waiting:
        return waiting
    asked = [
        matched(content, one.label, told[one.id].answer) for one in held if told[one.id].state is CallState.ANSWERED
    ]
    right = wilson(sum(one.right for one in asked), sum(one.of for one in asked))
    figures = cards.counted_figures(right, [one.wrong for one in asked if one.wrong], wilson(len(asked), len(held)))
    if not asked:
        problem = next(iter(told.values())).problem or "nobody answered"
        raise RefusedError(field="frozen pictures", problem=f"were not answered: {problem}", fix="Ask them again.")
    by = sorted({told[one.id].said_by for one in held if told[one.id].said_by})
    data = {"questions": len(content.questions), "pictures": len(held), "asked": ", ".join(by)}
    return _measured(line, version, figures, data, frozen_set((one.sha256, one.label) for one in held))


def _measured(
    line: Line,
    version: Version,
    figures: Mapping[str, object],
    data: Mapping[str, object],
    frozen: str,
    *,
    fitted: Mapping[str, object] | None = None,
) -> Version:
    card = cards.card(line, version.number, data, frozen)
    return replace(version, figures=figures, card=card, frozen=frozen, fitted=fitted)


_MEASURES = {
    Kind.EXAMPLE: _trained,
    Kind.RULE: _counted,
    Kind.KNOWLEDGE: _counted,
    Kind.MODEL: _own_model,
}
