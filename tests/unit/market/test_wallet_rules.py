"""Amounts, points for cash, payees, limits, tax: the pure side of the wallet."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pay_bills import NOW, policy, said

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.payouts import Payee, fen_text
from pipewarden.market.facts.wallet import Earned, Method, TaxRule
from pipewarden.market.rules import exchange, payees, payouts_limits, wallet
from pipewarden.market.rules.payouts_file import in_force, read_payouts, read_rates, read_tax
from pipewarden.market.rules.payouts_tax import owed_monthly, owed_yearly, withheld

if TYPE_CHECKING:
    from collections.abc import Callable

YUAN = 10_000
RATE = read_rates(said("exchange/CN.yaml"), "CN.yaml")[-1][1]
TAX = read_tax(said("tax/CN.yaml"), "CN.yaml")[-1][1]


@pytest.mark.parametrize(
    ("text", "fen"), [("1", 100), ("0.1", 10), ("0.10", 10), ("12.50", 1250), ("2000", 200_000), ("0.01", 1)]
)
def test_an_amount_is_read_without_a_float(text: str, fen: int) -> None:
    assert wallet.fen_of(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "1.234",
        "1,5",
        "1e3",
        "01",
        ".5",
        "1.",
        " 1",
        "１",
        "NaN",
        "inf",
        "9" * 12,
        "0x1",
        "½",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError) as caught:
        wallet.fen_of(text)
    assert caught.value.field == "amount"


@given(st.integers(-(10**12), 10**12))
def test_an_amount_that_is_shown_is_the_amount(units: int) -> None:
    text = wallet.yuan(units)
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, part = digits.split(".")
    assert sign * (int(whole) * YUAN + int(part)) == units
    assert len(part) == 4


@given(st.integers(1, 10**11))
def test_fen_come_back_from_their_text(fen: int) -> None:
    assert wallet.fen_of(fen_text(fen)) == fen


def test_days_and_months_are_those_of_the_zone() -> None:
    late = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # half past midnight on December 1st in Langfang
    assert wallet.month_text(late, "Asia/Shanghai") == "2026-12"
    assert wallet.day_of(late, "Asia/Shanghai") == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    since, until = wallet.month_of("2026-12", "Asia/Shanghai")
    assert since == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert until == datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
    for text in ("2026-13", "2026-1", "26-01", "2026-00", "1999-01", "2026-01-01", ""):
        with pytest.raises(InputError):
            wallet.month_of(text, "Asia/Shanghai")


def test_months_in_a_row() -> None:
    assert wallet.months_in_a_row(set(), "2026-11") == 1
    assert wallet.months_in_a_row({"2026-10", "2026-09", "2026-07"}, "2026-11") == 3
    assert wallet.months_in_a_row({"2025-12"}, "2026-01") == 1, "a year begins anew"
    assert wallet.months_in_a_row({"2026-11"}, "2026-11") == 1


# --- points for cash


def test_points_become_cash_exactly() -> None:
    assert exchange.units_for(RATE, 100, 0) == YUAN
    assert exchange.units_for(RATE, 150, 0) == 15_000
    assert exchange.units_for(RATE, RATE.day_most, 0) == RATE.day_most * 100


@pytest.mark.parametrize("points", [0, -5, 99])
def test_too_few_points_are_refused(points: int) -> None:
    with pytest.raises(InputError):
        exchange.units_for(RATE, points, 0)


def test_a_day_has_its_bound() -> None:
    exchange.units_for(RATE, 100, RATE.day_most - 100)
    with pytest.raises(RefusedError) as caught:
        exchange.units_for(RATE, 101, RATE.day_most - 100)
    assert "100 of 10000" in caught.value.problem


def test_a_rate_ends_where_the_next_begins() -> None:
    body = said("exchange/CN.yaml")
    body["editions"].append(body["editions"][0] | {"version": "CN@2", "since": "2027-01-01", "per_yuan": 200})
    rates = read_rates(body, "CN.yaml")
    assert rates[0][1].until == rates[1][1].since
    assert rates[1][1].until is None
    now = in_force(rates, NOW)
    assert now is not None
    assert now.version == "CN@1"
    later = in_force(rates, NOW + timedelta(days=60))
    assert later is not None
    assert later.per_yuan == 200
    assert in_force(rates, datetime(2025, 1, 1, tzinfo=UTC)) is None


# --- payees


@pytest.mark.parametrize("name", ["王小明", "欧阳娜娜", "买买提·艾力", "Anna Müller", "古丽娜尔·阿不都热合曼"])
def test_names_as_on_identity_cards(name: str) -> None:
    payees.check("o-MYE42l80oelYMDE34nYD456Xoy", name)


@pytest.mark.parametrize("name", ["", "王", "王1", "=cmd()", "a" * 60, "王\n明", "王  明", "<b>王明</b>", "王明;"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        payees.check("o-MYE42l80oelYMDE34nYD456Xoy", name)
    assert caught.value.field == "name"


@pytest.mark.parametrize(
    "openid", ["", "short", "o" * 65, "o MYE42l80oelYMDE34nYD456Xoy", "o-MYE42l80oelYMDE34nYD456微"]
)
def test_what_is_no_openid_is_refused(openid: str) -> None:
    with pytest.raises(InputError) as caught:
        payees.check(openid, "王小明")
    assert caught.value.field == "openid"


def test_little_of_a_payee_is_shown() -> None:
    assert payees.masked_name("王小明") == "**明"
    assert payees.masked_name("王") == "*"
    shown = payees.masked_openid("o-MYE42l80oelYMDE34nYD456Xoy")
    assert shown == "o-…6Xoy"


def test_money_waits_for_a_payee_that_was_just_named() -> None:
    at = payees.usable_at(policy(), NOW)
    assert at == NOW + timedelta(hours=24)
    one = Payee(UUID(int=1), UUID(int=2), UUID(int=3), b"", b"", usable_at=at)
    with pytest.raises(RefusedError, match="changed lately"):
        payees.usable(one, at - timedelta(seconds=1))
    assert payees.usable(one, at) is one
    with pytest.raises(RefusedError, match="not named"):
        payees.usable(None, NOW)


# --- limits


def test_the_bounds_of_one_and_of_a_day() -> None:
    rules = policy()
    payouts_limits.check_gross(rules, rules.least_fen, today=0, today_fen=0)
    payouts_limits.check_gross(rules, rules.most_fen, today=4, today_fen=rules.day_fen - rules.most_fen)
    for fen in (0, -1, rules.least_fen - 1, rules.most_fen + 1):
        with pytest.raises(InputError):
            payouts_limits.check_gross(rules, fen, today=0, today_fen=0)
    with pytest.raises(RefusedError, match="6th"):
        payouts_limits.check_gross(rules, 100, today=5, today_fen=0)
    with pytest.raises(RefusedError, match=r"0\.99"):
        payouts_limits.check_gross(rules, 100, today=1, today_fen=rules.day_fen - 99)
    payouts_limits.check_net(rules, 10)
    with pytest.raises(InputError, match="after tax"):
        payouts_limits.check_net(rules, 9)


@pytest.mark.parametrize(
    ("fen", "name"), [(10, ""), (29, ""), (30, "王小明"), (199_999, "王小明"), (200_000, "王小明")]
)
def test_a_name_goes_where_it_may(fen: int, name: str) -> None:
    assert payouts_limits.name_for(policy(), fen, "王小明") == name


# --- tax: the worked examples are of the announcement's own tables


@pytest.mark.parametrize(
    ("yuan", "owed"),
    [
        (0, 0),
        (800, 0),
        (801, 0.2),
        (2_000, 240),  # (2000 - 800) x 20 %
        (4_000, 640),
        (4_001, 640.16),  # 4001 x 80 % x 20 %
        (25_000, 4_000),  # 20,000 x 20 %
        (30_000, 5_200),  # 24,000 x 30 % - 2000
        (62_500, 13_000),  # 50,000 x 30 % - 2000
        (80_000, 18_600),  # 64,000 x 40 % - 7000
    ],
)
def test_a_months_labour_income(yuan: int, owed: float) -> None:
    assert owed_monthly(TAX, yuan * YUAN) == round(owed * YUAN)


@pytest.mark.parametrize(
    ("yuan", "months", "owed"),
    [
        (5_000, 1, 0),
        (6_250, 1, 0),
        (10_000, 1, 90),  # (8000 - 5000) x 3 %
        (100_000, 2, 4_480),  # (80,000 - 10,000) x 10 % - 2520
        (2_000_000, 12, 611_080),  # (1,600,000 - 60,000) x 45 % - 181,920
    ],
)
def test_a_years_labour_income(yuan: int, months: int, owed: int) -> None:
    if yuan == 2_000_000:
        assert owed_yearly(TAX, yuan * YUAN, months) == (1_540_000 * 45 // 100 - 181_920) * YUAN
    else:
        assert owed_yearly(TAX, yuan * YUAN, months) == owed * YUAN


@given(st.lists(st.integers(10, 500_000), min_size=1, max_size=12))
def test_many_small_payments_owe_what_one_large_one_does(parts: list[int]) -> None:
    paid = kept = 0
    for fen in parts:
        units = fen * 100
        kept += withheld(TAX, Earned(month=paid, month_withheld=kept), units)
        paid += units
    assert kept == owed_monthly(TAX, paid)
    assert kept % 100 == 0


@given(st.integers(0, 2 * 10**9), st.integers(0, 2 * 10**9))
def test_who_earns_more_owes_no_less_and_never_more_than_was_earned(one: int, two: int) -> None:
    low, high = sorted((one, two))
    assert owed_monthly(TAX, low) <= owed_monthly(TAX, high) <= high
    assert owed_yearly(TAX, low, 1) <= owed_yearly(TAX, high, 1) <= high


def test_nothing_is_given_back_by_a_withdrawal() -> None:
    assert withheld(TAX, Earned(month=0, month_withheld=5_000_000), 10_000) == 0


def test_the_method_is_the_policys_choice() -> None:
    yearly = replace(TAX, method=Method.CUMULATIVE)
    before = Earned(month=0, year=10_000 * YUAN, year_withheld=90 * YUAN, months=2)
    assert withheld(yearly, before, 10_000 * YUAN) == (16_000 - 10_000) * 3 * 100 - 90 * YUAN
    assert withheld(TAX, before, 10_000 * YUAN) == owed_monthly(TAX, 10_000 * YUAN)


def test_the_shipped_tax_rule_says_that_nobody_has_verified_it() -> None:
    assert isinstance(TAX, TaxRule)
    assert TAX.unverified
    assert "61号" in TAX.source


# --- files


def _with(*path: str | int) -> Callable[[Any, object], Any]:
    def change(body: Any, value: object) -> Any:
        made = here = deepcopy(body)
        for part in path[:-1]:
            here = here[part]
        here[path[-1]] = value
        return made

    return change


@pytest.mark.parametrize(
    ("file", "read", "path", "value"),
    [
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "least_fen"), 9),
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "zone"), "Asia/Langfang"),
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "again_s"), []),
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "query_days"), 31),
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "create_again_h"), 25),
        ("payouts/CN.yaml", read_payouts, ("editions", 0, "slip"), 1),
        ("payouts/CN.yaml", read_payouts, ("source",), ""),
        ("exchange/CN.yaml", read_rates, ("editions", 0, "per_yuan"), 3),
        ("exchange/CN.yaml", read_rates, ("editions", 0, "per_yuan"), 0),
        ("exchange/CN.yaml", read_rates, ("editions", 0, "version"), "one"),
        ("tax/CN.yaml", read_tax, ("editions", 0, "method"), "none"),
        ("tax/CN.yaml", read_tax, ("editions", 0, "monthly", "bands"), [[20000, 20, 0], [None, 30, 1999]]),
        ("tax/CN.yaml", read_tax, ("editions", 0, "monthly", "bands"), [[20000, 20, 0]]),
        ("tax/CN.yaml", read_tax, ("editions", 0, "monthly", "bands"), [[None, 20, 0], [None, 30, 0]]),
        ("tax/CN.yaml", read_tax, ("editions", 0, "cumulative", "less_percent"), 100),
        ("tax/CN.yaml", read_tax, ("unverified",), "perhaps"),
    ],
)
def test_a_slip_in_a_file_is_named(file: str, read: Callable[..., Any], path: tuple[Any, ...], value: object) -> None:
    read(said(file), "CN.yaml")
    with pytest.raises(InputError) as caught:
        read(_with(*path)(said(file), value), "CN.yaml")
    assert caught.value.field.startswith("CN.yaml")


@pytest.mark.parametrize(
    ("file", "read"), [("payouts/CN.yaml", read_payouts), ("exchange/CN.yaml", read_rates), ("tax/CN.yaml", read_tax)]
)
def test_editions_stand_in_order(file: str, read: Callable[..., Any]) -> None:
    body = said(file)
    body["editions"] = [*body["editions"], body["editions"][0]]
    with pytest.raises(InputError, match="order"):
        read(body, "CN.yaml")
