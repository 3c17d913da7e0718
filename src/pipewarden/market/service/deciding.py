"""People over rewards: refuse what is on hold, take back what was paid, claim by a report's link, read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.field import service as field
from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Claimed, Held, RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.rules.refuting import own_word
from pipewarden.market.service import holding
from pipewarden.market.service.bonuses import lock_months, settle_month
from pipewarden.market.service.journal import Journal
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.service.refuting import claw_back_one, refuse_one, void_order
from pipewarden.market.service.rights import DECIDE, READ_REWARDS, name, require_here
from pipewarden.market.service.taking import roles_of
from pipewarden.market.store import rewards as store
from pipewarden.market.store.tables import REWARDS, RewardRow
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, ActorKind, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward, RewardEvent
    from pipewarden.people.facts import Actor

_BACK = "It goes back to its budget in time."


def rewards(
    work: Work, actor: Actor, state: RewardState | None, *, limit: int, before: UUID | None = None
) -> list[Reward]:
    """Return the tenant's rewards, the newest first.

    Raises:
        ForbiddenError: the actor reads none.
    """
    return store.page(work, people.scope_filter(actor, READ_REWARDS, REWARDS), state, limit=limit, before=before)


def history(work: Work, actor: Actor, reward_id: UUID) -> tuple[Reward, list[RewardEvent]]:
    """Return one reward with what happened to it.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or there is none in reach.
    """
    scope = people.scope_filter(actor, READ_REWARDS, REWARDS)
    found = people.visible(store.held(work, scope, reward_id), "reward")
    return found, store.history(work, reward_id)


def my_rewards(work: Work, actor: Actor, *, limit: int, before: UUID | None = None) -> list[Reward]:
    """Return one's own rewards, of whatever tenant, the newest first."""
    return store.page(work, RewardRow.person_id == actor.id, None, limit=limit, before=before)


def refuse(work: Work, actor: Actor, reward_id: UUID, reason: str) -> Reward:
    """Refuse a reward that is not paid yet; what is on hold goes back to its budget.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: it is paid, or over; or it is the actor's own.
    """
    reward = _own_to_decide(work, actor, reward_id)
    made = refuse_one(work, reward, reason, name(actor))
    people.record(work, actor, "reward.refused", ("reward", reward_id), {"reason": reason, "units": made.units})
    return made


def claw_back(work: Work, actor: Actor, reward_id: UUID, reason: str) -> Reward:
    """Take back a reward that was paid, while the rules let one; bonuses that rest on it go with it.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        RefusedError: it was never paid, was taken back, or was paid too long ago.
    """
    lock_months(work)
    reward = _own_to_decide(work, actor, reward_id)
    edition = edition_at(work, reward.earned_at)
    if reward.state is RewardState.PAID and work.now() > reward.since + edition.claw_back:
        days = edition.claw_back.days
        raise RefusedError(
            field="reward", problem=f"was paid more than {days} days ago", fix="It stays with whoever earned it."
        )
    if reward.kind is PayKind.CLUE and reward.person_id is not None:
        store.hold_bonuses(work, {reward.person_id})
    made = claw_back_one(work, reward, reason, name(actor))
    if made.kind is PayKind.CLUE and made.person_id is not None:
        settle_month(work, made.person_id, rules.month_of(made.earned_at))
    details = {"reason": reason, "units": made.units, "owed": made.owed}
    people.record(work, actor, "reward.clawed_back", ("reward", reward_id), details)
    return made


def _own_to_decide(work: Work, actor: Actor, reward_id: UUID) -> Reward:
    scope = people.scope_filter(actor, DECIDE, REWARDS)
    found = people.visible(store.held(work, scope, reward_id), "reward")
    if found.tenant_id != work.tenant_id:
        raise NotFoundError.of("reward")
    require_here(work, actor, DECIDE, "reward")
    if actor.kind is ActorKind.PERSON and found.person_id == actor.id:
        raise RefusedError(field="reward", problem="is your own", fix="Let somebody else decide.")
    return found


def claim(work: Work, actor: Actor, token: str) -> list[Reward]:
    """Let a signed-in person take what waits for whoever has a report's link; a second time changes nothing.

    The link alone proves that the report is theirs: it was shown to the reporter and to nobody else.

    Args:
        work: of whoever asks: the report says which tenant pays.
        actor: a person.
        token: the word of the link.

    Raises:
        ForbiddenError: a device asks.
        NotFoundError: the link leads nowhere, or nothing waits there for anybody.
        RefusedError: somebody else has claimed it; or who claims is never paid for it, or alone has confirmed it.
    """
    if actor.kind is not ActorKind.PERSON:
        raise ForbiddenError(field="actor", problem="is no person", fix="Sign in as the person who reported.")
    report = field.of_link(work, token)
    if report.tenant_id == PLATFORM:
        raise NotFoundError.of("reward")
    there = replace(work, tenant_id=report.tenant_id)
    store.lock(there, {holding.day_lock(actor.id, one) for one in store.rules_of_report(there, report.id)})
    found = store.of_report(there, report.id)
    if not found:
        raise NotFoundError.of("reward")
    if any(one.person_id not in {None, actor.id} for one in found):
        raise RefusedError(field="reward", problem="was claimed by somebody else", fix="Ask who else has the link.")
    return [_claim(there, actor, one) for one in found]


def _claim(work: Work, actor: Actor, reward: Reward) -> Reward:
    if reward.person_id is not None or reward.state not in {RewardState.UNCLAIMED, RewardState.UNFUNDED}:
        return reward
    edition = edition_at(work, reward.earned_at)
    rule = edition.rules.get(reward.rule)
    if rule is not None and rule.barred & roles_of(work, {actor.id}).get(actor.id, set()):
        raise RefusedError(field="reward", problem=rules.BARRED, fix=_BACK)
    if reward.site_id is not None and (why := own_word(casework.happened(work, reward.site_id), actor.id)) is not None:
        raise RefusedError(field="reward", problem=why, fix=_BACK)  # nobody knew whose report it was when it was earned
    journal = Journal(work, reward)
    waits = reward.state is RewardState.UNFUNDED
    full = rule is not None and holding.over_cap(work, replace(reward, person_id=actor.id), rule.per_day)
    journal.add(Claimed(actor.id), name(actor))
    if full and rule is not None:
        if not waits:
            ledger.post(work, void_order(reward))
        holding.cap(journal, rule.per_day)
    elif not waits and reward.budget_id is not None:
        pay_at = reward.earned_at + edition.hold
        ledger.open_accounts(work, (addresses.person(actor.id, reward.asset), reward.asset))
        hold = holding.hold_order(work, journal.reward, reward.budget_id)
        _, held = ledger.write(work, [void_order(reward), hold])
        journal.add(Held(reward.budget_id, held.id, pay_at))
    return journal.close()
