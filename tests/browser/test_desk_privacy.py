"""Privacy on the desk: originals with a reason, what is held of me, holds and wishes to be forgotten."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.casework.facts import Arrived, Proof
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, Role, Viewed, ViewFilter
from pipewarden.people.facts.privacy import ErasureState

if TYPE_CHECKING:
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Page

    from pipewarden.people.facts.privacy import Erasure

LOADS = """url => new Promise(told => Object.assign(new Image(), {
    onload: () => told(true), onerror: () => told(false), src: url}))"""
# how far two pictures on the page are apart, mean levels of 255 over a coarse grid
APART = """() => {
    const [one, other] = ['.detail .evidence button img', 'dialog[data-original] > img'].map(where => {
        const drawn = new OffscreenCanvas(64, 36).getContext('2d')
        drawn.drawImage(document.querySelector(where), 0, 0, 64, 36)
        return drawn.getImageData(0, 0, 64, 36).data
    })
    return one.reduce((sum, level, at) => sum + Math.abs(level - other[at]), 0) / one.length
}"""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
pytestmark = pytest.mark.system(CHROMIUM)


def seen(desk: DeskTown) -> str:
    """Return an alarm that a camera saw."""
    return next(str(one.id) for one in desk.alarms() if one.evidence and one.cls == "machine")


def looked(page: Page, why: str) -> None:
    """Say why in words and wait for the unmasked picture."""
    sheet = page.locator("dialog[data-original]")
    expect(sheet.locator("[data-act=look]")).to_be_disabled()
    sheet.locator("[data-field=code]").select_option("words")
    sheet.locator("[data-field=words]").fill(why)
    sheet.locator("[data-act=look]").click()
    expect(sheet.locator("[data-unmasked]")).to_be_visible()


def reasons(desk: DeskTown, login: str) -> list[str]:
    """Return why somebody looked at originals, the newest first."""
    with desk.home.work() as work:
        wanted = ViewFilter(what=Viewed.ORIGINAL, actor_id=desk.ids[login])
        return [one.reason for one in people.views(work, people.operator(desk.home.tenant_id), wanted)]


def wishes(desk: DeskTown, login: str) -> list[Erasure]:
    """Return somebody's wishes to be forgotten."""
    with desk.home.work() as work:
        found = people.erasures(work, people.operator(desk.home.tenant_id))
        return [one for one in found if one.person_id == desk.ids[login]]


def brought(visit: Visit, site: UUID) -> str:
    """Let whoever visits bring a picture of the site; return its SHA-256, by which facts know it."""
    written, picture = cv2.imencode(".jpg", np.full((480, 640, 3), (120, 160, 190), np.uint8))
    assert written
    session = visit.page.request.get(f"{visit.town.address}/v1/session").json()
    answer = visit.page.request.post(
        f"{visit.town.address}/v1/sites/{site}/pictures",
        multipart={"picture": {"name": "pit.jpg", "mimeType": "image/jpeg", "buffer": picture.tobytes()}},
        headers={"X-CSRF-Token": session["csrf"], "Origin": visit.town.address},
    )
    assert answer.ok, answer.text()
    assert len(answer.json()["id"]) == 22, "and the page never learns the hash"
    return hashlib.sha256(picture.tobytes()).hexdigest()


