"""Sites on the desk: a dispatcher assigns, a patroller goes and proves, and a refusal says why in their words."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from desk_town import day
from map_page_town import CHROMIUM
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.casework import service, store
from pipewarden.casework.facts import Noted
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7120387, 39.5341385)  # on a pipe of the demo city
OPENED: set[object] = set()


def site_at(desk: DeskTown, place: tuple[float, float]) -> UUID:
    """Report works where a pipe is near enough, from a place eastwards, and return the site that is opened."""
    for step in range(40):
        desk.report((place[0] + 0.0008 * step, place[1]))
        with desk.home.work() as work:
            newest = text("SELECT id FROM casework_sites WHERE opened_at > :since ORDER BY id DESC LIMIT 1")
            found: UUID | None = work.session.scalar(newest, {"since": work.now() - timedelta(seconds=20)})
        if found is not None and found not in OPENED:
            OPENED.add(found)
            return found
    raise AssertionError("no pipe is near")


def open_site(visit: Visit, site: UUID) -> Locator:
    visit.page.locator(f'[data-site="{site}"] button').click()
    detail = visit.page.locator(f'[data-site-detail="{site}"]')
    expect(detail.locator("[data-headline]")).to_be_visible()
    return detail


def do(detail: Locator, act: str, **fields: str) -> None:
    """Do one act by its form and wait until it is done."""
    version = int(detail.get_attribute("data-version") or 0)
    detail.locator(f"[data-act={act}]").click()
    form = detail.locator(f"[data-form={act}]")
    for name, value in fields.items():
        field = form.locator(f"[data-field={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button[type=submit]").click()
    expect(form).to_have_count(0)
    detail.page.wait_for_function(
        "([one, before]) => Number(one.dataset.version) > before", arg=[detail.element_handle(), version]
    )


def bring(detail: Locator, act: str, picture: str) -> None:
    """Open an act's form and send a picture with it."""
    detail.locator(f"[data-act={act}]").click()
    form = detail.locator(f"[data-form={act}]")
    form.locator("[data-field=pictures]").set_input_files(picture)
    expect(form).to_contain_text("已传 1 张")
    form.locator("button[type=submit]").click()
    expect(form).to_have_count(0)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "pit.jpg"
    assert cv2.imwrite(str(path), np.full((480, 640, 3), (120, 160, 190), np.uint8))
    return str(path)


def site_of_pictures(desk: DeskTown) -> tuple[UUID, UUID]:
    """Return the site, and its alarm, that cameras of the town have seen most often."""
    most = text(
        "SELECT site.id, site.alarm_id FROM casework_sites AS site"
        " JOIN dedupe_sightings AS seen ON seen.alarm_id = site.alarm_id"
        " WHERE site.open GROUP BY site.id, site.alarm_id ORDER BY count(*) DESC LIMIT 1"
    )
    with desk.home.work() as work:
        site, alarm = work.session.execute(most).one()
        return site, alarm


