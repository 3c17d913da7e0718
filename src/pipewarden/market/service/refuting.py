"""Refusing and taking back: a hold is voided with its reason, what was paid is taken back by an entry of its own.

Nothing is edited. What a claw-back does not find in the wallet any more the person owes, and earns off.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.casework import service as casework
from pipewarden.kit.errors import RefusedError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import ClosedError, FundsError, Kind, Order, Posting, Transfer
from pipewarden.market.facts.rewards import OPEN_STATES, ClawedBack, Debt, Refused, RewardState
from pipewarden.market.rules import addresses
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.rules.refuting import refuted
from pipewarden.market.service.journal import Journal
from pipewarden.market.store import debts
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward

_TURNS = 5


def refusals(work: Work, rewards: Sequence[Reward]) -> dict[UUID, str]:
    """Return by reward why its case earns nothing any more; those against which nothing stands are left out."""
    found: dict[UUID, str] = {}
    by_site: dict[UUID, list[Reward]] = defaultdict(list)
    for one in rewards:
        if one.site_id is not None:
            by_site[one.site_id].append(one)
    sites = casework.sites_by_id(work, by_site)
    for site_id, theirs in by_site.items():
        events = casework.happened(work, site_id)
        for one in theirs:
            why = refuted(events, one.earned_at) or _merged(work, one, sites[site_id].merged_into)
            if why is not None:
                found[one.id] = why
    return found


def _merged(work: Work, reward: Reward, root_id: UUID | None) -> str | None:
    """Return that the case is another one, for which the same rule pays already."""
    if root_id is None:
        return None
    return rules.MERGED if store.pays(work, root_id, reward.rule) else None


def sites_changed(work: Work, event_ids: Collection[UUID]) -> int:
    """Refuse what is on hold for sites that were refuted; return how many rewards that were.

    What was paid already is never taken back by the house itself: a person decides that.
    """
    sites = casework.sites_of_events(work, event_ids)
    live = [one for one in store.of_sites(work, [site.id for site in sites]) if one.state in OPEN_STATES]
    against = refusals(work, live)
    for one in live:
        if one.id in against:
            refuse_one(work, one, against[one.id], None)
    return len(against)


def void_order(reward: Reward) -> Order:
    """Return the order that gives a hold back to its budget."""
    return Order(key=f"{reward.key}/void/{reward.version}", kind=Kind.VOID, what="reward.void", of=reward.hold_id)


def refuse_one(work: Work, reward: Reward, reason: str, actor: str | None) -> Reward:
    """Refuse a reward, locked; what is on hold for it goes back to the budget.

    Raises:
        RefusedError: it is paid, or over.
    """
    journal = Journal(work, reward)
    journal.add(Refused(reason), actor)
    if reward.hold_id is not None:
        (done,) = ledger.try_write(work, [void_order(reward)])
        if not isinstance(done, Transfer | ClosedError):
            raise done
    return journal.close()


def claw_back_one(work: Work, reward: Reward, reason: str, actor: str | None) -> Reward:
    """Take back a paid reward, locked: the whole of it by reversal, else what the wallet has, the rest as owed.

    Raises:
        RefusedError: it was never paid, or it was taken back already.
    """
    if reward.state is not RewardState.PAID or reward.person_id is None or reward.paid_id is None:
        fix = "Only what was paid can be taken back; refuse what is on hold."
        raise RefusedError(field="reward", problem=f"is {reward.state}", fix=fix)
    journal = Journal(work, reward)
    for _ in range(_TURNS):
        order, owed = _taking_back(work, reward, reward.person_id, reason)
        (done,) = ledger.try_write(work, [order])
        if isinstance(done, Transfer):
            journal.add(ClawedBack(reason, done.id, owed), actor)
            if owed:
                debts.add(work, _debt(work, reward, reward.person_id, owed))
            return journal.close()
        if not isinstance(done, FundsError):
            raise done
    raise RefusedError(field="reward", problem="is being spent just now", fix="Try again.")


def _taking_back(work: Work, reward: Reward, person_id: UUID, reason: str) -> tuple[Order, int]:
    """Return the order, and what the person owes after it; the wallet may be spent meanwhile, then it is asked anew."""
    asset = reward.asset
    wallet, minus = addresses.person(person_id, asset), addresses.owed(person_id, asset)
    claims = addresses.claims(reward.tenant_id, asset)
    found = max(0, min(reward.units, ledger.balances(work, [wallet])[wallet].available))
    told: dict[str, str | int] = {
        "reward": str(reward.id),
        "case": reward.case,
        "rule": reward.rule,
        "reason": reason[:200],
        "zh": "奖励追回",
        "en": "a reward taken back",
    }
    if found == reward.units:
        order = Order(
            key=f"{reward.key}/claw-back", kind=Kind.REVERSE, what="reward.clawed_back", of=reward.paid_id, details=told
        )
        return order, 0
    owed = reward.units - found
    ledger.open_accounts(work, (minus, asset), (claims, asset))
    lines = [Posting(minus, claims, asset, owed)]
    if found and reward.budget_id is not None:
        lines.append(Posting(wallet, addresses.budget(reward.budget_id, asset), asset, found))
    order = Order(
        key=f"{reward.key}/claw-back",
        kind=Kind.POSTED,
        what="reward.clawed_back",
        postings=tuple(lines),
        details=told,
    )
    return order, owed


def _debt(work: Work, reward: Reward, person_id: UUID, owed: int) -> Debt:
    return Debt(work.ids.new(), reward.tenant_id, reward.id, person_id, reward.asset, owed, owed, work.now())


def take_back(work: Work, reward: Reward, reason: str, actor: str | None) -> Reward:
    """Refuse what is not paid yet, take back what is."""
    if reward.state is RewardState.PAID:
        return claw_back_one(work, reward, reason, actor)
    return refuse_one(work, reward, reason, actor)