def test_an_alarm_s_original_is_seen_with_a_code_and_a_reason_and_is_gone_when_closed(
    visits: Visits, desk: DeskTown
) -> None:
    login = desk.enrolled(Role.SAFETY_MANAGER, name="看原图")
    visit = visits.by(login, f"/alarms/{seen(desk)}")
    page = visit.page
    page.wait_for_selector("[data-detail=idle]")
    code = desk.age_factor(login)
    page.locator(".detail [data-act=original]").click()
    sheet = page.locator("dialog[data-original]")
    sheet.locator("[data-field=code]").select_option("evidence")
    visit.shot("original-why")
    visit.expect("403")
    sheet.locator("[data-act=look]").click()
    step_up = page.locator("dialog[data-step-up]")
    expect(step_up).to_contain_text("请再次输入验证码")
    assert reasons(desk, login) == [], "nothing was shown yet"
    step_up.locator("input").fill(code)
    step_up.locator("button[type=submit]").click()
    expect(sheet.locator("[data-unmasked]")).to_contain_text("未遮挡")
    page.wait_for_function("document.querySelector('dialog[data-original] > img').naturalWidth > 0")
    assert reasons(desk, login) == ["evidence"]
    shown = sheet.locator("> img").get_attribute("src")
    assert page.evaluate(APART) > 3, "the same picture without its masks"
    visit.shot("original-shown")
    sheet.locator("[data-act=close-original]").click()
    expect(sheet).to_have_count(0)
    visit.expect("ERR_FILE_NOT_FOUND")
    assert page.evaluate(LOADS, shown) is False
    page.locator(".detail [data-act=original]").click()
    looked(page, "法院来函调取")
    assert reasons(desk, login) == ["法院来函调取", "evidence"], "every look is one, with its own reason"
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_a_review_and_a_site_show_originals_too(visits: Visits, desk: DeskTown) -> None:
    login = desk.enrolled(Role.SAFETY_MANAGER, name="看原图")
    site = desk.works((116.7120387, 39.5341385))
    visit = visits.by(login, viewport={"width": 1366, "height": 768})
    sha = brought(visit, site)
    desk.done(site, lambda _: Arrived(Proof(pictures=(sha,))))
    page = visit.page
    visit.go(f"/sites/{site}")
    page.locator("[data-timeline] [data-act=original]").first.click()
    looked(page, "核对现场照片")
    visit.shot("original-site")
    page.keyboard.press("Escape")
    visit.go(f"/reviews/{seen(desk)}")
    page.wait_for_selector(".review[data-detail=idle]")
    visit.shot("original-review")
    page.locator(".review [data-act=original]").click()
    looked(page, "复核是否误报")
    assert reasons(desk, login)[:2] == ["复核是否误报", "核对现场照片"]
    assert [url for url in visit.asked if sha in url] == []
    asked = [url for url in visit.asked if "original=true" in url]
    assert [url.split("/v1/")[1].split("/")[0] for url in asked] == ["sites", "reviews"]


def test_who_may_not_see_originals_is_not_offered_them(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), f"/alarms/{seen(desk)}")
    expect(visit.page.locator(".detail [data-picture=here] img").first).to_be_visible()
    assert visit.page.locator("[data-act=original]").count() == 0


def test_what_is_held_of_me_is_read_and_taken_away(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.RESIDENT, name="林居民")
    visit = visits.by(login, "/channels")
    page = visit.page
    mine = page.locator("[data-list=my-data][data-state=idle]")
    expect(mine.locator("[data-held=contacts]")).to_have_text("0")
    with desk.home.work() as work:
        root = people.operator(desk.home.tenant_id)
        people.set_contacts(work, root, desk.ids[login], [NewContact(ContactKind.SMS, "13800005678")])
    page.reload()
    expect(mine.locator("[data-held=contacts]")).to_have_text("1")
    expect(mine).to_contain_text("林居民 · 居民")
    with page.expect_download() as taken:
        mine.locator("[data-act=take-data]").click()
    assert taken.value.suggested_filename == "my-data.json"
    told = json.loads(taken.value.path().read_text(encoding="utf-8"))
    assert (told["name"], [one["kind"] for one in told["contacts"]]) == ("林居民", ["sms"])


def test_consents_are_given_and_taken_back(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.PATROLLER, name="同意人"), "/channels")
    row = visit.page.locator("[data-consent=location]")
    expect(row).to_have_attribute("data-standing", "unsaid")
    row.locator("[data-act=agree]").click()
    expect(row).to_have_attribute("data-standing", "given")
    expect(visit.page.locator("[data-consent=training]")).to_have_attribute("data-standing", "unsaid")
    row.locator("[data-act=withdraw]").click()
    expect(row).to_contain_text("已撤回")
    visit.page.reload()
    expect(row).to_have_attribute("data-standing", "withdrawn")


def test_to_be_forgotten_asks_first_and_waits_for_its_answer(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.PATROLLER, name="要注销")
    visit = visits.by(login, "/channels", viewport={"width": 1280, "height": 1400})
    page = visit.page
    page.click("[data-act=erasure]")
    form = page.locator("[data-form=erasure]")
    expect(form).to_contain_text("不能恢复")
    visit.shot("my-data")
    form.locator("[data-act=keep]").click()
    expect(form).to_have_count(0)
    assert wishes(desk, login) == [], "nothing was asked yet"
    page.click("[data-act=erasure]")
    form.locator("[data-field=words]").fill("不再巡线了")
    form.locator("[data-act=ask-erasure]").click()
    expect(page.locator("[data-erasure=asked]")).to_contain_text("等待答复")
    expect(page.locator("[data-act=erasure]")).to_have_count(0)
    assert [(one.words, one.state) for one in wishes(desk, login)] == [("不再巡线了", ErasureState.ASKED)]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("[data-list=my-data]").scroll_into_view_if_needed()
    visit.shot("my-data-phone")
    page.click("[data-act=language]")
    said = page.locator("[data-list=my-data]").inner_text().replace("要注销", "").replace("不再巡线了", "")
    assert CHINESE.findall(said) == []
    page.click("[data-act=language]")


