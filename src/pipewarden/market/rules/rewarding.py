"""What a wish earns by which rules, and why nothing where it earns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.market.facts.pay import PayKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from pipewarden.market.facts.pay import PayEdition, PayRule
    from pipewarden.market.facts.rewards import Wish
    from pipewarden.people.facts import Role

LOCAL = ZoneInfo("Asia/Shanghai")
# why nothing is paid: kept and read as words, so in both languages
UNVERIFIED = "所发内容未核实 what was sent is not verified"
NOT_EARNED = "该角色不参与此项奖励 the role earns nothing by this rule"
BARRED = "认定与付款人员不领奖励 who says what is true, or who pays, is not paid for it"
OWN_WORD = "只有上报人自己核实 nobody but the reporter has confirmed it"
REFUTED = "现场核实没有施工 who looked on the spot found no works"
ENDED_FALSE = "该线索已作无施工了结 the case ended as none"
MERGED = "与已奖励的线索是同一处 the case is another one, which was rewarded"
OVERRULED = "另一位审核人结论不同 another reviewer decided otherwise"
FEWER = "当月有效线索不足 fewer clues of the month are left than the bonus asks for"


def key_of(case: str, rule: str) -> str:
    """Return the name under which a reward is paid once and for ever (safety.md T7)."""
    return f"reward:{case}:{rule}"


def day_of(at: datetime) -> str:
    """Return the calendar day in China by which caps are counted."""
    return f"{at.astimezone(LOCAL):%Y-%m-%d}"


def month_of(at: datetime) -> str:
    """Return the calendar month in China."""
    return f"{at.astimezone(LOCAL):%Y-%m}"


def rules_for(edition: PayEdition, wish: Wish) -> list[PayRule]:
    """Return the rules by which a wish may earn: those of its kind, and of a grave clue the priority beside it."""
    found = list(edition.of(wish.kind))
    if wish.kind is PayKind.CLUE and wish.level is not None:
        found += [one for one in edition.of(PayKind.PRIORITY) if wish.level in one.levels]
    return found


def amount(rule: PayRule, wish: Wish) -> int:
    """Return the units that a rule gives; 0 where the fact says none."""
    return rule.amount if rule.amount is not None else wish.points or 0


def against(rule: PayRule, wish: Wish, roles: Collection[Role] | None) -> str | None:
    """Return why a rule gives nothing; None where it gives.

    Args:
        rule: by which it would be earned.
        wish: what was said.
        roles: that the person holds in the tenant; None while nobody knows who it is.
    """
    if rule.verified and not wish.verified:
        return UNVERIFIED
    if roles is None:
        return NOT_EARNED if rule.earners else None
    if rule.barred & set(roles):
        return BARRED
    return NOT_EARNED if rule.earners and not rule.earners & set(roles) else None


def bonus_case(person_id: UUID, month: str) -> str:
    """Return what the bonuses of a person's month are for; each adds its number."""
    return f"bonus:{person_id}:{month}"


def bonuses_due(paid: int, every: int) -> int:
    """Return how many bonuses so many paid clues of one month are worth."""
    return paid // every if every else 0
