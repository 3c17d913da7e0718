"""A wallet in the hand: earned, held, paid, exchanged, withdrawn, confirmed; never paid twice, whatever breaks."""

from __future__ import annotations

import csv
import io
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from money_till import till_of
from phone_roles import go_offline
from playwright.sync_api import expect

from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from desk_visit import Visit
    from money_till import Till
    from phone_visit import Phones
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.system(CHROMIUM)
ASKS = re.compile(r"/v1/wallet/withdrawals$")
PAGES = ("", "/exchange", "/withdraw", "/payee", "/rewards", "/statement")


@pytest.fixture
def till(desk: DeskTown) -> Iterator[Till]:
    with till_of(desk) as made:
        made.fund()
        yield made


def expert(desk: DeskTown, name: str) -> str:
    """Somebody who earns, with a second factor."""
    return desk.enrolled(Role.EXPERT, name=name)


def ready(page: Page, name: str) -> None:
    page.wait_for_selector(f"main[data-page={name}][data-state=idle]")


def ask_for(page: Page, amount: str) -> None:
    """Type an amount and wait for what the server would withhold."""
    form = page.locator("[data-form=withdraw]")
    form.locator("[data-field=amount]").fill(amount)
    expect(form).to_have_attribute("data-quoted", "true")


def at_withdrawing(phones: Phones, login: str) -> Visit:
    visit = phones.by(login, "/m/wallet/withdraw")
    ready(visit.page, "withdraw")
    return visit


def tap_go(page: Page) -> None:
    page.locator("[data-form=withdraw] [data-act=go]").tap()


def lose(route: Route) -> None:
    """The server does it; the answer never comes."""
    if route.request.method != "POST":
        return route.fallback()
    route.fetch()
    return route.abort()


@contextmanager
def payouts_off(desk: DeskTown) -> Iterator[None]:
    """Somebody switches payouts off, and on again in the end."""

    def switch(*, on: bool, reason: str) -> None:
        with desk.home.work() as work:
            people.set_switch(work, people.operator(work.tenant_id), "payout:wechat", on=on, reason=reason)

    switch(on=False, reason="银行维护")
    try:
        yield
    finally:
        switch(on=True, reason="好了")