def by_due(page: Page, site: UUID) -> Locator:
    """Turn the table by keys to what is due first, and return the row of a site."""
    row = page.locator(f'[data-view=table] [data-site="{site}"]')
    expect(row.locator("[data-cell=distance]")).to_contain_text(re.compile(r"\d\sm$"))
    page.locator("[data-filter=q]").fill("")
    page.locator("[data-order=due]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("下一时限")
    expect(page).to_have_url(re.compile(r"view=table&order=due$"))
    expect(row).to_be_visible()
    dues = page.locator("[data-view=table] [data-left]").evaluate_all("all => all.map(one => one.dateTime)")
    assert len(dues) > 1
    assert dues == sorted(dues)
    return row


def test_one_set_of_sites_is_a_list_a_board_and_a_table_by_keys_alone(visits: Visits, desk: DeskTown) -> None:
    site = site_at(desk, (PLACE[0], PLACE[1] + 0.016))
    with desk.home.work() as work:
        work.session.get_one(store.SiteRow, site).compound = "看板小区"
    visit = visits.by(desk.login(Role.DISPATCHER), "/sites", viewport={"width": 1440, "height": 900})
    page = visit.page
    page.wait_for_selector("[data-page=sites][data-state=idle]")
    page.keyboard.press("v")
    board = page.locator("[data-view=board]")
    column = board.locator("[data-column]").filter(has=page.locator(f'[data-site="{site}"]'))
    expect(column).to_be_visible()
    visit.shot("sites-board")
    of_all = board.locator("[data-column]").evaluate_all("all => all.reduce((sum, one) => sum + +one.dataset.count, 0)")
    expect(page.locator("[data-total]")).to_have_text(f"共 {of_all} 处")
    expect(column.locator("h3")).to_contain_text(f"{column.get_attribute('data-count')}/{of_all}")
    expect(board.locator('[data-column][data-count="0"]').first).to_have_attribute("data-strip", "true")
    page.keyboard.press("/")
    page.keyboard.type("看板小区")
    expect(page.locator("[data-total]")).to_have_text("共 1 处")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(f'[data-site="{site}"] a')).to_be_focused()
    expect(page.locator(f'[data-site="{site}"] [data-left]')).not_to_be_empty()
    page.keyboard.press("v")
    row = by_due(page, site)
    visit.shot("sites-table")
    row.locator("a").focus()
    page.keyboard.press("Enter")
    detail = page.locator(f'[data-site-detail="{site}"]')
    expect(detail.locator("[data-headline]")).to_be_visible()
    expect(detail.locator("[data-act=close]")).to_have_text("回表格")
    page.keyboard.press("Escape")
    expect(row).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sites\?view=table&order=due$"))
    page.evaluate("localStorage.setItem('pipewarden.theme', 'dark'); localStorage.setItem('pipewarden.language', 'en')")
    visit.go("/sites?view=board&which=mine&zone=outside&state=closed")
    expect(page.locator("main[data-page=sites]")).to_contain_text("filter")
    visit.go("/sites?view=board")
    expect(page.locator("[data-view=board] [data-site]").first).to_be_visible()
    visit.shot("sites-board-dark-en")
    page.evaluate("localStorage.removeItem('pipewarden.theme'); localStorage.removeItem('pipewarden.language')")


def slide_and_play(page: Page, over: Locator) -> None:
    """Go through the map's time by keys, then let it play to its end."""
    page.wait_for_selector("[data-map=site][data-state=idle]")
    moments = int(over.get_attribute("data-moments") or 0)
    assert moments > 2
    over.locator("[data-time]").focus()
    page.keyboard.press("Home")
    expect(over).to_have_attribute("data-at", "0")
    first = int(over.get_attribute("data-spots") or 0)
    page.keyboard.press("ArrowRight")
    expect(over).to_have_attribute("data-at", "1")
    over.locator("[data-act=play]").click()
    expect(over).to_have_attribute("data-at", str(moments - 1))
    assert int(over.get_attribute("data-spots") or 0) > first


def compare_by_keys(visit: Visit, compare: Locator) -> None:
    """Move the edge between two pictures, turn one of them and come back."""
    keys = visit.page.keyboard
    expect(compare.locator("[data-photo][data-state=here]")).to_have_count(2)
    expect(compare.locator("[data-photo] [data-box]").nth(1)).to_be_attached()
    before, after = (compare.locator(f"[data-pick={one}]").input_value() for one in ("before", "after"))
    compare.locator("[data-divide]").focus()
    keys.press("ArrowLeft")
    expect(compare.locator("[data-divide]")).to_have_value("48")
    keys.press("ArrowUp")
    expect(compare.locator("[data-pick=after]")).not_to_have_value(after)
    keys.press("ArrowDown")
    expect(compare.locator("[data-pick=after]")).to_have_value(after)
    expect(compare.locator("[data-pick=before]")).to_have_value(before)
    asked = {one for one in visit.asked if "/clues/" in one}
    assert 2 <= len(asked) <= 3, "no picture is asked for but those that are compared"


