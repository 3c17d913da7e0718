"""A clerk brings a pipe map on the desk, sees what it would change, lets it act, and takes it back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from pipewarden.network import jobs
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Regime
from pipewarden.people.facts import Role
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from desk_town import DeskTown
    from desk_visit import Visit, Visits
    from playwright.sync_api import Page

ADMIN = Role.TENANT_ADMIN
WIDE = {"viewport": {"width": 1440, "height": 900}}
AWAY = 0.00014  # degrees north: about 16 m


def next_quarter() -> tuple[bytes, dict[str, str]]:
    """Return the demo's network as its owner might send it next: three go, three move, three are wider, three come."""
    said = json.loads(sim.demo_network()[0].path.read_text(encoding="utf-8"))
    lines = [one for one in said["features"] if one["geometry"]["type"] == "LineString"]
    gone, moved, wider, twins = (lines[n : n + 3] for n in (0, 20, 40, 60))
    come = []
    for n, one in enumerate(twins):
        come.append(json.loads(json.dumps(one)))
        come[-1]["properties"]["pipe_id"] = f"NEW-{n}"
    for one in (*moved, *come):
        one["geometry"]["coordinates"] = [[lon, lat + AWAY] for lon, lat in one["geometry"]["coordinates"]]
    for one in wider:
        one["properties"]["diameter_mm"] = 555
    said["features"] = [one for one in said["features"] if one not in gone] + come
    names = {"gone": gone[0], "moved": moved[0], "wider": wider[0]}
    return json.dumps(said, ensure_ascii=False).encode(), {
        key: one["properties"]["pipe_id"] for key, one in names.items()
    }


@pytest.fixture
def kept_map(desk: DeskTown) -> Iterator[str]:
    """The town's map, which the tests beside this one measure from: it holds again whatever happens here."""
    with desk.home.work() as work:
        (was,) = [one for one in network.versions(work) if one.active and one.regime is Regime.CITY_GAS]
    yield was.jurisdiction
    with desk.home.work() as work:
        while next(one for one in network.versions(work) if one.active and one.regime is Regime.CITY_GAS).id != was.id:
            network.rollback(work, Regime.CITY_GAS)


def work_off(desk: DeskTown, page: Page, state: str) -> None:
    """Let the worker do the step that waits, and wait until the page says so."""
    jobs.work_off_drafts(desk.home.factory.begin, FileReader(), desk.home.blobs)
    page.wait_for_selector(f"main[data-page=network-draft][data-state={state}]")


def looked_at(visit: Visit, name: str) -> None:
    visit.page.wait_for_selector("[data-map=draft][data-state=idle]")
    visit.shot(name)


def bring(visit: Visit, desk: DeskTown, content: bytes, law: str) -> None:
    """Choose the file, its system and its columns, leave, and come back to what it would change."""
    page = visit.page
    page.click("[data-act=import]")
    page.set_input_files(
        "[data-field=file]", files=[{"name": "四季度.geojson", "mimeType": "application/json", "buffer": content}]
    )
    visit.shot("network-1-file")
    page.click("[data-act=bring]")
    page.wait_for_selector("[data-working=reading]")
    work_off(desk, page, "read")
    page.click('[data-crs="GCJ-02"] [data-look]')
    expect(page.locator('[data-crs="GCJ-02"]')).to_contain_text("离现有管网")
    looked_at(visit, "network-2-crs-wrong")
    expect(page.locator("[data-best]")).to_have_count(1)
    expect(page.locator("input[name=crs]:checked")).to_have_count(0)
    expect(page.locator("[data-act=columns]")).to_be_disabled()
    page.check('[data-crs="GCJ-02"] input')
    expect(page.locator("[data-warn=shifted]")).to_contain_text("近似")
    page.check('[data-crs="EPSG:4326"] input')
    looked_at(visit, "network-2-crs")
    page.click("[data-act=columns]")
    page.wait_for_selector("[data-fields=idle]")
    expect(page.locator("[data-field=jurisdiction]")).to_have_value(law)
    page.select_option("[data-field=mapping]", "demo")
    page.wait_for_timeout(400)
    page.wait_for_selector("[data-fields=idle]")
    expect(page.locator("[data-column=id]")).to_have_value("pipe_id")
    page.click("[data-words=kind]")
    visit.shot("network-3-columns")
    page.click("[data-act=compare]")
    page.wait_for_selector("[data-working=comparing]")
    page.goto(desk.address + "/networks/import")  # left, and come back to
    page.click("[data-draft]:first-of-type a")
    work_off(desk, page, "compared")


def compare(visit: Visit, names: dict[str, str]) -> None:
    """See on the map and in the list what comes, goes, moves and changes."""
    page = visit.page
    counts = {
        one: page.get_attribute(f"[data-kind={one}]", "data-count") for one in ("removed", "moved", "changed", "added")
    }
    assert counts == dict.fromkeys(counts, "3")
    page.wait_for_selector("[data-map=draft][data-state=idle]")
    expect(page.locator("[data-map=draft]")).to_have_attribute("data-shown", "12")
    expect(page.locator("[data-change]")).to_have_count(12)
    looked_at(visit, "network-4-diff")
    page.click(f'[data-change="{names["moved"]}"]')
    expect(page.locator(f'[data-change="{names["moved"]}"]')).to_contain_text("移了")
    looked_at(visit, "network-4-one")
    page.click("[data-kind=changed]")
    expect(page.locator("[data-change]")).to_have_count(3)
    expect(page.locator(f'[data-change="{names["wider"]}"]')).to_contain_text("555")


def act_and_go_back(visit: Visit, desk: DeskTown, login: str) -> None:
    """Let it act with a fresh code, and put the version before back."""
    page = visit.page
    expect(page.locator("[data-act=activate]")).to_be_disabled()
    page.fill("[data-field=why]", "四季度更新")
    code = desk.age_factor(login)
    visit.expect("403")
    page.once("dialog", lambda asked: asked.accept())
    page.click("[data-act=activate]")
    page.fill("[name=step-up-code]", code)
    page.click("[data-step-up] button[type=submit]")
    page.wait_for_selector("[data-working=activating]")
    work_off(desk, page, "active")
    visit.shot("network-5-active")
    page.click("[data-act=back-to]")
    page.fill("[data-sheet=back] [data-field=why]", "图有错")
    visit.shot("network-6-back")
    page.click("[data-act=back-sure]")
    page.wait_for_selector("main[data-page=networks][data-state=idle]")
    expect(page.locator(".el-table__row", has_text="四季度.geojson")).to_contain_text("以前的")
    expect(page.locator("[data-holds=city_gas]")).to_contain_text("图有错")
    visit.shot("network-0-versions")


def test_a_map_goes_in_is_compared_on_the_map_acts_and_is_taken_back(
    visits: Visits, desk: DeskTown, kept_map: str
) -> None:
    login = desk.enrolled(ADMIN, name="管网资料员")
    visit = visits.by(login, "/networks", **WIDE)
    content, names = next_quarter()
    bring(visit, desk, content, kept_map)
    compare(visit, names)
    act_and_go_back(visit, desk, login)
    with desk.home.work() as work:
        held = [one for one in network.versions(work) if one.active and one.regime is Regime.CITY_GAS]
    assert [one.chosen_why for one in held] == ["图有错"]
