"""Walks, tasks and the map of a phone: recorded without a line, answered in three taps, drawn from a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_roles import OFFLINE, all_sent, go_offline, photo, rows, until
from phone_visit import controlled
from playwright.sync_api import expect

from pipewarden.field.service import tasks
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
HERE = {"longitude": 116.7061, "latitude": 39.53414, "accuracy": 6}
STEP_DEG = 0.0003  # some 26 m eastward
TAPS_TO_ANSWER = 3


def walk(visit: Visit, steps: int, begin: int = 0) -> None:
    """Go some steps eastward, slower than the phone's least pause between points."""
    root = visit.page.locator("[data-page=patrol]")
    for step in range(begin, begin + steps):
        before = int(root.get_attribute("data-points") or 0)
        visit.page.wait_for_timeout(3100)
        place = HERE | {"longitude": HERE["longitude"] + STEP_DEG * (step + 1)}
        visit.page.context.set_geolocation(place)
        expect(root).not_to_have_attribute("data-points", str(before))


def test_a_patrol_begun_without_a_line_outlives_the_page_and_comes_whole(phones: Phones, desk: DeskTown) -> None:
    walker = desk.login(Role.PATROLLER, name="走线的人")
    visit = phones.by(walker, "/m/patrol", geolocation=HERE)
    page = visit.page
    root = page.locator("[data-page=patrol]")
    expect(page.locator("[data-act=begin]")).to_be_disabled()  # nothing is recorded before a yes
    page.locator("[data-act=agree]").tap()
    expect(page.locator("[data-act=begin]")).to_be_enabled()
    all_sent(visit)
    visit.shot("phone-patrol")
    go_offline(visit)
    page.locator("[data-act=begin]").tap()
    expect(root).to_have_attribute("data-running", "true")
    expect(page.locator("[data-awake]")).to_be_visible()
    expect(root).not_to_have_attribute("data-points", "0")
    walk(visit, 4)
    metres = int(root.get_attribute("data-metres") or 0)
    assert 75 <= metres <= 110, metres
    walked = int(root.get_attribute("data-points") or 0)
    assert walked >= 5
    expect(root).to_have_attribute("data-unsent-points", str(walked))  # counted on the disk, a little later
    visit.shot("phone-patrol-going")
    page.reload()
    expect(page.locator("[data-going]")).to_contain_text("接着记录")
    assert int(root.get_attribute("data-points") or 0) >= 5
    walk(visit, 2, begin=4)
    points = int(root.get_attribute("data-points") or 0)
    assert points >= 7
    page.locator("[data-act=end]").tap()
    expect(root).to_have_attribute("data-running", "false")
    ended = re.compile(f"^({points}|{points + 1})$")  # a position may come between the count and the end
    expect(root).to_have_attribute("data-unsent-points", ended)
    assert rows(desk, "SELECT 1 FROM field_patrols WHERE person_id = :id", id=desk.ids[walker]) == []
    all_sent(visit)
    (patrol,) = rows(desk, "SELECT * FROM field_patrols WHERE person_id = :id", id=desk.ids[walker])
    assert ended.match(str(patrol["points"]))
    assert patrol["ended_at"] is not None
    numbers = rows(desk, "SELECT n FROM field_patrol_points WHERE patrol_id = :id ORDER BY n", id=patrol["id"])
    assert [one["n"] for one in numbers] == list(range(points))
    page.reload()
    expect(page.locator(f'[data-patrol="{patrol["id"]}"]')).to_be_visible()
    expect(page.locator("[data-coverage] [data-class]").first).to_be_visible()
    visit.shot("phone-patrol-past")
    page.locator("[data-act=missed]").tap()
    expect(page.locator("[data-page=missed][data-state=idle]")).to_be_visible()
    expect(page.locator("[data-stretch]").first).to_be_visible()
    visit.shot("phone-missed")


