"""Bonuses: every so many paid clues of one person in a month earn one more; when clues are taken back, it goes too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import COUNTED_STATES, Wish
from pipewarden.market.rules import rewarding as rules
from pipewarden.market.service.pay_rules import edition_at
from pipewarden.market.service.refuting import take_back
from pipewarden.market.service.taking import take
from pipewarden.market.store import rewards as store

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work


def lock_months(work: Work) -> None:
    """Let one transaction at a time settle months of the tenant: it asks for this before it locks any reward.

    What settles a month holds the book by then, and others hold rewards while they wait for the book: so before that it
    locks the bonuses, too (``store.hold_bonuses``).
    """
    store.lock(work, {f"bonuses:{work.tenant_id}"})


def settle_month(work: Work, person_id: UUID, month: str) -> None:
    """Bring a person's bonuses of a month to what the tenant has paid them for: wished for, or taken back.

    The bonus of a number is earned once and for ever: one that was taken back does not come again.
    """
    paid = store.paid_in_month(work, person_id, month)
    for rule in edition_at(work, work.now()).of(PayKind.BONUS):
        due = rules.bonuses_due(paid, rule.every)
        wishes = [
            Wish(PayKind.BONUS, f"{rules.bonus_case(person_id, month)}:{number}", person_id, work.now())
            for number in range(1, due + 1)
        ]
        take(work, [(one, None) for one in wishes])
        kept = {one.case for one in wishes}
        for bonus in store.bonuses(work, person_id, month):
            if bonus.rule == rule.key and bonus.case not in kept and bonus.state in COUNTED_STATES:
                take_back(work, bonus, rules.FEWER, None)
