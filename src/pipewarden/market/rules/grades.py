"""Which grade an expert has earned, and what is missing for the next; by the dated rules of policy/experts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.shares import wilson
from pipewarden.market.facts.experts import Grade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.market.facts.experts import Expert, ExpertPolicy, Skill, Step

_ORDER = (Grade.C, Grade.B, Grade.A)


def earned(policy: ExpertPolicy, expert: Expert, skills: Sequence[Skill], done: int) -> Grade:
    """Return the best grade whose every condition holds; C where none does.

    Args:
        policy: in force.
        expert: as they stand.
        skills: what they proved, every topic.
        done: commissions that they did.
    """
    for grade in (Grade.A, Grade.B):
        if not missing(policy.steps[grade], expert, skills, done):
            return grade
    return Grade.C


def moved(policy: ExpertPolicy, expert: Expert, skills: Sequence[Skill], done: int) -> Grade:
    """Return the grade that an expert has from now on: up as far as they have earned it, down one at a time.

    A worse quarter of an hour is not to cost two grades at once, and clients who engaged an A read A until the next
    round.
    """
    good = earned(policy, expert, skills, done)
    now, then = _ORDER.index(expert.grade), _ORDER.index(good)
    return good if then >= now else _ORDER[now - 1]


def missing(step: Step, expert: Expert, skills: Sequence[Skill], done: int) -> list[tuple[str, str]]:
    """Return what stands between an expert and a grade, in Chinese and English; nothing where it is theirs."""
    right, wrong = sum(one.right for one in skills), sum(one.wrong for one in skills)
    answered, least = right + wrong, wilson(right, right + wrong).low
    found = []
    if answered < step.gold:
        found.append((f"标准题 {answered}/{step.gold}", f"{answered} of {step.gold} items with a known answer"))
    elif least < step.right:
        said = f"{least:.1%}", f"{step.right:.0%}"
        found.append((f"正确率下限 {said[0]}，需 {said[1]}", f"at least {said[0]} right, {said[1]} is asked"))
    if done < step.engagements:
        found.append((f"完成需求 {done}/{step.engagements}", f"{done} of {step.engagements} commissions done"))
    if expert.rating is not None and expert.ratings >= step.ratings and expert.rating < step.rating:
        found.append(
            (f"评价 {expert.rating:.1f}，需 {step.rating:.1f}", f"rated {expert.rating:.1f} of {step.rating:.1f}")
        )
    if step.verified and expert.verified_at is None:
        found.append(("尚未实名", "nobody has seen who they are"))
    return found