def test_a_task_is_answered_in_three_taps_without_a_line(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    with desk.home.work() as work:
        place = ((HERE["longitude"], HERE["latitude"]), 10.0)
        asked = tasks.ask(work, people.operator(desk.home.tenant_id), "七号楼旁有围挡，去看看", place=place)
    visit = phones.by(desk.login(Role.GRID_WORKER, name="网格的人"), "/m/tasks", geolocation=HERE)
    page, taps = visit.page, 0
    card = page.locator(f'[data-task="{asked.id}"]')
    expect(card).to_contain_text("七号楼旁")
    visit.shot("phone-tasks")
    card.tap()
    expect(page.locator("[data-page=task] [data-field=place]")).to_have_attribute("data-place", "got")
    go_offline(visit)
    with page.expect_file_chooser() as chooser:
        page.locator("[data-act=take]").tap()
        taps += 1
    chooser.value.set_files(photo(tmp_path))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    visit.shot("phone-task")
    page.locator("[data-seen=works]").tap()
    taps += 1
    expect(page.locator("[data-done]")).to_be_visible()
    assert taps <= TAPS_TO_ANSWER
    all_sent(visit)
    (answer,) = rows(desk, "SELECT * FROM field_answers WHERE task_id = :id", id=asked.id)
    assert answer["seen"] == "works"
    page.locator("[data-done] a").tap()
    expect(page.locator("[data-page=tasks][data-state=idle]")).to_be_visible()
    page.locator("[data-act=points]").tap()
    expect(page.locator("[data-page=points]")).to_have_attribute("data-points", re.compile(r"^\d+$"))
    visit.shot("phone-points")


def test_the_map_is_taken_along_and_drawn_without_a_line(phones: Phones, desk: DeskTown) -> None:
    walker = desk.login(Role.PATROLLER, name="看图的人")
    visit = phones.by(walker, "/m/plan", geolocation=HERE)
    page = visit.page
    controlled(visit.page)
    expect(page.locator("[data-page=plan]")).to_have_attribute("data-map", "none")
    page.locator("[data-act=take]").tap()
    expect(page.locator("[data-have]")).to_contain_text("MB")
    expect(page.locator("[data-plan-map]")).to_have_attribute("data-state", "idle")
    visit.shot("phone-plan")
    visit.expect(OFFLINE)
    page.context.set_offline(True)
    page.reload()
    drawing = page.locator("[data-plan-map]")
    expect(drawing).to_have_attribute("data-state", "idle")
    assert int(drawing.get_attribute("data-drawn") or 0) > 0
    page.locator("[data-act=me]").tap()
    expect(drawing).to_have_attribute("data-state", "idle")
    visit.shot("phone-plan-offline")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.locator("[data-act=drop]").tap()
    expect(page.locator("[data-page=plan]")).to_have_attribute("data-map", "here")  # asked, and said no
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-act=drop]").tap()
    expect(page.locator("[data-page=plan]")).to_have_attribute("data-map", "none")
    kept = "caches.keys().then(keys => keys.filter(one => one.startsWith('pipewarden-map-')).length)"
    until(page, lambda: page.evaluate(kept) == 0)


def test_without_webgl_the_map_is_a_list(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.PATROLLER, name="没有显卡的人"), "/m/", geolocation=HERE)
    page = visit.page
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    controlled(visit.page)
    visit.go("/m/plan")
    visit.expect("WebGL|Failed to initialize")
    page.locator("[data-act=take]").tap()
    expect(page.locator("[data-page=plan]")).to_have_attribute("data-broken", "true")
    expect(page.locator("[data-page=plan]")).to_contain_text("下面是列表")
    expect(page.locator(".sites")).to_be_visible()


def test_who_leaves_takes_along_what_was_kept(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.PATROLLER, name="交班的人"), "/m/inbox", geolocation=HERE)
    page = visit.page
    expect(page.locator("[data-page=inbox]")).to_have_attribute("data-state", "idle")
    count = """() => new Promise(done => {
        const asked = indexedDB.open('pipewarden-kept')
        asked.onsuccess = () => {
            const all = asked.result.transaction('rows').objectStore('rows').count()
            all.onsuccess = () => { asked.result.close(); done(all.result) }
        }
    })"""
    until(page, lambda: page.evaluate(count) > 0)
    page.locator("[data-tab=mine]").tap()
    page.locator("[data-act=sign-out]").tap()
    expect(page.locator("[data-page=home]")).to_be_visible()
    until(page, lambda: page.evaluate(count) == 0)
