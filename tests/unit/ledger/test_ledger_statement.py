"""A piece of an account's history: opening + lines = closing, whatever the span and the page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from book import BANK, FRIEND, WALLET, cash, hold, opened, pay, settle

from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, Kind, Order, OrderError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


@pytest.fixture
def days(work: Work, clock: SetClock) -> list[datetime]:
    """Six days: each pays and takes back a little, one holds, one settles."""
    opened(work, 1000)
    found = []
    held = None
    for day in range(6):
        clock.advance(timedelta(days=1))
        found.append(clock.now())
        through = (cash(WALLET, FRIEND, 50), cash(FRIEND, WALLET, 20))
        service.post(work, Order(f"p{day}", Kind.POSTED, "test.paid", through, details={"day": day}))
        if day == 1:
            held = service.post(work, hold("h", WALLET, FRIEND, 100))
        if day == 3 and held is not None:
            service.post(work, settle("s", Kind.POST, held, cash(WALLET, FRIEND, 60)))
    return found


def test_it_sums_for_every_span_and_page(work: Work, days: list[datetime]) -> None:
    ends = [days[0] - timedelta(days=9), *days, days[-1] + timedelta(days=9)]
    whole = service.statement(work, WALLET, Asset.CNY, ends[0], ends[-1])
    assert [one.amount for one in whole.lines] == [1000, *([-50, 20] * 4), -60, *([-50, 20] * 2)]
    assert (whole.opening, whole.closing, whole.next) == (0, 1000 - 6 * 30 - 60, None)
    seen = 0
    for begin, since in enumerate(ends):
        for until in ends[begin:]:
            for limit in (1, 2, 3, 100):
                page = service.statement(work, WALLET, Asset.CNY, since, until, limit=limit)
                running, lines = page.opening, []
                while True:
                    for line in page.lines:
                        running += line.amount
                        assert line.balance_after == running
                    assert page.closing == running
                    lines += page.lines
                    if page.next is None:
                        break
                    page = service.statement(work, WALLET, Asset.CNY, since, until, page.next, limit)
                    assert page.opening == running
                assert page.until_closing == running
                assert lines == [one for one in whole.lines if since <= one.transfer.at < until]
                seen += 1
    assert seen == 4 * 36
    assert service.balances(work, [WALLET])[WALLET].posted == whole.closing


def test_the_other_side_reads_the_same(work: Work, days: list[datetime]) -> None:
    mine = service.statement(work, FRIEND, Asset.CNY, days[3], days[4])
    assert [one.amount for one in mine.lines] == [50, -20, 60]
    assert [one.transfer.what for one in mine.lines] == ["test.paid", "test.paid", "test.post"]
    assert mine.lines[0].transfer.details == {"day": 3}


def test_an_account_that_never_moved_has_an_empty_one(work: Work, clock: SetClock) -> None:
    service.open_account(work, WALLET, Asset.CNY)
    found = service.statement(work, WALLET, Asset.CNY, clock.now(), clock.now())
    assert (found.opening, found.lines, found.closing, found.until_closing, found.next) == (0, (), 0, 0, None)


@pytest.mark.parametrize(("address", "asset"), [(WALLET, Asset.PTS), ("person:x:cash", Asset.CNY)])
def test_no_account_no_statement(work: Work, clock: SetClock, address: str, asset: Asset) -> None:
    opened(work)
    with pytest.raises(OrderError) as caught:
        service.statement(work, address, asset, clock.now(), clock.now())
    assert caught.value.field == "address"


def test_what_came_in_between_pages_is_on_the_next(work: Work, days: list[datetime]) -> None:
    last = days[-1] + timedelta(days=1)
    page = service.statement(work, BANK, Asset.CNY, days[0] - timedelta(days=9), last, limit=1)
    assert page.next is None
    service.post(work, pay("late", WALLET, BANK, 1))
    again = service.statement(work, BANK, Asset.CNY, days[0] - timedelta(days=9), last, limit=1)
    assert again.next is not None
    assert (again.closing, again.until_closing) == (-1000, -999)
