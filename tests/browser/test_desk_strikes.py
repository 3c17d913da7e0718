"""A strike on the desk: one button, one confirm, then clock, map, call sheet, board and log; a drill says so."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Route

pytestmark = pytest.mark.system(CHROMIUM)
PICTURES = os.environ.get("PIPEWARDEN_PICTURES")


def shot(visit: Visit, name: str) -> None:
    """Keep a picture of the page for somebody who looks, where a folder is named."""
    if PICTURES:
        visit.page.evaluate("document.querySelector('[data-strike-detail]')?.scrollTo(0, 0)")
        visit.page.wait_for_timeout(1500)
        visit.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=False)


def tap(visit: Visit, *, drill: bool) -> None:
    """Tap, set the place in the middle of the map, and confirm."""
    page = visit.page
    page.locator("[data-act=strike]").click()
    page.wait_for_selector("dialog[open] [data-map=pick][data-state=idle]")
    page.locator("dialog[open] [data-map=pick] canvas").click()
    if drill:
        page.locator("[name=strike-drill]").check()
    shot(visit, f"strike-confirm-{'drill' if drill else 'real'}")
    page.locator("[data-act=strike-confirm]").click()


def test_a_safety_manager_drills(desk: DeskTown, visits: Visits) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    tap(visit, drill=True)
    page = visit.page
    expect(page.locator("[data-banner=drill]")).to_be_visible()
    expect(page.locator("[data-line=fire]")).to_contain_text("119")
    expect(page.locator("[data-line=hotline]")).to_contain_text("没有登记")
    expect(page.locator("[data-line=fire]")).to_contain_text("【演练】")
    page.locator("[data-act=called-fire]").click()
    expect(page.locator("[data-line=fire][data-done=true]")).to_be_visible()
    page.locator("[data-act=done-cordon]").click()
    expect(page.locator("[data-task=cordon][data-done=true]")).to_be_visible()
    page.locator("[name=situation]").fill("浓度下降，读数 10% LEL")
    page.locator("[data-act=tell]").click()
    expect(page.locator("[data-event=situation]")).to_contain_text("浓度下降")
    expect(page.locator("[data-damage]")).to_have_count(0)
    page.wait_for_selector("[data-map=strike][data-state=idle]")
    shot(visit, "strike-drill")
    page.locator("[data-act=language]").click()
    shot(visit, "strike-drill-en")
    page.locator("[data-act=language]").click()


def test_older_strikes_are_a_press_away(desk: DeskTown, visits: Visits) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    page = visit.page
    for _ in range(2):
        tap(visit, drill=True)
        expect(page.locator("[data-banner=drill]")).to_be_visible()
        page.goto(f"{desk.address}/strikes")
        expect(page.locator("main[data-page=strikes]")).to_be_visible()  # a load that is cut off signs nobody in
    page.route("**/v1/strikes?*", lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=1")))
    page.goto(f"{desk.address}/strikes")
    rows = page.locator("[data-strike]")
    expect(rows).to_have_count(1)
    newest = rows.first.get_attribute("data-strike")
    page.locator("[data-act=more]").click()
    expect(rows).to_have_count(2)
    assert rows.first.get_attribute("data-strike") == newest


def test_what_is_refused_stays_typed_and_a_late_answer_undoes_nothing(desk: DeskTown, visits: Visits) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    tap(visit, drill=True)
    page = visit.page
    words = page.locator("[name=situation]")
    words.fill("有人被困")
    visit.expect("Failed to load resource")
    page.route(
        "**/v1/strikes/*/events", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    page.locator("[data-act=tell]").click()
    expect(page.locator("[data-refusal]")).to_be_in_viewport()
    expect(words).to_have_value("有人被困")
    page.unroute("**/v1/strikes/*/events")
    late: list[Route] = []
    one = re.compile(r"/v1/strikes/[0-9a-f-]{36}$")
    with page.expect_request(one):
        page.route(one, lambda route: late.append(route))  # noqa: PLW0108  Playwright marks the handler
    page.wait_for_timeout(500)
    old = late[0].fetch()
    page.locator("[data-act=called-fire]").click()
    done = page.locator("[data-line=fire][data-done=true]")
    expect(done).to_be_visible()
    with page.expect_response(one):
        late[0].fulfill(response=old)
    page.wait_for_timeout(300)
    assert done.count() == 1
    page.unroute(one)


def test_a_resident_taps_and_is_told_to_go_away_from_it(desk: DeskTown, visits: Visits) -> None:
    here = {"longitude": 116.7035, "latitude": 39.5235, "accuracy": 12.4}
    visit = visits.by(desk.login(Role.RESIDENT), geolocation=here, permissions=["geolocation"])
    visit.page.locator("[data-act=strike]").click()
    expect(visit.page.locator("[name=strike-place]")).to_have_value("116.703500, 39.523500")
    visit.page.locator("[data-act=strike-confirm]").click()
    told = visit.page.locator("[data-strike-told]")
    expect(told).to_contain_text("米")
    expect(told).to_contain_text("119")
    shot(visit, "strike-resident")


def test_works_without_a_place_are_asked_for_one_instead_of_refused_for_good(desk: DeskTown, visits: Visits) -> None:
    site = str(UUID(int=7))
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), f"/sites/{site}")
    visit.expect("404|422")
    page, sent = visit.page, []

    def refuse(route: Route) -> None:
        sent.append((route.request.headers["idempotency-key"], route.request.post_data_json))
        problem = {"type": "about:blank", "title": "x", "status": 422, "field": "lon", "detail": "lon is not known"}
        route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(problem))

    page.route("**/v1/strikes", lambda route: refuse(route) if route.request.method == "POST" else route.continue_())
    page.locator("[data-act=strike]").click()
    expect(page.locator("dialog[open] [data-map=pick]")).to_have_count(0)
    page.locator("[data-act=strike-confirm]").click()
    page.wait_for_selector("dialog[open] [data-map=pick][data-state=idle]")
    expect(page.locator("[data-act=strike-confirm]")).to_be_disabled()
    page.locator("dialog[open] [data-map=pick] canvas").click()
    for _ in range(2):
        with page.expect_response("**/v1/strikes"):
            page.locator("[data-act=strike-confirm]").click()
    (_, bare), (key, placed), again = sent
    assert (bare["site_id"], bare.get("lon")) == (site, None)
    assert (placed["site_id"], placed["lon"] is not None) == (site, True)
    assert again == (key, placed), "the same words sent again are the same report"


def test_the_real_one_asks_for_its_damage_record(desk: DeskTown, visits: Visits) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER))
    tap(visit, drill=False)
    page = visit.page
    expect(page.locator("[data-report]")).to_be_visible()
    page.locator("[name=over]").fill("阀已关，读数 0")
    page.locator("[data-act=over]").click()
    expect(page.locator("[data-damage][open]")).to_be_visible()
    page.locator("[name=homes]").fill("42")
    page.locator("[name=hours]").fill("3.5")
    page.locator("[name=cost_cny]").fill("12000")
    page.wait_for_selector("[data-map=strike][data-state=idle]")
    shot(visit, "strike-real")
    page.locator("[data-act=damage]").click()
    expect(page.locator("[data-damage]")).to_contain_text("已完成")
