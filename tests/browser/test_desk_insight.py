"""Figures on the desk: every number leads to exactly its cases, reports of months are made and kept, a wall turns."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlparse

import pytest
from insight_days import InsightDays, insight_days, leave
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Page

pytestmark = pytest.mark.system(CHROMIUM)
FIGURES = 12
IDLE = "main[data-page=insight][data-state=idle]"
CASES = "main[data-page=insight-cases][data-state=idle]"


@pytest.fixture(scope="module")
def days(desk: DeskTown) -> Iterator[InsightDays]:
    made = insight_days(desk)
    yield made
    leave(made)


def whole(page: Page) -> None:
    """Wait until figures, streets, cells and reports stand."""
    page.wait_for_selector(f"{IDLE} [data-streets=idle]")
    page.wait_for_selector("[data-spots=idle] [data-map=spots][data-state=idle]")
    page.wait_for_selector("[data-reports=idle]")
    expect(page.locator("[data-drawn=false]")).to_have_count(0)


def drilled(visit: Visit, links: dict[str, int]) -> None:
    """Open every link's cases, and see as many as its number says."""
    for address, number in links.items():
        visit.go(address)
        visit.page.wait_for_selector(CASES)
        expect(visit.page.locator("main")).to_have_attribute("data-total", str(number))


def leads(page: Page, link: str) -> str:
    """Where a number leads."""
    return str(page.locator(link).get_attribute("href"))


def number(page: Page, link: str) -> int:
    """The number at the end of a link's words."""
    return int(page.locator(link).inner_text().rpartition(" ")[2])


def asked(page: Page, path: str, **query: str) -> Any:
    return page.request.get(
        f"{urlparse(page.url).scheme}://{urlparse(page.url).netloc}{path}?{urlencode(query)}"
    ).json()


def test_each_number_leads_to_its_cases_and_each_month_has_its_report(
    visits: Visits, days: InsightDays, tmp_path: Path
) -> None:
    visit = visits.by(days.login, "/insight", viewport={"width": 1440, "height": 900})
    page = visit.page
    whole(page)
    expect(page.locator("[data-figure]")).to_have_count(FIGURES)
    visit.shot("insight-zh")
    unfiled = page.locator("[data-figure=unfiled]")
    expect(unfiled.locator("[data-part=counted]")).to_have_text(f"未备案 {days.unfiled}")
    expect(unfiled.locator("[data-beside]")).to_contain_text("差异显著")
    expect(unfiled.locator("[data-part=left_out]")).to_have_text("未计入 1")
    harm = page.locator("[data-figure=damages_per_1000_filings]")
    expect(harm.locator(".chart")).to_have_count(0)
    expect(harm).to_contain_text("数量太少，不画图，也不作比较")
    links = [f"[data-figure=unfiled] [data-part={part}]" for part in ("counted", "rest", "left_out")]
    told = {leads(page, link): number(page, link) for link in links}
    page.click("[data-figure=discovered_by_source] summary")
    camera = page.locator("[data-figure=discovered_by_source] tr", has=page.locator("[data-group=camera]"))
    told[leads(page, "[data-group=camera]")] = int(camera.locator("td").last.inner_text())
    for row, column in (("[data-street]", "unfiled"), ("[data-cell]", "sites")):
        link = f"{row} [data-count={column}] >> nth=0"
        told[leads(page, link)] = int(page.locator(link).inner_text().partition("/")[0])
    assert len(told) == 6

    page.select_option("[data-ask=period]", "own")  # the address is the page: somebody else opens the same
    page.wait_for_selector(IDLE)
    first = page.locator("[data-ask=first]").input_value()
    page.select_option("[data-ask=against]", "year")
    expect(unfiled.locator("[data-beside]")).to_contain_text("对比期 –")
    assert parse_qs(urlparse(page.url).query)["first"] == [first]
    page.reload()
    whole(page)
    expect(unfiled.locator("[data-part=counted]")).to_have_text(f"未备案 {days.unfiled}")
    with page.expect_download() as csv:
        page.click("[data-act=take-csv]")
    assert csv.value.suggested_filename.startswith(f"insight-{first}")
    csv.value.save_as(tmp_path / "figures.csv")
    assert "unfiled" in (tmp_path / "figures.csv").read_text(encoding="utf-8-sig")

    report_of_a_month(page, tmp_path)
    page.click("[data-figure=damages_per_100_km] [data-part=counted]")
    page.wait_for_selector(CASES)
    visit.shot("insight-cases")
    page.click(f"[data-case='{days.strike}'] [data-act=open], [data-case] [data-act=open] >> nth=0")
    page.wait_for_url("**/strikes/**")
    drilled(visit, told)


