"""What waits for a person, on the desk: seen, placed, set aside, called back; and what became of every report."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import httpx2
import pytest
from map_page_town import CHROMIUM, jpeg
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.exchange import service as exchange
from pipewarden.exchange.facts import Incoming
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Locator

pytestmark = pytest.mark.system(CHROMIUM)
PIPE = (116.7120387, 39.5341385)  # on a pipe of the demo city


def vague(accuracy_m: float = 5000.0) -> dict[str, Any]:
    """A place as a phone says it that does not know where it is."""
    return {"lon": PIPE[0], "lat": PIPE[1], "crs": "wgs84", "accuracy_m": accuracy_m, "source": "device"}


def report(desk: DeskTown, words: str, *, picture: bool = False, **said: Any) -> str:
    """Report as anybody does, with a phone of its own, and return the report's id."""
    body = {"draft": str(uuid4()), "kind": "digging", "words": words, "device": str(uuid4())} | said
    files: list[Any] = [("report", (None, json.dumps(body)))]
    if picture:
        files.append(("picture", ("seen.jpg", jpeg(480, 270), "image/jpeg")))
    answer = httpx2.post(f"{desk.address}/v1/public/reports", files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def message(desk: DeskTown, words: str, address: str) -> str:
    """Let the hotline hand on a complaint without coordinates, and return its id here."""
    told = Incoming(
        source="urn:hotline", event_id=uuid4().hex, type="org.pipewarden.intake.complaint.v1",
        data={"words": words, "address": address}, number=1,
    )  # fmt: skip
    with desk.home.work() as work:
        root, mapping = people.operator(desk.home.tenant_id), exchange.mapping_of("12345-hotline")
        (kept,) = exchange.take(work, desk.home.blobs, root, [told], platform="12345-hotline", mapping=mapping)
        return str(kept.item.id)


def kept(desk: DeskTown, report_id: str) -> dict[str, Any]:
    """A report as the database has it."""
    with desk.home.work() as work:
        asked = text("SELECT state, why, observations, lon, lat FROM field_reports WHERE id = :id")
        return dict(work.session.execute(asked, {"id": report_id}).mappings().one())


def here(visits: Visits, desk: DeskTown, role: Role = Role.DISPATCHER, **more: Any) -> Visit:
    visit = visits.by(desk.login(role), "/waiting", **more)
    visit.page.wait_for_selector("[data-page=waiting][data-state=idle]")
    return visit


def opened(visit: Visit, one: str) -> Locator:
    """Open one of those that wait, and return what the page says of it."""
    more = visit.page.locator("[data-act=more]")
    row = visit.page.locator(f'[data-waits="{one}"]')
    while row.count() == 0 and more.count():
        more.click()
    row.click()
    found = visit.page.locator(f'[data-one="{one}"]')
    expect(found).to_be_visible()
    return found


def test_a_report_without_a_place_is_seen_placed_and_becomes_a_clue(visits: Visits, desk: DeskTown) -> None:
    lost = report(desk, "桥下有挖机 <b>快来</b>", picture=True, place_words="和平路桥下")
    visit = here(visits, desk)
    page = visit.page
    expect(page.locator("nav [data-page=waiting]")).to_have_attribute("data-waiting", re.compile(r"^\d+\+?$"))
    one = opened(visit, lost)
    expect(one.locator("h2")).to_have_text("挖掘机、铲车挖土")
    expect(one.locator("[data-words]")).to_have_text("桥下有挖机 <b>快来</b>")  # text, never markup
    expect(one.locator("[data-why]")).to_have_text("没有位置")
    expect(one.locator("[data-where]")).to_have_text("和平路桥下")
    picture = one.locator("[data-picture]")
    expect(picture).to_have_count(1)
    expect(picture).to_have_js_property("complete", value=True)
    assert picture.evaluate("one => one.naturalWidth") > 0
    expect(one.locator("button[data-act=place]")).to_be_disabled()
    page.wait_for_selector("[data-map=pick]")
    page.locator("[data-map=pick]").click(position={"x": 120, "y": 90})
    expect(page.locator("input[name=place]")).to_have_value(re.compile(r"^116\.\d{6}, 39\.\d{6}$"))
    page.fill("input[name=place]", f"{PIPE[0]}, {PIPE[1]}")
    visit.shot("waiting-place")
    one.locator("button[data-act=place]").click()
    expect(page.locator("[data-done=placed]")).to_contain_text("进入告警流程")
    expect(page.locator(f'[data-waits="{lost}"]')).to_have_count(0)
    desk.flow()
    now = kept(desk, lost)
    assert (now["state"], now["lon"], now["lat"]) == ("taken", *PIPE)
    page.click("[data-tab=all]")
    row = page.locator(f'[data-report="{lost}"]')
    expect(row).to_contain_text("已进入告警流程")
    expect(row).to_contain_text("1 张照片")
    visit.shot("waiting-all")
    alarm = str(row.locator("[data-to=alarm]").get_attribute("href")).rpartition("/")[2]
    with desk.home.work() as work:
        asked = text("SELECT observation_id FROM dedupe_sightings WHERE alarm_id = :id")
        clues = set(work.session.scalars(asked, {"id": UUID(alarm)}))
    assert clues & set(now["observations"]), "the report is a clue of that alarm"
    row.locator("[data-to=alarm]").click()
    page.wait_for_url(f"{desk.address}/alarms/{alarm}")


def test_danger_stands_first_and_then_whoever_waited_longest(visits: Visits, desk: DeskTown) -> None:
    first = report(desk, "先来的")
    second = report(desk, "后来的")
    smell = report(desk, "楼道里有燃气味", kind="gas_smell")
    visit = here(visits, desk)
    rows = visit.page.locator("li[data-waits]")
    more = visit.page.locator("[data-act=more]")
    while more.count():
        more.click()
    order = rows.evaluate_all("all => all.map((one) => [one.dataset.waits, one.dataset.danger])")
    ids = [one for one, _ in order]
    assert ids.index(smell) < ids.index(first) < ids.index(second)
    danger = [is_danger for _, is_danger in order]
    assert danger == sorted(danger, reverse=True), "every word of danger stands before the rest"
    row = visit.page.locator(f'[data-waits="{smell}"]')
    expect(row).to_contain_text("危险")
    expect(row.locator("svg.shape.lv1")).to_have_count(1)
    visit.shot("waiting-list")


def test_the_page_reads_its_first_page_alone_and_says_how_many_more(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/waiting")
    page = visit.page
    one = report(desk, "排队的")
    body = json.dumps({"items": [], "next": None, "total": 0})
    page.route(re.compile(r"/v1/intake\?"), lambda route: route.fulfill(body=body, content_type="application/json"))
    asked: list[str] = []

    def pages(route: Any) -> None:
        asked.append(route.request.url)
        limit = int(re.search(r"limit=(\d+)", route.request.url).group(1))  # type: ignore[union-attr]
        told = route.fetch().json()
        (mine,) = [each for each in told["items"] if each["id"] == one] or told["items"][:1]
        items = [mine | {"id": str(uuid4()), "danger": False} for _ in range(min(limit, 260))]
        route.fulfill(json={"items": items, "next": "x", "total": 260})

    page.route(re.compile(r"/v1/reports\?"), pages)
    page.reload()
    page.wait_for_selector("[data-page=waiting][data-state=idle]")
    expect(page.locator("li[data-waits]")).to_have_count(30)
    expect(page.locator("[data-tab=waiting] [data-count]")).to_have_text("260")
    more = page.locator("[data-act=more]")
    expect(more).to_contain_text("230")
    assert all("cursor" not in each and "order=grave" in each for each in asked), "one page of each list, no more"
    visit.shot("waiting-more")
    more.click()
    expect(page.locator("li[data-waits]")).to_have_count(60)
    while more.count():
        more.click()
    expect(page.locator("li[data-waits]")).to_have_count(200)
    expect(page.locator("[data-left]")).to_contain_text("60")


def test_the_whole_page_is_used_by_keys(visits: Visits, desk: DeskTown) -> None:
    odd = report(desk, "不是施工", place=vague())
    visit = here(visits, desk)
    page = visit.page
    order = page.locator("li[data-waits]").evaluate_all("all => all.map((one) => one.dataset.waits)")
    assert odd in order
    for at in order[: order.index(odd) + 1]:
        page.keyboard.press("j")
        expect(page.locator("[data-one]")).to_have_attribute("data-one", at)
    if order.index(odd):
        page.keyboard.press("k")
        expect(page.locator("[data-one]")).to_have_attribute("data-one", order[order.index(odd) - 1])
        page.keyboard.press("j")
    one = page.locator(f'[data-one="{odd}"]')
    expect(one.locator("[data-why]")).to_have_text("位置误差可能有 5000 m")
    page.keyboard.press("?")
    expect(page.locator("dialog[open] kbd")).to_have_count(8)
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("input[name=place]")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    sure = page.locator("[data-form=reason] [data-act=sure]")
    expect(sure).to_be_disabled()  # it asks why
    page.fill("[data-field=reason]", "小区绿化，不动土")
    page.keyboard.press("Enter")
    expect(page.locator("[data-done=aside]")).to_be_visible()
    now = kept(desk, odd)
    assert (now["state"], now["why"], now["observations"]) == ("aside", "小区绿化，不动土", [])
    page.keyboard.press("Escape")
    page.click("[data-tab=all]")
    row = page.locator(f'[data-report="{odd}"]')
    expect(row).to_contain_text("已搁置")
    expect(row).to_contain_text("小区绿化，不动土")


def test_a_phone_is_set_aside_with_a_reason_and_heard_again(visits: Visits, desk: DeskTown) -> None:
    phone = str(uuid4())
    first = report(desk, "骂人的话", place=vague(), device=phone)
    visit = here(visits, desk)
    page = visit.page
    one = opened(visit, first)
    page.keyboard.press("h")
    sure = page.locator("[data-form=phone] [data-act=sure]")
    expect(sure).to_be_disabled()
    page.select_option("[data-field=hours]", "72")
    page.fill("[data-field=reason]", "连续辱骂")
    sure.click()
    expect(one.locator("[data-phone-aside]")).to_contain_text("暂搁到")
    second = report(desk, "又来了", place=vague(8), device=phone)
    page.reload()
    one = opened(visit, second)
    expect(one.locator("[data-why]")).to_have_text("这部手机已被暂搁：连续辱骂")
    expect(page.locator("input[name=place]")).to_have_value(f"{PIPE[0]:.6f}, {PIPE[1]:.6f}")  # it knows where: agree
    expect(page.locator("input[name=accuracy]")).to_have_value("8")
    visit.shot("waiting-phone")
    one.locator("[data-act=phone]").click()
    page.select_option("[data-field=hours]", "")
    page.fill("[data-field=reason]", "已经道歉")
    page.locator("[data-form=phone] [data-act=sure]").click()
    expect(one.locator("[data-phone-aside]")).to_have_count(0)
    third = report(desk, "挖机", place=vague(8), device=phone)
    assert kept(desk, third)["state"] == "taken"


def test_a_contact_is_shown_for_a_reason_alone_and_the_look_is_on_record(visits: Visits, desk: DeskTown) -> None:
    called = report(desk, "我看见的", place=vague(), contact="139 0000 0000")
    silent = report(desk, "不留电话", place=vague())
    visit = here(visits, desk)
    page = visit.page
    assert "139 0000 0000" not in page.content()
    expect(opened(visit, silent).locator("[data-act=contact]")).to_have_count(0)
    one = opened(visit, called)
    one.locator("[data-act=contact]").click()
    expect(one.locator("[data-act=look]")).to_be_disabled()
    page.select_option("[data-field=code]", "reaching")
    one.locator("[data-act=look]").click()
    expect(one.locator("[data-contact-is]")).to_have_text("139 0000 0000")
    with desk.home.work() as work:
        asked = text("SELECT reason FROM people_views WHERE what = 'reporter' AND subject_id = :id")
        assert list(work.session.scalars(asked, {"id": called})) == ["reaching"]
    opened(visit, silent)
    assert "139 0000 0000" not in page.content(), "what was shown is gone with the one it was shown for"


def test_a_message_of_another_platform_is_placed_or_set_aside(visits: Visits, desk: DeskTown) -> None:
    placed, aside = message(desk, "有人挖路", "和平路 12 号"), message(desk, "路灯不亮", "学院路")
    visit = here(visits, desk)
    page = visit.page
    one = opened(visit, placed)
    expect(one).to_contain_text("12345 热线")
    expect(one.locator("[data-why]")).to_have_text("没有位置")
    expect(one.locator("[data-where]")).to_have_text("和平路 12 号")
    assert one.locator("[data-act=phone], [data-act=contact]").count() == 0, "a platform has no phone here"
    visit.shot("waiting-message")
    page.fill("input[name=place]", f"{PIPE[0]}, {PIPE[1]}")
    one.locator("button[data-act=place]").click()
    expect(page.locator("[data-done=placed]")).to_be_visible()
    one = opened(visit, aside)
    one.locator("[data-act=aside]").click()
    page.fill("[data-field=reason]", "不是施工")
    page.locator("[data-act=sure]").click()
    expect(page.locator("[data-done=aside]")).to_be_visible()
    with desk.home.work() as work:
        asked = text("SELECT id::text, state FROM exchange_items WHERE id = ANY(:ids)")
        states: dict[str, str] = dict(work.session.execute(asked, {"ids": [UUID(placed), UUID(aside)]}).all())
    assert states == {placed: "taken", aside: "aside"}


def test_what_a_colleague_settled_meanwhile_says_so_and_leaves_the_list(visits: Visits, desk: DeskTown) -> None:
    both = report(desk, "两个人同时看", place=vague())
    visit, other = here(visits, desk), here(visits, desk, Role.SAFETY_MANAGER)
    opened(visit, both)
    opened(other, both)
    other.page.keyboard.press("x")
    other.page.fill("[data-field=reason]", "与本单位无关")
    other.page.keyboard.press("Enter")
    expect(other.page.locator("[data-done=aside]")).to_be_visible()
    visit.expect("409")
    visit.page.fill("input[name=place]", f"{PIPE[0]}, {PIPE[1]}")
    visit.page.locator("button[data-act=place]").click()
    expect(visit.page.locator("[data-one] [role=alert]")).to_contain_text("the report is aside")
    visit.page.reload()
    expect(visit.page.locator("[data-gone]")).to_contain_text("已经有人处理了")


def test_an_empty_list_says_why_it_is_empty(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    empty = '{"items": [], "next": null}'
    for path in (r"/v1/reports\?", r"/v1/intake\?"):
        page.route(re.compile(path), lambda route: route.fulfill(body=empty, content_type="application/json"))
    page.goto(f"{desk.address}/waiting")
    expect(page.locator("[data-page=waiting] .empty")).to_contain_text("没有要定位的")
    expect(page.locator("[data-page=waiting] .empty")).to_contain_text("误差超过 1,000 m")
    expect(page.locator("nav [data-page=waiting]")).not_to_have_attribute("data-waiting", re.compile("."))
    page.click("[data-tab=all]")
    expect(page.locator("[data-all=idle] .empty")).to_contain_text("还没有上报")


def test_whoever_places_nothing_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    for role in (Role.PATROLLER, Role.TENANT_ADMIN):
        visit = visits.by(desk.login(role), "/waiting")
        expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")
        expect(visit.page.locator("nav [data-page=waiting]")).to_have_count(0)
        assert not any("/v1/reports" in url or "/v1/intake" in url for url in visit.asked)


def test_the_page_is_whole_in_english(visits: Visits, desk: DeskTown) -> None:
    found = report(desk, "An excavator under the bridge", place=vague(), place_words="under the bridge", picture=True)
    visit = here(visits, desk)
    page = visit.page
    page.click("[data-act=language]")
    one = opened(visit, found)
    expect(one.locator("h2")).to_have_text("An excavator or loader digs")
    expect(one.locator("[data-why]")).to_have_text("Its place may be off by 5000 m")
    page.keyboard.press("h")
    visit.shot("waiting-english")
    lines = [line for line in one.inner_text().splitlines() if re.search(r"[\u4e00-\u9fff]", line)]
    assert lines == []
    page.click("[data-tab=all]")
    page.wait_for_selector("[data-all=idle] table")
    visit.shot("waiting-all-english")
    heads = page.locator("[data-all] th").all_inner_texts()
    assert heads == ["Received", "What", "State", "Went to"]
    page.click("[data-act=language]")
