"""How the desk behaves over a shift: two languages, keys, light and dark, a broken line, errors, and other pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx2
import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.main.web.console import PAGES
from pipewarden.people.facts import Role
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits

pytestmark = pytest.mark.system(CHROMIUM)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_english_is_complete_and_kept_for_the_browser(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    page = visit.page
    visit.settled()
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    page.click("[data-act=language]")
    assert page.evaluate("document.documentElement.lang") == "en"
    pages = "Alarms Sites Reviews Report Waiting Filings Strikes To_authorities Cameras Patrols"
    pages += " Quality Insight Rules Questions Policies Gas_at_home"
    pages += " Commissions Capabilities Experts Networks People Finance Admin"
    expect(page.locator("nav a")).to_have_text([one.replace("_", " ") for one in pages.split()])
    page.reload()
    visit.settled()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.locator(".card h3 button").last.click()
    page.wait_for_selector("[data-detail=idle]")
    page.evaluate("document.querySelectorAll('.card .line').forEach(one => one.remove())")  # names of places stay
    texts = [
        page.locator(".list").inner_text(),
        page.locator(".bar").inner_text(),
        page.locator(".legend").inner_text(),
    ]
    words = [line for block in texts for line in block.splitlines() if CHINESE.search(line)]
    assert [line for line in words if "虚构" not in line and line not in {"管卫", "中文"}] == []
    page.click("[data-act=language]")
    expect(page.locator("nav")).to_contain_text("告警")


def test_everything_is_reached_by_keyboard(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    visit.settled()
    order = page.locator(".card").evaluate_all("all => all.map(one => one.dataset.alarm)")
    assert len(order) > 1
    page.keyboard.press("j")
    expect(visit.card(order[0])).to_have_attribute("aria-current", "true")
    page.keyboard.press("j")
    expect(visit.card(order[1])).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{desk.address}/alarms/{order[0]}")
    page.wait_for_selector("[data-detail=idle]")
    page.keyboard.press("j")
    page.wait_for_selector(f'[data-detail=idle][data-alarm="{order[1]}"]')
    page.keyboard.press("?")
    sheet = page.locator("dialog[open]")
    expect(sheet.locator("kbd")).to_have_count(16)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(page.locator(".detail")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(desk.address + "/")
    sound = page.locator("[data-sound]")
    expect(sound).to_have_attribute("data-sound", "on")  # a key was pressed: the browser lets it sound now
    page.keyboard.press("m")
    expect(sound).to_have_attribute("data-sound", "muted")
    expect(sound).to_have_text("已静音")
    wanted = {"alarms", "report", "cameras", "theme", "language", "sign-out", "take", "fit", "SUMMARY"}
    reached: set[str] = set()
    for _ in range(300):  # other tests' alarms are stops too
        page.keyboard.press("Tab")
        reached.add(page.evaluate("(e => e.dataset.act || e.dataset.page || e.tagName)(document.activeElement)"))
        if wanted <= reached:
            break
    assert wanted <= reached


def test_dark_is_kept_and_the_map_is_dressed_anew(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), color_scheme="dark")
    page = visit.page
    visit.settled()
    theme = "document.documentElement.dataset.theme"
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(theme) == "dark"
    dark, before = page.evaluate(paper), visit.shown("alarms")
    page.click("[data-act=theme]")
    assert page.evaluate(theme) == "light"
    assert page.evaluate(paper) != dark
    page.wait_for_selector("[data-map=desk][data-state=idle]")
    assert visit.shown("alarms") == before
    page.reload()
    visit.settled()
    assert page.evaluate(theme) == "light"


def test_a_broken_line_is_said_and_nothing_is_missed(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    mark = visit.page.locator("[data-live]")
    expect(mark).to_have_attribute("data-live", "live")
    expect(mark).to_contain_text("实时")
    desk.app.state.live.stopping.set()  # every stream ends, as when the service starts again
    try:
        expect(mark).to_have_attribute("data-live", "broken")
        expect(mark).to_contain_text(re.compile(r"断线重连中，自 \d\d:\d\d 起"))
        desk.report((116.7051, 39.5251), "断线时的挖机")
    finally:
        desk.app.state.live.stopping.clear()
    expect(visit.card(desk.alarms()[-1].id)).to_be_visible()
    expect(mark).to_have_attribute("data-live", "live")


def test_an_error_says_what_happened_and_keeps_what_was_there(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    visit.settled()
    before = page.locator(".card").count()
    problem = (
        '{"type": "about:blank", "title": "x", "status": 503, "detail": "the database does not answer", "fix": "f"}'
    )
    page.route(
        re.compile(r"/v1/now\?"),
        lambda route: route.fulfill(status=503, body=problem, content_type="application/problem+json"),
    )
    visit.expect("503")
    page.click("[data-filter=zone]")
    page.get_by_role("option", name="保护范围内", exact=True).click()
    wrong = page.locator(".list [role=alert]")
    expect(wrong).to_contain_text("服务器暂时不能用")
    expect(wrong).to_contain_text("the database does not answer")
    expect(wrong).to_contain_text(re.compile("下面是 (刚刚|\\d+ 秒前)的内容"))
    assert page.locator(".card").count() == before
    page.unroute(re.compile(r"/v1/now\?"))
    wrong.get_by_text("再试一次").click()
    expect(wrong).to_have_count(0)


def test_an_alarm_out_of_reach_is_said_to_be_so(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.expect("404")
    visit.go("/alarms/0199b2c4-0000-7000-8000-000000000000")
    expect(visit.page.locator(".detail [role=alert]")).to_contain_text("没有找到")
    assert visit.page.locator("[data-act=acknowledge]").count() == 0


def test_cameras_and_networks_are_listed_with_what_is_known(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/cameras")
    page = visit.page
    cameras = len(sim.demo_cameras())
    page.wait_for_selector("main[data-page=cameras][data-state=idle]")
    expect(page.locator(".el-table__row")).to_have_count(cameras)
    expect(page.locator("h1")).to_contain_text(f"0/0 路在线，登记 {cameras} 路")
    expect(page.locator(".el-table__row").first).to_contain_text("未轮询")
    page.locator('.el-table__row a[href*="camera="]').first.click()
    page.wait_for_url(re.compile(r"/\?camera=cam-\d\d"))
    page.wait_for_selector("[data-map=desk][data-state=idle]")
    assert 1 <= visit.shown("cameras") < cameras
    page.click("nav [data-page=networks]")
    page.wait_for_selector("main[data-page=networks][data-state=idle]")
    expect(page.locator(".el-table__row")).to_have_count(2)
    expect(page.locator(".el-table__row", has_text="CN-HE-langfang")).to_contain_text("使用中")


def test_every_address_of_the_router_is_answered_by_the_server(desk: DeskTown) -> None:
    known: set[str] = set()  # what one page names, the next need not ask for again
    for page in PAGES:
        answer = httpx2.get(desk.address + page.replace("{alarm_id}", "x").replace("{camera_id}", "x"))
        assert answer.status_code == 200, page
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assets = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text)) - known
        known |= assets
        for asset in assets:
            assert httpx2.get(desk.address + asset).headers["cache-control"].endswith("immutable")


def test_every_page_of_a_safety_manager_stands_in_the_bar(visits: Visits, desk: DeskTown) -> None:
    page = visits.by(desk.login(Role.SAFETY_MANAGER), "/strikes").page
    for language in ("zh", "en"):
        expect(page.locator("html")).to_have_attribute("lang", re.compile(language))
        page.set_viewport_size({"width": 1366, "height": 768})
        assert page.evaluate("(nav => nav.scrollWidth - nav.clientWidth)(document.querySelector('nav'))") == 0, language
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
        page.locator("[data-act=language]").click()
