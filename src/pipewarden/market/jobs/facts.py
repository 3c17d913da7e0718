"""What the market does with facts from up-river: wishes become rewards, refuted cases refuse them, people are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.service import (
    commissions_telling,
    foundry_telling,
    matching_pool,
    payouts_telling,
    refuting,
    telling,
    wishes,
)

if TYPE_CHECKING:
    from pipewarden.act.service import Post
    from pipewarden.kit.emit import Drain
    from pipewarden.kit.work import FactRef, Work


def clues(work: Work, facts: list[FactRef]) -> None:
    """Take ``field.reward_wanted``."""
    wishes.clues_wanted(work, [fact.fact_id for fact in facts])


def points(work: Work, facts: list[FactRef]) -> None:
    """Take ``field.points_earned``."""
    wishes.points_earned(work, [fact.fact_id for fact in facts])


def reviews(work: Work, facts: list[FactRef]) -> None:
    """Take ``judge.judged``: alarms whose verdict changed, by a person's word among other things."""
    wishes.reviews_judged(work, list(dict.fromkeys(fact.fact_id for fact in facts)))


def indoor(work: Work, facts: list[FactRef]) -> None:
    """Take ``perceive.indoor_reviewed``: the first word is paid, and the picture leaves every expert's list."""
    ids = [fact.fact_id for fact in facts]
    wishes.indoor_reviewed(work, ids)
    matching_pool.reviewed(work, ids)


def sites(work: Work, facts: list[FactRef]) -> None:
    """Take ``casework.changed``: what is on hold for a site that was refuted is refused."""
    refuting.sites_changed(work, [fact.fact_id for fact in facts])


def make_telling(post: Post) -> Drain:
    """Return the drain of ``market.reward_changed``: whom it concerns is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        telling.tell(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_payouts(post: Post) -> Drain:
    """Return the drain of ``market.payout_changed``: who must confirm, who was paid and who was not is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        payouts_telling.tell_bills(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_payees(post: Post) -> Drain:
    """Return the drain of ``market.payee_changed``: whose money goes somewhere else is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        payouts_telling.tell_payees(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_commissions(post: Post) -> Drain:
    """Return the drain of ``market.commission_changed``: the other side of a commission is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        commissions_telling.tell(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_experts(post: Post) -> Drain:
    """Return the drain of ``market.expert_changed``: whose grade changed is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        commissions_telling.tell_experts(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_said(post: Post) -> Drain:
    """Return the drain of ``market.said``: the other side of a talk is told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        commissions_telling.tell_said(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_pooled(post: Post) -> Drain:
    """Return the drain of ``market.pooled``: experts are told that pictures wait."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        commissions_telling.tell_pooled(work, post, [fact.fact_id for fact in facts])

    return drain


def make_telling_versions(post: Post) -> Drain:
    """Return the drain of ``market.version_changed``: reviewers and authors of capabilities are told."""

    def drain(work: Work, facts: list[FactRef]) -> None:
        foundry_telling.tell(work, post, [fact.fact_id for fact in facts])

    return drain
