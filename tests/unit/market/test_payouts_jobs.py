"""The job that pays: many hands never take one bill twice, and one bill's trouble holds up nobody else's money."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from pay_fake import BILLS
from pay_town import Paying, fill, paying, someone
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipewarden.ledger import service as ledger
from pipewarden.ledger.facts import Kind, Order
from pipewarden.market.facts.payouts import BillState
from pipewarden.market.jobs import payouts as jobs
from pipewarden.market.service import payees, payouts, payouts_sending
from pipewarden.market.service.payouts_cashier import Cashier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home
    from pipewarden.market.facts.payouts import Bill


@pytest.fixture
def town(home: Home) -> Iterator[Paying]:
    with paying(home) as made:
        yield made


def created(town: Paying) -> Counter[str]:
    """How often each bill was asked for."""
    return Counter(number for number, count in town.there.seen.items() for _ in range(count))


def several(town: Paying, count: int) -> list[Bill]:
    """Bills of as many persons."""
    made = []
    for number in range(count):
        who = someone(town.factory.ids.new(), town.tenant_id)
        with town.begin() as work:
            fill(work, who.id, yuan=100)
            payees.set_payee(work, town.cashier, who, f"o-PERSONPERSONPERSON{number:06d}", "王小明", id_number=True)
        town.later(hours=25)
        with town.begin() as work:
            made.append(payouts.withdraw(work, town.cashier, who, 1_000, "only"))
    return made


def state_of(town: Paying, bill: Bill) -> tuple[str, str]:
    with town.begin() as work:
        asked = text("SELECT state, problem FROM market_bills WHERE id = :id")
        return tuple(work.session.execute(asked, {"id": bill.id}).one())  # type: ignore[return-value]


def test_many_hands_take_each_bill_once(town: Paying) -> None:
    made = several(town, 8)
    assert town.run(hands=4) == 8
    assert created(town) == Counter({one.number: 1 for one in made})
    assert {state_of(town, one)[0] for one in made} == {"to_confirm"}
    assert town.run(hands=4) == 0, "and what was just asked is not asked again"


def test_who_is_paid_is_who_named_the_account(town: Paying) -> None:
    made = several(town, 3)
    town.run()
    openids = [town.there.bills[one.number].openid for one in made]
    assert openids == [f"o-PERSONPERSONPERSON{number:06d}" for number in range(3)]


def test_a_bill_that_cannot_be_settled_holds_up_nobody(town: Paying) -> None:
    stuck, fine = several(town, 2)
    town.run()
    with town.begin() as work:  # somebody settled the hold behind our back
        ledger.post(work, Order(f"behind:{stuck.number}", Kind.VOID, "test.void", of=stuck.hold_id))
    for one in (stuck, fine):
        town.there.confirm(one.number)
    town.later(minutes=6)
    town.run()
    assert state_of(town, fine)[0] == "paid"
    assert state_of(town, stuck)[0] == "to_confirm", "the state and the money move together or not at all"
    town.sound()


def test_a_database_that_is_away_ends_the_sweep_and_loses_nothing(
    town: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = town.withdraw()

    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as broken:
        broken.setattr(payouts_sending, "settle", away)
        with pytest.raises(OperationalError):
            town.run()
    assert bill.number in town.there.bills, "it was made there, and nobody wrote it down here"
    assert town.now(bill).state is BillState.SENT
    town.later(seconds=61)
    town.run()
    assert town.now(bill).state is BillState.TO_CONFIRM
    assert created(town)[bill.number] == 1


def test_a_house_that_lost_its_contract_keeps_everything_on_hold(town: Paying) -> None:
    waiting, sent = town.withdraw(1_000), town.withdraw(2_000)
    town.run()
    shut = Cashier(None, town.cashier.sealer)
    town.later(minutes=6)
    assert jobs.send_due(town.factory.begin, shut, town.clock, hands=1) == 0
    assert {town.now(one).state for one in (waiting, sent)} == {BillState.TO_CONFIRM}
    assert town.has()[1] == 300_000
    for one in (waiting, sent):
        town.there.confirm(one.number)
    town.later(hours=2)
    town.run()
    assert {town.now(one).state for one in (waiting, sent)} == {BillState.PAID}


def test_a_sweep_is_bounded(town: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    made = several(town, 3)
    monkeypatch.setattr(jobs, "_MOST", 2)
    assert town.run() == 2
    assert town.run() == 1
    assert set(created(town)) == {one.number for one in made}


def test_what_is_asked_for_again_is_the_same_to_the_letter(home: Home) -> None:
    """WeChat refuses a number whose content changed; a name is encrypted anew each time, and means the same."""
    with paying(home, five_after=2) as town:
        bill = town.withdraw()
        town.there.hide = 2
        sent: list[dict[str, Any]] = []
        real = town.there.answer

        def noting(method: str, path: str, headers: dict[str, str], body: bytes) -> Any:
            if method == "POST" and path == BILLS:
                sent.append(json.loads(body))
            return real(method, path, headers, body)

        type(town.there).answer = lambda _self, *said: noting(*said)  # type: ignore[method-assign]
        try:
            for _ in range(8):
                town.run()
                town.later(minutes=20)
        finally:
            type(town.there).answer = real.__func__  # type: ignore[attr-defined,method-assign]
        assert len(sent) >= 2
        names = {one.pop("user_name") for one in sent}
        assert len(names) == len(sent), "never the same twice"
        assert all(one == sent[0] for one in sent)
        assert list(town.there.bills) == [bill.number]
        assert town.there.bills[bill.number].name == "王小明"


def test_events_tell_the_story_and_no_secret(town: Paying) -> None:
    bill = town.withdraw()
    town.run()
    town.there.confirm(bill.number)
    town.settle(most=3)
    _, events = town.story(bill)
    told = json.dumps([dict(one.details) for one in events], ensure_ascii=False)
    for secret in ("王小明", "o-MYE42l80", "package of"):
        assert secret not in told
    assert [one.state for one in events] == ["reserved", "sent", "to_confirm", "paid"]
