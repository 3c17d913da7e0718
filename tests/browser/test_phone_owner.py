"""A contractor's phone: works drawn and filed without a line, a day declared, a paper signed, a violation answered."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import shapely
from desk_town import day
from map_page_town import CHROMIUM
from phone_visit import controlled
from playwright.sync_api import expect
from sqlalchemy import text

from pipewarden.act import service as act
from pipewarden.act.facts import DocumentKind, Told
from pipewarden.casework import service as casework
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind, NewContact, Role

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from desk_town import DeskTown
    from desk_visit import Visit
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
NORTH = 39.5341
SQUARE = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7)]
LAST_DRAFT = """() => new Promise((done) => { const asked = indexedDB.open('pipewarden'); asked.onsuccess = () => {
    const all = asked.result.transaction('drafts').objectStore('drafts').getAll();
    all.onsuccess = () => done(all.result.at(-1)?.body ?? null) } })"""


def standing(lon: float, lat: float, accuracy: int = 6) -> dict[str, Any]:
    return {"geolocation": {"longitude": lon, "latitude": lat, "accuracy": accuracy}}


def tap(visit: Visit, *corners: tuple[float, float]) -> None:
    """Tap corners on the plan, as parts of its side from the west and from the north."""
    plan = visit.page.locator("[data-field=area] [data-plan]")
    plan.scroll_into_view_if_needed()
    box = plan.bounding_box()
    assert box is not None
    for x, y in corners:
        plan.tap(position={"x": box["width"] * x, "y": box["height"] * y})


def filings(desk: DeskTown, login: str) -> list[dict[str, Any]]:
    """Return what somebody has filed as the database holds it, oldest first."""
    found = (
        "SELECT id, sum->'works' AS works, sum->'days' AS days FROM casework_filings WHERE filed_by = :who ORDER BY id"
    )
    with desk.home.work() as work:
        return [dict(one) for one in work.session.execute(text(found), {"who": desk.ids[login]}).mappings()]


def ground_of(desk: DeskTown, filing_id: UUID) -> dict[str, Any]:
    """Return the ground of works as the database holds it."""
    with desk.home.work() as work:
        kept = casework.filing(work, people.operator(desk.home.tenant_id), filing_id).filing
    told: dict[str, Any] = json.loads(shapely.to_geojson(shapely.from_wkb(kept.works.area)))
    return told


def filed(desk: DeskTown, login: str, place: tuple[float, float], **more: Any) -> UUID:
    """File works that run from today on, as somebody, answered, around a place."""
    lon, lat = place
    ring = [[lon - 0.0003, lat - 0.0003], [lon + 0.0003, lat - 0.0003], [lon + 0.0003, lat + 0.0003],
            [lon - 0.0003, lat + 0.0003], [lon - 0.0003, lat - 0.0003]]  # fmt: skip
    said = {"method": "open_cut", "valid_from": day(0), "valid_until": day(9), "machines": ["excavator"],
            "words": "污水管改造", **more}  # fmt: skip
    with desk.home.work() as work:
        who = people.actor_of(work, desk.ids[login])
        assert who is not None
        works = casework.works_here(work, {"type": "Polygon", "coordinates": [ring]}, said)
        return casework.file_works(work, who, works).filing.id


def test_works_are_drawn_and_filed_without_a_line_and_the_server_holds_the_same_ground(
    phones: Phones, desk: DeskTown
) -> None:
    login = desk.login(Role.CONTRACTOR, name="李工")
    visit = phones.by(login, "/m/works", **standing(116.7120, NORTH))
    page = visit.page
    expect(page.locator("[data-page=works]")).to_contain_text("还没有备案")
    controlled(page)
    page.locator("[data-act=new]").tap()
    area = page.locator("[data-field=area]")
    expect(area.locator("[data-plan]")).to_be_visible()
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page.context.set_offline(True)
    expect(page.locator("[data-act=send]")).to_be_disabled()
    tap(visit, *SQUARE)
    expect(area).to_have_attribute("data-corners", "4")
    expect(area.locator("[data-size]")).to_contain_text("m²")
    visit.shot("phone-owner-draw")
    page.fill("[data-field=valid_from]", day(0))
    page.fill("[data-field=valid_until]", day(8))
    page.locator("[data-field=party-name]").nth(1).fill("示例市政")
    page.locator("[data-field=party-contact]").nth(1).fill("李工 13800000000")
    visit.shot("phone-owner-form")
    page.locator("[data-act=send]").tap()
    expect(page.locator("[data-page=works] [data-waits]")).to_have_count(1)
    visit.shot("phone-owner-waits")
    draft = page.evaluate(LAST_DRAFT)
    assert filings(desk, login) == []
    page.context.set_offline(False)
    listed = page.locator("[data-filing]")
    expect(listed).to_have_count(1)
    expect(page.locator("[data-waits]")).to_have_count(0)
    (kept,) = filings(desk, login)
    assert ground_of(desk, kept["id"])["coordinates"] == draft["area"]["coordinates"]
    assert len(draft["area"]["coordinates"][0]) == len(SQUARE) + 1
    visit.shot("phone-owner-list")
    listed.tap()
    required = page.locator("[data-required]")
    expect(required.first).to_be_visible()
    expect(page.locator("[data-required=file]")).to_contain_text("河北省燃气管理条例")
    visit.shot("phone-owner-answered")


def test_a_line_is_no_area_until_it_says_how_wide_and_crossing_sides_are_refused(
    phones: Phones, desk: DeskTown
) -> None:
    visit = phones.by(desk.login(Role.OWNER, name="陈总"), "/m/works/new", **standing(116.7150, NORTH))
    area, page = visit.page.locator("[data-field=area]"), visit.page
    tap(visit, (0.2, 0.2), (0.8, 0.2))
    expect(area).to_have_attribute("data-flaw", "line")
    expect(area.locator("[data-hint]")).to_contain_text("两点是一条线，不是范围")
    expect(page.locator("main")).to_have_attribute("data-lacks", "area")
    area.locator("[data-width='4']").tap()
    expect(area).to_have_attribute("data-flaw", "none-of-it")
    expect(page.locator("main")).to_have_attribute("data-lacks", "party")
    area.locator("[data-width=area]").tap()
    tap(visit, (0.7, 0.8), (0.3, 0.8))
    expect(area).to_have_attribute("data-flaw", "none-of-it")
    area.locator("[data-act=undo]").tap()
    area.locator("[data-act=undo]").tap()
    tap(visit, (0.3, 0.8), (0.6, 0.05))
    expect(area).to_have_attribute("data-flaw", "crosses")
    visit.shot("phone-owner-crosses")
    expect(page.locator("main")).to_have_attribute("data-lacks", "area")
    area.locator("[data-act=clear]").tap()
    area.locator("[data-act=stand]").tap()
    expect(area).to_have_attribute("data-corners", "1")
    page.context.set_geolocation({"longitude": 116.7158, "latitude": NORTH, "accuracy": 6})
    area.locator("[data-act=stand]").tap()
    expect(area).to_have_attribute("data-corners", "2")
    expect(area.locator("[data-widths] legend")).to_contain_text("69 m")


def busy(desk: DeskTown, login: str, place: tuple[float, float], **more: Any) -> tuple[UUID, str]:
    """Return works under which a site was seen, with an open violation, and the number of a notice issued there."""
    filing, root = filed(desk, login, place, **more), people.operator(desk.home.tenant_id)
    desk.report(place)
    with desk.home.work() as work:
        (under,) = casework.sites_under(work, root, filing)
    site = under.filed.site.id
    desk.done(site, lambda work: casework.violation(work, "V-SIGNS", "标志桩被挖掉"))
    papers = desk.app.state.desk
    with desk.home.work() as work:
        wanted = act.Wanted(DocumentKind.NOTICE, Told(fields={"recipient": "示例市政", "place": "爱民道"}), None)
        seen = act.draft(work, root, papers, site, wanted).seen
        return filing, act.issue(work, root, papers, site, wanted, seen=seen, entropy=uuid4().bytes).number


def test_a_day_is_declared_a_document_signed_and_a_violation_answered(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.CONTRACTOR, name="周工")
    desk.login(Role.SAFETY_MANAGER)
    place = desk.on_a_pipe((116.7060, 39.5290))
    filing, number = busy(desk, login, place)
    visit = phones.by(login, f"/m/works/{filing}", **standing(*place))
    page = visit.page
    started = page.locator("[data-day]")
    expect(started).to_have_attribute("data-day-state", "none")
    expect(page.locator("[data-day-missing]")).to_be_visible()
    visit.shot("phone-owner-one")
    controlled(page)
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page.context.set_offline(True)
    started.locator("[data-act=start]").tap()
    page.fill("[data-field=heads]", "6")
    started.locator("[data-act=declare]").tap()
    expect(started).to_have_attribute("data-day-state", "waits")
    flaw = page.locator("[data-violation]")
    flaw.locator("[data-act=answer]").tap()
    flaw.locator("[data-field=words]").fill("标志桩已重新埋设")
    flaw.locator("[data-act=answer-yes]").tap()
    expect(page.locator("main")).to_have_attribute("data-waiting", "2")
    paper = page.locator(f"[data-number='{number}']")
    paper.locator("[data-act=sign]").tap()
    paper.locator("[data-field=party]").fill("示例市政")
    write(visit)
    visit.shot("phone-owner-sign")
    paper.locator("[data-act=sign-yes]").tap()
    expect(page.locator("main")).to_have_attribute("data-waiting", "3")
    page.context.set_offline(False)
    expect(page.locator("main")).to_have_attribute("data-waiting", "0")
    expect(started).to_have_attribute("data-day-state", "declared")
    expect(paper).to_have_attribute("data-signed", "1")
    visit.shot("phone-owner-done")
    signed, said = told(desk, login, filing)
    assert signed == [("周工", "示例市政")]
    assert any("标志桩已重新埋设" in one for one in said)
    assert any(number in one for one in said)
    (kept,) = filings(desk, login)
    assert [(one["said"]["day"], one["said"]["heads"]) for one in kept["days"]] == [(day(0), 6)]
    started.locator("[data-act=take-back]").tap()
    started.locator("[data-field=words]").fill("下雨")
    started.locator("[data-act=take-back-yes]").tap()
    expect(started).to_have_attribute("data-day-state", "none")
    expect(page.locator("main")).to_have_attribute("data-waiting", "0")
    assert filings(desk, login)[0]["days"] == []


def told(desk: DeskTown, login: str, filing: UUID) -> tuple[list[tuple[str, str]], list[str]]:
    """Return who has signed what was issued under works, and what somebody said there."""
    with desk.home.work() as work:
        who = people.actor_of(work, desk.ids[login])
        assert who is not None
        signed = [(one.name, one.party) for paper in act.documents_under(work, who, filing) for one in paper.signed]
        said = [getattr(one.body, "words", "") for site in casework.sites_under(work, who, filing) for one in site.said]
    return signed, said


def write(visit: Visit) -> None:
    """Write a name on the glass."""
    pad = visit.page.locator("[data-pad]")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    mouse, steps = visit.page.mouse, [(0.2, 0.7), (0.35, 0.2), (0.5, 0.75), (0.7, 0.3), (0.85, 0.6)]
    mouse.move(box["x"] + box["width"] * steps[0][0], box["y"] + box["height"] * steps[0][1])
    mouse.down()
    for x, y in steps[1:]:
        mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=5)
    mouse.up()
    expect(visit.page.locator("[data-field=signature]")).to_have_attribute("data-signed", "true")


def test_a_filing_is_renewed_and_taken_back_and_english_says_it_too(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.SUPERVISING_ENGINEER, name="周监")
    filing = filed(desk, login, (116.7011, 39.5301))
    visit = phones.by(login, "/m/mine")
    page = visit.page
    page.locator("[data-language=en]").tap()
    visit.go(f"/m/works/{filing}")
    expect(page.locator("main")).to_contain_text("Not declared")
    page.locator("[data-act=renew]").tap()
    page.fill("[data-field=valid_until]", day(20))
    page.locator("[data-form=renew] [data-field=words]").fill("rain")
    page.locator("[data-act=change-yes]").tap()
    expect(page.locator("main")).to_have_attribute("data-version", re.compile("[4-9]"))
    visit.shot("phone-owner-en")
    page.locator("[data-act=cancel]").tap()
    page.locator("[data-form=cancel] [data-field=words]").fill("not after all")
    page.locator("[data-act=change-yes]").tap()
    expect(page.locator("[data-now=cancelled]")).to_be_visible()
    expect(page.locator("[data-act=renew]")).to_have_count(0)


def named_on(desk: DeskTown, login: str, number: str) -> None:
    """Let somebody have proved a phone."""
    with desk.home.work() as work:
        wanted = NewContact(kind=ContactKind.SMS, address=f"+86{number}")
        (one,) = people.set_contacts(work, people.operator(desk.home.tenant_id), desk.ids[login], [wanted])
        people.verified(work, one.id)


def test_who_supervises_works_that_somebody_else_filed_reads_them_and_changes_nothing(
    phones: Phones, desk: DeskTown
) -> None:
    watcher, digger = (
        desk.login(Role.SUPERVISING_ENGINEER, name="被写上的监理"),
        desk.login(Role.CONTRACTOR, name="写的人"),
    )
    named_on(desk, watcher, "13700001234")
    desk.login(Role.SAFETY_MANAGER)
    place = desk.on_a_pipe((116.7060, 39.5270))
    parties = [{"role": "supervising_engineer", "name": "某某监理", "contact": "周监 137 0000 1234"}]
    filing, number = busy(desk, digger, place, parties=parties)
    visit = phones.by(watcher, "/m/works", **standing(*place))
    page = visit.page
    card = page.locator(f"[data-filing='{filing}']")
    expect(card).to_contain_text("我方：监理单位 · 只看")
    visit.shot("phone-owner-named")
    card.tap()
    expect(page.locator("[data-part]")).to_contain_text("不能改")
    expect(page.locator("[data-violation]")).to_be_visible()
    expect(page.locator("[data-day], [data-act=answer], [data-act=renew], [data-act=cancel]")).to_have_count(0)
    visit.shot("phone-owner-named-one")
    paper = page.locator(f"[data-number='{number}']")
    paper.locator("[data-act=sign]").tap()
    paper.locator("[data-field=party]").fill("某某监理")
    write(visit)
    paper.locator("[data-act=sign-yes]").tap()
    expect(paper).to_have_attribute("data-signed", "1")
    other = phones.by(desk.login(Role.SUPERVISING_ENGINEER, name="没写上的监理"), "/m/works")
    expect(other.page.locator("[data-page=works][data-state=idle]")).to_be_visible()
    expect(other.page.locator(f"[data-filing='{filing}']")).to_have_count(0)


def test_somebody_else_finds_no_filing_there(phones: Phones, desk: DeskTown) -> None:
    filing = filed(desk, desk.login(Role.CONTRACTOR, name="别家"), (116.7012, 39.5302))
    visit = phones.by(desk.login(Role.OWNER, name="陈总"), f"/m/works/{filing}")
    visit.expect("404")
    expect(visit.page.locator("[role=alert]").first).to_be_visible()
    expect(visit.page.locator("[data-day]")).to_have_count(0)


def test_a_property_manager_sees_works_near_and_never_who_digs(phones: Phones, desk: DeskTown) -> None:
    place = (116.7205, 39.5405)
    filed(desk, desk.login(Role.CONTRACTOR, name="水务队"), place)
    visit = phones.by(desk.login(Role.PROPERTY_MANAGER, name="物业"), "/m/", **standing(place[0] + 0.0004, place[1]))
    visit.page.locator("[data-tile=near_works]").tap()
    works = visit.page.locator("[data-page=near-works] [data-works]")
    expect(works.first).to_contain_text("明挖")
    expect(works.first).to_have_attribute("data-works-state", "filed")
    visit.shot("phone-near-works")
    assert "污水管改造" not in visit.page.locator("main").inner_text()
    far = phones.anybody("/m/near-works", **standing(116.9, 39.9))
    expect(far.page.locator("[data-page=near-works]")).to_have_attribute("data-count", "0")
    expect(far.page.locator("main")).to_contain_text("附近没有已备案或已核实的施工")


def test_who_speaks_for_a_unit_appeals_against_an_entry(phones: Phones, desk: DeskTown) -> None:
    login = desk.login(Role.CONTRACTOR, name="代表")
    root = people.operator(desk.home.tenant_id)
    desk.file((116.7100, 39.5260), valid_from=day(1), valid_until=day(3),
              parties=[{"role": "contractor", "name": "迟报市政", "contact": "138"}])  # fmt: skip
    with desk.home.work() as work:
        unit = casework.contractor_named(work, "迟报市政", "", "on the board").contractor_id
        casework.name_speaker(work, root, unit, desk.ids[login])
    visit = phones.by(login, "/m/")
    page = visit.page
    page.locator("[data-tile=appeals]").tap()
    entry = page.locator("[data-entry]")
    expect(entry).to_have_count(1)
    expect(page.locator("main")).to_contain_text("迟报市政")
    entry.locator("[data-act=appeal]").tap()
    entry.locator("[data-field=words]").fill("备案由建设单位提交，我方按期告知")
    expect(entry.locator("[data-act=appeal-yes]")).to_be_disabled()
    entry.locator("[data-field=evidence]").fill("合同 7 号\n告知函 2026-11-01")
    visit.shot("phone-owner-appeal")
    entry.locator("[data-act=appeal-yes]").tap()
    expect(entry).to_have_attribute("data-appealed", "true")
    expect(entry.locator("[data-appeal]")).to_contain_text("申诉中")
    visit.shot("phone-owner-appealed")
    with desk.home.work() as work:
        (appeal,) = casework.contractor(work, root, unit).entries[0].appeals
    assert appeal.reason == "备案由建设单位提交，我方按期告知"
    assert list(appeal.evidence) == ["合同 7 号", "告知函 2026-11-01"]
