"""What each role meets: who reports sees no alarms, who regulates sees no pipes, and a session that ends is over."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from desk_town import PASSWORD
from map_page_town import CHROMIUM
from PIL import Image
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits

pytestmark = pytest.mark.system(CHROMIUM)
NEW = "Elf Reiher am Eis 12"


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 36), (118, 128, 138)).save(out, "JPEG")
    return out.getvalue()


def test_a_contractor_reports_and_sees_no_alarms(visits: Visits, desk: DeskTown) -> None:
    here = {"longitude": 116.7035, "latitude": 39.5235, "accuracy": 12.4}
    visit = visits.by(desk.login(Role.CONTRACTOR), geolocation=here, permissions=["geolocation"])
    page = visit.page
    page.wait_for_url(desk.address + "/report")
    assert page.locator("nav a").all_inner_texts() == ["上报", "备案", "挖断"]
    assert page.locator("[data-sound], [data-live]").count() == 0
    page.fill("textarea[name=words]", "我们明天在东头开挖")
    assert page.locator("[data-map]").count() == 0, "who may see no areas gets no empty map"
    page.click("[data-act=locate]")
    expect(page.locator("input[name=place]")).to_have_value("116.703500, 39.523500")
    expect(page.locator("input[name=accuracy]")).to_have_value("13")
    page.locator("input[type=file]").set_input_files({"name": "pit.jpg", "mimeType": "image/jpeg", "buffer": jpeg()})
    expect(page.locator(".file")).to_contain_text("pit.jpg")
    page.locator("[data-form=report] button[type=submit]").click()
    expect(page.locator("[data-form=report] .done")).to_contain_text("已送达并保存")
    mine = page.locator("[data-report]")
    expect(mine.first).to_contain_text("我们明天在东头开挖")
    expect(mine.first).to_contain_text("有照片")
    expect(page.locator("textarea[name=words]")).to_have_value("")
    assert not any("/v1/alarms" in url or "/v1/tiles" in url for url in visit.asked)
    page.goto(desk.address + "/cameras")
    expect(page.locator("h1")).to_have_text("这里没有您能看的内容")


def test_a_report_that_is_refused_says_which_field_and_is_kept(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.CONTRACTOR), "/report")
    page = visit.page
    page.fill("textarea[name=words]", "有人在挖")
    page.fill("input[name=place]", "北边")
    expect(page.locator("[data-form=report]")).to_contain_text("经度, 纬度")
    submit = page.locator("[data-form=report] button[type=submit]")
    expect(submit).to_be_disabled()
    page.fill("input[name=place]", "116.7036, 39.5236")
    visit.expect("Failed to load resource")
    page.route("**/v1/observations", lambda route: route.abort())
    submit.click()
    expect(page.locator("[data-form=report] [role=alert]")).to_contain_text("服务器没有回应")
    expect(page.locator("[data-form=report] [role=alert]")).to_contain_text("没有送出")
    page.unroute("**/v1/observations")
    expect(submit).to_have_text("再送一次")
    submit.click()
    expect(page.locator("[data-form=report] .done")).to_be_visible()


def test_a_grid_worker_points_at_the_map(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.GRID_WORKER), "/report")
    page = visit.page
    page.wait_for_selector("[data-map=pick][data-state=idle]")
    box = page.locator("[data-map=pick]").bounding_box()
    assert box is not None
    page.locator("[data-map=pick]").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    place = page.locator("input[name=place]")
    expect(place).to_have_value(re.compile(r"^\d+\.\d{6}, \d+\.\d{6}$"))
    lon, lat = (float(part) for part in place.input_value().split(", "))
    assert abs(lon - 116.689) < 0.002, "the middle of the map is the middle of the city"
    assert abs(lat - 39.531) < 0.002
    page.click("[data-act=locate]")  # nobody allowed that here
    expect(page.locator("[data-form=report]")).to_contain_text("没有得到位置")


def test_a_regulator_sees_alarms_but_no_pipes_and_decides_nothing(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.REGULATOR))
    visit.settled()
    expect(visit.page.locator(".notice")).to_contain_text("看不到管线")
    assert visit.shown("pipes") == 0
    assert visit.shown("alarms") >= 1
    assert not any("/v1/tiles" in url for url in visit.asked)
    assert "低压" not in visit.page.locator(".legend").inner_text()
    assert visit.page.locator("[data-act=take]").count() == 0
    alarm = visit.page.locator(".card").first.get_attribute("data-alarm")
    panel = visit.open(alarm)
    assert panel.locator("[data-act]").count() == 0
    expect(panel.locator(".facts")).to_contain_text("距")
    visit.page.keyboard.press("a")
    assert visit.page.locator("[data-decide]").count() == 0


def test_wrong_passwords_are_said_and_then_have_to_wait(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.PATROLLER)
    visit = visits.stranger()
    visit.expect("401|429")
    visit.go("/cameras")
    visit.page.wait_for_url(re.compile(r"/sign-in\?next=/cameras$"))
    for _ in range(4):
        visit.fill_sign_in(login, "not it at all 1")
        expect(visit.page.locator("[data-wrong]")).to_contain_text("登录名或密码不对")
        expect(visit.page.locator("input[name=password]")).to_have_value("")
    visit.fill_sign_in(login, "not it at all 1")
    locked = visit.page.locator("[data-locked]")
    expect(locked).to_contain_text(re.compile(r"1[45]:\d\d 之后再试"))
    visit.page.fill("input[name=password]", PASSWORD)
    expect(visit.page.locator("button[type=submit]")).to_be_disabled()
    with desk.home.work() as work:
        work.session.execute(text("DELETE FROM people_attempts"))


def test_a_given_password_is_changed_before_anything_else(visits: Visits, desk: DeskTown) -> None:
    visit = visits.stranger()
    visit.go("/people")
    visit.fill_sign_in(desk.login(Role.TENANT_ADMIN, must_change=True))
    visit.page.wait_for_url(desk.address + "/password")
    assert visit.page.locator("nav").count() == 0
    page = visit.page
    page.fill("input[name=old]", PASSWORD)
    page.fill("input[name=fresh]", "short")
    expect(page.locator("form")).to_contain_text("新密码至少 12 个字符")
    page.fill("input[name=fresh]", NEW)
    page.fill("input[name=again]", NEW[:-1] + "3")
    expect(page.locator("form")).to_contain_text("两次输入的不一样")
    page.fill("input[name=again]", NEW)
    page.click("button[type=submit]")
    page.wait_for_selector("nav")


def test_an_administrator_adds_a_person_and_another_one_gives_the_role(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.enrolled(Role.TENANT_ADMIN), "/people")
    page = visit.page
    page.wait_for_selector("main[data-page=people][data-state=idle]")
    expect(page.locator("[data-act=give], [data-end]")).to_have_count(0)
    page.click("[data-act=add]")
    form = page.locator("[data-form=person]")
    form.locator("input[name=name]").fill("陈新来")
    form.locator("input[name=login]").fill("wang")
    form.locator("input[name=password]").fill("short")
    visit.expect("422")
    form.locator("button[type=submit]").click()
    wrong = form.locator("[role=alert]")
    expect(wrong.locator("code")).to_have_text("password")
    expect(wrong).to_contain_text("填写的内容不能用")
    form.locator("input[name=password]").fill(PASSWORD)
    form.locator("button[type=submit]").click()
    expect(page.locator("[data-made]")).to_contain_text("已添加 wang")
    guard = visits.by(desk.enrolled(Role.SECURITY_ADMIN), "/people")
    page = guard.page
    page.wait_for_selector("main[data-page=people][data-state=idle]")
    expect(page.locator("[data-act=add]")).to_have_count(0)
    page.click("[data-act=give]")
    form = page.locator("[data-form=role]")
    form.locator("input[name=login]").fill("wang")
    form.locator("[data-field=area]").click()
    page.get_by_role("option", name="南片区 (虚构)", exact=False).click()
    form.locator("button[type=submit]").click()
    row = page.locator(".el-table__row", has_text="陈新来")
    expect(row).to_contain_text("调度员")
    expect(row).to_contain_text("南片区")
    guard.shot("people-roles")
    row.locator("[data-end]").click()
    expect(row).to_have_count(0)


def test_signing_out_ends_the_session_on_the_server(visits: Visits, desk: DeskTown) -> None:
    visit = visits.stranger()
    visit.go()
    visit.fill_sign_in(desk.login(Role.DISPATCHER, area="south"))
    visit.settled()
    kept = visit.page.context.cookies()
    visit.page.click("[data-act=sign-out]")
    visit.page.wait_for_url(re.compile("/sign-in"))
    assert visit.page.locator(".card").count() == 0
    visit.expect("401")
    visit.page.context.add_cookies(kept)  # the browser's cookie alone opens nothing any more
    assert visit.page.request.get(desk.address + "/v1/me").status == 401
    visit.go("/alarms/0199b2c4-0000-7000-8000-000000000000")
    visit.page.wait_for_url(re.compile("/sign-in"))


def test_a_session_that_is_ended_elsewhere_is_told_at_once(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.DISPATCHER, area="middle")
    visit = visits.stranger()
    visit.go()
    visit.fill_sign_in(login)
    visit.page.wait_for_selector("[data-live=live]")
    with desk.home.work() as work:
        work.session.execute(
            text("UPDATE people_sessions SET ended_at = now() WHERE person_id = :id"), {"id": desk.ids[login]}
        )
    visit.expect("401")
    visit.page.wait_for_url(re.compile("/sign-in"))
    expect(visit.page.locator("form")).to_contain_text("登录已结束")


def test_a_dispatcher_of_one_area_gets_that_area_alone(visits: Visits, desk: DeskTown) -> None:
    desk.report((116.7041, 39.5241), "南边有挖机")
    visit = visits.by(desk.login(Role.DISPATCHER, area="south", name="南片区调度"))
    visit.settled()
    whole = visits.by(desk.login(Role.DISPATCHER))
    whole.settled()
    assert 0 < visit.page.locator(".card").count() < whole.page.locator(".card").count()
    assert 0 < visit.shown("cameras") < whole.shown("cameras")
