"""Orders become transfers: moved, held, settled in whole or part, released, reversed; refused as a whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from book import BANK, FRIEND, MINT, OTHER, OWED, POINTS, WALLET, cash, has, hold, opened, pay, settle, sound
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pipewarden.ledger import service
from pipewarden.ledger.facts import (
    Asset,
    ClosedError,
    FundsError,
    HoldState,
    KeyReusedError,
    Kind,
    LedgerError,
    Order,
    OrderError,
    Posting,
    Transfer,
)

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


def test_money_moves_once_and_sums(work: Work) -> None:
    opened(work, 50_0000)
    made = service.post(work, pay("a", WALLET, FRIEND, 13_00, details={"case": "x", "n": 3, "zh": "线索奖励"}))
    assert has(work, WALLET) == (50_0000 - 13_00, 0)
    assert has(work, FRIEND) == (13_00, 0)
    assert has(work, BANK) == (-50_0000, 0)
    assert (made.seq, made.key, made.details["zh"]) == (2, "a", "线索奖励")
    assert service.transfer(work, made.id) == made
    assert service.by_key(work, "a") == made
    found = sound(work)
    assert (found.accounts, found.transfers, dict(found.sum_by_asset)) == (7, 2, {"CNY": 0, "PTS": 0})


def test_a_retry_is_answered_with_the_first_transfer_and_another_content_is_refused(work: Work) -> None:
    opened(work)
    made = service.post(work, pay("a", WALLET, FRIEND, 5, details={"x": 1}))
    assert service.post(work, pay("a", WALLET, FRIEND, 5, details={"x": 1})) == made
    for other in (
        pay("a", WALLET, FRIEND, 6, details={"x": 1}),
        pay("a", WALLET, FRIEND, 5),
        pay("a", FRIEND, WALLET, 5, details={"x": 1}),
        replace(pay("a", WALLET, FRIEND, 5, details={"x": 1}), what="test.other"),
        replace(pay("a", WALLET, FRIEND, 5, details={"x": 1}), kind=Kind.PENDING),
    ):
        with pytest.raises(KeyReusedError) as caught:
            service.post(work, other)
        assert caught.value.field == "key"
    with pytest.raises(KeyReusedError):  # another tenant hears nothing of it
        service.post(replace(work, tenant_id=OTHER), pay("a", WALLET, FRIEND, 5, details={"x": 1}))
    assert has(work, FRIEND) == (5, 0)


def test_the_same_key_twice_in_one_batch_is_one_transfer(work: Work) -> None:
    opened(work)
    first, second = service.write(work, [pay("a", WALLET, FRIEND, 5), pay("a", WALLET, FRIEND, 5)])
    assert first == second
    assert has(work, FRIEND) == (5, 0)


def test_no_account_but_the_world_falls_below_nothing(work: Work) -> None:
    opened(work, 10)
    with pytest.raises(FundsError) as caught:
        service.post(work, pay("a", WALLET, FRIEND, 11))
    error = caught.value
    assert (error.address, error.wanted, error.available, error.exit_code) == (WALLET, 11, 10, 4)
    assert error.as_dict()["field"] == "person:…:cash"
    assert "0.0010 CNY, 0.0011 CNY are wanted" in error.problem
    service.post(work, pay("b", OWED, FRIEND, 7))
    assert has(work, OWED) == (-7, 0)
    with pytest.raises(IntegrityError, match="covered"), work.session.begin_nested():
        work.session.execute(text("UPDATE ledger_accounts SET posted = -1 WHERE address = :a"), {"a": WALLET})


def test_a_hold_keeps_money_from_others_until_it_is_settled(work: Work) -> None:
    opened(work, 100)
    held = service.post(work, hold("h", WALLET, FRIEND, 70))
    assert has(work, WALLET) == (100, 70)
    assert service.balances(work, [WALLET])[WALLET].available == 30
    assert service.hold_state(work, held.id) is HoldState.PENDING
    with pytest.raises(FundsError):
        service.post(work, pay("a", WALLET, FRIEND, 31))
    posted = service.post(work, settle("p", Kind.POST, held))
    assert posted.postings == held.postings
    assert (has(work, WALLET), has(work, FRIEND)) == ((30, 0), (70, 0))
    assert service.hold_state(work, held.id) is HoldState.POSTED
    sound(work)


def test_a_part_is_settled_and_the_rest_released(work: Work) -> None:
    opened(work, 100)
    lines = (cash(WALLET, FRIEND, 40), cash(WALLET, BANK, 30))
    held = service.post(work, Order("h", Kind.PENDING, "test.held", lines))
    assert has(work, WALLET) == (100, 70)
    for too_much in (cash(WALLET, FRIEND, 41), cash(WALLET, OWED, 1), cash(FRIEND, WALLET, 1)):
        with pytest.raises(OrderError, match="more than is held"):
            service.post(work, settle("p", Kind.POST, held, too_much))
    service.post(work, settle("p", Kind.POST, held, cash(WALLET, FRIEND, 25)))
    assert (has(work, WALLET), has(work, FRIEND)) == ((75, 0), (25, 0))
    sound(work)


def test_a_hold_is_settled_once(work: Work) -> None:
    opened(work)
    held = service.post(work, hold("h", WALLET, FRIEND, 70))
    service.post(work, settle("v", Kind.VOID, held))
    assert has(work, WALLET) == (100_0000, 0)
    assert service.hold_state(work, held.id) is HoldState.VOID
    for kind in (Kind.VOID, Kind.POST, Kind.EXPIRE):
        with pytest.raises(ClosedError, match="is void already"):
            service.post(work, settle(f"again {kind}", kind, held))
    assert service.post(work, settle("v", Kind.VOID, held)).key == "v"  # but a retry is a retry
    sound(work)


def test_an_expired_hold_is_posted_by_nobody_even_before_the_sweep(work: Work, clock: SetClock) -> None:
    opened(work, 100)
    held = service.post(work, hold("h", WALLET, FRIEND, 70, clock.now() + timedelta(hours=1)))
    with pytest.raises(OrderError, match="has not expired"):
        service.post(work, settle("early", Kind.EXPIRE, held))
    assert service.expire_due(work, work.now()) == 0
    clock.advance(timedelta(hours=1))
    assert service.hold_state(work, held.id) is HoldState.EXPIRED
    for kind in (Kind.POST, Kind.VOID):
        with pytest.raises(ClosedError, match="is expired already"):
            service.post(work, settle("p", kind, held))
    assert has(work, WALLET) == (100, 70)
    assert (service.expire_due(work, work.now()), service.expire_due(work, work.now())) == (1, 0)
    assert has(work, WALLET) == (100, 0)
    assert service.hold_state(work, held.id) is HoldState.EXPIRED
    sound(work)


def test_the_sweep_releases_holds_of_every_tenant_the_oldest_first(work: Work, clock: SetClock) -> None:
    opened(work, 100)
    soon = clock.now() + timedelta(hours=1)
    service.post(work, hold("mine", WALLET, FRIEND, 10, soon + timedelta(minutes=1)))
    other = replace(work, tenant_id=OTHER)
    service.post(other, hold("theirs", WALLET, FRIEND, 20, soon))
    service.post(work, hold("later", WALLET, FRIEND, 40, soon + timedelta(days=1)))
    service.post(work, hold("never", WALLET, FRIEND, 30))
    clock.advance(timedelta(hours=2))
    assert service.expire_due(work, work.now(), 1) == 1
    assert has(work, WALLET) == (100, 80)
    assert service.expire_due(work, work.now()) == 1
    assert has(work, WALLET) == (100, 70)
    sound(work)


def test_a_transfer_is_reversed_once_and_only_with_funds(work: Work) -> None:
    opened(work, 100)
    paid = service.post(work, pay("a", WALLET, FRIEND, 60))
    service.post(work, pay("spent", FRIEND, BANK, 50))
    with pytest.raises(FundsError):
        service.post(work, settle("r", Kind.REVERSE, paid))
    service.post(work, pay("back", BANK, FRIEND, 50))
    made = service.post(work, settle("r", Kind.REVERSE, paid))
    assert made.postings == (cash(FRIEND, WALLET, 60),)
    assert (has(work, WALLET), has(work, FRIEND)) == ((100, 0), (0, 0))
    with pytest.raises(ClosedError, match="reversed already"):
        service.post(work, settle("r2", Kind.REVERSE, paid))
    with pytest.raises(OrderError, match="names a reverse transfer"):
        service.post(work, settle("r3", Kind.REVERSE, made))
    sound(work)


def test_a_settled_part_can_be_reversed_a_hold_cannot(work: Work) -> None:
    opened(work, 100)
    held = service.post(work, hold("h", WALLET, FRIEND, 60))
    with pytest.raises(OrderError, match="names a pending transfer"):
        service.post(work, settle("r", Kind.REVERSE, held))
    posted = service.post(work, settle("p", Kind.POST, held, cash(WALLET, FRIEND, 20)))
    with pytest.raises(OrderError, match="names a post transfer"):
        service.post(work, settle("v", Kind.VOID, posted))
    service.post(work, settle("r", Kind.REVERSE, posted))
    assert has(work, WALLET) == (100, 0)
    sound(work)


def test_another_tenants_transfer_is_none(work: Work) -> None:
    opened(work, 100)
    held = service.post(work, hold("h", WALLET, FRIEND, 60))
    other = replace(work, tenant_id=OTHER)
    with pytest.raises(OrderError, match="names no transfer"):
        service.post(other, settle("v", Kind.VOID, held))
    assert service.transfer(other, held.id) is None
    assert service.by_key(other, "h") is None
    with pytest.raises(OrderError, match="names no hold"):
        service.hold_state(other, held.id)


def test_all_or_nothing(work: Work) -> None:
    opened(work, 100)
    with pytest.raises(FundsError):
        service.write(work, [pay("a", WALLET, FRIEND, 60), pay("b", WALLET, FRIEND, 41)])
    assert has(work, WALLET) == (100, 0)
    assert service.by_key(work, "a") is None
    assert service.write(work, []) == []
    sound(work)


def test_each_on_its_own_merit(work: Work) -> None:
    opened(work, 100)
    orders = [
        pay("a", WALLET, FRIEND, 60),
        pay("b", WALLET, FRIEND, 41),
        pay("c", WALLET, "person:x:cash", 1),
        pay("d", FRIEND, WALLET, 60),
        pay("e", WALLET, FRIEND, 100),
    ]
    found = service.try_write(work, orders)
    assert [type(one) for one in found] == [Transfer, FundsError, OrderError, Transfer, Transfer]
    assert has(work, FRIEND) == (100, 0)
    assert service.try_write(work, []) == []
    sound(work)


def test_lines_are_covered_in_their_order_and_a_refusal_leaves_no_trace(work: Work) -> None:
    opened(work, 100)
    through = Order("t", Kind.POSTED, "x", (cash(WALLET, FRIEND, 80), cash(FRIEND, BANK, 80)))
    backwards = replace(through, key="u", postings=through.postings[::-1])
    first, second = service.try_write(work, [backwards, through])
    assert isinstance(first, FundsError)
    assert isinstance(second, Transfer)
    assert (has(work, WALLET), has(work, FRIEND)) == ((20, 0), (0, 0))
    half = Order("v", Kind.PENDING, "x", (cash(WALLET, FRIEND, 20), cash(WALLET, BANK, 1)))
    refused, taken = service.try_write(work, [half, pay("w", WALLET, BANK, 20)])
    assert isinstance(refused, FundsError)
    assert isinstance(taken, Transfer)
    sound(work)


def test_a_transfer_is_never_older_than_the_one_before_it(work: Work, clock: SetClock) -> None:
    opened(work)
    clock.advance(timedelta(minutes=-5))
    made = service.post(work, pay("a", WALLET, FRIEND, 1))
    assert made.at == work.now() + timedelta(minutes=5)
    sound(work)


def test_accounts_are_opened_once_and_hold_one_asset(work: Work) -> None:
    opened(work, 5)
    service.open_account(work, WALLET, Asset.CNY)
    assert has(work, WALLET) == (5, 0)
    for address in (WALLET, WALLET.upper(), "cash", "a:", ":a", "a b:c", "a:" + "b" * 200):
        with pytest.raises(OrderError):
            service.open_account(work, address, Asset.PTS)
    with pytest.raises(OrderError):
        service.open_accounts(work, ("a:b", Asset.PTS), ("a:b", Asset.CNY))
    assert service.balances(work, ["a:b"]) == {}
    assert service.balances(work, []) == {}


def test_one_asset_is_never_changed_into_another_by_a_line(work: Work) -> None:
    opened(work)
    for line in (cash(WALLET, POINTS, 5), Posting(WALLET, FRIEND, Asset.PTS, 5), cash(MINT, POINTS, 5)):
        with pytest.raises(OrderError) as caught:
            service.post(work, Order("a", Kind.POSTED, "x", (line,)))
        assert caught.value.field == "asset"


def test_no_balance_leaves_64_bits(work: Work) -> None:
    opened(work)
    work.session.execute(
        text("UPDATE ledger_accounts SET posted = :most WHERE address = :a"), {"most": 2**63 - 5, "a": FRIEND}
    )
    with pytest.raises(OrderError, match="64 bits"):
        service.post(work, pay("a", WALLET, FRIEND, 5))
    service.post(work, pay("b", WALLET, FRIEND, 4))


def test_errors_are_of_one_family() -> None:
    assert all(issubclass(one, LedgerError) for one in (FundsError, ClosedError, KeyReusedError, OrderError))
    assert UUID(int=0).version is None
