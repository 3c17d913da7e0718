"""Wires the market: who drains wishes and refutations, and when rewards are paid and calls booked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import CHANGED
from pipewarden.field.facts.reports import REWARD_WANTED
from pipewarden.field.facts.tasks import POINTS_EARNED
from pipewarden.judge.facts import JUDGED
from pipewarden.kit.emit import Consumer
from pipewarden.market.facts.commissions import COMMISSION_CHANGED
from pipewarden.market.facts.experts import EXPERT_CHANGED
from pipewarden.market.facts.foundry import VERSION_CHANGED
from pipewarden.market.facts.payouts import PAYEE_CHANGED, PAYOUT_CHANGED
from pipewarden.market.facts.rewards import REWARD_CHANGED
from pipewarden.market.facts.talks import POOLED, SAID
from pipewarden.market.jobs import facts, rounds
from pipewarden.perceive.facts import INDOOR_REVIEWED

if TYPE_CHECKING:
    from pipewarden.act.service import Post
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue

MARKET = "market"
REWARDS, METERS = "pipewarden.market.rewards", "pipewarden.market.meters"
COMMISSIONS, POOL = "pipewarden.market.commissions", "pipewarden.market.pool"
LABELS = "pipewarden.market.labels"
ELSEWHERE = (
    ("market.clues", REWARD_WANTED),
    ("market.points", POINTS_EARNED),
    ("market.reviews", JUDGED),
    ("market.indoor", INDOOR_REVIEWED),
    ("market.sites", CHANGED),
    ("market.tell", REWARD_CHANGED),
    ("market.payouts", PAYOUT_CHANGED),
    ("market.payees", PAYEE_CHANGED),
    ("market.commissions", COMMISSION_CHANGED),
    ("market.experts", EXPERT_CHANGED),
    ("market.talks", SAID),
    ("market.pool", POOLED),
    ("market.versions", VERSION_CHANGED),
)
_EVERY_MINUTE = "* * * * *"


def consumers(post: Post) -> tuple[Consumer, ...]:
    """Return who drains what for the market."""
    return (
        Consumer("market.clues", REWARD_WANTED, facts.clues, batch=64),
        Consumer("market.points", POINTS_EARNED, facts.points, batch=64),
        Consumer("market.reviews", JUDGED, facts.reviews, batch=64),
        Consumer("market.indoor", INDOOR_REVIEWED, facts.indoor, batch=64),
        Consumer("market.sites", CHANGED, facts.sites, batch=64),
        Consumer("market.tell", REWARD_CHANGED, facts.make_telling(post), batch=64),
        Consumer("market.payouts", PAYOUT_CHANGED, facts.make_telling_payouts(post), batch=64),
        Consumer("market.payees", PAYEE_CHANGED, facts.make_telling_payees(post), batch=64),
        Consumer("market.commissions", COMMISSION_CHANGED, facts.make_telling_commissions(post), batch=64),
        Consumer("market.experts", EXPERT_CHANGED, facts.make_telling_experts(post), batch=64),
        Consumer("market.talks", SAID, facts.make_telling_said(post), batch=64),
        Consumer("market.pool", POOLED, facts.make_telling_pooled(post), batch=64),
        Consumer("market.versions", VERSION_CHANGED, facts.make_telling_versions(post), batch=64),
    )


def register(queue: Queue, home: Home, post: Post) -> None:
    """Let workers of ``queue`` turn wishes into rewards, pay them in their time and book metered calls.

    Args:
        queue: gets five periodic tasks on the queue ``MARKET``; one worker runs each at a time, whoever dies.
        home: whose rewards; those of every tenant.
        post: the ways out.
    """
    for consumer in consumers(post):
        home.registry.add(consumer)
    with home.work() as work:
        home.registry.wake(work.session)  # facts that came while nobody was registered

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=REWARDS, queue=MARKET, queueing_lock=REWARDS, lock=REWARDS)
    def rewards(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return rounds.settle_rewards(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=METERS, queue=MARKET, queueing_lock=METERS, lock=METERS)
    def meters(timestamp: int) -> int:  # noqa: ARG001  as above
        return rounds.settle_meters(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=COMMISSIONS, queue=MARKET, queueing_lock=COMMISSIONS, lock=COMMISSIONS)
    def commissions(timestamp: int) -> int:  # noqa: ARG001  as above
        return rounds.settle_commissions(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=POOL, queue=MARKET, queueing_lock=POOL, lock=POOL)
    def pool(timestamp: int) -> int:  # noqa: ARG001  as above
        return rounds.push_pool(home.factory.begin)

    @queue.app.periodic(cron=_EVERY_MINUTE)
    @queue.app.task(name=LABELS, queue=MARKET, queueing_lock=LABELS, lock=LABELS)
    def labels(timestamp: int) -> int:  # noqa: ARG001  as above
        return rounds.settle_labels(home.factory.begin)
