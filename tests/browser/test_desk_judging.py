"""How a camera is judged, whether alarms can be trusted, and what the second judge is asked: by form, not by curl."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import Route, expect
from sqlalchemy import text

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def camera_id(desk: DeskTown, key: str) -> str:
    with desk.home.work() as work:
        return str(work.session.scalar(text("SELECT id FROM sense_cameras WHERE key = :key"), {"key": key}))


def open_camera(visits: Visits, desk: DeskTown, key: str, role: Role = Role.SAFETY_MANAGER) -> Visit:
    visit = visits.by(desk.login(role), f"/cameras/{camera_id(desk, key)}")
    visit.page.wait_for_selector("[data-page=camera][data-state=idle] [data-form=rules]")
    return visit


def settings(visit: Visit, key: str) -> dict[str, Any]:
    answer = visit.page.request.get(f"{visit.town.address}/v1/cameras/{camera_id(visit.town, key)}/rules")
    found: dict[str, Any] = answer.json()
    return found


def test_a_corridor_is_drawn_by_clicks_undone_saved_and_taken_away(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/cameras")
    page = visit.page
    page.locator(f'a[href="/cameras/{camera_id(desk, "cam-11")}"]').click()
    page.wait_for_selector("[data-corridor=none][data-picture=here]")
    expect(page.locator(".corridor figcaption")).to_have_text("渲染画面")
    page.click("[data-act=draw]")
    box = page.locator(".corridor svg").bounding_box()
    assert box is not None

    def click(*corners: tuple[float, float]) -> None:
        for x, y in corners:
            page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)

    save, state = page.locator("[data-act=save-corridor]"), page.locator("[data-corridor-state]")
    click((0.1, 0.9), (0.9, 0.9))
    expect(state).to_contain_text("至少 3 个拐点")
    expect(save).to_be_disabled()
    click((0.2, 0.5), (0.8, 0.5))
    expect(state).to_contain_text("边线相交了")
    expect(save).to_be_disabled()
    for _ in range(2):
        page.click("[data-act=undo]")
    click((0.8, 0.6), (0.2, 0.6))
    expect(state).to_have_text("4 个拐点")
    save.click()
    page.wait_for_selector("[data-corridor=drawn]")
    expect(state).to_contain_text("已换算到地面")
    ring = settings(visit, "cam-11")["ring"]
    wanted = [(0.1, 0.9), (0.9, 0.9), (0.8, 0.6), (0.2, 0.6)]
    assert all(
        abs(a - b) < 0.01 for got, want in zip(ring, wanted, strict=True) for a, b in zip(got, want, strict=True)
    )
    page.reload()
    page.wait_for_selector("[data-corridor=drawn][data-picture=here]")
    page.click("[data-act=take-away]")
    page.wait_for_selector("[data-corridor=none]")
    assert settings(visit, "cam-11")["ring"] is None


def test_a_silenced_alarm_neither_sounds_nor_counts_and_does_again_when_it_is_heard(
    visits: Visits, desk: DeskTown
) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    visit.settled()
    page.wait_for_selector("[data-live=live]")
    sound = page.locator("[data-sound]")
    expect(sound).to_have_attribute("data-calling", "false")
    before = page.locator(".card[data-stands=open]").count()
    place = (116.7120387, 39.5341385)  # on a pipe: level I
    desk.report(place, "有挖机")
    alarm = desk.alarms()[-1].id
    card = visit.card(alarm)
    expect(card).to_have_attribute("data-stands", "open")
    expect(sound).to_have_attribute("data-calling", "true")
    expect(page.locator("[data-count]")).to_contain_text(f"未接警 {before + 1}/")
    desk.silence(alarm, audit=False)
    expect(card).to_have_attribute("data-stands", "silent")
    expect(card.locator(".state")).to_have_text(re.compile(r"^已静默至 (\d\d-\d\d )?\d\d:\d\d$"))
    expect(sound).to_have_attribute("data-calling", "false")
    expect(page.locator("[data-count]")).to_contain_text(f"未接警 {before}/")
    page.reload()
    visit.settled()
    expect(card).to_have_attribute("data-stands", "silent")
    page.click("[data-filter=stands]")
    page.get_by_role("option", name="已静默", exact=True).click()
    expect(page.locator(".card")).to_have_count(1)
    page.wait_for_selector("[data-live=live]")
    desk.report(place, "还在挖")
    page.click("[data-filter=stands]")
    page.get_by_role("option", name="全部", exact=True).click()
    expect(card).to_have_attribute("data-stands", "open")
    expect(sound).to_have_attribute("data-calling", "true")
    expect(page.locator("[data-count]")).to_contain_text(f"未接警 {before + 1}/")
    visit.open(str(alarm))
    expect(page.locator("[data-verdict-of] [data-verdict]")).to_have_text("待人工")
    desk.silence(alarm, audit=False)
    expect(page.locator("[data-verdict-of] [data-verdict]")).to_have_text(re.compile("已静默至"))


def test_a_rule_is_switched_off_and_the_view_described(visits: Visits, desk: DeskTown) -> None:
    visit = open_camera(visits, desk, "cam-12")
    page = visit.page
    save = page.locator("[data-act=save-rules]")
    expect(save).to_be_disabled()
    page.locator("input[name=parked]").uncheck()
    page.fill("textarea[name=note]", "看广阳道北侧人行道")
    with page.expect_response(re.compile(r"/rules$")) as answered:
        save.click()
    assert answered.value.ok
    expect(save).to_be_disabled()
    told = settings(visit, "cam-12")
    assert [one["rule"] for one in told["rules"] if not one["on"]] == ["parked"]
    assert told["note"] == "看广阳道北侧人行道"
    reader = open_camera(visits, desk, "cam-12", Role.DISPATCHER)
    expect(reader.page.locator("input[name=parked]")).not_to_be_checked()
    expect(reader.page.locator("input[name=parked]")).to_be_disabled()
    expect(reader.page.locator("textarea[name=note]")).to_have_value("看广阳道北侧人行道")
    acts = "[data-act=save-rules], [data-act=learn], [data-act=draw]"
    expect(reader.page.locator(acts)).to_have_count(0)


def test_an_empty_scene_is_learnt_from_a_time_that_somebody_vouches_for(visits: Visits, desk: DeskTown) -> None:
    visit = open_camera(visits, desk, "cam-11")
    page = visit.page
    with desk.home.work() as work:
        first, last = work.session.execute(
            text("SELECT min(at), max(at) FROM sense_observations WHERE stream = 'cam-11'")
        ).one()

    def local(when: datetime, minutes: int) -> str:
        """Return the time as the form wants it, in the browser's zone (Asia/Shanghai)."""
        moved: str = page.evaluate("ms => new Date(ms + 8 * 3600e3).toISOString().slice(0, 16)",
                                   when.timestamp() * 1000 + minutes * 60_000)  # fmt: skip
        return moved

    page.fill("input[name=since]", local(last, 5))
    page.fill("input[name=until]", local(first, -5))
    page.fill("input[name=reason]", "周日，巡线员看过")
    expect(page.locator("[data-form=background]")).to_contain_text("结束要晚于开始")
    expect(page.locator("[data-act=learn]")).to_be_disabled()
    page.fill("input[name=since]", "2026-01-01T00:00")
    page.fill("input[name=until]", "2026-01-01T01:00")
    visit.expect("422")
    page.click("[data-act=learn]")
    expect(page.locator("[data-form=background] .note")).to_contain_text("since")
    page.fill("input[name=since]", local(first, -5))
    page.fill("input[name=until]", local(last, 5))
    page.click("[data-act=learn]")
    expect(page.locator("[data-form=background] [role=status]")).to_have_text("已学习。")
    remembered = settings(visit, "cam-11")["remembered"]
    expect(page.locator("[data-remembered]")).to_have_text(f"记住 {remembered} 处")


