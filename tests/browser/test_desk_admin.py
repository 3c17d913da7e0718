"""The administrators' pages: a role edited, a part switched off, keys, webhooks, channels and an account seen to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from act_office import Way
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.act import jobs
from pipewarden.main.act import open_post
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Page

pytestmark = pytest.mark.system(CHROMIUM)
WIDE = {"viewport": {"width": 1440, "height": 900}}
LOOKED = "PIPEWARDEN_PICTURES" in os.environ


def night(visit: Visit, name: str) -> None:
    """Keep the page in the dark and in English too, where somebody looks."""
    if LOOKED:
        visit.page.click("[data-act=theme]")
        visit.shot(f"{name}-dark")
        visit.page.click("[data-act=theme]")
        visit.page.click("[data-act=language]")
        visit.shot(f"{name}-en")
        visit.page.click("[data-act=language]")


@pytest.fixture
def engineers(desk: DeskTown) -> Iterator[None]:
    """Give the role of supervising engineers back as it ships."""
    yield
    with desk.home.work() as work:
        shipped = people.shipped_roles().roles[Role.SUPERVISING_ENGINEER]
        root = people.operator(work.tenant_id)
        people.edit_role(work, root, Role.SUPERVISING_ENGINEER, shipped, reason="back")


@pytest.mark.usefixtures("engineers")
def test_a_role_is_edited_after_its_effect_was_seen(visits: Visits, desk: DeskTown) -> None:
    desk.login(Role.SUPERVISING_ENGINEER, name="监理老周")
    guard = desk.enrolled(Role.SECURITY_ADMIN, name="管权限的人")
    visit = visits.by(guard, "/admin", **WIDE)
    page = visit.page
    expect(page.locator("[data-link=audit]")).to_have_count(0)
    page.click("[data-link=roles]")
    page.wait_for_selector("[data-view=roles][data-state=idle]")
    page.click("[data-role=security_admin]")
    expect(page.locator("[data-held]")).to_be_visible()
    expect(page.locator("[data-bar]")).to_have_count(0)
    page.click("[data-role=supervising_engineer]")
    page.uncheck("input[name=only]")
    expect(page.locator("[data-may='audit:read'] select")).to_have_count(0)
    page.select_option("[data-may='alarm:export'] select", "area")
    page.select_option("[data-may='strike:read'] select", "")
    expect(page.locator("[data-bar] strong")).to_have_text("2 处改动")
    page.click("[data-act=preview]")
    effect = page.locator("[data-effect]")
    expect(effect.locator("[data-gains]")).to_contain_text("把告警导出为文件 · 本区域")
    expect(effect.locator("[data-loses]")).to_contain_text("看挖断")
    expect(effect.locator("[data-holders]")).to_contain_text("监理老周")
    expect(effect).to_contain_text("须设第二验证")
    effect.locator("input[name=reason]").fill("三号线会战，期满收回")
    visit.shot("admin-role")
    code = desk.age_factor(guard)
    effect.locator("[data-act=put]").click()
    page.fill("input[name=step-up-code]", code)
    visit.expect("403")
    page.click("[data-step-up] button[type=submit]")
    expect(page.locator("[data-done]")).to_be_visible()
    edited = page.locator("[data-role-is=supervising_engineer][data-own=true]")
    expect(edited).to_contain_text("管权限的人")
    expect(page.locator("[data-role=supervising_engineer]")).to_contain_text("已改")
    night(visit, "admin-role-done")


def test_a_part_is_switched_off_after_it_was_asked_and_on_again(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER, name="安全老郑"), "/admin", **WIDE)
    page = visit.page
    page.click("[data-link=switches]")
    page.wait_for_selector("[data-view=switches][data-state=idle]")
    voice = page.locator("[data-door=voice]")
    voice.locator("[data-act=shut]").press("Enter")
    asked = page.locator("[data-asked]")
    expect(asked.locator("[data-blind]")).to_contain_text("消息改走下一个渠道")
    expect(asked.locator("button[type=submit]")).to_be_disabled()
    expect(asked.locator("input[name=reason]")).to_be_focused()
    page.keyboard.type("号码被运营商封了")
    visit.shot("admin-switch-asked")
    page.keyboard.press("Enter")
    expect(page.locator("[data-door=voice][data-on=false]")).to_contain_text("号码被运营商封了 · 安全老郑")
    expect(page.locator("[data-off]")).to_contain_text("个部分停用中")
    night(visit, "admin-switches")
    page.click("[data-tab=channels]")
    expect(page.locator("[data-channel=voice]")).not_to_have_attribute("data-ready", "ready")
    page.click("[data-tab=switches]")
    page.locator("[data-door=voice] [data-act=open]").click()
    page.fill("[data-asked] input[name=reason]", "换了号码")
    page.click("[data-asked] button[type=submit]")
    expect(page.locator("[data-door=voice]")).to_have_attribute("data-on", "true")


def test_an_administrator_looks_after_ways_keys_and_accounts(visits: Visits, desk: DeskTown) -> None:
    leaver = desk.login(Role.GRID_WORKER, name="要走的网格员")
    visit = visits.by(desk.enrolled(Role.TENANT_ADMIN, name="管接口的人"), "/admin", **WIDE)
    page = visit.page
    page.wait_for_selector("[data-group=ways]")
    visit.shot("admin-hub")
    night(visit, "admin-hub")
    _keys(page, visit)
    _webhooks(page, visit, desk)
    _channels(page, visit, desk)
    _account(page, visit, desk.address, leaver)


def _keys(page: Page, visit: Visit) -> None:
    """A key is made, followed by another, and ended."""
    page.click("[data-tab=keys]")
    page.wait_for_selector("[data-view=keys][data-state=idle]")
    page.fill("input[name=key-name]", "三号塔盒子")
    page.check("input[value='observation:create']")
    page.click("[data-form=key] button[type=submit]")
    first = page.locator("[data-secret]").inner_text()
    row = page.locator("[data-key='三号塔盒子'][data-key-state=live]")
    row.locator("[data-act=rotate]").click()
    row.locator("[data-act=rotate-sure]").click()
    expect(page.locator("[data-secret]")).not_to_have_text(first)
    visit.shot("admin-keys")
    page.click("[data-act=kept]")
    expect(page.locator("[data-secret]")).to_have_count(0)
    row.locator("[data-act=end]").first.click()
    row.locator("[data-act=end-sure]").click()
    expect(
        page.locator("[data-key='三号塔盒子'][data-key-state=live], [data-key='三号塔盒子'][data-key-state=ending]")
    ).to_have_count(1)


def _webhooks(page: Page, visit: Visit, desk: DeskTown) -> None:
    """A subscription is made, tried and ended, and says what became of the try."""
    page.click("[data-tab=webhooks]")
    hooks = page.locator("[data-hooks]")
    hooks.locator("input[name=hook-name]").fill("城管督办")
    hooks.locator("input[name=hook-url]").fill("https://city.example.org/in/path")
    hooks.locator(":scope > form summary").click()
    hooks.locator(":scope > form input[value=struck]").check()
    hooks.locator(":scope > form button[type=submit]").click()
    expect(hooks.locator("[data-secret]")).to_contain_text("whsec_")
    mine = hooks.locator("[data-hook-name='城管督办']")
    expect(mine).to_contain_text("1 种事件")
    mine.locator("[data-act=try]").click()
    expect(mine.locator("[data-delivery=waiting]")).to_have_count(1)
    sent(desk)
    expect(mine.locator("[data-delivery=accepted]")).to_have_count(1)
    mine.locator("[data-attempts] summary").click()
    expect(mine.locator("[data-attempts] li").last).to_contain_text("已接收")
    visit.shot("admin-webhooks")
    mine.locator("[data-act=drop]").click()
    mine.locator("[data-act=drop-sure]").click()
    expect(mine).to_have_count(0)


def _channels(page: Page, visit: Visit, desk: DeskTown) -> None:
    """A channel is tried on oneself; a platform is made to sign."""
    page.click("[data-tab=channels]")
    page.click("[data-act=own]")
    points = page.locator("[data-points='/v1/me/contacts']")
    points.locator("input[name=address]").fill("693a91f6-7bc4-4bc4-97a0-0ec2sifa5bbb")
    points.locator("button[type=submit]").click()
    expect(points.locator("[data-kind=wecom]")).to_be_visible()
    page.go_back()
    robot = page.locator("[data-channel=wecom]")
    robot.locator("[data-act=test]").click()
    expect(robot.locator("[data-result=waiting]")).to_be_visible()
    sent(desk)
    expect(robot.locator("[data-result=accepted]")).to_be_visible()
    visit.shot("admin-channels")
    page.click("[data-tab=doors]")
    page.wait_for_selector("[data-view=doors][data-state=idle]")
    page.select_option("select[name=platform]", "city-lifeline")
    page.click("[data-form=intake] button[type=submit]")
    expect(page.locator("[data-secret]")).to_contain_text("whsec_")
    visit.shot("admin-doors")
    page.click("[data-tab=tenants]")
    expect(page.locator("[data-tenant]")).to_have_count(1)
    visit.shot("admin-tenants")


def _account(page: Page, visit: Visit, address: str, leaver: str) -> None:
    """An account gets a phone to sign in by, and is closed."""
    page.goto(f"{address}/people")
    page.click(f"[data-account-of='{leaver}']")
    account = page.locator("[data-account]")
    account.locator("input[name=handle-address]").fill("13812345678")
    account.locator("[data-form=handle] button").click()
    expect(account.locator("[data-handle=phone]")).to_contain_text("…78")
    account.locator("[data-act=disable]").click()
    account.locator("[data-act=disable-sure]").click()
    expect(account.locator("[data-person-state=disabled]")).to_be_visible()
    visit.shot("admin-account")


def sent(desk: DeskTown) -> None:
    """Let what waits go out, by channels that take everything."""

    def run() -> None:
        post = open_post(desk.home.settings, b"a secret of this test run alone.")
        ways = {kind: Way() for kind in post.channels}
        jobs.send_waiting(desk.home.factory.begin, type(post)(post.casework, ways, post.secret, post.public_url))

    desk._apart(run)
