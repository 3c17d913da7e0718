"""Nothing serious stands between a page of the desk and who reads it by keyboard, voice or little light (WCAG 2.1 AA).

axe-core of the pages' own lock is run inside the page: the desk's policy lets no script in by a tag.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21aa"]
BAD = {"serious", "critical"}
# the map draws on a canvas of MapLibre's own, which is held by tests of its own; its list of the same alarms is not
LEFT_OUT = [[".maplibregl-map"]]
WAIT_MS = 15_000
BEYOND_THE_MENU = ("/models", "/templates", "/roster", "/operation", "/messages", "/privacy", "/sign-ins")


def problems(visit: Visit) -> list[str]:
    """Return what axe calls serious or critical of the page at hand: rule, how often, the first place."""
    page = visit.page
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        f"axe.run({{exclude: {json.dumps(LEFT_OUT)}}}, {{runOnly: {json.dumps(RULES)}, resultTypes: ['violations']}})"
        ".then((told) => told.violations)"
    )
    return [
        f"{one['id']} x {len(one['nodes'])}: {one['nodes'][0]['html'][:140]}" for one in found if one["impact"] in BAD
    ]


def settle(visit: Visit) -> None:
    """Wait until nothing of the page says that it loads; what never ends is looked at as it stands."""
    idle = "() => document.querySelector('main, [data-list]') && !document.querySelector('[data-state=loading]')"
    visit.page.wait_for_function(idle, timeout=WAIT_MS)


def walk(visit: Visit, paths: list[str]) -> dict[str, list[str]]:
    """Go from page to page as the menu does, without loading anew, and return what axe says of each."""
    found = {}
    for path in paths:
        link = visit.page.locator(f'nav a[href="{path}"]')
        if link.count():
            link.first.click()
        else:
            visit.go(path)
        visit.page.wait_for_url(f"**{path}")
        settle(visit)
        if said := problems(visit):
            found[path] = said
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_desk_has_a_serious_fault(visits: Visits, desk: DeskTown, theme: str) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/figures", color_scheme=theme)
    expect(visit.page.locator("html")).to_have_attribute("data-theme", theme)
    settle(visit)
    links = visit.page.locator("nav a")
    paths = [str(link.get_attribute("href")) for link in links.all()]
    assert len(paths) > 10, "the menu was not read"
    beyond = list(BEYOND_THE_MENU) if theme == "light" else ["/models"]
    assert walk(visit, paths + beyond) == {}


def test_a_page_says_what_it_is_for_and_a_fault_would_be_found(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/models")
    page = visit.page
    settle(visit)
    screen = page.locator("[data-model=screen]")
    expect(screen.locator("[data-active=true]")).to_contain_text("街景")
    expect(screen).to_contain_text("Construction Site Safety")
    visit.shot("eye-models")
    page.click("[data-act=help]")
    helped = page.locator("dialog[data-help]")
    expect(helped.locator("[data-help-what]")).to_contain_text("哪个模型在看")
    expect(helped.locator("li")).to_have_count(3)
    assert problems(visit) == []
    visit.shot("eye-help")
    page.keyboard.press("Escape")
    expect(helped).to_have_count(0)
    page.click("[data-page=figures]")
    page.wait_for_selector("[data-figure=cost] dl")
    expect(page.locator("[data-figure=cost]")).to_contain_text("没有允许任何接口")
    visit.shot("eye-figures")
    page.click("nav [data-page=cameras]")
    page.wait_for_selector("[data-seen=idle] table")
    expect(page.locator("[data-seen] tbody tr").first).to_contain_text("全部")
    visit.shot("eye-cameras")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    assert any(said.startswith("button-name") for said in problems(visit)), "axe finds what is wrong"
