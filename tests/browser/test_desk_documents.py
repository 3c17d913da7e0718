"""Documents of a site on the desk: offered, drafted, refused at the field that is missing, issued as seen, voided."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import until
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework.facts import StopOrdered, Struck
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator, Route

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7000, 39.5300)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WIDE = {"viewport": {"width": 1366, "height": 768}}


@pytest.fixture(scope="module")
def stopped(desk: DeskTown) -> UUID:
    """A site where works were told to stop: a stop notice is due."""
    desk.login(Role.SAFETY_MANAGER)
    site = desk.works(PLACE)
    desk.done(site, lambda work: casework.violation(work, "V-PLAN", "没有保护方案就开挖"))
    desk.done(site, lambda work: StopOrdered(work.ids.new(), "挖掘机在管道上方作业"))
    return site


def panel_of(visit: Visit) -> Locator:
    visit.page.wait_for_selector("[data-panel=documents][data-state=idle]")
    return visit.page.locator("[data-panel=documents]")


def drafted(panel: Locator, kind: str) -> Locator:
    """Open a draft and wait until it is drawn."""
    panel.locator(f"[data-offer={kind}]").first.click()
    form = panel.locator("[data-form=document]")
    form.page.wait_for_selector("[data-form=document][data-state=idle] [data-act=issue]")
    return form


def write(form: Locator, key: str, words: str) -> None:
    """Type into a field and wait until the draft has it."""
    before = form.get_attribute("data-seen")
    area = form.locator(f"[data-field={key}] textarea")
    area.fill(words)
    area.blur()
    expect(form).not_to_have_attribute("data-seen", str(before))
    expect(form).to_have_attribute("data-state", "idle")


def fill_missing(form: Locator) -> None:
    """Say something for every field without which it is not issued."""
    lacking = form.locator("[data-standing=missing]").evaluate_all("all => all.map((one) => one.dataset.field)")
    assert lacking
    for key in lacking:
        write(form, key, "如实填写")


def test_a_stop_notice_is_refused_where_it_lacks_then_looked_at_and_issued(
    visits: Visits, desk: DeskTown, stopped: UUID
) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{stopped}", **WIDE)
    panel = panel_of(visit)
    expect(panel.locator("[data-none]")).to_contain_text("还没有签发过文书")
    expect(panel.locator("[data-offer=rectification]")).to_contain_text("V-PLAN")
    form = drafted(panel, "stop")
    missing = form.locator("[data-field=recipient]")
    expect(missing).to_have_attribute("data-standing", "missing")
    expect(form.locator(".field").first).to_have_attribute("data-field", "recipient")
    expect(form.locator("[data-missing]")).to_contain_text("受送达单位")
    expect(form.locator("[data-field=fact] textarea")).to_have_value("挖掘机在管道上方作业")
    visit.expect("422")
    form.locator("[data-act=issue]").click()
    expect(missing.locator("[data-wrong=recipient]")).to_have_text("请填写这一项。")
    expect(panel.locator("[data-document]")).to_have_count(0)
    form.scroll_into_view_if_needed()
    visit.shot("documents-missing")

    write(form, "recipient", "某某市政工程有限公司")
    expect(missing).to_have_attribute("data-standing", "said")
    expect(form.locator("[data-missing]")).to_have_count(0)
    write(form, "conditions", "方案签字后")
    expect(form.locator("[data-recorded]")).to_contain_text("记录里没有签字")
    form.locator("[data-signing=refused]").check()
    form.locator("[data-field=witness]").fill("李见证")
    with visit.page.expect_response("**/draft.pdf") as drawn, visit.page.context.expect_page() as opened:
        form.locator("[data-act=look]").click()
    assert (drawn.value.status, drawn.value.headers["content-type"]) == (200, "application/pdf")
    tab = opened.value
    tab.wait_for_url(re.compile("^blob:"))
    tab.close()
    form.locator("[data-act=issue]").click()
    paper = panel.locator("[data-document]")
    expect(panel.locator("[data-issued]")).to_contain_text("停工")
    expect(paper).to_have_attribute("data-stands", "counts")
    expect(paper).to_contain_text("挖掘机在管道上方作业")
    expect(panel.locator("[data-offer=stop]")).to_have_count(0)
    for kind, start in (("pdf", b"%PDF-"), ("docx", b"PK")):
        link = paper.locator(f"[data-file={kind}]").get_attribute("href")
        assert visit.page.request.get(f"{desk.address}{link}").body().startswith(start), kind
    visit.shot("documents-issued")


def test_a_wrong_one_is_replaced_and_another_voided_after_it_was_asked(visits: Visits, desk: DeskTown) -> None:
    site = desk.works((PLACE[0], PLACE[1] + 0.012))
    desk.done(site, lambda work: StopOrdered(work.ids.new(), "夜间偷挖"))
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE)
    panel = panel_of(visit)
    form = drafted(panel, "stop")
    fill_missing(form)
    form.locator("[data-act=issue]").click()
    paper = panel.locator("[data-document]")
    expect(paper).to_have_attribute("data-stands", "counts")
    number = str(paper.get_attribute("data-document"))
    paper.locator("[data-act=replace]").click()
    visit.page.wait_for_selector("[data-form=document][data-state=idle] [data-act=issue]")
    write(form, "recipient", "某某建设集团")
    form.locator("[data-field=reason]").fill("受送达单位写错")
    form.locator("[data-act=issue]").click()
    old = panel.locator(f'[data-document="{number}"]')
    expect(old).to_have_attribute("data-stands", "replaced")
    expect(old).to_contain_text("受送达单位写错")
    expect(old.locator("[data-act]")).to_have_count(0)
    fresh = panel.locator("[data-stands=counts]")
    expect(old).to_contain_text(str(fresh.get_attribute("data-document")))
    fresh.locator("[data-act=void]").click()
    asked = fresh.locator("[data-form=void]")
    expect(asked).to_contain_text("不能恢复")
    asked.locator("[data-field=reason]").fill("没有送达")
    asked.locator("[data-act=void-yes]").click()
    expect(panel.locator("[data-stands=void]")).to_contain_text("没有送达")
    expect(panel.locator("[data-stands=counts]")).to_have_count(0)
    expect(panel.locator("[data-offer=stop]")).to_be_visible()
    panel.scroll_into_view_if_needed()
    visit.shot("documents-void")


def test_a_record_that_changed_meanwhile_is_told_and_drawn_again(visits: Visits, desk: DeskTown) -> None:
    site = desk.works((PLACE[0], PLACE[1] + 0.004))
    desk.done(site, lambda work: casework.violation(work, "V-PLAN", "没有方案"))
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE)
    form = drafted(panel_of(visit), "rectification")
    fill_missing(form)
    seen = str(form.get_attribute("data-seen"))
    visit.page.route("**/documents/draft", lambda route: route.continue_())
    visit.page.route("**/documents", lambda route: route.continue_(
        post_data=str(route.request.post_data).replace(str(form.get_attribute("data-seen")), "0" * 64)
        if route.request.method == "POST" else None))  # fmt: skip
    visit.expect("409")
    form.locator("[data-act=issue]").click()
    expect(form.locator("[data-changed]")).to_contain_text("草稿已按最新内容重拟")
    expect(form).to_have_attribute("data-seen", seen)
    visit.page.unroute("**/documents")
    form.locator("[data-act=issue]").click()
    expect(visit.page.locator("[data-panel=documents] [data-issued]")).to_contain_text("整改")


def test_what_is_typed_stands_when_an_answer_comes_and_is_not_dropped_unasked(visits: Visits, desk: DeskTown) -> None:
    site = desk.works((PLACE[0], PLACE[1] - 0.004))
    desk.done(site, lambda work: StopOrdered(work.ids.new(), "夜间偷挖"))
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE)
    form, page = drafted(panel_of(visit), "stop"), visit.page
    held: list[Route] = []
    page.route("**/documents/draft", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks the handler
    form.locator("[data-field=recipient] textarea").fill("某某建设集团")
    second = form.locator("[data-field=conditions] textarea")
    second.click()
    expect(form).to_have_attribute("data-state", "loading")
    second.press_sequentially("方案签")
    until(page, lambda: bool(held))  # the page says that it asks before the browser does
    held.pop().continue_()
    expect(form).to_have_attribute("data-state", "idle")
    expect(second).to_have_value("方案签")
    page.unroute("**/documents/draft")
    asked: list[str] = []
    page.once("dialog", lambda one: (asked.append(one.message), one.dismiss()))
    page.locator("nav [data-page=filings]").click()
    expect(second).to_have_value("方案签")
    page.once("dialog", lambda one: (asked.append(one.message), one.accept()))
    form.locator("[data-act=cancel]").click()
    expect(form).to_have_count(0)
    assert [("还没有签发" in one) for one in asked] == [True, True]


def test_a_struck_site_offers_the_report_of_the_accident_by_its_name(visits: Visits, desk: DeskTown) -> None:
    site = desk.works((PLACE[0], PLACE[1] - 0.008))
    desk.done(site, lambda _: Struck("挖断中压管"))
    panel = panel_of(visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE))
    expect(panel.locator("[data-offer=accident]")).to_have_text("事故快报")
    expect(panel.locator(".offered li").first).to_contain_text("1 小时内")


def test_rows_are_typed_and_signatures_brought_with_a_picture(visits: Visits, desk: DeskTown, tmp_path: Path) -> None:
    site = desk.works((PLACE[0], PLACE[1] + 0.008))
    visit = visits.by(desk.login(Role.DISPATCHER), f"/sites/{site}", **WIDE)
    panel = panel_of(visit)
    panel.locator("[data-field=other-kind]").select_option("standby")
    form = panel.locator("[data-form=document]")
    visit.page.wait_for_selector("[data-form=document][data-state=idle] [data-act=issue]")
    fill_missing(form)
    checks = form.locator("[data-field=checks]")
    expect(checks).to_have_attribute("data-standing", "blank")
    checks.locator("[data-act=more-rows]").click()
    checks.locator("td input").first.fill("09:00")
    checks.locator("td input").nth(1).fill("基坑北侧")
    checks.locator("td input").nth(1).blur()
    expect(checks).to_have_attribute("data-standing", "said")
    form.locator("[data-signing=typed]").check()
    row = form.locator("[data-signature]")
    expect(form.locator("datalist option")).to_have_count(2)
    row.locator("input").nth(0).fill("施工单位负责人")
    row.locator("input").nth(1).fill("张工长")
    picture = tmp_path / "sign.png"
    visit.page.screenshot(path=str(picture), clip={"x": 0, "y": 0, "width": 640, "height": 320})
    row.locator("input[type=file]").set_input_files(str(picture))
    expect(row).to_contain_text("已有签名照片")
    form.locator("[data-part=signing]").scroll_into_view_if_needed()
    visit.shot("documents-rows")
    form.locator("[data-act=issue]").click()
    expect(panel.locator("[data-document]")).to_contain_text("旁站记录")


def test_the_evidence_pack_is_taken_as_a_zip(visits: Visits, desk: DeskTown, stopped: UUID, tmp_path: Path) -> None:
    visit = visits.by(desk.enrolled(Role.SAFETY_MANAGER), f"/sites/{stopped}", **WIDE)
    panel = panel_of(visit)
    with visit.page.expect_download() as kept:
        panel.locator("[data-act=evidence-pack]").click()
    assert kept.value.suggested_filename == f"evidence-{stopped}.zip"
    kept.value.save_as(tmp_path / "pack.zip")
    with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
        assert "index.html" in {name.rsplit("/")[-1] for name in pack.namelist()}


def test_who_may_only_read_is_offered_nothing_and_who_may_not_sees_no_documents(
    visits: Visits, desk: DeskTown, stopped: UUID
) -> None:
    auditor = visits.by(desk.login(Role.AUDITOR), f"/sites/{stopped}")
    panel = panel_of(auditor)
    expect(panel.locator("[data-offer], [data-form], [data-act], [data-field=other-kind]")).to_have_count(0)
    narrow = {"viewport": {"width": 414, "height": 860}}
    patroller = visits.by(desk.login(Role.PATROLLER), f"/sites/{stopped}", **narrow)
    panel = panel_of(patroller)
    expect(panel.locator("[data-offer=rectification]")).to_be_visible()
    expect(panel.locator("[data-field=other-kind] option")).not_to_have_count(1)
    values = panel.locator("[data-field=other-kind] option").evaluate_all("all => all.map((one) => one.value)")
    assert "report" not in values, "only who decides issues a report letter"
    expect(panel.locator("[data-act=evidence-pack], [data-act=void]")).to_have_count(0)
    form = drafted(panel, "rectification")
    assert patroller.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    form.scroll_into_view_if_needed()
    patroller.shot("documents-phone")
    grid = visits.by(desk.login(Role.GRID_WORKER), f"/sites/{stopped}")
    expect(grid.page.locator("[data-site-detail] [data-headline]")).to_be_visible()
    expect(grid.page.locator("[data-panel=documents]")).to_have_count(0)
    assert not any(url.endswith("/documents") for url in grid.asked), "nobody asks for what they may not read"


def test_a_server_that_refuses_is_told_and_asked_again(visits: Visits, desk: DeskTown, stopped: UUID) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/sites", **WIDE)
    visit.expect("Failed to load resource")
    visit.page.route("**/documents", lambda route: route.abort())
    visit.go(f"/sites/{stopped}")
    panel = panel_of(visit)
    expect(panel.locator("[role=alert]")).to_contain_text("服务器没有回应")
    visit.page.unroute("**/documents")
    panel.locator("[role=alert] button").click()
    expect(panel.locator("[role=alert]")).to_have_count(0)
    expect(panel.locator("[data-offer]").first).to_be_visible()


def test_the_panel_is_whole_in_english(visits: Visits, desk: DeskTown, stopped: UUID) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{stopped}", **WIDE)
    visit.page.locator("[data-act=language]").click()
    panel = panel_of(visit)
    texts = [panel.locator("header").inner_text(), *panel.locator(".offered .soft").all_inner_texts()]
    form = drafted(panel, "rectification")
    visit.shot("documents-english")
    texts += [form.locator("[data-part=signing]").inner_text(), form.locator(".acts").inner_text()]
    assert [one for one in texts if CHINESE.search(one)] == []
    visit.page.locator("[data-act=language]").click()