def test_a_camera_without_a_picture_says_so(visits: Visits, desk: DeskTown) -> None:
    visit = open_camera(visits, desk, "cam-01")
    expect(visit.page.locator(".corridor")).to_contain_text("还没有画面")
    expect(visit.page.locator("[data-act=draw]")).to_have_count(0)
    assert not any(url.endswith("/picture") for url in visit.asked), "nobody asks for what is not there"
    admin = open_camera(visits, desk, "cam-12", Role.TENANT_ADMIN)
    expect(admin.page.locator(".corridor")).to_contain_text("您的角色不能看")
    expect(admin.page.locator("input[name=filed]")).to_be_enabled()


def test_what_was_asked_of_one_camera_never_stands_on_the_page_of_another(visits: Visits, desk: DeskTown) -> None:
    first, second = camera_id(desk, "cam-11"), camera_id(desk, "cam-12")
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/cameras")
    page = visit.page
    for one in (first, second):
        page.locator('nav a[href="/cameras"]').click()
        page.locator(f'main a[href="/cameras/{one}"]').click()
        page.wait_for_selector("[data-page=camera][data-state=idle] [data-form=rules]")
    rules, held = re.compile(f"/v1/cameras/{first}/rules"), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(rules, hold)
    with page.expect_request(rules):
        page.evaluate("history.go(-2)")  # from page to page with no list between
    page.evaluate("history.go(2)")
    page.wait_for_selector("[data-page=camera][data-state=idle] [data-form=rules]")
    visit.expect("503")
    with page.expect_response(rules):
        held[0].fulfill(status=503, body="{}", content_type="application/problem+json")
    page.wait_for_timeout(500)  # what must not come gives no sign
    expect(page.locator("main [role=alert]")).to_have_count(0)
    assert page.url.endswith(second)


