"""What people do about payouts: the list, another try, the comparison with the statement, a decision by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pay_town import Paying, fill, minder, paying, someone

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.payouts import BillState, Did
from pipewarden.market.service import exchange, payees, payouts, payouts_sending
from pipewarden.market.service import payouts_minding as minding
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill


@pytest.fixture
def town(home: Home) -> Iterator[Paying]:
    with paying(home) as made:
        yield made


def unknown(town: Paying) -> Bill:
    """A bill that the provider contradicts."""
    bill = town.withdraw()
    town.run()
    headers, body = town.there.notice(bill.number, transfer_amount=1)
    with town.begin() as work:
        payouts_sending.notified(work, town.cashier, headers, body)
    return town.now(bill)


def numbers(town: Paying, **more: object) -> list[str]:
    with town.begin() as work:
        return [one.number for one in minding.bills(work, minder(town), limit=200, **more)]  # type: ignore[arg-type]


def test_the_list_shows_what_a_person_must_look_at(town: Paying) -> None:
    calm, odd = town.withdraw(), unknown(town)
    assert {calm.number, odd.number} <= set(numbers(town))
    looked = numbers(town, odd=True)
    assert odd.number in looked
    assert calm.number not in looked
    assert odd.number not in numbers(town, states=[BillState.TO_CONFIRM])
    assert odd.number in numbers(town, states=[BillState.UNKNOWN, BillState.PAID])


def test_another_try_asks_about_the_same_number_first(town: Paying) -> None:
    odd = unknown(town)
    town.there.confirm(odd.number)
    before = len(town.there.asked)
    with town.begin() as work:
        again = minding.retry(work, minder(town), odd.number)
    assert (again.odd, again.state) == ("", BillState.SENT)
    town.run()
    assert [method for method, _ in town.there.asked[before:]] == ["GET"]
    done, events = town.story(odd)
    assert done.state is BillState.PAID
    assert Did.RETRIED in [one.did for one in events]
    assert town.paid(odd) == [5_000]
    with town.begin() as work, pytest.raises(RefusedError):
        minding.retry(work, minder(town), odd.number)
    with town.begin() as work:
        last = [one for one in people.read(work, people.operator(town.tenant_id)) if one.act == "payout.retried"]
    assert last[-1].object_id == str(odd.id)


@pytest.mark.parametrize("paid", [True, False])
def test_a_person_ends_what_nobody_can_tell_by_the_statement(town: Paying, *, paid: bool) -> None:
    odd = unknown(town)
    with town.begin() as work:
        done = minding.decide(work, minder(town), odd.number, paid=paid, reason="资金账单 2026-11-27, line 12")
    assert done.state is (BillState.PAID if paid else BillState.FAILED)
    assert town.has() == ((9_500_000, 0) if paid else (10_000_000, 0))
    town.sound()
    _, events = town.story(odd)
    assert events[-1].did is Did.DECIDED
    assert events[-1].details["reason"] == "资金账单 2026-11-27, line 12"


def test_only_what_is_unknown_is_decided_and_only_with_a_reason(town: Paying) -> None:
    bill = town.withdraw()
    with town.begin() as work, pytest.raises(RefusedError, match="still answers"):
        minding.decide(work, minder(town), bill.number, paid=True, reason="because I say so")
    odd = unknown(town)
    for reason in ("", "   ", "ok", "x" * 501, "a\x00bcd"):
        with town.begin() as work, pytest.raises(InputError):
            minding.decide(work, minder(town), odd.number, paid=True, reason=reason)
    assert town.now(odd).state is BillState.UNKNOWN


def test_who_may_not_sees_nothing_and_does_nothing(town: Paying) -> None:
    odd = unknown(town)
    stranger = someone(town.person.id, town.tenant_id)
    for act in (
        lambda work: minding.bills(work, stranger),
        lambda work: minding.retry(work, stranger, odd.number),
        lambda work: minding.decide(work, stranger, odd.number, paid=True, reason="reason enough"),
        lambda work: minding.reconcile(work, stranger, "a.csv", b""),
        lambda work: minding.reconciliations(work, stranger, limit=1),
    ):
        with town.begin() as work, pytest.raises(ForbiddenError):
            act(work)


def test_a_tenants_finance_reaches_its_own_bills_alone(town: Paying, home: Home) -> None:
    odd = unknown(town)
    with home.factory.sessions() as session, session.begin():
        other = people.ensure_tenant(session, town.clock, town.factory.ids, "pay-other").id
    grant = minder(town, everywhere=False).grants[0]
    theirs = replace(town.person, tenant_id=other, grants=(replace(grant, tenant_id=other),))
    with town.begin(other) as work:
        assert minding.bills(work, theirs) == []
        with pytest.raises(NotFoundError):
            minding.retry(work, theirs, odd.number)
        with pytest.raises(NotFoundError):
            minding.decide(work, theirs, odd.number, paid=False, reason="reason enough")


def settled(town: Paying, count: int) -> list[Bill]:
    made = [town.withdraw(1_000) for _ in range(count)]
    town.run()
    for one in made:
        town.there.confirm(one.number)
    town.later(minutes=6)
    town.run()
    return [town.now(one) for one in made]


def compare(town: Paying, content: bytes | None = None) -> dict[str, str]:
    told = town.there.statement().encode() if content is None else content
    with town.begin() as work:
        found = minding.reconcile(work, minder(town), "bill.csv", told)
    return {one.number: one.kind for one in found.differences}


def test_the_providers_own_statement_agrees(town: Paying) -> None:
    paid = settled(town, 3)
    differs = compare(town)
    assert not {one.number for one in paid} & set(differs)


def test_a_payment_that_the_statement_does_not_know_is_ours_only(town: Paying) -> None:
    first, second = settled(town, 2)
    town.there.paid.pop()
    differs = compare(town)
    assert differs[second.number] == "ours_only"
    assert first.number not in differs
    assert town.now(second).state is BillState.PAID, "nothing is corrected"


def test_a_payment_made_twice_is_seen(town: Paying) -> None:
    (one,) = settled(town, 1)
    town.there.paid.append((one.number, 1_000))
    assert compare(town)[one.number] == "amount_differs"


def test_what_another_day_brings_is_no_difference(town: Paying) -> None:
    (today,) = settled(town, 1)
    content = town.there.statement().encode()
    town.later(days=2)
    (later,) = settled(town, 1)
    differs = compare(town, content)
    assert today.number not in differs
    assert later.number not in differs


def test_a_bill_confirmed_right_after_midnight_is_not_missed_in_that_days_file(town: Paying) -> None:
    """The provider books it before we hear of it; the first hour of a day may stand in the file of the day before."""
    town.later(hours=13, minutes=0)  # 27th, 03:00 UTC + 13 h = midnight in Langfang
    bill = town.withdraw(1_000)
    town.run()
    town.there.confirm(bill.number)
    town.later(minutes=6)
    town.run()
    over = town.now(bill)
    assert over.over_at is not None
    assert (over.over_at + timedelta(hours=8)).hour == 0
    town.there.paid.clear()
    (other,) = settled(town, 1)
    assert other.number not in compare(town)


def test_one_who_reconciles_everything_sees_what_is_nobodys(town: Paying) -> None:
    (one,) = settled(town, 1)
    town.there.bills["9" * 32] = replace(town.there.bills[one.number], number="9" * 32)
    town.there.paid.append(("9" * 32, 77))
    assert compare(town)["9" * 32] == "theirs_only"


def test_the_record_of_a_comparison_never_changes(town: Paying) -> None:
    (one,) = settled(town, 1)
    town.there.paid.append((one.number, 1_000))
    with town.begin() as work:
        made = minding.reconcile(work, minder(town), "a.csv", town.there.statement().encode())
        listed = minding.reconciliations(work, minder(town), limit=200)
    (kept,) = [one for one in listed if one.id == made.id]
    assert kept == made
    assert (kept.by, len(kept.sha256)) == (town.person.id, 32)


def test_thousands_of_lines_are_one_comparison(town: Paying, count_statements: list[str]) -> None:
    (one,) = settled(town, 1)
    rows = [(f"{number:032x}", 1) for number in range(3_000)]
    for number, fen in rows:
        town.there.bills[number] = replace(town.there.bills[one.number], number=number)
        town.there.paid.append((number, fen))
    with town.begin() as work:
        found = minding.reconcile(work, minder(town), "big.csv", town.there.statement().encode())
    assert len(found.differences) == 1_000, "a record is bounded"
    assert found.rows >= 3_001
    assert len(count_statements) < 60


def test_a_bill_of_a_person_with_two_tenants_is_booked_for_the_one_that_made_it(town: Paying, home: Home) -> None:
    with home.factory.sessions() as session, session.begin():
        other = people.ensure_tenant(session, town.clock, town.factory.ids, "pay-second").id
    here = someone(town.person.id, other)
    with town.begin(other) as work:
        fill(work, here.id, yuan=1)
        payees.set_payee(work, town.cashier, here, "o-SECONDSECONDSECONDSECOND", "王小明", id_number=False)
    town.later(hours=25)
    with town.begin(other) as work:
        bill = payouts.withdraw(work, town.cashier, here, 1_000, "second")
    town.run()
    town.there.confirm(bill.number)
    town.later(minutes=6)
    town.run()
    done = town.now(bill)
    assert (done.state, done.tenant_id) == (BillState.PAID, other)
    town.sound()


def test_the_purse_of_the_house_is_no_tenants_to_fill(town: Paying) -> None:
    for actor in (minder(town, everywhere=False), town.person):
        with town.begin() as work, pytest.raises((ForbiddenError, NotFoundError)):
            exchange.fill_purse(work, actor, 100, "ICBC-0001")
