"""The roster on the desk: put somebody on duty, let another stand in, copy the week, and see when nobody is there."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)


def shoot(visit: Visit, name: str) -> None:
    """Keep a picture of the page where PIPEWARDEN_SHOTS names a folder: for a person to look at."""
    folder = os.environ.get("PIPEWARDEN_SHOTS")
    if folder:
        visit.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def next_week(visit: Visit) -> str:
    """Turn to the week to come, which lies before nobody's now, and return its Monday as the page says it."""
    page, before = visit.page, visit.page.locator("[data-page=roster]").get_attribute("data-week")
    page.click("[data-act=after]")
    expect(page.locator("[data-page=roster]")).not_to_have_attribute("data-week", str(before))
    return str(page.locator("[data-page=roster]").get_attribute("data-week"))


def put_on(visit: Visit, area: object, who: str, begins: str, ends: str) -> None:
    page = visit.page
    page.click("[data-act=add]")
    page.select_option("[data-form=roster] [name=role]", "locator")
    page.select_option("[data-form=roster] [name=area]", str(area))
    page.select_option("[data-form=roster] [name=person]", label=who)
    page.fill("[data-form=roster] [name=begins]", begins)
    page.fill("[data-form=roster] [name=ends]", ends)
    page.click("[data-form=roster] button[type=submit]")


def test_a_week_is_planned_and_copied(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.SAFETY_MANAGER)
    for name in ("探测甲", "探测乙"):
        desk.login(Role.LOCATOR, name=name)
    visit = visits.by(login, "/people")
    page = visit.page
    page.click("[data-act=roster]")
    with desk.home.work() as work:
        now = work.now() + timedelta(hours=8)
    monday = (now - timedelta(days=now.weekday()) + timedelta(days=7)).date()
    assert next_week(visit) == f"{monday:%m-%d}"
    put_on(visit, desk.areas["demo-city"], "探测甲", f"{monday}T08:00", f"{monday}T20:00")
    row = page.locator("[data-post='locator demo-city']")
    duty = row.locator("[data-duty]")
    expect(duty).to_have_text("08:00–20:00探测甲")
    assert row.locator("[data-gap]").all_text_contents()[:3] == ["00:00–08:00", "20:00–24:00", "00:00–24:00"]
    put_on(
        visit, desk.areas["demo-city"], "探测乙", f"{monday}T19:00", f"{monday}T23:00"
    )  # somebody is there: the server says until when
    expect(page.locator("[data-form=roster] [role=alert]")).to_contain_text("begins_at")
    visit.expect("409")
    page.click("[data-form=roster] .quiet")
    duty.click()
    panel = page.locator("[data-panel]")
    panel.locator("[name=person]").select_option(label="探测乙")
    panel.locator("[name=begins]").fill(f"{monday}T10:00")
    panel.locator("[name=ends]").fill(f"{monday}T12:00")
    panel.locator("[name=reason]").fill("病假")
    panel.locator("[data-act=swap]").click()
    expect(duty.locator("[data-served=other]")).to_have_text("10:00–12:00探测乙替班")
    expect(panel.locator("[data-swap]")).to_contain_text("病假")
    shoot(visit, "roster")
    page.click("[data-act=copy]")
    expect(page.locator("[data-copied]")).to_contain_text("已排入 1 班；0 班未排")
    after = monday + timedelta(days=7)
    expect(page.locator("[data-page=roster]")).to_have_attribute("data-week", f"{after:%m-%d}")
    expect(duty).to_have_text("08:00–20:00探测甲")  # who stood in did so once
    page.on("dialog", lambda dialog: dialog.accept())
    duty.click()
    page.click("[data-act=end]")
    expect(page.locator("[data-duty]")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("这一周没有排班")


def test_who_may_not_write_it_reads_it(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/sites")
    visit.page.click("[data-act=roster]")
    visit.page.wait_for_selector("[data-page=roster][data-state=idle]")
    expect(visit.page.locator("[data-act=add], [data-act=copy]")).to_have_count(0)
    visit.page.click("[data-act=after]")
    duty = visit.page.locator("[data-duty]")
    expect(duty).to_have_count(1)
    duty.click()
    panel = visit.page.locator("[data-panel]")
    expect(panel).to_contain_text("探测甲")
    expect(panel.locator("[data-act=end], form")).to_have_count(0)
    shoot(visit, "roster-read")
