"""The map page in a real browser: quiet on the console and the wire, clickable, deaf to hostile names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM, HOSTILE, MADE, Visit, alarm, city, pipe, ring

from pipewarden.main.map_page.page_facts import MapCamera, MapData

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.system(CHROMIUM)


def test_page_shows_every_alarm_worst_first_and_counts_with_denominators(visit: Visit):
    cards = visit.page.locator(".card")
    assert cards.count() == 7
    assert "I 级 · 保护范围内" in cards.nth(0).inner_text()
    assert "IV 级 · 范围外" in cards.nth(6).inner_text()
    assert "和平路附近 · 距次高压管 P-002 0.4\u00a0m" in cards.nth(0).inner_text()
    counts = visit.page.locator("#counts").inner_text()
    assert "12/14 路摄像机有画面" in counts
    assert "6/7 个告警有坐标" in counts
    assert "渲染图，非实拍" in visit.page.locator(".banner").inner_text()


def test_choosing_a_card_brings_its_pin_to_the_middle_and_the_pin_chooses_the_card(visit: Visit):
    x, y = visit.pixel_of(0)
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    visit.page.locator("#fit").click()
    visit.page.locator(".card .main").nth(2).click()
    visit.page.wait_for_selector("#map[data-state=idle]")
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0002"
    visit.pixel_of(0)
    visit.page.evaluate("document.querySelector('.card[aria-current]').removeAttribute('aria-current')")
    visit.page.mouse.click(x, y)
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    assert "挖掘机" in visit.page.locator("#tip").inner_text()


def test_where_names_stations_and_owns_up_to_unknown_classes(browser: Browser, tmp_path: Path):
    at = (160.0, -30.0)
    alarms = (
        alarm(0, "protection", at, pipe_id="RS-7", pipe_class="sub_high"),
        alarm(1, "protection", at, pipe_id="U-1", pipe_class="unknown"),
        alarm(2, "protection", at, pipe_id="U-1", pipe_class=None),
        alarm(3, "unknown", at, pipe_id=None, distance_m=None),
    )
    visit = Visit(browser, tmp_path, replace(city(), alarms=alarms))
    cards = visit.page.locator(".card")
    assert "距场站 RS-7 0.4\u00a0m" in cards.nth(0).inner_text()
    assert "距管道 U-1 3.5\u00a0m，压力级别未知" in cards.nth(1).inner_text()
    assert "距管道 U-1 6.6\u00a0m，压力级别未知" in cards.nth(2).inner_text()
    assert "距管道未知" in cards.nth(3).inner_text()
    visit.page.locator("#fit").click()
    visit.pixel_of(0)
    spot = visit.pixel_of(0)
    for wanted in (1, 2, 3, 0):  # pins on one spot: each further click reaches the next
        visit.page.mouse.click(*spot)
        assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == f"0199b2c4-{wanted:04d}"
    assert visit.said == []
    visit.page.context.close()


def test_alarm_without_a_place_stands_in_the_list_only(visit: Visit):
    card = visit.page.locator('[data-alarm="0199b2c4-0004"]')
    assert "无坐标" in card.inner_text()
    assert card.locator(".main").is_disabled()


def test_why_one_alarm_opens_its_reasons_and_the_picture_opens_large(visit: Visit):
    card = visit.page.locator(".card").nth(0)
    card.locator("summary").click()
    assert "相距 1.2 m" in card.inner_text()
    assert "81\u00a0%" in card.inner_text()
    card.locator(".thumb").click()
    assert visit.page.locator("#sheet img").is_visible()
    assert visit.page.locator("#sheet img").evaluate("img => img.naturalWidth") == 480
    visit.page.keyboard.press("Escape")
    assert not visit.page.locator("#sheet img").is_visible()


def test_language_switch_speaks_english_keeps_what_was_open_and_remembers_nothing(visit: Visit):
    visit.page.locator(".card").nth(0).locator("summary").click()
    visit.page.locator("#language").click()
    assert visit.page.evaluate("document.documentElement.lang") == "en"
    assert "Level I · in the protection range" in visit.page.locator(".card").nth(0).inner_text()
    assert "12/14 cameras with pictures" in visit.page.locator("#counts").inner_text()
    assert visit.page.locator(".card").nth(0).locator("details").evaluate("d => d.open")
    visit.page.reload()
    visit.page.wait_for_selector("#map[data-state=idle]")
    assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_everything_is_reached_by_keyboard(visit: Visit):
    page = visit.page
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("(e => e.id || (e.closest('.card') && e.className + e.tagName))(document.activeElement)")
        )
    assert {"language", "map", "zoom-in", "zoom-out", "fit", "thumbBUTTON", "mainBUTTON", "SUMMARY"} <= seen
    page.locator("#map").focus()
    before = page.locator("#scale b").inner_text()
    for _ in range(6):
        page.keyboard.press("+")
    page.wait_for_selector("#map[data-state=idle]")
    assert page.locator("#scale b").inner_text() != before
    page.keyboard.press("j")
    assert page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    page.keyboard.press("?")
    assert page.locator("#sheet dt").count() == 5


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path):
    calm = city()
    bad = alarm(0, "protection", (0, 0), id=HOSTILE, pipe_id=HOSTILE, clause=HOSTILE, reasons=(HOSTILE,),
                cameras=(HOSTILE,), cls=HOSTILE, type=HOSTILE, first_seen=HOSTILE, last_seen=HOSTILE)  # fmt: skip
    data = MapData(
        HOSTILE, MADE, rendered=False, pipes=(pipe(HOSTILE, "__proto__", ring((-20, 0), (20, 0)), label=HOSTILE),),
        cameras=(MapCamera(HOSTILE, HOSTILE, *ring((0, 30))[0], (), 1, 1),), alarms=(bad, *calm.alarms[1:2]),
    )  # fmt: skip
    visit = Visit(browser, tmp_path, data)
    page = visit.page
    page.locator("summary").nth(1).click()
    page.locator("#language").click()
    x, y = visit.pixel_of(0)
    page.mouse.click(x + 30, y)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[onerror]").count() == 0
    assert page.locator("#cards b").count() == 0
    assert page.title().startswith("</script><img")
    assert page.locator("h1").inner_text().startswith("</script><img")
    assert "{{ 7*7 }}" in page.locator("h1").inner_text()
    assert visit.said == []
    assert visit.wire() == []
    page.context.close()


def test_empty_page_says_why_it_is_empty(browser: Browser, tmp_path: Path):
    data = MapData("空", datetime(2026, 11, 20, tzinfo=UTC), rendered=False, pipes=(), cameras=(), alarms=())
    visit = Visit(browser, tmp_path, data)
    text = visit.page.locator("body").inner_text()
    assert "没有告警" in text
    assert "没有登记摄像机" in text
    assert "没有燃气管网" in text
    assert "没有任何坐标可画" in text
    assert visit.page.locator(".banner").count() == 0
    assert visit.said == []
    visit.page.context.close()
