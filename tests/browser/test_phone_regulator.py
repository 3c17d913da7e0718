"""An authority's phone: what nobody filed by risk, the evidence to take along, reports answered offline."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM
from phone_visit import controlled
from playwright.sync_api import expect

from pipewarden.casework import service as casework
from pipewarden.casework.facts import Reported
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

    from desk_town import DeskTown
    from phone_visit import Phones

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.6950, 39.5330)


def reported(desk: DeskTown, north: float, reason: str) -> UUID:
    """Return a site of which an authority was told."""
    desk.login(Role.SAFETY_MANAGER)
    site = desk.works((PLACE[0], PLACE[1] + north))
    desk.done(site, lambda work: Reported(work.ids.new(), "市城管局", reason))
    return site


def test_unfiled_sites_come_by_risk_with_their_evidence(phones: Phones, desk: DeskTown) -> None:
    site = reported(desk, 0.0, "未备案开挖")
    visit = phones.by(desk.enrolled(Role.REGULATOR), "/m/")
    page = visit.page
    page.locator("[data-tile=unfiled]").tap()
    listed = page.locator("[data-page=unfiled] [data-site]")
    card = page.locator(f"[data-site='{site}']")
    expect(card).to_be_visible()
    levels = [int(one.get_attribute("data-level") or 0) for one in listed.all()]
    assert levels == sorted(levels), "the gravest first"
    visit.shot("phone-regulator-unfiled")
    with page.expect_download() as taken:
        card.locator("[data-act=pack]").tap()
    assert taken.value.suggested_filename == f"evidence-{site}.zip"
    with zipfile.ZipFile(taken.value.path()) as pack:
        assert {"index.html", "evidence.pdf"} <= set(pack.namelist())
    expect(card.locator("[data-pack-taken]")).to_be_visible()


def test_a_report_is_taken_in_hand_and_answered_with_a_fine_without_a_line(phones: Phones, desk: DeskTown) -> None:
    site = reported(desk, 0.009, "停工令下达后继续顶管")
    visit = phones.by(desk.login(Role.REGULATOR), "/m/authority")
    page = visit.page
    card = page.locator("[data-report]", has_text="停工令下达后继续顶管")
    expect(card).to_have_attribute("data-stands", "open")
    before = int(page.locator("[data-figure=open] dd").inner_text())
    visit.shot("phone-regulator-reports")
    card.locator("[data-act=take]").tap()
    expect(card).to_have_attribute("data-stands", "in_hand")
    controlled(page)
    visit.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource")
    page.context.set_offline(True)
    card.locator("[data-act=answer]").tap()
    card.locator("[data-field=words]").fill("已责令停工并处罚")
    card.locator("[data-field=measure]").select_option("fine")
    expect(card.locator("[data-act=answer-yes]")).to_be_disabled()
    card.locator("[data-field=amount]").fill("5000")
    card.locator("[data-field=document]").fill("廊城罚〔2026〕12 号")
    visit.shot("phone-regulator-answer")
    card.locator("[data-act=answer-yes]").tap()
    expect(card.locator("[data-waits]")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("[data-figure=open] dd")).to_have_text(str(before - 1))
    expect(card).to_have_count(0)
    page.locator("[data-show=all]").tap()
    expect(card).to_have_attribute("data-stands", "answered")
    expect(card.locator("[data-outcome]")).to_contain_text("¥ 5,000")
    with desk.home.work() as work:
        (report,) = casework.site(work, people.operator(desk.home.tenant_id), site).site.reports
    assert report.answer == "已责令停工并处罚"
    assert report.outcome is not None
    assert (report.outcome.amount_fen, report.outcome.document) == (500_000, "廊城罚〔2026〕12 号")


def test_nobody_but_an_authority_finds_these_pages(phones: Phones, desk: DeskTown) -> None:
    visit = phones.by(desk.login(Role.RESIDENT, name="居民"), "/m/")
    expect(visit.page.locator("[data-tile=indoor]")).to_be_visible()
    expect(visit.page.locator("[data-tile=unfiled], [data-tile=authority], [data-tile=works]")).to_have_count(0)
    visit.go("/m/authority")
    expect(visit.page.locator("[data-page=nowhere]")).to_be_visible()
    expect(visit.page.locator("[data-page=authority]")).to_have_count(0)
