"""Signing in with a second factor, seen from the desk: set up, given, asked again before a grave act, taken away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from desk_town import PASSWORD
from playwright.sync_api import expect
from second_factor import Authenticator

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits


def ready(visit: Visit) -> None:
    visit.page.wait_for_selector("main[data-page=sign-ins][data-state=idle]")


def test_a_second_factor_is_set_up_from_the_banner(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER, name="要验证器"))
    page = visit.page
    expect(page.locator("[data-enrol]")).to_contain_text("您的角色需要第二因素")
    page.click("[data-act=enrol]")
    ready(visit)
    page.click("[data-act=begin]")
    expect(page.locator("[data-factor] img")).to_be_visible()
    visit.shot("factor-begin")
    device = Authenticator(page.locator("[data-secret]").inner_text())
    visit.expect("401")
    page.fill("input[name=first-code]", "000000")
    page.locator(".begun button[type=submit]").click()
    expect(page.locator("[data-factor] [role=alert]")).to_contain_text("验证码不对")
    page.fill("input[name=first-code]", device.code(desk.home.factory.clock.now()))
    page.locator(".begun button[type=submit]").click()
    codes = page.locator("[data-codes] li")
    expect(codes).to_have_count(10)
    expect(page.locator("[data-factor][data-confirmed=true]")).to_contain_text("剩余恢复码 10 个")
    expect(page.locator("[data-enrol]")).to_have_count(0)
    expect(page.locator("[data-live=live]")).to_be_visible()
    page.wait_for_timeout(1500)  # the line of the session that rotated ends, and another one begins
    expect(page.locator("[data-live=live]")).to_be_visible()
    expect(codes).to_have_count(10)
    visit.shot("factor-codes")
    assert page.locator("img").evaluate_all("all => all.length") == 0, "the secret is not shown any more"


def test_signing_in_asks_for_a_code_and_leads_on(visits: Visits, desk: DeskTown) -> None:
    login = desk.enrolled(Role.SAFETY_MANAGER)
    visit = visits.stranger()
    visit.go("/cameras")
    visit.fill_sign_in(login)
    page = visit.page
    page.wait_for_selector("main[data-page=second-factor]")
    assert page.locator("nav").count() == 0
    visit.shot("second-factor")
    visit.go("/people")  # an address typed by hand leads past nothing
    page.wait_for_url(re.compile("/second-factor"))
    visit.expect("401")
    page.fill("input[name=code]", "abcd-efgh-ijkl-mnop")
    page.click("button[type=submit]")
    expect(page.locator("[data-wrong]")).to_contain_text("验证码不对")
    page.fill("input[name=code]", desk.devices[login].recovery_left())
    page.click("button[type=submit]")
    page.wait_for_selector("main[data-page=people][data-state=idle]")


def test_a_grave_act_asks_again_and_goes_on_by_itself(visits: Visits, desk: DeskTown) -> None:
    login = desk.enrolled(Role.TENANT_ADMIN)
    visit = visits.by(login, "/people")
    page = visit.page
    page.wait_for_selector("main[data-page=people][data-state=idle]")
    code = desk.age_factor(login)
    page.click("[data-act=add]")
    form = page.locator("[data-form=person]")
    for name, value in (("name", "郑后来"), ("login", "zheng.later"), ("password", PASSWORD)):
        form.locator(f"input[name={name}]").fill(value)
    visit.expect("403")
    form.locator("button[type=submit]").click()
    sheet = page.locator("dialog[data-step-up]")
    expect(sheet).to_contain_text("请再次输入验证码")
    visit.shot("step-up")
    visit.expect("401")
    sheet.locator("input").fill("000000")
    sheet.locator("button[type=submit]").click()
    expect(sheet.locator("[role=alert]")).to_contain_text("验证码不对")
    sheet.locator("input").fill(code)
    sheet.locator("button[type=submit]").click()
    expect(page.locator("[data-made]")).to_contain_text("zheng.later")
    expect(sheet).to_be_hidden()
    expect(page.locator("nav")).to_be_visible()


def test_who_has_none_is_led_to_set_one_up(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.TENANT_ADMIN, name="没有验证器"), "/people")
    page = visit.page
    page.wait_for_selector("main[data-page=people][data-state=idle]")
    page.click("[data-act=add]")
    form = page.locator("[data-form=person]")
    for name, value in (("name", "无人"), ("login", "nobody.made"), ("password", PASSWORD)):
        form.locator(f"input[name={name}]").fill(value)
    visit.expect("403")
    form.locator("button[type=submit]").click()
    sheet = page.locator("dialog[data-step-up]")
    expect(sheet).to_contain_text("请先设置第二因素")
    sheet.locator("[data-act=set-up]").click()
    ready(visit)
    expect(page.locator("[data-act=begin]")).to_be_visible()


def test_ones_other_browser_is_seen_and_signed_out(visits: Visits, desk: DeskTown) -> None:
    login = desk.enrolled(Role.DISPATCHER)
    first = visits.by(login, "/sign-ins")
    ready(first)
    other = visits.stranger(user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/141.0 Mobile Safari/537.36")
    other.go("/cameras")
    other.fill_sign_in(login)
    other.page.wait_for_selector("main[data-page=second-factor]")
    other.page.fill("input[name=code]", desk.devices[login].recovery_left())
    other.page.click("button[type=submit]")
    other.page.wait_for_selector("nav")
    first.go("/sign-ins")
    ready(first)
    mine = first.page.locator("[data-sessions=mine]")
    stranger = mine.locator(".el-table__row", has_text="Chrome, Android")
    expect(stranger).to_contain_text("127.0.0.1")
    expect(mine.locator(".el-table__row", has_text="本机")).to_have_count(1)
    first.shot("sign-ins")
    stranger.locator("[data-end]").click()
    expect(stranger).to_have_count(0)
    other.expect("401")
    other.go("/cameras")
    other.page.wait_for_url(re.compile("/sign-in"))


def test_a_security_administrator_resets_a_lost_factor(visits: Visits, desk: DeskTown) -> None:
    lost = desk.enrolled(Role.PATROLLER, name="丢手机")
    visit = visits.by(desk.enrolled(Role.SECURITY_ADMIN), "/sign-ins")
    ready(visit)
    page = visit.page
    row = page.locator("[data-factors] .el-table__row", has_text="丢手机")
    expect(row).to_contain_text("剩余恢复码 10 个")
    visit.shot("sign-ins-everybody")
    row.locator("[data-reset]").click()
    row.locator("[data-act=reset]").click()
    expect(row).not_to_contain_text("剩余恢复码")
    after = visits.stranger()
    after.go()
    after.fill_sign_in(lost)
    ready(after)
    expect(after.page.locator("[data-factor] [role=alert]")).to_contain_text("设置期限已过")
    assert after.page.locator("nav").count() == 0
