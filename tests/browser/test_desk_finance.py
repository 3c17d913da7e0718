"""A tenant's money on the desk: booked once, set aside, refused, taken back, compared; and one's own wallet."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from map_page_town import CHROMIUM
from money_till import YUAN, till_of
from pay_api import statement
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from money_till import Till
    from playwright.sync_api import Page, Route

pytestmark = pytest.mark.system(CHROMIUM)
TABS = ("overview", "budgets", "rewards", "rules", "metering", "payouts", "reconcile")


@pytest.fixture
def till(desk: DeskTown) -> Iterator[Till]:
    with till_of(desk) as made:
        yield made


@pytest.fixture
def admin(visits: Visits, desk: DeskTown) -> Visit:
    """Who pays: a tenant administrator with a fresh second factor."""
    return visits.by(desk.enrolled(Role.TENANT_ADMIN, name="管钱的人"), "/finance")


def tab(page: Page, name: str, ready: str) -> None:
    page.click(f"[data-tab={name}]")
    page.wait_for_selector(ready)


def units(page: Page, line: str, asset: int = 1) -> int:
    """What stands in a line of the overview; 1 is cash, 2 points."""
    cell = page.locator(f"[data-line={line}] td").nth(asset).locator("[data-units]")
    return int(cell.get_attribute("data-units") or "nothing")


def budget_of(desk: DeskTown, name: str) -> dict[str, Any]:
    with desk.home.work() as work:
        found = work.session.execute(text("SELECT * FROM market_budgets WHERE name = :name"), {"name": name})
        return dict(found.mappings().one())


def test_a_receipt_is_booked_once_and_only_after_a_second_look(admin: Visit, desk: DeskTown) -> None:
    page = admin.page
    page.wait_for_selector("[data-overview=idle] [data-table=standing]")
    before = units(page, "purse")
    number = f"HB-{uuid4().hex[:8]}"
    form = page.locator("[data-form=deposit]")
    for amount in ("0", "-5", "1.23456", "一百"):
        form.locator("[data-field=amount]").fill(amount)
        expect(form.locator("[data-why]")).to_be_visible()
    form.locator("[data-field=amount]").fill("19,468.50")
    form.locator("[data-field=number]").fill(number)
    form.locator("[data-field=date]").fill("2026-11-20")
    form.locator("[data-act=book]").click()
    expect(form.locator("[data-asks]")).to_contain_text(f"登记 19,468.50 元，回单 {number}，到账日期 2026-11-20")
    form.locator("[data-act=not]").click()
    expect(page.locator(f"[data-deposit='{number}']")).to_have_count(0)
    form.locator("[data-act=book]").click()
    form.locator("[data-act=sure]").click()
    expect(page.locator(f"[data-deposit='{number}']")).to_contain_text("19,468.50")
    expect(form.locator("[data-booked]")).to_contain_text(number)
    expect(page.locator("[data-line=purse] [data-units]").first).to_have_attribute(
        "data-units", str(before + 194_685_000)
    )
    form.locator("[data-field=amount]").fill("19468.5")
    form.locator("[data-field=number]").fill(number)  # the same receipt again, by whoever
    form.locator("[data-act=book]").click()
    form.locator("[data-act=sure]").click()
    expect(form.locator("[data-booked]")).to_be_visible()
    page.reload()
    page.wait_for_selector("[data-overview=idle] [data-table=standing]")
    assert units(page, "purse") == before + 194_685_000
    expect(page.locator(f"[data-deposit='{number}']")).to_have_count(1)
    form.locator("[data-field=amount]").fill("1")
    form.locator("[data-field=number]").fill(number)
    form.locator("[data-field=date]").fill("2026-11-20")
    form.locator("[data-act=book]").click()
    admin.expect("422")
    form.locator("[data-act=sure]").click()
    expect(form.locator("[role=alert]")).to_contain_text("number")
    assert desk


def test_a_budget_is_filled_and_given_back_under_its_cap(admin: Visit, desk: DeskTown, till: Till) -> None:
    till.fund(cash=1 * YUAN, points=1)
    page = admin.page
    page.goto(f"{desk.address}/finance?tab=budgets")
    page.wait_for_selector("[data-budgets=idle]")
    name = f"11 月线索 {uuid4().hex[:4]}"
    form = page.locator("[data-form=budget]")
    form.locator("[data-field=name]").fill(name)
    form.locator("[data-field=cap]").fill("100")
    form.locator("[data-act=make]").click()
    row = page.locator("[data-budget]", has_text=name)
    expect(row).to_contain_text("100.00 元")
    till.bring(500 * YUAN)
    page.reload()
    row.locator("[data-act=fund]").click()
    move = row.locator("[data-form=fund]")
    expect(move).to_contain_text("最多 100.00 元")
    move.locator("[data-field=amount]").fill("100.01")
    expect(move.locator("[data-why]")).to_contain_text("超过可用的数额")
    move.locator("[data-field=amount]").fill("60")
    move.locator("[data-act=go]").click()
    expect(move.locator("[data-asks]")).to_contain_text(f"从资金池拨 60.00 元 到“{name}”")
    move.locator("[data-act=sure]").click()
    expect(row.locator("[data-left] [data-units]")).to_have_attribute("data-units", str(60 * YUAN))
    row.locator("[data-act=release]").click()
    move = row.locator("[data-form=release]")
    move.locator("[data-field=amount]").fill("60.01")
    expect(move.locator("[data-why]")).to_be_visible()
    move.locator("[data-field=amount]").fill("12.5")
    move.locator("[data-act=go]").click()
    expect(move.locator("[data-asks]")).to_contain_text("回资金池")
    move.locator("[data-act=sure]").click()
    expect(row.locator("[data-left] [data-units]")).to_have_attribute("data-units", str(475_000))
    assert budget_of(desk, name)["funded"] == 475_000
    admin.shot("finance-budgets")


def test_a_lost_answer_moves_the_money_once(admin: Visit, desk: DeskTown, till: Till) -> None:
    till.fund()
    till.bring(500 * YUAN)
    page = admin.page
    page.goto(f"{desk.address}/finance?tab=budgets")
    row = page.locator(f"[data-budget='{next(iter(till.budgets.values()))}']")
    left = row.locator("[data-left] [data-units]")
    before = int(left.get_attribute("data-units") or "")
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(json.loads(route.request.post_data or "{}")["key"])
        route.fetch()
        route.abort()

    page.route(re.compile(r"/fund$"), lose)
    admin.expect("ERR_FAILED|Failed to load resource")
    row.locator("[data-act=fund]").click()
    move = row.locator("[data-form=fund]")
    move.locator("[data-field=amount]").fill("30")
    move.locator("[data-act=go]").click()
    move.locator("[data-act=sure]").click()
    expect(move.locator("[data-unanswered]")).to_contain_text("30.00 元")
    page.unroute_all()
    page.reload()  # the act outlives the page
    expect(left).to_have_attribute("data-units", str(before + 30 * YUAN))
    row.locator("[data-act=fund]").click()
    expect(move.locator("[data-unanswered]")).to_be_visible()
    with page.expect_request(re.compile(r"/fund$")) as again:
        move.locator("[data-act=go]").click()
    assert json.loads(again.value.post_data or "{}")["key"] == keys[0]
    expect(move).to_have_count(0)
    expect(left).to_have_attribute("data-units", str(before + 30 * YUAN))


def test_rewards_are_refused_and_taken_back_with_a_reason(visits: Visits, desk: DeskTown, till: Till) -> None:
    till.fund()
    earner = desk.login(Role.EXPERT, name=f"受奖人{uuid4().hex[:3]}")
    (points, cash) = till.earn(earner)
    paid = till.earn(earner)
    assert till.let_go(paid) == 2
    visit = visits.by(desk.enrolled(Role.SAFETY_MANAGER, name="审奖励的人"), "/finance?tab=rewards")
    page = visit.page
    row = page.locator(f"[data-reward='{cash.id}']")
    expect(row).to_contain_text("冻结中")
    expect(row).to_contain_text("0.50 元")
    row.locator("[data-act=refuse]").click()
    expect(row.locator("[data-asks]")).to_contain_text("冻结的钱退回预算")
    row.locator("[data-act=cancel]").click()
    expect(row.locator("[data-asks]")).to_have_count(0)
    row.locator("[data-act=refuse]").click()
    expect(row.locator("[data-act=sure]")).to_be_disabled()
    row.locator("[data-field=reason]").fill("图片与上次重复")
    row.locator("[data-act=sure]").click()
    expect(page.locator(f"[data-reward='{cash.id}'][data-is=refused]")).to_contain_text("图片与上次重复")
    taken = page.locator(f"[data-reward='{paid[1].id}']")
    taken.locator("[data-act=claw-back]").click()
    expect(taken.locator("[data-asks]")).to_contain_text("追回 0.50 元")
    taken.locator("[data-field=reason]").fill("事后查明不属实")
    taken.locator("[data-act=sure]").click()
    expect(page.locator(f"[data-reward='{paid[1].id}'][data-is=clawed_back]")).to_be_visible()
    taken.locator("[data-act=history]").click()
    expect(taken.locator("[data-history]")).to_contain_text("发放")
    expect(taken.locator("[data-history]")).to_contain_text("追回 · 审奖励的人 · 事后查明不属实")
    visit.shot("finance-rewards")
    page.select_option("[data-filter=state]", "refused")
    expect(page.locator(f"[data-reward='{cash.id}']")).to_be_visible()
    expect(page.locator(f"[data-reward='{points.id}']")).to_have_count(0)
    assert page.url.endswith("state=refused")


def test_a_decision_asks_for_the_second_factor(visits: Visits, desk: DeskTown, till: Till) -> None:
    till.fund()
    (reward, _) = till.earn(desk.login(Role.EXPERT, name="等决定的人"))
    login = desk.enrolled(Role.SAFETY_MANAGER, name="验证过时的人")
    visit = visits.by(login, "/finance?tab=rewards")
    page = visit.page
    row = page.locator(f"[data-reward='{reward.id}']")
    row.locator("[data-act=refuse]").click()
    row.locator("[data-field=reason]").fill("照片不清")
    code = desk.age_factor(login)
    visit.expect("403")
    row.locator("[data-act=sure]").click()
    page.fill("input[name=step-up-code]", code)
    page.click("[data-step-up] button[type=submit]")
    expect(page.locator(f"[data-reward='{reward.id}'][data-is=refused]")).to_be_visible()


def test_rules_metering_and_payouts_are_told(admin: Visit, desk: DeskTown, till: Till) -> None:
    earner = desk.enrolled(Role.EXPERT, name="提过现的人")
    till.rich(earner, yuan=40)
    page = admin.page
    tab(page, "rules", "[data-pay-rules=idle] [data-rule=clue]")
    expect(page.locator("[data-edition]")).to_contain_text("冻结 72 小时")
    expect(page.locator("[data-rule=indoor_review_cash]")).to_contain_text("0.50 元")
    expect(page.locator("[data-rule=indoor_review_cash]")).to_contain_text("专家")
    expect(page.locator("[data-rule=task]")).to_contain_text("按任务")
    admin.shot("finance-rules")
    tab(page, "metering", "[data-metering=idle]")
    expect(page.locator("[data-metering]")).to_have_attribute("data-difference", "0")
    expect(page.locator("[data-same=true]")).to_contain_text("计量与账本一致")
    admin.shot("finance-metering")
    tab(page, "payouts", "[data-payouts=idle]")
    admin.shot("finance-payouts")


def test_the_providers_statement_is_compared(admin: Visit, desk: DeskTown, till: Till, tmp_path: Path) -> None:
    missing = uuid4().hex
    file = tmp_path / "资金账单.csv"
    file.write_bytes(statement((missing, 1_234)))
    page = admin.page
    tab(page, "reconcile", "[data-reconciliations=idle]")
    form = page.locator("[data-form=reconcile]")
    expect(form.locator("[data-act=compare]")).to_be_disabled()
    form.locator("[data-field=file]").set_input_files(str(file))
    form.locator("[data-act=compare]").click()
    row = page.locator("[data-reconciliation]").first
    expect(row).to_contain_text("资金账单.csv")
    admin.shot("finance-reconcile")
    wrong = tmp_path / "not.csv"
    wrong.write_text("hello", encoding="utf-8")
    form.locator("[data-field=file]").set_input_files(str(wrong))
    admin.expect("422")
    form.locator("[data-act=compare]").click()
    expect(form.locator("[role=alert]")).to_be_visible()
    assert desk
    assert till


def test_who_only_reads_finds_no_button(visits: Visits, desk: DeskTown, till: Till) -> None:
    till.fund()
    visit = visits.by(desk.enrolled(Role.AUDITOR, name="只看账的人"), "/finance")
    page = visit.page
    page.wait_for_selector("[data-overview=idle] [data-table=standing]")
    expect(page.locator("[data-form]")).to_have_count(0)
    expect(page.locator("[data-tab=reconcile]")).to_have_count(0)
    tab(page, "budgets", "[data-budgets=idle] [data-budget]")
    expect(page.locator("[data-act=fund], [data-act=release], [data-form]")).to_have_count(0)
    tab(page, "rewards", "[data-rewards=idle]")
    expect(page.locator("[data-act=refuse], [data-act=claw-back]")).to_have_count(0)


def test_who_has_nothing_to_do_with_money_has_no_finance(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    expect(visit.page.locator("nav [data-page=finance]")).to_have_count(0)
    visit.go("/finance")
    expect(visit.page.locator("[data-page=finance]")).to_have_count(0)


def test_every_part_fits_in_both_languages(admin: Visit, desk: DeskTown, till: Till) -> None:
    till.fund()
    earner = desk.enrolled(Role.EXPERT, name="看得见的人")
    till.let_go(till.earn(earner, 2))
    till.earn(earner, 2)
    page = admin.page
    for language in ("zh", "en"):
        page.evaluate(f"localStorage.setItem('pipewarden.language', '{language}')")
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for one in TABS:
                page.goto(f"{desk.address}/finance?tab={one}")
                page.wait_for_selector(f"main[data-tab-is={one}]")
                page.wait_for_load_state("networkidle")
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (one, width, language)
                admin.shot(f"finance-all-{one}-{language}-{width}")


def test_ones_own_wallet_is_behind_ones_name(visits: Visits, desk: DeskTown, till: Till) -> None:
    login = desk.enrolled(Role.EXPERT, name="坐办公室的专家")
    till.fund()
    till.let_go(till.earn(login, 2))
    till.earn(login)
    till.rich(login, yuan=20, points=300)
    visit = visits.by(login)
    visit.expect("404")  # their home: they have the role and never registered
    page = visit.page
    expect(page.locator("nav [data-page=wallet]")).to_have_count(0)
    page.locator(".who [data-act=wallet]").click()
    page.wait_for_selector("main[data-page=wallet][data-state=idle]")
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "210000")
    expect(page.locator("[data-entry]")).to_have_count(6)
    expect(page.locator("[data-held] [data-reward]")).to_have_count(2)
    visit.shot("wallet-desk")
    form = page.locator("[data-form=withdraw]")
    form.locator("[data-field=amount]").fill("10")
    expect(form.locator("[data-net]")).to_have_text("10.00 元")
    form.locator("[data-act=go]").click()
    expect(page.locator("[data-bill]")).to_have_attribute("data-state-is", "reserved")
    till.run()
    expect(page.locator("[data-bill][data-state-is=to_confirm] [data-confirm]")).to_be_visible()
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "110000")
    page.click("[data-way=exchange]")
    page.locator("[data-field=points]").fill("200")
    expect(page.locator("[data-out]")).to_have_text("2.00 元")
    page.locator("[data-form=exchange] [data-act=go]").click()
    expect(page.locator("[data-balance]")).to_have_attribute("data-cash", "130000")
    for way in ("payee", "rewards", "statement"):
        page.click(f"[data-way={way}]")
        page.wait_for_load_state("networkidle")
        visit.shot(f"wallet-desk-{way}")
    visit.go("/sign-ins")
    expect(page.locator("main [data-act=wallet]")).to_be_visible()
    for language in ("zh", "en"):
        page.evaluate(f"localStorage.setItem('pipewarden.language', '{language}')")
        for width, height in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            visit.go("/wallet")
            page.wait_for_selector("main[data-page=wallet][data-state=idle]")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, language)
            visit.shot(f"wallet-desk-{language}-{width}")
