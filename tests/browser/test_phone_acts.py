"""What a phone does beside reporting: the strike from every page, gas at home, what is near; and how it looks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM, jpeg
from phone_roles import nothing_left
from phone_visit import HERE, WECHAT, controlled
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
NOISE = "ERR_INTERNET_DISCONNECTED|Failed to load resource"
LEAST_PX = 48


def strikes(desk: DeskTown) -> int:
    with desk.home.work() as work:
        return int(work.session.scalar(text("SELECT count(*) FROM casework_strikes")) or 0)


@pytest.mark.parametrize("path", ["/m/", "/m/report", "/m/messages", "/m/mine", "/m/drafts"])
def test_the_strike_button_stands_on_every_page_and_takes_two_taps(phones: Phones, desk: DeskTown, path: str) -> None:
    login = desk.login(Role.CONTRACTOR, name="挖到管子的人")
    before = strikes(desk)
    visit = phones.by(login, path)
    page = visit.page
    page.locator("[data-act=strike]").tap()
    page.wait_for_selector("[data-strike][data-place=got]")
    if path == "/m/":
        visit.shot("phone-strike")
    if path != "/m/":
        page.locator("[data-act=strike-no]").tap()
        assert strikes(desk) == before
        return
    page.locator("[data-act=strike-confirm]").tap()
    page.wait_for_selector("[data-strike][data-state=told]")
    expect(page.locator("[data-strike]")).to_contain_text(re.compile(r"\d+ (m|米)"))
    expect(page.locator("[data-strike] [data-act=ring]").first).to_have_attribute("href", re.compile("^tel:"))
    visit.shot("phone-strike-told")
    assert strikes(desk) == before + 1


def test_a_strike_without_a_line_is_kept_goes_once_and_names_a_number_meanwhile(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.RESIDENT, name="没信号的居民"), geolocation={**HERE, "longitude": 116.7031})
    visit.expect(NOISE)
    page, before = visit.page, strikes(desk)
    controlled(page)
    page.context.set_offline(True)
    page.locator("[data-act=strike]").tap()
    page.wait_for_selector("[data-strike][data-place=got]")
    page.locator("[data-act=strike-confirm]").tap()
    page.wait_for_selector("[data-strike][data-state=kept]")
    expect(page.locator("[data-strike] [data-act=ring]")).to_have_attribute("href", "tel:119")
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    page.context.set_offline(False)
    page.wait_for_selector("[data-strike][data-state=told]")
    assert strikes(desk) == before + 1


def test_who_is_not_signed_in_says_a_strike_as_danger(phones: Phones, desk: DeskTown) -> None:
    before = strikes(desk)
    visit = phones.anybody("/m/mine")
    page = visit.page
    page.locator("[data-act=strike]").tap()
    expect(page.locator("[data-danger] [data-act=ring]")).to_have_attribute("href", "tel:119")
    expect(page.locator("[data-kind=pipe_hit]")).to_have_attribute("aria-checked", "true")
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
    assert strikes(desk) == before


def test_without_a_place_a_strike_is_said_in_words(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.RESIDENT, name="没定位的居民"), permissions=[], geolocation=None)
    page = visit.page
    page.locator("[data-act=strike]").tap()
    page.wait_for_selector("[data-strike][data-place=none]")
    expect(page.locator("[data-act=strike-confirm]")).to_be_disabled()
    page.locator("[data-act=strike-words]").tap()
    expect(page.locator("[data-page=report] [data-danger]")).to_be_visible()


def test_gas_at_home_goes_through_the_queue(phones: Phones, desk: DeskTown, tmp_path: Path) -> None:
    picture = tmp_path / "kitchen.jpg"
    picture.write_bytes(jpeg(640, 480))
    visit = phones.by(desk.login(Role.COMMERCIAL_USER, name="饭店"), "/m/indoor")
    visit.expect(NOISE)
    page = visit.page
    expect(page.locator("[data-always]")).to_contain_text("闻到燃气味")
    controlled(page)
    page.context.set_offline(True)
    page.set_input_files("[name=picture]", str(picture))
    expect(page.locator("[data-field=pictures]")).to_have_attribute("data-count", "1")
    page.fill("[name=words]", "厨房立管旁堆了纸箱")
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-unsent]")).to_have_attribute("data-waiting", "1")
    page.context.set_offline(False)
    nothing_left(page)
    card = page.locator("[data-check]:has-text('厨房立管旁')")
    expect(card.locator("[data-head]")).to_have_text("会有人来看")
    visit.shot("phone-indoor")


def test_who_may_not_send_gas_at_home_has_no_such_tile(phones: Phones, desk: DeskTown) -> None:
    contractor = phones.by(desk.login(Role.CONTRACTOR, name="施工方甲"))
    expect(contractor.page.locator("[data-tile=works]")).to_be_visible()
    expect(contractor.page.locator("[data-tile=indoor]")).to_have_count(0)
    resident = phones.by(desk.login(Role.RESIDENT, name="居民甲"))
    resident.page.locator("[data-tile=indoor]").tap()
    expect(resident.page.locator("[data-page=indoor]")).to_be_visible()


def test_home_shows_what_is_near_to_who_said_where_they_are(phones: Phones) -> None:
    visit = phones.anybody(geolocation={**HERE, "longitude": 116.6911})
    expect(visit.page.locator("[data-around]")).not_to_have_attribute("data-near-count", "-1")
    visit.shot("phone-home")
    asked = phones.anybody(permissions=[], geolocation=None)
    expect(asked.page.locator("[data-around]")).to_have_attribute("data-near-count", "-1")
    assert not [one for one in asked.asked if "/public/near" in one]


def small_targets(visit: Visit) -> list[str]:
    """Return what a finger would miss: everything to tap that is lower than 48 px."""
    found = visit.page.evaluate(
        """(least) => [...document.querySelectorAll(
        'button, a, summary, input:not(.hidden-file), [role=radio], label.quiet')]
        .filter((one) => one.getClientRects().length > 0)
        .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().height])
        .filter(([, height]) => height < least - 0.5)""",
        LEAST_PX,
    )
    return [str(one) for one in found]


@pytest.mark.parametrize("path", ["/m/", "/m/report", "/m/report?danger=1", "/m/mine", "/m/sign-in", "/m/drafts"])
def test_every_target_is_large_enough_for_a_thumb(phones: Phones, path: str) -> None:
    visit = phones.anybody(path)
    visit.page.wait_for_selector("[data-page]")
    visit.page.wait_for_timeout(500)
    assert [one for one in small_targets(visit) if "van-switch" not in one] == []


@pytest.mark.parametrize("path", ["/m/", "/m/report", "/m/report?danger=1", "/m/mine", "/m/sign-in"])
def test_nothing_runs_over_the_edge_in_large_type(phones: Phones, path: str) -> None:
    visit = phones.anybody("/m/mine")
    page = visit.page
    page.locator("[data-set=large]").tap()
    visit.go(path)
    page.wait_for_selector("[data-page]")
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.screen').scrollWidth") <= 390
    if path == "/m/":
        visit.shot("phone-large")


def test_english_is_whole_and_dark_is_dark(phones: Phones) -> None:
    visit = phones.anybody("/m/mine")
    page = visit.page
    page.locator("[data-language=en]").tap()
    visit.shot("phone-mine-en")
    page.locator("[data-set=dark]").tap()
    for path in ("/m/", "/m/report", "/m/report?danger=1", "/m/drafts"):
        visit.go(path)
        page.wait_for_selector("[data-page]")
        page.wait_for_timeout(300)
        said = page.locator(".phone").inner_text()
        assert not re.search(r"[\u4e00-\u9fff]", said.replace("管卫", "").replace("中文", "")), (path, said)
    visit.shot("phone-english-dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(247, 248, 249)"


def test_under_wechats_name_a_report_goes_as_everywhere(phones: Phones) -> None:
    visit = phones.anybody("/m/report?danger=1", user_agent=WECHAT, geolocation={**HERE, "longitude": 116.6888})
    page = visit.page
    page.locator("[data-kind=gas_smell]").tap()
    page.locator("[data-act=send]").tap()
    page.wait_for_selector("[data-sent][data-state=sent]")