def test_the_page_of_a_site_shows_it_over_time_compares_pictures_and_parts_clues(
    visits: Visits, desk: DeskTown
) -> None:
    site, alarm = site_of_pictures(desk)
    walker = desk.ids[desk.login(Role.PATROLLER)]
    with desk.home.work() as work:
        now = work.now()
        for words, made in (("三小时前", now - timedelta(hours=3)), ("去年", now - timedelta(days=365)), ("刚才", now)):
            held = store.sites.lock(work, [site])[site]
            service.append(work, held, [Noted(words)], f"person:{walker}", made_at=made)
    visit = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}", viewport={"width": 1440, "height": 900})
    page, detail = visit.page, visit.page.locator(f'[data-site-detail="{site}"]')
    lines = detail.locator("[data-timeline] [data-event=noted]")
    expect(lines.filter(has_text="三小时前").locator("[data-made]")).to_contain_text("手机记于")
    expect(lines.filter(has_text="去年").locator("[data-made]")).to_contain_text("早一天以上，以收到为准")
    expect(lines.filter(has_text="刚才").locator("[data-made]")).to_have_count(0)
    slide_and_play(page, detail.locator("[data-part-map]"))
    compare_by_keys(visit, detail.locator("[data-panel=pictures]"))
    visit.shot("site-page")
    detail.locator("[data-jump=clues]").click()
    clues = detail.locator("[data-panel=clues]")
    members = int(clues.get_attribute("data-clues") or 0)
    expect(page).to_have_url(re.compile("#clues$"))
    clues.locator("[data-act=split]").click()
    # a machine moves out: what stands by, alone, makes no alarm
    clues.locator("[data-decide=split] label").filter(has_text="同一处").first.locator("input").check()
    clues.locator("[data-decide=split] textarea").fill("两处施工")
    clues.locator("[data-decide=split] button[type=submit]").click()
    expect(clues).to_have_attribute("data-clues", str(members - 1))
    expect(clues.locator("[data-made]")).to_have_attribute("href", re.compile("^/alarms/"))
    assert str(alarm) not in (clues.locator("[data-made]").get_attribute("href") or "")
    visit.shot("site-split")
    narrow = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}", viewport={"width": 414, "height": 860})
    narrow.page.wait_for_selector("[data-map=site]")
    assert narrow.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    narrow.shot("site-page-narrow")


def test_a_site_is_assigned_verified_and_notified(visits: Visits, desk: DeskTown, picture: str) -> None:
    walker = desk.login(Role.PATROLLER, name="王巡线")
    site = site_at(desk, PLACE)
    dispatcher = visits.by(desk.login(Role.DISPATCHER), "/sites")
    detail = open_site(dispatcher, site)
    expect(detail.locator("[data-timeline]")).to_contain_text("建档")
    detail.locator("[data-act=assign]").click()
    form = detail.locator("[data-form=assign]")
    form.locator("[data-field=person]").select_option(label="王巡线 · 巡线员")
    form.locator("[data-field=reason]").fill("离得最近")
    form.locator("button[type=submit]").click()
    expect(detail).to_contain_text("负责人：王巡线")
    owed = detail.locator("[data-duty=accept]")
    expect(owed).to_contain_text("接单")
    expect(owed).to_contain_text("王巡线")
    expect(owed.locator("time")).to_contain_text(re.compile(r"0[0-5]:\d\d"))
    dispatcher.shot("sites-dispatcher")

    patroller = visits.by(walker, "/sites", viewport={"width": 414, "height": 860})
    patroller.page.locator("[data-which=mine]").click()
    detail = open_site(patroller, site)
    do(detail, "accept")
    expect(detail.locator("[data-duty=accept]")).to_have_count(0)
    bring(detail, "arrive", picture)
    expect(detail.locator("[data-timeline]")).to_contain_text("到场")
    patroller.shot("sites-phone")
    bring(detail, "verify_true", picture)
    expect(detail.locator("[data-timeline]")).to_contain_text("现场确认有施工")
    patroller.expect("409")
    detail.locator("[data-act=notify]").click()
    form = detail.locator("[data-form=notify]")
    expect(form).to_contain_text("告知函")
    form.locator("button[type=submit]").click()
    expect(form.locator("[role=alert]")).to_contain_text("签字不够")
    expect(form.locator("[role=alert]")).to_contain_text("城镇燃气管理条例")
    patroller.shot("sites-phone-refused")
    form.locator("[data-field=signed_by]").fill("张工长")
    form.locator("button[type=submit]").click()
    expect(detail.locator("[data-headline]")).to_have_text("已告知")
    expect(detail.locator("[data-timeline] img").first).to_be_visible()
    do(detail, "stop", reason="没有保护方案")
    expect(detail.locator("[data-headline]")).to_contain_text("停工中")
    expect(detail.locator("[data-refused=complete]")).to_contain_text("停工令有效")
    patroller.shot("sites-phone-stopped")

    row = dispatcher.page.locator(f'[data-site="{site}"]')
    expect(row).to_contain_text("停工中")  # by the stream, without a reload
    dispatcher.shot("sites-stopped")


