"""A provider that misbehaves in every documented way: never two payouts for one key, never lost money (M2, T9)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pay_town import Paying, paying

from pipewarden.kit.errors import RefusedError
from pipewarden.market.facts.payouts import BillState, Did
from pipewarden.market.ports import ForgedError
from pipewarden.market.service import payouts_sending
from pipewarden.market.service.payouts_cashier import SWITCH
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill


@pytest.fixture
def town(home: Home) -> Iterator[Paying]:
    with paying(home) as made:
        yield made


def notify(town: Paying, headers: dict[str, str], body: bytes) -> Bill | None:
    with town.begin() as work:
        return payouts_sending.notified(work, town.cashier, headers, body)


def switch(town: Paying, *, on: bool) -> None:
    with town.begin() as work:
        people.set_switch(work, people.operator(town.tenant_id), SWITCH, on=on, reason="the bank is down")


def creates(town: Paying) -> int:
    return sum(method == "POST" and not path.endswith("/cancel") for method, path in town.there.asked)


def test_a_withdrawal_is_reserved_sent_confirmed_and_paid(town: Paying) -> None:
    bill = town.withdraw(5_000)
    assert town.has() == (10_000_000, 500_000)
    assert town.run() == 1
    sent = town.now(bill)
    assert (sent.state, sent.package) == (BillState.TO_CONFIRM, f"package of {bill.number}")
    assert sent.confirm_until == town.clock.now() + timedelta(hours=24)
    assert town.paid(bill) == []
    town.there.confirm(bill.number)
    town.later(minutes=6)
    town.run()
    paid, events = town.story(bill)
    assert (paid.state, paid.package) == (BillState.PAID, "")
    assert town.paid(bill) == [5_000]
    assert town.has() == (9_500_000, 0)
    assert [one.did for one in events] == [Did.RESERVED, Did.ASKED, Did.HEARD, Did.HEARD]
    assert [one.state for one in events][-1] is BillState.PAID
    town.sound()
    assert town.run() == 0


@pytest.mark.parametrize(
    "habits",
    [
        {"cut_after": 1},
        {"five_after": 1},
        {"cut_after": 3},
        {"broken": 4},
        {"limit": 3},
        {"cut_after": 1, "hide": 1},
        {"five_after": 2, "hide": 3},
        {"confirms": True, "cut_after": 1},
        {"confirms": True, "five_after": 1, "hide": 2},
        {"broken": 3, "limit": 2, "cut_after": 2, "hide": 2},
    ],
    ids=lambda one: " ".join(f"{name}={value}" for name, value in one.items()),
)
def test_whatever_breaks_on_the_way_it_is_paid_once(home: Home, habits: dict[str, Any]) -> None:
    with paying(home, **habits) as town:
        bill = town.withdraw(5_000)
        for _ in range(30):
            town.run()
            town.later(minutes=25)
            if bill.number in town.there.bills and town.now(bill).state is BillState.TO_CONFIRM:
                town.there.confirm(bill.number)
        assert town.now(bill).state is BillState.PAID
        assert town.paid(bill) == [5_000]
        assert town.has() == (9_500_000, 0)
        town.sound()


def test_a_create_that_paid_and_broke_off_is_queried_and_never_made_under_a_new_number(home: Home) -> None:
    with paying(home, confirms=True, cut_after=1) as town:
        bill = town.withdraw()
        town.run()
        assert town.paid(bill) == [5_000], "it paid, and nobody knows here"
        assert town.now(bill).state is BillState.SENT
        assert town.has() == (10_000_000, 500_000), "what is not known stays reserved"
        town.later(minutes=1)
        town.run()
        assert town.now(bill).state is BillState.PAID
        assert [method for method, _ in town.there.asked] == ["POST", "GET"]


def test_a_process_that_dies_while_it_asks_leaves_a_bill_that_is_queried(town: Paying) -> None:
    bill = town.withdraw()
    with town.begin() as work:
        taken = payouts_sending.take(work, town.cashier)
    assert taken is not None
    assert taken.paper is not None
    assert town.cashier.port is not None
    town.cashier.port.create(taken.paper, town.clock.now())  # sent, and then the process is gone
    assert town.run() == 0, "the lease holds others off"
    town.later(seconds=61)
    town.run()
    assert [method for method, _ in town.there.asked] == ["POST", "GET"]
    assert town.now(bill).state is BillState.TO_CONFIRM


def test_a_process_that_dies_before_it_asks_leaves_a_bill_that_is_made_after_a_query(town: Paying) -> None:
    bill = town.withdraw()
    with town.begin() as work:
        payouts_sending.take(work, town.cashier)
    town.later(seconds=61)
    town.run()
    town.run()
    assert [method for method, _ in town.there.asked][:2] == ["GET", "POST"]
    assert town.now(bill).state in {BillState.SENT, BillState.TO_CONFIRM}
    assert list(town.there.bills) == [bill.number]


def test_who_never_confirms_gets_the_money_back_into_the_wallet(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    town.later(hours=24, minutes=1)
    town.there.fail(bill.number)
    town.run()
    over = town.now(bill)
    assert (over.state, over.problem) == (BillState.FAILED, "USER_RECEIVE_OVERDUE")
    assert town.has() == (10_000_000, 0)
    town.sound()
    again = town.withdraw()
    assert again.number != bill.number, "only when it is known to have failed is there a new bill"


def test_a_failure_after_it_was_under_way(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    town.there.bills[bill.number].state = "PROCESSING"
    town.later(minutes=6)
    town.run()
    assert town.now(bill).state is BillState.SENT
    town.there.fail(bill.number, "PAYEE_ACCOUNT_ABNORMAL")
    town.later(hours=1)
    town.run()
    assert town.now(bill).state is BillState.FAILED
    assert town.has() == (10_000_000, 0)


def test_notifications_come_twice_and_out_of_order(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    early = town.there.notice(bill.number, state="PROCESSING")
    town.there.confirm(bill.number)
    final = town.there.notice(bill.number)
    for headers, body in (final, final, early, final):
        told = notify(town, headers, body)
        assert told is not None
        assert told.state is BillState.PAID
    assert town.has() == (9_500_000, 0)
    town.later(hours=1)
    assert town.run() == 0
    assert town.paid(bill) == [5_000]
    town.sound()


def test_a_notification_that_comes_while_the_create_is_under_way(town: Paying) -> None:
    bill = town.withdraw()
    with town.begin() as work:
        taken = payouts_sending.take(work, town.cashier)
    assert taken is not None
    assert taken.paper is not None
    assert town.cashier.port is not None
    answer = town.cashier.port.create(taken.paper, town.clock.now())
    town.there.confirm(bill.number)
    notify(town, *town.there.notice(bill.number))
    with town.begin() as work:
        payouts_sending.settle(work, taken, answer)
    assert town.now(bill).state is BillState.PAID, "what is over stays over"
    assert town.has() == (9_500_000, 0)


def test_forged_and_old_notifications_move_nothing(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    headers, body = town.there.notice(bill.number, state="SUCCESS")
    town.there.forge = True
    forged = town.there.notice(bill.number, state="SUCCESS")
    town.there.forge = False
    town.later(minutes=6)
    for said in (forged, (headers, body), ({}, body)):
        with pytest.raises(ForgedError):
            notify(town, *said)
    assert town.now(bill).state is BillState.TO_CONFIRM
    assert town.has() == (10_000_000, 500_000)


def test_a_notification_about_a_bill_that_is_not_ours(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    assert notify(town, *town.there.notice(bill.number, out_bill_no="e" * 32)) is None
    assert town.now(bill).state is BillState.TO_CONFIRM


@pytest.mark.parametrize(
    "other",
    [{"transfer_amount": 4_999}, {"openid": "o-somebody-else-entirely-0000"}, {"transfer_bill_no": "999"}],
    ids=lambda one: next(iter(one)),
)
@pytest.mark.parametrize("way", ["notification", "query"])
def test_another_amount_or_payee_moves_nothing_and_calls_a_person(
    town: Paying, other: dict[str, Any], way: str
) -> None:
    bill = town.withdraw()
    town.run()
    town.there.confirm(bill.number)
    if way == "notification":
        notify(town, *town.there.notice(bill.number, **other))
    else:
        town.there.bend = lambda said: said | other
        town.later(minutes=6)
        town.run()
        town.there.bend = dict
    odd = town.now(bill)
    assert odd.state is BillState.UNKNOWN
    assert odd.odd
    town.settle()
    assert town.now(bill).state is BillState.UNKNOWN, "and stays so until somebody has looked"
    assert town.has() == (10_000_000, 500_000)


def test_an_answer_about_another_bill_is_no_answer(town: Paying) -> None:
    bill = town.withdraw()
    town.there.bend = lambda said: said | {"out_bill_no": "f" * 32} if "out_bill_no" in said else said
    town.run()
    assert town.now(bill).state is BillState.SENT
    town.there.bend = dict
    town.settle()
    assert list(town.there.bills) == [bill.number]


def test_a_failure_after_a_success_moves_nothing_and_is_kept(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    town.there.confirm(bill.number)
    notify(town, *town.there.notice(bill.number))
    town.there.bills[bill.number].state = "FAIL"
    notify(town, *town.there.notice(bill.number))
    kept, events = town.story(bill)
    assert kept.state is BillState.PAID
    assert "FAIL" in kept.odd
    assert events[-1].did is Did.ODD
    assert town.has() == (9_500_000, 0)
    town.sound()


def test_a_clock_that_is_off_stops_everything_and_loses_nothing(town: Paying) -> None:
    bill = town.withdraw()
    town.there.skew_s = 3_600
    town.settle(most=5)
    assert town.now(bill).state is BillState.SENT
    assert town.has() == (10_000_000, 500_000)
    town.there.skew_s = 0
    town.settle()
    town.there.confirm(bill.number)
    town.settle()
    assert town.paid(bill) == [5_000]
    assert town.now(bill).state is BillState.PAID


def test_a_provider_without_money_is_asked_again_for_a_day_and_then_left_to_a_person(town: Paying) -> None:
    town.there.balance = 100
    bill = town.withdraw()
    for _ in range(60):
        town.run()
        town.later(hours=1)
    unknown = town.now(bill)
    assert unknown.state is BillState.UNKNOWN
    assert town.has() == (10_000_000, 500_000)
    before = creates(town)
    town.there.balance = 10**9
    for _ in range(10):
        town.later(days=1)
        town.run()
    assert creates(town) == before, "a day after the first try no bill is made any more"
    assert town.paid(bill) == []


def test_a_bill_that_the_provider_first_denies_and_then_knows(home: Home) -> None:
    with paying(home, confirms=True, cut_after=1, hide=2) as town:
        bill = town.withdraw()
        town.settle()
        assert town.now(bill).state is BillState.PAID
        assert town.paid(bill) == [5_000]


def test_a_bill_that_was_never_sent_comes_back_at_once(town: Paying) -> None:
    bill = town.withdraw()
    back = town.cancel(bill)
    assert back.state is BillState.CANCELLED
    assert town.has() == (10_000_000, 0)
    assert town.run() == 0
    assert town.there.asked == []
    with pytest.raises(RefusedError):
        town.cancel(bill)


def test_a_bill_that_was_sent_comes_back_when_the_provider_says_so(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    wanted = town.cancel(bill)
    assert wanted.state is BillState.TO_CONFIRM
    assert town.has() == (10_000_000, 500_000)
    for _ in range(4):
        town.run()
    assert town.now(bill).state is BillState.CANCELLING
    town.there.settle_cancels()
    town.settle()
    assert town.now(bill).state is BillState.CANCELLED
    assert town.has() == (10_000_000, 0)
    town.sound()


def test_who_confirms_first_is_paid_though_it_was_wanted_back(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    town.cancel(bill)
    town.there.confirm(bill.number)
    town.settle()
    assert town.now(bill).state is BillState.PAID
    assert town.has() == (9_500_000, 0)


def test_switched_off_nothing_is_taken_or_made_and_what_was_sent_is_followed(town: Paying) -> None:
    sent, waiting = town.withdraw(), None
    town.run()
    waiting = town.withdraw()
    switch(town, on=False)
    try:
        with pytest.raises(RefusedError, match="the bank is down"):
            town.withdraw()
        town.there.confirm(sent.number)
        town.settle(most=8)
        assert town.now(sent).state is BillState.PAID
        assert town.now(waiting).state is BillState.RESERVED
        assert waiting.number not in town.there.bills
    finally:
        switch(town, on=True)
    town.settle()
    assert town.now(waiting).state is BillState.TO_CONFIRM


def test_a_provider_that_breaks_its_word_holds_up_nobody(town: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = town.withdraw(), town.withdraw()
    real: Callable[..., Any] = payouts_sending.asked

    def breaks(port: Any, taken: Any, now: Any) -> Any:
        if taken.bill.number == first.number:
            raise RuntimeError("王小明 is not to be in a log")
        return real(port, taken, now)

    monkeypatch.setattr(payouts_sending, "asked", breaks)
    town.run()
    broken = town.now(first)
    assert broken.state is BillState.SENT
    assert broken.problem == "the adapter broke (RuntimeError)"
    assert town.now(second).state is BillState.TO_CONFIRM
