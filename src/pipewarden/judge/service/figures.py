"""How the judge did: asked by people, per tenant or camera, within what they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference import service as inference
from pipewarden.judge import rules, store
from pipewarden.judge.facts import JudgeCost
from pipewarden.judge.service.reviews import READ
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.judge.facts import Figures, ReasonFigure, RuleFigure, Tally
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


def figures(
    work: Work, actor: Actor, *, since: datetime, until: datetime | None = None, camera_id: UUID | None = None
) -> tuple[Figures, list[RuleFigure], list[ReasonFigure]]:
    """Return how the judge did with the alarms made in a time, what each rule stopped, and why false ones were.

    Raises:
        ForbiddenError: the actor reads no reviews.
        InputError: the time ends before it begins.
    """
    end = work.now() if until is None else until
    if end <= since:
        raise InputError(field="since", problem="is not before the end", fix="Name an earlier moment.")
    scope = people.scope_filter(actor, READ, store.CASES)
    rows = store.figures.judged(work, scope, since=since, until=end, camera_id=camera_id)
    wrong = store.figures.false_alarms(work, scope, since=since, until=end, camera_id=camera_id)
    return rules.figures(rows, since, end), rules.rule_figures(rows), rules.by_reason(wrong)


def cost(work: Work, actor: Actor, *, since: datetime, until: datetime | None = None) -> JudgeCost:
    """Return what the tenant's second judge was asked in a time and what it cost, with today's budget.

    Raises:
        ForbiddenError: the actor reads no policies: what may be spent is one.
        InputError: the time ends before it begins.
    """
    people.require(actor, "policy:read")
    end = work.now() if until is None else until
    if end <= since:
        raise InputError(field="since", problem="is not before the end", fix="Name an earlier moment.")
    policy, (spent, reserved) = inference.vision_policy(work), inference.vision_spending(work)
    return JudgeCost(since, end, tuple(inference.vision_usage(work, since, end)), policy, spent, reserved)


def tally(work: Work) -> Tally:
    """Return what became of the alarms of the tenant worked for; for the house itself, no person's reach is asked."""
    return store.figures.tally(work)