def fits(page: Page, width: int = 390) -> None:
    """Nothing scrolls sideways."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('main').scrollWidth") <= width


def test_what_is_earned_is_held_paid_exchanged_and_withdrawn(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "核价的专家")
    rewards = till.earn(login, 3)
    assert [one.units for one in rewards] == [50, 5_000] * 3
    visit = phones.by(login, "/m/")
    page = visit.page
    page.locator("[data-tile=wallet]").tap()
    ready(page, "wallet")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "0")
    held = page.locator("[data-held] [data-reward]")
    expect(held).to_have_count(3)
    expect(page.locator("[data-coming]")).to_contain_text("现金 1.50 元、积分 150")
    expect(held.first).to_contain_text("冻结中")
    expect(held.first).to_contain_text(re.compile(r"\d\d-\d\d \d\d:\d\d 发放"))
    expect(page.locator("[data-entries=idle] .empty")).to_contain_text("还没有创值记录")
    visit.shot("phone-wallet-held")

    assert till.let_go(rewards) == 6
    till.rich(login)
    page.reload()
    ready(page, "wallet")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "15000")
    expect(page.locator("[data-balance]")).to_have_attribute("data-points", "150")
    expect(page.locator("[data-held]")).to_have_count(0)
    entries = page.locator("[data-entry]")
    expect(entries).to_have_count(6)
    expect(page.locator("[data-entry]", has_text="现金 +0.5").first).to_contain_text("隐患核价")
    expect(page.locator("[data-entry]", has_text="积分 +50").first).to_contain_text("隐患核价")
    visit.shot("phone-wallet")

    exchange(visit)
    withdraw(visit, desk, till, login)


def exchange(visit: Visit) -> None:
    """Turn 120 of 150 points into cash."""
    page = visit.page
    page.locator("[data-act=exchange]").tap()
    form = page.locator("[data-form=exchange]")
    expect(form.locator("[data-rate]")).to_contain_text("100 积分兑 1 元")
    form.locator("[data-field=points]").fill("99")
    expect(form.locator("[data-why=few]")).to_be_visible()
    form.locator("[data-field=points]").fill("151")
    expect(form.locator("[data-why=balance]")).to_be_visible()
    expect(form.locator("[data-act=go]")).to_be_disabled()
    form.locator("[data-field=points]").fill("120")
    expect(form.locator("[data-out]")).to_have_text("1.20 元")
    visit.shot("phone-exchange")
    form.locator("[data-act=go]").tap()
    expect(form.locator("[data-done]")).to_contain_text("120 积分换得 1.20 元")
    page.locator("[data-act=back]").tap()
    ready(page, "wallet")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "27000")
    page.locator("[data-tab=exchanged]").tap()
    expect(page.locator("[data-entry]")).to_contain_text(["120 积分兑换现金"])
    expect(page.locator("[data-entry]")).to_contain_text(["现金 +1.2"])


def withdraw(visit: Visit, desk: DeskTown, till: Till, login: str) -> None:
    """Withdraw all of it, give the second factor, confirm it."""
    page = visit.page
    page.locator("nav [data-act=withdraw]").tap()
    ask_for(page, "2.70")
    expect(page.locator("[data-net]")).to_have_text("2.70 元")
    expect(page.locator("[data-tax]")).to_have_text("0.00")
    code = desk.age_factor(login)
    visit.expect("403")
    tap_go(page)
    page.fill("input[name=step-up-code]", code)
    page.locator("[data-step-up] button[type=submit]").tap()
    expect(page.locator("[data-done]")).to_contain_text("已受理")
    expect(page.locator("[data-bill]")).to_have_attribute("data-state-is", "reserved")
    till.run()
    bill = page.locator("[data-bill][data-state-is=to_confirm]")
    expect(bill.locator("[data-confirm]")).to_contain_text(re.compile(r"请在 2[34]:\d\d:\d\d 内确认"))
    visit.shot("phone-withdraw-confirm")
    (made,) = till.bills(login)
    assert (made["gross"], made["fen"]) == (27_000, 270)
    till.there.confirm(made["number"])
    till.run()
    expect(page.locator("[data-bill][data-state-is=paid]")).to_contain_text("已到账")
    assert till.there.paid == [(made["number"], 270)]
    visit.go("/m/wallet")
    ready(page, "wallet")
    expect(page.locator("[data-balance] dl")).to_contain_text("2.70")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "0")


def test_tax_and_limits_stand_there_before_the_tap(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "收入多的专家")
    till.rich(login, yuan=6_000)
    visit = at_withdrawing(phones, login)
    page = visit.page
    form = page.locator("[data-form=withdraw]")
    expect(form.locator("[data-payee]")).to_contain_text("**明")
    expect(form.locator("[data-limits]")).to_contain_text("每笔 0.10 至 5,000.00 元；今天还可提 5 次、共 10,000.00 元")
    for amount, why in (
        ("0.09", "few"),
        ("6000.01", "balance"),
        ("5000.01", "many"),
        ("1.234", "none"),
        ("-3", "none"),
    ):
        form.locator("[data-field=amount]").fill(amount)
        expect(form.locator(f"[data-why={why}]")).to_be_visible()
        expect(form.locator("[data-act=go]")).to_be_disabled()
        expect(form.locator("[data-quote]")).to_have_count(0)
    form.locator("[data-act=all]").tap()
    expect(form.locator("[data-field=amount]")).to_have_value("5000.00")
    ask_for(page, "1000")
    expect(form.locator("[data-tax]")).to_have_text("40.00")
    expect(form.locator("[data-net]")).to_have_text("960.00 元")
    expect(form).to_contain_text("尚未经税务顾问确认")
    expect(form.locator("[data-act=go]")).to_have_text("提现 1,000.00 元")
    visit.shot("phone-withdraw-tax")
    form.locator("[data-act=go]").tap()
    expect(page.locator("[data-bill]")).to_contain_text("扣 1,000.00 元，其中个税 40.00 元")
    expect(form.locator("[data-limits]")).to_contain_text("今天还可提 4 次、共 9,000.00 元")
    ask_for(page, "100")
    expect(form.locator("[data-tax]")).to_have_text("20.00")
    (made,) = till.bills(login)
    assert (made["gross"], made["fen"]) == (10_000_000, 96_000)


def test_two_taps_a_lost_answer_and_a_reload_pay_once(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "手快的专家")
    till.rich(login, yuan=100)
    visit = at_withdrawing(phones, login)
    page = visit.page
    keys: list[str] = []

    def lose_and_count(route: Route) -> None:
        if route.request.method == "POST":
            keys.append(route.request.headers["idempotency-key"])
        lose(route)

    page.route(ASKS, lose_and_count)
    visit.expect("ERR_FAILED|Failed to load resource")
    ask_for(page, "12.50")
    twice = "() => { const form = document.querySelector('.sure'); form.requestSubmit(); form.requestSubmit() }"
    page.evaluate(twice)
    open_one = page.locator("[data-unanswered]")
    expect(open_one).to_contain_text("提现 12.50 元")
    assert len(keys) == 1, "the second tap must not be heard"
    assert len(till.bills(login)) == 1
    visit.shot("phone-withdraw-unanswered")

    page.reload()  # the page ends, the act does not
    ready(page, "withdraw")
    expect(open_one).to_be_visible()
    expect(page.locator("[data-form=withdraw] [data-field=amount]")).to_have_count(0)
    tap_go(page)
    expect(page.locator("[role=alert]")).to_be_visible()
    assert len(keys) == 2
    page.unroute_all()
    tap_go(page)
    expect(page.locator("[data-done]")).to_be_visible()
    expect(open_one).to_have_count(0)
    (made,) = till.bills(login)
    assert set(keys) == {made["key"]}
    assert made["fen"] == 1_250

    ask_for(page, "12.50")  # the same again is another act, with a key of its own
    tap_go(page)
    expect(page.locator("[data-bill]")).to_have_count(2)
    first, second = till.bills(login)
    assert first["key"] != second["key"]
    till.run()
    for one in (first, second):
        till.there.confirm(one["number"])
    till.run()
    assert sorted(till.there.paid) == sorted((one["number"], 1_250) for one in (first, second))


def test_what_is_not_answered_can_be_asked_for_while_payouts_are_off(
    phones: Phones, desk: DeskTown, till: Till
) -> None:
    """The server knows the key before it looks at the switch: whether it was done is said in any case."""
    login = expert(desk, "停付时的专家")
    till.rich(login, yuan=100)
    visit = at_withdrawing(phones, login)
    page = visit.page

    page.route(ASKS, lose)
    visit.expect("ERR_FAILED|Failed to load resource")
    ask_for(page, "9.00")
    tap_go(page)
    expect(page.locator("[data-unanswered]")).to_be_visible()
    page.unroute_all()
    with payouts_off(desk):
        page.reload()
        ready(page, "withdraw")
        tap_go(page)
        expect(page.locator("[data-off]")).to_be_visible()
        expect(page.locator("[data-bill]")).to_have_count(1)
    (made,) = till.bills(login)
    assert made["fen"] == 900


def test_an_answer_at_the_door_says_nothing_about_the_try_before(phones: Phones, desk: DeskTown, till: Till) -> None:
    """A session that ended after a lost answer must not make the key forgotten: the money may be on its way."""
    login = expert(desk, "掉线的专家")
    till.rich(login, yuan=100)
    visit = at_withdrawing(phones, login)
    page = visit.page

    def busy(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        return route.fulfill(status=429, body='{"title": "Too Many Requests"}', content_type="application/problem+json")

    page.route(ASKS, lose)
    visit.expect("ERR_FAILED|Failed to load resource|429")
    ask_for(page, "7.00")
    tap_go(page)
    expect(page.locator("[data-unanswered]")).to_be_visible()
    page.unroute_all()
    page.route(ASKS, busy)
    tap_go(page)
    expect(page.locator("[role=alert]")).to_be_visible()
    expect(page.locator("[data-unanswered]")).to_be_visible()
    page.unroute_all()
    tap_go(page)
    expect(page.locator("[data-done]")).to_be_visible()
    assert len(till.bills(login)) == 1


def test_a_line_that_breaks_is_not_the_end_of_looking(phones: Phones, desk: DeskTown, till: Till) -> None:
    """What is under way is looked at again after an answer that never came, too."""
    login = expert(desk, "断线的专家")
    till.rich(login, yuan=30)
    visit = at_withdrawing(phones, login)
    page = visit.page
    ask_for(page, "30")
    tap_go(page)
    expect(page.locator("[data-bill]")).to_have_attribute("data-state-is", "reserved")
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            return route.fallback()
        lost.append(route.request.url)
        return route.abort()

    page.route(re.compile(r"/v1/wallet/withdrawals\?"), lose_once)
    visit.expect("ERR_FAILED|Failed to load resource")
    expect(page.locator(".bills [role=alert]")).to_be_visible()
    till.run()
    expect(page.locator("[data-bill]")).to_have_attribute("data-state-is", "to_confirm")
    expect(page.locator(".bills [role=alert]")).to_have_count(0)
    assert len(lost) == 1


def test_a_refusal_frees_the_form(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "被拒的专家")
    till.rich(login, yuan=100)
    visit = at_withdrawing(phones, login)
    page = visit.page
    refusal = '{"title": "Conflict", "status": 409, "detail": "is more than is left of today", "field": "amount"}'

    def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        return route.fulfill(status=409, body=refusal, content_type="application/problem+json")

    page.route(ASKS, refuse)
    ask_for(page, "60.00")
    visit.expect("409")
    tap_go(page)
    expect(page.locator("[role=alert]")).to_contain_text("amount")
    expect(page.locator("[data-unanswered]")).to_have_count(0)
    expect(page.locator("[data-field=amount]")).to_have_value("60.00")
    page.unroute_all()
    ready(page, "withdraw")  # a wallet read after the switch went off would take the button away before the tap
    with payouts_off(desk):  # meanwhile
        tap_go(page)
        expect(page.locator("[data-off]")).to_contain_text("现在不能提现")
        expect(page.locator("[data-off]")).to_contain_text("银行维护")
        expect(page.locator("[data-form=withdraw] [data-act=go]")).to_have_count(0)
        visit.shot("phone-withdraw-off")
    assert till.bills(login) == []


def test_without_a_line_the_buttons_say_so_and_nothing_is_queued(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "没信号的专家")
    till.rich(login, yuan=50, points=500)
    visit = phones.by(login, "/m/wallet")
    page = visit.page
    ready(page, "wallet")
    go_offline(visit)
    visit.go("/m/wallet/withdraw")
    ready(page, "withdraw")
    form = page.locator("[data-form=withdraw]")
    expect(page.locator("[data-old]")).to_be_visible()
    expect(form.locator("[data-no-line]")).to_contain_text("不会存下来以后再发")
    form.locator("[data-field=amount]").fill("10")
    expect(form.locator("[data-act=go]")).to_be_disabled()
    visit.shot("phone-withdraw-offline")
    visit.go("/m/wallet/exchange")
    ready(page, "exchange")
    page.locator("[data-field=points]").fill("200")
    expect(page.locator("[data-form=exchange] [data-act=go]")).to_be_disabled()
    page.evaluate("document.querySelector('.sure').requestSubmit()")
    visit.go("/m/wallet/payee")
    ready(page, "payee")
    page.locator("[data-field=openid]").fill("o-MYE42l80oelYMDE34nYD456Xoy")
    page.locator("[data-field=name]").fill("王小明")
    expect(page.locator("[data-form=payee] [data-act=save]")).to_be_disabled()
    expect(page.locator("[data-unsent]")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.locator("[data-no-line]")).to_have_count(0)
    expect(page.locator("[data-form=payee] [data-act=save]")).to_be_enabled()
    assert till.bills(login) == []


def test_a_withdrawal_is_taken_back_after_a_question(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "反悔的专家")
    till.rich(login, yuan=30)
    visit = at_withdrawing(phones, login)
    page = visit.page
    ask_for(page, "30")
    tap_go(page)
    bill = page.locator("[data-bill]")
    bill.locator("[data-act=cancel]").tap()
    bill.locator("[data-act=not]").tap()
    assert till.bills(login)[0]["state"] == "reserved"
    bill.locator("[data-act=cancel]").tap()
    expect(bill.locator("[data-act=sure]")).to_have_text("确认撤销 30.00 元")
    ready(page, "withdraw")
    slow: list[Route] = []

    def hold(route: Route) -> None:
        slow.append(route)

    page.route(re.compile(r"/v1/wallet$"), hold)
    bill.locator("[data-act=sure]").tap()
    expect(page.locator("[data-bill][data-state-is=cancelled]")).to_contain_text("已撤销，已退回")
    expect(page.locator("[data-bill] [data-act=cancel]")).to_have_count(0)
    till.run()
    assert till.there.paid == []
    page.locator("[data-field=amount]").fill("30")  # before the wallet says that it has the money again
    expect(page.locator("[data-why=balance]")).to_be_visible()
    for one in slow:
        one.continue_()
    page.unroute_all()
    expect(page.locator("[data-form=withdraw]")).to_have_attribute("data-quoted", "true")


def test_what_nobody_knows_stays_reserved_and_says_so(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "等结果的专家")
    till.rich(login, yuan=30)
    visit = at_withdrawing(phones, login)
    page = visit.page
    ask_for(page, "20")
    tap_go(page)
    expect(page.locator("[data-done]")).to_be_visible()
    till.there.bend = lambda said: said | {"transfer_amount": 1}  # the provider names another amount
    till.run()
    till.run()
    visit.go("/m/wallet/withdraw")
    expect(page.locator("[data-bill][data-state-is=unknown] [data-means]")).to_contain_text("这笔钱一直为您留着")
    visit.shot("phone-withdraw-unknown")
    visit.go("/m/wallet")
    ready(page, "wallet")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "100000")
    expect(page.locator("[data-leaving]")).to_contain_text("20.00")


def test_a_payee_is_set_with_the_second_factor_and_waits_a_day(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "新来的专家")
    till.rich(login, yuan=10, payee=False)
    visit = at_withdrawing(phones, login)
    page = visit.page
    expect(page.locator("[data-no-payee]")).to_be_visible()
    page.locator("[data-form=withdraw] [data-act=payee]").tap()
    ready(page, "payee")
    form = page.locator("[data-form=payee]")
    expect(form).to_contain_text("新收款人 24 小时后才能收款")
    form.locator("[data-field=openid]").fill("o-MYE42l80oelYMDE34nYD456Xoy")
    form.locator("[data-field=name]").fill("王小明")
    code = desk.age_factor(login)
    visit.expect("403")
    form.locator("[data-act=save]").tap()
    page.fill("input[name=step-up-code]", code)
    page.locator("[data-step-up] button[type=submit]").tap()
    expect(form.locator("[data-saved]")).to_be_visible()
    expect(form.locator("[data-payee]")).to_contain_text("**明")
    expect(form).not_to_contain_text("王小明")
    expect(form.locator("[data-waits]")).to_contain_text("起才能提现到这里")
    visit.shot("phone-payee")
    visit.go("/m/wallet/withdraw")
    ready(page, "withdraw")
    expect(page.locator("[data-waits]")).to_be_visible()
    expect(page.locator("[data-form=withdraw] [data-act=go]")).to_be_disabled()


def test_a_month_adds_up_and_comes_as_a_table(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "对账的专家")
    till.rich(login, yuan=12, points=300)
    visit = phones.by(login, "/m/wallet/statement")
    page = visit.page
    card = page.locator("[data-statement][data-state=idle]")
    expect(card.locator("[data-asset=CNY] [data-closing]")).to_have_text("12.00")
    expect(card.locator("[data-asset=PTS] [data-closing]")).to_have_text("300")
    expect(card.locator("[data-not-final]")).to_be_visible()
    visit.shot("phone-statement")
    month = page.locator("[data-statement]").get_attribute("data-month")
    with page.expect_download() as taken:
        card.locator("[data-act=csv]").tap()
    assert taken.value.suggested_filename == f"wallet-{month}.csv"
    rows = list(csv.reader(io.StringIO(Path(taken.value.path()).read_text(encoding="utf-8-sig"))))
    assert any("12.0000" in cell for row in rows for cell in row)
    select = page.locator("[data-field=month]")
    select.select_option(index=12)
    expect(page.locator("[data-statement][data-state=idle] .empty")).to_contain_text("这个月没有收支")


def test_long_lists_come_page_by_page(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = expert(desk, "勤快的专家")
    assert till.let_go(till.earn(login, 15)) == 30
    visit = phones.by(login, "/m/wallet")
    page = visit.page
    ready(page, "wallet")
    expect(page.locator("[data-entry]")).to_have_count(20)
    page.locator("[data-entries] [data-act=more]").tap()
    expect(page.locator("[data-entry]")).to_have_count(30)
    expect(page.locator("[data-entries] [data-act=more]")).to_have_count(0)
    assert len({one.get_attribute("data-entry") for one in page.locator("[data-entry]").all()}) == 30
    page.locator("[data-act=rewards]").tap()
    rewards = page.locator("[data-page=rewards] [data-reward]")
    expect(rewards).to_have_count(20)
    page.locator("[data-act=more]").tap()
    expect(rewards).to_have_count(30)
    expect(rewards.first).to_have_attribute("data-state-is", "paid")


def test_every_page_fits_a_phone_in_both_languages_and_in_large_type(
    phones: Phones, desk: DeskTown, till: Till
) -> None:
    login = expert(desk, "两种语言的专家")
    till.rich(login, yuan=123_456, points=98_765)
    till.earn(login, 2)
    visit = phones.by(login, "/m/mine")
    page = visit.page
    expect(page.locator("[data-act=wallet]")).to_have_text("我的钱包")
    for language, type_ in (("zh", "normal"), ("en", "normal"), ("en", "large"), ("zh", "large")):
        page.evaluate(f"localStorage.setItem('pipewarden.language', '{language}')")
        page.evaluate(f"localStorage.setItem('pipewarden.type', '{type_}')")
        for path in PAGES:
            visit.go(f"/m/wallet{path}")
            page.wait_for_selector("main[data-page]")
            page.wait_for_load_state("networkidle")
            if path == "/withdraw":
                ask_for(page, "1234.56")
            fits(page)
            for button in page.locator("main button:visible, main a:visible").all():
                box = button.bounding_box()
                assert box is not None
                assert box["height"] >= 48, (path, button.inner_text())
            visit.shot(f"phone-all{path.replace('/', '-')}-{language}-{type_}")


def test_who_cannot_earn_has_no_wallet(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.CONTRACTOR), "/m/")
    page = visit.page
    expect(page.locator("[data-page=home]")).to_be_visible()
    expect(page.locator("[data-tile=wallet]")).to_have_count(0)
    visit.go("/m/mine")
    expect(page.locator("[data-act=wallet]")).to_have_count(0)
    visit.go("/m/wallet")
    expect(page.locator("[data-page=wallet]")).to_have_count(0)


def test_a_residents_first_withdrawal_asks_for_a_second_factor(phones: Phones, desk: DeskTown, till: Till) -> None:
    login = desk.login(Role.RESIDENT, name="第一次提现的居民")
    till.rich(login, yuan=5)
    visit = at_withdrawing(phones, login)
    page = visit.page
    ask_for(page, "5")
    visit.expect("403")
    tap_go(page)
    expect(page.locator("[data-step-up]")).to_contain_text("设置")
    visit.shot("phone-withdraw-enrol")
    page.locator("[data-step-up] button").tap()
    expect(page.locator("[data-unanswered]")).to_have_count(0)
    assert till.bills(login) == []
