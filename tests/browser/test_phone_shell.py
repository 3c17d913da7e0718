"""The phone's shell: opens without an account, without a line, under WeChat's name, and never carries the desk."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_visit import WECHAT, controlled
from playwright.sync_api import expect

from pipewarden.main.web.console import BUILT
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)


def precached() -> list[str]:
    """Return the addresses that the service worker fetches before it stands."""
    worker = (BUILT / "m" / "sw.js").read_text(encoding="utf-8")
    return re.findall(r'url:"([^"]+)"', worker)


def test_the_offline_list_holds_the_phone_and_nothing_of_the_desk() -> None:
    addresses = precached()
    assert "/m/" in addresses
    assert len(addresses) == len(set(addresses)) > 10
    names = [one for one in addresses if one.startswith("/assets/")]
    assert {one.split("/")[2] for one in names} == {"phone", "shared"}
    text = "".join((BUILT / one.removeprefix("/")).read_text(encoding="utf-8") for one in names)
    for stranger in ("maplibre", "terra-draw", "ElTable", "el-config-provider", "Konva"):
        assert stranger not in text, stranger


def test_everything_the_page_asks_for_is_on_the_offline_list() -> None:
    page = (BUILT / "m" / "index.html").read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:src|href)="(/[^"]+)"', page))
    assert len(asked) > 4
    assert asked <= set(precached())


def test_the_offline_list_is_small() -> None:
    files = [BUILT / ("m/index.html" if one == "/m/" else one.removeprefix("/")) for one in precached()]
    packed = sum(len(gzip.compress(one.read_bytes(), mtime=0)) for one in files)
    assert packed < 450 * 1024, packed


def test_the_manifest_names_icons_that_are_there() -> None:
    manifest = json.loads((BUILT / "m" / "app.webmanifest").read_text(encoding="utf-8"))
    assert manifest["start_url"] == manifest["scope"] == manifest["id"] == "/m/"
    for icon in manifest["icons"]:
        head = (BUILT / icon["src"].removeprefix("/")).read_bytes()[:24]
        assert head[1:4] == b"PNG"
        width, height = (int.from_bytes(head[at : at + 4]) for at in (16, 20))
        assert f"{width}x{height}" == icon["sizes"]


@pytest.mark.parametrize("agent", [None, WECHAT], ids=["browser", "wechat"])
def test_anybody_opens_it_without_an_account(phones: Phones, agent: str | None) -> None:
    visit = phones.anybody(**({} if agent is None else {"user_agent": agent}))
    page = visit.page
    expect(page.locator("[data-page=home]")).to_be_visible()
    expect(page.locator("[data-tab]")).to_have_count(4)
    page.locator("[data-tab=mine]").tap()
    expect(page.locator("[data-page=mine]")).to_contain_text("未登录")
    page.locator("[data-tab=messages]").tap()
    expect(page.locator("[data-page=sign-in]")).to_be_visible()
    assert not [one for one in visit.asked if "/assets/desk/" in one]


def test_it_opens_without_a_line_once_it_was_opened(phones: Phones) -> None:
    visit = phones.anybody()
    controlled(visit.page)
    visit.page.context.set_offline(True)
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    visit.go("/m/mine")
    expect(visit.page.locator("[data-page=mine]")).to_contain_text("未登录")


def test_who_signed_in_is_known_without_a_line_and_reads_messages_with_one(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.PATROLLER, name="没信号的人"), "/m/mine")
    expect(visit.page.locator("[data-page=mine] h1")).to_have_text("没信号的人")
    controlled(visit.page)
    visit.page.context.set_offline(True)
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    visit.go("/m/mine")
    expect(visit.page.locator("[data-page=mine] h1")).to_have_text("没信号的人")
    visit.page.context.set_offline(False)
    visit.page.locator("[data-tab=messages]").tap()
    expect(visit.page.locator("[data-page=messages][data-state=idle]")).to_be_visible()
    visit.page.locator("[data-tab=mine]").tap()
    visit.page.locator("[data-act=sign-out]").tap()
    expect(visit.page.locator("[data-page=home]")).to_be_visible()
    assert visit.page.evaluate("localStorage.getItem('pipewarden.me')") is None


def test_language_and_large_type_are_kept(phones: Phones) -> None:
    visit = phones.anybody("/m/mine")
    page = visit.page
    small = page.locator("[data-tab=mine]").bounding_box()
    page.locator("[data-language=en]").tap()
    page.locator("[data-set=large]").tap()
    page.reload()
    expect(page.locator("[data-page=mine]")).to_contain_text("Not signed in")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    large = page.locator("[data-tab=mine]").bounding_box()
    assert small is not None
    assert large is not None
    assert large["height"] > small["height"] >= 48


def test_the_second_factor_is_asked_on_the_phone_too(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.enrolled(Role.SAFETY_MANAGER), "/m/mine")
    expect(visit.page.locator("[data-page=mine] h1")).to_have_text("有验证器")


def test_a_wrong_password_is_told_and_an_own_address_is_no_strangers(phones: Phones, desk: DeskTown) -> None:
    visit = phones.anybody("/m/sign-in?next=//elsewhere.example/")
    visit.expect("401")
    visit.fill_sign_in(desk.login(Role.PATROLLER), "not the password")
    expect(visit.page.locator("[data-wrong]")).to_be_visible()
    visit.fill_sign_in(desk.login(Role.PATROLLER))
    expect(visit.page.locator("[data-page=home]")).to_be_visible()
