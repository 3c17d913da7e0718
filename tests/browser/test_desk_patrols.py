"""What happens on foot, on the desk: patrols with their doubts in words, overdue pipes, and what people were asked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from copies import drawing, jpeg_of
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.field.facts.standby import Stood
from pipewarden.field.facts.tasks import NewAnswer, Seen, Wanted
from pipewarden.field.service import tasks
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, Grant, Role, Scope

if TYPE_CHECKING:
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
NEAR = (116.7035, 39.5235)


def walked(**more: Any) -> dict[str, Any]:
    """A patrol as the server tells it."""
    told = {
        "id": str(uuid4()), "person_id": str(uuid4()), "source": "page", "began_at": "2026-11-26T01:00:00Z",
        "ended_at": "2026-11-26T03:00:00Z", "points": 900, "km": 6.25, "seen_m": 1830.0, "stood_s": 60.0, "dropped": 0,
        "skew_s": 0.0, "verified": True, "reasons": [], "first_at": None, "last_at": None,
    }  # fmt: skip
    return told | more


def doubt(name: str) -> dict[str, Any]:
    return {"doubt": name, "value": 5.0, "limit": 1.0, "words": "in English"}


def tab(visit: Visit, name: str, ready: str) -> None:
    visit.page.click(f"[data-tab={name}]")
    visit.page.wait_for_selector(ready)


def test_patrols_say_in_words_why_a_track_is_not_believed(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    good, bad = walked(), walked(verified=False, dropped=3, reasons=[doubt("mock"), doubt("replay")])
    going = walked(ended_at=None, verified=None)
    body = json.dumps({"items": [going, bad, good], "next": None})
    page.route(re.compile(r"/v1/patrols\?"), lambda route: route.fulfill(body=body, content_type="application/json"))
    page.goto(f"{desk.address}/patrols")
    page.wait_for_selector("[data-patrols=idle] table")
    rows = {one["id"]: page.locator(f'[data-patrol="{one["id"]}"]') for one in (good, bad, going)}
    expect(rows[good["id"]]).to_contain_text("6.3 km，看到管道 1.8")
    expect(rows[good["id"]]).to_contain_text("可信")
    expect(rows[bad["id"]]).to_contain_text("待核")
    expect(rows[bad["id"]]).to_contain_text("丢弃 3 个点")
    expect(rows[bad["id"]].locator("[data-doubts]")).to_have_text("模拟定位、与旧轨迹相同")
    expect(rows[going["id"]]).to_contain_text("巡线中")
    visit.shot("patrols")


def test_pipes_that_nobody_walked_are_overdue_class_by_class(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/patrols")
    page = visit.page
    page.wait_for_selector("[data-patrols=idle]")
    tab(visit, "coverage", "[data-coverage=idle] [data-class=high]")
    expect(page.locator("[data-class=high]")).to_contain_text("高压")
    expect(page.locator("[data-class=high]")).to_contain_text("每 1 天")
    expect(page.locator("[data-class=high] .figure").first).to_contain_text(re.compile(r"^0\.0\sm / \d"))
    page.wait_for_selector("[data-missed=idle] [data-stretch]")
    before = page.locator("[data-stretch]").count()
    expect(page.locator("[data-stretch]").first).to_contain_text("从未巡到")
    visit.shot("patrols-coverage")
    page.locator("[data-missed] [data-act=more]").click()
    expect(page.locator("[data-stretch]").nth(before)).to_be_visible()


def test_an_answer_tells_what_was_seen_and_why_it_is_not_verified(visits: Visits, desk: DeskTown) -> None:
    tenant, person = desk.home.tenant_id, desk.ids[desk.login(Role.GRID_WORKER)]
    grant = Grant("task:answer", Scope.TENANT, tenant, None, Role.GRID_WORKER)
    walker = Actor(ActorKind.PERSON, person, "grid", tenant, grants=(grant,))
    with desk.home.work() as work:
        task = tasks.ask(work, people.operator(tenant), "去看看沟槽", place=(NEAR, 10.0))
    new = NewAnswer(
        draft=uuid4(), stood=Stood(*NEAR, accuracy_m=8.0, finger=True), nonce=None, seen=Seen.CANNOT_TELL,
        words="门锁着", picture=None,
    )  # fmt: skip
    with desk.home.work() as work:
        tasks.answer(work, desk.home.blobs, walker, task.id, new)
    visit = visits.by(desk.login(Role.DISPATCHER), "/patrols?tab=tasks")
    row = visit.page.locator(f'[data-task="{task.id}"]')
    row.locator("[data-act=answers]").click()
    told = row.locator("[data-answers] li")
    expect(told).to_contain_text("看不清")
    expect(told).to_contain_text("门锁着")
    expect(told).to_contain_text("待核")
    expect(told).to_contain_text("位置是手点的")
    visit.shot("patrols-answers")
    row.locator("[data-act=answers]").click()
    expect(told).to_have_count(0)


def test_an_answer_that_nothing_verifies_is_accepted_or_refused_with_its_picture(
    visits: Visits, desk: DeskTown
) -> None:
    tenant = desk.home.tenant_id
    grant = Grant("task:answer", Scope.TENANT, tenant, None, Role.GRID_WORKER)
    persons = [desk.ids[desk.login(Role.GRID_WORKER, name=name)] for name in ("网格甲", "网格乙")]
    with desk.home.work() as work:
        asked = Wanted(NEAR, "系统拿不准，请去看看围挡", "judge", alarm_id=uuid4())
        task = tasks.wanted(work, asked)
    for person, seen in zip(persons, (Seen.CANNOT_TELL, Seen.NOTHING), strict=True):
        walker = Actor(ActorKind.PERSON, person, "grid", tenant, grants=(grant,))
        new = NewAnswer(
            draft=uuid4(), stood=Stood(*NEAR, accuracy_m=8.0), nonce=None, seen=seen, words="拍了照",
            picture=jpeg_of(drawing(7)),
        )  # fmt: skip
        with desk.home.work() as work:
            tasks.answer(work, desk.home.blobs, walker, task.id, new)
    visit = visits.by(desk.login(Role.DISPATCHER), "/patrols?tab=tasks")
    row = visit.page.locator(f'[data-task="{task.id}"]')
    expect(row).to_contain_text("判定拿不准，自动请人看")
    row.locator("[data-act=answers]").click()
    first, second = row.locator("[data-answer]").nth(0), row.locator("[data-answer]").nth(1)
    expect(first.locator("img")).to_be_visible()
    visit.page.wait_for_function(
        "[...document.querySelectorAll('[data-answer] img')].every((one) => one.naturalWidth > 0)"
    )
    second.locator("[data-act=accept]").click()
    expect(second.locator("[data-act=sure]")).to_be_disabled()
    second.locator("[data-field=reason]").fill("照片看得清")
    visit.shot("patrols-judging")
    second.locator("[data-act=sure]").click()
    expect(second.locator("[data-judgement]")).to_have_text(re.compile("已采纳（5 分）：照片看得清"))
    first.locator("[data-act=refuse]").click()
    first.locator("[data-field=reason]").fill("是另一条街")
    first.locator("[data-act=sure]").click()
    expect(first.locator("[data-judgement]")).to_have_text(re.compile("未采纳：是另一条街"))
    expect(row.locator("[data-act=accept], [data-act=refuse]")).to_have_count(0)
    visit.shot("patrols-judged")


def test_somebody_near_a_site_is_asked_and_the_task_is_taken_back_with_a_reason(visits: Visits, desk: DeskTown) -> None:
    site = desk.works(NEAR)
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}")
    page = visit.page
    page.locator("[data-act=ask-open]").click()
    expect(page.locator("[data-act=ask]")).to_be_disabled()
    page.fill("[data-field=ask]", "围挡里有没有挖机")
    visit.shot("site-ask")
    page.locator("[data-act=ask]").click()
    expect(page.locator("[data-ask] [data-task][data-is=open]", has_text="围挡里有没有挖机")).to_be_visible()
    page.locator("[data-ask] [data-act=tasks]").click()
    page.wait_for_selector("[data-tasks=idle] [data-task]")
    row = page.locator("[data-task]", has_text="围挡里有没有挖机").first
    expect(row).to_contain_text("等人去看")
    expect(row.locator("a", has_text="工地")).to_have_attribute("href", f"/sites/{site}")
    row.locator("[data-act=answers]").click()
    expect(row).to_contain_text("还没有人答复")
    row.locator("[data-act=withdraw]").click()
    expect(row.locator("[data-act=sure]")).to_be_disabled()
    row.locator("[data-field=reason]").fill("已派巡线员")
    row.locator("[data-act=sure]").click()
    expect(row).to_have_attribute("data-is", "withdrawn")
    expect(row).to_contain_text("已派巡线员")
    expect(row.locator("[data-act=withdraw]")).to_have_count(0)
    visit.shot("patrols-tasks")


def walker_of(desk: DeskTown) -> Actor:
    """Return somebody who answers tasks, as the services know them."""
    tenant, person = desk.home.tenant_id, desk.ids[desk.login(Role.GRID_WORKER)]
    grants = tuple(Grant(one, Scope.TENANT, tenant, None, Role.GRID_WORKER) for one in ("task:answer", "report:create"))
    return Actor(ActorKind.PERSON, person, "grid", tenant, grants=grants)


def test_somebody_near_an_alarm_is_asked_and_their_answer_stands_beside_it(visits: Visits, desk: DeskTown) -> None:
    before = {one.id for one in desk.alarms()}
    desk.report((NEAR[0] - 0.004, NEAR[1] - 0.004), "好像有挖机")
    (alarm,) = (one for one in desk.alarms() if one.id not in before)
    visit = visits.by(desk.login(Role.DISPATCHER), f"/alarms/{alarm.id}")
    page = visit.page
    box = page.locator("[data-ask]")
    box.locator("[data-act=ask-open]").click()
    expect(box.locator("[data-act=ask]")).to_be_disabled()
    page.fill("[data-field=ask]", "围挡后面有没有挖机")
    visit.shot("alarm-ask")
    box.locator("[data-act=ask]").click()
    card = box.locator("[data-task]", has_text="围挡后面有没有挖机")  # a judge in doubt may have asked before
    expect(card).to_contain_text("等人去看")
    card.locator("[data-act=answers]").click()
    expect(card).to_contain_text("还没有人答复")
    with desk.home.work() as work:
        root = people.operator(desk.home.tenant_id)
        found = tasks.tasks(work, root, tasks.Listed(alarm_id=alarm.id), limit=9)
    (task,) = (one for one in found if one.source == "dispatcher")
    assert (task.lon, task.lat) == pytest.approx((NEAR[0] - 0.004, NEAR[1] - 0.004), abs=0.001)
    new = NewAnswer(
        draft=uuid4(), stood=Stood(task.lon, task.lat, accuracy_m=8.0, finger=True), nonce=None, seen=Seen.NOTHING,
        words="只有一堆土", picture=None,
    )  # fmt: skip
    with desk.home.work() as work:
        tasks.answer(work, desk.home.blobs, walker_of(desk), task.id, new)
    page.reload()
    expect(card).to_have_attribute("data-is", "answered")
    told = card.locator("[data-answers] li")
    expect(told).to_contain_text("没有施工")
    expect(told).to_contain_text("只有一堆土")
    expect(told).to_have_attribute("data-verified", "false")
    visit.shot("alarm-ask-answered")
    other = visits.by(desk.login(Role.PATROLLER), f"/alarms/{alarm.id}")
    expect(other.page.locator("[data-history]")).to_be_visible()
    expect(other.page.locator("[data-ask]")).to_have_count(0)


def test_the_pages_are_whole_in_english(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/patrols")
    page = visit.page
    page.click("[data-act=language]")
    for name, ready in (("walks", "[data-patrols=idle]"), ("coverage", "[data-missed=idle] [data-stretch]"),
                        ("tasks", "[data-tasks=idle]")):  # fmt: skip
        tab(visit, name, ready)
        texts = [*page.locator("h1, h2, th, .empty p").all_inner_texts(), *page.locator("[data-tab]").all_inner_texts()]
        assert [one for one in texts if re.search(r"[\u4e00-\u9fff]", one)] == []
        visit.shot(f"patrols-{name}-english")
    page.click("[data-act=language]")


def test_whoever_neither_walks_nor_reads_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.REGULATOR), "/patrols")
    expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")
    expect(visit.page.locator("nav [data-page=patrols]")).to_have_count(0)
    patroller = visits.by(desk.login(Role.PATROLLER), "/patrols")
    expect(patroller.page.locator("main [data-tab]")).to_have_text(["巡线记录", "覆盖与漏巡"])
