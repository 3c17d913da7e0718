"""A person's wallet, exchanges, payees and months, on a transaction that is rolled back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from pay_fake import Bank, house_keys, wechat
from pay_town import NAME, OPENID, YUAN, fill, sealer, someone

from pipewarden.kit.errors import InputError, RefusedError, UnavailableError
from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import FundsError, Kind, Order
from pipewarden.market.facts.payouts import BillState, Provided, Told
from pipewarden.market.facts.wallet import OffWhy, PayoutsOff
from pipewarden.market.rules.wallet import cash_of
from pipewarden.market.service import exchange, payees, payouts, payouts_sending, statements
from pipewarden.market.service import wallet as wallets
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ForbiddenError, NotFoundError, StepUpError

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.people.facts import Actor

ME, OTHER = UUID("01990000-0000-7000-8000-00000000aa01"), UUID("01990000-0000-7000-8000-00000000aa02")


@pytest.fixture
def me(work: Work) -> Actor:
    return someone(ME, work.tenant_id)


@pytest.fixture
def cashier(clock: SetClock) -> Cashier:
    """One that could pay; nobody answers behind it."""
    assert house_keys()
    return Cashier(wechat(Bank(clock.now, address="http://127.0.0.1:9")), sealer())


@pytest.fixture
def ready(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    """A thousand 元, five hundred points, a payee that may be used."""
    fill(work, ME, yuan=1_000, points=500, house_yuan=100)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))


def paid(work: Work, bill: Bill, state: Provided = Provided.SUCCESS) -> Bill:
    """Let the provider end a bill."""
    taken = payouts_sending.Taken(bill, None)
    done = payouts_sending.settle(work, taken, Told(bill.number, state, "1330", amount_fen=bill.fen))
    assert done is not None
    return done


# --- what is in it


def test_a_wallet_that_nobody_ever_paid_into(work: Work, me: Actor, cashier: Cashier) -> None:
    found = wallets.wallet(work, cashier, me)
    assert (found.cash, found.points, found.held, found.earned, found.exchanged) == (0, 0, 0, 0, 0)
    assert found.payee is None
    assert found.off is None
    assert found.rate is not None
    assert found.rate.per_yuan == 100


@pytest.mark.usefixtures("ready")
def test_the_decks_screen(work: Work, me: Actor, cashier: Cashier) -> None:
    """What was earned less what went out is what is there: 累计创值 - 累计兑换 = 我的现金 (and what is on hold)."""
    one = payouts.withdraw(work, cashier, me, 20_000, "a")
    found = wallets.wallet(work, cashier, me)
    assert (found.cash, found.held, found.earned, found.exchanged) == (800 * YUAN, 200 * YUAN, 1_000 * YUAN, 0)
    paid(work, one)
    found = wallets.wallet(work, cashier, me)
    assert (found.cash, found.held, found.earned, found.exchanged) == (800 * YUAN, 0, 1_000 * YUAN, 200 * YUAN)
    assert found.limits.day_left == 4
    assert found.limits.day_left_fen == 1_000_000 - 20_000


@pytest.mark.usefixtures("ready")
def test_the_two_lists(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    earned = [entry for entry, _ in wallets.earned(work, me, limit=10)]
    assert [(one.asset, one.amount) for one in earned] == [("PTS", 500), ("CNY", 1_000 * YUAN)]
    assert earned[0].title == ("专家隐患核价", "hazard review")
    clock.advance(timedelta(minutes=1))
    swap = exchange.exchange(work, me, 200, "x")
    clock.advance(timedelta(minutes=1))
    bill = payouts.withdraw(work, cashier, me, 5_000, "b")
    out = wallets.exchanged(work, me, limit=10)
    assert [(one.of, one.amount) for one in out] == [(bill.id, -50 * YUAN), (swap.id, 2 * YUAN)]
    assert out[0].subtitle[0] == "等待发出"
    assert [entry for entry, _ in wallets.earned(work, me, limit=10)] == earned, "an exchange earns nothing"
    paid(work, bill)
    assert wallets.exchanged(work, me, limit=1)[0].subtitle[0] == "已到账"


@pytest.mark.usefixtures("ready")
def test_the_lists_go_on_where_a_page_ended(work: Work, me: Actor, cashier: Cashier) -> None:
    for _ in range(4):
        fill(work, ME, yuan=1, points=10)
    whole = wallets.earned(work, me, limit=100)
    pages, before = [], None
    while page := wallets.earned(work, me, limit=3, before=before):
        pages += page
        before = page[-1][1]
    assert pages == whole
    assert len(whole) == 10
    bills = [payouts.withdraw(work, cashier, me, 100, f"k{number}") for number in range(3)]
    swaps = [exchange.exchange(work, me, 100, f"s{number}") for number in range(2)]
    out = wallets.exchanged(work, me, limit=100)
    assert {one.of for one in out} == {one.id for one in (*bills, *swaps)}
    split, last = [], None
    while more := wallets.exchanged(work, me, limit=2, before=last):
        split += more
        last = more[-1].of
    assert split == out


def test_what_was_taken_back_is_in_the_list_and_not_in_the_sum(work: Work, me: Actor, cashier: Cashier) -> None:
    fill(work, ME, yuan=10)
    ((_, _),) = wallets.earned(work, me, limit=5)
    line = ledger.latest(work, [cash_of(ME)])[0]
    ledger.post(work, Order("back", Kind.REVERSE, "reward.reversed", of=line.transfer.id))
    found = [entry for entry, _ in wallets.earned(work, me, limit=5)]
    assert [one.amount for one in found] == [-10 * YUAN, 10 * YUAN]
    assert found[0].subtitle == ("追回", "taken back")
    assert wallets.wallet(work, cashier, me).earned == 0


@pytest.mark.usefixtures("ready")
def test_a_wallet_is_its_own_persons(work: Work, me: Actor, cashier: Cashier) -> None:
    bill = payouts.withdraw(work, cashier, me, 5_000, "a")
    stranger = someone(OTHER, work.tenant_id)
    for refused in (
        lambda: payouts.bill_of(work, stranger, bill.id),
        lambda: payouts.cancel(work, stranger, bill.id),
    ):
        with pytest.raises(NotFoundError):
            refused()
    assert wallets.exchanged(work, stranger, limit=5) == []
    assert wallets.earned(work, stranger, limit=5) == []
    assert payouts.bills_of(work, stranger, limit=5) == []
    assert [one.id for one in payouts.bills_of(work, me, limit=5)] == [bill.id]
    assert wallets.wallet(work, cashier, stranger).cash == 0


@pytest.mark.usefixtures("ready")
def test_who_has_no_wallet(work: Work, me: Actor, cashier: Cashier) -> None:
    nobody = replace(me, grants=())
    device = replace(me, kind=ActorKind.DEVICE)
    for actor in (nobody, device, people.operator(work.tenant_id)):
        for refused in (
            lambda actor=actor: wallets.wallet(work, cashier, actor),
            lambda actor=actor: payouts.withdraw(work, cashier, actor, 5_000, "k"),
            lambda actor=actor: exchange.exchange(work, actor, 100, "k"),
            lambda actor=actor: payees.set_payee(work, cashier, actor, OPENID, NAME, id_number=False),
            lambda actor=actor: statements.statement(work, actor, "2026-11"),
            lambda actor=actor: wallets.earned(work, actor, limit=1),
            lambda actor=actor: wallets.exchanged(work, actor, limit=1),
        ):
            with pytest.raises(ForbiddenError):
                refused()


@pytest.mark.usefixtures("ready")
def test_without_a_fresh_second_factor_no_money_leaves(work: Work, me: Actor, cashier: Cashier) -> None:
    use, withdraw = me.grants
    stale = replace(me, grants=(use,), waiting=(withdraw,), enrolled=True)
    with pytest.raises(StepUpError):
        payouts.withdraw(work, cashier, stale, 5_000, "a")
    with pytest.raises(StepUpError):
        payees.set_payee(work, cashier, stale, OPENID, NAME, id_number=True)
    assert wallets.wallet(work, cashier, stale).cash == 1_000 * YUAN


# --- withdrawals


@pytest.mark.usefixtures("ready")
def test_the_same_key_is_the_same_bill_for_ever(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    one = payouts.withdraw(work, cashier, me, 5_000, "a")
    clock.advance(timedelta(days=400))
    two = payouts.withdraw(work, cashier, me, 5_000, "a")
    assert (two.id, two.number) == (one.id, one.number)
    with pytest.raises(InputError, match="another withdrawal"):
        payouts.withdraw(work, cashier, me, 5_001, "a")
    assert wallets.wallet(work, cashier, me).held == 50 * YUAN


@pytest.mark.usefixtures("ready")
def test_a_key_is_good_even_while_payouts_are_off(work: Work, me: Actor, cashier: Cashier) -> None:
    one = payouts.withdraw(work, cashier, me, 5_000, "a")
    shut = Cashier(None, cashier.sealer)
    assert payouts.withdraw(work, shut, me, 5_000, "a").id == one.id
    with pytest.raises(RefusedError, match=r"not set up.*no contract"):
        payouts.withdraw(work, shut, me, 5_000, "b")
    assert wallets.wallet(work, shut, me).off == PayoutsOff(OffWhy.NO_PROVIDER)


@pytest.mark.usefixtures("ready")
def test_more_than_is_there_is_refused_by_the_book(work: Work, me: Actor, cashier: Cashier) -> None:
    payouts.withdraw(work, cashier, me, 60_000, "a")
    with pytest.raises(FundsError) as caught:
        payouts.withdraw(work, cashier, me, 40_001, "b")
    assert str(ME) not in str(caught.value)
    payouts.withdraw(work, cashier, me, 40_000, "c")


@pytest.mark.usefixtures("ready")
def test_the_days_limits_are_the_days(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    for number in range(5):
        payouts.withdraw(work, cashier, me, 100, f"k{number}")
    with pytest.raises(RefusedError, match="6th"):
        payouts.withdraw(work, cashier, me, 100, "k5")
    back = payouts.bills_of(work, me, limit=1)[0]
    payouts.cancel(work, me, back.id)
    payouts.withdraw(work, cashier, me, 100, "k6")
    clock.advance(timedelta(days=1))
    payouts.withdraw(work, cashier, me, 100, "k7")


def test_tax_is_withheld_by_the_month_and_leaves_with_the_payment(
    work: Work, me: Actor, cashier: Cashier, clock: SetClock
) -> None:
    fill(work, ME, yuan=6_000)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=False)
    clock.advance(timedelta(hours=25))
    one = payouts.withdraw(work, cashier, me, 80_000, "a")
    assert (one.tax.units, one.fen) == (0, 80_000)
    two = payouts.withdraw(work, cashier, me, 120_000, "b")  # 2,000 in the month: (2000 - 800) x 20 % = 240
    assert (two.tax.units, two.fen, two.gross) == (240 * YUAN, 96_000, 1_200 * YUAN)
    assert (two.tax.month, two.tax.kind, two.tax.id_number) == ("2026-11", "labour", False)
    paid(work, one)
    paid(work, two)
    tax = ledger.balances(work, ["house:tax"])["house:tax"]
    assert (tax.posted, tax.held) == (240 * YUAN, 0)
    assert wallets.wallet(work, cashier, me).cash == 4_000 * YUAN
    clock.advance(timedelta(days=20))
    three = payouts.withdraw(work, cashier, me, 80_000, "c")
    assert (three.tax.units, three.tax.month) == (0, "2026-12"), "a month begins anew"


@pytest.mark.usefixtures("ready")
def test_tax_of_what_came_back_is_not_owed(work: Work, me: Actor, cashier: Cashier) -> None:
    one = payouts.withdraw(work, cashier, me, 90_000, "a")
    assert one.tax.units == 20 * YUAN
    failed = paid(work, one, Provided.FAIL)
    assert failed.state is BillState.FAILED
    assert wallets.wallet(work, cashier, me).cash == 1_000 * YUAN
    two = payouts.withdraw(work, cashier, me, 80_000, "b")
    assert two.tax.units == 0


def test_who_gets_too_little_after_tax(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    fill(work, ME, yuan=2_000)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))
    payouts.withdraw(work, cashier, me, 100_000, "a")
    with pytest.raises(InputError, match="after tax"):
        payouts.withdraw(work, cashier, me, 11, "b")  # 20 % of it is tax now, to the nearest 分


# --- payees


def test_a_payee_is_sealed_masked_and_waits(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    fill(work, ME, yuan=100)
    with pytest.raises(RefusedError, match="not named"):
        payouts.withdraw(work, cashier, me, 5_000, "a")
    made = payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    assert NAME.encode() not in made.sealed
    assert OPENID.encode() not in made.sealed
    assert (made.masked, made.masked_name) == ("o-…6Xoy", "**明")
    assert payees.opened(cashier, made) == (OPENID, NAME)
    assert NAME not in repr(made)
    with pytest.raises(UnavailableError):
        payees.opened(Cashier(None, replace(cashier.sealer, secret=b"another secret of thirty-two byte")), made)
    with pytest.raises(RefusedError, match="changed lately"):
        payouts.withdraw(work, cashier, me, 5_000, "a")
    clock.advance(timedelta(hours=24))
    payouts.withdraw(work, cashier, me, 5_000, "a")


@pytest.mark.usefixtures("ready")
def test_a_stolen_session_cannot_empty_a_wallet_overnight(work: Work, me: Actor, cashier: Cashier) -> None:
    thief = "o-THIEFTHIEFTHIEFTHIEFTHIEF0"
    first = payouts.withdraw(work, cashier, me, 5_000, "a")
    changed = payees.set_payee(work, cashier, me, thief, "张三", id_number=True)
    with pytest.raises(RefusedError, match="changed lately"):
        payouts.withdraw(work, cashier, me, 5_000, "b")
    taken = payouts_sending.take(work, cashier)
    assert taken is not None
    assert taken.paper is not None
    assert (taken.bill.id, taken.paper.openid) == (first.id, OPENID), "a bill goes where it was made to go"
    assert wallets.wallet(work, cashier, me).payee == changed


@pytest.mark.usefixtures("ready")
def test_the_same_payee_again_waits_for_nothing(work: Work, me: Actor, cashier: Cashier) -> None:
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    payouts.withdraw(work, cashier, me, 5_000, "a")


@pytest.mark.usefixtures("ready")
def test_a_payee_that_does_not_open_holds_up_nobody(work: Work, me: Actor, cashier: Cashier) -> None:
    bill = payouts.withdraw(work, cashier, me, 5_000, "a")
    lost = Cashier(cashier.port, replace(cashier.sealer, secret=b"another secret of thirty-two byte"))
    taken = payouts_sending.take(work, lost)
    assert taken is not None
    assert taken.step is None
    stays, _ = payouts.bill_of(work, me, bill.id)
    assert (stays.state, stays.asked_at) == (BillState.RESERVED, None)
    assert "sealed" in stays.problem
    assert payouts_sending.take(work, lost) is None, "and is looked at later"


@pytest.mark.parametrize(("fen", "name"), [(29, ""), (30, NAME), (200_000, NAME)])
def test_a_name_goes_with_what_may_carry_one(
    work: Work, me: Actor, cashier: Cashier, clock: SetClock, *, fen: int, name: str
) -> None:
    fill(work, ME, yuan=10_000)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))
    payouts.withdraw(work, cashier, me, fen, "a")
    taken = payouts_sending.take(work, cashier)
    assert taken is not None
    assert taken.paper is not None
    assert taken.paper.name == (name if taken.bill.fen >= 30 else "")


# --- points for cash


@pytest.mark.usefixtures("ready")
def test_points_become_cash_in_one_transfer(work: Work, me: Actor, cashier: Cashier) -> None:
    made = exchange.exchange(work, me, 150, "a")
    assert (made.points, made.units, made.rate) == (150, 15_000, "CN@1")
    found = wallets.wallet(work, cashier, me)
    assert (found.cash, found.points) == (1_000 * YUAN + 15_000, 350)
    assert found.limits.points_left == 10_000 - 150
    assert exchange.exchange(work, me, 150, "a") == made
    with pytest.raises(InputError, match="another exchange"):
        exchange.exchange(work, me, 151, "a")
    assert wallets.wallet(work, cashier, me).points == 350
    assert ledger.check(work).whole


@pytest.mark.usefixtures("ready")
def test_more_points_than_there_are(work: Work, me: Actor) -> None:
    with pytest.raises(FundsError):
        exchange.exchange(work, me, 501, "a")
    exchange.exchange(work, me, 500, "b")


def test_an_empty_purse_of_the_house_is_said_so(work: Work, me: Actor, cashier: Cashier) -> None:
    fill(work, ME, points=500)
    with pytest.raises(RefusedError, match="purse for exchanges is empty") as caught:
        exchange.exchange(work, me, 200, "a")
    assert not isinstance(caught.value, FundsError)
    assert wallets.wallet(work, cashier, me).points == 500


def test_a_days_bound_of_points(work: Work, me: Actor, clock: SetClock) -> None:
    fill(work, ME, points=30_000, house_yuan=1_000)
    exchange.exchange(work, me, 9_950, "a")
    with pytest.raises(RefusedError, match="50 of 10000"):
        exchange.exchange(work, me, 100, "b")
    clock.advance(timedelta(days=1))
    exchange.exchange(work, me, 10_000, "c")


# --- a month


@pytest.mark.usefixtures("ready")
def test_a_month_sums_for_each_asset(work: Work, me: Actor, cashier: Cashier, clock: SetClock) -> None:
    exchange.exchange(work, me, 100, "x")
    paid(work, payouts.withdraw(work, cashier, me, 90_000, "a"))
    payouts.withdraw(work, cashier, me, 100, "open")
    found = statements.statement(work, me, "2026-11")
    cash, points = found.assets
    assert [line.amount for line in cash.lines] == [1_000 * YUAN, YUAN, -880 * YUAN, -20 * YUAN]
    assert (cash.opening, cash.closing) == (0, 101 * YUAN)
    assert [line.amount for line in points.lines] == [500, -100]
    assert (found.paid, found.withheld, found.final) == (900 * YUAN, 20 * YUAN, False)
    assert cash.lines[1].zh == "积分兑换现金"
    clock.advance(timedelta(days=40))
    december = statements.statement(work, me, "2026-12")
    assert (december.assets[0].opening, december.assets[0].closing) == (101 * YUAN, 101 * YUAN)
    assert december.assets[0].lines == ()
    november = statements.statement(work, me, "2026-11")
    assert november.final
    assert november.assets == found.assets


def test_a_month_of_somebody_who_has_nothing(work: Work, me: Actor) -> None:
    found = statements.statement(work, me, "2026-11")
    assert [(one.opening, one.lines, one.closing) for one in found.assets] == [(0, (), 0), (0, (), 0)]


def test_a_month_that_lies_ahead(work: Work, me: Actor) -> None:
    with pytest.raises(InputError, match="ahead"):
        statements.statement(work, me, "2027-01")


def test_a_long_month_is_read_in_pages(work: Work, me: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_PAGE", 3)
    for _ in range(10):
        fill(work, ME, yuan=1)
    (cash, _) = statements.statement(work, me, "2026-11").assets
    assert len(cash.lines) == 10
    assert cash.closing == 10 * YUAN


def test_lines_of_the_book_from_the_newest(work: Work, me: Actor) -> None:
    assert me.id == ME
    for number in range(3):
        fill(work, ME, yuan=number + 1)
    newest = ledger.latest(work, [cash_of(ME)], limit=2)
    assert [one.amount for one in newest] == [3 * YUAN, 2 * YUAN]
    rest = ledger.latest(work, [cash_of(ME)], newest[-1].cursor)
    assert [one.amount for one in rest] == [YUAN]
    assert ledger.latest(work, [cash_of(ME)], without=["reward"]) == []
    both: list[Any] = ledger.latest(work, [cash_of(ME), "outside:bank"], limit=100)
    assert sum(one.amount for one in both) == 0
