"""A tenant's own templates on the desk: edited as data, refused at the block, looked at, put into force, put back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WIDE = {"viewport": {"width": 1366, "height": 768}}


def opened(visits: Visits, desk: DeskTown, kind: str) -> Visit:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/templates?kind={kind}", **WIDE)
    visit.page.wait_for_selector(f"[data-page=templates][data-state=idle] [data-template={kind}]")
    return visit


def test_the_page_is_found_and_each_shipped_template_reads_back_as_it_is(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/rules", **WIDE)
    page = visit.page
    page.locator("[data-act=templates]").click()
    page.wait_for_selector("[data-page=templates][data-state=idle]")
    kinds = page.locator("[data-kind]")
    expect(kinds).to_have_count(13)
    expect(kinds.last).to_contain_text("事故快报")
    expect(kinds.first).to_contain_text("随附")
    visit.shot("templates")
    for place in range(13):
        kinds.nth(place).click()
        expect(kinds.nth(place)).to_have_attribute("aria-current", "true")
        page.locator("[data-act=edit]").click()
        form = page.locator("[data-form=template]")
        expect(form.locator("[data-block]").first).to_be_visible()
        expect(form.locator("[data-problem]")).to_have_count(0)
        form.get_by_role("button", name="取消", exact=True).click()


def test_a_template_is_edited_refused_previewed_put_into_force_and_put_back(visits: Visits, desk: DeskTown) -> None:
    visit = opened(visits, desk, "stop")
    page = visit.page
    expect(page.locator("[data-version]")).to_contain_text("随附")
    expect(page.locator(".empty")).to_contain_text("没有改动过")
    expect(page.locator("[data-act=put-back]")).to_have_count(0)
    page.locator("[data-act=edit]").click()
    form = page.locator("[data-form=template]")
    save = form.locator("[data-act=save]")
    last = form.locator("[data-block]").count()
    form.locator("[data-act=add]").click()
    block = form.locator(f"[data-block='{last}']")
    block.locator("textarea").fill("抄送{nobody}。")
    expect(block.locator("[data-problem]")).to_contain_text("没有这个字段：nobody")
    expect(save).to_be_disabled()
    visit.shot("template-flaw")
    block.locator("textarea").fill("抄送街道办事处（{hotline}）。")
    expect(form.locator("[data-problem]")).to_have_count(0)
    block.locator("[data-act=up]").click()
    expect(form.locator(f"[data-block='{last - 1}'] textarea")).to_have_value("抄送街道办事处（{hotline}）。")
    with page.expect_response("**/preview") as drawn, page.context.expect_page() as tab:
        form.locator("[data-act=look]").click()
    assert (drawn.value.status, drawn.value.headers["content-type"]) == (200, "application/pdf")
    tab.value.close()
    facts = form.locator("[data-block='1'] textarea")
    kept = facts.input_value()
    facts.fill("停工原因 | {fact}")
    expect(form.locator(".foot [data-problem]")).to_contain_text("法定必填项没有印出：停工时间")
    facts.fill(kept)
    form.locator("[data-field=title]").fill("停工通知单（某某燃气）")
    form.locator("[data-field=note]").fill("按街道要求抄送")
    save.click()
    expect(page.locator("[data-version]")).to_have_text("自有第 1 版")
    expect(page.locator("[data-template] h2")).to_contain_text("停工通知单（某某燃气）")
    expect(page.locator("[data-kind=stop]")).to_contain_text("自有第 1 版")
    expect(page.locator("[data-kind=notice]")).to_contain_text("随附")
    expect(page.locator("[data-past]")).to_contain_text("按街道要求抄送")
    page.locator("[data-act=put-back]").click()
    page.locator("[data-form=put-back] [data-field=note]").fill("不再抄送")
    page.locator("[data-act=put-back-yes]").click()
    expect(page.locator("[data-version]")).to_contain_text("随附")
    expect(page.locator("[data-past]")).to_have_count(2)
    expect(page.locator("[data-past]").first).to_contain_text("第 2 版：恢复随附模板")


def test_what_only_the_server_sees_is_refused_at_its_block(visits: Visits, desk: DeskTown) -> None:
    visit = opened(visits, desk, "plan")
    page = visit.page
    page.locator("[data-act=edit]").click()
    form = page.locator("[data-form=template]")
    form.locator("[data-field=note]").fill("试一试")
    page.route("**/v1/document-templates", lambda route: route.fulfill(status=422, json={
        "type": "about:blank", "title": "x", "status": 422, "field": "template.blocks.1", "detail": "is no table",
        "fix": "y"}) if route.request.method == "POST" else route.continue_())  # fmt: skip
    visit.expect("422")
    form.locator("[data-act=save]").click()
    expect(form.locator("[data-block='1'] [data-wrong]")).to_contain_text("is no table")
    page.unroute("**/v1/document-templates")
    visit.expect("Failed to load resource")
    page.route("**/preview", lambda route: route.abort())
    form.locator("[data-act=look]").click()
    expect(form.locator(".foot [role=alert]")).to_contain_text("服务器没有回应")
    for _ in range(100):  # a tab takes its time to close on a busy machine
        if len(page.context.pages) == 1:
            break
        page.wait_for_timeout(100)
    assert len(page.context.pages) == 1, "no empty tab is left"


def test_changes_that_are_not_in_force_are_not_dropped_unasked(visits: Visits, desk: DeskTown) -> None:
    page = opened(visits, desk, "plan").page
    page.locator("[data-act=edit]").click()
    form = page.locator("[data-form=template]")
    form.locator("[data-field=title]").fill("保护方案（改）")
    asked: list[str] = []
    page.once("dialog", lambda one: (asked.append(one.message), one.dismiss()))
    page.locator("[data-kind=stop]").click()
    expect(form.locator("[data-field=title]")).to_have_value("保护方案（改）")
    page.once("dialog", lambda one: (asked.append(one.message), one.accept()))
    form.locator("[data-act=cancel]").click()
    expect(form).to_have_count(0)
    assert [("还没有启用" in one) for one in asked] == [True, True]


def test_who_edits_no_policy_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/templates")
    expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")
    visit.go("/rules")
    visit.page.wait_for_selector("[data-page=rulebook][data-state=idle]")
    expect(visit.page.locator("[data-act=templates]")).to_have_count(0)


def test_the_form_is_whole_in_english(visits: Visits, desk: DeskTown) -> None:
    visit = opened(visits, desk, "notice")
    page = visit.page
    page.locator("[data-act=language]").click()
    page.locator("[data-act=edit]").click()
    texts = page.locator(".bar .hint, .bar option, .head label, .foot, h1, [data-kind]").all_inner_texts()
    assert [one for one in texts if CHINESE.search(one)] == []
    page.locator("[data-act=language]").click()