def test_every_figure_stands_with_what_it_was_counted_from(visits: Visits, desk: DeskTown) -> None:
    desk.report((116.7052, 39.5340), "有挖机在挖")
    alarm = str(desk.alarms()[-1].id)
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/reviews/{alarm}")
    page = visit.page
    page.wait_for_selector(".review[data-detail=idle]")
    page.keyboard.press("y")
    page.wait_for_selector(".decide")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.locator(".side [data-decided]")).to_contain_text("其他施工")
    page.click("nav [data-page=figures]")
    page.wait_for_selector("[data-page=figures][data-state=idle] [data-figure=rules]")
    told = page.request.get(f"{desk.address}/v1/figures").json()
    precision = page.locator("[data-figure=precision]")
    expect(precision).to_contain_text(f"{told['precision']['hits']}/{told['precision']['of']} 属实")
    expect(precision).to_contain_text(re.compile(r"95 % 区间 [<\d].*目标 95"))
    recall = page.locator("[data-figure=recall]")
    expect(recall).to_contain_text("摄像机没看到、检测器没报的不在里面")
    expect(recall).to_contain_text(f"确认 {told['recall']['found']}，驳回 {told['recall']['rejected']}，抽检属实")
    effort = page.locator("[data-figure=effort] dd").all_inner_texts()
    assert len(effort) == 4
    assert all(re.match(rf"\d+/{told['frames']} ", one) for one in effort[:3]), effort
    assert re.match(r"¥\s\d.*共 ¥\s\d.*处确认", effort[3]), effort
    rows = page.locator("[data-figure=rules] .el-table__row")
    expect(rows).to_have_count(len(told["rules"]))
    assert all(f"/{told['alarms']}" in one for one in rows.all_inner_texts())
    expect(page.locator("[data-figure=advice]")).to_contain_text(re.compile(r"判定过的太少|少看 \d+/\d+ 个"))


