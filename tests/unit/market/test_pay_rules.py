"""Pay rules as data: what a file may say, which edition holds when, and a tenant's own, never backwards."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.ledger.facts import MOST, Asset
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Wish
from pipewarden.market.rules import rewarding
from pipewarden.market.rules.amounts import shown, units
from pipewarden.market.rules.pay_file import in_force, read_own, read_pay
from pipewarden.market.service import pay_rules
from pipewarden.market.store.editions import shipped_pay
from pipewarden.people.facts import ForbiddenError, Role
from pipewarden.policy import __path__ as policy_path

if TYPE_CHECKING:
    from market_town import MarketTown

SHIPPED: dict[str, Any] = yaml.safe_load((Path(policy_path[0]) / "pay" / "CN.yaml").read_text(encoding="utf-8"))
(EDITION,) = shipped_pay()
AT = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_shipped_rules_say_what_the_deck_says_of_experts() -> None:
    found = {one.asset: one.amount for one in EDITION.of(PayKind.INDOOR_REVIEW)}
    assert found == {Asset.PTS: 50, Asset.CNY: 5_000}, "专家隐患核价 积分 +50, 现金 +0.5"
    assert EDITION.hold == timedelta(hours=72), "safety.md T8"
    assert {one.kind for one in EDITION.rules.values()} == set(PayKind)


def test_nobody_who_rules_or_pays_earns_by_a_clue() -> None:
    ruling = {Role.TENANT_ADMIN, Role.SAFETY_MANAGER, Role.DISPATCHER}
    for one in EDITION.rules.values():
        assert ruling <= one.barred or (one.earners and not one.earners & ruling), one.key


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"asset": "USD"}, "asset"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.5"}, "amount"),
        ({"amount": None}, "amount"),
        ({"per_day": 0}, "per_day"),
        ({"levels": [1]}, "levels"),
        ({"every": 3}, "every"),
        ({"earners": ["dispatcher"]}, "barred"),
        ({"earners": ["nobody"]}, "earners"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "priority"}, "levels"),
        ({"kind": "bonus"}, "every"),
    ],
)
def test_a_slip_in_a_rule_is_named(change: dict[str, Any], field: str) -> None:
    body = deepcopy(SHIPPED)
    body["editions"][0]["rules"][0] |= change
    with pytest.raises(InputError) as caught:
        read_pay(body, "CN.yaml")
    assert field in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hold": "PT0S"}, "hold"),
        ({"claim": "P400D"}, "claim"),
        ({"metering": {"house_share": 5001, "admitted": "PT1M"}}, "house_share"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"rules": []}, "rules"),
    ],
)
def test_a_slip_in_an_edition_is_named(change: dict[str, Any], words: str) -> None:
    body = deepcopy(SHIPPED)
    body["editions"][0] |= change
    with pytest.raises(InputError) as caught:
        read_pay(body, "CN.yaml")
    assert words in str(caught.value)


def test_a_kind_pays_once_in_each_asset() -> None:
    body = deepcopy(SHIPPED)
    body["editions"][0]["rules"].append(body["editions"][0]["rules"][0] | {"key": "clue_again"})
    with pytest.raises(InputError, match="twice in one asset"):
        read_pay(body, "CN.yaml")
    body["editions"][0]["rules"][-1]["key"] = "clue"
    with pytest.raises(InputError, match="two rules of one key"):
        read_pay(body, "CN.yaml")


def test_a_task_pays_points_that_it_says_itself() -> None:
    body = deepcopy(SHIPPED)
    task = next(one for one in body["editions"][0]["rules"] if one["kind"] == "task")
    task["amount"] = 10
    with pytest.raises(InputError, match="the task's own"):
        read_pay(body, "CN.yaml")
    del task["amount"]
    task["asset"] = "CNY"
    with pytest.raises(InputError, match="is not points"):
        read_pay(body, "CN.yaml")


def test_the_newest_edition_that_has_begun_holds() -> None:
    body = deepcopy(SHIPPED)
    body["editions"].append(body["editions"][0] | {"since": "2027-01-01T00:00:00+08:00", "hold": "PT48H"})
    both = read_pay(body, "CN.yaml")
    assert in_force(both, (), AT).hold == timedelta(hours=72)
    assert in_force(both, (), datetime(2027, 1, 1, tzinfo=UTC)).hold == timedelta(hours=48)
    assert in_force(both, (), datetime(2020, 1, 1, tzinfo=UTC)).hold == timedelta(hours=72), "before all the first"
    body["editions"][1]["since"] = body["editions"][0]["since"]
    with pytest.raises(InputError, match="begin together"):
        read_pay(body, "CN.yaml")


def own_text(since: datetime, version: str = "own@1", amount: int = 80) -> str:
    one = deepcopy(SHIPPED["editions"][0]) | {"version": version, "since": since.isoformat()}
    one["rules"][0]["amount"] = amount
    return yaml.safe_dump(one, allow_unicode=True)


def test_a_tenants_own_rules_hold_from_their_day_on_and_change_nothing_before(town: MarketTown) -> None:
    begins = town.work.now() + timedelta(hours=1)
    made = pay_rules.edit_pay(town.work, town.admin, own_text(begins), "more for clues")
    assert (made.own, made.why) == (True, "more for clues")
    resident = town.person(Role.RESIDENT)
    (early,) = [one for one in town.take(town.wish(resident.id)) if one.rule == "clue"]
    town.clock.advance(timedelta(hours=1))
    (late,) = [one for one in town.take(town.wish(resident.id)) if one.rule == "clue"]
    assert (early.units, early.edition, late.units, late.edition) == (50, "CN-pay@1", 80, "own@1")
    now, mine = pay_rules.editions(town.work, town.admin)
    assert (now.version, [one.version for one in mine]) == ("own@1", ["own@1"])


def test_what_was_earned_is_not_rewritten(town: MarketTown) -> None:
    with pytest.raises(InputError, match="past"):
        pay_rules.edit_pay(town.work, town.admin, own_text(town.work.now() - timedelta(seconds=1)), "late")


def test_versions_and_beginnings_are_used_once(town: MarketTown) -> None:
    begins = town.work.now() + timedelta(hours=1)
    pay_rules.edit_pay(town.work, town.admin, own_text(begins), "one")
    for since, version in ((begins + timedelta(hours=1), "own@1"), (begins, "own@2"), (begins, "CN-pay@1")):
        with pytest.raises(InputError, match="taken"):
            pay_rules.edit_pay(town.work, town.admin, own_text(since, version), "again")


def test_only_who_manages_money_edits(town: MarketTown) -> None:
    for who in (town.manager, town.actor_of(Role.AUDITOR), town.actor_of(Role.RESIDENT)):
        with pytest.raises(ForbiddenError):
            pay_rules.edit_pay(town.work, who, own_text(town.work.now()), "mine")


@pytest.mark.parametrize("text", [": : :", "just words", "version: x@1", "[]"])
def test_a_text_that_is_no_edition_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_own(text, "why")


@given(st.integers(1, MOST))
def test_amounts_are_read_as_they_are_shown(amount: int) -> None:
    assert units(shown(amount, Asset.CNY), Asset.CNY) == amount if len(str(amount // 10_000)) <= 12 else True
    if amount < 10**11:
        assert units(shown(amount, Asset.PTS), Asset.PTS) == amount
    assert shown(-amount, Asset.CNY) == f"-{shown(amount, Asset.CNY)}"


@pytest.mark.parametrize(
    ("text", "asset", "made"),
    [("0.13", Asset.CNY, 1300), ("19468", Asset.CNY, 194_680_000), ("0.0001", Asset.CNY, 1), ("50", Asset.PTS, 50)],
)
def test_amounts_of_the_deck(text: str, asset: Asset, made: int) -> None:
    assert units(text, asset) == made


@pytest.mark.parametrize(
    "text", ["", "0", "0.00000", "1e3", "-1", "+1", "01", "1.", ".5", "１", "1.00001", "9" * 13, " 1"]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        units(text, Asset.CNY)


def test_points_have_no_decimals() -> None:
    with pytest.raises(InputError, match="decimals"):
        units("1.5", Asset.PTS)


@pytest.mark.parametrize(
    ("rule", "roles", "why"),
    [
        ("clue", {Role.RESIDENT}, None),
        ("clue", set(), None),
        ("clue", None, None),
        ("clue", {Role.RESIDENT, Role.DISPATCHER}, rewarding.BARRED),
        ("review", {Role.PATROLLER}, None),
        ("review", {Role.DISPATCHER}, rewarding.NOT_EARNED),
        ("review", None, rewarding.NOT_EARNED),
    ],
)
def test_who_earns_by_which_rule(rule: str, roles: set[Role] | None, why: str | None) -> None:
    wish = Wish(EDITION.rules[rule].kind, "site:x", None, AT)
    assert rewarding.against(EDITION.rules[rule], wish, roles) == why
    unproved = Wish(EDITION.rules[rule].kind, "site:x", None, AT, verified=False)
    assert rewarding.against(EDITION.rules[rule], unproved, roles) == rewarding.UNVERIFIED


@pytest.mark.parametrize(("paid", "every", "due"), [(0, 10, 0), (9, 10, 0), (10, 10, 1), (25, 10, 2), (5, 0, 0)])
def test_bonuses_come_in_whole_numbers(paid: int, every: int, due: int) -> None:
    assert rewarding.bonuses_due(paid, every) == due


def test_days_and_months_are_chinas() -> None:
    late = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)
    assert (rewarding.day_of(late), rewarding.month_of(late)) == ("2026-12-01", "2026-12")
