"""Reports to authorities on the desk: taken in hand, answered with a fine in yuan, added up; a plan disputed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.casework.facts import Advanced, Arrived, Proof, Reported, SiteState, Verified
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7000, 39.5260)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WIDE = {"viewport": {"width": 1366, "height": 768}}


def reported(desk: DeskTown, north: float, reason: str) -> UUID:
    """Return a site of which an authority was told."""
    desk.login(Role.SAFETY_MANAGER)
    site = desk.works((PLACE[0], PLACE[1] + north))
    desk.done(site, lambda work: Reported(work.ids.new(), "市城管局", reason))
    return site


def idle(visit: Visit) -> None:
    visit.page.wait_for_selector("[data-page=government][data-state=idle] [data-figures=government]")


def test_an_empty_list_says_what_would_fill_it(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.REGULATOR, area="north"), "/government")
    idle(visit)
    expect(visit.page.locator(".empty")).to_contain_text("还没有上报")
    expect(visit.page.locator(".empty")).to_contain_text("上报主管部门")
    expect(visit.page.locator("[data-figure=answered]")).to_contain_text("–")


def test_an_authority_takes_a_report_in_hand_and_answers_with_a_fine(visits: Visits, desk: DeskTown) -> None:
    reported(desk, 0.016, "夜间无人监护顶管，通知后不停")
    site = reported(desk, 0.0, "责令停工后仍在管道上方开挖")
    visit = visits.by(desk.login(Role.REGULATOR), "/government", **WIDE)
    idle(visit)
    page = visit.page
    row = page.locator("[data-report]", has_text="责令停工后仍在管道上方开挖")
    expect(row).to_have_attribute("data-stands", "open")
    expect(row.locator("[data-lasted]")).to_have_text("已 0.0 小时")
    expect(row).to_contain_text("市城管局")
    open_before = page.locator("[data-figure=open] dd").inner_text()
    row.locator("[data-act=take]").click()
    expect(row).to_have_attribute("data-stands", "in_hand")
    expect(row.locator("[data-act=take]")).to_have_count(0)
    row.locator("[data-act=answer]").click()
    form = row.locator("[data-form=answer]")
    form.locator("[data-field=answer]").fill("责令停止违法行为，处以罚款")
    form.locator("[data-field=measure]").select_option("fine")
    visit.expect("409")
    form.locator("[data-act=answer-yes]").click()
    expect(form.locator("[data-wrong=amount]")).to_contain_text("罚款要写金额")
    form.locator("[data-field=amount]").fill("五千")
    expect(form.locator("[data-problem=amount]")).to_contain_text("5000.50")
    expect(form.locator("[data-act=answer-yes]")).to_be_disabled()
    visit.shot("government-refused")
    form.locator("[data-field=amount]").fill("50,000.50")
    form.locator("[data-field=document]").fill("城执罚〔2026〕12 号")
    form.locator("[data-field=clause]").fill("城镇燃气管理条例 第五十一条")
    with page.expect_request("**/answer") as sent:
        form.locator("[data-act=answer-yes]").click()
    assert sent.value.post_data_json["outcome"]["amount_fen"] == 5_000_050
    expect(row).to_have_attribute("data-stands", "answered")
    expect(row.locator("[data-outcome]")).to_contain_text("¥\u00a050,000.50")
    expect(row.locator("[data-act=answer]")).to_have_count(0)
    expect(page.locator("[data-figure=open] dd")).not_to_have_text(open_before)
    expect(page.locator("[data-figure=answered] dd")).to_have_text(re.compile(r"^\d+/\d+$"))
    expect(page.locator("[data-figure=measures]")).to_contain_text(re.compile(r"罚款 1/\d+ · 罚款合计 ¥\s50,000.50"))
    company = page.locator("[data-company]")
    expect(company).to_have_count(1)
    expect(company.locator("td").first).not_to_have_text("–")

    visit.shot("government")
    wide = visits.by(desk.login(Role.REGULATOR), "/government", viewport={"width": 1920, "height": 1080})
    idle(wide)
    wide.shot("government-wide")

    manager = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE)
    told = manager.page.locator("[data-object=report]")
    expect(told).to_contain_text("责令停止违法行为")
    expect(told.locator("[data-outcome]")).to_contain_text("城执罚〔2026〕12 号")


def test_what_a_colleague_took_in_hand_meanwhile_is_shown_beside_the_refusal(visits: Visits, desk: DeskTown) -> None:
    reported(desk, 0.02, "两人同时受理")
    visit = visits.by(desk.login(Role.REGULATOR), "/government", **WIDE)
    idle(visit)
    colleague = visits.by(desk.login(Role.REGULATOR, name="同事"), "/government", **WIDE)
    idle(colleague)
    row = visit.page.locator("[data-report]", has_text="两人同时受理")
    expect(row).to_have_attribute("data-stands", "open")
    theirs = colleague.page.locator("[data-report]", has_text="两人同时受理")
    theirs.locator("[data-act=take]").click()
    expect(theirs).to_have_attribute("data-stands", "in_hand")
    visit.expect("409")
    row.locator("[data-act=take]").click()
    expect(row.locator("[role=alert]")).to_be_visible()
    expect(row).to_have_attribute("data-stands", "in_hand")


def test_the_company_reads_the_list_and_answers_nothing_there(visits: Visits, desk: DeskTown) -> None:
    site = reported(desk, 0.004, "没有备案，拒不停工")
    visit = visits.by(desk.login(Role.DISPATCHER), "/government", **WIDE)
    idle(visit)
    row = visit.page.locator("[data-report]", has_text="没有备案，拒不停工")
    expect(row.locator("[data-act=take], [data-act=answer]")).to_have_count(0)
    row.locator("[data-act=to-site]").click()
    visit.page.wait_for_url(re.compile(f"/sites/{site}$"))
    detail = visit.page.locator("[data-site-detail]")
    detail.locator("[data-act=answer]").click()
    form = detail.locator("[data-form=answer]")
    form.locator("[data-field=answer]").fill("收到处罚决定书")
    form.locator("[data-field=measure]").select_option("fine")
    visit.expect("409")
    form.locator("button[type=submit]").click()
    expect(form.locator("[data-wrong=amount]")).to_contain_text("罚款要写金额")
    form.locator("[data-field=amount]").fill("3000")
    form.locator("button[type=submit]").click()
    expect(detail.locator("[data-object=report] [data-outcome]")).to_contain_text("¥\u00a03,000")


def test_who_neither_answers_nor_decides_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.PATROLLER), "/government")
    expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")
    expect(visit.page.locator("nav [data-page=government]")).to_have_count(0)
    assert not any("/v1/government" in url for url in visit.asked)


def test_a_server_that_refuses_is_told_and_a_page_more_is_asked_for(visits: Visits, desk: DeskTown) -> None:
    reported(desk, 0.008, "第一件")
    visit = visits.by(desk.login(Role.REGULATOR), "/sites")
    visit.expect("Failed to load resource")
    visit.page.route("**/v1/government/reports?*", lambda route: route.abort())
    visit.go("/government")
    told = visit.page.locator(".list [role=alert]")
    expect(told).to_contain_text("服务器没有回应")
    visit.page.unroute("**/v1/government/reports?*")
    visit.page.route("**/v1/government/reports?limit=30", lambda route: route.continue_(
        url=route.request.url.replace("limit=30", "limit=1")))  # fmt: skip
    told.locator("button").click()
    expect(told).to_have_count(0)
    expect(visit.page.locator("[data-report]")).to_have_count(1)
    visit.page.locator("[data-act=more]").click()
    expect(visit.page.locator("[data-report]")).not_to_have_count(1)
    visit.page.locator("[data-act=language]").click()
    words = visit.page.locator(
        "[data-figures=government] dt, [data-state-word], [data-lasted], h1, h2"
    ).all_inner_texts()
    assert [one for one in words if CHINESE.search(one)] == []
    visit.page.locator("[data-act=language]").click()


def test_a_disputed_plan_is_shown_and_reviewed_before_it_is_signed(visits: Visits, desk: DeskTown) -> None:
    desk.login(Role.SAFETY_MANAGER)
    site = desk.works((PLACE[0], PLACE[1] + 0.012))
    proof = Proof(pictures=("a" * 64,), signed_by=("张工长",))
    desk.done(site, lambda _: Arrived(proof))
    desk.done(site, lambda _: Verified(True, "digging", proof))
    desk.done(site, lambda _: Advanced(SiteState.NOTIFIED, proof))
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}", **WIDE)
    detail = visit.page.locator("[data-site-detail]")
    detail.locator("[data-act=dispute]").click()
    form = detail.locator("[data-form=dispute]")
    visit.expect("422|409|404")  # nobody has brought the picture of the proof
    form.locator("[data-field=reason]").fill("支护方案影响工期")
    form.locator("button[type=submit]").click()
    expect(form.locator("[role=alert]")).to_be_visible()
    form.locator("[data-field=by]").fill("某某建设集团")
    form.locator("button[type=submit]").click()
    dispute = detail.locator("[data-object=dispute]")
    expect(dispute).to_contain_text("方案有异议，未审查")
    expect(dispute).to_contain_text("某某建设集团 提出：支护方案影响工期")
    expect(detail.locator("[data-act=dispute]")).to_have_count(0)
    patroller = visits.by(desk.login(Role.PATROLLER), f"/sites/{site}")
    patroller.expect("404")
    expect(patroller.page.locator("[data-object=dispute]")).to_be_visible()
    expect(patroller.page.locator("[data-act=review_plan]")).to_have_count(0)
    detail.locator("[data-act=review_plan]").click()
    form = detail.locator("[data-form=review_plan]")
    form.locator("[data-field=experts]").fill("赵专家\n钱专家")
    form.locator("[data-field=words]").fill("方案可行，加密监测")
    dispute.scroll_into_view_if_needed()
    visit.shot("dispute-review")
    form.locator("button[type=submit]").click()
    expect(dispute).to_have_attribute("data-over", "true")
    expect(dispute).to_contain_text("赵专家、钱专家 审查：方案可行，加密监测")