def test_figures_are_asked_by_camera_and_period_and_say_when_there_are_none(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/figures")
    page = visit.page
    page.wait_for_selector("[data-page=figures][data-state=idle] [data-counts]")
    page.click("[data-filter=days]")
    page.get_by_role("option", name="最近 7 天", exact=True).click()
    page.wait_for_url(re.compile(r"days=7"))
    idle = camera_id(desk, "cam-01")
    page.goto(f"{desk.address}/figures?camera={idle}&days=7")
    expect(page.locator("[data-page=figures] .empty")).to_contain_text("没有可算的")
    assert any(f"camera_id={idle}" in url for url in visit.asked)
    expect(page.locator("[data-figure]:not([data-figure=cost])")).to_have_count(
        0
    )  # what is asked costs the whole house


def test_the_question_list_is_edited_versioned_and_put_back(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/questions")
    page = visit.page
    page.wait_for_selector("[data-page=questions][data-state=idle] [data-question]")
    expect(page.locator("[data-version]")).to_have_text("随附版本 site-check@1")
    expect(page.locator("main[data-page=questions]")).to_contain_text("没有改动过")
    count = page.locator("[data-question]").count()
    page.click("[data-act=edit]")
    form = page.locator("[data-form=questions]")
    form.locator("[data-question=service] [data-act=remove]").click()
    page.click("[data-act=add]")
    expect(form.locator("[data-problem]")).to_contain_text("中英文都要写")
    expect(form.locator("[data-act=save]")).to_be_disabled()
    added = form.locator("[data-question]").last
    added.locator("input").nth(-2).fill("它是洒水车？")
    added.locator("input").nth(-1).fill("Is it a water cart?")
    expect(form.locator("[data-problem]")).to_have_count(0)
    form.locator("[data-act=save]").click()
    expect(page.locator("[data-version]")).to_have_text(re.compile(r"自有版本 own@\d{4}-\d\d-\d\d"))
    expect(page.locator("[data-question]")).to_have_count(count)
    expect(page.locator("[data-question=service]")).to_have_count(0)
    expect(page.locator("main[data-page=questions]")).to_contain_text("它是洒水车？")
    reader = visits.by(desk.login(Role.DISPATCHER), "/questions")
    expect(reader.page.locator("main[data-page=questions]")).to_contain_text("它是洒水车？")
    expect(reader.page.locator("[data-act=edit], [data-act=put-back]")).to_have_count(0)
    page.click("[data-act=put-back]")
    page.click("[data-act=put-back-yes]")
    expect(page.locator("[data-version]")).to_have_text("随附版本 site-check@1")
    past = page.locator("[data-past]")
    expect(past).to_have_count(2)
    expect(past.first).to_contain_text("恢复随附清单")
    expect(past.first).to_contain_text("safety_manager")
    expect(past.last).to_contain_text("own@")


def test_the_menu_shows_what_a_role_may_open(visits: Visits, desk: DeskTown) -> None:
    menus = {
        Role.PATROLLER: [
            "告警",
            "处置",
            "复核",
            "上报",
            "备案",
            "挖断",
            "摄像机",
            "巡线",
            "识别质量",
            "规则",
            "判别清单",
            "策略",
            "户内隐患",
            "能力超市",
            "管网",
        ],
        Role.DISPATCHER: [
            "告警",
            "处置",
            "复核",
            "上报",
            "待定位",
            "备案",
            "挖断",
            "行政上报",
            "摄像机",
            "巡线",
            "识别质量",
            "统计",
            "规则",
            "判别清单",
            "策略",
            "能力超市",
            "管网",
            "人员",
        ],
        Role.LOCATOR: ["告警", "处置", "上报", "备案", "挖断", "规则", "判别清单", "策略", "管网"],
        Role.REGULATOR: ["告警", "处置", "备案", "挖断", "行政上报", "摄像机", "统计"],
    }
    for role, menu in menus.items():
        visit = visits.by(desk.login(role))
        assert visit.page.locator("nav a").all_inner_texts() == menu
    visit.go("/reviews")
    expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")


def test_the_new_pages_are_whole_in_english(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/reviews")
    page = visit.page
    page.click("[data-act=language]")
    page.wait_for_selector("[data-page=reviews][data-state=idle]")
    page.keyboard.press("j")
    page.wait_for_selector(".review[data-detail=idle]")
    page.keyboard.press("n")
    page.wait_for_selector(".decide")
    texts = [page.locator(".decide").inner_text(), page.locator(".why").inner_text()]
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.locator("[data-act=take]")).to_be_visible()
    page.goto(f"{desk.address}/cameras/{camera_id(desk, 'cam-11')}")
    page.wait_for_selector("[data-form=rules]")
    texts += [page.locator(".parts").inner_text()]
    page.goto(f"{desk.address}/figures")
    page.wait_for_selector("[data-figure=rules]")
    texts += [page.locator(".page").inner_text()]
    page.goto(f"{desk.address}/questions")
    page.wait_for_selector("[data-question]")
    texts += [*page.locator("[data-question] > p").all_inner_texts(), page.locator("h1").inner_text()]
    assert [line for block in texts for line in block.splitlines() if CHINESE.search(line)] == []
    page.click("[data-act=language]")