def test_a_site_shows_its_papers_what_each_rule_says_and_its_risk(visits: Visits, desk: DeskTown, picture: str) -> None:
    desk.login(Role.PATROLLER, name="王巡线")
    place = desk.on_a_pipe((PLACE[0] - 0.002, PLACE[1] + 0.012))
    filing = desk.file(place, method="blasting", machines=[], valid_from=day(0), valid_until=day(3))
    site = site_at(desk, place)
    visit = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}")
    detail = visit.page.locator(f'[data-site-detail="{site}"]')
    papers = detail.locator("[data-panel=filing]")
    expect(papers).to_have_attribute("data-status", "filed")
    papers.locator("summary").click()
    expect(papers.locator("[data-part=space]")).to_contain_text("在备案范围内")
    rules = detail.locator("[data-panel=rules]")
    unknown = rules.locator("[data-group=unknown]")
    unknown.locator("summary").first.click()
    expect(unknown.locator("[data-rule]").first).to_be_visible()
    unknown.locator("[data-rule] summary").first.click()
    expect(unknown.locator("[data-known=false]").first).to_have_text("未知")
    do(detail, "assign", person="王巡线 · 巡线员", reason="离得最近")
    bring(detail, "arrive", picture)
    bring(detail, "verify_true", picture)
    broken = rules.locator("[data-group=violated] [data-rule=V-FORBIDDEN]")
    expect(broken).to_contain_text("城镇燃气管理条例 第三十三条")
    expect(broken).to_contain_text("整改：立即停止，恢复原状（施工单位，2 小时内）")
    broken.locator("summary").click()
    expect(broken.locator("[data-fact='works.method']")).to_have_text("爆破")
    risk = detail.locator("[data-panel=risk]")
    expect(risk.locator("[data-factor]")).to_have_count(12)
    expect(risk.locator("[data-factor=papers]")).to_contain_text("已备案")
    points = risk.locator("[data-factor] td:last-child").all_inner_texts()
    total = sum(float(one.replace("−", "-")) for one in points)
    assert abs(total - float(risk.locator("[data-score]").inner_text())) < 0.5, points  # each is rounded
    papers.scroll_into_view_if_needed()
    visit.shot("site-panels")
    risk.locator("table").scroll_into_view_if_needed()
    visit.shot("site-risk")
    narrow = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}", viewport={"width": 414, "height": 860})
    narrow.page.locator("[data-panel=risk] [data-factor]").last.scroll_into_view_if_needed()
    assert narrow.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    narrow.shot("site-risk-phone")
    papers.locator("[data-act=to-filing]").click()
    expect(visit.page.locator("[data-answer] [data-forbidden]")).to_contain_text("禁止爆破")
    assert visit.page.url.endswith(filing)
    visit.shot("filing-forbidden")


def test_who_only_looks_is_told_so_and_english_is_whole(visits: Visits, desk: DeskTown) -> None:
    desk.login(Role.SAFETY_MANAGER)  # whose it is: with nobody in the town it would stay as it was discovered
    site = site_at(desk, (PLACE[0], PLACE[1] + 0.004))
    auditor = visits.by(desk.login(Role.AUDITOR), f"/sites/{site}")
    detail = auditor.page.locator(f'[data-site-detail="{site}"]')
    expect(detail.locator("[data-next]")).to_contain_text("您可以查看，不能处置")
    expect(detail.locator("[data-next] [data-act]")).to_have_count(0)
    auditor.page.evaluate("localStorage.setItem('pipewarden.language', 'en')")
    auditor.page.reload()
    expect(detail.locator("[data-headline]")).to_contain_text("Being verified")
    expect(auditor.page.locator("nav")).to_contain_text("Sites")
    words = auditor.page.locator("main").inner_text()
    assert not any("site." in line or "headline." in line for line in words.splitlines())
    auditor.page.evaluate("localStorage.removeItem('pipewarden.language')")


def test_two_at_once_the_second_sees_how_it_stands(visits: Visits, desk: DeskTown) -> None:
    site = site_at(desk, (PLACE[0], PLACE[1] + 0.008))
    one = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}")
    other = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}")
    mine, theirs = (visit.page.locator(f'[data-site-detail="{site}"]') for visit in (one, other))
    theirs.locator("[data-act=note]").click()
    theirs.locator("[data-form=note] [data-field=words]").fill("第二个")
    do(mine, "note", words="第一个")
    expect(theirs.locator("[data-timeline]")).to_contain_text("第一个")  # told by the stream while the form is open
    theirs.locator("[data-form=note] button[type=submit]").click()
    expect(theirs.locator("[data-timeline]")).to_contain_text("第二个")
