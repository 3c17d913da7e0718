"""Taking wishes: each becomes one reward a rule, once and for ever, under its day's caps, and asks for its money."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pipewarden.market.facts.rewards import Refused, Reward, RewardState, Wanted
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service import holding
from pipewarden.market.service.journal import Journal
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.store import rewards as store
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.pay import PayEdition, PayRule
    from pipewarden.market.facts.rewards import Wish

_SHOWN = frozenset({rules.OWN_WORD, rules.UNVERIFIED})  # of these the person hears; of the others there is no reward


def take(work: Work, wishes: Sequence[tuple[Wish, str | None]]) -> list[Reward]:
    """Take wishes of the tenant, and return the rewards that are new; one that was taken before changes nothing.

    Args:
        work: of the operator who pays.
        wishes: each with why it is refused from the start; None where nothing stands against it.
    """
    roles = roles_of(work, {wish.person_id for wish, _ in wishes if wish.person_id is not None})
    wanted = [
        (wish, why, edition, rule)
        for wish, why in wishes
        for edition in (edition_at(work, wish.at),)
        for rule in rules.rules_for(edition, wish)
    ]
    store.lock(work, {holding.day_lock(wish.person_id, rule.key) for wish, _, _, rule in wanted if wish.person_id})
    made = [_one(work, wish, why, (edition, rule), roles) for wish, why, edition, rule in wanted]
    journals = [one for one in made if one is not None]
    holding.hold(work, [one for one in journals if one.reward.state is RewardState.WANTED])
    return [one.close() for one in journals]


def _one(
    work: Work, wish: Wish, why: str | None, by: tuple[PayEdition, PayRule], roles: Mapping[UUID, Collection[Role]]
) -> Journal | None:
    edition, rule = by
    units = rules.amount(rule, wish)
    held = None if wish.person_id is None else roles.get(wish.person_id, ())
    against = why or rules.against(rule, wish, held)
    if units <= 0 or (against is not None and against not in _SHOWN):
        return None
    reward = Reward(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        key=rules.key_of(wish.case, rule.key),
        kind=rule.kind,
        rule=rule.key,
        edition=edition.version,
        case=wish.case,
        site_id=wish.site_id,
        claim_key=wish.claim_key,
        person_id=wish.person_id,
        asset=rule.asset,
        units=units,
        earned_at=wish.at,
        state=RewardState.WANTED,
        since=work.now(),
    )
    full = holding.over_cap(work, reward, rule.per_day)  # before it counts itself
    if not store.add(work, reward):
        return None
    journal = Journal(work, reward)
    journal.add(Wanted(wish.person_id))
    if against is not None:
        journal.add(Refused(against))
    elif full:
        holding.cap(journal, rule.per_day)
    return journal


def roles_of(work: Work, person_ids: Collection[UUID]) -> dict[UUID, set[Role]]:
    """Return the roles that persons hold in the tenant now."""
    found: dict[UUID, set[Role]] = defaultdict(set)
    for role, person_id in people.holders(work, list(Role)) if person_ids else ():
        if person_id in person_ids:
            found[person_id].add(role)
    return dict(found)