def test_the_rules_in_force_are_read_by_everybody(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.RESIDENT, name="林居民"), "/channels")
    page = visit.page
    page.locator("[data-list=my-data] [data-act=privacy]").click()
    page.wait_for_selector("main[data-page=privacy][data-state=idle]")
    expect(page.locator("[data-originals-by]")).to_contain_text("说明理由后可看原图：安全经理。")
    cells = page.locator("[data-class=looks] td")
    assert cells.all_inner_texts()[1:5] == ["30", "90", "30", "365"]
    expect(page.locator("[data-class=audit]")).to_contain_text("审计链")
    assert page.locator("[data-list=holds], [data-list=erasures]").count() == 0
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_hold_is_set_and_lifted_with_reasons(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.TENANT_ADMIN, name="保全人"), "/people", viewport={"width": 1280, "height": 1300})
    page = visit.page
    page.locator("main [data-act=privacy]").click()
    holds = page.locator("[data-list=holds][data-state=idle]")
    expect(holds).to_contain_text("没有保全")
    holds.locator("[data-act=set-hold]").click()
    form = holds.locator("[data-form=hold]")
    form.locator("[data-field=reason]").fill("法院要求保全")
    expect(form.locator("[data-act=sure]")).to_be_disabled()
    site = desk.works((116.7020387, 39.5341385))
    form.locator("[data-field=id]").fill(str(site))
    form.locator("[data-field=cls]").select_option("evidence")
    form.locator("[data-act=sure]").click()
    row = holds.locator("[data-hold]")
    expect(row).to_contain_text(f"法律保全 · 工地 {site}")
    expect(row).to_contain_text("法院要求保全")
    visit.shot("privacy-holds")
    auditor = visits.by(desk.login(Role.AUDITOR), "/audit")
    auditor.page.locator("main [data-act=privacy]").click()
    expect(auditor.page.locator("[data-hold]")).to_contain_text(str(site))
    assert auditor.page.locator("[data-act=lift], [data-act=set-hold], [data-list=erasures]").count() == 0
    row.locator("[data-act=lift]").click()
    expect(row.locator("[data-act=sure]")).to_be_disabled()
    row.locator("[data-field=reason]").fill("案件已结")
    row.locator("[data-act=sure]").click()
    expect(holds).to_contain_text("没有保全")
    holds.locator("summary").click()
    expect(holds.locator("[data-lifted]")).to_contain_text("案件已结")
    page.click("[data-act=language]")
    said = page.locator("main > section").first.inner_text() + page.locator("main h2").last.inner_text()
    assert CHINESE.findall(said.replace("法院要求保全", "").replace("案件已结", "")) == []
    page.click("[data-act=language]")


def test_wishes_are_refused_and_granted_with_a_code_and_a_reason(visits: Visits, desk: DeskTown) -> None:
    stays, goes = desk.login(Role.RESIDENT, name="甲居民"), desk.login(Role.RESIDENT, name="乙居民")
    for login in (stays, goes):
        with desk.home.work() as work:
            me = people.actor_of(work, desk.ids[login])
            assert me is not None
            people.ask_erasure(work, me, f"{login} 不用了")
    login = desk.enrolled(Role.TENANT_ADMIN, name="答复人")
    visit = visits.by(login, "/privacy", viewport={"width": 1280, "height": 1300})
    page = visit.page
    page.wait_for_selector("[data-list=erasures]")
    assert not any(url.endswith("/v1/erasures") for url in visit.asked), "a page that is opened asks for no code"
    code = desk.age_factor(login)
    visit.expect("403")
    page.click("[data-act=see-erasures]")
    step_up = page.locator("dialog[data-step-up]")
    step_up.locator("input").fill(code)
    step_up.locator("button[type=submit]").click()
    rows = {one: page.locator("[data-wish]", has_text=name) for one, name in ((stays, "甲居民"), (goes, "乙居民"))}
    rows[stays].locator("[data-act=refuse]").click()
    rows[stays].locator("[data-field=reason]").fill("合同尚未履行完毕")
    rows[stays].locator("[data-act=sure]").click()
    expect(rows[stays]).to_contain_text("未同意")
    rows[goes].locator("[data-act=grant]").click()
    expect(rows[goes].locator("form")).to_contain_text("不能恢复")
    rows[goes].locator("[data-field=reason]").fill("本人申请注销")
    visit.shot("privacy-erasures")
    rows[goes].locator("[data-act=sure]").click()
    expect(page.locator("[data-wish][data-state=done] [data-counted]")).to_contain_text("删除")
    assert [one.state for one in (*wishes(desk, stays), *wishes(desk, goes))] == [
        ErasureState.REFUSED,
        ErasureState.DONE,
    ]
    with desk.home.work() as work:
        assert people.actor_of(work, desk.ids[goes]) is None, "who is forgotten signs in no more"
