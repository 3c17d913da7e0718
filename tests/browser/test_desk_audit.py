"""审计 on the desk: what was done, by kind, person and day; who looked at whose data and why, seen by them too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from desk_town import day
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.act.adapters.signing import SigningKey
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, Role, Viewed

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def idle(visit: Visit) -> None:
    visit.page.wait_for_selector("[data-page=audit][data-state=idle]")


def acted(desk: DeskTown, count: int = 3) -> None:
    with desk.home.work() as work:
        for number in range(count):
            people.record(work, people.operator(desk.home.tenant_id), "switch.set", ("switch", f"channel:{number}"))


def test_the_auditor_sees_what_was_done_and_until_where_it_was_found_whole(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.AUDITOR)
    acted(desk)
    visit = visits.by(login, "/audit", viewport={"width": 1366, "height": 768})
    idle(visit)
    page = visit.page
    expect(page.locator("nav [data-page=audit]")).to_have_text("审计")
    expect(page.locator("[data-verified]")).to_contain_text("还没有核验签名")
    first = page.locator("[data-entry]").first
    expect(first).to_contain_text("switch.set")
    expect(first).to_contain_text("本机命令行")
    with desk.home.work() as work:
        anchored = people.anchor_chain(work, KEY).anchor
    assert anchored is not None
    page.reload()
    idle(visit)
    expect(page.locator("[data-verified]")).to_have_attribute("data-verified", str(anchored.seq))
    expect(page.locator("[data-verified]")).to_contain_text(f"到第 {anchored.seq} 条已核验并签名")
    visit.shot("audit")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.shot("audit-phone")


def test_filters_stand_in_the_address_and_narrow_the_list(visits: Visits, desk: DeskTown) -> None:
    acted(desk, 60)
    visit = visits.by(desk.login(Role.AUDITOR), "/audit?kind=switch")
    idle(visit)
    page = visit.page
    expect(page.locator("[data-entry]")).to_have_count(50)
    page.click("[data-act=more]")
    expect(page.locator("[data-entry]").nth(59)).to_be_visible()
    expect(page.locator("[data-entry]", has_text="person.added")).to_have_count(0)
    page.select_option("[data-filter=kind]", "membership")
    page.wait_for_url("**/audit?kind=membership")
    idle(visit)
    expect(page.locator("[data-entry]").first).to_contain_text("membership.granted")
    page.fill("[data-filter=day]", day(-400))
    page.wait_for_url("**day=*")
    idle(visit)
    expect(page.locator(".empty")).to_be_visible()
    page.fill("[data-filter=day]", day(0))
    expect(page.locator("[data-entry]").first).to_be_visible()


def test_a_reason_is_asked_kept_and_shown_to_the_person(visits: Visits, desk: DeskTown) -> None:
    login = desk.login(Role.PATROLLER, area="north")
    with desk.home.work() as work:
        root = people.operator(desk.home.tenant_id)
        person = people.person_by_login(work, people.operator(), login)
        people.set_contacts(work, root, person.id, [NewContact(ContactKind.SMS, "13800001234")])
    manager = visits.by(desk.login(Role.SAFETY_MANAGER), "/people")
    page = manager.page
    page.wait_for_selector("main[data-page=people][data-state=idle]")
    page.locator(".el-table__row", has_text=login).locator("[data-act=contacts]").click()
    form = page.locator("[data-form=why]")
    expect(form.locator("[data-act=look]")).to_be_disabled()
    form.locator("[data-field=code]").select_option("words")
    form.locator("[data-field=words]").fill("。")
    expect(form.locator("[data-act=look]")).to_be_disabled()
    form.locator("[data-field=words]").fill("夜里抢修要叫他")
    manager.shot("contacts-why")
    form.locator("[data-act=look]").click()
    expect(page.locator("[data-contacts]")).to_contain_text("138…34")
    manager.shot("contacts-shown")
    mine = visits.by(login, "/channels").page.locator("[data-list=my-views]")
    expect(mine.locator("[data-view]")).to_have_count(1)
    expect(mine).to_contain_text("夜里抢修要叫他")
    auditor = visits.by(desk.login(Role.AUDITOR), "/audit?list=views")
    idle(auditor)
    expect(auditor.page.locator("[data-view]", has_text="夜里抢修要叫他")).to_contain_text("联系方式")
    auditor.shot("audit-views")


def test_codes_are_said_in_words_and_everything_in_english(visits: Visits, desk: DeskTown) -> None:
    with desk.home.work() as work:
        people.viewed(work, people.operator(desk.home.tenant_id), Viewed.ORIGINAL, ("picture", "ab"), "evidence")
    visit = visits.by(desk.login(Role.AUDITOR), "/audit?list=views&kind=original")
    idle(visit)
    page = visit.page
    expect(page.locator("[data-view]").first).to_contain_text("文书、处罚或诉讼取证")
    page.click("[data-act=language]")
    expect(page.locator("[data-view]").first).to_contain_text("evidence for a document, fine or court")
    # names and reasons of other tests' people are theirs, in whatever language they wrote
    own = "main > header, main > p, [data-filter=kind], label, thead, tbody tr:first-child td:nth-child(n+3)"
    said = "\n".join(page.locator(own).all_inner_texts())
    assert "evidence for a document" in said
    page.click("[data-act=entries]")
    idle(visit)
    heads = [page.locator("thead").inner_text(), page.locator("main > header").inner_text(), said]
    assert [one for one in heads if CHINESE.search(one)] == []
    page.click("[data-act=language]")


def test_who_may_not_read_it_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/audit")
    expect(visit.page.locator("h1")).to_have_text("这里没有您能看的内容")
    assert visit.page.locator("nav [data-page=audit]").count() == 0
