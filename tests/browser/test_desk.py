"""The dispatcher's desk in a real browser on a real server: alarms arrive, are looked at, taken, merged and split."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits
    from playwright.sync_api import APIResponse, Route

pytestmark = pytest.mark.system(CHROMIUM)


def at(step: int) -> tuple[float, float]:
    """Return one of many places in the east of the city, some 40 m apart from the next."""
    return 116.7030 + 0.0005 * (step % 20), 39.5210 + 0.0004 * (step // 20)


def newest(town: DeskTown) -> str:
    return str(town.alarms()[-1].id)


def seen_by_camera(town: DeskTown) -> str:
    return next(str(one.id) for one in town.alarms() if one.evidence and one.ground is not None)


def test_an_alarm_arrives_while_the_dispatcher_looks(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    visit.page.wait_for_selector("[data-live=live]")
    before = visit.page.locator(".card").count()
    assert visit.shown("alarms") >= 1
    desk.report(at(0), "挖机正在开挖")
    card = visit.card(newest(desk))
    expect(card).to_be_visible()
    expect(card).to_have_class(re.compile("arrive"))
    assert visit.page.locator(".card").count() == before + 1
    assert visit.page.locator(".card").first.get_attribute("data-alarm") == newest(desk), "newest first"
    expect(visit.page).to_have_title(re.compile(r"^\(\d+\) 管卫"))
    expect(visit.page.locator("[data-map=desk]")).to_have_attribute("aria-label", re.compile(r"\d+ 个告警"))
    panel = visit.open(newest(desk))
    expect(panel.locator("[data-said]")).to_contain_text("挖机正在开挖")


def test_an_alarm_that_comes_while_the_list_is_read_is_kept(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    held: list[tuple[Route, APIResponse]] = []
    visit.page.route(re.compile(r"/v1/alarms\?"), lambda route: held.append((route, route.fetch())))
    visit.page.reload()
    visit.page.wait_for_selector("[data-live=live]")
    visit.page.wait_for_selector("[data-list=loading]")
    while not held:
        visit.page.wait_for_timeout(50)
    desk.report(at(30), "列表还在路上")
    alarm = newest(desk)
    expect(visit.card(alarm)).to_be_visible()
    for route, answer in held:
        route.fulfill(response=answer)
    visit.settled()
    assert visit.page.locator(".card").count() > 1
    expect(visit.card(alarm)).to_be_visible()


def test_evidence_opens_at_its_own_aspect_and_says_that_it_is_rendered(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    panel = visit.open(seen_by_camera(desk))
    visit.page.wait_for_selector(".detail [data-picture=here] img")
    picture = panel.locator(".evidence > button img")
    width, height = picture.evaluate("one => [one.naturalWidth, one.naturalHeight]")
    shown = picture.bounding_box()
    assert shown is not None
    assert abs(shown["width"] / shown["height"] - width / height) < 0.02
    expect(panel.locator(".evidence > figcaption")).to_have_text("渲染画面")
    panel.locator(".evidence > button").click()
    large = panel.locator("dialog img")
    expect(large).to_be_visible()
    assert (large.bounding_box() or {})["width"] > shown["width"]
    visit.page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(panel).to_be_visible()


def test_the_panel_says_how_far_by_which_clause_and_why(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    panel = visit.open(seen_by_camera(desk))
    facts = panel.locator(".facts").inner_text()
    for words in ("GB 55009-2021", "CN-HE-langfang", "1σ", "在保护范围"):
        assert words in facts
    assert re.search(r"距(低|中|次高|高)压管 \S+ [\d.]+\u00a0m", facts)
    panel.locator("[data-why=level] summary").click()
    assert "只由所在范围决定" in panel.locator("[data-why=level]").inner_text()
    panel.locator("[data-why=one] summary").click()
    members = panel.locator("[data-member] > p:first-of-type").all_inner_texts()
    assert len(members) > 3
    assert [one for one in members if re.search(r"[a-z]{3}", one)] == [], "the river's reasons are said in Chinese"
    panel.locator("[data-observation]").first.click()
    expect(panel.locator("[data-member] .said").first).to_contain_text("画面")
    events = panel.locator("[data-event]")
    assert events.first.get_attribute("data-event") == "made"
    assert "系统" in events.first.inner_text()


def test_taking_an_alarm_by_key_is_seen_by_a_colleague_at_once(visits: Visits, desk: DeskTown) -> None:
    desk.report(at(2), "有人在挖沟")
    alarm = newest(desk)
    visit, other = visits.by(desk.login(Role.DISPATCHER)), visits.by(desk.login(Role.SAFETY_MANAGER))
    other.page.wait_for_selector("[data-live=live]")
    visit.settled()
    visit.page.keyboard.press("j")
    expect(visit.card(alarm)).to_have_attribute("aria-current", "true")
    visit.page.keyboard.press("a")
    reason = visit.page.locator("[data-decide=acknowledge] textarea")
    expect(reason).to_be_focused()
    submit = visit.page.locator("[data-decide] button[type=submit]")
    expect(submit).to_be_disabled()
    reason.fill("已派巡线员")
    submit.click()
    done = visit.page.locator("[data-event=acknowledged]")
    expect(done).to_contain_text("已派巡线员")
    expect(done).to_contain_text("dispatcher")
    expect(visit.card(alarm)).to_have_attribute("data-stands", "taken")
    expect(visit.page.locator(".detail [data-act=acknowledge]")).to_have_count(0)
    expect(other.card(alarm)).to_have_attribute("data-stands", "taken")
    expect(other.card(alarm)).to_contain_text("已接警")


def test_merge_and_split_each_with_a_reason(visits: Visits, desk: DeskTown) -> None:
    desk.report(at(24), "东头有挖机")
    one = newest(desk)
    desk.report(at(26), "西头也有挖机")
    other = newest(desk)
    assert one != other
    visit = visits.by(desk.login(Role.DISPATCHER))
    panel = visit.open(one)
    panel.locator("[data-act=merge]").click()
    near = panel.locator("[data-near] label")
    expect(near.first).to_contain_text("相距")
    panel.locator(f'[data-other="{other}"]').click()
    panel.locator("textarea").fill("同一工地的两头")
    panel.locator("[data-decide] button[type=submit]").click()
    expect(panel.locator("[data-event=merged]")).to_contain_text("同一工地的两头")
    expect(visit.card(other)).to_have_count(0)
    # a link to the one that went leads to the one that stays
    visit.go(f"/alarms/{other}")
    visit.page.wait_for_selector(f'[data-detail=idle][data-alarm="{one}"]')
    panel.locator("[data-act=split]").click()
    clues = panel.locator("[data-decide=split] input")
    expect(clues).to_have_count(2)
    clues.nth(1).check()
    expect(clues.nth(0)).to_be_disabled()
    panel.locator("textarea").fill("其实是两处")
    panel.locator("[data-decide] button[type=submit]").click()
    expect(panel.locator("[data-event=split]")).to_contain_text("其实是两处")
    expect(visit.card(one)).to_have_count(1)
    expect(visit.card(other)).to_have_count(1)


def test_filters_ask_the_server_and_say_when_nothing_fits(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    page = visit.page

    def choose(which: str, word: str) -> None:
        page.click(f"[data-filter={which}]")
        page.get_by_role("option", name=word, exact=True).click()
        page.wait_for_selector("[data-list=idle]")

    everything = page.locator(".card").count()
    choose("area", "\u2003中片区 (虚构)")
    expect(page.locator(".card")).not_to_have_count(everything)
    assert visit.card(seen_by_camera(desk)).count() <= 1
    choose("area", "全部区域")
    expect(page.locator(".card")).to_have_count(everything)
    choose("zone", "距离未知")
    expect(page.locator(".card")).to_have_count(0)
    expect(page.locator(".list")).to_contain_text("没有符合筛选条件的")
    assert any("zone=unknown" in url for url in visit.asked)


def test_the_map_flies_to_what_is_chosen_and_its_pin_can_be_clicked(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    alarm = seen_by_camera(desk)
    visit.open(alarm)
    visit.page.wait_for_selector("[data-map=desk][data-state=idle]")
    visit.page.locator(".detail .close").click()
    visit.page.wait_for_url(desk.address + "/")
    visit.page.wait_for_selector("[data-map=desk][data-state=idle]")
    box = visit.page.locator("[data-map=desk]").bounding_box()
    assert box is not None
    visit.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 12)
    visit.page.wait_for_selector(f'[data-detail=idle][data-alarm="{alarm}"]')


def test_pipes_of_each_class_stand_on_the_map_and_say_who_they_are(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.settled()
    visit.page.locator("[data-act=fit]").click()
    visit.page.wait_for_selector("[data-map=desk][data-state=idle]")
    assert visit.shown("pipes") > 20
    assert visit.shown("cameras") == len(sim.demo_cameras())
    tiles = [url for url in visit.asked if "/v1/tiles/network/" in url]
    assert tiles
    legend = visit.page.locator(".legend")
    for words in ("低压", "中压", "次高压", "高压", "长输管道", "级别未知，按最严画", "95 % 误差椭圆"):
        assert words in legend.inner_text()


def test_pipes_that_did_not_come_are_not_taken_for_empty_ground(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/cameras")
    visit.expect("Failed to load resource")
    visit.page.route("**/v1/tiles/**", lambda route: route.fulfill(status=503))
    visit.page.click("nav [data-page=alarms]")
    expect(visit.page.locator("[data-patchy]")).to_contain_text("不等于没有管线")
    visit.page.unroute("**/v1/tiles/**")
    visit.page.locator(".zoom button").first.click()
    expect(visit.page.locator("[data-patchy]")).to_have_count(0)
