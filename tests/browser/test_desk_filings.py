"""Filings on the desk: an area is drawn and filed, a bad one says how to mend it, and lists are paged and narrowed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from desk_town import day, square
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7120387, 39.5341385)  # on a pipe of the demo city
PHONE, TABLET = {"width": 414, "height": 860}, {"width": 820, "height": 1180}


def near(visit: Visit) -> Locator:
    """Wait for the map to draw on and bring it closer."""
    drawn = visit.page.locator("[data-map=draw]")
    for _ in range(3):
        expect(drawn).to_have_attribute("data-state", "idle")
        visit.page.locator(".map .zoom button").first.click()
        visit.page.wait_for_timeout(400)
    expect(drawn).to_have_attribute("data-state", "idle")
    return drawn


def click(drawn: Locator, corners: Sequence[tuple[int, int]]) -> None:
    """Click corners, counted from the middle of the map."""
    box = drawn.bounding_box()
    assert box is not None
    for east, south in corners:
        drawn.page.mouse.click(box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 + south)
        drawn.page.wait_for_timeout(60)


def test_an_area_is_drawn_changed_and_filed_and_the_answer_stands_at_once(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/filings")
    page = visit.page
    page.locator("[data-act=new]").click()
    drawn, area = near(visit), page.locator(".area")
    click(drawn, [(-90, -70), (90, -70), (90, 70), (-90, 70)])
    expect(area).to_have_attribute("data-draft", "4")
    visit.shot("filing-drawing")
    click(drawn, [(-90, -70)])  # the first corner closes
    expect(area).to_have_attribute("data-drawing", "false")
    expect(page.locator("[data-size]")).to_contain_text("m²")
    before = page.locator("[data-size]").inner_text()
    box = drawn.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x + 90, y + 70)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=4)
    page.mouse.up()
    expect(page.locator("[data-size]")).not_to_have_text(before)
    page.locator("[data-field=method]").select_option("trenchless")
    page.locator("[data-field=depth_m]").fill("2.5")
    page.locator("[data-field=valid_from]").fill(day(1))
    page.locator("[data-field=valid_until]").fill(day(8))
    party = page.locator("[data-party]").first
    party.locator("input").nth(0).fill("水务局")
    party.locator("input").nth(1).fill("李工 13800000000")
    visit.shot("filing-form")
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-sent]")).to_contain_text("已提交")
    answer = page.locator("[data-answer]")
    expect(answer).to_contain_text("这不是动土许可")
    notice = answer.locator("[data-required=file]")
    expect(notice).to_contain_text("逾期备案")
    expect(notice).to_contain_text("河北省燃气管理条例 第四十三条")
    expect(notice).to_contain_text("24:00 前")
    expect(
        answer.locator("[data-required=briefing]").or_(answer.locator("[data-required=operator_reply]")).first
    ).to_contain_text("产品默认，非法定")
    expect(page.locator("main")).to_contain_text("李工 13800000000")
    expect(page.locator("[data-history] [data-event]")).to_have_count(2)
    expect(page.locator("[data-map=filing]")).to_have_attribute("data-state", "idle")
    visit.shot("filing-answered")


def test_an_area_is_drawn_by_keys_alone_and_by_taps(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/filings/new")
    drawn, area, keys = near(visit), visit.page.locator(".area"), visit.page.keyboard
    drawn.locator("canvas").focus()
    for n, key in enumerate(("ArrowRight", "ArrowDown", "ArrowLeft"), start=1):
        keys.press("Space")
        expect(area).to_have_attribute("data-draft", str(n))
        keys.press(key)
        visit.page.wait_for_timeout(700)  # the map eases to where the key leads
    keys.press("Backspace")
    expect(area).to_have_attribute("data-draft", "2")
    keys.press("Enter")
    expect(area).to_have_attribute("data-drawing", "true")  # two corners close nothing
    keys.press("Space")
    keys.press("Enter")
    expect(area).to_have_attribute("data-parts", "1")
    size = visit.page.locator("[data-size]")
    before = size.inner_text()
    visit.page.locator("[data-act=next-corner]").click()
    drawn.locator("canvas").focus()
    keys.press("Shift+ArrowLeft")
    expect(size).not_to_have_text(before)
    visit.page.locator("[data-act=another]").click()
    visit.page.locator("[data-act=theme]").click()  # the map's style is made anew, and the tool on it
    visit.page.wait_for_timeout(1500)
    expect(drawn).to_have_attribute("data-state", "idle")
    click(drawn, [(150, -100), (220, -100), (220, -40), (150, -100)])
    expect(area).to_have_attribute("data-parts", "2")

    phone = visits.by(desk.login(Role.DISPATCHER), "/filings/new", viewport=PHONE, has_touch=True, is_mobile=True)
    drawn = near(phone)
    box = drawn.bounding_box()
    assert box is not None
    for east, south in ((-60, -40), (60, -40), (0, 60)):
        phone.page.touchscreen.tap(box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 + south)
        phone.page.wait_for_timeout(400)  # two taps at once would zoom
    phone.page.locator("[data-act=finish]").tap()
    expect(phone.page.locator(".area")).to_have_attribute("data-parts", "1")
    phone.shot("phone-drawn")


def test_an_area_that_crosses_itself_is_refused_with_its_fix(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/filings/new")
    page = visit.page
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-wrong=area]")).to_contain_text("还没有施工范围")
    drawn = near(visit)
    click(drawn, [(-90, -70), (90, 70), (90, -70), (-90, 70)])
    page.locator("[data-act=finish]").click()
    expect(page.locator("[data-flaw=crosses]")).to_contain_text("边线自相交")
    visit.expect("422")
    page.locator("[data-form=filing] button[type=submit]").click()
    refused = page.locator("[data-wrong=area]")
    expect(refused).to_contain_text("边线不自相交")
    expect(refused).to_contain_text("Self-intersection")
    visit.shot("filing-crosses")
    drawn.locator("canvas").focus()
    page.locator("[data-act=next-corner]").click()
    drawn.locator("canvas").focus()
    page.keyboard.press("Delete")  # a triangle crosses nothing
    expect(page.locator("[data-flaw=crosses]")).to_have_count(0)
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-answer]")).to_be_visible()


def test_an_area_is_brought_as_a_file_and_another_system_is_refused(
    visits: Visits, desk: DeskTown, tmp_path: Path
) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/filings/new")
    page = visit.page
    page.locator("details:not([open]) > summary", has_text="粘贴坐标").click()  # shut once the land is there
    ring = square(PLACE)
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    path = tmp_path / "works.geojson"
    path.write_text(json.dumps({**polygon, "crs": {"properties": {"name": "EPSG:4547"}}}), encoding="utf-8")
    page.locator("[data-field=geojson]").set_input_files(str(path))
    expect(page.locator("[data-flaw=other_crs]")).to_contain_text("EPSG:4547")
    path.write_text(json.dumps({**polygon, "crs": {"properties": {"name": "EPSG:4326"}}}), encoding="utf-8")
    page.locator("[data-field=geojson]").set_input_files(str(path))
    expect(page.locator("[data-read]")).to_contain_text("EPSG:4326")
    page.locator("[data-field=corners]").fill("116.7, 39.5\n116.8")
    page.locator("[data-field=corners]").blur()
    expect(page.locator("[data-flaw=not_read]")).to_be_visible()
    page.locator("[data-field=corners]").fill("\n".join(f"{lon}, {lat}" for lon, lat in ring))
    page.locator("[data-field=corners]").blur()
    expect(page.locator("[data-read]")).to_contain_text("WGS-84")
    typed, send = page.locator("[data-field=corners]"), page.locator("[data-form=filing] button[type=submit]")
    read = typed.input_value()
    typed.fill("116.7, 39.5\n116.8")
    send.click()  # what was typed last is not what would be filed
    expect(page.locator("[data-wrong=area]")).to_contain_text("没有提交")
    expect(page.locator("[data-flaw=not_read]")).to_be_visible()
    visit.shot("filing-unread")
    page.locator("[data-act=keep]").click()
    expect(typed).to_have_value(read)
    expect(page.locator("[data-wrong=area]")).to_have_count(0)
    typed.fill("")
    send.click()
    expect(page.locator("[data-wrong=area]")).to_contain_text("还没有施工范围")
    typed.fill(read)
    typed.blur()
    assert not [one for one in visit.asked if one.endswith("/v1/filings")]
    page.locator("[data-field=depth_m]").fill("3m")
    visit.expect("422")
    send.click()
    expect(page.locator("[data-wrong=depth_m]")).to_contain_text("0 到 200 米")
    page.locator("[data-field=depth_m]").fill("3")
    page.locator("[data-field=urgent]").check()
    expect(page.locator("[data-field=valid_from]")).to_have_value(day(0))  # it has begun already
    page.locator("[data-field=valid_until]").fill(day(-800))
    send.click()
    expect(page.locator("[data-wrong=valid_until]")).to_contain_text("完工日要晚于开工日")
    page.locator("[data-field=valid_until]").fill(day(2))
    send.click()
    expect(page.locator("[data-answer] [data-required=file_after_emergency]")).to_contain_text("第三十四条")
    expect(page.locator("[data-overlap]").first).to_contain_text("m")
    expect(page.locator("[data-pipe]").first).to_be_visible()
    visit.shot("filing-pipes")


def test_a_filing_is_answered_renewed_revised_and_cancelled_only_when_asked_twice(
    visits: Visits, desk: DeskTown
) -> None:
    filing = desk.file(PLACE)
    visit = visits.by(desk.login(Role.DISPATCHER), f"/filings/{filing}")
    page = visit.page
    page.locator("[data-act=answer]").click()
    page.locator("[data-field=words]").fill("一根中压管，派人到场")
    page.locator("[data-act=send]").click()
    expect(page.locator("[data-now]")).to_have_text("已答复，未到工期")
    expect(page.locator("[data-event=answered]")).to_contain_text("一根中压管")
    page.locator("[data-act=renew]").click()
    visit.expect("422")
    page.locator("[data-field=words]").fill("雨天")
    page.locator("[data-act=send]").click()
    expect(page.locator("[data-wrong=valid_until]")).to_contain_text("延期要晚于")
    page.locator("[data-field=valid_until]").fill(day(50))
    page.locator("[data-act=send]").click()
    expect(page.locator("[data-now]")).to_have_text("待答复")
    expect(page.locator(".facts")).to_contain_text(day(50))
    page.locator("[data-act=revise]").click()
    page.locator("[data-field=depth_m]").fill("6")
    page.locator("[data-field=reason]").fill("改深")
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-event=revised]")).to_contain_text("改深")
    expect(page.locator(".facts")).to_contain_text("6.0")
    page.locator("[data-act=cancel]").click()
    form = page.locator("[data-form=cancel]")
    expect(form).to_contain_text("不能恢复")
    visit.shot("filing-cancel")
    form.locator("button", has_text="不撤销").click()
    expect(page.locator("[data-now]")).to_have_text("待答复")
    page.locator("[data-act=cancel]").click()
    page.locator("[data-field=words]").fill("不做了")
    page.locator("[data-act=send]").click()
    expect(page.locator("[data-now]")).to_have_text("已撤销")
    expect(page.locator("[data-acts]")).to_contain_text("重新备案")
    assert page.locator("[data-acts] [data-act]").count() == 0
    auditor = visits.by(desk.login(Role.AUDITOR), f"/filings/{desk.file(PLACE)}").page
    expect(auditor.locator("[data-acts]")).to_contain_text("您可以查看")
    auditor.goto(desk.address + "/filings")
    expect(auditor.locator("[data-filing]").first).to_be_visible()
    assert auditor.locator("[data-act=new]").count() == 0


def test_lists_are_paged_narrowed_and_searched(visits: Visits, desk: DeskTown) -> None:
    late = desk.file(PLACE, words="列表里的逾期", valid_from=day(0), valid_until=day(3))
    for n in range(51):
        desk.file(PLACE, words=f"列表第 {n} 份", valid_from=day(60 + n), valid_until=day(70 + n))
    named = desk.file(PLACE, words="列表末尾", urgent=False, parties=[{"role": "contractor", "name": "长河市政"}])
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/filings?q=列表")
    page, rows = visit.page, visit.page.locator("[data-filing]")
    expect(rows).to_have_count(50)
    expect(rows.first).to_have_attribute("data-filing", late)
    expect(rows.first).to_contain_text("逾期备案")
    page.locator("[data-act=more]").click()
    expect(rows).to_have_count(53)
    expect(page.locator("[data-act=more]")).to_have_count(0)
    visit.shot("filings")
    page.locator("[data-filter=order]").select_option("newest")
    expect(rows.first).to_have_attribute("data-filing", named)
    page.locator("[data-filter=q]").fill("长河")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("长河市政")
    page.locator("[data-filter=state]").select_option("cancelled")
    expect(page.locator("main")).to_contain_text("没有符合筛选条件的")
    page.locator("[data-act=all]").click()
    expect(rows.first).to_be_visible()
    page.locator("[data-filter=late]").check()
    expect(page.locator(f'[data-filing="{late}"]')).to_be_visible()
    page.locator("[data-filter=late]").uncheck()
    page.locator("[data-filter=from]").fill(day(100))
    expect(page.locator(f'[data-filing="{late}"]')).to_have_count(0)
    page.locator("[data-filing] a").first.click()
    expect(page.locator("[data-answer]")).to_be_visible()
    page.go_back()
    expect(page.locator("[data-filter=from]")).to_have_value(day(100))


def test_a_phone_and_a_stranger_to_the_ground_can_file(visits: Visits, desk: DeskTown) -> None:
    filing = desk.file(PLACE, words="给水", parties=[{"role": "owner", "name": "水务局", "contact": "1"}])
    visit = visits.by(desk.login(Role.DISPATCHER), "/filings")
    for name, size in (("phone", PHONE), ("tablet", TABLET)):
        visit.page.set_viewport_size(size)
        for path in ("/filings", f"/filings/{filing}", "/filings/new", "/rules"):
            visit.go(path)
            expect(visit.page.locator("main[data-state=idle]")).to_be_visible()
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            visit.shot(f"{name}{path.replace(filing, 'one').replace('/', '-')}")
    contractor = visits.by(desk.login(Role.CONTRACTOR), "/filings/new")
    page = contractor.page
    expect(page.locator(".area")).to_contain_text("没有您能看到的底图")
    assert page.locator("[data-map]").count() == 0
    page.locator("[data-field=corners]").fill("\n".join(f"{lon}, {lat}" for lon, lat in square(PLACE)))
    page.locator("[data-field=corners]").blur()
    expect(page.locator("[data-map=draw]")).to_have_attribute("data-state", "idle")
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-sent]")).to_be_visible()
    expect(page.locator("main")).to_contain_text("只看合计米数")
    assert page.locator("[data-pipe], [data-act=answer]").count() == 0
    assert not any("/v1/tiles" in url for url in contractor.asked)
    contractor.shot("filing-contractor")


def test_the_rules_in_force_are_told_with_examples_and_weights(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/rules")
    page = visit.page
    rule = page.locator("[data-rule=V-UNBRIEFED]")
    expect(rule).to_contain_text("城镇燃气管理条例 第三十四条、第三十七条")
    expect(rule).to_contain_text("2 小时内")
    rule.locator("summary").click()
    expect(rule.locator("[data-example=violated] [data-fact='site.zone']").first).to_have_text("保护范围内")
    visit.shot("rules")
    expect(page.locator("[data-factor=works]")).to_contain_text("挖掘机")
    expect(page.locator("[data-band]")).to_have_count(4)
    page.locator("#weights").scroll_into_view_if_needed()
    visit.shot("weights")
    page.evaluate("localStorage.setItem('pipewarden.language', 'en')")
    page.reload()
    expect(rule).to_contain_text("A machine works in the protection range")
    page.locator("[data-rule] summary").first.click()
    words = page.locator("main").inner_text()
    assert not any(one in words for one in ("fact_name.", "rulebook.", "risk_factor.", "supervision."))
    visit.shot("rules-english")
    page.evaluate("localStorage.removeItem('pipewarden.language')")