def report_of_a_month(page: Page, folder: Path) -> None:
    """Make the report of a month, make it again after a second look, and take the second out."""
    reports = page.locator("#reports")
    reports.locator("[data-act=make]").click()
    expect(reports.locator("[data-report]")).to_have_count(1)
    expect(reports.locator("[data-act=make]")).to_have_text("再生成一版")
    reports.locator("[data-act=make]").click()
    reports.locator("[data-act=sure]").click()
    expect(reports.locator("[data-report]").first).to_have_attribute("data-version", "2")
    with page.expect_download() as pdf:
        reports.locator("[data-act=take]").first.click()
    pdf.value.save_as(folder / "month.pdf")
    kept = asked(page, "/v1/insight/reports", limit="1")["items"][0]
    assert hashlib.sha256((folder / "month.pdf").read_bytes()).hexdigest() == kept["sha256"]


def test_a_regulator_reads_its_area_and_no_report_of_the_company(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.REGULATOR), "/insight")
    page = visit.page
    page.wait_for_selector(f"{IDLE} [data-streets=idle]")
    expect(page.locator("h1")).to_contain_text("辖区内全部企业")
    expect(page.locator("[data-figure]")).to_have_count(FIGURES)
    expect(page.locator("#reports")).to_contain_text("月报按全公司统计")
    expect(page.locator("[data-act=make]")).to_have_count(0)


def test_the_wall_turns_by_itself_tells_its_age_finds_the_line_again_and_leaves(
    visits: Visits, days: InsightDays
) -> None:
    visit = visits.by(days.login, "/wall", viewport={"width": 1920, "height": 1080}, reduced_motion="no-preference")
    page = wall(visit)
    expect(page.locator("main")).to_have_attribute("data-turns", "true")
    for shows in ("quick", "watched", "harm", "spots", "seen"):
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f"main[data-shows={shows}]")
        expect(page.locator("[data-drawn=false]")).to_have_count(0)
        visit.shot(f"wall-{shows}")
    expect(page.locator("nav, a, button:visible")).to_have_count(0)
    said = page.locator("main").inner_text()
    assert "看统计的人" not in said
    assert days.login not in said
    expect(page.locator("[data-age]")).to_contain_text("数据更新于")
    page.route("**/v1/insight*", lambda route: route.abort())
    visit.expect("ERR_FAILED|Failed to load resource")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("main")).to_have_attribute("data-failures", "1")
    expect(page.locator("[data-age]")).to_contain_text("正在自动重试")
    expect(page.locator("[data-figure=unfiled]")).to_be_visible()  # what was read stays, with its age
    page.unroute_all()
    expect(page.locator("main")).to_have_attribute("data-failures", "0")
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    expect(wall(visit).locator("main")).to_have_attribute("data-turns", "false")
    page.keyboard.press("Escape")
    page.wait_for_selector(f"{IDLE}")
    expect(page.locator("nav")).to_be_visible()


def wall(visit: Visit) -> Page:
    visit.page.wait_for_selector("main[data-page=wall][data-state=idle][data-shows=seen]")
    return visit.page
