"""What a withdrawal would bring is what it brings: quote and bill are held against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from pay_fake import Bank, wechat
from pay_town import NAME, OPENID, YUAN, fill, sealer, someone

from pipewarden.market.facts.payouts import Provided, Told
from pipewarden.market.service import payees, payouts, payouts_sending
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.market.service.quotes import Quote, quote
from pipewarden.people.facts import ActorKind, ForbiddenError

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill
    from pipewarden.people.facts import Actor

ME = UUID("01990000-0000-7000-8000-00000000ab01")


@pytest.fixture
def me(work: Work, clock: SetClock) -> Actor:
    """Somebody with thirty thousand 元 and a payee that may be used."""
    made = someone(ME, work.tenant_id)
    fill(work, ME, yuan=30_000)
    payees.set_payee(work, cashier(clock), made, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))
    return made


def cashier(clock: SetClock) -> Cashier:
    return Cashier(wechat(Bank(clock.now, address="http://127.0.0.1:9")), sealer())


def take(work: Work, clock: SetClock, me: Actor, fen: int, key: str) -> Bill:
    return payouts.withdraw(work, cashier(clock), me, fen, key)


def as_quote(bill: Bill) -> Quote:
    """The bill in the words of a quote."""
    return Quote(bill.gross, bill.tax.units, bill.tax.month, bill.tax.policy)


def test_up_to_eight_hundred_nothing_is_withheld(work: Work, me: Actor) -> None:
    said = quote(work, me, 80_000)
    assert (said.gross, said.withheld, said.net) == (800 * YUAN, 0, 800 * YUAN)
    assert said.rule == "CN@1"


def test_beyond_them_a_fifth_is(work: Work, me: Actor) -> None:
    said = quote(work, me, 100_000)
    assert (said.withheld, said.net) == (40 * YUAN, 960 * YUAN)


def test_ten_payments_are_quoted_as_they_are_billed(work: Work, clock: SetClock, me: Actor) -> None:
    """What was paid before in the month counts, in the quote as in the bill; so do those that are still under way."""
    withheld = 0
    for n, fen in enumerate((50_000, 30_001, 12_345, 100_000, 77_777, 500_000, 13, 99_999, 200_000, 31_313)):
        said = quote(work, me, fen)
        bill = take(work, clock, me, fen, f"key {n}") if n % 5 or not n else _next_day(work, clock, me, fen, n)
        assert said == as_quote(bill), fen
        assert said.net == bill.fen * 100
        withheld += said.withheld
    assert withheld > 0


def _next_day(work: Work, clock: SetClock, me: Actor, fen: int, n: int) -> Bill:
    """Five a day are allowed; the month must not end meanwhile."""
    before = quote(work, me, fen)
    clock.advance(timedelta(days=1))
    assert quote(work, me, fen) == before, "the test's clock passed into another month"
    return take(work, clock, me, fen, f"key {n}")


def test_what_came_back_does_not_count(work: Work, clock: SetClock, me: Actor) -> None:
    before = quote(work, me, 90_000)
    bill = take(work, clock, me, 80_000, "a")
    assert quote(work, me, 90_000).withheld > before.withheld
    told = Told(bill.number, Provided.FAIL, "1330", amount_fen=bill.fen, reason="USER_RECEIVE_OVERDUE")
    assert payouts_sending.settle(work, payouts_sending.Taken(bill, None), told) is not None
    assert quote(work, me, 90_000) == before


def test_asking_changes_nothing(work: Work, me: Actor) -> None:
    assert [quote(work, me, 123_456) for _ in range(3)] == [quote(work, me, 123_456)] * 3
    assert payouts.bills_of(work, me, limit=5) == []


def test_who_has_no_wallet_is_told_nothing(work: Work, me: Actor) -> None:
    with pytest.raises(ForbiddenError):
        quote(work, replace(me, grants=()), 1_000)
    with pytest.raises(ForbiddenError):
        quote(work, replace(me, kind=ActorKind.DEVICE), 1_000)


def test_a_wallet_is_enough_the_second_factor_comes_later(work: Work) -> None:
    assert quote(work, someone(ME, work.tenant_id, "wallet:use"), 1_000).withheld == 0
