"""Filings that others change meanwhile, on the desk: handed over by or to another operator, revised beneath a form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import shapely
from desk_town import day, square
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework.facts import HandedOver, Party, PartyRole, Revised
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, Role
from pipewarden.people.store.tenants import TenantRow

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits

    from pipewarden.kit.work import Work

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.7120387, 39.5341385)  # on a pipe of the demo city
NEXT = "邻区燃气"
RING = square(PLACE)
AREA = {"type": "Polygon", "coordinates": [[*RING, RING[0]]]}
SAID = {"method": "open_cut", "valid_from": day(30), "valid_until": day(40), "machines": ["excavator"]}


def act(work: Work, filing: str, body: Any) -> Any:
    """Do one thing to a filing as its operator's root does."""
    root = people.operator(work.tenant_id)
    version = casework.filing(work, root, UUID(filing)).filing.version
    return casework.act_on_filing(work, root, UUID(filing), version, body).filing


@pytest.fixture(scope="module")
def neighbour(desk: DeskTown) -> UUID:
    """Found an operator whose own area lies around the works, too."""
    home = desk.home
    with home.factory.sessions() as session, session.begin():
        tenant = people.ensure_tenant(session, home.factory.clock, home.factory.ids, "gas-next").id
    with home.factory.begin(PLATFORM) as work:
        work.session.get_one(TenantRow, tenant).name = NEXT
    with home.factory.begin(tenant) as work:
        around = bytes(shapely.to_wkb(shapely.Point(PLACE).buffer(0.01)))
        people.add_area(work, people.operator(tenant), NewArea("own", "邻区", wkb=around))
    return tenant


def test_a_filing_that_was_received_is_answered_or_sent_back_and_names_who_filed_it(
    visits: Visits, desk: DeskTown, neighbour: UUID
) -> None:
    with desk.home.factory.begin(PLATFORM) as work:
        here = work.session.get_one(TenantRow, desk.home.tenant_id).name
    with desk.home.factory.begin(neighbour) as work:
        works = casework.works_here(work, AREA, SAID, "CN-HE-langfang")
        given = str(casework.file_works(work, people.operator(neighbour), works).filing.id)
        handed = act(work, given, HandedOver(Party(PartyRole.OPERATOR, here, "1"), "管线属贵司")).handed
    assert handed is not None
    visit = visits.by(desk.login(Role.DISPATCHER), f"/filings/{handed.filing_id}")
    page = visit.page
    expect(page.locator("[data-event=filed]")).to_contain_text("另一家燃气企业")
    expect(page.locator("[data-event=checked]")).to_contain_text("系统")
    expect(page.locator(".facts")).to_contain_text("另一家燃气企业移交")
    acts = page.locator("[data-acts] [data-act]")
    assert acts.evaluate_all("all => all.map((one) => one.dataset.act)") == ["answer", "hand_over", "send_back"]
    visit.shot("filing-received")
    page.locator("[data-act=send_back]").click()
    expect(page.locator("[data-act=send]")).to_be_disabled()
    page.locator("[data-field=words]").fill("不是我们的管线")
    page.locator("[data-act=send]").click()
    expect(page.locator("[data-event=sent_back]")).to_contain_text("退回")
    expect(page.locator("[data-event=sent_back]")).to_contain_text("不是我们的管线")
    with desk.home.factory.begin(neighbour) as work:
        assert casework.filing(work, people.operator(neighbour), UUID(given)).filing.handed is None


@pytest.mark.usefixtures("neighbour")
def test_a_filing_that_was_given_away_tells_how_it_stands_there(visits: Visits, desk: DeskTown) -> None:
    given = desk.file(PLACE)
    with desk.home.work() as work:
        handed = act(work, given, HandedOver(Party(PartyRole.OPERATOR, NEXT, "1"), "管线属邻区")).handed
    assert handed is not None
    visit = visits.by(desk.login(Role.DISPATCHER), f"/filings/{given}")
    page = visit.page
    expect(page.locator("[data-handed]")).to_contain_text("已移交另一家燃气企业")
    expect(page.locator("[data-handed]")).to_contain_text("待答复")
    acts = page.locator("[data-acts] [data-act]")
    assert acts.evaluate_all("all => all.map((one) => one.dataset.act)") == ["revise", "renew", "cancel"]
    visit.shot("filing-handed")
    page.evaluate("localStorage.setItem('pipewarden.language', 'en')")
    page.reload()
    expect(page.locator("[data-handed]")).to_contain_text("Handed over to another operator")
    page.evaluate("localStorage.removeItem('pipewarden.language')")


def test_a_form_that_was_opened_before_another_revision_never_overwrites_it(visits: Visits, desk: DeskTown) -> None:
    filing = desk.file(PLACE)
    visit = visits.by(desk.login(Role.DISPATCHER), f"/filings/{filing}")
    page = visit.page
    page.locator("[data-act=revise]").click()
    page.locator("[data-field=words]").fill("我改的")
    page.locator("[data-field=reason]").fill("更正")
    with desk.home.work() as work:
        works = casework.works_here(work, AREA, {**SAID, "depth_m": 7.5})
        theirs = act(work, filing, Revised(works, "别人改的")).version
    visit.expect("409")
    for _ in range(2):  # the page has read the other's revision by the second press
        with page.expect_response(lambda one: one.request.method == "POST" and filing in one.url) as answer:
            page.locator("[data-form=filing] button[type=submit]").click()
        assert answer.value.status == 409
        expect(page.locator("main")).to_have_attribute("data-version", str(theirs))
    expect(page.locator("[data-stale]")).to_contain_text("看过现在的内容再修改")
    visit.shot("filing-stale")
    page.locator("[data-form=filing] .acts button.quiet").click()
    expect(page.locator(".facts")).to_contain_text("7.5")
    page.locator("[data-act=revise]").click()
    expect(page.locator("[data-field=depth_m]")).to_have_value("7.5")
    page.locator("[data-field=reason]").fill("更正")
    page.locator("[data-form=filing] button[type=submit]").click()
    expect(page.locator("[data-event=revised]")).to_have_count(2)


def test_works_without_an_area_show_the_line_that_the_list_drew(visits: Visits, desk: DeskTown) -> None:
    with desk.home.work() as work:
        line = bytes(shapely.to_wkb(shapely.LineString(RING[:3])))
        works = replace(casework.works_here(work, AREA, SAID), area=line)
        filing = casework.file_works(work, people.operator(desk.home.tenant_id), works).filing.id
    visit = visits.by(desk.login(Role.DISPATCHER), f"/filings/{filing}")
    expect(visit.page.locator("[data-no-area]")).to_contain_text("来源清单只画了线或点，没有范围")
    expect(visit.page.locator("[data-map=filing]")).to_have_attribute("data-state", "idle")
    visit.shot("filing-line")
