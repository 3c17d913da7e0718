"""People are told of their money in plain words: confirm in time, it came, it came back, it goes somewhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from pay_fake import Bank, wechat
from pay_town import NAME, OPENID, fill, sealer, someone
from sqlalchemy import select

from pipewarden.act.store.tables import CallRow
from pipewarden.kit.clock import SetClock
from pipewarden.kit.settings import Settings
from pipewarden.main import market
from pipewarden.main.act import open_post
from pipewarden.market.facts.payouts import PAYEE_CHANGED, PAYOUT_CHANGED, Provided, Told
from pipewarden.market.jobs import facts
from pipewarden.market.service import payees, payouts, payouts_sending
from pipewarden.market.service.payouts_cashier import Cashier
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path

    from market_town import MarketTown

    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.payouts import Bill

ME = UUID("01990000-0000-7000-8000-00000000bb01")


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return open_post(Settings(home=tmp_path), b"a secret of this test alone, 32 b")


@pytest.fixture
def cashier(clock: SetClock) -> Cashier:
    return Cashier(wechat(Bank(clock.now, address="http://127.0.0.1:9")), sealer())


def told(work: Work, post: Post) -> list[str]:
    """Tell what happened since the last time, as the drains do; return the words, in order."""
    before = len(heads(work))
    waiting = work.take_facts()
    drains = {PAYOUT_CHANGED: facts.make_telling_payouts(post), PAYEE_CHANGED: facts.make_telling_payees(post)}
    for kind, drain in drains.items():
        drain(work, [one for one in waiting if one.kind == kind])
    return heads(work)[before:]


def heads(work: Work) -> list[str]:
    mine = select(CallRow.title).where(CallRow.person_id == ME).order_by(CallRow.id)
    return list(work.session.scalars(mine))


def said(work: Work, bill: Bill, state: Provided, **more: Any) -> Bill:
    """Let the provider say something of a bill."""
    taken = payouts_sending.Taken(bill, None)
    answer = Told(bill.number, state, "1330", **({"amount_fen": bill.fen} | more))
    done = payouts_sending.settle(work, taken, answer)
    assert done is not None
    return done


@pytest.fixture
def bill(work: Work, cashier: Cashier, clock: SetClock, post: Post) -> Bill:
    """A withdrawal of 50 元 that is under way, all that came before told."""
    me = someone(ME, work.tenant_id)
    fill(work, ME, yuan=1_000)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))
    made = payouts.withdraw(work, cashier, me, 5_000, "a")
    assert payouts_sending.take(work, cashier) is not None
    assert any("收款账户改为" in one for one in told(work, post))
    return made


def test_whose_payee_changes_hears_from_when_on_and_what_to_do(work: Work, cashier: Cashier, post: Post) -> None:
    me = someone(ME, work.tenant_id)
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    (words,) = told(work, post)
    assert "o-…6Xoy" in words
    assert "**明" in words
    assert "11-21 09:00" in words, "a day after 11-20 09:00 in China"
    assert "立即退出所有登录" in words
    assert NAME not in words
    payees.set_payee(work, cashier, me, OPENID, NAME, id_number=True)
    assert told(work, post) == [], "the same again is no change"


def test_who_must_confirm_hears_until_when_once(work: Work, bill: Bill, post: Post) -> None:
    said(work, bill, Provided.WAIT_USER_CONFIRM)
    (words,) = told(work, post)
    assert "50.00 元" in words
    assert "11-22 10:00" in words
    said(work, bill, Provided.WAIT_USER_CONFIRM)
    assert told(work, post) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [(Provided.SUCCESS, "已到微信零钱"), (Provided.FAIL, "已退回钱包"), (Provided.CANCELLED, "已撤销")],
)
def test_how_it_ended_is_told_once(work: Work, bill: Bill, post: Post, state: Provided, words: str) -> None:
    said(work, bill, state)
    (heard,) = told(work, post)
    assert words in heard
    assert "50.00 元" in heard
    said(work, bill, state)
    assert told(work, post) == []


def test_what_only_a_person_can_end_is_not_put_on_whose_money_it_is(work: Work, bill: Bill, post: Post) -> None:
    done = said(work, bill, Provided.SUCCESS, amount_fen=1)
    assert done.odd
    assert told(work, post) == []


def test_a_fact_of_another_tenant_says_nothing_here(work: Work, bill: Bill, post: Post) -> None:
    said(work, bill, Provided.SUCCESS)
    other = replace(work, tenant_id=UUID(int=99))
    facts.make_telling_payouts(post)(other, work.take_facts())
    assert not any("已到微信零钱" in one for one in heads(work))


def test_the_worker_drains_what_the_server_wakes(post: Post) -> None:
    drained = {(one.name, one.kind) for one in market.consumers(post)}
    assert set(market.ELSEWHERE) == drained
    assert ("market.payouts", PAYOUT_CHANGED) in drained


def test_who_administers_the_tenant_hears_what_a_person_must_look_at(town: MarketTown, post: Post) -> None:
    admin, who = town.person(Role.TENANT_ADMIN), town.person(Role.EXPERT)
    work, clock = town.work, town.work.clock
    assert isinstance(clock, SetClock)
    there = Cashier(wechat(Bank(clock.now, address="http://127.0.0.1:9")), sealer())
    me = someone(who.id, work.tenant_id)
    fill(work, who.id, yuan=1_000)
    payees.set_payee(work, there, me, OPENID, NAME, id_number=True)
    clock.advance(timedelta(hours=25))
    made = payouts.withdraw(work, there, me, 5_000, "a")
    payouts_sending.take(work, there)
    said(work, made, Provided.SUCCESS, amount_fen=1)
    facts.make_telling_payouts(post)(work, [one for one in work.take_facts() if one.kind == PAYOUT_CHANGED])
    asked = select(CallRow.title).where(CallRow.person_id == admin.id)
    assert [one for one in work.session.scalars(asked) if made.number in one]
    asked = select(CallRow.title).where(CallRow.person_id == who.id)
    assert not [one for one in work.session.scalars(asked) if made.number in one]
