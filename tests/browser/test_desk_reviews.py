"""The reviewer's queue in a real browser: by keyboard alone, beside a colleague, without being led, and never final."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import shapely
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people import service as people
from pipewarden.people.facts import NewArea, Role
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator

pytestmark = pytest.mark.system(CHROMIUM)


def at(step: int) -> tuple[float, float]:
    """Return one of many places in the east of the city, some 40 m apart, away from those of test_desk."""
    return 116.7030 + 0.0005 * (step % 20), 39.5300 + 0.0004 * (step // 20)


def reported(desk: DeskTown, step: int, words: str) -> str:
    desk.report(at(step), words)
    return str(desk.alarms()[-1].id)


def row_of(visit: Visit, alarm: str) -> Locator:
    """Return an alarm's row of the queue, asking for more pages: other tests' alarms wait there too."""
    row, more = visit.page.locator(f'[data-review="{alarm}"]'), visit.page.locator(".reviews .more:enabled")
    expect(row.or_(more).first).to_be_visible()
    while row.count() == 0:
        before = visit.page.locator("[data-review]").count()
        more.click()
        visit.page.wait_for_function(
            "before => document.querySelectorAll('[data-review]').length > before"
            " || document.querySelector('.reviews .more') === null",
            arg=before,
        )
    return row


def by_camera(desk: DeskTown, number: int) -> str:
    """Return an alarm that cameras saw and no person told of."""
    return [str(one.id) for one in desk.alarms() if one.evidence and one.cls == "machine"][number]


def open_review(visit: Visit, alarm: str) -> Locator:
    visit.go(f"/reviews/{alarm}")
    visit.page.wait_for_selector(f'.review[data-detail=idle][data-alarm="{alarm}"]')
    return visit.page.locator(".review")


def verdict(visit: Visit, alarm: str) -> dict[str, Any]:
    answer = visit.page.request.get(f"{visit.town.address}/v1/alarms/{alarm}/verdict")
    found: dict[str, Any] = answer.json()
    return found


def test_the_queue_says_how_near_how_old_and_why(visits: Visits, desk: DeskTown) -> None:
    alarm = reported(desk, 0, "挖机在路边开挖")
    visit = visits.by(desk.login(Role.DISPATCHER), "/reviews")
    page = visit.page
    page.wait_for_selector("[data-page=reviews][data-state=idle]")
    row = row_of(visit, alarm)
    expect(row).to_contain_text("人员上报")
    expect(row.locator("[data-why]")).to_have_text("有人上报")
    expect(row.locator("time")).to_contain_text("已")
    waiting = page.request.get(f"{desk.address}/v1/reviews?limit=200").json()["items"]
    assert len(waiting) < 200, "else the row may lie beyond what is compared"
    shown = page.locator("[data-review]").evaluate_all("all => all.map(one => one.dataset.review)")
    assert shown == [one["id"] for one in waiting][: len(shown)]
    ranks = [one["rank"] for one in waiting]
    assert ranks == sorted(ranks), "protection range first"
    assert len(set(ranks)) > 1, "else the order says nothing"
    row.locator("h3 button").click()
    page.wait_for_url(f"{desk.address}/reviews/{alarm}")
    expect(page.locator(".review [data-said]")).to_contain_text("挖机在路边开挖")


def test_a_decision_needs_no_mouse_and_a_slip_is_changed(visits: Visits, desk: DeskTown) -> None:
    alarm = reported(desk, 4, "有机械在施工")
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    page.click("nav [data-page=reviews]")  # and the focus stays on that link
    page.wait_for_selector("[data-page=reviews][data-state=idle]")
    page.keyboard.press("j")
    page.wait_for_selector(".review[data-detail=idle]")
    first = page.locator("[data-review]").first.get_attribute("data-review")
    assert page.url.endswith(f"/reviews/{first}"), "the first key opens the most urgent one"
    open_review(visit, alarm)
    row = page.locator(f'[data-review="{alarm}"]')
    page.keyboard.press("t")
    expect(row).to_contain_text("您已领取")
    page.keyboard.press("g")
    expect(row).not_to_contain_text("您已领取")
    page.keyboard.press("n")
    page.wait_for_selector("[data-said=false]")
    expect(page.locator(".decide button[type=submit]")).to_be_disabled()
    page.keyboard.press("2")
    expect(page.locator("[data-code=parked_machine]")).to_have_attribute("aria-checked", "true")
    page.keyboard.press("s")
    expect(page.locator("[data-silence='72']")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("w")
    page.keyboard.type("停了三天 n")  # letters of the keys are letters here
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator(".side [data-decided]")).to_contain_text("误报 · 机械停放")
    expect(row).to_have_attribute("data-waits", "false")
    told = verdict(visit, alarm)
    assert (told["verdict"], told["decided_code"], told["decided_words"]) == (
        "rejected",
        "parked_machine",
        "停了三天 n",
    )
    page.keyboard.press("y")
    page.wait_for_selector(".decide[data-said=true]")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator(".side [data-decided]")).to_contain_text("属实 · 正在动土")
    assert verdict(visit, alarm)["verdict"] == "confirmed"
    page.keyboard.press("j")
    page.wait_for_url(lambda url: not url.endswith(alarm))
    page.wait_for_selector(".review[data-detail=idle]")
    expect(page.locator(".side [data-decided]")).to_have_count(0)


def test_nobody_is_offered_what_the_zone_forbids(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    items = visit.page.request.get(f"{desk.address}/v1/reviews?limit=200").json()["items"]
    for zone, longest in (("protection", "168"), ("outside", "720")):
        alarm = next((one["id"] for one in items if one["zone"] == zone), None)
        if alarm is None:
            continue
        open_review(visit, alarm)
        visit.page.keyboard.press("n")
        visit.page.wait_for_selector(".decide[data-said=false]")
        offered = visit.page.locator("[data-silence]").evaluate_all("all => all.map(one => one.dataset.silence)")
        assert offered[-1] == longest
        visit.page.keyboard.press("Escape")
        visit.page.keyboard.press("g")
        expect(visit.page.locator("[data-act=take]")).to_be_visible()
    assert {"protection", "outside"} & {one["zone"] for one in items}


def test_what_a_colleague_holds_is_shown_as_held(visits: Visits, desk: DeskTown) -> None:
    alarm = reported(desk, 8, "围挡里有挖机")
    mine = visits.by(desk.login(Role.DISPATCHER))
    other = visits.by(desk.login(Role.SAFETY_MANAGER))
    open_review(mine, alarm)  # still free
    open_review(other, alarm)
    other.page.keyboard.press("t")
    expect(other.page.locator("[data-act=give-back]")).to_be_visible()
    mine.expect("409")
    mine.page.keyboard.press("y")
    expect(mine.page.locator(".review .note")).to_contain_text("现在不能这样做")
    expect(mine.page.locator("[data-held-by]")).to_contain_text(
        re.compile(r"safety_manager \d+ 正在处理，到 \d\d:\d\d")
    )
    expect(row_of(mine, alarm)).to_have_attribute("data-held", "true")
    expect(mine.page.locator(".review footer button")).to_have_count(0)
    mine.page.keyboard.press("n")
    expect(mine.page.locator(".decide")).to_have_count(0)
    other.page.keyboard.press("g")
    expect(other.page.locator("[data-act=take]")).to_be_visible()
    open_review(mine, alarm)
    expect(mine.page.locator("[data-act=true]")).to_be_visible()


def test_what_is_taken_is_shown_as_held_where_the_queue_ends_before_it(visits: Visits, desk: DeskTown) -> None:
    """On a bad day more waits than one page of the queue brings: the review at hand is asked for by itself."""
    alarm = reported(desk, 9, "沟槽旁有挖机")
    mine, other = visits.by(desk.login(Role.DISPATCHER)), visits.by(desk.login(Role.SAFETY_MANAGER))
    open_review(mine, alarm)
    open_review(other, alarm)
    other.page.keyboard.press("t")
    expect(other.page.locator("[data-act=give-back]")).to_be_visible()
    mine.page.route(
        re.compile(r"/v1/reviews\?"),
        lambda route: route.fulfill(json={"items": [], "next": None}),
    )
    mine.expect("409")
    mine.page.keyboard.press("y")
    expect(mine.page.locator("[data-held-by]")).to_contain_text("正在处理")
    expect(mine.page.locator(".review .note")).to_contain_text("现在不能这样做")
    expect(mine.page.locator(".review footer button")).to_have_count(0)


def test_an_audit_does_not_lead_whoever_looks(visits: Visits, desk: DeskTown) -> None:
    alarm = by_camera(desk, 0)
    desk.silence(UUID(alarm), audit=True)
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    page = visit.page
    assert [one["code"] for one in verdict(visit, alarm)["reasons"]] == ["parked"]
    panel = open_review(visit, alarm)
    expect(panel).to_have_attribute("data-blind", "true")
    expect(panel.locator("[data-picture=here] > button img")).to_be_visible()
    expect(panel.locator("figcaption")).to_have_text("渲染画面")
    expect(panel.locator("[data-first-look]")).to_contain_text("请看画面判定")
    expect(page.locator(f'[data-review="{alarm}"] [data-why]')).to_have_text("请看画面判定")
    for told in ("静默", "驳回", "停放", "抽检", "规则", "3.4"):
        assert told not in panel.locator(".why").inner_text()
        assert told not in page.locator(f'[data-review="{alarm}"]').inner_text()
    page.keyboard.press("y")
    page.wait_for_selector(".decide[data-said=true]")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(panel.locator("[data-rules]")).to_be_visible()
    expect(panel.locator("[data-reason=person]")).to_contain_text("准备施工")
    page.click("nav [data-page=figures]")
    expect(page.locator("[data-figure=recall]")).to_contain_text(re.compile(r"驳回 \d+，抽检属实 1/1"))


def test_the_alarm_says_its_verdict_and_leads_to_the_review(visits: Visits, desk: DeskTown) -> None:
    alarm = reported(desk, 12, "有人在挖")
    visit = visits.by(desk.login(Role.DISPATCHER), f"/alarms/{alarm}")
    said = visit.page.locator("[data-verdict-of]")
    expect(said.locator("[data-verdict]")).to_have_text("待人工")
    expect(said.locator("[data-reason=words]")).to_contain_text("有人上报")
    said.locator("[data-rules] summary").click()
    expect(said.locator("[data-rule=filed]")).to_contain_text("没有已知的许可施工")
    assert not re.search(r"[a-z]{3}", said.locator("[data-rules]").inner_text()), "the rules' figures are in Chinese"
    said.locator("[data-act=review]").click()
    visit.page.wait_for_selector(f'.review[data-detail=idle][data-alarm="{alarm}"]')
    visit.page.keyboard.press("n")
    visit.page.wait_for_selector(".decide[data-said=false]")
    visit.page.keyboard.press("-")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".side [data-verdict]")).to_have_text(re.compile(r"已静默至 (\d\d-\d\d )?\d\d:\d\d"))
    visit.page.locator(".review a", has_text="在地图上看这个告警").click()
    expect(said.locator("[data-verdict]")).to_have_text(re.compile("已静默至"))
    expect(said.locator("[data-reason=person]")).to_contain_text("其他误报")


def test_a_merged_alarm_leads_on(visits: Visits, desk: DeskTown) -> None:
    gone, kept = reported(desk, 16, "西头"), reported(desk, 18, "东头")
    visit = visits.by(desk.login(Role.DISPATCHER))
    open_review(visit, gone)
    csrf = visit.page.request.get(f"{desk.address}/v1/session").json()["csrf"]
    merged = visit.page.request.post(
        f"{desk.address}/v1/alarms/{kept}/merge",
        data={"other_id": gone, "reason": "同一处"},
        headers={"X-CSRF-Token": csrf, "Origin": desk.address},
    )
    assert merged.ok, merged.text()
    desk.flow()
    visit.go(f"/reviews/{gone}")
    visit.page.wait_for_url(f"{desk.address}/reviews/{kept}")
    visit.page.wait_for_selector(f'.review[data-detail=idle][data-alarm="{kept}"]')
    expect(visit.page.locator(f'[data-review="{gone}"]')).to_have_count(0)


def test_who_only_reads_sees_the_queue_and_no_decision(visits: Visits, desk: DeskTown) -> None:
    alarm = reported(desk, 40, "有挖机")
    visit = visits.by(desk.login(Role.AUDITOR))
    panel = open_review(visit, alarm)
    expect(panel.locator("footer")).to_contain_text("不能判定")
    expect(panel.locator("footer button")).to_have_count(0)
    visit.page.keyboard.press("y")
    expect(visit.page.locator(".decide")).to_have_count(0)
    assert not any(url.endswith("/take") for url in visit.asked)


def test_a_queue_without_anything_says_what_would_fill_it(visits: Visits, desk: DeskTown) -> None:
    lon, lat = min(sim.city_areas()[0].polygon)  # the corner of the city, where no pipe lies and no test reports
    outline = bytes(shapely.to_wkb(shapely.box(lon, lat, lon + 0.0001, lat + 0.0001)))
    with desk.home.work() as work:
        root = people.operator(desk.home.tenant_id)
        desk.areas["quiet"] = people.add_area(work, root, NewArea("quiet", "静处", desk.areas["demo-city"], outline)).id
    visit = visits.by(desk.login(Role.PATROLLER, area="quiet"), "/reviews")
    visit.page.wait_for_selector("[data-page=reviews][data-state=idle]")
    expect(visit.page.locator(".reviews .list")).to_contain_text("没有等人看的")
    expect(visit.page.locator("[data-act=start]")).to_have_count(0)
