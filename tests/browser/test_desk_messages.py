"""Messages on the desk: the bell, the list, how I am reached, group robots, subscriptions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.act import service
from pipewarden.casework.facts import Call, Urgency
from pipewarden.main.act import open_post
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
KEY = "693a91f6-7bc4-4bc4-97a0-0ec2sifa5aaa"


def tell(desk: DeskTown, login: str, count: int) -> None:
    """Let act tell somebody something of its own."""

    def run() -> None:
        post = open_post(desk.home.settings, b"a secret of this test run alone.")
        with desk.home.work() as work:
            person = people.person_by_login(work, people.operator(work.tenant_id), login)
            for number in range(count):
                words = {"count": str(number + 1), "names": "张三"}
                call = Call(
                    work.ids.new(), work.tenant_id, person.id, Urgency.DUE, (), None, 0, 0, "reach.missing", words,
                    work.now(), None,
                )  # fmt: skip
                service.plan(work, post, [call], own=True)

    desk._apart(run)


def shoot(visit: Visit, name: str) -> None:
    """Keep a picture of the page where PIPEWARDEN_SHOTS names a folder: for a person to look at."""
    folder = os.environ.get("PIPEWARDEN_SHOTS")
    if folder:
        visit.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_the_bell_counts_until_i_have_looked(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.SAFETY_MANAGER, name="只等这三条")  # others of the role are told things by other tests
    tell(desk, login, 3)
    visit = visits.by(login, "/channels")
    bell = visit.page.locator("[data-act=messages]")
    expect(bell).to_have_attribute("data-unread", "3")
    visit.page.wait_for_selector("[data-live=live]")  # what comes late moves the bell aside
    expect(visit.page.locator("main")).to_contain_text("没有外部系统订阅")
    bell.click()
    rows = visit.page.locator("[data-message]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("24 小时内值守有 3 人联系不上：张三")
    expect(rows.first).to_contain_text("渠道未送达，仅在此处")
    expect(bell).to_have_attribute("data-unread", "0")
    shoot(visit, "messages")
    visit.page.reload()
    expect(visit.page.locator("[data-message][data-read=true]")).to_have_count(3)


def test_i_say_how_i_am_reached_and_see_only_a_hint_of_it(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.PATROLLER), "/channels")
    mine = visit.page.locator("[data-points='/v1/me/contacts']")
    expect(mine).to_contain_text("还没有联系方式")
    mine.locator("input[name=address]").fill(KEY)
    mine.locator("button[type=submit]").click()
    row = mine.locator("[data-kind=wecom]")
    expect(row).to_contain_text("…5aaa")
    assert KEY not in visit.page.content()
    mine.locator("[data-field=kind]").click()
    visit.page.locator(".el-select-dropdown__item:has-text('邮件')").last.click()
    mine.locator("input[name=address]").fill("zhang@example.org")
    mine.locator("button[type=submit]").click()
    mail = mine.locator("[data-kind=email]")
    expect(mail).to_contain_text("2. 邮件")
    mail.locator("[data-act=first]").click()
    expect(mail).to_contain_text("1. 邮件")
    expect(mine.locator("li")).to_have_count(2)
    row.locator("[data-act=drop]").click()
    expect(mine.locator("li")).to_have_count(1)
    expect(visit.page.locator("[data-points='/v1/robots']")).to_have_count(0)


def test_an_administrator_keeps_robots_and_subscriptions(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.TENANT_ADMIN), "/channels")
    page = visit.page
    robots = page.locator("[data-points='/v1/robots']")
    robots.locator("input[name=address]").fill(KEY)
    robots.locator("button[type=submit]").click()
    expect(robots.locator("[data-kind=wecom]")).to_contain_text("…5aaa")
    hooks = page.locator("[data-hooks]")
    hooks.locator("input[name=hook-name]").fill("城管")
    hooks.locator("input[name=hook-url]").fill("https://city.example.org/in/secret-path")
    hooks.locator("button[type=submit]").click()
    expect(hooks.locator("[data-made]")).to_contain_text("whsec_")
    row = hooks.locator("[data-hook=active]")
    expect(row).to_contain_text("https://city.example.org/…")
    row.locator("[data-act=try]").click()
    expect(row).to_contain_text("已发出测试")
    shoot(visit, "channels")
    visit.page.reload()
    expect(hooks.locator("[data-hook=active]")).to_have_count(1)
    expect(hooks.locator("[data-made]")).to_have_count(0)


def test_what_the_server_refuses_is_said_by_the_field(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/channels")
    visit.expect("422")
    mine = visit.page.locator("[data-points='/v1/me/contacts']")
    mine.locator("input[name=address]").fill("短")
    mine.locator("button[type=submit]").click()
    expect(mine).to_contain_text("items.0.address")


def test_a_manager_sees_and_does_not_change(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/channels")
    expect(visit.page.locator("[data-hooks]")).to_be_visible()
    expect(visit.page.locator("[data-hooks] form")).to_have_count(0)
    expect(visit.page.locator("[data-points='/v1/robots'] form")).to_have_count(0)
    expect(visit.page.locator(".reach")).to_contain_text("还没有第一次结果")
